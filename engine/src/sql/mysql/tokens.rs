//! MySQL's SQL as text: tokens with their places, and where statements end.
//!
//! Nothing here knows the grammar. The rules are those of the server's own lexer with its usual
//! `sql_mode`: double quotes hold strings, and a backslash escapes.

use std::ops::Range;

use crate::sql::tokens::{Kind, Token, closed};

/// The tokens of a text; `None` where it isn't made of tokens, as with an open string.
pub(crate) fn tokens(sql: &str) -> Option<Vec<Token>> {
    let read = read(sql);
    (read.end == sql.len()).then_some(read.tokens)
}

/// An identifier without its quotes.
pub(crate) fn unquoted(name: &str) -> String {
    match name.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
        Some(inner) => inner.replace("``", "`"),
        None => name.to_owned(),
    }
}

/// What a string literal says; `None` for a text that isn't one whole literal.
pub(crate) fn text_of(literal: &str) -> Option<String> {
    let quote = literal.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    if closed(literal, 0, quote as u8, true) != Some(literal.len()) {
        return None;
    }
    let mut text = String::with_capacity(literal.len());
    let mut letters = literal[1..literal.len() - 1].chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next()? {
                '0' => text.push('\0'),
                'b' => text.push('\u{8}'),
                'n' => text.push('\n'),
                'r' => text.push('\r'),
                't' => text.push('\t'),
                'Z' => text.push('\u{1a}'),
                wildcard @ ('%' | '_') => text.extend(['\\', wildcard]),
                other => text.push(other),
            },
            letter if letter == quote => {
                letters.next();
                text.push(quote);
            }
            other => text.push(other),
        }
    }
    Some(text)
}

/// A string literal that says this, whatever `sql_mode` makes of backslashes: there are none where
/// none is in the text.
#[cfg(feature = "tool")]
pub(crate) fn text_literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// The query in a statement of a guard that counts the rows in its way, `SET @autogen_rows = (QUERY)`; `None` for any
/// other statement.
pub(crate) fn counted(statement: &str) -> Option<&str> {
    let tokens = tokens(statement.trim_end_matches(';'))?;
    let text = |at: usize| tokens.get(at).map(|token| &statement[token.span.clone()]);
    let begins =
        ["SET", "@", "autogen_rows", "=", "("].into_iter().enumerate().all(|(at, word)| text(at) == Some(word));
    let (mut depth, mut close) = (0_usize, None);
    for token in tokens.iter().skip(4) {
        match &statement[token.span.clone()] {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _other => {}
        }
        if depth == 0 {
            close = Some(token);
            break;
        }
    }
    let close = close.filter(|close| begins && tokens.last() == Some(close))?;
    Some(&statement[tokens[4].span.end..close.span.start])
}

/// What reading a text gives.
pub(in crate::sql) struct Read {
    pub(super) tokens: Vec<Token>,
    /// Where statements end although there is no `;`: a client's own delimiter, which the server doesn't know. While there
    /// is one, a `;` is an operator.
    pub(super) delimiters: Vec<Range<usize>>,
    /// The byte at which reading ended: the text's end, or where something begins that never closes.
    pub(super) end: usize,
}

