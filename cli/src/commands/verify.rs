//! `autogen verify`: proves revisions on disk, hand-edited ones included.

use autogen_engine::error::{Code, Result};
use autogen_engine::model::Place;
use autogen_engine::scratch::Undeclared;
use autogen_workspace::{Finding, Verified, Workspace, Workspaces};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Global, Verify};
use crate::document;
use crate::plain::plain;
use crate::report::{Report, Subject};
use crate::ui::Ui;

pub(crate) fn run(global: &Global, args: &Verify, ui: &Ui) -> Result<Outcome> {
    let workspaces = Workspaces::open(&global.options(), ui)?;
    let verified = workspaces.verify(args.revision.as_deref())?;
    let is_clean = verified.iter().all(|verified| verified.proof.is_ok());
    let orders = if args.revision.is_none() && is_clean { workspaces.undeclared_orders()? } else { Vec::new() };

    let document = json!({
        "revisions": verified.iter().map(|verified| proof(verified, ui)).collect::<Vec<_>>(),
        "left_out": workspaces.left_out(),
        "orders": orders.iter().map(|(workspace, found)| order(found, workspace)).collect::<Vec<_>>(),
    });
    let mut report = Report::new("verify", document);
    report.verdict = if verified.is_empty() { "no revisions to prove".to_owned() } else { String::new() };
    report.subjects = verified.iter().map(subject).collect();
    for (workspace, found) in &orders {
        let findings = vec![undeclared(found, workspace)];
        report.subjects.push(Subject { findings, ..Subject::of(&found.then.owner, workspace) });
    }
    ui.report(&report)?;
    Ok(report.outcome())
}

fn subject(verified: &Verified<'_>) -> Subject {
    let Verified { workspace, revision, proof } = verified;
    let mut subject = Subject::of(&revision.owner, workspace);
    subject.revision = Some(revision.name.clone());
    let named = format!("{} {}", workspace.named(&revision.owner), revision.name);
    match proof {
        Ok(sentences) => {
            subject.title = Some(format!("{named}: proven"));
            subject.notes.clone_from(sentences);
        }
        Err(error) => {
            subject.title = Some(format!("{named}: not proven"));
            let findings = Finding::of_error(error).into_iter();
            let of_revision = |finding: Finding| finding.of(&revision.owner, workspace.dialect).in_revision(revision);
            subject.findings = findings.map(of_revision).collect();
        }
    }
    subject
}

/// Says that two revisions need an order that nothing states.
fn undeclared(found: &Undeclared<'_>, workspace: &Workspace) -> Finding {
    let Undeclared { first, then, message } = found;
    let what = format!("{then} has to come after {first}, but nothing declares it; in the other order, {message}");
    let metadata = then.dir.join("metadata.toml");
    let help = format!("add `{}` to `depends_on` in `{}`", first.version, metadata.display());
    let finding = Finding::new(Code::UndeclaredOrder, what).of(&then.owner, workspace.dialect);
    finding.or_shown_in(Place::in_text(&metadata, "", 0..0)).in_revision(then).help(help)
}

/// Returns what programs read of a revision that was tried.
fn proof(verified: &Verified<'_>, ui: &Ui) -> Value {
    let Verified { workspace, revision, proof } = verified;
    let mut document = json!({
        "plugin": revision.owner,
        "dialect": workspace.dialect.name(),
        "revision": revision.name,
    });
    match proof {
        Ok(sentences) => document["proven"] = json!(sentences),
        Err(error) => document["error"] = document::error(error, &ui.paths),
    }
    document
}

/// Returns what programs read of an order that nothing states.
fn order(found: &Undeclared<'_>, workspace: &Workspace) -> Value {
    let finding = undeclared(found, workspace);
    json!({
        "dialect": workspace.dialect.name(),
        "code": finding.code.as_str(),
        "first": found.first.name,
        "then": found.then.name,
        "message": plain(&finding.message),
        "help": plain(&finding.help),
    })
}
