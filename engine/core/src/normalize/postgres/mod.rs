//! What is the same to PostgreSQL: rules first, then questions about what they leave open.

mod heirs;
mod renames;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::dialect::Dialect;
use crate::error::Result;
use crate::model::{BystanderKind, Column, DataType, Nulls, Numbering, Pair, Schema, Table, TableOptions};
use crate::spelling::{Answer, Question};
use crate::sql::NamedType;
use crate::sql::expressions_over_rows;
use crate::sql::postgres::{canonical, canonical_default, rename_in};

use super::open_questions::{self, Spellings};

const SPELLINGS: Spellings =
    Spellings { dialect: Dialect::Postgres, canonical, canonical_default, rename_in, inherits_collations: true };

/// Applies PostgreSQL's rules to both schemas, then asks the database about the rest. `ask` returns how the database
/// spells what the rules can't recognize as the same.
pub(super) fn comparable(
    mut pair: Pair<Schema>,
    mut ask: impl FnMut(&[Question]) -> Result<Vec<Answer>>,
) -> Result<Pair<Schema>> {
    heirs::take_inherited(&mut pair);
    take_domains(&mut pair);
    for schema in [&mut pair.from, &mut pair.to] {
        for table in schema.tables.values_mut() {
            drop_default_collations(table);
            table.columns.iter_mut().for_each(spell_type);
            spell_indexes(table);
            super::take_plain_unique_indexes(table);
            spell_expressions(table);
        }
    }
    let renames = renames::pending(&pair);
    open_questions::settle(&mut pair, &SPELLINGS, |questions| renames::asking(&renames, questions, &mut ask))?;
    Ok(pair)
}

/// Takes over the type of live columns that have a domain, where a stock definition declares them. To Diesel a domain
/// is its base type: a stock definition can't name the domain, so it doesn't judge it.
fn take_domains(pair: &mut Pair<Schema>) {
    let domains = pair.from.bystanders.iter().filter(|object| object.kind == BystanderKind::Domain);
    let domains: BTreeSet<&str> = domains.map(|domain| domain.name.as_str()).collect();
    for table in pair.to.tables.values_mut().filter(|table| !table.speaks.lengths) {
        let Some(there) = pair.from.tables.get(&table.name) else { continue };
        for column in table.columns.iter_mut().filter(|column| column.sql_type.is_none()) {
            let Some(live) = there.column(&column.name) else { continue };
            let named = NamedType::of_column(live, Dialect::Postgres).filter(|named| !named.is_array);
            if named.is_some_and(|named| domains.contains(named.name.to_string().as_str())) {
                column.data_type = live.data_type.clone();
            }
        }
    }
}

/// Removes the collation `default`, which a text has anyway.
fn drop_default_collations(table: &mut Table) {
    let keys = table.rules.stated_indexes_mut().flat_map(|index| &mut index.columns).map(|key| &mut key.collation);
    for collation in table.columns.iter_mut().map(|column| &mut column.collation).chain(keys) {
        collation.take_if(|collation| collation == "default");
    }
}

/// Spells a column's stated type as PostgreSQL usually does, where a type has several spellings. Turns `serial` into
/// a numbered column, because it is a way to write one and not a type.
fn spell_type(column: &mut Column) {
    let Some(stated) = &mut column.sql_type else { return };
    let numbered = match stated.trim().to_ascii_lowercase().as_str() {
        "smallserial" | "serial2" => Some(DataType::SmallInt),
        "serial" | "serial4" => Some(DataType::Integer),
        "bigserial" | "serial8" => Some(DataType::BigInt),
        _ => None,
    };
    if let Some(data_type) = numbered {
        column.data_type = data_type;
        column.sql_type = None;
        column.auto_increment = true;
        column.numbering = Some(Numbering::Serial);
    } else if let Some(usual) =
        Dialect::Postgres.spelling(&Dialect::Postgres.data_type(stated), &TableOptions::default())
    {
        *stated = usual;
    }
}

/// Removes from indexes what they would have by default: the usual method and the usual place of NULLs.
fn spell_indexes(table: &mut Table) {
    for index in table.rules.stated_indexes_mut() {
        index.method.iter_mut().for_each(|method| method.make_ascii_lowercase());
        index.method.take_if(|method| method == "btree");
        for key in &mut index.columns {
            let usual = if key.descending { Nulls::First } else { Nulls::Last };
            key.nulls.take_if(|nulls| *nulls == usual);
        }
    }
}

fn spell_expressions(table: &mut Table) {
    for expr in expressions_over_rows(table) {
        expr.canonical = canonical(&expr.sql);
    }
    for column in &mut table.columns {
        let canonical = column.default.as_ref().map(|default| canonical_default(&default.sql, column));
        match (canonical, &mut column.default) {
            (Some(Some(canonical)), Some(default)) => default.canonical = canonical,
            (Some(None), _) => column.default = None,
            (Some(Some(_)), None) | (None, _) => {}
        }
    }
}
