//! What MySQL takes for the same: rules first, and what they leave open is asked.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Result;
use crate::model::{Expr, Pair, Schema};
use crate::scratch::{Answer, Question};

/// `ask` has the database say how it spells what the rules can't tell to be the same.
pub(super) fn comparable(
    mut pair: Pair<Schema>,
    _: impl FnMut(&[Question]) -> Result<Vec<Answer>>,
) -> Result<Pair<Schema>> {
    for schema in [&mut pair.from, &mut pair.to] {
        schema.tables.values_mut().for_each(super::take_plain_unique_indexes);
    }
    Ok(pair)
}

pub(super) fn canonical(sql: &str) -> String {
    sql.to_owned()
}

pub(super) fn columns_in(_: &str) -> BTreeSet<String> {
    BTreeSet::new()
}

pub(super) fn rename_columns(expr: &Expr, _: &BTreeMap<String, String>) -> Expr {
    expr.clone()
}

pub(super) fn rename_words(sql: &str, _: &str, _: &str) -> String {
    sql.to_owned()
}
