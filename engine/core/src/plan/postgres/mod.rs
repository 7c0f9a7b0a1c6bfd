//! Steps for PostgreSQL, which alters everything in place.
//!
//! What can't change while something depends on it (a key under foreign keys, a column under a generated one) is
//! freed first and restored afterwards; [`remake`] finds these.

mod alter;
mod convert;
mod enums;
mod heirs;
mod held;
mod known;
mod numbers;
mod order;
mod remake;
mod retyped;
mod rewrite;
mod text;
mod whole;

use crate::dialect::{Dialect, Facts};
use crate::model::{Change, Column, Edit, Pair, Rule, Schema, Table};

use super::tables::by_table;
use super::value::{NewValue, held, value_of_new};
use super::{
    Alteration, ColumnAction, Commented, FilledRows, Guard, Hazard, Operation, PostgresOperation, Stage, Step,
    Transaction, alike, guard, risk,
};
use remake::Planned;

pub(super) use convert::{fit, ignores_case, neutral};
pub(super) use heirs::left_to_parents;
pub(super) use rewrite::written_anew;

/// Returns the steps of one stage, in order.
pub(super) fn steps(stage: &Stage) -> Vec<Step> {
    let swaps = enums::Swaps::of(stage);
    let planned = remake::planned(stage, &swaps);
    let looks = known::expected(&planned, stage, &swaps);
    let types = enums::around(stage, &swaps);
    let mut guards = types.guards;
    let mut late = Vec::new();
    let mut steps = whole::creations(stage);
    for (name, changes) in by_table(&planned, |planned| &planned.change) {
        if let (Some(before), Some(after)) = (stage.before.tables.get(&name), stage.after.tables.get(&name)) {
            let mut own = Vec::new();
            steps.extend(Altered { before, after, changes: &changes, stage, swaps: &swaps }.steps(&mut own));
            let (later, now): (Vec<_>, Vec<_>) =
                own.into_iter().partition(|guard| enums::names_new_value(stage, &guard.count));
            guards.extend(now);
            late.extend(later.into_iter().map(|guard| (name.clone(), guard)));
        }
    }
    steps.extend(whole::partition_parts(stage));
    steps.extend(whole::drops(stage));
    let mut steps = order::ordered(left_to_parents(steps, stage), stage);
    for (table, guard) in late {
        // The type has the value only after it is recreated and the columns are converted to it.
        if let Some(at) = steps.iter().position(|step| adds_rule(&step.operation, &table)) {
            steps.insert(at, Step { operation: Operation::Guard(guard), hazards: Vec::new() });
        }
    }
    let guards = looks.into_iter().chain(guards.into_iter().map(Operation::Guard));
    let guards = guards.map(|operation| Step { operation, hazards: Vec::new() });
    // A type is created before its first column, and dropped after its last.
    let steps = guards.chain(types.before).chain(steps).chain(types.after);
    let (new, gone) = (whole::schemas(&stage.before, &stage.after), whole::schemas(&stage.after, &stage.before));
    let step = |own: PostgresOperation| Step { operation: own.into(), hazards: Vec::new() };
    let creations = new.into_iter().map(|schema| step(PostgresOperation::CreateSchema(schema)));
    let drops = gone.into_iter().map(|schema| step(PostgresOperation::DropSchema(schema)));
    creations.chain(steps).chain(drops).collect()
}

/// Checks whether a step makes a table's rows obey a new rule.
fn adds_rule(operation: &Operation, table: &crate::model::TableName) -> bool {
    matches!(operation, Operation::Postgres(PostgresOperation::AddRule(of, _)) if of == table)
}

/// Returns who opens the transactions: the runner, because no step here has to run outside one.
pub(super) fn transactions(_start: &Schema, _goal: &Schema, _ways: Pair<&Vec<Step>>) -> Pair<Transaction> {
    Pair::new(Transaction::Runner, Transaction::Runner)
}

/// A table that is there before and after.
struct Altered<'a> {
    before: &'a Table,
    after: &'a Table,
    changes: &'a [&'a Planned],
    stage: &'a Stage,
    swaps: &'a enums::Swaps,
}

/// What one change comes to: operations of its own, and its part of the table's one alteration.
#[derive(Default)]
struct Parts {
    operations: Vec<Operation>,
    actions: Vec<ColumnAction>,
    guards: Vec<Guard>,
}

