//! Why one PostgreSQL step runs before another.

use std::collections::BTreeSet;

use crate::model::{ForeignKey, Rule, Table, TableName};
use crate::plan::kinds::{self, Kinds};
use crate::plan::not_null;
use crate::plan::order::Reasons;
use crate::plan::{Alteration, ColumnAction, Operation, PostgresOperation, Stage, Step};

use super::heirs::ancestors;

/// Returns the steps in an order that PostgreSQL accepts.
pub(super) fn ordered(steps: Vec<Step>, stage: &Stage) -> Vec<Step> {
    let reasons = reasons(&steps, stage);
    kinds::ordered(steps, reasons)
}

/// What a step does to its table, as far as order is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Create,
    Drop,
    AddColumn,
    AddGenerated,
    /// A column that is computed keeps its values and can be written.
    KeepComputed,
    Backfill,
    CheckDeferred,
    StopNumbering,
    Alter,
    StartNumbering,
    DropGenerated,
    DropColumn,
    /// A key that foreign keys can point at: a primary key, a unique constraint or index.
    AddKey,
    DropKey,
    CreateIndex,
    DropIndex,
    AddCheck,
    DropCheck,
    /// A check that a column is never NULL, which saves looking at the rows when that becomes a rule of
    /// the column.
    DropProof,
    Settle,
    /// Only tables without a log may point at tables without one.
    SetLogged,
    AddForeignKey,
    DropForeignKey,
    Comment,
    Restore,
    Rename,
}

/// Reasons within one table.
const WITHIN: &[(Kind, Kind)] = &[
    // Dropped rules may forbid what is added, and depend on what is changed or dropped.
    (Kind::DropForeignKey, Kind::Drop),
    (Kind::DropForeignKey, Kind::DropKey),
    (Kind::DropForeignKey, Kind::Backfill),
    (Kind::DropKey, Kind::Backfill),
    (Kind::DropIndex, Kind::Backfill),
    (Kind::DropCheck, Kind::Backfill),
    (Kind::DropForeignKey, Kind::DropGenerated),
    (Kind::DropKey, Kind::DropGenerated),
    (Kind::DropIndex, Kind::DropGenerated),
    (Kind::DropCheck, Kind::DropGenerated),
    (Kind::DropForeignKey, Kind::Alter),
    (Kind::DropKey, Kind::Alter),
    (Kind::DropIndex, Kind::Alter),
    (Kind::DropCheck, Kind::Alter),
    (Kind::DropForeignKey, Kind::DropColumn),
    (Kind::DropKey, Kind::DropColumn),
    (Kind::DropIndex, Kind::DropColumn),
    (Kind::DropCheck, Kind::DropColumn),
    // A backfill sees the row as it was: before types change, and with the columns that are dropped (see `goes`).
    (Kind::AddColumn, Kind::Backfill),
    (Kind::KeepComputed, Kind::Backfill),
    (Kind::KeepComputed, Kind::Alter),
    (Kind::KeepComputed, Kind::AddForeignKey),
    (Kind::Backfill, Kind::CheckDeferred),
    (Kind::Backfill, Kind::StopNumbering),
    (Kind::Backfill, Kind::Alter),
    // A table with pending checks can't be altered.
    (Kind::CheckDeferred, Kind::StopNumbering),
    (Kind::CheckDeferred, Kind::Alter),
    // While a generated column reads a column, that one can neither change its type nor be dropped.
    (Kind::DropGenerated, Kind::Alter),
    (Kind::DropGenerated, Kind::DropColumn),
    (Kind::DropGenerated, Kind::AddGenerated),
    // Only whole numbers can be numbered, and only a column that requires a value.
    (Kind::StopNumbering, Kind::Alter),
    (Kind::Alter, Kind::StartNumbering),
    // A generated column may be computed from any other column, and may take the name of a dropped one.
    (Kind::AddColumn, Kind::AddGenerated),
    (Kind::Backfill, Kind::AddGenerated),
    (Kind::Alter, Kind::AddGenerated),
    (Kind::DropColumn, Kind::AddGenerated),
    (Kind::Create, Kind::Alter),
    // Rules and indexes use columns in their final form.
    (Kind::Create, Kind::AddKey),
    (Kind::AddColumn, Kind::AddKey),
    (Kind::Backfill, Kind::AddKey),
    (Kind::Alter, Kind::AddKey),
    (Kind::AddGenerated, Kind::AddKey),
    (Kind::Create, Kind::CreateIndex),
    (Kind::AddColumn, Kind::CreateIndex),
    (Kind::Backfill, Kind::CreateIndex),
    (Kind::Alter, Kind::CreateIndex),
    (Kind::AddGenerated, Kind::CreateIndex),
    (Kind::AddColumn, Kind::AddCheck),
    (Kind::Backfill, Kind::AddCheck),
    (Kind::Alter, Kind::AddCheck),
    (Kind::AddGenerated, Kind::AddCheck),
    (Kind::Create, Kind::AddForeignKey),
    (Kind::AddColumn, Kind::AddForeignKey),
    (Kind::Backfill, Kind::AddForeignKey),
    (Kind::Alter, Kind::AddForeignKey),
    (Kind::AddGenerated, Kind::AddForeignKey),
    // A name must be free before it is taken again, and a table has one primary key.
    (Kind::DropKey, Kind::AddKey),
    (Kind::DropIndex, Kind::AddKey),
    (Kind::DropKey, Kind::CreateIndex),
    (Kind::DropIndex, Kind::CreateIndex),
    (Kind::DropCheck, Kind::AddCheck),
    (Kind::DropForeignKey, Kind::AddForeignKey),
    (Kind::DropCheck, Kind::AddForeignKey),
    (Kind::DropForeignKey, Kind::AddCheck),
    (Kind::Alter, Kind::DropProof),
    (Kind::DropProof, Kind::DropColumn),
    (Kind::DropProof, Kind::DropGenerated),
    (Kind::DropProof, Kind::AddCheck),
    (Kind::Settle, Kind::AddForeignKey),
    (Kind::DropForeignKey, Kind::SetLogged),
    (Kind::SetLogged, Kind::AddForeignKey),
    // What no definition declares is restored last: it needs all columns, and an index of the whole table would take
    // over a partition's own.
    (Kind::Create, Kind::Restore),
    (Kind::AddColumn, Kind::Restore),
    (Kind::AddGenerated, Kind::Restore),
    (Kind::Alter, Kind::Restore),
    (Kind::DropIndex, Kind::Restore),
    (Kind::DropKey, Kind::Restore),
    (Kind::DropForeignKey, Kind::Restore),
    // A column's comment reads best after its other changes.
    (Kind::AddColumn, Kind::Comment),
    (Kind::Alter, Kind::Comment),
];

