//! Finds checks over rows that are there.

use super::*;
use crate::sql::ddl::ConstraintKind;

pub(super) const RULE: Rule = Rule {
    name: "new-check",
    level: Level::Deny,
    dialects: &[Dialect::Postgres, Dialect::Mysql, Dialect::Sqlite],
    down: Down::Ignored,
    what: "A check is put on a table or domain that was there before.",
    why: "The check may be false for some rows, which stops the migration. All rows are read while nobody else can read or \
          write the table; MariaDB and MySQL copy it.",
    bad: "ALTER TABLE posts ADD CONSTRAINT title_said CHECK (title <> '');",
    good: "ALTER TABLE posts ADD CONSTRAINT title_said CHECK (title <> '') NOT VALID;",
    check,
};

fn check(context: &Context<'_>) -> Vec<Remark> {
    let help = match context.script.dialect {
        Dialect::Postgres => "add it as `NOT VALID`, and `VALIDATE CONSTRAINT` in a later transaction",
        Dialect::Sqlite | Dialect::Mysql => "look for rows first for which it is false",
    };
    let mut found = Vec::new();
    for (step, table, span, alteration) in context.alterations_of_old() {
        let (is_check, is_own) = match alteration {
            Alteration::AddConstraint(rule) => {
                let is_check = rule.kind == ConstraintKind::Check && !rule.not_valid;
                (is_check && !rule.spares_empty(step, &table.name), step.adds_any(&table.name, &rule.columns))
            }
            // Rows have the default, or nothing.
            Alteration::AddColumn { column, .. } => {
                (column.check.is_some() && column.has_value() && !holds(column), true)
            }
            _ => (false, false),
        };
        if is_check {
            let message = format!("rows of {} for which the check is false stop it, and all rows are read", table.name);
            found.push(Remark::new(span.clone(), message, help).on(&table.name).of_own_columns(is_own));
        }
    }
    for step in &context.steps {
        if let Action::AlterDomain { name, adds_check: true, not_valid: false } = &step.parsed.action {
            let message = format!(
                "values of domain {name} for which the check is false stop it, and all tables with it are read"
            );
            found.push(Remark::new(step.parsed.span.clone(), message, help));
        }
    }
    found
}

/// Checks whether a new column's check surely holds for its default: `a IN (...)`, or a number on the right side.
fn holds(column: &NewColumn) -> bool {
    let (Some(check), Some(default)) = (&column.check, &column.default) else { return false };
    let default = default.trim_matches(['(', ')']);
    let Some((name, rest)) = check.split_once(' ') else { return false };
    if !name.trim_matches(['"', '`', '[', ']']).eq_ignore_ascii_case(&column.name) {
        return false;
    }
    if let Some(list) = rest.strip_prefix("in(").and_then(|rest| rest.strip_suffix(')')) {
        return list.split(", ").any(|value| value == default);
    }
    let Some((operator, limit)) = rest.split_once(' ') else { return false };
    let (Ok(value), Ok(limit)) = (default.replace("- ", "-").parse::<f64>(), limit.parse::<f64>()) else {
        return false;
    };
    match operator {
        ">" => value > limit,
        ">=" => value >= limit,
        "<" => value < limit,
        "<=" => value <= limit,
        "<>" | "!=" => (value - limit).abs() > f64::EPSILON,
        _ => false,
    }
}
