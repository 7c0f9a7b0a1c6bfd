//! The next revisions of chains: one version for all dialects, with a part for each.
//!
//! Every dialect gets its part even if nothing differs there, so that the newest version of a chain is
//! the same everywhere: what is missing in a folder is seen without any database. A dialect whose server
//! was missing gets its part later, under the version that the others have.

use std::collections::BTreeSet;

use autogen::error::{Error, Result};
use autogen::history::{Autogen, Metadata, NewRevision, RevisionFiles, Version, next_version, slug};
use autogen::host::CORE;
use autogen::model::{Change, ForeignKey};

use crate::draft::Draft;
use crate::work::{Models, Work};
use crate::works::Works;

/// A revision that is not written yet.
pub(crate) struct Next<'a> {
    pub(crate) owner: String,
    /// The directory's name.
    pub(crate) name: String,
    version: Version,
    pub(crate) parts: Vec<Part<'a>>,
}

/// What a revision is in one dialect.
pub(crate) struct Part<'a> {
    pub(crate) work: &'a Work,
    pub(crate) draft: Draft,
    pub(crate) metadata: Metadata,
}

/// One owner's drafts, in the order of [`Works::here`]; none where nothing differs.
pub(crate) type OwnersDrafts = (String, Vec<Option<Draft>>);

/// What is to be written, by owner; none for an owner that is in sync everywhere.
pub(crate) fn next<'a>(
    works: &'a Works,
    models: &[Models],
    drafts: Vec<OwnersDrafts>,
    message: Option<&str>,
) -> Result<Vec<(String, Option<Next<'a>>)>> {
    let mut result: Vec<(String, Option<Next<'a>>)> = Vec::new();
    for (owner, drafts) in drafts {
        let before: Vec<&Next<'a>> = result.iter().filter_map(|(_, next)| next.as_ref()).collect();
        let next = next_of(works, models, &owner, drafts, message, &before)?;
        result.push((owner, next));
    }
    Ok(result)
}

fn next_of<'a>(
    works: &'a Works,
    models: &[Models],
    owner: &str,
    drafts: Vec<Option<Draft>>,
    message: Option<&str>,
    before: &[&Next<'_>],
) -> Result<Option<Next<'a>>> {
    let newest = works.newest(owner);
    let lacking = newest.map(|newest| works.lacking(newest)).unwrap_or_default();
    let is_behind = |work: &Work| lacking.contains(&work.dialect);
    let here = || works.here.iter();
    let is_new = here().zip(&drafts).any(|(work, draft)| draft.is_some() && !is_behind(work));
    if !is_new && !here().any(is_behind) {
        return Ok(None);
    }
    let title = drafts.iter().flatten().next().map(|draft| draft.title.clone());
    // Only empty parts: they are named for what the others do.
    let title = title.or(message.map(str::to_owned)).or(newest.map(|newest| newest.title())).unwrap_or_default();
    let mut parts = Vec::new();
    for ((work, models), draft) in here().zip(models).zip(drafts) {
        let mut draft = draft.unwrap_or_else(|| Draft::nothing(work, owner, &title));
        draft.title.clone_from(&title);
        let depends_on = dependencies(work, models, &draft, before)?;
        let after = earlier(work, models, &draft, before)?;
        let revises: Vec<Version> = newest_of(work, owner, before)?.into_iter().collect();
        let metadata = Metadata {
            run_in_transaction: draft.runs_in_transaction(),
            autogen: Some(Autogen {
                plugin: owner.to_owned(),
                revises,
                depends_on,
                after,
                gives: Vec::new(),
                takes: draft.takes.iter().map(|transfer| transfer.table.clone()).collect(),
                renamed_values: draft.renamed_values(work),
                tool: env!("CARGO_PKG_VERSION").to_owned(),
                verified: draft.proven.clone(),
            }),
        };
        parts.push(Part { work, draft, metadata });
    }
    let owner = owner.to_owned();
    // Only what was left out before: the others have theirs.
    if let Some(newest) = newest.filter(|_| !is_new) {
        let is_later = |part: &Part<'_>| part.parents().all(|parent| *parent < newest.version);
        if parts.iter().filter(|part| is_behind(part.work)).all(is_later) {
            parts.retain(|part| is_behind(part.work));
            return Ok(Some(Next { owner, name: newest.name.clone(), version: newest.version.clone(), parts }));
        }
    }
    let later_than: Vec<Version> = parts.iter().flat_map(Part::parents).cloned().collect();
    let prefix = next_version(now()?, &owner, &later_than)?;
    let name = format!("{prefix}_{}", slug(&title));
    Ok(Some(Next { owner, version: Version::of(&name), name, parts }))
}

