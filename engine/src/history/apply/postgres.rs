//! Applying and reverting on PostgreSQL.
//!
//! Programs that start at once take turns by an advisory lock that ends with its transaction. Nobody *waits*
//! inside PostgreSQL for it: a statement that waits holds a snapshot, and `CREATE INDEX
//! CONCURRENTLY` waits for all snapshots, so that the two would wait for each other.

use std::time::Duration;

use diesel::result::QueryResult;

use super::event::Outcome;
use super::failure::{Failure, Why};
use super::runner::{Admission, Runner};
use super::script::Script;
use super::waiting::Waiting;
use crate::history::fence::Owners;
use crate::history::fence::postgres::{ENTER, FENCED, Form, HAND_ON, LEAVE, RESOLVE, RUNS, SETTLE, after, form, probe};
use crate::history::ledger::{self, Entry, begin};
use crate::history::lock::Other;
use crate::history::lock::postgres::{holder, try_lock, try_lock_session, unlock_session};
use crate::link::{Limits, Link, milliseconds, transaction};
use crate::model::{TableName, whose};
use crate::sql::effects::builds_concurrently;

/// Runs scripts on PostgreSQL.
pub(super) struct Postgres;

/// What holds the lock while a script runs without one transaction around it.
pub(super) enum Pass {
    /// Nothing: no other program uses this database.
    Alone,
    /// A transaction of another connection, which has no snapshot.
    Connection { link: Box<dyn Link>, is_in: bool },
    /// The session, if no other connection can be opened.
    Session { is_in: bool },
}

/// The search path before a script.
pub(super) struct SearchPath(String);

impl Runner for Postgres {
    type Pass = Pass;
    type Session = SearchPath;

    fn whole(
        &self,
        link: &mut dyn Link,
        script: &Script<'_>,
        waiting: &mut Waiting<'_>,
    ) -> Result<Option<Outcome>, Failure> {
        match script.revision.run_in_transaction {
            true => in_transaction(link, script, waiting).map(Some),
            false => Ok(None),
        }
    }

    /// Sets the statement timeout for the session, because there is no transaction to set it for. Locks have
    /// no limit of their own here: building an index concurrently waits for others without making any of them
    /// wait, and leaves an invalid index when it gives up.
    fn open(&self, link: &mut dyn Link, _script: &Script<'_>) -> Result<SearchPath, Failure> {
        let path = transaction(link, begin, search_path)?;
        let limit = milliseconds(link.limits().statement);
        link.execute(&format!("SET statement_timeout = {limit}"))?;
        Ok(SearchPath(path))
    }

    /// Restores the session's settings. The search path is restored in a transaction: the driver prepares its
    /// queries, and behind a pooler only a transaction keeps both steps on one connection.
    fn close(&self, link: &mut dyn Link, _script: &Script<'_>, SearchPath(path): SearchPath) -> Result<(), Failure> {
        link.execute("RESET statement_timeout")?;
        Ok(transaction(link, begin, |link| restore_search_path(link, &path))?)
    }

    fn pass(&self, link: &mut dyn Link) -> Result<Pass, Failure> {
        if !link.is_shared() {
            return Ok(Pass::Alone);
        }
        Ok(match link.another() {
            Some(open) => Pass::Connection { link: open()?, is_in: false },
            None => Pass::Session { is_in: false },
        })
    }

    /// Returns an empty name: the lock tells programs apart.
    fn holder<'p>(&self, _pass: &'p Pass) -> &'p str {
        ""
    }

    fn admit(
        &self,
        link: &mut dyn Link,
        _script: &Script<'_>,
        pass: &mut Pass,
        _since: &dyn Fn(&Other) -> Duration,
    ) -> Result<Admission, Failure> {
        let limits = link.limits();
        let is_in = match pass {
            Pass::Alone | Pass::Connection { is_in: true, .. } | Pass::Session { is_in: true } => true,
            Pass::Connection { link: another, is_in } => {
                begin(&mut **another)?;
                *is_in = has_locked(&mut **another, limits)?;
                if !*is_in {
                    another.execute("ROLLBACK")?;
                }
                *is_in
            }
            Pass::Session { is_in } => {
                *is_in = try_lock_session(link)?;
                *is_in
            }
        };
        Ok(if is_in { Admission::In } else { Admission::Wait(another_session()) })
    }

    /// Returns `None`: nobody can run beside the program that holds the lock.
    fn other(
        &self,
        _link: &mut dyn Link,
        _pass: &mut Pass,
        _under_way: &[&Entry],
        _since: &dyn Fn(&Other) -> Duration,
    ) -> QueryResult<Option<Other>> {
        Ok(None)
    }

    fn take(&self, _link: &mut dyn Link, _pass: &mut Pass) -> QueryResult<bool> {
        Ok(true)
    }

    fn keep(&self, _link: &mut dyn Link, _pass: &mut Pass) {}

    fn give_back(&self, link: &mut dyn Link, pass: Pass) -> QueryResult<()> {
        match pass {
            Pass::Alone | Pass::Connection { is_in: false, .. } | Pass::Session { is_in: false } => Ok(()),
            Pass::Connection { mut link, is_in: true } => link.execute("COMMIT"),
            Pass::Session { is_in: true } => unlock_session(link),
        }
    }

    fn name(&self, link: &mut dyn Link, _other: &Other) -> String {
        holder(link)
    }

    fn step(&self, link: &mut dyn Link, script: &Script<'_>, _pass: &Pass, at: usize) -> Result<(), Failure> {
        step(link, script, at)
    }

    /// Checks whether a statement takes effect as a whole. Some of those that run outside of transactions may
    /// have done only a part.
    fn is_whole(&self, script: &Script<'_>, at: usize) -> bool {
        const PARTLY: [&str; 6] = ["call", "do", "vacuum", "cluster", "reindex", "concurrently"];
        let words = script.text(at).split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        !words.map(str::to_ascii_lowercase).any(|word| PARTLY.contains(&word.as_str()))
    }

    fn how_far(
        &self,
        _link: &mut dyn Link,
        _script: &Script<'_>,
        _pass: &Pass,
        recorded: usize,
    ) -> Result<usize, Failure> {
        Ok(recorded)
    }

    /// Clears the note of a statement that has done nothing. The lock itself tells who is working, so nothing
    /// else has to be released.
    fn release(&self, link: &mut dyn Link, script: &Script<'_>, _pass: &Pass, is_whole: bool) -> QueryResult<()> {
        match is_whole {
            true => transaction(link, begin, |link| ledger::leave(link, &script.revision.version)),
            false => Ok(()),
        }
    }
}

