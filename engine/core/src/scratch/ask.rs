//! The questions and commands that a proof sends to a database: one function for each, with one dispatch.

mod mysql;
mod mysql_values;
mod untraced;

use diesel::connection::{DefaultLoadingMode, LoadConnection};
use diesel::deserialize::FromSql;
use diesel::prelude::*;
use diesel::row::{Field as _, Row as _};
use diesel::sql_types::{Array, Nullable, Text};
use diesel::sqlite::Sqlite;
use diesel::{SqliteConnection, sql_query};

use crate::database::{Database, PostgresConnection};
use crate::dialect::Dialect;
use crate::model::{Table, TableName};

pub(super) use untraced::{attempt, is_row, kept_at_once, making_room, reinsertion, untraced};

/// A row as text; NULL is `None`.
pub(super) type TextRow = Vec<Option<String>>;

/// Returns the rows of any query, as text.
pub(super) fn rows(database: &mut Database, sql: &str) -> QueryResult<Vec<TextRow>> {
    match database {
        Database::Sqlite(connection) => sqlite_rows(connection, sql),
        Database::Postgres(database) => database.asking(|connection| postgres_rows(connection, sql)),
        Database::Mysql(connection) => mysql::rows(connection, sql),
    }
}

/// Returns the rows of a query as [`rows`] does. Spells the names of extensions' objects as a connection does that
/// finds them.
pub(super) fn rows_looking_around(database: &mut Database, sql: &str) -> QueryResult<Vec<TextRow>> {
    match database {
        Database::Sqlite(_) | Database::Mysql(_) => rows(database, sql),
        Database::Postgres(database) => database.looking_around(|connection| postgres_rows(connection, sql)),
    }
}

/// Returns the rows of a query on PostgreSQL. The driver receives binary values, so the query makes the server return
/// text.
fn postgres_rows(connection: &mut PostgresConnection, sql: &str) -> QueryResult<Vec<TextRow>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Array<Nullable<Text>>)]
        fields: TextRow,
    }
    let query = format!(
        "SELECT ARRAY(SELECT f.value FROM json_each_text(row_to_json(asked)) WITH ORDINALITY f ORDER BY f.ordinality) \
         AS fields FROM ({sql}\n) asked"
    );
    Ok(sql_query(query).load::<Row>(connection)?.into_iter().map(|row| row.fields).collect())
}

fn sqlite_rows(connection: &mut SqliteConnection, sql: &str) -> QueryResult<Vec<TextRow>> {
    let mut found = Vec::new();
    for row in LoadConnection::<DefaultLoadingMode>::load(connection, sql_query(sql))? {
        let row = row?;
        let mut values = TextRow::with_capacity(row.field_count());
        for at in 0..row.field_count() {
            let field = row.get(at).ok_or(diesel::result::Error::NotFound)?;
            let text = field.value().map(<String as FromSql<Text, Sqlite>>::from_sql).transpose();
            values.push(text.map_err(diesel::result::Error::DeserializationError)?);
        }
        found.push(values);
    }
    Ok(found)
}

/// Returns the first value of the first row.
pub(super) fn value(database: &mut Database, sql: &str) -> QueryResult<Option<String>> {
    Ok(rows(database, sql)?.into_iter().next().and_then(|row| row.into_iter().next()).flatten())
}

/// Returns the server's version.
pub(super) fn version(database: &mut Database) -> QueryResult<String> {
    let query = match database.dialect() {
        Dialect::Sqlite => "SELECT sqlite_version()",
        Dialect::Postgres => "SELECT split_part(current_setting('server_version'), ' ', 1)",
        Dialect::Mysql => "SELECT SUBSTRING_INDEX(VERSION(), '-', IF(VERSION() LIKE '%MariaDB%', 2, 1))",
    };
    Ok(value(database, query)?.unwrap_or_default())
}

/// Returns the remarks that a proof has to make about the place where it ran, if that isn't a database.
pub(super) fn short_of_a_database(database: &Database) -> Vec<&'static str> {
    let Database::Postgres(found) = database else { return Vec::new() };
    let mut said = Vec::new();
    if found.is_schema() {
        said.push("tried in one transaction, in a schema of its own: the role may make no databases");
    }
    if found.has_plain_indexes() {
        said.push("indexes were built without CONCURRENTLY, which no transaction allows");
    }
    said
}

