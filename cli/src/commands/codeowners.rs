//! `autogen codeowners`: who reviews which owner's files, as a forge wants to have it.

use autogen_engine::error::Result;
use autogen_workspace::{CodeOwners, Workspace};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, Global};
use crate::ui::Ui;

pub(crate) fn run(global: &Global, ui: &Ui) -> Result<Outcome> {
    let chains = Workspace::chains(&global.options())?;
    let lines = chains.first().map(Workspace::code_owners).transpose()?.unwrap_or_default();
    ui.text("# Written by `autogen codeowners`. The last line that fits a file counts.");
    for CodeOwners { pattern, reviewers, .. } in &lines {
        ui.text(format!("{pattern} {}", reviewers.join(" ")));
    }
    if ui.format == Format::Json {
        let line = |found: &CodeOwners| json!({ "plugin": found.plugin, "pattern": found.pattern, "reviewers": found.reviewers });
        ui.json("codeowners", json!({ "owners": lines.iter().map(line).collect::<Vec<Value>>() }));
    }
    Ok(Outcome::Clean)
}
