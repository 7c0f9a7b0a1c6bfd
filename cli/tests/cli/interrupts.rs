//! What is said while a statement runs or waits, and what Ctrl-C leaves.

#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use autogen_test_servers::{MysqlKind, PostgresDatabase, postgres};
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};

use crate::mysql::Served;
use crate::support::{Host, Run};

const NAME: &str = "2026-11-21-071100-core_slow";
const FIRST: &str = "2026-11-21-071000-core_first";
/// About a minute of SQLite's time.
const SLOW_SQLITE: &str = "CREATE TABLE b AS WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT LIMITED) \
                           SELECT count(*) AS n FROM c;\n";

fn start(host: &Host, arguments: &str, url: &str) -> Child {
    let mut command = host.command(arguments);
    command.env("DATABASE_URL", url).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts")
}

fn signal(program: &Child, name: &str) {
    let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", program.id())]).status().expect("a shell");
    assert!(sent.success());
}

/// Sends a signal, and returns what the program says. It has to end within a few seconds.
fn interrupted(host: &Host, program: Child, name: &str) -> Run {
    let started = Instant::now();
    signal(&program, name);
    let run = host.output(program.wait_with_output().expect("ends"));
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}\n{}", started.elapsed(), run.transcript());
    run
}

#[track_caller]
fn says(run: &Run, code: i32, texts: &[&str]) {
    assert_eq!(run.code, code, "{}", run.transcript());
    for text in texts {
        assert!(run.transcript().contains(text), "{text}:\n{}", run.transcript());
    }
}

/// Waits until something is so.
#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "never: {what}");
        sleep(Duration::from_millis(20));
    }
}

/// Returns a host on PostgreSQL with a table, and a revision.
fn on_postgres(up: &str, metadata: &str) -> (Host, PostgresDatabase) {
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n"), ("src/schema.rs", "")]);
    host.revision("", FIRST, "CREATE TABLE first (id int);", "DROP TABLE first;");
    host.revision("", NAME, up, "DROP TABLE a;");
    if !metadata.is_empty() {
        host.write(&format!("migrations/{NAME}/metadata.toml"), metadata);
    }
    (host, postgres())
}

