//! Steps for SQLite, which alters little in place. What ALTER can't do is a rebuild, one per table however many
//! changes ask for it.

mod alter;
mod convert;
mod known;
mod order;
mod rebuild;

use std::collections::BTreeSet;

use crate::dialect::{Dialect, Facts};
use crate::model::{Action, Bystander, BystanderKind, Change, Column, Edit, Pair, Schema, Table, TableName};

use crate::sql::names_in;

use super::tables::{by_table, creation, triggers};
use super::value::{NewValue, held, value_of_new};
use super::{
    FilledRows, Guard, Hazard, HazardKind, Operation, Rebuild, SqliteOperation, Stage, Step, Transaction, Users, alike,
    guard, referrers, renamed, risk,
};

pub(super) use convert::{fit, neutral};

/// Returns the steps of one stage, in order.
pub(super) fn steps(stage: &Stage) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut guards = Vec::new();
    for (name, changes) in by_table(&stage.changes, |change| change) {
        match (stage.before.tables.get(&name), stage.after.tables.get(&name)) {
            (None, Some(table)) => {
                let operations = creation(table, &stage.after.bystanders, |table, rule| {
                    SqliteOperation::CreateIndex(table, rule).into()
                })
                .into_iter();
                steps.extend(operations.map(|operation| Step { operation, hazards: Vec::new() }));
            }
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
    let referrers =
        referrers::expected(stage, Dialect::Sqlite).map(|known| SqliteOperation::ExpectReferrers(known).into());
    let expected = known::expected(&steps, stage).into_iter().chain(referrers);
    let looks = expected.chain(guards.into_iter().map(Operation::Guard));
    let looks = looks.map(|operation| Step { operation, hazards: Vec::new() });
    let users = users(&steps, &stage.before);
    let users = users.map(|operation| Step { operation, hazards: Vec::new() });
    looks.chain(order::ordered(steps)).chain(users).collect()
}

/// Returns the operation that finds views and triggers which use what is dropped, or `None` where nothing does. The
/// proof has seen what becomes of those that the plan knows.
fn users(steps: &[Step], before: &Schema) -> Option<Operation> {
    let losing = losing(steps);
    let dropped: Vec<TableName> = dropped(steps).into_iter().map(|table| table.name.clone()).collect();
    let names_one = |user: &&Bystander| {
        let is_view = user.kind == BystanderKind::View;
        let tables = if is_view { &losing } else { &dropped };
        let names = names_in(Dialect::Sqlite, &user.sql);
        let is_named =
            |table: &TableName| names.as_ref().is_none_or(|names| names.contains(&table.name.to_lowercase()));
        // A dropped table's own triggers are dropped with it.
        let stays = user.table.as_ref().is_none_or(|table| !dropped.contains(table));
        (is_view || user.kind == BystanderKind::Trigger) && stays && tables.iter().any(is_named)
    };
    let known = before.bystanders.iter().filter(names_one).map(|user| user.name.clone()).collect();
    (!losing.is_empty()).then_some(SqliteOperation::ExpectUsers(Users { losing, dropped, known }).into())
}

/// Returns the tables that are dropped, or rebuilt without some of their columns. Where a column is dropped in place,
/// SQLite itself makes sure that views stay readable.
fn losing(steps: &[Step]) -> Vec<TableName> {
    let mut tables: Vec<TableName> = dropped(steps).into_iter().map(|table| table.name.clone()).collect();
    for step in steps {
        if let Operation::Sqlite(SqliteOperation::RebuildTable(rebuild)) = &step.operation {
            let Pair { from, to } = &rebuild.tables;
            if from.columns.iter().any(|column| to.column(&column.name).is_none()) {
                tables.push(to.name.clone());
            }
        }
    }
    tables
}

/// Returns who opens the transactions of the up migration (from `start`) and the down migration (from `goal`). The
/// scripts do where SQLite would otherwise delete the children of a rebuilt table, or of a dropped table whose
/// children stay.
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

/// Checks whether a remaining table references a dropped one.
fn has_orphans(dropped: &[&Table], after: &Schema) -> bool {
    let is_dropped = |name: &TableName| dropped.iter().any(|table| table.name == *name);
    after.tables.values().flat_map(|table| table.rules.foreign_keys()).any(|key| is_dropped(&key.references))
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

/// Returns the tables that are rebuilt, with all their names.
fn rebuilt(steps: &[Step]) -> BTreeSet<&TableName> {
    let mut tables = BTreeSet::new();
    for step in steps {
        if let Operation::Sqlite(SqliteOperation::RebuildTable(rebuild)) = &step.operation {
            tables.insert(&rebuild.tables.to.name);
        }
    }
    // Renames run before rebuilds in the up migration and after them in the down migration, so all names count.
    for step in steps {
        if let Operation::RenameTable(names) = &step.operation
            && (tables.contains(&names.from) || tables.contains(&names.to))
        {
            tables.extend([&names.from, &names.to]);
        }
    }
    tables
}

/// Checks whether tables, dropped in this order, reference one that is already dropped, or themselves in a way that
/// forbids to empty them. Children are dropped first wherever there is no cycle.
fn is_tangled(dropped: &[&Table]) -> bool {
    dropped.iter().enumerate().any(|(own, table)| {
        table.rules.foreign_keys().any(|key| {
            let restricts_itself = key.references == table.name && key.on_delete == Some(Action::Restrict);
            restricts_itself || dropped[..own].iter().any(|earlier| earlier.name == key.references)
        })
    })
}

/// Returns the tables whose rows could come to reference nothing: rebuilt ones, their children, and those that
/// reference a dropped table.
fn touched(schema: &Schema, rebuilt: &BTreeSet<&TableName>, dropped: &[&Table]) -> Vec<TableName> {
    let is_dropped = |name: &TableName| dropped.iter().any(|table| table.name == *name);
    let is_touched = |table: &&Table| {
        let points =
            table.rules.foreign_keys().any(|key| rebuilt.contains(&key.references) || is_dropped(&key.references));
        table.rules.foreign_keys().next().is_some()
            && !is_dropped(&table.name)
            && (rebuilt.contains(&table.name) || points)
    };
    schema.tables.values().filter(is_touched).map(|table| table.name.clone()).collect()
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
        guards.extend(risk::guards(self.changes, &self.stage.before, self.before, self.after, Dialect::Sqlite));
        let mut hazards = risk::hazards(self.changes, self.before, self.after, Dialect::Sqlite);
        if alter::in_place(self.before, self.after, self.changes, self.stage.direction) {
            let value = |column: &Column| match self.before.column(&column.name) {
                Some(_) => alike::Value::Same,
                None => {
                    let value = value_of_new(column, self.after, self.stage.direction, Dialect::Sqlite);
                    held(&value, column, self.after, Dialect::Sqlite)
                }
            };
            guards.extend(alike::guards(self.before, self.after, Dialect::Sqlite, value));
            let mut steps: Vec<Step> = Vec::new();
            for change in self.changes {
                let hazards = risk::hazards_of(change, self.before, self.after, Dialect::Sqlite);
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
        vec![Step { operation: Operation::Sqlite(SqliteOperation::RebuildTable(Box::new(rebuild))), hazards }]
    }

    /// Returns the steps of one change that ALTER can make.
    fn in_place(&self, change: &Change, mut hazards: Vec<Hazard>, guards: &mut Vec<Guard>) -> Vec<Step> {
        let table = &self.before.name;
        let operations = match change {
            Change::Column(_, Edit::Add(column)) => {
                guards.extend(convert::backfilled(self.before, column, self.after));
                let (foreign_keys, checks) = alter::rules_of(column, self.changes);
                // A strict table has words of its own for types, which the column alone can't know.
                let spelled = || Dialect::Sqlite.spelling(&column.data_type, &self.after.options);
                let sql_type = column.sql_type.clone().or_else(spelled);
                let mut operations = vec![Operation::Sqlite(SqliteOperation::AddColumn {
                    table: table.clone(),
                    column: Box::new(Column { sql_type, ..column.clone() }),
                    foreign_keys: foreign_keys.into_iter().cloned().collect(),
                    checks: checks.into_iter().cloned().collect(),
                })];
                match value_of_new(column, self.after, self.stage.direction, Dialect::Sqlite) {
                    NewValue::Expr(expr) => {
                        let (table, values) = (table.clone(), vec![(column.name.clone(), expr)]);
                        operations.push(Operation::Backfill { table, values, rows: FilledRows::All });
                    }
                    NewValue::Omitted => {}
                    NewValue::Nobody => guards.push(guard::rows(table, &column.name, facts())),
                }
                operations
            }
            Change::Column(_, Edit::Alter(columns)) => {
                let column = facts().quoted(&columns.to.name);
                let fill = |expr| Operation::Backfill {
                    table: table.clone(),
                    values: vec![(columns.to.name.clone(), expr)],
                    rows: FilledRows::Where(renamed::holders(&column, columns, Dialect::Sqlite)),
                };
                renamed::expr(&column, columns, Dialect::Sqlite).map(fill).into_iter().collect()
            }
            Change::Column(_, Edit::Drop(column)) => {
                vec![Operation::Sqlite(SqliteOperation::DropColumn(table.clone(), column.clone()))]
            }
            Change::Rule(_, Edit::Add(rule)) if rule.is_index() => {
                vec![Operation::Sqlite(SqliteOperation::CreateIndex(table.clone(), rule.clone()))]
            }
            Change::Rule(_, Edit::Drop(rule)) if rule.is_index() => {
                vec![Operation::Sqlite(SqliteOperation::DropIndex(table.clone(), rule.clone()))]
            }
            // These are added and dropped inside their column's definition, or they need a rebuild.
            Change::Rename(_) | Change::Table(_) | Change::Rule(..) | Change::Enum(_) => Vec::new(),
        };
        operations.into_iter().map(|operation| Step { operation, hazards: std::mem::take(&mut hazards) }).collect()
    }
}

fn facts() -> &'static Facts {
    Dialect::Sqlite.facts()
}
