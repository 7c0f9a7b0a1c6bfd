//! What a script does to the tables that are there, as PostgreSQL tells within its transaction: locks, rows that are read
//! while nobody else can, rows that are written anew.

use std::collections::BTreeMap;

use diesel::QueryResult;

use crate::database::Database;
use crate::model::TableName;
use crate::plan::{Lock, Measured};
use crate::scratch::ask;
use crate::scratch::script::Statement;

/// Looks at a transaction after each of its statements.
#[derive(Debug, Default)]
pub(in crate::scratch) struct Meter {
    /// The tables that were there, by their numbers.
    tables: BTreeMap<String, Table>,
    found: BTreeMap<TableName, Measured>,
}

/// A table as it was at the last look.
#[derive(Debug)]
struct Table {
    name: TableName,
    /// Where its rows are.
    file: Option<String>,
    /// How often all of its rows were read.
    reads: u64,
}

/// What there is of a table that some session holds: its number, its schema and name, its file, how often all rows were
/// read, and the locks of this session. Rows of a partition are those of the table that it is a part of.
const LOOK: &str = "
SELECT c.oid::text, nullif(n.nspname, current_schema()), r.relname, pg_relation_filenode(c.oid)::text,
    coalesce(pg_stat_get_xact_numscans(c.oid), 0)::text, held.modes
FROM pg_class c JOIN pg_class r ON r.oid = coalesce(pg_partition_root(c.oid), c.oid)
JOIN pg_namespace n ON n.oid = r.relnamespace
LEFT JOIN (SELECT relation, string_agg(mode, ' ') AS modes FROM pg_locks
    WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted GROUP BY relation) held ON held.relation = c.oid
WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";

impl Meter {
    /// Notes the tables that are there, at the beginning of a transaction.
    pub(in crate::scratch) fn begin(&mut self, database: &mut Database) -> QueryResult<()> {
        for row in ask::rows(database, LOOK)? {
            if let Some((number, table, _)) = read(row) {
                self.tables.insert(number, table);
            }
        }
        Ok(())
    }

    /// Notes what a statement has done.
    pub(in crate::scratch) fn after(&mut self, database: &mut Database, statement: &Statement<'_>) -> QueryResult<()> {
        let is_look = statement.only_looks();
        for row in ask::rows(database, &format!("{LOOK} AND held.modes IS NOT NULL"))? {
            let Some((number, now, modes)) = read(row) else { continue };
            let Some(before) = self.tables.get_mut(&number) else { continue };
            let lock = modes.split(' ').filter_map(lock).max();
            let (was_read, was_written) = (now.reads > before.reads, now.file != before.file);
            (before.reads, before.file) = (now.reads, now.file);
            let Some(lock) = lock else { continue };
            let found = self.found.entry(before.name.clone()).or_insert_with(|| Measured {
                table: before.name.clone(),
                lock,
                is_read: false,
                is_written: false,
            });
            found.lock = found.lock.max(lock);
            found.is_read |= was_read && !is_look && lock == Lock::AccessExclusive;
            found.is_written |= was_written;
        }
        Ok(())
    }

    /// What was found.
    pub(in crate::scratch) fn found(self) -> Vec<Measured> {
        self.found.into_values().collect()
    }
}

fn read(row: ask::TextRow) -> Option<(String, Table, String)> {
    let [number, schema, name, file, reads, modes] = <[Option<String>; 6]>::try_from(row).ok()?;
    let name = TableName { schema, name: name? };
    Some((number?, Table { name, file, reads: reads?.parse().ok()? }, modes.unwrap_or_default()))
}

/// A lock by the name in PostgreSQL's catalog; none for those that only keep a table from going.
fn lock(mode: &str) -> Option<Lock> {
    match mode {
        "RowExclusiveLock" => Some(Lock::RowExclusive),
        "ShareUpdateExclusiveLock" => Some(Lock::ShareUpdateExclusive),
        "ShareLock" => Some(Lock::Share),
        "ShareRowExclusiveLock" | "ExclusiveLock" => Some(Lock::ShareRowExclusive),
        "AccessExclusiveLock" => Some(Lock::AccessExclusive),
        _reading => None,
    }
}
