//! Finds what PostgreSQL refuses in a transaction.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "concurrent-in-transaction",
    level: Level::Deny,
    dialects: POSTGRES,
    down: Down::Judged,
    what: "`CONCURRENTLY` or `VACUUM` in a transaction: that of the runner, one of the script's own, a block of code, or the \
           one that PostgreSQL makes of a file with several statements.",
    why: "PostgreSQL refuses it. Diesel sends a file as one message, and several statements in one message are one \
          transaction, whatever `run_in_transaction` says. `autogen upgrade` sends one by one.",
    bad: "CREATE INDEX CONCURRENTLY posts_by_author ON posts (author);",
    good: "CREATE INDEX posts_by_author ON posts (author); -- autogen-lint: allow index-not-concurrent: small",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    let several = context.steps.iter().filter(|step| !step.parsed.is_in_block).count() > 1;
    for step in context.steps.iter().filter(|step| refuses(step)) {
        let is_alone = "alone in a migration with `run_in_transaction = false` in metadata.toml";
        let (message, help) = match step.transaction {
            Some(_) => ("PostgreSQL refuses this in a transaction".to_owned(), format!("put it {is_alone}")),
            None if several => (
                "Diesel sends this together with other statements, and PostgreSQL takes them for one transaction"
                    .to_owned(),
                format!("put each such statement {is_alone}"),
            ),
            None => continue,
        };
        found.push(Remark::new(step.parsed.span.clone(), message, help));
    }
    found
}

fn refuses(step: &Step) -> bool {
    match &step.parsed.action {
        Action::CreateIndex(index) => index.concurrently,
        Action::DropIndex { concurrently, .. } => *concurrently,
        Action::Rewrite { command: "vacuum", .. } => true,
        Action::Rewrite { command: "reindex", concurrently, .. } => *concurrently,
        Action::AlterTable(table) => table
            .alterations
            .iter()
            .any(|(_, alteration)| *alteration == (Alteration::DetachPartition { concurrently: true })),
        Action::Other => step.parsed.text.starts_with("vacuum"),
        _ => false,
    }
}
