//! What applying or reverting would do, as one script for the database's own client: for those whose databases only
//! an administrator may change.
//!
//! The script keeps Diesel's table and the ledger as this program would, stops at the first error, and stops before
//! a revision that has been applied in the meantime.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::apply::{Direction, LOCK, check_dependencies, ends_transaction, going, keep_to_their_own};
use super::ledger::{self, DIESEL, LEDGER, State};
use super::makes::makes;
use super::owners::Owners;
use super::{History, Revision, Version, check_order};
use crate::dialect::Dialect;
use crate::error::Result;

/// What [`upgrade`](super::upgrade) would do on a database that has applied these versions.
///
/// # Errors
/// As [`upgrade`](super::upgrade), before anything changes.
pub fn upgrade_script(
    history: &History,
    wanted: &[&Revision],
    applied: &BTreeSet<Version>,
    dialect: Dialect,
) -> Result<String> {
    let mut pending = history.with_ancestors(wanted);
    pending.retain(|revision| !applied.contains(&revision.version));
    check_dependencies(history, &pending, applied)?;
    check_order(history, &pending, applied)?;
    let owners = Owners::new(history, dialect, applied, &BTreeMap::new());
    keep_to_their_own(&owners, &pending, Direction::Up)?;
    Ok(script(&pending, Direction::Up, dialect))
}

/// What [`downgrade`](super::downgrade) would do on a database that has applied these versions.
///
/// # Errors
/// As [`downgrade`](super::downgrade), before anything changes.
pub fn downgrade_script(
    history: &History,
    unwanted: &[&Revision],
    applied: &BTreeSet<Version>,
    dialect: Dialect,
) -> Result<String> {
    let goes = going(history, unwanted, applied, &BTreeSet::new())?;
    Ok(script(&goes, Direction::Down, dialect))
}

fn script(revisions: &[&Revision], direction: Direction, dialect: Dialect) -> String {
    if revisions.is_empty() {
        return String::new();
    }
    let mut script = String::new();
    let mut put = |text: &str| _ = writeln!(script, "{}", text.trim_end());
    put(match dialect {
        Dialect::Sqlite => "-- For sqlite3.\n.bail on\nPRAGMA foreign_keys = ON;",
        Dialect::Postgres => "-- For psql.\n\\set ON_ERROR_STOP on\nSET client_encoding = 'UTF8';",
        Dialect::Mysql => {
            "-- For mariadb or mysql, which stop at the first error. What ran before it stays: nothing rolls it back.\nSET NAMES utf8mb4;"
        }
    });
    put(&format!("\n{};\n{};", one_line(diesel::migration::CREATE_MIGRATIONS_TABLE), ledger::table(dialect)));
    for revision in revisions {
        put(&format!("\n-- {revision}"));
        let is_wrapped =
            revision.run_in_transaction || (dialect == Dialect::Sqlite && is_wrappable(revision, direction));
        let switches = dialect == Dialect::Sqlite && is_wrapped && !revision.run_in_transaction;
        if switches {
            put("PRAGMA foreign_keys = OFF;");
        }
        if is_wrapped {
            put(begin(dialect));
        }
        put(&guard(revision, direction, dialect));
        put(&body(direction.sql(revision), dialect));
        if !is_wrapped {
            put(begin(dialect));
        }
        for statement in marks(revision, direction, dialect) {
            put(&format!("{statement};"));
        }
        put("COMMIT;");
        if switches {
            put("PRAGMA foreign_keys = ON;");
        }
    }
    script
}

/// Whether a revision without a transaction of the runner's can have one around it, as ours on SQLite do.
fn is_wrappable(revision: &Revision, direction: Direction) -> bool {
    let statements = Dialect::Sqlite.statements(direction.sql(revision));
    let first = |statement: &crate::dialect::text::Statement| statement.words.first().cloned().unwrap_or_default();
    revision.by_autogen
        && !statements
            .iter()
            .any(|found| ends_transaction(found) || ["begin", "vacuum"].contains(&first(found).as_str()))
}

