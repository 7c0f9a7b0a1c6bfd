//! The transactions in which the ledger is read and written.

use std::thread::sleep;
use std::time::{Duration, Instant};

use diesel::QueryResult;

use super::tables::{LOCK, setup};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::link::{Link, milliseconds, retried, transaction};

/// Asks several queries that belong together.
pub(in crate::history) fn reading<T>(
    link: &mut dyn Link,
    mut ask: impl FnMut(&mut dyn Link) -> QueryResult<T>,
) -> QueryResult<T> {
    patiently(link, |link| match (link.dialect(), link.is_in_transaction()) {
        (Dialect::Sqlite | Dialect::Postgres | Dialect::Mysql, true) => ask(link),
        // A pooler may give each query outside a transaction, and even its preparation, to another session.
        (Dialect::Postgres, false) => retried(link, |link| transaction(link, begin, &mut ask)),
        (Dialect::Sqlite | Dialect::Mysql, false) => retried(link, &mut ask),
    })
}

/// Changes the ledger as a whole or not at all.
pub(in crate::history) fn writing<T>(
    link: &mut dyn Link,
    mut work: impl FnMut(&mut dyn Link) -> QueryResult<T>,
) -> QueryResult<T> {
    patiently(link, |link| match link.is_in_transaction() {
        true => work(link),
        false => retried(link, |link| transaction(link, begin, &mut work)),
    })
}

/// Runs `work` on a connection that waits for other programs, and restores how long the connection waited before.
pub(in crate::history) fn patiently<T, E: From<diesel::result::Error>>(
    link: &mut dyn Link,
    work: impl FnOnce(&mut dyn Link) -> Result<T, E>,
) -> Result<T, E> {
    let undo = match link.dialect() {
        Dialect::Sqlite => wait(link)?,
        Dialect::Postgres | Dialect::Mysql => None,
    };
    let done = work(link);
    if let Some(undo) = undo {
        link.execute(&undo)?;
    }
    done
}

/// Opens a transaction in which the ledger is written. On SQLite, MariaDB and MySQL, no other program of ours
/// writes meanwhile.
pub(in crate::history) fn begin(link: &mut dyn Link) -> QueryResult<()> {
    match link.dialect() {
        Dialect::Sqlite => begin_immediate(link),
        Dialect::Postgres => link.execute("BEGIN"),
        Dialect::Mysql => begin_with_the_lock(link),
    }
}

/// Begins a transaction that locks at once. A deferred transaction would read before it locks, and two
/// programs could both find a revision missing. Waits for others up to the link's lock limit, beyond what the
/// connection itself waits.
fn begin_immediate(link: &mut dyn Link) -> QueryResult<()> {
    let started = Instant::now();
    loop {
        match link.execute("BEGIN IMMEDIATE") {
            Err(error) if error.to_string().contains("is locked") && started.elapsed() < link.limits().lock => {
                sleep(Duration::from_millis(20));
            }
            begun => return begun,
        }
    }
}

/// Begins a transaction and locks the row that all programs lock.
fn begin_with_the_lock(link: &mut dyn Link) -> QueryResult<()> {
    setup(link)?;
    link.execute("START TRANSACTION")?;
    let lock = format!("SELECT name FROM {LOCK} WHERE id = 1 FOR UPDATE");
    if link.rows(&lock, &[])?.is_empty() {
        link.execute(&format!("COMMIT; INSERT IGNORE INTO {LOCK} (id) VALUES (1); START TRANSACTION"))?;
        link.rows(&lock, &[])?;
    }
    Ok(())
}

/// Lets a connection to SQLite wait for other programs as long as its limit allows. Returns the statement that
/// undoes that. Reading, committing and even preparing a statement may find the file locked, and a connection of
/// Diesel's gives up at once by default.
fn wait(link: &mut dyn Link) -> QueryResult<Option<String>> {
    // The only query that SQLite answers without reading the file.
    let rows = link.rows("PRAGMA busy_timeout", &[])?;
    let now = rows.into_iter().flatten().flatten().next().and_then(|now| now.parse::<i32>().ok()).unwrap_or_default();
    let limit = link.limits().lock;
    if limit.is_zero() || now >= milliseconds(limit) {
        return Ok(None);
    }
    link.execute(&format!("PRAGMA busy_timeout = {}", milliseconds(limit)))?;
    Ok(Some(format!("PRAGMA busy_timeout = {now}")))
}
