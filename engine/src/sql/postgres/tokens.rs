//! PostgreSQL's SQL as text: tokens with their places, and where statements end.
//!
//! Nothing here knows the grammar. The lexers on offer either give no byte positions or follow the
//! newest compiler; the rules are those of PostgreSQL's own `scan.l`, and of `psql` for statements.

use crate::sql::tokens::{Kind, Statement, Token, closed, cut};

/// The tokens of a text; `None` where it isn't made of tokens, as with an open string.
pub(crate) fn tokens(sql: &str) -> Option<Vec<Token>> {
    let (tokens, rest) = read(sql);
    (rest == sql.len()).then_some(tokens)
}

/// Cuts a script where `psql` would. What can't be read as tokens stays in one piece with all that
/// follows, for PostgreSQL to say what is wrong with it.
pub(crate) fn statements(sql: &str) -> Vec<Statement> {
    let mut depth = 0_usize;
    let mut bodies = 0_usize;
    cut(sql, read(sql), |tokens, _| {
        let Some((token, before)) = tokens.split_last() else { return false };
        match (&sql[token.span.clone()], token.word(sql).as_deref()) {
            ("(" | "[", None) => depth += 1,
            (")" | "]", None) => depth = depth.saturating_sub(1),
            // The body of an SQL function holds statements of its own.
            (_, Some("begin" | "case")) if bodies > 0 || is_routine(sql, before) => bodies += 1,
            (_, Some("end")) => bodies = bodies.saturating_sub(1),
            (";", None) if depth == 0 && bodies == 0 => return true,
            _ => {}
        }
        false
    })
}

/// Whether tokens begin a function or procedure.
fn is_routine(sql: &str, tokens: &[Token]) -> bool {
    let words: Vec<_> = tokens.iter().take(4).map(|token| sql[token.span.clone()].to_ascii_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(
        words.as_slice(),
        ["create", "function" | "procedure", ..] | ["create", "or", "replace", "function" | "procedure"]
    )
}

/// An identifier as PostgreSQL knows it: in quotes as it stands, otherwise in lower case, which is
/// of ASCII letters only.
pub(crate) fn unquoted(name: &str) -> String {
    match name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => name.to_ascii_lowercase(),
    }
}

/// Tokens from the start, and the byte at which reading ended: the text's end, or where something
/// begins that never closes.
fn read(sql: &str) -> (Vec<Token>, usize) {
    let bytes = sql.as_bytes();
    let mut tokens = Vec::new();
    // PostgreSQL refuses a byte order mark, but editors write it; it is nobody's word.
    let mut at = sql.len() - sql.trim_start_matches('\u{feff}').len();
    while at < bytes.len() {
        let rest = &sql[at..];
        let (kind, length) = match bytes[at] {
            byte if byte.is_ascii_whitespace() || byte == 0x0b => {
                at += 1;
                continue;
            }
            b'-' if rest.starts_with("--") => {
                at += rest.find(['\n', '\r']).unwrap_or(rest.len());
                continue;
            }
            b'/' if rest.starts_with("/*") => match comment(rest) {
                Some(length) => {
                    at += length;
                    continue;
                }
                None => return (tokens, at),
            },
            b'"' => (Kind::Quoted, closed(rest, 0, b'"', false)),
            b'\'' => (Kind::Text, closed(rest, 0, b'\'', false)),
            b'e' | b'E' if bytes.get(at + 1) == Some(&b'\'') => (Kind::Text, closed(rest, 1, b'\'', true)),
            b'b' | b'B' | b'x' | b'X' | b'n' | b'N' if bytes.get(at + 1) == Some(&b'\'') => {
                (Kind::Text, closed(rest, 1, b'\'', false))
            }
            b'u' | b'U' if rest[1..].starts_with("&'") => (Kind::Text, closed(rest, 2, b'\'', false)),
            b'u' | b'U' if rest[1..].starts_with("&\"") => (Kind::Quoted, closed(rest, 2, b'"', false)),
            b'$' => match dollar_tag(rest) {
                Some(tag) => (Kind::Text, rest[tag.len()..].find(tag).map(|found| found + 2 * tag.len())),
                None => (Kind::Operator, Some(1 + digits(&rest[1..]))),
            },
            byte if is_word_start(byte) => {
                let is_inside = |byte: u8| is_word_start(byte) || byte.is_ascii_digit() || byte == b'$';
                (Kind::Word, Some(rest.bytes().take_while(|byte| is_inside(*byte)).count()))
            }
            b'0'..=b'9' => (Kind::Number, Some(number(rest))),
            b'.' if rest.starts_with("..") => (Kind::Mark, Some(2)),
            b'.' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => (Kind::Number, Some(number(rest))),
            b';' | b',' | b'(' | b')' | b'[' | b']' | b'.' => (Kind::Mark, Some(1)),
            b':' => (Kind::Operator, Some(if rest.starts_with("::") || rest.starts_with(":=") { 2 } else { 1 })),
            _ => (Kind::Operator, Some(operator(rest))),
        };
        let Some(length) = length else { return (tokens, at) };
        tokens.push(Token { kind, span: at..at + length });
        at += length;
    }
    (tokens, at)
}

