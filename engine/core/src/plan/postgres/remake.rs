//! What has to make way for a change and is restored after it, although nobody asked to change it.

use std::collections::BTreeSet;

use crate::dialect::Dialect;
use crate::model::{Change, Column, Edit, Expr, ForeignKey, Pair, Rule, Table, TableName};
use crate::plan::{Direction, Hazard, Stage, risk};
use crate::sql::{columns_in, rule_columns};

use super::alter::changes_type;
use super::enums::Swaps;
use super::retyped::Retyped;
use super::whole::same_set;

/// A change to plan.
pub(super) struct Planned {
    /// The change.
    pub(super) change: Change,
    /// What it puts at risk.
    pub(super) hazards: Vec<Hazard>,
    /// Whether it only makes way for another change, or puts back what made way.
    pub(super) is_restored: bool,
}

/// Returns the changes of a stage, with everything that has to make way for them.
pub(super) fn planned(stage: &Stage, swaps: &Swaps) -> Vec<Planned> {
    let mut way = Way { stage, swaps, planned: Vec::new(), altered: BTreeSet::new(), remade: BTreeSet::new() };
    way.asked();
    way.columns_of_swapped_types();
    way.generated_columns();
    way.rules_on_columns();
    way.foreign_keys();
    way.planned
}

type ColumnName = (TableName, String);

struct Way<'a> {
    stage: &'a Stage,
    swaps: &'a Swaps,
    planned: Vec<Planned>,
    /// Columns whose type changes.
    altered: BTreeSet<ColumnName>,
    /// Columns that are dropped and added again.
    remade: BTreeSet<ColumnName>,
}

impl<'a> Way<'a> {
    /// Adds the requested changes. A column whose expression changes is recreated, because PostgreSQL before version
    /// 17 can't alter the expression.
    fn asked(&mut self) {
        for change in &self.stage.changes {
            let table = change.subject().table;
            let tables = (self.stage.before.tables.get(&table), self.stage.after.tables.get(&table));
            let hazards = match tables {
                (Some(before), Some(after)) => risk::hazards_of(change, before, after, Dialect::Postgres),
                (Some(_) | None, None) | (None, Some(_)) => Vec::new(),
            };
            let mut planned = vec![(change.clone(), hazards)];
            if let Change::Column(_, Edit::Alter(columns)) = change {
                if computes_anew(columns) || forgets(columns, self.stage.direction) {
                    self.remade.insert((table.clone(), columns.to.name.clone()));
                    let (_, hazards) = planned.remove(0);
                    planned.push((Change::Column(table.clone(), Edit::Drop(columns.from.clone())), hazards));
                    planned.push((Change::Column(table, Edit::Add(columns.to.clone())), Vec::new()));
                } else if changes_type(columns) || self.swaps.of_column(&columns.to).is_some() {
                    self.altered.insert((table, columns.to.name.clone()));
                }
            }
            let planned = planned.into_iter();
            self.planned.extend(planned.map(|(change, hazards)| Planned { change, hazards, is_restored: false }));
        }
    }

    /// Moves columns over to the type that replaces their own.
    fn columns_of_swapped_types(&mut self) {
        for (before, after) in self.tables() {
            for column in before.columns.iter().filter(|column| self.swaps.of_column(column).is_some()) {
                let name = (before.name.clone(), column.name.clone());
                let Some(later) = after.column(&column.name) else { continue };
                if self.swaps.of_column(later).is_none() || self.remade.contains(&name) {
                    continue;
                }
                if later.generated.is_some() {
                    self.remade.insert(name);
                    self.restore_column(before, column, later);
                } else if self.altered.insert(name) {
                    let columns = Pair::new(column.clone(), column.clone());
                    self.push_restored(Change::Column(before.name.clone(), Edit::Alter(Box::new(columns))));
                }
            }
        }
    }

    /// Recreates generated columns whose source columns change type. PostgreSQL refuses to change the type of a
    /// column while a generated column reads it.
    fn generated_columns(&mut self) {
        for (before, after) in self.tables() {
            for column in &before.columns {
                let name = (before.name.clone(), column.name.clone());
                let (Some(generated), Some(later)) = (&column.generated, after.column(&column.name)) else { continue };
                let reads = columns_in(Dialect::Postgres, &generated.expr);
                let stands_on_altered =
                    reads.into_iter().any(|read| self.altered.contains(&(before.name.clone(), read)));
                if later.generated.is_some() && stands_on_altered && self.remade.insert(name) {
                    self.restore_column(before, column, later);
                }
            }
        }
    }

