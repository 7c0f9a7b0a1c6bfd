//! Steps for MariaDB and MySQL, which alter tables in place and commit every statement by itself.
//!
//! So everything that can stop a script is checked first, and a table is changed by as few statements as possible.
//! Columns are added and filled, then everything else is altered at once. Foreign keys are dropped and added in the
//! same statement, or before and after it where another table is in the way. A statement does all that it says or
//! nothing.

mod algorithm;
mod convert;
mod early;
mod fit;
mod generated;
mod held;
mod keys;
mod known;
mod mysql8;
mod renames;
mod table;
mod text;
mod unsupported;
mod whole;

use std::collections::BTreeMap;

use crate::dialect::{Dialect, Facts};
use crate::model::{Column, Pair, Schema, TableName};

use super::tables::by_table;
use super::{Clause, Guard, MysqlOperation, Operation, Stage, Step, Transaction, referrers};
use keys::Keys;

pub(super) use algorithm::copied;
pub(super) use convert::neutral;
pub(super) use early::guards_first;
pub(super) use fit::fit;
pub(super) use held::compared;
pub(super) use renames::{is_stuck, renamed};
pub use unsupported::refuse_unsupported;

/// Returns the steps of one stage, in order.
pub(super) fn steps(stage: &Stage) -> Vec<Step> {
    let mut keys = Keys::of(stage);
    let changes = by_table(&stage.changes, |change| change);
    let mut guards: Vec<Guard> = Vec::new();
    let mut altered = Vec::new();
    let tables: Vec<_> = both(stage).collect();
    let order: Vec<_> = keys.order(&tables).into_iter().map(|table| tables[table]).collect();
    let altered_at: BTreeMap<&TableName, usize> = (order.iter().enumerate())
        .filter_map(|(at, (table, _))| changes.contains_key(&table.name).then_some((&table.name, at)))
        .collect();
    for (at, (before, after)) in order.into_iter().enumerate() {
        let changes = changes.get(&before.name).map(Vec::as_slice).unwrap_or_default();
        let taken = keys.taken((at, &before.name), &altered_at, stage);
        let altering = table::Altered { before, after, changes, stage, keys: &keys };
        altered.extend(altering.steps(taken, &mut guards));
    }
    let looks = known::expected(&altered, tables.iter().map(|(before, _)| *before));
    looks
        .into_iter()
        .chain(referrers::expected(stage, Dialect::Mysql).map(|known| MysqlOperation::ExpectReferrers(known).into()))
        .chain(guards.into_iter().map(Operation::Guard))
        .map(plain)
        // They depend on what changes.
        .chain(keys.drops(&stage.before))
        .chain(with_history(altered, stage))
        // They may reference what has just been added.
        .chain(whole::creations(stage))
        .chain(keys.additions(&stage.before))
        // Last, because nothing is lost up to here.
        .chain(whole::drops(stage))
        .collect()
}

/// Lets alterations reach the histories of system-versioned tables, where columns are added, changed or dropped. A
/// row of the past then has the columns of today.
fn with_history(steps: Vec<Step>, stage: &Stage) -> Vec<Step> {
    let alters_history = |step: &Step| {
        let Operation::Mysql(MysqlOperation::AlterTable(table, clauses, _)) = &step.operation else { return false };
        let is_versioned = stage.before.tables.get(table).is_some_and(|table| table.options.system_versioned);
        is_versioned && clauses.iter().any(Clause::is_of_column)
    };
    if !steps.iter().any(alters_history) {
        return steps;
    }
    let [begin, end] = [true, false].map(|on| plain(Operation::Mysql(MysqlOperation::AlterHistory(on))));
    std::iter::once(begin).chain(steps).chain([end]).collect()
}

/// Returns who opens the transactions: always the runner. Its transaction covers steps that only write rows, and a
/// step that changes the schema ends it.
pub(super) fn transactions(_: &Schema, _: &Schema, _: Pair<&Vec<Step>>) -> Pair<Transaction> {
    Pair::new(Transaction::Runner, Transaction::Runner)
}

/// Returns the tables that exist before and after.
fn both(stage: &Stage) -> impl Iterator<Item = (&crate::model::Table, &crate::model::Table)> {
    stage.before.tables.values().filter_map(|before| Some((before, stage.after.tables.get(&before.name)?)))
}

fn plain(operation: Operation) -> Step {
    Step { operation, hazards: Vec::new() }
}

/// Checks whether a column gets another type or collation.
fn changes_type(columns: &Pair<Column>) -> bool {
    let Pair { from, to } = columns;
    from.data_type != to.data_type || from.sql_type != to.sql_type || from.collation != to.collation
}

fn facts() -> &'static Facts {
    Dialect::Mysql.facts()
}

/// Returns the guard against rows for which a column that becomes computed on reading can't hold the result. The
/// server accepts the column, and fails or cuts the value when it is read.
pub(super) fn not_held(table: &TableName, column: &Column) -> Option<Guard> {
    let generated = column.generated.as_ref().filter(|_| generated::is_virtual(column))?;
    convert::not_held(table, column, &generated.expr.sql)
}
