//! Chains, replayed into a database that nobody else sees.

use std::collections::{BTreeMap, BTreeSet};

use tracing::debug_span;

use crate::database::{Database, ScratchServer};
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::history::{History, Revision, check_dependencies, check_references};
use crate::model::{STATE_TABLES, TableName};

use super::ask;
use super::trust::apply;

/// What chains make.
#[allow(missing_debug_implementations, reason = "Diesel's connections have none")]
pub struct Replayed {
    /// The database, with Diesel's table of applied migrations beside the tables made.
    pub database: Database,
    /// Which owner's chain made each table and enumerated type that is there now: whose one is that no
    /// source defines any more.
    pub makers: BTreeMap<TableName, String>,
}

/// Applies all chains to a scratch database on a server.
///
/// # Errors
/// Returns the errors of [`Database::scratch_on`], `unknown-dependency`, `stale-reference`, and `migration-failed` or
/// `empty-migration` naming the revision.
pub fn replay(history: &History, server: &ScratchServer) -> Result<Replayed> {
    let all: Vec<_> = history.revisions().iter().collect();
    replay_only(history, &all, server)
}

/// Applies these revisions, and no others, to a scratch database, in the order of the history.
///
/// # Errors
/// As [`replay`].
pub fn replay_only(history: &History, revisions: &[&Revision], server: &ScratchServer) -> Result<Replayed> {
    let wanted: BTreeSet<_> = revisions.iter().map(|revision| &revision.version).collect();
    let wanted: Vec<_> = history.revisions().iter().filter(|revision| wanted.contains(&revision.version)).collect();
    check_dependencies(history, &wanted, &BTreeSet::new())?;
    check_references(history, &wanted, &BTreeSet::new(), server.dialect())?;
    let _span = debug_span!("replay", dialect = server.dialect().name(), revisions = wanted.len()).entered();
    let mut replayed = Replayed { database: Database::scratch_on(server)?, makers: BTreeMap::new() };
    // What is new after one owner's revisions is that owner's, so the schema is read each time the owner changes.
    for revisions in wanted.chunk_by(|a, b| a.owner == b.owner) {
        replayed.go_on(revisions)?;
    }
    Ok(replayed)
}

impl Replayed {
    /// Applies more revisions of one owner.
    ///
    /// # Errors
    /// As [`replay`].
    pub fn go_on(&mut self, revisions: &[&Revision]) -> Result<()> {
        for revision in revisions {
            replay_one(&mut self.database, revision).map_err(|error| within_scratch(error, &self.database))?;
        }
        let there = tables(&mut self.database)?;
        self.makers.retain(|table, _| there.contains(table));
        for (table, owner) in there.into_iter().flat_map(|table| Some((table, &revisions.first()?.owner))) {
            self.makers.entry(table).or_insert_with(|| owner.clone());
        }
        revisions.iter().for_each(|revision| revision.hand_over(&mut self.makers));
        Ok(())
    }
}

/// Explains an error by which a scratch database refused what a live one would do.
pub(super) fn within_scratch(error: Error, database: &Database) -> Error {
    if !matches!(error.code(), Code::MigrationFailed | Code::NotAllowed | Code::ProofFailed | Code::ExpressionRefused) {
        return error;
    }
    let says = |part: &str| error.diagnostics.iter().any(|said| said.message.contains(part));
    let is_confined = database.unconfined().is_none();
    let help = match database.dialect() {
        Dialect::Sqlite if says("not authorized") => {
            "chains are replayed where no statement reaches another file: leave ATTACH, DETACH, VACUUM INTO and settings \
             such as writable_schema out"
        }
        Dialect::Postgres if says("permission denied to create extension") => {
            "chains are replayed by a role without rights on the server: list what it can't make, \
             `extensions = [...]` under `[scratch]` in autogen.toml"
        }
        Dialect::Postgres if is_confined && DENIED.iter().any(|part| says(part)) => {
            "chains are replayed by a role that reaches nothing but its scratch database: what the server must have is made \
             there by hand; `trust = true` under `[scratch]` in autogen.toml lets all chains do it"
        }
        Dialect::Mysql if says("log_bin_trust_function_creators") => {
            "chains are replayed by a user without rights on the server, which lets such users make no triggers and \
             routines while it writes a binary log: let it have log_bin_trust_function_creators = 1, or state \
             `trust = true` under `[scratch]` in autogen.toml"
        }
        Dialect::Mysql if is_confined && DENIED.iter().any(|part| says(part)) => {
            "chains are replayed by a user that reaches nothing but scratch databases: leave other databases and the \
             server's settings out; `trust = true` under `[scratch]` in autogen.toml lets all chains do it"
        }
        Dialect::Sqlite | Dialect::Postgres | Dialect::Mysql => return error,
    };
    error.help(help)
}

/// What servers say to somebody who has no right to something.
const DENIED: [&str; 7] = [
    "permission denied",
    "must be owner",
    "must be superuser",
    "must be member",
    "must be able to",
    "ccess denied",
    " denied to user ",
];

