//! The schema that a database really has, in a fixed number of queries.
//!
//! The result is as the database spells it. Nothing is renamed, folded or judged here: that is the work of
//! [`normalize`](crate::normalize). This folder only reads; it never changes a database.

mod mysql;
mod outline;
mod postgres;
mod sqlite;

use tracing::debug_span;
use tracing::field::Empty;

pub(crate) use mysql::{
    Member as MysqlMember, defaults as mysql_defaults, definition, is_unclear as is_unclear_mysql_default,
    marked as marked_mysql_values, moment as mysql_moment, values as mysql_values,
    without_brackets as without_mysql_brackets, without_introducers as without_mysql_introducers,
};

use crate::database::{Database, PostgresConnection};
use crate::error::{Code, Error, Result};
use crate::model::{STATE_TABLES, Schema, TableName};

pub use outline::{CatalogSubset, Outline, outline};

/// Reads the whole schema of a database.
///
/// Tables speak for [everything](crate::model::Speaks::EVERYTHING). Left out are the database's own
/// tables and those that keep the state of migrations. Views, triggers and virtual tables come as
/// [bystanders](crate::model::Schema::bystanders); what the model has no word for is said in
/// [`Table::unmodelled`](crate::model::Table::unmodelled).
///
/// ```
/// use autogen_engine::database::Database;
/// use autogen_engine::dialect::Dialect;
/// use autogen_engine::introspect::introspect;
/// use autogen_engine::model::TableName;
///
/// let mut database = Database::scratch(Dialect::Sqlite).unwrap();
/// database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)").unwrap();
/// let schema = introspect(&mut database).unwrap();
/// let users = &schema.tables[&TableName::new("users")];
/// assert!(!users.column("name").unwrap().nullable);
/// ```
///
/// # Errors
/// `can't-introspect` when the database refuses a query.
pub fn introspect(database: &mut Database) -> Result<Schema> {
    read(database, None)
}

/// Reads a part of a database. Everything else is in [`Schema::unread`] by name only: nothing more is known about it,
/// and none of it is gone.
///
/// # Errors
/// As [`introspect`].
pub fn introspect_part(database: &mut Database, part: &CatalogSubset) -> Result<Schema> {
    let mut schema = read(database, Some(part))?;
    schema.note_unread(&part.unread);
    Ok(schema)
}

fn read(database: &mut Database, part: Option<&CatalogSubset>) -> Result<Schema> {
    let span = debug_span!("introspect", dialect = database.dialect().name(), queries = Empty, tables = Empty);
    let _entered = span.enter();
    let (schema, queries) = database.counting(|database| match database {
        Database::Sqlite(connection) => sqlite::introspect(connection, part),
        Database::Postgres(connection) => postgres::introspect(connection, part),
        Database::Mysql(connection) => mysql::introspect(connection, part),
    });
    span.record("queries", queries);
    if let Ok(schema) = &schema {
        span.record("tables", schema.tables.len());
    }
    schema
}

/// Reads the temporary tables of a connection to PostgreSQL like any other tables.
pub(crate) fn temporary_postgres(connection: &mut PostgresConnection) -> diesel::QueryResult<Schema> {
    postgres::temporary(connection)
}

/// Estimates how many rows a table has: as the database's own statistics say where it has some, else by counting.
///
/// # Errors
/// `can't-count` when the database refuses the query.
pub fn estimate_rows(database: &mut Database, table: &TableName) -> Result<u64> {
    let facts = database.dialect().facts();
    let query = match database {
        Database::Sqlite(_) => sqlite::estimate(table, facts),
        Database::Postgres(_) => postgres::estimate(table, facts),
        Database::Mysql(_) => mysql::estimate(table, facts),
    };
    count_rows(database, &query)
}

/// Returns how many rows a counting query finds, such as a [hazard's](crate::plan::Hazard::count).
///
/// ```
/// use autogen_engine::database::Database;
/// use autogen_engine::dialect::Dialect;
/// use autogen_engine::introspect::count_rows;
///
/// let mut database = Database::scratch(Dialect::Sqlite).unwrap();
/// database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY); INSERT INTO users VALUES (1), (2)").unwrap();
/// assert_eq!(count_rows(&mut database, "SELECT count(*) FROM users").unwrap(), 2);
/// assert!(count_rows(&mut database, "SELECT count(*) FROM nobody").is_err());
/// ```
///
/// # Errors
/// Returns `can't-count` when the database refuses the query.
pub fn count_rows(database: &mut Database, query: &str) -> Result<u64> {
    match database {
        Database::Sqlite(connection) => sqlite::count_rows(connection, query),
        Database::Postgres(connection) => postgres::count_rows(connection, query),
        Database::Mysql(connection) => mysql::count_rows(connection, query),
    }
    .map_err(|cause| {
        Error::new(Code::CantCount, format!("rows can't be counted: {cause}"))
            .help("check that the database has the tables and columns of the migration's start")
            .caused_by(cause)
    })
}

/// Checks whether a `table!` can stand in a schema of this name, which it states as an identifier. Diesel has no
/// `#[sql_name]` for schemas, and takes the prefix of a raw identifier for a part of the name.
///
/// ```
/// use autogen_engine::introspect::is_schema_name;
/// assert!(is_schema_name("App"));
/// assert!(!is_schema_name("my app") && !is_schema_name("type"));
/// ```
pub fn is_schema_name(name: &str) -> bool {
    // `gen` is a keyword since the edition of 2024, which `syn` doesn't know.
    name != "gen" && syn::parse_str::<syn::Ident>(name).is_ok_and(|parsed| parsed == name)
}
