//! A private MariaDB server: made, started, handed out and removed.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};
use mysql_async::prelude::Queryable as _;

use crate::certificates::make_certificates;
use crate::folder;
use crate::percent_encoded;
use crate::program::{find_or_install, is_root, other_user};
use crate::supervisor::Supervisor;

/// Where the tests find the server: its URL, through the socket.
const VARIABLE: &str = "AUTOGEN_TEST_MYSQL_URL";

/// Speed matters, rows don't: a test's database is lost with the machine. TCP is there for the tests
/// of passwords and certificates; an address that isn't looked up tells it from the socket.
const SETTINGS: [&str; 11] = [
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--sync-binlog=0",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--innodb-doublewrite=0",
    "--innodb-buffer-pool-size=64M",
    "--max-connections=300",
    "--ssl-cert=server.pem",
    "--ssl-key=server.key",
];

/// The default of the tests' databases, which isn't the server's: as a rule they are two.
const COLLATION: &str = "utf8mb4_general_ci";

/// The user who may do everything, and the password that TCP asks for.
const USER: &str = "autogen";
const PASSWORD: &str = "p@ss/word";

/// A running server, which ends with this value or with the process.
#[derive(Debug)]
pub struct MysqlServer {
    // The server ends with it.
    _supervisor: Supervisor,
    folder: PathBuf,
}

impl MysqlServer {
    /// Makes a data folder in a temporary one and starts a server on it, as another user where this
    /// is root.
    ///
    /// # Errors
    /// When MariaDB isn't there and can't be installed, or doesn't start; says what to do.
    pub fn start() -> Result<Self> {
        let programs = find_or_install("mariadbd", &folders, "mariadb-server")?;
        let folder = folder::new("autogen-mysql-")?;
        let user = match is_root() {
            true => Some(other_user("mysql")?),
            false => None,
        };
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
        if let Some((user, group)) = user {
            chown(&folder, Some(user), Some(group))?;
        }
        let as_user = |program: &Path| {
            let mut command = Command::new(program);
            command.current_dir(&folder);
            if let Some((user, group)) = user {
                command.gid(group).uid(user);
            }
            command
        };
        let data = folder.join("data");
        let output = as_user(Path::new("mariadb-install-db"))
            .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
            .arg(format!("--datadir={}", data.display()))
            .output()
            .context("can't run mariadb-install-db")?;
        if !output.status.success() {
            bail!("mariadb-install-db fails; it says:\n{}", String::from_utf8_lossy(&output.stdout));
        }
        make_certificates(&folder, &data, user)?;

        // Taken and given back: nobody else gets it before the server does, unless by bad luck.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut arguments = vec![programs.join("mariadbd").into_os_string(), "--no-defaults".into()];
        arguments.extend(SETTINGS.map(Into::into));
        arguments.push(format!("--datadir={}", data.display()).into());
        arguments.push(format!("--socket={}", folder.join("socket").display()).into());
        arguments.push(format!("--pid-file={}", folder.join("pid").display()).into());
        arguments.push(format!("--port={port}").into());
        // Its rows are nobody's: it needn't write them down before it goes.
        let supervisor = Supervisor::start(as_user(Path::new("sh")), "KILL", &folder, &arguments)?;
        let server = Self { _supervisor: supervisor, folder };
        if !server.wait() {
            let log = fs::read_to_string(server.folder.join("log")).unwrap_or_default();
            bail!("MariaDB doesn't start; it says:\n{log}");
        }
        execute(
            &url("root", &server.folder, "mysql"),
            &format!(
                "CREATE USER '{USER}'@'localhost'; GRANT ALL ON *.* TO '{USER}'@'localhost' WITH GRANT OPTION; \
                 CREATE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'; \
                 GRANT ALL ON *.* TO '{USER}'@'127.0.0.1'"
            ),
        )?;
        Ok(server)
    }

    /// The environment variable that tells tests where the server is.
    pub fn variable(&self) -> (&'static str, String) {
        (VARIABLE, self.url())
    }

    /// The URL of the server's first database.
    pub fn url(&self) -> String {
        url(USER, &self.folder, "mysql")
    }

    /// Whether the server takes connections; gives up after half a minute.
    fn wait(&self) -> bool {
        (0..300).any(|_| {
            let up = execute(&url("root", &self.folder, "mysql"), "SELECT 1").is_ok();
            if !up {
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            up
        })
    }
}

/// A new, empty database on the server that `cargo xtask test` has started.
///
/// # Panics
/// When there is no server: a test that needs one must not pass without.
pub fn mysql() -> MysqlDatabase {
    mysql_collated(COLLATION)
}

/// One whose tables have this collation, and the character set that goes with it, unless they state another.
///
/// # Panics
/// When there is no server.
pub fn mysql_collated(collation: &str) -> MysqlDatabase {
    mysql_as(&format!("COLLATE {collation}"))
}

/// One with options of `CREATE DATABASE`.
///
/// # Panics
/// When there is no server, or it refuses the options.
pub fn mysql_as(options: &str) -> MysqlDatabase {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let folder = place();
    let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let database = MysqlDatabase { folder, name };
    database.administer(&format!("CREATE DATABASE {} {options}", database.name));
    database
}

/// The URL of a database that is on that server already.
///
/// # Panics
/// When there is no server.
pub fn mysql_url(database: &str) -> String {
    url(USER, &place(), database)
}

/// The folder with the server's socket.
fn place() -> PathBuf {
    let server = std::env::var(VARIABLE).unwrap_or_default();
    let options = mysql_async::Opts::from_url(&server).ok();
    options
        .and_then(|options| Some(Path::new(options.socket()?).parent()?.to_path_buf()))
        .unwrap_or_else(|| panic!("this test needs a MariaDB server; run `cargo xtask test`, which starts one"))
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
        let found: Result<Vec<mysql_async::Row>> = run(&self.url(), async |connection| connection.query(sql).await);
        let text = |row: mysql_async::Row| {
            let values = row.unwrap().into_iter().map(|value| match value {
                mysql_async::Value::NULL => "NULL".to_owned(),
                mysql_async::Value::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                other => format!("{other:?}"),
            });
            values.collect::<Vec<_>>().join("\t")
        };
        found.unwrap_or_else(|error| panic!("{sql}: {error:#}")).into_iter().map(text).collect()
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

fn url(user: &str, folder: &Path, database: &str) -> String {
    let socket = percent_encoded(&folder.join("socket").display().to_string());
    format!("mysql://{user}@localhost/{database}?socket={socket}")
}

fn execute(url: &str, sql: &str) -> Result<()> {
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

/// Where packages put the server, which is in no ordinary user's PATH.
fn folders() -> Vec<PathBuf> {
    ["/usr/sbin", "/usr/libexec", "/usr/local/sbin", "/opt/homebrew/opt/mariadb/bin"].map(PathBuf::from).to_vec()
}
