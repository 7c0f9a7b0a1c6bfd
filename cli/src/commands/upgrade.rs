//! `autogen upgrade`: applies what is pending to the live database.

use std::collections::BTreeSet;

use autogen::database::Database;
use autogen::error::{Diagnostic, Result};
use autogen::history::{
    History, Revision, Version, applied, is_as_made, ledger, note_as_made, status, to_apply, upgrade, upgrade_script,
};
use autogen::introspect::introspect;
use serde_json::json;

use crate::Outcome;
use crate::args::{Format, Global, Upgrade};
use crate::document;
use crate::ui::Ui;
use crate::words::counted;
use crate::work::Work;

pub(crate) fn run(global: &Global, args: &Upgrade, ui: &Ui) -> Result<Outcome> {
    let work = Work::load(global)?;
    let mut database = match work.live(!args.sql) {
        // A script may well be for a database that isn't there yet, or not here.
        Err(error) if args.sql && ["no-database", "no-database-url"].contains(&error.code()) => None,
        database => Some(database?),
    };
    let there = database.as_mut().map(|database| applied(database)).transpose()?.unwrap_or_default();
    if let Some(database) = &mut database {
        warn_of_edits(database, &work, ui)?;
    }
    let wanted: Vec<&Revision> = match &args.revision {
        Some(revision) => {
            let owners: Vec<&str> = work.history.owners().filter(|owner| work.is_selected(owner)).collect();
            to_apply(&work.history, &owners, revision, &there)?
        }
        None => work.history.revisions().iter().filter(|revision| work.is_selected(&revision.owner)).collect(),
    };
    // A plugin's chain stands on others': what it depends on comes with it.
    let wanted = work.history.with_ancestors(&wanted);
    for (late, newer) in late(&work.history, &wanted, &there) {
        ui.remark(format!("{late} is older than {newer}, which is applied; nothing says that it must come first"));
    }
    let mut database = match database {
        Some(database) if !args.sql => database,
        mut unchanged => {
            let entries = unchanged.as_mut().map(|database| ledger(database)).transpose()?.unwrap_or_default();
            ui.script(&upgrade_script(&work.history, &wanted, &there, &entries, work.dialect)?, "nothing to apply");
            return Ok(Outcome::Clean);
        }
    };
    let was_as_made = wanted.iter().any(|revision| !there.contains(&revision.version)) && known(&mut database, &work)?;
    let done = upgrade(&mut database, &work.history, &wanted, &mut |event| ui.remark(event.to_string()))?;
    if was_as_made {
        let schema = introspect(&mut database)?;
        note_as_made(&mut database, &work.history, &schema)?;
    }
    if done.is_empty() {
        ui.text("nothing to apply");
    } else {
        ui.text(format!("applied {}", counted(done.len(), "revision")));
    }
    if ui.format == Format::Json {
        ui.json("upgrade", json!({ "applied": document::revisions(&done, &work.history) }));
    }
    Ok(Outcome::Clean)
}

/// Warns of applied revisions whose files say something else now: none of that is ever run.
fn warn_of_edits(database: &mut Database, work: &Work, ui: &Ui) -> Result<()> {
    let status = status(database, &work.history)?;
    let edited = status.owners.iter().filter(|owner| work.is_selected(owner.owner)).flat_map(|owner| &owner.edited);
    let warnings: Vec<_> = edited
        .map(|revision| {
            let message = format!("{revision} was edited since the database has applied it");
            Diagnostic::warning("edited-revision", message)
                .help("put the file back and write a new revision, or accept it by `autogen status --repair`")
        })
        .collect();
    ui.diagnostics(&warnings);
    Ok(())
}

/// Whether the database is what its applied revisions make, without replaying them.
fn known(database: &mut Database, work: &Work) -> Result<bool> {
    let schema = introspect(database)?;
    is_as_made(database, &work.history, &schema)
}

/// Pending revisions whose version is earlier than an applied one of the same chain: another branch
/// was there first.
fn late<'a>(
    history: &'a History,
    wanted: &[&'a Revision],
    applied: &BTreeSet<Version>,
) -> Vec<(&'a Revision, &'a Revision)> {
    let pending = wanted.iter().filter(|revision| !applied.contains(&revision.version));
    let late = pending.filter_map(|revision| {
        let newest = history.of(&revision.owner).filter(|found| applied.contains(&found.version));
        let newest = newest.max_by_key(|found| &found.version)?;
        (newest.version > revision.version).then_some((*revision, newest))
    });
    late.collect()
}
