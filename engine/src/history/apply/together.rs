//! Several revisions in one transaction, where a commit costs more than a small revision does.
//!
//! SQLite writes its file through to the disk at every commit. Each revision is still applied together with its mark or
//! not at all: where one of them fails, all are taken back, and are run one at a time from then on, which tells what each
//! one alone comes to.

use std::time::{Duration, Instant};

use super::dangling;
use super::event::{Event, Outcome};
use super::failure::{Failure, Why};
use super::script::Script;
use super::temporary::Temporary;
use crate::dialect::Dialect;
use crate::history::Revision;
use crate::history::direction::Direction;
use crate::history::fence::Owners;
use crate::history::ledger::{begin, patiently};
use crate::link::{Link, Step, transaction};

/// How long a transaction stays open before a revision is the last in it. Whoever else writes waits so long, and a
/// program that is killed loses so much.
const OPEN: Duration = Duration::from_millis(100);

/// Applies the first ones of some revisions in one transaction, beginning at `start`. Returns what came of each, which is nothing where
/// they have to be run one at a time. `told` counts those that `progress` has heard of.
///
/// # Errors
/// Fails if the user ends the run, with the number of the revision that ran.
pub(super) fn apply_together(
    link: &mut dyn Link,
    (all, start): (&[&Revision], usize),
    owners: &mut Owners,
    told: &mut usize,
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<Outcome>, (usize, Failure)> {
    let dialect = link.dialect();
    let revisions = &all[start..];
    let together = match dialect {
        Dialect::Sqlite => revisions.iter().take_while(|revision| goes_along(revision)).count(),
        Dialect::Postgres | Dialect::Mysql => 0,
    };
    if together < 2 {
        return Ok(Vec::new());
    }
    let before = owners.clone();
    let begun = *told;
    let ran = patiently(link, |link| {
        transaction(link, begin, |link| {
            let started = Instant::now();
            let mut outcomes = Vec::new();
            if defers(link)? {
                return Ok(outcomes);
            }
            if !owners.shows(link)? {
                owners.stage.take();
            }
            owners.is_alone.set(true);
            for (position, revision) in revisions[..together].iter().enumerate() {
                let number = start + position + 1;
                link.note(Step::Revision { name: &revision.to_string(), number, of: all.len() });
                progress(Event::Applying(revision));
                *told += 1;
                let script = Script::new(revision, Direction::Up, dialect, Some(owners));
                let temporary = Temporary::before(link, &script)?;
                outcomes.push(script.in_turn(link, |link| dangling::each(link, &script))?);
                if let Some(temporary) = temporary {
                    temporary.put_back(link)?;
                }
                owners.note(revision);
                if started.elapsed() > OPEN {
                    break;
                }
            }
            match owners.shows(link)? {
                true => Ok(outcomes),
                false => Err(Failure::new("a script has changed the schema in a way that isn't foreseen".to_owned())),
            }
        })
    });
    owners.is_alone.set(false);
    ran.or_else(|failure| {
        *owners = before;
        owners.stage.take();
        let running = told.saturating_sub(begun + 1);
        if failure.why == Why::Interrupted { Err((running, failure)) } else { Ok(Vec::new()) }
    })
}

/// Returns `true` if a revision does the same in a transaction with others as in one of its own: it changes no setting,
/// and leaves nothing to be checked at the end.
fn goes_along(revision: &Revision) -> bool {
    let has = |word: &str| {
        revision.up.as_bytes().windows(word.len()).any(|found| found.eq_ignore_ascii_case(word.as_bytes()))
    };
    revision.run_in_transaction && !revision.up.is_empty() && !has("pragma") && !has("defer")
}

/// Returns `true` if a foreign key may be checked as late as at the end of a transaction.
fn defers(link: &mut dyn Link) -> Result<bool, Failure> {
    Ok(!link.rows("SELECT name FROM sqlite_schema WHERE sql LIKE '%defer%' LIMIT 1", &[])?.is_empty())
}
