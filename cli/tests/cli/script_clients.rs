//! Scripts of plugins' revisions in the databases' own clients: they reach no more than the program would let them.

use std::process::Command;

use autogen_test_servers::{client, postgres, postgres_program};
use expect_test::expect;

use crate::scripts::through;
use crate::support::Host;

/// A core with a table, and a plugin whose migration is this.
fn meddling(dialect: &str, up: &str, in_transaction: bool) -> Host {
    let host =
        Host::of(&[("autogen.toml", &format!("dialects = ['{dialect}']\n[plugin.net]\npath = 'plugins/net'\n"))]);
    let assets =
        "CREATE TABLE assets (id integer PRIMARY KEY, tag varchar(20)); INSERT INTO assets VALUES (1, ':HOME \\ x');";
    host.revision("", "2026-11-20-000000_assets", assets, "DROP TABLE assets;");
    host.revision("net", "2026-11-21-000000-net_notes", "CREATE TABLE notes (id integer);", "DROP TABLE notes;");
    let name = "2026-11-22-000000-net_more";
    host.revision("net", name, up, "-- nothing");
    host.write(
        &format!("plugins/net/migrations/{name}/metadata.toml"),
        &format!("run_in_transaction = {in_transaction}\n"),
    );
    host
}

#[test]
fn psql_holds_a_plugin_to_its_own() {
    let server = postgres();
    let run = |up: &str, in_transaction: bool| {
        let host = meddling("postgres", up, in_transaction);
        let made = host.run(&format!("upgrade --sql --database-url {}", server.url()));
        assert_eq!(made.code, 0, "{}", made.transcript());
        let mut psql = Command::new(postgres_program("psql").expect("stands beside the server"));
        through(psql.args(["-qX", &server.url()]), &made.stdout)
    };
    for (up, in_transaction) in [
        ("DO $$ BEGIN UPDATE assets SET tag = 'x'; END $$", true),
        (
            "SELECT set_config('standard_conforming_strings', 'off', false); SELECT 'a\\', '; COMMIT; DROP TABLE assets; --'",
            true,
        ),
        ("INSERT INTO notes VALUES (1) \\! touch reached\n", true),
        ("SELECT set_config('autogen.before', '{}', false); GRANT ALL ON assets TO PUBLIC", true),
        ("DO $$ BEGIN DROP TABLE assets; END $$", false),
        ("CREATE INDEX CONCURRENTLY mine ON assets (tag)", false),
    ] {
        let said = run(up, in_transaction).expect_err(up);
        assert!(said.contains("ERROR"), "{up}: {said}");
        let mut psql = Command::new(postgres_program("psql").expect("stands beside the server"));
        let look = "SELECT tag, (SELECT count(*) FROM pg_index WHERE indrelid = 'assets'::regclass), \
                    (SELECT relacl FROM pg_class WHERE relname = 'assets') FROM assets";
        let seen = psql.args(["-qXAt", &server.url(), "-c", look]).output().expect("runs");
        assert_eq!(String::from_utf8_lossy(&seen.stdout), ":HOME \\ x|1|\n", "{up}");
    }
    let own = "INSERT INTO notes VALUES (1); SELECT (ARRAY[1, 2])[1:1]; SET work_mem = '3MB'; CREATE TEMP TABLE assets (x int);";
    run(own, true).expect("runs");
}

#[test]
fn sqlite3_finds_no_command_in_a_revision() {
    let host = meddling("sqlite", "INSERT INTO notes SELECT 1\ngo\n.shell touch reached\n;", true);
    let made = host.run("upgrade --sql --database-url app.db");
    if made.code == 0 {
        let mut sqlite3 = Command::new(client("sqlite3", "sqlite3"));
        through(sqlite3.current_dir(host.path("")).arg(host.path("app.db")), &made.stdout).expect_err("is no SQL");
    }
    assert!(!host.path("reached").exists());
}

#[test]
fn what_a_client_would_take_for_its_own_is_refused() {
    let host = meddling("postgres", "-- nothing", true);
    host.revision("", "2026-11-19-000000_copy", "CREATE TABLE a (b text);\nCOPY a FROM STDIN;\n", "DROP TABLE a;");
    host.says("upgrade --sql --dialect postgres", expect![[r#"
            --- stderr
            error[not-in-a-script]: core's 2026-11-19-000000_copy can't go into a script: psql would take what follows for the rows of this COPY
             --> migrations/2026-11-19-000000_copy/up.sql:2:1
              |
            2 | COPY a FROM STDIN;
              | ^ in this statement
            help: write the statement another way, or leave `--sql` out
            --- exit 2
        "#]]);
}
