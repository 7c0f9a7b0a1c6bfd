//! `autogen forget`: takes a plugin that is gone out of what the live database remembers.

use autogen_engine::error::Result;
use autogen_engine::model::{TableName, whose};
use autogen_workspace::{Options, Workspace};
use serde_json::json;

use crate::Outcome;
use crate::args::{Forget, Format, Global};
use crate::ui::Ui;
use crate::words::counted;

pub(crate) fn run(global: &Global, args: &Forget, ui: &Ui) -> Result<Outcome> {
    // The plugin isn't in the host.
    let workspace = Workspace::open(&Options { plugins: Vec::new(), ..global.options() })?;
    let mut database = workspace.live(false)?;
    let forgotten = workspace.forget(&args.name, args.keep_tables, &mut database)?;
    let tables: Vec<String> = forgotten.tables.iter().map(TableName::to_string).collect();
    ui.text(format!("forgot {} of {}", counted(forgotten.versions.len(), "revision"), args.name));
    if !tables.is_empty() {
        ui.text(format!("{} tables stay, and are nobody's now: {}", whose(&args.name), tables.join(", ")));
    }
    if ui.format == Format::Json {
        let versions: Vec<&str> = forgotten.versions.iter().map(|version| version.as_str()).collect();
        ui.json("forget", json!({ "plugin": args.name, "forgotten": versions, "tables": tables }));
    }
    Ok(Outcome::Clean)
}
