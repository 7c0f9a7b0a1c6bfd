//! Applying and reverting on PostgreSQL.
//!
//! Programs that start at once take turns by an advisory lock that ends with its transaction, so
//! that it works behind a pooler that hands every transaction to another session. Nobody *waits*
//! inside PostgreSQL for it: a statement that waits holds a snapshot, and `CREATE INDEX
//! CONCURRENTLY` waits for all snapshots, so that the two would wait for each other.

use std::collections::BTreeSet;
use std::fmt;
use std::thread::sleep;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::migration::{self, Migration, MigrationConnection, MigrationMetadata, MigrationName, MigrationVersion};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::result::{Error as DieselError, QueryResult};
use diesel::sql_types::{Bool, Text};
use diesel_migrations::MigrationHarness;

use super::{Direction, Failure, Outcome, Why};
use crate::database::{Limits, PostgresConnection, PostgresDatabase, milliseconds};
use crate::dialect::postgres_text::{Statement, statements};
use crate::history::{Revision, Version};

diesel::table! {
    __diesel_schema_migrations (version) {
        version -> Text,
        run_on -> Timestamp,
    }
}

/// The lock's number: "autogen" in ASCII, so that whoever finds it in `pg_locks` can tell.
const LOCK: i64 = 0x0061_7574_6f67_656e;

/// How long a program sleeps before it asks for the lock again.
const PATIENCE: Duration = Duration::from_millis(50);

/// The versions in Diesel's table, if it is there.
///
/// In a transaction, because a pooler may give each query that stands alone, and even its preparation,
/// to another session.
pub(super) fn applied(connection: &mut PostgresConnection) -> QueryResult<BTreeSet<Version>> {
    connection.transaction(|connection| {
        let is_there = "to_regclass('__diesel_schema_migrations') IS NOT NULL";
        if !diesel::select(sql::<Bool>(is_there)).get_result::<bool>(connection)? {
            return Ok(BTreeSet::new());
        }
        let versions: Vec<String> =
            __diesel_schema_migrations::table.select(__diesel_schema_migrations::version).load(connection)?;
        Ok(versions.into_iter().map(Version::stored).collect())
    })
}

/// Runs one file of a revision and keeps Diesel's table in step.
pub(super) fn run(
    database: &mut PostgresDatabase,
    revision: &Revision,
    direction: Direction,
) -> Result<Outcome, Failure> {
    let script = Script { revision, direction, statements: statements(direction.sql(revision)) };
    if revision.run_in_transaction { in_transaction(database, &script) } else { bare(database, &script) }
}

/// Runs a script and marks it in one transaction, unless another program has done so.
fn in_transaction(database: &mut PostgresDatabase, script: &Script<'_>) -> Result<Outcome, Failure> {
    let limits = database.limits();
    locked(database, limits, |connection| {
        connection.setup()?;
        if script.is_done(connection)? {
            return Ok(Outcome::Overtaken);
        }
        let path = search_path(connection)?;
        script.each(connection)?;
        restore_search_path(connection, &path)?;
        script.mark(connection)?;
        Ok(Outcome::Done)
    })
}

/// Runs a script as Diesel does: all its statements as one text, without a transaction around it.
/// The lock is held by a transaction of another connection meanwhile, which has no snapshot.
fn bare(database: &mut PostgresDatabase, script: &Script<'_>) -> Result<Outcome, Failure> {
    let limits = database.limits();
    let mut other = database.another().map_err(|error| Failure::new(error.to_string()))?;
    locked(&mut other, limits, |_| {
        let path = database.transaction(|connection| {
            connection.setup()?;
            Ok::<_, DieselError>(if script.is_done(connection)? { None } else { Some(search_path(connection)?) })
        })?;
        let Some(path) = path else { return Ok(Outcome::Overtaken) };
        // For the session, because there is no transaction that it could belong to. Locks have no limit
        // of their own here: what builds an index concurrently waits for others without keeping any
        // waiting, and leaves half an index when it gives up.
        database.batch_execute(&format!("SET statement_timeout = {}", milliseconds(limits.statement)))?;
        let run = script.whole(database);
        if run.is_err() {
            // A transaction that the script has opened would swallow whatever comes next. There may
            // be none, of which PostgreSQL only warns.
            let _none_open = database.batch_execute("ROLLBACK");
        }
        let reset = database.batch_execute("RESET statement_timeout");
        run.map_err(|failure| Failure { half_done: true, ..failure })?;
        reset?;
        // The driver prepares what it asks: behind a pooler only a transaction keeps both together.
        let marked = database.transaction(|connection| {
            restore_search_path(connection, &path)?;
            script.mark(connection)
        });
        marked.map(|()| Outcome::Done).map_err(|failure| Failure { half_done: true, ..failure })
    })
}

