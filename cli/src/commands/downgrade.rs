//! `autogen downgrade`: reverts revisions of one plugin on the live database.

use autogen_engine::error::Result;
use autogen_workspace::{DowngradeOptions, Workspace};
use serde_json::json;

use crate::Outcome;
use crate::args::{Downgrade, Format, Global};
use crate::document;
use crate::ui::Ui;
use crate::words::counted;

pub(crate) fn run(global: &Global, args: &Downgrade, ui: &Ui) -> Result<Outcome> {
    let workspace = Workspace::open(&global.options())?;
    let owner = workspace.one_named(&args.target, "downgrade")?.name.clone();
    let options = DowngradeOptions { owner, target: args.target.clone(), cascade: args.cascade };
    let mut database = workspace.live(false)?;
    if args.sql {
        ui.script(&workspace.downgrade_script(&options, &mut database)?, "nothing to revert");
        return Ok(Outcome::Clean);
    }
    let done = workspace.downgrade(&options, &mut database, ui)?;
    match done.len() {
        0 => ui.text("nothing to revert"),
        number => ui.text(format!("reverted {}", counted(number, "revision"))),
    }
    if ui.format == Format::Json {
        ui.json("downgrade", json!({ "reverted": document::revisions(&done, &workspace.history) }));
    }
    Ok(Outcome::Clean)
}
