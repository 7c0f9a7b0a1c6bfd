//! All revisions of all owners, and which must come before which.

use std::collections::{BTreeMap, BTreeSet};

use super::edges::Edges;
use super::{CORE, METADATA, Permissions, Revision, Version};
use crate::error::{Code, Diagnostic, Error, Result};
use crate::model::{Place, whose};

/// The chains of all owners as one graph.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The core first, including owners without revisions.
    pub(super) owners: Vec<String>,
    /// In the order in which they can be applied.
    pub(super) revisions: Vec<Revision>,
    /// The index of each version in `revisions`.
    pub(super) index: BTreeMap<Version, usize>,
    /// Edges from each revision to those that come after it. Nodes are indices of `revisions`.
    pub(super) comes_before: Edges<Why>,
    /// What each plugin's migrations may do beyond its own tables.
    pub(super) permissions: BTreeMap<String, Permissions>,
}

/// Why a revision comes after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// It depends on the other one.
    Needs,
    /// It takes away what the other one refers to.
    TakesAway,
}

impl History {
    /// Creates a history of revisions in any order; [`History::revisions`] says which order they get. Parents of
    /// revisions that weren't written by this program are derived (see [`Revision::revises`]). A missing
    /// dependency on another owner's revision isn't an error here. It only prevents applying.
    ///
    /// # Errors
    /// `version-taken` for two directories with the same version, `unknown-parent`, `revision-cycle`.
    pub fn from_revisions(revisions: Vec<Revision>) -> Result<Self> {
        let mut owners: Vec<_> = revisions.iter().map(|revision| revision.owner.clone()).collect();
        owners.sort_by_key(|owner| (owner != CORE, owner.clone()));
        owners.dedup();
        Self::new(owners, revisions)
    }

    /// Creates a history as [`History::from_revisions`] does, with owners that may have no revisions. The
    /// core comes first.
    pub fn new(owners: Vec<String>, mut revisions: Vec<Revision>) -> Result<Self> {
        revisions.sort_by(|a, b| (&a.version, &a.dir).cmp(&(&b.version, &b.dir)));
        check_versions(&revisions)?;
        for owner in &owners {
            work_out_parents(revisions.iter_mut().filter(|revision| revision.owner == *owner));
        }
        check_parents(&revisions)?;

        let order = in_order(&revisions)?;
        let mut slots: Vec<_> = revisions.into_iter().map(Some).collect();
        let revisions: Vec<_> = order.into_iter().filter_map(|index| slots[index].take()).collect();
        let comes_before = graph(&revisions);
        let index = revisions.iter().enumerate().map(|(index, revision)| (revision.version.clone(), index)).collect();
        Ok(Self { owners, revisions, index, comes_before, permissions: BTreeMap::new() })
    }

    /// Sets what the host lets plugins' migrations do beyond their own tables.
    #[must_use]
    pub fn allowing(self, permissions: BTreeMap<String, Permissions>) -> Self {
        Self { permissions, ..self }
    }

    /// Returns the same history with more revisions. A new revision replaces the one with the same version.
    ///
    /// # Errors
    /// Those of [`History::from_revisions`].
    pub fn with(&self, revisions: impl IntoIterator<Item = Revision>) -> Result<Self> {
        let mut all = self.revisions.clone();
        let mut owners = self.owners.clone();
        for new in revisions {
            if !owners.contains(&new.owner) {
                owners.push(new.owner.clone());
            }
            match all.iter_mut().find(|old| old.version == new.version) {
                Some(old) => *old = new,
                None => all.push(new),
            }
        }
        Ok(Self::new(owners, all)?.allowing(self.permissions.clone()))
    }

    /// Returns all owners, the core first, including those without revisions.
    pub fn owners(&self) -> impl Iterator<Item = &str> {
        self.owners.iter().map(String::as_str)
    }