/// What a key must be there for, and what its types must be right for.
const BEFORE_POINTING: [Kind; 6] =
    [Kind::Create, Kind::AddKey, Kind::Alter, Kind::AddColumn, Kind::AddGenerated, Kind::SetLogged];

/// What a table can't have done to it while a key points at it.
const WHILE_POINTED_AT: [Kind; 8] = [
    Kind::DropKey,
    Kind::DropIndex,
    Kind::Backfill,
    Kind::DropGenerated,
    Kind::Alter,
    Kind::DropColumn,
    Kind::SetLogged,
    Kind::Drop,
];

fn reasons(steps: &[Step], stage: &Stage) -> Reasons {
    let kinds = Kinds::new(steps, kind);
    let mut reasons = Reasons::between(steps.len());
    kinds.within_tables(WITHIN, &mut reasons);

    let dropped_apart: BTreeSet<(&TableName, Option<&str>)> = steps
        .iter()
        .filter_map(|step| dropped_key(&step.operation))
        .map(|(table, key)| (table, key.name.as_deref()))
        .collect();
    for (step, found) in steps.iter().enumerate() {
        for key in pointing(&found.operation) {
            for kind in BEFORE_POINTING {
                for parent in kinds.of(&key.references, kind) {
                    reasons.must_run(parent).before(step);
                }
            }
        }
        for (table, key) in no_longer_pointing(&found.operation) {
            let is_dropped_apart = matches!(found.operation, Operation::DropTable(_))
                && dropped_apart.contains(&(table, key.name.as_deref()));
            for kind in WHILE_POINTED_AT {
                for parent in kinds.of(&key.references, kind).filter(|_| !is_dropped_apart) {
                    reasons.must_run(step).before(parent);
                }
            }
        }
    }
    for (drop, step) in steps.iter().enumerate() {
        goes(drop, &step.operation, steps, &kinds, &mut reasons);
        logged(drop, &step.operation, &kinds, &mut reasons);
    }
    heirs_last(steps, stage, &kinds, &mut reasons);
    // A backfill may read a table that is dropped.
    for (drop, _) in kinds.all(Kind::Drop) {
        for (backfill, _) in kinds.all(Kind::Backfill) {
            reasons.had_better_run(backfill).before(drop);
        }
    }
    // Tables, indexes and keys share one space of names.
    for (free, step) in steps.iter().enumerate() {
        let names = frees(&step.operation);
        for (take, other) in steps.iter().enumerate().filter(|(take, _)| *take != free && !names.is_empty()) {
            if takes(&other.operation).iter().any(|name| names.contains(name)) {
                reasons.had_better_run(free).before(take);
            }
        }
    }
    reasons
}

