//! A schema after a change: what makes a plan's goal from its start.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::model::{Change, Check, Column, Edit, ForeignKey, IndexKey, Pair, Rename, Rule, Schema, Table, TableName};
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
        Change::Rename(Rename::Table(names)) => rename_table(schema, names, dialect),
        Change::Rename(Rename::Column(table, names)) => rename_column(schema, table, names, dialect),
        Change::Rename(Rename::Enum(names)) => super::enums::rename(schema, names, dialect),
        Change::Rename(Rename::EnumValue(name, values)) => super::enums::rename_value(schema, name, values, dialect),
        Change::Table(edit) => apply_to_tables(schema, edit),
        Change::Column(name, edit) => {
            let Some(table) = schema.tables.get_mut(name) else { return };
            apply_to_columns(table, edit);
            partitions::apply_to(&mut schema.bystanders, change, dialect);
        }
        Change::Rule(name, edit) => {
            let Some(table) = schema.tables.get_mut(name) else { return };
            apply_to_rules(table, edit);
            partitions::apply_to(&mut schema.bystanders, change, dialect);
        }
        Change::Enum(edit) => super::enums::apply_to(schema, edit),
    }
}

fn apply_to_tables(schema: &mut Schema, edit: &Edit<Table>) {
    match edit {
        Edit::Add(table) => schema.insert(table.clone()),
        Edit::Drop(table) => {
            schema.tables.remove(&table.name);
            schema.bystanders.retain(|bystander| bystander.table.as_ref() != Some(&table.name));
        }
        Edit::Alter(tables) => {
            if let Some(table) = schema.tables.get_mut(&tables.from.name) {
                table.options.clone_from(&tables.to.options);
                table.comment.clone_from(&tables.to.comment);
            }
        }
    }
}

fn apply_to_columns(table: &mut Table, edit: &Edit<Column>) {
    match edit {
        Edit::Add(column) => table.columns.push(column.clone()),
        Edit::Drop(column) => table.columns.retain(|live| live.name != column.name),
        Edit::Alter(columns) => {
            if let Some(live) = table.columns.iter_mut().find(|live| live.name == columns.to.name) {
                live.clone_from(&columns.to);
            }
        }
    }
}

fn apply_to_rules(table: &mut Table, edit: &Edit<Rule>) {
    match edit {
        Edit::Add(rule) => match rule.clone() {
            Rule::PrimaryKey(key) => table.primary_key = Some(key),
            Rule::Unique(unique) => table.uniques.push(unique),
            Rule::Index(index) => table.indexes.push(index),
            Rule::ForeignKey(key) => table.foreign_keys.push(key),
            Rule::Check(check) => table.checks.push(check),
            Rule::Exclusion(exclusion) => table.exclusions.push(exclusion),
        },
        Edit::Drop(rule) => match rule {
            Rule::PrimaryKey(_) => table.primary_key = None,
            Rule::Unique(unique) => remove(&mut table.uniques, unique),
            Rule::Index(index) => remove(&mut table.indexes, index),
            Rule::ForeignKey(key) => remove(&mut table.foreign_keys, key),
            Rule::Check(check) => {
                // One that was made in the same run stands there as the database spells it.
                let is_it = |held: &Check| held.name.is_some() && held.name == check.name;
                let known =
                    table.checks.iter().find(|held| *held == check).or(table.checks.iter().find(|held| is_it(held)));
                if let Some(known) = known.cloned() {
                    remove(&mut table.checks, &known);
                }
            }
            Rule::Exclusion(exclusion) => remove(&mut table.exclusions, exclusion),
        },
        Edit::Alter(rules) => {
            let from = rules.from.name();
            match &rules.to {
                Rule::PrimaryKey(to) => table.primary_key = Some(to.clone()),
                Rule::Unique(to) => replace(&mut table.uniques, to, |rule| rule.name.as_deref() == from),
                Rule::Index(to) => replace(&mut table.indexes, to, |rule| rule.name.as_deref() == from),
                Rule::ForeignKey(to) => replace(&mut table.foreign_keys, to, |rule| rule.name.as_deref() == from),
                Rule::Check(to) => replace(&mut table.checks, to, |rule| rule.name.as_deref() == from),
                Rule::Exclusion(to) => replace(&mut table.exclusions, to, |rule| rule.index.name.as_deref() == from),
            }
        }
    }
}

/// A rule is known by its name.
fn replace<T: Clone>(rules: &mut [T], to: &T, is_it: impl Fn(&T) -> bool) {
    if let Some(rule) = rules.iter_mut().find(|rule| is_it(rule)) {
        rule.clone_from(to);
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
