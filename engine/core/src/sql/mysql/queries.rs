//! The names in a query of MariaDB or MySQL, and how to rename them.

use std::collections::BTreeSet;

use super::{tokens, unquoted};
use crate::dialect::Dialect;
use crate::sql::{Kind, Token};

/// Words of queries that name nothing unless they are quoted.
const RESERVED: [&str; 38] = [
    "all", "and", "as", "asc", "between", "binary", "by", "case", "char", "collate", "convert", "desc", "distinct",
    "div", "else", "exists", "false", "from", "group", "having", "if", "in", "interval", "is", "join", "left", "like",
    "mod", "not", "null", "on", "or", "order", "regexp", "select", "then", "when", "where",
];

fn name(sql: &str, token: &Token) -> Option<String> {
    let written = unquoted(&sql[token.span.clone()]).to_lowercase();
    match token.kind {
        Kind::Quoted => Some(written),
        Kind::Word => Some(written).filter(|word| !RESERVED.contains(&word.as_str())),
        Kind::Text | Kind::Number | Kind::Mark | Kind::Operator => None,
    }
}

/// Returns the names in a query, in lower case. Returns `None` where the query isn't made of tokens.
pub(crate) fn names_in_query(sql: &str) -> Option<BTreeSet<String>> {
    Some(tokens(sql)?.iter().filter_map(|token| name(sql, token)).collect())
}

/// Returns a query with the old name in place of the new one. Returns `None` where the query already contains the old
/// name with another meaning.
pub(crate) fn renamed_back(sql: &str, from: &str, to: &str) -> Option<String> {
    let facts = Dialect::Mysql.facts();
    if names_in_query(sql)?.contains(&from.to_lowercase()) && !facts.same_name(from, to) {
        return None;
    }
    let tokens = tokens(sql)?;
    let mut text = String::with_capacity(sql.len());
    let mut written = 0;
    for (at, token) in tokens.iter().enumerate() {
        let is_call = token.kind == Kind::Word
            && tokens
                .get(at + 1)
                .is_some_and(|next| &sql[next.span.clone()] == "(" && next.span.start == token.span.end);
        if !is_call && name(sql, token).is_some_and(|name| name == to.to_lowercase()) {
            text.push_str(&sql[written..token.span.start]);
            text.push_str(&facts.quoted(from));
            written = token.span.end;
        }
    }
    text.push_str(&sql[written..]);
    Some(text)
}
