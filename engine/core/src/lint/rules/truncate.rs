//! Finds tables that are emptied.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "truncate",
    level: Level::Deny,
    dialects: SERVERS,
    down: Down::Ignored,
    what: "A table that was there before is emptied by `TRUNCATE`.",
    why: "All its rows are lost, with `CASCADE` those of the tables that point at it too, and nobody else can read or \
          write it until the transaction ends. MariaDB and MySQL commit first, so nothing takes it back.",
    bad: "TRUNCATE TABLE posts;",
    good: "DELETE FROM posts WHERE published = false;",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    for step in &context.steps {
        let Action::Truncate { tables, cascade } = &step.parsed.action else { continue };
        for table in tables.iter().filter(|table| step.is_old(table)) {
            let more = if *cascade { ", and those of all tables that point at it" } else { "" };
            let message = format!("all rows of {table} are lost{more}");
            let help = "delete the rows that are meant, by a condition";
            found.push(Remark::new(step.parsed.span.clone(), message, help).on(table));
        }
    }
    found
}
