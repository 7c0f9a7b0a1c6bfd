//! Says what a database holds, in a text that is equal for equal databases.
//!
//! It shares no code with the engine's introspection: it is here to find the engine's mistakes.
//! What is not a difference (the order of columns, names that the database gives by itself) is
//! not in the text. One file per dialect with the same function names.

mod sqlite;

use std::collections::BTreeMap;

use autogen::database::Database;
use diesel::QueryResult;

/// The schema: one line per fact.
///
/// # Errors
/// Whatever the database says.
pub fn schema(database: &mut Database) -> QueryResult<String> {
    match database {
        Database::Sqlite(connection) => sqlite::schema(connection),
        Database::Postgres(_) | Database::Mysql(_) => Err(unjudged()),
    }
}

/// Every table's rows, each in a form that doesn't depend on the order of columns or rows.
///
/// # Errors
/// Whatever the database says.
pub fn rows(database: &mut Database) -> QueryResult<BTreeMap<String, Vec<String>>> {
    match database {
        Database::Sqlite(connection) => sqlite::rows(connection),
        Database::Postgres(_) | Database::Mysql(_) => Err(unjudged()),
    }
}

/// What is broken in the data: rows that point nowhere, damaged pages, views that can't be read.
///
/// # Errors
/// Whatever the database says.
pub fn damage(database: &mut Database) -> QueryResult<Vec<String>> {
    match database {
        Database::Sqlite(connection) => sqlite::damage(connection),
        Database::Postgres(_) | Database::Mysql(_) => Err(unjudged()),
    }
}

/// A query's rows, one line each, its values as SQL literals.
///
/// # Errors
/// Whatever the database says.
pub fn query(database: &mut Database, sql: &str) -> QueryResult<Vec<String>> {
    match database {
        Database::Sqlite(connection) => sqlite::query(connection, sql),
        Database::Postgres(_) | Database::Mysql(_) => Err(unjudged()),
    }
}

/// Stories are told on SQLite so far; whoever asks for another database is told so, never passed over.
fn unjudged() -> diesel::result::Error {
    diesel::result::Error::QueryBuilderError("there is no judge of this kind of database yet".into())
}
