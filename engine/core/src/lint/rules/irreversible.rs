//! Finds what the way down doesn't take back.

use super::*;
use crate::sql::ddl::{Parsed, key, parsed};

pub(super) const RULE: Rule = Rule {
    name: "irreversible",
    level: Level::Warn,
    dialects: ALL,
    down: Down::Ignored,
    what: "`down.sql` is missing, holds no statement, or leaves something there that `up.sql` has made.",
    why: "`diesel migration revert` and `redo` then leave a schema that no migration describes, and the next `up` fails.",
    bad: "CREATE TABLE posts (id INTEGER);\n-- down.sql\nSELECT 1;",
    good: "CREATE TABLE posts (id INTEGER);\n-- down.sql\nDROP TABLE posts;",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    // A file of its own has no way down.
    if context.script.way != Way::Up {
        return Vec::new();
    }
    let Some(first) = context.steps.first() else { return Vec::new() };
    let down = context.script.other.map(|sql| parsed(context.script.dialect, sql)).unwrap_or_default();
    if down.is_empty() {
        let what = if context.script.other.is_some() { "down.sql holds no statement" } else { "there is no down.sql" };
        let help = "write down.sql; if there is no way back, let it fail with a message that says so";
        return vec![Remark::new(first.parsed.span.clone(), format!("{what}: nothing takes this back"), help)];
    }
    // What raises an error on purpose, or runs code, tells nothing.
    if down.iter().any(|statement| statement.is_in_block || statement.text.starts_with("do ")) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (what, taken_back, span) in makes(context) {
        if !down.iter().any(&taken_back) {
            let message = format!("down.sql doesn't take {what} back");
            found.push(Remark::new(span, message, "take back in down.sql, in reverse order, all that up.sql makes"));
        }
    }
    found
}

type TakenBack = Box<dyn Fn(&Parsed) -> bool>;

/// Lists what a script makes and leaves there, with what takes each back.
fn makes(context: &Context<'_>) -> Vec<(String, TakenBack, Range<usize>)> {
    let mut made: Vec<(String, TakenBack, Range<usize>)> = Vec::new();
    let stays = |table: &TableName, at: usize| {
        !context.steps[at..].iter().any(|step| drops(&step.parsed, table) || renames(&step.parsed, table))
    };
    for (at, step) in context.steps.iter().enumerate() {
        let span = || step.parsed.span.clone();
        match &step.parsed.action {
            Action::CreateTable(table) if !table.is_temporary && !table.if_not_exists && stays(&table.name, at) => {
                let name = table.name.clone();
                // A table that is made anew is there before and after.
                if context.steps.iter().any(|step| drops(&step.parsed, &name)) {
                    continue;
                }
                let gone = move |statement: &Parsed| drops(statement, &name) || renames(statement, &name);
                made.push((format!("table {}", table.name), Box::new(gone), span()));
            }
            Action::AlterTable(table) => {
                for (span, alteration) in &table.alterations {
                    let Alteration::AddColumn { column, if_not_exists: false } = alteration else { continue };
                    let (name, of) = (column.name.clone(), table.name.clone());
                    let gone = move |statement: &Parsed| drops(statement, &of) || drops_column(statement, &of, &name);
                    made.push((format!("column {}.{}", table.name, column.name), Box::new(gone), span.clone()));
                }
            }
            _ => {}
        }
    }
    made
}

fn drops(statement: &Parsed, table: &TableName) -> bool {
    match &statement.action {
        Action::Drop { kind, names, .. } if kind == "table" => names.iter().any(|name| is_same(name, table)),
        Action::Drop { kind, names, .. } if kind == "schema" => {
            names.iter().any(|name| table.schema.as_ref().is_some_and(|schema| schema.eq_ignore_ascii_case(&name.name)))
        }
        _ => false,
    }
}

fn renames(statement: &Parsed, table: &TableName) -> bool {
    match &statement.action {
        Action::RenameTables(pairs) => pairs.iter().any(|(old, _)| is_same(old, table)),
        Action::AlterTable(altered) => {
            is_same(&altered.name, table)
                && altered.alterations.iter().any(|(_, alteration)| matches!(alteration, Alteration::RenameTable(_)))
        }
        _ => false,
    }
}

fn drops_column(statement: &Parsed, table: &TableName, column: &str) -> bool {
    let Action::AlterTable(altered) = &statement.action else { return false };
    key(&altered.name) == key(table)
        && altered.alterations.iter().any(|(_, alteration)| match alteration {
            Alteration::DropColumn { name, .. } | Alteration::RenameColumn { from: name, .. } => {
                name.eq_ignore_ascii_case(column)
            }
            Alteration::Redefine { old, column: new } => old.eq_ignore_ascii_case(column) && old != &new.name,
            _ => false,
        })
}
