//! Compares a live database with the chains, from its own tables of revisions.

use autogen_engine::error::Code;
use autogen_engine::history::{OwnerStatus, Revision, Status};

use crate::finding::Finding;
use crate::workspace::Workspace;

/// Finds revisions that the database has not applied.
pub(crate) fn pending(workspace: &Workspace, status: &Status<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for OwnerStatus { owner, pending, heads, .. } in &status.owners {
        if pending.is_empty() || !workspace.is_selected(owner) {
            continue;
        }
        let names: Vec<_> = pending.iter().map(|revision| revision.name.as_str()).collect();
        let help = match heads.len() {
            0 | 1 => "run `autogen upgrade`",
            _ => "join the heads first; then run `autogen upgrade`",
        };
        let message = format!("the database has not applied {}", names.join(", "));
        let finding = Finding::new(Code::DatabaseBehind, message).of(owner, workspace.dialect).help(help);
        findings.push(about(finding, pending));
    }
    findings
}

/// Finds what isn't as it was applied: edited and half-done revisions, and those that no chain holds.
pub(crate) fn irregular(workspace: &Workspace, status: &Status<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for OwnerStatus { owner, edited, .. } in &status.owners {
        if edited.is_empty() || !workspace.is_selected(owner) {
            continue;
        }
        let names: Vec<_> = edited.iter().map(|revision| revision.name.as_str()).collect();
        let message = format!("edited since the database has applied it: {}", names.join(", "));
        let help = "put the file back and write a new revision, or accept it by `autogen status --repair`";
        let finding = Finding::new(Code::EditedRevision, message).of(owner, workspace.dialect).help(help);
        findings.push(about(finding, edited));
    }
    for entry in status.half_done.iter().filter(|entry| workspace.is_selected(&entry.plugin)) {
        let message = format!("{} is {}", entry.name, entry.state);
        let finding = Finding::new(Code::HalfDone, message).of(&entry.plugin, workspace.dialect);
        let finding = workspace.history.get(&entry.version).into_iter().fold(finding, Finding::in_revision);
        findings.push(finding.help(Status::way_out(entry, &workspace.history)));
    }
    for version in &status.unknown {
        let plugin = status.owner_of(version);
        let is_disabled = |plugin: &str| workspace.host.disabled.iter().any(|disabled| disabled == plugin);
        if !workspace.is_selected(plugin.unwrap_or_default()) || plugin.is_some_and(is_disabled) {
            continue;
        }
        let message = format!("the database has applied {}, which no chain holds", version.as_str());
        findings.push(Finding {
            dialect: Some(workspace.dialect),
            plugin: plugin.map(str::to_owned),
            help: gone(plugin),
            ..Finding::new(Code::UnknownRevision, message)
        });
    }
    findings
}

/// Says what to do about a plugin whose chain is gone.
fn gone(plugin: Option<&str>) -> String {
    match plugin {
        Some(plugin) => format!(
            "bring back the plugin's migrations; or say `enabled = false` under [plugin.{plugin}] in autogen.toml; or let the \
             database forget it by `autogen forget {plugin}`"
        ),
        None => "bring back the migrations, or let it be: nothing else is kept from running".to_owned(),
    }
}

/// States which revisions a finding is about. A single one is named. Of several, the first gives the place.
fn about(finding: Finding, revisions: &[&Revision]) -> Finding {
    let mut finding = revisions.iter().take(1).fold(finding, |finding, revision| finding.in_revision(revision));
    finding.revision = finding.revision.filter(|_| revisions.len() == 1);
    finding
}
