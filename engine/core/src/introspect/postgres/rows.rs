//! The queries, and their rows as PostgreSQL gives them.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Oid, SmallInt, Text};
use diesel::{QueryResult, sql_query};

use super::super::CatalogSubset;
use crate::database::PostgresConnection;
use crate::dialect::Dialect;

/// Whose tables are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope<'a> {
    /// All but the system's own, and what stands beside them.
    Everything,
    /// Those of a part, and what stands beside any.
    Part(&'a CatalogSubset),
    /// The schema that stands for a database, in a transaction that is never committed, and what stands beside its
    /// tables.
    ScratchSchema,
    /// The temporary tables of this connection, and nothing beside them.
    Temporary,
}

impl Scope<'_> {
    /// Returns the condition on `n`, a row of pg_namespace. Only the system can create schemas whose names begin with
    /// `pg_`.
    fn schemas(self) -> &'static str {
        match self {
            Self::Everything | Self::Part(_) => "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'",
            Self::ScratchSchema => "n.nspname = pg_catalog.current_schema()",
            Self::Temporary => "n.oid = pg_catalog.pg_my_temp_schema()",
        }
    }

    /// Returns the condition on a table's oid for queries that print expressions. It has to come first: printing
    /// waits for whoever has locked the table, and a scratch schema has no business with other tables.
    fn own(self) -> &'static str {
        match self {
            Self::Everything => "IS NOT NULL",
            Self::Part(_) => "{part}",
            Self::ScratchSchema | Self::Temporary => {
                "IN (SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                 WHERE {schemas})"
            }
        }
    }

    /// Returns the condition that restricts a relation's oid to the part.
    fn part(self) -> String {
        match self {
            Self::Part(part) => part.condition(Dialect::Postgres, 'r', ""),
            Self::Everything | Self::ScratchSchema | Self::Temporary => "IS NOT NULL".to_owned(),
        }
    }

    fn query(self, text: &str) -> String {
        text.replace("{own}", self.own()).replace("{part}", &self.part()).replace("{schemas}", self.schemas())
    }
}

/// Everything that the catalog says.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) relations: Vec<RelationRow>,
    pub(super) columns: Vec<ColumnRow>,
    pub(super) constraints: Vec<ConstraintRow>,
    pub(super) indexes: Vec<IndexRow>,
    pub(super) belongings: Vec<BelongingRow>,
    pub(super) others: Vec<OtherRow>,
}

#[derive(Debug, QueryableByName)]
pub(super) struct RelationRow {
    #[diesel(sql_type = Oid)]
    pub(super) oid: u32,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) schema_name: Option<String>,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    /// As in `pg_class.relkind`.
    #[diesel(sql_type = Text)]
    pub(super) kind: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) comment: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) definition: Option<String>,
    #[diesel(sql_type = Bool)]
    pub(super) is_unlogged: bool,
    #[diesel(sql_type = Bool)]
    pub(super) has_row_security: bool,
    #[diesel(sql_type = Bool)]
    pub(super) forces_row_security: bool,
    #[diesel(sql_type = Bool)]
    pub(super) has_replica_identity: bool,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) partitioned_by: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) of_type: Option<String>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    pub(super) options: Option<Vec<String>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) tablespace: Option<String>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    pub(super) inherits: Option<Vec<String>>,
    #[diesel(sql_type = Nullable<Array<Nullable<Text>>>)]
    pub(super) parent_schemas: Option<Vec<Option<String>>>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    pub(super) parent_names: Option<Vec<String>>,
}

