//! `autogen stamp`: marks revisions as applied, or as not, without running them.

use autogen_engine::error::{Code, Error, Result};
use autogen_engine::history::Revision;
use autogen_engine::model::whose;
use autogen_workspace::Workspace;
use serde_json::json;

use crate::Outcome;
use crate::args::{Format, Global, Stamp};
use crate::document;
use crate::ui::Ui;

pub(crate) fn run(global: &Global, args: &Stamp, ui: &Ui) -> Result<Outcome> {
    let workspace = Workspace::open(&global.options())?;
    let mut database = workspace.live(true)?;
    let stamp = workspace.stamp(&args.revisions, &mut database)?;
    if !args.force {
        let changes = stamp.differences(&mut database)?;
        if !changes.is_empty() {
            ui.changes(&changes);
            return Err(Error::new(
                Code::NotAsMarked,
                "the database isn't what it would be marked as; the lines above show what differs",
            )
            .help(
                "apply the revisions by `autogen upgrade`, correct the database, or mark it all the same by `--force`",
            ));
        }
    }
    stamp.write(&mut database)?;
    let marks = &stamp.marks;
    for revision in &marks.new {
        ui.text(format!("marked as applied: {revision}"));
    }
    for revision in &marks.gone {
        ui.text(format!("marked as not applied: {revision}"));
    }
    for entry in &stamp.half_done {
        ui.text(format!("no longer half done: {} {}", whose(&entry.plugin), entry.name));
    }
    if stamp.is_empty() {
        ui.text("nothing to mark");
    }
    if ui.format == Format::Json {
        let versions =
            |revisions: &[&Revision]| revisions.iter().map(|found| found.version.clone()).collect::<Vec<_>>();
        let history = &workspace.history;
        let (marked, unmarked) = (versions(&marks.new), versions(&marks.gone));
        let (marked, unmarked) = (document::revisions(&marked, history), document::revisions(&unmarked, history));
        ui.json("stamp", json!({ "marked": marked, "unmarked": unmarked }));
    }
    Ok(Outcome::Clean)
}