impl Altered<'_> {
    fn steps(&self, guards: &mut Vec<Guard>) -> Vec<Step> {
        let asked: Vec<&Change> =
            self.changes.iter().filter(|planned| !planned.is_restored).map(|planned| &planned.change).collect();
        guards.extend(risk::guards(&asked, &self.stage.before, self.before, self.after, Dialect::Postgres));

        let mut steps = Vec::new();
        let mut actions = Vec::new();
        let mut hazards_of_actions: Vec<Hazard> = Vec::new();
        for planned in self.changes {
            let parts = self.parts(&planned.change);
            guards.extend(parts.guards);
            let mut hazards = planned.hazards.clone();
            if !parts.actions.is_empty() {
                hazards_of_actions.append(&mut hazards);
                actions.extend(parts.actions);
            }
            let with_hazards = |operation| Step { operation, hazards: std::mem::take(&mut hazards) };
            steps.extend(parts.operations.into_iter().map(with_hazards));
        }
        // Only values that can be converted at all can be compared.
        guards.extend(alike::guards(self.before, self.after, Dialect::Postgres, |column| self.value(column)));
        if !actions.is_empty() {
            let operation = Operation::Postgres(PostgresOperation::AlterColumns(self.before.name.clone(), actions));
            steps.push(Step { operation, hazards: hazards_of_actions });
        }
        rewrite::add_hazard(self.before, &mut steps);
        steps
    }

    fn parts(&self, change: &Change) -> Parts {
        let table = &self.before.name;
        let own = |operations| Parts { operations, ..Parts::default() };
        match change {
            Change::Column(_, Edit::Add(column)) => self.added(column),
            Change::Column(_, Edit::Drop(column)) => {
                own(vec![PostgresOperation::DropColumn(table.clone(), column.clone()).into()])
            }
            Change::Column(_, Edit::Alter(columns)) => alter::altered(self.stage, self.swaps, self.before, columns),
            Change::Rule(_, Edit::Add(rule)) => {
                own(vec![PostgresOperation::AddRule(table.clone(), rule.clone()).into()])
            }
            Change::Rule(_, Edit::Drop(rule)) => {
                own(vec![PostgresOperation::DropRule(table.clone(), rule.clone()).into()])
            }
            Change::Rule(_, Edit::Alter(rules)) if matches!(rules.to, Rule::PrimaryKey(_)) => own(vec![
                PostgresOperation::DropRule(table.clone(), rules.from.clone()).into(),
                PostgresOperation::AddRule(table.clone(), rules.to.clone()).into(),
            ]),
            Change::Rule(_, Edit::Alter(rules)) => {
                own(vec![PostgresOperation::AlterRule(table.clone(), rules.clone()).into()])
            }
            Change::Table(Edit::Alter(tables)) => own(self.itself(tables)),
            // Whole tables and types are planned together, renames before everything else.
            Change::Rename(_) | Change::Table(Edit::Add(_) | Edit::Drop(_)) | Change::Enum(_) => Parts::default(),
        }
    }

    /// Returns the operations on the table itself: whether its rows are logged, and its comment.
    fn itself(&self, tables: &Pair<Table>) -> Vec<Operation> {
        let Pair { from, to } = tables;
        let mut operations = Vec::new();
        if from.options.unlogged != to.options.unlogged {
            let keys = self.after.rules.foreign_keys();
            let others = keys.map(|key| &key.references).filter(|name| **name != self.after.name);
            operations.push(Operation::Postgres(PostgresOperation::SetLogged {
                table: self.before.name.clone(),
                logged: !to.options.unlogged,
                parents: others.cloned().collect(),
            }));
        }
        if from.comment != to.comment {
            let of = Commented::Table(self.before.name.clone());
            operations.push(Operation::Postgres(PostgresOperation::SetComment { of, comment: to.comment.clone() }));
        }
        operations
    }

    /// Returns what existing rows will hold in a column.
    fn value(&self, column: &Column) -> alike::Value {
        let Some(before) = self.before.column(&column.name) else {
            let value = value_of_new(column, self.after, self.stage.direction, Dialect::Postgres);
            return held(&value, column, self.after, Dialect::Postgres);
        };
        let columns = Pair::new(before.clone(), column.clone());
        match alter::written(self.before, &columns).expr {
            Some(expr) => alike::Value::Expr(expr),
            None => convert::assigned(&columns).map_or(alike::Value::Same, alike::Value::Assigned),
        }
    }

    fn added(&self, column: &Column) -> Parts {
        let table = &self.before.name;
        let mut parts = Parts::default();
        let mut new = column.clone();
        match value_of_new(column, self.after, self.stage.direction, Dialect::Postgres) {
            NewValue::Omitted => {}
            NewValue::Nobody => parts.guards.push(guard::rows(table, &column.name, facts())),
            NewValue::Expr(expr) => {
                let (table, name) = (table.clone(), column.name.clone());
                let values = vec![(name.clone(), expr)];
                parts.operations.push(Operation::Backfill { table, values, rows: FilledRows::All });
                // Existing rows have no value until they are filled.
                if !column.nullable && column.default.is_none() && !column.auto_increment {
                    new.nullable = true;
                    parts.actions.push(ColumnAction { column: name, alteration: Alteration::SetNotNull });
                }
            }
        }
        let add = PostgresOperation::AddColumn(table.clone(), Box::new(new)).into();
        parts.operations.insert(0, add);
        parts
    }
}

fn facts() -> &'static Facts {
    Dialect::Postgres.facts()
}
