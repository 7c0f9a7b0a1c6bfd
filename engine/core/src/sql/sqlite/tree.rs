//! SQLite's SQL as text: tokens with their places, statements and expressions as trees, names
//! without their quotes. Grammar is the `sqlite3-parser` crate's business, not this file's.

use std::borrow::Cow;
use std::ops::Range;

use sqlite3_parser::ast::{Cmd, Expr, OneSelect, ResultColumn, Select, SelectBody, Stmt};
use sqlite3_parser::dialect::{TokenType, keyword_token};
use sqlite3_parser::lexer::Scanner;
use sqlite3_parser::lexer::sql::{Parser, Tokenizer};
use sqlite3_parser::{Bump, FallibleIterator as _};

/// A token and the bytes that it covers; white space and comments are between tokens.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    /// Which token it is, before the grammar has looked at it: `key` is a keyword here.
    pub(crate) kind: TokenType,
    /// Its bytes.
    pub(crate) span: Range<usize>,
}

/// Returns the tokens of a text. Returns `None` where it isn't made of tokens, as with an open string.
pub(crate) fn tokens(sql: &str) -> Option<Vec<Token>> {
    let mut scanner = Scanner::new(Tokenizer::new());
    let mut found = Vec::new();
    loop {
        match scanner.scan(sql.as_bytes()) {
            Ok((start, Some((_, kind)), end)) => found.push(Token { kind, span: start..end }),
            Ok((_, None, _)) => return Some(found),
            Err(_) => return None,
        }
    }
}

/// Returns a text with a space in place of each comment. Where it isn't made of tokens, it stays as it is.
pub(crate) fn without_comments(sql: &str) -> Cow<'_, str> {
    if !sql.contains("--") && !sql.contains("/*") {
        return Cow::Borrowed(sql);
    }
    let Some(tokens) = tokens(sql) else { return Cow::Borrowed(sql) };
    let mut text = String::with_capacity(sql.len());
    let mut end = 0;
    for token in tokens {
        let between = &sql[end..token.span.start];
        text.push_str(if between.trim().is_empty() { between } else { " " });
        text.push_str(&sql[token.span.clone()]);
        end = token.span.end;
    }
    Cow::Owned(text.trim_start().to_owned())
}

/// Calls `f` with the one statement in a text. The error says why there is none.
pub(crate) fn with_statement<T>(sql: &str, f: impl FnOnce(&Stmt<'_>) -> T) -> Result<T, String> {
    let bump = Bump::new();
    let mut parser = Parser::new(&bump, sql.as_bytes());
    let statement = match parser.next() {
        Ok(Some(Cmd::Stmt(statement))) => statement,
        Ok(_) => return Err("it holds no statement".to_owned()),
        Err(error) => return Err(error.to_string()),
    };
    match parser.next() {
        Ok(None) => Ok(f(&statement)),
        Ok(Some(_)) => Err("it holds more than one statement".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Calls `f` with the expression that a text is. Returns `None` where it isn't one.
pub(crate) fn with_expression<T>(sql: &str, f: impl FnOnce(&Expr<'_>) -> T) -> Option<T> {
    // The line end closes a comment that would swallow the parenthesis.
    let statement = format!("SELECT ({sql}\n)");
    with_statement(&statement, |statement| {
        // Whatever else the text made of the statement, it isn't an expression: `1), (2`.
        let Stmt::Select(Select {
            with: None,
            body: SelectBody { select: OneSelect::Select { columns, from: None, where_clause: None, .. }, compounds: None },
            order_by: None,
            limit: None,
        }) = statement
        else {
            return None;
        };
        match columns {
            [ResultColumn::Expr(Expr::Parenthesized(inner), None)] => match inner.as_slice() {
                [only] => Some(f(only)),
                _ => None,
            },
            _ => None,
        }
    })
    .ok()
    .flatten()
}

/// Removes the quotes of a name or string, which may be of any of SQLite's four kinds.
pub(crate) fn unquoted(text: &str) -> String {
    let mut chars = text.chars();
    let (Some(first), Some(last)) = (chars.next(), chars.next_back()) else { return text.to_owned() };
    match (first, last) {
        ('[', ']') => chars.as_str().to_owned(),
        ('"', '"') | ('`', '`') | ('\'', '\'') => {
            chars.as_str().replace(&format!("{first}{first}"), &first.to_string())
        }
        _ => text.to_owned(),
    }
}

/// Checks whether a name can be in SQL without quotes, because it is plain ASCII and no keyword of any rank.
pub(crate) fn is_plain(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_')
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        // The table of keywords starts at two letters, and insists on it.
        && (bytes.len() < 2 || keyword_token(bytes).is_none())
        && !["true", "false"].iter().any(|word| name.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_spaces_and_strings_are_none() {
        assert_eq!(without_comments("a<>/* why */'--b' -- so\n AND c"), "a<> '--b' AND c");
        assert_eq!(without_comments("-- first\n'/*' || x /* last */"), "'/*' || x");
        assert_eq!(without_comments("'open -- "), "'open -- ");
    }

    #[test]
    fn only_a_whole_expression_is_one() {
        for yes in ["1", "a > 0 -- so", "(a, b) = (1, 2)", "x'00'", "\"a b\" || [c]", "CURRENT_TIMESTAMP"] {
            assert!(with_expression(yes, |_| ()).is_some(), "{yes}");
        }
        for no in ["", "1), (2", "1) FROM (t", "a b", "a, b", "1); DROP TABLE t; SELECT (1", "1) AS (x", "'open"] {
            assert!(with_expression(no, |_| ()).is_none(), "{no}");
        }
    }

    #[test]
    fn keywords_and_odd_names_are_not_plain() {
        for plain in ["a", "_", "name", "a1", "Users"] {
            assert!(is_plain(plain), "{plain}");
        }
        for odd in ["", "1a", "a b", "a$", "é", "key", "SELECT", "true", "as"] {
            assert!(!is_plain(odd), "{odd}");
        }
    }

    #[test]
    fn quotes_of_all_kinds_come_off() {
        for (quoted, name) in [
            ("plain", "plain"),
            ("\"a\"\"b\"", "a\"b"),
            ("`a``b`", "a`b"),
            ("[a b]", "a b"),
            ("'it''s'", "it's"),
            ("\"\"", ""),
        ] {
            assert_eq!(unquoted(quoted), name);
        }
        assert_eq!(unquoted("é"), "é");
    }
}
