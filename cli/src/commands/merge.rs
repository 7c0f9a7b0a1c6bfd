//! `autogen merge`: a revision that joins the heads of a chain.

use autogen_engine::error::Result;
use autogen_engine::history::write;
use autogen_workspace::Workspaces;
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, Global, Merge};
use crate::ui::Ui;

pub(crate) fn run(global: &Global, args: &Merge, ui: &Ui) -> Result<Outcome> {
    let workspaces = Workspaces::open(&global.options(), ui)?;
    let new = workspaces.merges(args.message.as_deref())?;
    write(&new)?;
    let mut documents = Vec::new();
    for revision in &new {
        let folder = ui.wrote(revision, false);
        let plugin = revision.files.metadata.autogen.as_ref().map(|autogen| autogen.plugin.clone());
        documents.push(json!({ "plugin": plugin, "revision": revision.name, "written": folder }));
    }
    if new.is_empty() {
        ui.text("nothing to merge: no chain has several heads");
    }
    if ui.format == Format::Json {
        ui.json("merge", json!({ "revisions": Value::Array(documents) }));
    }
    Ok(Outcome::Clean)
}
