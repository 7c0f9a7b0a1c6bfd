//! Finds where the statements of a MySQL script end.
//!
//! The body of a routine, a trigger or an event holds statements of its own, with a `;` after each. Nothing here
//! knows the whole grammar. Only the words that open and close blocks count, where they can't be names or
//! functions.

use super::tokens::RULES;
use crate::sql::lexer::{Kind, Token, read};
use crate::sql::statements::{Statement, cut};

/// Splits a script where the server would, or where its client would after a line `DELIMITER`. Text that can't be
/// split into tokens stays in one piece with everything that follows. The server then says what is wrong with it.
pub fn statements(sql: &str) -> Vec<Statement> {
    let read = read(sql, &RULES);
    let is_delimiter =
        |token: &Token| read.delimiters.binary_search_by_key(&token.span.start, |span| span.start).is_ok();
    let mut blocks = Vec::new();
    let mut found = cut(sql, (read.tokens, read.end), |tokens, rest| {
        let Some((token, before)) = tokens.split_last() else { return false };
        let is_end = is_delimiter(token) || (is_mark(sql, token, ";") && blocks.is_empty());
        if is_end {
            blocks.clear();
        } else {
            step(&Place { sql, before, token, rest }, &mut blocks);
        }
        is_end
    });
    for statement in &mut found {
        let own = read.delimiters.iter().find(|delimiter| delimiter.end == statement.span.end);
        let end = own.map_or(statement.span.end, |delimiter| delimiter.start.max(statement.span.start));
        statement.span.end = statement.span.start + sql[statement.span.start..end].trim_end().len();
    }
    found.retain(|statement| !statement.span.is_empty());
    found
}

/// The kinds of objects that have a body of statements.
const WITH_BODY: [&str; 5] = ["procedure", "function", "trigger", "event", "package"];

/// The blocks that MariaDB takes as statements of their own.
const BLOCKS: [&str; 6] = ["if", "case", "loop", "while", "repeat", "for"];

/// A block that ends with `END`.
struct Block {
    kind: Opener,
    /// Whether a condition is being read: `IF` and `WHEN` without their `THEN`. There, an `IF` is a function.
    is_condition: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Opener {
    Begin,
    Case,
    If,
    Loop,
    While,
    Repeat,
    For,
}

/// A token among those of its statement and those that follow it.
struct Place<'a> {
    sql: &'a str,
    before: &'a [Token],
    token: &'a Token,
    rest: &'a [Token],
}

impl Place<'_> {
    /// Returns a token in lower case, as words are compared.
    fn text(&self, token: Option<&Token>) -> String {
        token.map(|token| self.sql[token.span.clone()].to_ascii_lowercase()).unwrap_or_default()
    }

    fn next(&self, at: usize) -> String {
        self.text(self.rest.get(at))
    }

    fn last(&self) -> String {
        self.text(self.before.last())
    }
}

/// Opens or closes a block if a token does so.
fn step(place: &Place<'_>, blocks: &mut Vec<Block>) {
    let Some(word) = place.token.word(place.sql) else { return };
    // A column with that name.
    if place.last() == "." {
        return;
    }
    match word.as_str() {
        "end" if closes(place, blocks) => _ = blocks.pop(),
        "then" => blocks.iter_mut().next_back().into_iter().for_each(|block| block.is_condition = false),
        "elseif" | "when" => blocks.iter_mut().next_back().into_iter().for_each(|block| block.is_condition = true),
        _ => {
            let kind = opened(place, &word, blocks).filter(|_| !blocks.is_empty() || has_body(place));
            blocks.extend(kind.map(|kind| Block { kind, is_condition: kind == Opener::If }));
        }
    }
}

/// Checks whether an `END` closes the innermost block and isn't a name.
fn closes(place: &Place<'_>, blocks: &[Block]) -> bool {
    match blocks.last().map(|block| block.kind) {
        None => false,
        // As an expression, a `CASE` ends after a value.
        Some(Opener::Case) => true,
        // `UNTIL x END REPEAT`
        Some(Opener::Repeat) => place.next(0) == "repeat",
        Some(Opener::Begin | Opener::If | Opener::Loop | Opener::While | Opener::For) => {
            matches!(place.last().as_str(), ";" | "begin")
        }
    }
}

