//! Finds columns that are required where rows may have no value.

use super::*;

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
        let has_value =
            column.default.is_some() || column.generated.is_some() || column.is_identity || column.auto_increment;
        if column.not_null && !has_value {
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
    for (_, table, span, alteration) in context.alterations_of_old() {
        let Alteration::SetNotNull(column) = alteration else { continue };
        if is_checked(context, span, column) {
            continue;
        }
        let message = format!(
            "{}.{column} becomes required: rows without a value stop it, and all rows are read while \
                               nobody else can read or write the table",
            table.name
        );
        let help = format!(
            "first `ADD CONSTRAINT ... CHECK ({column} IS NOT NULL) NOT VALID` and, in a later transaction, `VALIDATE \
             CONSTRAINT`; then no row is read"
        );
        found.push(Remark::new(span.clone(), message, help).on(&table.name));
    }
    found
}

/// Checks whether the script validates a check before, whose text speaks of the column: PostgreSQL trusts that.
fn is_checked(context: &Context<'_>, span: &Range<usize>, column: &str) -> bool {
    let before = || context.steps.iter().filter(|step| step.parsed.span.end < span.start);
    let speaks = |step: &Step| step.parsed.text.contains(&format!("{} is not null", column.to_lowercase()));
    let validates = |step: &Step| step.parsed.text.contains("validate constraint");
    before().any(validates) && (before().any(speaks) || before().count() == 1)
}
