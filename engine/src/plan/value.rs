//! What existing rows get in a column that they never had.

use crate::dialect::Dialect;
use crate::model::{Column, Table};

use super::{Direction, neutral, numbers_itself};

/// What existing rows get in a column that they never had.
pub(super) enum NewValue {
    /// This.
    Expr(String),
    /// Whatever the column's definition gives: its default, or NULL.
    Omitted,
    /// There is no value to give: the table must be empty.
    Nobody,
}

/// What existing rows get in a new column of `table`, the table as it is with the column.
pub(super) fn value_of_new(column: &Column, table: &Table, direction: Direction, dialect: Dialect) -> NewValue {
    if let Some(backfill) = &column.hints.backfill {
        return NewValue::Expr(backfill.clone());
    }
    let has_own = column.nullable || column.default.is_some() || column.generated.is_some();
    if has_own || numbers_itself(column, table, dialect) {
        return NewValue::Omitted;
    }
    match direction {
        Direction::Down if !is_ruled(column, table, dialect) => {
            neutral(column, dialect).map_or(NewValue::Nobody, |value| NewValue::Expr(value.to_owned()))
        }
        Direction::Up | Direction::Down => NewValue::Nobody,
    }
}

/// Whether a key or a check speaks about the column, so that no invented value would do.
fn is_ruled(column: &Column, table: &Table, dialect: Dialect) -> bool {
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
