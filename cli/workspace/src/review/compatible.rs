//! Checks whether an earlier program still works on the new schema: whether everything that its definitions read
//! and write exists, and is read and written as they say.

use std::collections::BTreeSet;

use autogen_codegen::report;
use autogen_engine::dialect::Dialect;
use autogen_engine::diff::{apply, diff};
use autogen_engine::error::{Code, Diagnostic, Error, Result};
use autogen_engine::introspect::introspect;
use autogen_engine::model::{Change, Check, Column, DataType, Edit, EnumType, Pair, Rename, RuleKind as _, TableName};
use autogen_engine::normalize::comparable;
use autogen_engine::plan::{Hazard, HazardKind, hazards};
use autogen_engine::scan::{Definitions, read};
use autogen_engine::scratch::Replayed;
use autogen_engine::sql::rule_columns;

use super::snapshot::Snapshot;
use crate::finding::Finding;
use crate::models::{Models, Parts};
use crate::workspace::Workspace;

/// Finds what a host's definitions at a commit can no longer read or write in the schema that the chains make
/// now.
pub(super) fn findings(
    workspace: &Workspace,
    former: &Snapshot,
    now: &mut Replayed,
    usual: Dialect,
) -> Result<Vec<Finding>> {
    let Some(host) = &former.host else { return Ok(Vec::new()) };
    let history = former.history(workspace.dialect, usual)?;
    let old = Workspace { host: host.clone(), history, ..workspace.clone() };
    let definitions: Vec<Definitions> =
        host.owners.iter().map(|owner| read(&owner.name, &owner.sources, &host.root)).collect();
    let (models, complaints) = Models::lowered(&old, &definitions);
    let mut diagnostics: Vec<Diagnostic> = definitions.iter().flat_map(|found| found.diagnostics.clone()).collect();
    diagnostics.extend(complaints);
    Error::unless_clean(diagnostics).map_err(|error| former.named(error))?;
    let mut then = old.replayed()?;
    let mut broken = broken(&old, &models, now)?;
    broken.extend(refused_rows(&old, &models, Pair::new(&mut then, now))?);
    // What didn't work then isn't the branch's fault now.
    let known: BTreeSet<(String, String)> = match broken.is_empty() {
        true => BTreeSet::new(),
        false => self::broken(&old, &models, &mut then)?.into_iter().collect(),
    };
    let finding = |(owner, what): (String, String)| {
        let name = &former.name;
        let message = format!("the definitions of `{name}` don't work on the new schema: {what}");
        let help = format!(
            "keep what they read and write until nothing of `{name}` runs any more; change it in a later release"
        );
        let finding = Finding::new(Code::IncompatibleChange, message).of(&owner, workspace.dialect).help(help);
        finding.or_at_end_of(workspace.history.of(&owner))
    };
    Ok(broken.into_iter().filter(|found| !known.contains(found)).map(finding).collect())
}

/// Returns what definitions can't read or write in a database, one sentence each, with its owner.
fn broken(old: &Workspace, models: &Models, replayed: &mut Replayed) -> Result<Vec<(String, String)>> {
    let there = introspect(&mut replayed.database)?;
    let both = old.both_of(there, &mut replayed.database, models)?;
    let parts = Parts::new(&both, models, &replayed.makers);
    let mut found = Vec::new();
    for owner in old.owners(models) {
        let comparison = old.compare(&owner.name, &parts);
        // The changes from the definitions to what exists.
        let mut state = comparison.models;
        for change in comparison.changes.into_iter().rev().map(Change::reverse) {
            let table = change.subject().table;
            let before = state.tables.get(&table).cloned();
            apply(&mut state, &change, old.dialect);
            let mut lines = lines_of(&change);
            // A column that is read in the same way may still take fewer values.
            if let (Some(before), Some(after), true) = (&before, state.tables.get(&table), lines.is_empty()) {
                let hazards = hazards(&[&change], before, after, old.dialect).into_iter();
                lines
                    .extend(hazards.filter(|hazard| hazard.kind == HazardKind::NarrowType).map(|hazard| hazard.detail));
            }
            found.extend(lines.into_iter().map(|line| (owner.name.clone(), line)));
        }
    }
    Ok(found)
}

