//! Which triggers a script makes, and whose a trigger is.

use std::collections::BTreeSet;

use super::reader::TokenReader;
use super::{Kind, Statement};
use crate::dialect::Dialect;

/// Tells the triggers of a plugin's own from others', by their names in lower case.
#[derive(Debug, Clone, Default)]
pub struct OwnTriggers {
    /// Those that the plugin's chain has made.
    pub own: BTreeSet<String>,
    /// Those that other chains have made.
    pub others: BTreeSet<String>,
    /// Whether the plugin has applied revisions that no chain holds any more: then what nobody else made may be its.
    pub may_be_more: bool,
}

impl OwnTriggers {
    /// Checks whether a trigger counts as the plugin's.
    pub fn holds(&self, name: &str) -> bool {
        let is_in = |names: &BTreeSet<String>| names.iter().any(|known| may_be_same(known, name));
        is_in(&self.own) || self.may_be_more && !is_in(&self.others)
    }
}

/// Checks whether two names in lower case may be one to a server. MariaDB and MySQL compare names of routines and triggers
/// without accents.
pub(super) fn may_be_same(a: &str, b: &str) -> bool {
    let letters = |name: &str| name.chars().filter(|letter| !('\u{300}'..='\u{36f}').contains(letter)).collect();
    let (a, b): (Vec<char>, Vec<char>) = (letters(a), letters(b));
    a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a == b || !a.is_ascii() || !b.is_ascii())
}

/// Returns the names of the triggers that a script makes.
pub fn triggers(dialect: Dialect, sql: &str) -> Vec<String> {
    let trigger = |statement: Statement| {
        let text = &sql[statement.span];
        let tokens = dialect.tokens(text)?;
        let mut reader = TokenReader::new(dialect, text, &tokens);
        if !reader.take(&["create"]) {
            return None;
        }
        while reader.take(&["or", "replace", "temp", "temporary"]) {}
        // A definer stands before the word.
        let is_of_user = reader.here(&["definer"]) && reader.go_past("trigger");
        if !(is_of_user || reader.take(&["trigger"])) {
            return None;
        }
        while reader.take(&["if", "not", "exists"]) {}
        // SQLite takes a text for a name.
        let text_of = |reader: &TokenReader<'_>| {
            let token = reader.tokens.first().filter(|token| token.kind == Kind::Text)?;
            let inner = text[token.span.clone()].trim_matches('\'');
            Some(inner.replace("\'\'", "\'"))
        };
        match reader.name() {
            Some(name) => Some(name.name),
            None => text_of(&reader),
        }
    };
    dialect.statements(sql).into_iter().filter_map(trigger).collect()
}
