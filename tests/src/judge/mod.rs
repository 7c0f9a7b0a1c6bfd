//! Says what a database holds, in a text that is equal for equal databases.
//!
//! It shares no code with the engine's introspection: it is here to find the engine's mistakes.
//! What is not a difference (the order of columns, names that the database gives by itself) is
//! not in the text. One file per dialect with the same function names.

mod mysql;
mod postgres;
mod sqlite;

use std::collections::BTreeMap;

use autogen_engine::database::Database;
use diesel::QueryResult;

/// The schema: one line per fact.
///
/// # Errors
/// Whatever the database says.
pub fn schema(database: &mut Database) -> QueryResult<String> {
    match database {
        Database::Sqlite(connection) => sqlite::schema(connection),
        Database::Postgres(database) => postgres::schema(database),
        Database::Mysql(database) => mysql::schema(database),
    }
}

/// Every table's rows, each in a form that doesn't depend on the order of columns or rows.
///
/// # Errors
/// Whatever the database says.
pub fn rows(database: &mut Database) -> QueryResult<BTreeMap<String, Vec<String>>> {
    match database {
        Database::Sqlite(connection) => sqlite::rows(connection),
        Database::Postgres(database) => postgres::rows(database),
        Database::Mysql(database) => mysql::rows(database),
    }
}

/// What is broken in the data: rows that point nowhere, damaged pages, views that can't be read.
///
/// # Errors
/// Whatever the database says.
pub fn damage(database: &mut Database) -> QueryResult<Vec<String>> {
    match database {
        Database::Sqlite(connection) => sqlite::damage(connection),
        Database::Postgres(database) => postgres::damage(database),
        Database::Mysql(database) => mysql::damage(database),
    }
}

/// A query's rows, one line each, its values as SQL literals.
///
/// # Errors
/// Whatever the database says.
pub fn query(database: &mut Database, sql: &str) -> QueryResult<Vec<String>> {
    answers(database, &[sql])?.remove(0)
}

/// What the database answers to each of several queries. They may write, to see what is refused or
/// set off: all of that is rolled back.
///
/// # Errors
/// When there is no asking.
pub fn answers(database: &mut Database, queries: &[&str]) -> QueryResult<Vec<QueryResult<Vec<String>>>> {
    match database {
        Database::Sqlite(connection) => sqlite::answers(connection, queries),
        Database::Postgres(database) => postgres::answers(database, queries),
        Database::Mysql(database) => mysql::answers(database, queries),
    }
}
