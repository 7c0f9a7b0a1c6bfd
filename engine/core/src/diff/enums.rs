//! Enumerated types on both sides, and what a schema is after one changed.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::model::{Change, Edit, EnumType, EnumValue, Expr, Pair, Rename, Schema, Table, TableName};
use crate::sql::NamedType;
use crate::sql::{expressions_over_rows, rename_enum_value, rename_type};

use super::column::unjudged;
use super::values::{due, in_turn};
use super::{apply, apply_all};

/// Returns the renames of types and values that definitions state and that aren't done yet. Applies them to `state`.
pub(crate) fn renames(state: &mut Schema, wanted: &Schema, dialect: Dialect) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut push = |state: &mut Schema, change| {
        let change = Change::Rename(change);
        apply(state, &change, dialect);
        changes.push(change);
    };
    for declared in wanted.enums.values() {
        let Some(old) = &declared.hints.renamed_from else { continue };
        let old = TableName { schema: declared.name.schema.clone(), name: old.clone() };
        let is_there = |name: &TableName| state.enums.contains_key(name);
        if is_there(&old) && !is_there(&declared.name) && !wanted.enums.contains_key(&old) {
            push(state, Rename::Enum(Pair::new(old, declared.name.clone())));
        }
    }
    for declared in wanted.enums.values() {
        let Some(live) = state.enums.get(&declared.name).map(EnumType::names) else { continue };
        let hint = |value: &EnumValue| Some(Pair::new(value.renamed_from.clone()?, value.name.clone()));
        let hints: Vec<_> = declared.values.iter().filter_map(hint).collect();
        for names in in_turn(&due(&hints, &live, &declared.names()), &live) {
            push(state, Rename::EnumValue(declared.name.clone(), names));
        }
    }
    changes
}

/// Returns the changes to types that are new or differ. Tables need these before they change.
pub(super) fn changes(state: &Schema, wanted: &Schema, dialect: Dialect) -> Vec<Change> {
    let mut changes = Vec::new();
    for declared in wanted.enums.values() {
        let name = &declared.name;
        let Some(live) = state.enums.get(name) else {
            if declared.speaks.values {
                changes.push(Edit::Add(declared.clone()));
            }
            continue;
        };
        let mut wanted = live.clone();
        let names = wanted_values(&live.names(), declared);
        if declared.speaks.values && names != live.names() {
            wanted.values = names.into_iter().map(|name| EnumValue { name, renamed_from: None }).collect();
        }
        if declared.speaks.comment && dialect.facts().comments {
            wanted.comment.clone_from(&declared.comment);
        }
        if wanted != *live {
            changes.push(Edit::alter(live.clone(), wanted));
        }
    }
    changes.into_iter().map(Change::Enum).collect()
}

/// Returns the values that a definition wants, in the definition's order. Keeps the live order where the definition
/// doesn't speak of order.
fn wanted_values(live: &[String], declared: &EnumType) -> Vec<String> {
    let wanted = declared.names();
    if declared.speaks.order {
        return wanted;
    }
    let mut values: Vec<String> = live.iter().filter(|value| wanted.contains(value)).cloned().collect();
    for (at, value) in wanted.iter().enumerate().filter(|(_, value)| !live.contains(value)) {
        let before = at.checked_sub(1).and_then(|before| values.iter().position(|other| *other == wanted[before]));
        values.insert(before.map_or(values.len(), |before| before + 1), value.clone());
    }
    values
}

/// Returns the drops of types that nothing defines any more, and that nothing uses once the tables have changed. A
/// table that isn't judged, or whose definition can't tell the type of a column, still uses that column's type.
pub(super) fn drops(state: &Schema, wanted: &Schema, of_tables: &[Change], dialect: Dialect) -> Vec<Change> {
    let gone: Vec<&EnumType> = state.enums.values().filter(|live| !wanted.enums.contains_key(&live.name)).collect();
    if gone.is_empty() {
        return Vec::new();
    }
    let after = apply_all(state.clone(), of_tables, dialect);
    // A new column whose type no source in sight defines may have any of these types.
    let mut columns = after.tables.values().flat_map(|table| table.columns.iter().map(move |column| (table, column)));
    if columns.any(|(table, column)| unjudged(column, dialect, &table.options)) {
        return Vec::new();
    }
    let free = gone.into_iter().filter(|live| {
        // A type stays if something uses it that isn't part of a table, or is part of another owner's table.
        let is_owned = |table: &TableName| state.tables.contains_key(table);
        live.users.iter().all(|user| user.table.as_ref().is_some_and(is_owned))
            && !after.tables.values().any(|table| uses(table, &live.name, dialect))
    });
    free.map(|live| Change::Enum(Edit::Drop(live.clone()))).collect()
}

