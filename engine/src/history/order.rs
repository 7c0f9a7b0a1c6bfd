//! What can't be applied any more, because what must come after it is there already.

use std::collections::BTreeSet;

use super::{History, Revision, Version};
use crate::error::{Diagnostic, Error, Result};

/// Stops at revisions that are to be applied although one that comes after them has been.
///
/// An earlier *version* alone is no obstacle: another branch or another plugin may have been there
/// first. What counts is what the graph states. The order of directories that somebody made by hand is only
/// guessed from their names, and Diesel runs those late; a revision that this program has written can't be, for it was
/// planned from what came before it.
///
/// # Errors
/// `out-of-order`, one for each such pair.
pub fn check_order(history: &History, pending: &[&Revision], applied: &BTreeSet<Version>) -> Result<()> {
    let mut mistakes = Vec::new();
    for revision in pending {
        for (later, needs) in history.successors(revision) {
            if !applied.contains(&later.version) || !(later.by_autogen || revision.by_autogen) {
                continue;
            }
            let how = if later.by_autogen { "needs it" } else { "comes after it" };
            let (message, help) = match needs {
                true => (
                    format!("{revision} isn't applied, but {later}, which {how}, is"),
                    "if the database has what it makes, mark it by `autogen stamp`; else revert the later one first"
                        .to_owned(),
                ),
                false => (
                    format!("{revision} can't be applied after {later}, which takes away what it speaks of"),
                    format!(
                        "take the later one back by `autogen downgrade --plugin {} {}-1`, and run `autogen upgrade`, which keeps to the order",
                        later.owner, later.version
                    ),
                ),
            };
            mistakes.push(Diagnostic::error("out-of-order", message).help(help));
        }
    }
    Error::unless_clean(mistakes).map(drop)
}
