//! Finds unique rules over rows that are there.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "new-unique",
    level: Level::Deny,
    dialects: ALL,
    down: Down::Ignored,
    what: "A unique rule, unique index, exclusion or primary key is put on a table that was there before.",
    why: "Rows that are alike stop the migration. PostgreSQL builds the index while nobody can write the table, and for a \
          rule nobody can read it either.",
    bad: "ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);",
    good: "CREATE TABLE emails (email TEXT, CONSTRAINT emails_key UNIQUE (email));",
    check,
};

const HELP: &str = "look for rows that are alike first";
const HELP_POSTGRES: &str = "look for rows that are alike first; build the index by `CREATE UNIQUE INDEX CONCURRENTLY` in a \
                             migration without a transaction, and make the rule of it by `ADD CONSTRAINT ... USING INDEX`";

fn check(context: &Context<'_>) -> Vec<Remark> {
    let is_postgres = context.script.dialect == Dialect::Postgres;
    let help = if is_postgres { HELP_POSTGRES } else { HELP };
    let mut found = Vec::new();
    for step in &context.steps {
        // One that is built concurrently blocks nobody, and leaves only an invalid index behind where rows are alike.
        if let Action::CreateIndex(index) = &step.parsed.action
            && index.is_unique
            && step.is_old(&index.table)
            && !index.concurrently
            && !(index.passes_null && step.has_empty(&index.table, &index.columns))
        {
            let message = format!("rows of {} that are alike stop it", index.table);
            let is_own = step.adds_any(&index.table, &index.columns);
            let remark = Remark::new(step.parsed.span.clone(), message, help).on(&index.table);
            found.push(remark.of_own_columns(is_own));
        }
    }
    for (step, table, span, alteration) in context.alterations_of_old() {
        let (what, is_own) = match alteration {
            Alteration::AddConstraint(rule) if !rule.of_index && !rule.spares_empty(step, &table.name) => {
                (rule.what_is_alike(), step.adds_any(&table.name, &rule.columns))
            }
            Alteration::AddColumn { column, .. } if column.is_unique && column.has_value() => (Some("alike"), true),
            _ => (None, false),
        };
        let Some(what) = what else { continue };
        let message = match is_postgres {
            true => format!(
                "rows of {} that are {what} stop it; the index is built while nobody else can read or write the table",
                table.name
            ),
            false => format!("rows of {} that are {what} stop it", table.name),
        };
        found.push(Remark::new(span.clone(), message, help).on(&table.name).of_own_columns(is_own));
    }
    found
}
