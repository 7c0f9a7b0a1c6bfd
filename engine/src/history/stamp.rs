//! Marking revisions as applied, or as not, without running them.

use std::collections::BTreeSet;

use super::ledger::{self, DIESEL, Entry, State};
use super::{History, Point, Revision, Version, point};
use crate::error::{Code, Error, Result};
use crate::link::Link;
use crate::link::refused;

/// What is to be marked, and how.
#[derive(Debug)]
pub struct Marks<'a> {
    /// The owners of the chains that are marked.
    pub owners: BTreeSet<&'a str>,
    /// Everything that counts as applied afterwards.
    pub after: Vec<&'a Revision>,
    /// Not applied so far, and to be marked as applied.
    pub new: Vec<&'a Revision>,
    /// Applied so far, and to be marked as not applied.
    pub gone: Vec<&'a Revision>,
}

/// Returns what has to be marked so that the chains stand at the given [`point`]s and no further, with
/// everything that those depend on. Chains that no text names stay where they are. `owners` are the owners
/// asked for, which `head` and `base` refer to.
///
/// # Errors
/// `two-heads` if a branched chain would be marked as applied, `has-dependents` if an applied revision of
/// another chain depends on one that would be marked as not applied, and those of [`point`].
pub fn to_mark<'a>(
    history: &'a History,
    owners: &[&str],
    texts: &[impl AsRef<str>],
    applied: &BTreeSet<Version>,
) -> Result<Marks<'a>> {
    let is_asked = |owner: &str| owners.contains(&owner);
    let only = match owners {
        [only] => Some(*only),
        _ => None,
    };
    let (mut owners, mut goal) = (BTreeSet::new(), Vec::new());
    for text in texts {
        match point(history, only, text.as_ref())? {
            Point::Base(Some(owner)) => {
                owners.insert(owner);
            }
            Point::Base(None) => owners.extend(history.owners().filter(|owner| is_asked(owner))),
            Point::At(found) => {
                let several = found.len() > 1;
                goal.extend(found.into_iter().filter(|revision| !several || is_asked(&revision.owner)));
            }
        }
    }
    owners.extend(goal.iter().map(|revision| revision.owner.as_str()));
    let kept = history.with_ancestors(&goal);
    let is_kept = |revision: &Revision| kept.iter().any(|kept| kept.version == revision.version);
    let is_applied = |revision: &&Revision| applied.contains(&revision.version);
    let new: Vec<_> = kept.iter().copied().filter(|revision| !is_applied(revision)).collect();
    history.check_heads(new.iter().map(|revision| revision.owner.as_str()))?;
    let (gone, after): (Vec<_>, Vec<_>) = history
        .revisions()
        .iter()
        .filter(|revision| is_applied(revision) || is_kept(revision))
        .partition(|revision| owners.contains(revision.owner.as_str()) && !is_kept(revision));
    let needing = history.with_descendants(&gone);
    let needing: Vec<_> =
        needing.into_iter().filter(|revision| after.contains(revision)).map(ToString::to_string).collect();
    if !needing.is_empty() {
        let message = format!("applied revisions need what would be marked as not applied: {}", needing.join(", "));
        return Err(Error::new(Code::HasDependents, message).help("name their chains' places too, such as `usb@base`"));
    }
    // What they depend on is marked with them.
    owners.extend(new.iter().map(|revision| revision.owner.as_str()));
    Ok(Marks { owners, after, new, gone })
}

/// Marks revisions as applied without running them, and others as not applied without reverting them, in Diesel's
/// table and in the ledger. Either all marks are written or none. A half-done revision stops being half done: it
/// counts as applied if it was being reverted, else as not applied. The caller must know whether the database
/// really is as the revisions leave it.
///
/// # Errors
/// `can't-mark` if the database refuses.
pub fn stamp(link: &mut dyn Link, new: &[&Revision], gone: &[&Revision], half_done: &[Entry]) -> Result<()> {
    if new.is_empty() && gone.is_empty() && half_done.is_empty() {
        return Ok(());
    }
    let work = |link: &mut dyn Link| {
        ledger::setup(link)?;
        let is_marked = |entry: &Entry| new.iter().chain(gone).any(|revision| revision.version == entry.version);
        for entry in half_done.iter().filter(|entry| !is_marked(entry)) {
            match entry.state {
                State::Applied | State::Reverting { .. } => ledger::keep_applied(link, &entry.version)?,
                State::Applying { .. } | State::Undoing { .. } => ledger::erase(link, &entry.version)?,
            }
        }
        for revision in new {
            unmarked(link, revision)?;
            link.change(&format!("INSERT INTO {DIESEL} (version) VALUES (?)"), &[revision.version.as_str()])?;
            let made = crate::sql::effects::makes(link.dialect(), &revision.up);
            ledger::write(link, revision, State::Applied, &made, None)?;
        }
        gone.iter().try_for_each(|revision| {
            unmarked(link, revision)?;
            ledger::erase(link, &revision.version)
        })
    };
    ledger::writing(link, work).map_err(|cause| {
        let message = format!("revisions can't be marked as applied or not: {cause}");
        let help = "connect as a user that may write to the tables __diesel_schema_migrations and __autogen_ledger";
        refused(Code::CantMark, message, help, cause)
    })
}

fn unmarked(link: &mut dyn Link, revision: &Revision) -> diesel::QueryResult<()> {
    link.change(&format!("DELETE FROM {DIESEL} WHERE version = ?"), &[revision.version.as_str()])
}
