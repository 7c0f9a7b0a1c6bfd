//! The next revisions of chains: one version for all dialects, with a part for each.
//!
//! Every dialect gets its part even if nothing differs there, so that the newest version of a chain is the same
//! everywhere. A missing part is then visible in the folder, without any database. A dialect whose server was
//! missing gets its part later, under the version that the others have.

use std::collections::{BTreeMap, BTreeSet};

use autogen_engine::dialect::Dialect;
use autogen_engine::error::Result;
use autogen_engine::history::{
    Autogen, History, Metadata, NewRevision, Revision, RevisionFiles, Version, made_by, next_version, slug,
};
use autogen_engine::host::CORE;
use autogen_engine::model::{Change, Column, ForeignKey, Pair, TableName};

use crate::dialects::Workspaces;
use crate::draft::Draft;
use crate::drafts::OwnerDrafts;
use crate::models::Models;
use crate::transfer::refuse_not_given;
use crate::workspace::Workspace;

/// A revision that is not written yet.
#[derive(Debug, Clone)]
pub struct NextRevision<'a> {
    /// Its owner.
    pub owner: String,
    /// The directory's name.
    pub name: String,
    version: Version,
    /// Its part in each dialect.
    pub parts: Vec<DialectPart<'a>>,
}

/// A revision's part in one dialect.
#[derive(Debug, Clone)]
pub struct DialectPart<'a> {
    /// The host in that dialect.
    pub workspace: &'a Workspace,
    /// The changes in that dialect.
    pub draft: Draft,
    metadata: Metadata,
}

/// An owner, and its next revision. `None` if it is in sync in every dialect.
pub type OwnerNext<'a> = (String, Option<NextRevision<'a>>);

impl Workspaces {
    /// Makes the next revisions of drafts. Nothing is written. `title` names the revisions that do nothing.
    ///
    /// # Errors
    /// Fails if a chain has branched, or if no version can be made.
    pub fn next(&self, models: &[Models], drafts: Vec<OwnerDrafts>, title: Option<&str>) -> Result<Vec<OwnerNext<'_>>> {
        let mut result: Vec<OwnerNext<'_>> = Vec::new();
        for drafts in drafts {
            let before: Vec<&NextRevision<'_>> = result.iter().filter_map(|(_, next)| next.as_ref()).collect();
            let owner = drafts.owner.clone();
            let next = self.next_of(models, drafts, title, &before)?;
            result.push((owner, next));
        }
        certify(&mut result)?;
        Ok(result)
    }

    /// Makes the next revision of one owner, after the earlier ones of this run.
    fn next_of<'a>(
        &'a self,
        models: &[Models],
        drafts: OwnerDrafts,
        stated: Option<&str>,
        before: &[&NextRevision<'a>],
    ) -> Result<Option<NextRevision<'a>>> {
        let OwnerDrafts { owner, drafts } = drafts;
        let newest = self.newest(&owner);
        let lacking = newest.map(|newest| self.lacking(newest)).unwrap_or_default();
        let is_behind = |workspace: &Workspace| lacking.contains(&workspace.dialect);
        let here = || self.here.iter();
        let is_new = here().zip(&drafts).any(|(workspace, draft)| draft.is_some() && !is_behind(workspace));
        if !is_new && !here().any(is_behind) {
            return Ok(None);
        }
        let title = drafts.iter().flatten().next().map(|draft| draft.title.clone());
        // The parts are all empty, so they are named for what the others do.
        let title = title.or(stated.map(str::to_owned)).or(newest.map(|newest| newest.title())).unwrap_or_default();
        let mut parts = Vec::new();
        for ((workspace, models), draft) in here().zip(models).zip(drafts) {
            let mut draft = draft.unwrap_or_else(|| Draft::nothing(workspace, &owner, &title));
            draft.title.clone_from(&title);
            parts.push(DialectPart::of(workspace, models, draft, before)?);
        }
        // Only the dialects that were left out before need a part.
        if let Some(newest) = newest.filter(|_| !is_new) {
            let is_later = |part: &DialectPart<'_>| part.parents().all(|parent| *parent < newest.version);
            if parts.iter().filter(|part| is_behind(part.workspace)).all(is_later) {
                parts.retain(|part| is_behind(part.workspace));
                let (name, version) = (newest.name.clone(), newest.version.clone());
                return Ok(Some(NextRevision { owner, name, version, parts }));
            }
        }
        let later_than: Vec<Version> = parts.iter().flat_map(DialectPart::parents).cloned().collect();
        let prefix = next_version(self.here[0].now()?, &owner, &later_than)?;
        let name = format!("{prefix}_{}", slug(&title));
        Ok(Some(NextRevision { owner, version: Version::of(&name), name, parts }))
    }
}

