//! Finds what is dropped with all that depends on it.

use super::*;

pub(super) const RULE: Rule = Rule {
    name: "drop-cascade",
    level: Level::Deny,
    dialects: &[Dialect::Postgres, Dialect::Sqlite],
    down: Down::Ignored,
    what: "Something is dropped with whatever depends on it: by `CASCADE` on PostgreSQL, and on SQLite where other tables \
           point at a table that is dropped while foreign keys are enforced.",
    why: "Views, foreign keys and columns go that the script doesn't name, other plugins' among them. SQLite deletes the \
          table's rows first, and `ON DELETE CASCADE` deletes those that point at them. Diesel turns enforcement on for no \
          connection by itself, but many programs do.",
    bad: "DROP TYPE mood CASCADE;",
    good: "ALTER TABLE posts ALTER COLUMN mood TYPE text; DROP TYPE mood;",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    match context.script.dialect {
        Dialect::Postgres => by_word(context),
        Dialect::Sqlite => by_keys(context),
        Dialect::Mysql => Vec::new(),
    }
}

fn by_word(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    let help = "name what has to go in statements of its own, and leave CASCADE out";
    for step in &context.steps {
        if let Action::Drop { kind, names, cascade: true, .. } = &step.parsed.action
            && names.iter().any(|name| step.is_old(name))
        {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            let message = format!("whatever depends on {kind} {} goes with it, unnamed", names.join(", "));
            found.push(Remark::new(step.parsed.span.clone(), message, help));
        }
    }
    for (_, table, span, alteration) in context.alterations_of_old() {
        let (Alteration::DropColumn { cascade: true, name, .. }
        | Alteration::DropConstraint { cascade: true, name: Some(name), .. }) = alteration
        else {
            continue;
        };
        let message = format!("whatever depends on {}.{name} goes with it, unnamed", table.name);
        found.push(Remark::new(span.clone(), message, help).on(&table.name));
    }
    found
}

fn by_keys(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    // Inside of a transaction the pragma does nothing.
    let is_off = |at: usize| {
        context.steps[..at].iter().any(|step| {
            let is_off = matches!(&step.parsed.action, Action::Setting { name, value }
                if name.ends_with("foreign_keys") && matches!(value.trim(), "off" | "0" | "false" | "no"));
            is_off && step.transaction.is_none()
        })
    };
    for (at, step) in context.steps.iter().enumerate() {
        let Action::Drop { kind, names, .. } = &step.parsed.action else { continue };
        for table in names.iter().filter(|table| kind == "table" && step.is_old(table) && !is_off(at)) {
            let referrers = context.script.known.table(table).map(|known| known.referrers.clone()).unwrap_or_default();
            let mut others: Vec<String> =
                referrers.into_iter().filter(|name| *name != crate::sql::ddl::key(table)).collect();
            others.sort();
            others.dedup();
            if !others.is_empty() {
                let message = format!(
                    "{} points at {table}: where foreign keys are enforced, dropping it deletes its rows first, with all \
                     that `ON DELETE` says",
                    others.join(", ")
                );
                let help = "run the script without a transaction (`run_in_transaction = false` in metadata.toml), with \
                            `PRAGMA foreign_keys = OFF` first";
                found.push(Remark::new(step.parsed.span.clone(), message, help).on(table));
            }
        }
    }
    found
}
