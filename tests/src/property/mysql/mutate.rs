//! Models become other models, with the hints that say how.

use super::models::{INTEGER, Models, Name, PLAIN};
use crate::property::draw::Draw;

/// Another state of the models.
pub(super) fn mutated(start: &Models, draw: &mut Draw<'_>) -> Models {
    let mut models = start.clone();
    for _ in 0..draw.below(24) {
        match draw.below(16) {
            15 => models.add_table(draw),
            13 | 14 => rename(&mut models, draw),
            12 => drop_table(&mut models, draw),
            _ => alter_table(&mut models, draw),
        }
    }
    models
}

fn rename(models: &mut Models, draw: &mut Draw<'_>) {
    let new = models.name("", draw).sql;
    let (table, column) = (draw.below(models.tables.len()), draw.below(8));
    if let Some(table) = models.tables.get_mut(table) {
        match table.columns.get_mut(column) {
            Some(column) => give(&mut column.name, new),
            None => give(&mut table.name, new),
        }
    }
}

/// What counts is the name that the start knows.
fn give(name: &mut Name, new: String) {
    let old = std::mem::replace(&mut name.sql, new);
    name.was.get_or_insert(old);
}

fn drop_table(models: &mut Models, draw: &mut Draw<'_>) {
    if models.tables.len() > 1 {
        let position = draw.below(models.tables.len());
        models.tables.remove(position);
    }
}

fn alter_table(models: &mut Models, draw: &mut Draw<'_>) {
    let position = draw.below(models.tables.len());
    let how = draw.below(18);
    let new = models.column(draw);
    if how < 4 {
        return models.add_rule(position, draw);
    }
    let table = &mut models.tables[position];
    let at = draw.below(table.columns.len());
    let is_key = at == 0;
    match how {
        4..=6 if !table.rules.is_empty() => drop(table.rules.remove(draw.below(table.rules.len()))),
        7 => table.columns.push(new),
        8 if !is_key => drop(table.columns.remove(at)),
        9 => table.pair_key = !table.pair_key,
        10 => table.comment = Models::comment(draw),
        11 if !is_key => table.columns[at].required = !table.columns[at].required,
        12 => table.columns[at].default = draw.once_in(2).then(|| draw.below(3)),
        13 => table.columns[at].comment = new.comment,
        14 if !is_key => {
            let source = draw.below(table.columns.len());
            let column = table.columns[source].name.rust.clone();
            let is_given_up = table.columns[at].doubles.is_some() && draw.once_in(2);
            table.columns[at].doubles = Some((column, draw.once_in(2))).filter(|_| source != at && !is_given_up);
            table.columns[at].kind = INTEGER;
            table.columns[at].references = None;
        }
        15 if !is_key => table.columns[at].collated = !table.columns[at].collated,
        16 if !is_key => table.columns[at].references = None,
        _ => convert(models, position, at, draw),
    }
}

/// Gives a column another type; what points at it follows.
fn convert(models: &mut Models, table: usize, at: usize, draw: &mut Draw<'_>) {
    let name = models.tables[table].name.rust.clone();
    let column = &mut models.tables[table].columns[at];
    if column.numbered || (column.references.is_some() && at > 0) {
        return;
    }
    let wanted = draw.of(PLAIN[column.kind].becomes).unwrap_or(column.kind);
    if at > 0 {
        column.kind = wanted;
        return;
    }
    // A key is a number of another width, or stays what it is.
    let widths = [INTEGER, 2, 13, 14];
    if !(widths.contains(&column.kind) && widths.contains(&wanted)) {
        return;
    }
    column.kind = wanted;
    let all = models.tables.iter_mut().flat_map(|table| &mut table.columns);
    for child in all.filter(|child| child.references.as_ref().is_some_and(|(parent, _)| *parent == name)) {
        child.kind = wanted;
    }
}
