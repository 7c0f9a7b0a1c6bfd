//! PostgreSQL servers that can't be used, or not for that, and what is never shown of them.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use autogen_test_servers::{PostgresDatabase, postgres, postgres_program};
use expect_test::{Expect, expect};

use crate::support::{ASSETS, Host, Run};

const SECRET: &str = "p@ss/w:rd";

/// A host on PostgreSQL, a server, and a role of few rights on it.
struct Served {
    host: Host,
    server: PostgresDatabase,
    role: String,
}

impl Served {
    /// `rights` are those of the role, as `CREATE ROLE` takes them.
    fn with_role(rights: &str) -> Self {
        let server = postgres();
        let role = format!("role_of_{}", server.name());
        server.execute(&format!("CREATE ROLE {role} LOGIN PASSWORD '{SECRET}' {rights}"));
        let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n"), ("src/schema.rs", ASSETS)]);
        Self { host, server, role }
    }

    fn url(&self) -> String {
        self.server.tcp_url(&self.role, SECRET)
    }

    fn run(&self, arguments: &str, url: &str) -> Run {
        let mut command = self.host.command(arguments);
        for variable in ["PGPASSWORD", "PGPASSFILE", "PGUSER", "PGHOST", "PGPORT", "PGDATABASE", "PGSSLMODE"] {
            command.env_remove(variable);
        }
        let mut run = self.host.output(command.env("DATABASE_URL", url).output().expect("runs"));
        for text in [&mut run.stdout, &mut run.stderr] {
            assert!(!text.contains(SECRET) && !text.contains("p%40ss") && !text.contains("wrong-word"), "{text}");
            *text = text.replace(&self.role, "[ROLE]").replace(self.server.name(), "[DATABASE]");
            *text = text.replace(&self.server.port().to_string(), "[PORT]");
        }
        run
    }

    /// What a query answers, a line each.
    fn asked(&self, query: &str) -> Vec<String> {
        let output = psql(&self.server.url()).args(["-At", "-c", &query.replace("ROLE", &self.role)]).output();
        let output = output.expect("runs");
        assert!(output.status.success(), "{query}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
    }

    /// The databases that the role has on the server.
    fn databases(&self) -> Vec<String> {
        self.asked("SELECT datname FROM pg_database WHERE datdba = 'ROLE'::regrole ORDER BY 1")
    }

    #[track_caller]
    fn says(&self, arguments: &str, url: &str, expected: Expect) {
        expected.assert_eq(&self.run(arguments, url).transcript());
    }

    #[track_caller]
    fn done(&self, arguments: &str) {
        let run = self.run(arguments, &self.server.url());
        assert_eq!(run.code, 0, "autogen {arguments}\n{}", run.transcript());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let role = &self.role;
            self.server.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
        }
    }
}

