//! Decides from how far a revision has come what to do next. No database is asked here.

use crate::history::direction::Direction;
use crate::history::ledger::{Entry, State};

/// What a database knows of a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    /// Whether Diesel's table has it.
    pub(super) is_marked: bool,
    /// How far it has come, as the ledger says.
    pub(super) state: Option<State>,
    /// Whether the ledger says that a statement is under way, which may have run since.
    pub(super) is_in_doubt: bool,
}

impl Known {
    pub(super) fn of(is_marked: bool, entry: Option<&Entry>) -> Self {
        Self {
            is_marked,
            state: entry.map(|entry| entry.state),
            is_in_doubt: entry.is_some_and(|entry| entry.fingerprint.is_some()),
        }
    }
}

/// What to do once it is this program's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing: it is already done.
    Nothing,
    /// Run all of it, from the first statement.
    Begin,
    /// Run the statements from this one on: an earlier program stopped there.
    GoOn(usize),
    /// First take back what has run of it: another program has begun to.
    UndoFirst,
}

/// Returns what to do next with a revision's file. Diesel's table wins: an entry of the ledger that contradicts
/// it is stale.
pub(super) fn next(direction: Direction, known: Known) -> Next {
    let go_on = |ran| if ran == 0 && !known.is_in_doubt { Next::Begin } else { Next::GoOn(ran) };
    match (direction, known.is_marked, known.state) {
        (Direction::Up, true, _) | (Direction::Down, false, _) => Next::Nothing,
        (Direction::Up, false, Some(State::Applying { ran, .. }))
        | (Direction::Down, true, Some(State::Reverting { ran, .. })) => go_on(ran),
        (Direction::Up, false, Some(State::Undoing { .. })) => Next::UndoFirst,
        (Direction::Up, false, Some(State::Applied | State::Reverting { .. }) | None)
        | (Direction::Down, true, Some(State::Applied | State::Applying { .. } | State::Undoing { .. }) | None) => {
            Next::Begin
        }
        // `undo` decides where to continue.
        (Direction::Undo, false, Some(State::Applying { .. } | State::Undoing { .. })) => Next::GoOn(0),
        (Direction::Undo, true, _)
        | (Direction::Undo, false, Some(State::Applied | State::Reverting { .. }) | None) => Next::Nothing,
    }
}

/// How a file stopped halfway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The fence refused it before it continued.
    Refused,
    /// A statement failed.
    Failed {
        /// Whether statements before it may have left anything.
        left_something: bool,
        /// Whether the statement does everything or nothing.
        is_whole: bool,
    },
}

impl Stop {
    /// Returns `true` if something of the file may stay.
    pub(super) fn is_half_done(self) -> bool {
        match self {
            Self::Refused => false,
            Self::Failed { left_something, is_whole } => left_something || !is_whole,
        }
    }
}

/// Returns `true` if the ledger forgets a file that stopped, because nothing of it has changed the database.
/// `first` is the statement from which it was run.
pub(super) fn is_forgotten(first: usize, stop: Stop) -> bool {
    match stop {
        Stop::Refused => first == 0,
        Stop::Failed { left_something, is_whole } => !left_something && is_whole,
    }
}

/// What to do to take back a revision that stopped on its way up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Back {
    /// Nothing: none of it is left.
    Nothing,
    /// Forget that it was begun.
    Forget,
    /// Count it as applied, because all of it has run, and revert it in the usual way.
    Revert,
    /// Make a script that takes back this many statements.
    Make(usize),
    /// Run the script in the ledger, after this many of its statements.
    GoOn(usize),
}

/// Returns how to take back a revision. `statements` is the number of statements in its `up.sql`. `ran` in its
/// state must be what has really run.
pub(super) fn back(state: Option<State>, statements: usize, has_down: bool) -> Back {
    match state {
        None | Some(State::Applied | State::Reverting { .. }) => Back::Nothing,
        Some(State::Undoing { ran, .. }) => Back::GoOn(ran),
        Some(State::Applying { ran: 0, .. }) => Back::Forget,
        Some(State::Applying { ran, .. }) if ran == statements && has_down => Back::Revert,
        Some(State::Applying { ran, .. }) => Back::Make(ran),
    }
}

/// What has become of a statement that was under way when its program died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    HasRun,
    HasNotRun,
    /// The file has another statement in its place.
    OtherStatement,
}

/// The length of the part of a note that identifies its statement. The rest identifies what the statement was to
/// change.
pub(super) const STATEMENT: usize = 16;

