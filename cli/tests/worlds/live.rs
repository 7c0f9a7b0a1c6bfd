//! The database of a world: made, asked and changed by hand, without the program.

use std::fmt;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use autogen_engine::database::{Database, DatabaseUrl};
use autogen_engine::dialect::Dialect;
use autogen_test_servers::{
    MysqlDatabase, MysqlKind, PostgresDatabase, client, mysql_as, mysql_url, postgres_as, postgres_program,
    postgres_url,
};
use autogen_tests::judge;

/// What the databases of a server compare texts by, besides the server's own way.
const POSTGRES: [&str; 3] = [
    "",
    "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-DE' LOCALE 'C'",
    "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US-u-kn-true' LOCALE 'C'",
];
const MARIADB: [&str; 5] = [
    "",
    "CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
    "CHARACTER SET latin1 COLLATE latin1_swedish_ci",
    "CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_ai_ci",
    "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
];
const MYSQL: [&str; 5] = [
    "",
    "CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
    "CHARACTER SET latin1 COLLATE latin1_swedish_ci",
    "CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_as_cs",
    "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
];

/// The database system that a world is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    Sqlite,
    Postgres,
    Mysql(MysqlKind),
}

impl System {
    pub fn dialect(self) -> Dialect {
        match self {
            Self::Sqlite => Dialect::Sqlite,
            Self::Postgres => Dialect::Postgres,
            Self::Mysql(_) => Dialect::Mysql,
        }
    }

    /// How a world's databases compare texts.
    pub fn collation(self, number: usize) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => POSTGRES[number % POSTGRES.len()],
            Self::Mysql(MysqlKind::Mariadb) => MARIADB[number % MARIADB.len()],
            Self::Mysql(MysqlKind::Mysql) => MYSQL[number % MYSQL.len()],
        }
    }

    /// The server on which the program makes its scratch databases; none on SQLite.
    pub fn scratch(self) -> String {
        match self {
            Self::Sqlite => String::new(),
            Self::Postgres => postgres_url("postgres"),
            Self::Mysql(kind) => mysql_url(kind, "mysql"),
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite => f.write_str("SQLite"),
            Self::Postgres => f.write_str("PostgreSQL"),
            Self::Mysql(kind) => kind.fmt(f),
        }
    }
}

pub struct Live {
    pub system: System,
    pub dialect: Dialect,
    pub url: String,
    database: Database,
    server: Option<Server>,
}

enum Server {
    Postgres(PostgresDatabase),
    Mysql(MysqlDatabase),
}

impl Live {
    /// An empty database; on SQLite a file.
    pub fn new(system: System, file: &Path, collation: &str) -> Self {
        let (url, server) = match system {
            System::Sqlite => (format!("sqlite:{}", file.display()), None),
            System::Postgres => {
                let database = postgres_as(collation);
                (database.url(), Some(Server::Postgres(database)))
            }
            System::Mysql(kind) => {
                let database = mysql_as(kind, collation);
                (database.url(), Some(Server::Mysql(database)))
            }
        };
        let parsed = DatabaseUrl::parse(&url).expect("a URL");
        let database = Database::open(&parsed, true).expect("a database");
        let mut live = Self { system, dialect: system.dialect(), url, database, server };
        if system == System::Sqlite {
            live.execute("PRAGMA synchronous = OFF").expect("a setting");
        }
        live
    }

    pub fn execute(&mut self, sql: &str) -> Result<(), String> {
        self.database.execute(sql).map_err(|error| error.to_string())
    }

    /// Runs a script by the database's own client, which stops at the first error.
    pub fn run_script(&mut self, script: &str) -> Result<(), String> {
        let mut command = match &self.server {
            None => {
                let mut command = Command::new(client("sqlite3", "sqlite3"));
                command.arg("-bail").arg(self.url.trim_start_matches("sqlite:"));
                command
            }
            Some(Server::Postgres(database)) => {
                let mut command = Command::new(postgres_program("psql").expect("the server's own programs are here"));
                command.args(["-qX", "-v", "ON_ERROR_STOP=1", &database.url()]);
                command
            }
            Some(Server::Mysql(database)) => {
                let mut command = Command::new(client("mariadb", "mariadb-client"));
                let socket = format!("--socket={}", database.socket().display());
                command.args(["--no-defaults", &socket, "--user", database.credentials().0, database.name()]);
                command
            }
        };
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        // A client that stops reads no further.
        let _stopped = child.stdin.take().expect("it is piped").write_all(script.as_bytes());
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(()) } else { Err(said) }
    }

    /// Rows, each with its values as literals and ` | ` between them.
    pub fn query(&mut self, sql: &str) -> Result<Vec<String>, String> {
        judge::query(&mut self.database, sql).map_err(|error| format!("{sql}: {error}"))
    }

    /// The only value of the only row.
    pub fn value(&mut self, sql: &str) -> Result<String, String> {
        Ok(self.query(sql)?.concat())
    }

    /// The schema, as the neutral judge says it.
    pub fn schema(&mut self) -> Result<String, String> {
        judge::schema(&mut self.database).map_err(|error| error.to_string())
    }

    pub fn damage(&mut self) -> Result<Vec<String>, String> {
        judge::damage(&mut self.database).map_err(|error| error.to_string())
    }

    /// The versions that Diesel's table holds, in their order.
    pub fn applied(&mut self) -> Vec<String> {
        let rows = self.query("SELECT version FROM __diesel_schema_migrations ORDER BY version");
        rows.unwrap_or_default().into_iter().map(|row| row.trim_matches('\'').to_owned()).collect()
    }

    pub fn quoted(&self, name: &str) -> String {
        match self.dialect {
            Dialect::Mysql => format!("`{name}`"),
            Dialect::Sqlite | Dialect::Postgres => format!("\"{name}\""),
        }
    }
}
