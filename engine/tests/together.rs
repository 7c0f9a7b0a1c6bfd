//! Many small revisions on SQLite, which share transactions, and what must be as if each had one of its own.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use autogen::dialect::Dialect;
use autogen::embedded::{Chain, Migration};
use autogen::history::{Link, TextRow};
use autogen::{Host, Plugin};
use diesel::QueryResult;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

/// Makes a plugin whose revisions are these, in this order.
fn plugin(name: &'static str, scripts: &[String]) -> Plugin {
    let migration = |(at, up): (usize, &String)| Migration {
        name: Box::leak(format!("2026-11-20-{at:06}-{name}_step").into_boxed_str()),
        up: Box::leak(up.clone().into_boxed_str()),
        down: None,
        metadata: None,
    };
    let migrations: Vec<_> = scripts.iter().enumerate().map(migration).collect();
    Plugin { name, chains: Box::leak(Box::new([Chain { dialect: None, migrations: migrations.leak() }])) }
}

fn texts(scripts: &[&str]) -> Vec<String> {
    scripts.iter().map(|script| (*script).to_owned()).collect()
}

/// Returns scripts that make a table, and a column for each revision after the first.
fn columns(table: &str, revisions: usize) -> Vec<String> {
    let first = format!("CREATE TABLE {table} (id INTEGER PRIMARY KEY)");
    let column = |at: usize| format!("ALTER TABLE {table} ADD COLUMN c{at} INTEGER");
    [first].into_iter().chain((1..revisions).map(column)).collect()
}

/// Returns how many transactions have changed a file, which SQLite counts at its head.
fn commits(path: &Path) -> u32 {
    let bytes = fs::read(path).expect("there is a file");
    u32::from_be_bytes(bytes[24..28].try_into().expect("are four"))
}

fn count(connection: &mut SqliteConnection, query: &str) -> i64 {
    diesel::dsl::sql::<diesel::sql_types::BigInt>(&format!("SELECT {query}")).get_result(connection).expect("counts")
}

#[test]
fn small_revisions_share_a_commit() {
    let dir = tempfile::tempdir().expect("makes a folder");
    let path = dir.path().join("app.db");
    let mut connection = SqliteConnection::establish(path.to_str().expect("is text")).expect("opens");
    connection.batch_execute("CREATE TABLE there (id INTEGER)").expect("runs");
    let before = commits(&path);
    let host = Host::new([plugin("core", &columns("a", 60)), plugin("usb", &columns("b", 60))]);
    assert_eq!(host.upgrade(&mut connection).expect("applies").len(), 120);
    let used = commits(&path) - before;
    assert!(used < 60, "{used} commits for 120 revisions");
    assert_eq!(count(&mut connection, "(SELECT count(*) FROM __diesel_schema_migrations)"), 120);
    assert_eq!(count(&mut connection, "(SELECT count(*) FROM __autogen_ledger WHERE state = 'applied')"), 120);
    assert_eq!(count(&mut connection, "(SELECT max(turn) FROM __autogen_ledger)"), 120, "each has its turn");
    let now = commits(&path);
    assert!(host.upgrade(&mut connection).expect("nothing to do").is_empty());
    assert_eq!(commits(&path), now, "nothing is written where nothing is to do");
}

#[test]
fn what_came_before_a_revision_that_fails_stays() {
    for fails in [
        "INSERT INTO a VALUES (1); INSERT INTO a VALUES (1)",
        "INSERT INTO a VALUES (1); INSERT OR ROLLBACK INTO a VALUES (1)",
    ] {
        let told = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&told);
        let mut scripts = texts(&["CREATE TABLE a (id INTEGER PRIMARY KEY)", "CREATE TABLE b (id INTEGER)"]);
        scripts.extend(texts(&[fails, "CREATE TABLE c (id INTEGER)"]));
        let host = Host::new([plugin("core", &scripts)]);
        let host = host.progress(move |event| heard.lock().expect("whole").push(event.to_string()));
        let mut connection = SqliteConnection::establish(":memory:").expect("opens");
        let error = host.upgrade(&mut connection).expect_err("fails");
        assert!(error.to_string().contains("2026-11-20-000002-core_step failed"), "{error}");
        let note = error.diagnostics.last().expect("has a note").message.clone();
        assert!(note.contains("2026-11-20-000000-core_step, core's 2026-11-20-000001-core_step"), "{note}");
        assert_eq!(count(&mut connection, "(SELECT count(*) FROM a)"), 0);
        assert_eq!(count(&mut connection, "(SELECT count(*) FROM b)"), 0);
        assert_eq!(count(&mut connection, "(SELECT count(*) FROM __diesel_schema_migrations)"), 2);
        assert_eq!(told.lock().expect("whole").len(), 3, "each is told once: {told:?}");
    }
}

#[test]
fn what_is_checked_at_the_end_is_checked_for_each() {
    let scripts = texts(&[
        "CREATE TABLE a (id INTEGER PRIMARY KEY)",
        "CREATE TABLE b (a INTEGER REFERENCES a (id) DEFERRABLE INITIALLY DEFERRED)",
        "INSERT INTO b VALUES (1)",
        "INSERT INTO a VALUES (1)",
    ]);
    let mut connection = SqliteConnection::establish(":memory:").expect("opens");
    connection.batch_execute("PRAGMA foreign_keys = ON").expect("runs");
    let error = Host::new([plugin("core", &scripts)]).upgrade(&mut connection).expect_err("its key points nowhere");
    assert!(error.to_string().contains("2026-11-20-000002-core_step"), "{error}");
    assert_eq!(count(&mut connection, "(SELECT count(*) FROM __diesel_schema_migrations)"), 2);
}

