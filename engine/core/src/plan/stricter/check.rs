//! Checks: rows for which one is false.

use crate::model::Check;
use crate::plan::{HazardKind, guard, not_null};

use super::{Stricter, Tables};

/// Returns what a check makes stricter, or `None` if an old check says the same about the same rows.
pub(super) fn rule(check: &Check, tables: &Tables<'_>) -> Option<Stricter> {
    let (before, facts) = (tables.before, tables.dialect.facts());
    let name = &before.name;
    let is_known = |old: &Check| {
        let in_new_words = || tables.in_new_words(&old.expr.canonical) == check.expr.canonical;
        let same = old.expr.same_as(&check.expr) || in_new_words();
        old.validated && same && (check.no_inherit || !old.no_inherit)
    };
    let columns: Vec<String> = crate::sql::columns_in(tables.dialect, &check.expr).into_iter().collect();
    // One that speaks of no column is the same for all rows.
    let is_of_all = columns.is_empty();
    if before.rules.checks().any(is_known) {
        return None;
    }
    let is_old = is_of_all || tables.has(&columns);
    // Rows in which all of its columns are new are alike, and the proof has such rows.
    let has_old = columns.iter().any(|column| before.column(column).is_some());
    let guard = match is_old {
        true => guard::violations(name, check, facts),
        false => guard::violations_among(&tables.filled(&columns).filter(|_| has_old)?, name, check),
    };
    let detail = format!("rows of {name} for which {} is false stop the migration", check.expr.sql);
    let is_guarded = is_of_all || !is_old || tables.keeps(&columns);
    Some(Stricter::guarded(HazardKind::NewCheck, detail, guard, is_guarded))
}

/// Returns what a check that old rows now have to obey makes stricter. The check is often a step on the way to a
/// required column.
pub(super) fn settled(check: &Check, tables: &Tables<'_>) -> Option<Stricter> {
    let Some(column) = not_null::column(check) else { return rule(check, tables) };
    let name = &tables.before.name;
    let detail = format!("rows in which {name}.{column} is NULL stop the migration");
    let guard = guard::nulls(name, &column, tables.dialect.facts());
    Some(Stricter::guarded(HazardKind::NotNull, detail, guard, true))
}
