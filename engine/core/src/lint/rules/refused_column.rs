//! Finds columns that SQLite doesn't add.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "refused-column",
    level: Level::Deny,
    dialects: SQLITE,
    down: Down::Ignored,
    what: "`ALTER TABLE ... ADD COLUMN` with a key, a unique rule, a stored computation, or a default that is \
           computed.",
    why: "SQLite refuses it, some of it only once the table has rows: it then works on the developer's empty database and \
          fails on the real one.",
    bad: "ALTER TABLE posts ADD COLUMN made TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP;",
    good: "ALTER TABLE posts ADD COLUMN made TEXT NOT NULL DEFAULT '2000-01-01';",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    for Added { table, column, span } in added(context) {
        let default = column.default.as_deref().unwrap_or("null");
        let is_computed = default.starts_with('(') || default.starts_with("current_");
        let why = if column.is_key || column.is_unique {
            "a key or unique rule comes with it"
        } else if column.generated == Some(true) {
            "it is computed and stored"
        } else if is_computed {
            "its default is computed, which fails as soon as the table has rows"
        } else if column.references.is_some() && default != "null" {
            "it refers to another table and has a default, which fails where foreign keys are enforced"
        } else {
            continue;
        };
        let message = format!("SQLite doesn't add {table}.{}: {why}", column.name);
        let help = "make the table anew (create, copy, drop, rename); `autogen` writes that";
        found.push(Remark::new(span.clone(), message, help).on(table));
    }
    found
}
