//! Reads the tokens of one statement, one after the other.

use super::{Kind, Token};
use crate::dialect::Dialect;
use crate::model::TableName;

/// The tokens that are left of a statement.
#[derive(Clone, Copy)]
pub struct TokenReader<'a> {
    pub(super) dialect: Dialect,
    pub(super) text: &'a str,
    pub(super) tokens: &'a [Token],
}

impl<'a> TokenReader<'a> {
    pub fn new(dialect: Dialect, text: &'a str, tokens: &'a [Token]) -> Self {
        Self { dialect, text, tokens }
    }

    /// Moves past the next token if it is one of these words.
    pub fn take(&mut self, words: &[&str]) -> bool {
        let Some((first, rest)) = self.tokens.split_first() else { return false };
        let text = &self.text[first.span.clone()];
        let found = first.kind == Kind::Word && words.iter().any(|word| text.eq_ignore_ascii_case(word));
        if found {
            self.tokens = rest;
        }
        found
    }

    /// Reads a name, which may have a schema before it.
    pub fn name(&mut self) -> Option<TableName> {
        let first = self.identifier()?;
        match self.tokens {
            [dot, rest @ ..] if self.is_mark(dot, ".") => {
                self.tokens = rest;
                Some(TableName::in_schema(first, self.identifier()?))
            }
            [..] => Some(TableName::new(first)),
        }
    }

    pub fn identifier(&mut self) -> Option<String> {
        let (first, rest) = self.tokens.split_first()?;
        if !first.kind.is_name() {
            return None;
        }
        self.tokens = rest;
        Some(self.dialect.unquoted(&self.text[first.span.clone()]))
    }

    /// Moves past everything up to and with a word. Stays in place if there is no such word.
    pub fn go_past(&mut self, word: &str) -> bool {
        let is_it =
            |token: &Token| token.kind == Kind::Word && self.text[token.span.clone()].eq_ignore_ascii_case(word);
        let Some(at) = self.tokens.iter().position(is_it) else { return false };
        self.tokens = &self.tokens[at + 1..];
        true
    }

    /// Moves past everything up to and with a mark. Stays in place if there is no such mark.
    pub fn go_past_mark(&mut self, mark: &str) -> bool {
        let Some(at) = self.tokens.iter().position(|token| self.is_mark(token, mark)) else {
            return false;
        };
        self.tokens = &self.tokens[at + 1..];
        true
    }

    pub fn take_mark(&mut self, mark: &str) -> bool {
        let Some((first, rest)) = self.tokens.split_first() else { return false };
        let found = self.is_mark(first, mark);
        if found {
            self.tokens = rest;
        }
        found
    }

    pub fn here(&self, words: &[&str]) -> bool {
        TokenReader { ..*self }.take(words)
    }

    pub fn follows(&self, words: &[&str]) -> bool {
        self.tokens.get(1..).is_some_and(|tokens| TokenReader { tokens, ..*self }.take(words))
    }

    pub fn take_number(&mut self) -> bool {
        let is_number = self.tokens.first().is_some_and(|token| token.kind == Kind::Number);
        self.tokens = &self.tokens[usize::from(is_number)..];
        is_number
    }

    fn is_mark(&self, token: &Token, mark: &str) -> bool {
        token.kind == Kind::Mark && &self.text[token.span.clone()] == mark
    }
}
