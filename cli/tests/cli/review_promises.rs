//! Reviews of what a branch promises: that merged revisions stay as they are, that headers tell what scripts do, and that
//! the program of an earlier release goes on to work.

use expect_test::expect;

use crate::repository::{USB, branch, commit, git, with_column};
use crate::support::{Host, PORTS};

#[test]
fn what_the_base_has_stays_as_it_is() {
    let host = branch();
    host.edit("plugins/net/migrations/2026-11-21-071100-net_baseline/up.sql", "\"speed\" INTEGER", "\"speed\" TEXT");
    // Comments and certificates don't count.
    host.edit("migrations/2026-11-21-071100-core_baseline/up.sql", ");\n", "); -- as it was\n");
    host.done("verify --record core@baseline");
    let usb = host.path("plugins/usb/migrations/2026-11-21-071100-usb_baseline");
    std::fs::rename(&usb, usb.with_file_name("2026-11-21-071155-usb_baseline")).expect("renamed");
    host.says(
        "review",
        expect![[r#"
        usb: 1 new revision
          2026-11-21-071155-usb_baseline: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          + table devices  (id)
              id        Integer not null auto increment
              asset_id  Integer not null
              serial    Text
              index ix_devices_serial on devices (serial)
              foreign key on devices (asset_id) -> assets (id) on delete cascade
          at risk: nothing
        error[merged-revision-removed]: 2026-11-21-071100-usb_baseline is gone, and `origin/main` has it
        help: databases may have applied it: put it back as `origin/main` has it, and write a new revision
        net: 2026-11-21-071100-net_baseline isn't what `origin/main` has: up.sql differs [merged-revision-edited]
          help: databases may have applied it: put it back as `origin/main` has it, and write a new revision
        --- exit 1
    "#]],
    );
}

#[test]
fn a_header_must_say_what_its_sql_does() {
    let host = branch();
    host.edit(USB, "        serial -> Nullable<Text>,\n", "");
    host.edit(USB, "    #[index(serial)]\n", "");
    host.done("--plugin usb --allow all -m less");
    let up = "plugins/usb/migrations/2026-11-21-071101-usb_less/up.sql";
    assert_eq!(host.run("review").code, 0);
    let lines = |host: &Host| -> Vec<String> {
        let text = host.read(up);
        text.lines().take_while(|line| line.starts_with("--")).map(str::to_owned).collect()
    };
    for line in lines(&host).iter().filter(|line| line.contains("serial")) {
        host.edit(up, &format!("{line}\n"), "");
    }
    host.edit(up, "-- At risk:\n", "--   + devices.color  Text\n-- At risk:\n");
    host.says("review", expect![[r#"
        usb: 1 new revision
          2026-11-21-071101-usb_less: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          - index ix_devices_serial on devices (serial)
          - devices.serial  Text
          at risk: drop-column: column devices.serial and its values are lost
        error[lint]: drop-column: column devices.serial and its values are lost
          --> plugins/usb/migrations/2026-11-21-071101-usb_less/up.sql:10:23
           |
        10 | ALTER TABLE "devices" DROP COLUMN "serial";
           |                       ^^^^^^^^^^^^^^^^^^^^
        help: take it out of the program first, and drop it in a later release
        error[header-differs]: 2026-11-21-071101-usb_less: the header doesn't say what up.sql does: `- devices.serial  Text`
        help: write the revision anew by `autogen`, or correct the header
        error[header-differs]: 2026-11-21-071101-usb_less: the header says what up.sql doesn't do: `+ devices.color  Text`
        help: write the revision anew by `autogen`, or correct the header
        error[header-differs]: 2026-11-21-071101-usb_less: the header doesn't say what is at risk: drop-column
        help: write the revision anew by `autogen`, or correct the header
        --- exit 1
    "#]]);
}

#[test]
fn what_was_added_to_a_generated_script_is_said() {
    let host = branch();
    host.edit(USB, "serial -> Nullable<Text>,", "serial -> Nullable<Text>,\n        color -> Nullable<Text>,");
    host.done("--plugin usb -m color");
    let folder = "plugins/usb/migrations/2026-11-21-071101-usb_color";
    let (up, down) = (host.read(&format!("{folder}/up.sql")), host.read(&format!("{folder}/down.sql")));
    for (more, undo, said) in [
        (
            "CREATE TRIGGER tr AFTER INSERT ON devices BEGIN DELETE FROM devices; END;",
            "DROP TRIGGER tr;",
            "`+ trigger tr`",
        ),
        ("CREATE VIEW v AS SELECT id FROM devices;", "DROP VIEW v;", "`+ view v`"),
        ("DELETE FROM devices WHERE serial = 'x';", "", "it takes rows from devices"),
        ("INSERT INTO devices (asset_id) SELECT id FROM assets;", "DELETE FROM devices;", "it adds rows to devices"),
    ] {
        host.write(&format!("{folder}/up.sql"), &format!("{up}{more}\n"));
        host.write(&format!("{folder}/down.sql"), &format!("{undo}\n{down}"));
        let output = host.run("review");
        let all = format!("{more}\n{}{}", output.stdout, output.stderr);
        assert_eq!(output.code, 1, "{all}");
        assert!(all.contains(&format!("the header doesn't say what up.sql does: {said}")), "{all}");
    }
}

#[test]
fn a_column_that_the_script_fills_is_no_risk_of_what_is_missing() {
    let host = branch();
    host.edit(
        USB,
        "serial -> Nullable<Text>,",
        "serial -> Nullable<Text>,\n        #[backfill(\"'z'\")] color -> Text,",
    );
    host.done("--plugin usb --allow rebuild -m color");
    host.says(
        "review",
        expect![[r#"
        usb: 1 new revision
          2026-11-21-071101-usb_color: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          + devices.color  Text not null
          at risk: rebuild: every row of devices is copied while nobody else can write
        compared with origin/main: nothing stands against it
        --- exit 0
    "#]],
    );
    let output = host.run("review --deny");
    assert!(output.stdout.contains("rebuild") && !output.stdout.contains("not-null"), "{}", output.stdout);
}

#[test]
fn what_is_called_renamed_must_keep_its_values() {
    let host = branch();
    host.edit("plugins/net/src/schema.rs", "speed ->", "#[renamed_from(speed)] rate ->");
    host.done("--plugin net -m rate");
    host.says(
        "review",
        expect![[r#"
            net: 1 new revision
              2026-11-21-071101-net_rate: proven
                on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
                nothing is lost but what the change itself destroys; no view, trigger or key breaks
              > ports.speed -> rate
              at risk: nothing
            compared with origin/main: nothing stands against it
            --- exit 0
        "#]],
    );
    let folder = "plugins/net/migrations/2026-11-21-071101-net_rate";
    for (file, from, to) in [("up.sql", "speed", "rate"), ("down.sql", "rate", "speed")] {
        let file = format!("{folder}/{file}");
        let rename = format!("RENAME COLUMN \"{from}\" TO \"{to}\"");
        host.edit(
            &file,
            &rename,
            &format!("ADD COLUMN \"{to}\" INTEGER;\nALTER TABLE \"ports\" DROP COLUMN \"{from}\""),
        );
    }
    host.says("review", expect![[r#"
        net: 1 new revision
          2026-11-21-071101-net_rate: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          > ports.speed -> rate
          at risk: nothing
        error[lint]: drop-column: column ports.speed and its values are lost
          --> plugins/net/migrations/2026-11-21-071101-net_rate/up.sql:11:21
           |
        11 | ALTER TABLE "ports" DROP COLUMN "speed";
           |                     ^^^^^^^^^^^^^^^^^^^
        help: take it out of the program first, and drop it in a later release
        error[header-differs]: 2026-11-21-071101-net_rate: the header calls renamed what isn't: up.sql loses or changes rows that it should keep; ports.speed holds other values: 1 became NULL
        help: write the revision anew by `autogen`, or correct the header
        --- exit 1
    "#]]);
}

#[test]
fn a_revision_that_does_not_run_is_no_more_than_said() {
    let host = branch();
    host.revision("net", "2026-12-01-000000_more", "ALTER TABLE ports ADD COLUMN duplex INTEGER;", "SELECT 1;");
    host.says(
        "review",
        expect![[r#"
            net: 1 new revision
              2026-12-01-000000_more: not proven
            warning[lint]: irreversible: down.sql doesn't take column ports.duplex back
             --> plugins/net/migrations/2026-12-01-000000_more/up.sql:1:19
              |
            1 | ALTER TABLE ports ADD COLUMN duplex INTEGER;
              |                   ^^^^^^^^^^^^^^^^^^^^^^^^^
            help: take back in down.sql, in reverse order, all that up.sql makes
            error[proof-failed]: down.sql doesn't give back the schema that up.sql started from
            note: column ports.duplex should not be there
            help: make down.sql take back every change of up.sql
            --- exit 1
        "#]],
    );
}

#[test]
fn an_old_program_must_not_meet_new_rules() {
    let host = branch();
    git(&host, "tag v1");
    host.edit(
        USB,
        "        serial -> Nullable<Text>,\n",
        "        #[unique]\n        serial -> Nullable<Text>,\n        #[unique]\n        color -> Nullable<Text>,\n",
    );
    host.edit("plugins/net/src/schema.rs", "ports (id)", "#[check(\"speed > 0\")]\n    ports (id)");
    host.done("--allow all");
    let said = host.run("review --compatible-with v1").stdout;
    let found: Vec<&str> = said.lines().filter(|line| line.contains("[incompatible-change]")).collect();
    expect![[r#"
        error[incompatible-change]: the definitions of `v1` don't work on the new schema: rows of ports that they write may break what is new: check on ports (speed > 0)
        error[incompatible-change]: the definitions of `v1` don't work on the new schema: rows of devices that they write may break what is new: unique uq_devices_serial on devices (serial)"#]].assert_eq(&found.join("\n"));
}

#[test]
fn an_old_program_must_go_on_to_work() {
    let host = branch();
    git(&host, "tag v1");
    with_column(&host, "color -> Nullable<Text>", "color");
    host.says(
        "review --compatible-with v1",
        expect![[r#"
        usb: 1 new revision
          2026-11-21-071101-usb_color: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          + devices.color  Text
          at risk: nothing
        compared with origin/main: nothing stands against it
        --- exit 0
    "#]],
    );
    commit(&host);
    let net = PORTS.replace(
        "speed -> Nullable<Integer>",
        "speed -> BigInt,\n        duplex -> Bool,\n        #[default = 1]\n        lanes -> Integer",
    );
    host.write("plugins/net/src/schema.rs", &net);
    host.edit(USB, "        serial -> Nullable<Text>,\n", "");
    host.edit(USB, "    #[index(serial)]\n", "");
    host.edit("src/schema.rs", "tag -> Text", "tag -> Nullable<Text>");
    host.done("--allow all");
    host.says("review --compatible-with v1", expect![[r#"
        core: 1 new revision
          2026-11-21-071101-core_alter_assets_tag: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          ~ assets.tag  not null -> null
          at risk: rebuild: every row of assets is copied while nobody else can write
        error[incompatible-change]: the definitions of `v1` don't work on the new schema: assets.tag may be NULL now, and is read as if it never were
        help: keep what they read and write until nothing of `v1` runs any more; change it in a later release
        net: 1 new revision
          2026-11-21-071101-net_add_ports_duplex: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
            with empty table ports: no seeded row meets what up.sql asks for: ports.duplex is required and has no default; rows: 1
          + ports.duplex  Bool not null
          + ports.lanes  Integer not null default 1
          ~ ports.speed  INTEGER -> BIGINT; null -> not null
          at risk: not-null: ports.duplex is required and has no default: the table must be empty
          at risk: not-null: rows in which ports.speed is NULL stop the migration
          at risk: rebuild: every row of ports is copied while nobody else can write
        error[incompatible-change]: the definitions of `v1` don't work on the new schema: ports.speed is BigInt now, and is read as Integer
        help: keep what they read and write until nothing of `v1` runs any more; change it in a later release
        error[incompatible-change]: the definitions of `v1` don't work on the new schema: ports.speed must have a value now, and NULL is written to it
        help: keep what they read and write until nothing of `v1` runs any more; change it in a later release
        error[incompatible-change]: the definitions of `v1` don't work on the new schema: ports.duplex is required and has no default: rows are inserted without it
        help: keep what they read and write until nothing of `v1` runs any more; change it in a later release
        usb: 2 new revisions
          2026-11-21-071101-usb_color: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          2026-11-21-071102-usb_drop_devices_serial: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          - index ix_devices_serial on devices (serial)
          - devices.serial  Text
          + devices.color  Text
          at risk: drop-column: column devices.serial and its values are lost
        error[incompatible-change]: the definitions of `v1` don't work on the new schema: devices.serial is gone, or has another name
        help: keep what they read and write until nothing of `v1` runs any more; change it in a later release
        --- exit 1
    "#]]);
}
