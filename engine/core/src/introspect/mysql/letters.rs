//! Four-byte letters in defaults, checks and computed columns. MariaDB's catalog shows a question mark for each of
//! their bytes.
//!
//! `SHOW CREATE TABLE` has the letters. It is run only for tables with such marks, of which most databases have none.
//! For literal defaults see [`literals`](super::literals), and for the values of an enum see
//! [`members`](super::members).

use std::collections::BTreeMap;

use diesel::QueryResult;

use crate::dialect::Dialect;

use super::rows::Rows;

/// What stands for such a letter.
const MARKS: &str = "????";

/// Restores the letters. `show` returns the statement that makes a table.
pub(super) fn restore(rows: &mut Rows, mut show: impl FnMut(&str) -> QueryResult<String>) -> QueryResult<()> {
    let quoted = |name: &str| Dialect::Mysql.facts().quoted(name);
    let mut shown: BTreeMap<String, Shown> = BTreeMap::new();
    let mut restored = |table: &str, start: &str, text: &mut String| -> QueryResult<()> {
        if !text.contains(MARKS) {
            return Ok(());
        }
        if !shown.contains_key(table) {
            shown.insert(table.to_owned(), Shown::new(show(table)?));
        }
        if let Some(found) = shown.get(table).and_then(|shown| shown.find(start, text)) {
            *text = found.to_owned();
        }
        Ok(())
    };
    for column in &mut rows.columns {
        let start = format!("\n  {} ", quoted(&column.name));
        for text in [&mut column.default, &mut column.generated].into_iter().flatten() {
            restored(&column.table_name, &start, text)?;
        }
    }
    for check in &mut rows.checks {
        let of_table = format!("\n  CONSTRAINT {} CHECK ", quoted(&check.name));
        let of_column = format!("\n  {} ", quoted(&check.name));
        let start = if check.is_of_column { of_column } else { of_table };
        restored(&check.table_name, &start, &mut check.expression)?;
    }
    Ok(())
}

/// How a table is made, and the same with marks.
struct Shown {
    text: String,
    marked: String,
    /// Where each byte with marks stands in the text.
    places: Vec<usize>,
}

impl Shown {
    fn new(text: String) -> Self {
        let (mut marked, mut places) = (String::with_capacity(text.len()), Vec::with_capacity(text.len() + 1));
        for (at, letter) in text.char_indices() {
            let length = letter.len_utf8();
            places.extend((0..length).map(|byte| if length == MARKS.len() { at } else { at + byte }));
            if length == MARKS.len() { marked.push_str(MARKS) } else { marked.push(letter) }
        }
        places.push(text.len());
        Self { text, marked, places }
    }

    /// Returns a piece of the line that begins with `start`.
    fn find(&self, start: &str, piece: &str) -> Option<&str> {
        let line = self.marked.find(start)? + start.len();
        let end = self.marked[line..].find('\n').map_or(self.marked.len(), |end| line + end);
        let at = line + self.marked[line..end].find(piece)?;
        self.text.get(self.places[at]..self.places[at + piece.len()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_stand_for_letters_are_told_from_marks() {
        let shown =
            Shown::new("(\n  `a` text DEFAULT 'é😀?',\n  `b` text DEFAULT '????',\n  `c` text DEFAULT '🦀'".to_owned());
        assert_eq!(shown.find("\n  `a` ", "'é?????'"), Some("'é😀?'"));
        assert_eq!(shown.find("\n  `b` ", "'????'"), Some("'????'"));
        assert_eq!(shown.find("\n  `c` ", "'????'"), Some("'🦀'"));
        assert_eq!(shown.find("\n  `d` ", "'????'"), None);
    }
}