    /// Recreates the keys, indexes and checks of columns that are recreated or change type. They are dropped together
    /// with their column. Expressions contain the exact type that a column had, and the casts that made it
    /// comparable.
    fn rules_on_columns(&mut self) {
        for (before, after) in self.tables() {
            let remade: BTreeSet<String> = self
                .remade
                .iter()
                .filter(|(table, _)| *table == before.name)
                .map(|(_, column)| column.clone())
                .collect();
            let is_swapped = |column: &String| {
                let stays = after.column(column).is_some_and(|later| self.swaps.of_column(later).is_some());
                stays && before.column(column).is_some_and(|own| self.swaps.of_column(own).is_some())
            };
            let swapped: BTreeSet<String> =
                before.columns.iter().map(|column| column.name.clone()).filter(is_swapped).collect();
            let retyped =
                Retyped::of(before, after, |column| self.altered.contains(&(before.name.clone(), column.name.clone())));
            if remade.is_empty() && swapped.is_empty() && retyped.is_empty() {
                continue;
            }
            let is_read = |expr: &Expr| {
                let columns = columns_in(Dialect::Postgres, expr);
                let is_touched = |column| remade.contains(column) || swapped.contains(column);
                columns.iter().any(is_touched) || retyped.changes(expr, &columns)
            };
            let is_touched = |columns: &[String]| columns.iter().any(|column| remade.contains(column));
            if let Some(key) = before.primary_key.as_ref().filter(|key| is_touched(&key.columns))
                && before.primary_key == after.primary_key
            {
                self.restore(before, key.clone());
            }
            // Foreign keys are looked at together with the keys that they point at.
            let own = before.rules.iter().filter(|rule| !matches!(rule, Rule::ForeignKey(_)));
            for rule in own.filter(|rule| after.rules.contains(*rule)) {
                let columns: Vec<_> = rule_columns(rule, Dialect::Postgres).into_iter().collect();
                if is_touched(&columns) || rule.expressions().into_iter().any(is_read) {
                    self.restore(before, rule.clone());
                }
            }
        }
    }

    /// Recreates foreign keys whose columns or whose referenced key change. A foreign key depends on the key that it
    /// references, and needs types that can be compared, also between two statements that change both ends.
    fn foreign_keys(&mut self) {
        let gone = self.gone_keys();
        for (before, after) in self.tables() {
            for key in before.rules.foreign_keys().filter(|key| after.rules.contains(*key)) {
                if !self.stage.after.tables.contains_key(&key.references) {
                    continue;
                }
                let touched = |set: &BTreeSet<ColumnName>, table: &TableName, columns: &[String]| {
                    columns.iter().any(|column| set.contains(&(table.clone(), column.clone())))
                };
                let referenced = self.referenced(key);
                let loses_key =
                    gone.iter().any(|(table, columns)| *table == key.references && same_set(columns, &referenced));
                let both_ends = touched(&self.altered, &before.name, &key.columns)
                    && touched(&self.altered, &key.references, &referenced);
                let loses_column = touched(&self.remade, &before.name, &key.columns)
                    || touched(&self.remade, &key.references, &referenced);
                if loses_key || both_ends || loses_column {
                    self.restore(before, key.clone());
                }
            }
        }
    }

    /// Returns the keys that foreign keys could depend on and that are dropped, if only for a while.
    fn gone_keys(&self) -> Vec<(TableName, Vec<String>)> {
        let gone = |planned: &Planned| {
            let Change::Rule(table, edit) = &planned.change else { return None };
            let columns = edit.sides().from?.unique_columns()?;
            Some((table.clone(), columns.into_iter().cloned().collect()))
        };
        self.planned.iter().filter_map(gone).collect()
    }

    /// Returns the columns that a foreign key references, which are those of the primary key where it names none.
    fn referenced(&self, key: &ForeignKey) -> Vec<String> {
        if !key.referenced_columns.is_empty() {
            return key.referenced_columns.clone();
        }
        let parent = self.stage.before.tables.get(&key.references);
        let primary = parent.and_then(|parent| parent.primary_key.as_ref());
        primary.map(|primary| primary.columns.clone()).unwrap_or_default()
    }

    /// Returns the tables that exist before and after.
    fn tables(&self) -> impl Iterator<Item = (&'a Table, &'a Table)> + use<'a> {
        let stage = self.stage;
        let both = |before: &'a Table| stage.after.tables.get(&before.name).map(|after| (before, after));
        stage.before.tables.values().filter_map(both)
    }

    fn restore(&mut self, table: &Table, rule: impl Into<Rule>) {
        let rule = rule.into();
        self.push_restored(Change::Rule(table.name.clone(), Edit::Drop(rule.clone())));
        self.push_restored(Change::Rule(table.name.clone(), Edit::Add(rule)));
    }

    fn restore_column(&mut self, table: &Table, column: &Column, later: &Column) {
        self.push_restored(Change::Column(table.name.clone(), Edit::Drop(column.clone())));
        self.push_restored(Change::Column(table.name.clone(), Edit::Add(later.clone())));
    }

    fn push_restored(&mut self, change: Change) {
        self.planned.push(Planned { change, hazards: Vec::new(), is_restored: true });
    }
}

/// Checks whether a column's computed values needn't be converted. That is so in a down migration to a plain column
/// of another type, whose values are lost.
fn forgets(columns: &Pair<Column>, direction: Direction) -> bool {
    let becomes_plain = columns.from.generated.is_some() && columns.to.generated.is_none();
    direction == Direction::Down && becomes_plain && changes_type(columns)
}

/// Checks whether a column becomes computed, or is computed in another way.
fn computes_anew(columns: &Pair<Column>) -> bool {
    match (&columns.from.generated, &columns.to.generated) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(from), Some(to)) => from.stored != to.stored || from.expr.sql != to.expr.sql || changes_type(columns),
    }
}
