//! Runs statements to see whether they work, in a transaction that leaves nothing behind.

use diesel::QueryResult;

use super::{rows, text_literal, value};
use crate::database::Database;
use crate::dialect::Dialect;
use crate::model::TableName;

/// Runs `work` in a transaction and undoes everything that it does. Foreign keys of and to `tables` don't interfere
/// meanwhile, and numbers that were given are given again afterwards.
pub(in crate::scratch) fn untraced<T>(
    database: &mut Database,
    tables: &[TableName],
    work: impl FnOnce(&mut Database) -> T,
) -> QueryResult<T> {
    let numbers = Numbers::of(database)?;
    let done = match database.dialect() {
        Dialect::Sqlite => {
            let keys = value(database, "PRAGMA foreign_keys")?.unwrap_or_default();
            database.execute("PRAGMA foreign_keys = OFF; BEGIN")?;
            let done = work(database);
            // A trigger may have ended the transaction.
            let _ended = database.execute("ROLLBACK");
            database.execute(&format!("PRAGMA foreign_keys = {keys}"))?;
            done
        }
        Dialect::Postgres => {
            let keys = foreign_keys(database, tables)?;
            database.execute("BEGIN")?;
            if let Err(cause) = database.execute(&keys.join("; ")) {
                database.execute("ROLLBACK")?;
                return Err(cause);
            }
            let done = work(database);
            database.execute("ROLLBACK")?;
            done
        }
        Dialect::Mysql => {
            let keys = value(database, "SELECT CAST(@@SESSION.foreign_key_checks AS CHAR)")?.unwrap_or_default();
            database.execute("SET SESSION foreign_key_checks = 0; BEGIN")?;
            let done = work(database);
            database.execute(&format!("ROLLBACK; SET SESSION foreign_key_checks = {keys}"))?;
            done
        }
    };
    numbers.put_back(database)?;
    Ok(done)
}

/// Runs a statement, after others that make room for it, and undoes all of them. Returns `None` if there is no room.
pub(in crate::scratch) fn attempt(database: &mut Database, before: &str, statement: &str) -> Option<QueryResult<()>> {
    if database.execute("SAVEPOINT autogen_attempt").is_err() {
        return None;
    }
    let has_room = before.is_empty() || database.execute(before).is_ok();
    let tried = has_room.then(|| {
        database.execute(statement)?;
        match database.dialect() {
            // Triggers may wait for the transaction's end.
            Dialect::Postgres => database.execute("SET CONSTRAINTS ALL IMMEDIATE"),
            Dialect::Sqlite | Dialect::Mysql => Ok(()),
        }
    });
    let undone = database.execute("ROLLBACK TO SAVEPOINT autogen_attempt; RELEASE SAVEPOINT autogen_attempt");
    if undone.is_err() {
        // SQLite's `RAISE (ROLLBACK, ...)` ends the transaction.
        let _begun = database.execute("BEGIN");
    }
    tried
}

/// Returns ways to make room for a row that is inserted a second time. Each is for where the one before is refused.
pub(in crate::scratch) fn making_room(dialect: Dialect, table: &TableName, row: &str) -> Vec<String> {
    let table = dialect.facts().quoted_table(table);
    match dialect {
        // The insertion itself replaces the row, which fires no delete trigger.
        Dialect::Sqlite => vec![String::new()],
        Dialect::Postgres => vec![format!("TRUNCATE {table}"), format!("DELETE FROM {table} WHERE {row}")],
        Dialect::Mysql => vec![format!("DELETE FROM {table} WHERE {row}"), String::new()],
    }
}

/// Returns a statement that inserts a row a second time, once there is room for it.
pub(in crate::scratch) fn reinsertion(
    dialect: Dialect,
    table: &TableName,
    columns: &[&str],
    values: &[&str],
) -> String {
    let insertion = super::insertion(dialect, table, columns, values);
    match dialect {
        Dialect::Sqlite => insertion.replacen("INSERT OR ABORT", "INSERT OR REPLACE", 1),
        Dialect::Postgres | Dialect::Mysql => insertion,
    }
}

/// Returns the condition that columns hold these literals, as [`super::literals`] writes them.
pub(in crate::scratch) fn is_row<'a>(
    dialect: Dialect,
    values: impl Iterator<Item = (&'a String, &'a String)>,
) -> String {
    let facts = dialect.facts();
    let holds = values.map(|(column, literal)| {
        let column = facts.quoted(column);
        match dialect {
            Dialect::Sqlite => format!("quote({column}) = {}", text_literal(literal)),
            Dialect::Postgres => format!("quote_nullable({column}::text) = {}", postgres_literal(literal)),
            Dialect::Mysql => super::mysql_values::holds(&column, literal),
        }
    });
    let all: Vec<_> = holds.collect();
    if all.is_empty() { "1 = 1".to_owned() } else { all.join(" AND ") }
}