#[derive(Debug, QueryableByName)]
pub(super) struct ColumnRow {
    #[diesel(sql_type = Oid)]
    pub(super) table_oid: u32,
    #[diesel(sql_type = SmallInt)]
    pub(super) position: i16,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = Text)]
    pub(super) sql_type: String,
    #[diesel(sql_type = Bool)]
    pub(super) not_null: bool,
    /// The default, or how the column is computed.
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) expression: Option<String>,
    /// As in `pg_attribute.attgenerated`.
    #[diesel(sql_type = Text)]
    pub(super) generated: String,
    /// As in `pg_attribute.attidentity`.
    #[diesel(sql_type = Text)]
    pub(super) identity: String,
    /// Whether only a parent defines it.
    #[diesel(sql_type = Bool)]
    pub(super) inherited: bool,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) collation: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) comment: Option<String>,
    /// How long values are stored, if not as is usual for the type.
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) storage: Option<String>,
    #[diesel(sql_type = Bool)]
    pub(super) is_serial: bool,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) sequence_name: Option<String>,
    /// How the sequence of an identity or a serial counts: start, increment, minimum, maximum, cache, whether it
    /// cycles, and the largest number of its type.
    #[diesel(sql_type = Nullable<Array<BigInt>>)]
    pub(super) sequence: Option<Vec<i64>>,
}

#[derive(Debug, QueryableByName)]
pub(super) struct ConstraintRow {
    #[diesel(sql_type = Oid)]
    pub(super) table_oid: u32,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    /// As in `pg_constraint.contype`.
    #[diesel(sql_type = Text)]
    pub(super) kind: String,
    #[diesel(sql_type = Nullable<Array<SmallInt>>)]
    pub(super) columns: Option<Vec<i16>>,
    #[diesel(sql_type = Oid)]
    pub(super) referenced_oid: u32,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) referenced_schema: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) referenced_table: Option<String>,
    #[diesel(sql_type = Nullable<Array<SmallInt>>)]
    pub(super) referenced_columns: Option<Vec<i16>>,
    /// As in `pg_constraint.confupdtype`.
    #[diesel(sql_type = Text)]
    pub(super) on_update: String,
    /// As in `pg_constraint.confdeltype`.
    #[diesel(sql_type = Text)]
    pub(super) on_delete: String,
    #[diesel(sql_type = Bool)]
    pub(super) is_match_full: bool,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) comment: Option<String>,
    /// Storage parameters of the index under a unique rule or a primary key.
    #[diesel(sql_type = Nullable<Array<Text>>)]
    pub(super) index_options: Option<Vec<String>>,
    #[diesel(sql_type = Bool)]
    pub(super) sets_some_columns: bool,
    #[diesel(sql_type = Bool)]
    pub(super) is_deferrable: bool,
    #[diesel(sql_type = Bool)]
    pub(super) is_deferred: bool,
    #[diesel(sql_type = Bool)]
    pub(super) is_validated: bool,
    #[diesel(sql_type = Bool)]
    pub(super) is_no_inherit: bool,
    /// A check's expression.
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) definition: Option<String>,
    #[diesel(sql_type = Bool)]
    pub(super) has_include: bool,
    #[diesel(sql_type = Bool)]
    pub(super) nulls_not_distinct: bool,
}

#[derive(Debug, QueryableByName)]
pub(super) struct IndexRow {
    #[diesel(sql_type = Oid)]
    pub(super) table_oid: u32,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) comment: Option<String>,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = Text)]
    pub(super) method: String,
    #[diesel(sql_type = Bool)]
    pub(super) is_unique: bool,
    #[diesel(sql_type = Bool)]
    pub(super) is_valid: bool,
    #[diesel(sql_type = Bool)]
    pub(super) nulls_not_distinct: bool,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) predicate: Option<String>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    pub(super) options: Option<Vec<String>>,
    /// Columns by number, 0 for an expression; the keys, then those that only ride along.
    #[diesel(sql_type = Array<SmallInt>)]
    pub(super) columns: Vec<i16>,
    /// How many of the columns are keys.
    #[diesel(sql_type = SmallInt)]
    pub(super) keys: i16,
    /// Bits for each key: 1 descending, 2 nulls first.
    #[diesel(sql_type = Array<SmallInt>)]
    pub(super) orders: Vec<i16>,
    #[diesel(sql_type = Nullable<Array<Nullable<Text>>>)]
    pub(super) expressions: Option<Vec<Option<String>>>,
    #[diesel(sql_type = Nullable<Array<Nullable<Text>>>)]
    pub(super) opclasses: Option<Vec<Option<String>>>,
    #[diesel(sql_type = Bool)]
    pub(super) has_opclass_options: bool,
    #[diesel(sql_type = Nullable<Array<Nullable<Text>>>)]
    pub(super) collations: Option<Vec<Option<String>>>,
    /// Those of the exclusion that the index holds.
    #[diesel(sql_type = Nullable<Array<Text>>)]
    pub(super) operators: Option<Vec<String>>,
    #[diesel(sql_type = Bool)]
    pub(super) is_deferrable: bool,
    #[diesel(sql_type = Bool)]
    pub(super) is_deferred: bool,
}

