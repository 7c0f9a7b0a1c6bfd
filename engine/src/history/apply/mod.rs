//! Applying and reverting revisions, and what a database records about it.
//!
//! Applied revisions are recorded in Diesel's own table, so that Diesel's programs and this one agree. The
//! [ledger](super::ledger()) beside it records everything else. One implementation serves every connection: see
//! [`Link`].

mod dangling;
mod event;
mod failure;
mod lost;
mod mysql;
mod next;
mod notes;
mod postgres;
mod review;
mod rows;
mod runner;
mod script;
mod session;
mod sqlite;
mod steps;
mod temporary;
mod together;
mod turn;
mod undo;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};

use super::direction::Direction;
use super::fence::Owners;
use super::ledger::{self, Entry, applied};
use super::order::{check_half_done, pending};
use super::{CORE, History, Revision, Version};
use crate::dialect::Dialect;
use crate::error::{Code, Diagnostic, Error, Result};
use crate::link::{Link, Step};

use event::Outcome;
use failure::{Why, empty, failed};
use mysql::Mysql;
use postgres::Postgres;
use sqlite::Sqlite;
use together::apply_together;
use waiting::Waiting;

pub use event::Event;
pub use notes::fingerprint;
pub(super) use review::keep_to_their_own;
pub(super) use review::strays_after;
pub use review::{pending_trespasses, trespasses};
pub(super) use script::Script;
pub use undo::Undo;