    /// Returns all revisions in an order in which they can be applied, whatever order they were read in. Whatever a
    /// revision depends on comes before it.
    ///
    /// Where that leaves a choice, handwritten revisions of the core come first, because a plugin's chain may be
    /// older than its host. Otherwise the earlier revision comes first, because it was written without knowing the
    /// later one: a foreign key must not be made after another chain's rename of the table that it references.
    pub fn revisions(&self) -> &[Revision] {
        &self.revisions
    }

    /// Returns an owner's revisions in the order of [`History::revisions`].
    pub fn of(&self, owner: &str) -> impl Iterator<Item = &Revision> {
        self.revisions.iter().filter(move |revision| revision.owner == owner)
    }

    /// Returns an owner's revisions that no other of its revisions builds on: none for an empty chain, two or
    /// more for one that has branched.
    pub fn heads(&self, owner: &str) -> Vec<&Revision> {
        let built_on: BTreeSet<_> = self.of(owner).flat_map(|revision| &revision.revises).collect();
        self.of(owner).filter(|revision| !built_on.contains(&revision.version)).collect()
    }

    /// Returns those of the given owners whose chains have branched, each owner once.
    pub fn branched<'o>(&self, owners: impl IntoIterator<Item = &'o str>) -> Vec<&'o str> {
        let owners: BTreeSet<&str> = owners.into_iter().collect();
        owners.into_iter().filter(|owner| self.heads(owner).len() > 1).collect()
    }

    /// Describes a chain that has branched, and what to do about it.
    pub fn two_heads(&self, owner: &str) -> Diagnostic {
        let heads = self.heads(owner);
        let names: Vec<_> = heads.iter().map(|head| format!("`{}`", head.dir.display())).collect();
        let message = format!("{} chain has {} heads: {}", whose(owner), heads.len(), names.join(" and "));
        Diagnostic::error(Code::TwoHeads, message).help(format!(
            "join them by `autogen merge --plugin {owner}`, or put one after the other by `autogen rebase`"
        ))
    }

    /// Checks that none of these owners' chains has branched. Each branch was planned without the other, so it
    /// may undo what the other one does.
    ///
    /// # Errors
    /// `two-heads`, once for each such chain.
    pub fn check_heads<'o>(&self, owners: impl IntoIterator<Item = &'o str>) -> Result<()> {
        let found = self.branched(owners).into_iter().map(|owner| self.two_heads(owner));
        Error::unless_clean(found.collect()).map(drop)
    }

    /// Returns the revision with a version.
    pub fn get(&self, version: &Version) -> Option<&Revision> {
        self.index.get(version).map(|&index| &self.revisions[index])
    }

    /// Finds the revision that a user's text means: by version, by directory name, or by the beginning of
    /// either or of what follows the `_`, if only one revision begins so.
    ///
    /// # Errors
    /// `no-such-revision`, and `ambiguous-revision` with the candidates.
    pub fn find(&self, text: &str) -> Result<&Revision> {
        self.find_of(None, text)
    }

    /// Finds a revision as [`History::find`] does, within one owner's chain.
    pub(super) fn find_of(&self, owner: Option<&str>, text: &str) -> Result<&Revision> {
        let all = || self.revisions.iter().filter(|revision| owner.is_none_or(|owner| revision.owner == owner));
        let exact = all().find(|revision| revision.name == text || revision.version.as_str() == text);
        let version = Version::of(text);
        let by_version = || all().find(|revision| revision.version == version && !text.contains('_'));
        if let Some(found) = exact.or_else(by_version) {
            return Ok(found);
        }
        let means = |revision: &&Revision| {
            let title = revision.name.split_once('_').map_or("", |(_, title)| title);
            let digits = !text.contains('_') && revision.version.as_str().starts_with(version.as_str());
            digits || revision.name.starts_with(text) || title.starts_with(text)
        };
        let found: Vec<_> = all().filter(means).filter(|_| !version.as_str().is_empty()).collect();
        match found[..] {
            [one] => Ok(one),
            [] => Err(Error::new(Code::NoSuchRevision, format!("there is no revision `{text}`")).help(
                "a revision is a folder in the `migrations` of core or of a plugin; `autogen history` lists them",
            )),
            [..] => {
                let names: Vec<_> = found.iter().take(5).map(|revision| format!("`{}`", revision.name)).collect();
                let more = found.len().checked_sub(6).map_or(String::new(), |more| format!(" and {} more", more + 1));
                Err(Error::new(Code::AmbiguousRevision, format!("`{text}` may mean any of {} revisions", found.len()))
                    .help(format!("give more of the name: {}{more}", names.join(", "))))
            }
        }
    }

    /// Returns the given revisions and everything that must come before them, in order of application.
    pub fn with_ancestors(&self, revisions: &[&Revision]) -> Vec<&Revision> {
        self.reachable(revisions, |index| self.comes_before.before(index).map(|(earlier, _)| earlier).collect())
    }

    /// Returns the given revisions and all revisions that depend on them, in order of application.
    pub fn with_descendants(&self, revisions: &[&Revision]) -> Vec<&Revision> {
        self.reachable(revisions, |index| {
            let needing = self.comes_before.after(index).filter(|(_, why)| *why == Why::Needs);
            needing.map(|(later, _)| later).collect()
        })
    }

    /// Returns the given revisions and everything that must come after them, in order of application:
    /// revisions that depend on them, and revisions that take away what they refer to.
    pub fn with_successors(&self, revisions: &[&Revision]) -> Vec<&Revision> {
        self.reachable(revisions, |index| self.comes_before.after(index).map(|(later, _)| later).collect())
    }

    /// Returns the revisions that must come after this one, each with whether it depends on this one. The
    /// others take away what this one refers to.
    pub(super) fn successors(&self, revision: &Revision) -> Vec<(&Revision, bool)> {
        let Some(&index) = self.index.get(&revision.version) else { return Vec::new() };
        let later = self.comes_before.after(index);
        later.map(|(later, why)| (&self.revisions[later], why == Why::Needs)).collect()
    }

    fn reachable(&self, revisions: &[&Revision], beside: impl Fn(usize) -> Vec<usize>) -> Vec<&Revision> {
        let mut seen = BTreeSet::new();
        let mut left: Vec<_> =
            revisions.iter().filter_map(|revision| self.index.get(&revision.version)).copied().collect();
        while let Some(index) = left.pop() {
            if seen.insert(index) {
                left.extend(beside(index));
            }
        }
        seen.into_iter().map(|index| &self.revisions[index]).collect()
    }
}

