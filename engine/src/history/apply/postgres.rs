//! Applying and reverting on PostgreSQL.
//!
//! Programs that start at once take turns by an advisory lock that ends with its transaction, so
//! that it works behind a pooler that hands every transaction to another session. Nobody *waits*
//! inside PostgreSQL for it: a statement that waits holds a snapshot, and `CREATE INDEX
//! CONCURRENTLY` waits for all snapshots, so that the two would wait for each other.

use std::thread::sleep;
use std::time::{Duration, Instant};

use diesel::result::{Error as DieselError, QueryResult};

use super::failure::Why;
use super::script::Script;
use super::{Direction, Event, Failure, Outcome, SqlForms};
use crate::history::Revision;
use crate::history::fence::Owners;
use crate::history::fence::postgres::{ENTER, FENCED, Form, HAND_ON, LEAVE, RESOLVE, SETTLE, after, form};
use crate::history::ledger::{self, State};
use crate::link::{Limits, Link, milliseconds, transaction};
use crate::model::TableName;
use crate::sql::effects::builds_concurrently;

pub(super) const FORMS: SqlForms = SqlForms {
    state_tables: "SELECT name FROM (VALUES (?), (?)) AS known (name) WHERE to_regclass(name) IS NOT NULL",
    text: "TEXT",
    script: "TEXT",
    own_columns: "",
    own_options: "",
    later: &[],
    for_update: "",
    // A pooler may give each query that stands alone, and even its preparation, to another session.
    reads_in: Some(begin),
    writes_in: begin,
    schema: None,
    wait: |_| Ok(None),
};

/// The lock's number: "autogen" in ASCII, so that whoever finds it in `pg_locks` can tell.
pub(in crate::history) const LOCK: i64 = 0x0061_7574_6f67_656e;

/// How long a program sleeps before it asks for the lock again.
const PATIENCE: Duration = Duration::from_millis(50);

/// How long it waits for another program before it says so.
const SILENCE: Duration = Duration::from_secs(1);

