//! One spelling for both sides on PostgreSQL.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::postgres_text::{Kind, tokens, unquoted};
use crate::dialect::{Dialect, postgres_text};
use crate::error::Result;
use crate::model::{Expr, Pair, Schema};

/// Brings both sides into the spelling that comparisons use.
pub(super) fn comparable(mut pair: Pair<Schema>) -> Result<Pair<Schema>> {
    for schema in [&mut pair.from, &mut pair.to] {
        for table in schema.tables.values_mut() {
            for expr in super::expressions_over_rows(table) {
                expr.canonical = canonical(&expr.sql);
            }
        }
    }
    Ok(pair)
}

/// An expression with names unquoted, words in lower case and one blank between tokens.
pub(super) fn canonical(sql: &str) -> String {
    let Some(tokens) = tokens(sql) else { return sql.to_owned() };
    let text = |token: postgres_text::Token| {
        let text = &sql[token.span];
        match token.kind {
            Kind::Word => text.to_lowercase(),
            Kind::Quoted | Kind::Text | Kind::Number | Kind::Mark | Kind::Operator => text.to_owned(),
        }
    };
    tokens.into_iter().map(text).collect::<Vec<_>>().join(" ")
}

/// The names that an expression may use as columns: all words that are neither called nor cast to.
pub(super) fn columns_in(sql: &str) -> BTreeSet<String> {
    names(sql).into_iter().map(|(name, _)| name).collect()
}

/// The text with columns renamed and everything else as it was.
pub(super) fn rename_columns(expr: &Expr, renames: &BTreeMap<String, String>) -> Expr {
    let mut sql = expr.sql.clone();
    for (name, span) in names(&expr.sql).into_iter().rev() {
        if let Some(new) = renames.get(&name) {
            let quoted = expr.sql[span.clone()].starts_with('"') || unquoted(new) != *new;
            let new = if quoted { Dialect::Postgres.facts().quoted(new) } else { new.clone() };
            sql.replace_range(span, &new);
        }
    }
    Expr::new(sql)
}

/// A statement with every word of one name given another.
pub(super) fn rename_words(sql: &str, from: &str, to: &str) -> String {
    let mut renamed = sql.to_owned();
    for token in tokens(sql).unwrap_or_default().into_iter().rev() {
        let is_name = matches!(token.kind, Kind::Word | Kind::Quoted);
        if is_name && unquoted(&sql[token.span.clone()]) == from {
            renamed.replace_range(token.span, &Dialect::Postgres.facts().quoted(to));
        }
    }
    renamed
}

fn names(sql: &str) -> Vec<(String, std::ops::Range<usize>)> {
    let tokens = tokens(sql).unwrap_or_default();
    let text = |at: usize| tokens.get(at).map(|token| &sql[token.span.clone()]);
    let mut names = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let is_name = matches!(token.kind, Kind::Word | Kind::Quoted);
        let is_called = text(at + 1) == Some("(");
        let is_type = at > 0 && text(at - 1) == Some("::");
        if is_name && !is_called && !is_type {
            names.push((unquoted(&sql[token.span.clone()]), token.span.clone()));
        }
    }
    names
}
