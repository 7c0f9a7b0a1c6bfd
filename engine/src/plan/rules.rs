//! Which rows could be in the way of rules that are new on a table.

use crate::dialect::{Dialect, Facts};
use crate::model::{Change, Constraint, Pair, Schema, Table};

use super::{Guard, guard, not_null, risk};

/// Rows that the new rules among `changes` would forbid, as far as the columns that the table has
/// in `before` can tell. `schema` is what stands there before; `after` is the table afterwards.
pub(super) fn rules(
    changes: &[&Change],
    schema: &Schema,
    before: &Table,
    after: &Table,
    dialect: Dialect,
) -> Vec<Guard> {
    let facts = dialect.facts();
    let known = |columns: &mut dyn Iterator<Item = &String>| {
        let mut columns = columns.peekable();
        columns.peek().is_some() && columns.all(|column| is_unchanged(column, before, after))
    };
    let table = &before.name;
    let mut guards = Vec::new();
    for change in changes {
        match change {
            Change::AddUnique(_, unique) if !risk::holds_already(change, changes) => {
                if known(&mut unique.columns.iter()) {
                    guards.push(guard::duplicates(table, &unique.columns, facts));
                }
            }
            Change::AddIndex(_, index) if index.unique => {
                let columns = crate::diff::index_columns(index, dialect);
                if known(&mut columns.iter()) {
                    guards.push(guard::alike_in_index(table, index, facts));
                }
            }
            Change::AddCheck(_, check) if check.validated && !risk::holds_already(change, changes) => {
                let columns = crate::normalize::columns_in(dialect, &check.expr);
                if known(&mut columns.iter()) {
                    guards.push(guard::violations(table, check, facts));
                }
            }
            Change::AddForeignKey(_, key) if key.validated && !risk::holds_already(change, changes) => {
                let parent = schema.tables.get(&key.references);
                let there = parent.is_some_and(|parent| {
                    !key.referenced_columns.is_empty()
                        && key.referenced_columns.iter().all(|column| parent.column(column).is_some())
                });
                // Where nothing is rolled back, values are compared before they are converted.
                let stays = || key.columns.iter().all(|column| stays_known(column, before, after));
                let is_known = known(&mut key.columns.iter()) || (!facts.transactional_ddl && stays());
                if there && is_known {
                    guards.push(guard::orphans(before, key, facts));
                } else if parent.is_none()
                    && key.references != after.name
                    && key.columns.iter().all(|column| stays_known(column, before, after))
                {
                    guards.push(guard::pointing(before, key, facts));
                }
            }
            Change::SettleRule(_, rules) => guards.extend(settled(rules, before, facts)),
            Change::AddUnique(..)
            | Change::AddCheck(..)
            | Change::AddForeignKey(..)
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
            | Change::AddExclusion(..)
            | Change::DropExclusion(..)
            | Change::CreateTable(_)
            | Change::DropTable(_)
            | Change::RenameTable(_)
            | Change::RenameColumn(..)
            | Change::CommentTable(..)
            | Change::Enum(_) => {}
        }
    }
    guards
}

/// Rows of before that a rule forbids which only later ones had to obey.
fn settled(rules: &Pair<Constraint>, table: &Table, facts: &Facts) -> Option<Guard> {
    match (&rules.from, &rules.to) {
        (Constraint::Check(from), Constraint::Check(to)) if !from.validated && to.validated => {
            Some(match not_null::column(to) {
                Some(column) => guard::nulls(&table.name, &column, facts),
                None => guard::violations(&table.name, to, facts),
            })
        }
        (Constraint::ForeignKey(from), Constraint::ForeignKey(to)) if !from.validated && to.validated => {
            Some(guard::orphans(table, to, facts))
        }
        (Constraint::Check(_), _)
        | (Constraint::ForeignKey(_), _)
        | (Constraint::PrimaryKey(_), _)
        | (Constraint::Unique(_), _)
        | (Constraint::Exclusion(_), _) => None,
    }
}

/// Whether a column's values stay values, of whichever type: nobody says what else they become.
fn stays_known(column: &str, before: &Table, after: &Table) -> bool {
    before.column(column).is_some() && after.column(column).is_some_and(|column| column.hints.backfill.is_none())
}

fn is_unchanged(column: &str, before: &Table, after: &Table) -> bool {
    match (before.column(column), after.column(column)) {
        (Some(before), Some(after)) => before.data_type == after.data_type,
        (Some(_) | None, None) | (None, Some(_)) => false,
    }
}