fn begin(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "BEGIN IMMEDIATE;",
        Dialect::Postgres => "BEGIN;",
        // What changes the schema commits by itself.
        Dialect::Mysql => "START TRANSACTION;",
    }
}

/// Stops the script if the revision isn't as it was when the script was made.
fn guard(revision: &Revision, direction: Direction, dialect: Dialect) -> String {
    let version = literal(revision.version.as_str(), dialect);
    let there = format!("EXISTS (SELECT 1 FROM {DIESEL} WHERE version = {version})");
    let (wrong, state) = match direction {
        Direction::Up => (there, "is applied already"),
        Direction::Down | Direction::Undo => (format!("NOT {there}"), "is not applied"),
    };
    let stopped = literal(&format!("stopped: {revision} {state}"), dialect);
    match dialect {
        Dialect::Sqlite => format!("SELECT json_extract('{{}}', {stopped}) WHERE {wrong};"),
        Dialect::Postgres => format!(
            "DO $autogen$ BEGIN\n    PERFORM pg_advisory_xact_lock({LOCK});\n    IF {wrong} THEN RAISE EXCEPTION '%', {stopped}; END IF;\n\
             END $autogen$;"
        ),
        Dialect::Mysql => format!(
            "CREATE TEMPORARY TABLE `autogen_guard` (`stopped` varchar(500) PRIMARY KEY)\n    SELECT {stopped} AS `stopped` \
             FROM (SELECT 1 UNION ALL SELECT 2) AS `twice` WHERE {wrong};\nDROP TEMPORARY TABLE `autogen_guard`;"
        ),
    }
}

/// A file's text as a client takes it.
fn body(sql: &str, dialect: Dialect) -> String {
    let sql = sql.trim_start_matches('\u{feff}').trim();
    let statements = dialect.statements(sql);
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => {
            let is_open = statements.last().is_some_and(|last| !sql[last.span.clone()].trim_end().ends_with(';'));
            let end = if is_open { "\n;" } else { "" };
            // A dump empties it, and the marks have a place to go to.
            let path = if sql.contains("search_path") { "\nRESET search_path;" } else { "" };
            format!("{sql}{end}{path}")
        }
        Dialect::Mysql => {
            let mut text = String::new();
            for statement in statements {
                let statement = sql[statement.span].trim_end().trim_end_matches(';');
                // The client would cut it at the first `;`.
                _ = match statement.contains(';') {
                    true => writeln!(text, "DELIMITER //\n{statement}\n//\nDELIMITER ;"),
                    false => writeln!(text, "{statement};"),
                };
            }
            text
        }
    }
}

fn marks(revision: &Revision, direction: Direction, dialect: Dialect) -> Vec<String> {
    let version = literal(revision.version.as_str(), dialect);
    let forgotten = format!("DELETE FROM {LEDGER} WHERE version = {version}");
    match direction {
        Direction::Up => {
            let made = makes(dialect, &revision.up);
            let (query, values) = ledger::insertion(revision, State::Applied, &made, None, dialect);
            vec![
                format!("INSERT INTO {DIESEL} (version) VALUES ({version})"),
                forgotten,
                inlined(&query, &values, dialect),
            ]
        }
        Direction::Down | Direction::Undo => vec![format!("DELETE FROM {DIESEL} WHERE version = {version}"), forgotten],
    }
}

/// A query with its values where its placeholders are.
fn inlined(query: &str, values: &[String], dialect: Dialect) -> String {
    let mut pieces = query.split('?');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.zip(values).fold(first, |text, (piece, value)| format!("{text}{}{piece}", literal(value, dialect)))
}

fn literal(text: &str, dialect: Dialect) -> String {
    let text = text.replace('\'', "''");
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => format!("'{text}'"),
        Dialect::Mysql => format!("'{}'", text.replace('\\', "\\\\")),
    }
}

fn one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches(';').to_owned()
}
