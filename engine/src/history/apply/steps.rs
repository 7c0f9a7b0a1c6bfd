//! Running a script statement by statement where no transaction holds it together, so that a program
//! that dies on the way leaves a state from which the next one goes on.
//!
//! Before the first statement the ledger says that the revision is under way and who runs it; with each
//! statement it says how far it has come. How a statement and its note are tied together is the
//! database's leaf's business.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::failure::Why;
use super::lease::Keeper;
use super::script::Script;
use super::{Direction, Event, Failure, Outcome, undo};
use crate::history::ledger::{self, Entry, State};
use crate::link::{Link, transaction};

/// How long a program sleeps before it looks again whether another one has finished.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long it waits before it says so.
const SILENCE: Duration = Duration::from_secs(1);

/// What a database's leaf brings.
pub(super) struct Leaf {
    /// Opens a transaction in which nobody else writes to the ledger.
    pub(super) begin: fn(&mut dyn Link) -> diesel::QueryResult<()>,
    /// A name for this program that no other one has.
    pub(super) holder: fn(&mut dyn Link) -> diesel::QueryResult<String>,
    /// Which other program's turn it is, as far as that can be seen without keeping it from its work.
    pub(super) glance: Glance,
    /// Which other program's turn it is, given what is under way and how long something is known to have been as it is.
    pub(super) other: Asking,
    /// Says that it is this program's turn.
    pub(super) take: fn(&mut dyn Link, &str) -> diesel::QueryResult<()>,
    /// Keeps the turn while a statement runs.
    pub(super) keep: fn(&mut dyn Link, &str) -> Option<Keeper>,
    /// Says that it isn't any more.
    pub(super) give_back: fn(&mut dyn Link, &str) -> diesel::QueryResult<()>,
    /// Runs the statement of an index and notes it.
    pub(super) step: fn(&mut dyn Link, &Script<'_>, &str, usize) -> Result<(), Failure>,
}

type Glance = fn(&mut dyn Link, &str, &dyn Fn(&Other) -> Duration) -> Option<Other>;
type Asking = fn(&mut dyn Link, &str, &[Entry], &dyn Fn(&Other) -> Duration) -> diesel::QueryResult<Option<Other>>;

/// Another program that is at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Other {
    /// Which one, for people; empty where the database can't tell.
    pub(super) who: String,
    /// What changes as it goes on.
    pub(super) state: String,
}

/// What there is to do once it is our turn.
enum Turn {
    /// Nothing: another program has done it.
    Overtaken,
    /// Everything from this statement on.
    From(usize),
    /// First take back what had run of it: another program has begun to.
    Undo,
    /// Wait for another program.
    Wait(Other),
}

