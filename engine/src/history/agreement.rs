//! Whether a database is known to be what its applied revisions make.
//!
//! Replaying chains tells that for certain, and takes as long as making all tables. A database that was
//! empty before its first revision, and is looked at after each run, needs no replaying: the ledger keeps
//! what it looked like with exactly these revisions, and whoever changes a table by hand changes that too.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::apply::words;
use super::ledger::{self, State, ledger};
use super::makes::makes;
use super::{History, Link, applied, checksum};
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::model::{Schema, TableName};

/// Whether `schema`, which was just read from the database, is what all its applied revisions make, as far
/// as the ledger knows. `false` says nothing: revisions that another program has applied, or that were
/// edited since, leave it open.
///
/// # Errors
/// `can't-query` when the database refuses.
pub fn is_as_made(link: &mut dyn Link, history: &History, schema: &Schema) -> Result<bool> {
    if applied(link)?.is_empty() {
        let dialect = link.dialect();
        let is_there = |table: &TableName| schema.tables.contains_key(table) || schema.enums.contains_key(table);
        let mut made = history.revisions().iter().flat_map(|revision| makes(dialect, &revision.up));
        // A table of somebody else's may stand there; one that a chain makes must not.
        return Ok(schema.tables.is_empty() || (tells_all(dialect, history) && !made.any(|table| is_there(&table))));
    }
    let Some(newest) = newest(link)? else { return Ok(false) };
    let Some(now) = fingerprint(link, history, schema)? else { return Ok(false) };
    let then = words(link.dialect()).reading(link, |link| ledger::fingerprint(link, &newest)).map_err(refused)?;
    Ok(then == Some(now))
}

/// Notes that `schema`, which was just read from the database, is what all its applied revisions make.
///
/// # Errors
/// `can't-query` when the database refuses.
pub fn note_as_made(link: &mut dyn Link, history: &History, schema: &Schema) -> Result<()> {
    let Some(newest) = newest(link)? else { return Ok(()) };
    let Some(now) = fingerprint(link, history, schema)? else { return Ok(()) };
    let work = |link: &mut dyn Link| ledger::set_fingerprint(link, &newest, Some(&now));
    words(link.dialect()).writing(link, work).map_err(refused)
}

/// The revision that was applied last; `None` where one is half done or the ledger doesn't know all.
fn newest(link: &mut dyn Link) -> Result<Option<super::Version>> {
    let applied = applied(link)?;
    let entries = ledger(link)?;
    let is_known = entries.values().all(|entry| entry.state == State::Applied) && applied.iter().eq(entries.keys());
    let newest = entries.into_values().max_by_key(|entry| entry.turn);
    Ok(newest.filter(|_| is_known).map(|entry| entry.version))
}

/// What revisions and schema come down to; `None` where a revision is in no chain or isn't what was run.
fn fingerprint(link: &mut dyn Link, history: &History, schema: &Schema) -> Result<Option<String>> {
    let dialect = link.dialect();
    let mut hash = Sha256::new();
    hash.update(env!("CARGO_PKG_VERSION"));
    let mut made: BTreeSet<TableName> = BTreeSet::new();
    for (version, entry) in ledger(link)? {
        let Some(revision) = history.get(&version).filter(|found| checksum(dialect, &found.up) == entry.checksum)
        else {
            return Ok(None);
        };
        made.extend(entry.made);
        hash.update(format!("\n{} {}", version.as_str(), checksum(dialect, &revision.up)));
    }
    let mut schema = schema.clone();
    if tells_all(dialect, history) {
        schema.tables.retain(|table, _| made.contains(table));
    }
    // Two schemas that differ in anything that introspection reads differ here.
    hash.update(format!("\n{schema:?}"));
    Ok(Some(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// Whether the text of the chains tells which tables they make, so that tables of somebody else's can be
/// told from theirs: code inside the database may make any.
fn tells_all(dialect: Dialect, history: &History) -> bool {
    const PLAIN: [&str; 14] = [
        "alter", "analyze", "comment", "create", "delete", "drop", "grant", "insert", "pragma", "rename", "revoke",
        "set", "truncate", "update",
    ];
    let by_hand = history.revisions().iter().filter(|revision| !revision.by_autogen);
    let mut statements = by_hand.flat_map(|revision| dialect.statements(&revision.up));
    statements.all(|statement| statement.words.first().is_some_and(|word| PLAIN.contains(&word.as_str())))
}

fn refused(cause: diesel::result::Error) -> Error {
    Error::new("can't-query", format!("can't read the ledger of migrations: {cause}"))
        .help("check that you may read the table __autogen_ledger")
        .caused_by(cause)
}
