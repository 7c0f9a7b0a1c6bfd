//! A table as seen by whoever plants rows in it: what a row is made of and which values it may try.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::Dialect;
use crate::model::{Bystander, BystanderKind, Column, Schema, Table, TableName};
use crate::sql::{names_within, rule_columns};

use super::probe::Probe;
use super::values::{self, ValueContext};

/// A row: literals by column.
pub(in crate::scratch) type Row = BTreeMap<String, String>;

/// A table and what its rows are made of.
pub(in crate::scratch) struct TableSeeder<'a> {
    pub(super) table: &'a Table,
    /// Columns that take a value.
    pub(super) columns: Vec<&'a Column>,
    /// Foreign keys.
    pub(super) keys: Vec<Key<'a>>,
    context: ValueContext<'a>,
    /// What a search may try, by column.
    pools: BTreeMap<&'a str, Vec<String>>,
}

/// A foreign key with its other end looked up.
pub(super) struct Key<'a> {
    pub(super) columns: &'a [String],
    pub(super) parent: TableName,
    /// Columns of the parent, as many as `columns`.
    pub(super) parent_columns: Vec<String>,
    /// A column that may be NULL, which makes the whole key point nowhere.
    pub(super) nullable: Option<&'a str>,
}

impl<'a> TableSeeder<'a> {
    pub(in crate::scratch) fn new(table: &'a Table, schema: &'a Schema, probes: &[Probe], dialect: Dialect) -> Self {
        let columns: Vec<&Column> = table.columns.iter().filter(|column| column.generated.is_none()).collect();
        let keys = table.rules.foreign_keys().map(|key| Key {
            columns: &key.columns,
            parent: parent(schema, &key.references, dialect)
                .map_or_else(|| key.references.clone(), |table| table.name.clone()),
            parent_columns: parent_columns(schema, key, dialect),
            nullable: key
                .columns
                .iter()
                .find(|name| table.column(name).is_some_and(|column| column.nullable))
                .map(String::as_str),
        });
        let context = ValueContext { dialect, enums: &schema.enums };
        let rules = rules(table, schema, probes, dialect);
        let pools = columns
            .iter()
            .map(|column| {
                let speaking: Vec<String> =
                    rules.iter().filter(|rule| speaks_of(rule, column, dialect)).cloned().collect();
                (column.name.as_str(), values::pool(column, is_key(table, column), &speaking, context))
            })
            .collect();
        Self { table, keys: keys.collect(), columns, pools, context }
    }

    /// Returns the row with this number before its foreign keys are considered.
    pub(in crate::scratch) fn plain(&self, number: usize) -> Row {
        self.columns
            .iter()
            .map(|column| {
                let is_null = number == super::NULL_ROW && column.nullable;
                let value = values::usual(column, is_key(self.table, column), number, self.context);
                (column.name.clone(), if is_null { "NULL".to_owned() } else { value })
            })
            .collect()
    }

    /// Returns the values that a search may try in a column.
    pub(in crate::scratch) fn pool(&self, column: &str) -> &[String] {
        self.pools.get(column).map(Vec::as_slice).unwrap_or_default()
    }

    /// Adds values that a search may try in a column.
    pub(super) fn offer(&mut self, column: &str, values: impl IntoIterator<Item = String>) {
        let Some(pool) = self.pools.get_mut(column) else { return };
        for value in values {
            if !pool.contains(&value) {
                pool.push(value);
            }
        }
    }

    /// Returns the columns that a refusal is about, or all columns if it doesn't say.
    pub(super) fn blamed(&self, message: &str, dialect: Dialect) -> BTreeSet<&'a str> {
        // The text before the colon only tells the kind of rule.
        let mut texts = vec![message.split_once(": ").map_or(message, |(_, rule)| rule).to_owned()];
        let named = |name: Option<&str>| name.is_some_and(|name| message.contains(name));
        let key = self.table.primary_key.iter().filter(|key| named(key.name.as_deref()));
        texts.extend(key.map(|key| key.columns.join(", ")));
        let rules = self.table.rules.iter().filter(|rule| named(rule.name()));
        texts.extend(rules.map(|rule| rule_columns(rule, dialect).into_iter().collect::<Vec<_>>().join(", ")));
        let mentioned = |column: &&&Column| texts.iter().any(|text| speaks_of(text, column, dialect));
        let mut blamed: BTreeSet<&str> =
            self.columns.iter().filter(mentioned).map(|column| column.name.as_str()).collect();
        let computed = self.table.columns.iter().any(|column| column.generated.is_some() && mentioned(&&column));
        if blamed.is_empty() || computed {
            blamed = self.columns.iter().map(|column| column.name.as_str()).collect();
        }
        blamed
    }
}

