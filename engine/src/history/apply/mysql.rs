//! Applying and reverting on MariaDB and MySQL, where every statement that changes the schema commits.
//!
//! So every file is run step by step. For a statement about rows, the progress is noted in its own transaction.
//! For a statement about the schema, that is impossible. Instead, the tables that it changes are noted before it
//! runs. A program that finds such a note left behind compares it with the tables to see whether the statement
//! has run.

use std::time::Duration;

use diesel::QueryResult;

use super::event::Outcome;
use super::failure::{Failure, Why};
use super::next::{Doubt, doubt};
use super::notes::before;
use super::runner::{Admission, Runner};
use super::script::Script;
use super::session::Session;
use super::turn::held;
use super::waiting::Waiting;
use crate::history::ledger::{self, Entry};
use crate::history::lock::Other;
use crate::history::lock::mysql::{Keeper, Places, give_back, glance, holder, is_mine, keep, other, renew, take};
use crate::link::{Conflict as _, Link, Opener, retried, transaction};

/// Runs scripts on MariaDB and MySQL.
pub(super) struct Mysql;

/// What holds the lock while a script runs.
pub(super) struct Pass {
    holder: String,
    /// Where the lock is held.
    places: Places,
    keeper: Option<Keeper>,
}

impl Runner for Mysql {
    type Pass = Pass;
    /// `None` for a script that may keep what it changes: the host's own.
    type Session = Option<Session>;

    /// Returns `None`: MySQL can't roll back a change of the schema.
    fn whole(
        &self,
        _link: &mut dyn Link,
        _script: &Script<'_>,
        _waiting: &mut Waiting<'_>,
    ) -> Result<Option<Outcome>, Failure> {
        Ok(None)
    }

    fn open(&self, link: &mut dyn Link, script: &Script<'_>) -> Result<Option<Session>, Failure> {
        Ok(script.held().map(|_| retried(link, Session::of)).transpose()?)
    }

    fn close(&self, link: &mut dyn Link, script: &Script<'_>, session: Option<Session>) -> Result<(), Failure> {
        Ok(session.map_or(Ok(()), |session| retried(link, |link| session.put_back(link, script)))?)
    }

    fn pass(&self, link: &mut dyn Link) -> Result<Pass, Failure> {
        retried(link, |link| Ok(Pass { holder: holder(link)?, places: Places::of(link)?, keeper: None }))
    }

    fn holder<'p>(&self, pass: &'p Pass) -> &'p str {
        &pass.holder
    }

    fn admit(
        &self,
        link: &mut dyn Link,
        script: &Script<'_>,
        pass: &mut Pass,
        since: &dyn Fn(&Other) -> Duration,
    ) -> Result<Admission, Failure> {
        Ok(match glance(link, &pass.holder, since) {
            Some(_) if retried(link, |link| script.is_done(link))? => Admission::Done,
            Some(other) => Admission::Wait(other),
            None => Admission::In,
        })
    }

    fn other(
        &self,
        link: &mut dyn Link,
        pass: &mut Pass,
        _under_way: &[&Entry],
        _since: &dyn Fn(&Other) -> Duration,
    ) -> QueryResult<Option<Other>> {
        // Another program, even of an earlier version, may have made them since.
        pass.places = Places::of(link)?;
        other(link, pass.places, &pass.holder)
    }

    fn take(&self, link: &mut dyn Link, pass: &mut Pass) -> QueryResult<bool> {
        take(link, pass.places, &pass.holder)
    }

    fn keep(&self, link: &mut dyn Link, pass: &mut Pass) {
        pass.keeper = keep(link, pass.places, &pass.holder);
    }

    fn give_back(&self, link: &mut dyn Link, Pass { holder, places, keeper }: Pass) -> QueryResult<()> {
        drop(keeper);
        give_back(link, places, &holder)
    }

    fn name(&self, _link: &mut dyn Link, other: &Other) -> String {
        other.who.clone()
    }

    fn step(&self, link: &mut dyn Link, script: &Script<'_>, pass: &Pass, at: usize) -> Result<(), Failure> {
        retried(link, |link| step(link, script, pass, at)).map_err(|failure| explained(link, pass, failure))
    }

    fn is_whole(&self, script: &Script<'_>, at: usize) -> bool {
        script.refuses_whole(at)
    }

    fn how_far(
        &self,
        link: &mut dyn Link,
        script: &Script<'_>,
        pass: &Pass,
        recorded: usize,
    ) -> Result<usize, Failure> {
        retried(link, |link| {
            if recorded == script.statements.len() || !has_run(link, script, recorded)? {
                return Ok(recorded);
            }
            script.advance(link, &pass.holder, recorded + 1)?;
            Ok(recorded + 1)
        })
    }

    fn release(&self, link: &mut dyn Link, script: &Script<'_>, pass: &Pass, _is_whole: bool) -> QueryResult<()> {
        retried(link, |link| ledger::release(link, &script.revision.version, &pass.holder))
    }
}