/// Describes the session that holds the lock. Which session it is is only looked up when a message has to say
/// it.
fn another_session() -> Other {
    Other { who: String::new(), state: String::new() }
}

/// Takes the lock for an open transaction. Returns whether it was free.
fn has_locked(link: &mut dyn Link, limits: Limits) -> QueryResult<bool> {
    link.execute(&format!(
        "SET LOCAL statement_timeout = {}; SET LOCAL idle_in_transaction_session_timeout = 0",
        milliseconds(limits.statement)
    ))?;
    if !try_lock(link)? {
        return Ok(false);
    }
    // The driver's query has left a portal open, and with it a snapshot that a concurrent index build would wait
    // for. A plain text query closes it.
    link.execute(&format!("SET LOCAL lock_timeout = {}", milliseconds(limits.lock)))?;
    Ok(true)
}

/// Runs a script and marks it in one transaction, unless another program has done so.
fn in_transaction(link: &mut dyn Link, script: &Script<'_>, waiting: &mut Waiting<'_>) -> Result<Outcome, Failure> {
    // Everything that the transaction makes counts as the plugin's, so the tables for the marks are made before
    // it.
    if script.held().is_some() && transaction(link, begin, |link| script.lacks_state_tables(link))? {
        locked(link, waiting, |link| {
            script.setup(link)?;
            Ok(Outcome::Done)
        })?;
    }
    locked(link, waiting, |link| {
        script.in_turn(link, |link| {
            let path = search_path(link)?;
            fenced(link, script, 0, |link| script.each(link))?;
            Ok(restore_search_path(link, &path)?)
        })
    })
}

/// Runs `work` in an open transaction, after the `first` statements have run in others. Fails if a plugin's
/// script has changed what belongs to another.
fn fenced(
    link: &mut dyn Link,
    script: &Script<'_>,
    first: usize,
    work: impl FnOnce(&mut dyn Link) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let Some(owners) = script.held() else { return work(link) };
    let before = note(link, &owners.before(script.revision, (script.sql(), first), false))?;
    work(link)?;
    link.execute(SETTLE)?;
    compare(link, &before)
}

/// Reads what others own, in the form that the fence compares.
fn note(link: &mut dyn Link, query: &str) -> QueryResult<String> {
    link.execute(ENTER)?;
    let before = link.rows(query, &[])?.into_iter().flatten().flatten().next();
    link.execute(LEAVE)?;
    Ok(before.unwrap_or_default())
}

/// Fails if others' objects have changed.
fn compare(link: &mut dyn Link, before: &str) -> Result<(), Failure> {
    link.rows(HAND_ON, &[before])?;
    link.execute(&after()).map_err(|error| {
        let failure = Failure::from(error);
        match failure.message.strip_prefix(FENCED) {
            Some(what) => Failure { why: Why::Anothers, ..Failure::new(what.to_owned()) },
            None => failure,
        }
    })
}

/// Runs `work` in a transaction while no other program is at work.
fn locked(
    link: &mut dyn Link,
    waiting: &mut Waiting<'_>,
    mut work: impl FnMut(&mut dyn Link) -> Result<Outcome, Failure>,
) -> Result<Outcome, Failure> {
    if !link.is_shared() {
        return transaction(link, begin, work);
    }
    loop {
        let limits = link.limits();
        let outcome = transaction(link, begin, |link| match has_locked(link, limits)? {
            true => work(link).map(Some),
            false => Ok::<_, Failure>(None),
        })?;
        match outcome {
            Some(outcome) => return Ok(outcome),
            None => waiting.sleep(link, "", holder)?,
        }
    }
}

