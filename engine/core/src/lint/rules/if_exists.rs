//! Finds statements that fail if they run twice.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "if-exists",
    level: Level::Off,
    dialects: ALL,
    down: Down::Ignored,
    what: "`CREATE` without `IF NOT EXISTS` or `DROP` without `IF EXISTS`, outside of a transaction.",
    why: "A script that has failed half-way can't simply be run again. On the other hand, `IF NOT EXISTS` takes what \
          somebody else has made for what the script makes, and an index whose building has failed for one that is there.",
    bad: "CREATE TABLE posts (id INTEGER);\n-- without a transaction",
    good: "CREATE TABLE IF NOT EXISTS posts (id INTEGER);\n-- without a transaction",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let is_bare = |step: &&Step| match &step.parsed.action {
        Action::CreateTable(table) => !table.if_not_exists,
        Action::CreateIndex(index) => !index.if_not_exists,
        Action::DropIndex { if_exists, .. } | Action::Drop { if_exists, .. } => !if_exists,
        Action::AddEnumValue { if_not_exists, .. } => !if_not_exists,
        _ => false,
    };
    // MariaDB and MySQL have no transaction around such statements.
    let is_open = |step: &&Step| step.transaction.is_none() || context.script.dialect == Dialect::Mysql;
    let remark = |step: &Step| {
        let message = "run a second time, this fails";
        Remark::new(step.parsed.span.clone(), message, "add `IF EXISTS` or `IF NOT EXISTS`")
    };
    context.steps.iter().filter(is_bare).filter(is_open).map(remark).collect()
}
