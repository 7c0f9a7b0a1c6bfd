//! Applies changes to a schema, which turns a plan's start into its goal.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::model::{Change, Column, Edit, ForeignKey, MysqlServer, Pair, Rename, Rule, Schema, Table, TableName};
use crate::sql::{rename_columns, rename_words};

use super::partitions;

/// Returns the schema after all changes, applied one after the other.
pub fn apply_all(mut schema: Schema, changes: &[Change], dialect: Dialect) -> Schema {
    for change in changes {
        apply(&mut schema, change, dialect);
    }
    schema
}

/// Applies one change to a schema. A change to a table that isn't there does nothing.
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
            partitions::apply_to(schema.bystanders_mut(), change, dialect);
        }
        Change::Rule(name, edit) => {
            let Some(table) = schema.tables.get_mut(name) else { return };
            apply_to_rules(table, edit);
            partitions::apply_to(schema.bystanders_mut(), change, dialect);
        }
        Change::Enum(edit) => super::enums::apply_to(schema, edit),
    }
}

fn apply_to_tables(schema: &mut Schema, edit: &Edit<Table>) {
    match edit {
        Edit::Add(table) => {
            schema.note_namespace(&table.name);
            schema.insert(table.clone());
        }
        Edit::Drop(table) => {
            schema.tables.remove(&table.name);
            schema.bystanders_mut().retain(|bystander| bystander.table.as_ref() != Some(&table.name));
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
        Edit::Add(Rule::PrimaryKey(key)) => table.primary_key = Some(key.clone()),
        Edit::Drop(Rule::PrimaryKey(_)) => table.primary_key = None,
        Edit::Add(rule) => table.rules.push(rule.clone()),
        Edit::Drop(rule) => {
            // A check that was created in the same run is spelled as the database spells it.
            let is_it =
                |held: &Rule| is_check(held) && is_check(rule) && held.name().is_some() && held.name() == rule.name();
            if table.rules.remove_first(|held| held == rule).is_none() {
                table.rules.remove_first(is_it);
            }
        }
        Edit::Alter(rules) => {
            if let Rule::PrimaryKey(to) = &rules.to {
                table.primary_key = Some(to.clone());
            }
            let from = &rules.from;
            let is_it = |rule: &&mut Rule| rule.kind() == from.kind() && rule.name() == from.name();
            if let Some(rule) = table.rules.iter_mut().find(is_it) {
                rule.clone_from(&rules.to);
            }
        }
    }
}

fn is_check(rule: &Rule) -> bool {
    matches!(rule, Rule::Check(_))
}

fn rename_table(schema: &mut Schema, names: &Pair<TableName>, dialect: Dialect) {
    if let Some(mut table) = schema.tables.remove(&names.from) {
        table.name = names.to.clone();
        rename_given_rules(&mut table, names, schema.server);
        schema.insert(table);
    }
    change_keys_into(schema, &names.from, |key| key.references = names.to.clone());
    let is_heir = |table: &&Table| table.lineage.parents.contains(&names.from);
    let heirs: Vec<TableName> = schema.tables.values().filter(is_heir).map(|table| table.name.clone()).collect();
    for heir in &heirs {
        let Some(heir) = schema.tables.get_mut(heir) else { continue };
        heir.lineage
            .parents
            .iter_mut()
            .filter(|parent| **parent == names.from)
            .for_each(|parent| parent.clone_from(&names.to));
    }
    for user in schema.enums.values_mut().flat_map(|found| &mut found.users) {
        if user.table.as_ref() == Some(&names.from) {
            user.table = Some(names.to.clone());
        }
    }
    for bystander in schema.bystanders_mut() {
        bystander.sql = rename_words(dialect, &bystander.sql, &names.from.name, &names.to.name);
        if bystander.table.as_ref() == Some(&names.from) {
            bystander.table = Some(names.to.clone());
        }
    }
}

/// Renames the rules that a server has named after their table: foreign keys on MariaDB and MySQL, checks on MySQL
/// alone.
fn rename_given_rules(table: &mut Table, names: &Pair<TableName>, server: Option<MysqlServer>) {
    let Some(server) = server else { return };
    let rename = |name: &mut String, infix: &str| {
        if let Some(number) = name.strip_prefix(&format!("{}{infix}", names.from.name))
            && number.bytes().all(|letter| letter.is_ascii_digit())
        {
            *name = format!("{}{infix}{number}", names.to.name);
        }
    };
    table.rules.foreign_keys_mut().filter_map(|key| key.name.as_mut()).for_each(|name| rename(name, "_ibfk_"));
    match server {
        MysqlServer::Mysql => {
            let checks = table.rules.checks_mut().filter_map(|check| check.name.as_mut());
            checks.for_each(|name| rename(name, "_chk_"));
        }
        MysqlServer::Mariadb => {}
    }
}

fn rename_column(schema: &mut Schema, table: &TableName, names: &Pair<String>, dialect: Dialect) {
    let rename = |column: &mut String| {
        if *column == names.from {
            column.clone_from(&names.to);
        }
    };
    change_keys_into(schema, table, |key| key.referenced_columns.iter_mut().for_each(rename));
    for bystander in schema.bystanders_mut() {
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
    for rule in &mut table.rules {
        rule.columns_mut().into_iter().for_each(rename);
        rule.expressions_mut().into_iter().for_each(rename_in);
    }
    for check in table.rules.checks_mut() {
        match (dialect, &mut check.name) {
            // MariaDB names an inline check after its column.
            (Dialect::Mysql, Some(name)) if check.inline => rename(name),
            (Dialect::Sqlite | Dialect::Postgres | Dialect::Mysql, _) => {}
        }
    }
}

/// Changes the foreign keys into a table.
fn change_keys_into(schema: &mut Schema, table: &TableName, change: impl Fn(&mut ForeignKey)) {
    let points_at = |other: &&Table| other.rules.foreign_keys().any(|key| key.references == *table);
    let children: Vec<TableName> = schema.tables.values().filter(points_at).map(|other| other.name.clone()).collect();
    for child in &children {
        let Some(child) = schema.tables.get_mut(child) else { continue };
        child.rules.foreign_keys_mut().filter(|key| key.references == *table).for_each(&change);
    }
}