/// Checks that no two directories have the same version, because Diesel would run one of them and never the
/// other.
fn check_versions(revisions: &[Revision]) -> Result<()> {
    let twice = revisions.windows(2).filter(|pair| pair[0].version == pair[1].version);
    let mistakes = twice.map(|pair| {
        let (one, two) = (pair[0].dir.display(), pair[1].dir.display());
        let message = format!("`{one}` and `{two}` have the same version `{}`", pair[0].version);
        Diagnostic::error(Code::VersionTaken, message).help(
            "rename the one that no database has applied yet: the name up to the first `_`, without `-`, must differ",
        )
    });
    Error::unless_clean(mistakes.collect()).map(drop)
}

/// Determines what handwritten revisions build on. `chain` is one owner's revisions, sorted by version.
/// Diesel runs a plain directory after all those with an earlier version, so it builds on the newest head so
/// far. If the chain has branched, only a merge joins the other heads.
fn work_out_parents<'a>(chain: impl Iterator<Item = &'a mut Revision>) {
    let mut heads: BTreeSet<Version> = BTreeSet::new();
    let mut built_on: BTreeSet<Version> = BTreeSet::new();
    for revision in chain {
        if !revision.by_autogen {
            revision.revises = heads.last().into_iter().cloned().collect();
        }
        built_on.extend(revision.revises.iter().cloned());
        heads.insert(revision.version.clone());
        heads.retain(|head| !built_on.contains(head));
    }
}

