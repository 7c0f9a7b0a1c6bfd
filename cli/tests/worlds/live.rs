//! The database of a world: made, asked and changed by hand, without the program.

use std::path::Path;

use autogen::database::{Database, DatabaseUrl};
use autogen::dialect::Dialect;
use autogen_test_servers::{MysqlDatabase, PostgresDatabase, mysql_as, postgres_as};
use autogen_tests::judge;

/// What the databases of a server compare texts by, besides the server's own way.
const POSTGRES: [&str; 3] = [
    "",
    "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de-DE' LOCALE 'C'",
    "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US-u-kn-true' LOCALE 'C'",
];
const MYSQL: [&str; 5] = [
    "",
    "CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
    "CHARACTER SET latin1 COLLATE latin1_swedish_ci",
    "CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_ai_ci",
    "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
];

pub struct Live {
    pub dialect: Dialect,
    pub url: String,
    database: Database,
    _server: Option<Server>,
}

#[expect(dead_code, reason = "held for what happens when they go")]
enum Server {
    Postgres(PostgresDatabase),
    Mysql(MysqlDatabase),
}

/// How a world's databases compare texts.
pub fn collation(dialect: Dialect, number: usize) -> &'static str {
    match dialect {
        Dialect::Sqlite => "",
        Dialect::Postgres => POSTGRES[number % POSTGRES.len()],
        Dialect::Mysql => MYSQL[number % MYSQL.len()],
    }
}

impl Live {
    /// An empty database; on SQLite a file.
    pub fn new(dialect: Dialect, file: &Path, collation: &str) -> Self {
        let (url, server) = match dialect {
            Dialect::Sqlite => (format!("sqlite:{}", file.display()), None),
            Dialect::Postgres => {
                let database = postgres_as(collation);
                (database.url(), Some(Server::Postgres(database)))
            }
            Dialect::Mysql => {
                let database = mysql_as(collation);
                (database.url(), Some(Server::Mysql(database)))
            }
        };
        let parsed = DatabaseUrl::parse(&url).expect("a URL");
        let database = Database::open(&parsed, true).expect("a database");
        let mut live = Self { dialect, url, database, _server: server };
        if dialect == Dialect::Sqlite {
            live.execute("PRAGMA synchronous = OFF").expect("a setting");
        }
        live
    }

    pub fn execute(&mut self, sql: &str) -> Result<(), String> {
        self.database.execute(sql).map_err(|error| error.to_string())
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
