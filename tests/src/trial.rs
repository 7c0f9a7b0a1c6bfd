//! A database that revisions are run on the way Diesel runs them.

use std::collections::BTreeMap;
use std::path::Path;

use autogen_engine::database::{Database, DatabaseUrl};
use autogen_engine::dialect::Dialect;
use autogen_test_servers::{MysqlDatabase, MysqlKind, PostgresDatabase, mysql_collated, mysql_on, postgres};
use diesel_migrations::{FileBasedMigrations, MigrationHarness as _};

use crate::judge;
use crate::server::Server;

/// A database.
#[derive(Debug)]
pub struct Trial {
    /// Where it is.
    pub server: Server,
    url: DatabaseUrl,
    /// What is dropped with this value, on a server.
    _made: Option<Made>,
}

#[derive(Debug)]
#[expect(dead_code, reason = "held for what happens when they go")]
enum Made {
    Postgres(PostgresDatabase),
    Mysql(MysqlDatabase),
}

/// What a database holds, by its judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// The schema.
    pub schema: String,
    /// Rows by table.
    pub rows: BTreeMap<String, Vec<String>>,
}

impl Trial {
    /// A database with what a story starts from. `collation` is its default on MariaDB and MySQL, where that isn't the usual one.
    ///
    /// # Errors
    /// What the database says about the story's SQL.
    pub fn new(folder: &Path, server: Server, collation: Option<&str>, scripts: &[&str]) -> Result<Self, String> {
        let parsed = |url: &str| DatabaseUrl::parse(url).map_err(|error| error.to_string());
        let of_mysql = |kind: MysqlKind| match collation {
            Some(collation) => mysql_collated(kind, collation),
            None => mysql_on(kind),
        };
        let (url, made) = match server {
            Server::Sqlite => (DatabaseUrl::Sqlite(folder.join("live.db")), None),
            Server::Postgres => {
                let database = postgres();
                (parsed(&database.url())?, Some(Made::Postgres(database)))
            }
            Server::Mariadb | Server::Mysql => {
                let database = of_mysql(server.mysql().unwrap_or(MysqlKind::Mariadb));
                (parsed(&database.url())?, Some(Made::Mysql(database)))
            }
        };
        let trial = Self { server, url, _made: made };
        let mut database = Database::open(&trial.url, true).map_err(|error| error.to_string())?;
        // Names in double quotes are every database's, so that one text serves all.
        if server.dialect() == Dialect::Mysql {
            let quotes = "SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')";
            database.execute(quotes).map_err(|error| error.to_string())?;
        }
        for script in scripts {
            database.execute(script).map_err(|error| format!("the story's SQL fails: {error}"))?;
        }
        Ok(trial)
    }

    /// A new connection, as a program has that starts.
    ///
    /// # Errors
    /// When there is none to be had.
    pub fn connect(&self) -> Result<Database, String> {
        let mut database = Database::open(&self.url, false).map_err(|error| error.to_string())?;
        match self.url.dialect() {
            // Nobody needs these files to outlive a crash.
            Dialect::Sqlite => database.execute("PRAGMA synchronous = OFF").map_err(|error| error.to_string())?,
            Dialect::Postgres | Dialect::Mysql => {}
        }
        Ok(database)
    }

    /// What one gives the program to find it.
    pub fn url(&self) -> String {
        self.url.to_string()
    }

    /// Runs the one revision in a folder, or reverts it, and says what is broken afterwards.
    ///
    /// # Errors
    /// What the database says.
    pub fn run(&self, migrations: &Path, way: Way) -> Result<Vec<String>, String> {
        let source = FileBasedMigrations::from_path(migrations).map_err(|error| error.to_string())?;
        let mut database = self.connect()?;
        let result = match &mut database {
            Database::Sqlite(connection) => match way {
                Way::Up => connection.run_pending_migrations(source).map(|_| ()),
                Way::Down => connection.revert_last_migration(source).map(|_| ()),
            },
            Database::Postgres(connection) => match way {
                Way::Up => connection.run_pending_migrations(source).map(|_| ()),
                Way::Down => connection.revert_last_migration(source).map(|_| ()),
            },
            Database::Mysql(connection) => match way {
                Way::Up => connection.run_pending_migrations(source).map(|_| ()),
                Way::Down => connection.revert_last_migration(source).map(|_| ()),
            },
        };
        result.map_err(|error| {
            let text = error.to_string();
            text.split_once(" with: ").map_or(text.clone(), |(_, said)| said.to_owned())
        })?;
        judge::damage(&mut database).map_err(|error| error.to_string())
    }

    /// What is broken before anything ran.
    ///
    /// # Errors
    /// What the database says.
    pub fn damage(&self) -> Result<Vec<String>, String> {
        judge::damage(&mut self.connect()?).map_err(|error| error.to_string())
    }

    /// What the database holds now.
    ///
    /// # Errors
    /// What the database says.
    pub fn state(&self) -> Result<State, String> {
        let mut database = self.connect()?;
        let schema = judge::schema(&mut database).map_err(|error| error.to_string())?;
        let rows = judge::rows(&mut database).map_err(|error| error.to_string())?;
        Ok(State { schema, rows })
    }
}

/// The way that a revision is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Towards the models.
    Up,
    /// Back.
    Down,
}
