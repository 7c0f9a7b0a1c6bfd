//! SQLite's scripts as text: tokens with their places, and where statements end.
//!
//! Nothing here knows the grammar, and nothing here needs a parser: hosts that only run migrations
//! do without one. The rules are those of SQLite's own tokenizer.

use crate::sql::tokens::{Kind, Statement, Token, closed, cut};

/// Cuts a script where SQLite itself would. What can't be read as tokens stays in one piece with all
/// that follows, for SQLite to say what is wrong with it.
pub(crate) fn statements(sql: &str) -> Vec<Statement> {
    let mut bodies = 0_usize;
    cut(sql, read(sql), |tokens, _| {
        let Some((token, before)) = tokens.split_last() else { return false };
        match (&sql[token.span.clone()], token.word(sql).as_deref()) {
            // The body of a trigger holds statements of its own.
            (_, Some("begin" | "case")) if bodies > 0 || is_trigger(sql, before) => bodies += 1,
            (_, Some("end")) => bodies = bodies.saturating_sub(1),
            (";", None) => return bodies == 0,
            _ => {}
        }
        false
    })
}

fn is_trigger(sql: &str, tokens: &[Token]) -> bool {
    let words: Vec<_> = tokens.iter().take(3).map(|token| sql[token.span.clone()].to_ascii_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(words.as_slice(), ["create", "trigger", ..] | ["create", "temp" | "temporary", "trigger", ..])
}

/// The tokens of a text; `None` where it isn't made of tokens, as with an open string.
pub(crate) fn tokens(sql: &str) -> Option<Vec<Token>> {
    let (tokens, rest) = read(sql);
    (rest == sql.len()).then_some(tokens)
}

/// An identifier without its quotes.
pub(crate) fn unquoted(name: &str) -> String {
    let Some(quote) = name.chars().next().filter(|first| matches!(first, '"' | '`' | '[' | '\'')) else {
        return name.to_owned();
    };
    let inner = name.get(1..name.len() - 1).unwrap_or_default();
    if quote == '[' { inner.to_owned() } else { inner.replace(&format!("{quote}{quote}"), &quote.to_string()) }
}

/// Tokens from the start, and the byte at which reading ended: the text's end, or where something
/// begins that never closes.
fn read(sql: &str) -> (Vec<Token>, usize) {
    let bytes = sql.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &sql[at..];
        let (kind, length) = match bytes[at] {
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'-' if rest.starts_with("--") => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            // A comment that never closes ends with the text.
            b'/' if rest.starts_with("/*") => {
                at += rest[2..].find("*/").map_or(rest.len(), |end| end + 4);
                continue;
            }
            // To SQLite a byte order mark is a space.
            _ if rest.starts_with('\u{feff}') => {
                at += '\u{feff}'.len_utf8();
                continue;
            }
            b'\'' => (Kind::Text, closed(rest, 0, b'\'', false)),
            quote @ (b'"' | b'`') => (Kind::Quoted, closed(rest, 0, quote, false)),
            b'[' => (Kind::Quoted, rest.find(']').map(|end| end + 1)),
            b'x' | b'X' if bytes.get(at + 1) == Some(&b'\'') => (Kind::Text, closed(rest, 1, b'\'', false)),
            b'0'..=b'9' => (Kind::Number, Some(run(rest, |byte| is_inside_word(byte) || byte == b'.'))),
            b'.' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => {
                (Kind::Number, Some(1 + run(&rest[1..], is_inside_word)))
            }
            byte if is_inside_word(byte) => (Kind::Word, Some(run(rest, is_inside_word))),
            b';' | b',' | b'(' | b')' | b'.' => (Kind::Mark, Some(1)),
            _ => (Kind::Operator, Some(operator(rest))),
        };
        let Some(length) = length else { return (tokens, at) };
        tokens.push(Token { kind, span: at..at + length });
        at += length;
    }
    (tokens, at)
}

/// Letters of other scripts are letters too; all their bytes are above ASCII.
fn is_inside_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || !byte.is_ascii()
}

fn run(text: &str, is_inside: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| is_inside(*byte)).count()
}

fn operator(text: &str) -> usize {
    const LONGER: [&str; 10] = ["->>", "->", "||", "<=", ">=", "<>", "!=", "==", "<<", ">>"];
    let first = text.chars().next().map_or(1, char::len_utf8);
    LONGER.iter().find(|operator| text.starts_with(**operator)).map_or(first, |operator| operator.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(sql: &str) -> Vec<&str> {
        statements(sql).into_iter().map(|statement| &sql[statement.span]).collect()
    }

    #[test]
    fn comments_and_strings_end_nothing() {
        let sql =
            "\u{feff}-- one; two\r\nSELECT ';', \"a;b\", [c;d], `e;f`; /* ; */ ;\nINSERT INTO t VALUES ('it''s;🦀')";
        assert_eq!(pieces(sql), ["SELECT ';', \"a;b\", [c;d], `e;f`;", ";", "INSERT INTO t VALUES ('it''s;🦀')"]);
        assert!(pieces("-- nothing\n/* at all */").is_empty());
        assert!(pieces("SELECT 1; /* open").len() == 1 && pieces("").is_empty());
    }

    #[test]
    fn a_trigger_is_one_statement() {
        let trigger = "CREATE TEMPORARY TRIGGER t AFTER INSERT ON a BEGIN\n UPDATE a SET x = CASE WHEN y THEN 1 END;\n DELETE FROM b;\nEND;";
        let sql = format!("\u{feff}{trigger} DROP TRIGGER t; BEGIN; SELECT CASE 1 WHEN 1 THEN 2 END; END;");
        assert_eq!(pieces(&sql), [trigger, "DROP TRIGGER t;", "BEGIN;", "SELECT CASE 1 WHEN 1 THEN 2 END;", "END;"]);
    }

    #[test]
    fn what_has_no_tokens_stays_in_one_piece() {
        assert_eq!(pieces("SELECT 1; SELECT 'open; SELECT 2;"), ["SELECT 1;", "SELECT 'open; SELECT 2;"]);
        assert_eq!(tokens("[open"), None);
    }

    #[test]
    fn tokens_and_names_are_told_apart() {
        let words = |sql: &'static str| -> Vec<&str> {
            tokens(sql).expect("is made of tokens").into_iter().map(|token| &sql[token.span]).collect()
        };
        assert_eq!(
            words("a.[b c]->>'x' || x'00' >=1.5e3 größe"),
            ["a", ".", "[b c]", "->>", "'x'", "||", "x'00'", ">=", "1.5e3", "größe"]
        );
        assert_eq!(["a", "[b]", "`c``d`", "\"e\"\"f\""].map(unquoted), ["a", "b", "c`d", "e\"f"]);
    }
}