impl<'a> DialectPart<'a> {
    fn of(workspace: &'a Workspace, models: &Models, draft: Draft, before: &[&NextRevision<'a>]) -> Result<Self> {
        let parts = before.iter().flat_map(|next| &next.parts);
        let drafts: Vec<&Draft> =
            parts.filter(|part| part.workspace.dialect == workspace.dialect).map(|part| &part.draft).collect();
        refuse_not_given(workspace, &draft, &drafts)?;
        let autogen = Autogen {
            depends_on: dependencies(workspace, models, &draft, before)?,
            after: earlier(workspace, models, &draft, before)?,
            gives: draft.gives.iter().map(|given| (given.table.clone(), given.to.clone())).collect(),
            takes: draft.takes.iter().map(|transfer| transfer.table.clone()).collect(),
            renamed_values: draft.renamed_values(workspace),
            verified: draft.proven.clone(),
            measured: draft.facts(workspace),
            ..Autogen::of(&draft.owner, newest_of(workspace, &draft.owner, before)?.into_iter().collect())
        };
        let run_in_transaction = draft.runs_in_transaction();
        let metadata = Metadata { run_in_transaction, autogen: Some(autogen), certificate: None };
        Ok(Self { workspace, draft, metadata })
    }

    /// Returns the revision to write and its folder.
    ///
    /// # Errors
    /// Fails if there is no such owner.
    pub fn revision(&self, name: &str) -> Result<NewRevision> {
        let files = self.draft.files(self.workspace);
        Ok(NewRevision {
            migrations: self.workspace.migrations(&self.draft.owner)?,
            within: self.workspace.host.owner(&self.draft.owner)?.scope.clone(),
            name: name.to_owned(),
            files: RevisionFiles { up: files.up, down: files.down, metadata: self.metadata.clone() },
        })
    }

    fn parents(&self) -> impl Iterator<Item = &Version> {
        self.metadata
            .autogen
            .iter()
            .flat_map(|autogen| autogen.revises.iter().chain(&autogen.depends_on).chain(&autogen.after))
    }
}

