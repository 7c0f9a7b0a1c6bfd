//! Finds tables that go with their rows.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "drop-table",
    level: Level::Deny,
    dialects: ALL,
    down: Down::Warned,
    what: "A table, schema or database is dropped, and all rows in it are lost.",
    why: "No `down.sql` brings rows back, and whatever still uses the table fails.",
    bad: "DROP TABLE posts;",
    good: "CREATE TABLE new_posts (id INTEGER); INSERT INTO new_posts SELECT id FROM posts; DROP TABLE posts; \
           ALTER TABLE new_posts RENAME TO posts;",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    for (at, step) in context.steps.iter().enumerate() {
        let Action::Drop { kind, names, .. } = &step.parsed.action else { continue };
        if !matches!(kind.as_str(), "table" | "schema" | "database") {
            continue;
        }
        let is_lost = |name: &&TableName| step.is_old(name) && !is_made_anew(context, at, name);
        for name in names.iter().filter(is_lost) {
            let message = format!("{kind} {name} and all its rows are lost");
            let help = "stop using it first, and drop it in a later release; keep a copy of rows that count";
            found.push(Remark::new(step.parsed.span.clone(), message, help).on(name));
        }
    }
    found
}