/// Returns what has become of a statement that was under way. `noted` is the note from before the statement, and
/// `now` is what would be noted now.
pub(super) fn doubt(noted: Option<&str>, now: &str) -> Doubt {
    match noted {
        None => Doubt::HasNotRun,
        Some(noted) if noted.get(..STATEMENT) != now.get(..STATEMENT) => Doubt::OtherStatement,
        Some(noted) if noted == now => Doubt::HasNotRun,
        Some(_) => Doubt::HasRun,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF: usize = 3;

    /// Checks for every state of the ledger what comes next on the way up, down and back, with and without
    /// the revision in Diesel's table.
    #[test]
    fn each_state_leads_on() {
        use Next::{Begin, GoOn, Nothing, UndoFirst};
        let applying = |ran| Some(State::Applying { ran, of: OF });
        let reverting = |ran| Some(State::Reverting { ran, of: OF });
        let undoing = |ran| Some(State::Undoing { ran, of: OF });
        for (state, is_in_doubt, unmarked, marked) in [
            (None, false, [Begin, Nothing, Nothing], [Nothing, Begin, Nothing]),
            (Some(State::Applied), false, [Begin, Nothing, Nothing], [Nothing, Begin, Nothing]),
            (applying(0), false, [Begin, Nothing, GoOn(0)], [Nothing, Begin, Nothing]),
            (applying(0), true, [GoOn(0), Nothing, GoOn(0)], [Nothing, Begin, Nothing]),
            (applying(2), false, [GoOn(2), Nothing, GoOn(0)], [Nothing, Begin, Nothing]),
            (applying(OF), false, [GoOn(OF), Nothing, GoOn(0)], [Nothing, Begin, Nothing]),
            (reverting(0), false, [Begin, Nothing, Nothing], [Nothing, Begin, Nothing]),
            (reverting(0), true, [Begin, Nothing, Nothing], [Nothing, GoOn(0), Nothing]),
            (reverting(2), false, [Begin, Nothing, Nothing], [Nothing, GoOn(2), Nothing]),
            (undoing(0), false, [UndoFirst, Nothing, GoOn(0)], [Nothing, Begin, Nothing]),
            (undoing(2), true, [UndoFirst, Nothing, GoOn(0)], [Nothing, Begin, Nothing]),
        ] {
            for (is_marked, expected) in [(false, unmarked), (true, marked)] {
                let known = Known { is_marked, state, is_in_doubt };
                let found = [Direction::Up, Direction::Down, Direction::Undo].map(|direction| next(direction, known));
                assert_eq!(found, expected, "{known:?}");
            }
        }
    }

    #[test]
    fn what_changed_nothing_is_forgotten() {
        let failed = |left_something, is_whole| Stop::Failed { left_something, is_whole };
        for (first, stop, expected) in [
            (0, Stop::Refused, true),
            (1, Stop::Refused, false),
            (0, failed(false, true), true),
            (1, failed(false, true), true),
            (0, failed(false, false), false),
            (0, failed(true, true), false),
            (0, failed(true, false), false),
        ] {
            assert_eq!(is_forgotten(first, stop), expected, "{first} {stop:?}");
        }
    }

    #[test]
    fn each_state_leads_back() {
        for (state, has_down, expected) in [
            (None, true, Back::Nothing),
            (Some(State::Applied), true, Back::Nothing),
            (Some(State::Reverting { ran: 1, of: OF }), true, Back::Nothing),
            (Some(State::Undoing { ran: 2, of: 4 }), true, Back::GoOn(2)),
            (Some(State::Applying { ran: 0, of: OF }), true, Back::Forget),
            (Some(State::Applying { ran: 2, of: OF }), true, Back::Make(2)),
            (Some(State::Applying { ran: OF, of: OF }), true, Back::Revert),
            (Some(State::Applying { ran: OF, of: OF }), false, Back::Make(OF)),
        ] {
            assert_eq!(back(state, OF, has_down), expected, "{state:?}");
        }
    }

    #[test]
    fn a_note_tells_what_has_become_of_its_statement() {
        let note = |statement: char, schema: &str| format!("{}{schema}", statement.to_string().repeat(STATEMENT));
        let now = note('a', "after");
        for (noted, expected) in [
            (None, Doubt::HasNotRun),
            (Some(note('a', "after")), Doubt::HasNotRun),
            (Some(note('a', "before")), Doubt::HasRun),
            (Some(note('b', "after")), Doubt::OtherStatement),
            (Some("running".to_owned()), Doubt::OtherStatement),
        ] {
            assert_eq!(doubt(noted.as_deref(), &now), expected, "{noted:?}");
        }
    }
}
