//! `autogen stamp`: marks revisions as applied, or as not, without running them.

use std::collections::BTreeSet;

use autogen::database::Database;
use autogen::diff::diff;
use autogen::error::{Error, Result};
use autogen::history::{Marks, Revision, applied, made_by, stamp, to_mark};
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

pub(crate) fn run(global: &Global, args: &Stamp, ui: &Ui) -> Result<Outcome> {
    let work = Work::load(global)?;
    let mut database = work.live(true)?;
    let owners: Vec<_> = work.history.owners().filter(|owner| work.is_selected(owner)).collect();
    let marks = to_mark(&work.history, &owners, &args.revisions, &applied(&mut database)?)?;
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
    stamp(&mut database, &marks.new, &marks.gone)?;
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
