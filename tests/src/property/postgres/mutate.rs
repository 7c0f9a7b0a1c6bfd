//! Models become other models, with the hints that say how.

use super::models::{Kind, Models, Name, PLAIN, TEXT};
use crate::property::Draw;

/// Another state of the models.
pub(super) fn mutated(start: &Models, draw: &mut Draw<'_>) -> Models {
    let mut models = start.clone();
    for _ in 0..draw.below(12) {
        mutate(&mut models, draw);
    }
    models
}

fn mutate(models: &mut Models, draw: &mut Draw<'_>) {
    match draw.below(16) {
        0 => models.add_table(draw),
        1 => models.add_enum(draw),
        2 | 3 => rename(models, draw),
        4 => drop_table(models, draw),
        5..=7 => alter_enum(models, draw),
        _ => alter_table(models, draw),
    }
}

fn rename(models: &mut Models, draw: &mut Draw<'_>) {
    let new = models.name("", draw).sql;
    let (table, column) = (draw.below(models.tables.len()), draw.below(8));
    if draw.once_in(4) {
        let found = draw.below(models.enums.len());
        if let Some(found) = models.enums.get_mut(found) {
            give(&mut found.name, new);
        }
    } else if let Some(table) = models.tables.get_mut(table) {
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

fn alter_enum(models: &mut Models, draw: &mut Draw<'_>) {
    let position = draw.below(models.enums.len());
    let how = draw.below(6);
    let new = models.name("V", draw);
    let Some(found) = models.enums.get_mut(position) else { return };
    let at = draw.below(found.values.len());
    match how {
        0 => found.values.push(new),
        1 => found.values.insert(at, new),
        2 => give(&mut found.values[at], new.sql),
        3 if found.values.len() > 1 => drop(found.values.remove(at)),
        4 => found.values.reverse(),
        _ => found.comment = Models::comment(draw),
    }
}

fn alter_table(models: &mut Models, draw: &mut Draw<'_>) {
    let position = draw.below(models.tables.len());
    let how = draw.below(16);
    let new = models.column(draw);
    let kind = models.kind(draw);
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
        13 if !is_key => {
            table.columns[at].numbers = new.numbers;
            table.columns[at].comment = new.comment;
            if new.numbers.is_some() {
                table.columns[at].kind = Kind::Plain(super::models::INTEGER);
            }
        }
        14 if !is_key => {
            let source = draw.below(table.columns.len());
            table.columns[at].doubles = Some(table.columns[source].name.rust.clone()).filter(|_| source != at);
            table.columns[at].kind = Kind::Plain(super::models::INTEGER);
            table.columns[at].references = None;
        }
        _ => convert(models, position, at, kind, draw),
    }
}

/// Gives a column another type; what points at it follows.
fn convert(models: &mut Models, table: usize, at: usize, wanted: Kind, draw: &mut Draw<'_>) {
    let name = models.tables[table].name.rust.clone();
    let column = &mut models.tables[table].columns[at];
    if column.numbers.is_some() || (column.references.is_some() && at > 0) {
        return;
    }
    let kind = match (&column.kind, wanted) {
        (Kind::Plain(TEXT), wanted @ Kind::Enum(_)) if at > 0 => wanted,
        (Kind::Plain(from), _) => Kind::Plain(draw.of(PLAIN[*from].becomes).unwrap_or(*from)),
        (Kind::Enum(_) | Kind::Enums(_), _) => Kind::Plain(TEXT),
    };
    column.kind = kind.clone();
    if at == 0 {
        let all = models.tables.iter_mut().flat_map(|table| &mut table.columns);
        for child in all.filter(|child| child.references.as_ref().is_some_and(|(parent, ..)| *parent == name)) {
            child.kind = kind.clone();
        }
    }
}
