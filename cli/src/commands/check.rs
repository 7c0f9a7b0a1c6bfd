//! `autogen check`: for CI. Models against what the chains make, and chains against the live
//! database where there is one.

use autogen_engine::error::{Code, Result};
use autogen_workspace::Workspaces;
use serde_json::json;

use crate::Outcome;
use crate::args::{Check, Global};
use crate::report::{Report, Subject};
use crate::ui::Ui;

pub(crate) fn run(global: &Global, args: &Check, ui: &Ui) -> Result<Outcome> {
    let workspaces = Workspaces::open(&global.options(), ui)?;
    let (models, live) = workspaces.models_and_live(ui)?;
    workspaces.refuse_empty(&models)?;
    let mut findings = workspaces.check(&models, live, ui)?;
    // Other findings keep changes from being planned.
    if args.deny && findings.iter().all(|finding| finding.code == Code::ModelsAhead) {
        findings.extend(workspaces.deny(&models, ui)?);
    }

    let url = workspaces.here.iter().find_map(|workspace| workspace.url.as_ref());
    let (database, left_out) = (url.map(ToString::to_string), workspaces.left_out());
    let document =
        json!({ "in_sync": findings.is_empty(), "database": database, "findings": [], "left_out": left_out });
    let mut report = Report::new("check", document);
    let several = workspaces.here[0].host.config.several_dialects();
    let names: Vec<_> = workspaces.here.iter().map(|workspace| workspace.dialect.name()).collect();
    let on = if several { format!(" of {}", names.join(" and ")) } else { String::new() };
    report.verdict = match url {
        Some(url) => format!("in sync: models, chains{on} and {url}"),
        None => format!("in sync: models and chains{on}"),
    };
    for (workspace, models) in workspaces.here.iter().zip(&models) {
        let owners = workspace.owners(models).into_iter();
        report.subjects.extend(owners.map(|owner| Subject::of(&owner.name, workspace)));
    }
    report.sort_in(findings);
    ui.report(&report)?;
    Ok(report.outcome())
}
