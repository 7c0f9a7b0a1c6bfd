//! The lock by which one program at a time applies or reverts, whichever revision it is at.
//!
//! On PostgreSQL it is an advisory lock, on MariaDB and MySQL a row that expires. SQLite locks its file. If no
//! transaction holds a script together there, the ledger's entry says who runs it.

pub(super) mod mysql;
pub(super) mod postgres;

use diesel::QueryResult;

use super::ledger::reading;
use crate::dialect::Dialect;
use crate::error::{Code, Result};
use crate::link::{Link, refused};

/// Another program that is at work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Other {
    /// Its name for people, empty if the database can't tell.
    pub(super) who: String,
    /// A text that changes as it makes progress.
    pub(super) state: String,
}

/// The lock of the program that is at work on a database, as far as the database shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// The program's name for people.
    pub who: String,
    /// Whether it has expired, so that the next program takes it over.
    pub is_expired: bool,
    /// Whether an earlier version of this program holds it, which locked the ledger itself.
    pub is_of_earlier_version: bool,
}

/// Returns the lock that a program holds on MariaDB or MySQL.
pub(super) fn lock(link: &mut dyn Link) -> Result<Option<Lock>> {
    match link.dialect() {
        Dialect::Sqlite | Dialect::Postgres => Ok(None),
        Dialect::Mysql => reading(link, mysql::lock).map_err(unread),
    }
}

/// Returns `true` if no program is at work on a revision that no transaction holds together. SQLite can't tell.
pub(super) fn nobody_works(link: &mut dyn Link) -> Result<bool> {
    match link.dialect() {
        Dialect::Sqlite => Ok(false),
        Dialect::Postgres => postgres::is_free(link).map_err(unread),
        Dialect::Mysql => Ok(lock(link)?.is_none_or(|lock| lock.is_expired)),
    }
}

/// Removes what programs that have ended have left. Must be called in an open transaction, after
/// [`nobody_works`].
pub(super) fn clear(link: &mut dyn Link) -> QueryResult<()> {
    match link.dialect() {
        Dialect::Sqlite | Dialect::Postgres => Ok(()),
        Dialect::Mysql => mysql::clear(link),
    }
}

fn unread(cause: diesel::result::Error) -> crate::error::Error {
    let message = format!("can't ask which program is at work: {cause}");
    refused(Code::CantQuery, message, "check that you may read the database's tables", cause)
}
