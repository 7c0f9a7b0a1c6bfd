//! PostgreSQL's SQL, one function per operation.

mod alter;
mod block;
mod enums;
mod known;
mod table;

use autogen_engine::dialect::{Dialect, Facts};
use autogen_engine::model::{Pair, Table, TableName};
use autogen_engine::plan::{Guard, Known, Lock, Measured, Plan, PostgresOperation, locks};

use super::{literal, parts};

pub(crate) use table::serial;

/// Returns the statements of an operation that only PostgreSQL has.
pub(super) fn statements(operation: &PostgresOperation) -> Vec<String> {
    match operation {
        PostgresOperation::CreateSchema(schema) => vec![block::schema_made(schema)],
        PostgresOperation::DropSchema(schema) => vec![block::schema_dropped(schema)],
        PostgresOperation::ExpectValues(of, values) => vec![known::values(of, values)],
        PostgresOperation::ExpectRestored(restored) => known::restored(restored),
        PostgresOperation::AddColumn(table, column) => table::add_column(table, column),
        PostgresOperation::DropColumn(table, column) => {
            vec![format!("ALTER TABLE {} DROP COLUMN {}", name(table), quoted(&column.name))]
        }
        PostgresOperation::CheckDeferred(_) => vec!["SET CONSTRAINTS ALL IMMEDIATE".to_owned()],
        PostgresOperation::AlterColumns(table, actions) => alter::columns(table, actions),
        PostgresOperation::StartNumbering(table, column, first) => alter::start_numbering(table, column, *first),
        PostgresOperation::StopNumbering(table, column) => alter::stop_numbering(table, column),
        PostgresOperation::SetLogged { table, logged, .. } => {
            vec![format!("ALTER TABLE {} SET {}", name(table), if *logged { "LOGGED" } else { "UNLOGGED" })]
        }
        PostgresOperation::AddRule(table, rule) => alter::add_rule(table, rule),
        PostgresOperation::DropRule(table, rule) if rule.is_index() => vec![drop_index(table, rule.name())],
        PostgresOperation::DropRule(table, rule) => vec![alter::drop_constraint(table, rule)],
        PostgresOperation::AlterRule(table, rules) => alter::alter_rule(table, rules),
        PostgresOperation::SetComment { of, comment } => vec![table::comment(of, comment.as_deref())],
        PostgresOperation::Enum(operation) => enums::statements(operation),
    }
}

/// Rewrites statements that make or drop an index to use `CONCURRENTLY`, so that others can write meanwhile.
pub(super) fn concurrently(statements: &[String]) -> Vec<String> {
    // The keyword comes before every name, so it is the first match.
    statements.iter().map(|sql| sql.replacen("INDEX ", "INDEX CONCURRENTLY ", 1)).collect()
}

/// Writes the statement that stops if rows are in the way.
pub(super) fn guarded(guard: &Guard) -> Vec<String> {
    vec![block::guarded(guard)]
}

/// Writes the checks of columns that are made anew, table by table.
pub(super) fn expected(tables: &[Known]) -> Vec<String> {
    tables.iter().map(known::columns).collect()
}

/// Writes the statements that make a table and its comments.
pub(super) fn create(table: &Table) -> Vec<String> {
    table::create(table)
}

/// Returns what surrounds the steps of a script that opens its own transaction: nothing, because no script
/// does here.
pub(super) fn frame(_: &Pair<Vec<TableName>>) -> (Vec<String>, Vec<String>) {
    (Vec::new(), Vec::new())
}

/// Describes who waits for whom while a plan runs, one line per table.
pub(super) fn lock_lines(plan: &Plan, measured: &[Measured]) -> Vec<String> {
    let mut locks = locks(plan, Dialect::Postgres);
    for found in measured {
        match locks.iter_mut().find(|(table, _)| *table == found.table) {
            Some((_, lock)) => *lock = found.lock.max(*lock),
            None => locks.push((found.table.clone(), found.lock)),
        }
    }
    let line = |(table, lock): (TableName, Lock)| {
        let is_read = measured.iter().any(|found| found.table == table && found.is_read) && !plan.passes_over(&table);
        let meanwhile = if is_read { " while all rows are read" } else { "" };
        format!("{table}: {lock} ({}{meanwhile})", lock.meaning())
    };
    locks.into_iter().map(line).collect()
}

/// Writes the statement that drops an index. An index lives in its table's schema, and is dropped from there.
fn drop_index(table: &TableName, index: Option<&str>) -> String {
    let index = TableName { schema: table.schema.clone(), name: index.unwrap_or_default().to_owned() };
    format!("DROP INDEX {}", name(&index))
}

fn name(table: &TableName) -> String {
    facts().quoted_table(table)
}

fn quoted(name: &str) -> String {
    facts().quoted(name)
}

fn facts() -> &'static Facts {
    Dialect::Postgres.facts()
}