#[test]
fn a_setting_lasts_as_long_as_its_revision() {
    let scripts = texts(&[
        "CREATE TABLE a (id INTEGER PRIMARY KEY)",
        "PRAGMA legacy_alter_table = ON; CREATE VIEW v AS SELECT id FROM a",
        "CREATE TABLE b (id INTEGER)",
        "ALTER TABLE a RENAME TO c",
    ]);
    let mut connection = SqliteConnection::establish(":memory:").expect("opens");
    assert_eq!(Host::new([plugin("core", &scripts)]).upgrade(&mut connection).expect("applies").len(), 4);
    assert_eq!(count(&mut connection, "(SELECT count(*) FROM v)"), 0, "the view follows the rename");
}

#[test]
fn plugins_are_held_to_their_own_in_a_transaction_with_others() {
    let core = texts(&["CREATE TABLE assets (id INTEGER PRIMARY KEY)", "CREATE TABLE sites (id INTEGER)"]);
    let usb = texts(&[
        "CREATE TABLE devices (id INTEGER PRIMARY KEY)",
        "CREATE TRIGGER t AFTER INSERT ON devices BEGIN INSERT INTO devices VALUES (new.id + 1); END",
        "ALTER TABLE devices RENAME TO things; CREATE INDEX i ON things (id)",
        "ALTER TABLE assets ADD COLUMN usb INTEGER",
    ]);
    let mut connection = SqliteConnection::establish(":memory:").expect("opens");
    let hosts = |scripts: &[String]| Host::new([plugin("core", &core), plugin("usb", scripts)]);
    let error = hosts(&usb).upgrade(&mut connection).expect_err("assets are the core's");
    assert_eq!(error.code(), autogen::error::Code::ChangesAnothersTable, "{error}");
    assert_eq!(hosts(&usb[..3]).upgrade(&mut connection).expect("applies").len(), 5);
    assert_eq!(count(&mut connection, "(SELECT count(*) FROM things)"), 0);
}

/// A connection that keeps what it is asked.
struct Traced {
    connection: SqliteConnection,
    statements: Vec<String>,
}

impl Traced {
    fn new() -> Self {
        let connection = SqliteConnection::establish(":memory:").expect("opens");
        Self { connection, statements: Vec::new() }
    }

    /// Upgrades, and returns what that asked.
    fn upgrade(&mut self, host: &Host) -> Vec<String> {
        self.statements.clear();
        host.upgrade(self).expect("applies");
        std::mem::take(&mut self.statements)
    }
}

impl Link for Traced {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&mut self, sql: &str) -> QueryResult<()> {
        self.statements.push(sql.to_owned());
        Link::execute(&mut self.connection, sql)
    }

    fn rows(&mut self, sql: &str, values: &[&str]) -> QueryResult<Vec<TextRow>> {
        self.statements.push(sql.to_owned());
        Link::rows(&mut self.connection, sql, values)
    }

    fn change(&mut self, sql: &str, values: &[&str]) -> QueryResult<()> {
        self.statements.push(sql.to_owned());
        Link::change(&mut self.connection, sql, values)
    }

    fn execute_one(&mut self, sql: &str) -> QueryResult<()> {
        self.statements.push(sql.to_owned());
        Link::execute_one(&mut self.connection, sql)
    }

    fn is_in_transaction(&mut self) -> bool {
        Link::is_in_transaction(&mut self.connection)
    }
}

#[test]
fn a_start_with_nothing_to_apply_asks_what_is_applied_and_no_more() {
    let host = Host::new([plugin("core", &columns("a", 3)), plugin("usb", &columns("b", 3))]);
    let mut traced = Traced::new();
    traced.upgrade(&host);
    let asked = traced.upgrade(&host);
    let queries: Vec<_> = asked.iter().filter(|sql| !sql.starts_with("PRAGMA busy_timeout")).collect();
    assert_eq!(queries.len(), 2, "{asked:#?}");
    assert!(queries[0].contains("sqlite_schema") && queries[1].contains("__diesel_schema_migrations"), "{asked:#?}");
}

#[test]
fn a_revision_more_is_a_fixed_number_of_statements_more() {
    let asked = |owner, revisions| {
        let asked = Traced::new().upgrade(&Host::new([plugin(owner, &columns("a", revisions))]));
        // How many transactions there are is a question of time.
        asked.into_iter().filter(|sql| !sql.starts_with("BEGIN") && sql != "COMMIT").collect::<Vec<_>>()
    };
    for (owner, each) in [("core", 6), ("usb", 8)] {
        let (few, many) = (asked(owner, 4), asked(owner, 14));
        // Which tables there are, whether it is applied, itself, and three marks; of a plugin what others have, before and
        // after.
        let of_turn =
            ["PRAGMA busy_timeout", "sqlite_schema WHERE sql LIKE", "legacy_alter_table", "sqlite_temp_master"];
        let count =
            |asked: &[String]| asked.iter().filter(|sql| !of_turn.iter().any(|part| sql.contains(part))).count();
        assert!(count(&many) - count(&few) <= each * 10, "{many:#?}");
    }
}
