//! SQLite's SQL, one function per operation; what a table's own statement holds is in `table.rs`.

mod known;
mod rebuild;
mod table;
mod users;

use autogen_engine::dialect::{Dialect, Facts};
use autogen_engine::model::{Pair, Table, TableName};
use autogen_engine::plan::{Guard, Known, Plan, SqliteOperation, Transaction};

use super::{literal, parts};

/// Returns the statements of an operation that only SQLite has.
pub(super) fn statements(operation: &SqliteOperation) -> Vec<String> {
    match operation {
        SqliteOperation::ExpectReferrers(referrers) => vec![known::referrers(referrers)],
        SqliteOperation::ExpectUsers(known) => vec![users::users(known)],
        SqliteOperation::RebuildTable(rebuild) => rebuild::statements(rebuild),
        SqliteOperation::AddColumn { table, column, foreign_keys, checks } => {
            let (foreign_keys, checks) = (foreign_keys.iter().collect::<Vec<_>>(), checks.iter().collect::<Vec<_>>());
            let definition = table::column(column, None, &foreign_keys, &checks);
            vec![format!("ALTER TABLE {} ADD COLUMN {definition}", name(table))]
        }
        SqliteOperation::DropColumn(table, column) => {
            vec![format!("ALTER TABLE {} DROP COLUMN {}", name(table), quoted(&column.name))]
        }
        SqliteOperation::CreateIndex(table, rule) => {
            let index = parts::separate_index(&quoted(&table.name), rule, facts());
            vec![index.unwrap_or_else(|| unreachable!("what isn't an index comes with its table"))]
        }
        SqliteOperation::DropIndex(_, rule) => vec![drop_index(rule.name())],
    }
}

/// Writes the check of tables that are made anew.
pub(super) fn expected(tables: &[Known]) -> Vec<String> {
    vec![known::expected(tables)]
}

/// Writes the statement that makes a table.
pub(super) fn create(table: &Table) -> Vec<String> {
    vec![table::create(table, &table.name)]
}

/// Returns what surrounds the steps of a script that opens its own transaction.
///
/// SQLite ignores `PRAGMA foreign_keys` inside a transaction. With foreign keys on, it deletes the children
/// of every row of a table that is dropped. So the script turns them off first, then begins the transaction.
/// Before the transaction ends, the script checks that the number of rows with a dangling reference hasn't
/// grown.
pub(super) fn frame(tables: &Pair<Vec<TableName>>) -> (Vec<String>, Vec<String>) {
    let mut opening = vec!["PRAGMA foreign_keys = OFF".to_owned(), KEYS_ARE_OFF.to_owned()];
    opening.push("SAVEPOINT \"autogen\"".to_owned());
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

/// A program that opens a transaction of its own around the script keeps foreign keys on, and would lose rows of others.
const KEYS_ARE_OFF: &str = "-- stops if foreign keys are still on, as in a transaction: dropping a table would delete what points at it\n\
     SELECT json_extract('{}', 'stopped: foreign keys can''t be switched off within a transaction') \
     FROM pragma_foreign_keys WHERE \"foreign_keys\"";

/// Writes the query that counts the rows of these tables with a dangling reference. Tables of other plugins
/// may not exist. They are skipped by name, because the pragma fails on them.
fn orphans(tables: &[TableName]) -> String {
    if tables.is_empty() {
        return "SELECT 0".to_owned();
    }
    let names: Vec<_> = tables.iter().map(|table| literal(&table.name)).collect();
    format!(
        "SELECT count(*) FROM sqlite_master AS \"t\", pragma_foreign_key_check(\"t\".\"name\") \
         WHERE \"t\".\"type\" = 'table' AND \"t\".\"name\" IN ({})",
        names.join(", ")
    )
}

/// Writes a statement that fails, and says why, if the guard's query counts any rows. Plain SQL has no other
/// way to stop with a message that holds a number: a path that doesn't begin with `$` is an error, and SQLite
/// shows the path.
pub(super) fn guarded(guard: &Guard) -> Vec<String> {
    vec![format!(
        "{}SELECT json_extract('{{}}', {} || \"n\")\nFROM (SELECT ({}) AS \"n\") WHERE \"n\" > 0",
        super::stops(&guard.problem),
        literal(&format!("stopped: {}; rows: ", guard.problem)),
        guard.count,
    )]
}

/// Describes who waits for whom while a plan runs. SQLite locks the file.
pub(super) fn lock_lines(plan: &Plan) -> Vec<String> {
    let writers = "nobody else can write to the file while this runs";
    vec![match plan.transaction {
        Transaction::Runner | Transaction::None => writers.to_owned(),
        Transaction::Script(_) => format!("{writers}, which takes as long as copying the tables"),
    }]
}

fn drop_index(name: Option<&str>) -> String {
    format!("DROP INDEX {}", quoted(name.unwrap_or_default()))
}

fn list(columns: &[String]) -> String {
    parts::list(columns, facts())
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
