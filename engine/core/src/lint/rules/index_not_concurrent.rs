//! Finds indexes that are built or dropped while others wait.

use super::*;
use crate::sql::ddl::ConstraintKind;

pub(super) const RULE: Rule = Rule {
    name: "index-not-concurrent",
    level: Level::Warn,
    dialects: SERVERS,
    down: Down::Ignored,
    what: "An index of a table that was there before is built, rebuilt or dropped without `CONCURRENTLY`. On MariaDB and \
           MySQL: a full-text or spatial index, which can't be built otherwise.",
    why: "Building locks the table by `SHARE`: nobody can write until all rows are read. Dropping and `REINDEX` lock it by \
          `ACCESS EXCLUSIVE`.",
    bad: "CREATE INDEX posts_by_author ON posts (author);",
    good: "CREATE TABLE notes (author bigint); CREATE INDEX notes_by_author ON notes (author);",
    check,
};

const HELP: &str = "use CONCURRENTLY, alone in a migration with `run_in_transaction = false` in metadata.toml";

fn check(context: &Context<'_>) -> Vec<Remark> {
    match context.script.dialect {
        Dialect::Postgres => {
            context.steps.iter().filter_map(on_postgres).chain(with_columns(context)).chain(of_empty(context)).collect()
        }
        Dialect::Mysql => on_mysql(context),
        Dialect::Sqlite => Vec::new(),
    }
}

fn on_postgres(step: &Step) -> Option<Remark> {
    let (message, table) = match &step.parsed.action {
        Action::CreateIndex(index) if !index.concurrently && step.is_old(&index.table) => {
            (format!("nobody can write {} while the index is built", index.table), Some(&index.table))
        }
        Action::DropIndex { names, concurrently: false, .. } => {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            (
                format!("nobody can read or write the table of index {} until the transaction ends", names.join(", ")),
                None,
            )
        }
        Action::Rewrite { command: "reindex", name, concurrently: false } => {
            let name = name.as_ref().map_or("the database".to_owned(), ToString::to_string);
            (format!("nobody can write, and many can't read, while {name} is indexed anew"), None)
        }
        _ => return None,
    };
    let remark = Remark::new(step.parsed.span.clone(), message, HELP);
    Some(table.into_iter().fold(remark, Remark::on))
}

/// Finds columns that come with an index: no rows can be alike, and still all are read.
fn with_columns(context: &Context<'_>) -> impl Iterator<Item = Remark> {
    let indexed = added(context)
        .filter(|added| (added.column.is_unique || added.column.is_key) && added.column.default.is_none());
    indexed.map(|Added { table, column, span }| {
        let message = format!(
            "nobody can read or write {table} while an index of {} over all rows is built, which is unique",
            column.name
        );
        let help = "add the column alone, build the index by `CREATE UNIQUE INDEX CONCURRENTLY` in a migration without a \
                    transaction, and make the rule of it by `ADD CONSTRAINT ... USING INDEX`";
        Remark::new(span.clone(), message, help).on(table)
    })
}

/// Finds unique rules over columns that the script has just added: no rows can be alike, and still all are read.
fn of_empty(context: &Context<'_>) -> impl Iterator<Item = Remark> {
    let rules = context.alterations_of_old().filter_map(|(step, table, span, alteration)| match alteration {
        Alteration::AddConstraint(rule)
            if rule.kind == ConstraintKind::Unique && rule.spares_empty(step, &table.name) =>
        {
            Some((table, span))
        }
        _ => None,
    });
    rules.map(|(table, span)| {
        let message = format!("nobody can read or write {} while the rule's index is built", table.name);
        let help = "build the index by `CREATE UNIQUE INDEX CONCURRENTLY` in a migration without a transaction, and make the \
                    rule of it by `ADD CONSTRAINT ... USING INDEX`";
        Remark::new(span.clone(), message, help).on(&table.name)
    })
}

fn on_mysql(context: &Context<'_>) -> Vec<Remark> {
    let help = "do it at a time when nobody writes the table";
    let mut found = Vec::new();
    let mut told = |span: &Range<usize>, table: &TableName| {
        let message = format!("nobody can write {table} while the index is built (LOCK=SHARED)");
        found.push(Remark::new(span.clone(), message, help).on(table));
    };
    for step in &context.steps {
        if let Action::CreateIndex(index) = &step.parsed.action
            && !index.is_online
            && step.is_old(&index.table)
        {
            told(&step.parsed.span, &index.table);
        }
    }
    for (_, table, span, alteration) in context.alterations_of_old() {
        if let Alteration::AddConstraint(constraint) = alteration
            && constraint.kind == (ConstraintKind::Index { is_online: false })
        {
            told(span, &table.name);
        }
    }
    found
}
