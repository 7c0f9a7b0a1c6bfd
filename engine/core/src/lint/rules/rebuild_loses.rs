//! Finds tables that are made anew without what hung on them.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "rebuild-loses",
    level: Level::Deny,
    dialects: SQLITE,
    down: Down::Ignored,
    what: "A table is made anew (create, copy, drop, rename), and triggers or indexes that earlier migrations have put on it \
           aren't made again.",
    why: "`DROP TABLE` takes them away without a word.",
    bad: "CREATE TABLE posts (id INTEGER); CREATE INDEX posts_by_id ON posts (id);\n-- the next revision\n\
          CREATE TABLE new_posts (id INTEGER); INSERT INTO new_posts SELECT id FROM posts; DROP TABLE posts; \
          ALTER TABLE new_posts RENAME TO posts;",
    good: "CREATE TABLE posts (id INTEGER); CREATE INDEX posts_by_id ON posts (id);\n-- the next revision\n\
           CREATE TABLE new_posts (id INTEGER); INSERT INTO new_posts SELECT id FROM posts; DROP TABLE posts; \
           ALTER TABLE new_posts RENAME TO posts; CREATE INDEX posts_by_id ON posts (id);",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    for (at, step) in context.steps.iter().enumerate() {
        let Action::Drop { kind, names, .. } = &step.parsed.action else { continue };
        for table in names.iter().filter(|table| kind == "table" && is_made_anew(context, at, table)) {
            let Some(known) = context.script.known.table(table) else { continue };
            let later = &context.steps[at..];
            let is_made = |name: &&String| {
                later.iter().any(|step| match &step.parsed.action {
                    Action::CreateIndex(index) => {
                        index.name.as_ref().is_some_and(|made| made.eq_ignore_ascii_case(name))
                    }
                    Action::Create { name: Some(made), .. } => made.name.eq_ignore_ascii_case(name),
                    _ => false,
                })
            };
            let lost: Vec<String> = (known.triggers.iter().map(|name| ("trigger", name)))
                .chain(known.indexes.iter().map(|name| ("index", name)))
                .filter(|(_, name)| !is_made(name))
                .map(|(kind, name)| format!("{kind} {name}"))
                .collect();
            if !lost.is_empty() {
                let message = format!("dropping {table} also drops {}", lost.join(", "));
                let help = "make them again behind the new table's name, or drop them by statements of their own";
                found.push(Remark::new(step.parsed.span.clone(), message, help).on(table));
            }
        }
    }
    found
}