/// Orders the steps of heirs and of their parents. An heir's column is added before its parent's, which then merges
/// with it. A parent's column is dropped before its heir's, which it leaves to the heir. Meanwhile the column is the
/// heir's own. No table is dropped before its heirs.
fn heirs_last(steps: &[Step], stage: &Stage, kinds: &Kinds<Kind>, reasons: &mut Reasons) {
    for (own, step) in steps.iter().enumerate() {
        let Some(table) = step.operation.table() else { continue };
        for parent in ancestors(table, stage) {
            let of_parent = |kinds_of: [Kind; 2]| kinds_of.into_iter().flat_map(|kind| kinds.of(parent, kind));
            let Some((own_kind, _)) = kind(&step.operation) else { continue };
            if matches!(own_kind, Kind::AddColumn | Kind::AddGenerated | Kind::Drop) {
                for parents in of_parent([Kind::AddColumn, Kind::AddGenerated]).chain(kinds.of(parent, Kind::Drop)) {
                    reasons.had_better_run(own).before(parents);
                }
            } else if own_kind == Kind::Alter {
                // A parent's change overwrites its heir's.
                kinds.of(parent, Kind::Alter).for_each(|parent| reasons.had_better_run(parent).before(own));
            } else if matches!(own_kind, Kind::DropColumn | Kind::DropGenerated | Kind::Create) {
                for parents in of_parent([Kind::DropColumn, Kind::DropGenerated]).chain(kinds.of(parent, Kind::Create))
                {
                    reasons.had_better_run(parents).before(own);
                }
            }
        }
    }
}

/// Orders the drop of a column after the backfills, which may read it. Orders it before a new column that takes its
/// name, which the backfills fill.
fn goes(drop: usize, operation: &Operation, steps: &[Step], kinds: &Kinds<Kind>, reasons: &mut Reasons) {
    let Operation::Postgres(PostgresOperation::DropColumn(table, column)) = operation else { return };
    let takes_name = |step: &Step| {
        matches!(&step.operation, Operation::Postgres(PostgresOperation::AddColumn(of, added))
            if of == table && added.name == column.name && added.generated.is_none())
    };
    if let Some(add) = steps.iter().position(takes_name) {
        reasons.must_run(drop).before(add);
        return;
    }
    for backfill in kinds.of(table, Kind::Backfill) {
        reasons.must_run(backfill).before(drop);
    }
    // An expression that converts may read it too; a generated one goes before what it is computed from changes.
    let other = if column.generated.is_some() { Kind::CheckDeferred } else { Kind::Alter };
    for step in kinds.of(table, other) {
        reasons.must_run(step).before(drop);
    }
}

/// Orders the steps that make tables logged or unlogged. A table becomes logged after the tables that it references,
/// and unlogged before them.
fn logged(child: usize, operation: &Operation, kinds: &Kinds<Kind>, reasons: &mut Reasons) {
    let Operation::Postgres(PostgresOperation::SetLogged { logged, parents, .. }) = operation else { return };
    for parent in parents.iter().flat_map(|parent| kinds.of(parent, Kind::SetLogged)) {
        let (first, then) = if *logged { (parent, child) } else { (child, parent) };
        reasons.had_better_run(first).before(then);
    }
}

/// Returns the foreign keys that a step adds. A new table's keys to itself wait for nothing else.
fn pointing(operation: &Operation) -> Vec<&ForeignKey> {
    if let Operation::CreateTable(table) = operation {
        return table.rules.foreign_keys().filter(|key| key.references != table.name).collect();
    }
    if let Operation::Postgres(PostgresOperation::AddRule(_, Rule::ForeignKey(key))) = operation {
        return vec![key];
    }
    Vec::new()
}

/// Returns the foreign keys that a step drops, each with the table that has it.
fn no_longer_pointing(operation: &Operation) -> Vec<(&TableName, &ForeignKey)> {
    if let Operation::DropTable(table) = operation {
        return table.rules.foreign_keys().map(|key| (&table.name, key)).collect();
    }
    dropped_key(operation).into_iter().collect()
}

/// Returns the foreign key that a step drops by itself.
fn dropped_key(operation: &Operation) -> Option<(&TableName, &ForeignKey)> {
    if let Operation::Postgres(PostgresOperation::DropRule(table, Rule::ForeignKey(key))) = operation {
        return Some((table, key));
    }
    None
}

