//! Finds work on rows while a table is locked.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "long-transaction",
    level: Level::Warn,
    dialects: POSTGRES,
    down: Down::Ignored,
    what: "Rows of a table that was there before are written, or an index is built, in a transaction that has locked a table \
           by `ACCESS EXCLUSIVE` before.",
    why: "The lock is held until the transaction ends, so nobody can read or write the table for as long as the rows take.",
    bad: "ALTER TABLE posts ADD COLUMN slug text; UPDATE posts SET slug = title WHERE slug IS NULL;",
    good: "UPDATE posts SET slug = title WHERE slug IS NULL;",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    let mut held: Option<(usize, TableName)> = None;
    let mut told = None;
    for step in &context.steps {
        let Some(transaction) = step.transaction else { continue };
        let work = match &step.parsed.action {
            Action::Update { table, .. } | Action::Delete { table, .. } if step.is_old(table) => {
                Some((table, format!("rows of {table} are written")))
            }
            Action::Insert { table, from: Some(from) } if step.is_old(from) => {
                Some((table, format!("rows of {from} are copied")))
            }
            Action::CreateIndex(index) if step.is_old(&index.table) && !index.concurrently => {
                Some((&index.table, format!("an index of {} is built", index.table)))
            }
            _ => None,
        };
        if let (Some((table, what)), Some((known, locked))) = (work, &held)
            && *known == transaction
            && told.replace(transaction) != Some(transaction)
        {
            let message = format!(
                "{what} while nobody else can read or write {locked}, which is locked until the transaction ends"
            );
            let help = "change the table in one migration, and its rows in the next";
            found.push(Remark::new(step.parsed.span.clone(), message, help).on(table));
        }
        if let Some(table) = locked(step).first() {
            held = held.filter(|(known, _)| *known == transaction).or(Some((transaction, (*table).clone())));
        }
    }
    found
}
