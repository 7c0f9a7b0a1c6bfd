//! The rules of MariaDB's and MySQL's own lexer with its usual `sql_mode`, in which double quotes hold strings
//! and a backslash escapes.

use crate::sql::lexer::{LexicalRules, Token, closed, decimal};

pub(super) const RULES: LexicalRules = LexicalRules {
    names: &[(b'`', b'`')],
    texts: b"'\"",
    escapes: true,
    prefixes: &[(b'b', true), (b'x', true), (b'n', true)],
    unicode_prefix: false,
    dollar_quotes: false,
    nested_comments: false,
    open_comment_ends: false,
    version_comments: true,
    hash_comments: true,
    line_ends: &['\n'],
    vertical_tab: true,
    byte_order_marks: false,
    arrays: false,
    number,
    operators: &["<=>", "->>", "<=", ">=", "<>", "!=", "||", "&&", "<<", ">>", "->", ":=", "@@"],
    operator_letters: b"",
    client_delimiters: true,
};

/// Returns the length of a number, such as `12`, `0xff` or `1.5e-3`.
fn number(text: &str) -> usize {
    if text.starts_with("0x") || text.starts_with("0b") {
        return text.bytes().take_while(u8::is_ascii_alphanumeric).count();
    }
    decimal(text, false)
}

/// Splits a text into tokens. Returns `None` if it can't be split, for example at an open string.
pub fn tokens(sql: &str) -> Option<Vec<Token>> {
    RULES.tokens(sql)
}

/// Removes the quotes from an identifier.
pub fn unquoted(name: &str) -> String {
    match name.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')) {
        Some(inner) => inner.replace("``", "`"),
        None => name.to_owned(),
    }
}

/// Returns the text that a string literal stands for, or `None` if the input isn't one whole literal.
pub fn text_of(literal: &str) -> Option<String> {
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

/// Writes a text as a string literal. If the text has no backslashes, the literal has none either, so that it
/// means the same under every `sql_mode`.
pub fn text_literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// Returns the query with which a guard's statement `SET @autogen_rows = (QUERY)` counts the offending rows,
/// or `None` for any other statement.
pub fn counted(statement: &str) -> Option<&str> {
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
        assert_eq!(words("1 --\u{7f}'\n+ 2 --\u{1}'"), ["1", "+", "2"]);
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
