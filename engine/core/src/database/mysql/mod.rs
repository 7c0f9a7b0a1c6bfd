//! Connections to MariaDB and MySQL, in pure Rust: no libmysqlclient, no OpenSSL.
//!
//! This folder only connects. The statements that are sent are the business of the stages.

pub(super) mod activity;
mod scratch;
mod url;
mod user;

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use diesel::connection::{CacheSize, Connection as _, SimpleConnection as _};
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Nullable, Text};
use diesel_async::AsyncMysqlConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use mysql_async::{DriverError, Error as ServerError, OptsBuilder, SslOpts};
use tokio::time::timeout;

use super::Limits;
use super::activity::Session;
use super::background::{Background, runtime};
use super::watched::{Probe, Watched};
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::link::Link;
use crate::sql::mysql::without_definer;
use scratch::Scratch;
use url::{DEFAULT_PORT, TlsMode};

pub use scratch::MysqlScratch;
pub use url::MysqlUrl;

/// A connection to MariaDB or MySQL as Diesel's blocking API takes it.
pub type MysqlConnection = AsyncConnectionWrapper<Watched<AsyncMysqlConnection>, Background>;

/// A connection, and where it leads.
#[allow(missing_debug_implementations, reason = "Diesel's connections have none")]
pub struct MysqlDatabase {
    connection: MysqlConnection,
    url: MysqlUrl,
    limits: Limits,
    version: String,
    /// The server's number of this connection.
    number: u32,
    // Dropped after the connection, which may still hold locks on tables.
    scratch: Option<Scratch>,
}

impl MysqlDatabase {
    /// Opens a connection to the database that the URL names.
    pub(super) fn open(url: &MysqlUrl) -> Result<Self> {
        if url.database.is_none() {
            return Err(Error::new(Code::BadDatabaseUrl, format!("`{url}` names no database"))
                .help("write `mysql://USER:PASSWORD@HOST:PORT/DATABASE`"));
        }
        Self::on(connect(url)?, url, None)
    }

    fn on(mut connection: MysqlConnection, url: &MysqlUrl, scratch: Option<Scratch>) -> Result<Self> {
        let (version, number) = version(&mut connection).map_err(|cause| unusable(url, &cause))?;
        Ok(Self { connection, url: url.clone(), limits: Limits::default(), version, number, scratch })
    }

    /// Refuses distributed transactions on scratch databases: a prepared one outlives its session, and its locks keep the
    /// database from being dropped.
    fn refuse_prepared(&self, sql: &str) -> QueryResult<()> {
        let words: Vec<String> = match &self.scratch {
            Some(_) => Dialect::Mysql.unquoted_words(sql),
            None => return Ok(()),
        };
        let is = |word: &String, wanted: &[&str]| wanted.iter().any(|wanted| word.eq_ignore_ascii_case(wanted));
        if !words.windows(2).any(|pair| is(&pair[0], &["xa"]) && is(&pair[1], &["start", "begin"])) {
            return Ok(());
        }
        Err(diesel::result::Error::QueryBuilderError("a scratch database takes no XA transactions".into()))
    }

    /// Runs a statement and ignores its result.
    pub(super) fn execute(&mut self, sql: &str) -> QueryResult<()> {
        self.refuse_prepared(sql)?;
        match self.scratch.as_ref().is_some_and(Scratch::is_confined) {
            true => self.connection.batch_execute(&without_definer(sql)),
            false => self.connection.batch_execute(sql),
        }
    }

    /// Runs one statement and ignores its result; the server refuses a second one.
    pub(crate) fn execute_one(&mut self, sql: &str) -> QueryResult<()> {
        self.refuse_prepared(sql)?;
        match self.scratch.as_ref().is_some_and(Scratch::is_confined) {
            true => Link::execute_one(&mut self.connection, &without_definer(sql)),
            false => Link::execute_one(&mut self.connection, sql),
        }
    }

    /// Returns the session, for whoever ends or watches its statement.
    pub(super) fn session(&self) -> Session {
        Session::Mysql(Box::new(self.url.clone()), self.number)
    }

    /// Returns how long migrations may wait and run here.
    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// Checks whether the server is MariaDB, which describes several things differently than MySQL.
    pub fn is_mariadb(&self) -> bool {
        self.version.to_ascii_lowercase().contains("mariadb")
    }

