//! The rules of PostgreSQL's own lexer, `scan.l`, and where `psql` ends a statement.
//!
//! The available lexers either give no byte positions or require the newest compiler.

use crate::sql::lexer::{LexicalRules, Token, decimal};
use crate::sql::statements::{self, Statement};

const RULES: LexicalRules = LexicalRules {
    names: &[(b'"', b'"')],
    texts: b"'",
    escapes: false,
    prefixes: &[(b'e', true), (b'b', false), (b'x', false), (b'n', false)],
    unicode_prefix: true,
    dollar_quotes: true,
    nested_comments: true,
    open_comment_ends: false,
    version_comments: false,
    hash_comments: false,
    line_ends: &['\n', '\r'],
    vertical_tab: true,
    byte_order_marks: false,
    arrays: true,
    number,
    operators: &["::", ":="],
    operator_letters: b"+-*/<>=~!@#%^&|`?",
    client_delimiters: false,
};

/// Returns the length of a number, such as `12`, `1_000`, `0xff` or `1.5e-3`.
fn number(text: &str) -> usize {
    let whole = text.bytes().take_while(u8::is_ascii_digit).count();
    if text[whole..].starts_with(['x', 'X', 'o', 'O', 'b', 'B', '_']) {
        return text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    }
    decimal(text, true)
}

/// Splits a text into tokens. Returns `None` if it can't be split, for example at an open string.
pub fn tokens(sql: &str) -> Option<Vec<Token>> {
    RULES.tokens(sql)
}

/// Splits a script where `psql` would. The body of an SQL function holds statements of its own.
pub fn statements(sql: &str) -> Vec<Statement> {
    statements::statements(sql, &RULES, |words| {
        matches!(
            words,
            ["create", "function" | "procedure", ..] | ["create", "or", "replace", "function" | "procedure"]
        )
    })
}

/// Returns an identifier as PostgreSQL knows it. A quoted one stays as it is. In any other, ASCII letters are
/// put in lower case.
pub fn unquoted(name: &str) -> String {
    match name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\""),
        None => name.to_ascii_lowercase(),
    }
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