impl Part<'_> {
    /// Where it is to be written, and what.
    pub(crate) fn revision(&self, name: &str) -> Result<NewRevision> {
        let files = self.draft.files(self.work);
        Ok(NewRevision {
            migrations: self.work.migrations(&self.draft.owner)?,
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

/// Newest revisions of the owners that this one's new keys point at.
fn dependencies(work: &Work, models: &Models, draft: &Draft, before: &[&Next<'_>]) -> Result<Vec<Version>> {
    let parents: BTreeSet<&str> = draft
        .changes
        .iter()
        .flat_map(|change| match change {
            Change::CreateTable(table) => table.foreign_keys.iter().collect(),
            Change::AddForeignKey(_, key) => vec![key],
            _ => Vec::new(),
        })
        .filter_map(|key| models.ownership.owner_of(&key.references))
        .chain(draft.takes.iter().map(|transfer| transfer.from.as_str()))
        .filter(|parent| *parent != draft.owner)
        .collect();
    let mut versions = Vec::new();
    for parent in parents {
        versions.extend(newest_of(work, parent, before)?);
    }
    let setup = work.setup.iter().filter(|setup| draft.owner != CORE && !versions.contains(setup)).cloned();
    versions.extend(setup.collect::<Vec<_>>());
    Ok(versions)
}

/// The newest revision of an owner: of this run, else of its chain.
fn newest_of(work: &Work, owner: &str, before: &[&Next<'_>]) -> Result<Option<Version>> {
    let is_it =
        |next: &&&Next<'_>| next.owner == owner && next.parts.iter().any(|part| part.work.dialect == work.dialect);
    match before.iter().rev().find(is_it) {
        Some(next) => Ok(Some(next.version.clone())),
        None => Ok(work.head(owner)?.map(|head| head.version.clone())),
    }
}

/// Newest revisions of owners that speak of what this one renames or drops, or that have taken a key out of the way of what
/// this one changes: where they come at all, they must come first.
fn earlier(work: &Work, models: &Models, draft: &Draft, before: &[&Next<'_>]) -> Result<Vec<Version>> {
    let goes = |key: &ForeignKey| {
        draft.changes.iter().any(|change| match change {
            Change::RenameTable(names) => names.from == key.references,
            Change::RenameColumn(table, names) => {
                *table == key.references && key.referenced_columns.contains(&names.from)
            }
            Change::DropTable(table) => table.name == key.references,
            _ => false,
        })
    };
    let tables = draft.start.tables.values().filter(|table| table.foreign_keys.iter().any(goes));
    let owners: BTreeSet<&str> = tables
        .filter_map(|table| models.ownership.owner_of(&table.name))
        .filter(|owner| *owner != draft.owner)
        .collect();
    let mut versions = Vec::new();
    for owner in owners {
        versions.extend(work.head(owner)?.map(|head| head.version.clone()));
    }
    let changes_end = |key: &ForeignKey| {
        draft.changes.iter().any(|change| match change {
            Change::AlterColumn(table, columns) => {
                *table == key.references && key.referenced_columns.contains(&columns.from.name)
            }
            _ => false,
        })
    };
    let makes_way = |next: &&&Next<'_>| {
        let parts = next.parts.iter().filter(|part| part.work.dialect == work.dialect && next.owner != draft.owner);
        let mut changes = parts.flat_map(|part| &part.draft.changes);
        changes.any(|change| matches!(change, Change::DropForeignKey(_, key) if changes_end(key)))
    };
    versions.extend(before.iter().filter(makes_way).map(|next| next.version.clone()));
    Ok(versions)
}

/// The time that versions are made from; SOURCE_DATE_EPOCH (seconds since 1970) fixes it for
/// builds and tests that must give the same bytes twice.
pub(crate) fn now() -> Result<jiff::Timestamp> {
    let Ok(text) = std::env::var("SOURCE_DATE_EPOCH") else { return Ok(jiff::Timestamp::now()) };
    text.parse().ok().and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()).ok_or_else(|| {
        Error::new("bad-clock", format!("SOURCE_DATE_EPOCH is `{text}`, which is no number of seconds since 1970"))
            .help("unset it, or set it to a whole number")
    })
}
