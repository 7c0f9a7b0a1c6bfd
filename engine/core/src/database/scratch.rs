//! Where throwaway databases are made.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;

use super::sqlite_guard::Purpose;
use super::{
    Database, DatabaseUrl, Extension, Limits, MysqlDatabase, MysqlScratch, PostgresDatabase, PostgresUrl,
    connect_sqlite, milliseconds, postgres,
};
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};

/// Where throwaway databases are made.
///
/// ```
/// use autogen_engine::database::{Database, DatabaseUrl, ScratchServer};
/// use autogen_engine::dialect::Dialect;
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
    Mysql(Box<MysqlScratch>),
}

impl ScratchServer {
    /// Returns the server for scratch databases next to an existing database.
    pub fn of(url: &DatabaseUrl) -> Self {
        match url {
            DatabaseUrl::Sqlite(_) => Self::Memory,
            DatabaseUrl::Postgres(url) => Self::Postgres(url.clone()),
            DatabaseUrl::Mysql(url) => Self::Mysql(Box::new(MysqlScratch::of(url))),
        }
    }

    /// Returns the same server, for scratch databases that are like another one. On MariaDB and MySQL, they take over
    /// its default character set and collation.
    #[must_use]
    pub fn like(self, live: &DatabaseUrl) -> Self {
        match (self, live) {
            (Self::Mysql(server), DatabaseUrl::Mysql(live)) => Self::Mysql(Box::new(server.like(live))),
            (
                same @ (Self::Memory | Self::Postgres(_) | Self::Mysql(_)),
                DatabaseUrl::Sqlite(_) | DatabaseUrl::Postgres(_) | DatabaseUrl::Mysql(_),
            ) => same,
        }
    }

    /// Returns a text of everything outside of migrations on which it depends what they make in a scratch database: the
    /// server's version and settings, and what the host says about its scratch databases. Two equal texts
    /// mean that the same statements make the same. Returns `None` where that can't be known.
    ///
    /// # Errors
    /// Returns `can't-connect` if the server can't be reached or asked.
    pub fn surroundings(&self) -> Result<Option<String>> {
        let ScratchSettings { limits: _, trust, extensions } = scratch_settings();
        let server = match self {
            Self::Memory => Some(sqlite_build()?),
            Self::Postgres(url) => postgres::surroundings(url)?,
            Self::Mysql(server) => Some(server.surroundings()?),
        };
        Ok(server.map(|server| format!("{server}\ntrust {trust}\n{}", extensions.join("\n"))))
    }

    /// Returns the dialect of the server's databases.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Memory => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
            Self::Mysql(_) => Dialect::Mysql,
        }
    }
}

/// Returns the version of the SQLite in this program, and the options that it was compiled with.
fn sqlite_build() -> Result<String> {
    #[derive(QueryableByName)]
    struct Build {
        #[diesel(sql_type = Text)]
        told: String,
    }
    let mut connection = connect_sqlite(":memory:", Purpose::Scratch, Limits::default().lock)?;
    let query = "SELECT sqlite_source_id() || char(10) || group_concat(compile_options, char(10)) AS told \
                 FROM pragma_compile_options";
    let found = sql_query(query).get_result::<Build>(&mut connection).map_err(|cause| {
        Error::new(Code::ScratchFailed, format!("SQLite doesn't say how it was built: {cause}")).caused_by(cause)
    })?;
    Ok(found.told)
}

/// What the host says about its scratch databases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScratchSettings {
    /// How long statements may wait and run; as long as they like where nobody says.
    pub limits: Option<Limits>,
    /// Whether migrations of plugins may run there with all rights of the URL's own role or user.
    pub trust: bool,
    /// Extensions of PostgreSQL that are made there before any migration runs.
    pub extensions: Vec<String>,
}

/// How much longer than its limit a statement is waited for.
const GRACE: Duration = Duration::from_secs(2);

static SETTINGS: Mutex<ScratchSettings> =
    Mutex::new(ScratchSettings { limits: None, trust: false, extensions: Vec::new() });

/// Sets what the scratch databases of this process are like from now on.
pub fn set_scratch(settings: ScratchSettings) {
    *SETTINGS.lock().unwrap_or_else(PoisonError::into_inner) = settings;
}

