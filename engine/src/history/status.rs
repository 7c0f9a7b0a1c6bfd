//! How a database stands to the chains, owner by owner.

use std::collections::{BTreeMap, BTreeSet};

use super::ledger::{self, Entry, State, applied, ledger};
use super::lock::{self, Lock};
use super::{History, Link, Revision, Version, checksum};
use crate::error::{Code, Result};
use crate::link::refused;

/// How a database compares to the chains.
///
/// Only [`OwnerStatus::pending`] needs action. The rest is information: no other plugin waits for it, and nothing
/// is ever reverted because of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status<'a> {
    /// Every owner, core first.
    pub owners: Vec<OwnerStatus<'a>>,
    /// Versions that the database has applied but no chain holds. They are of a plugin that is gone, or of a
    /// later state of one that is here. [`Status::owner_of`] tells their owners if it can.
    pub unknown: Vec<Version>,
    /// Revisions that another program has applied, so that the ledger doesn't know them.
    pub unrecorded: Vec<&'a Revision>,
    /// Entries that the ledger has as applied but Diesel's table hasn't. Diesel's table wins: another program has
    /// reverted them.
    pub stale: Vec<Entry>,
    /// Entries that were begun and not finished, where no transaction holds a revision together.
    pub half_done: Vec<Entry>,
    /// The ledger's entries of versions that no chain holds.
    pub gone: Vec<Entry>,
    /// The lock of a program that is at work, or was when it ended. Only MariaDB and MySQL have one, because no
    /// transaction holds it there.
    pub lock: Option<Lock>,
}

/// How a database compares to one owner's chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerStatus<'a> {
    /// The owner's name.
    pub owner: &'a str,
    /// The chain's heads; see [`History::heads`].
    pub heads: Vec<&'a Revision>,
    /// Applied revisions, in order.
    pub applied: Vec<&'a Revision>,
    /// Revisions yet to be applied, in order.
    pub pending: Vec<&'a Revision>,
    /// Applied revisions whose SQL differs from what was run; see [`checksum`].
    pub edited: Vec<&'a Revision>,
}

impl OwnerStatus<'_> {
    /// Returns `true` if nothing is pending or edited and the chain hasn't branched.
    pub fn is_in_order(&self) -> bool {
        self.pending.is_empty() && self.edited.is_empty() && self.heads.len() < 2
    }
}

impl Status<'_> {
    /// Returns `true` if nothing is pending, edited, half done or unknown, and no chain has branched.
    pub fn is_up_to_date(&self) -> bool {
        self.unknown.is_empty() && self.half_done.is_empty() && self.owners.iter().all(OwnerStatus::is_in_order)
    }

    /// Returns what to do about a revision that is half done.
    pub fn way_out(entry: &Entry, history: &History) -> String {
        let Entry { plugin, .. } = entry;
        if entry.is_untouched() {
            return "nothing of it has changed the database: run it again, or forget it by `autogen status --repair`"
                .to_owned();
        }
        match history.get(&entry.version) {
            Some(_) => "run the command that stopped again: it goes on there".to_owned(),
            None => Self::way_out_without_folder(plugin, "head"),
        }
    }

    /// Returns what to do about a revision that is half done and whose folder is gone. `place` is where its
    /// chain is to count as applied up to.
    pub(super) fn way_out_without_folder(plugin: &str, place: &str) -> String {
        format!(
            "bring its folder back and run `autogen downgrade --plugin {plugin} -1`, or make the tables what the chain \
             without it says and run `autogen stamp {place} --plugin {plugin}`, which compares them"
        )
    }

    /// Returns the owner of a version that no chain holds, from the ledger or else from the version itself.
    pub fn owner_of<'s>(&'s self, version: &'s Version) -> Option<&'s str> {
        let entry = self.gone.iter().find(|entry| entry.version == *version);
        entry.map(|entry| entry.plugin.as_str()).or_else(|| version.owner_hint())
    }
}

