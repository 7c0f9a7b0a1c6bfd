//! A private PostgreSQL server: made, started, handed out and removed.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};
use tokio_postgres::NoTls;
use tokio_postgres::config::Host;

use crate::certificates::make_certificates;
use crate::fetched::Fetched;
use crate::folder;
use crate::percent_encoded;
use crate::pooler::Pooler;
use crate::program::{find_or_install, is_root, other_user, write};
use crate::release::Release;
use crate::supervisor::Supervisor;

/// Where the tests find the server: its URL, through the socket.
const VARIABLE: &str = "AUTOGEN_TEST_POSTGRES_URL";

/// The folder with the programs of another version than the newest installed one.
const PROGRAMS: &str = "AUTOGEN_TEST_POSTGRES_PROGRAMS";

/// Speed matters, rows don't: a test's database is lost with the machine. TCP is there for the
/// tests of passwords and certificates.
const SETTINGS: &str = "
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
max_connections = 300
shared_buffers = 64MB
listen_addresses = '127.0.0.1'
ssl = on
ssl_cert_file = 'server.pem'
ssl_key_file = 'server.key'
log_min_messages = fatal
";

const ACCESS: &str = "
local all all trust
host all all 127.0.0.1/32 scram-sha-256
";

/// The superuser, and the password that TCP asks for.
const USER: &str = "autogen";
const PASSWORD: &str = "p@ss/word";

/// A running server, which ends with this value or with the process.
#[derive(Debug)]
pub struct PostgresServer {
    // The server ends with it.
    _supervisor: Supervisor,
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
}

impl PostgresServer {
    /// Makes a cluster in a temporary folder and starts a server on it, as another user where this
    /// is root: PostgreSQL refuses to run as root. The programs are the newest of the system's unless a release is named.
    ///
    /// # Errors
    /// When PostgreSQL isn't there and can't be installed, or doesn't start; says what to do.
    pub fn start(release: Option<&Release>) -> Result<Self> {
        let programs = match release {
            Some(release) => Fetched::of(release)?.path(release.programs[0]),
            None => find_or_install("initdb", &folders, "postgresql")?,
        };
        let folder = folder::new("autogen-postgres-")?;
        let user = match is_root() {
            true => Some(other_user("postgres")?),
            false => None,
        };
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
        if let Some((user, group)) = user {
            chown(&folder, Some(user), Some(group))?;
        }
        let as_user = |program: &Path| {
            let mut command = Command::new(program);
            command.current_dir(&folder).env_remove("PGDATA");
            if let Some((user, group)) = user {
                command.gid(group).uid(user);
            }
            command
        };
        make_cluster(&as_user, &programs, &folder)?;
        // Taken and given back: nobody else gets it before the server does, unless by bad luck.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let data = folder.join("data");
        let settings = format!("{SETTINGS}port = {port}\nunix_socket_directories = '{}'\n", folder.display());
        write(&data.join("postgresql.auto.conf"), &settings)?;
        write(&data.join("pg_hba.conf"), ACCESS)?;
        make_certificates(&folder, &data, user)?;

        let arguments = [programs.join("postgres").into(), "-D".into(), data.into_os_string()];
        // Whatever its sessions do, and without writing down what nobody reads again.
        let supervisor = Supervisor::start(as_user(Path::new("sh")), "QUIT", &folder, &arguments)?;
        let server = Self { _supervisor: supervisor, programs, folder, port };
        if !server.wait() {
            let log = fs::read_to_string(server.folder.join("log")).unwrap_or_default();
            bail!("PostgreSQL doesn't start; it says:\n{log}");
        }
        Ok(server)
    }

