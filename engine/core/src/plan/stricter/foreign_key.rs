//! Foreign keys: rows that point nowhere.

use crate::model::ForeignKey;
use crate::plan::{HazardKind, guard};

use super::{Stricter, Tables};

/// Returns what a foreign key makes stricter, or `None` if an old one references the same rows and is at least as
/// strict.
pub(super) fn rule(key: &ForeignKey, tables: &Tables<'_>) -> Option<Stricter> {
    let (before, after, facts) = (tables.before, tables.after, tables.dialect.facts());
    let allows_halves =
        |key: &ForeignKey| !key.match_full && key.columns.len() > 1 && !tables.are_required(&key.columns);
    let is_known = |old: &ForeignKey| {
        old.validated
            && old.columns == key.columns
            && old.references == key.references
            && old.referenced_columns == key.referenced_columns
            && (!allows_halves(old) || allows_halves(key))
    };
    if before.rules.foreign_keys().any(is_known) {
        return None;
    }
    // Half a key points at nothing.
    let comes_as_null = |name: &String| {
        let default = after.column(name).and_then(|column| column.default.as_ref());
        before.column(name).is_none() && default.is_some_and(|default| default.sql.eq_ignore_ascii_case("null"))
    };
    if !key.match_full && key.columns.iter().any(comes_as_null) {
        return None;
    }
    let is_old = tables.has(&key.columns);
    let rows = match is_old {
        true => None,
        false => Some(tables.filled(&key.columns)?),
    };
    let (columns, parent) = (key.columns.join(", "), &key.references);
    let detail = format!("rows of {} whose ({columns}) points at no row of {parent} stop the migration", before.name);
    let orphans = guard::orphans(rows.as_deref(), before, key, facts);
    let parent = tables.schema.and_then(|schema| schema.tables.get(&key.references));
    let is_there = parent.is_some_and(|parent| {
        !key.referenced_columns.is_empty()
            && key.referenced_columns.iter().all(|column| parent.column(column).is_some())
    });
    // Nobody says what else the values become, of whichever type.
    let stays = key.columns.iter().all(|column| {
        before.column(column).is_some() && after.column(column).is_some_and(|column| column.hints.backfill.is_none())
    });
    // Where nothing is rolled back, values are compared before they are converted.
    let is_known = !is_old || tables.keeps(&key.columns) || (!facts.transactional_ddl && stays);
    let mut stricter = Stricter::guarded(HazardKind::NewForeignKey, detail, orphans, is_there && is_known);
    if parent.is_none() && key.references != after.name && stays {
        stricter.guard = Some(guard::pointing(before, key, facts));
    }
    Some(stricter)
}
