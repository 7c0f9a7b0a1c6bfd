//! The columns that an expression names, and how to rename them. Both work on tokens, so that everything except the
//! names stays as it was written.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use sqlite3_parser::ast::Expr;
use sqlite3_parser::dialect::TokenType;

use crate::dialect::Dialect;
use crate::sql::sqlite::tree::{Token, is_plain, tokens, unquoted, with_expression};

/// Returns the names that an expression uses as columns, unquoted, in the case in which they are written. Includes
/// what is in double quotes, although SQLite takes that for a string where no such column exists.
pub(crate) fn columns_in(sql: &str) -> BTreeSet<String> {
    named(sql).into_iter().map(|(name, _)| name).collect()
}

/// Renames columns in a text and leaves everything else as it was: strings, comments, functions, collations and
/// types. Old names match whatever their ASCII case.
pub(crate) fn rename_in(sql: &str, renames: &BTreeMap<String, String>) -> String {
    let new = |name: &str| {
        let other_case = || renames.iter().find_map(|(old, new)| old.eq_ignore_ascii_case(name).then_some(new));
        renames.get(name).or_else(other_case).filter(|new| **new != name)
    };
    replaced(sql, named(sql).into_iter().filter_map(|(name, span)| Some((new(&name)?.as_str(), name.len(), span))))
}

/// Renames every word that is this name in a text.
pub(crate) fn rename_words(sql: &str, from: &str, to: &str) -> String {
    let tokens = tokens(sql).unwrap_or_default();
    let is_it = |token: &&Token| {
        let text = &sql[token.span.clone()];
        is_name(token, text) && unquoted(text).eq_ignore_ascii_case(from)
    };
    replaced(sql, tokens.iter().filter(is_it).map(|token| (to, from.len(), token.span.clone())))
}

/// Replaces names in a text. Each new name comes with the length of the old one, which tells whether that was quoted.
fn replaced<'a>(sql: &str, names: impl Iterator<Item = (&'a str, usize, Range<usize>)>) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut done = 0;
    for (new, old_length, span) in names {
        text.push_str(&sql[done..span.start]);
        let was_quoted = span.len() > old_length;
        if was_quoted || !is_plain(new) {
            text.push_str(&Dialect::Sqlite.facts().quoted(new));
        } else {
            text.push_str(new);
        }
        done = span.end;
    }
    text.push_str(&sql[done..]);
    text
}

/// Finds columns by name and place.
fn named(sql: &str) -> Vec<(String, Range<usize>)> {
    let tokens = tokens(sql).unwrap_or_default();
    let mut found = Vec::new();
    let mut type_until = 0;
    for (at, token) in tokens.iter().enumerate() {
        let text = &sql[token.span.clone()];
        let before = at.checked_sub(1).map(|before| tokens[before].kind);
        let after = tokens.get(at + 1).map(|after| after.kind);
        if token.kind == TokenType::TK_AS {
            // In an expression only CAST has AS, and a type follows.
            type_until = type_end(&tokens, at);
        }
        let is_column = at >= type_until
            && is_name(token, text)
            && before != Some(TokenType::TK_COLLATE)
            // A function, or the table before a column.
            && !matches!(after, Some(TokenType::TK_LP | TokenType::TK_DOT));
        if is_column {
            found.push((unquoted(text), token.span.clone()));
        }
    }
    found
}

/// Returns the position of the parenthesis that ends the CAST whose AS is at `start`.
fn type_end(tokens: &[Token], start: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token.kind {
            TokenType::TK_LP => depth += 1,
            TokenType::TK_RP if depth == 0 => return at,
            TokenType::TK_RP => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}

fn is_name(token: &Token, text: &str) -> bool {
    match token.kind {
        TokenType::TK_ID => !["true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word)),
        // These can be names, but in an expression they hardly ever are.
        TokenType::TK_LIKE_KW
        | TokenType::TK_MATCH
        | TokenType::TK_END
        | TokenType::TK_CTIME_KW
        | TokenType::TK_CAST
        | TokenType::TK_RAISE => false,
        // Other keywords are names (`key`) or aren't (`and`): the grammar knows.
        _ => {
            text.starts_with(|first: char| first.is_ascii_alphabetic())
                && with_expression(text, |expr| matches!(expr, Expr::Id(_))).unwrap_or_default()
        }
    }
}