/// Applies the wanted revisions, each after everything that it depends on, and skips those that are already
/// applied. Returns what this call has applied, in order.
///
/// Each revision is applied together with its mark in Diesel's table or not at all, and by one program only,
/// however many start at once. The exceptions are revisions that can't run in a transaction (`run_in_transaction
/// = false`, not written by this program): they run exactly as Diesel runs them.
///
/// # Errors
/// Before anything changes: `two-heads`, `unknown-dependency`, `out-of-order`, `stale-reference`, `can't-query`, and
/// `half-done` if the chain would continue from a revision that stopped halfway and whose folder is gone.
///
/// While applying: `migration-failed`, `rows-in-the-way`, `empty-migration`, `database-busy`, `statement-timeout`
/// or `not-allowed`. What was applied before then stays, and a note lists it.
///
/// `changes-anothers-table` can come before, if a plugin's revision says so, and also while a plugin's revision
/// is applied in a transaction, which is then rolled back.
pub fn upgrade(
    link: &mut dyn Link,
    history: &History,
    wanted: &[&Revision],
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<Version>> {
    let there = applied(link)?;
    let pending = pending(history, wanted, &there, link.dialect())?;
    no_transaction(link)?;
    // What most programs find at their start.
    if pending.is_empty() {
        return Ok(Vec::new());
    }
    check_half_done(history, &pending, &there, &ledger::ledger(link)?, false)?;
    let (mut owners, entries) = owners(link, history, &pending, &there)?;
    keep_to_their_own(link, &owners, (&there, &entries), (&pending, Direction::Up))?;
    run_all(link, &pending, &mut Way::up(), Some(&mut owners), progress)
}

/// Reverts the given revisions, the last one first, and skips those that aren't applied. Returns what this call
/// has reverted, in order. [`to_revert`](super::to_revert) finds the revisions that a user's text means.
///
/// # Errors
/// Before anything changes: `has-dependents` if an applied revision that stays depends on one of them, `no-down`
/// if one has no down.sql or an empty one, `half-done` below a revision that stopped halfway and whose folder is
/// gone, `can't-query`.
///
/// While reverting: `migration-failed`, `database-busy`, `statement-timeout` or `not-allowed`. What was reverted
/// before then stays reverted, and a note lists it. `can't-undo` for a revision that has run in part; see
/// [`downgrade_undoing`].
pub fn downgrade(
    link: &mut dyn Link,
    history: &History,
    unwanted: &[&Revision],
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<Version>> {
    let mut undo = |revision: &Revision, ran: usize| {
        let message = format!(
            "{revision} stopped after statement {ran}, and only the program `autogen` can work out how to undo that"
        );
        Err(Error::new(Code::CantUndo, message)
            .help("undo it by the program `autogen downgrade`, or upgrade again, which goes on there"))
    };
    downgrade_undoing(link, history, unwanted, &mut undo, progress)
}

/// Reverts revisions as [`downgrade`] does, and also takes back exactly what has run of revisions that
/// stopped halfway ([`half_run`]). `undo` makes the script for those.
///
/// # Errors
/// Those of [`downgrade`], and those of `undo`.
pub fn downgrade_undoing(
    link: &mut dyn Link,
    history: &History,
    unwanted: &[&Revision],
    undo: &mut Undo<'_>,
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<Version>> {
    let half = half_run(link, history)?;
    let mut there = applied(link)?;
    there.extend(half.iter().cloned());
    let goes = going(history, unwanted, &there, &half)?;
    if !goes.is_empty() {
        check_half_done(history, &goes, &there, &ledger::ledger(link)?, link.dialect() == Dialect::Postgres)?;
    }
    no_transaction(link)?;
    let (mut owners, entries) = owners(link, history, &goes, &there)?;
    there.retain(|version| !half.contains(version));
    keep_to_their_own(link, &owners, (&there, &entries), (&goes, Direction::Down))?;
    let mut way = Way { direction: Direction::Down, half: &half, undo: Some(undo) };
    run_all(link, &goes, &mut way, Some(&mut owners), progress)
}

/// Returns the revisions that have run in part and aren't applied, on databases where no transaction rolled them
/// back. [`downgrade_undoing`] takes them back, or another [`upgrade`] finishes them.
///
/// # Errors
/// `can't-query` if the database refuses.
pub fn half_run(link: &mut dyn Link, history: &History) -> Result<BTreeSet<Version>> {
    match link.dialect() {
        // Their own transactions have rolled it back.
        Dialect::Sqlite | Dialect::Postgres => return Ok(BTreeSet::new()),
        Dialect::Mysql => {}
    }
    let there = applied(link)?;
    let entries = ledger::ledger(link)?.into_values();
    let half = entries.filter(|entry| entry.state.is_half_applied());
    let versions = half.map(|entry| entry.version);
    Ok(versions.filter(|version| !there.contains(version) && history.get(version).is_some()).collect())
}

/// Returns what is to be reverted of these, the last one first. `there` is what is applied, and what has run in part,
/// which `half` names.
///
/// # Errors
/// `has-dependents` and `no-down`, as [`downgrade`].
pub fn going<'a>(
    history: &'a History,
    unwanted: &[&Revision],
    there: &BTreeSet<Version>,
    half: &BTreeSet<Version>,
) -> Result<Vec<&'a Revision>> {
    let unwanted: BTreeSet<_> = unwanted.iter().map(|revision| &revision.version).collect();
    let in_question = history.revisions().iter().rev().filter(|revision| there.contains(&revision.version));
    let goes: Vec<_> = in_question.filter(|revision| unwanted.contains(&revision.version)).collect();

    let mut stays = history.with_descendants(&goes);
    stays.retain(|revision| there.contains(&revision.version) && !unwanted.contains(&revision.version));
    if !stays.is_empty() {
        let names = stays.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        return Err(Error::new(Code::HasDependents, format!("applied revisions need what would be reverted: {names}"))
            .help("revert those first; `autogen downgrade --cascade` takes them along"));
    }
    for revision in goes.iter().filter(|revision| !half.contains(&revision.version)) {
        if revision.down.as_ref().is_none_or(|down| down.trim().is_empty()) {
            let what = if revision.down.is_some() { "its down.sql is empty" } else { "it has no down.sql" };
            return Err(Error::new(Code::NoDown, format!("{revision} can't be reverted: {what}"))
                .help(format!("write `{}`; a comment alone says that nothing needs undoing", down_path(revision))));
        }
    }
    Ok(goes)
}

/// Reads the ledger and determines the owner of every table. The ledger isn't read if only the host's own
/// revisions are to run.
fn owners(
    link: &mut dyn Link,
    history: &History,
    revisions: &[&Revision],
    applied: &BTreeSet<Version>,
) -> Result<(Owners, BTreeMap<Version, Entry>)> {
    let is_plugins = revisions.iter().any(|revision| revision.owner != CORE);
    let entries = if is_plugins { super::ledger(link)? } else { BTreeMap::new() };
    Ok((Owners::new(history, link.dialect(), applied, &entries), entries))
}

/// Applies one revision that a scratch database doesn't have yet, where nobody reads the ledger.
pub fn apply(link: &mut dyn Link, revision: &Revision) -> Result<()> {
    run_all(link, &[revision], &mut Way::up(), None, &mut |_| {}).map(drop)
}

/// Reverts one revision on a scratch database.
pub fn revert(link: &mut dyn Link, revision: &Revision) -> Result<()> {
    let mut way = Way { direction: Direction::Down, ..Way::up() };
    run_all(link, &[revision], &mut way, None, &mut |_| {}).map(drop)
}

/// Checks that no transaction is open. A revision is applied as a whole or not at all, and an outer
/// transaction could undo it later.
fn no_transaction(link: &mut dyn Link) -> Result<()> {
    if !link.is_in_transaction() {
        return Ok(());
    }
    Err(Error::new(
        Code::InTransaction,
        "migrations can't be run inside a transaction, and the connection has one open",
    )
    .help("run them before it begins, or on another connection"))
}

/// The way that revisions take.
struct Way<'a, 'u> {
    direction: Direction,
    /// Revisions that have run in part, and are reverted from there.
    half: &'a BTreeSet<Version>,
    undo: Option<&'a mut Undo<'u>>,
}

impl Way<'_, '_> {
    fn up() -> Self {
        const NONE: &BTreeSet<Version> = &BTreeSet::new();
        Self { direction: Direction::Up, half: NONE, undo: None }
    }
}

fn run_all(
    link: &mut dyn Link,
    revisions: &[&Revision],
    way: &mut Way<'_, '_>,
    mut owners: Option<&mut Owners>,
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<Version>> {
    let mut done: Vec<&Revision> = Vec::new();
    let direction = way.direction;
    let mut rest = revisions;
    // Those that were begun together, in vain.
    let mut told = 0;
    while let Some((revision, later)) = rest.split_first() {
        let number = revisions.len() - rest.len() + 1;
        link.note(Step::Revision { name: &revision.to_string(), number, of: revisions.len() });
        if let (Direction::Up, 0, Some(owners)) = (direction, told, owners.as_deref_mut()) {
            let outcomes = apply_together(link, (revisions, number - 1), owners, &mut told, progress)
                .map_err(|(running, failure)| after(failed(rest[running], direction, failure), direction, &done))?;
            if !outcomes.is_empty() {
                let (ran, later) = rest.split_at(outcomes.len());
                ran.iter().zip(outcomes).for_each(|(revision, outcome)| note(revision, outcome, &mut done, progress));
                (rest, told) = (later, 0);
                continue;
            }
        }
        let is_told = told > 0;
        told = told.saturating_sub(1);
        let undo = way.undo.as_deref_mut().filter(|_| way.half.contains(&revision.version));
        match direction {
            Direction::Up if is_told => {}
            Direction::Up => progress(Event::Applying(revision)),
            Direction::Down if undo.is_none() => progress(Event::Reverting(revision)),
            Direction::Down | Direction::Undo => progress(Event::Undoing(revision)),
        }
        let undone = undo.and_then(|undo| {
            let up = Script::new(revision, Direction::Up, link.dialect(), owners.as_deref());
            undo_one(link, &up, undo, &mut *progress).transpose()
        });
        let ran = undone.unwrap_or_else(|| run_one(link, revision, direction, owners.as_deref(), progress));
        match ran {
            Ok(outcome) => {
                if let Some(owners) = owners.as_deref_mut() {
                    match direction {
                        Direction::Up => owners.note(revision),
                        Direction::Down | Direction::Undo => owners.forget(revision),
                    }
                }
                note(revision, outcome, &mut done, progress);
            }
            Err(error) => return Err(after(error, direction, &done)),
        }
        rest = later;
    }
    Ok(done.into_iter().map(|revision| revision.version.clone()).collect())
}

/// Notes what came of running a revision.
fn note<'r>(
    revision: &'r Revision,
    outcome: Outcome,
    done: &mut Vec<&'r Revision>,
    progress: &mut dyn FnMut(Event<'_>),
) {
    match outcome {
        Outcome::Done => done.push(revision),
        Outcome::Overtaken => progress(Event::Overtaken(revision)),
    }
}

/// Lists revisions by name. Of many, only the last are named.
fn listed(revisions: &[&Revision]) -> String {
    const SHOWN: usize = 5;
    match revisions {
        [others @ .., last] if others.len() >= SHOWN => format!("{} others and {last}", others.len()),
        _ => revisions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// Adds to an error what was done before it.
fn after(mut error: Error, direction: Direction, done: &[&Revision]) -> Error {
    if !done.is_empty() {
        let message = format!("{} before it, and staying so: {}", direction.done(), listed(done));
        error.diagnostics.push(Diagnostic::note(Code::DoneBefore, message));
    }
    error
}

/// Runs one revision's script in the given direction. With `owners`, it also keeps the ledger and watches the
/// tables of others.
fn run_one(
    link: &mut dyn Link,
    revision: &Revision,
    direction: Direction,
    owners: Option<&Owners>,
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<Outcome> {
    // Diesel refuses such a file, and nobody writes one on purpose.
    if direction.sql(revision).is_empty() {
        return Err(empty(revision, direction));
    }
    let script = Script::new(revision, direction, link.dialect(), owners);
    let mut waiting = Waiting::new(revision, progress);
    let outcome = ledger::patiently(link, |link| match link.dialect() {
        Dialect::Sqlite => steps::run(&Sqlite, link, &script, &mut waiting),
        Dialect::Postgres => steps::run(&Postgres, link, &script, &mut waiting),
        Dialect::Mysql => steps::run(&Mysql, link, &script, &mut waiting),
    });
    // A takeover by another program is certain, and explains why the session was ended.
    outcome.map_err(|failure| match failure.why == Why::Script && lost::is_lost(link) {
        true => lost::lost(link, revision, direction, failure),
        false => failed(revision, direction, failure),
    })
}

/// Takes back what has run of a revision that stopped halfway.
fn undo_one(
    link: &mut dyn Link,
    up: &Script<'_>,
    undo: &mut Undo<'_>,
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<Option<Outcome>> {
    let mut waiting = Waiting::new(up.revision, progress);
    match link.dialect() {
        Dialect::Sqlite => undo::run(&Sqlite, link, up, undo, &mut waiting),
        Dialect::Postgres => undo::run(&Postgres, link, up, undo, &mut waiting),
        Dialect::Mysql => undo::run(&Mysql, link, up, undo, &mut waiting),
    }
}

fn down_path(revision: &Revision) -> String {
    revision.dir.join(Direction::Down.file_name()).display().to_string()
}
