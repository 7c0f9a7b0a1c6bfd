//! `autogen explain`: both sides of a thing, and why they are one or not.

use expect_test::expect;

use crate::support::Host;

/// Definitions of both kinds, and a database that differs in a few parts.
fn host() -> Host {
    let host = Host::of(&[
        (
            "src/schema.rs",
            r#"
autogen::table! {
    #[check("length(serial) > 0")]
    #[index(kind, name = "ix_kind")]
    devices (id) {
        id -> Integer,
        #[unique(name = "uq_serial")]
        #[max_length = 64]
        serial -> Varchar,
        #[default = "hub"]
        kind -> Text,
        #[default = false]
        retired -> Bool,
        #[references(places(id))]
        place -> Nullable<Integer>,
    }
}
diesel::table! { places (id) { id -> Integer, name -> Text, } }
"#,
        ),
        ("plugins/usb/src/schema.rs", "diesel::table! { ports (id) { id -> Integer, } }"),
    ]);
    host.sql(
        "app.db",
        "CREATE TABLE places (id INTEGER PRIMARY KEY, name VARCHAR(9) NOT NULL DEFAULT 'x');
         CREATE INDEX ix_name ON places (name);
         CREATE TABLE ports (id INTEGER PRIMARY KEY);
         CREATE TABLE devices (
            id INTEGER PRIMARY KEY,
            serial VARCHAR (64) NOT NULL CONSTRAINT uq_serial UNIQUE,
            kind TEXT NOT NULL DEFAULT 'port',
            retired BOOLEAN NOT NULL DEFAULT (FALSE),
            place INTEGER,
            extra TEXT,
            CHECK (LENGTH(\"serial\")>0)
         );",
    );
    host
}

#[test]
fn a_table_is_explained_line_by_line() {
    host().says(
        "explain core.devices --database-url app.db",
        expect![[r#"
            core.devices
              table devices  (src/schema.rs:5:5)
                declared  devices (id)
                live      devices (id)
                equal: the same key and options
              column id  (src/schema.rs:6:9)
                declared  Integer not null
                live      INTEGER not null
                equal: in every part
              column serial  (src/schema.rs:9:9)
                declared  Varchar(64) not null
                live      VARCHAR (64) not null
                equal: in every part
              column kind  (src/schema.rs:11:9)
                declared  Text not null default 'hub'
                live      TEXT not null default 'port'
                different: default: not one default to sqlite
              column retired  (src/schema.rs:13:9)
                declared  Bool not null default 0
                live      BOOLEAN not null default FALSE
                  as      BOOLEAN not null default 0
                equal: in every part
              column place  (src/schema.rs:15:9)
                declared  Integer null
                live      INTEGER null
                equal: in every part
              column extra
                declared  none
                live      TEXT null
                different: column: no definition has such a column
              unique  (src/schema.rs:7:11)
                declared  unique uq_serial on devices (serial)
                live      unique uq_serial on devices (serial)
                equal: the same rule
              index  (src/schema.rs:4:7)
                declared  index ix_kind on devices (kind)
                live      none
                different: the database has no such rule
              foreign key  (src/schema.rs:14:11)
                declared  foreign key on devices (place) -> places (id)
                live      none
                different: the database has no such rule
              check  (src/schema.rs:3:7)
                declared  check on devices (length(serial) > 0)
                live      check on devices (LENGTH("serial")>0)
                equal: both are length("serial") > 0 in one spelling
            --- exit 1
        "#]],
    );
}

#[test]
fn a_column_is_explained_part_by_part() {
    let host = host();
    host.says(
        "explain core.devices.retired --database-url app.db",
        expect![[r#"
            core.devices.retired
              type  (src/schema.rs:13:9)
                declared  Bool
                live      BOOLEAN
                equal: names of one type
              nullability  (src/schema.rs:13:9)
                declared  not null
                live      not null
                equal: the same words
              default  (src/schema.rs:13:9)
                declared  0
                live      FALSE
                  as      0
                equal: the same expression but for brackets, quotes, spaces and letter case
            --- exit 0
        "#]],
    );
    host.says(
        "explain core.devices.kind --database-url app.db",
        expect![[r#"
            core.devices.kind
              type  (src/schema.rs:11:9)
                declared  Text
                live      TEXT
                equal: names of one type
              nullability  (src/schema.rs:11:9)
                declared  not null
                live      not null
                equal: the same words
              default  (src/schema.rs:11:9)
                declared  'hub'
                live      'port'
                different: not one default to sqlite
              index  (src/schema.rs:4:7)
                declared  index ix_kind on devices (kind)
                live      none
                different: the database has no such rule
            --- exit 1
        "#]],
    );
    host.says(
        "explain core.devices.uq_serial --database-url app.db",
        expect![[r#"
        core.devices.uq_serial
          unique  (src/schema.rs:7:11)
            declared  unique uq_serial on devices (serial)
            live      unique uq_serial on devices (serial)
            equal: the same rule
        --- exit 0
    "#]],
    );
}

#[test]
fn what_a_definition_does_not_say_is_not_judged() {
    host().says(
        "explain core.places --database-url app.db",
        expect![[r#"
        core.places
          table places  (src/schema.rs:18:18)
            declared  places (id)
            live      places (id)
            equal: the same key and options
          column id  (src/schema.rs:18:32)
            declared  Integer not null
            live      INTEGER not null
            equal: in every part
          column name  (src/schema.rs:18:47)
            declared  Text not null
            live      VARCHAR(9) not null default 'x'
            equal: in every part that is judged; not judged: default
          index
            declared  none
            live      index ix_name on places (name)
            not judged: a definition of this kind says nothing of other indexes
        --- exit 0
    "#]],
    );
}

#[test]
fn the_chain_answers_where_no_database_is_named() {
    let host = Host::with_baselines();
    host.says(
        "explain usb.devices.serial --format json",
        expect![[r#"
            {
              "version": 1,
              "command": "explain",
              "subject": "usb.devices.serial",
              "dialect": "sqlite",
              "parts": [
                {
                  "part": "type",
                  "place": {
                    "file": "plugins/usb/src/schema.rs",
                    "line": 8,
                    "column": 9
                  },
                  "declared": {
                    "stated": "Text",
                    "compared": "Text"
                  },
                  "chain": {
                    "stated": "TEXT",
                    "compared": "TEXT"
                  },
                  "verdict": "equal",
                  "why": "names of one type"
                },
                {
                  "part": "nullability",
                  "place": {
                    "file": "plugins/usb/src/schema.rs",
                    "line": 8,
                    "column": 9
                  },
                  "declared": {
                    "stated": "null",
                    "compared": "null"
                  },
                  "chain": {
                    "stated": "null",
                    "compared": "null"
                  },
                  "verdict": "equal",
                  "why": "the same words"
                },
                {
                  "part": "index",
                  "place": {
                    "file": "plugins/usb/src/schema.rs",
                    "line": 2,
                    "column": 7
                  },
                  "declared": {
                    "stated": "index on devices (serial)",
                    "compared": "index on devices (serial)"
                  },
                  "chain": {
                    "stated": "index ix_devices_serial on devices (serial)",
                    "compared": "index ix_devices_serial on devices (serial)"
                  },
                  "verdict": "equal",
                  "why": "one rule to sqlite: what a definition leaves out isn't judged"
                }
              ]
            }
            --- exit 0
        "#]],
    );
}

#[test]
fn a_table_is_found_without_its_plugin() {
    let host = host();
    let all =
        host.run("explain core.devices.serial --database-url app.db").transcript().replace("core.devices", "devices");
    assert_eq!(host.run("explain devices.serial --database-url app.db").transcript(), all);
    assert_eq!(host.run("explain devices --database-url app.db").code, 1);
}

#[test]
fn what_is_not_there_has_neighbours() {
    let host = host();
    for subject in ["things", "core.devises", "core.devices.seriall", "core.ports", "ubs.ports", "core.zzz"] {
        assert_eq!(host.run(&format!("explain {subject} --database-url app.db")).code, 2, "{subject}");
    }
    host.says(
        "explain things",
        expect![[r#"
        --- stderr
        error[bad-subject]: `things` names no table
        help: write TABLE.OBJECT, or PLUGIN.TABLE.OBJECT, as in `usb.usbdevices.serial`; the host's own are `core`'s
        --- exit 2
    "#]],
    );
    host.says(
        "explain core.devises --database-url app.db",
        expect![[r#"
        --- stderr
        error[no-such-object]: core has no table `devises`
        help: did you mean `devices`?
        --- exit 2
    "#]],
    );
    host.says(
        "explain core.devices.seriall --database-url app.db",
        expect![[r#"
            --- stderr
            error[no-such-object]: core's table devices has no column and no rule `seriall`
            help: did you mean `serial` or `uq_serial`?
            --- exit 2
        "#]],
    );
    host.says(
        "explain core.ports --database-url app.db",
        expect![[r#"
        --- stderr
        error[no-such-object]: core has no table `ports`
        help: it is usb's: `autogen explain usb.ports`
        --- exit 2
    "#]],
    );
    host.says(
        "explain core.zzz --database-url app.db",
        expect![[r#"
        --- stderr
        error[no-such-object]: core has no table `zzz`
        help: `autogen plugins` lists who has which tables
        --- exit 2
    "#]],
    );
}
