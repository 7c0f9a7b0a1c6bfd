//! Finds out what has become of a revision whose connection was lost. Nothing is reported that wasn't looked up.

use std::thread::sleep;
use std::time::{Duration, Instant};

use diesel::QueryResult;

use super::failure::{self, Failure};
use crate::dialect::Dialect;
use crate::error::{Code, Error};
use crate::history::direction::Direction;
use crate::history::ledger::{self, State, begin, marked, reading};
use crate::history::lock::postgres::try_lock;
use crate::history::{Revision, Version};
use crate::link::{Link, transaction};

/// The time that a server may take to end what a lost connection had begun.
const PATIENCE: Duration = Duration::from_secs(5);

/// How a revision stands, as a new connection shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standing {
    is_applied: bool,
    /// How far it has come, if it stopped halfway.
    state: Option<State>,
}

/// Checks whether the connection to the server has been lost.
pub(super) fn is_lost(link: &mut dyn Link) -> bool {
    match link.dialect() {
        Dialect::Sqlite => false,
        Dialect::Postgres | Dialect::Mysql => link.execute("SELECT 1").is_err(),
    }
}

/// Finds out over a new connection what has become of a revision, and reports it.
pub(super) fn lost(link: &mut dyn Link, revision: &Revision, direction: Direction, cause: Failure) -> Error {
    let open = link.another();
    let standing = open.and_then(|open| settled(&mut *open().ok()?, &revision.version).ok().flatten());
    let at = failure::at(revision, direction, &cause);
    let message = format!("{revision}: the connection was lost{at}: {}", cause.message);
    Error::new(Code::ConnectionLost, message).help(told(standing, direction)).caused_by(cause)
}

fn told(standing: Option<Standing>, direction: Direction) -> String {
    let is_up = direction == Direction::Up;
    let seen = match standing {
        None => {
            let done = direction.done();
            return format!(
                "whether it was {done} is unknown, for the database can't be asked; look by `autogen status` before \
                 anything else"
            );
        }
        Some(Standing { state: Some(state), .. }) => format!("it is {state}"),
        Some(Standing { is_applied, .. }) if is_applied == is_up => {
            let done = direction.done();
            return format!("it is {done}, as a new connection shows; run the command again for what comes after it");
        }
        Some(_) if is_up => "nothing of it is applied".to_owned(),
        Some(_) => "it is still applied".to_owned(),
    };
    format!("{seen}, as a new connection shows; run the command again")
}

/// Returns the standing of a revision once nobody is working on it any more. Returns `None` if another
/// program still holds the lock when the patience ends.
fn settled(link: &mut dyn Link, version: &Version) -> QueryResult<Option<Standing>> {
    match link.dialect() {
        Dialect::Sqlite | Dialect::Mysql => reading(link, |link| standing(link, version)).map(Some),
        Dialect::Postgres => {
            let started = Instant::now();
            loop {
                // The program that holds the lock may still commit.
                let seen = transaction(link, begin, |link| {
                    if try_lock(link)? { standing(link, version).map(Some) } else { Ok(None) }
                })?;
                match seen {
                    None if started.elapsed() > PATIENCE => return Ok(None),
                    Some(seen) => return Ok(Some(seen)),
                    None => sleep(PATIENCE / 50),
                }
            }
        }
    }
}

fn standing(link: &mut dyn Link, version: &Version) -> QueryResult<Standing> {
    let is_applied = marked(link)?.contains(version);
    let there = ledger::state_tables(link)?.contains(ledger::LEDGER);
    let entry = if there { ledger::entry(link, version)? } else { None };
    Ok(Standing { is_applied, state: entry.map(|entry| entry.state).filter(|state| *state != State::Applied) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_standing_has_its_words() {
        let seen = |is_applied, state| Some(Standing { is_applied, state });
        let half = State::Applying { ran: 1, of: 3 };
        for (standing, up, down) in [
            (seen(true, None), "it is applied, as", "it is still applied"),
            (seen(false, None), "nothing of it is applied", "it is reverted, as"),
            (seen(false, Some(half)), "it is applied up to statement 1 of 3", "it is applied up to statement 1 of 3"),
            (None, "whether it was applied is unknown", "whether it was reverted is unknown"),
        ] {
            assert!(told(standing, Direction::Up).starts_with(up), "{}", told(standing, Direction::Up));
            assert!(told(standing, Direction::Down).starts_with(down), "{}", told(standing, Direction::Down));
        }
    }
}
