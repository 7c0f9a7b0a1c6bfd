//! Connections to PostgreSQL, in pure Rust.

use std::fmt;
use std::sync::OnceLock;

use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::{AsyncConnectionWrapper, BlockOn};
use tokio::runtime::Runtime;
use tokio_postgres::config::Host;
use tokio_postgres::{Config, NoTls};

use crate::error::{Error, Result};

/// A connection to PostgreSQL as Diesel's blocking API takes it.
pub type PostgresConnection = AsyncConnectionWrapper<AsyncPgConnection, Background>;

/// Where a PostgreSQL database is. Shows itself without the password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl {
    config: Config,
}

impl PostgresUrl {
    /// Reads `postgres://user:password@host:port/database?key=value`.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let config = text.parse().map_err(|cause: tokio_postgres::Error| {
            Error::new("bad-database-url", format!("the database URL can't be read: {cause}"))
                .help("write `postgres://USER:PASSWORD@HOST:PORT/DATABASE`")
        })?;
        Ok(Self { config })
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(host)) => host.clone(),
            #[cfg(unix)]
            Some(Host::Unix(path)) => path.display().to_string(),
            None => String::new(),
        };
        write!(f, "postgres://{host}/{}", self.config.get_dbname().unwrap_or_default())
    }
}

/// Opens a connection.
pub(super) fn connect(url: &PostgresUrl) -> Result<PostgresConnection> {
    let failed = |cause: String| Error::new("can't-connect", format!("can't connect to `{url}`: {cause}"));
    let connection = runtime()
        .block_on(async {
            let (client, connection) = url.config.connect(NoTls).await.map_err(|cause| cause.to_string())?;
            AsyncPgConnection::try_from_client_and_connection(client, connection)
                .await
                .map_err(|cause| cause.to_string())
        })
        .map_err(failed)?;
    Ok(connection.into())
}

/// Drives every connection of the process, on one thread of its own: a server that hangs up or
/// sends a notice is heard while nobody waits for it.
#[derive(Debug)]
pub struct Background(());

impl BlockOn for Background {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        runtime().block_on(future)
    }

    fn get_runtime() -> Self {
        Self(())
    }
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("autogen-database")
            .enable_all()
            .build()
            .expect("a process that may open a connection may start a thread")
    })
}
