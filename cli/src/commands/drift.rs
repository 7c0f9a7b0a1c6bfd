//! `autogen drift`: what somebody has changed in a live database by hand, for a schedule. No source is read.

use autogen_codegen::sql;
use autogen_engine::error::Result;
use autogen_workspace::{Drifted, Watched, Workspace};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Drift, Global};
use crate::document;
use crate::report::{Plan, Report, Subject};
use crate::ui::{Ui, write_file};
use crate::words::counted;

pub(crate) fn run(global: &Global, args: &Drift, ui: &Ui) -> Result<Outcome> {
    let workspace = Workspace::open(&global.options())?;
    if let Some(file) = &args.export_stats {
        write_file(file, &workspace.export_stats()?.to_toml())?;
    }
    let watched = workspace.watch(ui)?;
    let mut report = report(&workspace, &watched);
    for owner in workspace.host.owners.iter().filter(|owner| workspace.is_selected(&owner.name)) {
        let mut subject = Subject::of(&owner.name, &workspace);
        if let Some(drift) = watched.drifts.iter().find(|drift| drift.owner == owner.name) {
            let number = counted(drift.changes.len(), "change");
            subject.title = Some(format!("{}: {number} by hand; to take it back:", workspace.named(&owner.name)));
            subject.plan = Some(Plan::of_drift(drift, &workspace));
        }
        report.subjects.push(subject);
    }
    report.sort_in(watched.irregular);
    ui.report(&report)?;
    Ok(report.outcome())
}

fn report(workspace: &Workspace, watched: &Watched<'_>) -> Report {
    let is_clean = watched.drifts.is_empty() && watched.irregular.is_empty();
    let url = workspace.url.as_ref().map(ToString::to_string);
    let pending = watched.pending.iter();
    let mut report = Report::new(
        "drift",
        json!({
            "in_sync": is_clean,
            "database": url,
            "applied": watched.applied,
            "pending": pending.map(|found| json!({ "plugin": found.owner, "revision": found.name })).collect::<Vec<_>>(),
            "drifts": watched.drifts.iter().map(|drift| drifted(drift, workspace)).collect::<Vec<_>>(),
        }),
    );
    let database = url.unwrap_or_default();
    let pending = match watched.pending.len() {
        0 => String::new(),
        number => format!("; {} pending", counted(number, "revision")),
    };
    let applied = counted(watched.applied, "applied revision");
    let verb = if watched.applied == 1 { "makes" } else { "make" };
    report.verdict = format!("in sync: {database} is what its {applied} {verb}{pending}");
    report
}

fn drifted(drift: &Drifted, workspace: &Workspace) -> Value {
    let script = |plan| sql::script(&sql::statements(plan, workspace.dialect));
    json!({
        "plugin": drift.owner,
        "dialect": workspace.dialect.name(),
        "changes": document::changes(&drift.changes),
        "hazards": document::hazards(&drift.risks),
        "take_back": script(&drift.plans.up),
        "done_by_hand": script(&drift.plans.down),
        "only_marks_missing": drift.lacks_marks,
    })
}
