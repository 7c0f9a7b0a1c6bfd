//! `autogen show`: all that there is to know of one revision.

use autogen_codegen::revision::header;
use autogen_engine::error::Result;
use autogen_engine::history::{Certificate, Standing, State, applied, checksum, ledger};
use autogen_workspace::Workspace;
use serde_json::json;

use super::history::{details, document, state};
use crate::Outcome;
use crate::args::{Format, Global, Named};
use crate::plain::plain;
use crate::ui::Ui;

pub(crate) fn run(global: &Global, args: &Named, ui: &Ui) -> Result<Outcome> {
    let workspace = Workspace::open(&global.options())?;
    let revision = workspace.revision_at(&args.revision)?;
    let (mut there, mut entry) = (None, None);
    if workspace.url.is_some() {
        let mut database = workspace.live(false)?;
        there = Some(applied(&mut database)?);
        entry = ledger(&mut database)?.remove(&revision.version);
    }
    let applied = there;
    let is_edited = entry.as_ref().is_some_and(|entry| entry.checksum != checksum(workspace.dialect, &revision.up));
    let at_risk = header(&revision.owner, &revision.up).map(|header| header.at_risk).unwrap_or_default();
    let standings = workspace.history.standings();
    let standing = standings.iter().find(|(found, _)| found.version == revision.version).map(|(_, standing)| standing);

    ui.text(revision.to_string());
    for line in details(&workspace, revision, ui) {
        ui.text(format!("  {line}"));
    }
    for line in &at_risk {
        ui.text(format!("  at risk: {line}"));
    }
    let certificate = revision.certificate.as_ref().zip(standing);
    ui.text(certificate.map_or("  certificate: none".to_owned(), |(found, standing)| certified(found, standing)));
    let transaction =
        if revision.run_in_transaction { "in one transaction" } else { "without a transaction around it" };
    ui.text(format!("  run: {transaction}"));
    if let Some(state) = state(revision, applied.as_ref()) {
        let more = match &entry {
            Some(entry) if entry.state != State::Applied => format!(", {}", entry.state),
            Some(_) if is_edited => ", and edited since".to_owned(),
            None if state == "applied" => ", by another program".to_owned(),
            Some(_) | None => String::new(),
        };
        ui.text(format!("  state: {state}{more}"));
    }
    if let Some(entry) = entry.as_ref().filter(|_| ui.verbose > 0) {
        let done = entry.done.as_ref().map(|done| format!(", done {done}")).unwrap_or_default();
        ui.text(format!("  ledger: begun {}{done}, by autogen {}", entry.begun, entry.tool));
    }
    let needed_by = workspace.history.with_descendants(&[revision]);
    let needed_by: Vec<_> = needed_by.into_iter().filter(|found| found.version != revision.version).collect();
    for later in &needed_by {
        ui.text(format!("  needed by: {later}"));
    }
    ui.text(format!("\n----- up.sql\n{}", revision.up.trim_end()));
    match &revision.down {
        Some(down) => ui.text(format!("\n----- down.sql\n{}", down.trim_end())),
        None => ui.text("\nthere is no down.sql"),
    }
    if ui.format == Format::Sql {
        ui.line(revision.up.trim_end());
    }
    if ui.format == Format::Json {
        let mut contents = document(&workspace, revision, applied.as_ref(), ui);
        let needed_by: Vec<_> = needed_by.iter().map(|later| later.name.as_str()).collect();
        contents["at_risk"] = json!(at_risk);
        contents["standing"] = json!(standing.map(Standing::name));
        contents["run_in_transaction"] = revision.run_in_transaction.into();
        contents["needed_by"] = json!(needed_by);
        contents["ledger"] = json!(entry.as_ref().map(|entry| entry.state.to_string()));
        contents["edited"] = is_edited.into();
        contents["up"] = revision.up.as_str().into();
        contents["down"] = json!(revision.down);
        ui.json("show", contents);
    }
    Ok(Outcome::Clean)
}

/// Describes a certificate in one line.
fn certified(certificate: &Certificate, standing: &Standing) -> String {
    format!("  certificate: {standing}, on {}", plain(&certificate.server))
}
