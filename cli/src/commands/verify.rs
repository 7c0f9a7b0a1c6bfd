//! `autogen verify`: proves revisions on disk, hand-edited ones included.

use autogen_engine::error::{Code, Result};
use autogen_engine::history::{Revision, Standing};
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
    if args.certificates {
        return certificates(global, args, ui);
    }
    let workspaces = Workspaces::open(&global.options(), ui)?;
    let verified = workspaces.verify(args.revision.as_deref())?;
    let certified = if args.record { workspaces.record(&verified)? } else { Vec::new() };
    let is_clean = verified.iter().all(|verified| verified.proof.is_ok());
    let orders = if args.revision.is_none() && is_clean { workspaces.undeclared_orders()? } else { Vec::new() };

    let document = json!({
        "revisions": verified.iter().map(|verified| proof(verified, &certified, ui)).collect::<Vec<_>>(),
        "left_out": workspaces.left_out(),
        "orders": orders.iter().map(|(workspace, found)| order(found, workspace)).collect::<Vec<_>>(),
    });
    let mut report = Report::new("verify", document);
    report.verdict = if verified.is_empty() { "no revisions to prove".to_owned() } else { String::new() };
    report.subjects = verified.iter().map(|verified| subject(verified, &certified)).collect();
    for (workspace, found) in &orders {
        let findings = vec![undeclared(found, workspace)];
        report.subjects.push(Subject { findings, ..Subject::of(&found.then.owner, workspace) });
    }
    ui.report(&report)?;
    Ok(report.outcome())
}

/// Prints which revisions their certificates prove as they are now.
fn certificates(global: &Global, args: &Verify, ui: &Ui) -> Result<Outcome> {
    let mut documents = Vec::new();
    let mut subjects = Vec::new();
    for workspace in Workspace::chains(&global.options())? {
        let named = args.revision.as_deref().map(|place| workspace.revisions_at(place)).transpose()?;
        let is_meant = |revision: &&Revision| match &named {
            Some(named) => named.contains(revision),
            None => workspace.is_selected(&revision.owner),
        };
        let standings = workspace.history.standings();
        for (revision, standing) in standings.iter().filter(|(revision, _)| is_meant(revision)) {
            let server = revision.certificate.as_ref().map(|found| found.server.as_str());
            let on = server.map(|server| format!(", on {server}")).filter(|_| *standing == Standing::Proven);
            let named = format!("{} {}", workspace.named(&revision.owner), revision.name);
            let title = format!("{named}: {}{}", standing.name(), on.unwrap_or_default());
            let why = match standing {
                Standing::Stale(why) => why.iter().map(ToString::to_string).collect(),
                Standing::Proven | Standing::Unproven => Vec::new(),
            };
            documents.push(json!({
                "plugin": revision.owner,
                "dialect": workspace.dialect.name(),
                "revision": revision.name,
                "standing": standing.name(),
                "why": why,
                "server": server,
            }));
            let findings = workspace.not_certified(revision, standing).into_iter().collect();
            let (title, revision_name) = (Some(title), Some(revision.name.clone()));
            subjects.push(Subject {
                title,
                revision: revision_name,
                findings,
                ..Subject::of(&revision.owner, &workspace)
            });
        }
    }
    let is_empty = documents.is_empty();
    let mut report = Report::new("verify", json!({ "certificates": documents }));
    report.subjects = subjects;
    report.verdict = if is_empty { "no revisions to prove".to_owned() } else { String::new() };
    ui.report(&report)?;
    Ok(report.outcome())
}

fn is_certified(certified: &[&Revision], revision: &Revision) -> bool {
    certified.iter().any(|found| found.dir == revision.dir)
}

fn subject(verified: &Verified<'_>, certified: &[&Revision]) -> Subject {
    let Verified { workspace, revision, proof } = verified;
    let mut subject = Subject::of(&revision.owner, workspace);
    subject.revision = Some(revision.name.clone());
    let named = format!("{} {}", workspace.named(&revision.owner), revision.name);
    match proof {
        Ok(proof) => {
            let anew = if is_certified(certified, revision) { ", and certified" } else { "" };
            subject.title = Some(format!("{named}: proven{anew}"));
            subject.notes = proof.sentences();
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

/// Creates the finding for two revisions that need an order which nothing states.
fn undeclared(found: &Undeclared<'_>, workspace: &Workspace) -> Finding {
    let Undeclared { first, then, message } = found;
    let what = format!("{then} has to come after {first}, but nothing declares it; in the other order, {message}");
    let metadata = then.dir.join("metadata.toml");
    let help = format!("add `{}` to `depends_on` in `{}`", first.version, metadata.display());
    let finding = Finding::new(Code::UndeclaredOrder, what).of(&then.owner, workspace.dialect);
    finding.or_shown_in(Place::in_text(&metadata, "", 0..0)).in_revision(then).help(help)
}

/// Describes in JSON a revision that was tried.
fn proof(verified: &Verified<'_>, certified: &[&Revision], ui: &Ui) -> Value {
    let Verified { workspace, revision, proof } = verified;
    let mut document = json!({
        "plugin": revision.owner,
        "dialect": workspace.dialect.name(),
        "revision": revision.name,
    });
    match proof {
        Ok(proof) => {
            document["proven"] = json!(proof.sentences());
            document["certified"] = is_certified(certified, revision).into();
        }
        Err(error) => document["error"] = document::error(error, &ui.paths),
    }
    document
}

/// Describes in JSON an order that nothing states.
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
