//! Finds scripts that may wait for ever, and let everybody wait behind them.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "lock-timeout",
    level: Level::Off,
    dialects: POSTGRES,
    down: Down::Ignored,
    what: "A table that was there before is locked by `ACCESS EXCLUSIVE`, and no `lock_timeout` was set before.",
    why: "Behind a migration that waits for a lock, everybody else waits too. `autogen upgrade` sets a timeout for every \
          revision; a script that others run doesn't have one.",
    bad: "ALTER TABLE posts ADD COLUMN a int;",
    good: "SET lock_timeout = '5s'; ALTER TABLE posts ADD COLUMN a int;",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    for step in &context.steps {
        if matches!(&step.parsed.action, Action::Setting { name, .. } if name == "lock_timeout") {
            return Vec::new();
        }
        if let Some(table) = locked(step).first() {
            let message = format!("this may wait for {table} for ever, and everybody else behind it");
            return vec![
                Remark::new(step.parsed.span.clone(), message, "begin by `SET LOCAL lock_timeout = '5s'`").on(table),
            ];
        }
    }
    Vec::new()
}
