//! `--format json`: one document on standard output, whatever happens. `docs/json.md` tells the shapes.

use expect_test::expect;

use crate::support::Host;

#[test]
fn trouble_is_a_document_too() {
    let host = Host::with_baselines();
    host.says(
        "--plugin ubs --format json",
        expect![[r#"
            {
              "version": 1,
              "command": "generate",
              "error": {
                "severity": "error",
                "code": "no-such-plugin",
                "message": "there is no plugin `ubs`",
                "places": [],
                "help": "did you mean `usb`?",
                "more": []
              }
            }
            --- stderr
            error[no-such-plugin]: there is no plugin `ubs`
            help: did you mean `usb`?
            --- exit 2
        "#]],
    );
    host.edit("plugins/usb/src/schema.rs", "serial -> Nullable<Text>,", "serial Nullable<Text>,");
    host.says(
        "check --format json",
        expect![[r#"
            {
              "version": 1,
              "command": "check",
              "error": {
                "severity": "error",
                "code": "table-syntax",
                "message": "expected `->`",
                "places": [
                  {
                    "file": "plugins/usb/src/schema.rs",
                    "line": 8,
                    "column": 16,
                    "text": ""
                  }
                ],
                "help": "docs/reference.md in autogen's repository shows every form; the compiler says the same",
                "more": []
              }
            }
            --- stderr
            error[table-syntax]: expected `->`
             --> plugins/usb/src/schema.rs:8:16
              |
            8 |         serial Nullable<Text>,
              |                ^^^^^^^^
            help: docs/reference.md in autogen's repository shows every form; the compiler says the same
            --- exit 2
        "#]],
    );
    host.says(
        "check --format=json --no-such-option",
        expect![[r#"
            {
              "version": 1,
              "command": null,
              "error": {
                "severity": "error",
                "code": "bad-usage",
                "message": "unexpected argument '--no-such-option' found",
                "places": [],
                "help": "`autogen --help` lists all options",
                "more": []
              }
            }
            --- stderr
            error: unexpected argument '--no-such-option' found

            Usage: autogen check --format <FORMAT[=FILE],...>

            For more information, try '--help'.
            --- exit 2
        "#]],
    );
}

#[test]
fn a_refused_hazard_is_told_in_full() {
    let host = Host::with_baselines();
    host.write("plugins/net/src/schema.rs", "");
    let document = host.run("--plugin net --format json").document();
    assert_eq!(document["error"]["code"], "hazard-not-allowed");
    assert_eq!(document["error"]["more"][0]["message"], "drop-table: table ports and all its rows are lost");
}

#[test]
fn every_command_prints_one_document() {
    let host = Host::with_database();
    let commands = [
        "generate",
        "diff",
        "check",
        "verify",
        "upgrade",
        "status",
        "downgrade --plugin usb base",
        "upgrade",
        "--dry-run",
        "verify nope",
        "downgrade -1",
        "check --dialect oracle",
    ];
    for command in commands {
        let run = host.run(&format!("{command} --format json --database-url app.db"));
        let document = run.document();
        assert_eq!(document["version"], 1, "{command}");
        assert_eq!(document.get("error").is_some(), run.code == 2, "{command}: {document}");
        let first = run.stdout.lines().nth(1).unwrap_or_default();
        assert_eq!(first, "  \"version\": 1,", "{command}: what tells the shape comes first");
    }
}

#[test]
fn what_was_written_applied_and_reverted() {
    let host = Host::small();
    host.says("--plugin net --no-verify --format json", expect![[r#"
        {
          "version": 1,
          "command": "generate",
          "plugins": [
            {
              "plugin": "net",
              "dialect": "sqlite",
              "in_sync": false,
              "title": "baseline",
              "changes": [
                {
                  "kind": "create-table",
                  "table": "ports",
                  "column": null,
                  "text": "+ table ports  (id)\n    id     Integer not null\n    speed  Integer"
                }
              ],
              "takes": [],
              "gives": {},
              "hazards": [],
              "proven": [],
              "up": "-- net: baseline\n--\n-- Changes:\n--   + table ports  (id)\n-- At risk:\n--   nothing\n-- Locks: nobody else can write to the file while this runs.\n-- Proven: nothing; this was written without verification.\n\nCREATE TABLE \"ports\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY,\n    \"speed\" INTEGER\n);\n",
              "down": "-- net: takes back \"baseline\"\n--\n-- Changes:\n--   - table ports  (id)\n-- Can't bring back:\n--   the rows of ports, which this drops\n-- Locks: nobody else can write to the file while this runs.\n\n-- stops if a table that this revision doesn't know points at ports\nSELECT json_extract('{}', 'stopped: unknown: ' || group_concat(\"t\".\"name\" || ' (' || \"k\".\"from\" || ') points at ' || \"k\".\"table\", ', '))\nFROM sqlite_master AS \"t\", pragma_foreign_key_list(\"t\".\"name\") AS \"k\"\nWHERE \"t\".\"type\" = 'table' AND \"k\".\"seq\" = 0\n    AND \"k\".\"table\" COLLATE NOCASE IN ('ports') AND \"t\".\"name\" COLLATE NOCASE NOT IN ('ports')\nGROUP BY \"t\".\"type\";\n\nDROP TABLE \"ports\";\n\n-- stops if a view or trigger that this revision doesn't know uses what goes of ports\nSELECT json_extract('{}', 'stopped: unknown: what goes is used by ' || group_concat(\"kind\" || ' ' || \"name\", ' and '))\nFROM (\n    WITH RECURSIVE \"gone\"(\"of\", \"is_dropped\") AS (VALUES ('ports', 1)),\n    \"code\"(\"kind\", \"name\", \"words\", \"open\", \"rest\") AS (\n        SELECT \"type\", \"name\", ' ', '', replace(replace(replace(replace(replace(replace(replace(lower(\"sql\"), '\"\"', char(1)), '''', char(2) || ''''),\n            '\"', char(2) || '\"'), '`', char(2) || '`'), '[', char(2) || '['), '--', char(2) || '--'), '/*', char(2) || '/*') || char(2)\n        FROM sqlite_master WHERE \"type\" IN ('view', 'trigger')\n        UNION ALL\n        SELECT \"kind\", \"name\", \"words\" || CASE WHEN \"open\" = '' THEN replace(replace(replace(replace(replace(replace(replace(replace(replace(\n                substr(\"rest\", 1, instr(\"rest\", char(2)) - 1), '(', ' ( '), ')', ' ) '), ',', ' , '), ';', ' ; '), '.', ' . '), '=', ' = '),\n                char(9), ' '), char(10), ' '), char(13), ' ')\n            WHEN \"open\" IN ('--', '/*') THEN ' '\n            ELSE CASE \"open\" WHEN '''' THEN ' ''' ELSE ' ' END\n                || replace(replace(substr(\"rest\", 2, instr(substr(\"rest\", 2) || \"close\", \"close\") - 1), char(2), ''), ' ', char(3)) || ' ' END,\n            CASE WHEN \"open\" <> '' THEN '' ELSE substr(\"rest\", instr(\"rest\", char(2)) + 1,\n                CASE WHEN substr(\"rest\", instr(\"rest\", char(2)) + 1, 2) IN ('--', '/*') THEN 2 ELSE 1 END) END,\n            CASE \"open\" WHEN '' THEN substr(\"rest\", instr(\"rest\", char(2)) + 1)\n                ELSE substr(\"rest\", length(\"open\") + length(\"close\") + instr(substr(\"rest\", 1 + length(\"open\")) || \"close\", \"close\")) END\n        FROM \"code\" JOIN (SELECT '' AS \"opens\", '' AS \"close\" UNION ALL\n            VALUES ('''', ''''), ('\"', '\"'), ('`', '`'), ('[', ']'), ('--', char(10)), ('/*', '*/')) ON \"open\" = \"opens\"\n        WHERE \"rest\" <> ''\n    ), \"tokens\"(\"kind\", \"name\", \"at\", \"word\", \"before\", \"depth\") AS (\n        SELECT \"kind\", \"name\", \"key\", iif(\"kind\" = 'view', \"value\", ltrim(\"value\", '''')), lag(\"value\") OVER \"text\", sum((\"value\" = '(') - (\"value\" = ')')) OVER \"text\"\n        FROM \"code\", json_each('[' || replace(json_quote(replace(\"words\", ' main . ', ' ')), ' ', '\",\"') || ']')\n        WHERE \"rest\" = '' AND \"value\" <> '' WINDOW \"text\" AS (PARTITION BY \"kind\", \"name\" ORDER BY \"key\")\n    ), \"said\"(\"kind\", \"name\", \"word\", \"before\", \"clause\") AS (\n        SELECT \"kind\", \"name\", \"word\", \"before\", substr(max(printf('%6d', \"at\") || iif(\"before\" IN ('from', 'join'), 'from', \"word\"))\n            FILTER (WHERE \"word\" IN ('(', ';', 'with', 'from', 'join', 'select', 'where', 'group', 'order', 'limit', 'union', 'except', 'intersect', 'set'))\n            OVER (PARTITION BY \"kind\", \"name\", \"depth\" ORDER BY \"at\"), 7)\n        FROM \"tokens\"\n    )\n    SELECT DISTINCT \"kind\", \"name\", 0 AS \"group\" FROM \"said\" JOIN \"gone\" ON \"word\" = \"of\"\n    WHERE (\"kind\" = 'view' AND EXISTS (SELECT 1 FROM pragma_table_list(\"said\".\"name\") WHERE \"schema\" = 'main' AND \"ncol\" = 0)\n        OR \"kind\" = 'trigger' AND \"is_dropped\" AND (\n            \"before\" IN ('into', 'update', 'replace', 'ignore', 'abort', 'fail', 'rollback')\n            OR (\"before\" IN ('from', 'join', 'in') OR \"before\" IN (',', '(') AND \"clause\" IN ('from', 'join')) AND (\"name\", \"word\") NOT IN (\n                SELECT \"name\", \"word\" FROM \"said\" WHERE \"before\" IN ('with', 'recursive') OR \"before\" = ',' AND \"clause\" = 'with'\n            )\n        ))\n)\nGROUP BY \"group\";\n",
              "revision": "2026-11-21-071100-net_baseline",
              "written": "plugins/net/migrations/2026-11-21-071100-net_baseline"
            }
          ],
          "left_out": []
        }
        --- exit 0
    "#]]);
    host.says(
        "upgrade --format json --quiet --database-url app.db",
        expect![[r#"
            {
              "version": 1,
              "command": "upgrade",
              "applied": [
                {
                  "plugin": "net",
                  "revision": "2026-11-21-071100-net_baseline"
                }
              ]
            }
            --- exit 0
        "#]],
    );
    host.says(
        "downgrade --plugin net -1 --format json --quiet --database-url app.db",
        expect![[r#"
            {
              "version": 1,
              "command": "downgrade",
              "reverted": [
                {
                  "plugin": "net",
                  "revision": "2026-11-21-071100-net_baseline"
                }
              ],
              "lost": []
            }
            --- exit 0
        "#]],
    );
}

#[test]
fn forms_that_a_command_lacks_are_refused() {
    let host = Host::with_database();
    host.says(
        "status --format sql --database-url app.db",
        expect![[r#"
            --- stderr
            error[no-such-form]: `status` can't print its results as `sql`
            help: its forms: text, json
            --- exit 2
        "#]],
    );
}
