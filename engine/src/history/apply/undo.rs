//! Taking back what has run of a revision that stopped on its way, where no transaction took it back.
//!
//! `down.sql` is the way back from the end, and wrong from anywhere else. So somebody who can plan makes a script for
//! the very statements that have run ([`Undo`]). It is kept in the ledger before its first statement runs: whoever
//! finds it half done, be it for `upgrade` or for `downgrade`, goes on with it.

use super::failure::{Failure, failed, shortened};
use super::mysql::{LEAF, settled};
use super::script::Script;
use super::{Direction, Event, Outcome, steps};
use crate::error::Result;
use crate::history::fence::Owners;
use crate::history::ledger::{self, State};
use crate::history::{Revision, Version};
use crate::link::Link;

/// Makes the script that takes back the first statements of a revision's `up.sql`, so many of them.
pub type Undo<'a> = dyn FnMut(&Revision, usize) -> Result<String> + 'a;

/// What there is to do next.
enum Next {
    /// Nothing: nothing of the revision is left.
    Gone,
    /// To go the usual way back: all of it had run.
    Revert,
    /// To run the script in the ledger, after so many of its statements.
    From(usize),
}

/// Takes back what has run of a revision. `None` if all of it had run: now it counts as applied.
pub(super) fn run(
    link: &mut dyn Link,
    revision: &Revision,
    owners: Option<&Owners>,
    undo: &mut Undo<'_>,
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<Option<Outcome>> {
    let told = |failure: Failure| failed(revision, Direction::Undo, failure);
    let back = Script::new(revision, Direction::Undo, link.dialect(), owners);
    let holder = (LEAF.holder)(link).map_err(|error| told(error.into()))?;
    let up = Script::new(revision, Direction::Up, link.dialect(), owners);
    let done = match steps::take_turn(link, &back, &LEAF, &holder, progress) {
        Ok(Some(_)) => in_turn(link, &up, &holder, undo),
        Ok(None) => Ok(Some(Outcome::Overtaken)),
        Err(failure) => Err(told(failure)),
    };
    // What went wrong before is what to tell.
    if done.is_err() {
        let _released = ledger::release(link, &revision.version, &holder);
    }
    let _or_ends = (LEAF.give_back)(link, &holder);
    done
}

fn in_turn(link: &mut dyn Link, up: &Script<'_>, holder: &str, undo: &mut Undo<'_>) -> Result<Option<Outcome>> {
    let _keeper = (LEAF.keep)(link, holder);
    match begun(link, up, holder, undo)? {
        Next::Gone => Ok(Some(Outcome::Done)),
        Next::Revert => Ok(None),
        Next::From(ran) => finish(link, up, holder, ran)
            .map(|()| Some(Outcome::Done))
            .map_err(|failure| failed(up.revision, Direction::Undo, failure)),
    }
}

/// Goes on where another program stopped undoing, on somebody's way up.
pub(super) fn resume(link: &mut dyn Link, up: &Script<'_>, holder: &str) -> Result<(), Failure> {
    let version = &up.revision.version;
    let Some(State::Undoing { ran, .. }) = ledger::entry(link, version)?.map(|entry| entry.state) else {
        return Ok(());
    };
    finish(link, up, holder, ran).map_err(|failure| {
        let message = format!("what had run of it is being undone first: {}", failure.message);
        Failure { at: None, message, ..failure }
    })
}

/// Finds out how far the revision has come, and keeps the script for that.
fn begun(link: &mut dyn Link, up: &Script<'_>, holder: &str, undo: &mut Undo<'_>) -> Result<Next> {
    let told = |failure: Failure| failed(up.revision, Direction::Up, failure);
    let known = ledger::entry(link, &up.revision.version).map_err(|error| told(error.into()))?;
    let Some(entry) = known else { return Ok(Next::Gone) };
    let ran = match entry.state {
        State::Undoing { ran, .. } => return Ok(Next::From(ran)),
        State::Applied | State::Reverting { .. } => return Ok(Next::Gone),
        State::Applying { ran, .. } => ran,
    };
    up.begins_with(&entry).map_err(told)?;
    let ran = settled(link, up, holder, ran).map_err(told)?;
    let has_down = up.revision.down.as_ref().is_some_and(|down| !down.trim().is_empty());
    if ran == 0 {
        let erased = steps::held(link, up, &LEAF, holder, |link| ledger::erase(link, &entry.version));
        return erased.map(|()| Next::Gone).map_err(told);
    }
    if ran == up.statements.len() && has_down {
        return steps::held(link, up, &LEAF, holder, |link| up.mark(link)).map(|()| Next::Revert).map_err(told);
    }
    let script = undo(up.revision, ran)?;
    let statements = link.dialect().statements(&script).len();
    let begin = |link: &mut dyn Link| ledger::begin_undo(link, &entry.version, &script, statements);
    steps::held(link, up, &LEAF, holder, begin).map(|()| Next::From(0)).map_err(told)
}

/// Runs the script in the ledger from a statement on, and takes the revision out of it.
fn finish(link: &mut dyn Link, up: &Script<'_>, holder: &str, first: usize) -> Result<(), Failure> {
    let version: &Version = &up.revision.version;
    let down = ledger::undo(link, version)?;
    let undone = Revision { down, ..up.revision.clone() };
    let script = up.undoing(&undone);
    let ran = steps::run_from(link, &script, &LEAF, holder, first);
    if let Err(failure) = steps::finish(link, ran) {
        let left = ledger::entry(link, version).ok().flatten().map(|entry| entry.state);
        let statement = failure.at.clone().and_then(|span| script.sql().get(span)).map(shortened);
        let at = statement.map(|statement| format!("at `{statement}`: ")).unwrap_or_default();
        // Its text is in the ledger: there is no place in a file to point at.
        return Err(Failure {
            half_done: true,
            left,
            at: None,
            message: format!("{at}{}", failure.message),
            ..failure
        });
    }
    steps::held(link, &script, &LEAF, holder, |link| script.mark(link))
}
