//! Which tables chains make without a word on collations, as far as the revisions' texts say so.

use std::collections::BTreeSet;

use super::History;
use crate::dialect::Dialect;
use crate::model::TableName;
use crate::sql::Kind;
use crate::sql::effects::{Naming, concerns, naming};

/// Words that state a table's character set or collation, or take another table's.
const STATING: [&str; 5] = ["collate", "charset", "character", "convert", "like"];

/// Returns the tables whose collation no revision states: they have what is usual in their database.
pub fn without_collation(dialect: Dialect, history: &History) -> BTreeSet<TableName> {
    let mut tables = BTreeSet::new();
    for revision in history.revisions() {
        for statement in dialect.statements(&revision.up) {
            let text = &revision.up[statement.span];
            let states_one = states_collation(dialect, text);
            for naming in naming(dialect, text) {
                match naming {
                    Naming::Makes { name, lasts: true } => _ = tables.insert(name),
                    Naming::Drops(gone) => _ = tables.remove(&gone),
                    Naming::Renames { old, new } => {
                        if tables.remove(&old) {
                            tables.insert(new);
                        }
                    }
                    Naming::Makes { lasts: false, .. } => {}
                }
            }
            if states_one {
                concerns(dialect, text).iter().for_each(|table| _ = tables.remove(table));
            }
        }
    }
    tables
}

/// Whether a statement states the collation of a table. What stands in brackets is about columns.
fn states_collation(dialect: Dialect, text: &str) -> bool {
    let mut depth = 0_usize;
    dialect.tokens(text).unwrap_or_default().iter().any(|token| {
        let word = &text[token.span.clone()];
        match word {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _word => {}
        }
        depth == 0 && token.kind == Kind::Word && STATING.iter().any(|stating| word.eq_ignore_ascii_case(stating))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collations_of_columns_are_not_the_tables() {
        for (sql, states) in [
            ("CREATE TABLE t (a text COLLATE utf8mb4_bin) ENGINE=InnoDB", false),
            ("CREATE TABLE t (a text) ENGINE=InnoDB COLLATE=utf8mb4_bin", true),
            ("CREATE TABLE t (a text) DEFAULT CHARACTER SET latin1 COMMENT 'x'", true),
            ("CREATE TABLE t (a text) COMMENT 'collate'", false),
            ("CREATE TABLE t LIKE other", true),
            ("ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4", true),
        ] {
            assert_eq!(states_collation(Dialect::Mysql, sql), states, "{sql}");
        }
    }
}
