//! The columns that an expression names, and how to rename them. Both work on tokens, so that everything except the
//! names stays as it was written.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::sql::postgres::{tokens, unquoted};
use crate::sql::{Kind, Token};

use crate::sql::postgres::{identifier, is_reserved};

/// Returns the names that an expression uses as columns, unquoted.
pub(crate) fn columns_in(sql: &str) -> BTreeSet<String> {
    named(sql).into_iter().map(|(name, _)| name).collect()
}

/// Renames columns in a text and leaves everything else as it was: strings, comments, functions, collations and
/// types.
pub(crate) fn rename_in(sql: &str, renames: &BTreeMap<String, String>) -> String {
    let mut renamed = String::with_capacity(sql.len());
    let mut done = 0;
    for (name, span) in named(sql) {
        let Some(new) = renames.get(&name).filter(|new| **new != name) else { continue };
        renamed.push_str(&sql[done..span.start]);
        renamed.push_str(&identifier(new));
        done = span.end;
    }
    renamed.push_str(&sql[done..]);
    renamed
}

/// Renames every word of one name in a statement, whatever it names.
pub(crate) fn rename_words(sql: &str, from: &str, to: &str) -> String {
    let mut renamed = sql.to_owned();
    for token in tokens(sql).unwrap_or_default().into_iter().rev() {
        let is_name = token.kind.is_name();
        if is_name && unquoted(&sql[token.span.clone()]) == from {
            renamed.replace_range(token.span, &identifier(to));
        }
    }
    renamed
}

/// Finds columns by name and place.
fn named(sql: &str) -> Vec<(String, Range<usize>)> {
    let tokens = tokens(sql).unwrap_or_default();
    let text = Text { sql, tokens: &tokens };
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match text.at(at).as_str() {
            "::" => at = text.type_end(at + 1),
            // In an expression only CAST has AS, and a type follows.
            "as" => at = text.bracket_end(at),
            "collate" => at = text.name_end(at + 1),
            _ if text.is_column(at) => {
                found.push((unquoted(&sql[tokens[at].span.clone()]), tokens[at].span.clone()));
                at += 1;
            }
            _ => at += 1,
        }
    }
    found
}

/// Tokens that know their neighbours.
struct Text<'a> {
    sql: &'a str,
    tokens: &'a [Token],
}

impl Text<'_> {
    /// Returns a token as it is compared, with words in lower case. Returns an empty text beyond the ends.
    fn at(&self, at: usize) -> String {
        let Some(token) = self.tokens.get(at) else { return String::new() };
        let text = &self.sql[token.span.clone()];
        if token.kind == Kind::Word { text.to_ascii_lowercase() } else { text.to_owned() }
    }

    fn before(&self, at: usize, back: usize) -> String {
        at.checked_sub(back).map(|at| self.at(at)).unwrap_or_default()
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    fn is_name(&self, at: usize) -> bool {
        self.kind(at).is_some_and(Kind::is_name)
    }

    fn is_column(&self, at: usize) -> bool {
        if !self.is_name(at) {
            return false;
        }
        let word = self.at(at);
        let after = self.at(at + 1);
        // A function, or the table before a column.
        if after == "(" || after == "." {
            return false;
        }
        // A field of a composite value isn't a column, but a name qualified by a table is.
        if self.before(at, 1) == "." {
            return at.checked_sub(2).is_some_and(|qualifier| self.is_name(qualifier));
        }
        self.kind(at) == Some(Kind::Quoted) || !self.is_syntax(at, &word, &after)
    }

    /// Checks whether a word without quotes belongs to the grammar at its position.
    fn is_syntax(&self, at: usize, word: &str, after: &str) -> bool {
        let before = self.before(at, 1);
        let is_tested = || before == "is" || (before == "not" && self.before(at, 2) == "is");
        match word {
            word if is_reserved(word) => true,
            "between" | "exists" | "row" | "operator" => true,
            "at" => after == "time",
            "time" => before == "at" || self.kind(at + 1) == Some(Kind::Text),
            "zone" => before == "time",
            "escape" => self.kind(at + 1) == Some(Kind::Text),
            "unknown" | "document" | "normalized" => is_tested(),
            // `extract(year FROM day)`
            _ if after == "from" && before == "(" && self.before(at, 2) == "extract" => true,
            // `date '2020-01-01'`: a type.
            _ => self.kind(at + 1) == Some(Kind::Text),
        }
    }

    /// Returns the end of a name that may have a schema.
    fn name_end(&self, start: usize) -> usize {
        let mut at = start + 1;
        while self.at(at) == "." {
            at += 2;
        }
        at
    }

    /// Returns the end of a type's name with everything that may follow it.
    fn type_end(&self, start: usize) -> usize {
        let mut at = self.name_end(start);
        loop {
            match self.at(at).as_str() {
                "varying" | "precision" => at += 1,
                "with" | "without" if self.at(at + 1) == "time" => at += 3,
                "(" => at = self.bracket_end(at + 1) + 1,
                "[" => {
                    while !matches!(self.at(at).as_str(), "]" | "") {
                        at += 1;
                    }
                    at += 1;
                }
                _ => return at,
            }
        }
    }

    /// Returns the position of the parenthesis that closes the one around `start`.
    fn bracket_end(&self, start: usize) -> usize {
        let mut depth = 0_usize;
        for at in start..self.tokens.len() {
            match self.at(at).as_str() {
                "(" => depth += 1,
                ")" if depth == 0 => return at,
                ")" => depth -= 1,
                _ => {}
            }
        }
        self.tokens.len()
    }
}
