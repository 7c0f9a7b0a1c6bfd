//! Where throwaway databases are made.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use super::sqlite_guard::Purpose;
use super::{
    Database, DatabaseUrl, Limits, MysqlDatabase, MysqlUrl, PostgresDatabase, PostgresUrl, connect_sqlite, milliseconds,
};
use crate::dialect::Dialect;
use crate::error::{Error, Result};

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
    /// names is only connected to. Where the role may make none, a schema in that database stands for one, in a
    /// transaction that is rolled back.
    Postgres(Box<PostgresUrl>),
    /// On a MariaDB or MySQL server, where the URL's user may make databases whose names begin with
    /// `autogen_scratch_`.
    Mysql(Box<MysqlUrl>),
}

impl ScratchServer {
    /// Beside a database that is there.
    pub fn of(url: &DatabaseUrl) -> Self {
        match url {
            DatabaseUrl::Sqlite(_) => Self::Memory,
            DatabaseUrl::Postgres(url) => Self::Postgres(url.clone()),
            DatabaseUrl::Mysql(url) => Self::Mysql(url.clone()),
        }
    }

    /// The dialect that its databases speak.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Memory => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
            Self::Mysql(_) => Dialect::Mysql,
        }
    }
}

/// How long statements on scratch databases may run, where the host says.
static SCRATCH_LIMITS: Mutex<Option<Limits>> = Mutex::new(None);

/// Says how long statements on the scratch databases of this process may wait and run.
pub fn limit_scratch(limits: Limits) {
    *SCRATCH_LIMITS.lock().unwrap_or_else(PoisonError::into_inner) = Some(limits);
}

impl Database {
    /// An empty database that nobody else uses and that vanishes with the value. On a server, what a
    /// program that was killed has left behind vanishes too.
    ///
    /// # Errors
    /// `can't-make-scratch` when the role may make no databases (on PostgreSQL: nor schemas); whatever [`Database::open`] says of a
    /// server; `can't-connect` otherwise.
    pub fn scratch_on(server: &ScratchServer) -> Result<Self> {
        let mut database = match server {
            ScratchServer::Memory => Self::Sqlite(connect_sqlite(":memory:", Purpose::Scratch)?),
            ScratchServer::Postgres(url) => Self::Postgres(Box::new(PostgresDatabase::scratch(url)?)),
            ScratchServer::Mysql(url) => Self::Mysql(Box::new(MysqlDatabase::scratch(url)?)),
        };
        if let Some(limits) = *SCRATCH_LIMITS.lock().unwrap_or_else(PoisonError::into_inner) {
            database.limit(limits)?;
            database.limit_session(limits)?;
        }
        Ok(database)
    }

    /// Ends statements of this session that run for too long, whoever sends them.
    fn limit_session(&mut self, limits: Limits) -> Result<()> {
        match self {
            // Their limits are the connection's.
            Self::Sqlite(_) | Self::Mysql(_) => Ok(()),
            Self::Postgres(database) => {
                let limit = format!("SET statement_timeout = {}", milliseconds(limits.statement));
                database.execute(&limit).map_err(|cause| {
                    Error::new("scratch-failed", format!("a scratch database refuses a setting: {cause}"))
                        .caused_by(cause)
                })
            }
        }
    }

    /// Whether this is a schema that stands for a scratch database: where a role may make no databases.
    pub fn is_schema(&self) -> bool {
        match self {
            Self::Sqlite(_) | Self::Mysql(_) => false,
            Self::Postgres(database) => database.is_schema(),
        }
    }

    /// Which schemas make up a PostgreSQL database: a condition on `n`, a row of pg_namespace.
    pub(crate) fn own_schemas(&self) -> &'static str {
        if self.is_schema() {
            "n.nspname = current_schema()"
        } else {
            "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
        }
    }

    /// Where scratch databases can be made beside this one.
    pub fn server(&self) -> ScratchServer {
        match self {
            Self::Sqlite(_) => ScratchServer::Memory,
            Self::Postgres(database) => ScratchServer::Postgres(Box::new(database.server().clone())),
            Self::Mysql(database) => ScratchServer::Mysql(Box::new(database.server().clone())),
        }
    }
}

/// A name for a scratch database that no other program makes; `place` goes into it.
pub(super) fn new_name(place: &str) -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let moment = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros());
    // Programs may start in one moment.
    format!("autogen_scratch_{place}{}_{}_{moment}", chance(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A number that nobody can tell: a hasher's keys are random.
pub(super) fn chance() -> u32 {
    RandomState::new().build_hasher().finish() as u32
}
