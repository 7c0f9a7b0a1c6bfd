//! `autogen rebase`: puts a branch that no database has applied on top of another head.

use autogen_engine::error::Result;
use autogen_workspace::Workspaces;
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Format, Global, Rebase};
use crate::ui::Ui;

pub(crate) fn run(global: &Global, args: &Rebase, ui: &Ui) -> Result<Outcome> {
    let mut workspaces = Workspaces::open(&global.options(), ui)?;
    let mut documents = Vec::new();
    for found in workspaces.rebase(&args.revision, args.onto.as_deref())? {
        let (old, new) = (&found.revision.dir, found.revision.dir.with_file_name(&found.name));
        let (old, new) = (ui.paths.relative(old).display().to_string(), ui.paths.relative(&new).display().to_string());
        let parents: Vec<&str> = found.revises.iter().map(|version| version.as_str()).collect();
        if old == new {
            ui.text(format!("{new} now revises {}", parents.join(", ")));
        } else {
            ui.text(format!("{old} is now {new}, and revises {}", parents.join(", ")));
        }
        documents.push(json!({ "plugin": found.revision.owner, "from": old, "to": new, "revises": parents }));
    }
    if ui.format == Format::Json {
        ui.json("rebase", json!({ "moved": Value::Array(documents) }));
    }
    Ok(Outcome::Clean)
}