    pub(super) fn limit(&mut self, limits: Limits) -> Result<()> {
        self.limits = limits;
        self.connection.set_silence(limits.answer);
        let lock = limits.lock.as_secs().clamp(1, 31_536_000);
        // MySQL limits only queries. An ALTER takes as long as it takes there.
        let statement = if self.is_mariadb() {
            format!("max_statement_time = {}", limits.statement.as_secs_f64())
        } else {
            format!("max_execution_time = {}", super::milliseconds(limits.statement))
        };
        let set = format!("SET SESSION lock_wait_timeout = {lock}, innodb_lock_wait_timeout = {lock}, {statement}");
        self.connection.batch_execute(&set).map_err(|cause| unusable(&self.url, &cause))
    }

    /// Returns the URL of this connection.
    pub fn url(&self) -> &MysqlUrl {
        &self.url
    }
}

impl Deref for MysqlDatabase {
    type Target = MysqlConnection;

    fn deref(&self) -> &MysqlConnection {
        &self.connection
    }
}

impl DerefMut for MysqlDatabase {
    fn deref_mut(&mut self) -> &mut MysqlConnection {
        &mut self.connection
    }
}

fn connect(url: &MysqlUrl) -> Result<MysqlConnection> {
    let reached = async {
        let reached = reach(url).await.map_err(|cause| refused(url, cause))?;
        AsyncMysqlConnection::try_from(reached)
            .await
            .map_err(|cause| Error::new(Code::CantConnect, format!("can't use `{url}`: {cause}")).caused_by(cause))
    };
    let connection = runtime().block_on(async {
        match timeout(url.connect_timeout(), reached).await {
            Ok(reached) => reached,
            Err(cause) => Err(no_server(url, "it doesn't answer").caused_by(cause)),
        }
    })?;
    let mut connection = MysqlConnection::from(Watched::new(connection, Limits::default().answer, probe(url)));
    connection.set_prepared_statement_cache_size(CacheSize::Disabled);
    // Some servers soon end idle sessions, and a keeper is idle for long.
    connection.batch_execute("SET SESSION wait_timeout = 28800").map_err(|cause| unusable(url, &cause))?;
    Ok(connection)
}

/// Asks whether the server answers. A refusal is an answer too.
fn probe(url: &MysqlUrl) -> Probe {
    let url = url.clone();
    Arc::new(move || {
        let url = url.clone();
        Box::pin(async move {
            match timeout(url.connect_timeout(), reach(&url)).await {
                Ok(Ok(_) | Err(ServerError::Server(_))) => true,
                Ok(Err(_)) | Err(_) => false,
            }
        })
    })
}

/// Connects to the server, with TLS as far as the mode says.
async fn reach(url: &MysqlUrl) -> mysql_async::Result<mysql_async::Conn> {
    let socket = url.local_socket();
    let options = |tls: Option<SslOpts>| {
        OptsBuilder::default()
            .ip_or_hostname(url.host.clone().unwrap_or_else(|| "localhost".to_owned()))
            .tcp_port(url.port.unwrap_or(DEFAULT_PORT))
            .user(url.user.clone())
            .pass(url.password.clone())
            .db_name(url.database.clone())
            .socket(socket.clone())
            // Nobody wants to switch from a port to a socket that the server names.
            .prefer_socket(false)
            .stmt_cache_size(0)
            .ssl_opts(tls)
    };
    let mode = if socket.is_some() { TlsMode::Disabled } else { url.tls.unwrap_or(TlsMode::Preferred) };
    let roots: Vec<_> = url.root_certificates.iter().map(|file| file.clone().into()).collect();
    let tls = SslOpts::default().with_root_certs(roots);
    let unchecked = || tls.clone().with_danger_accept_invalid_certs(true).with_danger_skip_domain_validation(true);
    if mode != TlsMode::Disabled {
        // The driver always uses the process's default. A default that is already set stays.
        let _unless_set = rustls::crypto::ring::default_provider().install_default();
    }
    let tls = match mode {
        TlsMode::Disabled => None,
        TlsMode::Preferred => {
            return match mysql_async::Conn::new(options(Some(unchecked()))).await {
                Err(ServerError::Driver(DriverError::NoClientSslFlagFromServer)) => {
                    mysql_async::Conn::new(options(None)).await
                }
                reached => reached,
            };
        }
        TlsMode::Required => Some(unchecked()),
        TlsMode::VerifyCa => Some(tls.with_danger_skip_domain_validation(true)),
        TlsMode::VerifyIdentity => Some(tls),
    };
    mysql_async::Conn::new(options(tls)).await
}