/// Returns what psql prints of a query, a line for each row.
fn rows(server: &PostgresDatabase, query: &str) -> Vec<String> {
    let output = Command::new("psql").args([&server.url(), "-qAtc", query]).output().expect("psql");
    assert!(output.status.success(), "{query}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

fn count(server: &PostgresDatabase, query: &str) -> usize {
    rows(server, query).len()
}

const ASLEEP: &str = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' \
                      AND query LIKE '%pg_sleep(50)%' AND pid <> pg_backend_pid()";

#[test]
fn postgres_rolls_back_what_is_interrupted() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let (host, server) = on_postgres("CREATE TABLE a (id int);\nSELECT pg_sleep(50);\n", "");
        let program = start(&host, "upgrade", &server.url());
        until("asleep", || count(&server, ASLEEP) == 1);
        let run = interrupted(&host, program, name);
        says(
            &run,
            code,
            &[
                "error[interrupted]: core's 2026-11-21-071100-core_slow was interrupted at `SELECT pg_sleep(50)`",
                "help: nothing of it was applied; run the command again",
                "applied before it, and staying so: core's 2026-11-21-071000-core_first",
            ],
        );
        assert_eq!(count(&server, ASLEEP), 0, "the server has ended it too");
        assert_eq!(count(&server, "SELECT 1 FROM pg_tables WHERE tablename = 'a'"), 0);
        assert_eq!(count(&server, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory'"), 0);
        host.edit(&format!("migrations/{NAME}/up.sql"), "pg_sleep(50)", "1");
        says(&host.output(start(&host, "upgrade", &server.url()).wait_with_output().expect("ends")), 0, &["applied 1"]);
    }
}

#[test]
fn postgres_says_what_stays_outside_of_a_transaction() {
    let (host, server) =
        on_postgres("CREATE TABLE a (id int);\nSELECT pg_sleep(50);\n", "run_in_transaction = false\n");
    let program = start(&host, "upgrade", &server.url());
    until("asleep", || count(&server, ASLEEP) == 1);
    let run = interrupted(&host, program, "INT");
    says(
        &run,
        130,
        &["error[interrupted]", "the first of its 2 statements stays; run the command again: it goes on there"],
    );
    assert_eq!(count(&server, ASLEEP), 0);
    let status = host.output(start(&host, "status", &server.url()).wait_with_output().expect("ends"));
    says(&status, 1, &["applied up to statement 1 of 2"]);
}

#[test]
fn a_proof_is_interrupted_and_its_database_dropped() {
    let (host, server) = on_postgres("SELECT pg_sleep(50) /* proof */;\n", "");
    // A comment of its own tells it from other tests' statements.
    let mine = "SELECT datname FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(50)%proof%' \
                AND pid <> pg_backend_pid()";
    let program = start(&host, "verify", &server.url());
    until("asleep", || count(&server, mine) > 0);
    let database = rows(&server, mine).remove(0);
    let run = interrupted(&host, program, "INT");
    says(&run, 130, &["error[interrupted]", "run it again"]);
    let left = format!("SELECT 1 FROM pg_database WHERE datname = '{database}' AND datname <> current_database()");
    assert_eq!(count(&server, &left), 0, "{database} is left behind");
}

#[test]
fn postgres_says_whose_lock_it_waits_for() {
    let (host, server) = on_postgres("ALTER TABLE first ADD COLUMN n int;\n", "");
    server.execute("CREATE TABLE waits (id int)");
    let done = host.output(start(&host, "upgrade +1", &server.url()).wait_with_output().expect("ends"));
    says(&done, 0, &["applied 1"]);
    let url = server.url();
    let holder = spawn(move || {
        let held = "BEGIN; LOCK TABLE first; SELECT pg_sleep(4); COMMIT";
        Command::new("psql").args([&url, "-qAtc", held]).stdout(Stdio::null()).status().expect("psql")
    });
    let held = "SELECT 1 FROM pg_locks WHERE relation = 'first'::regclass AND mode = 'AccessExclusiveLock' AND granted";
    until("locked", || count(&server, held) == 1);
    let run = host.output(start(&host, "upgrade", &server.url()).wait_with_output().expect("ends"));
    says(&run, 0, &["waiting for a lock that another session holds: ", ", process ", "applied 1"]);
    assert!(holder.join().expect("ends").success());
}

#[test]
fn mysql_and_mariadb_end_what_is_interrupted() {
    for kind in [MysqlKind::Mariadb, MysqlKind::Mysql] {
        let served = Served::on(kind, &[("src/schema.rs", "")]);
        let up = "CREATE TABLE a (n INT);\nINSERT INTO a SELECT COUNT(*) FROM information_schema.COLUMNS x, information_schema.COLUMNS y, information_schema.COLUMNS z;\nCREATE TABLE c (n INT);\n";
        served.host.revision("", NAME, up, "DROP TABLE c;\nDROP TABLE a;\n");
        let program = start(&served.host, "upgrade", &served.server.url());
        let asleep = format!(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '{}' AND INFO LIKE 'INSERT INTO a SELECT COUNT%'",
            served.server.name()
        );
        until("asleep", || !served.server.rows(&asleep).is_empty());
        let run = interrupted(&served.host, program, "INT");
        says(
            &run,
            130,
            &[
                "error[interrupted]: core's 2026-11-21-071100-core_slow was interrupted at `INSERT INTO a",
                "the first of its 3 statements stays; run the command again: it goes on there",
            ],
        );
        assert!(served.server.rows(&asleep).is_empty(), "{kind:?}: the server has ended it too");
        assert!(served.server.rows("SELECT n FROM a").is_empty(), "{kind:?}");
        // Nobody waits for a lock that was left behind.
        let started = Instant::now();
        says(&served.run("downgrade --plugin core base"), 0, &["reverted 1 revision"]);
        assert!(started.elapsed() < Duration::from_secs(20), "{kind:?}: {:?}", started.elapsed());
    }
}

#[test]
fn mysql_and_mariadb_say_that_they_wait_for_a_lock() {
    // The tests' servers have no performance schema, which would tell whose lock it is.
    for kind in [MysqlKind::Mariadb, MysqlKind::Mysql] {
        let served = Served::on(kind, &[("src/schema.rs", "")]);
        served.server.execute("CREATE TABLE b (n INT)");
        served.host.revision("", NAME, "ALTER TABLE b ADD COLUMN m INT;\n", "ALTER TABLE b DROP COLUMN m;\n");
        std::thread::scope(|scope| {
            let server = &served.server;
            scope.spawn(|| server.execute("LOCK TABLES b WRITE; DO SLEEP(4); UNLOCK TABLES"));
            let locked = format!(
                "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '{}' AND INFO LIKE 'DO SLEEP(4)%'",
                server.name()
            );
            until("locked", || !server.rows(&locked).is_empty());
            says(&served.run("upgrade"), 0, &["waiting for a lock that another session holds", "applied 1"]);
        });
    }
}

/// Returns a host with a statement that takes SQLite longer the higher the limit is.
fn on_sqlite(limit: &str) -> Host {
    let host = Host::of(&[("autogen.toml", "dialects = ['sqlite']\n"), ("src/schema.rs", "")]);
    let up = format!("CREATE TABLE a (id INTEGER);\n{}", SLOW_SQLITE.replace("LIMITED", limit));
    host.revision("", NAME, &up, "DROP TABLE b;\nDROP TABLE a;\n");
    host
}

#[test]
fn sqlite_rolls_back_what_is_interrupted() {
    let host = on_sqlite("9000000000");
    let mut program = start(&host, "upgrade", "app.db");
    let mut line = String::new();
    let mut stderr = BufReader::new(program.stderr.take().expect("piped"));
    stderr.read_line(&mut line).expect("a line");
    assert_eq!(line.trim(), "applying core's 2026-11-21-071100-core_slow");
    sleep(Duration::from_secs(1));
    signal(&program, "INT");
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut stderr, &mut rest).expect("text");
    assert_eq!(program.wait().expect("ends").code(), Some(130), "{rest}");
    assert!(rest.contains("error[interrupted]"), "{rest}");
    assert!(rest.contains("nothing of it was applied; run the command again"), "{rest}");
    says(&host.run("status --database-url app.db"), 1, &["0 applied, 1 pending"]);
}

#[test]
fn the_revision_that_ran_is_the_one_that_was_interrupted() {
    let host = on_sqlite("9000000000");
    let first = "migrations/2026-11-21-071000_first";
    host.write(&format!("{first}/up.sql"), "CREATE TABLE first (id INTEGER);\n");
    host.write(&format!("{first}/down.sql"), "DROP TABLE first;\n");
    let mut program = start(&host, "upgrade", "app.db");
    let mut stderr = BufReader::new(program.stderr.take().expect("piped"));
    let mut rest = String::new();
    while !rest.contains("core_slow") {
        assert!(stderr.read_line(&mut rest).expect("a line") > 0, "{rest}");
    }
    sleep(Duration::from_secs(1));
    signal(&program, "INT");
    let mut rest = String::new();
    std::io::Read::read_to_string(&mut stderr, &mut rest).expect("text");
    assert_eq!(program.wait().expect("ends").code(), Some(130), "{rest}");
    assert!(rest.contains("2026-11-21-071100-core_slow was interrupted"), "{rest}");
    assert!(!rest.contains("071000_first was interrupted"), "{rest}");
}

#[test]
fn sqlite_says_that_it_waits_for_a_locked_file() {
    let host = on_sqlite("10");
    let path = host.path("app.db");
    let mut other = SqliteConnection::establish(path.to_str().expect("UTF-8")).expect("opens");
    other.batch_execute("CREATE TABLE other (id INTEGER); BEGIN IMMEDIATE").expect("locks");
    let program = start(&host, "upgrade", "app.db");
    sleep(Duration::from_secs(4));
    other.batch_execute("COMMIT").expect("unlocks");
    let run = host.output(program.wait_with_output().expect("ends"));
    says(&run, 0, &["waiting for another program, which has the database locked", "applied 1 revision"]);
    // Whoever is interrupted meanwhile ends at once.
    other.batch_execute("BEGIN IMMEDIATE").expect("locks");
    let program = start(&host, "downgrade --plugin core base --allow all", "app.db");
    sleep(Duration::from_secs(2));
    says(&interrupted(&host, program, "INT"), 130, &["error[interrupted]"]);
}

#[test]
fn a_terminal_shows_what_runs_and_a_pipe_does_not() {
    let host = on_sqlite("5000000");
    let line = format!("'{}' upgrade --database-url term.db", env!("CARGO_BIN_EXE_autogen"));
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).current_dir(host.root()).stdin(Stdio::null());
    command.env_remove("CI").env_remove("NO_COLOR").env("TERM", "xterm").env("SCRATCH_URL", "");
    let output = command.output().expect("`script` of util-linux");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(shown.contains("core's 2026-11-21-071100-core_slow, statement 2 of 2, "), "{shown}");
    assert!(shown.contains("CREATE TABLE"), "{shown}");
    assert!(shown.contains("applied 1 revision"), "{shown}");
    let run = host.run("upgrade --database-url pipe.db");
    assert_eq!(run.stderr, "applying core's 2026-11-21-071100-core_slow\n");
}
