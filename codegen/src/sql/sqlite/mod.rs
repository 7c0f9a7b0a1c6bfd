//! SQLite's SQL.

mod rebuild;
mod table;

use autogen::dialect::{Dialect, Facts};
use autogen::model::{Index, IndexKey, Pair, TableName, Unique};
use autogen::plan::{Guard, Operation};

use super::literal;

/// The statements of one step.
pub(super) fn statements(operation: &Operation) -> Vec<String> {
    match operation {
        Operation::Guard(guard) => vec![guarded(guard)],
        Operation::CreateTable(table) => vec![table::create(table, &table.name)],
        Operation::DropTable(table) => vec![format!("DROP TABLE {}", name(&table.name))],
        Operation::RenameTable(names) => {
            vec![format!("ALTER TABLE {} RENAME TO {}", name(&names.from), quoted(&names.to.name))]
        }
        Operation::RebuildTable(rebuild) => rebuild::statements(rebuild),
        Operation::AddColumn { table, column, foreign_keys, checks } => {
            let (foreign_keys, checks) = (foreign_keys.iter().collect::<Vec<_>>(), checks.iter().collect::<Vec<_>>());
            let definition = table::column(column, None, &foreign_keys, &checks);
            vec![format!("ALTER TABLE {} ADD COLUMN {definition}", name(table))]
        }
        Operation::Backfill { table, column, expr } => {
            vec![format!("UPDATE {} SET {} = {expr}", name(table), quoted(column))]
        }
        Operation::DropColumn(table, column) => {
            vec![format!("ALTER TABLE {} DROP COLUMN {}", name(table), quoted(&column.name))]
        }
        Operation::RenameColumn(table, names) => {
            let (from, to) = (quoted(&names.from), quoted(&names.to));
            vec![format!("ALTER TABLE {} RENAME COLUMN {from} TO {to}", name(table))]
        }
        Operation::CreateIndex(table, found) => vec![index(table, found)],
        Operation::DropIndex(_, index) => vec![drop_index(index.name.as_deref())],
        Operation::CreateUniqueIndex(table, unique) => vec![unique_index(table, unique)],
        Operation::CreateTrigger(trigger) => vec![trigger.sql.trim_end_matches(';').to_owned()],
        Operation::DropUniqueIndex(_, unique) => vec![drop_index(unique.name.as_deref())],
    }
}

/// What stands around the steps of a script that opens its own transaction.
///
/// SQLite ignores `PRAGMA foreign_keys` inside a transaction, and with foreign keys on it deletes
/// the children of every row of a table that is dropped. So: off, then the transaction, and
/// before it ends a count of rows that point nowhere, which must not have grown.
pub(super) fn frame(tables: &Pair<Vec<TableName>>) -> (Vec<String>, Vec<String>) {
    let mut opening = vec!["PRAGMA foreign_keys = OFF".to_owned(), "SAVEPOINT \"autogen\"".to_owned()];
    let mut closing = Vec::new();
    if !tables.to.is_empty() {
        let before = orphans(&tables.from);
        opening.push(format!("CREATE TEMPORARY TABLE \"autogen_orphans\" AS SELECT ({before}) AS \"rows\""));
        closing.push(format!(
            "SELECT json_extract('{{}}', 'stopped: rows would point at no row; rows: ' || \"n\") \
             FROM (SELECT ({}) - (SELECT \"rows\" FROM \"autogen_orphans\") AS \"n\") WHERE \"n\" > 0",
            orphans(&tables.to)
        ));
        closing.push("DROP TABLE temp.\"autogen_orphans\"".to_owned());
    }
    closing.push("RELEASE \"autogen\"".to_owned());
    closing.push("PRAGMA foreign_keys = ON".to_owned());
    (opening, closing)
}

/// How many rows of these tables point at no row.
fn orphans(tables: &[TableName]) -> String {
    if tables.is_empty() {
        return "SELECT 0".to_owned();
    }
    let counts: Vec<_> = tables
        .iter()
        .map(|table| format!("(SELECT count(*) FROM pragma_foreign_key_check({}))", literal(&table.name)))
        .collect();
    format!("SELECT {}", counts.join(" + "))
}

/// A statement that fails, and says why, if the guard's query counts any rows. Plain SQL has no
/// other way to stop with a message that holds a number: a path that doesn't begin with `$` is
/// an error, and SQLite shows it.
fn guarded(guard: &Guard) -> String {
    format!(
        "SELECT json_extract('{{}}', {} || \"n\") FROM (SELECT ({}) AS \"n\") WHERE \"n\" > 0",
        literal(&format!("stopped: {}; rows: ", guard.problem)),
        guard.count,
    )
}

fn index(table: &TableName, index: &Index) -> String {
    let columns: Vec<_> = index
        .columns
        .iter()
        .map(|column| {
            let mut text = match &column.key {
                IndexKey::Column(column) => quoted(column),
                IndexKey::Expr(expr) => format!("({})", expr.sql),
            };
            if let Some(collation) = &column.collation {
                text.push_str(&format!(" COLLATE {}", quoted(collation)));
            }
            if column.descending {
                text.push_str(" DESC");
            }
            text
        })
        .collect();
    let unique = if index.unique { "UNIQUE " } else { "" };
    let condition = index.predicate.as_ref().map(|expr| format!(" WHERE {}", expr.sql)).unwrap_or_default();
    let index_name = quoted(index.name.as_deref().unwrap_or_default());
    format!("CREATE {unique}INDEX {index_name} ON {} ({}){condition}", quoted(&table.name), columns.join(", "))
}

fn unique_index(table: &TableName, unique: &Unique) -> String {
    let index_name = quoted(unique.name.as_deref().unwrap_or_default());
    format!("CREATE UNIQUE INDEX {index_name} ON {} ({})", quoted(&table.name), list(&unique.columns))
}

fn drop_index(name: Option<&str>) -> String {
    format!("DROP INDEX {}", quoted(name.unwrap_or_default()))
}

fn list(columns: &[String]) -> String {
    columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ")
}

fn name(table: &TableName) -> String {
    facts().quoted_table(table)
}

fn quoted(name: &str) -> String {
    facts().quoted(name)
}

fn facts() -> &'static Facts {
    Dialect::Sqlite.facts()
}
