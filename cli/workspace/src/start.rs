//! Makes the start of drafts: a scratch database like the live one or as the chains make it, whole or in part.

use std::collections::BTreeSet;

use autogen_engine::database::Database;
use autogen_engine::error::Result;
use autogen_engine::history::ReplaySubset;
use autogen_engine::introspect::{introspect, outline};
use autogen_engine::model::{Pair, Schema, Unread};
use autogen_engine::scratch::Replayed;

use crate::drift::{self, AsMade};
use crate::models::{Makers, Models};
use crate::rounds::Drafting;
use crate::scope::Scope;
use crate::workspace::Workspace;

/// The database in which the first draft starts, and what is known besides its schema.
pub(crate) struct Start {
    pub(crate) database: Database,
    pub(crate) makers: Makers,
    /// Triggers of the live database that its chains don't make.
    pub(crate) unknown_triggers: BTreeSet<String>,
    /// What exists outside this part, if it is one.
    unread: Option<Unread>,
}

impl Start {
    /// Copies a live database, or the part that the owners need.
    pub(crate) fn of_live(drafting: &Drafting<'_>, live: &mut Database, is_part: bool) -> Result<Self> {
        let Drafting { workspace, models, owners, .. } = *drafting;
        workspace.refuse_behind(live, owners, models)?;
        let subset = if is_part { workspace.replay_subset(owners, models, false) } else { None };
        let (makers, unknown_triggers) = made(workspace, models, live, subset.as_ref())?;
        let part = match is_part {
            true => Some(Scope::of(owners, models, &makers).part(&outline(live)?)),
            false => None,
        };
        let database = workspace.copied(live, part.as_ref())?;
        Ok(Self { database, makers, unknown_triggers, unread: part.map(|part| part.unread) })
    }

    /// Replays all chains, or the part that the owners need. Returns `None` if that part would be everything.
    pub(crate) fn of_chains(drafting: &Drafting<'_>, is_part: bool) -> Result<Option<Self>> {
        let Drafting { workspace, models, owners, .. } = *drafting;
        let subset = if is_part { workspace.replay_subset(owners, models, true) } else { None };
        if is_part && subset.is_none() {
            return Ok(None);
        }
        let Replayed { database, makers } = workspace.replayed_as(subset.as_ref())?;
        let unread = subset.map(|subset| subset.unread);
        Ok(Some(Self { database, makers, unknown_triggers: BTreeSet::new(), unread }))
    }

    /// Returns what exists, and what the sources want.
    pub(crate) fn both(&mut self, workspace: &Workspace, models: &Models) -> Result<Pair<Schema>> {
        let mut there = introspect(&mut self.database)?;
        if let Some(unread) = &self.unread {
            there.note_unread(unread);
        }
        workspace.both_of(there, &mut self.database, models)
    }

    /// Returns names that exist here and are also taken outside this part. The part alone can't tell that they
    /// are.
    pub(crate) fn names_of_others(&mut self) -> Result<BTreeSet<String>> {
        let Some(unread) = &self.unread else { return Ok(BTreeSet::new()) };
        let taken: BTreeSet<String> = unread.names.iter().map(|name| name.to_lowercase()).collect();
        let names = outline(&mut self.database)?;
        Ok(names.names().map(str::to_lowercase).filter(|name| taken.contains(name)).collect())
    }
}

/// Returns whose chain made what a live database has, and which triggers no chain made. Replays what the database
/// has applied, unless it is known to be just that. Refuses a database in which somebody has changed the tables
/// by hand.
fn made(
    workspace: &Workspace,
    models: &Models,
    live: &mut Database,
    subset: Option<&ReplaySubset<'_>>,
) -> Result<(Makers, BTreeSet<String>)> {
    if let Some(AsMade { makers, .. }) = drift::as_made(workspace, models, live)? {
        return Ok((makers, BTreeSet::new()));
    }
    let compared = drift::compare(workspace, models, live, Some(workspace.replayed_as(subset)?), subset)?;
    drift::refuse(workspace, &compared.drifts)?;
    Ok((compared.makers, compared.unknown_triggers))
}
