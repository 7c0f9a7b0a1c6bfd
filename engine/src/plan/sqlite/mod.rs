//! Steps for SQLite, which alters little in place: what ALTER can't do is a rebuild, one per
//! table however many changes ask for it.

mod alter;
mod convert;
mod order;
mod rebuild;

use std::collections::BTreeSet;

use crate::dialect::{Dialect, Facts};
use crate::model::{Change, Column, Pair, Schema, Table, TableName};

use super::rules::rules;
use super::tables::{by_table, creation};
use super::value::{NewValue, value_of_new};
use super::{Guard, Hazard, HazardKind, Operation, Stage, Step, Transaction, guard, risk};

pub(super) use convert::neutral;

/// The steps of one stage, in order.
pub(super) fn steps(stage: &Stage<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut guards = Vec::new();
    for (name, changes) in by_table(stage.changes, |change| change) {
        match (stage.before.tables.get(&name), stage.after.tables.get(&name)) {
            (None, Some(table)) => {
                let operations = creation(table).into_iter();
                steps.extend(operations.map(|operation| Step { operation, hazards: Vec::new() }));
            }
            (Some(table), None) => {
                let hazards = changes.iter().flat_map(|change| risk::hazards(change, table, Dialect::Sqlite)).collect();
                steps.push(Step { operation: Operation::DropTable(table.clone()), hazards });
            }
            (Some(before), Some(after)) => {
                let altered = Altered { before, after, changes: &changes, stage };
                steps.extend(altered.steps(&mut guards));
            }
            (None, None) => {}
        }
    }
    let guards = guards.into_iter().map(|guard| Step { operation: Operation::Guard(guard), hazards: Vec::new() });
    guards.chain(order::ordered(steps)).collect()
}

/// Who opens the transactions of the way up (from `start`) and the way down (from `goal`): the
/// scripts, where children would otherwise be deleted with a table that is rebuilt, or where
/// dropped tables point at one another.
pub(super) fn transactions(start: &Schema, goal: &Schema, ways: Pair<&Vec<Step>>) -> Pair<Transaction> {
    let needs_script = |steps: &[Step]| !rebuilt(steps).is_empty() || is_tangled(&dropped(steps));
    if !needs_script(ways.from) && !needs_script(ways.to) {
        return Pair::new(Transaction::Runner, Transaction::Runner);
    }
    let script = |steps: &[Step], before: &Schema, after: &Schema| {
        let touched = |schema| touched(schema, &rebuilt(steps), &dropped(steps));
        Transaction::Script(Pair::new(touched(before), touched(after)))
    };
    Pair::new(script(ways.from, start, goal), script(ways.to, goal, start))
}

fn dropped(steps: &[Step]) -> Vec<&Table> {
    let mut tables = Vec::new();
    for step in steps {
        if let Operation::DropTable(table) = &step.operation {
            tables.push(table);
        }
    }
    tables
}

fn rebuilt(steps: &[Step]) -> BTreeSet<&TableName> {
    let mut tables = BTreeSet::new();
    for step in steps {
        if let Operation::RebuildTable(rebuild) = &step.operation {
            tables.insert(&rebuild.tables.to.name);
        }
    }
    tables
}

/// Whether tables, dropped in this order, point at one that is already gone, or at themselves.
/// Children are dropped first wherever there is no cycle.
fn is_tangled(dropped: &[&Table]) -> bool {
    dropped.iter().enumerate().any(|(own, table)| {
        let gone = |name: &TableName| dropped[..=own].iter().any(|earlier| earlier.name == *name);
        table.foreign_keys.iter().any(|key| gone(&key.references))
    })
}

/// Tables whose rows could come to point nowhere: rebuilt ones, their children, and what points
/// at a dropped table.
fn touched(schema: &Schema, rebuilt: &BTreeSet<&TableName>, dropped: &[&Table]) -> Vec<TableName> {
    let is_dropped = |name: &TableName| dropped.iter().any(|table| table.name == *name);
    let is_touched = |table: &&Table| {
        let points =
            table.foreign_keys.iter().any(|key| rebuilt.contains(&key.references) || is_dropped(&key.references));
        !table.foreign_keys.is_empty() && !is_dropped(&table.name) && (rebuilt.contains(&table.name) || points)
    };
    schema.tables.values().filter(is_touched).map(|table| table.name.clone()).collect()
}

