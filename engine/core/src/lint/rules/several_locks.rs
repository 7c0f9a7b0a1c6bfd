//! Finds transactions that lock several tables.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "several-locks",
    level: Level::Warn,
    dialects: POSTGRES,
    down: Down::Ignored,
    what: "One transaction locks several tables that were there before by `ACCESS EXCLUSIVE`.",
    why: "While it waits for the second table, nobody can read or write the first. A program that uses both in another order \
          brings about a deadlock.",
    bad: "ALTER TABLE posts ADD COLUMN a int; ALTER TABLE users ADD COLUMN a int;",
    good: "ALTER TABLE posts ADD COLUMN a int; ALTER TABLE posts ADD COLUMN b int;",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    let mut held: Option<(usize, Vec<TableName>)> = None;
    for step in &context.steps {
        let Some(transaction) = step.transaction else { continue };
        for table in locked(step) {
            match &mut held {
                Some((known, tables)) if *known == transaction => {
                    if tables.iter().any(|held| is_same(held, table)) {
                        continue;
                    }
                    // The third says nothing new.
                    if tables.len() == 1 {
                        let message = format!("{} stays locked while this waits for {table}", tables[0]);
                        let help = "change one table in each migration";
                        found.push(Remark::new(step.parsed.span.clone(), message, help).on(table));
                    }
                    tables.push(table.clone());
                }
                Some(_) | None => held = Some((transaction, vec![table.clone()])),
            }
        }
    }
    found
}
