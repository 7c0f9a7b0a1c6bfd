//! Connections to PostgreSQL, in pure Rust: no libpq, no OpenSSL.
//!
//! This folder only connects. The statements that are sent are the business of the stages.

pub(super) mod activity;
mod password_file;
mod role;
mod scratch;
mod scratch_schema;
mod tls;
mod url;

use std::error::Error as _;
use std::future::poll_fn;
use std::ops::{Deref, DerefMut};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use diesel::QueryResult;
use diesel::connection::{CacheSize, Connection as _, SimpleConnection as _};
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::Limits;
use super::activity::Session;
use super::background::{Background, runtime};
use super::watched::{Probe, Watched};
use crate::error::{Code, Error, Result};
use crate::link::Link;
use crate::sql::postgres::without_server_objects;

use scratch::Scratch;
pub(super) use scratch::surroundings;
use scratch_schema::ScratchSchema;

pub(crate) use scratch::Extension;
pub use url::PostgresUrl;

/// A connection to PostgreSQL as Diesel's blocking API takes it.
pub type PostgresConnection = AsyncConnectionWrapper<Watched<AsyncPgConnection>, Background>;

/// A connection, and where it leads.
#[allow(missing_debug_implementations, reason = "Diesel's connections have none")]
pub struct PostgresDatabase {
    connection: PostgresConnection,
    url: PostgresUrl,
    limits: Limits,
    /// The schema that stands for a database here.
    schema: Option<ScratchSchema>,
    // Dropped after the connection: nobody may be connected then.
    scratch: Option<Scratch>,
}

impl PostgresDatabase {
    /// Opens a connection.
    pub(super) fn open(url: &PostgresUrl) -> Result<Self> {
        Ok(Self { connection: connect(url)?, url: url.clone(), limits: Limits::default(), schema: None, scratch: None })
    }

    /// Returns the session, for whoever ends or watches its statement.
    pub(super) fn session(&self) -> Session {
        Session::Postgres(Box::new(self.url.clone()), self.connection.inner().cancel_token())
    }

    /// Returns how long migrations may wait and run here.
    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    pub(super) fn limit(&mut self, limits: Limits) {
        self.limits = limits;
        self.connection.set_silence(limits.answer);
    }

    /// Runs statements and ignores their results.
    pub(super) fn execute(&mut self, sql: &str) -> QueryResult<()> {
        match (&mut self.schema, &self.scratch) {
            (Some(schema), _) => schema.execute(&mut self.connection, sql),
            (None, Some(scratch)) => self.connection.batch_execute(&without_server_objects(sql, scratch.extensions())),
            (None, None) => self.connection.batch_execute(sql),
        }
    }

    /// Runs one statement and ignores its result; the server refuses a second one.
    pub(crate) fn execute_one(&mut self, sql: &str) -> QueryResult<()> {
        match (&mut self.schema, &self.scratch) {
            (Some(schema), _) => schema.execute(&mut self.connection, sql),
            (None, Some(scratch)) => {
                Link::execute_one(&mut self.connection, &without_server_objects(sql, scratch.extensions()))
            }
            (None, None) => Link::execute_one(&mut self.connection, sql),
        }
    }

    /// Runs a query such that its failure doesn't end the only transaction of a scratch schema.
    pub(crate) fn asking<T>(&mut self, ask: impl FnOnce(&mut PostgresConnection) -> QueryResult<T>) -> QueryResult<T> {
        match &mut self.schema {
            Some(schema) => schema.within(&mut self.connection, |_, connection| ask(connection)),
            None => ask(&mut self.connection),
        }
    }

    /// Runs a query with a search path on which extensions' objects are found, so that the answer spells their names
    /// accordingly.
    pub(crate) fn looking_around<T>(
        &mut self,
        work: impl FnOnce(&mut PostgresConnection) -> QueryResult<T>,
    ) -> QueryResult<T> {
        match &mut self.schema {
            Some(schema) => schema.looking_around(&mut self.connection, work),
            None => work(&mut self.connection),
        }
    }

    /// Checks whether a transaction is open that was opened here.
    pub(crate) fn is_in_transaction(&mut self) -> bool {
        match &self.schema {
            Some(schema) => schema.is_open(),
            None => Link::is_in_transaction(&mut self.connection),
        }
    }

    /// Returns the URL of this connection.
    pub fn url(&self) -> &PostgresUrl {
        &self.url
    }
}

impl Deref for PostgresDatabase {
    type Target = PostgresConnection;

    fn deref(&self) -> &PostgresConnection {
        &self.connection
    }
}

impl DerefMut for PostgresDatabase {
    fn deref_mut(&mut self) -> &mut PostgresConnection {
        &mut self.connection
    }
}