/// Returns the kind of block that a word opens, if it opens one.
fn opened(place: &Place<'_>, word: &str, blocks: &[Block]) -> Option<Opener> {
    // `END CASE`, `END IF`.
    if place.last() == "end" {
        return None;
    }
    let is_condition = blocks.last().is_some_and(|block| block.is_condition);
    match word {
        "begin" => begins(place, blocks).then_some(Opener::Begin),
        "case" => Some(Opener::Case),
        "if" => (!is_condition && !is_clause(place) && leads_to_then(place)).then_some(Opener::If),
        "loop" => Some(Opener::Loop),
        "while" => Some(Opener::While),
        // The function of that name has brackets.
        "repeat" => (place.next(0) != "(").then_some(Opener::Repeat),
        // `FOR i IN 1..9 DO`, but `FOR EACH ROW`, `CURSOR FOR`, `FOR UPDATE`.
        "for" => (place.next(1) == "in").then_some(Opener::For),
        _ => None,
    }
}

/// Checks whether a `BEGIN` is where a statement may begin, because columns may have that name.
fn begins(place: &Place<'_>, blocks: &[Block]) -> bool {
    let last = place.last();
    if matches!(last.as_str(), "" | ";" | ":" | "then" | "else" | "begin" | "do" | "loop" | "repeat" | "row") {
        return true;
    }
    if !blocks.is_empty() {
        let own = place.before.rsplit(|token| &place.sql[token.span.clone()] == ";").next().unwrap_or_default();
        return own.iter().any(|token| place.text(Some(token)) == "handler");
    }
    // The characteristics of a routine come before its body.
    let is_name = matches!(last.as_str(), "," | "(" | "select" | "set" | "where" | "and" | "or" | "by" | "distinct");
    let is_used = place.rest.first().is_none_or(|next| !next.kind.is_name());
    !is_name && (!is_used || place.next(0) == "(") && place.next(0) != "from"
}

/// Checks whether an `IF` belongs to `IF EXISTS name` or `IF NOT EXISTS name`.
fn is_clause(place: &Place<'_>) -> bool {
    let after = 1 + usize::from(place.next(0) == "not");
    place.next(after - 1) == "exists" && place.next(after) != "("
}

/// Checks whether a `THEN` follows before anything that can't be in a condition.
fn leads_to_then(place: &Place<'_>) -> bool {
    let (mut brackets, mut cases) = (0_usize, 0_usize);
    for token in place.rest {
        match place.text(Some(token)).as_str() {
            "(" => brackets += 1,
            ")" if brackets == 0 => return false,
            ")" => brackets -= 1,
            ";" => return false,
            _ if brackets > 0 => {}
            "case" => cases += 1,
            "end" if cases > 0 => cases -= 1,
            _ if cases > 0 => {}
            "then" => return true,
            "," | "when" | "else" | "elseif" | "end" => return false,
            _ => {}
        }
    }
    false
}

/// Checks whether a statement has a body: a routine, a trigger, an event, or a block that MariaDB takes by
/// itself, such as `BEGIN NOT ATOMIC`.
fn has_body(place: &Place<'_>) -> bool {
    let words = place.before.iter().chain([place.token]).filter_map(|token| token.word(place.sql));
    let mut words = words.filter(|word| word.starts_with(|first: char| first.is_ascii_alphabetic()));
    match words.next().as_deref() {
        Some("begin") => place.before.is_empty() && place.next(0) == "not",
        Some(first) if BLOCKS.contains(&first) => true,
        Some("create" | "alter") => {
            let kind = words.find(|word| {
                ["table", "view", "index", "database", "sequence", "user", "role"].contains(&word.as_str())
                    || WITH_BODY.contains(&word.as_str())
            });
            kind.is_some_and(|kind| WITH_BODY.contains(&kind.as_str()))
        }
        Some(_) | None => false,
    }
}

/// Checks whether a text is one statement with statements inside, which MySQL can't prepare.
pub fn is_block(sql: &str) -> bool {
    let statements = statements(sql);
    let [statement] = statements.as_slice() else { return false };
    match statement.first() {
        "create" => statement.words.iter().any(|word| WITH_BODY.contains(&word.as_str())),
        first => first == "begin" || BLOCKS.contains(&first),
    }
}

