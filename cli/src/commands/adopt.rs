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
        let (names, is_whole) = marks(&Work::load(global)?, &owners, &mut live, &models[here], ui)?;
        marked = names;
        if !is_whole {
            outcome = Outcome::Findings;
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

/// A chain that could be marked as applied.
struct Mark<'a> {
    owner: &'a str,
    /// What the database has not applied of it, and of what it stands on.
    pending: Vec<&'a Revision>,
    /// What makes no table and is in the database already.
    setup: Vec<&'a Revision>,
}

/// Marks the chains of owners as applied, each if, and only if, all its tables are in the database as they are defined and
/// whatever it stands on is applied or marked with it. Returns the names of the marked revisions, and whether that is all.
fn marks(work: &Work, owners: &[String], live: &mut Database, models: &Models, ui: &Ui) -> Result<(Vec<String>, bool)> {
    let there = applied(live)?;
    let mut ready: Vec<Mark<'_>> = Vec::new();
    let mut is_whole = true;
    for owner in owners {
        let chain: Vec<&Revision> = work.history.of(owner).collect();
        let mut pending = work.history.with_ancestors(&chain);
        pending.retain(|revision| !there.contains(&revision.version));
        if pending.is_empty() {
            continue;
        }
        let comparison = work.compare(owner, &work.both(live, models)?, models, &work.replayed()?.makers);
        if comparison.changes.is_empty() {
            let setup = setup::made_already(work, &pending, &there, live)?;
            ready.push(Mark { owner, pending, setup });
        } else {
            ui.text(format!("{owner}: not marked as applied, for the database differs from the definitions"));
            ui.changes(&comparison.changes);
            is_whole = false;
        }
    }
    // A chain that can't be marked keeps those that stand on it from being marked.
    while let Some((at, foreign)) = ready.iter().enumerate().find_map(|(at, mark)| Some((at, foreign(mark, &ready)?))) {
        let Mark { owner, .. } = ready.remove(at);
        ui.text(format!(
            "{owner}: not marked as applied, for it stands on what the database has not applied: {foreign}"
        ));
        is_whole = false;
    }
    let mut known = there;
    let mut names = Vec::new();
    for Mark { owner, pending, setup } in ready {
        let others = setup.iter().filter(|revision| !pending.iter().any(|other| other.version == revision.version));
        let all = others.chain(&pending).copied();
        let new: Vec<&Revision> = all.filter(|revision| known.insert(revision.version.clone())).collect();
        if !new.is_empty() {
            stamp(live, &new, &[], &[])?;
            let new: Vec<String> = new.iter().map(|revision| revision.name.clone()).collect();
            ui.text(format!("{owner}: marked as applied: {}", new.join(", ")));
            names.extend(new);
        }
    }
    Ok((names, is_whole))
}

/// The revisions that a chain stands on and that are neither in the database nor about to be marked.
fn foreign(mark: &Mark<'_>, ready: &[Mark<'_>]) -> Option<String> {
    let is_known = |revision: &Revision| {
        ready.iter().any(|other| other.owner == revision.owner)
            || mark.setup.iter().any(|made| made.version == revision.version)
    };
    let foreign: Vec<String> =
        mark.pending.iter().filter(|revision| !is_known(revision)).map(ToString::to_string).collect();
    (!foreign.is_empty()).then(|| foreign.join(", "))
}

fn names(tables: &[TableName]) -> Vec<String> {
    tables.iter().map(ToString::to_string).collect()
}

fn shown(path: &Path, work: &Work) -> String {
    let path = path.strip_prefix(&work.host.root).unwrap_or(path);
    path.display().to_string()
}
