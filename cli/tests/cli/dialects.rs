//! Hosts with several dialects: one version for all, a folder for each.

use autogen_engine::dialect::Dialect;
use std::fs;

use autogen_test_servers::{PostgresDatabase, postgres};
use expect_test::{Expect, expect};

use crate::support::{ASSETS, DEVICES, Host, PORTS, Run};

pub const BOTH: &str = "dialects = ['sqlite', 'postgres']
[database]
scratch = { postgres = 'env:SCRATCH_URL' }
";

/// A table that only PostgreSQL has.
pub const ONLY_POSTGRES: &str = "#[cfg(feature = \"postgres\")]
autogen::table! {
    tokens (id) {
        id -> Uuid,
    }
}
";

/// A host with both dialects, and a server for the one that needs one.
pub struct Both {
    pub host: Host,
    pub server: PostgresDatabase,
}

impl Both {
    pub fn of(files: &[(&str, &str)]) -> Self {
        let host = Host::of(files);
        host.write("autogen.toml", BOTH);
        Self { host, server: postgres() }
    }

    /// The core's assets, and usb's devices, which point at them.
    pub fn small() -> Self {
        Self::of(&[("src/schema.rs", ASSETS), ("plugins/usb/src/schema.rs", DEVICES)])
    }

    pub fn with_baselines() -> Self {
        let both = Self::small();
        both.done("");
        both
    }

    pub fn run(&self, arguments: &str) -> Run {
        let mut command = self.host.command(arguments);
        let mut run = self.host.output(command.env("SCRATCH_URL", self.server.url()).output().expect("runs"));
        let shown = format!("{}:{}/{}", self.server.folder().display(), self.server.port(), self.server.name());
        for text in [&mut run.stdout, &mut run.stderr] {
            *text = text.replace(&shown, "[SERVER]");
        }
        run
    }

    #[track_caller]
    pub fn done(&self, arguments: &str) -> String {
        let run = self.run(arguments);
        assert_eq!(run.code, 0, "autogen {arguments}\n{}", run.transcript());
        run.stdout
    }

    #[track_caller]
    pub fn says(&self, arguments: &str, expected: Expect) {
        expected.assert_eq(&self.run(arguments).transcript());
    }

    pub fn text(&self, path: &str) -> String {
        self.host.same_everywhere(&self.host.read(path))
    }

    /// The folders of both chains of an owner, which must be the same.
    #[track_caller]
    pub fn revisions(&self, owner: &str) -> Vec<String> {
        let (sqlite, postgres) = self.apart(owner);
        assert_eq!(sqlite, postgres, "both dialects have the same revisions");
        sqlite
    }

    pub fn apart(&self, owner: &str) -> (Vec<String>, Vec<String>) {
        let of = |dialect| self.host.folders(&format!("{owner}migrations/{dialect}"));
        (of("sqlite"), of("postgres"))
    }
}

pub const USB: &str = "plugins/usb/";
pub const ADDED: &str = "2026-11-21-071101-usb_add_devices_note";

pub fn add_a_note(host: &Host) {
    host.edit(
        "plugins/usb/src/schema.rs",
        "serial -> Nullable<Text>,",
        "serial -> Nullable<Text>,\n        note -> Nullable<Text>,",
    );
}

