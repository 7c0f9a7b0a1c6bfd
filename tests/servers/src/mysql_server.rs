//! A private MariaDB or MySQL server: made, started and removed.

use std::ffi::OsString;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::certificates::make_certificates;
use crate::fetched::Fetched;
use crate::folder;
use crate::mysql::{MysqlKind, PASSWORD, USER, execute, url};
use crate::program::{find_or_install, is_root, other_user};
use crate::release::Release;
use crate::supervisor::Supervisor;

/// A server has a folder of its own for temporary tables too: one that starts removes others' from a folder that they share.
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

/// What MySQL does beside that costs time and is nobody's subject.
const MYSQL_SETTINGS: [&str; 3] = ["--mysqlx=OFF", "--performance-schema=OFF", "--secure-file-priv=NULL"];

/// A running server, which ends with this value or with the process.
#[derive(Debug)]
pub struct MysqlServer {
    // The server ends with it.
    _supervisor: Supervisor,
    kind: MysqlKind,
    folder: PathBuf,
}

impl MysqlServer {
    /// Makes a data folder in a temporary one and starts a server on it. MariaDB runs as another user where this is
    /// root. MySQL's programs are fetched; MariaDB's are the system's unless a release is named.
    ///
    /// # Errors
    /// When the server isn't there and can't be had, or doesn't start; says what to do.
    pub fn start(kind: MysqlKind, release: Option<&Release>) -> Result<Self> {
        let folder = folder::new("autogen-mysql-")?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755))?;
        let (shell, mut arguments) = match kind {
            MysqlKind::Mariadb => mariadb(&folder, release)?,
            MysqlKind::Mysql => mysql(&folder, release.unwrap_or(&Release::MYSQL))?,
        };
        // Taken and given back: nobody else gets it before the server does, unless by bad luck.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        arguments.extend(SETTINGS.map(Into::into));
        arguments.push(format!("--tmpdir={}", folder.display()).into());
        arguments.push(format!("--socket={}", folder.join("socket").display()).into());
        arguments.push(format!("--pid-file={}", folder.join("pid").display()).into());
        arguments.push(format!("--port={port}").into());
        // Its rows are nobody's: it needn't write them down before it goes.
        let supervisor = Supervisor::start(shell, "KILL", &folder, &arguments)?;
        let server = Self { _supervisor: supervisor, kind, folder };
        if !server.wait() {
            let log = fs::read_to_string(server.folder.join("log")).unwrap_or_default();
            bail!("{kind} doesn't start; it says:\n{log}");
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
        (self.kind.variable(), self.url())
    }

    /// The URL of the server's first database.
    pub fn url(&self) -> String {
        url(USER, &self.folder, "mysql")
    }

    /// The URL of a database, which need not be there yet.
    pub fn url_of(&self, database: &str) -> String {
        url(USER, &self.folder, database)
    }

    /// The folder with the server's socket.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the server takes connections; gives up after a minute.
    fn wait(&self) -> bool {
        (0..600).any(|_| {
            let up = execute(&url("root", &self.folder, "mysql"), "SELECT 1").is_ok();
            if !up {
                std::thread::sleep(std::time::Duration::from_millis(100));
            }
            up
        })
    }
}

/// A shell for MariaDB's server on a new data folder, and how it is called.
pub(crate) fn mariadb(folder: &Path, release: Option<&Release>) -> Result<(Command, Vec<OsString>)> {
    let fetched = release.map(Fetched::of).transpose()?;
    let server = match &fetched {
        Some(fetched) => fetched.path("usr/sbin/mariadbd"),
        None => find_or_install("mariadbd", &folders, "mariadb-server")?.join("mariadbd"),
    };
    let install = fetched.as_ref().map(|fetched| fetched.path("usr/bin/mariadb-install-db"));
    let places = fetched.as_ref().map(places).unwrap_or_default();
    let user = match is_root() {
        true => Some(other_user("mysql")?),
        false => None,
    };
    if let Some((user, group)) = user {
        chown(folder, Some(user), Some(group))?;
    }
    let as_user = |program: &Path| {
        let mut command = Command::new(program);
        command.current_dir(folder);
        if let Some((user, group)) = user {
            command.gid(group).uid(user);
        }
        command
    };
    let data = folder.join("data");
    let mut install = as_user(&install.unwrap_or_else(|| "mariadb-install-db".into()));
    install.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]).env("TMPDIR", folder);
    run(install.args(&places).arg(format!("--datadir={}", data.display())))?;
    make_certificates(folder, &data, user)?;
    let mut arguments: Vec<OsString> = vec![server.into_os_string(), "--no-defaults".into()];
    arguments.extend(places.iter().map(Into::into));
    arguments.push(format!("--datadir={}", data.display()).into());
    Ok((as_user(Path::new("sh")), arguments))
}

/// A shell for MySQL's server on a new data folder, and how it is called.
fn mysql(folder: &Path, release: &Release) -> Result<(Command, Vec<OsString>)> {
    let fetched = Fetched::of(release)?;
    let data = folder.join("data");
    let mut arguments: Vec<OsString> = vec![fetched.path("usr/sbin/mysqld").into_os_string(), "--no-defaults".into()];
    arguments.extend(places(&fetched).into_iter().map(Into::into));
    arguments.push(format!("--datadir={}", data.display()).into());
    // Otherwise it refuses to run as root.
    if is_root() {
        arguments.push("--user=root".into());
    }
    let mut install = Command::new(&arguments[0]);
    run(install.args(&arguments[1..]).arg("--initialize-insecure").current_dir(folder).env("TMPDIR", folder))?;
    make_certificates(folder, &data, None)?;
    arguments.extend(MYSQL_SETTINGS.map(Into::into));
    let mut shell = Command::new("sh");
    shell.current_dir(folder);
    Ok((shell, arguments))
}

/// Returns the settings that say where a fetched server's own files are.
fn places(fetched: &Fetched) -> Vec<String> {
    let share = ["usr/share/mariadb", "usr/share/mysql"].into_iter().find(|share| fetched.path(share).is_dir());
    let share = share.unwrap_or("usr/share/mysql");
    let setting = |(name, path): (&str, PathBuf)| format!("--{name}={}", path.display());
    [
        ("basedir", fetched.path("usr")),
        ("lc-messages-dir", fetched.path(share)),
        ("character-sets-dir", fetched.path(&format!("{share}/charsets"))),
        ("plugin-dir", fetched.path("usr/lib/mysql/plugin")),
    ]
    .map(setting)
    .to_vec()
}

/// Runs a program to its end.
fn run(command: &mut Command) -> Result<()> {
    let name = Path::new(command.get_program()).display().to_string();
    let output = command.output().with_context(|| format!("can't run {name}"))?;
    if !output.status.success() {
        let said = [output.stdout, output.stderr].concat();
        bail!("{name} fails; it says:\n{}", String::from_utf8_lossy(&said));
    }
    Ok(())
}

/// Where packages put MariaDB, which is in no ordinary user's PATH.
fn folders() -> Vec<PathBuf> {
    ["/usr/sbin", "/usr/libexec", "/usr/local/sbin", "/opt/homebrew/opt/mariadb/bin"].map(PathBuf::from).to_vec()
}
