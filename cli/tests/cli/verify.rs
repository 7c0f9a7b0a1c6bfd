//! `autogen verify`: proves revisions on disk, those that somebody edited too.

use autogen_engine::dialect::Dialect;
use autogen_test_servers::on_each_mysql;
use expect_test::expect;

use crate::mysql::Served;
use crate::support::Host;

#[test]
fn the_fixtures_chains_hold() {
    let host = Host::shopdb(Dialect::Sqlite);
    host.done("--plugin usb");
    let before = host.files();
    host.says(
        "verify --all",
        expect![[r#"
            core 2026-11-20-083000-core_baseline: proven
              on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
              no view, trigger or key breaks
            equipment 2026-11-20-083000-equipment_baseline: proven
              on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
              nothing is lost but what the change itself destroys; no view, trigger or key breaks
            network 2026-11-20-083000-network_baseline: proven
              on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
              nothing is lost but what the change itself destroys; no view, trigger or key breaks
            notifications 2026-11-20-083000-notifications_baseline: proven
              on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
              nothing is lost but what the change itself destroys; no view, trigger or key breaks
            printers 2026-11-20-083000-printers_baseline: proven
              on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
              nothing is lost but what the change itself destroys; no view, trigger or key breaks
            usb 2026-11-20-083000-usb_baseline: proven
              on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
              nothing is lost but what the change itself destroys; no view, trigger or key breaks
            computers 2026-11-20-083001-computers_baseline: proven
              on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
              nothing is lost but what the change itself destroys; no view, trigger or key breaks
            usb 2026-11-21-071100-usb_add_usbdevices_hardwareid: proven
              on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
              nothing is lost but what the change itself destroys; no view, trigger or key breaks
            --- exit 0
        "#]],
    );
    assert_eq!(host.files(), before);
}

#[test]
fn a_down_that_gives_back_something_else_is_caught() {
    let host = Host::with_baselines();
    host.edit("plugins/net/src/schema.rs", "speed ->", "duplex -> Nullable<Bool>,\n        speed ->");
    host.done("--plugin net");
    host.write("plugins/net/migrations/2026-11-21-071101-net_add_ports_duplex/down.sql", "-- Nothing to see here.\n");
    host.says(
        "verify --all",
        expect![[r#"
            core 2026-11-21-071100-core_baseline: proven
              on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
              nothing is lost but what the change itself destroys; no view, trigger or key breaks
            net 2026-11-21-071100-net_baseline: proven
              on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
              nothing is lost but what the change itself destroys; no view, trigger or key breaks
            usb 2026-11-21-071100-usb_baseline: proven
              on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
              nothing is lost but what the change itself destroys; no view, trigger or key breaks
            net 2026-11-21-071101-net_add_ports_duplex: not proven
            error[proof-failed]: down.sql doesn't give back the schema that up.sql started from
            note: column ports.duplex should not be there
            help: make down.sql take back every change of up.sql
            --- exit 1
        "#]],
    );
    host.says(
        "verify --plugin usb",
        expect![[r#"
            usb 2026-11-21-071100-usb_baseline: proven
              on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
              nothing is lost but what the change itself destroys; no view, trigger or key breaks
            --- exit 0
        "#]],
    );
    host.says(
        "verify 2026-11-21-071101-net --format json",
        expect![[r#"
            {
              "version": 1,
              "command": "verify",
              "revisions": [
                {
                  "plugin": "net",
                  "dialect": "sqlite",
                  "revision": "2026-11-21-071101-net_add_ports_duplex",
                  "error": {
                    "severity": "error",
                    "code": "proof-failed",
                    "message": "down.sql doesn't give back the schema that up.sql started from",
                    "places": [],
                    "help": "make down.sql take back every change of up.sql",
                    "more": [
                      {
                        "severity": "note",
                        "code": "proof-failed",
                        "message": "column ports.duplex should not be there",
                        "places": [],
                        "help": null
                      }
                    ]
                  }
                }
              ],
              "left_out": [],
              "orders": [],
              "findings": [
                {
                  "plugin": "net",
                  "dialect": "sqlite",
                  "revision": "2026-11-21-071101-net_add_ports_duplex",
                  "code": "proof-failed",
                  "severity": "error",
                  "message": "down.sql doesn't give back the schema that up.sql started from",
                  "notes": [
                    "column ports.duplex should not be there"
                  ],
                  "file": "plugins/net/migrations/2026-11-21-071101-net_add_ports_duplex/up.sql",
                  "line": 1,
                  "column": 1,
                  "changes": [],
                  "help": "make down.sql take back every change of up.sql"
                }
              ],
              "warnings": []
            }
            --- exit 1
        "#]],
    );
}

#[test]
fn an_up_that_does_not_run_is_caught() {
    let host = Host::with_baselines();
    host.edit("plugins/net/migrations/2026-11-21-071100-net_baseline/up.sql", "PRIMARY KEY", "PRIMARY KAY");
    host.revision("net", "2026-12-01-000000_more", "CREATE TABLE more (id INTEGER);", "DROP TABLE more;");
    host.says("verify", expect![[r#"
        core 2026-11-21-071100-core_baseline: proven
          on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
          no view, trigger or key breaks
        net 2026-11-21-071100-net_baseline: not proven
        error[proof-failed]: up.sql stops with an error on a scratch database with rows
          --> plugins/net/migrations/2026-11-21-071100-net_baseline/up.sql:10:1
           |
        10 | / CREATE TABLE "ports" (
        11 | |     "id" INTEGER NOT NULL PRIMARY KAY,
        12 | |     "speed" INTEGER
        13 | | );
           | |_^
        note: near "KAY": syntax error
        note: the statement in line 10: CREATE TABLE "ports" (
                  "id" INTEGER NOT NULL PRIMARY KAY,
                  "speed" INTEGER
              )
        help: correct the statement; a script must run on every database that holds such rows
        usb 2026-11-21-071100-usb_baseline: proven
          on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
          nothing is lost but what the change itself destroys; no view, trigger or key breaks
        net 2026-12-01-000000_more: not proven
        error[migration-failed]: net's 2026-11-21-071100-net_baseline failed at `CREATE TABLE "ports" ( "id" INTEGER NOT NULL PRIMARY KAY, "speed" INTEGER )`: near "KAY": syntax error
          --> plugins/net/migrations/2026-11-21-071100-net_baseline/up.sql:10:1
           |
        10 | CREATE TABLE "ports" (
           | ^^^^^^^^^^^^^^^^^^^^^^ the database stopped at this statement
        help: nothing of it was applied; fix the file or the rows, and run it again
        --- exit 1
    "#]]);
}

#[test]
fn rows_that_get_lost_are_caught() {
    let host = Host::with_baselines();
    host.revision(
        "",
        "2026-12-01-000000_again",
        "CREATE TABLE other (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, tag TEXT NOT NULL);
INSERT INTO other SELECT id, tag FROM assets;
DROP TABLE assets;
ALTER TABLE other RENAME TO assets;
",
        "-- nothing\n",
    );
    host.says("verify 2026-12-01", expect![[r#"
        core 2026-12-01-000000_again: not proven
        error[proof-failed]: up.sql loses or changes rows that it should keep
        note: assets: new rows were numbered from 11, now from 4
        note: devices: 3 rows before, 0 after
        help: run a rebuild with `PRAGMA foreign_keys = OFF` outside any transaction (`run_in_transaction = false`), and copy every column
        --- exit 1
    "#]]);
}

#[test]
fn a_script_that_leaves_something_open_is_caught() {
    let host = Host::with_baselines();
    host.revision("net", "2026-12-01-000000_more", "PRAGMA foreign_keys = OFF;", "-- nothing\n");
    host.write("plugins/net/migrations/2026-12-01-000000_more/metadata.toml", "run_in_transaction = false\n");
    host.says(
        "verify 2026-12-01",
        expect![[r#"
            net 2026-12-01-000000_more: not proven
            error[proof-failed]: up.sql doesn't leave the connection as it found it
            note: PRAGMA foreign_keys was 1 and is 0 now
            help: end the script with what puts it back: COMMIT or RELEASE, and the PRAGMA as it was
            --- exit 1
        "#]],
    );
}

#[test]
fn revisions_are_named_as_people_name_them() {
    let host = Host::with_baselines();
    for name in ["2026-11-21-071100-net_baseline", "20261121071100net", "2026-11-21-071100-net"] {
        assert!(host.done(&format!("verify {name}")).starts_with("net 2026-11-21-071100-net_baseline: proven\n"));
    }
    for place in ["net@head", "net@baseline", "head --plugin net", "net@base+1"] {
        assert!(host.done(&format!("verify {place}")).starts_with("net 2026-11-21-071100-net_baseline: proven\n"));
    }
    for place in ["head", "heads"] {
        assert_eq!(host.done(&format!("verify {place}")).matches(": proven").count(), 3);
    }
    host.says(
        "verify nope",
        expect![[r#"
            --- stderr
            error[no-such-revision]: there is no revision `nope`
            help: a revision is a folder in the `migrations` of core or of a plugin; `autogen history` lists them
            --- exit 2
        "#]],
    );
    host.says("verify 2026-11", expect![[r#"
        --- stderr
        error[ambiguous-revision]: `2026-11` may mean any of 3 revisions
        help: give more of the name: `2026-11-21-071100-core_baseline`, `2026-11-21-071100-net_baseline`, `2026-11-21-071100-usb_baseline`
        --- exit 2
    "#]]);
    host.says(
        "verify --all 2026",
        expect![[r#"
            --- stderr
            error: the argument '--all' cannot be used with '[REVISION]'

            Usage: autogen verify --all [REVISION]

            For more information, try '--help'.
            --- exit 2
        "#]],
    );
}

#[test]
fn what_was_proven_on_an_empty_table_is_verified_on_one() {
    on_each_mysql(|_| {
        let served = Served::of(&[("src/schema.rs", "autogen::table! { t (id) { id -> Integer, b -> Integer } }\n")]);
        served.done("-m base");
        served.host.edit(
            "src/schema.rs",
            "b -> Integer",
            "b -> Integer, #[generated(\"b * 2\", stored)] twice -> Nullable<Integer>",
        );
        let words = "with empty table t: up.sql stops while it has rows: Out of range";
        let written = served.done("-m twice --allow all --no-database");
        assert!(written.contains(words), "{written}");
        let verified = served.done("verify");
        assert!(verified.contains(words), "{verified}");
    });
}
