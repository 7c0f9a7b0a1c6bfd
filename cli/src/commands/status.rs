//! `autogen status`: what is applied and what is pending, plugin by plugin.

use autogen_engine::error::Result;
use autogen_engine::history::{Entry, OwnerStatus, Revision, Status, Version, repair, status};
use autogen_engine::model::whose;
use autogen_workspace::Workspace;
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, Global, Status as Args};
use crate::color::Tone;
use crate::ui::Ui;
use crate::words::counted;

pub(crate) fn run(global: &Global, args: &Args, ui: &Ui) -> Result<Outcome> {
    let workspace = Workspace::open(&global.options())?;
    let mut database = workspace.live(false)?;
    if args.repair {
        let repaired = repair(&mut database, &workspace.history)?;
        let changed = repaired.added.len() + repaired.renewed.len() + repaired.removed.len();
        ui.remark(format!("the ledger: {} put right", counted(changed, "revision")));
        if let Some(lock) = &repaired.unlocked {
            ui.remark(format!("the lock of a program that has ended is taken away: {}", lock.who));
        }
    }
    let status = status(&mut database, &workspace.history)?;
    let owners: Vec<_> = status.owners.iter().filter(|owner| workspace.is_selected(owner.owner)).collect();
    let width = owners.iter().map(|owner| owner.owner.len()).max().unwrap_or_default();
    for owner in &owners {
        let head = match owner.heads.as_slice() {
            [] => "no revisions".to_owned(),
            [head] => format!("head {}", head.name),
            heads => format!("{} heads", heads.len()),
        };
        let (applied, pending) = (owner.applied.len(), owner.pending.len());
        let tone = match (owner.heads.len(), owner.pending.is_empty()) {
            (0 | 1, true) => Tone::Good,
            (0 | 1, false) => Tone::Open,
            (_, _) => Tone::Bad,
        };
        ui.toned(format!("{:width$}  {applied} applied, {pending} pending  {head}", owner.owner), tone);
        if owner.heads.len() > 1 {
            let help = workspace.history.two_heads(owner.owner).help.unwrap_or_default();
            ui.text(format!("{:width$}    help: {help}", ""));
        }
        for revision in &owner.pending {
            ui.toned(format!("{:width$}    pending {}", "", revision.name), Tone::Open);
        }
        for revision in &owner.edited {
            ui.toned(format!("{:width$}    edited since it was applied: {}", "", revision.name), Tone::Bad);
        }
    }
    let is_disabled = |plugin: &str| workspace.host.disabled.iter().any(|disabled| disabled == plugin);
    for plugin in &workspace.host.disabled {
        let applied = status.unknown.iter().filter(|version| status.owner_of(version) == Some(plugin)).count();
        ui.text(format!("{plugin:width$}  disabled, {applied} applied"));
    }
    let unknown: Vec<&Version> =
        status.unknown.iter().filter(|version| !status.owner_of(version).is_some_and(is_disabled)).collect();
    for version in &unknown {
        let known = status.gone.iter().find(|entry| entry.version == **version);
        let owner = match (known, version.owner_hint()) {
            (Some(entry), _) => format!(" ({} {})", whose(&entry.plugin), entry.name),
            (None, Some(owner)) => format!(" (of {owner}?)"),
            (None, None) => String::new(),
        };
        ui.toned(format!("applied, but in no chain: {}{owner}", version.as_str()), Tone::Bad);
    }
    ledger(&workspace, &status, ui);
    if ui.format == Format::Json {
        ui.json("status", document(&owners, &status, &workspace.host.disabled));
    }
    let is_clean = owners.iter().all(|owner| owner.is_in_order()) && unknown.is_empty() && status.half_done.is_empty();
    Ok(if is_clean { Outcome::Clean } else { Outcome::Findings })
}

/// Prints where the ledger and Diesel's table differ.
fn ledger(workspace: &Workspace, status: &Status<'_>, ui: &Ui) {
    let is_selected = |entry: &&Entry| workspace.is_selected(&entry.plugin);
    for entry in status.half_done.iter().filter(is_selected) {
        ui.toned(format!("half done: {} {}, {}", whose(&entry.plugin), entry.name, entry.state), Tone::Bad);
        if entry.is_untouched() || workspace.history.get(&entry.version).is_none() {
            ui.text(format!("  {}", Status::way_out(entry, &workspace.history)));
        }
    }
    if let Some(lock) = &status.lock {
        let who = if lock.is_of_earlier_version { "an earlier version of autogen" } else { "a program" };
        if lock.is_expired {
            ui.toned(format!("locked by {who} that has ended: {}", lock.who), Tone::Bad);
            ui.text("  `autogen upgrade` takes the lock over, and `autogen status --repair` takes it away");
        } else {
            ui.toned(format!("locked by {who} that is running migrations: {}", lock.who), Tone::Open);
        }
    }
    for revision in status.unrecorded.iter().filter(|revision| workspace.is_selected(&revision.owner)) {
        ui.toned(format!("applied by another program: {revision}"), Tone::Open);
    }
    for entry in status.stale.iter().filter(is_selected) {
        ui.toned(format!("reverted by another program: {} {}", whose(&entry.plugin), entry.name), Tone::Open);
    }
}

/// Returns the document that programs read.
fn document(owners: &[&OwnerStatus<'_>], status: &Status<'_>, disabled: &[String]) -> Value {
    let owners: Vec<Value> = owners
        .iter()
        .map(|owner| {
            let names = |revisions: &[&Revision]| -> Vec<String> {
                revisions.iter().map(|revision| revision.name.clone()).collect()
            };
            json!({
                "plugin": owner.owner,
                "heads": names(&owner.heads),
                "applied": names(&owner.applied),
                "pending": names(&owner.pending),
                "edited": names(&owner.edited),
            })
        })
        .collect();
    let unknown: Vec<&str> = status.unknown.iter().map(|version| version.as_str()).collect();
    let half_done = status
        .half_done
        .iter()
        .map(|entry| json!({ "plugin": entry.plugin, "revision": entry.name, "state": entry.state.to_string() }));
    let stale: Vec<&str> = status.stale.iter().map(|entry| entry.name.as_str()).collect();
    let unrecorded: Vec<&str> = status.unrecorded.iter().map(|revision| revision.name.as_str()).collect();
    json!({
        "plugins": owners,
        "disabled": disabled,
        "unknown": unknown,
        "half_done": half_done.collect::<Vec<_>>(),
        "unrecorded": unrecorded,
        "stale": stale,
        "lock": status.lock.as_ref().map(|lock| json!({ "holder": lock.who, "has_expired": lock.is_expired })),
    })
}
