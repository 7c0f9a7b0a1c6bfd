//! `autogen downgrade`: reverts revisions of one plugin on the live database.

use autogen::error::Result;
use autogen::history::{applied, downgrade, downgrade_script, to_revert};
use serde_json::json;

use crate::Outcome;
use crate::args::{Downgrade, Format, Global};
use crate::document;
use crate::ui::Ui;
use crate::words::counted;
use crate::work::Work;

pub(crate) fn run(global: &Global, args: &Downgrade, ui: &Ui) -> Result<Outcome> {
    let work = Work::load(global)?;
    let owner = &work.one_selected("downgrade")?.name;
    let mut database = work.live(false)?;
    let applied = applied(&mut database)?;
    let mut revisions = to_revert(&work.history, owner, &args.target, &applied)?;
    if args.cascade {
        revisions = work.history.with_descendants(&revisions);
    }
    if args.sql {
        ui.script(&downgrade_script(&work.history, &revisions, &applied, work.dialect)?, "nothing to revert");
        return Ok(Outcome::Clean);
    }
    let done = downgrade(&mut database, &work.history, &revisions, &mut |event| ui.remark(event.to_string()))?;
    if done.is_empty() {
        ui.text("nothing to revert");
    } else {
        ui.text(format!("reverted {}", counted(done.len(), "revision")));
    }
    if ui.format == Format::Json {
        ui.json("downgrade", json!({ "reverted": document::revisions(&done, &work.history) }));
    }
    Ok(Outcome::Clean)
}
