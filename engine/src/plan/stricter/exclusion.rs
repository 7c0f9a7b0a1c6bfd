//! Exclusions: rows that exclude one another.

use crate::model::{Exclusion, IndexColumn, IndexKey};
use crate::plan::{HazardKind, guard};

use super::{Hazard, Stricter, Tables};

/// An exclusion, unless one of before excludes as much.
pub(super) fn rule(rule: &Exclusion, tables: &Tables<'_>) -> Option<Stricter> {
    if tables.before.exclusions.iter().any(|old| implies(old, rule)) {
        return None;
    }
    let name = &tables.before.name;
    let shown = rule.index.name.as_deref().unwrap_or_default();
    let detail = format!("rows of {name} that exclude one another by {shown} stop the migration");
    let columns: Vec<String> = crate::diff::index_columns(&rule.index, tables.dialect).into_iter().collect();
    if rule.operators.iter().any(|operator| operator == "=") {
        let guard = guard::excluding(name, &rule.index, &rule.operators, tables.dialect.facts());
        return Some(Stricter::guarded(HazardKind::NewUnique, detail, guard, tables.keeps(&columns)));
    }
    let count = Some(guard::all(name, tables.dialect.facts()));
    // To compare each row with each other one takes the index that the rule itself makes.
    Some(Stricter { hazard: Hazard { kind: HazardKind::NewUnique, detail, count }, guard: None })
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