fn is_mark(sql: &str, token: &Token, mark: &str) -> bool {
    token.kind == Kind::Mark && &sql[token.span.clone()] == mark
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(sql: &str) -> Vec<&str> {
        statements(sql).into_iter().map(|statement| &sql[statement.span]).collect()
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

    /// Asserts that a statement stays whole, and its neighbours too.
    fn is_one(statement: &str) {
        assert_eq!(pieces(&format!("SELECT 1; {statement} SELECT 2;")), ["SELECT 1;", statement, "SELECT 2;"]);
    }

    #[test]
    fn bodies_need_no_begin() {
        is_one("CREATE TRIGGER a BEFORE UPDATE ON t FOR EACH ROW IF NEW.v IS NULL THEN SET NEW.v = 1; END IF;");
        is_one(
            "CREATE TRIGGER IF NOT EXISTS a BEFORE UPDATE ON t FOR EACH ROW IF (NEW.v) = 1 THEN SET @a = 1; ELSEIF IF(1, 2, 3) THEN SET @a = 2; ELSE SET @b = 2; END IF;",
        );
        is_one("CREATE TRIGGER a BEFORE UPDATE ON t FOR EACH ROW SET NEW.v = IF(NEW.v, 1, 2);");
        is_one(
            "CREATE TRIGGER a BEFORE UPDATE ON t FOR EACH ROW FOLLOWS b CASE NEW.v WHEN 1 THEN SET @a = 1; ELSE SET @a = 2; END CASE;",
        );
        is_one("CREATE PROCEDURE p() DETERMINISTIC WHILE @a > 0 DO SET @a = @a - 1; END WHILE;");
        is_one("CREATE PROCEDURE p() l: LOOP SET @a = 1; LEAVE l; END LOOP l;");
        is_one("CREATE PROCEDURE p() REPEAT SET @a = repeat('x', 3); UNTIL @a END REPEAT;");
        is_one("CREATE PROCEDURE p() FOR i IN 1..9 DO SELECT i FOR UPDATE; END FOR;");
        is_one("CREATE FUNCTION f() RETURNS int RETURN IF(1, 2, 3);");
        is_one("CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO IF EXISTS (SELECT 1) THEN DELETE FROM t; END IF;");
        is_one("IF @a THEN SELECT 1; END IF;");
        is_one("WHILE @a DO SELECT 1; END WHILE;");
    }

    #[test]
    fn blocks_hold_blocks() {
        is_one(
            "CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; END; \
             DECLARE CONTINUE HANDLER FOR NOT FOUND IF @a THEN SET @b = 1; END IF; l: BEGIN IF a THEN CASE b WHEN IF(1, 2, 3) \
             THEN SELECT CASE WHEN 1 THEN IF(1, 2, 3) ELSE 2 END; ELSE BEGIN END; END CASE; END IF; END l; END;",
        );
        is_one("CREATE PROCEDURE p() BEGIN DROP TABLE IF EXISTS x; CREATE TABLE IF NOT EXISTS y (a int); END;");
        is_one("CREATE PROCEDURE p() BEGIN IF CASE WHEN 1 THEN 2 END = 2 THEN SELECT 1; END IF; END;");
    }

    #[test]
    fn columns_may_be_called_begin_and_end() {
        is_one("CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW UPDATE u SET begin = 1, end = NEW.end WHERE u.begin;");
        is_one("CREATE PROCEDURE p() BEGIN SELECT begin, end FROM t; UPDATE t SET end = 1; END;");
        is_one("CREATE PROCEDURE p() SELECT begin FROM t;");
        is_one("CREATE TABLE t (begin int, end int);");
    }

    #[test]
    fn a_client_may_have_another_delimiter() {
        let sql = "SELECT 1;\nDELIMITER $$\nCREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW BEGIN SET @a = '$$'; END$$\n\
                   SELECT 2; SELECT 3 $$ $$\n  delimiter ;\nSELECT 4; SELECT delimiter FROM t;";
        let trigger = "CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW BEGIN SET @a = '$$'; END";
        assert_eq!(pieces(sql), ["SELECT 1;", trigger, "SELECT 2; SELECT 3", "SELECT 4;", "SELECT delimiter FROM t;"]);
        assert_eq!(
            pieces("DELIMITER //\r\nSELECT 1 // -- x\r\nSELECT 2\r\n//\r\nDELIMITER ;\r\n"),
            ["SELECT 1", "SELECT 2"]
        );
    }
}
