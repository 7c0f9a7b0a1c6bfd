//! Finds scripts that begin or end the runner's transaction.

use super::*;
use crate::sql::effects::Frame;

pub(super) const RULE: Rule = Rule {
    name: "transaction-control",
    level: Level::Deny,
    dialects: ALL,
    down: Down::Judged,
    what: "`BEGIN`, `COMMIT` or `ROLLBACK` in a migration that runs in a transaction, or a transaction that never ends.",
    why: "`COMMIT` ends the runner's transaction: what follows runs without one, and a failure leaves half of the migration. \
          SQLite refuses `BEGIN` there.",
    bad: "BEGIN; CREATE TABLE notes (id INTEGER); COMMIT;",
    good: "CREATE TABLE notes (id INTEGER);",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    let mut open: Option<Range<usize>> = None;
    let is_wrapped = context.script.run_in_transaction;
    for step in &context.steps {
        let Action::Frame(frame) = &step.parsed.action else { continue };
        let span = step.parsed.span.clone();
        match frame {
            Frame::Begins => open = Some(span.clone()),
            Frame::Commits | Frame::RollsBack | Frame::Prepares => open = None,
            Frame::Saves | Frame::Releases | Frame::Returns => continue,
        }
        if is_wrapped && context.script.way != Way::Alone {
            let help = "leave it out; or state `run_in_transaction = false` in metadata.toml";
            let message = if *frame == Frame::Begins {
                "the runner has opened a transaction already"
            } else {
                "this ends the runner's transaction, not one of the script's own"
            };
            found.push(Remark::new(span, message, help));
        }
    }
    if let (Some(span), true) = (open, found.is_empty()) {
        found.push(Remark::new(span, "this transaction never ends", "end the script by `COMMIT`"));
    }
    found
}
