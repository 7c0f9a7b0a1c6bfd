//! A database for the demo and for measuring: a file, or a server of its own.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use autogen_test_servers::{MysqlKind, MysqlServer, PostgresServer, client, postgres_program};
use clap::ValueEnum;

/// Where the database is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum On {
    /// A file.
    Sqlite,
    /// A server of its own.
    Postgres,
    /// A server of its own.
    Mariadb,
}

impl On {
    /// Returns the database's name, as people write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
            Self::Mariadb => "MariaDB",
        }
    }
}

/// A running database with its client.
pub(crate) struct Database {
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
    pub(crate) fn start(on: On, folder: &Path) -> Result<Self> {
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

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns the URL in the form that SQLAlchemy reads.
    pub(crate) fn sqlalchemy_url(&self) -> String {
        match self.on {
            On::Sqlite => format!("sqlite:///{}", self.folder.join(&self.url).display()),
            // The folder of a socket is a parameter there, and no host.
            On::Postgres => {
                let (user, rest) = self.url.trim_start_matches("postgres://").split_once('@').unwrap_or_default();
                let (place, name) = rest.split_once('/').unwrap_or_default();
                let (host, port) = place.rsplit_once(':').unwrap_or_default();
                format!("postgresql+psycopg2://{user}@/{name}?host={host}&port={port}")
            }
            On::Mariadb => self.url.replace("mysql://", "mysql+pymysql://").replace("?socket=", "?unix_socket="),
        }
    }

    /// Returns the word for it on autogen's command line.
    pub(crate) fn dialect(&self) -> &'static str {
        match self.on {
            On::Sqlite => "sqlite",
            On::Postgres => "postgres",
            On::Mariadb => "mysql",
        }
    }

    /// Returns the client's command as somebody would type it.
    pub(crate) fn shown(&self) -> &'static str {
        match self.on {
            On::Sqlite => "sqlite3 -line shop.db",
            On::Postgres => "psql -x \"$DATABASE_URL\" -c",
            On::Mariadb => "mariadb -E shop -e",
        }
    }

    /// Runs SQL by the database's own client, and returns what it prints.
    pub(crate) fn run(&self, sql: &str) -> Result<String> {
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

    /// Returns the database's own command that prints its schema.
    pub(crate) fn printing_schema(&self) -> Result<Command> {
        let mut command = match self.on {
            On::Sqlite => {
                let mut command = Command::new(&self.client);
                command.args(["shop.db", ".schema"]);
                command
            }
            On::Postgres => {
                let mut command = Command::new(postgres_program("pg_dump")?);
                command.args(["--schema-only", &self.url]);
                command
            }
            On::Mariadb => {
                let mut command = Command::new(client("mariadb-dump", "mariadb-client"));
                let socket = self.arguments.iter().skip_while(|argument| *argument != "-S").nth(1);
                command.args(["-u", "root", "--no-data", "--skip-comments", "-S"]).args(socket).arg("shop");
                command
            }
        };
        command.current_dir(&self.folder);
        Ok(command)
    }

    /// Keeps a server running as long as somebody wants to go on.
    pub(crate) fn keep(&self) -> Result<()> {
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
