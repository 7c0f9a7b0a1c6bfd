//! `autogen adopt`: from a live database to definitions, a frozen baseline, and a database that knows it.

mod existing;
mod select;
mod setup;
mod source;

use std::path::Path;

use autogen::database::Database;
use autogen::error::{Diagnostic, Result};
use autogen::history::{Revision, applied, stamp, write};
use autogen::introspect::introspect;
use autogen::model::{Schema, Table, TableName};
use autogen_codegen::source::Form;
use serde_json::json;
use similar::TextDiff;

use self::select::{Selection, selections};
use self::source::Edits;
use super::generate::{planned, written};
use crate::Outcome;
use crate::args::{Adopt, Format, Generate, Global};
use crate::ui::Ui;
use crate::work::{Models, Work};
use crate::works::Works;

pub(crate) fn run(global: &Global, args: &Adopt, ui: &Ui) -> Result<Outcome> {
    let work = Work::load(global)?;
    let mut live = work.live(false)?;
    let works = Works::load(global, ui)?;
    let here = works.here.iter().position(|found| found.dialect == work.dialect).unwrap_or_default();
    let models = works.models(ui)?.swap_remove(here);
    if args.existing {
        return existing::run(&work, &models, args, ui);
    }
    let schema = introspect(&mut live)?;
    let selected = selections(&work, args, &schema, &models)?;
    let form = if args.stock { Form::Stock } else { Form::Autogen };
    let edits = source::edits(&work, &selected, &schema, &mut live, form)?;

    // The chain is compared with the definitions as they will be, before anything is written.
    let owners: Vec<String> = selected.iter().map(|selection| selection.owner.name.clone()).collect();
    let tables: Vec<TableName> = selected.iter().flat_map(|selection| &selection.tables).cloned().collect();
    let setup = setup::revision(&work, &mut live, &tables, ui)?;
    let mut works = works.edited(edits.texts.clone(), &owners);
    if let Some(setup) = &setup {
        works.here[here].stand_on(setup)?;
    }
    let mut models = works.models(ui)?;
    // What definitions leave unsaid, a fresh database shall have all the same.
    for table in edits.new.iter().filter_map(|table| schema.tables.get(table)) {
        take(&mut models[here].schema, table.clone());
    }
    // A stock definition names a type and says none of its values.
    let types = edits.types.iter().filter_map(|name| schema.enums.get(name)).filter(|_| args.stock);
    models[here].schema.enums.extend(types.map(|found| (found.name.clone(), found.clone())));
    let options = Generate { allow: args.allow.clone(), ..Generate::default() };
    let revisions = planned(&works, &models, &options, ui)?;
    show(&edits, &work, args.dry_run, ui);
    if !args.dry_run {
        edits.write()?;
        if let Some(setup) = &setup {
            write(std::slice::from_ref(setup))?;
            ui.text(format!("  wrote {}/{{up.sql,down.sql,metadata.toml}}", shown(&setup.dir(), &work)));
        }
    }
    let documents = written(&revisions, args.dry_run, ui)?;

    let mut marked = Vec::new();
    let mut outcome = Outcome::Clean;
    if !args.dry_run {
        let work = Work::load(global)?;
        for owner in &owners {
            match marks(&work, owner, &mut live, &models[here], ui)? {
                Some(revisions) => marked.extend(revisions),
                None => outcome = Outcome::Findings,
            }
        }
    }
    if ui.format == Format::Json {
        ui.json(
            "adopt",
            json!({
                "types": names(&edits.types),
                "defined": names(&edits.new),
                "changed": names(&edits.changed),
                "unsaid": edits.unsaid,
                "files": edits.texts.keys().map(|path| shown(path, &work)).collect::<Vec<_>>(),
                "plugins": documents,
                "marked": marked,
            }),
        );
    }
    Ok(outcome)
}

/// Puts a live table in the place of its definition, whose places in source it keeps.
fn take(models: &mut Schema, mut live: Table) {
    if let Some(declared) = models.tables.get(&live.name) {
        live.hints.clone_from(&declared.hints);
        for key in &mut live.foreign_keys {
            let same = declared.foreign_keys.iter().find(|other| other.columns == key.columns);
            key.hints = same.map(|key| key.hints.clone()).unwrap_or_default();
        }
    }
    models.insert(live);
}

/// What becomes of the source, and what can't be said there.
fn show(edits: &Edits, work: &Work, dry_run: bool, ui: &Ui) {
    for name in &edits.types {
        ui.text(format!("  + defines type {name}"));
    }
    for (what, tables) in [("+ defines", &edits.new), ("~ changes", &edits.changed)] {
        for table in tables {
            ui.text(format!("  {what} {table}"));
        }
    }
    for (path, text) in &edits.texts {
        let shown = shown(path, work);
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
        .map(|sentence| Diagnostic::warning("not-in-definitions", format!("no definition can say: {sentence}")))
        .collect();
    ui.diagnostics(&unsaid);
}

/// Marks an owner's chain as applied if, and only if, all its tables are in the database as they are
/// defined. `None` when they aren't.
fn marks(work: &Work, owner: &str, live: &mut Database, models: &Models, ui: &Ui) -> Result<Option<Vec<String>>> {
    let there = applied(live)?;
    let chain: Vec<&Revision> = work.history.of(owner).collect();
    let mut pending = work.history.with_ancestors(&chain);
    pending.retain(|revision| !there.contains(&revision.version));
    if pending.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let comparison = work.compare(owner, &work.both(live, models)?, models, &work.replayed()?.makers);
    if !comparison.changes.is_empty() {
        ui.text(format!("{owner}: not marked as applied, for the database differs from the definitions"));
        ui.changes(&comparison.changes);
        return Ok(None);
    }
    let setup = setup::made_already(work, &pending, &there, live)?;
    let is_setup = |revision: &Revision| setup.iter().any(|made| made.version == revision.version);
    let foreign: Vec<String> = pending
        .iter()
        .filter(|revision| revision.owner != owner && !is_setup(revision))
        .map(ToString::to_string)
        .collect();
    if !foreign.is_empty() {
        ui.text(format!(
            "{owner}: not marked as applied, for it stands on what the database has not applied: {}",
            foreign.join(", ")
        ));
        return Ok(None);
    }
    let is_known = |revision: &&&Revision| pending.iter().any(|known| known.version == revision.version);
    let others: Vec<&Revision> = setup.iter().filter(|revision| !is_known(revision)).copied().collect();
    pending.splice(0..0, others);
    stamp(live, &pending, &[], &[])?;
    let names: Vec<String> = pending.iter().map(|revision| revision.name.clone()).collect();
    ui.text(format!("{owner}: marked as applied: {}", names.join(", ")));
    Ok(Some(names))
}

fn names(tables: &[TableName]) -> Vec<String> {
    tables.iter().map(ToString::to_string).collect()
}

fn shown(path: &Path, work: &Work) -> String {
    let path = path.strip_prefix(&work.host.root).unwrap_or(path);
    path.display().to_string()
}
