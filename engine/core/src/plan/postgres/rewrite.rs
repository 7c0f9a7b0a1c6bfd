//! Which steps read or write all rows of a table while nobody else can.

use crate::dialect::Dialect;
use crate::model::{Column, Rule, Table, TableName};
use crate::plan::{
    Alteration, ColumnAction, FilledRows, Hazard, HazardKind, Operation, PostgresOperation, Step, not_null,
};

use super::facts;
use super::held::{Held, held};

/// What a step does to all rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Pass {
    Reads,
    Writes,
}

/// Adds one hazard to the heaviest of a table's steps, if any of them passes over all rows. `table`
/// is the table before these steps.
pub(super) fn add_hazard(table: &Table, steps: &mut [Step]) {
    let pass = |step: &Step| pass(table, &step.operation);
    let Some(heaviest) = steps.iter().filter_map(pass).max() else { return };
    let Some(step) = steps.iter_mut().find(|step| pass(step) == Some(heaviest)) else { return };
    step.hazards.push(passed_over(&table.name, heaviest));
}

/// Returns the hazard that all rows of a table are written while nobody else can use it.
pub(in crate::plan) fn written_anew(table: &TableName) -> Hazard {
    passed_over(table, Pass::Writes)
}

fn passed_over(table: &TableName, pass: Pass) -> Hazard {
    let what = match pass {
        Pass::Reads => "checked",
        Pass::Writes => "written anew",
    };
    Hazard {
        kind: HazardKind::TableRewrite,
        detail: format!("every row of {table} is {what} while nobody else can read or write the table"),
        count: Some(format!("SELECT count(*) FROM {}", facts().quoted_table(table))),
    }
}

fn pass(table: &Table, operation: &Operation) -> Option<Pass> {
    let own = match operation {
        // The table was locked by the step before, which adds the column, or will be before it ends.
        Operation::Backfill { rows, .. } => {
            return Some(match rows {
                FilledRows::All => Pass::Writes,
                FilledRows::Missing | FilledRows::Where(_) => Pass::Reads,
            });
        }
        Operation::Postgres(own) => own,
        Operation::Guard(_)
        | Operation::ExpectTables(_)
        | Operation::CreateTable(_)
        | Operation::DropTable(_)
        | Operation::RenameTable(_)
        | Operation::RenameColumn(..)
        | Operation::Restore(_)
        | Operation::Sqlite(_)
        | Operation::Mysql(_) => return None,
    };
    match own {
        PostgresOperation::AddColumn(_, column) => fills_rows(column).then_some(Pass::Writes),
        PostgresOperation::AlterColumns(_, actions) => {
            actions.iter().filter_map(|action| altering(table, action)).max()
        }
        PostgresOperation::AddRule(_, constraint) => match constraint {
            Rule::Check(check) => check.validated.then_some(Pass::Reads),
            // An index is built while others read.
            rule if rule.is_index() => None,
            Rule::PrimaryKey(_) | Rule::Unique(_) | Rule::Exclusion(_) => Some(Pass::Reads),
            // Others can read both tables.
            Rule::ForeignKey(_) | Rule::Index(_) => None,
        },
        PostgresOperation::StartNumbering(..) => Some(Pass::Reads),
        PostgresOperation::SetLogged { .. } => Some(Pass::Writes),
        PostgresOperation::ExpectValues(..)
        | PostgresOperation::ExpectRestored(_)
        | PostgresOperation::CreateSchema(_)
        | PostgresOperation::DropSchema(_)
        | PostgresOperation::CheckDeferred(_)
        | PostgresOperation::StopNumbering(..)
        | PostgresOperation::DropColumn(..)
        | PostgresOperation::DropRule(..)
        | PostgresOperation::SetComment { .. }
        | PostgresOperation::Enum(_)
        // Rows are read while others can do as they like, or not at all.
        | PostgresOperation::AlterRule(..) => None,
    }
}

fn altering(table: &Table, action: &ColumnAction) -> Option<Pass> {
    match &action.alteration {
        Alteration::Type { to, using, .. } => {
            let from = table.column(&action.column)?;
            let keeps_bytes = using.is_none() && keeps_bytes(&held(from), &held(to));
            (!keeps_bytes).then_some(Pass::Writes)
        }
        Alteration::SetNotNull => (!not_null::is_known(table, &action.column)).then_some(Pass::Reads),
        Alteration::DropNotNull
        | Alteration::SetDefault(_)
        | Alteration::DropDefault
        | Alteration::SetNumbering(_)
        | Alteration::SetSequence { .. }
        | Alteration::DropExpression => None,
    }
}

/// Checks whether two types are so much alike that rows needn't be rewritten.
fn keeps_bytes(from: &Held, to: &Held) -> bool {
    match (from, to) {
        (Held::Text(_), Held::Text(None)) => true,
        (Held::Text(Some(from)), Held::Text(Some(to))) => from <= to,
        (Held::Numeric(_), Held::Numeric(None)) => true,
        (Held::Numeric(Some((from, from_scale))), Held::Numeric(Some((to, to_scale)))) => {
            from <= to && from_scale == to_scale
        }
        (Held::Time(from), Held::Time(to))
        | (Held::Timestamp(from), Held::Timestamp(to))
        | (Held::Timestamptz(from), Held::Timestamptz(to)) => from <= to,
        (from, to) => from == to,
    }
}

/// Checks whether a new column's values are computed row by row. PostgreSQL keeps a constant next to the table.
fn fills_rows(column: &Column) -> bool {
    let is_stored = column.generated.as_ref().is_some_and(|generated| generated.stored);
    let is_computed = column.default.as_ref().is_some_and(|default| !is_constant(&default.sql));
    is_stored || is_computed || column.auto_increment
}

/// Checks whether a default is the same for all rows of one statement. Among functions, only those that return the
/// time of the transaction are known to be.
fn is_constant(sql: &str) -> bool {
    const STEADY: [&str; 4] = ["now()", "transaction_timestamp()", "statement_timestamp()", "current_schema()"];
    let outside: String = sql.split('\'').step_by(2).collect();
    let outside = outside.to_ascii_lowercase();
    Dialect::Postgres.is_literal(sql) || !outside.contains('(') || STEADY.contains(&outside.trim())
}

#[cfg(test)]
mod tests {
    use super::is_constant;

    #[test]
    fn a_default_is_constant_unless_it_calls_something() {
        for constant in ["0", "'f(x)'", "'a'::text", "CURRENT_TIMESTAMP", "now()", "1 + 1"] {
            assert!(is_constant(constant), "{constant}");
        }
        for computed in ["gen_random_uuid()", "random() > 0.5", "'a' || clock_timestamp()"] {
            assert!(!is_constant(computed), "{computed}");
        }
    }
}
