//! Databases on private MariaDB and MySQL servers: made, handed out and dropped.

use std::cell::Cell;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use mysql_async::prelude::Queryable as _;

use crate::percent_encoded;

/// The default of the tests' databases, which isn't the server's: as a rule they are two.
const COLLATION: &str = "utf8mb4_general_ci";

/// The user who may do everything, and the password that TCP asks for.
pub(crate) const USER: &str = "autogen";
pub(crate) const PASSWORD: &str = "p@ss/word";

/// A kind of server that `mysql://` leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MysqlKind {
    /// MariaDB, which a test means that says nothing of it.
    Mariadb,
    /// MySQL itself.
    Mysql,
}

impl MysqlKind {
    /// The environment variable that tells tests where the server is.
    pub(crate) fn variable(self) -> &'static str {
        match self {
            Self::Mariadb => "AUTOGEN_TEST_MYSQL_URL",
            Self::Mysql => "AUTOGEN_TEST_MYSQL9_URL",
        }
    }
}

impl fmt::Display for MysqlKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mariadb => "MariaDB",
            Self::Mysql => "MySQL",
        })
    }
}

impl MysqlKind {
    /// Those that this run has servers of. Whoever starts them says which one is left out.
    pub fn of_this_run() -> impl Iterator<Item = Self> {
        [Self::Mariadb, Self::Mysql].into_iter().filter(|kind| *kind != Self::Mysql || !is_without_mysql())
    }
}

thread_local! {
    /// The kind of server that [`mysql`] means in this thread.
    static USUAL: Cell<MysqlKind> = const { Cell::new(MysqlKind::Mariadb) };
}

/// Runs a test on every kind of server that this run has: [`mysql`] means one after the other.
pub fn on_each_mysql(test: impl Fn(MysqlKind)) {
    for kind in MysqlKind::of_this_run() {
        println!("on {kind}");
        USUAL.set(kind);
        test(kind);
    }
    USUAL.set(MysqlKind::Mariadb);
}

/// Returns the kind of server that [`mysql`] means in this thread.
pub fn usual_mysql() -> MysqlKind {
    USUAL.get()
}

/// The environment variable that leaves MySQL out, where its server can't be had.
const WITHOUT_MYSQL: &str = "AUTOGEN_TEST_WITHOUT_MYSQL9";

/// Whether tests are to be run without MySQL.
pub fn is_without_mysql() -> bool {
    std::env::var_os(WITHOUT_MYSQL).is_some_and(|value| value == "1")
}

/// A new, empty database on the MariaDB server that `cargo xtask test` has started, or on MySQL's within
/// [`on_each_mysql`].
///
/// # Panics
/// When there is no server: a test that needs one must not pass without.
pub fn mysql() -> MysqlDatabase {
    mysql_on(usual_mysql())
}

/// A new, empty database on a server of this kind.
///
/// # Panics
/// When there is no server.
pub fn mysql_on(kind: MysqlKind) -> MysqlDatabase {
    mysql_collated(kind, COLLATION)
}

/// One whose tables have this collation, and the character set that goes with it, unless they state another.
///
/// # Panics
/// When there is no server.
pub fn mysql_collated(kind: MysqlKind, collation: &str) -> MysqlDatabase {
    mysql_as(kind, &format!("COLLATE {collation}"))
}

/// One with options of `CREATE DATABASE`.
///
/// # Panics
/// When there is no server, or it refuses the options.
pub fn mysql_as(kind: MysqlKind, options: &str) -> MysqlDatabase {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let folder = place(kind);
    let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let database = MysqlDatabase { folder, name };
    database.administer(&format!("CREATE DATABASE {} {options}", database.name));
    database
}

/// The URL of a database that is on the server of this kind already.
///
/// # Panics
/// When there is no server.
pub fn mysql_url(kind: MysqlKind, database: &str) -> String {
    url(USER, &place(kind), database)
}

/// The folder with the server's socket.
fn place(kind: MysqlKind) -> PathBuf {
    let server = std::env::var(kind.variable()).unwrap_or_default();
    let options = mysql_async::Opts::from_url(&server).ok();
    let folder = options.and_then(|options| Some(Path::new(options.socket()?).parent()?.to_path_buf()));
    folder.unwrap_or_else(|| match kind {
        MysqlKind::Mariadb => panic!("this test needs a MariaDB server; run `cargo xtask test`, which starts one"),
        MysqlKind::Mysql => panic!(
            "this test needs a MySQL server; run `cargo xtask test`, which starts one, or say {WITHOUT_MYSQL}=1, \
             which leaves MySQL out"
        ),
    })
}

