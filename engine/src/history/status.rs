//! What a database has applied, owner by owner.

use super::{History, Link, Revision, Version, applied};
use crate::error::Result;

/// How a database stands to the chains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status<'a> {
    /// Every owner, core first.
    pub owners: Vec<OwnerStatus<'a>>,
    /// Versions that the database has applied but no chain holds: of a plugin that is gone, or of
    /// a later state of one that is here. [`Version::owner_hint`] tells whose they may be.
    pub unknown: Vec<Version>,
}

/// How a database stands to one owner's chain.
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
}

impl Status<'_> {
    /// Whether nothing is pending and nothing unknown.
    pub fn is_up_to_date(&self) -> bool {
        self.unknown.is_empty() && self.owners.iter().all(|owner| owner.pending.is_empty())
    }
}

/// Compares a database with the chains; changes nothing.
///
/// # Errors
/// `can't-query` when the database refuses.
pub fn status<'a>(link: &mut dyn Link, history: &'a History) -> Result<Status<'a>> {
    let applied = applied(link)?;
    let owners = history.owners().map(|owner| {
        let (applied, pending) = history.of(owner).partition(|revision| applied.contains(&revision.version));
        OwnerStatus { owner, heads: history.heads(owner), applied, pending }
    });
    let owners = owners.collect();
    let unknown = applied.into_iter().filter(|version| history.get(version).is_none()).collect();
    Ok(Status { owners, unknown })
}
