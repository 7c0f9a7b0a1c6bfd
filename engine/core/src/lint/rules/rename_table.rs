//! Finds tables that get another name.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "rename-table",
    level: Level::Warn,
    dialects: ALL,
    down: Down::Ignored,
    what: "A table that was there before gets another name.",
    why: "The program that runs while this is rolled out still uses the old one.",
    bad: "ALTER TABLE posts RENAME TO articles;",
    good: "CREATE VIEW articles AS SELECT * FROM posts;",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let help = "stop the program while this runs; or give the new name to a view first, and rename in a later release";
    let remark = |old: &TableName, new: &TableName, span: &Range<usize>| {
        let message = format!("programs that run now know {new} as {old}");
        Remark::new(span.clone(), message, help).on(old)
    };
    let mut found = Vec::new();
    for step in &context.steps {
        let Action::RenameTables(pairs) = &step.parsed.action else { continue };
        let old = pairs.iter().filter(|(old, _)| step.is_old(old));
        found.extend(old.map(|(old, new)| remark(old, new, &step.parsed.span)));
    }
    for (step, table, span, alteration) in context.alterations_of_old() {
        if let Alteration::SetSchema(schema) = alteration {
            let new = TableName::in_schema(schema.as_str(), table.name.name.as_str());
            found.push(remark(&table.name, &new, span));
        }
        let Alteration::RenameTable(new) = alteration else { continue };
        // What is set aside to be copied and dropped comes back under its name.
        let comes_back = context.steps.iter().any(|later| {
            later.parsed.span.start > step.parsed.span.start
                && matches!(&later.parsed.action, Action::CreateTable(made) if is_same(&made.name, &table.name))
        });
        if !comes_back {
            found.push(remark(&table.name, new, span));
        }
    }
    found
}
