//! A schema after a change: what makes a plan's goal from its start.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::model::{Change, Check, Column, Constraint, ForeignKey, IndexKey, Pair, Schema, Table, TableName};
use crate::normalize::{rename_columns, rename_words};

use super::partitions;

/// The schema after all changes, one after the other.
pub fn apply_all(mut schema: Schema, changes: &[Change], dialect: Dialect) -> Schema {
    for change in changes {
        apply(&mut schema, change, dialect);
    }
    schema
}

/// Makes one change to a schema. A change to a table that isn't there does nothing.
pub fn apply(schema: &mut Schema, change: &Change, dialect: Dialect) {
    match change {
        Change::CreateTable(table) => schema.insert(table.clone()),
        Change::DropTable(table) => {
            schema.tables.remove(&table.name);
            schema.bystanders.retain(|bystander| bystander.table.as_ref() != Some(&table.name));
        }
        Change::RenameTable(names) => rename_table(schema, names, dialect),
        Change::RenameColumn(table, names) => rename_column(schema, table, names, dialect),
        Change::Enum(change) => super::enums::apply_to(schema, change, dialect),
        Change::CommentTable(..)
        | Change::AlterOptions(..)
        | Change::AddColumn(..)
        | Change::DropColumn(..)
        | Change::AlterColumn(..)
        | Change::AlterPrimaryKey(..)
        | Change::AddUnique(..)
        | Change::DropUnique(..)
        | Change::AddIndex(..)
        | Change::DropIndex(..)
        | Change::AddForeignKey(..)
        | Change::DropForeignKey(..)
        | Change::AddCheck(..)
        | Change::DropCheck(..)
        | Change::AddExclusion(..)
        | Change::DropExclusion(..)
        | Change::SettleRule(..) => {
            if let Some(table) = schema.tables.get_mut(&change.subject().table) {
                apply_within(table, change);
                partitions::apply_to(&mut schema.bystanders, change, dialect);
            }
        }
    }
}

/// Changes that concern one table's inside.
fn apply_within(table: &mut Table, change: &Change) {
    match change {
        Change::CreateTable(_)
        | Change::DropTable(_)
        | Change::RenameTable(_)
        | Change::RenameColumn(..)
        | Change::Enum(_) => {}
        Change::CommentTable(_, comments) => table.comment.clone_from(&comments.to),
        Change::AlterOptions(_, options) => table.options = options.to.clone(),
        Change::AddColumn(_, column) => table.columns.push(column.clone()),
        Change::DropColumn(_, column) => table.columns.retain(|live| live.name != column.name),
        Change::AlterColumn(_, columns) => replace_column(table, &columns.to),
        Change::AlterPrimaryKey(_, keys) => table.primary_key = keys.to.clone(),
        Change::AddUnique(_, unique) => table.uniques.push(unique.clone()),
        Change::DropUnique(_, unique) => remove(&mut table.uniques, unique),
        Change::AddIndex(_, index) => table.indexes.push(index.clone()),
        Change::DropIndex(_, index) => remove(&mut table.indexes, index),
        Change::AddForeignKey(_, key) => table.foreign_keys.push(key.clone()),
        Change::DropForeignKey(_, key) => remove(&mut table.foreign_keys, key),
        Change::AddCheck(_, check) => table.checks.push(check.clone()),
        Change::DropCheck(_, check) => {
            // One that was made in the same run stands there as the database spells it.
            let is_it = |held: &Check| held.name.is_some() && held.name == check.name;
            let known =
                table.checks.iter().find(|held| *held == check).or(table.checks.iter().find(|held| is_it(held)));
            if let Some(known) = known.cloned() {
                remove(&mut table.checks, &known);
            }
        }
        Change::AddExclusion(_, exclusion) => table.exclusions.push(exclusion.clone()),
        Change::DropExclusion(_, exclusion) => remove(&mut table.exclusions, exclusion),
        Change::SettleRule(_, rules) => settle(table, rules),
    }
}

fn settle(table: &mut Table, rules: &Pair<Constraint>) {
    match (&rules.from, &rules.to) {
        (Constraint::Unique(from), Constraint::Unique(to)) => {
            replace(&mut table.uniques, to, |rule| rule.name == from.name)
        }
        (Constraint::ForeignKey(from), Constraint::ForeignKey(to)) => {
            replace(&mut table.foreign_keys, to, |rule| rule.name == from.name)
        }
        (Constraint::Check(from), Constraint::Check(to)) => {
            replace(&mut table.checks, to, |rule| rule.name == from.name)
        }
        (Constraint::Exclusion(from), Constraint::Exclusion(to)) => {
            replace(&mut table.exclusions, to, |rule| rule.index.name == from.index.name)
        }
        (Constraint::PrimaryKey(_), _)
        | (Constraint::Unique(_), _)
        | (Constraint::ForeignKey(_), _)
        | (Constraint::Check(_), _)
        | (Constraint::Exclusion(_), _) => {}
    }
}

