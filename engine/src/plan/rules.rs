//! Which rows could be in the way of rules that are new on a table.

use crate::dialect::Dialect;
use crate::model::{Change, Schema, Table};

use super::{Guard, guard};

/// Rows that the new rules among `changes` would forbid, as far as the columns that the table has
/// in `before` can tell. `schema` is what stands there before; `after` is the table afterwards.
pub(super) fn rules(changes: &[&Change], schema: &Schema, before: &Table, after: &Table, dialect: Dialect) -> Vec<Guard> {
    let facts = dialect.facts();
    let known = |columns: &mut dyn Iterator<Item = &String>| {
        let mut columns = columns.peekable();
        columns.peek().is_some() && columns.all(|column| is_unchanged(column, before, after))
    };
    let mut guards = Vec::new();
    for change in changes {
        match change {
            Change::AddUnique(_, unique) if known(&mut unique.columns.iter()) => {
                guards.push(guard::duplicates(&before.name, &unique.columns, facts));
            }
            Change::AddCheck(_, check) => {
                let columns = crate::normalize::columns_in(dialect, &check.expr);
                if known(&mut columns.iter()) {
                    guards.push(guard::violations(&before.name, check, facts));
                }
            }
            Change::AddForeignKey(_, key) => {
                let parent = schema.tables.get(&key.references);
                let there = parent.is_some_and(|parent| {
                    !key.referenced_columns.is_empty()
                        && key.referenced_columns.iter().all(|column| parent.column(column).is_some())
                });
                if there && known(&mut key.columns.iter()) {
                    guards.push(guard::orphans(before, key, facts));
                }
            }
            Change::AddUnique(..)
            | Change::AddColumn(..)
            | Change::DropColumn(..)
            | Change::AlterColumn(..)
            | Change::AlterPrimaryKey(..)
            | Change::AlterOptions(..)
            | Change::DropUnique(..)
            | Change::AddIndex(..)
            | Change::DropIndex(..)
            | Change::DropForeignKey(..)
            | Change::DropCheck(..)
            | Change::CreateTable(_)
            | Change::DropTable(_)
            | Change::RenameTable(_)
            | Change::RenameColumn(..) => {}
        }
    }
    guards
}

fn is_unchanged(column: &str, before: &Table, after: &Table) -> bool {
    match (before.column(column), after.column(column)) {
        (Some(before), Some(after)) => before.data_type == after.data_type,
        (Some(_) | None, None) | (None, Some(_)) => false,
    }
}
