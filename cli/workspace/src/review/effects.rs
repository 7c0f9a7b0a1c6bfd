//! Finds out what new revisions do: each on its own, to be compared with its header, and all of an owner's in
//! total.

use std::collections::BTreeSet;

use autogen_codegen::revision::{Header, Risk, header};
use autogen_engine::database::Database;
use autogen_engine::dialect::Dialect;
use autogen_engine::diff::diff;
use autogen_engine::error::Result;
use autogen_engine::history::Revision;
use autogen_engine::introspect::introspect;
use autogen_engine::model::{Change, Column, Pair, Schema, TableName};
use autogen_engine::normalize::comparable;
use autogen_engine::plan::{HazardKind, round_trip};
use autogen_engine::scratch::{Replayed, Script, Trial, prove, replay_before, replay_only};
use autogen_engine::sql::{Fill, fills};

use super::header::{Renames, beside, lies};
use super::{Addition, Effect};
use crate::models::Makers;
use crate::workspace::Workspace;

/// New revisions, run one after the other on top of all others.
pub(super) struct Effects<'a> {
    /// The schema before the first, and the owners whose chains made it.
    start: (Schema, Makers),
    /// Each with the schema that it found and the one that it made.
    steps: Vec<(&'a Revision, Pair<Schema>)>,
    /// The database after the last.
    end: Replayed,
}

