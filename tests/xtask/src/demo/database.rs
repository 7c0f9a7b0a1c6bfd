//! The demo's database: a file, or a server of its own.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use autogen_test_servers::{MysqlKind, MysqlServer, PostgresServer, client, postgres_program};
use clap::ValueEnum;

/// Where the demo's database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum On {
    /// A file.
    Sqlite,
    /// A server of its own.
    Postgres,
    /// A server of its own.
    Mariadb,
}

/// A running database with its client.
pub(super) struct Database {
    on: On,
    url: String,
    client: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
    /// They end with this value.
    _servers: (Option<PostgresServer>, Option<MysqlServer>),
}

impl Database {
    /// Starts what is needed.
    pub(super) fn start(on: On, folder: &Path) -> Result<Self> {
        let folder = folder.to_path_buf();
        match on {
            On::Sqlite => {
                let (url, client) = ("shop.db".to_owned(), client("sqlite3", "sqlite3"));
                let arguments = ["-line", "shop.db"].map(str::to_owned).to_vec();
                Ok(Self { on, url, client, arguments, folder, _servers: (None, None) })
            }
            On::Postgres => {
                let server = PostgresServer::start(None)?;
                let (url, client) = (server.url(), postgres_program("psql")?);
                let arguments = ["-qXx", "-v", "ON_ERROR_STOP=1", &url, "-c"].map(str::to_owned).to_vec();
                Ok(Self { on, url, client, arguments, folder, _servers: (Some(server), None) })
            }
            On::Mariadb => {
                let server = MysqlServer::start(MysqlKind::Mariadb, None)?;
                let socket = server.folder().join("socket");
                let url = server.url_of("shop");
                let arguments =
                    ["-u", "root", "-E", "-S", &socket.display().to_string(), "-e"].map(str::to_owned).to_vec();
                let database = Self {
                    on,
                    url,
                    client: client("mariadb", "mariadb-client"),
                    arguments,
                    folder,
                    _servers: (None, Some(server)),
                };
                database.run("CREATE DATABASE shop")?;
                let arguments = [vec!["-D".to_owned(), "shop".to_owned()], database.arguments.clone()].concat();
                Ok(Self { arguments, ..database })
            }
        }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Returns the word for it on autogen's command line.
    pub(super) fn dialect(&self) -> &'static str {
        match self.on {
            On::Sqlite => "sqlite",
            On::Postgres => "postgres",
            On::Mariadb => "mysql",
        }
    }

    /// Returns the client's command as somebody would type it.
    pub(super) fn shown(&self) -> &'static str {
        match self.on {
            On::Sqlite => "sqlite3 -line shop.db",
            On::Postgres => "psql -x \"$DATABASE_URL\" -c",
            On::Mariadb => "mariadb -E shop -e",
        }
    }

    /// Runs SQL by the database's own client, and returns what it prints.
    pub(super) fn run(&self, sql: &str) -> Result<String> {
        let output = Command::new(&self.client)
            .args(&self.arguments)
            .arg(sql)
            .current_dir(&self.folder)
            .output()
            .with_context(|| format!("can't run `{}`", self.client.display()))?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`{}` refuses: {}", self.client.display(), said.trim());
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Keeps a server running as long as somebody wants to go on.
    pub(super) fn keep(&self) -> Result<()> {
        match self.on {
            On::Sqlite => Ok(()),
            On::Postgres | On::Mariadb if std::io::stdin().is_terminal() => {
                println!("The server runs until you press Enter.");
                std::io::stdin().read_line(&mut String::new()).context("can't read the input")?;
                Ok(())
            }
            On::Postgres | On::Mariadb => {
                println!("The server ends now; on a terminal it stays until Enter is pressed.");
                Ok(())
            }
        }
    }
}
