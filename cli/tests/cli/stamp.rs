//! Marking without running, and scripts for administrators.

use std::io::Write as _;
use std::process::{Command, Stdio};

use autogen_test_servers::{client, mysql, postgres, postgres_program};
use expect_test::expect;

use crate::support::Host;

#[test]
fn what_is_there_is_marked_and_what_is_not_is_shown() {
    let host = Host::with_baselines();
    let by_hand = host.read(&format!("migrations/{}/up.sql", host.folders("migrations")[0]));
    host.sql("app.db", &by_hand);
    host.says(
        "stamp core@head --database-url app.db",
        expect![[r#"
        marked as applied: core's 2026-11-21-071100-core_baseline
        --- exit 0
    "#]],
    );
    host.says(
        "stamp --plugin usb head --database-url app.db",
        expect![[r#"
          + table devices  (id)
              id        Integer not null auto increment
              asset_id  Integer not null
              serial    Text
              index ix_devices_serial on devices (serial)
              foreign key on devices (asset_id) -> assets (id) on delete cascade
        --- stderr
        error[not-as-marked]: the database isn't as it would be marked: the lines above would make it so
        help: apply the revisions by `autogen upgrade`, correct the database, or mark it all the same by `--force`
        --- exit 2
    "#]],
    );
    host.says(
        "stamp HEAD --force --database-url app.db",
        expect![[r#"
        marked as applied: net's 2026-11-21-071100-net_baseline
        marked as applied: usb's 2026-11-21-071100-usb_baseline
        --- exit 0
    "#]],
    );
    host.says(
        "stamp HEAD --database-url app.db",
        expect![[r#"
        nothing to mark
        --- exit 0
    "#]],
    );
}

#[test]
fn a_mark_can_be_taken_back_where_nothing_is_left_and_nobody_needs_it() {
    let host = Host::with_database();
    host.says("stamp --plugin core base --database-url app.db", expect![[r#"
        --- stderr
        error[has-dependents]: applied revisions need what would be marked as not applied: usb's 2026-11-21-071100-usb_baseline
        help: name their chains' places too, such as `usb@base`
        --- exit 2
    "#]]);
    host.says(
        "stamp --plugin net base --database-url app.db",
        expect![[r#"
          - table ports  (id)
              id     Integer not null
              speed  Integer
        --- stderr
        error[not-as-marked]: the database isn't as it would be marked: the lines above would make it so
        help: apply the revisions by `autogen upgrade`, correct the database, or mark it all the same by `--force`
        --- exit 2
    "#]],
    );
    host.sql("app.db", "DROP TABLE ports");
    host.says(
        "stamp --plugin net base --database-url app.db --format json",
        expect![[r#"
        {
          "version": 1,
          "command": "stamp",
          "marked": [],
          "unmarked": [
            {
              "plugin": "net",
              "revision": "2026-11-21-071100-net_baseline"
            }
          ]
        }
        --- exit 0
    "#]],
    );
    host.done("upgrade --database-url app.db");
}

/// Runs a script through a client and says what it said, where it failed.
fn through(client: &mut Command, script: &str) -> Result<(), String> {
    let spawned = client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut running = spawned.unwrap_or_else(|error| panic!("{client:?}: {error}"));
    running.stdin.take().expect("piped").write_all(script.as_bytes()).expect("takes it");
    let output = running.wait_with_output().expect("ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

/// A chain with what scripts stumble over, and a change that rebuilds a table on SQLite.
fn stumbling(dialect: &str) -> Host {
    let host = Host::small();
    host.write("autogen.toml", &format!("dialects = ['{dialect}']\n[database]\nscratch = {{ postgres = 'env:DATABASE_URL', mysql = 'env:DATABASE_URL' }}\n"));
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
    let back = script(&host, "downgrade --plugin usb base --sql --database-url two.db");
    through(&mut client(), &back).expect("runs");
    host.done("downgrade --plugin usb base --database-url one.db");
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
    let back = script(&host, &format!("downgrade --plugin usb base --sql --database-url {}", two.url()));
    through(&mut psql(&two.url()), &back).expect("runs");
    assert_ne!(dumped(&one.url()), dumped(&two.url()));
    host.done(&format!("downgrade --plugin usb base --database-url {}", one.url()));
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
    let (socket, user) = two
        .url()
        .split_once("socket=")
        .map(|(_, socket)| (socket.replace("%2F", "/").replace("%2D", "-"), two.credentials().0))
        .expect("a socket");
    let maria = |program: &str, database: &str| {
        let mut client = Command::new(client(program, "mariadb-client"));
        client.args(["--no-defaults", "--socket", &socket, "--user", user, database]);
        client
    };
    through(&mut maria("mariadb", two.name()), &text).expect("runs");
    let dumped = |name: &str| dump(maria("mariadb-dump", name).args(["--no-data", "--skip-comments", "--triggers"]));
    let marks = |name: &str| {
        let query = format!(
            "SELECT concat_ws('|', {KEPT}) FROM __autogen_ledger WHERE version <> '' \
             UNION ALL SELECT version FROM __diesel_schema_migrations ORDER BY 1"
        );
        dump(maria("mariadb", name).args(["--batch", "--execute", &query]))
    };
    assert_eq!(dumped(one.name()), dumped(two.name()));
    assert_eq!(marks(one.name()), marks(two.name()));
    host.done(&format!("status --database-url {}", two.url()));
    let again = through(&mut maria("mariadb", two.name()), &text).expect_err("was run");
    assert!(again.contains("stopped: core"), "{again}");
    let back = script(&host, &format!("downgrade --plugin usb base --sql --database-url {}", two.url()));
    through(&mut maria("mariadb", two.name()), &back).expect("runs");
    assert_ne!(dumped(one.name()), dumped(two.name()));
    host.done(&format!("downgrade --plugin usb base --database-url {}", one.url()));
    assert_eq!(dumped(one.name()), dumped(two.name()));
    assert_eq!(marks(one.name()), marks(two.name()));
    let again = through(&mut maria("mariadb", two.name()), &back).expect_err("was run");
    assert!(again.contains("stopped: usb"), "{again}");
}

#[test]
fn a_new_plugin_has_a_first_revision_and_nothing_is_overwritten() {
    let host = Host::of(&[(
        "Cargo.toml",
        "[package]\nname = \"shop\"\nversion = \"0.1.0\"\n\n[dependencies]\n\
         autogen = { path = \"../autogen/engine\", features = [\"sqlite\"] }\ndiesel = \"2.3\"\n",
    )]);
    host.says(
        "init",
        expect![[r#"
        wrote autogen.toml
        --- stderr
        next: `autogen new NAME` begins a plugin, `autogen adopt` takes over a database that is there
        --- exit 0
    "#]],
    );
    host.says(
        "init",
        expect![[r#"
        --- stderr
        error[there-already]: `autogen.toml` is there already, and nothing is overwritten
        help: choose another name, or remove it first
        --- exit 2
    "#]],
    );
    host.says(
        "new usb-devices",
        expect![[r#"
        wrote plugins/usb-devices/Cargo.toml
        wrote plugins/usb-devices/build.rs
        wrote plugins/usb-devices/src/lib.rs
        wrote plugins/usb-devices/src/schema.rs
        --- stderr
        next: correct the definition in plugins/usb-devices/src/schema.rs, and run `autogen --plugin usb-devices`
        --- exit 0
    "#]],
    );
    host.says(
        "new usb-devices",
        expect![[r#"
        --- stderr
        error[there-already]: `plugins/usb-devices` is there already, and nothing is overwritten
        help: choose another name, or remove it first
        --- exit 2
    "#]],
    );
    host.says(
        "new core",
        expect![[r#"
        --- stderr
        error[bad-plugin-name]: a plugin can't be called `core`: that is the host's own part
        help: choose another name
        --- exit 2
    "#]],
    );
    expect![[r#"
        [package]
        name = "shop-usb-devices"
        version = "0.1.0"
        edition = "2024"

        # The tables that are this plugin's, and nobody else's.
        [package.metadata.autogen]
        tables = ["usb_devices_items"]

        [dependencies]
        autogen = { path = "../../../autogen/engine" }
        diesel = "2.3"
    "#]]
    .assert_eq(&host.read("plugins/usb-devices/Cargo.toml"));
    expect![[r#"
        //! The plugin `usb-devices`.

        pub mod schema;

        /// The plugin and its chain of migrations, for `autogen::Host`.
        pub fn plugin() -> autogen::Plugin {
            autogen::plugin!("usb-devices")
        }
    "#]]
    .assert_eq(&host.read("plugins/usb-devices/src/lib.rs"));
    host.says("--plugin usb-devices", expect![[r#"
        usb-devices: baseline
          + table usb_devices_items  (id)
              id          Integer not null auto increment
              name        Varchar(100) not null
              created_at  Timestamp not null default CURRENT_TIMESTAMP
              unique on usb_devices_items (name)
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: no view, trigger or key breaks
          wrote plugins/usb-devices/migrations/2026-11-21-071100-usb-devices_baseline/{up.sql,down.sql,metadata.toml}
        --- exit 0
    "#]]);
    host.done("check");
}
