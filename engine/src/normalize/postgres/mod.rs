//! What PostgreSQL takes for the same: rules first, and what they leave open is asked.

mod canonical;
mod columns;
mod doubt;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::error::Result;
use crate::model::{Column, DataType, Expr, Pair, Schema, Table};
use crate::scratch::{Answer, Question};

pub(super) use canonical::canonical;
pub(super) use columns::{columns_in, rename_words};

/// `ask` has the database say how it spells what the rules can't tell to be the same.
pub(super) fn comparable(
    mut pair: Pair<Schema>,
    ask: impl FnMut(&[Question]) -> Result<Vec<Answer>>,
) -> Result<Pair<Schema>> {
    for schema in [&mut pair.from, &mut pair.to] {
        for table in schema.tables.values_mut() {
            drop_default_collations(table);
            table.columns.iter_mut().for_each(take_serial);
            super::take_plain_unique_indexes(table);
            spell_expressions(table);
        }
    }
    doubt::settle(&mut pair, ask)?;
    Ok(pair)
}

pub(super) fn rename_columns(expr: &Expr, renames: &BTreeMap<String, String>) -> Expr {
    let sql = columns::rename_in(&expr.sql, renames);
    if expr.canonical == expr.sql {
        return Expr::new(sql);
    }
    Expr { sql, canonical: columns::rename_in(&expr.canonical, renames) }
}

/// `default` is the collation that a text has unasked.
fn drop_default_collations(table: &mut Table) {
    let keys = table.indexes.iter_mut().flat_map(|index| &mut index.columns).map(|key| &mut key.collation);
    for collation in table.columns.iter_mut().map(|column| &mut column.collation).chain(keys) {
        collation.take_if(|collation| collation == "default");
    }
}

/// `serial` is no type but a way to write a numbered column.
fn take_serial(column: &mut Column) {
    let Some(word) = &column.sql_type else { return };
    let data_type = match word.trim().to_ascii_lowercase().as_str() {
        "smallserial" | "serial2" => DataType::SmallInt,
        "serial" | "serial4" => DataType::Integer,
        "bigserial" | "serial8" => DataType::BigInt,
        _ => return,
    };
    column.data_type = data_type;
    column.sql_type = None;
    column.auto_increment = true;
}

fn spell_expressions(table: &mut Table) {
    for expr in super::expressions_over_rows(table) {
        expr.canonical = canonical(&expr.sql);
    }
    for column in &mut table.columns {
        let canonical = column.default.as_ref().map(|default| canonical::canonical_default(&default.sql, column));
        match (canonical, &mut column.default) {
            (Some(Some(canonical)), Some(default)) => default.canonical = canonical,
            (Some(None), _) => column.default = None,
            (Some(Some(_)), None) | (None, _) => {}
        }
    }
}

/// A column's type in PostgreSQL's words.
fn sql_type(column: &Column, table: &Table) -> Option<String> {
    column.sql_type.clone().or_else(|| Dialect::Postgres.spelling(&column.data_type, &table.options))
}
