//! Names that somebody, somewhere, gave a table.

use std::collections::BTreeSet;

use super::recipe::Pick;

/// Plain ones first. No two differ only in ASCII case, which would be one name to SQLite.
const NAMES: [&str; 44] = [
    "item",
    "note",
    "kind",
    "size",
    "owner",
    "label",
    "state",
    "place",
    "count",
    "price",
    "order",
    "select",
    "group",
    "table",
    "index",
    "unique",
    "check",
    "values",
    "type",
    "match",
    "self",
    "desc",
    "primary",
    "name",
    "User",
    "createdAt",
    "HTTP",
    "a b",
    " padded ",
    "it's",
    "say \"hi\"",
    "back`tick",
    "x]y",
    "[brackets]",
    "semi;colon",
    "-- dashes",
    "/* stars */",
    "100%",
    "r#raw",
    "1st",
    "größe",
    "😀",
    "new\nline",
    "a_name_that_goes_on_and_on_until_it_is_longer_than_what_most_databases_would_take",
];

/// A name that isn't taken; `taken` holds lower-case ones.
pub(crate) fn free(pick: Pick, taken: &mut BTreeSet<String>) -> String {
    unlike(some(pick), taken)
}

/// A name.
pub(crate) fn some(pick: Pick) -> &'static str {
    NAMES[usize::from(pick) % NAMES.len()]
}

/// The name, or with a number one that isn't taken.
pub(crate) fn unlike(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut unlike = name.to_owned();
    let mut number = 2;
    while !taken.insert(unlike.to_ascii_lowercase()) {
        unlike = format!("{name}{number}");
        number += 1;
    }
    unlike
}
