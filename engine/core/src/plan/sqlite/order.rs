//! Why one SQLite step runs before another.

use std::collections::BTreeMap;

use crate::model::TableName;
use crate::plan::kinds::{self, Kinds};
use crate::plan::order::Reasons;
use crate::plan::{Operation, SqliteOperation, Step};

/// Returns the steps in an order that SQLite accepts.
pub(super) fn ordered(steps: Vec<Step>) -> Vec<Step> {
    let reasons = reasons(&steps);
    kinds::ordered(steps, reasons)
}

/// What a step does to its table, as far as order is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Create,
    Drop,
    Rebuild,
    AddColumn,
    Backfill,
    DropColumn,
    CreateIndex,
    DropIndex,
    Trigger,
    Other,
}

#[expect(clippy::too_many_lines, reason = "an arm for each operation, with what comes before it")]
fn reasons(steps: &[Step]) -> Reasons {
    let kinds = Kinds::new(steps, kind);
    let mut reasons = Reasons::between(steps.len());
    kinds.within_tables(
        &[
            // An index needs its columns.
            (Kind::Create, Kind::CreateIndex),
            (Kind::AddColumn, Kind::CreateIndex),
            (Kind::AddColumn, Kind::Backfill),
            // A unique index must see the values that a backfill gives.
            (Kind::Backfill, Kind::CreateIndex),
            // SQLite refuses to drop an indexed column, and a name must be free before it is taken again.
            (Kind::DropIndex, Kind::DropColumn),
            (Kind::DropIndex, Kind::CreateIndex),
            // A table must keep a column: the new ones come before the old ones go.
            (Kind::AddColumn, Kind::DropColumn),
            (Kind::Create, Kind::Trigger),
            // A backfill may read a column that is dropped.
            (Kind::Backfill, Kind::DropColumn),
        ],
        &mut reasons,
    );
    reuse_names(steps, &mut reasons);
    for (step, found) in steps.iter().enumerate() {
        match &found.operation {
            // SQLite accepts a foreign key to a table that doesn't exist yet, but it confuses readers.
            Operation::CreateTable(table) => {
                for key in table.rules.foreign_keys() {
                    for parent in kinds.of(&key.references, Kind::Create) {
                        reasons.had_better_run(parent).before(step);
                    }
                }
            }
            // Dropping a parent first would delete its children's rows one by one, or be refused.
            Operation::DropTable(table) => {
                for key in table.rules.foreign_keys() {
                    for parent in kinds.of(&key.references, Kind::Drop) {
                        reasons.had_better_run(step).before(parent);
                    }
                }
            }
            // The same holds for a rebuild that drops or adds a key.
            Operation::Sqlite(SqliteOperation::RebuildTable(rebuild)) => {
                for key in rebuild.tables.from.rules.foreign_keys() {
                    for parent in kinds.of(&key.references, Kind::Drop) {
                        reasons.must_run(step).before(parent);
                    }
                }
                for key in rebuild.tables.to.rules.foreign_keys() {
                    for parent in kinds.of(&key.references, Kind::Create) {
                        reasons.must_run(parent).before(step);
                    }
                }
            }
            Operation::Sqlite(SqliteOperation::AddColumn { table, column, foreign_keys, .. }) => {
                // A generated column reads others, so it is added after them.
                for other in kinds.of(table, Kind::AddColumn) {
                    let comes_first = matches!(&steps[other].operation, Operation::Sqlite(SqliteOperation::AddColumn { column, .. }) if column.generated.is_none());
                    if column.generated.is_some() && comes_first {
                        reasons.must_run(other).before(step);
                    }
                }
                for key in foreign_keys {
                    for parent in kinds.of(&key.references, Kind::Create) {
                        reasons.must_run(parent).before(step);
                    }
                }
            }
            Operation::Sqlite(SqliteOperation::DropColumn(table, column)) => {
                // A generated column reads others, so it is dropped before them.
                for other in kinds.of(table, Kind::DropColumn) {
                    let stays_longer = matches!(&steps[other].operation, Operation::Sqlite(SqliteOperation::DropColumn(_, other)) if other.generated.is_none());
                    if column.generated.is_some() && stays_longer {
                        reasons.must_run(step).before(other);
                    }
                }
                // A column that references a table is dropped before the table.
                for (dropped, _) in kinds.all(Kind::Drop).filter(|(_, dropped)| *dropped != table) {
                    reasons.must_run(step).before(dropped);
                }
            }
            Operation::Guard(_)
            | Operation::ExpectTables(_)
            | Operation::RenameTable(_)
            | Operation::RenameColumn(..)
            | Operation::Backfill { .. }
            | Operation::Restore(_)
            | Operation::Sqlite(
                SqliteOperation::ExpectReferrers(_)
                | SqliteOperation::ExpectUsers(_)
                | SqliteOperation::CreateIndex(..)
                | SqliteOperation::DropIndex(..),
            )
            | Operation::Postgres(_)
            | Operation::Mysql(_) => {}
        }
    }
    reasons
}

