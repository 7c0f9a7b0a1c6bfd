//! Finds what somebody has changed in the live database by hand: where it isn't what its applied revisions make.

mod objects;
mod watch;

use std::collections::BTreeSet;

use autogen_codegen::report;
use autogen_engine::database::Database;
use autogen_engine::diff::diff;
use autogen_engine::error::{Code, Diagnostic, Error, Result};
use autogen_engine::history::{ReplaySubset, Revision, applied, is_as_made};
use autogen_engine::introspect::{introspect, introspect_part, outline};
use autogen_engine::model::{Bystander, BystanderKind, Change, Pair, Schema, TableName, whose};
use autogen_engine::plan::{Operation, Plan, SqliteOperation};
use autogen_engine::scratch::{self, Replayed, replay_only};

use crate::finding::Finding;
use crate::models::{Makers, Models, Parts};
use crate::scope::Scope;
use crate::workspace::Workspace;

pub use watch::{Drifted, Watched};

/// What was changed by hand in one owner's tables.
pub(crate) struct Drift {
    pub(crate) owner: String,
    /// The changes that would revert it.
    pub(crate) changes: Vec<Change>,
    /// Whether the database has everything that the chain makes, including pending revisions. Then only the marks
    /// are missing.
    pub(crate) lacks_marks: bool,
}

/// A live database beside what its applied revisions make.
pub(crate) struct Compared {
    pub(crate) drifts: Vec<Drift>,
    /// The live schema.
    pub(crate) there: Schema,
    /// Triggers, views and the like that the live database lacks or has otherwise. Empty where only a part was read.
    pub(crate) objects: Vec<Finding>,
    /// Triggers that the applied revisions don't make, or make differently.
    pub(crate) unknown_triggers: BTreeSet<String>,
    /// The owner whose chain made each table, including pending revisions.
    pub(crate) makers: Makers,
}

/// The content of a live database that is known to be exactly what all chains make.
#[derive(Debug)]
pub(crate) struct AsMade {
    pub(crate) schema: Schema,
    /// The owner whose chain made each table.
    pub(crate) makers: Makers,
    /// The schema beside the models, if somebody has compared them in the meantime.
    pub(crate) both: Option<Pair<Schema>>,
}

impl AsMade {
    /// Returns it with the owner of each table. Returns `None` if only replaying can tell an owner.
    pub(crate) fn told(mut self, models: &Models) -> Option<Self> {
        let Self { schema, makers, .. } = &mut self;
        // Only replaying can tell the owner of a type that nobody defines any more.
        let is_defined = |name: &TableName| models.ownership.owner_of(name).is_some();
        // The same goes for a table that no chain has made and that somebody defines.
        let is_by_hand = |name: &TableName| !makers.contains_key(name) && is_defined(name);
        if !schema.enums.keys().all(is_defined) || schema.tables.keys().any(is_by_hand) {
            return None;
        }
        makers.retain(|table, _| schema.tables.contains_key(table));
        Some(self)
    }
}

/// Reads a live database, and shows the schema to `seen` before it is known whose it is. Returns `None` if the ledger
/// doesn't know that it is exactly what all chains make.
pub(crate) fn read_as_made(
    workspace: &Workspace,
    live: &mut Database,
    seen: impl FnOnce(&Schema),
) -> Result<Option<AsMade>> {
    let schema = introspect(live)?;
    seen(&schema);
    if !is_as_made(live, &workspace.history, &schema)? {
        return Ok(None);
    }
    Ok(workspace.makers_in_ledger(live)?.map(|makers| AsMade { schema, makers, both: None }))
}

/// Reads a live database that is known to be what all chains make, with the owner of each table. Returns `None`
/// if only replaying can tell.
pub(crate) fn as_made(workspace: &Workspace, models: &Models, live: &mut Database) -> Result<Option<AsMade>> {
    Ok(read_as_made(workspace, live, |_| {})?.and_then(|made| made.told(models)))
}

/// Compares the tables of the selected owners. `replayed` is what all chains make, or the parts of them that
/// `subset` names. It is `None` if that can't be known because some revisions are pending.
pub(crate) fn compare(
    workspace: &Workspace,
    models: &Models,
    live: &mut Database,
    replayed: Option<Replayed>,
    subset: Option<&ReplaySubset<'_>>,
) -> Result<Compared> {
    let mut all = replayed;
    if let (Some(subset), Some(all)) = (subset, &mut all) {
        subset.complete(&mut all.makers);
    }
    let applied = applied(live)?;
    let is_meant = |revision: &&Revision| subset.is_none_or(|subset| subset.needed.contains(revision));
    let (there, pending): (Vec<&Revision>, Vec<&Revision>) =
        workspace.history.revisions().iter().filter(is_meant).partition(|revision| applied.contains(&revision.version));
    let schema = match (subset, &all) {
        (Some(_), Some(all)) => {
            let owners: Vec<&str> = workspace.owners(models).into_iter().map(|owner| owner.name.as_str()).collect();
            let part = Scope::of(&owners, models, &all.makers).part(&outline(live)?);
            introspect_part(live, &part)?
        }
        (Some(_) | None, _) => introspect(live)?,
    };
    let mut later = None;
    let mut expected = match all {
        Some(all) if pending.is_empty() => all,
        all => {
            later = all;
            // Replaying takes the time here.
            replay_only(&workspace.history, &there, &workspace.scratch_server()?)?
        }
    };
    for (table, owner) in later.iter().flat_map(|later| &later.makers) {
        expected.makers.entry(table.clone()).or_insert_with(|| owner.clone());
    }
    let both = beside(schema, &mut expected.database)?;
    let mut drifts = drifts(workspace, models, &both, &expected.makers);
    if let Some(later) = later.as_mut().filter(|_| !drifts.is_empty()) {
        let beside = beside(both.from.clone(), &mut later.database)?;
        let left = self::drifts(workspace, models, &beside, &later.makers);
        for drift in &mut drifts {
            drift.lacks_marks = left.iter().all(|left| left.owner != drift.owner);
        }
    }
    let unknown_triggers = unknown_triggers(&both);
    let objects = match subset {
        Some(_) => Vec::new(),
        None => objects::compare(workspace, &both, &there),
    };
    Ok(Compared { drifts, objects, there: both.from, unknown_triggers, makers: expected.makers })
}