/// Describes what a change from the definitions to the database breaks.
fn lines_of(change: &Change) -> Vec<String> {
    match change {
        Change::Table(Edit::Drop(table)) => vec![format!("{} is gone, or has another name", table.name)],
        Change::Column(table, Edit::Drop(column)) => {
            vec![format!("{table}.{} is gone, or has another name", column.name)]
        }
        Change::Column(table, Edit::Add(column)) if is_required(column) => {
            vec![format!("{table}.{} is required and has no default: rows are inserted without it", column.name)]
        }
        Change::Column(table, Edit::Alter(columns)) => {
            let place = format!("{table}.{}", columns.to.name);
            altered(columns).into_iter().map(|what| format!("{place} {what}")).collect()
        }
        Change::Rename(Rename::Table(names)) => vec![format!("{} is called {}", names.from, names.to)],
        Change::Rename(Rename::Column(table, names)) => {
            vec![format!("{table}.{} is called {}", names.from, names.to)]
        }
        Change::Rename(Rename::Enum(names)) => vec![format!("{} is called {}", names.from, names.to)],
        Change::Rename(Rename::EnumValue(name, values)) => {
            vec![format!("{name} has no value {} any more", values.from)]
        }
        Change::Enum(Edit::Drop(found)) => vec![format!("{} is gone, or has another name", found.name)],
        Change::Enum(Edit::Alter(types)) => values(types),
        Change::Table(Edit::Add(_) | Edit::Alter(_))
        | Change::Column(_, Edit::Add(_))
        | Change::Rule(..)
        | Change::Enum(Edit::Add(_)) => Vec::new(),
    }
}

/// Finds new rules that rows may break which the old definitions insert or change. The definitions needn't state any rule
/// for that: the databases then and now are compared.
fn refused_rows(
    old: &Workspace,
    models: &Models,
    Pair { from: then, to: now }: Pair<&mut Replayed>,
) -> Result<Vec<(String, String)>> {
    let schemas = Pair::new(introspect(&mut then.database)?, introspect(&mut now.database)?);
    let pair = comparable(schemas, &mut now.database)?;
    let is_read = |table: &TableName| models.schema.tables.contains_key(table);
    let pair = pair.as_ref().map(|schema| schema.restricted(is_read));
    let mut found = Vec::new();
    for change in diff(&pair, old.dialect) {
        let Change::Rule(table, edit) = &change else { continue };
        let rule = match edit {
            Edit::Add(rule) => rule,
            Edit::Alter(rules) => &rules.to,
            Edit::Drop(_) => continue,
        };
        let (Some(before), Some(after)) = (pair.from.tables.get(table), pair.to.tables.get(table)) else { continue };
        let is_stricter = |hazard: &Hazard| hazard.kind.is_of_new_rule();
        // No two rows without a value are alike, and what has none points nowhere.
        let is_left_empty =
            |column: &Column| before.column(&column.name).is_none() && column.nullable && column.default.is_none();
        let named = rule_columns(rule, old.dialect);
        let leaves_empty = if Check::of(rule).is_some() {
            // Its default, which the migration's proof has tried.
            named.iter().all(|column| before.column(column).is_none())
        } else {
            after.columns.iter().any(|column| named.contains(&column.name) && is_left_empty(column))
        };
        if leaves_empty || !hazards(&[&change], before, after, old.dialect).iter().any(is_stricter) {
            continue;
        }
        let Some(owner) = models.ownership.owner_of(table) else { continue };
        let lines = report::lines(std::slice::from_ref(&change));
        let rule = lines.first().map_or("", |line| line.get(2..).unwrap_or(line));
        found.push((owner.to_owned(), format!("rows of {table} that they write may break what is new: {rule}")));
    }
    Ok(found)
}

fn is_required(column: &Column) -> bool {
    !column.nullable && column.default.is_none() && column.generated.is_none() && !column.auto_increment
}

/// Describes how a column has changed in ways that its definition doesn't allow.
fn altered(Pair { from, to }: &Pair<Column>) -> Vec<String> {
    let mut lines = Vec::new();
    if !reads_alike(&from.data_type, &to.data_type) {
        lines.push(format!("is {} now, and is read as {}", to.shown_type(), from.shown_type()));
    }
    match (from.nullable, to.nullable) {
        (false, true) => lines.push("may be NULL now, and is read as if it never were".to_owned()),
        (true, false) => lines.push("must have a value now, and NULL is written to it".to_owned()),
        (true, true) | (false, false) => {}
    }
    if from.generated.is_none() && to.generated.is_some() {
        lines.push("is computed now, and is written to".to_owned());
    }
    let has_value = |column: &Column| column.default.is_some() || column.auto_increment;
    if has_value(from) && is_required(to) {
        lines.push("has no default any more, and rows are inserted without it".to_owned());
    }
    lines
}

/// Checks whether a value of one type is read as the other. Texts of any length are texts.
fn reads_alike(one: &DataType, other: &DataType) -> bool {
    let is_text = |found: &DataType| matches!(found, DataType::Text | DataType::Varchar(_) | DataType::Char(_));
    let is_number = |found: &DataType| matches!(found, DataType::Numeric(_));
    one == other || (is_text(one) && is_text(other)) || (is_number(one) && is_number(other))
}

fn values(types: &Pair<EnumType>) -> Vec<String> {
    let Pair { from, to } = types.names();
    let name = &types.from.name;
    let gone =
        from.iter().filter(|value| !to.contains(value)).map(|value| format!("{name} has no value {value} any more"));
    let new = to.iter().filter(|value| !from.contains(value));
    gone.chain(new.map(|value| format!("{name} has the value {value} now, which nothing there reads"))).collect()
}
