//! PostgreSQL's SQL, one function per operation.

mod alter;
mod block;
mod enums;
mod known;
mod table;

use autogen::dialect::{Dialect, Facts};
use autogen::model::{Pair, TableName};
use autogen::plan::{Expected, Operation, Plan, locks};

use super::{literal, parts};

pub(crate) use table::serial;

/// The statements of one step.
pub(super) fn statements(operation: &Operation) -> Vec<String> {
    match operation {
        Operation::Guard(guard) => vec![block::guarded(guard)],
        Operation::Expect(Expected::Tables(tables)) => tables.iter().map(known::columns).collect(),
        Operation::Expect(Expected::Values(of, values)) => vec![known::values(of, values)],
        Operation::Expect(Expected::Restored(restored)) => known::restored(restored),
        Operation::Expect(Expected::Views(..)) => unreachable!("PostgreSQL refuses to drop what a view reads"),
        Operation::Expect(Expected::Referrers(_)) => unreachable!("PostgreSQL refuses to drop what others point at"),
        Operation::CreateTable(table) => table::create(table),
        Operation::DropTable(table) => vec![format!("DROP TABLE {}", name(&table.name))],
        Operation::RenameTable(names) => {
            vec![format!("ALTER TABLE {} RENAME TO {}", name(&names.from), quoted(&names.to.name))]
        }
        // Foreign keys and checks are steps of their own here.
        Operation::AddColumn { table, column, foreign_keys: _, checks: _ } => table::add_column(table, column),
        Operation::Backfill { table, values, rows } => {
            vec![parts::backfill(&name(table), values, rows, facts())]
        }
        Operation::CheckDeferred(_) => vec!["SET CONSTRAINTS ALL IMMEDIATE".to_owned()],
        Operation::AlterColumns(table, actions) => alter::columns(table, actions),
        Operation::StartNumbering(table, column, first) => alter::start_numbering(table, column, *first),
        Operation::SetLogged { table, logged, .. } => {
            vec![format!("ALTER TABLE {} SET {}", name(table), if *logged { "LOGGED" } else { "UNLOGGED" })]
        }
        Operation::StopNumbering(table, column) => alter::stop_numbering(table, column),
        Operation::AddRule(table, rule) => alter::add_rule(table, rule),
        Operation::DropRule(table, rule) if rule.is_index() => vec![drop_index(table, rule.name())],
        Operation::DropRule(table, rule) => vec![alter::drop_constraint(table, rule)],
        Operation::AlterRule(table, rules) => alter::alter_rule(table, rules),
        Operation::SetComment { of, comment } => vec![table::comment(of, comment.as_deref())],
        Operation::Enum(operation) => enums::statements(operation),
        Operation::DropColumn(table, column) => {
            vec![format!("ALTER TABLE {} DROP COLUMN {}", name(table), quoted(&column.name))]
        }
        Operation::RenameColumn(table, names, _) => {
            let (from, to) = (quoted(&names.from), quoted(&names.to));
            vec![format!("ALTER TABLE {} RENAME COLUMN {from} TO {to}", name(table))]
        }
        Operation::Restore(trigger) => vec![trigger.sql.trim_end_matches(';').to_owned()],
        Operation::RebuildTable(_) | Operation::AlterTable(..) | Operation::AlterHistory(_) => {
            unreachable!("PostgreSQL alters tables in place")
        }
    }
}

/// The statements of a step that builds or drops an index while others write.
pub(super) fn concurrently(operation: &Operation) -> Vec<String> {
    // The first word of its kind, for it comes before every name.
    statements(operation).iter().map(|sql| sql.replacen("INDEX ", "INDEX CONCURRENTLY ", 1)).collect()
}

/// What stands around the steps of a script that opens its own transaction: here no script does.
pub(super) fn frame(_: &Pair<Vec<TableName>>) -> (Vec<String>, Vec<String>) {
    (Vec::new(), Vec::new())
}

/// Who waits for whom while a plan runs, one line per table.
pub(super) fn lock_lines(plan: &Plan) -> Vec<String> {
    let line = |(table, lock): (TableName, _)| format!("{table}: {lock} ({})", autogen::plan::Lock::meaning(lock));
    locks(plan, Dialect::Postgres).into_iter().map(line).collect()
}

/// An index lives in its table's schema, and is dropped from there.
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
