//! `autogen upgrade`: applies what is pending to the live database.

use autogen_engine::error::{Code, Result};
use autogen_workspace::Workspace;
use serde_json::json;

use crate::Outcome;
use crate::args::{Format, Global, Upgrade};
use crate::document;
use crate::ui::Ui;
use crate::words::counted;

pub(crate) fn run(global: &Global, args: &Upgrade, ui: &Ui) -> Result<Outcome> {
    let workspace = Workspace::open(&global.options())?;
    let place = args.revision.as_deref();
    if args.sql {
        let mut database = match workspace.live(false) {
            // A script may be for a database that doesn't exist yet, or isn't reachable from here.
            Err(error) if [Code::NoDatabase, Code::NoDatabaseUrl].contains(&error.code()) => None,
            database => Some(database?),
        };
        if let Some(database) = database.as_mut().filter(|_| args.check_drift) {
            workspace.refuse_drift(database)?;
        }
        ui.script(&workspace.upgrade_script(place, database, ui)?, "nothing to apply");
        return Ok(Outcome::Clean);
    }
    let mut database = workspace.live(true)?;
    if args.check_drift {
        workspace.refuse_drift(&mut database)?;
    }
    let done = workspace.upgrade(place, &mut database, ui);
    ui.times();
    let done = done?;
    match done.len() {
        0 => ui.text("nothing to apply"),
        number => ui.text(format!("applied {}", counted(number, "revision"))),
    }
    if ui.format == Format::Json {
        ui.json("upgrade", json!({ "applied": document::revisions(&done, &workspace.history) }));
    }
    Ok(Outcome::Clean)
}
