//! Steps as PostgreSQL's SQL, one statement after the other.

use autogen::dialect::Dialect;
use autogen::model::{Pair, TableName};
use autogen::plan::Operation;

/// The statements of one step.
pub(super) fn statements(operation: &Operation) -> Vec<String> {
    let facts = Dialect::Postgres.facts();
    match operation {
        Operation::DropTable(table) => vec![format!("DROP TABLE {}", facts.quoted_table(&table.name))],
        Operation::RenameTable(names) => {
            vec![format!("ALTER TABLE {} RENAME TO {}", facts.quoted_table(&names.from), facts.quoted(&names.to.name))]
        }
        Operation::RenameColumn(table, names) => {
            let (from, to) = (facts.quoted(&names.from), facts.quoted(&names.to));
            vec![format!("ALTER TABLE {} RENAME COLUMN {from} TO {to}", facts.quoted_table(table))]
        }
        Operation::Guard(_)
        | Operation::CreateTable(_)
        | Operation::RebuildTable(_)
        | Operation::AddColumn { .. }
        | Operation::Backfill { .. }
        | Operation::DropColumn(..)
        | Operation::CreateIndex(..)
        | Operation::DropIndex(..)
        | Operation::CreateUniqueIndex(..)
        | Operation::DropUniqueIndex(..) => Vec::new(),
    }
}

/// What stands around the steps of a script that opens its own transaction: here no script does.
pub(super) fn frame(_: &Pair<Vec<TableName>>) -> (Vec<String>, Vec<String>) {
    (Vec::new(), Vec::new())
}