/// Runs one file of a revision and keeps Diesel's table and the ledger in step.
pub(super) fn run(
    link: &mut dyn Link,
    script: &Script<'_>,
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<Outcome, Failure> {
    let mut waiting = Waiting { started: Instant::now(), told: false, revision: script.revision, progress };
    if script.revision.run_in_transaction {
        in_transaction(link, script, &mut waiting)
    } else {
        bare(link, script, &mut waiting)
    }
}

pub(super) fn begin(link: &mut dyn Link) -> QueryResult<()> {
    link.execute("BEGIN")
}

/// Runs a script and marks it in one transaction, unless another program has done so.
fn in_transaction(link: &mut dyn Link, script: &Script<'_>, waiting: &mut Waiting<'_>) -> Result<Outcome, Failure> {
    let limits = link.limits();
    // What the transaction makes counts as the plugin's, so the tables for the marks are made before.
    if script.held().is_some() && transaction(link, begin, |link| script.lacks_state_tables(link))? {
        locked(link, limits, waiting, |link| {
            script.setup(link)?;
            Ok(Outcome::Done)
        })?;
    }
    locked(link, limits, waiting, |link| {
        script.in_turn(link, |link| {
            let path = search_path(link)?;
            fenced(link, script, 0, |link| script.each(link))?;
            Ok(restore_search_path(link, &path)?)
        })
    })
}

/// Does something in a transaction that is open, once the `first` statements have run in others, and fails where a plugin's
/// script has changed what is another's by it.
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

/// What others own, as the fence compares it.
fn note(link: &mut dyn Link, query: &str) -> QueryResult<String> {
    link.execute(ENTER)?;
    let before = link.rows(query, &[])?.into_iter().flatten().flatten().next();
    link.execute(LEAVE)?;
    Ok(before.unwrap_or_default())
}

/// Fails where others' objects aren't what they were.
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

/// Runs a script statement by statement, without a transaction around it.
/// The lock is held by a transaction of another connection meanwhile, which has no snapshot. Where no
/// other connection can be had, this one's session holds it.
fn bare(link: &mut dyn Link, script: &Script<'_>, waiting: &mut Waiting<'_>) -> Result<Outcome, Failure> {
    let limits = link.limits();
    if !link.is_shared() {
        return alone(link, script, limits);
    }
    match link.another() {
        Some(open) => locked(&mut *open()?, limits, waiting, |_| alone(link, script, limits)),
        None => {
            while !is_yes(link, &format!("SELECT pg_try_advisory_lock({LOCK})::text"))? {
                waiting.sleep(link, limits)?;
            }
            let outcome = alone(link, script, limits);
            let unlocked = link.rows(&format!("SELECT pg_advisory_unlock({LOCK})::text"), &[]);
            let outcome = outcome?;
            unlocked?;
            Ok(outcome)
        }
    }
}

/// Runs a script while nobody else runs any, and notes before and after that it does.
fn alone(link: &mut dyn Link, script: &Script<'_>, limits: Limits) -> Result<Outcome, Failure> {
    let begun = transaction(link, begin, |link| {
        script.setup(link)?;
        if script.is_done(link)? {
            return Ok::<_, Failure>(None);
        }
        let first = if script.keeps_ledger { begun(link, script)? } else { 0 };
        Ok(Some((first, search_path(link)?)))
    })?;
    let Some((first, path)) = begun else { return Ok(Outcome::Overtaken) };
    // For the session, because there is no transaction that it could belong to. Locks have no limit
    // of their own here: what builds an index concurrently waits for others without keeping any
    // waiting, and leaves half an index when it gives up.
    link.execute(&format!("SET statement_timeout = {}", milliseconds(limits.statement)))?;
    let run = clear_away(link, script).map_err(Failure::from).and_then(|()| one_by_one(link, script, limits, first));
    if run.is_err() {
        // A transaction that the script has opened would swallow whatever comes next. There may
        // be none, of which PostgreSQL only warns.
        let _none_open = link.execute("ROLLBACK");
    }
    let reset = link.execute("RESET statement_timeout");
    run.map_err(|failure| stopped(link, script, failure))?;
    reset?;
    // The driver prepares what it asks: behind a pooler only a transaction keeps both together.
    let marked = transaction(link, begin, |link| {
        restore_search_path(link, &path)?;
        script.mark(link)
    });
    marked.map(|()| Outcome::Done).map_err(|error| Failure { half_done: true, ..Failure::from(error) })
}

/// Says in the ledger that a script is under way. The statement to begin at: where an earlier program has stopped.
fn begun(link: &mut dyn Link, script: &Script<'_>) -> Result<usize, Failure> {
    let there = ledger::entry(link, &script.revision.version)?;
    let ran = match there.as_ref().map(|entry| (entry.state, script.direction)) {
        Some((State::Applying { ran, .. }, Direction::Up) | (State::Reverting { ran, .. }, Direction::Down)) => ran,
        Some(_) | None => 0,
    };
    match there.filter(|_| ran > 0) {
        Some(entry) => script.begins_with(&entry)?,
        None => script.begin(link, "")?,
    }
    Ok(ran)
}

/// What becomes of a script that stopped: where nothing of it has changed the database, the ledger forgets it.
fn stopped(link: &mut dyn Link, script: &Script<'_>, failure: Failure) -> Failure {
    let failed = failure
        .at
        .as_ref()
        .and_then(|at| script.statements.iter().position(|statement| statement.span.start == at.start));
    let Some(failed) = failed.filter(|_| script.keeps_ledger) else { return Failure { half_done: true, ..failure } };
    let version = &script.revision.version;
    let is_whole = is_whole(script.text(failed));
    let is_untouched = is_whole && !script.leaves_something(failed);
    let told = transaction(link, begin, |link| {
        if is_untouched {
            script.never_begun(link)?;
        } else if is_whole {
            ledger::leave(link, version)?;
        }
        ledger::entry(link, version)
    });
    match told {
        Ok(_) if is_untouched => failure,
        told => Failure { half_done: true, left: told.ok().flatten().map(|entry| entry.state), ..failure },
    }
}

/// Whether a statement does all that it says or nothing; what goes outside of transactions may have done a part.
fn is_whole(text: &str) -> bool {
    const PARTLY: [&str; 6] = ["call", "do", "vacuum", "cluster", "reindex", "concurrently"];
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    !words.map(str::to_ascii_lowercase).any(|word| PARTLY.contains(&word.as_str()))
}

/// Drops what is left of an index that this very script once failed to build: it serves nobody, and its name
/// is taken.
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

/// Does something in a transaction while no other program does.
fn locked(
    link: &mut dyn Link,
    limits: Limits,
    waiting: &mut Waiting<'_>,
    mut work: impl FnMut(&mut dyn Link) -> Result<Outcome, Failure>,
) -> Result<Outcome, Failure> {
    if !link.is_shared() {
        return transaction(link, begin, work);
    }
    loop {
        let outcome = transaction(link, begin, |link| {
            link.execute(&format!(
                "SET LOCAL statement_timeout = {}; SET LOCAL idle_in_transaction_session_timeout = 0",
                milliseconds(limits.statement)
            ))?;
            if !try_lock(link)? {
                return Ok::<_, Failure>(None);
            }
            // The driver's query has left a portal open, and with it a snapshot for which an index
            // that is built concurrently would wait; plain text closes it.
            link.execute(&format!("SET LOCAL lock_timeout = {}", milliseconds(limits.lock)))?;
            work(link).map(Some)
        })?;
        match outcome {
            Some(outcome) => return Ok(outcome),
            None => waiting.sleep(link, limits)?,
        }
    }
}

/// Takes the lock until the transaction ends, unless another program has it.
pub(super) fn try_lock(link: &mut dyn Link) -> QueryResult<bool> {
    is_yes(link, &format!("SELECT pg_try_advisory_xact_lock({LOCK})::text"))
}

/// Whether no program is at work on a revision.
pub(in crate::history) fn nobody_applies(link: &mut dyn Link) -> QueryResult<bool> {
    transaction(link, begin, try_lock)
}

/// The wait for a turn.
struct Waiting<'a> {
    started: Instant,
    told: bool,
    revision: &'a Revision,
    progress: &'a mut dyn FnMut(Event<'_>),
}

