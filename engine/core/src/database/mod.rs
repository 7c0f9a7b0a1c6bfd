//! Connections: which database a URL means, and how to open it.
//!
//! Only `introspect`, `scratch` and `history` send statements over one.

mod account;
pub mod activity;
mod background;
mod link;
mod mysql;
mod postgres;
mod queries;
mod scratch;
mod sqlite_file;
mod sqlite_guard;
mod watched;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection as _, SqliteConnection};

use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};

pub use crate::link::Limits;
use crate::link::Trouble;
pub(crate) use crate::link::{milliseconds, refused};
pub use background::Background;
pub use mysql::{MysqlConnection, MysqlDatabase, MysqlScratch, MysqlUrl};
pub(crate) use postgres::Extension;
pub use postgres::{PostgresConnection, PostgresDatabase, PostgresUrl};
pub use scratch::{ScratchServer, ScratchSettings, set_scratch};
use sqlite_guard::{Purpose, guarded, limit_statements, limit_waits};
pub use watched::Watched;

/// Where a database is. Shows itself without any password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(PathBuf),
    /// A database on a PostgreSQL server.
    Postgres(Box<PostgresUrl>),
    /// A database on a MariaDB or MySQL server.
    Mysql(Box<MysqlUrl>),
}

impl DatabaseUrl {
    /// Reads `sqlite:PATH`, `sqlite://PATH`, `file:PATH`, a plain path, `postgres://...` or
    /// `mysql://...` (`mariadb://...` is the same).
    ///
    /// ```
    /// use autogen_engine::database::DatabaseUrl;
    /// assert_eq!(DatabaseUrl::parse("sqlite:app.db").unwrap(), DatabaseUrl::parse("app.db").unwrap());
    /// assert!(DatabaseUrl::parse("oracle://host/db").is_err());
    /// ```
    ///
    /// # Errors
    /// `unknown-database` when the scheme is one that this program can't talk to, or when there is
    /// nothing that says what is meant; `bad-database-url` when the rest can't be read. No part of the
    /// text that may be a password is repeated.
    pub fn parse(text: &str) -> Result<Self> {
        let unknown = |message: &str| {
            let known = "known: `sqlite:PATH`, a plain path, `postgres://HOST/DATABASE`, or `mysql://HOST/DATABASE`";
            Err(Error::new(Code::UnknownDatabase, message).help(known))
        };
        if is_settings(text) {
            return unknown("the database URL is written as settings of libpq");
        }
        let path = ["sqlite://", "sqlite:", "file:"].iter().find_map(|scheme| text.strip_prefix(scheme));
        match (path, text.split_once("://")) {
            // SQLite would take an empty name for a database that vanishes with the connection.
            (Some(""), _) | (None, None) if path.unwrap_or(text).is_empty() => {
                unknown("the database URL names no database")
            }
            (Some(path), _) => Ok(Self::Sqlite(path.into())),
            (None, Some(("postgres" | "postgresql", _))) => Ok(Self::Postgres(Box::new(PostgresUrl::parse(text)?))),
            (None, Some(("mysql" | "mariadb", _))) => Ok(Self::Mysql(Box::new(MysqlUrl::parse(text)?))),
            (None, Some((scheme, _))) if is_scheme(scheme) => {
                unknown(&format!("this program can't talk to databases of the kind `{scheme}`"))
            }
            (None, None) if !is_server(text) => Ok(Self::Sqlite(text.into())),
            (None, Some(_) | None) => {
                unknown("the database URL looks like a server's, but doesn't begin with its kind")
            }
        }
    }

    /// Fills in what the URL leaves open from variables that the database's own programs read
    /// (PostgreSQL: `PGHOST`, `PGPASSWORD`, `PGSSLMODE` ..., and the password file that they lead to;
    /// MySQL: `MYSQL_HOST`, `MYSQL_TCP_PORT`, `MYSQL_UNIX_PORT`, `MYSQL_PWD`).
    ///
    /// ```
    /// use autogen_engine::database::DatabaseUrl;
    /// let variable = |name: &str| (name == "PGPORT").then(|| "5433".to_owned());
    /// let url = DatabaseUrl::parse("postgres://db/shop").unwrap().completed(&variable).unwrap();
    /// assert_eq!(url.to_string(), "postgres://db:5433/shop");
    /// ```
    ///
    /// # Errors
    /// `bad-database-url` when a variable holds nonsense.
    pub fn completed(self, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self> {
        match self {
            Self::Sqlite(path) => Ok(Self::Sqlite(path)),
            Self::Postgres(url) => Ok(Self::Postgres(Box::new(url.completed(variable)?))),
            Self::Mysql(url) => Ok(Self::Mysql(Box::new(url.completed(variable)?))),
        }
    }

    /// Returns the dialect of the database.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
            Self::Mysql(_) => Dialect::Mysql,
        }
    }
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '-' | '.'))
}

