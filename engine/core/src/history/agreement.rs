//! Whether a database is known to be what its applied revisions make.
//!
//! Replaying chains tells that for certain, and takes as long as making all tables. A database that was empty before
//! its first revision, and is checked after each run, needs no replay. The ledger keeps a digest of its schema with
//! exactly these revisions, and changing a table by hand changes that digest too.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use sha2::{Digest, Sha256};

use super::{Entry, History, Link, State, Version, applied, checksum, ledger, note_fingerprint, noted_fingerprint};
use crate::dialect::Dialect;
use crate::error::Result;
use crate::model::{Schema, TableName};
use crate::sql::effects::{makes, tells_all};

/// Checks whether `schema`, which was just read from the database, is what all applied revisions make, as far as the
/// ledger knows. `false` means only that it isn't known: another program may have applied revisions, or they may have
/// been edited since.
///
/// # Errors
/// Returns `can't-query` when the database refuses a query.
pub fn is_as_made(link: &mut dyn Link, history: &History, schema: &Schema) -> Result<bool> {
    if !schema.unread.is_empty() {
        return Ok(false);
    }
    let applied = applied(link)?;
    let dialect = link.dialect();
    if applied.is_empty() {
        let is_there = |table: &TableName| schema.tables.contains_key(table);
        let mut made = history.revisions().iter().flat_map(|revision| makes(dialect, &revision.up));
        // Another program's table may exist, but one that a chain makes must not.
        return Ok(schema.tables.is_empty() || (all_told(dialect, history) && !made.any(|table| is_there(&table))));
    }
    let Some((newest, now)) = fingerprint(dialect, history, &applied, &ledger(link)?, schema) else { return Ok(false) };
    Ok(noted_fingerprint(link, &newest)? == Some(now))
}

/// Notes that `schema`, which was just read from the database, is what all its applied revisions make.
///
/// # Errors
/// `can't-query` when the database refuses.
pub fn note_as_made(link: &mut dyn Link, history: &History, schema: &Schema) -> Result<()> {
    let (applied, entries) = (applied(link)?, ledger(link)?);
    let dialect = link.dialect();
    let Some((newest, now)) = fingerprint(dialect, history, &applied, &entries, schema) else { return Ok(()) };
    note_fingerprint(link, &newest, &now)
}

/// Returns the revision that was applied last, and a digest of all revisions and the schema. Returns `None` in each
/// of these cases:
///
/// * The ledger doesn't know all applied revisions.
/// * A revision is half done, in no chain, or not what was run.
/// * A table may belong to the chains or to somebody else.
fn fingerprint(
    dialect: Dialect,
    history: &History,
    applied: &BTreeSet<Version>,
    entries: &BTreeMap<Version, Entry>,
    schema: &Schema,
) -> Option<(Version, String)> {
    // What wasn't read may have changed.
    if !applied.iter().eq(entries.keys()) || !schema.unread.is_empty() {
        return None;
    }
    let mut hash = Sha256::new();
    hash.update(env!("CARGO_PKG_VERSION"));
    let mut made: BTreeSet<&TableName> = BTreeSet::new();
    for (version, entry) in entries {
        let sum = checksum(dialect, &history.get(version)?.up);
        if entry.state != State::Applied || entry.checksum != sum {
            return None;
        }
        made.extend(&entry.made);
        hash.update(format!("\n{} {sum}", version.as_str()));
    }
    let mut schema = schema.clone();
    if schema.tables.keys().any(|table| !made.contains(table)) && !all_told(dialect, history) {
        return None;
    }
    schema.tables.retain(|table, _| made.contains(table));
    hash.update("\n");
    let mut sum = Sum(hash);
    schema.sum_up(&mut sum).ok()?;
    let newest = entries.values().max_by_key(|entry| entry.turn)?;
    Some((newest.version.clone(), format!("{:x}", sum.0.finalize())))
}

/// Takes a text that nobody needs as a whole.
struct Sum(Sha256);

impl fmt::Write for Sum {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.update(text);
        Ok(())
    }
}

/// Checks whether the text of the chains tells which tables they make, so that other people's tables can be told
/// apart.
fn all_told(dialect: Dialect, history: &History) -> bool {
    let mut by_hand = history.revisions().iter().filter(|revision| !revision.by_autogen);
    by_hand.all(|revision| tells_all(dialect, &revision.up))
}
