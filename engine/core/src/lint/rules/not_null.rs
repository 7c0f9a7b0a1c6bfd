//! Finds columns that are required where rows may have no value.

use super::*;
use crate::sql::ddl::ConstraintKind;

pub(super) const RULE: Rule = Rule {
    name: "not-null",
    level: Level::Deny,
    dialects: &[Dialect::Postgres, Dialect::Mysql, Dialect::Sqlite],
    down: Down::Ignored,
    what: "A required column without a default is added to a table that was there before, or a column becomes required.",
    why: "Rows without a value stop the migration. PostgreSQL reads all rows under `ACCESS EXCLUSIVE` to see, unless a \
          validated check says so already. MariaDB and MySQL give the new column of existing rows a value that nobody has \
          chosen: zero, or an empty text.",
    bad: "ALTER TABLE posts ADD COLUMN author bigint NOT NULL;",
    good: "ALTER TABLE posts ADD COLUMN author bigint NOT NULL DEFAULT 0;",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    let is_mysql = context.script.dialect == Dialect::Mysql;
    for Added { table, column, span } in added(context) {
        if column.not_null && !column.has_value() {
            let name = &column.name;
            let message = match is_mysql {
                true => format!(
                    "{table}.{name} is required and has no default: rows that are there get zero or an empty text"
                ),
                false => format!("{table}.{name} is required and has no default: the table must be empty"),
            };
            let help = "give it a default; or add it as optional, fill it, and require it in a later migration";
            found.push(Remark::new(span.clone(), message, help).on(table));
        }
    }
    found.extend(required(context));
    found
}

/// Finds columns that become required.
fn required(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    for (step, table, span, alteration) in context.alterations_of_old() {
        let column = match alteration {
            Alteration::SetNotNull(column) => column,
            // PostgreSQL 18 has such rules with names.
            Alteration::AddConstraint(rule) if rule.kind == ConstraintKind::NotNull && !rule.not_valid => {
                let Some(column) = rule.columns.first() else { continue };
                column
            }
            _ => continue,
        };
        if is_checked(context, step, &table.name, column) {
            continue;
        }
        let name = &table.name;
        let (message, help) = match context.script.dialect {
            Dialect::Postgres => (
                format!(
                    "{name}.{column} becomes required: rows without a value stop it, and all rows are read while nobody \
                     else can read or write the table"
                ),
                format!(
                    "first `ADD CONSTRAINT ... CHECK ({column} IS NOT NULL) NOT VALID` and, in a later transaction, \
                     `VALIDATE CONSTRAINT`; then no row is read"
                ),
            ),
            Dialect::Sqlite | Dialect::Mysql => (
                format!("{name}.{column} becomes required: rows without a value stop it"),
                "look for rows without a value first, and fill them".to_owned(),
            ),
        };
        // The rows get what the script writes.
        let is_filled = step.source(name, column).is_some_and(Source::is_filled);
        found.push(Remark::new(span.clone(), message, help).on(name).of_own_columns(is_filled));
    }
    found
}

/// Checks whether a check that PostgreSQL has validated demands a value already: one of this script, or of a script
/// before it.
fn is_checked(context: &Context<'_>, at: &Step, table: &TableName, column: &str) -> bool {
    if context.script.dialect != Dialect::Postgres {
        return false;
    }
    let mut known = context.script.known.clone();
    for step in context.steps.iter().take_while(|step| step.parsed.span.start < at.parsed.span.start) {
        let Action::AlterTable(altered) = &step.parsed.action else {
            known.learn_statement(&step.parsed);
            continue;
        };
        // What a check of a table says that no script here has made, the script's author knows.
        let is_strange = |alteration: &Alteration| {
            let is_known = |name: &str| known.table(table).is_some_and(|known| known.has_check(name));
            let is_loose = context.script.known.table(table).is_none();
            matches!(alteration, Alteration::Validate(name) if is_loose && !is_known(name))
        };
        if is_same(&altered.name, table) && altered.alterations.iter().any(|(_, alteration)| is_strange(alteration)) {
            return true;
        }
        known.learn_statement(&step.parsed);
    }
    known.table(table).is_some_and(|known| known.requires(column))
}