impl Waiting<'_> {
    /// Sleeps until it makes sense to ask for the lock again, and says once who has it.
    fn sleep(&mut self, link: &mut dyn Link, limits: Limits) -> Result<(), Failure> {
        if self.started.elapsed() >= limits.statement {
            let message = "another program has been applying migrations all the while".to_owned();
            return Err(Failure { why: Why::Busy, ..Failure::new(message) });
        }
        if self.started.elapsed() >= SILENCE && !self.told {
            self.told = true;
            // Not everybody may see others' sessions, and it may be over by now.
            let who = transaction(link, begin, holder).unwrap_or_default();
            (self.progress)(Event::Waiting(self.revision, &who));
        }
        sleep(PATIENCE);
        Ok(())
    }
}

/// The session that has the lock, for people.
fn holder(link: &mut dyn Link) -> QueryResult<String> {
    let query = format!(
        "SELECT concat(a.usename, ', process ', a.pid, ', since ' || date_trunc('second', a.xact_start)) \
         FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid \
         WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND a.datname = current_database() \
         AND l.classid::bigint = {} AND l.objid::bigint = {}",
        LOCK >> 32,
        LOCK & 0xffff_ffff
    );
    Ok(link.rows(&query, &[])?.into_iter().flatten().flatten().next().unwrap_or_default())
}

fn is_yes(link: &mut dyn Link, query: &str) -> QueryResult<bool> {
    Ok(link.rows(query, &[])?.into_iter().flatten().flatten().next().as_deref() == Some("true"))
}

/// Runs each statement from one on by itself, and notes it. A plugin's runs in a transaction after all, where the fence
/// holds it, unless PostgreSQL takes it outside of transactions only.
fn one_by_one(link: &mut dyn Link, script: &Script<'_>, limits: Limits, first: usize) -> Result<(), Failure> {
    for at in 0..script.statements.len() {
        if at < first {
            if script.statements[at].is_of_session(script.dialect) {
                script.run(link, at)?;
            }
            continue;
        }
        let (version, ran) = (&script.revision.version, at + 1);
        let form = script.held().map(|owners| (owners, form(script.text(at))));
        if let Some((_, Form::Fenced)) = &form {
            transaction(link, begin, |link| {
                link.execute(&format!("SET LOCAL lock_timeout = {}", milliseconds(limits.lock)))?;
                fenced(link, script, at, |link| script.run(link, at))?;
                if script.keeps_ledger {
                    ledger::advance(link, version, ran, &script.checksum_of(ran))?;
                }
                Ok::<_, Failure>(())
            })?;
            continue;
        }
        if script.keeps_ledger {
            ledger::enter(link, version)?;
        }
        match form {
            Some((owners, Form::Alone(table))) => outside(link, script, owners, (at, &table))?,
            Some((_, Form::Fenced)) | None => script.run(link, at)?,
        }
        if script.keeps_ledger {
            ledger::advance_plainly(link, version, ran, &script.checksum_of(ran))?;
        }
    }
    Ok(())
}

/// Runs a statement of a plugin's that no transaction goes around, if it is about a table of that plugin's. What it
/// changes beyond that stays, and is said.
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
    let (before, resolved) = transaction(link, begin, |link| {
        let before = note(link, &owners.before(script.revision, (script.sql(), at), true))?;
        let resolved = link.rows(RESOLVE, &[&before, &name])?;
        Ok::<_, DieselError>((before, resolved))
    })?;
    if let Some(strange) = resolved.into_iter().flatten().flatten().next() {
        return refused(
            Why::Anothers,
            format!("it is about the table `{strange}`, which isn't {}'s", script.revision.owner),
        );
    }
    script.run(link, at)?;
    transaction(link, begin, |link| compare(link, &before))
        .map_err(|failure| Failure { at: Some(script.statements[at].span.clone()), ..failure })
}

fn search_path(link: &mut dyn Link) -> QueryResult<String> {
    let rows = link.rows("SELECT current_setting('search_path')", &[])?;
    Ok(rows.into_iter().flatten().flatten().next().unwrap_or_default())
}

/// Puts the search path back where a script has changed it, as dumps do: the mark has to go where
/// Diesel looks for it, and the next script begins as this one did.
fn restore_search_path(link: &mut dyn Link, before: &str) -> QueryResult<()> {
    if search_path(link)? == before {
        return Ok(());
    }
    link.execute(&format!("SELECT set_config('search_path', '{}', false)", before.replace('\'', "''")))
}
