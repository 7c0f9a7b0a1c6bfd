//! Which triggers a script makes.

use super::Statement;
use super::reader::TokenReader;
use crate::dialect::Dialect;

/// Returns the names of the triggers that a script makes.
pub fn triggers(dialect: Dialect, sql: &str) -> Vec<String> {
    let trigger = |statement: Statement| {
        let text = &sql[statement.span];
        let tokens = dialect.tokens(text)?;
        let mut reader = TokenReader::new(dialect, text, &tokens);
        if !reader.take(&["create"]) {
            return None;
        }
        while reader.take(&["or", "replace", "temp", "temporary"]) {}
        // A definer stands before the word.
        let is_of_user = reader.here(&["definer"]) && reader.go_past("trigger");
        if !(is_of_user || reader.take(&["trigger"])) {
            return None;
        }
        while reader.take(&["if", "not", "exists"]) {}
        reader.name().map(|name| name.name)
    };
    dialect.statements(sql).into_iter().filter_map(trigger).collect()
}
