//! Whole hosts from start to end, each as its operators and the authors of its plugins meet it, on every database
//! that it runs on.

mod ctfd;
mod mediagoblin;
mod pebbles;
mod screens;
mod shopdb;

use autogen_engine::database::{Database, DatabaseUrl};
use autogen_engine::dialect::Dialect;
use autogen_engine::history::Link as _;
use autogen_test_servers::{MysqlDatabase, PostgresDatabase, mysql, postgres};

use crate::support::{Host, Run};

/// A copy of a fixture, and a database of its own.
struct Site {
    host: Host,
    url: String,
    _server: Server,
}

/// What goes with the site.
#[expect(dead_code, reason = "held for what happens when they go")]
enum Server {
    None,
    Postgres(PostgresDatabase),
    Mysql(MysqlDatabase),
}

impl Site {
    /// A fixture as a host of one dialect.
    fn of(fixture: &str, dialect: Dialect) -> Self {
        let host = Host::fixture(fixture);
        let stated = host.read("autogen.toml");
        let kept = stated.lines().filter(|line| !line.starts_with("dialects"));
        let kept: String = kept.map(|line| format!("{line}\n")).collect();
        host.write("autogen.toml", &format!("dialects = ['{dialect}']\n{kept}"));
        Self::with(host, dialect)
    }

    /// Another database for a host.
    fn with(host: Host, dialect: Dialect) -> Self {
        let (url, server) = match dialect {
            Dialect::Sqlite => (host.path("site.db").display().to_string(), Server::None),
            Dialect::Postgres => {
                let database = postgres();
                (database.url(), Server::Postgres(database))
            }
            Dialect::Mysql => {
                let database = mysql();
                (database.url(), Server::Mysql(database))
            }
        };
        let site = Self { host, url, _server: server };
        drop(site.database());
        site
    }

    /// Runs the program with the site's database in its environment.
    fn run(&self, arguments: &str) -> Run {
        self.host.output(self.host.command(arguments).env("DATABASE_URL", &self.url).output().expect("runs"))
    }

    #[track_caller]
    fn done(&self, arguments: &str) -> String {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "autogen {arguments}\n{}", run.transcript());
        run.stdout
    }

    fn database(&self) -> Database {
        let url = DatabaseUrl::parse(&self.url).expect("a URL");
        Database::open(&url, true).unwrap_or_else(|error| panic!("{error}"))
    }

    fn execute(&self, sql: &str) {
        self.database().execute(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// The rows of a query whose columns are texts, with `|` between them.
    #[track_caller]
    fn rows(&self, query: &str) -> Vec<String> {
        let rows = self.database().rows(query, &[]).unwrap_or_else(|error| panic!("{query}: {error}"));
        let shown = |value: Option<String>| value.unwrap_or_else(|| "NULL".to_owned());
        rows.into_iter().map(|row| row.into_iter().map(shown).collect::<Vec<_>>().join("|")).collect()
    }
}
