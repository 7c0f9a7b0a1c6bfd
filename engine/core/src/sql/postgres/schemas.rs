//! Names with their schemas.

use super::{tokens, unquoted};

/// Removes a schema from the names in a statement.
pub(crate) fn without_schema(sql: &str, schema: &str) -> String {
    let tokens = tokens(sql).unwrap_or_default();
    let mut left = String::with_capacity(sql.len());
    let mut from = 0;
    for pair in tokens.windows(2) {
        let [name, dot] = pair else { continue };
        let is_name = name.kind.is_name();
        if is_name && &sql[dot.span.clone()] == "." && unquoted(&sql[name.span.clone()]) == schema {
            left.push_str(&sql[from..name.span.start]);
            from = dot.span.end;
        }
    }
    left.push_str(&sql[from..]);
    left
}
