//! Putting a branch of a chain on top of another one: new parents, and later names where needed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;
use toml_edit::{Array, DocumentMut, Item, Table, value};

use super::{History, METADATA, Revision, Version, next_version};
use crate::error::{Code, Error, Result};
use crate::files::{FileScope, LARGEST_SETTINGS};
use crate::host::Host;

/// A revision that gets another place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The revision as it is.
    pub revision: Revision,
    /// Its directory's new name; the old one where that comes late enough.
    pub name: String,
    /// What it builds on afterwards.
    pub revises: Vec<Version>,
}

/// Plans the moves that put a branch on top of `onto`, in order. Moves the revisions of `branch`'s owner that only
/// `branch` builds on. A revision whose name doesn't come after what it builds on gets the time `now`.
///
/// # Errors
/// Returns `version-order` when no time comes after `onto`.
pub fn moves(history: &History, branch: &Revision, onto: &Revision, now: Timestamp) -> Result<Vec<Move>> {
    let below: BTreeSet<&Version> =
        history.with_ancestors(&[onto]).into_iter().map(|revision| &revision.version).collect();
    let mut renamed: BTreeMap<&Version, Version> = BTreeMap::new();
    let mut moves: Vec<Move> = Vec::new();
    for revision in history.with_ancestors(&[branch]) {
        if revision.owner != branch.owner || below.contains(&revision.version) {
            continue;
        }
        let mut revises: Vec<Version> = Vec::new();
        for parent in &revision.revises {
            let parent = if below.contains(parent) { &onto.version } else { renamed.get(parent).unwrap_or(parent) };
            if !revises.contains(parent) {
                revises.push(parent.clone());
            }
        }
        // Another base of the chain is put on top of it too.
        if revises.is_empty() {
            revises.push(onto.version.clone());
        }
        let earlier: Vec<Version> = revises.iter().chain(&revision.depends_on).cloned().collect();
        let is_late = earlier.iter().all(|earlier| *earlier < revision.version);
        let name = if is_late {
            revision.name.clone()
        } else {
            let title = revision.name.split_once('_').map_or("", |(_, title)| title);
            format!("{}_{title}", next_version(now, &revision.owner, &earlier)?)
        };
        renamed.insert(&revision.version, Version::of(&name));
        moves.push(Move { revision: revision.clone(), name, revises });
    }
    Ok(moves)
}

/// Returns the history after these moves.
///
/// # Errors
/// Returns the errors of [`History::from_revisions`].
pub fn moved(history: &History, moves: &[Move]) -> Result<History> {
    let renamed = renamed(moves);
    let new = |versions: &[Version]| -> Vec<Version> {
        versions.iter().map(|version| renamed.get(version).unwrap_or(version).clone()).collect()
    };
    let revisions = history.revisions().iter().map(|revision| {
        let mut revision = revision.clone();
        revision.depends_on = new(&revision.depends_on);
        revision.after = new(&revision.after);
        if let Some(found) = moves.iter().find(|found| found.revision.version == revision.version) {
            revision.version = Version::of(&found.name);
            revision.name.clone_from(&found.name);
            revision.revises.clone_from(&found.revises);
            revision.by_autogen = true;
        } else {
            revision.revises = new(&revision.revises);
        }
        revision
    });
    History::new(history.owners().map(str::to_owned).collect(), revisions.collect())
}

/// Carries moves out on disk: metadata first, then the directories' names. References from other
/// revisions follow. Whatever else stands in the files stays as it is.
///
/// # Errors
/// `can't-write` with the system's reason; what was written before stays, and running it again goes on.
pub fn write_moves(host: &Host, history: &History, moves: &[Move]) -> Result<()> {
    let renamed = renamed(moves);
    for revision in history.revisions() {
        let is_moved = moves.iter().find(|found| found.revision.version == revision.version);
        let refers = [&revision.depends_on, &revision.after]
            .into_iter()
            .flatten()
            .any(|version| renamed.get(version).is_some_and(|new| new != version));
        if is_moved.is_some() || refers {
            let scope = &host.owner(&revision.owner)?.scope;
            edit(scope, revision, is_moved.map(|found| found.revises.as_slice()), &renamed)?;
        }
    }
    for found in moves {
        let target = found.revision.dir.with_file_name(&found.name);
        if target != found.revision.dir {
            let scope = &host.owner(&found.revision.owner)?.scope;
            scope.rename(&found.revision.dir, &found.name).map_err(|cause| refused(&target, cause))?;
        }
    }
    Ok(())
}

fn renamed(moves: &[Move]) -> BTreeMap<Version, Version> {
    moves.iter().map(|found| (found.revision.version.clone(), Version::of(&found.name))).collect()
}

fn edit(
    scope: &FileScope,
    revision: &Revision,
    revises: Option<&[Version]>,
    renamed: &BTreeMap<Version, Version>,
) -> Result<()> {
    let path = revision.dir.join(METADATA);
    let text = scope.read_text(&path, LARGEST_SETTINGS)?.unwrap_or_default();
    let mut document = document(&path, &text, revision)?;
    let autogen = document.entry("autogen").or_insert_with(|| Item::Table(Table::new()));
    let Some(autogen) = autogen.as_table_like_mut() else {
        return Err(Error::new(Code::BadMetadata, format!("`{}`: `autogen` is no table", path.display()))
            .help("correct the file, and run it again"));
    };
    if !autogen.contains_key("plugin") {
        autogen.insert("plugin", value(&revision.owner));
    }
    let mut state = |key: &str, versions: &[Version]| {
        let versions = versions.iter().map(|version| renamed.get(version).unwrap_or(version).as_str());
        // Replaced in place, so that what follows stays.
        match autogen.get_mut(key).and_then(Item::as_array_mut) {
            Some(array) => {
                array.clear();
                array.extend(versions);
            }
            None => drop(autogen.insert(key, value(versions.collect::<Array>()))),
        }
    };
    if let Some(revises) = revises {
        state("revises", revises);
    }
    for (key, versions) in [("depends_on", &revision.depends_on), ("after", &revision.after)] {
        if versions.iter().any(|version| renamed.contains_key(version)) {
            state(key, versions);
        }
    }
    replace(scope, &path, &document.to_string())
}

/// Reads the text of a revision's metadata as a document that keeps its form.
pub(super) fn document(path: &Path, text: &str, revision: &Revision) -> Result<DocumentMut> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        Error::new(Code::BadMetadata, format!("`{}`: {}", path.display(), error.message()))
            .help("correct the file, and run it again")
    })?;
    if !document.contains_key("run_in_transaction") {
        // Diesel takes a file without this key as false, and a missing file as true.
        document["run_in_transaction"] = value(revision.run_in_transaction);
    }
    Ok(document)
}

/// Replaces a file such that nobody sees it half written and no link leads elsewhere.
pub(super) fn replace(scope: &FileScope, path: &Path, text: &str) -> Result<()> {
    scope.require(path)?;
    scope.replace(path, text).map_err(|cause| refused(path, cause))
}

fn refused(path: &Path, cause: std::io::Error) -> Error {
    Error::new(Code::CantWrite, format!("can't write `{}`: {cause}", path.display()))
        .help("make the folder writable and try again")
        .caused_by(cause)
}