fn check_parents(revisions: &[Revision]) -> Result<()> {
    let owners: BTreeMap<_, _> = revisions.iter().map(|revision| (&revision.version, &revision.owner)).collect();
    let mut mistakes = Vec::new();
    for revision in revisions {
        for parent in &revision.revises {
            let (message, help) = match owners.get(parent) {
                Some(owner) if **owner == revision.owner => continue,
                Some(owner) => (
                    format!("{revision} builds on `{parent}`, which is a revision of `{owner}`"),
                    "name revisions of other owners in `depends_on`",
                ),
                None => (
                    format!("{revision} builds on `{parent}`, which isn't there"),
                    "bring the missing directory back, or correct `revises` if it was renamed",
                ),
            };
            let place = stated_in_metadata(revision, |text| Version::of(text) == *parent);
            mistakes.push(Diagnostic::error(Code::UnknownParent, message).at(place, "stated here").help(help));
        }
    }
    Error::unless_clean(mistakes).map(drop)
}

/// Returns the place in a revision's metadata that states something, or the start of the file if it can't be
/// found.
pub(super) fn stated_in_metadata(revision: &Revision, is_it: impl Fn(&str) -> bool) -> Place {
    let path = revision.dir.join(METADATA);
    // A chain that is built into a program has no files.
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let quoted = text.match_indices(['"', '\'']).zip(text.match_indices(['"', '\'']).skip(1));
    let span =
        quoted.map(|((start, _), (end, _))| start + 1..end).find(|span| is_it(&text[span.clone()])).unwrap_or(0..0);
    Place::in_text(&path, &text, span)
}

/// Builds the graph, with an edge from each revision to those that come after it. Missing revisions get no
/// edges.
fn graph(revisions: &[Revision]) -> Edges<Why> {
    let index: BTreeMap<_, _> =
        revisions.iter().enumerate().map(|(index, revision)| (&revision.version, index)).collect();
    let mut graph = Edges::new(revisions.len());
    for (child, revision) in revisions.iter().enumerate() {
        let known = |versions: &[Version]| -> Vec<usize> {
            versions.iter().filter_map(|version| index.get(version)).copied().collect()
        };
        for earlier in known(&revision.after) {
            graph.put(earlier, child, Why::TakesAway);
        }
        for parent in known(&revision.revises).into_iter().chain(known(&revision.depends_on)) {
            graph.put(parent, child, Why::Needs);
        }
    }
    graph
}

/// Returns the indices of revisions in the order of [`History::revisions`], each after everything that it
/// depends on.
///
/// # Errors
/// Fails if the revisions depend on each other in a cycle.
fn in_order(revisions: &[Revision]) -> Result<Vec<usize>> {
    let graph = graph(revisions);
    let order = graph.by_rank(|index| {
        let revision = &revisions[index];
        ((!is_hosts_own(revision), revision.version.written(), revision.owner != CORE), &revision.version)
    });
    if order.len() == revisions.len() { Ok(order) } else { Err(cycle(revisions, &graph)) }
}

/// Checks whether a revision of the core was written by hand. Such a revision is applied before all others that
/// don't have to come before it.
pub(super) fn is_hosts_own(revision: &Revision) -> bool {
    revision.owner == CORE && !revision.by_autogen
}

fn cycle(revisions: &[Revision], graph: &Edges<Why>) -> Error {
    let mut names: Vec<_> = graph.cycle().into_iter().map(|index| revisions[index].to_string()).collect();
    names.sort();
    let message = format!("these revisions depend on each other: {}", names.join(", "));
    Error::new(Code::RevisionCycle, message)
        .help("take one of the references out of `revises`, `depends_on` or `after` in their metadata.toml")
}
