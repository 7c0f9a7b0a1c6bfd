//! What is the same to SQLite.

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};

use crate::dialect::Dialect;
use crate::error::Result;
use crate::model::{Column, DataType, IndexKey, Pair, Schema, Table, TableOptions};
use crate::spelling::{Constant, stored_values};
use crate::sql::expressions_over_rows;
use crate::sql::sqlite::{canonical_among, canonical_default, is_constant};

/// What every table that isn't `WITHOUT ROWID` calls its row number.
const ROWIDS: [&str; 3] = ["rowid", "oid", "_rowid_"];

pub(super) fn comparable(mut pair: Pair<Schema>) -> Result<Pair<Schema>> {
    leave_out_rowids(&mut pair);
    take_rowid_types(&mut pair);
    let mut read = ReadDefaults::default();
    for schema in [&mut pair.from, &mut pair.to] {
        for table in schema.tables.values_mut() {
            fold_collations(table);
            super::take_plain_unique_indexes(table);
            spell_expressions(table, &mut read);
        }
    }
    spell_defaults(&mut pair, &mut read)?;
    Ok(pair)
}

/// Defaults that were read before. Thousands of columns have the same few.
#[derive(Default)]
struct ReadDefaults {
    /// As they are compared.
    canonical: HashMap<String, String>,
    /// Whether they always have the same value.
    are_constant: HashMap<String, bool>,
}

impl ReadDefaults {
    fn canonical(&mut self, sql: &str) -> String {
        if let Some(known) = self.canonical.get(sql) {
            return known.clone();
        }
        let found = canonical_default(sql);
        self.canonical.insert(sql.to_owned(), found.clone());
        found
    }

    fn is_constant(&mut self, sql: &str) -> bool {
        if let Some(known) = self.are_constant.get(sql) {
            return *known;
        }
        let found = is_constant(sql);
        self.are_constant.insert(sql.to_owned(), found);
        found
    }
}

/// Removes the row number from stock definitions. Every such table has one without saying so, but a stock definition
/// may name it as a column and as the key that Diesel requires.
fn leave_out_rowids(pair: &mut Pair<Schema>) {
    for table in pair.to.tables.values_mut().filter(|table| !table.speaks.options) {
        let Some(live) = pair.from.tables.get(&table.name).filter(|live| !live.options.without_rowid) else { continue };
        let is_rowid = |name: &str| ROWIDS.contains(&name.to_ascii_lowercase().as_str()) && live.column(name).is_none();
        table.columns.retain(|column| !is_rowid(&column.name));
        if table.primary_key.as_ref().is_some_and(|key| key.columns.iter().any(|name| is_rowid(name))) {
            table.primary_key.clone_from(&live.primary_key);
        }
    }
}

/// Takes over the type of a live row number. SQLite makes a column the row number only if its type is the word
/// INTEGER, which holds 64 bits. Hosts declare such a column as `Integer` or as `BigInt`, and both are right.
fn take_rowid_types(pair: &mut Pair<Schema>) {
    for table in pair.to.tables.values_mut() {
        let old_name = table.hints.renamed_from.as_ref().map(|name| {
            let mut old = table.name.clone();
            old.name.clone_from(name);
            old
        });
        let live = pair.from.tables.get(&table.name).or_else(|| pair.from.tables.get(&old_name?));
        let Some(rowid) = live.and_then(rowid_alias) else { continue };
        let same = |column: &&mut Column| {
            column.name == rowid.name || column.hints.renamed_from.as_deref() == Some(rowid.name.as_str())
        };
        // A table that gives up its row numbers keeps its key's own type.
        if table.speaks.options && table.options.without_rowid {
            continue;
        }
        let is_whole_key = |name: &str| table.primary_key.as_ref().is_some_and(|key| key.columns == [name]);
        if let Some(column) = table.columns.iter_mut().find(same)
            && is_whole_key(&column.name)
            && column.sql_type.is_none()
            && matches!(column.data_type, DataType::Integer | DataType::BigInt)
        {
            column.data_type.clone_from(&rowid.data_type);
        }
    }
}

/// Returns the column that is another name for the rowid.
fn rowid_alias(table: &Table) -> Option<&Column> {
    let key = table.primary_key.as_ref().filter(|_| !table.options.without_rowid)?;
    let [name] = key.columns.as_slice() else { return None };
    let column = table.column(name)?;
    column.sql_type.as_deref()?.eq_ignore_ascii_case("integer").then_some(column)
}

/// Spells collations in one case, and removes those that only state the default.
fn fold_collations(table: &mut Table) {
    const UNASKED: &str = "BINARY";
    for column in &mut table.columns {
        column.collation = column.collation.take().map(|word| word.to_ascii_uppercase()).filter(|word| word != UNASKED);
    }
    for key in table.rules.indexes_mut().flat_map(|index| &mut index.columns) {
        let column = match &key.key {
            IndexKey::Column(name) => table.columns.iter().find(|column| column.name == *name),
            IndexKey::Expr(_) => None,
        };
        let unasked = column.and_then(|column| column.collation.as_deref()).unwrap_or(UNASKED);
        key.collation = key.collation.take().map(|word| word.to_ascii_uppercase()).filter(|word| word != unasked);
    }
}

fn spell_expressions(table: &mut Table, read: &mut ReadDefaults) {
    if expressions_over_rows(table).next().is_some() {
        let names = table.columns.iter().map(|column| column.name.to_ascii_lowercase());
        // Every rowid table has these too.
        let columns: BTreeSet<String> = names.chain(ROWIDS.map(str::to_owned)).collect();
        for expr in expressions_over_rows(table) {
            expr.canonical = canonical_among(&expr.sql, Some(&columns));
        }
    }
    for default in table.columns.iter_mut().filter_map(|column| column.default.as_mut()) {
        default.canonical = read.canonical(&default.sql);
    }
}

/// Replaces constant defaults with the value that the column would store, because `'0'`, `FALSE` and `(1 - 1)` are
/// the same default for an integer column. Removes a default of NULL, which every column has anyway.
fn spell_defaults(pair: &mut Pair<Schema>, read: &mut ReadDefaults) -> Result<()> {
    let mut constants = BTreeSet::new();
    for table in pair.from.tables.values().chain(pair.to.tables.values()) {
        constants.extend(table.columns.iter().filter_map(|column| constant_default(column, &table.options, read)));
    }
    let values = stored_values(&constants)?;
    for table in pair.from.tables.values_mut().chain(pair.to.tables.values_mut()) {
        for column in &mut table.columns {
            let value = constant_default(column, &table.options, read).and_then(|constant| values.get(&constant));
            if let (Some(value), Some(default)) = (value, &mut column.default) {
                default.canonical.clone_from(value);
            }
            column.default.take_if(|default| default.canonical == "NULL");
        }
    }
    Ok(())
}

fn constant_default(column: &Column, options: &TableOptions, read: &mut ReadDefaults) -> Option<Constant> {
    let sql = &column.default.as_ref()?.canonical;
    if !read.is_constant(sql) {
        return None;
    }
    let declared = || Dialect::Sqlite.spelling(&column.data_type, options);
    let sql_type = column.sql_type.clone().or_else(declared).unwrap_or_default();
    // In strict tables the type ANY leaves values alone. Elsewhere it has numeric affinity.
    let is_any = options.strict && sql_type.eq_ignore_ascii_case("any");
    let sql_type = if is_any { "BLOB".to_owned() } else { sql_type };
    Some(Constant { sql: sql.clone(), sql_type })
}