/// A rule is known by its name.
fn replace<T: Clone>(rules: &mut [T], to: &T, is_it: impl Fn(&T) -> bool) {
    if let Some(rule) = rules.iter_mut().find(|rule| is_it(rule)) {
        rule.clone_from(to);
    }
}

fn replace_column(table: &mut Table, column: &Column) {
    if let Some(live) = table.columns.iter_mut().find(|live| live.name == column.name) {
        *live = column.clone();
    }
}

/// Removes one of possibly several equal objects.
fn remove<T: PartialEq>(objects: &mut Vec<T>, object: &T) {
    if let Some(position) = objects.iter().position(|live| live == object) {
        objects.remove(position);
    }
}

fn rename_table(schema: &mut Schema, names: &Pair<TableName>, dialect: Dialect) {
    if let Some(mut table) = schema.tables.remove(&names.from) {
        table.name = names.to.clone();
        rename_given_keys(&mut table, names, dialect);
        schema.insert(table);
    }
    for key in foreign_keys_into(schema, &names.from) {
        key.references = names.to.clone();
    }
    for parent in schema.tables.values_mut().flat_map(|table| &mut table.lineage.parents) {
        if *parent == names.from {
            parent.clone_from(&names.to);
        }
    }
    for user in schema.enums.values_mut().flat_map(|found| &mut found.users) {
        if user.table.as_ref() == Some(&names.from) {
            user.table = Some(names.to.clone());
        }
    }
    for bystander in &mut schema.bystanders {
        bystander.sql = rename_words(dialect, &bystander.sql, &names.from.name, &names.to.name);
        if bystander.table.as_ref() == Some(&names.from) {
            bystander.table = Some(names.to.clone());
        }
    }
}

/// Keys whose names InnoDB has given by their table's name follow it.
fn rename_given_keys(table: &mut Table, names: &Pair<TableName>, dialect: Dialect) {
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => return,
        Dialect::Mysql => {}
    }
    let given = format!("{}_ibfk_", names.from.name);
    for name in table.foreign_keys.iter_mut().filter_map(|key| key.name.as_mut()) {
        if let Some(number) = name.strip_prefix(&given) {
            *name = format!("{}_ibfk_{number}", names.to.name);
        }
    }
}

fn rename_column(schema: &mut Schema, table: &TableName, names: &Pair<String>, dialect: Dialect) {
    let rename = |column: &mut String| {
        if *column == names.from {
            column.clone_from(&names.to);
        }
    };
    for key in foreign_keys_into(schema, table) {
        key.referenced_columns.iter_mut().for_each(rename);
    }
    for bystander in &mut schema.bystanders {
        if bystander.table.as_ref() == Some(table) {
            bystander.sql = rename_words(dialect, &bystander.sql, &names.from, &names.to);
        }
    }
    let Some(table) = schema.tables.get_mut(table) else { return };
    let renames = BTreeMap::from([(names.from.clone(), names.to.clone())]);
    let rename_in = |expr: &mut crate::model::Expr| *expr = rename_columns(dialect, expr, &renames);

    for column in &mut table.columns {
        rename(&mut column.name);
        if let Some(generated) = &mut column.generated {
            rename_in(&mut generated.expr);
        }
    }
    if let Some(key) = &mut table.primary_key {
        key.columns.iter_mut().for_each(rename);
    }
    table.uniques.iter_mut().flat_map(|unique| &mut unique.columns).for_each(rename);
    table.foreign_keys.iter_mut().flat_map(|key| &mut key.columns).for_each(rename);
    for check in &mut table.checks {
        rename_in(&mut check.expr);
        match (dialect, &mut check.name) {
            // One that stands in its column is told by it.
            (Dialect::Mysql, Some(name)) if check.inline => rename(name),
            (Dialect::Sqlite | Dialect::Postgres | Dialect::Mysql, _) => {}
        }
    }
    let exclusions = table.exclusions.iter_mut().map(|exclusion| &mut exclusion.index);
    for index in table.indexes.iter_mut().chain(exclusions) {
        index.include.iter_mut().for_each(rename);
        if let Some(predicate) = &mut index.predicate {
            rename_in(predicate);
        }
        for column in &mut index.columns {
            match &mut column.key {
                IndexKey::Column(name) => rename(name),
                IndexKey::Expr(expr) => rename_in(expr),
            }
        }
    }
}

fn foreign_keys_into<'a>(schema: &'a mut Schema, table: &'a TableName) -> impl Iterator<Item = &'a mut ForeignKey> {
    schema.tables.values_mut().flat_map(|other| &mut other.foreign_keys).filter(move |key| key.references == *table)
}