/// Compares a database with the chains. Changes nothing.
///
/// # Errors
/// `can't-query` if the database refuses.
pub fn status<'a>(link: &mut dyn Link, history: &'a History) -> Result<Status<'a>> {
    let applied = applied(link)?;
    let mut entries = ledger(link)?;
    let dialect = link.dialect();
    let is_edited = |revision: &&Revision| {
        let entry = entries.get(&revision.version).filter(|entry| entry.state == State::Applied);
        entry.is_some_and(|entry| entry.checksum != checksum(dialect, &revision.up))
    };
    let owners = history.owners().map(|owner| {
        let (applied, pending): (Vec<_>, _) =
            history.of(owner).partition(|revision| applied.contains(&revision.version));
        let edited = applied.iter().copied().filter(is_edited).collect();
        OwnerStatus { owner, heads: history.heads(owner), applied, pending, edited }
    });
    let owners = owners.collect();
    let is_unrecorded =
        |revision: &&Revision| applied.contains(&revision.version) && !entries.contains_key(&revision.version);
    let unrecorded = history.revisions().iter().filter(is_unrecorded).collect();
    let unknown: Vec<_> = applied.iter().filter(|version| history.get(version).is_none()).cloned().collect();
    let mut take = |wanted: &dyn Fn(&Entry) -> bool| -> Vec<Entry> {
        let versions: Vec<_> = entries.values().filter(|entry| wanted(entry)).map(|e| e.version.clone()).collect();
        versions.iter().filter_map(|version| entries.remove(version)).collect()
    };
    let half_done = take(&|entry| entry.state != State::Applied);
    let stale = take(&|entry| !applied.contains(&entry.version));
    let gone = take(&|entry| history.get(&entry.version).is_none());
    let lock = lock::lock(link)?;
    Ok(Status { owners, unknown, unrecorded, stale, half_done, gone, lock })
}

/// What [`repair`] has done to the ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Revisions that the ledger didn't know.
    pub added: Vec<Version>,
    /// Edited revisions, whose present SQL counts as what was run from now on.
    pub renewed: Vec<Version>,
    /// Revisions that the ledger had as applied, or as begun although nothing of them has run.
    pub removed: Vec<Version>,
    /// The lock of a program that has ended.
    pub unlocked: Option<Lock>,
}

/// Makes the ledger agree with Diesel's table and the present chains:
///
/// * Applied revisions that weren't recorded, or were edited since, are recorded with their present SQL.
/// * Revisions that Diesel's table doesn't have are removed.
/// * Revisions that were begun and have changed nothing are removed.
/// * The lock of a program that has ended is removed.
///
/// Other half-done revisions, and what is known of chains that are gone, stay.
///
/// # Errors
/// `can't-query` if the database refuses. Nothing is changed then.
pub fn repair(link: &mut dyn Link, history: &History) -> Result<Repaired> {
    let status = status(link, history)?;
    let versions = |revisions: &[&Revision]| revisions.iter().map(|revision| revision.version.clone()).collect();
    let edited: Vec<&Revision> = status.owners.iter().flat_map(|owner| owner.edited.iter().copied()).collect();
    let untouched: Vec<&Entry> = status.half_done.iter().filter(|entry| entry.is_untouched()).collect();
    let is_left = !untouched.is_empty() && lock::nobody_works(link)?;
    let removed = status.stale.iter().chain(untouched.into_iter().filter(|_| is_left));
    let repaired = Repaired {
        added: versions(&status.unrecorded),
        renewed: versions(&edited),
        removed: removed.map(|entry| entry.version.clone()).collect(),
        unlocked: status.lock.clone().filter(|lock| lock.is_expired),
    };
    if repaired == Repaired::default() {
        return Ok(repaired);
    }
    let made: BTreeMap<&Version, Vec<_>> = edited
        .iter()
        .chain(&status.unrecorded)
        .map(|revision| (&revision.version, crate::sql::effects::makes(link.dialect(), &revision.up)))
        .collect();
    let removed: BTreeSet<&Version> = repaired.removed.iter().collect();
    let work = |link: &mut dyn Link| -> diesel::QueryResult<()> {
        ledger::setup(link)?;
        if repaired.unlocked.is_some() {
            lock::clear(link)?;
        }
        for version in &removed {
            ledger::erase(link, version)?;
        }
        for revision in history.revisions() {
            if let Some(made) = made.get(&revision.version) {
                ledger::write(link, revision, State::Applied, made, None)?;
            }
        }
        Ok(())
    };
    ledger::writing(link, work).map_err(|cause| {
        let help = "check that you may write to the database, and that nobody else does";
        refused(Code::CantQuery, format!("can't repair the ledger: {cause}"), help, cause)
    })?;
    Ok(repaired)
}
