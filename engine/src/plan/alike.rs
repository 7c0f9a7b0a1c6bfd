//! Rows that would be alike, where a rule forbids it, once columns were filled or converted.
//!
//! The database would stop too, but after much work, and without saying how many rows there are.

use crate::dialect::Dialect;
use crate::model::{Column, Table};
use crate::normalize::columns_in;

use super::stricter::column::equates_more;
use super::stricter::unique::is_implied;
use super::{Guard, guard};

/// What a column of the new table holds, as far as the old row tells.
pub(super) enum Value {
    /// What it holds now.
    Same,
    /// The value of this expression over the old row.
    Expr(String),
    /// Something that is never alike, or that nobody knows yet.
    Unknown,
}

/// Guards of the unique rules and the key that speak of values that change. New unique rules over
/// values that stay are somebody else's.
pub(super) fn guards(before: &Table, after: &Table, dialect: Dialect, value: impl Fn(&Column) -> Value) -> Vec<Guard> {
    let key_before = before.primary_key.as_ref().map(|key| &key.columns);
    let key = after.primary_key.as_ref().map(|key| &key.columns);
    let is_new_key = key_before != key && !key.is_some_and(|key| is_implied(key, false, before));
    let uniques = after.uniques.iter().map(|unique| (&unique.columns, false));
    let rules = key.map(|key| (key, is_new_key)).into_iter().chain(uniques);
    rules.filter_map(|(columns, is_new_key)| rule((before, after), columns, is_new_key, dialect, &value)).collect()
}

fn rule(
    (before, after): (&Table, &Table),
    columns: &[String],
    is_new_key: bool,
    dialect: Dialect,
    value: &impl Fn(&Column) -> Value,
) -> Option<Guard> {
    let facts = dialect.facts();
    let mut exprs = Vec::new();
    let mut all_same = true;
    for name in columns {
        let column = after.column(name)?;
        let old = before.column(name);
        let mut expr = match whole((before, after), column, dialect, value) {
            Value::Unknown => return None,
            Value::Same => facts.quoted(name),
            Value::Expr(expr) => {
                all_same = false;
                format!("({expr})")
            }
        };
        if facts.collations_equate && old.map(|old| &old.collation) != Some(&column.collation) {
            all_same &= old.is_some_and(|old| !equates_more(old, column, dialect));
            if let Some(collation) = column.collation.as_deref().or(facts.plain_collation) {
                expr = format!("{expr} COLLATE {collation}");
            }
        }
        exprs.push(expr);
    }
    (!all_same || is_new_key).then(|| guard::alike(&before.name, columns, &exprs, facts))
}

/// A column's value, computed columns included.
fn whole(
    (before, after): (&Table, &Table),
    column: &Column,
    dialect: Dialect,
    value: &impl Fn(&Column) -> Value,
) -> Value {
    let Some(generated) = &column.generated else { return value(column) };
    let reads_same = columns_in(dialect, &generated.expr).iter().all(|name| {
        let read = after.column(name).filter(|read| read.generated.is_none() && before.column(name).is_some());
        read.is_some_and(|read| matches!(value(read), Value::Same))
    });
    let is_old = before.column(&column.name).is_some_and(|old| old.generated == column.generated);
    match (reads_same, is_old) {
        (true, true) => Value::Same,
        (true, false) => Value::Expr(generated.expr.sql.clone()),
        (false, _) => Value::Unknown,
    }
}