/// A database that is dropped with this value.
#[derive(Debug)]
pub struct MysqlDatabase {
    folder: PathBuf,
    name: String,
}

impl MysqlDatabase {
    /// The URL of a user who may do everything, through the socket, without a password.
    pub fn url(&self) -> String {
        url(USER, &self.folder, &self.name)
    }

    /// A URL through TCP, on which the server asks for a password and offers TLS.
    pub fn tcp_url(&self, user: &str, password: &str) -> String {
        format!("mysql://{user}:{}@127.0.0.1:{}/{}", percent_encoded(password), self.port(), self.name)
    }

    /// The user who may do everything, and the password.
    pub fn credentials(&self) -> (&'static str, &'static str) {
        (USER, PASSWORD)
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server's port.
    ///
    /// # Panics
    /// When the server doesn't say.
    pub fn port(&self) -> u16 {
        run(&self.url(), async |connection| connection.query_first::<u16, _>("SELECT @@port").await)
            .ok()
            .flatten()
            .expect("a server that listens has a port")
    }

    /// The server's socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }

    /// The certificate of the authority that signed the server's, which is `localhost`'s.
    pub fn authority(&self) -> PathBuf {
        self.folder.join("authority.pem")
    }

    /// Runs statements in this database.
    ///
    /// # Panics
    /// When the server refuses one.
    pub fn execute(&self, sql: &str) {
        execute(&self.url(), sql).unwrap_or_else(|error| panic!("{sql}: {error:#}"));
    }

    /// A query's rows, each as its values' text with tabs between them.
    ///
    /// # Panics
    /// When the server refuses it.
    pub fn rows(&self, sql: &str) -> Vec<String> {
        rows(&self.url(), sql)
    }

    /// Runs a statement outside this database.
    fn administer(&self, sql: &str) {
        execute(&url(USER, &self.folder, "mysql"), sql).unwrap_or_else(|error| panic!("{sql}: {error:#}"));
    }
}

impl Drop for MysqlDatabase {
    fn drop(&mut self) {
        // A test that fails is told by its own message, not by what goes wrong afterwards.
        let _dropped = execute(&url(USER, &self.folder, "mysql"), &format!("DROP DATABASE IF EXISTS {}", self.name));
    }
}

pub(crate) fn url(user: &str, folder: &Path, database: &str) -> String {
    let socket = percent_encoded(&folder.join("socket").display().to_string());
    format!("mysql://{user}@localhost/{database}?socket={socket}")
}

/// A query's rows, each as its values' text with tabs between them.
pub(crate) fn rows(url: &str, sql: &str) -> Vec<String> {
    asked(url, sql).unwrap_or_else(|error| panic!("{sql}: {error:#}"))
}

/// As [`rows`], where the server may not answer.
pub(crate) fn asked(url: &str, sql: &str) -> Result<Vec<String>> {
    asked_after(url, "DO 0", sql)
}

/// As [`asked`], after a statement that sets up the session.
pub(crate) fn asked_after(url: &str, setting: &str, sql: &str) -> Result<Vec<String>> {
    let found: Vec<mysql_async::Row> = run(url, async |connection| {
        connection.query_drop(setting).await?;
        connection.query(sql).await
    })?;
    let text = |row: mysql_async::Row| {
        let values = row.unwrap().into_iter().map(|value| match value {
            mysql_async::Value::NULL => "NULL".to_owned(),
            mysql_async::Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            other => format!("{other:?}"),
        });
        values.collect::<Vec<_>>().join("\t")
    };
    Ok(found.into_iter().map(text).collect())
}

pub(crate) fn execute(url: &str, sql: &str) -> Result<()> {
    run(url, async |connection| connection.query_drop(sql).await)
}

fn run<T>(url: &str, work: impl AsyncFnOnce(&mut mysql_async::Conn) -> mysql_async::Result<T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connection = mysql_async::Conn::from_url(url).await?;
        let done = work(&mut connection).await?;
        connection.disconnect().await?;
        Ok(done)
    })
}
