//! Scripts for administrators: run through the databases' own clients, they end where the program would.

use std::io::Write as _;
use std::process::{Command, Stdio};

use autogen_test_servers::{client, mysql, postgres, postgres_program};

use crate::support::Host;

/// Runs a script through a client and says what it said, where it failed.
pub fn through(client: &mut Command, script: &str) -> Result<(), String> {
    let spawned = client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut running = spawned.unwrap_or_else(|error| panic!("{client:?}: {error}"));
    // A client that stops at an error doesn't read the rest.
    let _broken_pipe = running.stdin.take().expect("piped").write_all(script.as_bytes());
    let output = running.wait_with_output().expect("ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

/// A chain with what scripts stumble over, and a change that rebuilds a table on SQLite.
fn stumbling(dialect: &str) -> Host {
    let host = Host::small();
    host.write("autogen.toml", &format!("dialects = ['{dialect}']\n[database]\nscratch = {{ postgres = 'env:SCRATCH_URL', mysql = 'env:SCRATCH_URL' }}\n"));
    host
}

fn script(host: &Host, arguments: &str) -> String {
    let run = host.run(arguments);
    assert_eq!(run.code, 0, "{}", run.transcript());
    run.stdout
}

#[test]
fn sqlite3_runs_the_script_to_the_same_end() {
    let host = stumbling("sqlite");
    host.done("generate");
    host.edit(
        "plugins/usb/src/schema.rs",
        "serial -> Nullable<Text>",
        "#[check(\"serial <> ';'\")] serial -> Nullable<Text>",
    );
    host.done("generate --allow all");
    host.done("upgrade --database-url one.db");
    let text = script(&host, "upgrade --sql --database-url two.db");
    let client = || {
        let mut client = Command::new(client("sqlite3", "sqlite3"));
        client.arg(host.path("two.db"));
        client
    };
    through(&mut client(), &text).expect("runs");
    assert_eq!(host.schema("one.db"), host.schema("two.db"));
    let ledger = format!("SELECT concat_ws('|', {KEPT}) AS value FROM __autogen_ledger ORDER BY turn");
    assert_eq!(host.values("one.db", &ledger), host.values("two.db", &ledger));
    assert_eq!(host.applied("one.db"), host.applied("two.db"));
    host.done("check --database-url two.db");
    let again = through(&mut client(), &text).expect_err("was run");
    assert!(again.contains("stopped: core"), "{again}");
    assert_eq!(script(&host, "upgrade --sql --database-url two.db"), "");
    let back = script(&host, "downgrade --allow all --plugin usb base --sql --database-url two.db");
    through(&mut client(), &back).expect("runs");
    host.done("downgrade --allow all --plugin usb base --database-url one.db");
    assert_eq!(host.schema("one.db"), host.schema("two.db"));
}

/// What the ledger says beside times, and Diesel's table with it.
const KEPT: &str = "version, plugin, name, revises, checksum, made, tool, state, statement, statements, turn";

fn dump(client: &mut Command) -> String {
    let output = client.output().unwrap_or_else(|error| panic!("{client:?}: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let is_of_the_run =
        |line: &&str| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict") && !line.starts_with("--");
    text.lines().filter(is_of_the_run).collect::<Vec<_>>().join("\n")
}

#[test]
fn psql_runs_the_script_to_the_same_end() {
    let (one, two) = (postgres(), postgres());
    let host = stumbling("postgres");
    let generated = host.output(host.command("generate").env("DATABASE_URL", one.url()).output().expect("runs"));
    assert_eq!(generated.code, 0, "{}", generated.transcript());
    host.revision("", "2026-11-30-000000_index", "CREATE INDEX CONCURRENTLY i ON assets (tag)", "DROP INDEX i");
    host.write("migrations/2026-11-30-000000_index/metadata.toml", "run_in_transaction = false\n");
    host.done(&format!("upgrade --database-url {}", one.url()));
    let text = script(&host, &format!("upgrade --sql --database-url {}", two.url()));
    let psql = |url: &str| {
        let mut client = Command::new(postgres_program("psql").expect("stands beside the server"));
        client.args(["-q", url]);
        client
    };
    through(&mut psql(&two.url()), &text).expect("runs");
    let dumped = |url: &str| {
        dump(Command::new(postgres_program("pg_dump").expect("stands beside the server")).args(["--schema-only", url]))
    };
    let marks = |url: &str| {
        let query = format!(
            "SELECT concat_ws('|', {KEPT}) FROM __autogen_ledger UNION ALL SELECT version FROM __diesel_schema_migrations ORDER BY 1"
        );
        dump(psql(url).args(["-At", "-c", &query]))
    };
    assert_eq!(dumped(&one.url()), dumped(&two.url()));
    assert_eq!(marks(&one.url()), marks(&two.url()));
    host.done(&format!("status --database-url {}", two.url()));
    let again = through(&mut psql(&two.url()), &text).expect_err("was run");
    assert!(again.contains("stopped: core"), "{again}");
    let back = script(&host, &format!("downgrade --allow all --plugin usb base --sql --database-url {}", two.url()));
    through(&mut psql(&two.url()), &back).expect("runs");
    assert_ne!(dumped(&one.url()), dumped(&two.url()));
    host.done(&format!("downgrade --allow all --plugin usb base --database-url {}", one.url()));
    assert_eq!(dumped(&one.url()), dumped(&two.url()));
    assert_eq!(marks(&one.url()), marks(&two.url()));
    let again = through(&mut psql(&two.url()), &back).expect_err("was run");
    assert!(again.contains("stopped: usb"), "{again}");
}

#[test]
fn mariadb_runs_the_script_to_the_same_end() {
    let (one, two) = (mysql(), mysql());
    let host = stumbling("mysql");
    host.edit(
        "plugins/usb/src/schema.rs",
        "serial -> Nullable<Text>",
        "#[max_length = 40] serial -> Nullable<Varchar>",
    );
    let generated = host.output(host.command("generate").env("DATABASE_URL", one.url()).output().expect("runs"));
    assert_eq!(generated.code, 0, "{}", generated.transcript());
    let trigger = "CREATE TRIGGER t BEFORE INSERT ON assets FOR EACH ROW BEGIN SET NEW.tag = 'a;\\\\b'; END";
    host.revision("", "2026-11-30-000000_trigger", trigger, "DROP TRIGGER t");
    host.done(&format!("upgrade --database-url {}", one.url()));
    let text = script(&host, &format!("upgrade --sql --database-url {}", two.url()));
    let (socket, user) = (two.socket(), two.credentials().0);
    let maria = |program: &str, database: &str| {
        let mut client = Command::new(client(program, "mariadb-client"));
        client.arg("--no-defaults").arg("--socket").arg(&socket).args(["--user", user, database]);
        client
    };
    through(&mut maria("mariadb", two.name()), &text).expect("runs");
    let dumped = |name: &str| dump(maria("mariadb-dump", name).args(["--no-data", "--skip-comments", "--triggers"]));
    let marks = |name: &str| {
        let query = format!(
            "SELECT concat_ws('|', {KEPT}) FROM __autogen_ledger \
             UNION ALL SELECT version FROM __diesel_schema_migrations ORDER BY 1"
        );
        dump(maria("mariadb", name).args(["--batch", "--execute", &query]))
    };
    assert_eq!(dumped(one.name()), dumped(two.name()));
    assert_eq!(marks(one.name()), marks(two.name()));
    host.done(&format!("status --database-url {}", two.url()));
    let again = through(&mut maria("mariadb", two.name()), &text).expect_err("was run");
    assert!(again.contains("stopped: core"), "{again}");
    let back = script(&host, &format!("downgrade --allow all --plugin usb base --sql --database-url {}", two.url()));
    through(&mut maria("mariadb", two.name()), &back).expect("runs");
    assert_ne!(dumped(one.name()), dumped(two.name()));
    host.done(&format!("downgrade --allow all --plugin usb base --database-url {}", one.url()));
    assert_eq!(dumped(one.name()), dumped(two.name()));
    assert_eq!(marks(one.name()), marks(two.name()));
    let again = through(&mut maria("mariadb", two.name()), &back).expect_err("was run");
    assert!(again.contains("stopped: usb"), "{again}");
}

/// Nothing is rolled back there, so the ledger knows how far the script has come.
#[test]
fn a_script_that_stopped_on_mariadb_is_gone_on_with() {
    let server = mysql();
    let host = stumbling("mysql");
    // A guard looks at a table that has another name by the time the script is gone on with.
    let up = "CREATE TEMPORARY TABLE `autogen_guard` (`stopped` varchar(500) PRIMARY KEY) SELECT 'no' AS `stopped` \
              FROM (SELECT 1 UNION ALL SELECT 2) AS `twice` WHERE EXISTS (SELECT 1 FROM old WHERE id = 7);\n\
              DROP TEMPORARY TABLE `autogen_guard`;\nRENAME TABLE old TO one;\nINSERT INTO one VALUES (1);\n\
              CREATE TABLE two (id int);\nCREATE TABLE three (id int);\n";
    let down = "DROP TABLE three;\nDROP TABLE two;\nRENAME TABLE one TO old;\n";
    host.revision("", "2026-11-30-000000_numbers", up, down);
    std::fs::remove_dir_all(host.path("plugins")).expect("removed");
    let (socket, user) = (server.socket(), server.credentials().0);
    let run = |script: &str| {
        let mut client = Command::new(client("mariadb", "mariadb-client"));
        through(client.arg("--no-defaults").arg("--socket").arg(&socket).args(["--user", user, server.name()]), script)
    };
    let make = |arguments: &str| script(&host, &format!("{arguments} --sql --database-url {}", server.url()));

    server.execute("CREATE TABLE old (id int); CREATE TABLE two (other int)");
    let first = make("upgrade");
    let stopped = run(&first).expect_err("stops");
    assert!(stopped.contains("'two' already exists"), "{stopped}");
    let status = host.run(&format!("status --database-url {}", server.url())).stdout;
    assert!(status.contains("applied up to statement 4 of 6"), "{status}");
    let again = run(&first).expect_err("has run in part");
    assert!(again.contains("has run in part; make the script again"), "{again}");
    server.execute("DROP TABLE two");
    run(&make("upgrade")).expect("goes on");
    assert_eq!(server.rows("SELECT CAST(id AS CHAR) FROM one"), ["1"], "once");

    // So it is on the way back; and the program goes on where a script has stopped.
    server.execute("DROP TABLE two");
    run(&make("downgrade --allow all --plugin core base")).expect_err("stops");
    server.execute("CREATE TABLE two (id int)");
    let second = make("downgrade --allow all --plugin core base");
    assert!(!second.contains("DROP TABLE three"), "{second}");
    host.done(&format!("downgrade --allow all --plugin core base --database-url {}", server.url()));
    let left = "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME NOT LIKE '!_!_%' ESCAPE '!'";
    assert_eq!(server.rows(left), ["old"]);
    let late = run(&second).expect_err("is not applied any more");
    assert!(late.contains("is not applied"), "{late}");
}
