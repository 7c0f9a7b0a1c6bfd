//! Running a script statement by statement where no transaction holds it together, so that a program
//! that dies on the way leaves a state from which the next one goes on.
//!
//! Before the first statement the ledger says that the revision is under way and who runs it; with each
//! statement it says how far it has come. How a statement and its note are tied together is the
//! database's leaf's business.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::failure::Why;
use super::script::Script;
use super::{Direction, Failure, Outcome, undo};
use crate::history::ledger::{self, Entry, State};
use crate::history::link::{Link, transaction};

/// How long a program sleeps before it looks again whether another one has finished.
const PATIENCE: Duration = Duration::from_millis(50);

/// What a database's leaf brings.
pub(super) struct Leaf {
    /// Opens a transaction in which nobody else writes to the ledger.
    pub(super) begin: fn(&mut dyn Link) -> diesel::QueryResult<()>,
    /// A name for this program that no other one has.
    pub(super) holder: fn(&mut dyn Link) -> diesel::QueryResult<String>,
    /// Whether the program of a name is gone, given how long its entry hasn't changed.
    pub(super) is_gone: fn(&mut dyn Link, &str, Duration) -> diesel::QueryResult<bool>,
    /// Runs the statement of an index and notes it.
    pub(super) step: fn(&mut dyn Link, &Script<'_>, usize) -> Result<(), Failure>,
    /// Whether a statement changes only the session, and must be run again in another one.
    pub(super) is_of_session: fn(&[String]) -> bool,
}

/// What there is to do once it is our turn.
enum Turn {
    /// Nothing: another program has done it.
    Overtaken,
    /// Everything from this statement on.
    From(usize),
    /// First take back what had run of it: another program has begun to.
    Undo,
    /// Wait for another program, whose entry looks like this.
    Wait(Box<Entry>),
}

/// Runs a script, or what an earlier program has left of it, and marks it.
pub(super) fn run(link: &mut dyn Link, script: &Script<'_>, leaf: &Leaf) -> Result<Outcome, Failure> {
    if !script.keeps_ledger {
        script.setup(link)?;
        if script.is_done(link)? {
            return Ok(Outcome::Overtaken);
        }
        let ran = script.each(link);
        finish(link, ran)
            .map_err(|failure| Failure { half_done: left_something(script, leaf, &failure), ..failure })?;
        script.mark(link)?;
        return Ok(Outcome::Done);
    }
    let holder = (leaf.holder)(link)?;
    let Some(first) = take_turn(link, script, leaf, &holder)? else { return Ok(Outcome::Overtaken) };
    let ran = run_from(link, script, leaf, first);
    if let Err(failure) = finish(link, ran) {
        // So that the next program needn't wait to find out that this one has given up.
        let version = &script.revision.version;
        let released = ledger::hold(link, version, None).and_then(|()| ledger::entry(link, version));
        let state = released.ok().flatten().map(|entry| entry.state);
        return Err(Failure { half_done: left_something(script, leaf, &failure), left: state, ..failure });
    }
    let marked = transaction(link, leaf.begin, |link| script.mark(link));
    marked.map_err(|error| Failure { half_done: true, ..Failure::from(error) })?;
    Ok(Outcome::Done)
}

/// Waits until no other program runs this script, and says in the ledger that we do. The statement to
/// begin at, unless there is nothing left to do.
pub(super) fn take_turn(
    link: &mut dyn Link,
    script: &Script<'_>,
    leaf: &Leaf,
    holder: &str,
) -> Result<Option<usize>, Failure> {
    let started = Instant::now();
    let mut seen: Option<(Entry, Instant)> = None;
    loop {
        let since = seen.as_ref().map_or(Duration::ZERO, |(_, since)| since.elapsed());
        let known = seen.as_ref().map(|(entry, _)| entry);
        let turn = match transaction(link, leaf.begin, |link| look(link, script, leaf, holder, known, since)) {
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
                undo::resume(link, script)?;
                continue;
            }
            Turn::Wait(entry) if known != Some(&*entry) => seen = Some((*entry, Instant::now())),
            Turn::Wait(_) if started.elapsed() > link.limits().statement => {
                let message = "another program has been running it all the while".to_owned();
                return Err(Failure { why: Why::Busy, ..Failure::new(message) });
            }
            Turn::Wait(_) => {}
        }
        sleep(PATIENCE);
    }
}

fn look(
    link: &mut dyn Link,
    script: &Script<'_>,
    leaf: &Leaf,
    holder: &str,
    known: Option<&Entry>,
    since: Duration,
) -> Result<Turn, Failure> {
    script.setup(link)?;
    if script.is_done(link)? {
        return Ok(Turn::Overtaken);
    }
    let version = &script.revision.version;
    let mut entries = ledger::entries(link)?;
    let there = entries.remove(version);
    // One program at a time, whichever revision it is at.
    for entry in entries.into_values().filter(|entry| entry.state != State::Applied) {
        let Some(other) = entry.holder.as_deref().filter(|other| *other != holder) else { continue };
        let since = if known == Some(&entry) { since } else { Duration::ZERO };
        if !(leaf.is_gone)(link, other, since)? {
            return Ok(Turn::Wait(Box::new(entry)));
        }
    }
    let under_way = there.filter(|entry| match script.direction {
        Direction::Up | Direction::Undo => matches!(entry.state, State::Applying { .. } | State::Undoing { .. }),
        Direction::Down => matches!(entry.state, State::Reverting { .. }),
    });
    let Some(entry) = under_way else {
        if script.direction == Direction::Undo {
            return Ok(Turn::Overtaken);
        }
        // Whatever else it says is stale: Diesel's table wins.
        script.begin(link, holder)?;
        return Ok(Turn::From(0));
    };
    if let Some(other) = &entry.holder {
        let since = if known == Some(&entry) { since } else { Duration::ZERO };
        if !(leaf.is_gone)(link, other, since)? {
            return Ok(Turn::Wait(Box::new(entry)));
        }
    }
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
    ledger::hold(link, version, Some(holder))?;
    Ok(turn)
}

/// Runs the statements from one on; of those before it only what a session needs.
pub(super) fn run_from(link: &mut dyn Link, script: &Script<'_>, leaf: &Leaf, first: usize) -> Result<(), Failure> {
    for at in 0..script.statements.len() {
        if at >= first {
            (leaf.step)(link, script, at)?;
        } else if script.is_needed_again(at, leaf.is_of_session) {
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
fn left_something(script: &Script<'_>, leaf: &Leaf, failure: &Failure) -> bool {
    let Some(at) = &failure.at else { return true };
    let mut before = script.statements.iter().take_while(|statement| statement.span.start < at.start);
    before.any(|statement| !(leaf.is_of_session)(&statement.words))
}
