//! Splits a script into statements where the database's own shell splits it.
//!
//! For that, only the statements that contain others have to be known: routines and triggers. MariaDB and MySQL
//! take them without any `BEGIN`, so those have [a file](super::mysql) of their own.

use std::ops::Range;

use super::lexer::{Kind, LexicalRules, Read, Token, read};

/// A statement of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its bytes, from its first word to its `;`.
    pub span: Range<usize>,
    /// The first words, in lower case, up to the first token that isn't a word.
    pub words: Vec<String>,
}

impl Statement {
    /// Creates the statement from its tokens. There must be at least one token.
    pub(super) fn of(sql: &str, tokens: &[Token]) -> Self {
        let words = tokens.iter().take_while(|token| token.kind == Kind::Word);
        let words = words.map(|token| sql[token.span.clone()].to_ascii_lowercase()).collect();
        Self { span: tokens[0].span.start..tokens[tokens.len() - 1].span.end, words }
    }
}

/// Splits a script after the tokens at which `ends` says so, given the tokens since the last split. If reading
/// stopped at the byte `rest`, the text from there stays in one piece with everything that follows. The database
/// then says what is wrong with it.
pub(super) fn cut(
    sql: &str,
    (tokens, rest): (Vec<Token>, usize),
    mut ends: impl FnMut(&[Token], &[Token]) -> bool,
) -> Vec<Statement> {
    let mut found = Vec::new();
    let mut start = 0;
    for at in 0..tokens.len() {
        if ends(&tokens[start..=at], &tokens[at + 1..]) {
            found.push(Statement::of(sql, &tokens[start..=at]));
            start = at + 1;
        }
    }
    if let Some(first) = tokens.get(start) {
        let mut last = Statement::of(sql, &tokens[start..]);
        if rest < sql.len() {
            last.span = first.span.start..sql.len();
        }
        found.push(last);
    } else if rest < sql.len() {
        found.push(Statement { span: rest..sql.len(), words: Vec::new() });
    }
    found
}

/// Splits a script where a `;` is outside bodies between `BEGIN` and `END`, and outside brackets if those may
/// hold statements. Only statements that begin so have such bodies. Text that can't be split into tokens stays in
/// one piece with everything that follows. The database then says what is wrong with it.
pub(super) fn statements(sql: &str, rules: &LexicalRules, has_body: fn(&[&str]) -> bool) -> Vec<Statement> {
    let mut depth = 0_usize;
    let mut bodies = 0_usize;
    let begins_body = |before: &[Token]| {
        let words: Vec<_> = before.iter().take(4).map(|token| sql[token.span.clone()].to_ascii_lowercase()).collect();
        has_body(&words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let Read { tokens, end, delimiters: _ } = read(sql, rules);
    cut(sql, (tokens, end), |tokens, _| {
        let Some((token, before)) = tokens.split_last() else { return false };
        match (&sql[token.span.clone()], token.word(sql).as_deref()) {
            ("(" | "[", None) if rules.arrays => depth += 1,
            (")" | "]", None) => depth = depth.saturating_sub(1),
            (_, Some("begin" | "case")) if bodies > 0 || begins_body(before) => bodies += 1,
            (_, Some("end")) => bodies = bodies.saturating_sub(1),
            (";", None) if depth == 0 && bodies == 0 => return true,
            _ => {}
        }
        false
    })
}