/// Checks whether the database reports which locks a transaction holds. Where a schema stands in for a database, a
/// single transaction made everything in it.
pub(super) fn tells_locks(database: &Database) -> bool {
    match database {
        Database::Postgres(found) => !found.is_schema(),
        Database::Sqlite(_) | Database::Mysql(_) => false,
    }
}

/// Returns every row of a table as literals of its columns. Leaves out rows of tables that inherit from it.
pub(super) fn literals(database: &mut Database, table: &Table, columns: &[&str]) -> QueryResult<Vec<TextRow>> {
    let facts = database.dialect().facts();
    let columns: Vec<String> = match database.dialect() {
        Dialect::Sqlite => columns.iter().map(|column| format!("quote({})", facts.quoted(column))).collect(),
        Dialect::Postgres => {
            let literal = |column: &&str| format!("quote_nullable({}::text)", facts.quoted(column));
            columns.iter().map(literal).collect()
        }
        Dialect::Mysql => {
            let is_bytes = |column: &str| table.column(column).is_some_and(mysql_values::is_bytes);
            columns.iter().map(|column| mysql_values::literal(&facts.quoted(column), is_bytes(column))).collect()
        }
    };
    // A table without columns of its own still has rows to count.
    let columns = if columns.is_empty() { "1".to_owned() } else { columns.join(", ") };
    let only = match database.dialect() {
        Dialect::Postgres if table.lineage.partition_by.is_none() => "ONLY ",
        Dialect::Sqlite | Dialect::Postgres | Dialect::Mysql => "",
    };
    rows(database, &format!("SELECT {columns} FROM {only}{}", facts.quoted_table(&table.name)))
}

/// The last number that a table gave, and by how much the next one differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LastNumber {
    pub(super) last: i64,
    pub(super) step: i64,
}

/// Returns the last number that each numbered table gave. Call it only where there is such a table.
pub(super) fn numbers(database: &mut Database) -> QueryResult<Vec<(TableName, LastNumber)>> {
    let own = database.own_schemas();
    let postgres;
    let query = match database.dialect() {
        Dialect::Sqlite => "SELECT NULL, name, max(seq), 1 FROM sqlite_sequence GROUP BY name",
        Dialect::Postgres => {
            // Asking for a number locks the sequence, so other people's sequences aren't asked.
            postgres = format!(
                "SELECT place, name, number, step FROM (SELECT nullif(n.nspname, current_schema()) AS place, \
                 c.relname AS name, s.seqincrement AS step, \
                 CASE WHEN {own} THEN pg_sequence_last_value(s.seqrelid) END AS number \
                 FROM pg_depend d JOIN pg_class c ON c.oid = d.refobjid \
                 JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_sequence s ON s.seqrelid = d.objid \
                 WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass \
                 AND d.deptype IN ('a', 'i')) numbered WHERE number IS NOT NULL"
            );
            &postgres
        }
        Dialect::Mysql => {
            "SELECT NULL, TABLE_NAME, CAST(AUTO_INCREMENT - 1 AS CHAR), '1' FROM information_schema.TABLES \
             WHERE TABLE_SCHEMA = DATABASE() AND AUTO_INCREMENT > 1"
        }
    };
    let numbers = rows(database, query)?.into_iter().filter_map(|row| match row.as_slice() {
        [schema, Some(name), Some(last), Some(step)] => {
            let table = TableName { schema: schema.clone(), name: name.clone() };
            Some((table, LastNumber { last: last.parse().ok()?, step: step.parse().ok()? }))
        }
        _ => None,
    });
    Ok(numbers.collect())
}

/// Makes a table believe that it once gave more numbers than its rows show, as far as it has so many.
pub(super) fn skip_numbers(database: &mut Database, table: &TableName) -> QueryResult<()> {
    match database.dialect() {
        Dialect::Sqlite => {
            let name = text_literal(&table.name);
            database.execute(&format!(
                "INSERT INTO sqlite_sequence (name, seq) SELECT {name}, 0
                   WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = {name});
                 UPDATE sqlite_sequence SET seq = seq + 7 WHERE name = {name}"
            ))
        }
        Dialect::Postgres => {
            let name = text_literal(&database.dialect().facts().quoted_table(table));
            database.execute(&format!(
                "SELECT setval(sequence, number::bigint) FROM (\
                 SELECT s.seqrelid::regclass AS sequence, s.seqmin, s.seqmax, s.seqincrement::numeric * 7 \
                 + coalesce(pg_sequence_last_value(s.seqrelid), s.seqstart::numeric - s.seqincrement) AS number \
                 FROM pg_depend d JOIN pg_sequence s ON s.seqrelid = d.objid WHERE d.classid = 'pg_class'::regclass \
                 AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjid = {name}::regclass\
                 ) numbered WHERE number BETWEEN seqmin AND seqmax"
            ))
        }
        Dialect::Mysql => mysql::skip_numbers(database, table),
    }
}

