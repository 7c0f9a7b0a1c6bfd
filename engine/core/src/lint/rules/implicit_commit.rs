//! Finds scripts that can't be taken back as a whole.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "implicit-commit",
    level: Level::Off,
    dialects: MYSQL,
    down: Down::Ignored,
    what: "A script with several statements, one of which changes a table, index or view.",
    why: "MariaDB and MySQL commit before and after such a statement: if a later one fails, the earlier ones stay. `autogen \
          upgrade` knows how far it came; Diesel doesn't.",
    bad: "ALTER TABLE posts ADD COLUMN a int; ALTER TABLE posts ADD COLUMN b int;",
    good: "ALTER TABLE posts ADD COLUMN a int, ADD COLUMN b int;",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let commits = |step: &&Step| match &step.parsed.action {
        Action::CreateTable(table) => !table.is_temporary,
        Action::AlterTable(_)
        | Action::RenameTables(_)
        | Action::CreateIndex(_)
        | Action::DropIndex { .. }
        | Action::Create { .. }
        | Action::Drop { .. }
        | Action::Truncate { .. } => true,
        _ => false,
    };
    let writes = |step: &&Step| {
        matches!(&step.parsed.action, Action::Insert { .. } | Action::Update { .. } | Action::Delete { .. })
            || commits(step)
    };
    let mut writing = context.steps.iter().filter(writes);
    let (Some(_), Some(second)) = (writing.next(), writing.next()) else { return Vec::new() };
    if !context.steps.iter().any(|step| commits(&step)) {
        return Vec::new();
    }
    let message = "if this fails, what came before stays";
    let help = "put one statement into each migration; several changes of a table can be one `ALTER TABLE`";
    vec![Remark::new(second.parsed.span.clone(), message, help)]
}
