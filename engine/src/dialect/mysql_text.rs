//! MySQL's SQL as text: tokens with their places, and where statements end.
//!
//! Nothing here knows the grammar. The rules are those of the server's own lexer with its usual
//! `sql_mode`: double quotes hold strings, and a backslash escapes.

pub(crate) use super::text::{Kind, Statement, Token};
use super::text::{closed, cut};

/// The tokens of a text; `None` where it isn't made of tokens, as with an open string.
pub(crate) fn tokens(sql: &str) -> Option<Vec<Token>> {
    let (tokens, rest) = read(sql);
    (rest == sql.len()).then_some(tokens)
}

/// Cuts a script where the server would. What can't be read as tokens stays in one piece with all that
/// follows, for the server to say what is wrong with it.
pub(crate) fn statements(sql: &str) -> Vec<Statement> {
    let mut bodies = 0_usize;
    cut(sql, read(sql), |tokens, rest| {
        let Some(token) = tokens.last() else { return false };
        let next = rest.first().and_then(|token| token.word(sql));
        match (&sql[token.span.clone()], token.word(sql).as_deref()) {
            // The body of a trigger or a procedure holds statements of its own.
            (_, Some("begin" | "case")) if bodies > 0 || has_body(sql, tokens, next.clone()) => bodies += 1,
            // `END IF` closes an IF, which isn't counted: the function of that name has no END.
            (_, Some("end")) if !matches!(next.as_deref(), Some("if" | "loop" | "while" | "repeat" | "for")) => {
                bodies = bodies.saturating_sub(1);
            }
            (";", None) => return bodies == 0,
            _ => {}
        }
        false
    })
}

/// Whether tokens begin something with a body: a routine, or MariaDB's `BEGIN NOT ATOMIC`.
fn has_body(sql: &str, tokens: &[Token], next: Option<String>) -> bool {
    let words = tokens.iter().map(|token| sql[token.span.clone()].to_ascii_lowercase());
    let mut words = words.filter(|word| word.starts_with(|first: char| first.is_ascii_alphabetic()));
    match words.next().as_deref() {
        Some("begin") => next.as_deref() == Some("not"),
        Some("create" | "alter") => {
            let kind = words.find(|word| {
                ["table", "view", "index", "database", "procedure", "function", "trigger", "event", "package"]
                    .contains(&word.as_str())
            });
            matches!(kind.as_deref(), Some("procedure" | "function" | "trigger" | "event" | "package"))
        }
        Some(_) | None => false,
    }
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
pub(crate) fn text_literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// Tokens from the start, and the byte at which reading ended: the text's end, or where something
/// begins that never closes.
fn read(sql: &str) -> (Vec<Token>, usize) {
    let bytes = sql.as_bytes();
    let mut tokens = Vec::new();
    let mut at = sql.len() - sql.trim_start_matches('\u{feff}').len();
    while at < bytes.len() {
        let rest = &sql[at..];
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
                None => return (tokens, at),
            },
            b'`' => (Kind::Quoted, closed(rest, 0, b'`', false)),
            quote @ (b'\'' | b'"') => (Kind::Text, closed(rest, 0, quote, true)),
            b'b' | b'B' | b'x' | b'X' | b'n' | b'N' if bytes.get(at + 1) == Some(&b'\'') => {
                (Kind::Text, closed(rest, 1, b'\'', true))
            }
            b'0'..=b'9' => (Kind::Number, Some(number(rest))),
            b'.' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => (Kind::Number, Some(number(rest))),
            byte if is_inside_word(byte) => {
                (Kind::Word, Some(rest.bytes().take_while(|byte| is_inside_word(*byte)).count()))
            }
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

    fn pieces(sql: &str) -> Vec<&str> {
        statements(sql).into_iter().map(|statement| &sql[statement.span]).collect()
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
    fn statements_end_where_the_server_ends_them() {
        assert_eq!(
            pieces("\u{feff}-- a;\r\nSELECT ';', \"a;b\" /* ; */;\nSELECT 'open; SELECT 2;"),
            ["SELECT ';', \"a;b\" /* ; */;", "SELECT 'open; SELECT 2;"]
        );
        let trigger = "CREATE DEFINER=`a`@`%` TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN \
                       IF NEW.x THEN SET NEW.y = CASE WHEN 1 THEN 2 END; END IF; SET NEW.z = IF(1, 2, 3); END;";
        assert_eq!(pieces(&format!("BEGIN; {trigger} COMMIT")), ["BEGIN;", trigger, "COMMIT"]);
        let block = "BEGIN NOT ATOMIC SELECT 1; SELECT 2; END;";
        assert_eq!(
            pieces(&format!("{block}SELECT CASE 1 WHEN 1 THEN 2 END; SELECT 3")),
            [block, "SELECT CASE 1 WHEN 1 THEN 2 END;", "SELECT 3"]
        );
        assert!(pieces("-- nothing\n# at all").is_empty());
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
