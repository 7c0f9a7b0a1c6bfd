//! `autogen upgrade`: applies what is pending to the live database.

use autogen::error::Result;
use autogen::history::{Revision, upgrade};
use serde_json::json;

use crate::Outcome;
use crate::args::{Format, Global, Upgrade};
use crate::document;
use crate::ui::Ui;
use crate::words::counted;
use crate::work::Work;

pub(crate) fn run(global: &Global, args: &Upgrade, ui: &Ui) -> Result<Outcome> {
    let work = Work::load(global)?;
    let wanted: Vec<&Revision> = match &args.revision {
        Some(revision) => vec![work.history.find(revision)?],
        None => work.history.revisions().iter().filter(|revision| work.is_selected(&revision.owner)).collect(),
    };
    // A plugin's chain stands on others': what it depends on comes with it.
    let wanted = work.history.with_ancestors(&wanted);
    let mut database = work.live(true)?;
    let done = upgrade(&mut database, &work.history, &wanted, &mut |event| ui.remark(event.to_string()))?;
    if done.is_empty() {
        ui.text("nothing to apply");
    } else {
        ui.text(format!("applied {}", counted(done.len(), "revision")));
    }
    if ui.format == Format::Json {
        ui.json("upgrade", json!({ "applied": document::revisions(&done, &work.history) }));
    }
    Ok(Outcome::Clean)
}
