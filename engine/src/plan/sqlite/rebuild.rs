//! A table made anew: which columns get their values from where.

use crate::model::{Column, DataType, Pair, Schema, Table, TableName};
use crate::plan::{Direction, Guard, Rebuild, Source, guard};

use super::alike;
use super::convert::{conversion, neutral};

/// Names that nothing else has, for tables on their way.
pub(super) struct Names<'a> {
    schemas: [&'a Schema; 2],
}

impl<'a> Names<'a> {
    /// Names that neither schema uses.
    pub(super) fn new(before: &'a Schema, after: &'a Schema) -> Self {
        Self { schemas: [before, after] }
    }

    /// What a table is called until it takes the old one's place.
    fn interim(&self, table: &TableName) -> TableName {
        let mut name = format!("autogen_new_{}", table.name);
        while self.is_taken(&name) {
            name.push('_');
        }
        TableName { schema: table.schema.clone(), name }
    }

    fn is_taken(&self, name: &str) -> bool {
        self.schemas.iter().any(|schema| {
            schema.tables.keys().any(|table| table.name.eq_ignore_ascii_case(name))
                || schema.bystanders.iter().any(|bystander| bystander.name.eq_ignore_ascii_case(name))
        })
    }
}

/// The rebuild of a table, still without triggers, and what rows could be in its way.
pub(super) fn rebuild(before: &Table, after: &Table, names: &Names<'_>, direction: Direction) -> (Rebuild, Vec<Guard>) {
    let facts = crate::dialect::Dialect::Sqlite.facts();
    let mut columns = Vec::new();
    let mut guards = Vec::new();
    // A new column that rows have a value for although none is copied or computed.
    let mut omitted = None;
    for column in after.columns.iter().filter(|column| column.generated.is_none()) {
        // What was computed on the way up in another type is no value of the column that it took the place of.
        let is_invented = |old: &&Column| {
            direction == Direction::Down && old.generated.is_some() && old.data_type != column.data_type
        };
        let source = match before.column(&column.name).filter(|old| !is_invented(old)) {
            Some(old) => {
                let conversion = conversion(&before.name, old, column);
                guards.extend(conversion.guard);
                Some(conversion.source)
            }
            None => {
                let value = value_of_new(column, after, direction);
                if matches!(value, NewValue::Nobody) {
                    guards.push(guard::rows(&before.name, &column.name, facts));
                }
                match value {
                    NewValue::Expr(expr) => Some(Source::Expr(expr)),
                    NewValue::Omitted => {
                        omitted = omitted.or(Some(column));
                        None
                    }
                    NewValue::Nobody => None,
                }
            }
        };
        columns.extend(source.map(|source| (column.name.clone(), source)));
    }
    // Rows are copied by naming at least one column, even where no column stays.
    if let (true, Some(column)) = (columns.is_empty(), omitted) {
        let value = column.default.as_ref().map_or_else(|| "NULL".to_owned(), |default| default.sql.clone());
        columns.push((column.name.clone(), Source::Expr(value)));
    }
    guards.extend(alike::guards(before, after, |column| {
        let source = columns.iter().find(|(name, _)| *name == column.name).map(|(_, source)| source);
        match source {
            Some(Source::Column(name)) if *name == column.name => alike::Value::Same,
            Some(Source::Column(name)) => alike::Value::Expr(facts.quoted(name)),
            Some(Source::Expr(_)) if is_row_number(column, after) && before.column(&column.name).is_none() => {
                alike::Value::Unknown
            }
            Some(Source::Expr(expr)) => alike::Value::Expr(expr.clone()),
            None => held(&NewValue::Omitted, column, after),
        }
    }));
    let rebuild = Rebuild {
        tables: Pair::new(before.clone(), after.clone()),
        interim: names.interim(&after.name),
        triggers: Vec::new(),
        columns,
    };
    (rebuild, guards)
}

/// What existing rows get in a column that they never had.
pub(super) enum NewValue {
    /// This.
    Expr(String),
    /// Whatever the column's definition gives: its default, or NULL.
    Omitted,
    /// There is no value to give: the table must be empty.
    Nobody,
}

/// What existing rows get in a new column.
pub(super) fn value_of_new(column: &Column, table: &Table, direction: Direction) -> NewValue {
    if let Some(backfill) = &column.hints.backfill {
        return NewValue::Expr(backfill.clone());
    }
    let numbered = column.auto_increment || is_row_number(column, table);
    if direction == Direction::Down && column.nullable && column.default.is_some() && is_unique(column, table) {
        // Its values are gone, and a default would be the same for all rows.
        return NewValue::Expr("NULL".to_owned());
    }
    if column.nullable || column.default.is_some() || column.generated.is_some() || numbered {
        return NewValue::Omitted;
    }
    match direction {
        Direction::Down if !is_ruled(column, table) => {
            neutral(column).map_or(NewValue::Nobody, |value| NewValue::Expr(value.to_owned()))
        }
        Direction::Up | Direction::Down => NewValue::Nobody,
    }
}

/// What a new column of existing rows will hold.
pub(super) fn held(value: &NewValue, column: &Column, table: &Table) -> alike::Value {
    match (value, &column.default) {
        (NewValue::Expr(expr), _) => alike::Value::Expr(expr.clone()),
        (NewValue::Omitted, Some(default)) if !is_row_number(column, table) => alike::Value::Expr(default.sql.clone()),
        (NewValue::Omitted | NewValue::Nobody, _) => alike::Value::Unknown,
    }
}

/// Whether a rule forbids two rows the same value in this column alone.
fn is_unique(column: &Column, table: &Table) -> bool {
    let alone = |columns: &[String]| columns == [column.name.clone()];
    table.primary_key.as_ref().is_some_and(|key| alone(&key.columns))
        || table.uniques.iter().any(|unique| alone(&unique.columns))
}

/// Whether SQLite takes the column for the row's own number, and so has one for every row.
fn is_row_number(column: &Column, table: &Table) -> bool {
    let is_key = table.primary_key.as_ref().is_some_and(|key| key.columns == [column.name.clone()]);
    let is_integer = match &column.sql_type {
        Some(word) => word.eq_ignore_ascii_case("integer"),
        // Written as INTEGER where they are the key.
        None => matches!(column.data_type, DataType::Integer | DataType::BigInt),
    };
    is_key && is_integer && !table.options.without_rowid
}

/// Whether a key or a check speaks about the column, so that no invented value would do.
fn is_ruled(column: &Column, table: &Table) -> bool {
    let dialect = crate::dialect::Dialect::Sqlite;
    let in_key = |columns: &[String]| columns.contains(&column.name);
    table.primary_key.as_ref().is_some_and(|key| in_key(&key.columns))
        || table.uniques.iter().any(|unique| in_key(&unique.columns))
        || table.foreign_keys.iter().any(|key| in_key(&key.columns))
        || table
            .indexes
            .iter()
            .any(|index| index.unique && crate::diff::index_columns(index, dialect).contains(&column.name))
        || table.checks.iter().any(|check| crate::normalize::columns_in(dialect, &check.expr).contains(&column.name))
}