/// Brings a live schema and that of a scratch database to one spelling. The live database isn't asked,
/// because it may be read-only.
fn beside(live: Schema, scratch: &mut Database) -> Result<Pair<Schema>> {
    let made = introspect(scratch)?;
    scratch::beside(live, made, scratch)
}

fn drifts(workspace: &Workspace, models: &Models, both: &Pair<Schema>, makers: &Makers) -> Vec<Drift> {
    let parts = Parts::new(both, models, makers);
    let mut found = Vec::new();
    for owner in workspace.host.owners.iter().filter(|owner| workspace.is_selected(&owner.name)) {
        let mut pair = parts.owned(&owner.name);
        owner.ignored.take_out(&mut pair, workspace.dialect);
        let changes = diff(&pair, workspace.dialect);
        if !changes.is_empty() {
            found.push(Drift { owner: owner.name.clone(), changes, lacks_marks: false });
        }
    }
    found
}

/// Creates the finding for an owner whose tables aren't what its applied revisions make. `changes` would revert
/// the difference.
pub(crate) fn finding(workspace: &Workspace, owner: &str, changes: Vec<Change>) -> Finding {
    let message = "the database is not what its applied revisions make; to mend it:";
    let mut finding = Finding::new(Code::DatabaseDrifted, message).of(owner, workspace.dialect);
    finding.changes = changes;
    finding.help(ways_out(workspace, owner)).or_at_end_of(workspace.history.of(owner))
}

/// Describes what can be done for an owner whose tables somebody has changed by hand.
pub(crate) fn ways_out(workspace: &Workspace, owner: &str) -> String {
    if workspace.history.of(owner).next().is_none() {
        return format!(
            "take over what is there by `autogen adopt --plugin {owner}`; or take it back; or compare with the chains \
             alone by `--no-database`"
        );
    }
    format!(
        "undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin {owner}`, which \
         writes the revision, and mark that as applied by `autogen stamp {owner}@head`"
    )
}

/// Refuses a database in which somebody has changed the selected owners' tables. A plan made from it would write
/// the change into a chain that has it nowhere else.
pub(crate) fn refuse(workspace: &Workspace, drifts: &[Drift]) -> Result<()> {
    let mut diagnostics = Vec::new();
    for Drift { owner, changes, .. } in drifts {
        let message = format!("the database isn't what {} applied revisions make", whose(owner));
        diagnostics.push(Diagnostic::error(Code::DatabaseDrifted, message).help(ways_out(workspace, owner)));
        let lines = report::lines(changes);
        let taken_back = |line: &String| Diagnostic::note(Code::DatabaseDrifted, format!("to take it back: {line}"));
        diagnostics.extend(lines.iter().map(taken_back));
    }
    Error::unless_clean(diagnostics).map(drop)
}

/// Refuses plans that would write a trigger into a chain that somebody has added to a table by hand. `unknown`
/// are those triggers.
pub(crate) fn refuse_triggers(owner: &str, plans: &[&Plan], unknown: &BTreeSet<String>) -> Result<()> {
    let written = plans.iter().flat_map(|plan| &plan.steps).flat_map(|step| triggers(&step.operation));
    let Some(trigger) = written.into_iter().find(|trigger| unknown.contains(&trigger.name)) else { return Ok(()) };
    let table = trigger.table.as_ref().map(|table| format!(" on {table}")).unwrap_or_default();
    let message =
        format!("the database has a trigger `{}`{table} that is not as {} chain makes it", trigger.name, whose(owner));
    Err(Error::new(Code::DatabaseDrifted, message).help(
        "this change rebuilds the table and its triggers: put the trigger into a migration of its own, drop it, \
         or compare with the chains alone by `--no-database`",
    ))
}

/// Returns the triggers that an operation writes.
fn triggers(operation: &Operation) -> &[Bystander] {
    if let Operation::Sqlite(SqliteOperation::RebuildTable(rebuild)) = operation {
        return &rebuild.triggers;
    }
    if let Operation::Restore(trigger) = operation { std::slice::from_ref(trigger) } else { &[] }
}

/// Returns the names of triggers in a live database that no chain makes, or that the chains make differently.
fn unknown_triggers(both: &Pair<Schema>) -> BTreeSet<String> {
    let is_trigger = |object: &&Bystander| object.kind == BystanderKind::Trigger;
    let live = both.from.bystanders.iter().filter(is_trigger);
    live.filter(|trigger| !both.to.bystanders.contains(trigger)).map(|trigger| trigger.name.clone()).collect()
}
