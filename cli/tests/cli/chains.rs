//! Looking at chains: `heads`, `history`, `show`, `graph`, `plugins`; and naming a place in them.

use expect_test::expect;

use crate::support::Host;

/// A usb chain of two revisions, the second of which drops a column.
fn two_steps() -> Host {
    let host = Host::with_baselines();
    host.edit("plugins/usb/src/schema.rs", "        serial -> Nullable<Text>,\n", "");
    host.edit("plugins/usb/src/schema.rs", "    #[index(serial)]\n", "");
    host.done("--plugin usb --allow drop-column -m drop_serial");
    host
}

/// The usb chain with a second head.
fn branched() -> Host {
    let host = two_steps();
    let folder = "plugins/usb/migrations/2026-11-22-000000-usb_by_another";
    host.write(&format!("{folder}/up.sql"), "CREATE TABLE labels (id INTEGER PRIMARY KEY);\n");
    host.write(&format!("{folder}/down.sql"), "DROP TABLE labels;\n");
    let metadata = "run_in_transaction = true\n[autogen]\nplugin = 'usb'\nrevises = ['20261121071100usb']\n";
    host.write(&format!("{folder}/metadata.toml"), metadata);
    host
}

#[test]
fn heads() {
    let host = two_steps();
    host.says(
        "heads",
        expect![[r#"
        core  2026-11-21-071100-core_baseline
        net   2026-11-21-071100-net_baseline
        usb   2026-11-21-071101-usb_drop_serial
        --- exit 0
    "#]],
    );
    host.says(
        "heads --plugin usb --format json",
        expect![[r#"
        {
          "version": 1,
          "command": "heads",
          "plugins": [
            {
              "plugin": "usb",
              "heads": [
                "2026-11-21-071101-usb_drop_serial"
              ]
            }
          ]
        }
        --- exit 0
    "#]],
    );
    let host = branched();
    host.says(
        "heads --plugin usb",
        expect![[r#"
        usb  2026-11-21-071101-usb_drop_serial
        usb  2026-11-22-000000-usb_by_another
             help: join them by `autogen merge --plugin usb`, or put one after the other by `autogen rebase`
        --- exit 1
    "#]],
    );
    host.says("upgrade usb@head --database-url app.db", expect![[r#"
        --- stderr
        error[two-heads]: usb's chain has 2 heads: `plugins/usb/migrations/2026-11-21-071101-usb_drop_serial` and `plugins/usb/migrations/2026-11-22-000000-usb_by_another`
        help: join them by `autogen merge --plugin usb`, or put one after the other by `autogen rebase`
        --- exit 2
    "#]]);
}

#[test]
fn history() {
    let host = two_steps();
    host.says(
        "history",
        expect![[r#"
        2026-11-21-071101-usb_drop_serial  usb  (head)
        2026-11-21-071100-usb_baseline     usb  (base)
        2026-11-21-071100-net_baseline     net  (base, head)
        2026-11-21-071100-core_baseline    core  (base, head)
        --- exit 0
    "#]],
    );
    host.done("upgrade usb@head-1 --database-url app.db");
    host.says("history --database-url app.db --plugin usb -v", expect![[r#"
        2026-11-21-071101-usb_drop_serial  usb  (head, pending)
            folder: plugins/usb/migrations/2026-11-21-071101-usb_drop_serial
            revises: 2026-11-21-071100-usb_baseline
            proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
            proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
        2026-11-21-071100-usb_baseline     usb  (base, applied)
            folder: plugins/usb/migrations/2026-11-21-071100-usb_baseline
            depends on: 2026-11-21-071100-core_baseline
            proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
            proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
        --- exit 0
    "#]]);
    host.says(
        "history --plugin usb head:",
        expect![[r#"
        2026-11-21-071101-usb_drop_serial  usb  (head)
        --- exit 0
    "#]],
    );
    host.says("history :usb@baseline --format json", expect![[r#"
        {
          "version": 1,
          "command": "history",
          "revisions": [
            {
              "plugin": "usb",
              "revision": "2026-11-21-071100-usb_baseline",
              "folder": "plugins/usb/migrations/2026-11-21-071100-usb_baseline",
              "revises": [],
              "depends_on": [
                "2026-11-21-071100-core_baseline"
              ],
              "after": [],
              "takes": [],
              "gives": {},
              "verified": [
                "on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again",
                "nothing is lost but what the change itself destroys; no view, trigger or key breaks"
              ],
              "state": null
            },
            {
              "plugin": "core",
              "revision": "2026-11-21-071100-core_baseline",
              "folder": "migrations/2026-11-21-071100-core_baseline",
              "revises": [],
              "depends_on": [],
              "after": [],
              "takes": [],
              "gives": {},
              "verified": [
                "on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again",
                "no view, trigger or key breaks"
              ],
              "state": null
            }
          ]
        }
        --- exit 0
    "#]]);
    Host::of(&[("autogen.toml", "")]).says(
        "history",
        expect![[r#"
        no revisions
        --- exit 0
    "#]],
    );
}

#[test]
fn one_revision() {
    let host = two_steps();
    host.says("show drop_serial", expect![[r#"
        usb's 2026-11-21-071101-usb_drop_serial
          folder: plugins/usb/migrations/2026-11-21-071101-usb_drop_serial
          revises: 2026-11-21-071100-usb_baseline
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          at risk: drop-column: column devices.serial and its values are lost
          certificate: proven, on SQLite [VERSION]
          run: in one transaction

        ----- up.sql
        -- usb: drop_serial
        --
        -- Changes:
        --   - index ix_devices_serial on devices (serial)
        --   - devices.serial  Text
        -- At risk:
        --   drop-column: column devices.serial and its values are lost
        -- Locks: nobody else can write to the file while this runs.
        -- Proven: see metadata.toml.

        DROP INDEX "ix_devices_serial";
        ALTER TABLE "devices" DROP COLUMN "serial";

        ----- down.sql
        -- usb: takes back "drop_serial"
        --
        -- Changes:
        --   + devices.serial  Text
        --   + index ix_devices_serial on devices (serial)
        -- Can't bring back:
        --   the values of devices.serial
        -- Locks: nobody else can write to the file while this runs.

        ALTER TABLE "devices" ADD COLUMN "serial" TEXT;
        CREATE INDEX "ix_devices_serial" ON "devices" ("serial");
        --- exit 0
    "#]]);
    host.done("upgrade --database-url app.db");
    host.says("show core@head --database-url app.db --format json", expect![[r#"
        {
          "version": 1,
          "command": "show",
          "plugin": "core",
          "revision": "2026-11-21-071100-core_baseline",
          "folder": "migrations/2026-11-21-071100-core_baseline",
          "revises": [],
          "depends_on": [],
          "after": [],
          "takes": [],
          "gives": {},
          "verified": [
            "on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again",
            "no view, trigger or key breaks"
          ],
          "state": "applied",
          "at_risk": [],
          "standing": "proven",
          "run_in_transaction": true,
          "needed_by": [
            "2026-11-21-071100-usb_baseline",
            "2026-11-21-071101-usb_drop_serial"
          ],
          "ledger": "applied",
          "edited": false,
          "up": "-- core: baseline\n--\n-- Changes:\n--   + table assets  (id)\n-- At risk:\n--   nothing\n-- Locks: nobody else can write to the file while this runs.\n-- Proven: see metadata.toml.\n\nCREATE TABLE \"assets\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,\n    \"tag\" TEXT NOT NULL\n);\n",
          "down": "-- core: takes back \"baseline\"\n--\n-- Changes:\n--   - table assets  (id)\n-- Can't bring back:\n--   the rows of assets, which this drops\n-- Locks: nobody else can write to the file while this runs.\n\n-- stops if a table that this revision doesn't know points at assets\nSELECT json_extract('{}', 'stopped: unknown: ' || group_concat(\"t\".\"name\" || ' (' || \"k\".\"from\" || ') points at ' || \"k\".\"table\", ', '))\nFROM sqlite_master AS \"t\", pragma_foreign_key_list(\"t\".\"name\") AS \"k\"\nWHERE \"t\".\"type\" = 'table' AND \"k\".\"seq\" = 0\n    AND \"k\".\"table\" COLLATE NOCASE IN ('assets') AND \"t\".\"name\" COLLATE NOCASE NOT IN ('assets')\nGROUP BY \"t\".\"type\";\n\nDROP TABLE \"assets\";\n\n-- stops if a view or trigger that this revision doesn't know uses what goes of assets\nSELECT json_extract('{}', 'stopped: unknown: what goes is used by ' || group_concat(\"kind\" || ' ' || \"name\", ' and '))\nFROM (\n    WITH RECURSIVE \"gone\"(\"of\", \"is_dropped\") AS (VALUES ('assets', 1)),\n    \"code\"(\"kind\", \"name\", \"words\", \"open\", \"rest\") AS (\n        SELECT \"type\", \"name\", ' ', '', replace(replace(replace(replace(replace(replace(replace(lower(\"sql\"), '\"\"', char(1)), '''', char(2) || ''''),\n            '\"', char(2) || '\"'), '`', char(2) || '`'), '[', char(2) || '['), '--', char(2) || '--'), '/*', char(2) || '/*') || char(2)\n        FROM sqlite_master WHERE \"type\" IN ('view', 'trigger')\n        UNION ALL\n        SELECT \"kind\", \"name\", \"words\" || CASE WHEN \"open\" = '' THEN replace(replace(replace(replace(replace(replace(replace(replace(replace(\n                substr(\"rest\", 1, instr(\"rest\", char(2)) - 1), '(', ' ( '), ')', ' ) '), ',', ' , '), ';', ' ; '), '.', ' . '), '=', ' = '),\n                char(9), ' '), char(10), ' '), char(13), ' ')\n            WHEN \"open\" IN ('--', '/*') THEN ' '\n            ELSE CASE \"open\" WHEN '''' THEN ' ''' ELSE ' ' END\n                || replace(replace(substr(\"rest\", 2, instr(substr(\"rest\", 2) || \"close\", \"close\") - 1), char(2), ''), ' ', char(3)) || ' ' END,\n            CASE WHEN \"open\" <> '' THEN '' ELSE substr(\"rest\", instr(\"rest\", char(2)) + 1,\n                CASE WHEN substr(\"rest\", instr(\"rest\", char(2)) + 1, 2) IN ('--', '/*') THEN 2 ELSE 1 END) END,\n            CASE \"open\" WHEN '' THEN substr(\"rest\", instr(\"rest\", char(2)) + 1)\n                ELSE substr(\"rest\", length(\"open\") + length(\"close\") + instr(substr(\"rest\", 1 + length(\"open\")) || \"close\", \"close\")) END\n        FROM \"code\" JOIN (SELECT '' AS \"opens\", '' AS \"close\" UNION ALL\n            VALUES ('''', ''''), ('\"', '\"'), ('`', '`'), ('[', ']'), ('--', char(10)), ('/*', '*/')) ON \"open\" = \"opens\"\n        WHERE \"rest\" <> ''\n    ), \"tokens\"(\"kind\", \"name\", \"at\", \"word\", \"before\", \"depth\") AS (\n        SELECT \"kind\", \"name\", \"key\", iif(\"kind\" = 'view', \"value\", ltrim(\"value\", '''')), lag(\"value\") OVER \"text\", sum((\"value\" = '(') - (\"value\" = ')')) OVER \"text\"\n        FROM \"code\", json_each('[' || replace(json_quote(replace(\"words\", ' main . ', ' ')), ' ', '\",\"') || ']')\n        WHERE \"rest\" = '' AND \"value\" <> '' WINDOW \"text\" AS (PARTITION BY \"kind\", \"name\" ORDER BY \"key\")\n    ), \"said\"(\"kind\", \"name\", \"word\", \"before\", \"clause\") AS (\n        SELECT \"kind\", \"name\", \"word\", \"before\", substr(max(printf('%6d', \"at\") || iif(\"before\" IN ('from', 'join'), 'from', \"word\"))\n            FILTER (WHERE \"word\" IN ('(', ';', 'with', 'from', 'join', 'select', 'where', 'group', 'order', 'limit', 'union', 'except', 'intersect', 'set'))\n            OVER (PARTITION BY \"kind\", \"name\", \"depth\" ORDER BY \"at\"), 7)\n        FROM \"tokens\"\n    )\n    SELECT DISTINCT \"kind\", \"name\", 0 AS \"group\" FROM \"said\" JOIN \"gone\" ON \"word\" = \"of\"\n    WHERE (\"kind\" = 'view' AND EXISTS (SELECT 1 FROM pragma_table_list(\"said\".\"name\") WHERE \"schema\" = 'main' AND \"ncol\" = 0)\n        OR \"kind\" = 'trigger' AND \"is_dropped\" AND (\n            \"before\" IN ('into', 'update', 'replace', 'ignore', 'abort', 'fail', 'rollback')\n            OR (\"before\" IN ('from', 'join', 'in') OR \"before\" IN (',', '(') AND \"clause\" IN ('from', 'join')) AND (\"name\", \"word\") NOT IN (\n                SELECT \"name\", \"word\" FROM \"said\" WHERE \"before\" IN ('with', 'recursive') OR \"before\" = ',' AND \"clause\" = 'with'\n            )\n        ))\n)\nGROUP BY \"group\";\n"
        }
        --- exit 0
    "#]]);
    host.says(
        "show heads",
        expect![[r#"
            --- stderr
            error[bad-target]: `heads` is not one revision but 3
            help: name one of `2026-11-21-071100-core_baseline`, `2026-11-21-071100-net_baseline`, `2026-11-21-071101-usb_drop_serial`, or its plugin by `--plugin`
            --- exit 2
        "#]],
    );
    let up = host.read("plugins/usb/migrations/2026-11-21-071101-usb_drop_serial/up.sql");
    assert_eq!(host.done("show usb@head --format sql"), host.same_everywhere(&up));
}

#[test]
fn pictures() {
    let host = branched();
    host.says(
        "graph",
        expect![[r#"
            flowchart BT
              subgraph g0 ["core"]
                n0["2026-11-21-071100-core_baseline"]
              end
              subgraph g1 ["net"]
                n1["2026-11-21-071100-net_baseline"]
              end
              subgraph g2 ["usb"]
                n2["2026-11-21-071100-usb_baseline"]
                n3["2026-11-21-071101-usb_drop_serial"]
                n4["2026-11-22-000000-usb_by_another"]
              end
              n0 -.-> n2
              n2 --> n3
              n2 --> n4
            --- exit 0
        "#]],
    );
    host.says(
        "graph --format dot --plugin usb --plugin core",
        expect![[r#"
            digraph revisions {
              rankdir=BT;
              node [shape=box];
              subgraph cluster_0 {
                label="core";
                n0 [label="2026-11-21-071100-core_baseline"];
              }
              subgraph cluster_1 {
                label="usb";
                n1 [label="2026-11-21-071100-usb_baseline"];
                n2 [label="2026-11-21-071101-usb_drop_serial"];
                n3 [label="2026-11-22-000000-usb_by_another"];
              }
              n0 -> n1 [style=dashed];
              n1 -> n2;
              n1 -> n3;
            }
            --- exit 0
        "#]],
    );
}

#[test]
fn who_owns_what() {
    let host = two_steps();
    host.done("upgrade --database-url app.db");
    host.sql("app.db", "CREATE TABLE strangers (x)");
    host.write("plugins/net/src/schema.rs", "");
    host.says(
        "plugins --database-url app.db",
        expect![[r#"
            core    1 table, 1 revision
              assets
            net  plugins/net  0 tables, 1 revision
            usb  plugins/usb  1 table, 2 revisions
              devices
            defined by nobody: ports, made by the chain of net
            owned by nobody: strangers
            --- exit 0
        "#]],
    );
    host.says(
        "plugins --plugin net --format json --database-url app.db",
        expect![[r#"
            {
              "version": 1,
              "command": "plugins",
              "plugins": [
                {
                  "plugin": "net",
                  "folder": "plugins/net",
                  "migrations": "plugins/net/migrations",
                  "revisions": 1,
                  "tables": []
                }
              ],
              "disabled": [],
              "undefined": [
                {
                  "table": "ports",
                  "made_by": "net"
                }
              ],
              "unowned": [
                "strangers"
              ]
            }
            --- exit 0
        "#]],
    );
}

#[test]
fn shells_ask_for_plugins_revisions_and_hazards() {
    let host = two_steps();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(host.done(&format!("completions {shell}")).contains("AUTOGEN_COMPLETE"), "{shell}");
    }
    // As the script for fish does it.
    let ask = |line: &str| {
        let mut command = host.command(&format!("-- {line}"));
        let output = command.env("AUTOGEN_COMPLETE", "fish").output().expect("the program starts");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    assert!(ask("autogen down").contains("downgrade"));
    assert!(ask("autogen --plugin u").contains("usb"), "{}", ask("autogen --plugin u"));
    assert!(ask("autogen --allow drop-c").contains("drop-column"));
    assert!(ask("autogen show usb@").contains("usb@head"));
    assert!(ask("autogen show 20").contains("_"), "{}", ask("autogen show 20"));
}

#[test]
fn manual_pages_are_written() {
    let host = Host::of(&[]);
    host.done("man pages");
    assert!(host.read("pages/autogen.1").contains("SYNOPSIS"));
    assert!(host.read("pages/autogen-upgrade.1").contains("check"));
}

#[test]
fn going_by_steps_and_cascading_back() {
    let host = two_steps();
    host.says(
        "upgrade +2 --database-url app.db",
        expect![[r#"
        applied 2 revisions
        --- stderr
        applying core's 2026-11-21-071100-core_baseline
        applying net's 2026-11-21-071100-net_baseline
        --- exit 0
    "#]],
    );
    host.says(
        "upgrade --plugin usb +1 --database-url app.db",
        expect![[r#"
        applied 1 revision
        --- stderr
        applying usb's 2026-11-21-071100-usb_baseline
        --- exit 0
    "#]],
    );
    host.says(
        "upgrade --plugin usb +1 --database-url app.db",
        expect![[r#"
        applied 1 revision
        --- stderr
        applying usb's 2026-11-21-071101-usb_drop_serial
        --- exit 0
    "#]],
    );
    host.says("downgrade --allow all --plugin core base --database-url app.db", expect![[r#"
        --- stderr
        error[has-dependents]: applied revisions need what would be reverted: usb's 2026-11-21-071100-usb_baseline, usb's 2026-11-21-071101-usb_drop_serial
        help: revert those first; `autogen downgrade --cascade` takes them along
        --- exit 2
    "#]]);
    host.says(
        "downgrade --allow all --plugin core base --cascade --database-url app.db",
        expect![[r#"
        reverted 3 revisions
        --- stderr
        reverting usb's 2026-11-21-071101-usb_drop_serial
        reverting usb's 2026-11-21-071100-usb_baseline
        reverting core's 2026-11-21-071100-core_baseline
        --- exit 0
    "#]],
    );
}

#[test]
fn a_plugin_that_comes_too_late() {
    let host = Host::with_baselines();
    let late = host.files().into_iter().filter(|(path, _)| path.starts_with("plugins/usb/")).collect::<Vec<_>>();
    std::fs::remove_dir_all(host.path("plugins/usb")).expect("removed");
    host.revision(
        "",
        "2026-11-25-000000-core_rename",
        "ALTER TABLE assets RENAME TO things;",
        "ALTER TABLE things RENAME TO assets;",
    );
    host.write(
        "migrations/2026-11-25-000000-core_rename/metadata.toml",
        "run_in_transaction = true\n[autogen]\nplugin = 'core'\nrevises = ['20261121071100core']\nafter = ['20261121071100usb']\n",
    );
    host.done("upgrade --database-url app.db");
    for (path, text) in late {
        host.write(&path, &text);
    }
    host.says("upgrade --database-url app.db", expect![[r#"
        --- stderr
        error[out-of-order]: usb's 2026-11-21-071100-usb_baseline can't be applied after core's 2026-11-25-000000-core_rename, which drops or renames what it refers to
        help: take the later one back by `autogen downgrade --plugin core 20261125000000core-1`, and run `autogen upgrade`, which applies them in order
        --- exit 2
    "#]]);
    host.done("downgrade --allow all --plugin core 20261125000000core-1 --database-url app.db");
    host.done("upgrade --database-url app.db");
    assert!(host.schema("app.db").iter().any(|line| line.contains("REFERENCES \"things\"")));
}

#[test]
fn show_tells_an_edited_revision_from_one_that_another_program_applied() {
    let host = Host::with_database();
    let state = |host: &Host, revision: &str| {
        let shown = host.run(&format!("show {revision} --database-url app.db")).stdout;
        shown.lines().find(|line| line.contains("state:")).unwrap_or_default().trim().to_owned()
    };
    assert_eq!(state(&host, "net@head"), "state: applied");
    let up = format!("plugins/net/migrations/{}/up.sql", host.folders("plugins/net/migrations")[0]);
    let text = host.read(&up);
    host.write(&up, &format!("{text}\n-- more words\n"));
    assert_eq!(state(&host, "net@head"), "state: applied");
    host.write(&up, &format!("{text}\nCREATE TABLE more (a);\n"));
    assert_eq!(state(&host, "net@head"), "state: applied, and edited since");
    host.sql("app.db", "DELETE FROM __autogen_ledger WHERE plugin = 'usb'");
    assert_eq!(state(&host, "usb@head"), "state: applied, by another program");
}

#[test]
fn a_revision_for_sql_of_ones_own() {
    let host = two_steps();
    host.says(
        "generate --empty -m fill_names",
        expect![[r#"
        --- stderr
        error[no-plugin]: `generate --empty` needs exactly one plugin
        help: name it: `autogen generate --empty --plugin NAME`; the host's own chain is `core`
        --- exit 2
    "#]],
    );
    host.says(
        "generate --empty --plugin usb -m fill_names",
        expect![[r#"
        wrote plugins/usb/migrations/2026-11-21-071102-usb_fill_names/{up.sql,down.sql,metadata.toml}
        write its SQL, then prove it by `autogen verify --record 2026-11-21-071102-usb_fill_names`
        --- exit 0
    "#]],
    );
    let folder = "plugins/usb/migrations/2026-11-21-071102-usb_fill_names";
    host.done("upgrade --database-url app.db");
    host.done("downgrade --allow all --plugin usb -1 --database-url app.db");
    let up = host.read(&format!("{folder}/up.sql"));
    host.write(&format!("{folder}/up.sql"), &format!("{up}\nUPDATE devices SET asset_id = asset_id;\n"));
    host.done("verify --record 2026-11-21-071102-usb_fill_names");
    host.done("check");
    host.done("upgrade --database-url app.db");
    host.done("check --database-url app.db");
}