/// Returns the table that a foreign key references.
pub(super) fn parent<'a>(schema: &'a Schema, name: &TableName, dialect: Dialect) -> Option<&'a Table> {
    let facts = dialect.facts();
    let same = |table: &&Table| table.name.schema == name.schema && facts.same_name(&table.name.name, &name.name);
    schema.tables.get(name).or_else(|| schema.tables.values().find(same))
}

fn parent_columns(schema: &Schema, key: &crate::model::ForeignKey, dialect: Dialect) -> Vec<String> {
    let Some(parent) = parent(schema, &key.references, dialect) else { return key.referenced_columns.clone() };
    if key.referenced_columns.is_empty() {
        return parent.primary_key.as_ref().map(|key| key.columns.clone()).unwrap_or_default();
    }
    let spelled = |name: &String| {
        let column = parent.columns.iter().find(|column| dialect.facts().same_name(&column.name, name));
        column.map_or_else(|| name.clone(), |column| column.name.clone())
    };
    key.referenced_columns.iter().map(spelled).collect()
}

/// Returns the text of everything that a row may have to obey.
fn rules(table: &Table, schema: &Schema, probes: &[Probe], dialect: Dialect) -> Vec<String> {
    let mut rules: Vec<String> = table.rules.checks().map(|check| check.expr.sql.clone()).collect();
    let mut parents: Vec<&Table> = Vec::new();
    let mut next: Vec<&Table> = vec![table];
    while let Some(table) = next.pop() {
        let found = table.lineage.parents.iter().filter_map(|name| schema.tables.get(name));
        next.extend(found.clone());
        parents.extend(found);
    }
    rules.extend(parents.iter().flat_map(|parent| parent.rules.checks()).map(|check| check.expr.sql.clone()));
    // A row has to belong to a partition, whose statement has the values but not the columns.
    if let Some(spread) = &table.lineage.partition_by {
        let is_own =
            |object: &&Bystander| object.kind == BystanderKind::Partition && object.table.as_ref() == Some(&table.name);
        let partitions = schema.bystanders.iter().filter(is_own);
        rules.extend(partitions.map(|partition| format!("{spread} {}", partition.sql)));
    }
    rules.extend(table.columns.iter().filter_map(|column| Some(column.generated.as_ref()?.expr.sql.clone())));
    let triggers = schema.bystanders.iter().filter(|bystander| {
        let own = bystander.table.as_ref().is_some_and(|own| dialect.facts().same_name(&own.name, &table.name.name));
        bystander.kind == BystanderKind::Trigger && own
    });
    rules.extend(triggers.map(|trigger| trigger.sql.clone()));
    rules.extend(probes.iter().filter(|probe| probe.concerns(&table.name)).map(|probe| probe.sql().to_owned()));
    rules
}

/// Checks whether a text mentions a column. A name that isn't a plain word may be anywhere in the text.
fn speaks_of(text: &str, column: &Column, dialect: Dialect) -> bool {
    let name = column.name.to_ascii_lowercase();
    let plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    if plain { names_within(dialect, text).contains(&name) } else { text.to_ascii_lowercase().contains(&name) }
}

/// Checks whether a column's values should all be different and easy to continue.
fn is_key(table: &Table, column: &Column) -> bool {
    let in_key = table.primary_key.as_ref().is_some_and(|key| key.columns.contains(&column.name));
    in_key || table.rules.uniques().any(|unique| unique.columns.contains(&column.name))
}
