//! The effect of a change to a table on the tables that inherit from it.

use std::collections::BTreeSet;

use crate::model::{Column, TableName};
use crate::plan::{Alteration, ColumnAction, Hazard, Operation, PostgresOperation, Stage, Step};

/// Removes from heirs' steps what a step of their parent does to them anyway. The parent's step takes over their
/// hazards.
pub(in crate::plan) fn left_to_parents(steps: Vec<Step>, stage: &Stage) -> Vec<Step> {
    let tables = || stage.before.tables.values().chain(stage.after.tables.values());
    if tables().all(|table| table.lineage.parents.is_empty()) {
        return steps;
    }
    let mut left: Vec<Step> = steps;
    let mut at = 0;
    while at < left.len() {
        let ancestors = left[at].operation.table().map(|table| ancestors(table, stage)).unwrap_or_default();
        let carrier = left.iter().position(|step| {
            let is_ancestor = step.operation.table().is_some_and(|table| ancestors.contains(table));
            is_ancestor && carries(&step.operation, &left[at].operation)
        });
        let Some(carrier) = carrier else {
            at += 1;
            continue;
        };
        let rest = without(&left[at].operation, &left[carrier].operation);
        let hazards: Vec<Hazard> = std::mem::take(&mut left[at].hazards);
        left[carrier].hazards.extend(hazards);
        match rest {
            Some(operation) => left[at].operation = operation,
            None => {
                left.remove(at);
            }
        }
    }
    let kept = kept_of_heirs(&left, stage);
    left.extend(without_repeats(kept, stage));
    left
}

/// Removes from heirs' steps what a step of another heir, from which they inherit too, restores for both.
fn without_repeats(kept: Vec<Step>, stage: &Stage) -> Vec<Step> {
    let rest = |step: &Step| {
        let heir = step.operation.table()?;
        let carriers = ancestors(heir, stage);
        let is_carrier = |found: &&Step| found.operation.table().is_some_and(|table| carriers.contains(table));
        let carriers = kept.iter().filter(is_carrier);
        let operation = carriers
            .filter(|found| carries(&found.operation, &step.operation))
            .try_fold(step.operation.clone(), |operation, found| without(&operation, &found.operation))?;
        Some(Step { operation, hazards: step.hazards.clone() })
    };
    kept.iter().filter_map(rest).collect()
}

/// Restores what heirs define differently from their parents, where a parent's step overwrites it.
fn kept_of_heirs(steps: &[Step], stage: &Stage) -> Vec<Step> {
    let heirs = stage.after.tables.values().filter(|table| stage.before.tables.contains_key(&table.name));
    let mut kept = Vec::new();
    for heir in heirs {
        let mut actions = Vec::new();
        for parent in ancestors(&heir.name, stage) {
            for action in altered(steps, parent) {
                let given = stage.after.tables.get(parent).and_then(|table| table.column(&action.column));
                let (Some(own), Some(given)) = (heir.column(&action.column), given) else { continue };
                let alteration = match (&action.alteration, &own.default) {
                    (Alteration::DropNotNull, _) if !own.nullable => Alteration::SetNotNull,
                    (Alteration::SetDefault(_) | Alteration::DropDefault, _) if own.default == given.default => {
                        continue;
                    }
                    (Alteration::SetDefault(_), None) => Alteration::DropDefault,
                    (Alteration::SetDefault(_) | Alteration::DropDefault, Some(own)) => {
                        Alteration::SetDefault(own.clone())
                    }
                    (
                        Alteration::Type { .. }
                        | Alteration::SetNotNull
                        | Alteration::DropNotNull
                        | Alteration::SetNumbering(_)
                        | Alteration::SetSequence { .. }
                        | Alteration::DropExpression
                        | Alteration::DropDefault,
                        _,
                    ) => continue,
                };
                let action = ColumnAction { column: action.column.clone(), alteration };
                let is_said = altered(steps, &heir.name).any(|said| is_same(said, &action));
                if !is_said && !actions.contains(&action) {
                    actions.push(action);
                }
            }
        }
        if !actions.is_empty() {
            let operation = Operation::Postgres(PostgresOperation::AlterColumns(heir.name.clone(), actions));
            kept.push(Step { operation, hazards: Vec::new() });
        }
    }
    kept
}

/// Returns what steps do to the columns of a table.
fn altered<'a>(steps: &'a [Step], of: &'a TableName) -> impl Iterator<Item = &'a ColumnAction> {
    let actions = steps.iter().filter_map(move |step| {
        let Operation::Postgres(PostgresOperation::AlterColumns(table, actions)) = &step.operation else { return None };
        (table == of).then_some(actions)
    });
    actions.flatten()
}

/// Returns all tables that a table inherits from, directly or through others.
pub(super) fn ancestors<'a>(table: &TableName, stage: &'a Stage) -> BTreeSet<&'a TableName> {
    let parents = |name: &TableName| {
        let found = [&stage.before, &stage.after].into_iter().find_map(|schema| schema.tables.get(name));
        found.into_iter().flat_map(|table| &table.lineage.parents)
    };
    let mut found = BTreeSet::new();
    let mut next: Vec<&TableName> = parents(table).collect();
    while let Some(parent) = next.pop() {
        if found.insert(parent) {
            next.extend(parents(parent));
        }
    }
    found
}

/// Checks whether a parent's step does something that its heir's step does too.
fn carries(parent: &Operation, heir: &Operation) -> bool {
    if let (Operation::RenameColumn(_, of), Operation::RenameColumn(_, names)) = (parent, heir) {
        return of == names;
    }
    let (Operation::Postgres(parent), Operation::Postgres(heir)) = (parent, heir) else { return false };
    if let (PostgresOperation::AddColumn(_, of), PostgresOperation::AddColumn(_, column)) = (parent, heir) {
        column.inherited && of.name == column.name
    } else if let (PostgresOperation::DropColumn(_, of), PostgresOperation::DropColumn(_, column)) = (parent, heir) {
        column.inherited && of.name == column.name
    } else if let (PostgresOperation::AlterColumns(_, of), PostgresOperation::AlterColumns(_, actions)) = (parent, heir)
    {
        actions.iter().any(|action| of.iter().any(|of| is_same(of, action)))
    } else {
        false
    }
}

/// Returns what remains of an heir's step.
fn without(heir: &Operation, parent: &Operation) -> Option<Operation> {
    let (Operation::Postgres(heir), Operation::Postgres(parent)) = (heir, parent) else { return None };
    let (PostgresOperation::AlterColumns(table, actions), PostgresOperation::AlterColumns(_, of)) = (heir, parent)
    else {
        return None;
    };
    let is_left = |action: &&ColumnAction| !of.iter().any(|of| is_same(of, action));
    let actions: Vec<_> = actions.iter().filter(is_left).cloned().collect();
    (!actions.is_empty()).then(|| Operation::Postgres(PostgresOperation::AlterColumns(table.clone(), actions)))
}

/// Checks whether two actions do the same to columns of one name, whatever else the columns are.
fn is_same(a: &ColumnAction, b: &ColumnAction) -> bool {
    let is_same_type =
        |a: &Column, b: &Column| (&a.data_type, &a.sql_type, &a.collation) == (&b.data_type, &b.sql_type, &b.collation);
    let does_same = if let (Alteration::Type { to: a, using, .. }, Alteration::Type { to: b, using: others, .. }) =
        (&a.alteration, &b.alteration)
    {
        using == others && is_same_type(a, b)
    } else {
        a.alteration == b.alteration
    };
    a.column == b.column && does_same
}
