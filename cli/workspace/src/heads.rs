//! Chains that have branched: finds what prevents joining their heads.

use std::collections::BTreeSet;

use autogen_engine::error::{Diagnostic, Error, Result};
use autogen_engine::history::{History, Revision};
use autogen_engine::scratch::{Conflict, conflict};

use crate::workspace::Workspace;

/// Returns the first two of the given heads that can't be applied in either order, and why.
///
/// # Errors
/// Fails if they can't be tried.
pub(crate) fn first_conflict<'a>(
    workspace: &'a Workspace,
    heads: &[&'a Revision],
) -> Result<Option<(&'a Revision, &'a Revision, Conflict)>> {
    let server = workspace.scratch_server()?;
    for (position, left) in heads.iter().copied().enumerate() {
        for right in heads[position + 1..].iter().copied() {
            if let Some(found) = conflict(&workspace.history, left, right, &server)? {
                return Ok(Some((left, right, found)));
            }
        }
    }
    Ok(None)
}

/// Creates the diagnostic for a chain that has branched, with what to do about it.
pub(crate) fn two_heads(workspace: &Workspace, owner: &str, may_move: &dyn Fn(&Revision) -> bool) -> Error {
    let error = Error::from(workspace.history.two_heads(owner));
    let heads = workspace.history.heads(owner);
    match first_conflict(workspace, &heads) {
        Ok(None) => {
            let last = heads.iter().max_by_key(|head| (may_move(head), &head.version));
            let last = last.map_or("", |head| head.name.as_str());
            error.help(format!(
                "they may be applied in either order: join them by `autogen merge --plugin {owner}`, or put one after \
                 the other, where no database has applied it, by `autogen rebase {last}`"
            ))
        }
        Ok(Some((left, right, found))) => conflicting(error, &workspace.history, (left, right), &found),
        // The two can't be tried, so the heads alone are reported.
        Err(cause) => {
            let mut error = error.help("fix the revision that doesn't run; then join the heads by `autogen merge`");
            error.diagnostics.extend(cause.diagnostics);
            error
        }
    }
}

/// Adds to an error about two conflicting revisions why they conflict, and what to do about it.
pub(crate) fn conflicting(
    mut error: Error,
    history: &History,
    (left, right): (&Revision, &Revision),
    found: &Conflict,
) -> Error {
    let code = error.code();
    let message = format!("{left} and {right} can't be applied in either order: {}", found.message);
    error.diagnostics.push(Diagnostic::note(code, message));
    if !found.both.is_empty() {
        error.diagnostics.push(Diagnostic::note(code, format!("both change {}", found.both.join(", "))));
    }
    let mut owners = BTreeSet::from([right.owner.as_str()]);
    let mut along = String::new();
    for (head, other) in [(left, right), (right, left)] {
        let others = goes_along(history, head, other);
        if !others.is_empty() {
            owners.extend(others.iter().map(|revision| revision.owner.as_str()));
            let names: Vec<String> = others.iter().map(ToString::to_string).collect();
            along.push_str(&format!("; with {head} go {}", names.join(", ")));
        }
    }
    if !along.is_empty() {
        along.push_str(", which are part of its branch or depend on it");
    }
    let owners: Vec<String> = owners.iter().map(|owner| format!("--plugin {owner}")).collect();
    error.help(format!(
        "neither merge nor rebase works: remove the folder of the one that no database has applied, and run `autogen \
         {}`, which writes on top of the other whatever is still missing{along}",
        owners.join(" ")
    ))
}

/// Returns the revisions that can't stay if a head's branch is removed and another one stays.
fn goes_along<'a>(history: &'a History, head: &Revision, other: &Revision) -> Vec<&'a Revision> {
    let staying = history.with_ancestors(&[other]);
    let is_gone = |revision: &&Revision| !staying.iter().any(|kept| kept.version == revision.version);
    let branch: Vec<&Revision> = history.with_ancestors(&[head]).into_iter().filter(is_gone).collect();
    let gone = history.with_descendants(&branch);
    gone.into_iter().filter(|revision| revision.version != head.version).collect()
}

/// Returns the selected owners whose chains have branched.
pub(crate) fn branched(workspace: &Workspace) -> Vec<&str> {
    workspace.history.branched(workspace.history.owners().filter(|owner| workspace.is_selected(owner)))
}
