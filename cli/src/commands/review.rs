//! `autogen review`: for pull requests. What a branch adds to chains, against the branch that it is to be merged into.

use autogen::error::Result;
use autogen_codegen::revision::risks;
use autogen_workspace::{Addition, Review, ReviewOptions, Workspaces};
use serde_json::{Value, json};

use super::check;
use crate::Outcome;
use crate::args::{self, Format, Global};
use crate::document;
use crate::plain::plain;
use crate::ui::Ui;
use crate::words::counted;

pub(crate) fn run(global: &Global, args: &args::Review, ui: &Ui) -> Result<Outcome> {
    let workspaces = Workspaces::open(&global.options(), ui)?;
    let options = ReviewOptions { base: args.base.clone(), compatible_with: args.compatible_with.clone() };
    let review = workspaces.review(&options)?;
    match ui.format {
        Format::Text => show(&workspaces, &review, ui),
        Format::Json => ui.json("review", document(&workspaces, &review)),
        Format::Sql | Format::Unified => {}
    }
    Ok(if review.findings.is_empty() { Outcome::Clean } else { Outcome::Findings })
}

fn show(workspaces: &Workspaces, review: &Review<'_>, ui: &Ui) {
    for Addition { workspace, owner, revisions, changes, risks: at_risk } in &review.additions {
        ui.text(format!("{}: {}", workspace.named(owner), counted(revisions.len(), "new revision")));
        for (revision, proof) in revisions {
            ui.text(format!("  {}: {}", revision.name, if proof.is_some() { "proven" } else { "not proven" }));
            for line in proof.iter().flatten() {
                ui.text(format!("    {}", plain(line)));
            }
        }
        if changes.is_empty() && revisions.iter().all(|(_, proof)| proof.is_some()) {
            ui.text("  no table changes in total");
        }
        ui.changes(changes);
        for line in risks(at_risk).iter().filter(|_| !changes.is_empty()) {
            ui.text(format!("  at risk: {line}"));
        }
    }
    check::show(workspaces, &review.findings, ui);
    if review.findings.is_empty() {
        let base = plain(&review.base);
        let what = if review.additions.is_empty() { "nothing new" } else { "nothing stands against it" };
        let meanwhile = match review.landed {
            0 => String::new(),
            landed => format!("; it goes together with {} merged meanwhile", counted(landed, "revision")),
        };
        ui.text(format!("compared with {base}: {what}{meanwhile}"));
    }
}

fn document(workspaces: &Workspaces, review: &Review<'_>) -> Value {
    let addition = |addition: &Addition<'_>| {
        let revisions = addition.revisions.iter().map(|(revision, proof)| {
            let folder = revision.dir.strip_prefix(".").unwrap_or(&revision.dir).display().to_string();
            json!({ "revision": revision.name, "folder": folder, "proven": proof })
        });
        json!({
            "plugin": addition.owner,
            "dialect": addition.workspace.dialect.name(),
            "revisions": revisions.collect::<Vec<_>>(),
            "changes": document::changes(&addition.changes),
            "hazards": document::hazards(&addition.risks),
        })
    };
    json!({
        "base": review.base,
        "landed": review.landed,
        "plugins": review.additions.iter().map(addition).collect::<Vec<_>>(),
        "findings": check::documents(&review.findings),
        "left_out": workspaces.left_out(),
    })
}