/// Runs new revisions on a scratch database.
pub(super) fn of<'a>(workspace: &'a Workspace, new: &[&'a Revision]) -> Result<Effects<'a>> {
    let history = &workspace.history;
    let old: Vec<&Revision> = history.revisions().iter().filter(|revision| !new.contains(revision)).collect();
    let mut end = replay_only(history, &old, &workspace.scratch_server()?)?;
    let mut before = introspect(&mut end.database)?;
    let start = (before.clone(), end.makers.clone());
    let mut steps = Vec::new();
    for revision in new {
        end.go_on(&[revision])?;
        let after = introspect(&mut end.database)?;
        steps.push((*revision, Pair::new(before, after.clone())));
        before = after;
    }
    Ok(Effects { start, steps, end })
}

impl<'a> Effects<'a> {
    /// Returns the database after all chains.
    pub(super) fn end(&mut self) -> &mut Replayed {
        &mut self.end
    }

    /// Finds the revisions of the selected owners whose header says something other than what the SQL does.
    pub(super) fn lies(&mut self, workspace: &Workspace) -> Result<Vec<(&'a Revision, String)>> {
        let mut found = Vec::new();
        for (revision, schemas) in &self.steps {
            let Some(header) = header(&revision.owner, &revision.up).filter(|_| workspace.is_selected(&revision.owner))
            else {
                continue;
            };
            let Held { mut said, changes, start, has_renames } =
                held(&header, &revision.up, schemas.clone(), &mut self.end.database)?;
            if said.is_empty() && has_renames {
                said.extend(loses_values(workspace, revision, &changes, &start)?);
            }
            found.extend(said.into_iter().map(|what| (*revision, what)));
        }
        Ok(found)
    }

    /// Describes what the new revisions of each selected owner do in total.
    pub(super) fn additions(
        mut self,
        workspace: &'a Workspace,
        proofs: &[(&'a Revision, Option<Vec<String>>)],
    ) -> Result<Vec<Addition<'a>>> {
        let mut renames = Renames::default();
        for (revision, schemas) in &self.steps {
            header(&revision.owner, &revision.up).iter().for_each(|header| renames.add(header, &schemas.to));
        }
        let end = introspect(&mut self.end.database)?;
        let mut schemas = Pair::new(self.start.0.clone(), end);
        renames.hint(&mut schemas);
        for (revision, _) in &self.steps {
            hint_fills(&revision.up, &mut schemas, workspace.dialect);
        }
        let pair = comparable(schemas, &mut self.end.database)?;
        let mut additions = super::without_effects(workspace, proofs);
        for addition in &mut additions {
            let (before, after) = (&self.start.1, &self.end.makers);
            let owner = |table: &TableName| after.get(table).or_else(|| before.get(table));
            let owns = |table: &TableName| owner(table).is_some_and(|owner| *owner == addition.owner);
            let own = pair.as_ref().map(|schema| schema.restricted(owns));
            let changes = diff(&own, workspace.dialect);
            let plans = round_trip(&pair.from, &changes, workspace.dialect);
            let hazards = plans.up.steps.iter().flat_map(|step| step.hazards.clone());
            let risks = hazards.map(|hazard| Risk { hazard, rows: None, reason: None }).collect();
            addition.effect = Some(Effect { changes, risks, start: pair.from.clone(), plans });
        }
        Ok(additions)
    }
}

/// Records in the second of two schemas how a script fills columns that become required.
fn hint_fills(up: &str, schemas: &mut Pair<Schema>, dialect: Dialect) {
    let facts = dialect.facts();
    for Fill { table, column, expr } in fills(dialect, up) {
        let Pair { from, to } = &mut *schemas;
        for after in to.tables.values_mut() {
            let old = after.hints.renamed_from.as_ref().unwrap_or(&after.name.name);
            if !facts.same_name(old, &table) && !facts.same_name(&after.name.name, &table) {
                continue;
            }
            let before = from.tables.values().find(|before| before.name.name == *old);
            let was_required = |name: &str| {
                let found = before.and_then(|before| before.column(name));
                found.is_some_and(|found| !found.nullable)
            };
            // Its own values, or those of a former name.
            let is_copied = before.is_some_and(|before| before.column(&dialect.unquoted(&expr)).is_some());
            let is_filled = |found: &&mut Column| {
                let becomes_required = !found.nullable && !was_required(&found.name);
                facts.same_name(&found.name, &column) && becomes_required && !is_copied
            };
            if let Some(found) = after.columns.iter_mut().find(is_filled) {
                found.hints.backfill.get_or_insert_with(|| expr.clone());
            }
        }
    }
}

/// The result of comparing a header with the schemas before and after its SQL.
struct Held {
    /// What it leaves out and makes up, a sentence each.
    said: Vec<String>,
    /// What the SQL changes, if things are renamed as the header says.
    changes: Vec<Change>,
    /// The schema before, in the spelling of the changes.
    start: Schema,
    has_renames: bool,
}

/// Compares a header with the schemas before and after its SQL.
fn held(header: &Header, up: &str, mut schemas: Pair<Schema>, asked: &mut Database) -> Result<Held> {
    let beside = beside(header, &schemas, up, asked.dialect());
    let mut renames = Renames::default();
    renames.add(header, &schemas.to);
    // Expressions are spelled with the new names.
    renames.hint(&mut schemas);
    let pair = comparable(schemas, asked)?;
    let changes = diff(&pair, asked.dialect());
    let plans = round_trip(&pair.from, &changes, asked.dialect());
    let hazards: BTreeSet<HazardKind> =
        plans.up.steps.iter().flat_map(|step| &step.hazards).map(|hazard| hazard.kind).collect();
    let said = lies(header, &changes, &hazards, beside);
    Ok(Held { said, changes, start: pair.from, has_renames: !renames.is_empty() })
}

/// Finds a revision that doesn't keep the values of what its header says is renamed. Only rows can tell a rename
/// from a drop and an addition.
fn loses_values(
    workspace: &Workspace,
    revision: &Revision,
    changes: &[Change],
    start: &Schema,
) -> Result<Option<String>> {
    let mut before = replay_before(&workspace.history, revision, &workspace.scratch_server()?)?.database;
    let plans = round_trip(start, changes, workspace.dialect);
    let script = |sql| Script { sql, run_in_transaction: revision.run_in_transaction };
    let trial = Trial {
        start: &mut before,
        up: script(&revision.up),
        down: None,
        plan: Some(&plans),
        changes,
        models: None,
        owned: &|_| true,
    };
    let Err(error) = prove(trial) else { return Ok(None) };
    let said: Vec<String> = error.diagnostics.into_iter().map(|said| said.message).collect();
    Ok(Some(format!("the header calls renamed what isn't: {}", said.join("; "))))
}
