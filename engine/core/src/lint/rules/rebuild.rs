//! Finds tables that are copied.

use super::*;
use crate::sql::ddl::{AlteredTable, ConstraintKind};

pub(super) const RULE: Rule = Rule {
    name: "rebuild",
    level: Level::Deny,
    dialects: &[Dialect::Mysql, Dialect::Sqlite],
    down: Down::Ignored,
    what: "A table that was there before is copied: by a script of one's own (create, copy, drop, rename), or by what InnoDB \
           does by `ALGORITHM=COPY`.",
    why: "This takes time and disk space in proportion to the rows, and nobody else can write meanwhile. A statement that \
          asks for `ALGORITHM=INSTANT` or `INPLACE` is refused instead of copying.",
    bad: "ALTER TABLE posts MODIFY title varchar(100) NOT NULL;",
    good: "ALTER TABLE posts ADD COLUMN title varchar(100), ALGORITHM=INSTANT;",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    match context.script.dialect {
        Dialect::Sqlite => by_hand(context),
        Dialect::Mysql => by_server(context),
        Dialect::Postgres => Vec::new(),
    }
}

fn by_hand(context: &Context<'_>) -> Vec<Remark> {
    let mut found: Vec<Remark> = Vec::new();
    for (at, from, to) in copies(context) {
        let is_dropped = context.steps[at..].iter().any(|step| {
            matches!(&step.parsed.action, Action::Drop { names, .. } if names.iter().any(|name| is_same(name, from)))
        });
        let step = &context.steps[at];
        if is_dropped && step.is_old(from) {
            let message = format!("all rows of {from} are copied into {to} while nobody else can write");
            let help = "keep the table where `ALTER TABLE ... ADD COLUMN`, `DROP COLUMN` or `RENAME` will do";
            found.push(Remark::new(step.parsed.span.clone(), message, help).on(from));
        }
    }
    found
}

fn by_server(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    for step in &context.steps {
        if let Action::CreateIndex(index) = &step.parsed.action
            && index.copies
            && step.is_old(&index.table)
        {
            let message =
                format!("{} is copied while nobody else can write it: `ALGORITHM=COPY` asks for it", index.table);
            found.push(Remark::new(step.parsed.span.clone(), message, "leave `ALGORITHM=COPY` out").on(&index.table));
        }
        let Action::AlterTable(table) = &step.parsed.action else { continue };
        if !step.is_old(&table.name) || asks_for_better(table) {
            continue;
        }
        let adds_key = table.alterations.iter().any(|(_, alteration)| {
            matches!(alteration, Alteration::AddConstraint(constraint) if constraint.kind == ConstraintKind::PrimaryKey)
        });
        for (span, alteration) in &table.alterations {
            let Some(why) = why_copied(alteration, adds_key) else { continue };
            let message = format!("{} is copied while nobody else can write it: {why}", table.name);
            let help = "ask for `ALGORITHM=INPLACE, LOCK=NONE`, so that a server that can't refuses; or use a tool that copies \
                        while others go on";
            found.push(Remark::new(span.clone(), message, help).on(&table.name));
        }
    }
    found
}

fn asks_for_better(table: &AlteredTable) -> bool {
    table.alterations.iter().any(
        |(_, alteration)| matches!(alteration, Alteration::Algorithm(which) if which != "copy" && which != "default"),
    )
}

/// Tells why InnoDB copies a table, as docs/hazards.md has it.
fn why_copied(alteration: &Alteration, adds_key: bool) -> Option<String> {
    Some(match alteration {
        Alteration::Redefine { column, .. } => {
            format!("{} may get another type, and whether it does the statement doesn't tell", column.name)
        }
        Alteration::AddColumn { column, .. } if column.generated == Some(true) => {
            format!("{} is computed and stored", column.name)
        }
        Alteration::AddColumn { column, .. } if column.auto_increment => format!("{} numbers its rows", column.name),
        Alteration::AddColumn { column, .. }
            if column.default.as_deref().is_some_and(|default| default.starts_with('(')) =>
        {
            format!("{}'s default is an expression", column.name)
        }
        Alteration::AddConstraint(constraint) => match constraint.kind {
            ConstraintKind::ForeignKey(_) => "a foreign key is checked".to_owned(),
            ConstraintKind::Check => "a check is checked".to_owned(),
            ConstraintKind::PrimaryKey
            | ConstraintKind::Unique
            | ConstraintKind::Exclude
            | ConstraintKind::NotNull
            | ConstraintKind::Index { .. } => return None,
        },
        Alteration::DropConstraint { name: None, .. } if !adds_key => "its primary key goes".to_owned(),
        Alteration::Algorithm(which) if which == "copy" => "`ALGORITHM=COPY` asks for it".to_owned(),
        Alteration::ConvertCharset => "all its texts are converted".to_owned(),
        Alteration::Remake(what) => format!("`{what}` makes it anew"),
        _ => return None,
    })
}
