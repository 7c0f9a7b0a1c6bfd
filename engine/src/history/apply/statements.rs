//! SQL scripts of SQLite, cut into statements, so that an error can say which one it was.

use std::ops::Range;

use sqlite3_parser::dialect::TokenType;
use sqlite3_parser::lexer::Scanner;
use sqlite3_parser::lexer::sql::Tokenizer;

/// One statement of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// Its bytes, from its first word to its `;`.
    pub(super) span: Range<usize>,
    /// Whether it begins or ends a transaction, or can't run inside one.
    pub(super) wants_no_transaction: bool,
    /// Whether it would end the transaction that the runner has opened.
    pub(super) ends_transaction: bool,
}

/// Cuts a script where SQLite itself would. Whatever can't be read as tokens stays in one piece
/// with all that follows, for SQLite to say what is wrong with it.
pub(super) fn split(sql: &str) -> Vec<Statement> {
    // To SQLite a byte order mark is a space; to the tokenizer it is part of the first word.
    let skipped = sql.len() - sql.trim_start_matches('\u{feff}').len();
    let input = &sql.as_bytes()[skipped..];
    let mut scanner = Scanner::new(Tokenizer::new());
    let mut statements = Vec::new();
    let mut current: Vec<TokenType> = Vec::new();
    let mut start = 0;
    let mut end = 0;
    loop {
        match scanner.scan(input) {
            Ok((from, Some((_, token)), to)) => {
                if current.is_empty() {
                    start = from;
                }
                current.push(token);
                end = to;
                if is_complete(&current) {
                    statements.push(statement(&current, skipped + start..skipped + end));
                    current.clear();
                }
            }
            Ok((_, None, _)) => {
                if !current.is_empty() {
                    statements.push(statement(&current, skipped + start..skipped + end));
                }
                return statements;
            }
            Err(_) => {
                let start = if current.is_empty() { end } else { start };
                statements.push(statement(&current, skipped + start..sql.len()));
                return statements;
            }
        }
    }
}

/// The rule of SQLite's own `sqlite3_complete`: a `;` ends a statement, but a trigger is only
/// ended by `; END ;`.
fn is_complete(tokens: &[TokenType]) -> bool {
    use TokenType::{TK_END, TK_SEMI};
    if is_trigger(tokens) { tokens.ends_with(&[TK_SEMI, TK_END, TK_SEMI]) } else { tokens.last() == Some(&TK_SEMI) }
}

fn is_trigger(tokens: &[TokenType]) -> bool {
    use TokenType::{TK_CREATE, TK_TEMP, TK_TRIGGER};
    matches!(tokens, [TK_CREATE, TK_TRIGGER, ..] | [TK_CREATE, TK_TEMP, TK_TRIGGER, ..])
}

fn statement(tokens: &[TokenType], span: Range<usize>) -> Statement {
    use TokenType::{TK_BEGIN, TK_COMMIT, TK_END, TK_ROLLBACK, TK_TO, TK_VACUUM};
    let ends_transaction = match tokens {
        [TK_COMMIT | TK_END, ..] => true,
        [TK_ROLLBACK, ..] => !tokens.contains(&TK_TO),
        [..] => false,
    };
    let wants_no_transaction = ends_transaction || matches!(tokens, [TK_BEGIN | TK_VACUUM, ..]);
    Statement { span, wants_no_transaction, ends_transaction }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(sql: &str) -> Vec<&str> {
        split(sql).into_iter().map(|statement| &sql[statement.span]).collect()
    }

    #[test]
    fn comments_and_strings_end_nothing() {
        let sql =
            "\u{feff}-- one; two\r\nSELECT ';', \"a;b\", [c;d], `e;f`; /* ; */ ;\nINSERT INTO t VALUES ('it''s;🦀')";
        assert_eq!(pieces(sql), ["SELECT ';', \"a;b\", [c;d], `e;f`;", ";", "INSERT INTO t VALUES ('it''s;🦀')"]);
        assert!(pieces("-- nothing\n/* at all */").is_empty());
        assert!(pieces("").is_empty());
    }

    #[test]
    fn a_trigger_is_one_statement() {
        let trigger = "CREATE TEMPORARY TRIGGER t AFTER INSERT ON a BEGIN\n UPDATE a SET x = CASE WHEN y THEN 1 END;\n DELETE FROM b;\nEND;";
        let sql = format!("\u{feff}{trigger} DROP TRIGGER t;");
        assert_eq!(pieces(&sql), [trigger, "DROP TRIGGER t;"]);
    }

    #[test]
    fn what_has_no_tokens_stays_in_one_piece() {
        assert_eq!(pieces("SELECT 1; SELECT 'open; SELECT 2;"), ["SELECT 1;", "SELECT 'open; SELECT 2;"]);
        assert_eq!(pieces("SELECT 1; /* open"), ["SELECT 1;", " /* open"]);
    }

    #[test]
    fn transactions_are_told_from_savepoints() {
        let ends = |sql| split(sql).iter().map(|found| found.ends_transaction).collect::<Vec<_>>();
        assert_eq!(ends("BEGIN; COMMIT; END TRANSACTION; ROLLBACK;"), [false, true, true, true]);
        assert_eq!(ends("SAVEPOINT a; ROLLBACK TO a; RELEASE a"), [false, false, false]);
        let alone = |sql| split(sql).iter().any(|found| found.wants_no_transaction);
        assert!(alone("begin immediate;") && alone("VACUUM") && !alone("SAVEPOINT \"autogen\"; RELEASE \"autogen\""));
    }
}
