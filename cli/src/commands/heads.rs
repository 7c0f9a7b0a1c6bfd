//! `autogen heads`: the newest revision of every chain.

use autogen_engine::error::Result;
use autogen_engine::history::Revision;
use autogen_workspace::Workspace;
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, Global};
use crate::ui::Ui;

pub(crate) fn run(global: &Global, ui: &Ui) -> Result<Outcome> {
    let workspace = Workspace::open(&global.options())?;
    let owners: Vec<&str> = workspace.history.owners().filter(|owner| workspace.is_selected(owner)).collect();
    let width = owners.iter().map(|owner| owner.len()).max().unwrap_or_default();
    let mut outcome = Outcome::Clean;
    let mut documents = Vec::new();
    for owner in owners {
        let heads = workspace.history.heads(owner);
        if heads.is_empty() {
            ui.text(format!("{owner:width$}  no revisions"));
        }
        for head in &heads {
            ui.text(format!("{owner:width$}  {}", head.name));
        }
        if heads.len() > 1 {
            outcome = Outcome::Findings;
            let why = workspace.history.two_heads(owner).help.unwrap_or_default();
            ui.text(format!("{:width$}  help: {why}", ""));
        }
        let names: Vec<&str> = heads.iter().map(|head: &&Revision| head.name.as_str()).collect();
        documents.push(json!({ "plugin": owner, "heads": names }));
    }
    if ui.format == Format::Json {
        ui.json("heads", json!({ "plugins": Value::Array(documents) }));
    }
    Ok(outcome)
}