pub(super) fn scratch_settings() -> ScratchSettings {
    SETTINGS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

impl Database {
    /// Creates an empty database that nobody else uses and that vanishes with the value. On a server, also removes
    /// what killed programs have left behind.
    ///
    /// # Errors
    /// Returns `can't-make-scratch` when the role can't create databases (nor, on PostgreSQL, schemas), the errors of
    /// [`Database::open`] about a server, and `can't-connect` otherwise.
    pub fn scratch_on(server: &ScratchServer) -> Result<Self> {
        Self::scratch_with(server, &[])
    }

    /// Creates a scratch database with PostgreSQL extensions that only the URL's own role can create, in addition to
    /// those that the host lists.
    pub(crate) fn scratch_with(server: &ScratchServer, extensions: &[Extension]) -> Result<Self> {
        let settings = scratch_settings();
        let mut database = match server {
            ScratchServer::Memory => {
                Self::Sqlite(connect_sqlite(":memory:", Purpose::Scratch, Limits::default().lock)?)
            }
            ScratchServer::Postgres(url) => {
                let listed = settings.extensions.iter().map(|name| Extension { name: name.clone(), schema: None });
                let extensions: Vec<_> = extensions.iter().cloned().chain(listed).collect();
                Self::Postgres(Box::new(PostgresDatabase::scratch(url, extensions)?))
            }
            ScratchServer::Mysql(server) => Self::Mysql(Box::new(MysqlDatabase::scratch(server)?)),
        };
        if let Some(limits) = settings.limits {
            database.limit(limits)?;
            database.limit_session(limits)?;
        }
        Ok(database)
    }

    /// Limits how long statements run, whoever sends them and whatever they set.
    fn limit_session(&mut self, limits: Limits) -> Result<()> {
        // The server's own limit is shorter, because its message says more.
        let at_last = limits.statement.saturating_add(GRACE);
        match self {
            // A statement can't lift its limit.
            Self::Sqlite(_) => Ok(()),
            Self::Mysql(database) => {
                database.set_limit(at_last);
                Ok(())
            }
            Self::Postgres(database) => {
                database.set_limit(at_last);
                let limit = format!("SET statement_timeout = {}", milliseconds(limits.statement));
                database.execute(&limit).map_err(|cause| {
                    Error::new(Code::ScratchFailed, format!("a scratch database refuses a setting: {cause}"))
                        .caused_by(cause)
                })
            }
        }
    }

    /// Returns why statements run on this scratch database with all rights of the URL's own role or user, so that
    /// untrusted statements mustn't run there. Returns `None` where statements reach nothing else, or where the host
    /// wants it so.
    pub fn unconfined(&self) -> Option<&str> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(database) => database.unconfined(),
            Self::Mysql(database) => database.unconfined(),
        }
    }

    /// Checks whether this is a schema that stands in for a scratch database, because the role can't create
    /// databases.
    pub fn is_schema(&self) -> bool {
        match self {
            Self::Sqlite(_) | Self::Mysql(_) => false,
            Self::Postgres(database) => database.is_schema(),
        }
    }

    /// Returns the condition for the schemas of a PostgreSQL database, on a row `n` of pg_namespace.
    pub(crate) fn own_schemas(&self) -> &'static str {
        if self.is_schema() {
            "n.nspname = current_schema()"
        } else {
            "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
        }
    }

    /// Returns the server where scratch databases can be made next to this one.
    pub fn server(&self) -> ScratchServer {
        match self {
            Self::Sqlite(_) => ScratchServer::Memory,
            Self::Postgres(database) => ScratchServer::Postgres(Box::new(database.server().clone())),
            Self::Mysql(database) => ScratchServer::Mysql(Box::new(database.server())),
        }
    }
}

/// Makes a name for a scratch database that no other program makes. The name contains `place`.
pub(super) fn new_name(place: &str) -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let moment = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_micros());
    // Programs may start at the same moment.
    format!("autogen_scratch_{place}{}_{}_{moment}", chance(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Returns a number that nobody can predict, because a hasher's keys are random.
pub(super) fn chance() -> u32 {
    RandomState::new().build_hasher().finish() as u32
}
