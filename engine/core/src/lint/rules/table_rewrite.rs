//! Finds tables that PostgreSQL writes anew.

use super::*;
use crate::sql::ddl::ConstraintKind;

pub(super) const RULE: Rule = Rule {
    name: "table-rewrite",
    level: Level::Deny,
    dialects: POSTGRES,
    down: Down::Ignored,
    what: "A table that was there before is written anew, or all its rows are read, while nobody else can read or write it \
           (`ACCESS EXCLUSIVE`).",
    why: "Everybody waits in proportion to the rows. Types that are stored alike (a longer `varchar`, `varchar` to `text`) \
          are no rewrite, which no script tells: `--measure` asks a scratch database.",
    bad: "ALTER TABLE posts ALTER COLUMN id TYPE bigint;",
    good: "ALTER TABLE posts ADD COLUMN id_new bigint;",
    check,
};

/// Functions that give one value to all rows, so that it is computed once.
const STABLE: [&str; 22] = [
    "now",
    "transaction_timestamp",
    "statement_timestamp",
    "current_timestamp",
    "localtimestamp",
    "current_setting",
    "lower",
    "upper",
    "length",
    "coalesce",
    "to_timestamp",
    "to_date",
    "make_interval",
    "make_date",
    "make_timestamptz",
    "date_trunc",
    "jsonb_build_object",
    "jsonb_build_array",
    "json_build_object",
    "array",
    "numeric",
    "varchar",
];

fn check(context: &Context<'_>) -> Vec<Remark> {
    let mut found = Vec::new();
    for (_, table, span, alteration) in context.alterations_of_old() {
        let Some((message, help)) = rewrites(&table.name, alteration) else { continue };
        found.push(Remark::new(span.clone(), message, help).on(&table.name));
    }
    for (step, _, span, alteration) in context.alterations() {
        if let Alteration::AttachPartition(partition) = alteration
            && step.is_old(partition)
            && context.script.known.table(partition).is_none_or(|known| !known.has_valid_check())
        {
            let message = format!("all rows of {partition} are read while nobody else can read or write it");
            let help =
                "first put a check on it that says what the partition's bounds say, as `NOT VALID`, and validate it";
            found.push(Remark::new(span.clone(), message, help).on(partition));
        }
    }
    for (step, table, span, alteration) in context.alterations_of_old() {
        let is_check = match alteration {
            Alteration::AddConstraint(rule) => {
                rule.kind == ConstraintKind::Check && !rule.not_valid && rule.spares_empty(step, &table.name)
            }
            Alteration::AddColumn { column, .. } => column.check.is_some() && !column.has_value(),
            _ => false,
        };
        if is_check {
            let message = format!(
                "all rows of {} are read while nobody else can read or write it, to see a check hold",
                table.name
            );
            let help = "add the check as `NOT VALID`, and `VALIDATE CONSTRAINT` in a later transaction";
            found.push(Remark::new(span.clone(), message, help).on(&table.name));
        }
    }
    for step in &context.steps {
        if let Action::Rewrite { command: command @ ("vacuum" | "cluster"), name, .. } = &step.parsed.action {
            let what = name.as_ref().map_or("every table".to_owned(), ToString::to_string);
            let command = if *command == "vacuum" { "VACUUM FULL" } else { "CLUSTER" };
            let message = format!("{command} writes {what} anew while nobody else can read or write it");
            let help = "leave it to maintenance; pg_repack does it while others go on";
            let remark = Remark::new(step.parsed.span.clone(), message, help);
            found.push(name.iter().fold(remark, Remark::on));
        }
    }
    found
}

fn rewrites(table: &TableName, alteration: &Alteration) -> Option<(String, &'static str)> {
    let alone = "while nobody else can read or write it";
    match alteration {
        Alteration::SetType { column, data_type, .. } => {
            let message =
                format!("{table} is written anew {alone}, unless {table}.{column} is stored as {data_type} already");
            Some((message, "add a column of the new type, fill it in batches, and move the program over"))
        }
        Alteration::AddColumn { column, .. } => {
            let name = &column.name;
            let why = if column.is_identity {
                format!("{table}.{name} numbers its rows")
            } else if column.generated == Some(true) {
                format!("{table}.{name} is computed for each row")
            } else if let Some(function) = column.default.as_deref().and_then(volatile) {
                format!("`{function}` is computed for each row unless it is stable")
            } else {
                return None;
            };
            Some((
                format!("{table} is written anew {alone}: {why}"),
                "add the column without a value, give new rows one by `SET DEFAULT`, and fill old rows in batches",
            ))
        }
        Alteration::Remake(_) => Some((
            format!("{table} is written anew {alone}"),
            "do it at a time when nobody needs the table, or in a copy of it",
        )),
        _ => None,
    }
}

fn volatile(default: &str) -> Option<String> {
    functions(default).into_iter().find(|function| !STABLE.contains(&function.as_str()))
}
