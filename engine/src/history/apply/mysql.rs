//! Applying and reverting on MariaDB and MySQL, where every statement that changes the schema commits.

use std::collections::BTreeSet;

use diesel::connection::SimpleConnection as _;
use diesel::dsl::sql;
use diesel::migration::MigrationConnection as _;
use diesel::prelude::*;
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Nullable};

use super::{Direction, Failure, Outcome, Why};
use crate::database::{MysqlConnection, MysqlDatabase};
use crate::dialect::mysql_text::{Statement, statements};
use crate::history::{Revision, Version};

diesel::table! {
    __diesel_schema_migrations (version) {
        version -> Text,
        run_on -> Timestamp,
    }
}

/// The versions in Diesel's table, if it is there.
pub(super) fn applied(connection: &mut MysqlConnection) -> QueryResult<BTreeSet<Version>> {
    let is_there = "(SELECT count(*) FROM information_schema.TABLES \
                     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '__diesel_schema_migrations')";
    if diesel::select(sql::<BigInt>(is_there)).get_result::<i64>(connection)? == 0 {
        return Ok(BTreeSet::new());
    }
    let versions: Vec<String> =
        __diesel_schema_migrations::table.select(__diesel_schema_migrations::version).load(connection)?;
    Ok(versions.into_iter().map(Version::stored).collect())
}

/// Runs one file of a revision and keeps Diesel's table in step. What ran before a failure stays.
pub(super) fn run(database: &mut MysqlDatabase, revision: &Revision, direction: Direction) -> Result<Outcome, Failure> {
    let statements = statements(direction.sql(revision));
    locked(database, |connection| {
        connection.setup()?;
        let found = __diesel_schema_migrations::table.find(revision.version.as_str());
        let is_applied = diesel::select(diesel::dsl::exists(found)).get_result::<bool>(connection)?;
        if is_applied == (direction == Direction::Up) {
            return Ok(Outcome::Overtaken);
        }
        each(connection, direction.sql(revision), &statements)?;
        mark(connection, revision, direction).map_err(|error| Failure { half_done: true, ..Failure::from(error) })?;
        Ok(Outcome::Done)
    })
}

fn each(connection: &mut MysqlConnection, sql: &str, statements: &[Statement]) -> Result<(), Failure> {
    for (position, statement) in statements.iter().enumerate() {
        let span = statement.span.clone();
        connection.batch_execute(&sql[span.clone()]).map_err(|error| {
            // A guard that comes first stops before anything has changed.
            let looked_only = statements[..position].iter().all(|before| only_looks(&sql[before.span.clone()]));
            Failure { at: Some(span), half_done: !looked_only, ..Failure::from(error) }
        })?;
    }
    Ok(())
}

/// Whether a statement leaves nothing behind: a query, or one about a temporary table.
fn only_looks(statement: &str) -> bool {
    let words: Vec<String> = statement.split_whitespace().take(2).map(str::to_ascii_lowercase).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(words.as_slice(), ["select" | "set", ..] | ["create" | "drop", "temporary"])
}

fn mark(connection: &mut MysqlConnection, revision: &Revision, direction: Direction) -> QueryResult<()> {
    let version = revision.version.as_str();
    match direction {
        Direction::Up => diesel::insert_into(__diesel_schema_migrations::table)
            .values(__diesel_schema_migrations::version.eq(version))
            .execute(connection)?,
        Direction::Down => diesel::delete(__diesel_schema_migrations::table.find(version)).execute(connection)?,
    };
    Ok(())
}

/// Does something while no other program does it to this database. The lock ends with the session.
fn locked(
    database: &mut MysqlDatabase,
    work: impl FnOnce(&mut MysqlConnection) -> Result<Outcome, Failure>,
) -> Result<Outcome, Failure> {
    // Names of locks belong to the whole server, and are short.
    const NAME: &str = "CONCAT('autogen_', MD5(DATABASE()))";
    let seconds = database.limits().statement.as_secs();
    let taken = sql::<Nullable<BigInt>>(&format!("GET_LOCK({NAME}, {seconds})"));
    if diesel::select(taken).get_result::<Option<i64>>(&mut **database)? != Some(1) {
        let message = "another program has been applying migrations all the while".to_owned();
        return Err(Failure { why: Why::Busy, ..Failure::new(message) });
    }
    let outcome = work(database);
    // A session that is gone holds no lock; what went wrong before is what to tell.
    let _released = database.batch_execute(&format!("DO RELEASE_LOCK({NAME})"));
    outcome
}
