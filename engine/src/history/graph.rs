//! All revisions of all owners, and which must come before which.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::Direction;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef as _;

use super::{CORE, METADATA, Permissions, Revision, Version};
use crate::error::{Code, Diagnostic, Error, Result};
use crate::model::{Place, whose};

/// The chains of all owners as one graph.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Core first; those without revisions too.
    owners: Vec<String>,
    /// In the order in which they can be applied.
    revisions: Vec<Revision>,
    /// Where each version stands in `revisions`.
    pub(super) index: BTreeMap<Version, usize>,
    /// From each revision to those that come after it; nodes are indices of `revisions`.
    pub(super) comes_before: DiGraph<(), Why>,
    /// By plugin: what its migrations may do beyond its own tables.
    pub(super) permissions: BTreeMap<String, Permissions>,
}

/// Why a revision comes after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// It can't be there without.
    Needs,
    /// It takes away what the other one speaks of.
    TakesAway,
}

impl History {
    /// Makes a history of revisions in any order; [`History::revisions`] says which one they get.
    /// Parents of revisions that weren't written by this program are worked out (see
    /// [`Revision::revises`]).
    ///
    /// A dependency on another owner's revision that isn't there is no error here: it stands in
    /// the way only of applying.
    ///
    /// # Errors
    /// `version-taken` for two directories of one version, `unknown-parent`, `revision-cycle`.
    pub fn from_revisions(revisions: Vec<Revision>) -> Result<Self> {
        let mut owners: Vec<_> = revisions.iter().map(|revision| revision.owner.clone()).collect();
        owners.sort_by_key(|owner| (owner != CORE, owner.clone()));
        owners.dedup();
        Self::new(owners, revisions)
    }

    /// As [`History::from_revisions`], with owners that may have no revisions; core comes first.
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

    /// Says what the host lets plugins' migrations do beyond their own tables.
    #[must_use]
    pub fn allowing(self, permissions: BTreeMap<String, Permissions>) -> Self {
        Self { permissions, ..self }
    }

    /// The same history with more revisions, each instead of the one of its version if there is one.
    ///
    /// # Errors
    /// As [`History::from_revisions`].
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

    /// All owners, core first; also those without revisions.
    pub fn owners(&self) -> impl Iterator<Item = &str> {
        self.owners.iter().map(String::as_str)
    }

    /// All revisions in the order in which they can be applied: whatever one needs comes before
    /// it; then those of core that were written by hand, for a plugin's chain may be older than
    /// its host; then the earlier one, because it was written without knowing the later: what
    /// makes a key must not come after another chain's rename of the table that it points at.
    /// The same whatever order they were read in.
    pub fn revisions(&self) -> &[Revision] {
        &self.revisions
    }

    /// An owner's revisions, in the same order.
    pub fn of(&self, owner: &str) -> impl Iterator<Item = &Revision> {
        self.revisions.iter().filter(move |revision| revision.owner == owner)
    }

    /// The revisions of an owner that no other of its revisions builds on: none for an empty
    /// chain, two or more for one that has branched.
    pub fn heads(&self, owner: &str) -> Vec<&Revision> {
        let built_on: BTreeSet<_> = self.of(owner).flat_map(|revision| &revision.revises).collect();
        self.of(owner).filter(|revision| !built_on.contains(&revision.version)).collect()
    }

