//! Names that are taken from one another in a circle. After such a rename everything has the names that it had
//! before, so no database can tell whether it was done.

use crate::error::{Code, Diagnostic};
use crate::model::{Hints, Schema, Table};

use super::table::Context;

/// Checks the renames of a table's columns.
pub(super) fn check_columns(table: &Table, context: &mut Context<'_, '_>) {
    let named: Vec<_> = table.columns.iter().map(|column| (column.name.as_str(), &column.hints)).collect();
    check(&format!("columns of `{}`", table.name), &named, true, context);
}

/// Checks the renames of an owner's tables.
pub(super) fn check_tables(schema: &Schema, context: &mut Context<'_, '_>) {
    let named: Vec<_> = schema.tables.values().map(|table| (table.name.name.as_str(), &table.hints)).collect();
    // Where file names ignore case, a table has only one spelling.
    check("tables", &named, false, context);
}

fn check(what: &str, named: &[(&str, &Hints)], is_spelling_kept: bool, context: &mut Context<'_, '_>) {
    let facts = context.dialect.facts();
    let before = |position: usize| {
        let old = named[position].1.renamed_from.as_ref()?;
        named.iter().position(|(name, _)| facts.same_name(name, old))
    };
    for start in 0..named.len() {
        let steps = std::iter::successors(before(start), |position| before(*position)).take(named.len());
        let mut circle = vec![start];
        circle.extend(steps.take_while(|position| *position != start));
        // Reported once, where the circle begins. A rename that only leads into a circle isn't part of it.
        let is_circle = circle.last().is_some_and(|last| before(*last) == Some(start));
        if !is_circle || circle.iter().any(|position| *position < start) {
            continue;
        }
        // A database keeps the case of letters, so it can tell whether such a rename was done.
        let (name, hints) = named[start];
        if circle.len() == 1 && is_spelling_kept && hints.renamed_from.as_deref() != Some(name) {
            continue;
        }
        let names: Vec<_> = circle.iter().map(|position| format!("`{}`", named[*position].0)).collect();
        let message = match names.as_slice() {
            [only] => format!("of the {what}, {only} is renamed from itself"),
            several => format!("of the {what}, {} are renamed from each other", several.join(" and ")),
        };
        let mut diagnostic = Diagnostic::error(Code::RenameCircle, message).help(
            "no database can tell whether that was done: give one a third name and write that revision, then \
             the names that you want and the next",
        );
        for position in circle {
            if let Some(place) = &named[position].1.place {
                diagnostic = diagnostic.at(place.clone(), "");
            }
        }
        context.diagnostics.push(diagnostic);
    }
}
