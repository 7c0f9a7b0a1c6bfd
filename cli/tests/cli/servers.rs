//! PostgreSQL servers that can't be used, or not for that, and what is never shown of them.

use autogen_test_servers::{PostgresDatabase, postgres};
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
    served.says("--dry-run --format sql", &served.url(), expect![[r#"
        -- core: baseline
        --
        -- Changes:
        --   + table assets  (id)
        --       id   Integer not null auto increment
        --       tag  Text not null
        -- At risk:
        --   nothing
        -- Locks: nothing that is there.
        -- Proven:
        --   on PostgreSQL [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
        --   no view, trigger or key breaks
        --   tried in one transaction, in a schema of its own: the role may make no databases

        CREATE TABLE "assets" (
            "id" integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
            "tag" text NOT NULL
        );
        --- exit 0
    "#]]);
    served.host.revision(
        "",
        "2026-01-01-000000_by_hand",
        "CREATE TYPE mood AS ENUM ('a');\nALTER TABLE public.assets ADD COLUMN x int;\n",
        "SELECT 1;\n",
    );
    served.says("verify", &served.url(), expect![[r#"
        core 2026-01-01-000000_by_hand: not proven
        --- stderr
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
