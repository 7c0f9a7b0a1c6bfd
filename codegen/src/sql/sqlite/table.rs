//! CREATE TABLE, and the definition of one column.

use autogen_engine::dialect::Dialect;
use autogen_engine::model::{Check, Column, DataType, ForeignKey, Table, TableName, TableOptions, UniqueForm};

use super::{facts, list, name, parts, quoted};

/// Writes the statement that makes `table` under a name that need not be its own.
pub(super) fn create(table: &Table, under: &TableName) -> String {
    let mut lines: Vec<String> = table.columns.iter().map(|column| column_of(table, column)).collect();
    if let Some(key) = table.primary_key.as_ref().filter(|key| key.columns.len() > 1) {
        lines.push(format!("{}PRIMARY KEY ({})", constraint(key.name.as_deref()), list(&key.columns)));
    }
    for unique in table.rules.uniques().filter(|unique| unique.form == UniqueForm::Constraint) {
        lines.push(format!("{}UNIQUE ({})", constraint(unique.name.as_deref()), list(&unique.columns)));
    }
    for key in table.rules.foreign_keys().filter(|key| !key.inline) {
        lines.push(parts::foreign_key(key, &quoted(&key.references.name), facts()));
    }
    for check in table.rules.checks().filter(|check| parts::column_of_check(table, check, Dialect::Sqlite).is_none()) {
        lines.push(checked(check));
    }
    let mut options = Vec::new();
    if table.options.strict {
        options.push("STRICT");
    }
    if table.options.without_rowid {
        options.push("WITHOUT ROWID");
    }
    let options = if options.is_empty() { String::new() } else { format!(" {}", options.join(", ")) };
    format!("CREATE TABLE {} (\n    {}\n){options}", name(under), lines.join(",\n    "))
}

fn column_of(table: &Table, found: &Column) -> String {
    let is_inside = |key: &&ForeignKey| key.inline && key.columns[0] == found.name;
    let foreign_keys: Vec<&ForeignKey> = table.rules.foreign_keys().filter(is_inside).collect();
    let checks: Vec<&Check> = table
        .rules
        .checks()
        .filter(|check| parts::column_of_check(table, check, Dialect::Sqlite) == Some(&found.name))
        .collect();
    column(found, Some(table), &foreign_keys, &checks)
}

/// Writes a column's definition with the rules that are written inside it. Without a table, it is for an
/// ALTER TABLE that adds the column, which can't be a key.
pub(super) fn column(
    column: &Column,
    table: Option<&Table>,
    foreign_keys: &[&ForeignKey],
    checks: &[&Check],
) -> String {
    let key = table.and_then(|table| table.primary_key.as_ref()).filter(|key| key.columns == [column.name.clone()]);
    let options = table.map(|table| table.options.clone()).unwrap_or_default();
    let mut parts = vec![quoted(&column.name), sql_type(column, &options, key.is_some())];
    parts.retain(|part| !part.is_empty());
    if !column.nullable && column.generated.is_none() {
        parts.push("NOT NULL".to_owned());
    }
    if let Some(key) = key {
        let numbered = if column.auto_increment { " AUTOINCREMENT" } else { "" };
        parts.push(format!("{}PRIMARY KEY{numbered}", constraint(key.name.as_deref())));
    }
    if let Some(default) = &column.default {
        parts.push(format!("DEFAULT {}", bracketed(&default.sql)));
    }
    if let Some(collation) = &column.collation {
        parts.push(format!("COLLATE {}", quoted(collation)));
    }
    if let Some(generated) = &column.generated {
        let kind = if generated.stored { "STORED" } else { "VIRTUAL" };
        parts.push(format!("GENERATED ALWAYS AS ({}) {kind}", generated.expr.sql));
        if !column.nullable {
            parts.push("NOT NULL".to_owned());
        }
    }
    parts.extend(foreign_keys.iter().map(|key| format!("{}{}", constraint(key.name.as_deref()), references(key))));
    parts.extend(checks.iter().map(|check| checked(check)));
    parts.join(" ")
}

fn sql_type(column: &Column, options: &TableOptions, is_key: bool) -> String {
    if let Some(stated) = &column.sql_type {
        return stated.clone();
    }
    // Only the exact word INTEGER makes a key the row's own number; it holds 64 bits anyway.
    let is_row_number = is_key && !options.without_rowid && column.data_type == DataType::BigInt;
    let data_type = if is_row_number { &DataType::Integer } else { &column.data_type };
    // A type that Diesel doesn't have here was refused at the definition, so its name is the best that remains.
    Dialect::Sqlite.spelling(data_type, options).unwrap_or_else(|| data_type.to_string())
}

/// Writes a default as SQLite takes it: literals and keywords bare, anything else in brackets.
fn bracketed(sql: &str) -> String {
    let is_word = sql.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let is_quoted_word =
        sql.len() > 1 && sql.starts_with('"') && sql.find('"').is_some() && sql[1..].find('"') == Some(sql.len() - 2);
    if Dialect::Sqlite.is_literal(sql) || is_word || is_quoted_word { sql.to_owned() } else { format!("({sql})") }
}

fn checked(check: &Check) -> String {
    parts::checked(check, facts())
}

fn references(key: &ForeignKey) -> String {
    parts::references(key, &quoted(&key.references.name), facts())
}

fn constraint(name: Option<&str>) -> String {
    parts::named(name, facts())
}
