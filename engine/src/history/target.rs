//! What `downgrade` is asked to go back to.

use std::collections::BTreeSet;

use super::{History, Revision, Version};
use crate::error::{Error, Result};

/// The applied revisions of an owner that stand between a database and a target, in the order in
/// which they were applied: `base` (all), `-2` (the last two), or a revision that shall be the
/// last one left.
///
/// # Errors
/// `bad-target` for `-0` and other revisions than this owner's, `not-that-many`, `not-applied`,
/// and those of [`History::find`].
pub fn to_revert<'a>(
    history: &'a History,
    owner: &str,
    target: &str,
    applied: &BTreeSet<Version>,
) -> Result<Vec<&'a Revision>> {
    let mut there: Vec<_> = history.of(owner).filter(|revision| applied.contains(&revision.version)).collect();
    if target == "base" {
        return Ok(there);
    }
    if let Some(count) = target.strip_prefix('-') {
        let count: usize = match count.parse() {
            Ok(count) if count > 0 => count,
            Ok(_) | Err(_) => {
                return Err(Error::new("bad-target", format!("`{target}` is no number of revisions"))
                    .help("give `-1`, `-2`, ..., `base`, or the revision to go back to"));
            }
        };
        let Some(first) = there.len().checked_sub(count) else {
            let message = match there.len() {
                1 => format!("`{owner}` has 1 applied revision, not {count}"),
                length => format!("`{owner}` has {length} applied revisions, not {count}"),
            };
            return Err(Error::new("not-that-many", message).help("`base` reverts them all"));
        };
        return Ok(there.split_off(first));
    }
    let goal = history.find(target)?;
    if goal.owner != owner {
        return Err(Error::new("bad-target", format!("{goal} is no revision of `{owner}`"))
            .help(format!("name a revision of `{owner}`, or downgrade `{}`", goal.owner)));
    }
    if !applied.contains(&goal.version) {
        return Err(Error::new("not-applied", format!("{goal} isn't applied, so nothing can be reverted down to it"))
            .help("`autogen status` shows what is applied"));
    }
    let stays: BTreeSet<_> = history.with_ancestors(&[goal]).into_iter().map(|revision| &revision.version).collect();
    there.retain(|revision| !stays.contains(&revision.version));
    Ok(there)
}