/// Returns the names of tables and indexes that a step frees.
fn frees(operation: &Operation) -> Vec<&str> {
    if let Operation::DropTable(table) = operation {
        let rules = table.rules.iter().filter(|rule| rule.has_index()).filter_map(Rule::name);
        return rules.chain(key_name(table)).chain([table.name.name.as_str()]).collect();
    }
    let Operation::Postgres(PostgresOperation::DropRule(_, rule)) = operation else { return Vec::new() };
    rule.name().filter(|_| rule.has_index()).into_iter().collect()
}

/// Returns the names of tables and indexes that a step takes.
fn takes(operation: &Operation) -> Vec<&str> {
    if let Operation::CreateTable(table) = operation {
        let constraints = table.rules.iter().filter(|rule| rule.has_index() && !rule.is_index());
        return constraints.filter_map(Rule::name).chain(key_name(table)).chain([table.name.name.as_str()]).collect();
    }
    let Operation::Postgres(PostgresOperation::AddRule(_, rule)) = operation else { return Vec::new() };
    rule.name().filter(|_| rule.has_index()).into_iter().collect()
}

fn key_name(table: &Table) -> Option<&str> {
    table.primary_key.as_ref().and_then(|key| key.name.as_deref())
}

fn keeps_computed(action: &ColumnAction) -> bool {
    matches!(action.alteration, Alteration::DropExpression)
}

/// Returns what a step does to which table, or `None` for a step that runs before any order is made.
fn kind(operation: &Operation) -> Option<(Kind, &TableName)> {
    Some(match operation {
        Operation::CreateTable(table) => (Kind::Create, &table.name),
        Operation::DropTable(table) => (Kind::Drop, &table.name),
        Operation::RenameTable(names) => (Kind::Rename, &names.from),
        Operation::RenameColumn(table, _) => (Kind::Rename, table),
        Operation::Backfill { table, .. } => (Kind::Backfill, table),
        Operation::Restore(object) => (Kind::Restore, object.table.as_ref()?),
        Operation::Postgres(own) => return own_kind(own),
        Operation::Guard(_) | Operation::ExpectTables(_) | Operation::Sqlite(_) | Operation::Mysql(_) => return None,
    })
}

fn own_kind(operation: &PostgresOperation) -> Option<(Kind, &TableName)> {
    Some(match operation {
        PostgresOperation::AddColumn(table, column) if column.generated.is_some() => (Kind::AddGenerated, table),
        PostgresOperation::AddColumn(table, _) => (Kind::AddColumn, table),
        PostgresOperation::DropColumn(table, column) if column.generated.is_some() => (Kind::DropGenerated, table),
        PostgresOperation::DropColumn(table, _) => (Kind::DropColumn, table),
        PostgresOperation::CheckDeferred(table) => (Kind::CheckDeferred, table),
        PostgresOperation::AlterColumns(table, actions) if actions.iter().all(keeps_computed) => {
            (Kind::KeepComputed, table)
        }
        PostgresOperation::AlterColumns(table, _) => (Kind::Alter, table),
        PostgresOperation::StartNumbering(table, ..) => (Kind::StartNumbering, table),
        PostgresOperation::StopNumbering(table, _) => (Kind::StopNumbering, table),
        PostgresOperation::SetLogged { table, .. } => (Kind::SetLogged, table),
        PostgresOperation::AddRule(table, rule) => match rule {
            Rule::PrimaryKey(_) | Rule::Unique(_) | Rule::Exclusion(_) => (Kind::AddKey, table),
            Rule::Index(index) if index.unique => (Kind::AddKey, table),
            Rule::Index(_) => (Kind::CreateIndex, table),
            Rule::ForeignKey(_) => (Kind::AddForeignKey, table),
            Rule::Check(_) => (Kind::AddCheck, table),
        },
        PostgresOperation::DropRule(table, rule) => match rule {
            Rule::PrimaryKey(_) | Rule::Unique(_) | Rule::Exclusion(_) => (Kind::DropKey, table),
            Rule::Index(index) if index.unique => (Kind::DropKey, table),
            Rule::Index(_) => (Kind::DropIndex, table),
            Rule::ForeignKey(_) => (Kind::DropForeignKey, table),
            Rule::Check(check) if not_null::column(check).is_some() => (Kind::DropProof, table),
            Rule::Check(_) => (Kind::DropCheck, table),
        },
        PostgresOperation::AlterRule(table, _) => (Kind::Settle, table),
        PostgresOperation::SetComment { of, .. } => (Kind::Comment, of.name()),
        // Schemas and types come before and after all tables.
        PostgresOperation::CreateSchema(_)
        | PostgresOperation::DropSchema(_)
        | PostgresOperation::Enum(_)
        | PostgresOperation::ExpectValues(..)
        | PostgresOperation::ExpectRestored(_) => {
            return None;
        }
    })
}
