//! The renames in a statement of MariaDB or MySQL.

use std::collections::BTreeMap;

use super::{tokens, unquoted};
use crate::model::Pair;

/// What a statement gives other names: a drop and an add would lose what is in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Renames {
    /// Tables, in order.
    pub(crate) tables: Vec<Pair<String>>,
    /// Columns by their tables, as those are called then.
    pub(crate) columns: BTreeMap<String, Vec<Pair<String>>>,
}

impl Renames {
    /// Reads the renames that a statement's text states: `RENAME TABLE`, and the like in `ALTER TABLE`.
    pub(crate) fn of(sql: &str) -> Self {
        let mut found = Self::default();
        let tokens = tokens(sql).unwrap_or_default();
        let word = |at: usize| tokens.get(at).map(|token| sql[token.span.clone()].to_ascii_lowercase());
        let name = |at: usize| {
            let token = tokens.get(at).filter(|token| token.kind.is_name())?;
            Some(unquoted(&sql[token.span.clone()]))
        };
        let is = |at: usize, expected: &str| word(at).as_deref() == Some(expected);
        let past = |mut at: usize, skipped: &[&str]| {
            while word(at).is_some_and(|word| skipped.contains(&word.as_str())) {
                at += 1;
            }
            at
        };
        if is(0, "rename") {
            for at in 0..tokens.len() {
                if let (true, Some(from), Some(to)) = (is(at, "to"), at.checked_sub(1).and_then(name), name(at + 1)) {
                    found.tables.push(Pair::new(from, to));
                }
            }
            return found;
        }
        if !is(0, "alter") {
            return found;
        }
        let at = past(1, &["online", "ignore", "table", "if", "exists"]);
        let Some(table) = name(at) else { return found };
        let mut columns = Vec::new();
        let mut depth = 0_usize;
        for at in at + 1..tokens.len() {
            match word(at).as_deref() {
                Some("(") => depth += 1,
                Some(")") => depth = depth.saturating_sub(1),
                Some("rename") if depth == 0 && !is(at + 1, "index") && !is(at + 1, "key") => {
                    if is(at + 1, "column") {
                        let from = past(at + 2, &["if", "exists"]);
                        columns.extend(name(from).zip(name(from + 2)));
                    } else {
                        let to = name(past(at + 1, &["to", "as"]));
                        found.tables.extend(to.map(|to| Pair::new(table.clone(), to)));
                    }
                }
                Some("change") if depth == 0 => {
                    let from = past(at + 1, &["column", "if", "exists"]);
                    columns.extend(name(from).zip(name(from + 1)));
                }
                Some(_) | None => {}
            }
        }
        let other = |(from, to): &(String, String)| !from.eq_ignore_ascii_case(to);
        let columns: Vec<_> = columns.into_iter().filter(other).map(|(from, to)| Pair::new(from, to)).collect();
        if !columns.is_empty() {
            let now = found.tables.first().map_or(table, |names| names.to.clone());
            found.columns.insert(now, columns);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renames(sql: &str) -> Renames {
        Renames::of(sql)
    }

    fn pairs(names: &[(&str, &str)]) -> Vec<Pair<String>> {
        names.iter().map(|(from, to)| Pair::new((*from).to_owned(), (*to).to_owned())).collect()
    }

    #[test]
    fn renames_are_read_wherever_a_statement_may_say_so() {
        assert_eq!(renames("RENAME TABLE a TO b, `c d` TO `e`;").tables, pairs(&[("a", "b"), ("c d", "e")]));
        let found = renames(
            "ALTER TABLE IF EXISTS `a` RENAME COLUMN x TO y, CHANGE COLUMN `p` `q` INT DEFAULT (change), \
             CHANGE same SAME TEXT, RENAME INDEX i TO j, RENAME TO b",
        );
        assert_eq!(found.tables, pairs(&[("a", "b")]));
        assert_eq!(found.columns, BTreeMap::from([("b".to_owned(), pairs(&[("x", "y"), ("p", "q")]))]));
        assert_eq!(renames("CREATE TABLE change (rename INT)"), Renames::default());
    }
}
