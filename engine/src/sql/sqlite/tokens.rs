//! The rules of SQLite's own tokenizer, and where its shell ends a statement.

use crate::sql::lexer::{LexicalRules, Token, is_inside_word};
use crate::sql::statements::{self, Statement};

const RULES: LexicalRules = LexicalRules {
    names: &[(b'"', b'"'), (b'`', b'`'), (b'[', b']')],
    texts: b"'",
    escapes: false,
    prefixes: &[(b'x', false)],
    unicode_prefix: false,
    dollar_quotes: false,
    nested_comments: false,
    open_comment_ends: true,
    version_comments: false,
    hash_comments: false,
    line_ends: &['\n'],
    vertical_tab: false,
    byte_order_marks: true,
    arrays: false,
    number,
    operators: &["->>", "->", "||", "<=", ">=", "<>", "!=", "==", "<<", ">>"],
    operator_letters: b"",
    client_delimiters: false,
};

/// Returns the length of a number, with any letters and dots in it.
fn number(text: &str) -> usize {
    let run = |text: &str, is_inside: fn(u8) -> bool| text.bytes().take_while(|byte| is_inside(*byte)).count();
    match text.strip_prefix('.') {
        Some(rest) => 1 + run(rest, is_inside_word),
        None => run(text, |byte| is_inside_word(byte) || byte == b'.'),
    }
}

/// Splits a text into tokens. Returns `None` if it can't be split, for example at an open string.
pub fn tokens(sql: &str) -> Option<Vec<Token>> {
    RULES.tokens(sql)
}

/// Splits a script where SQLite itself would. A trigger holds statements of its own.
pub fn statements(sql: &str) -> Vec<Statement> {
    statements::statements(sql, &RULES, |words| {
        matches!(words, ["create", "trigger", ..] | ["create", "temp" | "temporary", "trigger", ..])
    })
}

/// Removes the quotes from an identifier.
pub fn unquoted(name: &str) -> String {
    let Some(quote) = name.chars().next().filter(|first| matches!(first, '"' | '`' | '[' | '\'')) else {
        return name.to_owned();
    };
    let inner = name.get(1..name.len() - 1).unwrap_or_default();
    if quote == '[' { inner.to_owned() } else { inner.replace(&format!("{quote}{quote}"), &quote.to_string()) }
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