/// Checks whether a column of the table has this type, or is an array of it.
fn uses(table: &Table, name: &TableName, dialect: Dialect) -> bool {
    table.columns.iter().any(|column| NamedType::of_column(column, dialect).is_some_and(|found| found.name == *name))
}

/// Makes one change to the types of a schema.
pub(super) fn apply_to(schema: &mut Schema, edit: &Edit<EnumType>) {
    match edit {
        Edit::Add(found) => {
            schema.note_namespace(&found.name);
            schema.enums.insert(found.name.clone(), found.clone());
        }
        Edit::Drop(found) => {
            schema.enums.remove(&found.name);
        }
        Edit::Alter(types) => {
            if let Some(found) = schema.enums.get_mut(&types.from.name) {
                found.values.clone_from(&types.to.values);
                found.comment.clone_from(&types.to.comment);
            }
        }
    }
}

pub(super) fn rename(schema: &mut Schema, names: &Pair<TableName>, dialect: Dialect) {
    if let Some(found) = schema.enums.remove(&names.from) {
        schema.enums.insert(names.to.clone(), EnumType { name: names.to.clone(), ..found });
    }
    for table in schema.tables.values_mut() {
        for column in &mut table.columns {
            if let Some(found) = NamedType::of_column(column, dialect).filter(|found| found.name == names.from) {
                let words = NamedType { name: names.to.clone(), ..found }.words();
                column.data_type = dialect.data_type(&words);
                column.sql_type = Some(words);
            }
        }
        respell(table, |expr| rename_type(dialect, expr, names));
    }
}

/// Renames a value in expressions, which hold it as a text of the type and follow it as the database's own do.
pub(super) fn rename_value(schema: &mut Schema, name: &TableName, values: &Pair<String>, dialect: Dialect) {
    if let Some(found) = schema.enums.get_mut(name) {
        for value in found.values.iter_mut().filter(|value| value.name == values.from) {
            value.name.clone_from(&values.to);
        }
    }
    for table in schema.tables.values_mut().filter(|table| uses(table, name, dialect)) {
        respell(table, |expr| rename_enum_value(dialect, expr, name, values));
    }
}

/// Replaces every expression of a table, defaults included.
fn respell(table: &mut Table, respelled: impl Fn(&Expr) -> Expr) {
    for default in table.columns.iter_mut().filter_map(|column| column.default.as_mut()) {
        *default = respelled(default);
    }
    for expr in expressions_over_rows(table) {
        *expr = respelled(expr);
    }
}

/// Finds drops that look like renames: a type is gone and one with the same values is new.
pub(super) fn likely_renames(changes: &[Change]) -> Vec<Pair<String>> {
    let created: BTreeMap<Vec<String>, &EnumType> = changes
        .iter()
        .filter_map(|change| if let Change::Enum(Edit::Add(new)) = change { Some((new.names(), new)) } else { None })
        .collect();
    let dropped =
        changes.iter().filter_map(|change| if let Change::Enum(Edit::Drop(old)) = change { Some(old) } else { None });
    dropped
        .filter_map(|old| Some(Pair::new(old.name.to_string(), created.get(&old.names())?.name.to_string())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stock_enum_has_new_values_but_no_order() {
        let live = ["a", "b", "c"].map(str::to_owned);
        let mut declared = EnumType::new(TableName::new("kind"), ["c", "new", "a", "b"]);
        assert_eq!(wanted_values(&live, &declared), ["c", "new", "a", "b"]);
        declared.speaks.order = false;
        assert_eq!(wanted_values(&live, &declared), ["a", "b", "c", "new"]);
        declared.values.truncate(1);
        assert_eq!(wanted_values(&live, &declared), ["c"]);
    }
}
