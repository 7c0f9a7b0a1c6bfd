//! Checks that a column is never NULL. If the database holds such a check for all rows, it needn't read them again
//! when the column itself becomes required.

use crate::dialect::Dialect;
use crate::model::{Check, Table};
use crate::sql::{canonical, columns_in};

/// Returns the column that a check requires to have a value, if the check says nothing else.
pub(super) fn column(check: &Check) -> Option<String> {
    let column = columns_in(Dialect::Postgres, &check.expr).into_iter().next()?;
    let bare = Dialect::Postgres.facts().quoted(&column) + " IS NOT NULL";
    (canonical(Dialect::Postgres, &check.expr.sql) == canonical(Dialect::Postgres, &bare)).then_some(column)
}

/// Checks whether the database knows that every row of a table has a value in a column.
pub(super) fn is_known(table: &Table, column: &str) -> bool {
    table.rules.checks().any(|check| check.validated && self::column(check).as_deref() == Some(column))
}
