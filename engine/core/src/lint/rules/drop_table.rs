//! Finds tables that go with their rows.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "drop-table",
    level: Level::Deny,
    dialects: ALL,
    down: Down::Warned,
    what: "A table, partition, schema or database is dropped or made anew (`CREATE OR REPLACE TABLE`), and all rows in it \
           are lost.",
    why: "No `down.sql` brings rows back, and whatever still uses the table fails.",
    bad: "DROP TABLE posts;",
    good: "CREATE TABLE new_posts (id INTEGER); INSERT INTO new_posts SELECT id FROM posts; DROP TABLE posts; \
           ALTER TABLE new_posts RENAME TO posts;",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    let help = "stop using it first, and drop it in a later release; keep a copy of rows that count";
    for (_, table, span, alteration) in context.alterations_of_old() {
        if let Alteration::Lose(what) = alteration {
            let message = format!("{what} are lost in {}", table.name);
            found.push(Remark::new(span.clone(), message, help).on(&table.name));
        }
    }
    for (at, step) in context.steps.iter().enumerate() {
        if let Action::CreateTable(table) = &step.parsed.action
            && table.replaces
            && step.is_old(&table.name)
        {
            let message = format!("table {} is dropped first, and all its rows are lost", table.name);
            found.push(Remark::new(step.parsed.span.clone(), message, help).on(&table.name));
        }
        let Action::Drop { kind, names, .. } = &step.parsed.action else { continue };
        if kind == "owned" {
            let owners: Vec<String> = names.iter().map(ToString::to_string).collect();
            let message = format!("all that {} owns is dropped, tables with their rows", owners.join(", "));
            found.push(Remark::new(step.parsed.span.clone(), message, "name what has to go in statements of its own"));
        }
        if !matches!(kind.as_str(), "table" | "schema" | "database") {
            continue;
        }
        let is_lost = |name: &&TableName| step.is_old(name) && !is_made_anew(context, at, name);
        for name in names.iter().filter(is_lost) {
            let message = format!("{kind} {name} and all its rows are lost");
            found.push(Remark::new(step.parsed.span.clone(), message, help).on(name));
        }
    }
    found
}