/// Checks whether a text is a list of settings such as `host=db password=...`, which SQLite would take for a file's
/// name.
fn is_settings(text: &str) -> bool {
    const KEYS: [&str; 9] =
        ["host", "hostaddr", "port", "user", "password", "dbname", "service", "sslmode", "passfile"];
    text.split_once('=').is_some_and(|(key, _)| KEYS.contains(&key.trim().to_ascii_lowercase().as_str()))
}

/// Checks whether a text without a scheme contains `user:password@`. A drive letter isn't a user.
fn is_server(text: &str) -> bool {
    let Some((before, _)) = text.rsplit_once('@') else { return false };
    before.split_once(':').is_some_and(|(user, rest)| user.len() != 1 || !rest.starts_with(['/', '\\']))
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => url.fmt(f),
            Self::Mysql(url) => url.fmt(f),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An open connection of some dialect.
#[allow(missing_debug_implementations, reason = "Diesel's connections have none")]
pub enum Database {
    /// Bundled SQLite.
    Sqlite(SqliteConnection),
    /// PostgreSQL through tokio-postgres.
    Postgres(Box<PostgresDatabase>),
    /// MariaDB or MySQL through mysql_async.
    Mysql(Box<MysqlDatabase>),
}

impl Database {
    /// Opens what a URL means. `create` says whether a missing file may be made. A file that another program has
    /// locked is waited for as long as [`Database::open_within`] does with the usual [`Limits`].
    ///
    /// # Errors
    /// `no-database` when a file isn't there, `not-a-database` when it is something else;
    /// `no-server`, `wrong-password`, `no-such-database` or `bad-certificates` from a server;
    /// `can't-connect` otherwise.
    pub fn open(url: &DatabaseUrl, create: bool) -> Result<Self> {
        match url {
            DatabaseUrl::Sqlite(path) => Self::open_sqlite(path, create, Limits::default().lock),
            DatabaseUrl::Postgres(url) => Ok(Self::Postgres(Box::new(PostgresDatabase::open(url)?))),
            DatabaseUrl::Mysql(url) => Ok(Self::Mysql(Box::new(MysqlDatabase::open(url)?))),
        }
    }

    /// Opens what a URL means, with these limits from the beginning. Waits for a locked file as long as for a lock,
    /// but for five seconds at most: nothing has begun, and whoever started the program sees nothing yet.
    ///
    /// # Errors
    /// As [`Database::open`]; `database-busy` when a file stays locked for longer than that.
    pub fn open_within(url: &DatabaseUrl, create: bool, limits: Limits) -> Result<Self> {
        let mut database = match url {
            DatabaseUrl::Sqlite(path) => Self::open_sqlite(path, create, limits.lock)?,
            DatabaseUrl::Postgres(_) | DatabaseUrl::Mysql(_) => Self::open(url, create)?,
        };
        database.limit(limits)?;
        Ok(database)
    }

    /// Creates an empty database that nobody else sees and that vanishes with the value, of a kind that needs no
    /// server. See [`Database::scratch_on`] for the others.
    ///
    /// # Errors
    /// Returns `no-scratch-server` when this kind needs a server, and `can't-connect` when the database refuses.
    pub fn scratch(dialect: Dialect) -> Result<Self> {
        match dialect {
            Dialect::Sqlite => Self::scratch_on(&ScratchServer::Memory),
            Dialect::Postgres => Err(no_server("PostgreSQL", dialect)),
            Dialect::Mysql => Err(no_server("MariaDB and MySQL", dialect)),
        }
    }

    /// Returns the dialect of this connection's database.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
            Self::Mysql(_) => Dialect::Mysql,
        }
    }

    /// Sets how long migrations may wait and run on this connection.
    ///
    /// # Errors
    /// `can't-connect` when the database refuses.
    pub fn limit(&mut self, limits: Limits) -> Result<()> {
        match self {
            Self::Sqlite(_) => {
                limit_statements(limits.statement);
                limit_waits(limits.lock);
                Ok(())
            }
            // Set in each transaction, because behind a pooler the next one may run in another session.
            Self::Postgres(database) => {
                database.limit(limits);
                Ok(())
            }
            Self::Mysql(database) => database.limit(limits),
        }
    }

    /// Runs statements and ignores their results.
    ///
    /// # Errors
    /// Whatever the database says.
    pub fn execute(&mut self, sql: &str) -> diesel::QueryResult<()> {
        match self {
            Self::Sqlite(connection) => connection.batch_execute(sql),
            // Proofs also run scripts as a whole. A scratch database needs no clean-up that could be refused here.
            Self::Postgres(database) if database.is_scratch() => {
                activity::run(database.session(), sql, || database.execute(sql))
            }
            Self::Postgres(database) => database.execute(sql),
            Self::Mysql(database) if database.is_scratch() => {
                activity::run(database.session(), sql, || database.execute(sql))
            }
            Self::Mysql(database) => database.execute(sql),
        }
    }

    fn open_sqlite(path: &Path, create: bool, patience: Duration) -> Result<Self> {
        let shown = path.display();
        if !create && path.as_os_str() != ":memory:" && !path.exists() {
            return Err(Error::new(Code::NoDatabase, format!("there is no database file `{shown}`"))
                .help("check the path, or create it with `autogen upgrade`"));
        }
        let text = path.to_str().ok_or_else(|| {
            Error::new(Code::CantConnect, format!("the path `{shown}` is not UTF-8")).help("move the database file")
        })?;
        let mut connection = connect_sqlite(text, Purpose::Live, patience.min(OPENING))?;
        // SQLite reads a file only at the first statement, so a query reports now what is wrong with it.
        const READ: &str = "SELECT count(*) FROM sqlite_schema";
        let mut read = connection.batch_execute(READ);
        if read.as_ref().is_err_and(wants_to_write) && sqlite_file::is_at_rest(path) {
            connection = connect_sqlite(&sqlite_file::at_rest(text), Purpose::Live, patience.min(OPENING))?;
            read = connection.batch_execute(READ);
        }
        read.map_err(|cause| {
            if wants_to_write(&cause) {
                let message = format!("`{shown}` can't be read where nothing may be written: {cause}");
                let help = "its write-ahead log (`-wal`) is in use: let this program write to the folder, or give it a copy of the database";
                return Error::new(Code::CantConnect, message).help(help).caused_by(cause);
            }
            if Trouble::of(&cause) == Some(Trouble::Busy) {
                return refused(Code::DatabaseBusy, format!("`{shown}` can't be read: {cause}"), "", cause);
            }
            let message = format!("`{shown}` is not an SQLite database that can be read: {cause}");
            refused(
                Code::NotADatabase,
                message,
                "check the path in --database-url, DATABASE_URL or autogen.toml",
                cause,
            )
        })?;
        Ok(Self::Sqlite(connection))
    }
}

