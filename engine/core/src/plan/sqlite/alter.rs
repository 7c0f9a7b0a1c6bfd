//! What SQLite's ALTER TABLE can do without rebuilding the table.
//!
//! ADD COLUMN takes a nullable column or one with a literal default, together with rules written inside the column.
//! DROP COLUMN takes a column that no key, no constraint of the table and no other column uses.

use std::collections::BTreeSet;

use crate::dialect::Dialect;
use crate::diff::same;
use crate::model::{Change, Check, Column, Edit, ForeignKey, Rule, Table, UniqueForm};
use crate::plan::Direction;
use crate::plan::value::{NewValue, value_of_new};
use crate::sql::columns_in;

/// Checks whether every change to the table can be made in place.
pub(super) fn in_place(before: &Table, after: &Table, changes: &[&Change], direction: Direction) -> bool {
    let within = Within { before, after, changes, direction };
    changes.iter().all(|change| within.one(change))
}

struct Within<'a> {
    before: &'a Table,
    after: &'a Table,
    changes: &'a [&'a Change],
    direction: Direction,
}

impl Within<'_> {
    fn one(&self, change: &Change) -> bool {
        match change {
            Change::Column(_, Edit::Add(column)) => self.can_add(column),
            Change::Column(_, Edit::Drop(column)) => self.can_drop(column),
            Change::Rule(_, Edit::Add(Rule::ForeignKey(key))) => key.inline && self.is_added(&key.columns[0]),
            Change::Rule(_, Edit::Drop(Rule::ForeignKey(key))) => key.inline && self.is_dropped(&key.columns[0]),
            Change::Rule(_, Edit::Add(Rule::Check(check))) => belongs(check).is_some_and(|own| self.is_added(&own)),
            Change::Rule(_, Edit::Drop(Rule::Check(check))) => belongs(check).is_some_and(|own| self.is_dropped(&own)),
            Change::Rule(_, Edit::Add(rule) | Edit::Drop(rule)) => rule.is_index(),
            Change::Rule(_, Edit::Alter(_)) | Change::Table(Edit::Alter(_)) => false,
            // Renamed values are written by an UPDATE.
            Change::Column(_, Edit::Alter(columns)) => same(&columns.from, &columns.to),
            // Whole tables are planned apart, renames before everything else; SQLite has no enumerated types.
            Change::Table(Edit::Add(_) | Edit::Drop(_)) | Change::Rename(_) | Change::Enum(_) => true,
        }
    }

    fn can_add(&self, column: &Column) -> bool {
        let literal = column.default.as_ref().map(|default| Dialect::Sqlite.is_literal(&default.sql));
        let is_key = self.after.primary_key.as_ref().is_some_and(|key| key.columns.contains(&column.name));
        let references = self.after.rules.foreign_keys().any(|key| key.columns.contains(&column.name));
        !is_key
            && !column.auto_increment
            && literal != Some(false)
            && column.generated.as_ref().is_none_or(|generated| !generated.stored)
            // With foreign keys on, SQLite refuses a referencing column whose default isn't NULL.
            && !(references && column.default.is_some())
            // Filling a required column needs the old row.
            && (column.nullable || !self.is_filled(column))
    }

    fn is_filled(&self, column: &Column) -> bool {
        matches!(value_of_new(column, self.after, self.direction, Dialect::Sqlite), NewValue::Expr(_))
    }

    fn can_drop(&self, column: &Column) -> bool {
        let name = &column.name;
        let is_key = self.before.primary_key.as_ref().is_some_and(|key| key.columns.contains(name));
        let in_constraint = self
            .before
            .rules
            .uniques()
            .any(|unique| unique.form == UniqueForm::Constraint && unique.columns.contains(name));
        let in_outer_key = self.before.rules.foreign_keys().any(|key| !key.inline && key.columns.contains(name));
        let in_outer_check = self
            .before
            .rules
            .checks()
            .any(|check| columns(check).contains(name) && belongs(check).as_ref() != Some(name));
        let generates = self.before.columns.iter().any(|other| {
            other
                .generated
                .as_ref()
                .is_some_and(|generated| columns_in(Dialect::Sqlite, &generated.expr).contains(name))
        });
        !is_key && !in_constraint && !in_outer_key && !in_outer_check && !generates
    }

    fn is_added(&self, name: &str) -> bool {
        self.changes.iter().any(|change| matches!(change, Change::Column(_, Edit::Add(column)) if column.name == name))
    }

    fn is_dropped(&self, name: &str) -> bool {
        self.changes.iter().any(|change| matches!(change, Change::Column(_, Edit::Drop(column)) if column.name == name))
    }
}

/// Returns the foreign keys and the checks that are added inside a new column's definition.
pub(super) fn rules_of<'a>(column: &Column, changes: &[&'a Change]) -> (Vec<&'a ForeignKey>, Vec<&'a Check>) {
    let mut foreign_keys = Vec::new();
    let mut checks = Vec::new();
    for change in changes {
        if let Change::Rule(_, Edit::Add(Rule::ForeignKey(key))) = change
            && key.columns[0] == column.name
        {
            foreign_keys.push(key);
        }
        if let Change::Rule(_, Edit::Add(Rule::Check(check))) = change
            && belongs(check).as_ref() == Some(&column.name)
        {
            checks.push(check);
        }
    }
    (foreign_keys, checks)
}

/// Returns the column that an inline check belongs to, which is the only one that it reads.
fn belongs(check: &Check) -> Option<String> {
    let mut columns = columns(check).into_iter();
    match (check.inline, columns.next(), columns.next()) {
        (true, Some(only), None) => Some(only),
        (_, _, _) => None,
    }
}

fn columns(check: &Check) -> BTreeSet<String> {
    columns_in(Dialect::Sqlite, &check.expr)
}