/// Applies a revision as its host would. Chains written by hand may fill tables before the ones that these reference.
/// Many hosts switch the checks of foreign keys off meanwhile on MySQL, and on SQLite they usually are off.
pub(super) fn replay_one(database: &mut Database, revision: &Revision) -> Result<()> {
    let switches = match database.dialect() {
        Dialect::Sqlite => {
            Some(["PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys = ON; PRAGMA legacy_alter_table = OFF"])
        }
        Dialect::Postgres => None,
        Dialect::Mysql => Some(["SET SESSION foreign_key_checks = 0", "SET SESSION foreign_key_checks = 1"]),
    };
    let Some([off, on]) = switches.filter(|_| !revision.by_autogen) else {
        return apply(database, revision);
    };
    let switched = |database: &mut Database, setting: &str| {
        database.execute(setting).map_err(|cause| {
            Error::new(Code::ScratchFailed, format!("a scratch database refuses a setting: {cause}")).caused_by(cause)
        })
    };
    switched(database, off)?;
    let applied = apply(database, revision);
    // The earlier error is the one to report.
    let switched = switched(database, on);
    applied.and(switched)
}

/// Applies everything that can exist before a revision: all but the revision itself and what must come after it.
///
/// # Errors
/// As [`replay`].
pub fn replay_before(history: &History, revision: &Revision, server: &ScratchServer) -> Result<Replayed> {
    let later: BTreeSet<_> = history.with_successors(&[revision]).into_iter().map(|found| &found.version).collect();
    let before: Vec<_> = history.revisions().iter().filter(|found| !later.contains(&found.version)).collect();
    replay_only(history, &before, server)
}

/// Returns the names of all tables and enumerated types, except the database's own and those that hold the state of
/// chains.
fn tables(database: &mut Database) -> Result<BTreeSet<TableName>> {
    let own = database.own_schemas();
    let state = STATE_TABLES.map(|table| format!("'{table}'")).join(", ");
    let query = match database.dialect() {
        Dialect::Sqlite => format!(
            "SELECT NULL, name FROM sqlite_schema WHERE type = 'table' \
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT IN ({state})"
        ),
        Dialect::Postgres => format!(
            "SELECT nullif(n.nspname, current_schema()), c.relname FROM pg_class c \
             JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relkind IN ('r', 'p') AND {own} \
             AND c.relname NOT IN ({state}) UNION ALL \
             SELECT nullif(n.nspname, current_schema()), t.typname FROM pg_type t \
             JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e' AND {own}"
        ),
        Dialect::Mysql => format!(
            "SELECT NULL, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
             AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND TABLE_NAME NOT IN ({state})"
        ),
    };
    let rows = ask::rows(database, &query).map_err(|cause| {
        Error::new(Code::CantQuery, format!("can't list the tables of the scratch database: {cause}")).caused_by(cause)
    })?;
    let names = rows.into_iter().filter_map(|row| match row.as_slice() {
        [schema, Some(name)] => Some(TableName { schema: schema.clone(), name: name.clone() }),
        _ => None,
    });
    Ok(names.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Version;

    fn revision(owner: &str, name: &str, depends_on: &[&str], up: &str) -> Revision {
        Revision {
            owner: owner.to_owned(),
            version: Version::of(name),
            name: name.to_owned(),
            dir: name.into(),
            revises: vec![],
            depends_on: depends_on.iter().map(|version| Version::of(version)).collect(),
            after: vec![],
            takes: vec![],
            gives: BTreeMap::new(),
            renamed_values: vec![],
            run_in_transaction: true,
            by_autogen: false,
            verified: vec![],
            measured: std::collections::BTreeMap::new(),
            certificate: None,
            up: up.to_owned(),
            down: None,
        }
    }

    fn made(replayed: Replayed) -> Vec<String> {
        replayed.makers.into_iter().map(|(table, owner)| format!("{table} by {owner}")).collect()
    }

    #[test]
    fn tables_are_known_by_the_chain_that_made_them() {
        let history = History::from_revisions(vec![
            revision("core", "1_a", &[], "CREATE TABLE assets (id); CREATE TABLE old (id);"),
            revision("core", "2_b", &[], "ALTER TABLE old RENAME TO new; CREATE TABLE given (id); DROP TABLE given;"),
            revision("usb", "3_c", &["2"], "CREATE TABLE \"sqlite🦀 x\" (id); CREATE TABLE given (id);"),
            revision("usb", "4_d", &[], "ALTER TABLE assets ADD COLUMN usb;"),
        ])
        .expect("is sound");
        let all = replay(&history, &ScratchServer::Memory).expect("replays");
        assert_eq!(made(all), ["assets by core", "given by usb", "new by core", "sqlite🦀 x by usb"]);
        let before = replay_before(&history, &history.revisions()[1], &ScratchServer::Memory).expect("replays");
        assert_eq!(made(before), ["assets by core", "old by core"]);
        let one = replay_only(&history, &[&history.revisions()[0]], &ScratchServer::Memory).expect("replays");
        assert_eq!(made(one), ["assets by core", "old by core"]);
    }

    #[test]
    fn the_revision_that_fails_is_named() {
        let history = History::from_revisions(vec![revision("usb", "1_a", &[], "NONSENSE")]).expect("is sound");
        let error = replay(&history, &ScratchServer::Memory).err().expect("breaks");
        assert_eq!(error.to_string(), "usb's 1_a failed at `NONSENSE`: near \"NONSENSE\": syntax error");
    }
}