/// Returns the server's version and the connection's number. Where the server is a node of a cluster, queries wait from
/// now on until it has what other nodes have committed.
fn version(connection: &mut MysqlConnection) -> QueryResult<(String, u32)> {
    #[derive(QueryableByName)]
    struct Version {
        #[diesel(sql_type = Text)]
        version: String,
        #[diesel(sql_type = Text)]
        number: String,
        #[diesel(sql_type = Nullable<Text>)]
        is_clustered: Option<String>,
    }
    let query =
        format!("SELECT VERSION() AS version, CAST(CONNECTION_ID() AS CHAR) AS number, {IS_CLUSTERED} AS is_clustered");
    let found = sql_query(query).get_result::<Version>(connection)?;
    if found.is_clustered.as_deref() == Some("ON") {
        connection.batch_execute("SET SESSION wsrep_sync_wait = @@SESSION.wsrep_sync_wait | 1")?;
    }
    Ok((found.version, found.number.parse().unwrap_or_default()))
}

/// Whether the server is a node of a Galera cluster: `ON`, `OFF`, or NULL where it can't be one. Queries of a node see
/// what other nodes have committed only if they are told to wait for it.
const IS_CLUSTERED: &str = "COALESCE(NULL\
     /*M! , (SELECT VARIABLE_VALUE FROM information_schema.SESSION_VARIABLES WHERE VARIABLE_NAME = 'WSREP_ON') */\
     /*!80000 , (SELECT VARIABLE_VALUE FROM performance_schema.session_variables WHERE VARIABLE_NAME = 'wsrep_on') */)";

fn unusable(url: &MysqlUrl, cause: &diesel::result::Error) -> Error {
    Error::new(Code::CantConnect, format!("can't use `{url}`: {cause}"))
        .help("the server gives no other reason; its log may say more")
}

/// Explains why there is no connection, without showing a password, and what to do about it.
fn refused(url: &MysqlUrl, cause: ServerError) -> Error {
    let error = match &cause {
        ServerError::Server(told) => {
            let said = format!("the server of `{url}` refuses: {}", told.message);
            match told.code {
                // Access denied for the user, or for the user to this database.
                1045 | 1698 => {
                    Error::new(Code::WrongPassword, said).help("check user and password in the URL, or MYSQL_PWD")
                }
                1049 => Error::new(Code::NoSuchDatabase, said)
                    .help("check the name, or make the database with `CREATE DATABASE`"),
                1044 => Error::new(Code::NoSuchDatabase, said).help("check the name, and what the user may use"),
                _ => Error::new(Code::CantConnect, said).help("the server gives no other reason; its log may say more"),
            }
        }
        ServerError::Io(mysql_async::IoError::Tls(told)) => no_tls(url, &told.to_string()),
        ServerError::Driver(told @ DriverError::NoClientSslFlagFromServer) => no_tls(url, &told.to_string()),
        ServerError::Io(mysql_async::IoError::Io(told))
            if told.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) =>
        {
            no_tls(url, &told.to_string())
        }
        ServerError::Io(mysql_async::IoError::Io(told)) => no_server(url, &told.to_string()),
        ServerError::Driver(told) => no_server(url, &told.to_string()),
        ServerError::Other(told) => no_server(url, &told.to_string()),
        ServerError::Url(told) => no_server(url, &told.to_string()),
    };
    error.caused_by(cause)
}

fn no_tls(url: &MysqlUrl, said: &str) -> Error {
    Error::new(Code::CantConnect, format!("no safe connection to `{url}`: {said}"))
        .help("check ssl_mode and ssl_ca in the URL, and the server's certificate")
}

fn no_server(url: &MysqlUrl, said: &str) -> Error {
    Error::new(Code::NoServer, format!("there is no MariaDB or MySQL server at `{url}`: {said}"))
        .help("check that it runs, and host, port or socket in the URL, MYSQL_HOST and MYSQL_TCP_PORT")
}
