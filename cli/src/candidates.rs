//! Returns what a shell may complete a word with: plugins, revisions and hazards of the current host.
//!
//! A shell asks while somebody types, so nothing here talks to a database, and what can't be read is left out.

use autogen_engine::dialect::Dialect;
use autogen_engine::history::load;
use autogen_engine::host::Host;
use autogen_engine::plan::HazardKind;
use clap_complete::CompletionCandidate;

use crate::plain::plain;

/// The variable by which a shell asks.
pub(crate) const VARIABLE: &str = "AUTOGEN_COMPLETE";

fn host() -> Option<Host> {
    let current = std::env::current_dir().ok()?;
    Host::load(&Host::find_root(&current)).ok()
}

/// Returns the owners.
pub(crate) fn owners() -> Vec<CompletionCandidate> {
    let host = host().into_iter().flat_map(|host| host.owners);
    host.map(|owner| CompletionCandidate::new(plain(&owner.name))).collect()
}

/// Returns the hazards that can be allowed.
pub(crate) fn hazards() -> Vec<CompletionCandidate> {
    HazardKind::ALL.iter().map(|kind| kind.name()).chain(["all"]).map(CompletionCandidate::new).collect()
}

/// Returns the revisions of all chains, the newest first, and the head of each.
pub(crate) fn revisions() -> Vec<CompletionCandidate> {
    let Some(host) = host() else { return Vec::new() };
    let histories = Dialect::ALL.iter().filter_map(|dialect| load(&host, *dialect).ok());
    let mut names: Vec<String> = histories
        .flat_map(|history| history.revisions().iter().rev().map(|revision| plain(&revision.name)).collect::<Vec<_>>())
        .collect();
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names.extend(host.owners.iter().map(|owner| format!("{}@head", plain(&owner.name))));
    names.into_iter().map(CompletionCandidate::new).collect()
}
