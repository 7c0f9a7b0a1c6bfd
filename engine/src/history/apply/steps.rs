//! Running a script, in one transaction or statement by statement. Where no transaction holds it together, a program
//! that dies on the way leaves a state from which the next one goes on.
//!
//! Before the first statement the ledger says that the revision is under way and who runs it; with each
//! statement it says how far it has come. How a statement and its note are tied together is the business of the
//! database's runner.

use super::event::Outcome;
use super::failure::Failure;
use super::next::{Stop, is_forgotten};
use super::runner::Runner;
use super::script::Script;
use super::turn::{Turn, finish, held, run_from, take};
use super::undo::resume;
use super::waiting::Waiting;
use crate::history::ledger::{self, reading};
use crate::link::Link;

/// Runs a script, or the rest that an earlier program has left, and marks it.
pub(super) fn run<R: Runner>(
    runner: &R,
    link: &mut dyn Link,
    script: &Script<'_>,
    waiting: &mut Waiting<'_>,
) -> Result<Outcome, Failure> {
    if let Some(outcome) = runner.whole(link, script, waiting)? {
        return Ok(outcome);
    }
    if !script.keeps_ledger {
        return unrecorded(runner, link, script);
    }
    let mut pass = runner.pass(link)?;
    let outcome = in_turn(runner, link, script, &mut pass, waiting);
    // The earlier error is the one to report, and a turn that isn't given back ends by itself.
    let _or_ends = runner.give_back(link, pass);
    outcome
}

/// Runs a script where no other program is at work and nobody reads the ledger.
fn unrecorded<R: Runner>(runner: &R, link: &mut dyn Link, script: &Script<'_>) -> Result<Outcome, Failure> {
    let is_done = reading(link, |link| {
        script.setup(link)?;
        script.is_done(link)
    })?;
    if is_done {
        return Ok(Outcome::Overtaken);
    }
    let ran = in_session(runner, link, script, |link| script.each(link));
    ran.map_err(|failure| Failure { half_done: stop(runner, script, &failure).is_half_done(), ..failure })?;
    reading(link, |link| script.mark(link))?;
    Ok(Outcome::Done)
}

fn in_turn<R: Runner>(
    runner: &R,
    link: &mut dyn Link,
    script: &Script<'_>,
    pass: &mut R::Pass,
    waiting: &mut Waiting<'_>,
) -> Result<Outcome, Failure> {
    let first = loop {
        match take(runner, link, script, pass, waiting)? {
            Turn::Overtaken => return Ok(Outcome::Overtaken),
            Turn::From(first) => break first,
            Turn::UndoFirst => resume(runner, link, script, pass)?,
        }
    };
    if let Err(failure) = script.review(link, first) {
        return Err(stopped(runner, link, script, pass, Stopped { first, stop: Stop::Refused, failure }));
    }
    runner.keep(link, pass);
    let ran = in_session(runner, link, script, |link| run_from(runner, link, script, pass, first));
    if let Err(failure) = ran {
        let stop = stop(runner, script, &failure);
        return Err(stopped(runner, link, script, pass, Stopped { first, stop, failure }));
    }
    held(link, script, runner.holder(pass), |link| script.mark(link))
        .map_err(|failure| Failure { half_done: true, ..failure })?;
    Ok(Outcome::Done)
}

/// Runs statements, and restores what they have changed in their session.
fn in_session<R: Runner>(
    runner: &R,
    link: &mut dyn Link,
    script: &Script<'_>,
    work: impl FnOnce(&mut dyn Link) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let session = runner.open(link, script)?;
    let ran = work(link);
    let ran = finish(link, ran);
    let closed = runner.close(link, script, session);
    // What went wrong before is what to tell.
    ran.and(closed)
}

/// A script that stopped, having been run from a statement on.
struct Stopped {
    first: usize,
    stop: Stop,
    failure: Failure,
}

fn stop<R: Runner>(runner: &R, script: &Script<'_>, failure: &Failure) -> Stop {
    // A guard at the beginning stops before anything has changed.
    let at = script.failed_at(failure);
    Stop::Failed {
        left_something: at.is_none_or(|at| script.leaves_something(at)),
        is_whole: at.is_some_and(|at| runner.is_whole(script, at)),
    }
}

/// Notes in the ledger that a script stopped, and returns why, with what is left.
fn stopped<R: Runner>(
    runner: &R,
    link: &mut dyn Link,
    script: &Script<'_>,
    pass: &R::Pass,
    Stopped { first, stop, failure }: Stopped,
) -> Failure {
    let forget = |link: &mut dyn Link| held(link, script, runner.holder(pass), |link| script.never_begun(link)).is_ok();
    if is_forgotten(first, stop) && forget(link) {
        return failure;
    }
    // So that the next program needn't wait to find out that this one has given up.
    let is_whole = matches!(stop, Stop::Failed { is_whole: true, .. });
    let version = &script.revision.version;
    let released = runner.release(link, script, pass, is_whole);
    let state = released.and_then(|()| reading(link, |link| ledger::entry(link, version)));
    let left = state.ok().flatten().map(|entry| entry.state);
    Failure { half_done: stop.is_half_done(), left, ..failure }
}