/// Returns a string literal in the escaping form. `quote_nullable` writes a text with a backslash in another form; a
/// string in either form has the same value.
fn postgres_literal(text: &str) -> String {
    format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// Returns the tables whose rows no transaction restores.
pub(in crate::scratch) fn kept_at_once(database: &mut Database) -> QueryResult<Vec<String>> {
    match database.dialect() {
        Dialect::Sqlite | Dialect::Postgres => Ok(Vec::new()),
        Dialect::Mysql => {
            let found = rows(
                database,
                "SELECT t.TABLE_NAME FROM information_schema.TABLES t JOIN information_schema.ENGINES e \
                 ON e.ENGINE = t.ENGINE WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE = 'BASE TABLE' \
                 AND COALESCE(e.TRANSACTIONS, 'NO') <> 'YES'",
            )?;
            Ok(found.into_iter().flatten().flatten().collect())
        }
    }
}

/// Returns the statements that drop the foreign keys of and to tables.
fn foreign_keys(database: &mut Database, tables: &[TableName]) -> QueryResult<Vec<String>> {
    let facts = database.dialect().facts();
    let named = tables.iter().map(|table| format!("{}::regclass", postgres_literal(&facts.quoted_table(table))));
    let query = format!(
        "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', k.conrelid::regclass, k.conname) AS statement \
         FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE k.contype = 'f' AND k.conparentid = 0 AND {} AND ARRAY[k.conrelid, k.confrelid]::oid[] && ARRAY[{}]::oid[]",
        database.own_schemas(),
        named.collect::<Vec<_>>().join(", ")
    );
    Ok(rows(database, &query)?.into_iter().flatten().flatten().collect())
}

/// A database's numbering, which no transaction restores.
enum Numbers {
    /// The transaction restores it.
    Nothing,
    /// Statements that say it.
    Postgres(String),
    /// What each table gives next.
    Mysql(Vec<(String, String)>),
}

impl Numbers {
    fn of(database: &mut Database) -> QueryResult<Self> {
        match database.dialect() {
            Dialect::Sqlite => Ok(Self::Nothing),
            Dialect::Postgres => {
                let query = format!(
                    "SELECT format('SELECT %L AS name, last_value::text AS last, is_called::text AS called FROM %s', \
                     c.oid::regclass, c.oid::regclass) AS query \
                     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'S' AND {}",
                    database.own_schemas()
                );
                let queries: Vec<String> = rows(database, &query)?.into_iter().flatten().flatten().collect();
                if queries.is_empty() {
                    return Ok(Self::Nothing);
                }
                let set = rows(database, &queries.join(" UNION ALL "))?.into_iter().filter_map(|row| {
                    let [Some(name), Some(last), Some(called)] = row.as_slice() else { return None };
                    Some(format!("SELECT setval({}::regclass, {last}, {called})", postgres_literal(name)))
                });
                Ok(Self::Postgres(set.collect::<Vec<_>>().join("; ")))
            }
            Dialect::Mysql => mysql_numbers(database).map(Self::Mysql),
        }
    }

    fn put_back(self, database: &mut Database) -> QueryResult<()> {
        match self {
            Self::Nothing => Ok(()),
            Self::Postgres(statements) => database.execute(&statements),
            Self::Mysql(before) => {
                let now = mysql_numbers(database)?;
                for (table, next) in before.iter().filter(|number| !now.contains(number)) {
                    let table = Dialect::Mysql.facts().quoted(table);
                    database.execute(&format!("ALTER TABLE {table} AUTO_INCREMENT = {next}"))?;
                }
                Ok(())
            }
        }
    }
}

fn mysql_numbers(database: &mut Database) -> QueryResult<Vec<(String, String)>> {
    let query = "SELECT TABLE_NAME, CAST(AUTO_INCREMENT AS CHAR) FROM information_schema.TABLES \
                 WHERE TABLE_SCHEMA = DATABASE() AND AUTO_INCREMENT IS NOT NULL";
    let numbers = rows(database, query)?.into_iter().filter_map(|row| match row.as_slice() {
        [Some(table), Some(next)] => Some((table.clone(), next.clone())),
        _ => None,
    });
    Ok(numbers.collect())
}
