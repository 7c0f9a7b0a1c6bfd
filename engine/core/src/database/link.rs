//! This program's own connections, over which migrations are run.

use diesel::QueryResult;

use super::activity::{self, Session};
use super::{Database, DatabaseUrl};
use crate::dialect::Dialect;
use crate::link::{Limits, Link, Opener, Step, TextRow};

impl Link for Database {
    fn dialect(&self) -> Dialect {
        Database::dialect(self)
    }

    fn execute(&mut self, sql: &str) -> QueryResult<()> {
        Database::execute(self, sql)
    }

    fn rows(&mut self, sql: &str, values: &[&str]) -> QueryResult<Vec<TextRow>> {
        match self {
            Self::Sqlite(connection) => Link::rows(connection, sql, values),
            Self::Postgres(database) => database.asking(|connection| Link::rows(connection, sql, values)),
            Self::Mysql(database) => Link::rows(&mut ***database, sql, values),
        }
    }

    fn change(&mut self, sql: &str, values: &[&str]) -> QueryResult<()> {
        match self {
            Self::Sqlite(connection) => Link::change(connection, sql, values),
            Self::Postgres(database) => database.asking(|connection| Link::change(connection, sql, values)),
            Self::Mysql(database) => Link::change(&mut ***database, sql, values),
        }
    }

    fn execute_one(&mut self, sql: &str) -> QueryResult<()> {
        match self {
            Self::Sqlite(connection) => activity::run(Session::Sqlite, sql, || Link::execute_one(connection, sql)),
            Self::Postgres(database) => activity::run(database.session(), sql, || database.execute_one(sql)),
            Self::Mysql(database) => activity::run(database.session(), sql, || database.execute_one(sql)),
        }
    }

    fn note(&mut self, step: Step<'_>) {
        activity::note(step);
    }

    fn is_interrupted(&self) -> bool {
        activity::is_interrupted()
    }

    fn is_in_transaction(&mut self) -> bool {
        match self {
            Self::Sqlite(connection) => Link::is_in_transaction(connection),
            Self::Postgres(database) => database.is_in_transaction(),
            Self::Mysql(database) => Link::is_in_transaction(&mut ***database),
        }
    }

    fn is_shared(&self) -> bool {
        !self.is_schema()
    }

    fn limits(&self) -> Limits {
        match self {
            // Set in SQLite itself, because it waits inside its statements.
            Self::Sqlite(_) => Limits { lock: std::time::Duration::ZERO, ..Limits::default() },
            Self::Postgres(database) => database.limits(),
            Self::Mysql(database) => database.limits(),
        }
    }

    fn another(&self) -> Option<Opener> {
        let url = match self {
            Self::Sqlite(_) => return None,
            Self::Postgres(database) => DatabaseUrl::Postgres(Box::new(database.url().clone())),
            Self::Mysql(database) => DatabaseUrl::Mysql(Box::new(database.url().clone())),
        };
        let limits = self.limits();
        Some(Box::new(move || {
            let open =
                || -> crate::error::Result<Box<dyn Link>> { Ok(Box::new(Self::open_within(&url, false, limits)?)) };
            open().map_err(|error| diesel::result::Error::QueryBuilderError(error.into()))
        }))
    }
}
