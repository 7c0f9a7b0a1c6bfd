//! `autogen graph`: the chains as a picture.

use autogen_codegen::graph::{dot, mermaid};
use autogen_engine::error::Result;
use autogen_workspace::Workspace;
use serde_json::json;

use crate::Outcome;
use crate::args::{Format, Global, Graph, Picture};
use crate::ui::Ui;

pub(crate) fn run(global: &Global, args: &Graph, ui: &Ui) -> Result<Outcome> {
    let workspace = Workspace::open(&global.options())?;
    let owners: Vec<&str> = workspace.history.owners().filter(|owner| workspace.is_selected(owner)).collect();
    let text = match args.picture {
        Picture::Dot => dot(&workspace.history, &owners),
        Picture::Mermaid => mermaid(&workspace.history, &owners),
    };
    ui.text(text.trim_end());
    if ui.format == Format::Json {
        ui.json("graph", json!({ "text": text }));
    }
    Ok(Outcome::Clean)
}
