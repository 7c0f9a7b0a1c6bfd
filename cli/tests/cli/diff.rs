//! `autogen diff`: what generate would write, in four forms.

use autogen_engine::dialect::Dialect;
use expect_test::expect;

use crate::support::Host;

/// The fixture with one change of each sign.
fn changed() -> Host {
    let host = Host::with_baselines();
    host.edit(
        "plugins/usb/src/schema.rs",
        "serial -> Nullable<Text>",
        "#[renamed_from(serial)]\n        serial_number -> Nullable<Text>,\n        #[default = 0]\n        uses -> Integer",
    );
    host.edit("plugins/usb/src/schema.rs", "#[index(serial)]", "#[unique(serial_number)]");
    host.edit("src/schema.rs", "tag -> Text", "tag -> Nullable<Text>");
    host
}

#[test]
fn as_text() {
    let host = changed();
    let before = host.files();
    host.says(
        "diff",
        expect![[r#"
            core: 1 change
              ~ assets.tag  not null -> null
              at risk: rebuild: every row of assets is copied while nobody else can write
            net: in sync
            usb: 4 changes
              > devices.serial -> serial_number
              - index ix_devices_serial on devices (serial_number)
              + devices.uses  Integer not null default 0
              + unique uq_devices_serial_number on devices (serial_number)
              at risk: new-unique: rows of devices that share (serial_number) stop the migration
            --- exit 1
        "#]],
    );
    host.says(
        "diff --plugin net",
        expect![[r#"
            net: in sync
            --- exit 0
        "#]],
    );
    assert_eq!(host.files(), before);
}

#[test]
fn as_sql() {
    changed().says("diff --plugin usb --format sql", expect![[r#"
        ALTER TABLE "devices" RENAME COLUMN "serial" TO "serial_number";
        -- stops if devices (serial_number) occurs more than once
        SELECT json_extract('{}', 'stopped: devices (serial_number) occurs more than once; rows: ' || "n")
        FROM (SELECT (SELECT coalesce(sum("n"), 0) FROM (SELECT count(*) AS "n" FROM "devices" WHERE "serial_number" IS NOT NULL GROUP BY "serial_number" HAVING count(*) > 1) AS "d") AS "n") WHERE "n" > 0;
        DROP INDEX "ix_devices_serial";
        ALTER TABLE "devices" ADD COLUMN "uses" INTEGER NOT NULL DEFAULT 0;
        CREATE UNIQUE INDEX "uq_devices_serial_number" ON "devices" ("serial_number");
        --- exit 1
    "#]]);
    changed().says(
        "diff --plugin net --format sql",
        expect![[r#"
            --- exit 0
        "#]],
    );
}

#[test]
fn as_a_unified_diff() {
    changed().says(
        "diff --format unified",
        expect![[r#"
            --- a/assets
            +++ b/assets
            @@ -1,4 +1,4 @@
             CREATE TABLE "assets" (
                 "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            -    "tag" TEXT NOT NULL
            +    "tag" TEXT
             );
            --- a/devices
            +++ b/devices
            @@ -1,6 +1,7 @@
             CREATE TABLE "devices" (
                 "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
                 "asset_id" INTEGER NOT NULL REFERENCES "assets" ("id") ON DELETE CASCADE,
            -    "serial" TEXT
            +    "serial_number" TEXT,
            +    "uses" INTEGER NOT NULL DEFAULT 0
             );
            -CREATE INDEX "ix_devices_serial" ON "devices" ("serial");
            +CREATE UNIQUE INDEX "uq_devices_serial_number" ON "devices" ("serial_number");
            --- exit 1
        "#]],
    );
}

#[test]
fn as_a_document() {
    changed().says("diff --plugin usb --plugin net --format json", expect![[r#"
        {
          "version": 1,
          "command": "diff",
          "plugins": [
            {
              "plugin": "net",
              "in_sync": true
            },
            {
              "plugin": "usb",
              "dialect": "sqlite",
              "in_sync": false,
              "title": "rename devices.serial to serial_number",
              "changes": [
                {
                  "kind": "rename-column",
                  "table": "devices",
                  "column": "serial",
                  "text": "> devices.serial -> serial_number"
                },
                {
                  "kind": "drop-index",
                  "table": "devices",
                  "column": null,
                  "text": "- index ix_devices_serial on devices (serial_number)"
                },
                {
                  "kind": "add-column",
                  "table": "devices",
                  "column": "uses",
                  "text": "+ devices.uses  Integer not null default 0"
                },
                {
                  "kind": "add-unique",
                  "table": "devices",
                  "column": null,
                  "text": "+ unique uq_devices_serial_number on devices (serial_number)"
                }
              ],
              "takes": [],
              "gives": {},
              "hazards": [
                {
                  "name": "new-unique",
                  "detail": "rows of devices that share (serial_number) stop the migration",
                  "rows": null,
                  "allowed": null
                }
              ],
              "proven": [],
              "up": "-- usb: rename devices.serial to serial_number\n--\n-- Changes:\n--   > devices.serial -> serial_number\n--   - index ix_devices_serial on devices (serial_number)\n--   + devices.uses  Integer not null default 0\n--   + unique uq_devices_serial_number on devices (serial_number)\n-- At risk:\n--   new-unique: rows of devices that share (serial_number) stop the migration\n-- Locks: nobody else can write to the file while this runs.\n-- Proven: nothing; this was written without verification.\n\nALTER TABLE \"devices\" RENAME COLUMN \"serial\" TO \"serial_number\";\n\n-- stops if devices (serial_number) occurs more than once\nSELECT json_extract('{}', 'stopped: devices (serial_number) occurs more than once; rows: ' || \"n\")\nFROM (SELECT (SELECT coalesce(sum(\"n\"), 0) FROM (SELECT count(*) AS \"n\" FROM \"devices\" WHERE \"serial_number\" IS NOT NULL GROUP BY \"serial_number\" HAVING count(*) > 1) AS \"d\") AS \"n\") WHERE \"n\" > 0;\n\nDROP INDEX \"ix_devices_serial\";\nALTER TABLE \"devices\" ADD COLUMN \"uses\" INTEGER NOT NULL DEFAULT 0;\nCREATE UNIQUE INDEX \"uq_devices_serial_number\" ON \"devices\" (\"serial_number\");\n",
              "down": "-- usb: takes back \"rename devices.serial to serial_number\"\n--\n-- Changes:\n--   - unique uq_devices_serial_number on devices (serial_number)\n--   - devices.uses  Integer not null default 0\n--   + index ix_devices_serial on devices (serial_number)\n--   > devices.serial_number -> serial\n-- Can't bring back:\n--   the values of devices.uses, which this drops\n-- Locks: nobody else can write to the file while this runs.\n\nDROP INDEX \"uq_devices_serial_number\";\nALTER TABLE \"devices\" DROP COLUMN \"uses\";\nCREATE INDEX \"ix_devices_serial\" ON \"devices\" (\"serial_number\");\nALTER TABLE \"devices\" RENAME COLUMN \"serial_number\" TO \"serial\";\n"
            }
          ],
          "left_out": [],
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
              "line": 9,
              "column": 9,
              "changes": [
                {
                  "kind": "rename-column",
                  "table": "devices",
                  "column": "serial",
                  "text": "> devices.serial -> serial_number"
                },
                {
                  "kind": "drop-index",
                  "table": "devices",
                  "column": null,
                  "text": "- index ix_devices_serial on devices (serial_number)"
                },
                {
                  "kind": "add-column",
                  "table": "devices",
                  "column": "uses",
                  "text": "+ devices.uses  Integer not null default 0"
                },
                {
                  "kind": "add-unique",
                  "table": "devices",
                  "column": null,
                  "text": "+ unique uq_devices_serial_number on devices (serial_number)"
                }
              ],
              "help": "run `autogen` to write the next revision"
            }
          ],
          "warnings": []
        }
        --- exit 1
    "#]]);
}

#[test]
fn in_colour_when_asked() {
    let host = changed();
    let plain = host.run("diff").stdout;
    let always = host.run("diff --color always").stdout;
    assert!(always.contains("  \u{1b}[32m+ devices.uses"), "{always}");
    let mut bare = always.clone();
    for code in ["\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m", "\u{1b}[36m", "\u{1b}[0m"] {
        bare = bare.replace(code, "");
    }
    assert_eq!(bare, plain, "colours are all that may differ");
    assert_eq!(host.run("diff --color never").stdout, plain);
    // Whoever asks for colours by name gets them.
    let forced = host.command("diff --color always").env("NO_COLOR", "1").output().expect("runs");
    assert_eq!(host.output(forced).stdout, always);
    let error = host.run("--plugin ubs --color always").stderr;
    assert!(error.contains('\u{1b}'), "{error}");
    let error = host.run("--plugin ubs").stderr;
    assert!(!error.contains('\u{1b}'), "{error}");
}

#[test]
fn every_plugin_of_the_fixture() {
    let host = Host::shopdb(Dialect::Sqlite);
    host.says(
        "diff",
        expect![[r#"
            core: in sync
            equipment: in sync
            network: in sync
            computers: in sync
            notifications: in sync
            printers: in sync
            usb: 2 changes
              + usbdevices.hardwareid  Varchar(9)
              + index ix_usbdevices_hardwareid on usbdevices (hardwareid)
              at risk: nothing
            --- exit 1
        "#]],
    );
    for plugin in ["core", "computers", "equipment", "network", "notifications", "printers"] {
        assert_eq!(host.done(&format!("diff --plugin {plugin}")), format!("{plugin}: in sync\n"));
    }
}
