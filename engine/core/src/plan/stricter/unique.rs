//! Keys and unique rules: rows that are alike.

use crate::model::{Column, Index, IndexColumn, IndexKey, PrimaryKey, Table, Unique};
use crate::plan::{HazardKind, guard};
use crate::sql::may_vary;

use super::{Hazard, Stricter, Tables};

/// Returns what a unique rule makes stricter, or `None` if an old key or rule says as much.
pub(super) fn rule(unique: &Unique, tables: &Tables<'_>) -> Option<Stricter> {
    let (before, facts) = (tables.before, tables.dialect.facts());
    let name = &before.name;
    if tables.has(&unique.columns) {
        let counts_nulls = unique.nulls_not_distinct && !tables.are_required(&unique.columns);
        if is_implied(&unique.columns, counts_nulls, before) {
            return None;
        }
        let detail = format!("rows of {name} that share ({}) stop the migration", unique.columns.join(", "));
        let guard = guard::duplicates(name, &unique.columns, counts_nulls, facts);
        return Some(Stricter::guarded(HazardKind::NewUnique, detail, guard, tables.keeps(&unique.columns)));
    }
    if let [_, _, ..] = unique.columns.as_slice() {
        let counts_nulls = unique.nulls_not_distinct;
        let rows = tables.filled(&unique.columns).filter(|_| !is_implied(&unique.columns, counts_nulls, before))?;
        let detail = format!("rows of {name} that come to share ({}) stop the migration", unique.columns.join(", "));
        let guard = guard::duplicates_among(&rows, name, &unique.columns, counts_nulls, facts);
        // `alike` looks at every value that comes.
        return Some(Stricter::guarded(HazardKind::NewUnique, detail, guard, false));
    }
    let column = repeated(&unique.columns, tables)?;
    let detail = format!("{name}.{column} gets one value in all rows, which stops the migration if there are two");
    let hazard = Hazard { kind: HazardKind::NewUnique, detail, count: Some(guard::several(name, facts)) };
    Some(Stricter { hazard, guard: None })
}

/// Returns what a primary key makes stricter.
pub(super) fn key(key: &PrimaryKey, tables: &Tables<'_>) -> Option<Stricter> {
    let (before, facts) = (tables.before, tables.dialect.facts());
    if !tables.has(&key.columns) || is_implied(&key.columns, false, before) {
        return None;
    }
    let detail = format!("rows of {} that share ({}) stop the migration", before.name, key.columns.join(", "));
    let guard = guard::duplicates(&before.name, &key.columns, false, facts);
    // `alike` looks at every new key.
    Some(Stricter::guarded(HazardKind::NewUnique, detail, guard, false))
}

/// Returns what a unique index makes stricter that is more than a rule over columns: it has expressions, or covers
/// only some of the rows.
pub(super) fn index(index: &Index, tables: &Tables<'_>) -> Option<Stricter> {
    let (before, facts) = (tables.before, tables.dialect.facts());
    if before.rules.indexes().any(|old| implies(old, index)) {
        return None;
    }
    let shown = index.name.as_deref().unwrap_or_default();
    let detail = format!("rows of {} that are alike in index {shown} stop the migration", before.name);
    let columns: Vec<String> = crate::sql::index_columns(index, tables.dialect).into_iter().collect();
    let is_old = columns.is_empty() || tables.has(&columns);
    let guard = match is_old {
        true => guard::alike_in_index(&before.name, index, facts),
        false => guard::alike_in_index_among(&tables.filled(&columns)?, &before.name, index, facts),
    };
    Some(Stricter::guarded(HazardKind::NewUnique, detail, guard, !is_old || tables.keeps(&columns)))
}

/// Checks whether no two rows can share these columns because no two rows share some of them.
pub(in crate::plan) fn is_implied(columns: &[String], counts_nulls: bool, before: &Table) -> bool {
    let within = |rule: &[String]| rule.iter().all(|column| columns.contains(column));
    let required = |rule: &[String]| rule.iter().all(|name| before.column(name).is_some_and(is_required));
    let key = before.primary_key.iter().any(|key| within(&key.columns) && (!counts_nulls || required(&key.columns)));
    key || before
        .rules
        .uniques()
        .any(|rule| within(&rule.columns) && (!counts_nulls || rule.nulls_not_distinct || required(&rule.columns)))
}

fn is_required(column: &Column) -> bool {
    !column.nullable
}

/// Checks whether an old index forbids whatever a new one forbids.
fn implies(old: &Index, new: &Index) -> bool {
    let same_key = |a: &IndexColumn, b: &IndexColumn| {
        let same = match (&a.key, &b.key) {
            (IndexKey::Column(a), IndexKey::Column(b)) => a == b,
            (IndexKey::Expr(a), IndexKey::Expr(b)) => a.same_as(b),
            (IndexKey::Column(_), IndexKey::Expr(_)) | (IndexKey::Expr(_), IndexKey::Column(_)) => false,
        };
        same && a.collation == b.collation && a.opclass == b.opclass && a.prefix == b.prefix
    };
    let covers = match (&old.predicate, &new.predicate) {
        (None, _) => true,
        (Some(old), Some(new)) => old.same_as(new),
        (Some(_), None) => false,
    };
    let has = |key: &IndexColumn| new.columns.iter().any(|other| same_key(key, other));
    old.unique && covers && old.columns.iter().all(has) && (old.nulls_not_distinct || !new.nulls_not_distinct)
}

/// Returns the new column of a unique rule that would have the same value in all existing rows.
fn repeated<'a>(columns: &'a [String], tables: &Tables<'_>) -> Option<&'a String> {
    let [column] = columns else { return None };
    let default = tables.after.column(column)?.default.as_ref()?;
    let is_one = !default.sql.eq_ignore_ascii_case("null") && !may_vary(tables.dialect, &default.sql);
    (tables.before.column(column).is_none() && is_one).then_some(column)
}
