//! `autogen history`: the revisions of all chains, the newest first.

mod graph;

use std::collections::BTreeSet;

use autogen_engine::error::Result;
use autogen_engine::history::{Revision, Version, applied, range};
use autogen_workspace::Workspace;
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, Global, Listing};
use crate::ui::Ui;

pub(crate) fn run(global: &Global, args: &Listing, ui: &Ui) -> Result<Outcome> {
    let workspace = Workspace::open(&global.options())?;
    let applied = workspace.url.is_some().then(|| applied(&mut workspace.live(false)?)).transpose()?;
    let mut revisions = range(&workspace.history, workspace.only(), args.range.as_deref().unwrap_or(":"))?;
    revisions.retain(|revision| workspace.is_selected(&revision.owner));
    let width = revisions.iter().map(|revision| revision.name.chars().count()).max().unwrap_or_default();
    let heads: BTreeSet<&Version> =
        workspace.history.owners().flat_map(|owner| workspace.history.heads(owner)).map(|head| &head.version).collect();

    let remarks = |revision: &Revision| {
        let remarks = remarks(revision, &heads, applied.as_ref());
        if remarks.is_empty() { String::new() } else { format!("  ({})", remarks.join(", ")) }
    };
    if args.graph {
        let facts = graph::Facts { heads: &heads, applied: applied.as_ref(), colored: ui.is_colored() };
        ui.drawing(&graph::draw(&revisions, &remarks, &facts));
    }
    let mut documents = Vec::new();
    for revision in revisions.into_iter().rev() {
        if !args.graph {
            ui.text(format!("{:width$}  {}{}", revision.name, revision.owner, remarks(revision)).trim_end());
            if ui.verbose > 0 {
                for line in details(&workspace, revision, ui) {
                    ui.text(format!("    {line}"));
                }
            }
        }
        documents.push(document(&workspace, revision, applied.as_ref(), ui));
    }
    if documents.is_empty() {
        ui.text("no revisions");
    }
    if ui.format == Format::Json {
        ui.json("history", json!({ "revisions": Value::Array(documents) }));
    }
    Ok(Outcome::Clean)
}

/// Returns where a revision stands in its chain, and whether a database has it.
fn remarks(revision: &Revision, heads: &BTreeSet<&Version>, applied: Option<&BTreeSet<Version>>) -> Vec<String> {
    let mut remarks = Vec::new();
    if revision.revises.is_empty() {
        remarks.push("base".to_owned());
    }
    if revision.revises.len() > 1 {
        remarks.push(format!("merges {}", revision.revises.len()));
    }
    if heads.contains(&revision.version) {
        remarks.push("head".to_owned());
    }
    remarks.extend(state(revision, applied).map(str::to_owned));
    remarks
}

/// Returns whether a database has applied a revision, in a word. Returns `None` if there is no database.
pub(crate) fn state(revision: &Revision, applied: Option<&BTreeSet<Version>>) -> Option<&'static str> {
    Some(if applied?.contains(&revision.version) { "applied" } else { "pending" })
}

/// Describes a revision: its folder, what it builds on, what was proven.
pub(crate) fn details(workspace: &Workspace, revision: &Revision, ui: &Ui) -> Vec<String> {
    let mut lines = vec![format!("folder: {}", ui.paths.relative(&revision.dir).display())];
    for (word, versions) in
        [("revises", &revision.revises), ("depends on", &revision.depends_on), ("after, if present,", &revision.after)]
    {
        if !versions.is_empty() {
            lines.push(format!("{word}: {}", named(workspace, versions).join(", ")));
        }
    }
    if !revision.takes.is_empty() {
        lines.push(format!("takes over: {}", revision.takes.join(", ")));
    }
    lines.extend(revision.gives.iter().map(|(table, to)| format!("gives {table} to {to}")));
    lines.extend(revision.verified.iter().map(|sentence| format!("proven: {sentence}")));
    lines
}

/// Names versions by their folders, or by themselves if they have no folder.
fn named(workspace: &Workspace, versions: &[Version]) -> Vec<String> {
    let name = |version: &Version| {
        workspace.history.get(version).map_or_else(|| version.to_string(), |revision| revision.name.clone())
    };
    versions.iter().map(name).collect()
}

/// Describes a revision in JSON, for programs.
pub(crate) fn document(
    workspace: &Workspace,
    revision: &Revision,
    applied: Option<&BTreeSet<Version>>,
    ui: &Ui,
) -> Value {
    json!({
        "plugin": revision.owner,
        "revision": revision.name,
        "folder": ui.paths.relative(&revision.dir).display().to_string(),
        "revises": named(workspace, &revision.revises),
        "depends_on": named(workspace, &revision.depends_on),
        "after": named(workspace, &revision.after),
        "takes": revision.takes,
        "gives": revision.gives,
        "verified": revision.verified,
        "state": state(revision, applied),
    })
}