/// Opens a transaction in which foreign keys are checked only at its end, if `deferred`.
pub(super) fn begin(database: &mut Database, deferred: bool) -> QueryResult<()> {
    match database.dialect() {
        Dialect::Sqlite if deferred => database.execute("BEGIN; PRAGMA defer_foreign_keys = ON"),
        Dialect::Sqlite => database.execute("BEGIN"),
        Dialect::Postgres if deferred => database.execute("BEGIN; SET CONSTRAINTS ALL DEFERRED"),
        Dialect::Postgres => database.execute("BEGIN"),
        // Nothing is deferred here.
        Dialect::Mysql => database.execute("BEGIN"),
    }
}

/// Checks whether a transaction is open.
pub(super) fn is_in_transaction(database: &mut Database) -> bool {
    match database.dialect() {
        // SQLite doesn't say, but it refuses a second one.
        Dialect::Sqlite => database.execute("BEGIN; ROLLBACK").is_err(),
        // Outside a transaction, savepoints fail.
        Dialect::Postgres => database.execute("SAVEPOINT autogen_probe").is_ok(),
        // Only MariaDB tells; MySQL doesn't.
        Dialect::Mysql => matches!(value(database, "SELECT @@in_transaction"), Ok(Some(open)) if open != "0"),
    }
}

/// Returns a statement that adds a row or fails, whatever a rule says about conflicts.
pub(super) fn insertion(dialect: Dialect, table: &TableName, columns: &[&str], values: &[&str]) -> String {
    let facts = dialect.facts();
    let into = facts.quoted_table(table);
    if columns.is_empty() {
        return match dialect {
            Dialect::Sqlite | Dialect::Postgres => format!("INSERT INTO {into} DEFAULT VALUES"),
            Dialect::Mysql => format!("INSERT INTO {into} () VALUES ()"),
        };
    }
    let columns: Vec<_> = columns.iter().map(|column| facts.quoted(column)).collect();
    let (verb, over) = match dialect {
        // A rule with ON CONFLICT IGNORE would silently drop the row.
        Dialect::Sqlite => ("INSERT OR ABORT", ""),
        // An always-numbered column accepts no value without this; other columns ignore it.
        Dialect::Postgres => ("INSERT", "OVERRIDING SYSTEM VALUE "),
        Dialect::Mysql => ("INSERT", ""),
    };
    format!("{verb} INTO {into} ({}) {over}VALUES ({})", columns.join(", "), values.join(", "))
}

/// Returns the columns of primary keys that accept NULL all the same, as `table.column`.
pub(super) fn loose_keys(database: &mut Database) -> QueryResult<Vec<String>> {
    let query = match database.dialect() {
        // A lone INTEGER key is the row's own number, which is never NULL whatever is declared.
        Dialect::Sqlite => {
            "SELECT s.name || '.' || x.name
             FROM main.sqlite_schema s CROSS JOIN pragma_table_xinfo(s.name, 'main') x
             WHERE s.type = 'table' AND s.rootpage > 0 AND x.pk > 0 AND x.\"notnull\" = 0
               AND NOT (x.type = 'INTEGER' COLLATE NOCASE
                        AND (SELECT count(*) FROM pragma_table_xinfo(s.name, 'main') k WHERE k.pk > 0) = 1)
             ORDER BY 1"
        }
        // A primary key never accepts NULL.
        Dialect::Postgres | Dialect::Mysql => return Ok(Vec::new()),
    };
    Ok(rows(database, query)?.into_iter().flatten().flatten().collect())
}

