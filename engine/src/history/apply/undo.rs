//! Taking back what has run of a revision that stopped on its way, where no transaction took it back.
//!
//! `down.sql` is the way back from the end, and wrong from anywhere else. So somebody who can plan makes a script for
//! the very statements that have run ([`Undo`]). It is kept in the ledger before its first statement runs: whoever
//! finds it half done, be it for `upgrade` or for `downgrade`, goes on with it.

use super::failure::{Failure, failed, shortened};
use super::mysql::{LEAF, settled};
use super::script::Script;
use super::{Direction, Outcome, steps};
use crate::error::Result;
use crate::history::ledger::{self, State};
use crate::history::link::{Link, transaction};
use crate::history::owners::Owners;
use crate::history::{Revision, Version};

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
) -> Result<Option<Outcome>> {
    let told = |failure: Failure| failed(revision, Direction::Undo, failure);
    let back = Script::new(revision, Direction::Undo, link.dialect(), owners);
    let holder = (LEAF.holder)(link).map_err(|error| told(error.into()))?;
    if steps::take_turn(link, &back, &LEAF, &holder).map_err(told)?.is_none() {
        return Ok(Some(Outcome::Overtaken));
    }
    let up = Script::new(revision, Direction::Up, link.dialect(), owners);
    let done = match begun(link, &up, undo) {
        Ok(Next::Gone) => Ok(Some(Outcome::Done)),
        Ok(Next::Revert) => Ok(None),
        Ok(Next::From(ran)) => finish(link, &up, ran).map(|()| Some(Outcome::Done)).map_err(told),
        Err(error) => Err(error),
    };
    if done.is_err() {
        // What went wrong before is what to tell.
        let _released = ledger::hold(link, &revision.version, None);
    }
    done
}

/// Goes on where another program stopped undoing, on somebody's way up.
pub(super) fn resume(link: &mut dyn Link, up: &Script<'_>) -> Result<(), Failure> {
    let version = &up.revision.version;
    let Some(State::Undoing { ran, .. }) = ledger::entry(link, version)?.map(|entry| entry.state) else {
        return Ok(());
    };
    finish(link, up, ran).map_err(|failure| {
        let message = format!("what had run of it is being undone first: {}", failure.message);
        Failure { at: None, message, ..failure }
    })
}

/// Finds out how far the revision has come, and keeps the script for that.
fn begun(link: &mut dyn Link, up: &Script<'_>, undo: &mut Undo<'_>) -> Result<Next> {
    let told = |failure: Failure| failed(up.revision, Direction::Up, failure);
    let known = ledger::entry(link, &up.revision.version).map_err(|error| told(error.into()))?;
    let Some(entry) = known else { return Ok(Next::Gone) };
    let ran = match entry.state {
        State::Undoing { ran, .. } => return Ok(Next::From(ran)),
        State::Applied | State::Reverting { .. } => return Ok(Next::Gone),
        State::Applying { ran, .. } => ran,
    };
    up.begins_with(&entry).map_err(told)?;
    let ran = settled(link, up, ran).map_err(told)?;
    let has_down = up.revision.down.as_ref().is_some_and(|down| !down.trim().is_empty());
    if ran == 0 {
        let erased = transaction(link, LEAF.begin, |link| ledger::erase(link, &entry.version));
        return erased.map(|()| Next::Gone).map_err(|error| told(error.into()));
    }
    if ran == up.statements.len() && has_down {
        return transaction(link, LEAF.begin, |link| up.mark(link))
            .map(|()| Next::Revert)
            .map_err(|error| told(error.into()));
    }
    let script = undo(up.revision, ran)?;
    let statements = link.dialect().statements(&script).len();
    let kept = transaction(link, LEAF.begin, |link| ledger::begin_undo(link, &entry.version, &script, statements));
    kept.map(|()| Next::From(0)).map_err(|error| told(error.into()))
}

/// Runs the script in the ledger from a statement on, and takes the revision out of it.
fn finish(link: &mut dyn Link, up: &Script<'_>, first: usize) -> Result<(), Failure> {
    let version: &Version = &up.revision.version;
    let down = ledger::undo(link, version)?;
    let undone = Revision { down, ..up.revision.clone() };
    let script = up.undoing(&undone);
    let ran = steps::run_from(link, &script, &LEAF, first);
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
    Ok(transaction(link, LEAF.begin, |link| script.mark(link))?)
}
