//! `autogen downgrade`: reverts revisions of one plugin on the live database.

use autogen_codegen::revision::risks;
use autogen_engine::error::{Code, Error, Result};
use autogen_workspace::{DowngradeOptions, Options, Workspace};
use serde_json::json;

use crate::Outcome;
use crate::args::{Downgrade, Format, Global, allowed};
use crate::document;
use crate::ui::Ui;
use crate::words::counted;

pub(crate) fn run(global: &Global, args: &Downgrade, ui: &Ui) -> Result<Outcome> {
    let asked = global.options();
    let workspace = Workspace::open(&asked).map_err(|error| gone(&asked, asked.plugins.first(), error))?;
    let of_place = args.target.split_once('@').map(|(owner, _)| owner.to_owned());
    let owner = workspace.one_named(&args.target, "downgrade");
    let owner = owner.map_err(|error| gone(&asked, of_place.as_ref(), error))?.name.clone();
    let (target, allowed_hazards) = (args.target.clone(), Some(allowed(&args.allow)));
    let options = DowngradeOptions { owner, target, cascade: args.cascade, allowed_hazards };
    let mut database = workspace.live(false)?;
    if args.sql {
        ui.script(&workspace.downgrade_script(&options, &mut database)?, "nothing to revert");
        return Ok(Outcome::Clean);
    }
    let done = workspace.downgrade(&options, &mut database, ui);
    ui.times();
    let done = done?;
    match done.reverted.len() {
        0 => ui.text("nothing to revert"),
        number => ui.text(format!("reverted {}", counted(number, "revision"))),
    }
    for risk in done.lost.chunks(1) {
        ui.text(format!("lost: {}", risks(risk).concat()));
    }
    if ui.format == Format::Json {
        let reverted = document::revisions(&done.reverted, &workspace.history);
        ui.json("downgrade", json!({ "reverted": reverted, "lost": document::hazards(&done.lost) }));
    }
    Ok(Outcome::Clean)
}

/// Says more of a plugin that isn't here, where the live database knows it.
fn gone(asked: &Options, plugin: Option<&String>, error: Error) -> Error {
    let Some(plugin) = plugin.filter(|_| error.code() == Code::NoSuchPlugin) else { return error };
    let all = Options { plugins: Vec::new(), ..asked.clone() };
    let said = Workspace::open(&all).and_then(|workspace| workspace.cannot_revert(plugin));
    said.ok().flatten().unwrap_or(error)
}
