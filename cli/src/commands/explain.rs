//! `autogen explain`: how a table, a column or a rule is declared and how the database has it, and why the
//! two are one or aren't.

use autogen_engine::error::Result;
use autogen_engine::model::Place;
use autogen_workspace::{Explained, Verdict, Workspace, Workspaces};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Explain, Format, Global};
use crate::ui::Ui;

pub(crate) fn run(global: &Global, args: &Explain, ui: &Ui) -> Result<Outcome> {
    let workspace = Workspace::open(&global.options())?;
    let workspaces = Workspaces::open(&global.options(), ui)?;
    let here = workspaces.here.iter().position(|found| found.dialect == workspace.dialect).unwrap_or_default();
    let models = workspaces.models(ui)?.swap_remove(here);
    let parts = workspace.explain(&models, &args.subject)?;
    show(&args.subject, &workspace, &parts, ui);
    let differs = parts.iter().any(|part| part.verdict == Verdict::Different);
    Ok(if differs { Outcome::Findings } else { Outcome::Clean })
}

fn show(subject: &str, workspace: &Workspace, parts: &[Explained], ui: &Ui) {
    let other = if workspace.url.is_some() { "live" } else { "chain" };
    let place = |place: &Place| format!("{}:{}:{}", ui.paths.relative(&place.file).display(), place.line, place.column);
    ui.text(subject);
    for part in parts {
        let at = part.place.as_ref().map(|at| format!("  ({})", place(at))).unwrap_or_default();
        ui.text(format!("  {}{at}", part.name));
        for (side, stated, canonical) in
            [("declared", &part.stated.to, &part.canonical.to), (other, &part.stated.from, &part.canonical.from)]
        {
            ui.text(format!("    {side:<9} {}", stated.as_deref().unwrap_or("none")));
            if let Some(canonical) = canonical.as_ref().filter(|canonical| Some(*canonical) != stated.as_ref()) {
                ui.text(format!("    {:<9} {canonical}", "  as"));
            }
        }
        ui.text(format!("    {}: {}", part.verdict.name(), part.why));
    }
    if ui.format == Format::Json {
        let parts: Vec<Value> = parts
            .iter()
            .map(|part| {
                let place = part.place.as_ref().map(|place| {
                    json!({ "file": ui.paths.relative(&place.file).display().to_string(), "line": place.line, "column": place.column })
                });
                json!({
                    "part": part.name,
                    "place": place,
                    "declared": { "stated": part.stated.to, "compared": part.canonical.to },
                    other: { "stated": part.stated.from, "compared": part.canonical.from },
                    "verdict": part.verdict.name(),
                    "why": part.why,
                })
            })
            .collect();
        ui.json("explain", json!({ "subject": subject, "dialect": workspace.dialect.name(), "parts": parts }));
    }
}
