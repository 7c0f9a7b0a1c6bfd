//! Finds what the way down doesn't take back.

use super::*;
use crate::sql::ddl::{Parsed, key, parsed};

pub(super) const RULE: Rule = Rule {
    name: "irreversible",
    level: Level::Warn,
    dialects: ALL,
    down: Down::Ignored,
    what: "`down.sql` is missing, holds no statement, or leaves something there that `up.sql` has made: it drops no table \
           or column of `up.sql`, or names another object or a new name nowhere.",
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
    for object in
        objects(context).into_iter().filter(|object| !down.iter().any(|statement| object.is_gone_by(statement)))
    {
        let message = format!("down.sql doesn't take {} back", object.what);
        found.push(Remark::new(object.span, message, "take back in down.sql, in reverse order, all that up.sql makes"));
    }
    found
}

/// Something else than a table or column that a script makes, or a new name that it gives.
struct Object {
    what: String,
    /// What `down.sql` has to name.
    name: String,
    /// The table that it goes with.
    table: Option<TableName>,
    /// The columns that it goes with.
    columns: Vec<String>,
    span: Range<usize>,
}

impl Object {
    fn new(what: String, name: &str, span: Range<usize>) -> Self {
        Self { what, name: name.to_owned(), table: None, columns: Vec::new(), span }
    }

    /// States the table that it goes with, and the columns.
    fn of(self, table: &TableName, columns: &[String]) -> Self {
        Self { table: Some(table.clone()), columns: columns.to_vec(), ..self }
    }

    fn is_gone_by(&self, statement: &Parsed) -> bool {
        let goes_with = |table: &TableName| {
            drops(statement, table) || self.columns.iter().any(|column| drops_column(statement, table, column))
        };
        // What goes by CASCADE isn't named.
        mentions(statement, &self.name)
            || statement.text.ends_with(" cascade")
            || self.table.as_ref().is_some_and(goes_with)
    }
}

/// Lists what else a script makes in tables that were there before, or beside tables, and leaves there.
fn objects(context: &Context<'_>) -> Vec<Object> {
    let mut made = Vec::new();
    for (at, step) in context.steps.iter().enumerate() {
        let gone = |name: &str| {
            let takes = |step: &Step| step.parsed.text.starts_with("drop ") || step.parsed.text.contains(" rename ");
            context.steps[at + 1..].iter().any(|step| takes(step) && mentions(&step.parsed, name))
        };
        made.extend(objects_of(step).into_iter().filter(|object| !gone(&object.name)));
    }
    made
}

fn objects_of(step: &Step) -> Vec<Object> {
    let span = || step.parsed.span.clone();
    match &step.parsed.action {
        Action::CreateIndex(index) if !index.if_not_exists && step.is_old(&index.table) => {
            let object =
                |name: &String| Object::new(format!("index {name}"), name, span()).of(&index.table, &index.columns);
            index.name.iter().map(object).collect()
        }
        Action::Create { kind, name: Some(name), on, if_not_exists: false }
            if !is_temporary(&step.parsed) && on.as_ref().is_none_or(|on| step.is_old(on)) =>
        {
            let object = Object::new(format!("{kind} {name}"), &name.name, span());
            vec![on.iter().fold(object, |object, on| object.of(on, &[]))]
        }
        Action::CreateEnum(name) => vec![Object::new(format!("type {name}"), &name.name, span())],
        Action::AddEnumValue { name, value, if_not_exists: false } => {
            vec![Object::new(format!("value '{value}' of {name}"), &name.name, span())]
        }
        Action::RenameTables(pairs) => {
            let pairs = pairs.iter().filter(|(old, _)| step.is_old(old));
            pairs.map(|(old, new)| Object::new(format!("the new name of {old}"), &new.name, span())).collect()
        }
        Action::AlterTable(table) if step.is_old(&table.name) => {
            let named = table.alterations.iter().filter_map(|(span, alteration)| {
                let (what, name) = match alteration {
                    Alteration::AddConstraint(rule) => {
                        let name = rule.name.as_ref()?;
                        let object = Object::new(format!("constraint {name}"), name, span.clone());
                        return Some(object.of(&table.name, &rule.columns));
                    }
                    Alteration::RenameColumn { from, to } => (format!("the new name of {}.{from}", table.name), to),
                    Alteration::RenameTable(new) => (format!("the new name of {}", table.name), &new.name),
                    Alteration::RenameConstraint { from, to } => (format!("the new name of constraint {from}"), to),
                    _ => return None,
                };
                Some(Object::new(what, name, span.clone()).of(&table.name, &[]))
            });
            named.collect()
        }
        _ => Vec::new(),
    }
}

fn is_temporary(statement: &Parsed) -> bool {
    let words = statement.text.trim_start_matches("create ").trim_start_matches("or replace ");
    words.starts_with("temp ") || words.starts_with("temporary ")
}

/// Checks whether a statement names something, whatever it does with it.
fn mentions(statement: &Parsed, name: &str) -> bool {
    let (text, name) = (statement.text.to_lowercase(), name.to_lowercase());
    let is_part = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    text.match_indices(&name).any(|(at, found)| {
        !is_part(text[..at].chars().next_back()) && !is_part(text[at + found.len()..].chars().next())
    })
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
