//! Scripts that refuse rows on purpose: which tables have to be empty for them to run.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::Dialect;
use crate::model::{Change, Check, Column, Index, Pair, Rename, Rule, RuleKind as _, Schema, Table, TableName};
use crate::plan::{
    Alteration, Clause, HazardKind, MysqlOperation, Operation, PostgresOperation, Source, SqliteOperation,
};
use crate::scratch::seed::guard_message;
use crate::sql::names_within;

use super::checks::is_owned;
use super::failure::{Failure, Fault, Stage};
use super::{Reasons, Trial};

/// Returns the tables whose rows a script refuses, with the reason. A script refuses rows by a guard, by a rule that
/// rows may violate according to its plan, or because they don't suit an expression that is computed from them.
/// Returns nothing if the script fails for another reason, or if the tables are empty already.
pub(super) fn tables_to_empty(failure: &Failure, trial: &Trial<'_>, start: &Schema, empty: &Reasons) -> Reasons {
    let message = failure.lines.join("; ");
    // A statement that looks for unknown objects has nothing to do with rows.
    if failure.fault != Fault::Stops || message.contains("stopped: unknown: ") {
        return BTreeMap::new();
    }
    let left = |tables: BTreeSet<TableName>| -> BTreeSet<TableName> {
        tables.into_iter().filter(|table| start.tables.contains_key(table) && !empty.contains_key(table)).collect()
    };
    let guard = failure.statement.as_ref().filter(|statement| statement.is_guard);
    let tables = if let Some(guard) = guard {
        let spoken = left(spoken_of(&guard.sql, trial, start));
        let owned = start.tables.keys().filter(|table| is_owned(trial, table)).cloned().collect();
        let tables = if spoken.is_empty() { left(at_risk(trial, Stage::Up)) } else { spoken };
        if tables.is_empty() { left(owned) } else { tables }
    } else {
        let mut from = at_risk(trial, failure.stage);
        let refuses: fn(Effect) -> bool =
            if failure.is_violation { |effect| effect.rules } else { |effect| effect.computes };
        // The down migration is generated. Rows may block it only where a hazard of its plan says so.
        from.extend(if failure.stage == Stage::Down { BTreeSet::new() } else { of_steps(trial, refuses) });
        // One statement failed because of the tables that it names.
        let names = failure.statement.as_ref().map(|statement| names_within(trial.start.dialect(), &statement.sql));
        let is_named = |table: &TableName| names.iter().flatten().any(|name| *name == table.name.to_lowercase());
        if trial.plan.is_none() && !failure.is_violation && failure.stage != Stage::Down && computes(failure) {
            from.extend(start.tables.keys().filter(|table| is_named(table)).cloned());
        }
        if from.iter().any(is_named) {
            from.retain(is_named);
        }
        left(under_old_names(from, trial))
    };
    let mut why = format!("{} stops while it has rows: {}", failure.stage, guard_message(&message));
    if failure.stage == Stage::Down {
        why.push_str("; up.sql alone was proven with them");
    }
    tables.into_iter().map(|table| (table, why.clone())).collect()
}

/// Checks whether a script failed at a statement that computes values of rows.
fn computes(failure: &Failure) -> bool {
    let statement = failure.statement.as_ref().map(|statement| statement.sql.to_ascii_lowercase());
    statement.is_some_and(|sql| sql.contains("generated always as") || sql.trim_start().starts_with("update "))
}

/// Returns the table that a guard looks at, which is the first one that it names, with its name at the start.
fn spoken_of(sql: &str, trial: &Trial<'_>, start: &Schema) -> BTreeSet<TableName> {
    let dialect: Dialect = trial.start.dialect();
    let names = names_within(dialect, sql);
    let old_name = |name: &String| {
        let mut name = TableName::new(name.clone());
        for change in trial.changes.iter().rev() {
            if let Change::Rename(Rename::Table(names)) = change
                && dialect.facts().same_name(&names.to.name, &name.name)
            {
                name = names.from.clone();
            }
        }
        start.tables.keys().find(|table| dialect.facts().same_name(&table.name, &name.name)).cloned()
    };
    names.iter().find_map(old_name).into_iter().collect()
}

/// Returns the tables with their names at the start.
fn under_old_names(tables: BTreeSet<TableName>, trial: &Trial<'_>) -> BTreeSet<TableName> {
    let old = |table: TableName| {
        let renamed = trial.changes.iter().find_map(|change| {
            let Change::Rename(Rename::Table(names)) = change else { return None };
            (names.to == table).then(|| names.from.clone())
        });
        renamed.unwrap_or(table)
    };
    tables.into_iter().map(old).collect()
}

/// Returns the tables to which the plan does something that may refuse their rows for such a reason.
fn of_steps(trial: &Trial<'_>, refuses: fn(Effect) -> bool) -> BTreeSet<TableName> {
    let steps = trial.plan.map(|plan| plan.up.steps.as_slice()).unwrap_or_default();
    let steps = steps.iter().filter(|step| refuses(Effect::of(&step.operation)));
    steps.filter_map(|step| step.operation.table().cloned()).collect()
}

