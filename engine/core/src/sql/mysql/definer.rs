//! Removes the definer from statements, which decides whose rights their trigger, routine, view or event has.

use std::borrow::Cow;
use std::ops::Range;

use super::tokens;
use crate::sql::{Kind, Token};

/// Blanks out the definer of a statement's trigger, routine, view or event. Here they have the rights of whoever
/// creates them.
pub(crate) fn without_definer(sql: &str) -> Cow<'_, str> {
    let spans = definers(sql);
    if spans.is_empty() {
        return Cow::Borrowed(sql);
    }
    let mut without = sql.to_owned();
    for span in spans {
        let blanks = " ".repeat(span.len());
        without.replace_range(span, &blanks);
    }
    Cow::Owned(without)
}

/// Finds the definers that a statement states, also within comments that the server runs, as dumps have them.
fn definers(sql: &str) -> Vec<Range<usize>> {
    const OBJECTS: [&str; 7] = ["trigger", "procedure", "function", "view", "event", "sql", "aggregate"];
    let found = tokens(sql).unwrap_or_default();
    let word = |at: usize| found.get(at).map(|token| sql[token.span.clone()].to_ascii_lowercase()).unwrap_or_default();
    let hidden = |token: &Token| {
        let inner =
            sql[token.span.clone()].strip_prefix("/*M!").or_else(|| sql[token.span.clone()].strip_prefix("/*!"))?;
        let inner = inner.trim_start_matches(|letter: char| letter.is_ascii_digit()).trim_start();
        let start = token.span.end - inner.len();
        let inner = inner.strip_suffix("*/")?.to_ascii_lowercase();
        let is_definer = inner.strip_prefix("definer")?.trim_start().starts_with('=');
        is_definer.then(|| start..start + inner.find(" sql security").unwrap_or(inner.len()))
    };
    let mut spans: Vec<_> = found.iter().filter_map(hidden).collect();
    if !matches!(word(0).as_str(), "create" | "alter") {
        return spans;
    }
    let begins = |at: &usize| word(*at) == "definer" && word(at + 1) == "=";
    let Some(from) = (1..found.len().min(8)).find(begins) else { return spans };
    let is_object = |at: &usize| found[*at].kind == Kind::Word && OBJECTS.contains(&word(*at).as_str());
    let Some(to) = (from + 3..found.len()).find(is_object) else { return spans };
    spans.push(found[from].span.start..found[to].span.start);
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_rights_something_has_is_left_out() {
        for (sql, rest) in [
            ("CREATE DEFINER=`root`@`localhost` TRIGGER t BEFORE INSERT ON a", "CREATE TRIGGER t BEFORE INSERT ON a"),
            ("CREATE OR REPLACE DEFINER = CURRENT_USER() VIEW v AS SELECT 1", "CREATE OR REPLACE VIEW v AS SELECT 1"),
            (
                "create algorithm=merge definer=root@'%' sql security definer view v as select 1",
                "create algorithm=merge sql security definer view v as select 1",
            ),
            ("ALTER DEFINER = x@y EVENT e ENABLE", "ALTER EVENT e ENABLE"),
            (
                "/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`%`*/ /*!50003 TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET @x = 1 */",
                "/*!50003 CREATE*/ /*!50017 */ /*!50003 TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET @x = 1 */",
            ),
            (
                "/*!50001 CREATE ALGORITHM=UNDEFINED */ /*!50013 DEFINER=a@b SQL SECURITY DEFINER */ /*!50001 VIEW v AS SELECT 1*/",
                "/*!50001 CREATE ALGORITHM=UNDEFINED */ /*!50013 SQL SECURITY DEFINER */ /*!50001 VIEW v AS SELECT 1*/",
            ),
            ("SELECT definer = view", "SELECT definer = view"),
            ("CREATE TABLE definer (event int)", "CREATE TABLE definer (event int)"),
        ] {
            let without = without_definer(sql);
            assert_eq!(without.split_whitespace().collect::<Vec<_>>().join(" "), rest);
            assert_eq!(without.len(), sql.len());
        }
    }
}