    /// Those of some owners whose chains have branched; each owner once.
    pub fn branched<'o>(&self, owners: impl IntoIterator<Item = &'o str>) -> Vec<&'o str> {
        let owners: BTreeSet<&str> = owners.into_iter().collect();
        owners.into_iter().filter(|owner| self.heads(owner).len() > 1).collect()
    }

    /// Describes a chain that has branched, and the way out.
    pub fn two_heads(&self, owner: &str) -> Diagnostic {
        let heads = self.heads(owner);
        let names: Vec<_> = heads.iter().map(|head| format!("`{}`", head.dir.display())).collect();
        let message = format!("{} chain has {} heads: {}", whose(owner), heads.len(), names.join(" and "));
        Diagnostic::error(Code::TwoHeads, message).help(format!(
            "join them by `autogen merge --plugin {owner}`, or put one after the other by `autogen rebase`"
        ))
    }

    /// Refuses to go on where one of these owners' chains has branched. Each branch was planned without the other, so
    /// it may take back what the other one does.
    ///
    /// # Errors
    /// `two-heads`, once for each such chain.
    pub fn check_heads<'o>(&self, owners: impl IntoIterator<Item = &'o str>) -> Result<()> {
        let found = self.branched(owners).into_iter().map(|owner| self.two_heads(owner));
        Error::unless_clean(found.collect()).map(drop)
    }

    /// The revision of a version.
    pub fn get(&self, version: &Version) -> Option<&Revision> {
        self.index.get(version).map(|&index| &self.revisions[index])
    }

    /// The revision that somebody means: by version, by directory name, or by the beginning of
    /// either, or of what follows the `_`, when only one begins so.
    ///
    /// # Errors
    /// `no-such-revision`, `ambiguous-revision` naming the candidates.
    pub fn find(&self, text: &str) -> Result<&Revision> {
        self.find_of(None, text)
    }

    /// As [`History::find`], within one owner's chain.
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

    /// These revisions with all that must come before them, in order.
    pub fn with_ancestors(&self, revisions: &[&Revision]) -> Vec<&Revision> {
        self.reachable(revisions, Direction::Incoming, &[Why::Needs, Why::TakesAway])
    }

    /// These revisions with all that need them, in order.
    pub fn with_descendants(&self, revisions: &[&Revision]) -> Vec<&Revision> {
        self.reachable(revisions, Direction::Outgoing, &[Why::Needs])
    }

    /// These revisions with all that must not be there before them, in order: what needs them, and what takes away what
    /// they speak of.
    pub fn with_successors(&self, revisions: &[&Revision]) -> Vec<&Revision> {
        self.reachable(revisions, Direction::Outgoing, &[Why::Needs, Why::TakesAway])
    }

    /// The revisions that must not be there yet when this one comes, and whether they need it; else
    /// they take away what it speaks of.
    pub(super) fn successors(&self, revision: &Revision) -> Vec<(&Revision, bool)> {
        let Some(&index) = self.index.get(&revision.version) else { return Vec::new() };
        let edges = self.comes_before.edges_directed(NodeIndex::new(index), Direction::Outgoing);
        let mut found: Vec<_> = edges.map(|edge| (edge.target().index(), *edge.weight() == Why::Needs)).collect();
        found.sort_unstable();
        found.into_iter().map(|(index, needs)| (&self.revisions[index], needs)).collect()
    }

    fn reachable(&self, revisions: &[&Revision], direction: Direction, along: &[Why]) -> Vec<&Revision> {
        let mut seen = BTreeSet::new();
        let mut left: Vec<_> =
            revisions.iter().filter_map(|revision| self.index.get(&revision.version)).copied().collect();
        while let Some(index) = left.pop() {
            if seen.insert(index) {
                let edges = self.comes_before.edges_directed(NodeIndex::new(index), direction);
                left.extend(edges.filter(|edge| along.contains(edge.weight())).map(|edge| match direction {
                    Direction::Incoming => edge.source().index(),
                    Direction::Outgoing => edge.target().index(),
                }));
            }
        }
        seen.into_iter().map(|index| &self.revisions[index]).collect()
    }
}

/// Diesel would run one of two directories with the same version, and never the other.
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

/// Diesel runs a plain directory after all that have an earlier version, so it builds on the newest head up to there:
/// where the chain has branched, only a merge joins the others. `chain` is one owner's, by version.
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