/// Runs one statement and notes it, as long as it is this program's turn. It may be called again after a conflict: a
/// node of a cluster refuses even queries that are in another node's way.
fn step(link: &mut dyn Link, script: &Script<'_>, pass: &Pass, at: usize) -> Result<(), Failure> {
    let Pass { holder, places, .. } = pass;
    if !renew(link, *places, holder)? {
        return Err(Failure::taken_over());
    }
    let statement = &script.statements[at];
    if statement.is_of_session(script.dialect) {
        script.run(link, at)?;
        // A revision that has only read so far isn't half done.
        let is_begun = script.leaves_something(at);
        return retried(link, |link| match is_begun {
            true => script.advance(link, holder, at + 1),
            false => script.stays(link, holder),
        });
    }
    if statement.writes_rows() {
        return retried(link, |link| {
            transaction(
                link,
                |link| link.execute("START TRANSACTION"),
                |link| {
                    script.run(link, at)?;
                    script.advance(link, holder, at + 1)
                },
            )
        });
    }
    if has_run(link, script, at)? {
        return retried(link, |link| script.advance(link, holder, at + 1));
    }
    let version = &script.revision.version;
    let now = before(link, script, at, None)?;
    held(link, script, holder, |link| ledger::set_fingerprint(link, version, Some(&now)))?;
    if let Err(failure) = retried(link, |link| redefine(link, script, at)) {
        // The statement was refused, so there is no doubt whether it has run.
        held(link, script, holder, |link| ledger::set_fingerprint(link, version, None))?;
        return Err(failure);
    }
    retried(link, |link| script.advance(link, holder, at + 1))
}

/// Runs a statement about the schema. A cluster may report a conflict although it has run the statement.
fn redefine(link: &mut dyn Link, script: &Script<'_>, at: usize) -> Result<(), Failure> {
    let Err(failure) = script.run(link, at) else { return Ok(()) };
    if failure.is_conflict() && has_run(link, script, at)? { Ok(()) } else { Err(failure) }
}

/// Checks whether the database executed a statement whose program died after sending it. It did if what was
/// noted before the statement differs from what is there now.
fn has_run(link: &mut dyn Link, script: &Script<'_>, at: usize) -> Result<bool, Failure> {
    let Some(noted) = ledger::fingerprint(link, &script.revision.version)? else { return Ok(false) };
    let now = before(link, script, at, Some(&noted))?;
    match doubt(Some(&noted), &now) {
        Doubt::HasRun => Ok(true),
        Doubt::HasNotRun => Ok(false),
        Doubt::OtherStatement => {
            let message =
                format!("statement {} was under way when its program died, and isn't what it was then", at + 1);
            let at = Some(script.statements[at].span.clone());
            Err(Failure { why: Why::Edited, at, ..Failure::new(message) })
        }
    }
}

/// Returns the failure, reworded if another program has ended the session.
fn explained(link: &mut dyn Link, pass: &Pass, failure: Failure) -> Failure {
    if failure.why == Why::TakenOver || link.rows("SELECT 'there'", &[]).is_ok() {
        return failure;
    }
    let is_mine = |open: Opener| open().and_then(|mut another| is_mine(&mut *another, pass.places, &pass.holder));
    match link.another().map(is_mine) {
        Some(Ok(false)) => Failure { at: failure.at, ..Failure::taken_over() },
        Some(Ok(true) | Err(_)) | None => failure,
    }
}
