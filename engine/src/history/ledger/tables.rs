//! The tables that hold the state of migrations: which are there, and how they are made.

use std::collections::BTreeSet;

use diesel::QueryResult;

use crate::dialect::Dialect;
use crate::link::Link;
use crate::model::STATE_TABLES;

/// Diesel's table.
pub(in crate::history) const DIESEL: &str = STATE_TABLES[0];
/// The ledger's table.
pub(in crate::history) const LEDGER: &str = STATE_TABLES[1];
/// The table whose only row says which program is at work, on databases where a transaction can't.
pub(in crate::history) const LOCK: &str = STATE_TABLES[2];

/// The ledger's column by which earlier versions locked it. If it exists, they have worked on the ledger.
pub(in crate::history) const EARLIER_LOCK: &str = "held_until";

/// What the tables need that each database spells in its own way.
struct Spelling {
    /// A query for which of three tables exist, and for the later columns of the ledger by name.
    state_tables: &'static str,
    /// The type to cast to for text.
    text: &'static str,
    /// The type for a text of any length.
    script: &'static str,
    /// Options of the table.
    options: &'static str,
    /// What ledgers of earlier versions lack: the name that `state_tables` returns for it, and the statement that
    /// adds it.
    later: &'static [(&'static str, &'static str)],
    /// The clause by which a query in a transaction sees a row's present state and keeps it.
    for_update: &'static str,
    /// The statement that makes the table of the lock, if there is one.
    lock: Option<&'static str>,
}

const SQLITE: Spelling = Spelling {
    state_tables: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN (?, ?, ?)",
    text: "TEXT",
    script: "TEXT",
    options: "",
    later: &[],
    for_update: "",
    lock: None,
};

const POSTGRES: Spelling = Spelling {
    state_tables: "SELECT name FROM (VALUES (?), (?), (?)) AS known (name) WHERE to_regclass(name) IS NOT NULL",
    ..SQLITE
};

const MYSQL: Spelling = Spelling {
    state_tables: "SELECT TABLE_NAME FROM information_schema.TABLES \
                   WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (?, ?, ?) \
                   UNION ALL SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() \
                   AND TABLE_NAME = '__autogen_ledger' AND COLUMN_NAME = 'held_until' \
                   UNION ALL SELECT 'utf8mb4' FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
                   AND TABLE_NAME = '__autogen_ledger' AND TABLE_COLLATION LIKE 'utf8mb4%'",
    text: "CHAR",
    script: "LONGTEXT",
    // Names and scripts may have letters that the database's own character set lacks.
    options: " CHARACTER SET utf8mb4",
    later: &[("utf8mb4", "CONVERT TO CHARACTER SET utf8mb4")],
    for_update: " FOR UPDATE",
    lock: Some(
        "CREATE TABLE IF NOT EXISTS __autogen_lock (id INTEGER NOT NULL PRIMARY KEY, holder VARCHAR(100) NULL, \
         name VARCHAR(255) NULL, begun_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, held_until DATETIME(6) NULL) \
         CHARACTER SET utf8mb4",
    ),
};

fn spelling(dialect: Dialect) -> &'static Spelling {
    match dialect {
        Dialect::Sqlite => &SQLITE,
        Dialect::Postgres => &POSTGRES,
        Dialect::Mysql => &MYSQL,
    }
}

/// Returns the type to which a column is cast for text.
pub(super) fn text(dialect: Dialect) -> &'static str {
    spelling(dialect).text
}

/// Returns the clause by which a query in a transaction sees a row's present state and keeps it.
pub(super) fn for_update(dialect: Dialect) -> &'static str {
    spelling(dialect).for_update
}

/// Returns which tables that hold state exist, and which later columns the ledger has.
pub(in crate::history) fn state_tables(link: &mut dyn Link) -> QueryResult<BTreeSet<String>> {
    let query = spelling(link.dialect()).state_tables;
    Ok(link.rows(query, &STATE_TABLES)?.into_iter().flatten().flatten().collect())
}

/// Makes the tables that are missing.
pub(in crate::history) fn setup(link: &mut dyn Link) -> QueryResult<()> {
    let there = state_tables(link)?;
    if !there.contains(DIESEL) {
        link.execute(diesel::migration::CREATE_MIGRATIONS_TABLE)?;
    }
    let later = spelling(link.dialect()).later;
    if let Some(lock) = lock_table(link.dialect()).filter(|_| !there.contains(LOCK)) {
        link.execute(lock)?;
    }
    if !there.contains(LEDGER) {
        return link.execute(&table(link.dialect()));
    }
    for (name, change) in later.iter().filter(|(name, _)| !there.contains(*name)) {
        let changed = link.execute(&format!("ALTER TABLE {LEDGER} {change}"));
        // Another program may have been faster.
        if !state_tables(link)?.contains(*name) {
            changed?;
        }
    }
    Ok(())
}

/// Returns the statement that makes the table of the lock if it is missing, on databases that have one.
pub(in crate::history) fn lock_table(dialect: Dialect) -> Option<&'static str> {
    spelling(dialect).lock
}

/// Returns the statement that makes the ledger if it is missing.
pub(in crate::history) fn table(dialect: Dialect) -> String {
    let Spelling { script, options, .. } = spelling(dialect);
    format!(
        "CREATE TABLE IF NOT EXISTS {LEDGER} (version VARCHAR(50) NOT NULL PRIMARY KEY, plugin VARCHAR(255) NOT NULL, \
         name VARCHAR(255) NOT NULL, revises TEXT NOT NULL, checksum VARCHAR(64) NOT NULL, made TEXT NOT NULL, \
         tool VARCHAR(20) NOT NULL, state VARCHAR(10) NOT NULL, statement INTEGER NOT NULL, \
         statements INTEGER NOT NULL, ran VARCHAR(64) NOT NULL, fingerprint VARCHAR(64), way_back {script}, \
         holder VARCHAR(100), turn INTEGER NOT NULL, begun_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, done_at TIMESTAMP NULL\
         ){options}"
    )
}