/// Runs a script, or what an earlier program has left of it, and marks it.
pub(super) fn run(
    link: &mut dyn Link,
    script: &Script<'_>,
    leaf: &Leaf,
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<Outcome, Failure> {
    if !script.keeps_ledger {
        script.setup(link)?;
        if script.is_done(link)? {
            return Ok(Outcome::Overtaken);
        }
        let ran = script.each(link);
        finish(link, ran).map_err(|failure| Failure { half_done: left_something(script, &failure), ..failure })?;
        script.mark(link)?;
        return Ok(Outcome::Done);
    }
    let holder = (leaf.holder)(link)?;
    let outcome = run_in_turn(link, script, leaf, &holder, progress);
    // What went wrong before is what to tell, and a turn that isn't given back ends by itself.
    let _or_ends = (leaf.give_back)(link, &holder);
    outcome
}

fn run_in_turn(
    link: &mut dyn Link,
    script: &Script<'_>,
    leaf: &Leaf,
    holder: &str,
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<Outcome, Failure> {
    let Some(first) = take_turn(link, script, leaf, holder, progress)? else { return Ok(Outcome::Overtaken) };
    if let Err(failure) = script.review(link, first) {
        if first == 0 {
            held(link, script, leaf, holder, |link| script.never_begun(link))?;
        }
        return Err(failure);
    }
    let _keeper = (leaf.keep)(link, holder);
    let ran = run_from(link, script, leaf, holder, first);
    if let Err(failure) = finish(link, ran) {
        let is_untouched = !left_something(script, &failure) && refuses_whole(script, &failure);
        if is_untouched && held(link, script, leaf, holder, |link| script.never_begun(link)).is_ok() {
            return Err(failure);
        }
        // So that the next program needn't wait to find out that this one has given up.
        let version = &script.revision.version;
        let released = ledger::release(link, version, holder).and_then(|()| ledger::entry(link, version));
        let state = released.ok().flatten().map(|entry| entry.state);
        return Err(Failure { half_done: left_something(script, &failure), left: state, ..failure });
    }
    held(link, script, leaf, holder, |link| script.mark(link))
        .map_err(|failure| Failure { half_done: true, ..failure })?;
    Ok(Outcome::Done)
}

/// Writes to the ledger, as long as it says that it is this program that runs the script.
pub(super) fn held<T>(
    link: &mut dyn Link,
    script: &Script<'_>,
    leaf: &Leaf,
    holder: &str,
    work: impl FnOnce(&mut dyn Link) -> diesel::QueryResult<T>,
) -> Result<T, Failure> {
    transaction(link, leaf.begin, |link| {
        script.stays(link, holder)?;
        Ok(work(link)?)
    })
}

/// Waits until no other program runs this script, and says in the ledger that we do. The statement to
/// begin at, unless there is nothing left to do.
pub(super) fn take_turn(
    link: &mut dyn Link,
    script: &Script<'_>,
    leaf: &Leaf,
    holder: &str,
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<Option<usize>, Failure> {
    let started = Instant::now();
    let mut seen: Option<(Other, Instant)> = None;
    let mut told: Option<String> = None;
    loop {
        let since = |other: &Other| match &seen {
            Some((known, since)) if known == other => since.elapsed(),
            Some(_) | None => Duration::ZERO,
        };
        let turn = match (leaf.glance)(link, holder, &since) {
            Some(_) if script.is_done(link)? => Ok(Turn::Overtaken),
            Some(other) => Ok(Turn::Wait(other)),
            None => transaction(link, leaf.begin, |link| look(link, script, leaf, holder, &since)),
        };
        let turn = match turn {
            // Two nodes of a cluster may both have gone first; one of them comes second.
            Err(failure) if failure.message.contains("eadlock") && started.elapsed() < link.limits().lock => {
                sleep(PATIENCE);
                continue;
            }
            turn => turn?,
        };
        match turn {
            Turn::Overtaken => return Ok(None),
            Turn::From(first) => return Ok(Some(first)),
            Turn::Undo => {
                let _keeper = (leaf.keep)(link, holder);
                undo::resume(link, script, holder)?;
                continue;
            }
            Turn::Wait(_) if started.elapsed() > link.limits().statement => {
                let message = "another program has been running it all the while".to_owned();
                return Err(Failure { why: Why::Busy, ..Failure::new(message) });
            }
            Turn::Wait(other) => {
                if started.elapsed() >= SILENCE && told.as_ref() != Some(&other.who) {
                    progress(Event::Waiting(script.revision, &other.who));
                    told = Some(other.who.clone());
                }
                if seen.as_ref().is_none_or(|(known, _)| *known != other) {
                    seen = Some((other, Instant::now()));
                }
            }
        }
        sleep(PATIENCE);
    }
}

fn look(
    link: &mut dyn Link,
    script: &Script<'_>,
    leaf: &Leaf,
    holder: &str,
    since: &dyn Fn(&Other) -> Duration,
) -> Result<Turn, Failure> {
    script.setup(link)?;
    if script.is_done(link)? {
        return Ok(Turn::Overtaken);
    }
    let version = &script.revision.version;
    let mut entries: Vec<_> = ledger::entries(link)?.into_values().collect();
    entries.retain(|entry| entry.state != State::Applied);
    // One program at a time, whichever revision it is at.
    if let Some(other) = (leaf.other)(link, holder, &entries, since)? {
        return Ok(Turn::Wait(other));
    }
    let there = entries.into_iter().find(|entry| entry.version == *version);
    let under_way = there.filter(|entry| match script.direction {
        Direction::Up | Direction::Undo => matches!(entry.state, State::Applying { .. } | State::Undoing { .. }),
        Direction::Down => matches!(entry.state, State::Reverting { .. }),
    });
    if under_way.is_none() && script.direction == Direction::Undo {
        return Ok(Turn::Overtaken);
    }
    (leaf.take)(link, holder)?;
    let Some(entry) = under_way else {
        // Whatever else it says is stale: Diesel's table wins.
        script.begin(link, holder)?;
        return Ok(Turn::From(0));
    };
    let turn = match (entry.state, script.direction) {
        (State::Undoing { .. }, Direction::Up) => Turn::Undo,
        (State::Applying { ran, .. } | State::Reverting { ran, .. }, Direction::Up | Direction::Down) => {
            script.begins_with(&entry)?;
            Turn::From(ran)
        }
        // Who undoes finds out from where.
        (State::Undoing { .. } | State::Applied, Direction::Down) | (_, Direction::Undo) | (State::Applied, _) => {
            Turn::From(0)
        }
    };
    ledger::hold(link, version, holder)?;
    Ok(turn)
}

/// Runs the statements from one on; of those before it only what a session needs.
pub(super) fn run_from(
    link: &mut dyn Link,
    script: &Script<'_>,
    leaf: &Leaf,
    holder: &str,
    first: usize,
) -> Result<(), Failure> {
    for at in 0..script.statements.len() {
        if at >= first {
            (leaf.step)(link, script, holder, at)?;
        } else if script.is_needed_again(at, first) {
            script.run(link, at)?;
        }
    }
    Ok(())
}

/// A transaction that a failing script has opened would swallow whatever comes next. There may be none,
/// which is all that can go wrong here.
pub(super) fn finish(link: &mut dyn Link, ran: Result<(), Failure>) -> Result<(), Failure> {
    if ran.is_err() {
        let _none_open = link.execute("ROLLBACK");
    }
    ran
}

/// Whether statements before the one that failed may have left anything: a guard that comes first stops
/// before anything has changed.
fn left_something(script: &Script<'_>, failure: &Failure) -> bool {
    let Some(at) = &failure.at else { return true };
    let before = script.statements.iter().take_while(|statement| statement.span.start < at.start).count();
    script.leaves_something(before)
}

/// Whether the statement that failed is known to do all that it says or nothing. Code in the database, and a statement
/// about several tables, may have done a part.
fn refuses_whole(script: &Script<'_>, failure: &Failure) -> bool {
    let Some(at) = &failure.at else { return false };
    let Some(failed) = script.statements.iter().find(|statement| statement.span.start == at.start) else {
        return false;
    };
    let first = failed.first();
    let is_whole = matches!(first, "alter" | "create" | "rename" | "insert" | "update" | "delete" | "replace");
    // Several tables go one by one.
    let drops_one = first == "drop" && !script.sql()[failed.span.clone()].contains(',');
    failed.is_of_session(script.dialect) || is_whole || drops_one
}
