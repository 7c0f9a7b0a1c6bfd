//! The queries, and their rows as SQLite gives them.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel::{SqliteConnection, sql_query};

use super::super::CatalogSubset;
use crate::dialect::Dialect;

/// Everything that the catalog says, read in one transaction so that it is of one moment.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) tables: Vec<TableRow>,
    pub(super) bystanders: Vec<BystanderRow>,
    pub(super) columns: Vec<ColumnRow>,
    pub(super) foreign_keys: Vec<ForeignKeyRow>,
    pub(super) indexes: Vec<IndexRow>,
}

#[derive(Debug, QueryableByName)]
pub(super) struct TableRow {
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    /// `table` or `virtual`.
    #[diesel(sql_type = Text)]
    pub(super) kind: String,
    #[diesel(sql_type = Text)]
    pub(super) sql: String,
    #[diesel(sql_type = Bool)]
    pub(super) without_rowid: bool,
    #[diesel(sql_type = Bool)]
    pub(super) strict: bool,
}

#[derive(Debug, QueryableByName)]
pub(super) struct BystanderRow {
    /// `view` or `trigger`.
    #[diesel(sql_type = Text)]
    pub(super) kind: String,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = Text)]
    pub(super) tbl_name: String,
    #[diesel(sql_type = Text)]
    pub(super) sql: String,
}

#[derive(Debug, QueryableByName)]
pub(super) struct ColumnRow {
    #[diesel(sql_type = Text)]
    pub(super) tbl: String,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = Text)]
    pub(super) declared: String,
    #[diesel(sql_type = Bool)]
    pub(super) not_null: bool,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) default_value: Option<String>,
    /// Place in the primary key, from 1; 0 outside it.
    #[diesel(sql_type = BigInt)]
    pub(super) pk: i64,
    /// 2: generated and virtual; 3: generated and stored.
    #[diesel(sql_type = BigInt)]
    pub(super) hidden: i64,
}

#[derive(Debug, QueryableByName)]
pub(super) struct ForeignKeyRow {
    #[diesel(sql_type = Text)]
    pub(super) tbl: String,
    #[diesel(sql_type = BigInt)]
    pub(super) id: i64,
    #[diesel(sql_type = Text)]
    pub(super) target: String,
    #[diesel(sql_type = Text)]
    pub(super) from_column: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) to_column: Option<String>,
    #[diesel(sql_type = Text)]
    pub(super) on_update: String,
    #[diesel(sql_type = Text)]
    pub(super) on_delete: String,
}

/// One key of an index.
#[derive(Debug, QueryableByName)]
pub(super) struct IndexRow {
    #[diesel(sql_type = Text)]
    pub(super) tbl: String,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = Bool)]
    pub(super) is_unique: bool,
    /// `c`: CREATE INDEX; `u`: a unique constraint.
    #[diesel(sql_type = Text)]
    pub(super) origin: String,
    #[diesel(sql_type = Bool)]
    pub(super) partial: bool,
    /// The column; none for an expression.
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) column_name: Option<String>,
    #[diesel(sql_type = Bool)]
    pub(super) descending: bool,
    #[diesel(sql_type = Text)]
    pub(super) collation: String,
    /// The CREATE INDEX statement; none for a constraint's index.
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) sql: Option<String>,
}

// `pragma_table_list` is materialised: joined as it is, it would run anew for every table.
const TABLES: &str = "
    WITH listed AS MATERIALIZED (SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main')
    SELECT s.name, l.type AS kind, s.sql, l.wr AS without_rowid, l.strict
    FROM main.sqlite_schema s JOIN listed l ON l.name = s.name
    WHERE s.type = 'table' AND l.type IN ('table', 'virtual') AND s.sql IS NOT NULL AND {part}
    ORDER BY s.rowid";

const BYSTANDERS: &str = "
    SELECT s.type AS kind, s.name, s.tbl_name, s.sql FROM main.sqlite_schema s
    WHERE s.type IN ('view', 'trigger') AND s.sql IS NOT NULL AND {part}
    ORDER BY s.rowid";

// Virtual tables have no root page; asking for their columns would need their module.
// The cross joins keep the order of the loops: the functions need their arguments first.
const COLUMNS: &str = "
    SELECT s.name AS tbl, x.name, x.type AS declared, x.\"notnull\" AS not_null, x.dflt_value AS default_value,
           x.pk, x.hidden
    FROM main.sqlite_schema s CROSS JOIN pragma_table_xinfo(s.name, 'main') x
    WHERE s.type = 'table' AND s.rootpage > 0 AND x.hidden <> 1 AND {part}
    ORDER BY s.rowid, x.cid";

// SQLite numbers foreign keys from the last to the first.
const FOREIGN_KEYS: &str = "
    SELECT s.name AS tbl, f.id, f.\"table\" AS target, f.\"from\" AS from_column, f.\"to\" AS to_column,
           f.on_update, f.on_delete
    FROM main.sqlite_schema s CROSS JOIN pragma_foreign_key_list(s.name, 'main') f
    WHERE s.type = 'table' AND s.rootpage > 0 AND {part}
    ORDER BY s.rowid, f.id DESC, f.seq";

// The list's numbers also run backwards. Cid -1 is the rowid, -2 an expression.
const INDEXES: &str = "
    SELECT s.name AS tbl, l.name, l.\"unique\" AS is_unique, l.origin, l.partial,
           iif(x.cid = -2, NULL, coalesce(x.name, 'rowid')) AS column_name, x.\"desc\" AS descending, x.coll AS collation, i.sql
    FROM main.sqlite_schema s
    CROSS JOIN pragma_index_list(s.name, 'main') l
    CROSS JOIN pragma_index_xinfo(l.name, 'main') x
    LEFT JOIN (SELECT name, sql FROM main.sqlite_schema WHERE type = 'index') i ON i.name = l.name
    WHERE s.type = 'table' AND s.rootpage > 0 AND l.origin <> 'pk' AND x.key AND {part}
    ORDER BY s.rowid, l.seq DESC, x.seqno";

pub(super) fn read(connection: &mut SqliteConnection, part: Option<&CatalogSubset>) -> QueryResult<Rows> {
    let is_in = part.map_or_else(|| "true".to_owned(), |part| part.condition(Dialect::Sqlite, 'r', "s.tbl_name"));
    let query = |text: &str| sql_query(text.replace("{part}", &is_in));
    connection.transaction(|connection| {
        Ok(Rows {
            tables: query(TABLES).load(connection)?,
            bystanders: query(BYSTANDERS).load(connection)?,
            columns: query(COLUMNS).load(connection)?,
            foreign_keys: query(FOREIGN_KEYS).load(connection)?,
            indexes: query(INDEXES).load(connection)?,
        })
    })
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    found: i64,
}

pub(super) fn count(connection: &mut SqliteConnection, query: &str) -> QueryResult<i64> {
    let counted: Count = sql_query(format!("SELECT ({query}\n) AS found")).get_result(connection)?;
    Ok(counted.found)
}
