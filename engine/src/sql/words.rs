//! The words, names and literals of a text.

use std::collections::BTreeSet;

use super::Kind;
use crate::dialect::Dialect;

impl Dialect {
    /// Returns the texts of a script's tokens, or `None` if it can't be split into tokens.
    pub fn texts(self, sql: &str) -> Option<Vec<&str>> {
        Some(self.tokens(sql)?.into_iter().map(|token| &sql[token.span]).collect())
    }

    /// Returns the texts of a script's tokens, with names unquoted. Returns no texts if it can't be split
    /// into tokens.
    pub fn unquoted_words(self, sql: &str) -> Vec<String> {
        self.texts(sql).unwrap_or_default().into_iter().map(|text| self.unquoted(text)).collect()
    }

    /// Writes a text as a string literal.
    pub fn text_literal(self, text: &str) -> String {
        match self {
            Self::Sqlite | Self::Postgres => format!("'{}'", text.replace('\'', "''")),
            Self::Mysql => super::mysql::text_literal(text),
        }
    }
}

/// Returns every word and name in a piece of SQL, in lower case. Returns `None` if it can't be split into
/// tokens.
pub fn names_in(dialect: Dialect, sql: &str) -> Option<BTreeSet<String>> {
    let tokens = dialect.tokens(sql)?;
    let names = tokens.iter().filter(|token| token.kind.is_name());
    Some(names.map(|token| dialect.unquoted(&sql[token.span.clone()]).to_lowercase()).collect())
}

/// Returns every word and name in a piece of SQL and in its blocks of code, in lower case, in order and once
/// each.
pub fn names_within(dialect: Dialect, sql: &str) -> Vec<String> {
    let mut names = Vec::new();
    add_names(dialect, sql, &mut names);
    names
}

fn add_names(dialect: Dialect, sql: &str, names: &mut Vec<String>) {
    for token in dialect.tokens(sql).unwrap_or_default() {
        let text = &sql[token.span];
        match token.kind {
            Kind::Word | Kind::Quoted => {
                let name = dialect.unquoted(text).to_lowercase();
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            // Only PostgreSQL has dollar-quoted texts.
            Kind::Text => {
                let tag = text.strip_prefix('$').and_then(|rest| rest.find('$')).map(|end| end + 2);
                if let Some(block) = tag.and_then(|tag| text.get(tag..text.len().checked_sub(tag)?)) {
                    add_names(dialect, block, names);
                }
            }
            Kind::Number | Kind::Mark | Kind::Operator => {}
        }
    }
}

/// Returns the quoted names in a piece of SQL, without their quotes.
pub fn quoted_names(dialect: Dialect, sql: &str) -> Option<Vec<String>> {
    let tokens = dialect.tokens(sql)?;
    let quoted = tokens.into_iter().filter(|token| token.kind == Kind::Quoted).map(|token| &sql[token.span]);
    Some(quoted.map(|text| text.get(1..text.len() - 1).unwrap_or(text).to_owned()).collect())
}

/// Returns the words and names that a statement begins with, in lower case. They are enough to tell what it
/// does. Nothing after `RENAME` is returned.
pub fn leading_words(dialect: Dialect, sql: &str) -> Vec<String> {
    let texts = dialect.texts(sql).unwrap_or_default();
    let words: Vec<String> = texts.iter().take(6).map(|text| text.to_ascii_lowercase()).collect();
    match words.iter().position(|word| word == "rename") {
        Some(rename) => words[..=rename].to_vec(),
        None => words,
    }
}

/// Returns a statement's text without quotes and in lower case, with single spaces, to compare what a
/// database prints with what it printed before.
pub fn folded(sql: &str) -> String {
    // The quoting rules don't matter, as long as both sides are read alike.
    let Some(texts) = Dialect::Sqlite.texts(sql) else { return sql.to_owned() };
    let folded = texts.into_iter().map(|text| match text.starts_with('\'') {
        true => text.to_owned(),
        false => Dialect::Sqlite.unquoted(text).to_ascii_lowercase(),
    });
    folded.collect::<Vec<_>>().join(" ")
}

/// A literal in an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// A whole number, or a text that is one on databases that print numbers as texts.
    Whole(i64),
    /// Another number, as it is written.
    Real(String),
    /// A text.
    Text(String),
}

/// Returns the literals in an expression, in order.
pub fn literals(dialect: Dialect, sql: &str) -> Vec<Literal> {
    let number = |text: &str| match text.parse() {
        Ok(whole) => Some(Literal::Whole(whole)),
        // Hexadecimal, which nothing printed by a database is.
        Err(_) if text.starts_with("0x") || text.starts_with("0X") => None,
        Err(_) => Some(Literal::Real(text.to_owned())),
    };
    let literal = |token: super::Token| {
        let text = &sql[token.span];
        match (token.kind, dialect) {
            (Kind::Number, _) => number(text),
            (Kind::Text, Dialect::Sqlite) => text.starts_with('\'').then(|| Literal::Text(dialect.unquoted(text))),
            // Double quotes hold a column's name, or a text if there is no such column.
            (Kind::Quoted, Dialect::Sqlite) => text.starts_with('"').then(|| Literal::Text(dialect.unquoted(text))),
            (Kind::Text, Dialect::Postgres) => {
                let inner = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''))?.replace("''", "'");
                // The database writes negative numbers, and others with a cast, as texts.
                Some(inner.parse().map_or(Literal::Text(inner), Literal::Whole))
            }
            (Kind::Text, Dialect::Mysql) => super::mysql::text_of(text).map(Literal::Text),
            (Kind::Quoted, Dialect::Postgres | Dialect::Mysql) => None,
            (Kind::Word | Kind::Mark | Kind::Operator, _) => None,
        }
    };
    dialect.tokens(sql).unwrap_or_default().into_iter().filter_map(literal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_code_too() {
        assert_eq!(names_within(Dialect::Postgres, "DO $a$ SELECT \"B\" $a$ 'c'"), ["do", "select", "b"]);
        assert_eq!(names_within(Dialect::Sqlite, "[A b] + a + A + 'x'"), ["a b", "a"]);
    }

    #[test]
    fn literals_are_read_as_the_database_means_them() {
        let text = |text: &str| Literal::Text(text.to_owned());
        let expected = [Literal::Whole(1), Literal::Real("1.5".to_owned()), text("it's")];
        assert_eq!(literals(Dialect::Sqlite, "a > 1 AND b < 1.5 AND c = 'it''s' AND x'00' <> 0x10"), expected);
        assert_eq!(literals(Dialect::Postgres, "a > '-1'::int AND b = 'x'"), [Literal::Whole(-1), text("x")]);
        assert_eq!(literals(Dialect::Mysql, "a = 'it\\'s'"), [text("it's")]);
    }

    #[test]
    fn a_statement_begins_with_words() {
        assert_eq!(leading_words(Dialect::Mysql, "ALTER TABLE `a` RENAME TO b"), ["alter", "table", "`a`", "rename"]);
    }
}
