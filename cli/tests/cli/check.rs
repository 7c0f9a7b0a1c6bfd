//! `autogen check`: models against chains, and chains against a live database.

use std::collections::BTreeSet;

use expect_test::expect;

use crate::support::{ASSETS, Host};

#[test]
fn in_sync() {
    let host = Host::with_database();
    host.says(
        "check",
        expect![[r#"
            in sync: models and chains
            --- exit 0
        "#]],
    );
    host.says(
        "check --database-url app.db",
        expect![[r#"
            in sync: models, chains and sqlite:app.db
            --- exit 0
        "#]],
    );
    host.says(
        "check --database-url app.db --format json",
        expect![[r#"
            {
              "version": 1,
              "command": "check",
              "in_sync": true,
              "database": "sqlite:app.db",
              "findings": [],
              "left_out": [],
              "warnings": []
            }
            --- exit 0
        "#]],
    );
}

#[test]
fn models_ahead_of_their_chain() {
    let host = Host::with_database();
    host.edit("plugins/usb/src/schema.rs", "serial -> Nullable<Text>", "serial -> Text");
    host.says(
        "check",
        expect![[r#"
            usb: the models are ahead of the chain [models-ahead]
              ~ devices.serial  null -> not null
             --> plugins/usb/src/schema.rs:8:9
              |
            8 |         serial -> Text,
              |         ^^^^^^
              help: run `autogen` to write the next revision
            --- exit 1
        "#]],
    );
    host.in_sync("check --plugin net");
    host.says(
        "check --format json",
        expect![[r#"
            {
              "version": 1,
              "command": "check",
              "in_sync": false,
              "database": null,
              "findings": [
                {
                  "plugin": "usb",
                  "dialect": "sqlite",
                  "revision": null,
                  "code": "models-ahead",
                  "severity": "error",
                  "message": "the models are ahead of the chain",
                  "notes": [],
                  "file": "plugins/usb/src/schema.rs",
                  "line": 8,
                  "column": 9,
                  "changes": [
                    {
                      "kind": "alter-column",
                      "table": "devices",
                      "column": "serial",
                      "text": "~ devices.serial  null -> not null"
                    }
                  ],
                  "help": "run `autogen` to write the next revision"
                }
              ],
              "left_out": [],
              "warnings": []
            }
            --- exit 1
        "#]],
    );
}

#[test]
fn a_database_behind_its_chain() {
    let host = Host::with_database();
    host.edit("plugins/net/src/schema.rs", "speed ->", "duplex -> Nullable<Bool>,\n        speed ->");
    host.done("--plugin net");
    host.says(
        "check --database-url app.db",
        expect![[r#"
            net: the database has not applied 2026-11-21-071101-net_add_ports_duplex [database-behind]
              help: run `autogen upgrade`
            --- exit 1
        "#]],
    );
    host.in_sync("check --plugin usb --database-url app.db");
}

#[test]
fn a_database_that_somebody_changed_by_hand() {
    let host = Host::with_database();
    host.sql("app.db", "CREATE INDEX by_hand ON devices (asset_id); DROP TABLE ports");
    host.says(
        "check --database-url app.db",
        expect![[r#"
            net: the database is not what its applied revisions make; to mend it: [database-drifted]
              + table ports  (id)
                  id     Integer not null
                  speed  Integer
              help: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin net`, which writes the revision, and mark that as applied by `autogen stamp net@head`
            usb: the database is not what its applied revisions make; to mend it: [database-drifted]
              - index by_hand on devices (asset_id)
              help: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin usb`, which writes the revision, and mark that as applied by `autogen stamp usb@head`
            --- exit 1
        "#]],
    );
    host.in_sync("check --plugin core --database-url app.db");
}

#[test]
fn a_revision_that_no_chain_holds() {
    let host = Host::with_database();
    host.sql(
        "app.db",
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('20250101000000printers'), ('00000000000000')",
    );
    host.says(
        "check --database-url app.db",
        expect![[r#"
            nobody: the database has applied 00000000000000, which no chain holds [unknown-revision]
              help: bring back the migrations, or let it be: nothing else is kept from running
            printers: the database has applied 20250101000000printers, which no chain holds [unknown-revision]
              help: bring back the plugin's migrations; or say `enabled = false` under [plugin.printers] in autogen.toml; or let the database forget it by `autogen forget printers`
            --- exit 1
        "#]],
    );
    host.says(
        "check --plugin printers --database-url app.db",
        expect![[r#"
            --- stderr
            error[no-such-plugin]: there is no plugin `printers`
            help: there are: core, net, usb
            --- exit 2
        "#]],
    );
    host.in_sync("check --plugin usb --database-url app.db");
    host.says(
        "status --database-url app.db",
        expect![[r#"
            core  1 applied, 0 pending  head 2026-11-21-071100-core_baseline
            net   1 applied, 0 pending  head 2026-11-21-071100-net_baseline
            usb   1 applied, 0 pending  head 2026-11-21-071100-usb_baseline
            applied, but in no chain: 00000000000000
            applied, but in no chain: 20250101000000printers (of printers?)
            --- exit 1
        "#]],
    );
}

#[test]
fn what_each_stage_takes_is_told_on_request() {
    let host = Host::with_database();
    let stages = |host: &Host| {
        let run = host.run("check -vv --database-url app.db");
        assert_eq!(run.code, 0, "{}", run.transcript());
        let lines = run.stderr.lines().map(|line| {
            let (stage, rest) = line.split_once(": ").unwrap_or_else(|| panic!("no stage: {line}"));
            let (time, facts) = rest.split_once(" ms").unwrap_or_else(|| panic!("no time: {line}"));
            time.parse::<f64>().unwrap_or_else(|_| panic!("no number: {line}"));
            format!("{stage}{facts}\n")
        });
        // Sources and the database are read at the same time: either may end first.
        lines.collect::<BTreeSet<String>>().into_iter().collect::<String>()
    };
    let told = stages(&host);
    expect![[r#"
        diff, core
        diff, net
        diff, usb
        introspect, sqlite, 5 queries, 3 tables
        lower, sqlite
        normalize
        scan
    "#]]
    .assert_eq(&told);
    // However many tables there are.
    let tables: String = (0..50).map(|table| ASSETS.replace("assets", &format!("more{table}"))).collect();
    host.write("src/more.rs", &tables);
    host.done("--plugin core");
    host.done("upgrade --database-url app.db");
    let more = told.replace("3 revisions", "4 revisions").replace("3 tables", "53 tables");
    assert_eq!(stages(&host), more);
}

#[test]
fn a_database_that_is_known_to_be_as_made_needs_no_replaying() {
    let host = Host::with_baselines();
    let url = "--database-url sqlite:app.db";
    host.done(&format!("upgrade {url}"));
    let replays = || host.run(&format!("check -vv {url}")).stderr.contains("replay:");
    assert!(!replays());

    // The models are compared all the same.
    host.edit("src/schema.rs", "tag -> Text,", "tag -> Text,\n        note -> Nullable<Text>,");
    let run = host.run(&format!("check {url}"));
    assert_eq!(run.code, 1, "{}", run.transcript());
    assert!(run.transcript().contains("+ assets.note  Text"), "{}", run.transcript());
    host.done("generate");
    assert!(replays(), "a revision is pending");
    host.done(&format!("upgrade {url}"));
    assert!(!replays());

    host.sql("app.db", "CREATE TABLE somebodys (id INTEGER)");
    assert!(!replays());
    host.sql("app.db", "CREATE VIEW seen AS SELECT * FROM assets");
    assert!(replays(), "it isn't as it was after the last revision");
    host.sql("app.db", "DROP VIEW seen");
    assert!(!replays());
    host.sql("app.db", "DROP INDEX ix_devices_serial");
    assert_eq!(host.run(&format!("check {url}")).code, 1);
}

/// The ledger tells which tables a revision has made, and nothing of types.
#[test]
fn a_type_that_nobody_defines_any_more_is_not_forgotten() {
    const STATES: &str = "autogen::sql_enum! { pub enum State { Ok, Lost } }\n\
                          autogen::table! { things { id -> Integer, state -> Nullable<StateMapping> } }";
    let server = autogen_test_servers::postgres();
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']"), ("src/schema.rs", STATES)]);
    let url = format!("--database-url {}", server.url());
    host.done(&format!("generate {url}"));
    host.done(&format!("upgrade {url}"));
    assert!(!host.run(&format!("check -vv {url}")).stderr.contains("replay:"));
    host.write("src/schema.rs", "autogen::table! { things { id -> Integer } }");
    let said = host.run(&format!("check {url}")).transcript();
    assert!(said.contains("- things.state") && said.contains("- enum state"), "{said}");
}
