//! Finds columns that may be NULL from now on.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "drop-not-null",
    level: Level::Warn,
    dialects: POSTGRES,
    down: Down::Ignored,
    what: "A required column becomes optional.",
    why: "A program that was compiled with the column as required fails on the first row without a value.",
    bad: "ALTER TABLE posts ALTER COLUMN title DROP NOT NULL;",
    good: "ALTER TABLE posts ALTER COLUMN title SET DEFAULT '';",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    for (_, table, span, alteration) in context.alterations_of_old() {
        if let Alteration::DropNotNull(column) = alteration {
            let message = format!("programs that run now read {}.{column} as if it were never NULL", table.name);
            let help = "release a program first that reads it as `Nullable`";
            found.push(Remark::new(span.clone(), message, help).on(&table.name));
        }
    }
    found
}
