//! Enumerated types: what can be done to one in place, and what takes a new one.
//!
//! PostgreSQL adds and renames values in place. It can't drop a value or reorder them, and a value can't be used in
//! the transaction that adds it. In these cases the type is set aside under another name and recreated, and the
//! columns are converted to the new type.

use std::collections::BTreeSet;

use crate::dialect::Dialect;
use crate::model::{Change, Column, Edit, EnumType, Pair, Rule, Schema, Table, TableName};
use crate::plan::{
    Commented, EnumOperation, Guard, Hazard, HazardKind, Operation, PostgresOperation, Stage, Step, ValuePlace, guard,
};
use crate::sql::NamedType;
use crate::sql::mentions_value;

use super::facts;

/// The types that are made anew in a stage.
pub(super) struct Swaps(BTreeSet<TableName>);

impl Swaps {
    pub(super) fn of(stage: &Stage) -> Self {
        let swapped = values(stage).filter(|(_, values)| swap(stage, values).is_some());
        Self(swapped.map(|(name, _)| name.clone()).collect())
    }

    /// Returns the types with their values.
    pub(super) fn values<'a>(&'a self, stage: &'a Stage) -> impl Iterator<Item = (&'a TableName, Pair<Vec<String>>)> {
        values(stage).filter(|(name, _)| self.0.contains(name))
    }

    /// Returns a column's type if it is one of these, or an array of one.
    pub(super) fn of_column(&self, column: &Column) -> Option<NamedType> {
        NamedType::of_column(column, Dialect::Postgres).filter(|named| self.0.contains(&named.name))
    }
}

/// Why a type is made anew.
enum Swap {
    /// A value goes, or the order is another.
    Values,
    /// What this same revision does uses this new value.
    Used(String),
}

/// Returns the types whose values, or whose order of values, change.
fn values(stage: &Stage) -> impl Iterator<Item = (&TableName, Pair<Vec<String>>)> {
    stage.changes.iter().filter_map(|change| {
        let Change::Enum(Edit::Alter(types)) = change else { return None };
        let values = types.names();
        values.differs().then_some((&types.from.name, values))
    })
}

fn swap(stage: &Stage, values: &Pair<Vec<String>>) -> Option<Swap> {
    let kept: Vec<&String> = values.to.iter().filter(|value| values.from.contains(value)).collect();
    if !kept.into_iter().eq(&values.from) {
        return Some(Swap::Values);
    }
    let mut new = values.to.iter().filter(|value| !values.from.contains(value));
    let texts: Vec<&str> = stage.changes.iter().flat_map(texts).collect();
    let is_used = |value: &&String| texts.iter().any(|text| mentions_value(Dialect::Postgres, text, value));
    new.find(is_used).map(|value| Swap::Used(value.clone()))
}

/// Checks whether a text mentions a value that a type gets only in this stage.
pub(super) fn names_new_value(stage: &Stage, text: &str) -> bool {
    values(stage).any(|(_, values)| {
        let mut new = values.to.iter().filter(|value| !values.from.contains(value));
        new.any(|value| mentions_value(Dialect::Postgres, text, value))
    })
}

/// Returns the SQL of a change that is run or parsed while its revision runs.
fn texts(change: &Change) -> Vec<&str> {
    match change {
        Change::Table(Edit::Add(table)) => of_table(table),
        Change::Column(_, Edit::Add(column)) => of_column(column),
        Change::Column(_, Edit::Alter(columns)) => of_column(&columns.to),
        Change::Rule(_, Edit::Add(rule)) => rule.expressions().into_iter().map(|expr| expr.sql.as_str()).collect(),
        // An altered rule exists already, and so does its expression.
        Change::Column(_, Edit::Drop(_))
        | Change::Rule(_, Edit::Drop(_) | Edit::Alter(_))
        | Change::Table(Edit::Drop(_) | Edit::Alter(_))
        | Change::Rename(_)
        | Change::Enum(_) => Vec::new(),
    }
}

fn of_column(column: &Column) -> Vec<&str> {
    let default = column.default.as_ref().map(|default| default.sql.as_str());
    let generated = column.generated.as_ref().map(|generated| generated.expr.sql.as_str());
    default.into_iter().chain(generated).chain(column.hints.backfill.as_deref()).collect()
}

fn of_table(table: &Table) -> Vec<&str> {
    let columns = table.columns.iter().flat_map(of_column);
    let rules = table.rules.iter().flat_map(Rule::expressions).map(|expr| expr.sql.as_str());
    columns.chain(rules).collect()
}

/// What is done to types before anything is done to tables, and what after all.
pub(super) struct Around {
    pub(super) before: Vec<Step>,
    pub(super) after: Vec<Step>,
    pub(super) guards: Vec<Guard>,
}

pub(super) fn around(stage: &Stage, swaps: &Swaps) -> Around {
    let mut around = Around { before: Vec::new(), after: Vec::new(), guards: Vec::new() };
    let plain =
        |operation| Step { operation: Operation::Postgres(PostgresOperation::Enum(operation)), hazards: Vec::new() };
    for change in &stage.changes {
        let Change::Enum(edit) = change else { continue };
        match edit {
            Edit::Add(found) => around.before.push(plain(EnumOperation::Create(found.clone()))),
            Edit::Drop(found) => around.after.push(plain(EnumOperation::Drop(found.name.clone()))),
            Edit::Alter(types) => {
                let name = &types.from.name;
                let values = types.names();
                if values.differs() {
                    around.values(stage, name, &values);
                }
                // A recreated type gets its comment when it is created.
                if types.from.comment != types.to.comment && !swaps.0.contains(name) {
                    let (of, comment) = (Commented::Enum(name.clone()), types.to.comment.clone());
                    around.before.push(Step {
                        operation: Operation::Postgres(PostgresOperation::SetComment { of, comment }),
                        hazards: Vec::new(),
                    });
                }
            }
        }
    }
    around
}

