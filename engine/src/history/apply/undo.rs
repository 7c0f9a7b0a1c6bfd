//! Taking back what has run of a revision that stopped on its way, where no transaction took it back.
//!
//! `down.sql` is the way back from the end, and wrong from anywhere else. So somebody who can plan makes a script for
//! the very statements that have run ([`Undo`]). It is kept in the ledger before its first statement runs: whoever
//! finds it half done, be it for `upgrade` or for `downgrade`, goes on with it.

use super::event::Outcome;
use super::failure::{Failure, failed, shortened};
use super::next::{Back, back};
use super::runner::Runner;
use super::script::Script;
use super::turn::{Turn, finish, held, run_from, take};
use super::waiting::Waiting;
use crate::error::Result;
use crate::history::direction::Direction;
use crate::history::ledger::{self, State};
use crate::history::{Revision, Version};
use crate::link::Link;

/// Makes the script that takes back the first statements of a revision's `up.sql`. The number says how many.
pub type Undo<'a> = dyn FnMut(&Revision, usize) -> Result<String> + 'a;

/// Takes back what has run of a revision. Returns `None` if all of it had run: it then counts as applied.
pub(super) fn run<R: Runner>(
    runner: &R,
    link: &mut dyn Link,
    up: &Script<'_>,
    undo: &mut Undo<'_>,
    waiting: &mut Waiting<'_>,
) -> Result<Option<Outcome>> {
    let told = |failure: Failure| failed(up.revision, Direction::Undo, failure);
    let mut pass = runner.pass(link).map_err(told)?;
    let taken = take(runner, link, &up.undoing(up.revision), &mut pass, waiting).map_err(told);
    let done = taken.and_then(|turn| match turn {
        Turn::Overtaken => Ok(Some(Outcome::Overtaken)),
        Turn::From(_) | Turn::UndoFirst => in_turn(runner, link, up, &mut pass, undo),
    });
    // What went wrong before is what to tell.
    if done.is_err() {
        let _released = runner.release(link, up, &pass, false);
    }
    let _or_ends = runner.give_back(link, pass);
    done
}

fn in_turn<R: Runner>(
    runner: &R,
    link: &mut dyn Link,
    up: &Script<'_>,
    pass: &mut R::Pass,
    undo: &mut Undo<'_>,
) -> Result<Option<Outcome>> {
    runner.keep(link, pass);
    let told = |failure: Failure| failed(up.revision, Direction::Up, failure);
    let version = &up.revision.version;
    let holder = runner.holder(pass);
    let first = match way_back(runner, link, up, pass).map_err(told)? {
        Back::Nothing => return Ok(Some(Outcome::Done)),
        Back::Forget => {
            held(link, up, holder, |link| ledger::erase(link, version)).map_err(told)?;
            return Ok(Some(Outcome::Done));
        }
        Back::Revert => {
            held(link, up, holder, |link| up.mark(link)).map_err(told)?;
            return Ok(None);
        }
        Back::Make(ran) => {
            let script = undo(up.revision, ran)?;
            let statements = link.dialect().statements(&script).len();
            held(link, up, holder, |link| ledger::begin_undo(link, version, &script, statements)).map_err(told)?;
            0
        }
        Back::GoOn(first) => first,
    };
    let finished = go_back(runner, link, up, pass, first);
    finished.map(|()| Some(Outcome::Done)).map_err(|failure| failed(up.revision, Direction::Undo, failure))
}

/// Finds out how far the revision has come, and decides how to take it back.
fn way_back<R: Runner>(
    runner: &R,
    link: &mut dyn Link,
    up: &Script<'_>,
    pass: &R::Pass,
) -> std::result::Result<Back, Failure> {
    let entry = ledger::entry(link, &up.revision.version)?;
    let mut state = entry.as_ref().map(|entry| entry.state);
    if let (Some(entry), Some(State::Applying { ran, .. })) = (&entry, &mut state) {
        up.begins_with(entry)?;
        *ran = runner.how_far(link, up, pass, *ran)?;
    }
    let has_down = up.revision.down.as_ref().is_some_and(|down| !down.trim().is_empty());
    Ok(back(state, up.statements.len(), has_down))
}

/// Continues where another program stopped undoing, for a program that is on its way up.
pub(super) fn resume<R: Runner>(
    runner: &R,
    link: &mut dyn Link,
    up: &Script<'_>,
    pass: &mut R::Pass,
) -> std::result::Result<(), Failure> {
    let entry = ledger::entry(link, &up.revision.version)?;
    let Some(State::Undoing { ran, .. }) = entry.map(|entry| entry.state) else { return Ok(()) };
    runner.keep(link, pass);
    go_back(runner, link, up, pass, ran).map_err(|failure| {
        let message = format!("what had run of it is being undone first: {}", failure.message);
        Failure { at: None, message, ..failure }
    })
}

/// Runs the script in the ledger from a statement on, and removes the revision from the ledger.
fn go_back<R: Runner>(
    runner: &R,
    link: &mut dyn Link,
    up: &Script<'_>,
    pass: &R::Pass,
    first: usize,
) -> std::result::Result<(), Failure> {
    let version: &Version = &up.revision.version;
    let down = ledger::undo(link, version)?;
    let undone = Revision { down, ..up.revision.clone() };
    let script = up.undoing(&undone);
    let ran = run_from(runner, link, &script, pass, first);
    if let Err(failure) = finish(link, ran) {
        let left = ledger::entry(link, version).ok().flatten().map(|entry| entry.state);
        let statement = failure.at.clone().and_then(|span| script.sql().get(span)).map(shortened);
        let at = statement.map(|statement| format!("at `{statement}`: ")).unwrap_or_default();
        // The text is in the ledger, so there is no place in a file to point at.
        return Err(Failure {
            half_done: true,
            left,
            at: None,
            message: format!("{at}{}", failure.message),
            ..failure
        });
    }
    held(link, &script, runner.holder(pass), |link| script.mark(link))
}