/// Where a revision's metadata names something, as near as can be told.
pub(super) fn stated_in_metadata(revision: &Revision, is_it: impl Fn(&str) -> bool) -> Place {
    let path = revision.dir.join(METADATA);
    // A chain that is part of a program has no files.
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let quoted = text.match_indices(['"', '\'']).zip(text.match_indices(['"', '\'']).skip(1));
    let span =
        quoted.map(|((start, _), (end, _))| start + 1..end).find(|span| is_it(&text[span.clone()])).unwrap_or(0..0);
    Place::in_text(&path, &text, span)
}

/// An edge from each revision to those that come after it. What isn't there has no edge.
fn graph(revisions: &[Revision]) -> DiGraph<(), Why> {
    let index: BTreeMap<_, _> =
        revisions.iter().enumerate().map(|(index, revision)| (&revision.version, index)).collect();
    let mut graph = DiGraph::with_capacity(revisions.len(), revisions.len());
    for _ in revisions {
        graph.add_node(());
    }
    for (child, revision) in revisions.iter().enumerate() {
        let known = |versions: &[Version]| -> Vec<usize> {
            versions.iter().filter_map(|version| index.get(version)).copied().collect()
        };
        for earlier in known(&revision.after) {
            graph.update_edge(NodeIndex::new(earlier), NodeIndex::new(child), Why::TakesAway);
        }
        for parent in known(&revision.revises).into_iter().chain(known(&revision.depends_on)) {
            graph.update_edge(NodeIndex::new(parent), NodeIndex::new(child), Why::Needs);
        }
    }
    graph
}

/// The indices of revisions, each after all that it needs, and otherwise as
/// [`History::revisions`] says. At one time it is core's turn, so that the order depends on nothing
/// else.
fn in_order(revisions: &[Revision]) -> Result<Vec<usize>> {
    let graph = graph(revisions);
    let order = by_rank(&graph, |index| {
        let revision = &revisions[index];
        ((!is_hosts_own(revision), revision.version.written(), revision.owner != CORE), &revision.version)
    });
    if order.len() == revisions.len() { Ok(order) } else { Err(cycle(revisions, &graph)) }
}

/// The nodes of a graph, each after all that come before it; where that leaves a choice, the one with the smallest rank.
/// What stands in a circle is missing.
pub(super) fn by_rank<R: Ord>(graph: &DiGraph<(), Why>, rank: impl Fn(usize) -> R) -> Vec<usize> {
    let incoming = |node| graph.neighbors_directed(node, Direction::Incoming).count();
    let mut missing: Vec<_> = graph.node_indices().map(incoming).collect();
    let ready = (0..missing.len()).filter(|&index| missing[index] == 0);
    let mut ready: BTreeSet<_> = ready.map(|index| (rank(index), index)).collect();
    let mut order = Vec::with_capacity(missing.len());
    while let Some((_, index)) = ready.pop_first() {
        order.push(index);
        for next in graph.neighbors(NodeIndex::new(index)).map(NodeIndex::index) {
            missing[next] -= 1;
            if missing[next] == 0 {
                ready.insert((rank(next), next));
            }
        }
    }
    order
}

/// Whether the host's own hand has written it, for which everything else waits.
pub(super) fn is_hosts_own(revision: &Revision) -> bool {
    revision.owner == CORE && !revision.by_autogen
}

fn cycle(revisions: &[Revision], graph: &DiGraph<(), Why>) -> Error {
    let in_circle =
        |nodes: &Vec<NodeIndex>| nodes.len() > 1 || nodes.iter().any(|&node| graph.contains_edge(node, node));
    let circle = tarjan_scc(graph).into_iter().find(in_circle).unwrap_or_default();
    let mut names: Vec<_> = circle.iter().map(|node| revisions[node.index()].to_string()).collect();
    names.sort();
    let message = format!("these revisions depend on each other: {}", names.join(", "));
    Error::new(Code::RevisionCycle, message)
        .help("take one of the references out of `revises`, `depends_on` or `after` in their metadata.toml")
}
