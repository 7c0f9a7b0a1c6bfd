//! Values of MariaDB and MySQL as literals. MySQL quotes no bytes that are no text.

use crate::model::Column;
use crate::sql::mysql::text_literal;

/// Checks whether a column holds bytes rather than letters.
pub(super) fn is_bytes(column: &Column) -> bool {
    let sql_type = column.sql_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    let word = sql_type.split(['(', ' ']).next().unwrap_or_default();
    let is_shape = ["geom", "point", "line", "polygon", "multi"].iter().any(|start| word.starts_with(start));
    word.ends_with("binary") || word.ends_with("blob") || matches!(word, "bit" | "vector") || is_shape
}

/// Returns the expression that gives a column's value as a literal.
pub(super) fn literal(column: &str, is_bytes: bool) -> String {
    match is_bytes {
        true => format!("COALESCE(CONCAT('x''', HEX({column}), ''''), 'NULL')"),
        false => format!("QUOTE({column})"),
    }
}

/// Returns the condition that a column holds the value of a literal made by [`literal`].
pub(super) fn holds(column: &str, value: &str) -> String {
    format!("{} = {}", literal(column, value.starts_with("x'")), text_literal(value))
}
