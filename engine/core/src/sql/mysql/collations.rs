//! Whether a statement says which collation a table has.

use super::tokens;
use crate::sql::Kind;

/// Words that state a table's character set or collation, or take another table's.
const STATING: [&str; 5] = ["collate", "charset", "character", "convert", "like"];

/// Checks whether a statement states the collation of a table. What is in brackets is about columns.
pub(crate) fn states_collation(text: &str) -> bool {
    let mut depth = 0_usize;
    tokens(text).unwrap_or_default().iter().any(|token| {
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
            assert_eq!(states_collation(sql), states, "{sql}");
        }
    }
}
