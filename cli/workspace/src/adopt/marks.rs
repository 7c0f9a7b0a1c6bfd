//! Marking adopted chains as applied.

use autogen_engine::database::Database;
use autogen_engine::error::Result;
use autogen_engine::history::{Revision, applied, stamp};
use autogen_engine::model::Change;

use super::setup;
use crate::models::{Models, Parts};
use crate::workspace::Workspace;

/// The outcome for an owner's chain.
#[derive(Debug, Clone)]
pub enum OwnerMark {
    /// These revisions were marked as applied.
    Marked(Vec<String>),
    /// The database differs from the definitions.
    Differs(Vec<Change>),
    /// The chain depends on revisions that the database has not applied.
    StandsOn(Vec<String>),
}

/// A chain that could be marked as applied.
struct Mark<'a> {
    owner: &'a str,
    /// The revisions that the database has not applied, of the chain and everything that it depends on.
    pending: Vec<&'a Revision>,
    /// Revisions that make no table and whose objects are already in the database.
    setup: Vec<&'a Revision>,
}

/// Marks the chains of owners whose tables are in the database exactly as defined. All chains are checked before
/// any is marked.
pub(super) fn mark(
    workspace: &Workspace,
    owners: &[String],
    live: &mut Database,
    models: &Models,
) -> Result<Vec<(String, OwnerMark)>> {
    let there = applied(live)?;
    let mut ready: Vec<Mark<'_>> = Vec::new();
    let mut marks = Vec::new();
    for owner in owners {
        let chain: Vec<&Revision> = workspace.history.of(owner).collect();
        let mut pending = workspace.history.with_ancestors(&chain);
        pending.retain(|revision| !there.contains(&revision.version));
        if pending.is_empty() {
            continue;
        }
        let both = workspace.both(live, models)?;
        let changes = workspace.compare(owner, &Parts::new(&both, models, &workspace.replayed()?.makers)).changes;
        if changes.is_empty() {
            let setup = setup::made_already(workspace, &pending, &there, live)?;
            ready.push(Mark { owner, pending, setup });
        } else {
            marks.push((owner.clone(), OwnerMark::Differs(changes)));
        }
    }
    // A chain that can't be marked keeps the chains that depend on it from being marked.
    while let Some((at, foreign)) = ready.iter().enumerate().find_map(|(at, mark)| Some((at, foreign(mark, &ready)?))) {
        marks.push((ready.remove(at).owner.to_owned(), OwnerMark::StandsOn(foreign)));
    }
    let mut known = there;
    for Mark { owner, pending, setup } in ready {
        let others = setup.iter().filter(|revision| !pending.iter().any(|other| other.version == revision.version));
        let all = others.chain(&pending).copied();
        let new: Vec<&Revision> = all.filter(|revision| known.insert(revision.version.clone())).collect();
        if !new.is_empty() {
            stamp(live, &new, &[], &[])?;
            let names = new.iter().map(|revision| revision.name.clone()).collect();
            marks.push((owner.to_owned(), OwnerMark::Marked(names)));
        }
    }
    Ok(marks)
}

/// Returns the revisions that a chain depends on and that are neither in the database nor about to be marked.
fn foreign(mark: &Mark<'_>, ready: &[Mark<'_>]) -> Option<Vec<String>> {
    let is_known = |revision: &Revision| {
        ready.iter().any(|other| other.owner == revision.owner)
            || mark.setup.iter().any(|made| made.version == revision.version)
    };
    let foreign: Vec<String> =
        mark.pending.iter().filter(|revision| !is_known(revision)).map(ToString::to_string).collect();
    (!foreign.is_empty()).then_some(foreign)
}