/// Counts the rows that reference a missing row, by the referencing table and the referenced one.
pub(super) fn orphans(database: &mut Database) -> QueryResult<Vec<(String, String, i64)>> {
    let query = match database.dialect() {
        Dialect::Sqlite => {
            "SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check() GROUP BY 1, 2 ORDER BY 1, 2"
        }
        // No statement can leave any.
        Dialect::Postgres => return Ok(Vec::new()),
        Dialect::Mysql => return mysql::orphans(database),
    };
    let orphans = rows(database, query)?.into_iter().filter_map(|row| match row.as_slice() {
        [Some(child), Some(parent), Some(rows)] => Some((child.clone(), parent.clone(), rows.parse().ok()?)),
        _ => None,
    });
    Ok(orphans.collect())
}

/// Returns what the database finds wrong with its own rows.
pub(super) fn faults(database: &mut Database) -> QueryResult<Vec<String>> {
    let query = match database.dialect() {
        Dialect::Sqlite => "SELECT integrity_check FROM pragma_integrity_check() WHERE integrity_check <> 'ok'",
        Dialect::Postgres | Dialect::Mysql => return Ok(Vec::new()),
    };
    Ok(rows(database, query)?.into_iter().flatten().flatten().collect())
}

/// Returns the settings of the connection that a script may change and has to restore.
pub(super) fn settings(database: &mut Database) -> QueryResult<Vec<(&'static str, String)>> {
    let (names, ask): (&[&str], fn(&str) -> String) = match database.dialect() {
        Dialect::Sqlite => (
            &[
                "PRAGMA foreign_keys",
                "PRAGMA legacy_alter_table",
                "PRAGMA writable_schema",
                "PRAGMA ignore_check_constraints",
                "PRAGMA recursive_triggers",
            ],
            |name| name.to_owned(),
        ),
        Dialect::Postgres => {
            (&["search_path", "session_replication_role", "check_function_bodies", "role", "TimeZone"], |name| {
                format!("SELECT current_setting('{name}') AS setting")
            })
        }
        Dialect::Mysql => (
            &["sql_mode", "foreign_key_checks", "unique_checks", "autocommit", "time_zone", "collation_connection"],
            |name| format!("SELECT CAST(@@SESSION.{name} AS CHAR)"),
        ),
    };
    let mut settings = Vec::with_capacity(names.len());
    for name in names {
        let value = value(database, &ask(name))?;
        settings.push((*name, value.unwrap_or_default()));
    }
    Ok(settings)
}

/// Compiles everything that can be done to a table's rows, with the triggers and keys that take part, without doing
/// it. Returns the message for each part that doesn't compile.
pub(super) fn compiles(
    database: &mut Database,
    table: &TableName,
    columns: &[&str],
) -> Vec<(&'static str, Option<String>)> {
    let facts = database.dialect().facts();
    let name = facts.quoted_table(table);
    let same = |column: &&str| format!("{0} = {0}", facts.quoted(column));
    let mut statements = vec![
        ("reading", format!("SELECT * FROM {name}")),
        ("inserting into", insertion(database.dialect(), table, &[], &[])),
        ("deleting from", format!("DELETE FROM {name}")),
    ];
    if !columns.is_empty() {
        let set: Vec<_> = columns.iter().map(same).collect();
        statements.push(("updating", format!("UPDATE {name} SET {}", set.join(", "))));
    }
    let mut compiled = |statement: String| database.execute(&format!("EXPLAIN {statement}"));
    let statements = statements.into_iter();
    statements.map(|(doing, statement)| (doing, compiled(statement).err().map(|cause| cause.to_string()))).collect()
}

/// Returns the columns of a view, if it can be read.
pub(super) fn columns(database: &mut Database, view: &TableName) -> Vec<String> {
    let query = match database.dialect() {
        Dialect::Sqlite => format!("SELECT name FROM pragma_table_info({}, 'main')", text_literal(&view.name)),
        Dialect::Postgres => format!(
            "SELECT attname FROM pg_attribute WHERE attrelid = {}::regclass AND attnum > 0 AND NOT attisdropped \
             ORDER BY attnum",
            text_literal(&database.dialect().facts().quoted_table(view))
        ),
        Dialect::Mysql => format!(
            "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = {} \
             ORDER BY ORDINAL_POSITION",
            text_literal(&view.name)
        ),
    };
    rows(database, &query).unwrap_or_default().into_iter().flatten().flatten().collect()
}

/// Returns a string literal.
pub(super) fn text_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