#[derive(Debug, QueryableByName)]
pub(super) struct BelongingRow {
    #[diesel(sql_type = Oid)]
    pub(super) table_oid: u32,
    /// `trigger`, `rule`, `policy`, `partition` or `partition part`.
    #[diesel(sql_type = Text)]
    pub(super) kind: String,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = Text)]
    pub(super) definition: String,
}

#[derive(Debug, QueryableByName)]
pub(super) struct OtherRow {
    /// `extension`, `function`, `domain`, `enum`, `type`, `sequence` or `schema`.
    #[diesel(sql_type = Text)]
    pub(super) kind: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) schema_name: Option<String>,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = Text)]
    pub(super) definition: String,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    pub(super) labels: Option<Vec<String>>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) comment: Option<String>,
    #[diesel(sql_type = Nullable<Array<Nullable<Text>>>)]
    pub(super) user_schemas: Option<Vec<Option<String>>>,
    #[diesel(sql_type = Nullable<Array<Nullable<Text>>>)]
    pub(super) user_tables: Option<Vec<Option<String>>>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    pub(super) users: Option<Vec<String>>,
}

/// Reads the catalog with six queries, whatever there is to read. They share one transaction, so that the answers are
/// from one moment.
pub(super) fn read(connection: &mut PostgresConnection, scope: Scope<'_>) -> QueryResult<Rows> {
    connection.transaction(|connection| {
        match scope {
            // Each statement would otherwise see what others have committed meanwhile.
            Scope::Everything | Scope::Part(_) => {
                connection.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")?;
            }
            // Nobody else sees these, and their creator has a transaction open.
            Scope::ScratchSchema | Scope::Temporary => {}
        }
        // PostgreSQL's JIT takes seconds to compile queries that run for milliseconds.
        connection.batch_execute("SET LOCAL jit = off")?;
        let mut rows = Rows {
            relations: sql_query(scope.query(include_str!("relations.sql"))).load(connection)?,
            columns: sql_query(scope.query(include_str!("columns.sql"))).load(connection)?,
            constraints: sql_query(scope.query(include_str!("constraints.sql"))).load(connection)?,
            indexes: sql_query(scope.query(include_str!("indexes.sql"))).load(connection)?,
            belongings: Vec::new(),
            others: Vec::new(),
        };
        match scope {
            Scope::Everything | Scope::Part(_) | Scope::ScratchSchema => {
                rows.belongings = sql_query(scope.query(include_str!("belongings.sql"))).load(connection)?;
                rows.others = sql_query(scope.query(include_str!("others.sql"))).load(connection)?;
            }
            Scope::Temporary => {}
        }
        Ok(rows)
    })
}

/// Returns how many rows a counting query finds.
pub(super) fn count(connection: &mut PostgresConnection, query: &str) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        rows: i64,
    }
    let counting = format!("SELECT counted.n::bigint AS rows FROM ({query}\n) counted (n)");
    Ok(sql_query(counting).get_result::<Count>(connection)?.rows)
}