fn connect(url: &PostgresUrl) -> Result<PostgresConnection> {
    let (config, tls) = way_in(url)?;
    let limit = patience(&config);
    let unusable = |cause: diesel::ConnectionError| {
        Error::new(Code::CantConnect, format!("can't use `{url}`: {cause}")).caused_by(cause)
    };
    let reached = async {
        let (client, mut connection) = config.connect(tls).await.map_err(|cause| refused(url, cause))?;
        // Diesel sends its settings as prepared statements. In a transaction the same session prepares and runs them,
        // even behind a pooler.
        let begun = {
            let mut begin = pin!(client.batch_execute("BEGIN"));
            let polled = poll_fn(|context| {
                if let Poll::Ready(begun) = begin.as_mut().poll(context) {
                    return Poll::Ready(begun);
                }
                while let Poll::Ready(Some(message)) = connection.poll_message(context) {
                    if let Err(cause) = message {
                        return Poll::Ready(Err(cause));
                    }
                }
                begin.as_mut().poll(context)
            });
            polled.await
        };
        begun.map_err(|cause| refused(url, cause))?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await.map_err(unusable)
    };
    let connection = runtime().block_on(async {
        match timeout(limit, reached).await {
            Ok(reached) => reached,
            Err(cause) => Err(no_server(url, "it doesn't answer").caused_by(cause)),
        }
    })?;
    let mut connection = PostgresConnection::from(Watched::new(connection, Limits::default().answer, probe(url)));
    // Behind a pooler the next transaction may run in another session, which has prepared nothing.
    connection.set_prepared_statement_cache_size(CacheSize::Disabled);
    connection
        .batch_execute("COMMIT")
        .map_err(|cause| unusable(diesel::ConnectionError::CouldntSetupConfiguration(cause)))?;
    Ok(connection)
}

/// Returns the settings and the TLS connector for a connection.
fn way_in(url: &PostgresUrl) -> Result<(tokio_postgres::Config, MakeRustlsConnect)> {
    let mut config = url.config();
    let mode = if url.is_local() { tls::SslMode::Disable } else { url.tls.mode };
    config.ssl_mode(mode.of_driver());
    Ok((config, url.tls.connector()?))
}

/// Returns how long connecting may take. Each server that the URL names has its own time limit.
fn patience(config: &tokio_postgres::Config) -> Duration {
    let servers = u32::try_from(config.get_hosts().len()).unwrap_or(1).max(1);
    config.get_connect_timeout().copied().unwrap_or(url::CONNECT_TIMEOUT).saturating_mul(servers)
}

/// Asks whether the server answers. A refusal is an answer too.
fn probe(url: &PostgresUrl) -> Probe {
    let url = url.clone();
    Arc::new(move || {
        let url = url.clone();
        Box::pin(async move {
            let Ok((config, tls)) = way_in(&url) else { return false };
            match timeout(patience(&config), config.connect(tls)).await {
                Ok(Ok(_)) => true,
                Ok(Err(cause)) => cause.as_db_error().is_some(),
                Err(_) => false,
            }
        })
    })
}

/// Explains why there is no connection, without showing a password, and what to do about it.
fn refused(url: &PostgresUrl, cause: tokio_postgres::Error) -> Error {
    let said = cause.source().map_or_else(|| cause.to_string(), ToString::to_string);
    let database = cause.as_db_error();
    let said = database.map_or(said, |error| error.message().to_owned());
    let wrong_password = || Error::new(Code::WrongPassword, format!("the server of `{url}` refuses: {said}"));
    let error = match cause.code() {
        Some(code) if *code == SqlState::INVALID_PASSWORD => {
            wrong_password().help("check user and password in the URL, PGPASSWORD or .pgpass")
        }
        Some(code) if *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION => {
            wrong_password().help("check the user in the URL or PGUSER, and pg_hba.conf on the server")
        }
        Some(code) if *code == SqlState::INVALID_CATALOG_NAME => {
            Error::new(Code::NoSuchDatabase, format!("the server of `{url}` refuses: {said}"))
                .help("check the name, or make the database with `createdb`")
        }
        Some(_) => Error::new(Code::CantConnect, format!("the server of `{url}` refuses: {said}"))
            .help("the server gives no other reason; its log may say more"),
        None if cause.to_string().contains("password missing") || said.contains("password missing") => {
            Error::new(Code::WrongPassword, format!("the server of `{url}` asks for a password, and there is none"))
                .help("put it in the URL, PGPASSWORD or .pgpass")
        }
        None if is_about_tls(&cause) => Error::new(Code::CantConnect, format!("no safe connection to `{url}`: {said}"))
            .help("check sslmode and sslrootcert in the URL, and the server's certificate"),
        None => no_server(url, &said),
    };
    error.caused_by(cause)
}

fn no_server(url: &PostgresUrl, said: &str) -> Error {
    Error::new(Code::NoServer, format!("there is no PostgreSQL server at `{url}`: {said}"))
        .help("check that it runs, and host and port in the URL, PGHOST and PGPORT")
}

fn is_about_tls(cause: &tokio_postgres::Error) -> bool {
    // The driver has no public kind; these are its words.
    cause.to_string().contains("TLS")
}

fn unusable(cause: &diesel::result::Error) -> Error {
    Error::new(Code::CantConnect, format!("a scratch database can't be used: {cause}"))
}

#[cfg(test)]
mod tests;