/// Orders steps that free index names before steps that take them. All indexes share one namespace: a name that is
/// dropped with its index or table must be free before another table's index takes it.
fn reuse_names(steps: &[Step], reasons: &mut Reasons) {
    let mut freed: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (step, found) in steps.iter().enumerate() {
        for name in index_names(&found.operation, Side::Before) {
            freed.entry(name.to_ascii_lowercase()).or_default().push(step);
        }
    }
    for (step, found) in steps.iter().enumerate() {
        for name in index_names(&found.operation, Side::After) {
            for first in freed.get(&name.to_ascii_lowercase()).into_iter().flatten() {
                reasons.must_run(*first).before(step);
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Before,
    After,
}

/// Returns the names of the indexes that exist before a step and not after it, or the other way round.
fn index_names(operation: &Operation, side: Side) -> Vec<&str> {
    match operation {
        Operation::DropTable(table) if side == Side::Before => table.index_names().collect(),
        Operation::Sqlite(SqliteOperation::DropIndex(_, rule)) if side == Side::Before => {
            rule.name().into_iter().collect()
        }
        Operation::Sqlite(SqliteOperation::CreateIndex(_, rule)) if side == Side::After => {
            rule.name().into_iter().collect()
        }
        Operation::Sqlite(SqliteOperation::RebuildTable(rebuild)) => {
            let tables = rebuild.tables.as_ref();
            let (own, other) = match side {
                Side::Before => (tables.from, tables.to),
                Side::After => (tables.to, tables.from),
            };
            own.index_names()
                .filter(|name| !other.index_names().any(|other| other.eq_ignore_ascii_case(name)))
                .collect()
        }
        Operation::Guard(_)
        | Operation::ExpectTables(_)
        | Operation::CreateTable(_)
        | Operation::DropTable(_)
        | Operation::RenameTable(_)
        | Operation::RenameColumn(..)
        | Operation::Backfill { .. }
        | Operation::Restore(_)
        | Operation::Sqlite(_)
        | Operation::Postgres(_)
        | Operation::Mysql(_) => Vec::new(),
    }
}

/// Returns what a step does to which table, or `None` for a step that runs before any order is made.
fn kind(operation: &Operation) -> Option<(Kind, &TableName)> {
    Some(match operation {
        Operation::CreateTable(table) => (Kind::Create, &table.name),
        Operation::DropTable(table) => (Kind::Drop, &table.name),
        Operation::RenameTable(names) => (Kind::Other, &names.from),
        Operation::RenameColumn(table, _) => (Kind::Other, table),
        Operation::Backfill { table, .. } => (Kind::Backfill, table),
        Operation::Restore(trigger) => (Kind::Trigger, trigger.table.as_ref()?),
        Operation::Sqlite(own) => match own {
            SqliteOperation::RebuildTable(rebuild) => (Kind::Rebuild, &rebuild.tables.from.name),
            SqliteOperation::AddColumn { table, .. } => (Kind::AddColumn, table),
            SqliteOperation::DropColumn(table, _) => (Kind::DropColumn, table),
            SqliteOperation::CreateIndex(table, _) => (Kind::CreateIndex, table),
            SqliteOperation::DropIndex(table, _) => (Kind::DropIndex, table),
            SqliteOperation::ExpectReferrers(_) | SqliteOperation::ExpectUsers(_) => return None,
        },
        Operation::Guard(_) | Operation::ExpectTables(_) | Operation::Postgres(_) | Operation::Mysql(_) => return None,
    })
}
