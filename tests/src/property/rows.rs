//! Rows for a schema, planted without the engine's help.

use std::collections::BTreeMap;

use autogen_engine::database::Database;
use autogen_engine::model::{Schema, Table, TableName};

use super::expressions::{quoted, value};
use crate::judge;

const ROWS: usize = 4;

/// Plants a few rows in every table that takes them, and gives back the statements that did.
/// A row that some rule refuses is left out: there is always another one.
pub(super) fn plant(database: &mut Database, schema: &Schema) -> Vec<String> {
    let mut planted = Vec::new();
    // Twice, for rows that point at rows of tables that come later.
    for round in 0..2 {
        for table in schema.tables.values() {
            for number in 0..ROWS {
                let number = round * ROWS + number;
                let statement = insert(database, table, schema, number);
                if database.execute(&statement).is_ok() {
                    planted.push(statement);
                }
            }
        }
    }
    planted
}

fn insert(database: &mut Database, table: &Table, schema: &Schema, number: usize) -> String {
    let mut values: BTreeMap<&str, String> = BTreeMap::new();
    let required = |name: &str| table.column(name).is_some_and(|column| !column.nullable);
    for column in table.columns.iter().filter(|column| column.generated.is_none()) {
        // Every third row leaves out what it can.
        let left_out = number % 3 == 2 && column.nullable;
        let text = if left_out { "NULL".to_owned() } else { value(&column.data_type, number) };
        values.insert(&column.name, text);
    }
    for key in table.rules.foreign_keys() {
        let Some(parent) = schema.tables.get(&key.references) else { continue };
        let referenced = referenced(parent, &key.referenced_columns);
        let there = parents(database, &key.references, &referenced);
        let row = there.get(number % there.len().max(1));
        let leaves_out = number % 3 == 1 && key.columns.iter().any(|column| !required(column));
        for (position, column) in key.columns.iter().enumerate() {
            let value = row.filter(|_| !leaves_out).and_then(|row| row.get(position)).cloned();
            values.insert(column, value.unwrap_or_else(|| "NULL".to_owned()));
        }
    }
    let (columns, values): (Vec<_>, Vec<_>) = values.into_iter().map(|(column, value)| (quoted(column), value)).unzip();
    format!("INSERT INTO {} ({}) VALUES ({});", quoted(&table.name.name), columns.join(", "), values.join(", "))
}

fn referenced(parent: &Table, stated: &[String]) -> Vec<String> {
    match (stated, &parent.primary_key) {
        ([], Some(key)) => key.columns.clone(),
        (stated, _) => stated.to_vec(),
    }
}

/// Values that can be pointed at.
fn parents(database: &mut Database, table: &TableName, columns: &[String]) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = Vec::new();
    for column in columns {
        let name = quoted(column);
        let known: Vec<_> = columns.iter().map(|column| format!("{} IS NOT NULL", quoted(column))).collect();
        let sql = format!(
            "SELECT {name} FROM {} WHERE {} ORDER BY {}",
            quoted(&table.name),
            known.join(" AND "),
            columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ")
        );
        let values = judge::query(database, &sql).unwrap_or_default();
        rows.resize(values.len(), Vec::new());
        for (row, value) in rows.iter_mut().zip(values) {
            row.push(value);
        }
    }
    rows
}
