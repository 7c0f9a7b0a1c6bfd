//! Reads statements about `sqlite_sequence`, the only one of SQLite's own tables that a script has reason to
//! write to.

use std::collections::BTreeSet;

use crate::dialect::Dialect;

/// Checks whether a statement writes only to the sequence numbers of these tables. Three forms are known:
/// `DELETE FROM sqlite_sequence WHERE name = 'x'`, `UPDATE sqlite_sequence SET seq = … WHERE name = 'x'` and
/// `INSERT INTO sqlite_sequence (name, seq) SELECT 'x', …`.
pub fn numbers(text: &str, own: &BTreeSet<String>) -> bool {
    const BOUNDS: [&str; 10] =
        [",", "where", "from", "union", "except", "intersect", "values", "on", "returning", "set"];
    let mut words = Dialect::Sqlite.texts(text).unwrap_or_default();
    words.retain(|word| *word != ";");
    let folded: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
    let folded: Vec<&str> = folded.iter().map(String::as_str).collect();
    let is_own =
        |name: &str| name.starts_with('\'') && own.contains(&Dialect::Sqlite.unquoted(name).to_ascii_lowercase());
    match folded.as_slice() {
        ["delete", "from", "sqlite_sequence", "where", "name", "=", name] => is_own(name),
        ["update", "sqlite_sequence", "set", "seq", "=", value @ .., "where", "name", "=", name] => {
            is_own(name) && outside_brackets(value).all(|word| !BOUNDS.contains(&word))
        }
        ["insert", "into", "sqlite_sequence", "(", "name", ",", "seq", ")", "select", name, ",", rest @ ..] => {
            is_own(name)
                && outside_brackets(rest).all(|word| word == "from" || word == "where" || !BOUNDS.contains(&word))
        }
        _ => false,
    }
}

/// Returns the words outside brackets. What is inside them only computes a value.
fn outside_brackets<'w>(words: &'w [&'w str]) -> impl Iterator<Item = &'w str> {
    let depth = |depth: &mut usize, word: &&'w str| {
        *depth += usize::from(*word == "(");
        let is_outside = *depth == 0;
        *depth -= usize::from(*word == ")" && *depth > 0);
        Some(is_outside.then_some(*word))
    };
    words.iter().scan(0_usize, depth).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rows_of_the_tables_themselves_pass() {
        let own = BTreeSet::from(["notes".to_owned(), "it's".to_owned()]);
        for statement in [
            "DELETE FROM sqlite_sequence WHERE name = 'notes';",
            "delete from SQLITE_SEQUENCE where name = 'It''s'",
            "UPDATE sqlite_sequence SET seq = (SELECT max(id), 1 FROM notes WHERE 1) + 1 WHERE name = 'notes'",
            "INSERT INTO sqlite_sequence (name, seq) SELECT 'notes', seq FROM sqlite_sequence WHERE name = 'x'",
        ] {
            assert!(numbers(statement, &own), "{statement}");
        }
        for statement in [
            "DELETE FROM sqlite_sequence",
            "DELETE FROM sqlite_sequence WHERE name = 'assets'",
            "DELETE FROM sqlite_sequence WHERE name = 'notes' OR 1",
            "UPDATE sqlite_sequence SET seq = 0",
            "UPDATE sqlite_sequence SET seq = 0, name = 'assets' WHERE name = 'notes'",
            "UPDATE sqlite_sequence SET seq = 1 WHERE 1 OR name = 'notes'",
            "INSERT INTO sqlite_sequence (seq, name) SELECT 'notes', 'assets'",
            "INSERT INTO sqlite_sequence (name, seq) SELECT 'notes', 1 UNION SELECT 'assets', 1",
            "INSERT INTO sqlite_sequence (name, seq) VALUES ('notes', 1), ('assets', 1)",
            "INSERT INTO sqlite_sequence (name, seq) SELECT 'notes' || 'x', 1",
        ] {
            assert!(!numbers(statement, &own), "{statement}");
        }
    }
}
