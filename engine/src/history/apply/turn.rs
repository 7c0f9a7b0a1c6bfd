//! Waiting for a turn where no transaction holds a script together, and what the ledger says of it from then on.

use std::time::{Duration, Instant};

use diesel::QueryResult;

use super::failure::Failure;
use super::next::{Known, Next, next};
use super::runner::{Admission, Runner};
use super::script::Script;
use super::waiting::Waiting;
use crate::history::direction::Direction;
use crate::history::ledger::{self, State, begin};
use crate::history::lock::Other;
use crate::link::{Link, retried, transaction};

/// What to do once it is this program's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Nothing: another program has done it.
    Overtaken,
    /// Everything from this statement on; the ledger says that this program does.
    From(usize),
    /// First take back what had run of it, and then look again.
    UndoFirst,
}

/// The result of a look at the ledger.
enum Look {
    Turn(Turn),
    /// Another program was first, so look again.
    Again,
    Wait(Other),
}

/// Waits until no other program is at work, and records in the ledger that this one is.
pub(super) fn take<R: Runner>(
    runner: &R,
    link: &mut dyn Link,
    script: &Script<'_>,
    pass: &mut R::Pass,
    waiting: &mut Waiting<'_>,
) -> Result<Turn, Failure> {
    let mut seen: Option<(Other, Instant)> = None;
    loop {
        let since = |other: &Other| match &seen {
            Some((known, since)) if known == other => since.elapsed(),
            Some(_) | None => Duration::ZERO,
        };
        let found = match runner.admit(link, script, pass, &since)? {
            Admission::Done => Look::Turn(Turn::Overtaken),
            Admission::Wait(other) => Look::Wait(other),
            // Two nodes of a cluster may both think that they are first. One of them will find that it isn't.
            Admission::In => {
                retried(link, |link| transaction(link, begin, |link| look(runner, link, script, pass, &since)))?
            }
        };
        match found {
            Look::Turn(turn) => return Ok(turn),
            Look::Again => Waiting::pause(),
            Look::Wait(other) => {
                waiting.sleep(link, &other.who, |link| runner.name(link, &other))?;
                if seen.as_ref().is_none_or(|(known, _)| *known != other) {
                    seen = Some((other, Instant::now()));
                }
            }
        }
    }
}

fn look<R: Runner>(
    runner: &R,
    link: &mut dyn Link,
    script: &Script<'_>,
    pass: &mut R::Pass,
    since: &dyn Fn(&Other) -> Duration,
) -> Result<Look, Failure> {
    script.setup(link)?;
    let version = &script.revision.version;
    let is_marked = script.is_marked(link)?;
    let entries = ledger::entries(link)?;
    let entry = entries.get(version);
    let next = next(script.direction, Known::of(is_marked, entry));
    if next == Next::Nothing {
        return Ok(Look::Turn(Turn::Overtaken));
    }
    // One program at a time, whichever revision it is at.
    let under_way: Vec<_> = entries.values().filter(|entry| entry.state != State::Applied).collect();
    if let Some(other) = runner.other(link, pass, &under_way, since)? {
        return Ok(Look::Wait(other));
    }
    if !runner.take(link, pass)? {
        return Ok(Look::Again);
    }
    let holder = runner.holder(pass);
    let turn = match next {
        Next::Nothing => Turn::Overtaken,
        Next::Begin => {
            script.begin(link, holder)?;
            Turn::From(0)
        }
        Next::UndoFirst => {
            ledger::hold(link, version, holder)?;
            Turn::UndoFirst
        }
        Next::GoOn(first) => {
            if let (Some(entry), Direction::Up | Direction::Down) = (entry, script.direction) {
                script.begins_with(entry)?;
            }
            ledger::hold(link, version, holder)?;
            Turn::From(first)
        }
    };
    Ok(Look::Turn(turn))
}

/// Writes to the ledger, provided that the ledger still names this program as the one that runs the script.
pub(super) fn held<T>(
    link: &mut dyn Link,
    script: &Script<'_>,
    holder: &str,
    mut work: impl FnMut(&mut dyn Link) -> QueryResult<T>,
) -> Result<T, Failure> {
    retried(link, |link| {
        transaction(link, begin, |link| {
            script.stays(link, holder)?;
            Ok(work(link)?)
        })
    })
}

/// Runs the statements from `first` on. Of those before, it repeats only what a session needs.
pub(super) fn run_from<R: Runner>(
    runner: &R,
    link: &mut dyn Link,
    script: &Script<'_>,
    pass: &R::Pass,
    first: usize,
) -> Result<(), Failure> {
    for at in 0..script.statements.len() {
        if at >= first {
            runner.step(link, script, pass, at)?;
        } else if script.is_needed_again(at, first) {
            script.run(link, at)?;
        }
    }
    Ok(())
}

/// Rolls back the transaction that a failing script has left open, because it would swallow whatever comes
/// next. An error of the rollback is ignored: it can only mean that none was open.
pub(super) fn finish(link: &mut dyn Link, ran: Result<(), Failure>) -> Result<(), Failure> {
    if ran.is_err() {
        let _none_open = link.execute("ROLLBACK");
    }
    ran
}
