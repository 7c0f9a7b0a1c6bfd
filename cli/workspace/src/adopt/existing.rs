//! Sites whose tables were made without the chain: finds the state of the chain that they have, or makes the
//! script that brings them to one.

use std::collections::BTreeSet;
use std::path::PathBuf;

use autogen_codegen::report;
use autogen_engine::database::Database;
use autogen_engine::diff::diff;
use autogen_engine::error::Result;
use autogen_engine::history::{Metadata, NewRevision, Revision, RevisionFiles, applied, slug, stamp};
use autogen_engine::host::FileScope;
use autogen_engine::introspect::introspect;
use autogen_engine::model::{Change, Pair, Schema, TableName};
use autogen_engine::plan::HazardKind;
use autogen_engine::scratch::{beside, copy, replay_only};

use crate::models::{Comparison, Models};
use crate::workspace::Workspace;

/// The state of an owner's chain that a site is nearest to.
#[derive(Debug)]
pub struct Nearest<'a> {
    workspace: &'a Workspace,
    owner: String,
    /// The owner's revisions up to here.
    pub revisions: Vec<&'a Revision>,
    /// The revisions that the site has not marked as applied, of this state and everything that it depends on.
    pub unmarked: Vec<&'a Revision>,
    /// What would bring the site to this state.
    pub changes: Vec<Change>,
    /// All that the site has.
    site: Schema,
    /// The owner's tables in this state.
    wanted: Schema,
}

/// The script that brings a site to a state of a chain. Other databases have no use for it, so it goes beside the
/// chain, not into it.
#[derive(Debug)]
pub struct SiteScript {
    /// Its files and their place.
    pub revision: NewRevision,
    /// What was proven on a copy of the site.
    pub proven: Vec<String>,
}

impl Workspace {
    /// Returns the newest state of an owner's chain that equals the live database, or else the one with the
    /// fewest differences. Returns `None` if the database knows the whole chain.
    ///
    /// # Errors
    /// Fails if the chain has branched or doesn't run, or if the database can't be read.
    pub fn nearest_state(&self, owner: &str, models: &Models, live: &mut Database) -> Result<Option<Nearest<'_>>> {
        self.head(owner)?;
        let there = applied(live)?;
        let chain: Vec<&Revision> = self.history.of(owner).collect();
        if chain.iter().all(|revision| there.contains(&revision.version)) {
            return Ok(None);
        }
        let start = introspect(live)?;
        let mut nearest: Option<Nearest<'_>> = None;
        // Tables that newer states have.
        let mut newer: BTreeSet<TableName> = BTreeSet::new();
        for length in (1..=chain.len()).rev() {
            let revisions = chain[..length].to_vec();
            let all = self.history.with_ancestors(&revisions);
            let mut replayed = replay_only(&self.history, &all, &self.scratch_server()?)?;
            let made = introspect(&mut replayed.database)?;
            let both = beside(start.clone(), made, &mut replayed.database)?;
            let owns = |table: &TableName| {
                replayed.makers.get(table).map(String::as_str).or(models.ownership.owner_of(table)) == Some(owner)
            };
            // What the site has beyond this state belongs to nobody.
            let wanted = both.to.restricted(owns);
            // A table that a later revision makes would be in that revision's way.
            let is_ahead =
                newer.iter().any(|table| both.from.tables.contains_key(table) && !wanted.tables.contains_key(table));
            newer.extend(wanted.tables.keys().cloned());
            if is_ahead {
                continue;
            }
            let existing = both.from.restricted(|table| wanted.tables.contains_key(table));
            let pair = Pair::new(existing, wanted);
            let changes = diff(&pair, self.dialect);
            if nearest.as_ref().is_some_and(|nearest| changes.len() >= nearest.changes.len()) {
                continue;
            }
            let is_equal = changes.is_empty();
            let unmarked = all.into_iter().filter(|revision| !there.contains(&revision.version)).collect();
            let (owner, site, wanted) = (owner.to_owned(), both.from, pair.to);
            nearest = Some(Nearest { workspace: self, owner, revisions, unmarked, changes, site, wanted });
            if is_equal {
                break;
            }
        }
        Ok(nearest)
    }
}

impl Nearest<'_> {
    /// Returns the owner's tables in this state, and how many changes each needs.
    pub fn tables(&self) -> Vec<(String, usize)> {
        let subjects: Vec<_> = self.changes.iter().map(|change| change.subject().table).collect();
        let differing = |table: &TableName| subjects.iter().filter(|subject| *subject == table).count();
        self.wanted.tables.keys().map(|table| (table.to_string(), differing(table))).collect()
    }

    /// Returns the revisions of other owners that this state depends on and that the site has not applied.
    pub fn foreign(&self) -> Vec<String> {
        let foreign = self.unmarked.iter().filter(|revision| revision.owner != self.owner);
        foreign.map(ToString::to_string).collect()
    }

    /// Marks this state as applied.
    ///
    /// # Errors
    /// Fails if the database can't be written.
    pub fn mark(&self, live: &mut Database) -> Result<()> {
        stamp(live, &self.unmarked, &[], &[])
    }

    /// Makes the script that brings the site to this state, proven on a copy of the site. Nothing is written.
    /// `folder` replaces the host's folder `sites`.
    ///
    /// # Errors
    /// Fails if no script can be made or proven, or if it has hazards that aren't allowed.
    pub fn script(
        &self,
        models: &Models,
        live: &mut Database,
        allowed: &[HazardKind],
        folder: Option<PathBuf>,
    ) -> Result<SiteScript> {
        let Self { workspace, owner, .. } = self;
        let mut start = copy(live, &workspace.scratch_server()?)?;
        let (site, wanted, changes) = (self.site.clone(), self.wanted.clone(), self.changes.clone());
        let comparison = Comparison { owner: owner.clone(), start: site, models: wanted, changes };
        let title = format!("bring a site to {}", report::title(&[], true));
        let mut draft = workspace.draft(models, comparison, title)?;
        draft.assess(&BTreeSet::new(), Some(live));
        draft.refuse_hazards(allowed)?;
        if draft.prove(workspace, models, &mut start)? {
            draft.assess(&BTreeSet::new(), Some(live));
            draft.refuse_hazards(allowed)?;
        }
        let files = draft.files(workspace);
        let root = &workspace.host.root;
        let revision = NewRevision {
            migrations: folder.unwrap_or_else(|| root.strip_prefix(".").unwrap_or(root).join("sites")),
            within: FileScope::default(),
            name: format!("{owner}_{}", slug(&draft.title)),
            files: RevisionFiles {
                up: files.up,
                down: files.down,
                metadata: Metadata {
                    run_in_transaction: draft.runs_in_transaction(),
                    autogen: None,
                    certificate: None,
                },
            },
        };
        Ok(SiteScript { revision, proven: draft.proven })
    }
}
