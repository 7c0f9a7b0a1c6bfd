//! Steps for MariaDB and MySQL, which alter tables in place and commit every statement by itself.
//!
//! So whatever can stop a script looks first, and all that happens to a table is as few statements as
//! can be: foreign keys go, columns come and are filled, everything else is altered at once, foreign
//! keys come. A statement of theirs does all that it says or nothing.

mod algorithm;
mod convert;
mod early;
mod keys;
mod table;
mod whole;

use std::collections::BTreeMap;

use crate::dialect::{Dialect, Facts};
use crate::model::{Column, Pair, Schema, TableName};

use super::tables::by_table;
use super::{Clause, Guard, Operation, Stage, Step, Transaction};

pub(super) use convert::neutral;
pub(super) use early::guards_first;

/// The steps of one stage, in order.
pub(super) fn steps(stage: &Stage) -> Vec<Step> {
    let keys = keys::Keys::of(stage);
    let changes = by_table(&stage.changes, |change| change);
    let mut guards: Vec<Guard> = Vec::new();
    let mut altered = Vec::new();
    for (before, after) in both(stage) {
        let changes = changes.get(&before.name).map(Vec::as_slice).unwrap_or_default();
        let altering = table::Altered { before, after, changes, stage, keys: &keys };
        altered.extend(altering.steps(&mut guards));
    }
    let guards = guards.into_iter().map(|guard| plain(Operation::Guard(guard)));
    guards
        // They stand on what changes.
        .chain(alterations(&keys.gone, &stage.before))
        .chain(altered)
        // They may point at what has just come.
        .chain(whole::creations(stage))
        .chain(alterations(&keys.new, &stage.before))
        // Last, for up to here nothing is lost.
        .chain(whole::drops(stage))
        .collect()
}

/// The runner's transaction holds what only writes rows; whatever changes the schema ends it.
pub(super) fn transactions(_: &Schema, _: &Schema, _: Pair<&Vec<Step>>) -> Pair<Transaction> {
    Pair::new(Transaction::Runner, Transaction::Runner)
}

/// Tables that are there before and after.
fn both(stage: &Stage) -> impl Iterator<Item = (&crate::model::Table, &crate::model::Table)> {
    stage.before.tables.values().filter_map(|before| Some((before, stage.after.tables.get(&before.name)?)))
}

/// One statement for each table.
fn alterations(clauses: &BTreeMap<TableName, Vec<(Clause, Vec<super::Hazard>)>>, before: &Schema) -> Vec<Step> {
    let step = |(table, clauses): (&TableName, &Vec<(Clause, Vec<super::Hazard>)>)| {
        let (clauses, hazards): (Vec<_>, Vec<_>) = clauses.iter().cloned().unzip();
        Some(algorithm::alteration(before.tables.get(table)?, clauses, hazards.concat()))
    };
    clauses.iter().filter_map(step).collect()
}

fn plain(operation: Operation) -> Step {
    Step { operation, hazards: Vec::new() }
}

/// Whether a column gets another type or collation.
fn changes_type(columns: &Pair<Column>) -> bool {
    let Pair { from, to } = columns;
    from.data_type != to.data_type || from.sql_type != to.sql_type || from.collation != to.collation
}

fn facts() -> &'static Facts {
    Dialect::Mysql.facts()
}