/// Does something in a transaction while no other program does.
fn locked(
    connection: &mut PostgresConnection,
    limits: Limits,
    mut work: impl FnMut(&mut PostgresConnection) -> Result<Outcome, Failure>,
) -> Result<Outcome, Failure> {
    let started = Instant::now();
    loop {
        let mut failure = None;
        let outcome = connection.transaction(|connection| {
            connection.batch_execute(&format!(
                "SET LOCAL statement_timeout = {}; SET LOCAL idle_in_transaction_session_timeout = 0",
                milliseconds(limits.statement)
            ))?;
            let lock = sql::<Bool>(&format!("pg_try_advisory_xact_lock({LOCK})"));
            if !diesel::select(lock).get_result::<bool>(connection)? {
                return Ok(None);
            }
            // The driver's query has left a portal open, and with it a snapshot for which an index
            // that is built concurrently would wait; plain text closes it.
            connection.batch_execute(&format!("SET LOCAL lock_timeout = {}", milliseconds(limits.lock)))?;
            work(connection).map(Some).map_err(|found| {
                failure = Some(found);
                DieselError::RollbackTransaction
            })
        });
        match (failure, outcome) {
            (Some(failure), _) => return Err(failure),
            (None, Ok(Some(outcome))) => return Ok(outcome),
            (None, Ok(None)) if started.elapsed() < limits.statement => sleep(PATIENCE),
            (None, Ok(None)) => {
                let message = "another program has been applying migrations all the while".to_owned();
                return Err(Failure { why: Why::Busy, ..Failure::new(message) });
            }
            (None, Err(error)) => return Err(error.into()),
        }
    }
}

/// One file of a revision.
struct Script<'a> {
    revision: &'a Revision,
    direction: Direction,
    statements: Vec<Statement>,
}

impl Script<'_> {
    fn is_done(&self, connection: &mut PostgresConnection) -> QueryResult<bool> {
        let found = __diesel_schema_migrations::table.find(self.revision.version.as_str());
        let is_applied: bool = diesel::select(diesel::dsl::exists(found)).get_result(connection)?;
        Ok(match self.direction {
            Direction::Up => is_applied,
            Direction::Down => !is_applied,
        })
    }

    /// Tells Diesel's table that the script has run.
    fn mark(&self, connection: &mut PostgresConnection) -> Result<(), Failure> {
        let marked = match self.direction {
            Direction::Up => connection.run_migration(self),
            Direction::Down => connection.revert_migration(self),
        };
        marked.map(drop).map_err(|error| match error.downcast::<DieselError>() {
            Ok(error) => (*error).into(),
            Err(error) => Failure::new(error.to_string()),
        })
    }

    /// Runs statement by statement.
    fn each(&self, connection: &mut PostgresConnection) -> Result<(), Failure> {
        let text = self.direction.sql(self.revision);
        for statement in &self.statements {
            let span = statement.span.clone();
            if ends_transaction(statement) {
                let message = "it ends the transaction that it runs in; set `run_in_transaction = false` if it must";
                return Err(Failure { at: Some(span), ..Failure::new(message.to_owned()) });
            }
            connection
                .batch_execute(&text[span.clone()])
                .map_err(|error| Failure { at: Some(span), ..Failure::from(error) })?;
        }
        Ok(())
    }

    /// Runs all as one text.
    fn whole(&self, connection: &mut PostgresConnection) -> Result<(), Failure> {
        let text = self.direction.sql(self.revision).trim_start_matches('\u{feff}');
        connection.batch_execute(text).map_err(|error| {
            let skipped = self.direction.sql(self.revision).len() - text.len();
            let at = match (&self.statements[..], position(&error)) {
                ([only], _) => Some(only.span.clone()),
                (several, Some(letter)) => {
                    let byte = text.char_indices().nth(letter).map_or(text.len(), |(byte, _)| byte) + skipped;
                    several.iter().map(|statement| statement.span.clone()).find(|span| span.contains(&byte))
                }
                (_, None) => None,
            };
            Failure { at, ..Failure::from(error) }
        })
    }
}

fn search_path(connection: &mut PostgresConnection) -> QueryResult<String> {
    diesel::select(sql::<Text>("current_setting('search_path')")).get_result(connection)
}

/// Puts the search path back where a script has changed it, as dumps do: the mark has to go where
/// Diesel looks for it, and the next script begins as this one did.
fn restore_search_path(connection: &mut PostgresConnection, before: &str) -> QueryResult<()> {
    if search_path(connection)? == before {
        return Ok(());
    }
    connection.batch_execute(&format!("SELECT set_config('search_path', '{}', false)", before.replace('\'', "''")))
}

fn ends_transaction(statement: &Statement) -> bool {
    let words: Vec<&str> = statement.words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["commit" | "end" | "abort", ..] | ["prepare", "transaction", ..] => true,
        ["rollback", ..] => !words.contains(&"to"),
        _ => false,
    }
}

/// The letter at which PostgreSQL stopped, counted from 0.
fn position(error: &DieselError) -> Option<usize> {
    let DieselError::DatabaseError(_, told) = error else { return None };
    usize::try_from(told.statement_position()?).ok()?.checked_sub(1)
}

/// What Diesel is left to do is to mark it.
impl Migration<Pg> for Script<'_> {
    fn run(&self, _: &mut dyn diesel::connection::BoxableConnection<Pg>) -> migration::Result<()> {
        Ok(())
    }

    fn revert(&self, _: &mut dyn diesel::connection::BoxableConnection<Pg>) -> migration::Result<()> {
        Ok(())
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        self
    }

    fn name(&self) -> &dyn MigrationName {
        self
    }
}

impl MigrationMetadata for Script<'_> {
    fn run_in_transaction(&self) -> bool {
        false
    }
}

impl MigrationName for Script<'_> {
    fn version(&self) -> MigrationVersion<'_> {
        self.revision.version.as_str().into()
    }
}

impl fmt::Display for Script<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.revision.name)
    }
}
