//! `autogen stamp`: marks revisions as applied, or as not, without running them.

use std::collections::BTreeSet;

use autogen::database::Database;
use autogen::diff::diff;
use autogen::error::{Error, Result};
use autogen::history::{Point, Revision, applied, made_by, point, stamp, unstamp};
use autogen::introspect::introspect;
use autogen::model::{Change, Pair, TableName};
use autogen::normalize::comparable;
use autogen::scratch::replay_only;
use serde_json::json;

use crate::Outcome;
use crate::args::{Format, Global, Stamp};
use crate::document;
use crate::ui::Ui;
use crate::work::Work;

/// What is to be marked, and how.
struct Marks<'a> {
    /// Whose chains they are about.
    owners: BTreeSet<&'a str>,
    /// All that counts as applied afterwards.
    after: Vec<&'a Revision>,
    /// Not applied so far.
    new: Vec<&'a Revision>,
    /// Applied so far.
    gone: Vec<&'a Revision>,
}

pub(crate) fn run(global: &Global, args: &Stamp, ui: &Ui) -> Result<Outcome> {
    let work = Work::load(global)?;
    let mut database = work.live(true)?;
    let marks = marks(&work, args, &mut database)?;
    let is_any = !marks.new.is_empty() || !marks.gone.is_empty();
    if is_any && !args.force {
        let changes = differences(&work, &marks, &mut database)?;
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
    stamp(&mut database, &marks.new)?;
    unstamp(&mut database, &marks.gone)?;
    for revision in &marks.new {
        ui.text(format!("marked as applied: {revision}"));
    }
    for revision in &marks.gone {
        ui.text(format!("marked as not applied: {revision}"));
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

/// Chains are marked up to the places named, and no further.
fn marks<'a>(work: &'a Work, args: &Stamp, database: &mut Database) -> Result<Marks<'a>> {
    let history = &work.history;
    let (mut owners, mut goal) = (BTreeSet::new(), Vec::new());
    for text in &args.revisions {
        match point(history, work.only(), text)? {
            Point::Base(Some(owner)) => {
                owners.insert(owner);
            }
            Point::Base(None) => owners.extend(history.owners().filter(|owner| work.is_selected(owner))),
            Point::At(found) => {
                let several = found.len() > 1;
                let found = found.into_iter().filter(|revision| !several || work.is_selected(&revision.owner));
                goal.extend(found);
            }
        }
    }
    owners.extend(goal.iter().map(|revision| revision.owner.as_str()));
    let there = applied(database)?;
    let kept = history.with_ancestors(&goal);
    let is_kept = |revision: &Revision| kept.iter().any(|kept| kept.version == revision.version);
    let is_applied = |revision: &&Revision| there.contains(&revision.version);
    let new: Vec<_> = kept.iter().copied().filter(|revision| !is_applied(revision)).collect();
    let (gone, after): (Vec<_>, Vec<_>) = history
        .revisions()
        .iter()
        .filter(|revision| is_applied(revision) || is_kept(revision))
        .partition(|revision| owners.contains(revision.owner.as_str()) && !is_kept(revision));
    let needing = history.with_descendants(&gone);
    let needing: Vec<_> =
        needing.into_iter().filter(|revision| after.contains(revision)).map(ToString::to_string).collect();
    if !needing.is_empty() {
        let message = format!("applied revisions need what would be marked as not applied: {}", needing.join(", "));
        return Err(Error::new("has-dependents", message).help("name their chains' places too, such as `usb@base`"));
    }
    // What stands beneath is marked with them.
    owners.extend(new.iter().map(|revision| revision.owner.as_str()));
    Ok(Marks { owners, after, new, gone })
}

/// What would make the tables that the marks are about what they would be marked as.
fn differences(work: &Work, marks: &Marks<'_>, database: &mut Database) -> Result<Vec<Change>> {
    let mut replayed = replay_only(&work.history, &marks.after, &work.scratch_server()?)?;
    let pair = Pair::new(introspect(database)?, introspect(&mut replayed.database)?);
    let both = comparable(pair, &mut replayed.database)?;
    let mut gone: BTreeSet<TableName> =
        marks.gone.iter().flat_map(|revision| made_by(work.dialect, revision)).collect();
    gone.retain(|table| !replayed.makers.contains_key(table));
    let is_meant = |table: &TableName| {
        let maker = replayed.makers.get(table);
        maker.is_some_and(|maker| marks.owners.contains(maker.as_str())) || gone.contains(table)
    };
    Ok(diff(&Pair::new(both.from.restricted(is_meant), both.to.restricted(is_meant)), work.dialect))
}
