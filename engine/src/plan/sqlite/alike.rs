//! Rows that come to be alike, where a rule forbids it, when columns are filled or converted.
//!
//! SQLite would stop too, but after much work, and without saying how many rows there are. Rules over
//! values that stay, and over columns that are new, are not this file's business.

use crate::dialect::Dialect;
use crate::model::Table;
use crate::plan::{Guard, Source, guard};

/// Guards of the unique rules and the key, for rows that get their values from `sources`.
pub(super) fn guards(before: &Table, after: &Table, sources: &[(String, Source)]) -> Vec<Guard> {
    let key = after.primary_key.iter().map(|key| &key.columns);
    let rules = key.chain(after.uniques.iter().map(|unique| &unique.columns));
    rules.filter_map(|columns| rule(before, after, columns, sources)).collect()
}

fn rule(before: &Table, after: &Table, columns: &[String], sources: &[(String, Source)]) -> Option<Guard> {
    let facts = Dialect::Sqlite.facts();
    let mut exprs = Vec::new();
    let mut is_touched = false;
    for name in columns {
        let (old, new) = (before.column(name)?, after.column(name)?);
        let source = sources.iter().find(|(column, _)| column == name).map(|(_, source)| source);
        let mut expr = match source {
            Some(Source::Column(column)) => facts.quoted(column),
            Some(Source::Expr(expr)) => {
                is_touched = true;
                // A bare number would be taken for the position of a column, in brackets too.
                if Dialect::Sqlite.is_literal(expr) { format!("coalesce({expr}, NULL)") } else { format!("({expr})") }
            }
            // A computed column, or one that nothing is written to.
            None => return None,
        };
        if old.collation != new.collation {
            is_touched = true;
            expr = format!("{expr} COLLATE {}", facts.quoted(new.collation.as_deref().unwrap_or("BINARY")));
        }
        exprs.push(expr);
    }
    is_touched.then(|| guard::alike_then(&before.name, columns, &exprs, facts))
}