/// Why an operation may refuse rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Effect {
    /// A rule that is new forbids some: a check, a unique rule, a computed column that is never NULL.
    rules: bool,
    /// They are computed again, by an author's expression or one that converts values. A row with the greatest number
    /// may be too large for it, or a text may not be a number.
    computes: bool,
}

impl Effect {
    const NONE: Self = Self { rules: false, computes: false };
    const COMPUTES: Self = Self { rules: false, computes: true };

    fn of(operation: &Operation) -> Self {
        match operation {
            Operation::Backfill { .. } => Self::COMPUTES,
            Operation::Sqlite(SqliteOperation::AddColumn { column, checks, .. }) => Self::of_column(column, checks),
            Operation::Sqlite(SqliteOperation::CreateIndex(_, rule)) => Self::of_rule(rule, true),
            Operation::Sqlite(SqliteOperation::RebuildTable(rebuild)) => {
                let rules = has_new_rules(&rebuild.tables);
                let is_computed = |(_, source): &(String, Source)| matches!(source, Source::Expr(_));
                Self { rules, computes: rules || rebuild.columns.iter().any(is_computed) }
            }
            Operation::Postgres(PostgresOperation::AddColumn(_, column)) => Self::of_column(column, &[]),
            Operation::Postgres(PostgresOperation::AlterColumns(_, actions)) => {
                let computes = actions.iter().any(|action| matches!(action.alteration, Alteration::Type { .. }));
                Self { rules: false, computes }
            }
            Operation::Postgres(PostgresOperation::AddRule(_, rule)) => Self::of_rule(rule, true),
            Operation::Mysql(MysqlOperation::AlterTable(_, clauses, _)) => {
                clauses.iter().map(Self::of_clause).fold(Self::NONE, Self::or)
            }
            Operation::Guard(_)
            | Operation::ExpectTables(_)
            | Operation::CreateTable(_)
            | Operation::DropTable(_)
            | Operation::RenameTable(_)
            | Operation::RenameColumn(..)
            | Operation::Restore(_)
            | Operation::Sqlite(_)
            | Operation::Postgres(_)
            | Operation::Mysql(_) => Self::NONE,
        }
    }

    fn of_column(column: &Column, checks: &[Check]) -> Self {
        let is_computed = column.generated.is_some();
        Self { rules: is_computed || !checks.is_empty(), computes: is_computed || column.default.is_some() }
    }

    fn of_clause(clause: &Clause) -> Self {
        match clause {
            Clause::AddColumn(column, checks, _) => Self::of_column(column, checks),
            Clause::ModifyColumn(column, checks) => {
                Self { rules: column.generated.is_some() || !checks.is_empty(), computes: true }
            }
            Clause::Add(rule) => Self::of_rule(rule, false),
            Clause::DropColumn(_)
            | Clause::Drop(_)
            | Clause::DropIndex(_)
            | Clause::HideIndex(..)
            | Clause::Options(_)
            | Clause::Comment(_) => Self::NONE,
        }
    }

    /// Returns what a new rule does. `computes_keys` says whether the database computes the keys of an index while
    /// building it.
    fn of_rule(rule: &Rule, computes_keys: bool) -> Self {
        let is_for_speed_only = Index::of(rule).is_some_and(|index| !index.unique);
        let computes = computes_keys || Check::of(rule).is_some();
        Self { rules: !is_for_speed_only, computes: computes && !rule.expressions().is_empty() }
    }

    fn or(self, other: Self) -> Self {
        Self { rules: self.rules || other.rules, computes: self.computes || other.computes }
    }
}

/// Checks whether a rebuilt table gets a check or a computed column that it didn't have.
fn has_new_rules(tables: &Pair<Table>) -> bool {
    let Pair { from, to } = tables;
    let has_check = |check: &Check| from.rules.checks().any(|old| old.expr == check.expr);
    let has_computed = |column: &Column| from.column(&column.name).is_some_and(|old| old.generated == column.generated);
    let mut computed = to.columns.iter().filter(|column| column.generated.is_some());
    to.rules.checks().any(|check| !has_check(check)) || computed.any(|column| !has_computed(column))
}

/// Returns the tables whose rows may be in the way according to the plan of a stage.
fn at_risk(trial: &Trial<'_>, stage: Stage) -> BTreeSet<TableName> {
    let plan = trial.plan.map(|plan| match stage {
        Stage::Up | Stage::Again => &plan.up,
        Stage::Down => &plan.down,
    });
    let steps = plan.map(|plan| plan.steps.as_slice()).unwrap_or_default();
    let stops = |kind| match kind {
        HazardKind::NarrowType
        | HazardKind::NotNull
        | HazardKind::NewUnique
        | HazardKind::NewCheck
        | HazardKind::NewForeignKey => true,
        HazardKind::DropTable
        | HazardKind::DropColumn
        | HazardKind::DeleteRows
        // Rows are made without the dropped values.
        | HazardKind::DropEnumValue
        | HazardKind::Rebuild
        | HazardKind::TableRewrite
        | HazardKind::Irreversible => false,
    };
    let risky = steps.iter().filter(|step| step.hazards.iter().any(|hazard| stops(hazard.kind)));
    risky.filter_map(|step| step.operation.table().cloned()).collect()
}
