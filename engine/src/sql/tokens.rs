//! What SQL's text is made of, where a database's own rules tell it apart: tokens and statements.

use std::ops::Range;

/// What a token is, as far as it can be told without the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A keyword or a name without quotes.
    Word,
    /// A name in quotes.
    Quoted,
    /// A string, in whichever quotes the database has for it.
    Text,
    /// A number.
    Number,
    /// A semicolon, a comma, a bracket or a dot.
    Mark,
    /// Anything else: operators, casts, parameters.
    Operator,
}

/// A token and the bytes that it covers; white space and comments are between tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// What it is.
    pub(crate) kind: Kind,
    /// Its bytes.
    pub(crate) span: Range<usize>,
}

/// A statement of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Its bytes, from its first word to its `;`.
    pub(crate) span: Range<usize>,
    /// The first words, lower case, up to whatever is no word.
    pub(crate) words: Vec<String>,
}

impl Statement {
    /// The statement that these tokens are; there is at least one.
    pub(in crate::sql) fn of(sql: &str, tokens: &[Token]) -> Self {
        let words = tokens.iter().take_while(|token| token.kind == Kind::Word);
        let words = words.map(|token| sql[token.span.clone()].to_ascii_lowercase()).collect();
        Self { span: tokens[0].span.start..tokens[tokens.len() - 1].span.end, words }
    }
}

/// Cuts a script after the tokens at which `ends` says so, given the tokens since the last cut. What reading stopped
/// at, at the byte `rest`, stays in one piece with all that follows, for the database to say what is wrong with it.
pub(in crate::sql) fn cut(
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

impl Token {
    /// A word in lower case; `None` for what is none.
    pub(in crate::sql) fn word(&self, sql: &str) -> Option<String> {
        (self.kind == Kind::Word).then(|| sql[self.span.clone()].to_ascii_lowercase())
    }
}

/// The length up to a closing quote, which stands for itself when doubled, or after a backslash if
/// `escapes`. The opening one is at `open`.
pub(in crate::sql) fn closed(text: &str, open: usize, quote: u8, escapes: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if escapes => at += 2,
            byte if byte == quote && bytes.get(at + 1) == Some(&quote) => at += 2,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}
