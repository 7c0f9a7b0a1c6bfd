//! Finds pragmas that do nothing.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "pragma-in-transaction",
    level: Level::Deny,
    dialects: SQLITE,
    down: Down::Judged,
    what: "`PRAGMA foreign_keys` in a transaction.",
    why: "SQLite ignores it there without a word: foreign keys stay enforced, or not, as they were, and dropping a table \
          deletes rows that point at it.",
    bad: "PRAGMA foreign_keys = OFF; CREATE TABLE notes (id INTEGER);",
    good: "PRAGMA defer_foreign_keys = ON; CREATE TABLE notes (id INTEGER);",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let is_ignored = |step: &&Step| {
        let is_pragma = matches!(&step.parsed.action, Action::Setting { name, .. } if name.ends_with("foreign_keys")
            && !name.contains("defer"));
        is_pragma && step.parsed.text.starts_with("pragma") && step.transaction.is_some()
    };
    let help = "state `run_in_transaction = false` in metadata.toml, and put what has to be one transaction between BEGIN and \
                COMMIT behind the pragma";
    let remark =
        |step: &Step| Remark::new(step.parsed.span.clone(), "SQLite ignores this pragma in a transaction", help);
    context.steps.iter().filter(is_ignored).map(remark).collect()
}
