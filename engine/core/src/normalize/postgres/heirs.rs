//! Inherited tables: a parent's change to a column holds for its heirs.

use crate::model::{Column, Pair, Schema, Table, TableName};

/// Adds to heirs' definitions the columns that they leave to their parents. A column that is new in both is the
/// parent's.
pub(super) fn take_inherited(pair: &mut Pair<Schema>) {
    let heirs: Vec<TableName> = pair
        .from
        .tables
        .values()
        .filter(|table| !table.lineage.parents.is_empty())
        .map(|table| table.name.clone())
        .collect();
    let mut waiting = heirs;
    while !waiting.is_empty() {
        // Parents that are heirs themselves come first.
        let is_ready = |name: &TableName| {
            pair.from.tables[name].lineage.parents.iter().all(|parent| parent == name || !waiting.contains(parent))
        };
        let (ready, rest): (Vec<_>, Vec<_>) = waiting.iter().cloned().partition(is_ready);
        if ready.is_empty() {
            return;
        }
        for name in ready {
            complete(&name, pair);
        }
        waiting = rest;
    }
}

fn complete(name: &TableName, pair: &mut Pair<Schema>) {
    let live = &pair.from.tables[name];
    let parents = live.lineage.parents.iter();
    let parents: Vec<(Option<&Table>, &Table)> = parents
        .filter_map(|parent| {
            let there = pair.from.tables.get(parent);
            pair.to.tables.get(parent).or(there).map(|wanted| (there, wanted))
        })
        .collect();
    let Some(heir) = pair.to.tables.get(name) else { return };
    let mut columns = heir.columns.clone();
    for (there, wanted) in parents {
        for column in &wanted.columns {
            let is_there = live.column(&column.name);
            match columns.iter_mut().find(|own| own.name == column.name) {
                Some(own) if is_there.is_none() => own.inherited = is_alike(own, column),
                Some(_) => {}
                None => columns.push(inherited(column, there.and_then(|there| there.column(&column.name)), is_there)),
            }
        }
    }
    if let Some(heir) = pair.to.tables.get_mut(name) {
        heir.columns = columns;
    }
}

/// Returns a parent's column as its heir has it: the heir's own column with the changes that the parent gets.
fn inherited(wanted: &Column, before: Option<&Column>, own: Option<&Column>) -> Column {
    let Some(own) = own else {
        return Column { inherited: true, auto_increment: false, numbering: None, ..wanted.clone() };
    };
    let mut column = Column { hints: wanted.hints.clone(), ..own.clone() };
    if before.is_none_or(|before| before.data_type != wanted.data_type) {
        column.data_type = wanted.data_type.clone();
        column.sql_type.clone_from(&wanted.sql_type);
    }
    if before.is_none_or(|before| before.nullable != wanted.nullable) {
        column.nullable = wanted.nullable;
    }
    column
}

fn is_alike(own: &Column, parents: &Column) -> bool {
    (&own.data_type, &own.sql_type, own.nullable, &own.default, &own.generated, own.auto_increment)
        == (&parents.data_type, &parents.sql_type, parents.nullable, &parents.default, &parents.generated, false)
}
