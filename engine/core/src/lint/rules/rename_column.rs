//! Finds columns that get another name.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "rename-column",
    level: Level::Warn,
    dialects: ALL,
    down: Down::Ignored,
    what: "A column of a table that was there before gets another name.",
    why: "The program that runs while this is rolled out still uses the old one.",
    bad: "ALTER TABLE posts RENAME COLUMN title TO headline;",
    good: "ALTER TABLE posts ADD COLUMN headline TEXT;",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    for (_, table, span, alteration) in context.alterations_of_old() {
        let (from, to) = match alteration {
            Alteration::RenameColumn { from, to } => (from, to),
            Alteration::Redefine { old, column } if *old != column.name => (old, &column.name),
            _ => continue,
        };
        let message = format!("programs that run now know {}.{to} as {from}", table.name);
        let help = "stop the program while this runs; or keep the name, and say `#[sql_name = \"...\"]` in `table!`";
        found.push(Remark::new(span.clone(), message, help).on(&table.name));
    }
    found
}
