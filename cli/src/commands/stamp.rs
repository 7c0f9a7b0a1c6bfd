//! `autogen stamp`: marks revisions as applied, or as not, without running them.

use std::collections::BTreeSet;

use autogen::database::Database;
use autogen::diff::diff;
use autogen::error::{Error, Result};
use autogen::history::{Entry, Marks, Revision, State, applied, ledger, made_by, stamp, to_mark};
use autogen::introspect::introspect;
use autogen::model::{Change, Pair, TableName};
use autogen::scratch::{beside, replay_only};
use serde_json::json;

use crate::Outcome;
use crate::args::{Format, Global, Stamp};
use crate::document;
use crate::ui::Ui;
use crate::work::Work;

pub(crate) fn run(global: &Global, args: &Stamp, ui: &Ui) -> Result<Outcome> {
    let work = Work::load(global)?;
    let mut database = work.live(true)?;
    let owners: Vec<_> = work.history.owners().filter(|owner| work.is_selected(owner)).collect();
    let marks = to_mark(&work.history, &owners, &args.revisions, &applied(&mut database)?)?;
    let half_done = half_done(&work, &marks, &mut database)?;
    let is_any = !marks.new.is_empty() || !marks.gone.is_empty() || !half_done.is_empty();
    if is_any && !args.force {
        let changes = differences(&work, &marks, &half_done, &mut database)?;
        if !changes.is_empty() {
            ui.changes(&changes);
            return Err(Error::new(
                "not-as-marked",
                "the database isn't as it would be marked: the lines above would make it so",
            )
            .help(
                "apply the revisions by `autogen upgrade`, correct the database, or mark it all the same by `--force`",
            ));
        }
    }
    stamp(&mut database, &marks.new, &marks.gone, &half_done)?;
    for revision in &marks.new {
        ui.text(format!("marked as applied: {revision}"));
    }
    for revision in &marks.gone {
        ui.text(format!("marked as not applied: {revision}"));
    }
    for entry in &half_done {
        ui.text(format!("half done no more: {}'s {}", entry.plugin, entry.name));
    }
    if !is_any {
        ui.text("nothing to mark");
    }
    if ui.format == Format::Json {
        let versions =
            |revisions: &[&Revision]| revisions.iter().map(|found| found.version.clone()).collect::<Vec<_>>();
        ui.json(
            "stamp",
            json!({
                "marked": document::revisions(&versions(&marks.new), &work.history),
                "unmarked": document::revisions(&versions(&marks.gone), &work.history),
            }),
        );
    }
    Ok(Outcome::Clean)
}

/// Revisions of the chains in question that are half done, also of chains that are gone.
fn half_done(work: &Work, marks: &Marks<'_>, database: &mut Database) -> Result<Vec<Entry>> {
    let is_meant = |entry: &Entry| {
        let is_gone = !work.is_about_some() && !work.history.owners().any(|owner| owner == entry.plugin);
        entry.state != State::Applied && (marks.owners.contains(entry.plugin.as_str()) || is_gone)
    };
    Ok(ledger(database)?.into_values().filter(is_meant).collect())
}

/// What would make the tables that the marks are about, and those that half a revision has made, what they would be
/// marked as.
fn differences(work: &Work, marks: &Marks<'_>, half_done: &[Entry], database: &mut Database) -> Result<Vec<Change>> {
    let mut replayed = replay_only(&work.history, &marks.after, &work.scratch_server()?)?;
    let made = introspect(&mut replayed.database)?;
    let both = beside(introspect(database)?, made, &mut replayed.database)?;
    let mut gone: BTreeSet<TableName> =
        marks.gone.iter().flat_map(|revision| made_by(work.dialect, revision)).collect();
    gone.extend(half_done.iter().flat_map(|entry| entry.made.iter().cloned()));
    gone.retain(|table| !replayed.makers.contains_key(table));
    let is_meant = |table: &TableName| {
        let maker = replayed.makers.get(table);
        maker.is_some_and(|maker| marks.owners.contains(maker.as_str())) || gone.contains(table)
    };
    Ok(diff(&Pair::new(both.from.restricted(is_meant), both.to.restricted(is_meant)), work.dialect))
}
