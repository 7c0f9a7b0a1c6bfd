//! Where throwaway databases are made.

use super::{Database, DatabaseUrl, PostgresDatabase, PostgresUrl, connect_sqlite};
use crate::dialect::Dialect;
use crate::error::Result;

/// Where throwaway databases are made.
///
/// ```
/// use autogen::database::{Database, DatabaseUrl, ScratchServer};
/// use autogen::dialect::Dialect;
///
/// let url = DatabaseUrl::parse("sqlite:shop.db").unwrap();
/// let server = ScratchServer::of(&url);
/// assert_eq!(server, ScratchServer::Memory);
/// assert_eq!(Database::scratch_on(&server).unwrap().dialect(), Dialect::Sqlite);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScratchServer {
    /// In this program's own memory: SQLite.
    Memory,
    /// On a PostgreSQL server, where the URL's role may make databases. The database that the URL
    /// names is only connected to.
    Postgres(Box<PostgresUrl>),
}

impl ScratchServer {
    /// Beside a database that is there.
    pub fn of(url: &DatabaseUrl) -> Self {
        match url {
            DatabaseUrl::Sqlite(_) => Self::Memory,
            DatabaseUrl::Postgres(url) => Self::Postgres(url.clone()),
        }
    }

    /// The dialect that its databases speak.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Memory => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }
}

impl Database {
    /// An empty database that nobody else uses and that vanishes with the value. On a server, what a
    /// program that was killed has left behind vanishes too.
    ///
    /// # Errors
    /// `can't-make-scratch` when the role may make no databases; whatever [`Database::open`] says of a
    /// server; `can't-connect` otherwise.
    pub fn scratch_on(server: &ScratchServer) -> Result<Self> {
        match server {
            ScratchServer::Memory => Ok(Self::Sqlite(connect_sqlite(":memory:")?)),
            ScratchServer::Postgres(url) => Ok(Self::Postgres(Box::new(PostgresDatabase::scratch(url)?))),
        }
    }

    /// Where scratch databases can be made beside this one.
    pub fn server(&self) -> ScratchServer {
        match self {
            Self::Sqlite(_) => ScratchServer::Memory,
            Self::Postgres(database) => ScratchServer::Postgres(Box::new(database.server().clone())),
        }
    }
}
