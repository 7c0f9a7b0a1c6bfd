//! Steps for SQLite, which alters little in place: what ALTER can't do is a rebuild, one per
//! table however many changes ask for it.

mod alike;
mod alter;
mod convert;
mod order;
mod rebuild;

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::{Dialect, Facts};
use crate::model::{Action, Bystander, BystanderKind, Change, Column, Pair, Schema, Table, TableName};

use super::{Guard, Hazard, HazardKind, Operation, Rebuild, Stage, Step, Transaction, guard, risk};
use rebuild::NewValue;

/// The steps of one stage, in order.
pub(super) fn steps(stage: &Stage) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut guards = Vec::new();
    for (name, changes) in by_table(&stage.changes) {
        match (stage.before.tables.get(&name), stage.after.tables.get(&name)) {
            (None, Some(table)) => steps.extend(creation(table, &stage.after.bystanders)),
            (Some(table), None) => {
                let hazards = risk::hazards(&changes, table, table, Dialect::Sqlite);
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
/// scripts, where SQLite would otherwise delete the children of a table that is rebuilt, or of a
/// dropped one whose children stay.
pub(super) fn transactions(start: &Schema, goal: &Schema, ways: Pair<&Vec<Step>>) -> Pair<Transaction> {
    let needs_script = |steps: &[Step], after: &Schema| {
        !rebuilt(steps).is_empty() || is_tangled(&dropped(steps)) || has_orphans(&dropped(steps), after)
    };
    if !needs_script(ways.from, goal) && !needs_script(ways.to, start) {
        return Pair::new(Transaction::Runner, Transaction::Runner);
    }
    let script = |steps: &[Step], before: &Schema, after: &Schema| {
        let touched = |schema| touched(schema, &rebuilt(steps), &dropped(steps));
        Transaction::Script(Pair::new(touched(before), touched(after)))
    };
    Pair::new(script(ways.from, start, goal), script(ways.to, goal, start))
}

/// Whether a table that stays points at one that goes.
fn has_orphans(dropped: &[&Table], after: &Schema) -> bool {
    let is_dropped = |name: &TableName| dropped.iter().any(|table| table.name == *name);
    after.tables.values().flat_map(|table| &table.foreign_keys).any(|key| is_dropped(&key.references))
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

/// Tables that are made anew, under all their names.
fn rebuilt(steps: &[Step]) -> BTreeSet<&TableName> {
    let mut tables = BTreeSet::new();
    for step in steps {
        if let Operation::RebuildTable(rebuild) = &step.operation {
            tables.insert(&rebuild.tables.to.name);
        }
    }
    // Renames run before rebuilds on the way up and after them on the way down: all names count.
    for step in steps {
        if let Operation::RenameTable(names) = &step.operation
            && (tables.contains(&names.from) || tables.contains(&names.to))
        {
            tables.extend([&names.from, &names.to]);
        }
    }
    tables
}

/// Whether tables, dropped in this order, point at one that is already gone, or at themselves in
/// a way that forbids to empty them. Children are dropped first wherever there is no cycle.
fn is_tangled(dropped: &[&Table]) -> bool {
    dropped.iter().enumerate().any(|(own, table)| {
        table.foreign_keys.iter().any(|key| {
            let restricts_itself = key.references == table.name && key.on_delete == Some(Action::Restrict);
            restricts_itself || dropped[..own].iter().any(|earlier| earlier.name == key.references)
        })
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

fn by_table(changes: &[Change]) -> BTreeMap<TableName, Vec<&Change>> {
    let mut tables: BTreeMap<TableName, Vec<&Change>> = BTreeMap::new();
    for change in changes {
        tables.entry(change.subject().table).or_default().push(change);
    }
    tables
}

/// A new table with its indexes, and the triggers that it had if it comes back.
fn creation(table: &Table, bystanders: &[Bystander]) -> Vec<Step> {
    let mut operations = vec![Operation::CreateTable(table.clone())];
    operations.extend(indexes(table));
    operations.extend(triggers(table, bystanders).into_iter().map(Operation::CreateTrigger));
    operations.into_iter().map(|operation| Step { operation, hazards: Vec::new() }).collect()
}

/// The triggers on a table, which go with it.
fn triggers(table: &Table, bystanders: &[Bystander]) -> Vec<Bystander> {
    let is_own = |bystander: &&Bystander| {
        bystander.kind == BystanderKind::Trigger && bystander.table.as_ref() == Some(&table.name)
    };
    bystanders.iter().filter(is_own).cloned().collect()
}

/// The indexes that stand beside a table's own statement.
fn indexes(table: &Table) -> impl Iterator<Item = Operation> {
    let uniques =
        table.separate_uniques().map(|unique| Operation::CreateUniqueIndex(table.name.clone(), unique.clone()));
    let indexes = table.indexes.iter().map(|index| Operation::CreateIndex(table.name.clone(), index.clone()));
    uniques.chain(indexes)
}

/// A table that is there before and after.
struct Altered<'a> {
    before: &'a Table,
    after: &'a Table,
    changes: &'a [&'a Change],
    stage: &'a Stage,
}

impl Altered<'_> {
    fn steps(&self, guards: &mut Vec<Guard>) -> Vec<Step> {
        guards.extend(self.rules());
        let mut hazards = risk::hazards(self.changes, self.before, self.after, Dialect::Sqlite);
        if alter::in_place(self.before, self.after, self.changes, self.stage.direction) {
            guards.extend(alike::guards(self.before, self.after, |column| match self.before.column(&column.name) {
                Some(_) => alike::Value::Same,
                None => {
                    let value = rebuild::value_of_new(column, self.after, self.stage.direction);
                    rebuild::held(&value, column, self.after)
                }
            }));
            let mut steps: Vec<Step> = Vec::new();
            for change in self.changes {
                let hazards = risk::hazards_of(change, self.changes, self.before, self.after, Dialect::Sqlite);
                steps.extend(self.in_place(change, hazards, guards));
            }
            return steps;
        }
        let names = rebuild::Names::new(&self.stage.before, &self.stage.after);
        let (rebuild, in_the_way) = rebuild::rebuild(self.before, self.after, &names, self.stage.direction);
        let rebuild = Rebuild { triggers: triggers(self.after, &self.stage.after.bystanders), ..rebuild };
        guards.extend(in_the_way);
        hazards.push(Hazard {
            kind: HazardKind::Rebuild,
            detail: format!("every row of {} is copied while nobody else can write", self.before.name),
            count: Some(format!("SELECT count(*) FROM {}", facts().quoted_table(&self.before.name))),
        });
        vec![Step { operation: Operation::RebuildTable(Box::new(rebuild)), hazards }]
    }

    /// The steps of one change that ALTER can make.
    fn in_place(&self, change: &Change, mut hazards: Vec<Hazard>, guards: &mut Vec<Guard>) -> Vec<Step> {
        let table = &self.before.name;
        let operations = match change {
            Change::AddColumn(_, column) => {
                let (foreign_keys, checks) = alter::rules_of(column, self.changes);
                // A strict table has words of its own for types, which the column alone can't know.
                let spelled = || Dialect::Sqlite.spelling(&column.data_type, &self.after.options);
                let sql_type = column.sql_type.clone().or_else(spelled);
                let mut operations = vec![Operation::AddColumn {
                    table: table.clone(),
                    column: Box::new(Column { sql_type, ..column.clone() }),
                    foreign_keys: foreign_keys.into_iter().cloned().collect(),
                    checks: checks.into_iter().cloned().collect(),
                }];
                let value = rebuild::value_of_new(column, self.after, self.stage.direction);
                match value {
                    NewValue::Expr(expr) => {
                        operations.push(Operation::Backfill { table: table.clone(), column: column.name.clone(), expr })
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
        operations.into_iter().map(|operation| Step { operation, hazards: std::mem::take(&mut hazards) }).collect()
    }

    /// Rows that new rules would forbid, as far as the old table's columns can tell.
    fn rules(&self) -> Vec<Guard> {
        let known = |columns: &mut dyn Iterator<Item = &String>| {
            let mut columns = columns.peekable();
            columns.peek().is_some() && columns.all(|column| self.is_unchanged(column))
        };
        let table = &self.before.name;
        let mut guards = Vec::new();
        for change in self.changes {
            match change {
                Change::AddUnique(_, unique) if !risk::holds_already(change, self.changes) => {
                    if known(&mut unique.columns.iter()) {
                        guards.push(guard::duplicates(table, &unique.columns, facts()));
                    }
                }
                Change::AddIndex(_, index) if index.unique => {
                    let columns = crate::diff::index_columns(index, Dialect::Sqlite);
                    if known(&mut columns.iter()) {
                        guards.push(guard::alike_in_index(table, index, facts()));
                    }
                }
                Change::AddCheck(_, check) if !risk::holds_already(change, self.changes) => {
                    let columns = crate::normalize::columns_in(Dialect::Sqlite, &check.expr);
                    if known(&mut columns.iter()) {
                        guards.push(guard::violations(table, check, facts()));
                    }
                }
                Change::AddForeignKey(_, key) if !risk::holds_already(change, self.changes) => {
                    let parent = self.stage.before.tables.get(&key.references);
                    let there = parent.is_some_and(|parent| {
                        !key.referenced_columns.is_empty()
                            && key.referenced_columns.iter().all(|column| parent.column(column).is_some())
                    });
                    if there && known(&mut key.columns.iter()) {
                        guards.push(guard::orphans(self.before, key, facts()));
                    }
                }
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
                | Change::CreateTable(_)
                | Change::DropTable(_)
                | Change::RenameTable(_)
                | Change::RenameColumn(..) => {}
            }
        }
        guards
    }

    fn is_unchanged(&self, column: &str) -> bool {
        match (self.before.column(column), self.after.column(column)) {
            (Some(before), Some(after)) => before.data_type == after.data_type,
            (Some(_) | None, None) | (None, Some(_)) => false,
        }
    }
}

fn facts() -> &'static Facts {
    Dialect::Sqlite.facts()
}
