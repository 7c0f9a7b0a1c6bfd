//! Goes through the tokens of one statement.

use std::ops::Range;

use super::super::{Kind, Token};
use crate::dialect::Dialect;
use crate::model::TableName;

/// The tokens that are left of a statement or of a clause; their places are those in the script.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    pub(super) dialect: Dialect,
    sql: &'a str,
    tokens: &'a [Token],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(dialect: Dialect, sql: &'a str, tokens: &'a [Token]) -> Self {
        Self { dialect, sql, tokens }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    pub(super) fn kind(&self) -> Option<Kind> {
        self.tokens.first().map(|token| token.kind)
    }

    /// Returns the bytes of all that is left.
    pub(super) fn span(&self) -> Range<usize> {
        match self.tokens {
            [first, .., last] => first.span.start..last.span.end,
            [only] => only.span.clone(),
            [] => 0..0,
        }
    }

    /// Returns the text of the token at a position, as it is written.
    fn text(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| &self.sql[token.span.clone()])
    }

    /// Checks whether the tokens begin with these words and marks.
    pub(super) fn is(&self, words: &[&str]) -> bool {
        let is_word = |(at, word): (usize, &&str)| {
            let Some(token) = self.tokens.get(at) else { return false };
            (token.kind == Kind::Word || token.kind.is_sign()) && self.text(at).eq_ignore_ascii_case(word)
        };
        words.iter().enumerate().all(is_word)
    }

    pub(super) fn is_any(&self, words: &[&str]) -> bool {
        words.iter().any(|word| self.is(&[word]))
    }

    /// Goes past these words if they are next.
    pub(super) fn take(&mut self, words: &[&str]) -> bool {
        let found = self.is(words);
        if found {
            self.tokens = &self.tokens[words.len()..];
        }
        found
    }

    /// Goes past one of these words.
    pub(super) fn take_any(&mut self, words: &[&str]) -> bool {
        words.iter().any(|word| self.take(&[word]))
    }

    /// Goes past one token, whatever it is.
    pub(super) fn skip(&mut self) {
        self.tokens = self.tokens.get(1..).unwrap_or_default();
    }

    /// Goes past one token, or past all between brackets.
    pub(super) fn skip_group(&mut self) {
        let depth = |text: &str| match text {
            "(" | "[" => 1,
            ")" | "]" => -1,
            _ => 0_i64,
        };
        let mut open = 0;
        while !self.is_empty() {
            open += depth(self.text(0));
            self.skip();
            if open <= 0 {
                return;
            }
        }
    }

    /// Returns the tokens between brackets that are next, and goes past them.
    pub(super) fn group(&mut self) -> Option<Self> {
        if !self.is(&["("]) {
            return None;
        }
        let before = self.tokens;
        self.skip_group();
        let length = before.len() - self.tokens.len();
        Some(Self { tokens: before.get(1..length - 1).unwrap_or_default(), ..*self })
    }

    /// Cuts at commas outside of brackets.
    pub(super) fn parts(mut self) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut start = self;
        loop {
            let is_end = self.is_empty();
            if is_end || self.is(&[","]) {
                let length = start.tokens.len() - self.tokens.len();
                if length > 0 {
                    parts.push(Self { tokens: &start.tokens[..length], ..self });
                }
                if is_end {
                    return parts;
                }
                self.skip();
                start = self;
            } else {
                self.skip_group();
            }
        }
    }

    /// Goes past a name without a schema.
    pub(super) fn name(&mut self) -> Option<String> {
        let is_name = self.kind().is_some_and(Kind::is_name);
        // SQLite takes names in single quotes, and MySQL has a mode for double ones.
        let is_text = self.kind() == Some(Kind::Text) && self.dialect != Dialect::Postgres;
        let name = (is_name || is_text).then(|| self.dialect.unquoted(self.text(0)))?;
        self.skip();
        Some(name)
    }

    /// Goes past a name, which may have a schema in front.
    pub(super) fn table(&mut self) -> Option<TableName> {
        let first = self.name()?;
        if self.take(&["."]) { Some(TableName::stated(Some(first), self.name()?)) } else { Some(TableName::new(first)) }
    }

    /// Goes past names with commas between them.
    pub(super) fn tables(&mut self) -> Vec<TableName> {
        let mut tables = Vec::new();
        while let Some(table) = self.table() {
            tables.push(table);
            self.take(&["*"]);
            if !self.take(&[","]) {
                break;
            }
            self.take(&["only"]);
        }
        tables
    }

    /// Goes to the next of these words outside of brackets; otherwise to the end.
    pub(super) fn go_to(&mut self, words: &[&str]) -> bool {
        while !self.is_empty() {
            if self.kind() == Some(Kind::Word) && self.is_any(words) {
                return true;
            }
            self.skip_group();
        }
        false
    }

    /// Checks whether these words stand anywhere outside of brackets.
    pub(super) fn has(mut self, words: &[&str]) -> bool {
        while !self.is_empty() {
            if self.is(words) {
                return true;
            }
            self.skip_group();
        }
        false
    }

    /// Returns the tokens up to those that `rest` has left, in normal form.
    pub(super) fn until(&self, rest: &Self) -> String {
        self.normal(0..self.tokens.len() - rest.tokens.len())
    }

    /// Returns everything that is left, in normal form.
    pub(super) fn all(&self) -> String {
        self.normal(0..self.tokens.len())
    }

    /// Tokens in normal form: words in lower case, one space between any two but none at brackets and dots.
    pub(super) fn normal(&self, range: Range<usize>) -> String {
        let mut text = String::new();
        for at in range {
            let next = self.text(at);
            let is_tight = matches!(next, ")" | "," | "." | ";" | "(" | "[" | "]" | "::") || text.is_empty();
            let is_behind = text.ends_with(['(', '.', '[']) || text.ends_with("::");
            // A list of columns stands apart from the table's name, as people write it; a function's arguments don't.
            if !is_tight && !is_behind {
                text.push(' ');
            }
            if self.tokens.get(at).is_some_and(|token| token.kind == Kind::Word) {
                text.push_str(&next.to_ascii_lowercase());
            } else {
                text.push_str(next);
            }
        }
        text
    }

    /// Returns everything that is left, as it is written.
    pub(super) fn source(&self) -> &'a str {
        &self.sql[self.span()]
    }

    /// Checks whether a name is next, and a bracket behind it.
    pub(super) fn is_call(&self) -> bool {
        self.kind().is_some_and(Kind::is_name) && self.text(1) == "("
    }

    /// Returns the text that is next, without its quotes.
    pub(super) fn literal(&self) -> Option<String> {
        let text = self.text(0);
        (self.kind() == Some(Kind::Text)).then(|| text.trim_matches('\'').replace("''", "'"))
    }
}
