//! Finds statements that keep everybody else out for as long as they run.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "blocks-reading",
    level: Level::Warn,
    dialects: SERVERS,
    down: Down::Ignored,
    what: "`LOCK TABLE`, `REFRESH MATERIALIZED VIEW` or `DETACH PARTITION` without `CONCURRENTLY`. On MariaDB and MySQL: \
           `LOCK=EXCLUSIVE`.",
    why: "Nobody else can read the table or view until the statement, or the transaction, ends.",
    bad: "REFRESH MATERIALIZED VIEW ranking;",
    good: "REFRESH MATERIALIZED VIEW CONCURRENTLY ranking;",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    for step in &context.steps {
        let span = step.parsed.span.clone();
        match &step.parsed.action {
            Action::Rewrite { command: "refresh materialized view", name: Some(name), concurrently: false }
                if step.is_old(name) =>
            {
                let help = "use CONCURRENTLY, which needs a unique index on the view";
                found.push(Remark::new(span, format!("nobody can read {name} while it is filled"), help).on(name));
            }
            Action::LockTables(tables) if context.script.dialect == Dialect::Postgres => {
                for table in tables.iter().filter(|table| step.is_old(table)) {
                    let message = format!("{table} is locked until the transaction ends");
                    let help = "leave the lock out, or ask for the weakest one that will do (`IN SHARE MODE`)";
                    found.push(Remark::new(span.clone(), message, help).on(table));
                }
            }
            _ => {}
        }
    }
    for (_, table, span, alteration) in context.alterations_of_old() {
        if matches!(alteration, Alteration::Lock(mode) if mode == "exclusive") {
            let message = format!("nobody can read or write {} until the statement ends", table.name);
            let help = "ask for `LOCK=NONE` or `LOCK=SHARED`, or leave it to the server";
            found.push(Remark::new(span.clone(), message, help).on(&table.name));
        }
        if *alteration == (Alteration::DetachPartition { concurrently: false }) {
            let message = format!("nobody can read or write {} until the transaction ends", table.name);
            let help = "use CONCURRENTLY, alone in a migration with `run_in_transaction = false` in metadata.toml";
            found.push(Remark::new(span.clone(), message, help).on(&table.name));
        }
    }
    found
}
