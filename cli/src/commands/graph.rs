//! `autogen graph`: the chains as a picture.

use autogen::error::Result;
use autogen_codegen::graph::{dot, mermaid};
use serde_json::json;

use crate::Outcome;
use crate::args::{Format, Global, Graph, Picture};
use crate::ui::Ui;
use crate::work::Work;

pub(crate) fn run(global: &Global, args: &Graph, ui: &Ui) -> Result<Outcome> {
    let work = Work::load(global)?;
    let owners: Vec<&str> = work.history.owners().filter(|owner| work.is_selected(owner)).collect();
    let text = match args.picture {
        Picture::Dot => dot(&work.history, &owners),
        Picture::Mermaid => mermaid(&work.history, &owners),
    };
    ui.text(text.trim_end());
    if ui.format == Format::Json {
        ui.json("graph", json!({ "text": text }));
    }
    Ok(Outcome::Clean)
}
