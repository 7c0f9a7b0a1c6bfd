//! Scripts that refuse rows on purpose: which tables have to be empty for them to run.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::Dialect;
use crate::model::{Change, IndexKey, Schema, Table, TableName};
use crate::plan::{Alteration, Clause, Constraint, HazardKind, Operation};
use crate::scratch::seed::{guard_message, names_in};

use super::failure::{Failure, Fault, Stage};
use super::{Reasons, Trial, is_owned};

/// Tables whose rows a script refuses by a guard, by a rule that its plan says rows may be in the way
/// of, or because they don't suit an expression that is computed from them; with the reason. None, if the script fails for another reason, or if they are empty already.
pub(super) fn tables_to_empty(failure: &Failure, trial: &Trial<'_>, start: &Schema, empty: &Reasons) -> Reasons {
    if failure.fault != Fault::Stops {
        return BTreeMap::new();
    }
    let left = |tables: BTreeSet<TableName>| -> BTreeSet<TableName> {
        tables.into_iter().filter(|table| start.tables.contains_key(table) && !empty.contains_key(table)).collect()
    };
    let guard = failure.statement.as_ref().filter(|statement| statement.is_guard);
    let mut tables = BTreeSet::new();
    if let Some(guard) = guard {
        let spoken = left(spoken_of(&guard.sql, trial, start));
        let owned = start.tables.keys().filter(|table| is_owned(trial, table)).cloned().collect();
        tables = if spoken.is_empty() { left(at_risk(trial)) } else { spoken };
        tables = if tables.is_empty() { left(owned) } else { tables };
    } else if failure.stage != Stage::Down {
        let mut from = at_risk(trial);
        from.extend(of_steps(trial, if failure.is_violation { rules } else { computes }));
        tables = left(under_old_names(from, trial));
    }
    let message = failure.lines.join("; ");
    let mut why = format!("{} stops while it has rows: {}", failure.stage, guard_message(&message));
    if failure.stage == Stage::Down {
        why.push_str("; up.sql alone was proven with them");
    }
    tables.into_iter().map(|table| (table, why.clone())).collect()
}

/// The table that a guard looks at: the first that it names, under the name of the start.
fn spoken_of(sql: &str, trial: &Trial<'_>, start: &Schema) -> BTreeSet<TableName> {
    let dialect: Dialect = trial.start.dialect();
    let names = names_in(sql, dialect);
    let old_name = |name: &String| {
        let mut name = TableName::new(name.clone());
        for change in trial.changes.iter().rev() {
            if let Change::RenameTable(names) = change
                && dialect.facts().same_name(&names.to.name, &name.name)
            {
                name = names.from.clone();
            }
        }
        start.tables.keys().find(|table| dialect.facts().same_name(&table.name, &name.name)).cloned()
    };
    names.iter().find_map(old_name).into_iter().collect()
}

/// Tables as they are called at the start.
fn under_old_names(tables: BTreeSet<TableName>, trial: &Trial<'_>) -> BTreeSet<TableName> {
    let old = |table: TableName| {
        let renamed = trial.changes.iter().find_map(|change| {
            let Change::RenameTable(names) = change else { return None };
            (names.to == table).then(|| names.from.clone())
        });
        renamed.unwrap_or(table)
    };
    tables.into_iter().map(old).collect()
}

/// Tables to which the plan does such things.
fn of_steps(trial: &Trial<'_>, does: fn(&Operation) -> bool) -> BTreeSet<TableName> {
    let steps = trial.plan.map(|plan| plan.up.steps.as_slice()).unwrap_or_default();
    let steps = steps.iter().filter(|step| does(&step.operation));
    steps.filter_map(|step| step.operation.table().cloned()).collect()
}