/// Checks whether SQLite failed because it has to make files next to the one that it is to read.
fn wants_to_write(cause: &diesel::result::Error) -> bool {
    let said = cause.to_string();
    said.contains("attempt to write a readonly database") || said.contains("unable to open database file")
}

/// How long opening a locked file takes at most.
const OPENING: Duration = Duration::from_secs(2);

fn no_server(databases: &str, dialect: Dialect) -> Error {
    let message = format!("scratch databases of {databases} are made on a server, and none is known");
    Error::new(Code::NoScratchServer, message)
        .help(format!("state one by `scratch.{dialect}` under `[database]` in autogen.toml, or give `--database-url`"))
}

fn connect_sqlite(path: &str, purpose: Purpose, patience: Duration) -> Result<SqliteConnection> {
    limit_waits(patience);
    let opened = guarded(purpose, || SqliteConnection::establish(path));
    let mut connection = opened.map_err(|cause| {
        Error::new(Code::CantConnect, format!("can't open `{path}`: {cause}"))
            .help("check the path: it must be a file, or one that can be made, in a folder that is there")
            .caused_by(cause)
    })?;
    // The bundled SQLite's default for foreign_keys differs from the system's, so set it.
    connection.batch_execute("PRAGMA foreign_keys = ON").map_err(|cause| {
        let help = "try again when no other program uses the file";
        refused(Code::CantConnect, format!("can't use `{path}`: {cause}"), help, cause)
    })?;
    Ok(connection)
}

/// Decodes `%2F` and the like in a value of a URL's query. Text that wouldn't be UTF-8 then stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_url_that_is_refused_is_not_repeated() {
        for text in [
            "oracle://u:secret@h/d",
            "u:secret@h/d",
            "u:secret@x://d",
            "postgres:u:secret@h",
            "://secret",
            "host=h password='secret'",
        ] {
            let error = DatabaseUrl::parse(text).expect_err(text);
            assert_eq!(error.code(), Code::UnknownDatabase);
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
    }

    #[test]
    fn paths_may_be_odd_but_not_empty() {
        for path in ["a b@c.db", "C:\\data@home\\app.db", "./größe:1.db", ":memory:"] {
            assert_eq!(DatabaseUrl::parse(path).expect(path), DatabaseUrl::Sqlite(path.into()));
        }
        for text in ["", "sqlite:", "sqlite://", "file:"] {
            assert_eq!(DatabaseUrl::parse(text).expect_err(text).to_string(), "the database URL names no database");
        }
    }
}