/// Reads tokens from the start.
pub(crate) fn read(sql: &str) -> Read {
    let bytes = sql.as_bytes();
    let mut delimiter = ";";
    let mut delimiters: Vec<Range<usize>> = Vec::new();
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = sql.len() - sql.trim_start_matches('\u{feff}').len();
    while at < bytes.len() {
        let rest = &sql[at..];
        if delimiter != ";" && rest.starts_with(delimiter) {
            let span = at..at + delimiter.len();
            at = span.end;
            delimiters.push(span.clone());
            tokens.push(Token { kind: Kind::Mark, span });
            continue;
        }
        if let Some(stated) = stated_delimiter(sql, at, tokens.last()) {
            delimiter = stated;
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        let (kind, length) = match bytes[at] {
            byte if byte.is_ascii_whitespace() || byte == 0x0b => {
                at += 1;
                continue;
            }
            b'#' => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            // Two minuses alone are two minuses.
            b'-' if rest.starts_with("--") && bytes.get(at + 2).is_none_or(|byte| *byte <= b' ') => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            b'/' if rest.starts_with("/*") => match rest[2..].find("*/") {
                // What the server runs although others take it for a comment.
                Some(end) if rest.starts_with("/*!") || rest.starts_with("/*M!") => (Kind::Operator, Some(end + 4)),
                Some(end) => {
                    at += end + 4;
                    continue;
                }
                None => return Read { tokens, delimiters, end: at },
            },
            b';' if delimiter != ";" => (Kind::Operator, Some(1)),
            _ => token(rest, delimiter),
        };
        let Some(length) = length else { return Read { tokens, delimiters, end: at } };
        tokens.push(Token { kind, span: at..at + length });
        at += length;
    }
    Read { tokens, delimiters, end: at }
}

/// The kind and the length of what a text begins with; no length where it never closes.
fn token(rest: &str, delimiter: &str) -> (Kind, Option<usize>) {
    let second = rest.as_bytes().get(1);
    match rest.as_bytes()[0] {
        b'`' => (Kind::Quoted, closed(rest, 0, b'`', false)),
        quote @ (b'\'' | b'"') => (Kind::Text, closed(rest, 0, quote, true)),
        b'b' | b'B' | b'x' | b'X' | b'n' | b'N' if second == Some(&b'\'') => (Kind::Text, closed(rest, 1, b'\'', true)),
        b'0'..=b'9' => (Kind::Number, Some(number(rest))),
        b'.' if second.is_some_and(u8::is_ascii_digit) => (Kind::Number, Some(number(rest))),
        byte if is_inside_word(byte) => {
            let length = rest.bytes().take_while(|byte| is_inside_word(*byte)).count();
            // `END$$`
            (Kind::Word, Some(rest[..length].find(delimiter).unwrap_or(length)))
        }
        b';' | b',' | b'(' | b')' | b'.' => (Kind::Mark, Some(1)),
        _ => (Kind::Operator, Some(operator(rest))),
    }
}

/// The delimiter that a line states to the client, which sends that line to no server: `DELIMITER $$` where a statement may
/// begin.
fn stated_delimiter<'a>(sql: &'a str, at: usize, before: Option<&Token>) -> Option<&'a str> {
    const WORD: usize = "delimiter".len();
    let rest = &sql[at..];
    let is_it = rest.get(..WORD).is_some_and(|word| word.eq_ignore_ascii_case("delimiter"));
    let stated = rest.get(WORD..).filter(|after| is_it && after.starts_with([' ', '\t']))?;
    let is_first = sql[..at].trim_end_matches([' ', '\t', '\u{feff}']).ends_with('\n') || sql[..at].trim().is_empty();
    let ends = |token: &Token| token.kind == Kind::Mark && !matches!(&sql[token.span.clone()], "," | "(" | ")" | ".");
    let stated = stated.lines().next()?.split_whitespace().next()?;
    (is_first && before.is_none_or(ends)).then_some(stated)
}

/// Letters of other scripts are letters too; all their bytes are above ASCII.
fn is_inside_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || !byte.is_ascii()
}

/// `12`, `0xff`, `1.5e-3`.
fn number(text: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    if text.starts_with("0x") || text.starts_with("0b") {
        return text.bytes().take_while(u8::is_ascii_alphanumeric).count();
    }
    let mut length = digits(text);
    if text[length..].starts_with('.') {
        length += 1 + digits(&text[length + 1..]);
    }
    if text[length..].starts_with(['e', 'E']) {
        let sign = usize::from(text[length + 1..].starts_with(['+', '-']));
        let exponent = digits(&text[length + 1 + sign..]);
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    length
}

/// The length of an operator.
fn operator(text: &str) -> usize {
    const LONGER: [&str; 13] = ["<=>", "->>", "<=", ">=", "<>", "!=", "||", "&&", "<<", ">>", "->", ":=", "@@"];
    let first = text.chars().next().map_or(1, char::len_utf8);
    LONGER.iter().find(|operator| text.starts_with(**operator)).map_or(first, |operator| operator.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(sql: &str) -> Vec<&str> {
        tokens(sql).expect("is made of tokens").into_iter().map(|token| &sql[token.span]).collect()
    }

    #[test]
    fn tokens_are_told_apart() {
        assert_eq!(words("a.`b``c`>=1.5e-3 -- x\n+# y\n2"), ["a", ".", "`b``c`", ">=", "1.5e-3", "+", "2"]);
        assert_eq!(words("'it\\'s' \"a''b\" x'00' _utf8mb4'é'"), ["'it\\'s'", "\"a''b\"", "x'00'", "_utf8mb4", "'é'"]);
        assert_eq!(words("1--1 größe<=>0x1F/* a */AND"), ["1", "-", "-", "1", "größe", "<=>", "0x1F", "AND"]);
        assert_eq!(words("/*!40101 SET x */ SELECT @@sql_mode"), ["/*!40101 SET x */", "SELECT", "@@", "sql_mode"]);
        for open in ["'a", "\"a", "`a", "/* a", "'\\'"] {
            assert_eq!(tokens(open), None, "{open}");
        }
    }

    #[test]
    fn only_a_guard_counts_rows() {
        assert_eq!(counted("-- x\nSET @autogen_rows = (SELECT (1));"), Some("SELECT (1)"));
        for other in
            ["SET @autogen_rows = (1), GLOBAL general_log = (1)", "SET @a = (1)", "SELECT 1", "SET @autogen_rows = ("]
        {
            assert_eq!(counted(other), None, "{other}");
        }
    }

    #[test]
    fn literals_say_texts() {
        for text in ["", "it's", "a\\b", "\"q\"", "é%"] {
            assert_eq!(text_of(&text_literal(text)).as_deref(), Some(text));
        }
        assert_eq!(text_of("'a\\nb''c'").as_deref(), Some("a\nb'c"));
        assert_eq!(text_of("'a' 'b'"), None);
        assert_eq!(unquoted("`a``b`"), "a`b");
    }
}
