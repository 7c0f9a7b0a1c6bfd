//! Looks at plugins' revisions before anything of them runs.

use std::collections::{BTreeMap, BTreeSet};

use super::failure;
use crate::dialect::Dialect;
use crate::error::{Code, Diagnostic, Error, Result};
use crate::history::direction::Direction;
use crate::history::fence::{Owners, Stage};
use crate::history::ledger::{Entry, reading};
use crate::history::{CORE, History, Revision, Version, applied, ledger};
use crate::link::Link;
use crate::link::refused;

/// Returns the plugins' revisions that change what others own, each with the place. Applying them would be
/// refused. On PostgreSQL, what a revision's text doesn't say is found only when it is applied.
///
/// # Errors
/// `can't-query` where SQLite has no memory for an empty database.
pub fn trespasses(history: &History, dialect: Dialect) -> Result<Vec<(&Revision, Diagnostic)>> {
    let all: Vec<_> = history.revisions().iter().collect();
    strays_after(history, dialect, (&BTreeSet::new(), &BTreeMap::new()), (&all, Direction::Up))
}

/// Returns what [`upgrade`](super::upgrade) would refuse on a database: pending revisions of plugins that
/// change what others own. Changes nothing.
///
/// # Errors
/// `can't-query`.
pub fn pending_trespasses(link: &mut dyn Link, history: &History) -> Result<Vec<Diagnostic>> {
    let (applied, ledger) = (applied(link)?, ledger(link)?);
    let owners = Owners::new(history, link.dialect(), &applied, &ledger);
    let pending: Vec<_> = history.revisions().iter().filter(|revision| !applied.contains(&revision.version)).collect();
    if pending.iter().all(|revision| owners.is_free(revision)) {
        return Ok(Vec::new());
    }
    let mut stage = reading(link, |link| Stage::of(link, None)).map_err(unseen)?;
    Ok(strays(owners, &pending, Direction::Up, &mut stage).into_iter().map(|(_, diagnostic)| diagnostic).collect())
}

/// Returns revisions that change what others own, on a database with the given applied revisions and ledger.
pub(in crate::history) fn strays_after<'a>(
    history: &History,
    dialect: Dialect,
    (applied, ledger): (&BTreeSet<Version>, &BTreeMap<Version, Entry>),
    (revisions, direction): (&[&'a Revision], Direction),
) -> Result<Vec<(&'a Revision, Diagnostic)>> {
    if revisions.iter().all(|revision| revision.owner == CORE) {
        return Ok(Vec::new());
    }
    let owners = Owners::new(history, dialect, applied, ledger);
    let there = history.revisions().iter().filter(|revision| applied.contains(&revision.version));
    let mut stage = Stage::after(dialect, there)
        .map_err(|message| unseen(diesel::result::Error::QueryBuilderError(message.into())))?;
    Ok(strays(owners, revisions, direction, &mut stage))
}

fn unseen(cause: diesel::result::Error) -> Error {
    let help = "check that you may read the database's catalog";
    refused(Code::CantQuery, format!("can't read whose tables there are: {cause}"), help, cause)
}

fn strays<'a>(
    mut owners: Owners,
    revisions: &[&'a Revision],
    direction: Direction,
    stage: &mut Stage,
) -> Vec<(&'a Revision, Diagnostic)> {
    let mut found = Vec::new();
    for revision in revisions {
        let first = owners.ran(revision, direction);
        if let Some(stray) = owners.review(revision, direction.sql(revision), first, stage).refused {
            found.push((*revision, failure::trespass(revision, direction, &owners.trespass(stray))));
        }
        match direction {
            Direction::Up => owners.note(revision),
            Direction::Down | Direction::Undo => owners.forget(revision),
        }
    }
    found
}

/// Refuses revisions that change what others own, before anything runs. `applied` and `ledger` are what the
/// owners were determined from. If another program has applied more since then, the tables that it made seem to
/// be nobody's. So each revision is checked again when its turn comes.
pub(in crate::history) fn keep_to_their_own(
    link: &mut dyn Link,
    owners: &Owners,
    (applied, ledger): (&BTreeSet<Version>, &BTreeMap<Version, Entry>),
    (revisions, direction): (&[&Revision], Direction),
) -> Result<()> {
    if revisions.iter().all(|revision| owners.is_free(revision)) {
        return Ok(());
    }
    let mut stage = reading(link, |link| Stage::of(link, None)).map_err(unseen)?;
    let strays = strays(owners.clone(), revisions, direction, &mut stage);
    if !strays.is_empty() && (crate::history::applied(link)? != *applied || crate::history::ledger(link)? != *ledger) {
        return Ok(());
    }
    Error::unless_clean(strays.into_iter().map(|(_, diagnostic)| diagnostic).collect()).map(drop)
}