#[test]
fn both_get_the_next_revision_under_one_version() {
    let both = Both::with_baselines();
    add_a_note(&both.host);
    both.says("--plugin usb", expect![[r#"
        usb (sqlite): add devices.note
          + devices.note  Text
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/usb/migrations/sqlite/2026-11-21-071101-usb_add_devices_note/{up.sql,down.sql,metadata.toml}
        usb (postgres): add devices.note
          + devices.note  Text
          at risk: nothing
          proven: on PostgreSQL [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/usb/migrations/postgres/2026-11-21-071101-usb_add_devices_note/{up.sql,down.sql,metadata.toml}
        --- exit 0
    "#]]);
    assert_eq!(both.revisions(USB), ["2026-11-21-071100-usb_baseline", ADDED]);
    expect![[r#"
        -- usb: add devices.note
        --
        -- Changes:
        --   + devices.note  Text
        -- At risk:
        --   nothing
        -- Locks: devices: ACCESS EXCLUSIVE (nobody else can read or write it).
        -- Proven: see metadata.toml.

        ALTER TABLE "devices" ADD COLUMN "note" text;
    "#]]
    .assert_eq(&both.text(&format!("{USB}migrations/postgres/{ADDED}/up.sql")));
    expect![[r#"
        run_in_transaction = true

        [autogen]
        plugin = "usb"
        revises = ["20261121071100usb"]
        depends_on = []
        tool = "[TOOL]"
        verified = ["on PostgreSQL [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again", "nothing is lost but what the change itself destroys; no view, trigger or key breaks"]

        [autogen.measured."PostgreSQL [VERSION]"]
        devices = "ACCESS EXCLUSIVE"

        [certificate]
        rules = 1
        server = "PostgreSQL [VERSION]"
        run_in_transaction = true
        up = "[SUM]"
        down = "[SUM]"
        below = "[SUM]"
    "#]].assert_eq(&both.text(&format!("{USB}migrations/postgres/{ADDED}/metadata.toml")));
    both.says(
        "--plugin usb",
        expect![[r#"
        usb: in sync
        --- exit 0
    "#]],
    );
    both.says(
        "check",
        expect![[r#"
        in sync: models and chains of sqlite and postgres
        --- exit 0
    "#]],
    );
    both.says(
        "verify 2026-11-21-071101",
        expect![[r#"
        usb (sqlite) 2026-11-21-071101-usb_add_devices_note: proven
          on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
          nothing is lost but what the change itself destroys; no view, trigger or key breaks
        usb (postgres) 2026-11-21-071101-usb_add_devices_note: proven
          on PostgreSQL [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
          nothing is lost but what the change itself destroys; no view, trigger or key breaks
        --- exit 0
    "#]],
    );
}

#[test]
fn a_dialect_in_which_nothing_differs_gets_an_empty_part() {
    let both = Both::with_baselines();
    both.host.write("plugins/usb/src/tokens.rs", ONLY_POSTGRES);
    both.says(
        "diff --plugin usb",
        expect![[r#"
        usb (sqlite): in sync
        usb (postgres): 1 change
          + table tokens  (id)
              id  Uuid not null
          at risk: nothing
        --- exit 1
    "#]],
    );
    both.says(
        "--plugin usb --format sql",
        expect![[r#"
        -- for sqlite
        -- usb: create tokens
        --
        -- Nothing differs for sqlite: this part is here so that all dialects have the same versions.
        -- for postgres
        -- usb: create tokens
        --
        -- Changes:
        --   + table tokens  (id)
        -- At risk:
        --   nothing
        -- Locks: nothing that is there.
        -- Proven: see metadata.toml.

        CREATE TABLE "tokens" (
            "id" uuid PRIMARY KEY
        );
        --- exit 0
    "#]],
    );
    let new = "2026-11-21-071101-usb_create_tokens";
    assert_eq!(both.revisions(USB).last().map(String::as_str), Some(new));
    expect![[r#"
        -- usb: create tokens
        --
        -- Nothing differs for sqlite: this part is here so that all dialects have the same versions.
    "#]]
    .assert_eq(&both.text(&format!("{USB}migrations/sqlite/{new}/up.sql")));
    expect![[r#"
        -- usb: takes back "create tokens"
        --
        -- Nothing differs for sqlite: this part is here so that all dialects have the same versions.
    "#]]
    .assert_eq(&both.text(&format!("{USB}migrations/sqlite/{new}/down.sql")));
    // Both run, up and down.
    for url in [both.server.url(), "app.db".to_owned()] {
        both.done(&format!("upgrade --database-url {url}"));
        both.done(&format!("downgrade --allow all --plugin usb -1 --database-url {url}"));
        both.done(&format!("upgrade --database-url {url}"));
        both.done(&format!("check --database-url {url}"));
    }
}

#[test]
fn one_dialect_may_be_asked_for() {
    let both = Both::with_baselines();
    add_a_note(&both.host);
    let run = both.host.run("--dialect sqlite --plugin usb --format json");
    let document = run.document();
    assert_eq!((run.code, &document["left_out"]), (0, &serde_json::json!(["postgres"])));
    assert_eq!(document["plugins"][0]["dialect"], "sqlite");
    assert_eq!(run.stderr, "");
    // And then the other one, although that lacks more by now.
    both.host.edit("plugins/usb/src/schema.rs", "note -> Nullable<Text>,", "");
    both.done("--dialect postgres --plugin usb");
    assert_eq!(both.apart(USB).1, ["2026-11-21-071100-usb_baseline", ADDED]);
    let up = both.text(&format!("{USB}migrations/postgres/{ADDED}/up.sql"));
    assert!(up.starts_with("-- usb: add devices note\n"), "{up}");
    both.says(
        "check",
        expect![[r#"
            usb (sqlite): the models are ahead of the chain [models-ahead]
              - devices.note  Text
             --> plugins/usb/src/schema.rs:3:5
              |
            3 |     devices (id) {
              |     ^^^^^^^
              help: run `autogen` to write the next revision
            --- exit 1
        "#]],
    );
    both.done("--plugin usb --allow all");
    both.done("check");
}

#[test]
fn a_database_counts_for_its_own_dialect() {
    let both = Both::with_baselines();
    let url = both.server.url();
    both.says(
        &format!("upgrade --database-url {url}"),
        expect![[r#"
        applied 2 revisions
        --- stderr
        applying core's 2026-11-21-071100-core_baseline
        applying usb's 2026-11-21-071100-usb_baseline
        --- exit 0
    "#]],
    );
    both.says(
        &format!("status --database-url {url}"),
        expect![[r#"
        core  1 applied, 0 pending  head 2026-11-21-071100-core_baseline
        usb   1 applied, 0 pending  head 2026-11-21-071100-usb_baseline
        --- exit 0
    "#]],
    );
    both.says(
        &format!("check --database-url {url}"),
        expect![[r#"
        in sync: models, chains of sqlite and postgres and postgres://autogen@[SERVER]
        --- exit 0
    "#]],
    );
    both.server.execute("ALTER TABLE devices DROP COLUMN serial");
    both.says(
        &format!("check --database-url {url}"),
        expect![[r#"
            usb (postgres): the database is not what its applied revisions make; to mend it: [database-drifted]
              + devices.serial  Text
              + index ix_devices_serial on devices (serial)
              help: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin usb`, which writes the revision, and mark that as applied by `autogen stamp usb@head`
            --- exit 1
        "#]],
    );
    both.says(
        &format!("upgrade --dialect sqlite --database-url {url}"),
        expect![[r#"
        --- stderr
        error[wrong-dialect]: the live database speaks postgres, not sqlite
        help: leave `--dialect` out, or give another `--database-url`
        --- exit 2
    "#]],
    );
    both.host.write("autogen.toml", "dialects = ['sqlite']");
    both.says(
        &format!("status --database-url {url}"),
        expect![[r#"
        --- stderr
        error[dialect-not-stated]: the live database speaks postgres, which isn't in `dialects` in autogen.toml
        help: add `postgres` to `dialects` in autogen.toml, or choose one that is there
        --- exit 2
    "#]],
    );
    both.says(
        "diff --dialect postgres",
        expect![[r#"
        --- stderr
        error[dialect-not-stated]: `--dialect` asks for postgres, which isn't in `dialects` in autogen.toml
        help: add `postgres` to `dialects` in autogen.toml, or choose one that is there
        --- exit 2
    "#]],
    );
}

#[test]
fn shopdb_learns_postgres() {
    let shopdb = Both { host: Host::shopdb(Dialect::Sqlite), server: postgres() };
    shopdb.host.write("autogen.toml", BOTH);
    let owners = ["", "plugins/computers/", "plugins/equipment/", "plugins/network/", "plugins/notifications/"];
    let owners = [&owners[..], &["plugins/printers/", "plugins/usb/"]].concat();
    for owner in &owners {
        let old = shopdb.host.path(&format!("{owner}migrations"));
        fs::rename(&old, shopdb.host.path("moved")).expect("moved");
        fs::create_dir(&old).expect("made");
        fs::rename(shopdb.host.path("moved"), old.join("sqlite")).expect("moved");
    }
    shopdb.done("");
    for owner in &owners {
        let (sqlite, postgres) = shopdb.apart(owner);
        assert_eq!(sqlite.last(), postgres.last(), "{owner}");
    }
    shopdb.done("check");
    shopdb.done("verify");
    shopdb.done(&format!("upgrade --database-url {}", shopdb.server.url()));
    shopdb.done(&format!("check --database-url {}", shopdb.server.url()));
}

#[test]
fn a_type_that_one_of_them_lacks_is_refused_at_its_column() {
    let both = Both::of(&[("src/schema.rs", &PORTS.replace("id -> Integer", "id -> Uuid"))]);
    let refusal = expect![[r#"
        --- stderr
        error[type-not-in-dialect]: sqlite has no type `Uuid`, which column `ports.id` has
         --> src/schema.rs:3:15
          |
        3 |         id -> Uuid,
          |               ^^^^
        help: say what to store it as: `#[sql_type(sqlite = "TEXT")]`
        --- exit 2
    "#]];
    refusal.assert_eq(&both.run("").transcript());
    // Nor does it need a server.
    both.host.write("src/schema.rs", &PORTS.replace("speed -> Nullable<Integer>", "speed -> Unsigned<Integer>"));
    both.host.says("", expect![[r#"
        --- stderr
        warning[dialect-left-out]: nothing is written, checked or proven for postgres: no server is known on which that could be done
        help: state one by `scratch.postgres` under `[database]` in autogen.toml; a later run that has it writes what is missing, under the same version

        error[type-not-in-dialect]: sqlite has no type `Unsigned<Integer>`, which column `ports.speed` has
         --> src/schema.rs:4:18
          |
        4 |         speed -> Unsigned<Integer>,
          |                  ^^^^^^^^
        help: say what to store it as: `#[sql_type(sqlite = "TEXT")]`

        error[type-not-in-dialect]: postgres has no type `Unsigned<Integer>`, which column `ports.speed` has
         --> src/schema.rs:4:18
          |
        4 |         speed -> Unsigned<Integer>,
          |                  ^^^^^^^^
        help: say what to store it as: `#[sql_type(postgres = "TEXT")]`
        --- exit 2
    "#]]);
}