    /// The environment variables that tell tests where the server and its programs are.
    pub fn variables(&self) -> [(&'static str, String); 2] {
        [(VARIABLE, self.url()), (PROGRAMS, self.programs.display().to_string())]
    }

    /// The URL of the server's first database.
    pub fn url(&self) -> String {
        url(&self.folder, self.port, "postgres")
    }

    /// Whether the server takes connections; gives up after half a minute.
    fn wait(&self) -> bool {
        (0..300).any(|_| {
            let up = execute(&self.url(), "SELECT 1").is_ok();
            if !up {
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            up
        })
    }
}

/// A program of PostgreSQL's, such as `pg_dump`, from the folder that the server comes from.
///
/// # Errors
/// When PostgreSQL isn't there and can't be installed.
pub fn postgres_program(name: &str) -> Result<PathBuf> {
    Ok(find_or_install("initdb", &folders, "postgresql")?.join(name))
}

/// A new, empty database on the server that `cargo xtask test` has started.
///
/// # Panics
/// When there is no server: a test that needs one must not pass without.
pub fn postgres() -> PostgresDatabase {
    postgres_as("")
}

/// The same with options of `CREATE DATABASE`, such as its collation.
///
/// # Panics
/// When there is no server, or it refuses the options.
pub fn postgres_as(options: &str) -> PostgresDatabase {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let (folder, port) = place();
    let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let database = PostgresDatabase { folder, port, name };
    database.administer(&format!("CREATE DATABASE {} {options}", database.name));
    database
}

/// The URL of a database that is on that server already.
///
/// # Panics
/// When there is no server.
pub fn postgres_url(database: &str) -> String {
    let (folder, port) = place();
    url(&folder, port, database)
}

/// The server's socket and port.
fn place() -> (PathBuf, u16) {
    let server = std::env::var(VARIABLE).unwrap_or_default();
    server
        .parse::<tokio_postgres::Config>()
        .ok()
        .and_then(|config| match config.get_hosts() {
            [Host::Unix(folder)] => Some((folder.clone(), *config.get_ports().first()?)),
            _ => None,
        })
        .unwrap_or_else(|| panic!("this test needs a PostgreSQL server; run `cargo xtask test`, which starts one"))
}

/// A database that is dropped with this value, whoever is still connected.
#[derive(Debug)]
pub struct PostgresDatabase {
    folder: PathBuf,
    port: u16,
    name: String,
}

impl PostgresDatabase {
    /// The superuser's URL, through the socket, without a password.
    pub fn url(&self) -> String {
        url(&self.folder, self.port, &self.name)
    }

    /// A URL through TCP, on which the server asks for a password and offers TLS.
    pub fn tcp_url(&self, user: &str, password: &str) -> String {
        format!("postgres://{user}:{}@localhost:{}/{}", percent_encoded(password), self.port, self.name)
    }

    /// A transaction pooler in front of the server, and this database's URL behind it. The pooler has as many
    /// sessions for it.
    ///
    /// # Panics
    /// When there is no PgBouncer, and none can be installed.
    pub fn pooled(&self, sessions: usize) -> (Pooler, String) {
        let pooler = Pooler::start(&self.folder, self.port, USER, sessions).unwrap_or_else(|error| panic!("{error:#}"));
        let url = pooler.url(USER, &self.name);
        (pooler, url)
    }

    /// The superuser and its password.
    pub fn credentials(&self) -> (&'static str, &'static str) {
        (USER, PASSWORD)
    }

    /// The database's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server's port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of the server's socket.
    pub fn folder(&self) -> &Path {
        &self.folder
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

    /// Runs a statement outside this database.
    fn administer(&self, sql: &str) {
        execute(&url(&self.folder, self.port, "postgres"), sql).unwrap_or_else(|error| panic!("{sql}: {error:#}"));
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        // A test that fails is told by its own message, not by what goes wrong afterwards.
        let _dropped = execute(
            &url(&self.folder, self.port, "postgres"),
            &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name),
        );
    }
}

fn url(folder: &Path, port: u16, database: &str) -> String {
    format!("postgres://{USER}@{}:{port}/{database}", percent_encoded(&folder.display().to_string()))
}

fn execute(url: &str, sql: &str) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        let driver = tokio::spawn(connection);
        client.batch_execute(sql).await?;
        drop(client);
        driver.await??;
        Ok(())
    })
}

/// Where the programs are: in the folder that the environment names, else where packages put them (Debian,
/// Red Hat, Homebrew).
fn folders() -> Vec<PathBuf> {
    if let Some(folder) = std::env::var_os(PROGRAMS) {
        return vec![folder.into()];
    }
    let mut found = Vec::new();
    for (parent, inside) in [("/usr/lib/postgresql", "bin"), ("/usr", "bin"), ("/opt/homebrew/opt", "bin")] {
        let Ok(entries) = fs::read_dir(parent) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if parent == "/usr/lib/postgresql" || name.starts_with("pgsql-") || name.starts_with("postgresql@") {
                found.push(entry.path().join(inside));
            }
        }
    }
    found
}

fn make_cluster(as_user: &dyn Fn(&Path) -> Command, programs: &Path, folder: &Path) -> Result<()> {
    let password = folder.join("password");
    write(&password, PASSWORD)?;
    let output = as_user(&programs.join("initdb"))
        .args(["--no-sync", "--encoding=UTF8", "--locale=C", "--auth=trust", "--username", USER])
        .arg("--pwfile")
        .arg(&password)
        .arg("--pgdata")
        .arg(folder.join("data"))
        .output()
        .context("can't run initdb")?;
    if !output.status.success() {
        bail!("initdb fails; it says:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