/// Runs a statement by itself, and notes it. A plugin's statement still runs in a transaction, in which the fence
/// holds it, unless PostgreSQL only takes it outside of one.
fn step(link: &mut dyn Link, script: &Script<'_>, at: usize) -> Result<(), Failure> {
    clear_away(link, script)?;
    let (version, ran) = (&script.revision.version, at + 1);
    let form = script.held().map(|owners| (owners, form(script.text(at))));
    if let Some((_, Form::Fenced)) = &form {
        let limit = milliseconds(link.limits().lock);
        return transaction(link, begin, |link| {
            link.execute(&format!("SET LOCAL lock_timeout = {limit}"))?;
            fenced(link, script, at, |link| script.run(link, at))?;
            Ok(ledger::advance(link, version, ran, &script.checksum_of(ran))?)
        });
    }
    ledger::enter(link, version)?;
    match form {
        Some((owners, Form::Alone(table))) => outside(link, script, owners, (at, &table))?,
        Some((_, Form::Fenced)) | None => script.run(link, at)?,
    }
    Ok(ledger::advance_plainly(link, version, ran, &script.checksum_of(ran))?)
}

/// Drops what is left of an index that this very script once failed to build. It is useless, and its name is
/// needed.
fn clear_away(link: &mut dyn Link, script: &Script<'_>) -> QueryResult<()> {
    let [statement] = &script.statements[..] else { return Ok(()) };
    let Some((index, table)) = builds_concurrently(script.dialect, &script.sql()[statement.span.clone()]) else {
        return Ok(());
    };
    let query = "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                 JOIN pg_namespace n ON n.oid = c.relnamespace \
                 WHERE NOT i.indisvalid AND c.relname = ? AND i.indrelid = to_regclass(?)";
    let table = script.dialect.facts().quoted_table(&table);
    for left in link.rows(query, &[&index, &table])?.into_iter().flatten().flatten() {
        link.execute(&format!("DROP INDEX CONCURRENTLY {left}"))?;
    }
    Ok(())
}

/// Runs a plugin's statement that no transaction can contain, if it concerns one of the plugin's own tables.
/// Anything else that it changes stays, and is reported.
fn outside(
    link: &mut dyn Link,
    script: &Script<'_>,
    owners: &Owners,
    (at, table): (usize, &TableName),
) -> Result<(), Failure> {
    let refused = |why: Why, message: String| {
        Err(Failure { why, at: Some(script.statements[at].span.clone()), ..Failure::new(message) })
    };
    if let Some(function) = owners.own_function(script.revision, script.text(at)) {
        return refused(Why::Beyond, format!("it calls the plugin's function `{function}` outside of a transaction"));
    }
    let name = script.dialect.facts().quoted_table(table);
    let (before, resolved, runs) = undone(link, |link| {
        let before = note(link, &owners.before(script.revision, (script.sql(), at), true))?;
        let resolved = link.rows(RESOLVE, &[&before, &name])?;
        for statement in probe(script.text(at)) {
            link.execute_one(&statement)?;
        }
        let runs = link.rows(RUNS, &[&name])?;
        Ok((before, resolved, runs))
    })
    .map_err(|error| Failure { at: Some(script.statements[at].span.clone()), ..Failure::from(error) })?;
    if let Some(strange) = resolved.into_iter().flatten().flatten().next() {
        return refused(
            Why::Anothers,
            format!("it is about the table `{strange}`, which isn't {}", whose(&script.revision.owner)),
        );
    }
    if let Some(function) = runs.into_iter().flatten().flatten().next() {
        return refused(
            Why::Beyond,
            format!(
                "an index makes it run the function `{function}` outside of a transaction, where nothing holds that"
            ),
        );
    }
    script.run(link, at)?;
    transaction(link, begin, |link| compare(link, &before))
        .map_err(|failure| Failure { at: Some(script.statements[at].span.clone()), ..failure })
}

/// Runs `look` in a transaction, and rolls that back.
fn undone<T>(link: &mut dyn Link, look: impl FnOnce(&mut dyn Link) -> QueryResult<T>) -> QueryResult<T> {
    begin(link)?;
    let seen = look(link);
    link.execute("ROLLBACK")?;
    seen
}

fn search_path(link: &mut dyn Link) -> QueryResult<String> {
    let rows = link.rows("SELECT current_setting('search_path')", &[])?;
    Ok(rows.into_iter().flatten().flatten().next().unwrap_or_default())
}

/// Restores the search path if a script has changed it, as dumps do. The mark has to go where Diesel looks for
/// it, and the next script has to begin as this one did.
fn restore_search_path(link: &mut dyn Link, before: &str) -> QueryResult<()> {
    if search_path(link)? == before {
        return Ok(());
    }
    link.execute(&format!("SELECT set_config('search_path', '{}', false)", before.replace('\'', "''")))
}
