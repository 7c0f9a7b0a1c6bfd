//! `autogen adopt`: from a live database to definitions, a frozen baseline, and a database that knows it.

mod existing;

use std::path::Path;

use autogen_engine::error::{Code, Diagnostic, Result};
use autogen_engine::host::CORE;
use autogen_engine::model::TableName;
use autogen_workspace::{AdoptOptions, Edits, Observer as _, OwnerMark, Setup, Workspace, Workspaces};
use serde_json::json;
use similar::TextDiff;

use super::generate::written;
use crate::Outcome;
use crate::args::{Adopt, Format, Global, allowed};
use crate::ui::Ui;

pub(crate) fn run(global: &Global, args: &Adopt, ui: &Ui) -> Result<Outcome> {
    let options = global.options();
    let workspace = Workspace::open(&options)?;
    let mut live = workspace.live(false)?;
    let workspaces = Workspaces::open(&options, ui)?;
    if args.existing {
        return existing::run(&workspaces, &workspace, args, ui);
    }
    let wanted = AdoptOptions {
        tables: args.tables.clone(),
        mapping: args.mapping.clone(),
        stock: args.stock,
        allowed_hazards: allowed(&args.allow),
    };
    let adoption = workspaces.adopt(&workspace, &mut live, &wanted, ui)?;
    let revisions = adoption.revisions(ui)?;
    let edits = &adoption.edits;
    adoption.setup.iter().for_each(|setup| show_setup(setup, ui));
    show(edits, &workspace, args.dry_run, ui);
    if !args.dry_run {
        adoption.write()?;
        if let Some(Setup { revision, .. }) = &adoption.setup {
            ui.wrote(revision, true);
        }
    }
    let documents = written(&revisions, args.dry_run, ui)?;
    let marks = if args.dry_run { Vec::new() } else { adoption.mark(&options, &mut live)? };
    let is_whole = marks.iter().all(|(_, mark)| matches!(mark, OwnerMark::Marked(_)));
    let marked = show_marks(marks, ui);
    if ui.format == Format::Json {
        ui.json(
            "adopt",
            json!({
                "types": names(&edits.types),
                "defined": names(&edits.new),
                "changed": names(&edits.changed),
                "unsaid": edits.unsaid,
                "files": edits.texts.keys().map(|path| shown(path, &workspace)).collect::<Vec<_>>(),
                "plugins": documents,
                "marked": marked,
            }),
        );
    }
    Ok(if is_whole { Outcome::Clean } else { Outcome::Findings })
}

fn show_setup(setup: &Setup, ui: &Ui) {
    ui.text(format!("{CORE}: setup"));
    setup.makes.iter().for_each(|what| ui.text(format!("  + {what}")));
}

/// Prints what changes in the source, and what can't be stated there.
fn show(edits: &Edits, workspace: &Workspace, dry_run: bool, ui: &Ui) {
    for name in &edits.types {
        ui.text(format!("  + defines type {name}"));
    }
    for (what, tables) in [("+ defines", &edits.new), ("~ changes", &edits.changed)] {
        for table in tables {
            ui.text(format!("  {what} {table}"));
        }
    }
    for (path, text) in &edits.texts {
        let shown = shown(path, workspace);
        if dry_run {
            let old = std::fs::read_to_string(path).unwrap_or_default();
            let diff = TextDiff::from_lines(&old, text);
            if ui.format == Format::Text {
                ui.unified(&diff.unified_diff().header(&shown, &shown).to_string());
            }
        } else {
            ui.text(format!("  wrote {shown}"));
        }
    }
    let unsaid: Vec<Diagnostic> = edits
        .unsaid
        .iter()
        .map(|sentence| Diagnostic::warning(Code::NotInDefinitions, format!("no definition can say: {sentence}")))
        .collect();
    ui.diagnostics(&unsaid);
}

/// Prints the outcome for each chain, and returns the names of the revisions that were marked.
fn show_marks(marks: Vec<(String, OwnerMark)>, ui: &Ui) -> Vec<String> {
    let mut marked = Vec::new();
    for (owner, mark) in marks {
        match mark {
            OwnerMark::Marked(names) => {
                ui.text(format!("{owner}: marked as applied: {}", names.join(", ")));
                marked.extend(names);
            }
            OwnerMark::Differs(changes) => {
                ui.text(format!("{owner}: not marked as applied: the database differs from the definitions"));
                ui.changes(&changes);
            }
            OwnerMark::StandsOn(foreign) => ui.text(format!(
                "{owner}: not marked as applied: it depends on revisions that the database has not applied: {}",
                foreign.join(", ")
            )),
        }
    }
    marked
}

fn names(tables: &[TableName]) -> Vec<String> {
    tables.iter().map(ToString::to_string).collect()
}

fn shown(path: &Path, workspace: &Workspace) -> String {
    let path = path.strip_prefix(&workspace.host.root).unwrap_or(path);
    path.display().to_string()
}
