//! Chains, replayed into a database that nobody else sees.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::database::Database;
use crate::dialect::Dialect;
use crate::error::{Error, Result};
use crate::history::{History, Revision, apply, check_dependencies};
use crate::model::TableName;

/// What chains make.
#[allow(missing_debug_implementations, reason = "Diesel's connections have none")]
pub struct Replayed {
    /// The database, with Diesel's table of applied migrations beside the tables made.
    pub database: Database,
    /// Which owner's chain made each table that is there now: whose a table is that no source
    /// defines any more.
    pub makers: BTreeMap<TableName, String>,
}

/// Applies all chains to a scratch database.
///
/// # Errors
/// `unknown-dependency`, and `migration-failed` or `empty-migration` naming the revision.
pub fn replay(history: &History, dialect: Dialect) -> Result<Replayed> {
    let all: Vec<_> = history.revisions().iter().collect();
    replay_only(history, &all, dialect)
}

/// Applies these revisions, and no others, to a scratch database, in the order of the history.
///
/// # Errors
/// As [`replay`].
pub fn replay_only(history: &History, revisions: &[&Revision], dialect: Dialect) -> Result<Replayed> {
    let wanted: BTreeSet<_> = revisions.iter().map(|revision| &revision.version).collect();
    let wanted: Vec<_> = history.revisions().iter().filter(|revision| wanted.contains(&revision.version)).collect();
    check_dependencies(history, &wanted, &BTreeSet::new())?;
    let mut database = Database::scratch(dialect)?;
    let mut makers = BTreeMap::new();
    for revision in wanted {
        apply(&mut database, revision)?;
        let there = tables(&mut database)?;
        makers.retain(|table, _| there.contains(table));
        for table in there {
            makers.entry(table).or_insert_with(|| revision.owner.clone());
        }
    }
    Ok(Replayed { database, makers })
}

/// Applies all that can be there before a revision: everything but itself and what needs it.
///
/// # Errors
/// As [`replay`].
pub fn replay_before(history: &History, revision: &Revision, dialect: Dialect) -> Result<Replayed> {
    let later: BTreeSet<_> = history.with_descendants(&[revision]).into_iter().map(|found| &found.version).collect();
    let before: Vec<_> = history.revisions().iter().filter(|found| !later.contains(&found.version)).collect();
    replay_only(history, &before, dialect)
}

/// The names of all tables but the database's own and Diesel's.
fn tables(database: &mut Database) -> Result<BTreeSet<TableName>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let rows = match database {
        Database::Sqlite(connection) => diesel::sql_query(
            "SELECT name FROM sqlite_schema WHERE type = 'table' \
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> '__diesel_schema_migrations'",
        )
        .load::<Row>(connection),
    };
    let rows = rows.map_err(|cause| {
        Error::new("can't-query", format!("can't list the tables of the scratch database: {cause}")).caused_by(cause)
    })?;
    Ok(rows.into_iter().map(|row| TableName::new(row.name)).collect())
}