/// Whether the database numbers the column without being asked to: a key of one whole number is
/// the row's own number.
pub(super) fn numbers_itself(column: &Column, table: &Table) -> bool {
    column.auto_increment
        || table.primary_key.as_ref().is_some_and(|key| key.columns.len() == 1 && key.columns[0] == column.name)
}

/// A table that is there before and after.
struct Altered<'a> {
    before: &'a Table,
    after: &'a Table,
    changes: &'a [&'a Change],
    stage: &'a Stage<'a>,
}

impl Altered<'_> {
    fn steps(&self, guards: &mut Vec<Guard>) -> Vec<Step> {
        let rules = rules(self.changes, self.stage.before, self.before, self.after, Dialect::Sqlite);
        guards.extend(rules);
        if alter::in_place(self.before, self.after, self.changes, self.stage.direction) {
            return self.changes.iter().flat_map(|change| self.in_place(change, guards)).collect();
        }
        let (rebuild, in_the_way) =
            rebuild::rebuild(self.before, self.after, &self.stage.before.bystanders, self.stage.direction);
        guards.extend(in_the_way);
        let mut hazards: Vec<Hazard> = self.changes.iter().flat_map(|change| self.hazards(change)).collect();
        hazards.push(Hazard {
            kind: HazardKind::Rebuild,
            detail: format!("every row of {} is copied while nobody else can write", self.before.name),
            count: Some(format!("SELECT count(*) FROM {}", facts().quoted_table(&self.before.name))),
        });
        vec![Step { operation: Operation::RebuildTable(Box::new(rebuild)), hazards }]
    }

    fn hazards(&self, change: &Change) -> Vec<Hazard> {
        risk::hazards(change, self.before, Dialect::Sqlite)
    }

    /// The steps of one change that ALTER can make.
    fn in_place(&self, change: &Change, guards: &mut Vec<Guard>) -> Vec<Step> {
        let table = &self.before.name;
        let operations = match change {
            Change::AddColumn(_, column) => {
                let (foreign_key, checks) = alter::rules_of(column, self.changes);
                let mut operations = vec![Operation::AddColumn {
                    table: table.clone(),
                    column: Box::new(column.clone()),
                    foreign_key: foreign_key.cloned(),
                    checks: checks.into_iter().cloned().collect(),
                }];
                match value_of_new(column, self.after, self.stage.direction, Dialect::Sqlite) {
                    NewValue::Expr(expr) => {
                        let (table, column) = (table.clone(), column.name.clone());
                        operations.push(Operation::Backfill { table, column, expr, only_missing: false });
                    }
                    NewValue::Omitted => {}
                    NewValue::Nobody => guards.push(guard::rows(table, &column.name, facts())),
                }
                operations
            }
            Change::DropColumn(_, column) => vec![Operation::DropColumn(table.clone(), column.clone())],
            Change::AddUnique(_, unique) => vec![Operation::CreateUniqueIndex(table.clone(), unique.clone())],
            Change::DropUnique(_, unique) => vec![Operation::DropUniqueIndex(table.clone(), unique.clone())],
            Change::AddIndex(_, index) => vec![Operation::CreateIndex(table.clone(), index.clone())],
            Change::DropIndex(_, index) => vec![Operation::DropIndex(table.clone(), index.clone())],
            // These come and go inside their column's definition, or they need a rebuild.
            Change::AddForeignKey(..)
            | Change::DropForeignKey(..)
            | Change::AddCheck(..)
            | Change::DropCheck(..)
            | Change::AlterColumn(..)
            | Change::AlterPrimaryKey(..)
            | Change::AlterOptions(..)
            | Change::CreateTable(_)
            | Change::DropTable(_)
            | Change::RenameTable(_)
            | Change::RenameColumn(..) => Vec::new(),
        };
        let mut hazards = self.hazards(change);
        operations.into_iter().map(|operation| Step { operation, hazards: std::mem::take(&mut hazards) }).collect()
    }
}

fn facts() -> &'static Facts {
    Dialect::Sqlite.facts()
}
