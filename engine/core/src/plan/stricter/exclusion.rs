//! Exclusions: rows that exclude one another.

use crate::model::{Exclusion, IndexColumn, IndexKey};
use crate::plan::{Guard, HazardKind, guard};

use super::{Hazard, Stricter, Tables};

/// Returns what an exclusion makes stricter, or `None` if an old one excludes as much.
pub(super) fn rule(rule: &Exclusion, tables: &Tables<'_>) -> Option<Stricter> {
    if tables.before.rules.exclusions().any(|old| implies(old, rule)) {
        return None;
    }
    let name = &tables.before.name;
    let shown = rule.index.name.as_deref().unwrap_or_default();
    let detail = format!("rows of {name} that exclude one another by {shown} stop the migration");
    let columns: Vec<String> = crate::sql::index_columns(&rule.index, tables.dialect).into_iter().collect();
    let facts = tables.dialect.facts();
    let guard = guard::excluding(name, &rule.index, &rule.operators, facts);
    if rule.operators.iter().any(|operator| operator == "=") {
        return Some(Stricter::guarded(HazardKind::NewUnique, detail, guard, tables.keeps(&columns)));
    }
    // Without an equality each row is compared with each other one. In a large table only the index that the rule itself
    // makes can do that in time; until then all of its rows are at stake.
    let count = guard::if_few(name, &guard.count, &format!("({})", guard::all(name, facts)), facts);
    let guard = Guard { count: guard::if_few(name, &guard.count, "0", facts), ..guard };
    let hazard = Hazard { kind: HazardKind::NewUnique, detail, count: Some(count) };
    Some(Stricter { hazard, guard: tables.keeps(&columns).then_some(guard) })
}

fn implies(old: &Exclusion, new: &Exclusion) -> bool {
    let same_key = |a: &IndexColumn, b: &IndexColumn| {
        let same = match (&a.key, &b.key) {
            (IndexKey::Column(a), IndexKey::Column(b)) => a == b,
            (IndexKey::Expr(a), IndexKey::Expr(b)) => a.same_as(b),
            (IndexKey::Column(_), IndexKey::Expr(_)) | (IndexKey::Expr(_), IndexKey::Column(_)) => false,
        };
        same && a.collation == b.collation && a.opclass == b.opclass
    };
    let covers = match (&old.index.predicate, &new.index.predicate) {
        (None, _) => true,
        (Some(old), Some(new)) => old.same_as(new),
        (Some(_), None) => false,
    };
    // What differs in fewer keys differs in more: each key of before, with its operator, is one of the new ones.
    let keys = |rule: &Exclusion| -> Vec<(IndexColumn, String)> {
        rule.index.columns.iter().cloned().zip(rule.operators.iter().cloned()).collect()
    };
    let new_keys = keys(new);
    let has = |(key, operator): &(IndexColumn, String)| {
        new_keys.iter().any(|(other, same)| same_key(key, other) && operator == same)
    };
    covers && keys(old).iter().all(has)
}
