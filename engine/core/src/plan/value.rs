//! What existing rows get in a column that they never had.

use crate::dialect::Dialect;
use crate::model::{Column, DataType, Table};

use super::{Direction, alike, neutral};

/// What existing rows get in a column that they never had.
pub(super) enum NewValue {
    /// This.
    Expr(String),
    /// Whatever the column's definition gives: its default, or NULL.
    Omitted,
    /// There is no value to give: the table must be empty.
    Nobody,
}

/// Returns what existing rows get in a new column. `table` is the table with the column.
pub(super) fn value_of_new(column: &Column, table: &Table, direction: Direction, dialect: Dialect) -> NewValue {
    if let Some(backfill) = &column.hints.backfill {
        return NewValue::Expr(backfill.clone());
    }
    let numbered = column.auto_increment || is_row_number(column, table, dialect);
    if direction == Direction::Down && column.nullable && column.default.is_some() && is_unique(column, table) {
        // Its values are gone, and a default would be the same for all rows.
        return NewValue::Expr("NULL".to_owned());
    }
    if column.nullable || column.default.is_some() || column.generated.is_some() || numbered {
        return NewValue::Omitted;
    }
    match direction {
        Direction::Down if !is_ruled(column, table, dialect) => {
            neutral(column, dialect).map_or(NewValue::Nobody, |value| NewValue::Expr(value.to_owned()))
        }
        Direction::Up | Direction::Down => NewValue::Nobody,
    }
}

/// Returns what existing rows will hold in a new column.
pub(super) fn held(value: &NewValue, column: &Column, table: &Table, dialect: Dialect) -> alike::Value {
    match (value, &column.default) {
        (NewValue::Expr(expr), _) => alike::Value::Expr(expr.clone()),
        (NewValue::Omitted, Some(default)) if !is_row_number(column, table, dialect) => {
            alike::Value::Expr(default.sql.clone())
        }
        (NewValue::Omitted | NewValue::Nobody, _) => alike::Value::Unknown,
    }
}

/// Checks whether a rule over this column alone forbids two rows to have the same value.
fn is_unique(column: &Column, table: &Table) -> bool {
    let alone = |columns: &[String]| columns == [column.name.clone()];
    table.primary_key.as_ref().is_some_and(|key| alone(&key.columns))
        || table.rules.uniques().any(|unique| alone(&unique.columns))
}

/// Checks whether the database takes the column for the row's own number, so that every row has a value.
pub(super) fn is_row_number(column: &Column, table: &Table, dialect: Dialect) -> bool {
    let is_key = table.primary_key.as_ref().is_some_and(|key| key.columns == [column.name.clone()]);
    let is_integer = match &column.sql_type {
        Some(word) => word.eq_ignore_ascii_case("integer"),
        // Written as INTEGER where they are the key.
        None => matches!(column.data_type, DataType::Integer | DataType::BigInt),
    };
    dialect.facts().numbers_integer_keys && is_key && is_integer && !table.options.without_rowid
}

/// Checks whether a key or a check mentions the column, so that no invented value would do.
fn is_ruled(column: &Column, table: &Table, dialect: Dialect) -> bool {
    let in_key = |columns: &[String]| columns.contains(&column.name);
    table.primary_key.as_ref().is_some_and(|key| in_key(&key.columns))
        || table.rules.uniques().any(|unique| in_key(&unique.columns))
        || table.rules.foreign_keys().any(|key| in_key(&key.columns))
        || table
            .rules
            .indexes()
            .any(|index| index.unique && crate::sql::index_columns(index, dialect).contains(&column.name))
        || table.rules.checks().any(|check| crate::sql::columns_in(dialect, &check.expr).contains(&column.name))
}
