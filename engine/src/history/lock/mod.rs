//! Who is at work: one program at a time applies or reverts, whichever revision it is at.
//!
//! On PostgreSQL an advisory lock says it, on MariaDB and MySQL a row that expires. SQLite locks its file, and where no
//! transaction holds a script together, the ledger's entry says who runs it.

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
    /// Which one, for people; empty where the database can't tell.
    pub(super) who: String,
    /// What changes as it goes on.
    pub(super) state: String,
}

/// The lock of the program that is at work on a database, as far as the database shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// Which program it is, for people.
    pub who: String,
    /// Whether it has expired: the next program takes it over.
    pub is_expired: bool,
    /// Whether a version of this program holds it that locked the ledger itself.
    pub is_of_earlier_version: bool,
}

/// Returns the lock that a program holds on MariaDB or MySQL.
pub(super) fn lock(link: &mut dyn Link) -> Result<Option<Lock>> {
    match link.dialect() {
        Dialect::Sqlite | Dialect::Postgres => Ok(None),
        Dialect::Mysql => reading(link, mysql::lock).map_err(unread),
    }
}

/// Returns whether no program is at work on a revision that no transaction holds together. SQLite can't tell.
pub(super) fn nobody_works(link: &mut dyn Link) -> Result<bool> {
    match link.dialect() {
        Dialect::Sqlite => Ok(false),
        Dialect::Postgres => postgres::is_free(link).map_err(unread),
        Dialect::Mysql => Ok(lock(link)?.is_none_or(|lock| lock.is_expired)),
    }
}

/// Takes away what programs that have ended have left. In a transaction that is open, once [`nobody_works`].
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