/// Whether a rule that is new forbids rows: a check, or a computed column that is never NULL.
fn rules(operation: &Operation) -> bool {
    match operation {
        Operation::AddColumn { column, checks, .. } => column.generated.is_some() || !checks.is_empty(),
        Operation::AddConstraint(..) => true,
        Operation::AlterTable(_, clauses, _) => clauses.iter().any(clause_rules),
        Operation::CreateIndex(_, index) => index.unique,
        Operation::CreateUniqueIndex(..) => true,
        Operation::RebuildTable(rebuild) => {
            let before = &rebuild.tables.from;
            let computed = |table: &Table, name: &str| {
                table.column(name).and_then(|column| column.generated.as_ref().map(|generated| generated.expr.clone()))
            };
            rebuild.tables.to.checks.iter().any(|check| !before.checks.iter().any(|old| old.expr == check.expr))
                || rebuild.tables.to.columns.iter().any(|column| {
                    column.generated.is_some()
                        && computed(before, &column.name) != computed(&rebuild.tables.to, &column.name)
                })
        }
        Operation::Guard(_)
        | Operation::CreateTable(_)
        | Operation::DropTable(_)
        | Operation::RenameTable(_)
        | Operation::Backfill { .. }
        | Operation::AlterColumns(..)
        | Operation::CheckDeferred(_)
        | Operation::StartNumbering(..)
        | Operation::SetLogged { .. }
        | Operation::StopNumbering(..)
        | Operation::DropConstraint(..)
        | Operation::SetComment { .. }
        | Operation::DropColumn(..)
        | Operation::RenameColumn(..)
        | Operation::DropIndex(..)
        | Operation::DropUniqueIndex(..)
        | Operation::Expect(_)
        | Operation::AlterHistory(_)
        | Operation::Restore(_)
        | Operation::Enum(_)
        | Operation::SettleConstraint(..) => false,
    }
}

fn clause_rules(clause: &Clause) -> bool {
    match clause {
        Clause::AddColumn(column, checks, _) | Clause::ModifyColumn(column, checks) => {
            column.generated.is_some() || !checks.is_empty()
        }
        Clause::Add(_) => true,
        Clause::AddIndex(index) => index.unique,
        Clause::DropColumn(_) | Clause::Drop(_) | Clause::DropIndex(_) | Clause::Options(_) | Clause::Comment(_) => {
            false
        }
    }
}

/// Whether rows are computed anew, by an expression of the author's or one that converts values: a row
/// that holds the greatest number may be too great for it, or a text no number.
fn computes(operation: &Operation) -> bool {
    match operation {
        Operation::AddColumn { column, .. } => column.generated.is_some() || column.default.is_some(),
        Operation::Backfill { .. } => true,
        Operation::AlterColumns(_, actions) => {
            actions.iter().any(|action| matches!(action.alteration, Alteration::Type { .. }))
        }
        Operation::AlterTable(_, clauses, _) => clauses.iter().any(clause_computes),
        Operation::AddConstraint(_, constraint) => matches!(constraint, Constraint::Check(_)),
        Operation::CreateIndex(_, index) => {
            index.predicate.is_some() || index.columns.iter().any(|column| matches!(column.key, IndexKey::Expr(_)))
        }
        Operation::Guard(_)
        | Operation::Expect(_)
        | Operation::CreateTable(_)
        | Operation::DropTable(_)
        | Operation::RenameTable(_)
        | Operation::RebuildTable(_)
        | Operation::CheckDeferred(_)
        | Operation::StartNumbering(..)
        | Operation::SetLogged { .. }
        | Operation::StopNumbering(..)
        | Operation::DropConstraint(..)
        | Operation::SetComment { .. }
        | Operation::DropColumn(..)
        | Operation::RenameColumn(..)
        | Operation::DropIndex(..)
        | Operation::CreateUniqueIndex(..)
        | Operation::DropUniqueIndex(..)
        | Operation::Restore(_)
        | Operation::AlterHistory(_)
        | Operation::Enum(_)
        | Operation::SettleConstraint(..) => false,
    }
}

fn clause_computes(clause: &Clause) -> bool {
    match clause {
        Clause::AddColumn(column, ..) => column.generated.is_some() || column.default.is_some(),
        Clause::ModifyColumn(..) => true,
        Clause::Add(constraint) => matches!(constraint, Constraint::Check(_)),
        Clause::DropColumn(_)
        | Clause::Drop(_)
        | Clause::AddIndex(_)
        | Clause::DropIndex(_)
        | Clause::Options(_)
        | Clause::Comment(_) => false,
    }
}

/// Tables of which the plan says that rows may be in the way.
fn at_risk(trial: &Trial<'_>) -> BTreeSet<TableName> {
    let steps = trial.plan.map(|plan| plan.up.steps.as_slice()).unwrap_or_default();
    let stops = |kind| match kind {
        HazardKind::NarrowType
        | HazardKind::NotNull
        | HazardKind::NewUnique
        | HazardKind::NewCheck
        | HazardKind::NewForeignKey => true,
        HazardKind::DropTable
        | HazardKind::DropColumn
        // Rows are made without the values that go.
        | HazardKind::DropEnumValue
        | HazardKind::Rebuild
        | HazardKind::TableRewrite
        | HazardKind::Irreversible => false,
    };
    let risky = steps.iter().filter(|step| step.hazards.iter().any(|hazard| stops(hazard.kind)));
    risky.filter_map(|step| step.operation.table().cloned()).collect()
}
