//! A host over Diesel's own connection to MySQL, which asks for the description of a query's result before it runs the
//! query. MySQL has none of `SHOW CREATE TABLE` by then. The connection here refuses that query as Diesel's does, and
//! may go away in the middle.

use autogen::dialect::Dialect;
use autogen::embedded::{Chain, Migration};
use autogen::history::{Link, TextRow};
use autogen::{Host, Plugin};
use autogen_test_servers::{MysqlDatabase, mysql_on, on_each_mysql};
use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::AsyncMysqlConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;

const NOTES: Migration = Migration {
    name: "2026-11-20-083000-core_notes",
    up: "CREATE TABLE notes (id INT PRIMARY KEY); INSERT INTO notes VALUES (1);",
    down: Some("DROP TABLE notes;"),
    metadata: None,
};

const fn wider(up: &'static str) -> Migration {
    Migration { name: "2026-11-20-083100-core_wider", up, down: Some("ALTER TABLE notes DROP n;"), metadata: None }
}

const FAILS: Migration = wider("ALTER TABLE notes ADD n INT; INSERT INTO notes (nowhere) VALUES (1);");
const MENDED: Migration = wider("ALTER TABLE notes ADD n INT; INSERT INTO notes VALUES (2, 2);");

fn host(wider: Migration) -> Host {
    let migrations: &'static [Migration] = vec![NOTES, wider].leak();
    Host::new([Plugin { name: "core", chains: vec![Chain { dialect: None, migrations }].leak() }])
}

/// A connection with a fault of its own.
struct Faulty {
    connection: AsyncConnectionWrapper<AsyncMysqlConnection>,
    /// Whether it refuses results that are described late.
    is_diesels: bool,
    /// It goes away once a statement with this text has run.
    last: &'static str,
    is_gone: bool,
}

impl Faulty {
    fn to(database: &MysqlDatabase, is_diesels: bool, last: &'static str) -> Self {
        let connection = AsyncConnectionWrapper::establish(&database.url()).expect("connects");
        Self { connection, is_diesels, last, is_gone: false }
    }

    fn is_there(&self) -> QueryResult<()> {
        match self.is_gone {
            true => Err(Error::BrokenTransactionManager),
            false => Ok(()),
        }
    }
}

impl Link for Faulty {
    fn dialect(&self) -> Dialect {
        Dialect::Mysql
    }

    fn execute(&mut self, sql: &str) -> QueryResult<()> {
        self.is_there().and_then(|()| self.connection.execute(sql))
    }

    fn rows(&mut self, sql: &str, values: &[&str]) -> QueryResult<Vec<TextRow>> {
        self.is_there()?;
        match self.is_diesels && sql.starts_with("SHOW CREATE TABLE") {
            true => Err(Error::DeserializationError("No metadata exists".into())),
            false => self.connection.rows(sql, values),
        }
    }

    fn change(&mut self, sql: &str, values: &[&str]) -> QueryResult<()> {
        self.is_there().and_then(|()| self.connection.change(sql, values))
    }

    fn execute_one(&mut self, sql: &str) -> QueryResult<()> {
        self.is_there()?;
        let ran = self.connection.execute_one(sql);
        self.is_gone = !self.last.is_empty() && sql.contains(self.last);
        self.is_there().and(ran)
    }

    fn is_in_transaction(&mut self) -> bool {
        self.connection.is_in_transaction()
    }
}

fn rows(database: &MysqlDatabase) -> Vec<String> {
    database.rows("SELECT id, n FROM notes ORDER BY id")
}

#[test]
fn a_revision_that_failed_goes_on_where_it_stopped() {
    on_each_mysql(|kind| {
        let database = mysql_on(kind);
        let mut link = Faulty::to(&database, true, "");
        let failed = host(FAILS).upgrade(&mut link).expect_err("there is no such column");
        assert!(failed.to_string().contains("Unknown column 'nowhere'"), "{failed}");
        assert_eq!(host(MENDED).upgrade(&mut link).expect("goes on").len(), 1);
        assert_eq!(rows(&database), ["1\tNULL", "2\t2"]);
        assert_eq!(host(MENDED).downgrade(&mut link, "core", "base").expect("reverts").len(), 2);
    });
}

#[test]
fn a_statement_whose_program_went_away_is_not_run_again() {
    on_each_mysql(|kind| {
        for (dies, goes_on) in [(true, true), (true, false), (false, false)] {
            let database = mysql_on(kind);
            host(MENDED).upgrade(&mut Faulty::to(&database, dies, "ADD n")).expect_err("goes away");
            host(MENDED).upgrade(&mut Faulty::to(&database, goes_on, "")).expect("finds that it has run");
            assert_eq!(rows(&database), ["1\tNULL", "2\t2"]);
        }
    });
}

#[test]
fn a_table_that_was_made_is_not_made_again() {
    on_each_mysql(|kind| {
        let database = mysql_on(kind);
        host(MENDED).upgrade(&mut Faulty::to(&database, true, "CREATE TABLE notes")).expect_err("goes away");
        host(MENDED).upgrade(&mut Faulty::to(&database, true, "")).expect("finds that it has run");
        assert_eq!(rows(&database), ["1\tNULL", "2\t2"]);
    });
}

#[test]
fn what_a_connection_can_not_tell_it_does_not_guess() {
    on_each_mysql(|kind| {
        let database = mysql_on(kind);
        host(MENDED).upgrade(&mut Faulty::to(&database, false, "ADD n")).expect_err("goes away");
        let refused = host(MENDED).upgrade(&mut Faulty::to(&database, true, "")).expect_err("can't tell");
        assert!(refused.to_string().contains("`autogen upgrade` goes on there"), "{refused}");
        host(MENDED).upgrade(&mut Faulty::to(&database, false, "")).expect("finds that it has run");
        assert_eq!(rows(&database), ["1\tNULL", "2\t2"]);
    });
}
