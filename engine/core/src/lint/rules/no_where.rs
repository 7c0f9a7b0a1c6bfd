//! Finds rows that are changed or deleted without a condition.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "no-where",
    level: Level::Warn,
    dialects: ALL,
    down: Down::Ignored,
    what: "`UPDATE` or `DELETE` without `WHERE` on a table that was there before.",
    why: "Every row is changed or lost. All of them stay locked until the transaction ends, and on PostgreSQL each leaves \
          an old version behind. Rows of a column that the same script adds are no exception: the table is as large.",
    bad: "DELETE FROM posts;",
    good: "DELETE FROM posts WHERE published = false;",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    for step in &context.steps {
        let (table, columns, message, help) = match &step.parsed.action {
            Action::Delete { table, has_where: false } => (
                table,
                [].as_slice(),
                format!("all rows of {table} are deleted"),
                "say by `WHERE` which rows are meant",
            ),
            Action::Update { table, columns, has_where: false } => (
                table,
                columns.as_slice(),
                format!("all rows of {table} are written, and locked until the transaction ends"),
                "say by `WHERE` which rows need it; for a large table, do so in batches outside of migrations",
            ),
            _ => continue,
        };
        if step.is_old(table) {
            let remark = Remark::new(step.parsed.span.clone(), message, help).on(table);
            let is_own = columns.iter().any(|column| step.source(table, column).is_some());
            found.push(remark.of_own_columns(is_own));
        }
    }
    found
}
