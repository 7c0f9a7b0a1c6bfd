//! The statements in a block of PL/pgSQL, as far as they change tables or rows.

use std::ops::Range;

use super::super::{Kind, Token};
use super::cursor::Cursor;
use super::{Action, Parsed, statement};
use crate::dialect::Dialect;

/// Behind these words a statement begins.
const BEFORE: [&str; 6] = ["begin", "then", "else", "loop", "atomic", "declare"];

/// What is looked into.
const FIRST: [&str; 12] = [
    "create", "alter", "drop", "truncate", "update", "delete", "insert", "reindex", "lock", "vacuum", "refresh",
    "execute",
];

/// Reads the statements of a block, given the bytes of its text with the quotes.
pub(super) fn statements(dialect: Dialect, sql: &str, body: Range<usize>) -> Vec<Parsed> {
    let text = &sql[body.clone()];
    let dollars = text.strip_prefix('$').and_then(|rest| rest.find('$')).map(|end| end + 2);
    let plain = (text.starts_with('\'') && !text.trim_matches('\'').contains(['\'', '\\'])).then_some(1);
    let Some(tag) = dollars.or(plain) else {
        // What stands in a text with quotes of its own is read by nobody.
        return vec![Parsed { span: body, text: String::new(), action: Action::Unread, is_in_block: true }];
    };
    let Some(inner) = text.len().checked_sub(tag).and_then(|end| text.get(tag..end)) else { return Vec::new() };
    let Some(mut tokens) = dialect.tokens(inner) else { return Vec::new() };
    let offset = body.start + tag;
    for token in &mut tokens {
        token.span = token.span.start + offset..token.span.end + offset;
    }
    let word = |token: &Token| match token.kind {
        Kind::Word | Kind::Mark => sql[token.span.clone()].to_ascii_lowercase(),
        Kind::Quoted | Kind::Text | Kind::Number | Kind::Operator => String::new(),
    };
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let begins = at > 0 && {
            let before = word(&tokens[at - 1]);
            before == ";" || BEFORE.contains(&before.as_str())
        };
        if !begins || !FIRST.contains(&word(&tokens[at]).as_str()) {
            at += 1;
            continue;
        }
        let length = tokens[at..].iter().position(|token| word(token) == ";").unwrap_or(tokens.len() - at);
        let own = &tokens[at..at + length];
        let cursor = Cursor::new(dialect, sql, own);
        let action = if word(&own[0]) == "execute" { Action::Unread } else { statement::action(cursor) };
        found.push(Parsed { span: cursor.span(), text: cursor.all(), action, is_in_block: true });
        at += length;
    }
    found
}
