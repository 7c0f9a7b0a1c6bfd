//! Values of a column that have other names after a change, where the column holds them as texts.

use crate::dialect::Dialect;
use crate::model::{Column, Pair, RenamedValues};

/// Checks whether values of a column have other names after a change.
pub(crate) fn renames_values(columns: &Pair<Column>) -> bool {
    !RenamedValues::between(columns).is_empty()
}

/// Returns the expression that gives a value its new name, or `None` where nothing is renamed. All renames happen at
/// once.
pub(super) fn expr(value: &str, columns: &Pair<Column>, dialect: Dialect) -> Option<String> {
    let cases: Vec<String> = RenamedValues::between(columns)
        .iter()
        .map(|names| format!("WHEN {} THEN {}", dialect.text_literal(&names.from), dialect.text_literal(&names.to)))
        .collect();
    (!cases.is_empty()).then(|| format!("CASE {value} {} ELSE {value} END", cases.join(" ")))
}

/// Returns the condition for rows that have a value under its old name.
pub(super) fn holders(value: &str, columns: &Pair<Column>, dialect: Dialect) -> String {
    let old: Vec<String> =
        RenamedValues::between(columns).iter().map(|names| dialect.text_literal(&names.from)).collect();
    format!("{value} IN ({})", old.join(", "))
}
