//! `autogen review`: for pull requests. What a branch adds to chains, against the branch that it is to be merged into.

use autogen_engine::error::Result;
use autogen_workspace::{Addition, Review, ReviewOptions, Workspaces};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{self, Global};
use crate::document;
use crate::report::{Plan, Report, Subject};
use crate::ui::Ui;
use crate::words::counted;

pub(crate) fn run(global: &Global, args: &args::Review, ui: &Ui) -> Result<Outcome> {
    let workspaces = Workspaces::open(&global.options(), ui)?;
    let options = ReviewOptions { base: args.base.clone(), compatible_with: args.compatible_with.clone() };
    let mut review = workspaces.review(&options)?;
    for addition in review.additions.iter().filter(|_| args.deny) {
        review.findings.extend(addition.denied()?);
    }
    let document = json!({
        "base": review.base,
        "landed": review.landed,
        "plugins": review.additions.iter().map(|addition| added(addition, ui)).collect::<Vec<_>>(),
        "left_out": workspaces.left_out(),
    });
    let mut report = Report::new("review", document);
    report.subjects = review.additions.iter().map(subject).collect();
    report.verdict = verdict(&review);
    report.sort_in(review.findings);
    ui.report(&report)?;
    Ok(report.outcome())
}

fn verdict(review: &Review<'_>) -> String {
    let what = if review.additions.is_empty() { "nothing new" } else { "nothing stands against it" };
    let meanwhile = match (review.landed, review.additions.is_empty()) {
        (0, _) | (_, true) => String::new(),
        (landed, false) => format!("; it goes together with {} merged meanwhile", counted(landed, "revision")),
    };
    format!("compared with {}: {what}{meanwhile}", review.base)
}

fn subject(addition: &Addition<'_>) -> Subject {
    let Addition { workspace, owner, revisions, effect, .. } = addition;
    let mut subject = Subject::of(owner, workspace);
    subject.title = Some(format!("{}: {}", workspace.named(owner), counted(revisions.len(), "new revision")));
    for (revision, proof) in revisions {
        subject.notes.push(format!("{}: {}", revision.name, if proof.is_some() { "proven" } else { "not proven" }));
        subject.notes.extend(proof.iter().flatten().map(|line| format!("  {line}")));
    }
    let Some(effect) = effect else { return subject };
    if effect.changes.is_empty() {
        subject.notes.push("no table changes in total".to_owned());
        return subject;
    }
    let ups = revisions.iter().map(|(revision, _)| format!("{}\n", revision.up.trim_end())).collect();
    subject.plan = Some(Plan::of_effect(effect, workspace, ups));
    subject
}

fn added(addition: &Addition<'_>, ui: &Ui) -> Value {
    let revisions = addition.revisions.iter().map(|(revision, proof)| {
        let folder = ui.paths.relative(&revision.dir).display().to_string();
        json!({ "revision": revision.name, "folder": folder, "proven": proof })
    });
    let effect = addition.effect.as_ref();
    json!({
        "plugin": addition.owner,
        "dialect": addition.workspace.dialect.name(),
        "revisions": revisions.collect::<Vec<_>>(),
        "changes": document::changes(effect.map_or(&[], |effect| &effect.changes)),
        "hazards": document::hazards(effect.map_or(&[], |effect| &effect.risks)),
    })
}
