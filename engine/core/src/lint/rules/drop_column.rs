//! Finds columns that go with their values.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "drop-column",
    level: Level::Deny,
    dialects: ALL,
    down: Down::Warned,
    what: "A column is dropped, and its values are lost.",
    why: "No `down.sql` brings values back. A program that was compiled with the column in its `table!` fails as soon as \
          the column is gone.",
    bad: "ALTER TABLE posts DROP COLUMN title;",
    good: "ALTER TABLE posts ADD COLUMN headline TEXT; UPDATE posts SET headline = title WHERE id > 0;",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    for (_, table, span, alteration) in context.alterations_of_old() {
        let Alteration::DropColumn { name, .. } = alteration else { continue };
        if !context.is_others_column(&table.name, name) {
            let message = format!("column {}.{name} and its values are lost", table.name);
            let help = "take it out of the program first, and drop it in a later release";
            found.push(Remark::new(span.clone(), message, help).on(&table.name));
        }
    }
    found
}
