//! Measures what a script does to existing tables, as PostgreSQL tells within the transaction: locks, rows that are
//! read while nobody else can, rows that are rewritten.

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
    /// The number of the table that it is a partition of.
    root: Option<String>,
    /// Where its rows are.
    file: Option<String>,
    /// How often all of its rows were read.
    reads: u64,
}

/// The query for a table's number, schema and name, the number of the table that it is a partition of, its file, how
/// often all of its rows were read, and the locks of this session.
const LOOK: &str = "
SELECT c.oid::text, nullif(n.nspname, current_schema()), c.relname, nullif(pg_partition_root(c.oid), c.oid)::oid::text,
    pg_relation_filenode(c.oid)::text, coalesce(pg_stat_get_xact_numscans(c.oid), 0)::text, held.modes
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
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
        let rows = ask::rows(database, &format!("{LOOK} AND held.modes IS NOT NULL"))?;
        let rows: Vec<_> =
            rows.into_iter().filter_map(read).filter(|(number, ..)| self.tables.contains_key(number)).collect();
        let strongest = |modes: &String| modes.split(' ').filter_map(lock).max();
        let locks: BTreeMap<String, Lock> =
            rows.iter().filter_map(|(number, _, modes)| Some((number.clone(), strongest(modes)?))).collect();
        for (number, now, _) in rows {
            let Some(before) = self.tables.get_mut(&number) else { continue };
            let (was_read, was_written) = (now.reads > before.reads, now.file != before.file);
            (before.reads, before.file) = (now.reads, now.file);
            let name = before.name.clone();
            let Some(lock) = locks.get(&number).copied() else { continue };
            // What is done to a table is done to its partitions.
            let root = now.root.filter(|root| locks.get(root) >= Some(&lock)).and_then(|root| self.tables.get(&root));
            let table = root.map_or(name, |root| root.name.clone());
            let new = || Measured { table: table.clone(), lock, is_read: false, is_written: false };
            let found = self.found.entry(table.clone()).or_insert_with(new);
            found.lock = found.lock.max(lock);
            found.is_read |= was_read && !is_look && lock == Lock::AccessExclusive;
            found.is_written |= was_written;
        }
        Ok(())
    }

    /// Returns the measurements.
    pub(in crate::scratch) fn found(self) -> Vec<Measured> {
        self.found.into_values().collect()
    }
}

fn read(row: ask::TextRow) -> Option<(String, Table, String)> {
    let [number, schema, name, root, file, reads, modes] = <[Option<String>; 7]>::try_from(row).ok()?;
    let name = TableName { schema, name: name? };
    Some((number?, Table { name, root, file, reads: reads?.parse().ok()? }, modes.unwrap_or_default()))
}

/// Returns a lock by its name in PostgreSQL's catalog, or `None` for a lock that only keeps a table from being
/// dropped.
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
