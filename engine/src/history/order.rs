//! Finds what has to be applied for a revision, and why it can't be: a chain that has branched, a missing
//! dependency, or a revision that must come after it and is already applied.

use std::collections::{BTreeMap, BTreeSet};

use super::graph::stated_in_metadata;
use super::ledger::Entry;
use super::stale::check_references;
use super::status::Status;
use super::{History, Revision, Version};
use crate::dialect::Dialect;
use crate::error::{Code, Diagnostic, Error, Result};
use crate::model::whose;

/// Returns what has to be applied so that the wanted revisions are, in order, if that is possible.
pub(super) fn pending<'a>(
    history: &'a History,
    wanted: &[&Revision],
    there: &BTreeSet<Version>,
    dialect: Dialect,
) -> Result<Vec<&'a Revision>> {
    let mut pending = history.with_ancestors(wanted);
    history.check_heads(pending.iter().map(|revision| revision.owner.as_str()))?;
    pending.retain(|revision| !there.contains(&revision.version));
    check_dependencies(history, &pending, there)?;
    check_order(history, &pending, there)?;
    check_references(history, &pending, there, dialect)?;
    Ok(pending)
}

/// Checks that no chain would continue, or go back, from a revision that has run in part and whose folder is
/// gone. What such a revision has done belongs to nobody, and gets in the way of what comes, or is taken for
/// something else. With `goes_below`, a revision whose folder exists counts too, because nothing takes back what
/// has run of it.
///
/// # Errors
/// `half-done`, with what to do about it.
pub(super) fn check_half_done(
    history: &History,
    moving: &[&Revision],
    there: &BTreeSet<Version>,
    ledger: &BTreeMap<Version, Entry>,
    goes_below: bool,
) -> Result<()> {
    let is_half = |entry: &&Entry| entry.state.is_half_applied();
    let is_gone = |entry: &Entry| history.get(&entry.version).is_none();
    let is_lost = |entry: &&Entry| (goes_below || is_gone(entry)) && !there.contains(&entry.version);
    let is_in_the_way = |entry: &&Entry| moving.iter().any(|revision| revision.owner == entry.plugin);
    let mut lost = ledger.values().filter(is_half).filter(is_lost).filter(|entry| !entry.is_untouched());
    let Some(entry) = lost.find(is_in_the_way) else { return Ok(()) };
    let Entry { plugin, name, state, .. } = entry;
    let newest = history.of(plugin).filter(|revision| there.contains(&revision.version)).last();
    let place = newest.map_or("base", |revision| revision.version.as_str());
    if !is_gone(entry) {
        let help = format!(
            "finish it by `autogen upgrade`, which goes on there; or make the tables what the chain without it says and run \
             `autogen stamp {place} --plugin {plugin}`, which compares them"
        );
        return Err(
            Error::new(Code::HalfDone, format!("{} {name} stopped on its way, {state}", whose(plugin))).help(help)
        );
    }
    let message = format!("{} {name} stopped on its way, {state}, and its folder is gone", whose(plugin));
    Err(Error::new(Code::HalfDone, message).help(Status::way_out_without_folder(plugin, place)))
}

/// Checks that the dependencies of revisions are in the database or in a chain.
pub fn check_dependencies(history: &History, pending: &[&Revision], applied: &BTreeSet<Version>) -> Result<()> {
    let mut mistakes = Vec::new();
    for revision in pending {
        let missing = |version: &&Version| history.get(version).is_none() && !applied.contains(version);
        for version in revision.depends_on.iter().filter(missing) {
            let owner = version.owner_hint().map(|owner| format!(" of `{owner}`")).unwrap_or_default();
            let message = format!("{revision} depends on `{version}`{owner}, which no chain holds");
            mistakes.push(
                Diagnostic::error(Code::UnknownDependency, message)
                    .at(stated_in_metadata(revision, |text| Version::of(text) == *version), "stated here")
                    .help("bring back the plugin that it belongs to, or a newer state of it; if that revision was removed on \
                           purpose, remove this one too, and run `autogen`"),
            );
        }
    }
    Error::unless_clean(mistakes).map(drop)
}

/// Checks that no revision is to be applied after one that must come after it.
///
/// An earlier *version* alone is no obstacle: another branch or another plugin may have been first. What counts
/// is what the graph states. The order of handwritten directories is only guessed from their names, and Diesel
/// runs those late. A revision that this program has written can't be late, because it was planned from what came
/// before it.
///
/// # Errors
/// `out-of-order`, one for each such pair.
fn check_order(history: &History, pending: &[&Revision], applied: &BTreeSet<Version>) -> Result<()> {
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
                    format!("{revision} can't be applied after {later}, which drops or renames what it refers to"),
                    format!(
                        "take the later one back by `autogen downgrade --plugin {} {}-1`, and run `autogen upgrade`, which applies them in order",
                        later.owner, later.version
                    ),
                ),
            };
            mistakes.push(Diagnostic::error(Code::OutOfOrder, message).help(help));
        }
    }
    Error::unless_clean(mistakes).map(drop)
}