/// Certifies what was proven of the parts of new revisions, each on top of those before it.
fn certify(all: &mut [OwnerNext<'_>]) -> Result<()> {
    let mut histories: BTreeMap<Dialect, History> = BTreeMap::new();
    for next in all.iter_mut().filter_map(|(_, next)| next.as_mut()) {
        for part in &mut next.parts {
            let new = part.revision(&next.name)?;
            let history = histories.entry(part.workspace.dialect).or_insert_with(|| part.workspace.history.clone());
            *history = history.with([new.revision(&next.owner)])?;
            let (revision, server) = (history.get(&next.version), part.draft.proven_on.as_deref());
            part.metadata.certificate =
                revision.zip(server).map(|(revision, server)| history.certify(revision, server));
        }
    }
    Ok(())
}

/// Returns the newest revisions of the owners that this draft's new keys reference or whose tables it takes over, and
/// those revisions of this run that rename what its keys reference.
fn dependencies(
    workspace: &Workspace,
    models: &Models,
    draft: &Draft,
    before: &[&NextRevision<'_>],
) -> Result<Vec<Version>> {
    let parents: BTreeSet<&str> = draft
        .changes
        .iter()
        .flat_map(Change::added_keys)
        .filter_map(|key| models.ownership.owner_of(&key.references))
        .chain(draft.takes.iter().map(|transfer| transfer.from.as_str()))
        .filter(|parent| *parent != draft.owner)
        .collect();
    let mut versions = Vec::new();
    for parent in parents {
        versions.extend(newest_of(workspace, parent, before)?);
    }
    // A rebuilt table states its keys again, under the names that others give in this run.
    let changed: Vec<TableName> = draft.changes.iter().map(|change| change.subject().table).collect();
    let tables = draft.start.tables.values().filter(|table| changed.contains(&table.name));
    let keys: Vec<&ForeignKey> = tables.flat_map(|table| table.rules.foreign_keys()).collect();
    let gives_name = |change: &Change| keys.iter().any(|key| change.gives_name_of(key));
    let renames = |next: &&&NextRevision<'_>| {
        let parts = next.parts.iter().filter(|part| part.workspace.dialect == workspace.dialect);
        next.owner != draft.owner && parts.flat_map(|part| &part.draft.changes).any(gives_name)
    };
    let renamed = before.iter().filter(renames).map(|next| &next.version).filter(|version| !versions.contains(version));
    versions.extend(renamed.cloned().collect::<Vec<_>>());
    let stated = |next: &&&NextRevision<'_>| versions.contains(&next.version);
    let mut stated: BTreeSet<&str> = before.iter().filter(stated).map(|next| next.owner.as_str()).collect();
    stated.extend(versions.iter().filter_map(|version| Some(workspace.history.get(version)?.owner.as_str())));
    let earlier = earlier_renames(workspace, draft, &keys, &stated)?;
    versions.extend(earlier);
    let setup = workspace.setup.iter().filter(|setup| draft.owner != CORE && !versions.contains(setup)).cloned();
    versions.extend(setup.collect::<Vec<_>>());
    Ok(versions)
}

/// Returns the newest revisions of earlier runs by which other owners gave the tables that some keys
/// reference their names. A revision is left out if the owner's chain builds on it already, or if the draft
/// does through the newest revision of a `stated` owner.
fn earlier_renames(
    workspace: &Workspace,
    draft: &Draft,
    keys: &[&ForeignKey],
    stated: &BTreeSet<&str>,
) -> Result<Vec<Version>> {
    let history = &workspace.history;
    let head: Vec<&Revision> = workspace.head(&draft.owner)?.into_iter().collect();
    let below = history.with_ancestors(&head);
    let names: BTreeSet<&TableName> = keys.iter().map(|key| &key.references).collect();
    let gave = |name: &TableName| {
        let mut revisions = history.revisions().iter().rev();
        revisions.find(|revision| made_by(workspace.dialect, revision).contains(name))
    };
    let givers: BTreeSet<&Version> = (names.into_iter().filter_map(gave))
        .filter(|giver| giver.owner != draft.owner && !stated.contains(giver.owner.as_str()))
        .filter(|giver| !below.iter().any(|other| other.version == giver.version))
        .map(|giver| &giver.version)
        .collect();
    Ok(givers.into_iter().cloned().collect())
}

/// Returns the newest revision of an owner, from this run or else from its chain.
fn newest_of(workspace: &Workspace, owner: &str, before: &[&NextRevision<'_>]) -> Result<Option<Version>> {
    let is_it = |next: &&&NextRevision<'_>| {
        next.owner == owner && next.parts.iter().any(|part| part.workspace.dialect == workspace.dialect)
    };
    match before.iter().rev().find(is_it) {
        Some(next) => Ok(Some(next.version.clone())),
        None => Ok(workspace.head(owner)?.map(|head| head.version.clone())),
    }
}

/// Returns the newest revisions of owners that must come before this draft if they are applied at all: those that
/// refer to what it renames or drops, those that have removed a key which was in the way of its changes, and those
/// that have given up a name which it gives.
fn earlier(
    workspace: &Workspace,
    models: &Models,
    draft: &Draft,
    before: &[&NextRevision<'_>],
) -> Result<Vec<Version>> {
    let goes = |key: &ForeignKey| draft.changes.iter().any(|change| change.takes_name_of(key));
    let tables = draft.start.tables.values().filter(|table| table.rules.foreign_keys().any(goes));
    let owners: BTreeSet<&str> = tables
        .filter_map(|table| models.ownership.owner_of(&table.name))
        .filter(|owner| *owner != draft.owner)
        .collect();
    let mut versions = Vec::new();
    for owner in owners {
        versions.extend(workspace.head(owner)?.map(|head| head.version.clone()));
    }
    let changes_end = |key: &ForeignKey| {
        draft.changes.iter().any(|change| {
            let is_its = |(table, columns): (&TableName, &Pair<Column>)| {
                *table == key.references && key.referenced_columns.contains(&columns.from.name)
            };
            change.altered_column().is_some_and(is_its)
                || change.dropped_table().is_some_and(|table| table.name == key.references)
        })
    };
    let makes_way = |next: &&&NextRevision<'_>| {
        let parts =
            next.parts.iter().filter(|part| part.workspace.dialect == workspace.dialect && next.owner != draft.owner);
        let mut changes = parts.flat_map(|part| &part.draft.changes);
        changes.any(|change| change.dropped_keys().into_iter().any(|(_, key)| changes_end(key)))
    };
    versions.extend(before.iter().filter(makes_way).map(|next| next.version.clone()));
    for owner in former_owners(workspace, draft) {
        let newest = newest_of(workspace, owner, before)?;
        versions.extend(newest.filter(|version| !versions.contains(version)));
    }
    Ok(versions)
}

/// Returns the other owners whose chains once had a name that a draft gives to a table. They must give up the
/// name first.
fn former_owners<'w>(workspace: &'w Workspace, draft: &Draft) -> BTreeSet<&'w str> {
    let given: Vec<&TableName> = (draft.changes.iter())
        .filter_map(|change| {
            let added = change.added_table().map(|table| &table.name);
            added.or_else(|| change.renamed_table().map(|names| &names.to))
        })
        .collect();
    if given.is_empty() {
        return BTreeSet::new();
    }
    let others = workspace.history.revisions().iter().filter(|revision| revision.owner != draft.owner);
    let gave = |revision: &&Revision| made_by(workspace.dialect, revision).iter().any(|name| given.contains(&name));
    others.filter(gave).map(|revision| revision.owner.as_str()).collect()
}