/// Letters of other scripts are letters too; all their bytes are above ASCII.
fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || !byte.is_ascii()
}

/// The length of a comment, which may hold others.
fn comment(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => {
                (depth, at) = (depth - 1, at + 2);
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => at += 1,
        }
    }
    None
}

/// `$$` or `$tag$`, if the text begins with it.
fn dollar_tag(text: &str) -> Option<&str> {
    let end = text[1..].find('$')? + 1;
    let tag = &text[1..end];
    let is_tag = tag.bytes().all(|byte| is_word_start(byte) || byte.is_ascii_digit())
        && !tag.starts_with(|first: char| first.is_ascii_digit());
    is_tag.then(|| &text[..=end])
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// `12`, `1_000`, `0xff`, `1.5e-3`; the dots of `1..10` are none of its own.
fn number(text: &str) -> usize {
    let inside = |text: &str| text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let whole = digits(text);
    if text[whole..].starts_with(['x', 'X', 'o', 'O', 'b', 'B', '_']) {
        return inside(text);
    }
    let mut length = whole;
    if text[length..].starts_with('.') && !text[length..].starts_with("..") {
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

/// The length of an operator, which ends where a comment begins.
fn operator(text: &str) -> usize {
    const LETTERS: &str = "+-*/<>=~!@#%^&|`?";
    let run = text.bytes().take_while(|byte| LETTERS.contains(char::from(*byte))).count();
    let end = ["--", "/*"].iter().filter_map(|comment| text[..run].find(comment)).min().unwrap_or(run);
    end.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(sql: &str) -> Vec<&str> {
        tokens(sql).expect("is made of tokens").into_iter().map(|token| &sql[token.span]).collect()
    }

    fn pieces(sql: &str) -> Vec<&str> {
        statements(sql).into_iter().map(|statement| &sql[statement.span]).collect()
    }

    #[test]
    fn tokens_are_told_apart() {
        assert_eq!(
            words("a.\"b\"\"c\"::int4[] -- x\r\n+1.5e-3"),
            ["a", ".", "\"b\"\"c\"", "::", "int4", "[", "]", "+", "1.5e-3"]
        );
        assert_eq!(words("E'it\\'s' 'a\\' U&'x' X'00' $1"), ["E'it\\'s'", "'a\\'", "U&'x'", "X'00'", "$1"]);
        assert_eq!(words("$a$ $b$ ; $a$ || $$'$$"), ["$a$ $b$ ; $a$", "||", "$$'$$"]);
        assert_eq!(words("größe>=0x1F/* a /* b */ c */AND 🦀"), ["größe", ">=", "0x1F", "AND", "🦀"]);
        assert_eq!(words("1..2 a<--b\n@>.5"), ["1", "..", "2", "a", "<", "@>", ".5"]);
        for open in ["'a", "\"a", "/* a /* b */", "$$ a", "E'\\'"] {
            assert_eq!(tokens(open), None, "{open}");
        }
    }

    #[test]
    fn statements_end_where_psql_ends_them() {
        assert_eq!(
            pieces("\u{feff}-- a;\r\nSELECT ';', \"a;b\" /* ; */;\nSELECT $$;$$;; DO $x$ BEGIN; END $x$"),
            ["SELECT ';', \"a;b\" /* ; */;", "SELECT $$;$$;", ";", "DO $x$ BEGIN; END $x$"]
        );
        let function =
            "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;";
        assert_eq!(pieces(&format!("BEGIN; {function} COMMIT")), ["BEGIN;", function, "COMMIT"]);
        let rule = "CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; DELETE FROM b);";
        assert_eq!(pieces(&format!("{rule}SELECT 1")), [rule, "SELECT 1"]);
        assert_eq!(pieces("SELECT 1; SELECT 'open; SELECT 2;"), ["SELECT 1;", "SELECT 'open; SELECT 2;"]);
        assert!(pieces("-- nothing\n").is_empty());
    }

    #[test]
    fn a_statement_is_known_by_its_first_words() {
        let words = &statements("CREATE UNIQUE INDEX CONCURRENTLY \"i\" ON t (a)")[0].words;
        assert_eq!(words, &["create", "unique", "index", "concurrently"]);
    }

    #[test]
    fn names_lose_their_quotes_or_their_case() {
        assert_eq!([unquoted("Users"), unquoted("\"Us\"\"ers\"")], ["users", "Us\"ers"]);
    }
}