impl Around {
    fn values(&mut self, stage: &Stage, name: &TableName, values: &Pair<Vec<String>>) {
        let step =
            |operation, hazards| Step { operation: Operation::Postgres(PostgresOperation::Enum(operation)), hazards };
        let Some(swap) = swap(stage, values) else {
            self.before.extend(additions(name, values).into_iter().map(|addition| step(addition, Vec::new())));
            return;
        };
        let gone: Vec<&String> = values.from.iter().filter(|value| !values.to.contains(value)).collect();
        let mut hazards = Vec::new();
        if let Swap::Used(value) = swap {
            let detail = format!(
                "{name} is made anew, because a value can't be used in the transaction that adds it and this revision \
                 uses '{value}'; to avoid that, add it in a revision of its own"
            );
            hazards.push(Hazard { kind: HazardKind::TableRewrite, detail, count: None });
        }
        if !gone.is_empty() {
            let guards: Vec<Guard> = holders(stage, name, &gone);
            let shown = gone.iter().map(|value| format!("'{value}'")).collect::<Vec<_>>().join(", ");
            let detail = format!("{name} loses {shown}: rows that hold it stop the migration");
            let counts: Vec<String> = guards.iter().map(|guard| format!("({})", guard.count)).collect();
            let count = (!counts.is_empty()).then(|| format!("SELECT {}", counts.join(" + ")));
            hazards.push(Hazard { kind: HazardKind::DropEnumValue, detail, count });
            self.guards.extend(guards);
        }
        let aside = unlike_others(&stage.before, name);
        self.before.push(step(EnumOperation::SetAside(Pair::new(name.clone(), aside.clone())), hazards));
        let comment = stage.after.enums.get(name).and_then(|found| found.comment.clone());
        let made = EnumType { comment, ..EnumType::new(name.clone(), values.to.iter().cloned()) };
        self.before.push(step(EnumOperation::Create(made), Vec::new()));
        self.after.push(step(EnumOperation::Drop(aside), Vec::new()));
    }
}

/// Adds new values, each after the one that finally precedes it.
fn additions(name: &TableName, values: &Pair<Vec<String>>) -> Vec<EnumOperation> {
    let mut there = values.from.clone();
    let mut additions = Vec::new();
    for (at, value) in values.to.iter().enumerate() {
        if there.contains(value) {
            continue;
        }
        let place = match at.checked_sub(1).map(|before| &values.to[before]) {
            // Stated even for the last value, so that a value added by somebody else meanwhile doesn't matter.
            Some(before) => ValuePlace::After(before.clone()),
            None => there.first().map_or(ValuePlace::Last, |first| ValuePlace::Before(first.clone())),
        };
        there.insert(at, value.clone());
        additions.push(EnumOperation::AddValue { name: name.clone(), value: value.clone(), place });
    }
    additions
}

/// Returns the guards against rows with dropped values, in columns that keep the type.
fn holders(stage: &Stage, name: &TableName, gone: &[&String]) -> Vec<Guard> {
    let named = |column: &Column| NamedType::of_column(column, Dialect::Postgres).filter(|named| named.name == *name);
    let mut guards = Vec::new();
    for table in stage.before.tables.values() {
        let Some(after) = stage.after.tables.get(&table.name) else { continue };
        for column in &table.columns {
            // Computed values are computed again.
            let stays = after.column(&column.name).filter(|later| later.generated.is_none()).and_then(named).is_some();
            if let Some(named) = named(column).filter(|_| stays) {
                guards.push(guard::holding(&table.name, &column.name, gone, named.is_array, facts()));
            }
        }
    }
    guards
}

/// Returns the guard against rows whose text isn't a value of the type that their column gets.
pub(super) fn strangers(stage: &Stage, table: &TableName, columns: &Pair<Column>) -> Option<Guard> {
    let named = NamedType::of_column(&columns.to, Dialect::Postgres).filter(|named| !named.is_array)?;
    let found = stage.after.enums.get(&named.name).filter(|found| !found.values.is_empty())?;
    Some(guard::strange(table, &columns.from.name, &found.names(), &named.words(), facts()))
}

/// Returns a name that no table, index or type has.
fn unlike_others(schema: &Schema, name: &TableName) -> TableName {
    let is_taken = |wanted: &TableName| {
        let tables = schema.tables.values();
        let mut indexes = tables.flat_map(|table| table.index_names());
        schema.enums.contains_key(wanted)
            || schema.tables.contains_key(wanted)
            || indexes.any(|name| name == wanted.name)
    };
    let within = |text: String| (text.len() <= facts().max_identifier).then_some(text);
    let readable = within(format!("autogen_old_{}", name.name)).into_iter();
    let numbered = (1..).map(|number| format!("autogen_old_{number}"));
    let candidates = readable.chain(numbered).map(|text| TableName { schema: name.schema.clone(), name: text });
    candidates.into_iter().find(|candidate| !is_taken(candidate)).unwrap_or_else(|| name.clone())
}

/// Returns a column's value converted to the type that replaces the old one.
pub(super) fn converted(column: &Column, named: &NamedType, fill: Option<&String>) -> String {
    let array = if named.is_array { "[]" } else { "" };
    let text = format!("{}::text{array}", facts().quoted(&column.name));
    let text = fill.map_or_else(|| text.clone(), |fill| format!("coalesce({text}, ({fill})::text{array})"));
    format!("{text}::{}", named.words())
}
