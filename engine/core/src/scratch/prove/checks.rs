//! What must hold after a script has run: other owners' tables are unchanged, the goal is reached, rows are kept.

use super::row_expectation::RowExpectation;
use super::{Failure, Fault, Moment, Stage, Stop, Trial, difference, judge, rows};
use crate::database::Database;
use crate::diff::apply;
use crate::model::{BystanderKind, Change, Pair, Rename, Schema, TableName};

/// Checks that nothing changes that the revision's owner doesn't own. What a rename does to other owners' foreign
/// keys isn't a change of theirs.
pub(super) fn check_others(
    trial: &Trial<'_>,
    start: &Schema,
    up: &Schema,
    database: &mut Database,
) -> Result<(), Stop> {
    let mut wanted = start.clone();
    let mut renames = 0;
    for change in trial.changes {
        if is_rename(change) {
            apply(&mut wanted, change, database.dialect());
            renames += 1;
        }
    }
    if trial.plan.is_none() {
        follow_renames(&mut wanted, up, trial);
        let words = trial.up.sql.split(|letter: char| !letter.is_ascii_alphabetic());
        renames = words.filter(|word| word.eq_ignore_ascii_case("rename")).count();
    }
    let is_foreign = |table: &TableName| !is_owned(trial, table);
    let mut lines = difference::unlike(up, &wanted, is_foreign, database)?;
    lines.extend(difference::bystanders(up, &wanted, renames == 0, |kind, table| match kind {
        BystanderKind::Trigger
        | BystanderKind::Rule
        | BystanderKind::Policy
        | BystanderKind::Partition
        | BystanderKind::PartitionPart => table.is_some_and(is_foreign),
        // A revision written by hand may create views; a generated one doesn't.
        BystanderKind::View
        | BystanderKind::VirtualTable
        | BystanderKind::MaterializedView
        | BystanderKind::ForeignTable
        | BystanderKind::Function
        | BystanderKind::Extension
        | BystanderKind::Domain
        | BystanderKind::Type
        | BystanderKind::Sequence => trial.plan.is_some(),
    }));
    fail_if_any(Stage::Up, Fault::TouchesOthers, lines)
}

/// Checks whether the owner owns a table under its old or its new name.
pub(super) fn is_owned(trial: &Trial<'_>, table: &TableName) -> bool {
    let renamed = trial.changes.iter().any(|change| {
        let Change::Rename(Rename::Table(names)) = change else { return false };
        (names.from == *table && (trial.owned)(&names.to)) || (names.to == *table && (trial.owned)(&names.from))
    });
    renamed || (trial.owned)(table)
}

/// Lets other owners' foreign keys follow when a script from disk renames an owned table or column.
fn follow_renames(wanted: &mut Schema, up: &Schema, trial: &Trial<'_>) {
    let is_rename = |old: &TableName, new: &TableName, before: &Schema| {
        is_owned(trial, old) && is_owned(trial, new) && !up.tables.contains_key(old) && !before.tables.contains_key(new)
    };
    let before = wanted.clone();
    for table in wanted.tables.values_mut() {
        let Some(now) = up.tables.get(&table.name).filter(|_| !is_owned(trial, &table.name)) else { continue };
        for (key, now) in table.rules.foreign_keys_mut().zip(now.rules.foreign_keys()) {
            if is_rename(&key.references, &now.references, &before) {
                key.references.clone_from(&now.references);
            }
            if key.references == now.references && is_owned(trial, &now.references) {
                key.referenced_columns.clone_from(&now.referenced_columns);
            }
        }
    }
}

/// Checks that the up migration gives what the models say, and what was planned where the models don't speak.
pub(super) fn check_goal(trial: &Trial<'_>, start: &Schema, up: &Schema, database: &mut Database) -> Result<(), Stop> {
    if let Some(models) = trial.models {
        let lines = difference::lacking(up, models, |table| is_owned(trial, table), database)?;
        fail_if_any(Stage::Up, Fault::UnlikeModels, lines)?;
    }
    if let Some(plan) = trial.plan {
        let mut lines = difference::lacking(up, &plan.goal, |_| true, database)?;
        let has_renames = trial.changes.iter().any(is_rename);
        let mut wanted = start.clone();
        wanted.bystanders_mut().retain(|object| plan.goal.bystanders.iter().any(|kept| kept.name == object.name));
        lines.extend(difference::bystanders(up, &wanted, !has_renames, |_, _| true));
        fail_if_any(Stage::Up, Fault::UnlikePlan, lines)?;
    }
    Ok(())
}

/// Checks that two databases have the same schema, including what no definition can declare.
pub(super) fn check_same(
    stage: Stage,
    fault: Fault,
    is: &Moment,
    wanted: &Moment,
    asked: &mut Database,
) -> Result<(), Stop> {
    let mut lines = difference::unlike(&is.schema, &wanted.schema, |_| true, asked)?;
    lines.extend(difference::bystanders(&is.schema, &wanted.schema, true, |_, _| true));
    let tightened = wanted.loose_keys.iter().filter(|key| !is.loose_keys.contains(key));
    lines.extend(tightened.map(|key| format!("key column {key} should take NULL, and doesn't")));
    let loosened = is.loose_keys.iter().filter(|key| !wanted.loose_keys.contains(key));
    lines.extend(loosened.map(|key| format!("key column {key} takes NULL, and shouldn't")));
    lines.extend(judge::unlike(&is.said, &wanted.said));
    fail_if_any(stage, fault, lines)
}

pub(super) fn check_rows(
    stage: Stage,
    start: &Moment,
    now: &Moment,
    expectations: &[RowExpectation],
) -> Result<(), Stop> {
    fail_if_any(stage, Fault::LosesRows, rows::lost(&Pair::new(&start.rows, &now.rows), expectations))?;
    let mut lines = now.health.worse_than(&start.health, &start.schema, expectations);
    lines.extend(now.firing.worse_than(&start.firing, expectations));
    fail_if_any(stage, Fault::Breaks, lines)
}

pub(super) fn fail_if_any(stage: Stage, fault: Fault, lines: Vec<String>) -> Result<(), Stop> {
    if lines.is_empty() { Ok(()) } else { Err(Stop::Failed(Failure::new(stage, fault, lines))) }
}

/// Checks whether a change gives a table or a column another name.
fn is_rename(change: &Change) -> bool {
    match change {
        Change::Rename(Rename::Table(_) | Rename::Column(..)) => true,
        Change::Rename(Rename::Enum(_) | Rename::EnumValue(..)) => false,
        Change::Table(_) | Change::Column(..) | Change::Rule(..) | Change::Enum(_) => false,
    }
}
