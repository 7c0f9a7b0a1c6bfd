//! Changes that put something at risk: refused until somebody allows them by name.

use expect_test::expect;

use crate::support::Host;

/// The small host, migrated, with rows, and with the devices' serial gone from source.
fn without_serial() -> Host {
    let host = Host::with_database();
    host.sql("app.db", "INSERT INTO assets (tag) VALUES ('a'), ('b'), ('c')");
    host.sql("app.db", "INSERT INTO devices (asset_id, serial) VALUES (1, 'x'), (2, 'y'), (3, NULL)");
    host.edit("plugins/usb/src/schema.rs", "#[index(serial)]\n    ", "");
    host.edit("plugins/usb/src/schema.rs", "        serial -> Nullable<Text>,\n", "");
    host
}

#[test]
fn a_hazard_is_refused_by_name_and_nothing_is_written() {
    let host = without_serial();
    let before = host.files();
    host.says(
        "--plugin usb",
        expect![[r#"
            --- stderr
            error[hazard-not-allowed]: usb's change has hazards that nobody has allowed
            note: drop-column: column devices.serial and its values are lost
            help: if that is meant, add `--allow drop-column`
            --- exit 2
        "#]],
    );
    assert_eq!(host.files(), before);
}

#[test]
fn rows_at_stake_are_counted_in_a_live_database() {
    let host = without_serial();
    host.says(
        "--plugin usb --database-url app.db",
        expect![[r#"
            --- stderr
            error[hazard-not-allowed]: usb's change has hazards that nobody has allowed
            note: drop-column: column devices.serial and its values are lost (2 rows now)
            help: if that is meant, add `--allow drop-column`
            --- exit 2
        "#]],
    );
    host.says(
        "diff --plugin usb --database-url app.db",
        expect![[r#"
            usb: 2 changes
              - index ix_devices_serial on devices (serial)
              - devices.serial  Text
              at risk: drop-column: column devices.serial and its values are lost (2 rows now)
            --- exit 1
        "#]],
    );
    host.sql("app.db", "DELETE FROM devices WHERE serial = 'y'");
    host.says(
        "--plugin usb --database-url app.db",
        expect![[r#"
            --- stderr
            error[hazard-not-allowed]: usb's change has hazards that nobody has allowed
            note: drop-column: column devices.serial and its values are lost (1 row now)
            help: if that is meant, add `--allow drop-column`
            --- exit 2
        "#]],
    );
}

#[test]
fn a_hazard_may_be_allowed_by_name_or_with_all_others() {
    for allow in ["drop-column", "drop_column", "rebuild,drop-column", "all"] {
        let host = without_serial();
        host.done(&format!("--plugin usb --no-verify --allow {allow}"));
    }
    let host = without_serial();
    assert_eq!(host.run("--plugin usb --allow rebuild").code, 2, "another hazard is none of its business");
    host.says("--plugin usb --allow drop-column --database-url app.db", expect![[r#"
        usb: drop devices.serial
          - index ix_devices_serial on devices (serial)
          - devices.serial  Text
          at risk: drop-column: column devices.serial and its values are lost (2 rows now)
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/usb/migrations/2026-11-21-071101-usb_drop_devices_serial/{up.sql,down.sql,metadata.toml}
        --- exit 0
    "#]]);
    host.done("upgrade --database-url app.db");
    assert_eq!(host.values("app.db", "SELECT count(*) || '' AS value FROM devices"), ["3"]);
    host.in_sync("check --database-url app.db");
}

#[test]
fn a_hazard_that_is_misspelled_is_no_permission() {
    let host = without_serial();
    host.says("--plugin usb --allow drop-colum", expect![[r#"
        --- stderr
        error: invalid value 'drop-colum' for '--allow <HAZARD,...>': unknown hazard `drop-colum`; known: drop-table, drop-column, delete-rows, drop-enum-value, narrow-type, not-null, new-unique, new-check, new-foreign-key, rebuild, table-rewrite, irreversible

        For more information, try '--help'.
        --- exit 2
    "#]]);
    host.edit("plugins/usb/src/schema.rs", "devices (id)", "#[allow(drop_everything)]\n    devices (id)");
    host.says(
        "--plugin usb",
        expect![[r#"
            --- stderr
            error[hazard-not-allowed]: usb's change has hazards that nobody has allowed
            note: drop-column: column devices.serial and its values are lost
            help: if that is meant, add `--allow drop-column`
            --- exit 2
        "#]],
    );
}

#[test]
fn source_may_allow_a_hazard_and_say_why() {
    let host = without_serial();
    host.edit(
        "plugins/usb/src/schema.rs",
        "devices (id)",
        "#[allow(drop_column, reason = \"moved to assets\")]\n    devices (id)",
    );
    host.says("--plugin usb", expect![[r#"
        usb: drop devices.serial
          - index ix_devices_serial on devices (serial)
          - devices.serial  Text
          at risk: drop-column: column devices.serial and its values are lost; allowed: moved to assets
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/usb/migrations/2026-11-21-071101-usb_drop_devices_serial/{up.sql,down.sql,metadata.toml}
        --- exit 0
    "#]]);
}

#[test]
fn a_drop_and_an_add_that_look_alike_may_be_a_rename() {
    let host = Host::with_rows();
    host.edit("plugins/usb/src/schema.rs", "#[index(serial)]", "#[index(serial_number)]");
    host.edit("plugins/usb/src/schema.rs", "serial -> Nullable<Text>", "serial_number -> Nullable<Text>");
    host.says(
        "--plugin usb",
        expect![[r#"
            --- stderr
            error[hazard-not-allowed]: usb's change has hazards that nobody has allowed
            note: drop-column: column devices.serial and its values are lost
            help: if that is meant, add `--allow drop-column`
                  if devices.serial_number is serial under a new name, write `#[renamed_from(serial)]` on it
            --- exit 2
        "#]],
    );

    host.edit("plugins/usb/src/schema.rs", "serial_number ->", "#[renamed_from(serial)]\n        serial_number ->");
    host.says("--plugin usb", expect![[r#"
        usb: rename devices.serial to serial_number
          > devices.serial -> serial_number
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/usb/migrations/2026-11-21-071101-usb_rename_devices_serial_to_serial_number/{up.sql,down.sql,metadata.toml}
        --- exit 0
    "#]]);
    host.done("upgrade --database-url app.db");
    assert_eq!(host.values("app.db", "SELECT serial_number AS value FROM devices"), ["x"], "rows must stay");
    // The hint does nothing once it is done.
    host.in_sync("--plugin usb");
    host.in_sync("check --database-url app.db");
}

#[test]
fn a_table_may_be_renamed_too() {
    let host = Host::with_rows();
    host.edit("plugins/usb/src/schema.rs", "devices (id)", "sticks (id)");
    host.says(
        "--plugin usb",
        expect![[r#"
            --- stderr
            error[hazard-not-allowed]: usb's change has hazards that nobody has allowed
            note: drop-table: table devices and all its rows are lost
            help: if that is meant, add `--allow drop-table`
                  if sticks is devices under a new name, write `#[renamed_from(devices)]` on it
            --- exit 2
        "#]],
    );
    host.edit("plugins/usb/src/schema.rs", "sticks (id)", "#[renamed_from(devices)]\n    sticks (id)");
    host.says("--plugin usb", expect![[r#"
        usb: rename devices to sticks
          > devices -> sticks
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/usb/migrations/2026-11-21-071101-usb_rename_devices_to_sticks/{up.sql,down.sql,metadata.toml}
        --- exit 0
    "#]]);
    host.done("upgrade --database-url app.db");
    assert_eq!(host.values("app.db", "SELECT serial AS value FROM sticks"), ["x"]);
    host.in_sync("--plugin usb --database-url app.db");
}

#[test]
fn a_table_that_another_plugin_points_at_may_be_renamed() {
    let host = Host::with_database();
    host.edit("src/schema.rs", "assets (id)", "#[renamed_from(assets)]\n    things (id)");
    host.edit("plugins/usb/src/schema.rs", "assets(id)", "things(id)");
    host.done("");
    host.in_sync("check");
    host.done("upgrade --database-url app.db");
    host.in_sync("check --database-url app.db");
    // The same on a database that begins today.
    host.done("upgrade --database-url new.db");
    assert_eq!(host.schema("new.db"), host.schema("app.db"));
}

#[test]
fn a_required_column_wants_a_value_for_rows_that_are_there() {
    let host = Host::with_database();
    host.edit("plugins/net/src/schema.rs", "speed ->", "name -> Text,\n        speed ->");
    host.says(
        "--plugin net",
        expect![[r#"
            --- stderr
            error[hazard-not-allowed]: net's change has hazards that nobody has allowed
            note: not-null: ports.name is required and has no default: the table must be empty
            help: if that is meant, add `--allow not-null`; or give the column a `#[default]` or a `#[backfill("...")]`
            --- exit 2
        "#]],
    );
    host.edit("plugins/net/src/schema.rs", "name -> Text", "#[default = \"?\"]\n        name -> Text");
    host.says("--plugin net", expect![[r#"
        net: add ports.name
          + ports.name  Text not null default '?'
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/net/migrations/2026-11-21-071101-net_add_ports_name/{up.sql,down.sql,metadata.toml}
        --- exit 0
    "#]]);
}

#[test]
fn rows_in_the_way_stop_the_upgrade_before_anything_changes() {
    let host = Host::with_database();
    host.sql("app.db", "INSERT INTO ports VALUES (1, 100), (2, NULL), (3, NULL)");
    host.edit("plugins/net/src/schema.rs", "speed -> Nullable<Integer>", "speed -> Integer");
    host.says("--plugin net --database-url app.db", expect![[r#"
        --- stderr
        error[hazard-not-allowed]: net's change has hazards that nobody has allowed
        note: not-null: rows in which ports.speed is NULL stop the migration (2 rows now)
        note: rebuild: every row of ports is copied while nobody else can write (3 rows now)
        help: if that is meant, add `--allow not-null,rebuild`; or give the column a `#[default]` or a `#[backfill("...")]`
        --- exit 2
    "#]]);
    host.done("--plugin net --database-url app.db --allow not-null,rebuild");
    let before = host.schema("app.db");
    host.says("upgrade --database-url app.db", expect![[r#"
        --- stderr
        applying net's 2026-11-21-071101-net_alter_ports_speed
        error[rows-in-the-way]: net's 2026-11-21-071101-net_alter_ports_speed stopped itself: ports.speed is NULL; rows: 2
          --> plugins/net/migrations/2026-11-21-071101-net_alter_ports_speed/up.sql:62:1
           |
        62 | SELECT json_extract('{}', 'stopped: ports.speed is NULL; rows: ' || "n")
           | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the database stopped at this statement
        help: nothing of it was applied; correct the rows, and run it again; this lists them: SELECT * FROM "ports" WHERE "speed" IS NULL
        --- exit 2
    "#]]);
    assert_eq!(host.schema("app.db"), before);
    host.sql("app.db", "UPDATE ports SET speed = 10 WHERE speed IS NULL");
    host.says(
        "upgrade --database-url app.db",
        expect![[r#"
            applied 1 revision
            --- stderr
            applying net's 2026-11-21-071101-net_alter_ports_speed
            --- exit 0
        "#]],
    );
    assert_eq!(host.values("app.db", "SELECT speed || '' AS value FROM ports"), ["100", "10", "10"]);
}

#[test]
fn a_view_that_stands_in_the_way_is_named() {
    let host = Host::of(&[("src/schema.rs", "autogen::table! { t (id) { id -> Integer, } }\n")]);
    let up = "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, b TEXT); CREATE VIEW v AS SELECT id, b FROM t;";
    host.revision("", "2020-01-01-000000_first", up, "DROP VIEW v; DROP TABLE t;");
    host.says("--allow all", expect![[r#"
        --- stderr
        error[proof-failed]: up.sql stops with an error on a scratch database with rows
        note: error in view v after drop column: no such column: b
        note: the statement in line 10: ALTER TABLE "t" DROP COLUMN "b"
        help: in the way: view v, which no definition makes; write a revision by hand that drops or changes it first, and one that makes it anew afterwards
        --- exit 2
    "#]]);
}

#[test]
fn a_record_is_no_type_of_a_column() {
    let host = Host::of(&[(
        "src/schema.rs",
        "diesel::table! { t (id) { id -> Integer, pair -> Record<(Integer, Text)>, } }\n",
    )]);
    host.says("", expect![[r#"
        --- stderr
        error[type-not-in-dialect]: no table can hold the type `Record`, which column `t.pair` has
         --> src/schema.rs:1:42
          |
        1 | diesel::table! { t (id) { id -> Integer, pair -> Record<(Integer, Text)>, } }
          |                                          ^^^^
        help: make the composite type in a migration by hand, and name it: `#[sql_type(postgres = "...")]`, or `#[derive(SqlType)]` with `#[diesel(postgres_type(name = "..."))]`
        --- exit 2
    "#]]);
}

#[test]
fn what_a_table_was_given_by_hand_stops_a_rebuild() {
    let host = Host::with_database();
    host.edit("plugins/net/src/schema.rs", "speed -> Nullable<Integer>", "speed -> Integer");
    host.done("--plugin net --allow all");
    host.sql("app.db", "ALTER TABLE ports ADD COLUMN handmade TEXT; CREATE INDEX ix_handmade ON ports (handmade)");
    host.says("upgrade --database-url app.db", expect![[r#"
        --- stderr
        applying net's 2026-11-21-071101-net_alter_ports_speed
        error[table-changed]: net's 2026-11-21-071101-net_alter_ports_speed stopped itself: ports has column handmade text, index ix_handmade, which it doesn't know
          --> plugins/net/migrations/2026-11-21-071101-net_alter_ports_speed/up.sql:12:1
           |
        12 | SELECT json_extract('{}', 'stopped: unknown: ' || "of" || ' has ' || group_concat(coalesce("shown", "what"), ', '))
           | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the database stopped at this statement
        help: nothing of it was applied; drop what was added and run it again, or take it into the definitions and write the revision anew; `autogen check` shows what differs
        --- exit 2
    "#]]);
}

#[test]
fn a_table_that_somebody_made_stops_the_drop_of_what_it_points_at() {
    let host = Host::with_database();
    host.sql(
        "app.db",
        "CREATE TABLE theirs (n INTEGER PRIMARY KEY, port INTEGER REFERENCES ports (id) ON DELETE CASCADE);
         INSERT INTO ports (id) VALUES (1); INSERT INTO theirs VALUES (1, 1)",
    );
    host.says("downgrade --allow all --plugin net base --database-url app.db", expect![[r#"
        --- stderr
        reverting net's 2026-11-21-071100-net_baseline
        error[table-changed]: net's 2026-11-21-071100-net_baseline stopped itself: theirs (port) points at ports, which it doesn't know
          --> plugins/net/migrations/2026-11-21-071100-net_baseline/down.sql:10:1
           |
        10 | SELECT json_extract('{}', 'stopped: unknown: ' || group_concat("t"."name" || ' (' || "k"."from" || ') points at ' || "k"."table", ',...
           | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the database stopped at this statement
        help: nothing of it was reverted; drop what was added and run it again, or take it into the definitions and write the revision anew; `autogen check` shows what differs
        --- exit 2
    "#]]);
    assert_eq!(host.values("app.db", "SELECT count(*) AS value FROM theirs"), ["1"]);
}
