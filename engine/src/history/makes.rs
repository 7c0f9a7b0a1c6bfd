//! Which tables a script makes, as far as its text says so.

use crate::dialect::Dialect;
use crate::dialect::text::{Kind, Token};
use crate::model::TableName;

/// The tables and views that a script leaves behind under a name that it gave them, in order. What code
/// inside the database makes, and what vanishes with the connection, isn't among them.
pub(super) fn makes(dialect: Dialect, sql: &str) -> Vec<TableName> {
    let mut made: Vec<TableName> = Vec::new();
    for statement in dialect.statements(sql) {
        let text = &sql[statement.span];
        let tokens = dialect.tokens(text).unwrap_or_default();
        let mut words = Words { dialect, text, tokens: &tokens };
        if words.take(&["create"]) {
            while words.take(&["or", "replace", "unlogged", "virtual", "materialized"]) {}
            if words.take(&["table", "view"]) {
                while words.take(&["if", "not", "exists"]) {}
                made.extend(words.name());
            }
        } else if words.take(&["drop"]) && words.take(&["table", "view"]) {
            while words.take(&["if", "exists"]) {}
            let gone = words.name();
            made.retain(|table| Some(table) != gone.as_ref());
        } else if words.take(&["alter"]) && words.take(&["table", "view"]) {
            while words.take(&["if", "exists", "only"]) {}
            let Some(old) = words.name() else { continue };
            if words.take(&["rename"]) && words.take(&["to"]) {
                made.retain(|table| *table != old);
                made.extend(words.name().map(|new| TableName { schema: new.schema.or(old.schema), ..new }));
            }
        }
    }
    made
}

/// The index that a statement builds while others write, and its table.
pub(super) fn builds_concurrently(dialect: Dialect, statement: &str) -> Option<(String, TableName)> {
    let tokens = dialect.tokens(statement)?;
    let mut words = Words { dialect, text: statement, tokens: &tokens };
    let mut takes = |expected: &[&str]| words.take(expected);
    if !takes(&["create"]) {
        return None;
    }
    takes(&["unique"]);
    if !(takes(&["index"]) && takes(&["concurrently"])) {
        return None;
    }
    while takes(&["if", "not", "exists"]) {}
    let index = words.identifier()?;
    if !words.take(&["on"]) {
        return None;
    }
    words.take(&["only"]);
    Some((index, words.name()?))
}

/// The tokens that are left of a statement.
struct Words<'a> {
    dialect: Dialect,
    text: &'a str,
    tokens: &'a [Token],
}

impl Words<'_> {
    /// Goes past the next token if it is one of these words.
    fn take(&mut self, words: &[&str]) -> bool {
        let Some((first, rest)) = self.tokens.split_first() else { return false };
        let text = &self.text[first.span.clone()];
        let found = first.kind == Kind::Word && words.iter().any(|word| text.eq_ignore_ascii_case(word));
        if found {
            self.tokens = rest;
        }
        found
    }

    /// Goes past a name, which may have a schema in front.
    fn name(&mut self) -> Option<TableName> {
        let first = self.identifier()?;
        match self.tokens {
            [dot, rest @ ..] if &self.text[dot.span.clone()] == "." => {
                self.tokens = rest;
                Some(TableName::in_schema(first, self.identifier()?))
            }
            [..] => Some(TableName::new(first)),
        }
    }

    fn identifier(&mut self) -> Option<String> {
        let (first, rest) = self.tokens.split_first()?;
        if !matches!(first.kind, Kind::Word | Kind::Quoted) {
            return None;
        }
        self.tokens = rest;
        Some(self.dialect.unquoted(&self.text[first.span.clone()]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(dialect: Dialect, sql: &str) -> String {
        makes(dialect, sql).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_are_what_they_end_as() {
        let sql = "CREATE TABLE IF NOT EXISTS a (b); create view [v w] AS SELECT 1; CREATE TEMP TABLE gone (a);\n\
                   CREATE TABLE \"autogen_new_c\" (d); DROP TABLE c; ALTER TABLE \"autogen_new_c\" RENAME TO `c`;\n\
                   CREATE TABLE brief (a); DROP TABLE IF EXISTS brief; ALTER TABLE x ADD COLUMN y; CREATE INDEX i ON a (b);";
        assert_eq!(made(Dialect::Sqlite, sql), "a v w c");
        let sql = "CREATE UNLOGGED TABLE Audit.\"Log\" (); ALTER TABLE ONLY audit.\"Log\" RENAME TO entries; \
                   CREATE MATERIALIZED VIEW m AS SELECT 1; CREATE FUNCTION f() RETURNS int AS $$ CREATE TABLE no () $$;";
        assert_eq!(made(Dialect::Postgres, sql), "audit.entries m");
        assert_eq!(made(Dialect::Sqlite, "CREATE TABLE 'open"), "");
    }
}