#[test]
fn a_server_that_lets_nobody_in() {
    let served = Served::with_role("");
    let url = served.url();
    served.says("status", &served.server.tcp_url(&served.role, "wrong-word"), expect![[r#"
        --- stderr
        error[wrong-password]: the server of `postgres://[ROLE]@localhost:[PORT]/[DATABASE]` refuses: password authentication failed for user "[ROLE]"
        help: check user and password in the URL, PGPASSWORD or .pgpass
        --- exit 2
    "#]]);
    served.says("status", &url.replace(&format!("/{}", served.server.name()), "/not_there"), expect![[r#"
        --- stderr
        error[no-such-database]: the server of `postgres://[ROLE]@localhost:[PORT]/not_there` refuses: database "not_there" does not exist
        help: check the name, or make the database with `createdb`
        --- exit 2
    "#]]);
    served.says("status", &url.replace(&served.server.port().to_string(), "1"), expect![[r#"
        --- stderr
        error[no-server]: there is no PostgreSQL server at `postgres://[ROLE]@localhost:1/[DATABASE]`: Connection refused (os error 111)
        help: check that it runs, and host and port in the URL, PGHOST and PGPORT
        --- exit 2
    "#]]);
    served.says("status", "postgres://localhost:notaport/db", expect![[r#"
        --- stderr
        error[bad-database-url]: the database URL can't be read: invalid value for option `port`
        help: write `postgres://USER:********@HOST:PORT/DATABASE`; in a password, `@`, `/` and `%` are `%40`, `%2F` and `%25`
        --- exit 2
    "#]]);
    served.says(
        "status",
        &format!("{url}?sslmode=verify-ca&sslrootcert=/nowhere.pem"),
        expect![[r#"
        --- stderr
        error[bad-certificates]: `/nowhere.pem` can't be read: I/O error: No such file or directory (os error 2)
        help: state a PEM file of the authority's certificate as `sslrootcert`, or `sslrootcert=system`
        --- exit 2
    "#]],
    );
}

#[test]
fn a_role_that_may_make_no_databases() {
    let served = Served::with_role("NOCREATEDB");
    served.says("", &served.url(), expect![[r#"
        --- stderr
        error[can't-make-scratch]: neither a scratch database nor a scratch schema can be made at `postgres://[ROLE]@localhost:[PORT]/[DATABASE]`: permission denied for database [DATABASE]
        help: let the role make databases (ALTER ROLE ... CREATEDB) or schemas (GRANT CREATE ON DATABASE ...), or state a server where it may: `scratch.postgres` under `[database]` in autogen.toml
        --- exit 2
    "#]]);
    // In a schema of its own it can be proven all the same, and nothing of that is left.
    served.server.execute(&format!("GRANT CREATE ON DATABASE {} TO {}", served.server.name(), served.role));
    served.says(
        "--dry-run --format sql",
        &served.url(),
        expect![[r#"
        -- core: baseline
        --
        -- Changes:
        --   + table assets  (id)
        -- At risk:
        --   nothing
        -- Locks: nothing that is there.
        -- Proven: see metadata.toml.

        CREATE TABLE "assets" (
            "id" integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
            "tag" text NOT NULL
        );
        --- exit 0
    "#]],
    );
    served.host.revision(
        "",
        "2026-01-01-000000_by_hand",
        "CREATE TYPE mood AS ENUM ('a');\nALTER TABLE public.assets ADD COLUMN x int;\n",
        "SELECT 1;\n",
    );
    served.says("verify", &served.url(), expect![[r#"
        core 2026-01-01-000000_by_hand: not proven
        error[needs-scratch-database]: up.sql can't be tried in a scratch schema: it names the schema `public`
        help: let the role make databases (ALTER ROLE ... CREATEDB), or state a server where it may: `scratch.postgres` under `[database]` in autogen.toml
        --- exit 1
    "#]]);
    std::fs::remove_dir_all(served.host.root().join("migrations")).expect("removes it");
    // A server of its own for scratch databases is the way out.
    served
        .host
        .write("autogen.toml", "dialects = ['postgres']\n[database]\nscratch = { postgres = 'env:SCRATCH_URL' }\n");
    let mut command = served.host.command("");
    command.env("SCRATCH_URL", served.server.url()).env("DATABASE_URL", served.url());
    let run = served.host.output(command.output().expect("runs"));
    assert_eq!(run.code, 0, "{}", run.transcript());
}

#[test]
fn a_role_that_may_only_read() {
    let served = Served::with_role("");
    served.done("");
    served.says(
        "upgrade",
        &served.url(),
        expect![[r#"
        --- stderr
        applying core's 2026-11-21-071100-core_baseline
        error[not-allowed]: core's 2026-11-21-071100-core_baseline failed: permission denied for schema public
        help: connect as a user that owns the tables and may create in their schema
        --- exit 2
    "#]],
    );
    served.server.execute(&format!("ALTER ROLE {} SET default_transaction_read_only = on", served.role));
    served.server.execute("GRANT CREATE ON SCHEMA public TO PUBLIC");
    served.says("upgrade", &served.url(), expect![[r#"
        --- stderr
        applying core's 2026-11-21-071100-core_baseline
        error[not-allowed]: core's 2026-11-21-071100-core_baseline failed: cannot execute CREATE TABLE in a read-only transaction
        help: connect as a user that owns the tables and may create in their schema
        --- exit 2
    "#]]);
}

#[test]
fn a_statement_that_takes_too_long() {
    let served = Served::with_role("");
    served.host.write("autogen.toml", "dialects = ['postgres']\n[database]\nstatement_timeout = '200ms'\n");
    served.host.revision("", "2026-01-01-000000_slow", "SELECT pg_sleep(60);\n", "SELECT 1;\n");
    served.says("upgrade", &served.server.url(), expect![[r#"
        --- stderr
        applying core's 2026-01-01-000000_slow
        error[statement-timeout]: core's 2026-01-01-000000_slow failed at `SELECT pg_sleep(60)`: canceling statement due to statement timeout
         --> migrations/2026-01-01-000000_slow/up.sql:1:1
          |
        1 | SELECT pg_sleep(60);
          | ^^^^^^^^^^^^^^^^^^^^ the database stopped at this statement
        help: give statements more time by `statement_timeout` under `[database]` in autogen.toml
        --- exit 2
    "#]]);
}

fn psql(url: &str) -> Command {
    let mut client = Command::new(postgres_program("psql").expect("stands beside the server"));
    client.args(["-X", "-q", url]).stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::piped());
    client
}

/// Waits for what takes a moment.
#[track_caller]
fn wait_until(is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "it never came");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Ends with the value, however the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.0.kill().and_then(|()| self.0.wait());
    }
}

const SLOW: &str = "SELECT pg_sleep(3);\n";

#[test]
fn what_a_killed_program_has_left_is_cleared_away_by_the_next_one() {
    let served = Served::with_role("CREATEDB");
    let others = served.url();
    let (kept, own) =
        (format!("autogen_scratch_{}_7_7", std::process::id()), format!("autogen_scratch_of_{}", served.role));
    // Another program's, which is still at it, and somebody's own, which only looks like one.
    let mut keeper = Running(psql(&others).env("PGAPPNAME", &kept).spawn().expect("runs"));
    let input = keeper.0.stdin.as_mut().expect("its input");
    writeln!(input, "CREATE DATABASE {kept};\nCREATE DATABASE {own};").expect("hears");
    input.flush().expect("hears");
    wait_until(|| served.databases().len() == 2);

    served.host.revision("", "2026-01-01-000000_slow", SLOW, "SELECT 1;\n");
    let mut command = served.host.command("verify");
    let mut killed = Running(command.env("DATABASE_URL", served.url()).stderr(Stdio::null()).spawn().expect("runs"));
    let asleep = "SELECT datname FROM pg_stat_activity WHERE usename = 'ROLE' AND query LIKE '%pg_sleep(3)%' \
                  AND state = 'active' AND datname LIKE 'autogen_scratch_%'";
    wait_until(|| !served.asked(asleep).is_empty());
    killed.0.kill().expect("is killed");
    killed.0.wait().expect("ends");
    let left: Vec<String> = served.databases();
    assert!(left.len() > 2, "{left:?}");
    // The server goes on with a statement whose program is gone, and nobody else stops it.
    wait_until(|| served.asked(asleep).is_empty());

    served.host.revision("", "2026-01-01-000000_slow", "SELECT 1;\n", "SELECT 1;\n");
    let next = served.run("verify", &served.url());
    assert_eq!(next.code, 0, "{}", next.transcript());
    assert_eq!(served.databases(), [kept.clone(), own.clone()]);

    drop(keeper);
    wait_until(|| {
        served.asked(&format!("SELECT 1 FROM pg_stat_activity WHERE application_name = '{kept}'")).is_empty()
    });
    assert_eq!(served.run("verify", &served.url()).code, 0);
    assert_eq!(served.databases(), std::slice::from_ref(&own), "its keeper is gone");
    served.server.execute(&format!("DROP DATABASE {own}"));
}

#[test]
fn a_scratch_schema_goes_with_the_program_that_is_killed() {
    let served = Served::with_role("NOCREATEDB");
    served.server.execute(&format!("GRANT CREATE ON DATABASE {} TO {}", served.server.name(), served.role));
    served.host.revision("", "2026-01-01-000000_slow", &format!("CREATE TABLE t ();\n{SLOW}"), "DROP TABLE t;\n");
    let mut command = served.host.command("verify");
    let mut killed = Running(command.env("DATABASE_URL", served.url()).stderr(Stdio::null()).spawn().expect("runs"));
    let asleep =
        "SELECT 1 FROM pg_stat_activity WHERE usename = 'ROLE' AND query LIKE '%pg_sleep(3)%' AND state = 'active'";
    wait_until(|| !served.asked(asleep).is_empty());
    killed.0.kill().expect("is killed");
    killed.0.wait().expect("ends");
    wait_until(|| served.asked("SELECT 1 FROM pg_stat_activity WHERE usename = 'ROLE'").is_empty());
    let left = served.asked(
        "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'autogen%' UNION ALL \
                             SELECT relname FROM pg_class WHERE relname = 't'",
    );
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_role_whose_sessions_are_ended_soon_keeps_its_scratch_databases() {
    let served = Served::with_role("CREATEDB");
    served.server.execute(&format!("ALTER ROLE {} SET idle_session_timeout = '1s'", served.role));
    served.host.revision("", "2026-01-01-000000_slow", SLOW, "SELECT 1;\n");
    let run = served.run("verify", &served.url());
    assert_eq!(run.code, 0, "{}", run.transcript());
    assert_eq!(served.databases(), [""; 0]);
}

#[test]
fn many_programs_start_at_once_behind_a_transaction_pooler() {
    const PROGRAMS: usize = 12;
    let served = Served::with_role("");
    let host = &served.host;
    host.revision("", "2026-01-01-000000_a", "CREATE TABLE a (b int);\nINSERT INTO a VALUES (1);\n", "DROP TABLE a;\n");
    host.revision("", "2026-01-02-000000_b", "INSERT INTO a VALUES (2);\n", "DELETE FROM a WHERE b = 2;\n");
    // The one that no transaction holds needs a second session, which holds the lock.
    host.revision("", "2026-01-03-000000_c", "CREATE INDEX CONCURRENTLY i ON a (b);\n", "DROP INDEX i;\n");
    host.write("migrations/2026-01-03-000000_c/metadata.toml", "run_in_transaction = false\n");
    let (_pooler, url) = served.server.pooled(2);
    let start = |_| {
        let mut command = host.command("upgrade");
        command.env("DATABASE_URL", &url).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts")
    };
    let programs: Vec<_> = (0..PROGRAMS).map(start).collect();
    for program in programs {
        let run = host.output(program.wait_with_output().expect("ends"));
        assert_eq!(run.code, 0, "{}", run.transcript());
    }
    assert_eq!(served.asked("SELECT b FROM a ORDER BY 1"), ["1", "2"]);
    let marks = "SELECT state || ' ' || count(*) FROM __autogen_ledger l JOIN __diesel_schema_migrations USING (version) GROUP BY state";
    assert_eq!(served.asked(marks), ["applied 3"]);
    let index = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'i'::regclass";
    assert_eq!(served.asked(index), ["t"]);
    let again = served.run("downgrade --allow all --plugin core base", &url);
    assert_eq!(again.code, 0, "{}", again.transcript());
}
