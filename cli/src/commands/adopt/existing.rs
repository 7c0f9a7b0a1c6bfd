//! `autogen adopt --existing`: sites whose tables were made without the chain.

use std::path::PathBuf;
use std::slice;

use autogen_engine::database::Database;
use autogen_engine::error::Result;
use autogen_engine::history::write;
use autogen_workspace::{Models, Nearest, Workspace, Workspaces};
use serde_json::{Value, json};

use crate::Outcome;
use crate::args::{Adopt, Format, allowed};
use crate::document;
use crate::ui::Ui;
use crate::words::counted;

pub(super) fn run(workspaces: &Workspaces, workspace: &Workspace, args: &Adopt, ui: &Ui) -> Result<Outcome> {
    let here = workspaces.here.iter().position(|found| found.dialect == workspace.dialect).unwrap_or_default();
    let models = workspaces.models(ui)?.swap_remove(here);
    let owner = &workspace.one_selected("adopt --existing")?.name;
    let mut live = workspace.live(false)?;
    let Some(nearest) = workspace.nearest_state(owner, &models, &mut live)? else {
        ui.text(format!("{owner}: the whole chain is marked as applied already"));
        if ui.format == Format::Json {
            ui.json("adopt", json!({ "plugin": owner, "marked": [], "tables": [], "changes": [], "written": null }));
        }
        return Ok(Outcome::Clean);
    };
    show(owner, &nearest, ui);
    let (mut marked, mut folder) = (Vec::new(), None);
    let is_clean = nearest.changes.is_empty();
    if is_clean {
        let foreign = nearest.foreign();
        if !foreign.is_empty() {
            let foreign = foreign.join(", ");
            ui.text(format!("not marked: the chain depends on revisions that the database has not applied: {foreign}"));
            return Ok(Outcome::Findings);
        }
        if !args.dry_run {
            nearest.mark(&mut live)?;
        }
        marked.extend(nearest.unmarked.iter().map(|revision| revision.name.clone()));
        ui.text(match (marked.as_slice(), args.dry_run) {
            ([], _) => "marked already; `autogen upgrade` applies what comes after it".to_owned(),
            (_, true) => format!("would mark as applied: {}", marked.join(", ")),
            (_, false) => format!("marked as applied: {}", marked.join(", ")),
        });
    } else {
        ui.changes(&nearest.changes);
        folder = Some(script(&nearest, &models, &mut live, args, ui)?);
    }
    if ui.format == Format::Json {
        let tables: Vec<Value> = nearest
            .tables()
            .iter()
            .map(|(table, differences)| json!({ "table": table, "differences": differences }))
            .collect();
        ui.json(
            "adopt",
            json!({
                "plugin": owner,
                "tables": tables,
                "changes": document::changes(&nearest.changes),
                "marked": marked,
                "written": folder.map(|folder| folder.display().to_string()),
            }),
        );
    }
    Ok(if is_clean { Outcome::Clean } else { Outcome::Findings })
}

fn show(owner: &str, nearest: &Nearest<'_>, ui: &Ui) {
    let reached = nearest.revisions.last().map(ToString::to_string).unwrap_or_default();
    ui.text(format!("{owner}: compared with the chain up to {reached}"));
    for (table, differences) in nearest.tables() {
        ui.text(match differences {
            0 => format!("  = {table}"),
            number => format!("  ~ {table}: {}", counted(number, "difference")),
        });
    }
}

/// Writes the script that brings the site to a state, and returns its folder.
fn script(nearest: &Nearest<'_>, models: &Models, live: &mut Database, args: &Adopt, ui: &Ui) -> Result<PathBuf> {
    let script = nearest.script(models, live, &allowed(&args.allow), args.output.clone())?;
    let folder = script.revision.dir();
    if args.dry_run {
        ui.text(format!("would write {}\n{}", folder.display(), script.revision.files.up.trim_end()));
        return Ok(folder);
    }
    write(slice::from_ref(&script.revision))?;
    for line in &script.proven {
        ui.text(format!("  proven: {line}"));
    }
    ui.text(format!("wrote {}/up.sql: run it on this database, then the same command again", folder.display()));
    Ok(folder)
}
