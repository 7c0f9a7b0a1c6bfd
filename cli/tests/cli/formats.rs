//! Reports in every form, of a host with one drifted plugin, one that is ahead and one bad revision.

use expect_test::{Expect, expect};
use serde_json::Value;

use crate::support::Host;

/// `net` has drifted, `usb` is ahead of its chain, and what it points at keeps it from being in sync with the database.
fn drifted() -> Host {
    let host = Host::with_rows();
    host.sql("app.db", "CREATE INDEX by_hand ON ports (speed)");
    host.edit("plugins/usb/src/schema.rs", "serial -> Nullable<Text>", "serial -> Text");
    host
}

/// The last revision of `net` isn't undone by its down.sql.
fn badly_revised() -> Host {
    let host = Host::with_baselines();
    host.edit("plugins/net/src/schema.rs", "speed ->", "duplex -> Nullable<Bool>,\n        speed ->");
    host.done("--plugin net");
    host.write("plugins/net/migrations/2026-11-21-071101-net_add_ports_duplex/down.sql", "-- Nothing to see here.\n");
    host
}

/// Runs a command whose results must be in no machine's words, and compares them.
#[track_caller]
fn shows(host: &Host, arguments: &str, expected: Expect) {
    let run = host.run(arguments);
    assert!(!run.stdout.contains("[HOST]"), "the folder of this run stands in the report:\n{}", run.stdout);
    let shown =
        run.transcript().replace(&format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION")), "\"version\": \"[TOOL]\"");
    expected.assert_eq(&shown);
    assert_eq!(run.stdout, host.run(arguments).stdout, "the same report twice");
}

/// A schema of the tests or of the documentation.
#[track_caller]
pub fn validator(schema: &str) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(schema).expect("a schema");
    jsonschema::validator_for(&schema).expect("a schema")
}

#[track_caller]
pub fn is_valid(validator: &jsonschema::Validator, document: &Value, what: &str) {
    let mistakes: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(mistakes.is_empty(), "{what}: {mistakes:#?}\n{document:#}");
}

#[test]
fn people_see_the_lines_that_findings_are_about() {
    shows(
        &drifted(),
        "check --database-url app.db",
        expect![[r#"
            net: the database is not what its applied revisions make; to mend it: [database-drifted]
              - index by_hand on ports (speed)
              help: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin net`, which writes the revision, and mark that as applied by `autogen stamp net@head`
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
}

#[test]
fn annotations_of_github() {
    shows(
        &drifted(),
        "check --database-url app.db --format github",
        expect![[r#"
        ::error file=plugins/net/src/schema.rs,line=2,col=5,title=net%3A database-drifted::the database is not what its applied revisions make; to mend it:%0A- index by_hand on ports (speed)%0Ahelp: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin net`, which writes the revision, and mark that as applied by `autogen stamp net@head`
        ::error file=plugins/usb/src/schema.rs,line=8,col=9,title=usb%3A models-ahead::the models are ahead of the chain%0A~ devices.serial  null -> not null%0Ahelp: run `autogen` to write the next revision
        --- exit 1
    "#]],
    );
    shows(
        &badly_revised(),
        "verify --format github",
        expect![[r#"
        ::error file=plugins/net/migrations/2026-11-21-071101-net_add_ports_duplex/up.sql,line=1,col=1,title=net%3A proof-failed::down.sql doesn't give back the schema that up.sql started from%0Acolumn ports.duplex should not be there%0Ahelp: make down.sql take back every change of up.sql
        --- exit 1
    "#]],
    );
    let host = drifted();
    host.edit("plugins/usb/src/schema.rs", "serial -> Text,", "serial Text,");
    shows(
        &host,
        "check --format github",
        expect![[r#"
        ::error file=plugins/usb/src/schema.rs,line=8,col=16,title=table-syntax::expected `->`%0Ahelp: docs/reference.md in autogen's repository shows every form; the compiler says the same
        --- stderr
        error[table-syntax]: expected `->`
         --> plugins/usb/src/schema.rs:8:16
          |
        8 |         serial Text,
          |                ^^^^
        help: docs/reference.md in autogen's repository shows every form; the compiler says the same
        --- exit 2
    "#]],
    );
}

#[test]
fn a_statement_that_fails_is_shown_where_it_stands() {
    let host = Host::with_baselines();
    host.revision(
        "net",
        "2026-12-01-000000_more",
        "-- More.\n\nCREATE TABLE more (id INTEGER);\nDROP TABLE lost;\n",
        "",
    );
    shows(
        &host,
        "verify --plugin net 2026-12-01 --format github",
        expect![[r#"
        ::error file=plugins/net/migrations/2026-12-01-000000_more/up.sql,line=4,col=1,title=net%3A proof-failed::up.sql stops with an error on a scratch database with rows%0Ano such table: lost%0Athe statement in line 4: DROP TABLE lost%0Ahelp: correct the statement; a script must run on every database that holds such rows
        --- exit 1
    "#]],
    );
    shows(
        &host,
        "verify --plugin net 2026-12-01",
        expect![[r#"
        net 2026-12-01-000000_more: not proven
        error[proof-failed]: up.sql stops with an error on a scratch database with rows
         --> plugins/net/migrations/2026-12-01-000000_more/up.sql:4:1
          |
        4 | DROP TABLE lost;
          | ^^^^^^^^^^^^^^^
        note: no such table: lost
        note: the statement in line 4: DROP TABLE lost
        help: correct the statement; a script must run on every database that holds such rows
        --- exit 1
    "#]],
    );
}

#[test]
fn code_quality_of_gitlab() {
    shows(
        &drifted(),
        "check --database-url app.db --format gitlab",
        expect![[r#"
        [
          {
            "description": "net: the database is not what its applied revisions make; to mend it:\n- index by_hand on ports (speed)\nhelp: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin net`, which writes the revision, and mark that as applied by `autogen stamp net@head`",
            "check_name": "database-drifted",
            "fingerprint": "00c2c12008167bffc2f7b487b1e98cda",
            "severity": "major",
            "location": {
              "path": "plugins/net/src/schema.rs",
              "lines": {
                "begin": 2
              }
            }
          },
          {
            "description": "usb: the models are ahead of the chain\n~ devices.serial  null -> not null\nhelp: run `autogen` to write the next revision",
            "check_name": "models-ahead",
            "fingerprint": "b2931c41794303323d774ab3871f5f73",
            "severity": "major",
            "location": {
              "path": "plugins/usb/src/schema.rs",
              "lines": {
                "begin": 8
              }
            }
          }
        ]
        --- exit 1
    "#]],
    );
}

#[test]
fn sarif() {
    shows(
        &drifted(),
        "check --database-url app.db --format sarif",
        expect![[r#"
        {
          "version": "2.1.0",
          "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
          "runs": [
            {
              "tool": {
                "driver": {
                  "name": "autogen",
                  "version": "[TOOL]",
                  "informationUri": "https://github.com/autogen/autogen",
                  "rules": [
                    {
                      "id": "models-ahead",
                      "shortDescription": {
                        "text": "Finding: the definitions say more than the chain."
                      },
                      "help": {
                        "text": "Run `autogen`, which writes the revision."
                      }
                    },
                    {
                      "id": "database-drifted",
                      "shortDescription": {
                        "text": "Somebody changed an owner's tables by hand. `check` reports it; `generate` and `diff` stop, because the change is in no chain."
                      },
                      "help": {
                        "text": "Undo the change. Or put it into the definitions, run `autogen --no-database`, and mark the revision with `autogen stamp`."
                      }
                    }
                  ]
                }
              },
              "automationDetails": {
                "id": "autogen/check/"
              },
              "columnKind": "unicodeCodePoints",
              "invocations": [
                {
                  "executionSuccessful": true
                }
              ],
              "results": [
                {
                  "ruleId": "database-drifted",
                  "ruleIndex": 1,
                  "level": "error",
                  "message": {
                    "text": "net: the database is not what its applied revisions make; to mend it:\n- index by_hand on ports (speed)\nhelp: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin net`, which writes the revision, and mark that as applied by `autogen stamp net@head`"
                  },
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "plugins/net/src/schema.rs"
                        },
                        "region": {
                          "startLine": 2,
                          "startColumn": 5
                        }
                      }
                    }
                  ],
                  "relatedLocations": [],
                  "partialFingerprints": {
                    "finding/v1": "00c2c12008167bffc2f7b487b1e98cda"
                  },
                  "properties": {
                    "plugin": "net",
                    "dialect": "sqlite"
                  }
                },
                {
                  "ruleId": "models-ahead",
                  "ruleIndex": 0,
                  "level": "error",
                  "message": {
                    "text": "usb: the models are ahead of the chain\n~ devices.serial  null -> not null\nhelp: run `autogen` to write the next revision"
                  },
                  "locations": [
                    {
                      "physicalLocation": {
                        "artifactLocation": {
                          "uri": "plugins/usb/src/schema.rs"
                        },
                        "region": {
                          "startLine": 8,
                          "startColumn": 9
                        }
                      }
                    }
                  ],
                  "relatedLocations": [],
                  "partialFingerprints": {
                    "finding/v1": "b2931c41794303323d774ab3871f5f73"
                  },
                  "properties": {
                    "plugin": "usb",
                    "dialect": "sqlite"
                  }
                }
              ]
            }
          ]
        }
        --- exit 1
    "#]],
    );
}

/// The schema of SARIF.
pub fn sarif_schema() -> jsonschema::Validator {
    // The pattern of languages has a bracket too many, which no library takes; a log of ours states none.
    let pattern = r#"^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$"#;
    validator(&include_str!("../schemas/sarif-2.1.0.json").replace(pattern, "^[a-zA-Z]{2}$"))
}

#[test]
fn sarif_is_as_its_schema_says() {
    let schema = sarif_schema();
    let (drifted, bad) = (drifted(), badly_revised());
    let commands = ["check --database-url app.db", "check --plugin core", "diff", "check --plugin none"];
    let runs = commands.map(|command| (&drifted, command)).into_iter().chain([(&bad, "verify")]);
    for (host, command) in runs {
        let document = host.run(&format!("{command} --format sarif")).document();
        is_valid(&schema, &document, command);
    }
    let mut document = drifted.run("check --format sarif").document();
    document["runs"][0]["results"][0]["level"] = "dreadful".into();
    assert!(!schema.is_valid(&document), "the schema refuses nothing");
}

#[test]
fn documents_are_as_their_schema_says() {
    let schema = validator(include_str!("../../../docs/report.schema.json"));
    let (drifted, bad) = (drifted(), badly_revised());
    let commands = [
        "check --database-url app.db",
        "check --plugin core",
        "diff",
        "drift --database-url app.db",
        "check --plugin none",
        "verify",
    ];
    let runs =
        commands.map(|command| (&drifted, command)).into_iter().chain([(&bad, "verify"), (&bad, "check --nope")]);
    for (host, command) in runs {
        let document = host.run(&format!("{command} --format json")).document();
        is_valid(&schema, &document, command);
    }
    let mut document = drifted.run("check --format json").document();
    document["findings"][0]["line"] = "eight".into();
    assert!(!schema.is_valid(&document), "the schema refuses nothing");
}

#[test]
fn comments_in_markdown() {
    shows(
        &drifted(),
        "check --database-url app.db --format markdown",
        expect![[r#"
        <!-- autogen check -->
        ### autogen check: 2 findings

        | what | result |
        |---|---|
        | core | in sync |
        | net | database-drifted |
        | usb | models-ahead |

        #### net

        **error** `database-drifted` in `plugins/net/src/schema.rs:2:5`: the database is not what its applied revisions make; to mend it:

        ```diff
        - index by_hand on ports (speed)
        ```

        Next: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin net`, which writes the revision, and mark that as applied by `autogen stamp net@head`

        #### usb

        **error** `models-ahead` in `plugins/usb/src/schema.rs:8:9`: the models are ahead of the chain

        ```diff
        ~ devices.serial  null -> not null
        ```

        Next: run `autogen` to write the next revision
        --- exit 1
    "#]],
    );
    shows(
        &drifted(),
        "diff --format markdown",
        expect![[r#"
        <!-- autogen diff -->
        ### autogen diff: 1 finding

        | what | result |
        |---|---|
        | core | in sync |
        | net | in sync |
        | usb | 1 change, 2 hazards |

        #### usb

        ```diff
        ~ devices.serial  null -> not null
        ```

        | hazard | rows | what | allowed |
        |---|---|---|---|
        | `not-null` | ? | rows in which devices.serial is NULL stop the migration | **no** |
        | `rebuild` | ? | every row of devices is copied while nobody else can write | **no** |

        Locks:

        * nobody else can write to the file while this runs, which takes as long as copying the tables

        ```mermaid
        flowchart LR
          t0["assets"]:::same
          t1["devices"]:::changed
          t1 --> t0
          classDef new stroke:#1a7f37,stroke-width:3px
          classDef gone stroke:#cf222e,stroke-dasharray:5
          classDef changed stroke:#9a6700,stroke-width:3px
          classDef same stroke:#888888
        ```

        <details><summary>Tables before and after</summary>

        ```diff
        --- a/devices
        +++ b/devices
        @@ -1,6 +1,6 @@
         CREATE TABLE "devices" (
             "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
             "asset_id" INTEGER NOT NULL REFERENCES "assets" ("id") ON DELETE CASCADE,
        -    "serial" TEXT
        +    "serial" TEXT NOT NULL
         );
         CREATE INDEX "ix_devices_serial" ON "devices" ("serial");
        ```

        </details>

        <details><summary>SQL</summary>

        ```sql
        -- stops if devices has something that this revision doesn't know and would drop
        SELECT json_extract('{}', 'stopped: unknown: ' || "of" || ' has ' || group_concat(coalesce("shown", "what"), ', '))
        FROM (
            WITH "tables"("of") AS (VALUES ('devices')),
            "lines"("of", "line") AS ( -- of the tables' statements, without comments
                SELECT "of", lower(substr("value", 1, instr("value" || '--', '--') - 1))
                FROM "tables" JOIN sqlite_master AS "m" ON "m"."type" = 'table' AND "name" = "of" COLLATE NOCASE, json_each('[' || replace(
                    json_quote(replace(replace(replace("sql", '\', ''), '/*', '--'), '*/', char(10))), '\n', '","') || ']')
            ), "words"("of", "word") AS (
                SELECT "of", upper("value") FROM "lines", json_each('[' || replace(json_quote(replace(replace(replace(replace(replace(
                    "line", 'collate binary', ''), char(9), ' '), ',', ' '), '(', ' '), ')', ' ')), ' ', '","') || ']')
            )
            SELECT "of", 'column ' || "name" || CASE
                    WHEN "type" LIKE '%INT%' THEN ' integer'
                    WHEN "type" LIKE '%CHAR%' OR "type" LIKE '%CLOB%' OR "type" LIKE '%TEXT%' THEN ' text'
                    WHEN "type" LIKE '%BLOB%' OR "type" = '' THEN ' blob'
                    WHEN "type" LIKE '%REAL%' OR "type" LIKE '%FLOA%' OR "type" LIKE '%DOUB%' THEN ' real'
                    ELSE ' numeric'
                END || CASE WHEN "pk" THEN ' key ' || "pk" WHEN "notnull" THEN ' not null' ELSE '' END || CASE
                    WHEN coalesce(upper(trim("dflt_value", '() ')), 'NULL') = 'NULL' THEN ''
                    WHEN instr(trim("dflt_value", '()''" '), '(') THEN ' default (...)'
                    ELSE ' default ' || trim("dflt_value", '()''" ')
                END || CASE "hidden" WHEN 2 THEN ' virtual' WHEN 3 THEN ' stored' ELSE '' END AS "what", NULL AS "shown"
            FROM "tables", pragma_table_xinfo("of")
            UNION ALL SELECT "of", 'foreign key ' || "from" || ' to ' || "table" || ' (' || coalesce("to", '') || ')' || replace(replace(
                ' on delete ' || "on_delete" || ' on update ' || "on_update", ' on delete NO ACTION', ''), ' on update NO ACTION', ''), NULL
            FROM "tables", pragma_foreign_key_list("of")
            UNION ALL SELECT "of", 'trigger ' || "name" || ' of ' || length(replace(replace(replace("sql", ' ', ''), char(10), ''), '"', ''))
                || ' letters', 'trigger ' || "name"
            FROM "tables" JOIN sqlite_master ON "type" = 'trigger' AND "tbl_name" = "of" COLLATE NOCASE
            UNION ALL SELECT "of", count(*) || ' ' || "word", NULL FROM "words"
            WHERE "word" IN ('CHECK', 'COLLATE', 'AUTOINCREMENT', 'DEFERRED', 'CONFLICT', 'STRICT', 'WITHOUT') GROUP BY "of", "word"
            UNION ALL SELECT "of", CASE WHEN "unique" THEN 'unique' ELSE 'index' END
                || CASE WHEN "partial" OR "keys" GLOB '*...*' THEN ' ' || "index" ELSE '' END
                || ' (' || "keys" || ')' || CASE WHEN "partial" THEN ' where ...' ELSE '' END, 'index ' || "index"
            FROM (
                SELECT "of", "i"."name" AS "index", "unique", "partial", (
                    SELECT group_concat(coalesce("name", '...') || CASE WHEN "desc" THEN ' desc' ELSE '' END
                        || CASE WHEN "coll" LIKE 'binary' THEN '' ELSE ' ' || "coll" END, ', ')
                    FROM pragma_index_xinfo("i"."name") WHERE "key"
                ) AS "keys"
                FROM "tables", pragma_index_list("of") AS "i" WHERE "origin" <> 'pk'
            )
        )
        WHERE "of" || ': ' || "what" COLLATE NOCASE NOT IN (
            'devices: column id integer key 1',
            'devices: column asset_id integer not null',
            'devices: column serial text',
            'devices: index (serial)',
            'devices: foreign key asset_id to assets (id) on delete cascade',
            'devices: foreign key asset_id to assets () on delete cascade',
            'devices: 1 AUTOINCREMENT'
        )
        GROUP BY "of";
        -- stops if devices.serial is NULL
        SELECT json_extract('{}', 'stopped: devices.serial is NULL; rows: ' || "n")
        FROM (SELECT (SELECT count(*) FROM "devices" WHERE "serial" IS NULL) AS "n") WHERE "n" > 0;
        PRAGMA foreign_keys = OFF;
        -- stops if foreign keys are still on, as in a transaction: dropping a table would delete what points at it
        SELECT json_extract('{}', 'stopped: foreign keys can''t be switched off within a transaction') FROM pragma_foreign_keys WHERE "foreign_keys";
        SAVEPOINT "autogen";
        CREATE TEMPORARY TABLE "autogen_orphans" AS SELECT (SELECT count(*) FROM sqlite_master AS "t", pragma_foreign_key_check("t"."name") WHERE "t"."type" = 'table' AND "t"."name" IN ('devices')) AS "rows";
        CREATE TABLE "autogen_new_devices" (
            "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            "asset_id" INTEGER NOT NULL REFERENCES "assets" ("id") ON DELETE CASCADE,
            "serial" TEXT NOT NULL
        );
        INSERT INTO "autogen_new_devices" ("id", "asset_id", "serial") SELECT "id", "asset_id", "serial" FROM "devices";
        DELETE FROM sqlite_sequence WHERE name = 'autogen_new_devices';
        INSERT INTO sqlite_sequence (name, seq) SELECT 'autogen_new_devices', seq FROM sqlite_sequence WHERE name = 'devices';
        DROP TABLE "devices";
        PRAGMA legacy_alter_table = ON;
        ALTER TABLE "autogen_new_devices" RENAME TO "devices";
        PRAGMA legacy_alter_table = OFF;
        CREATE INDEX "ix_devices_serial" ON "devices" ("serial");
        SELECT json_extract('{}', 'stopped: rows would point at no row; rows: ' || "n") FROM (SELECT (SELECT count(*) FROM sqlite_master AS "t", pragma_foreign_key_check("t"."name") WHERE "t"."type" = 'table' AND "t"."name" IN ('devices')) - (SELECT "rows" FROM "autogen_orphans") AS "n") WHERE "n" > 0;
        DROP TABLE temp."autogen_orphans";
        RELEASE "autogen";
        PRAGMA foreign_keys = ON;
        ```

        </details>
        --- exit 1
    "#]],
    );
    shows(
        &badly_revised(),
        "verify --format markdown",
        expect![[r#"
        <!-- autogen verify -->
        ### autogen verify: 1 finding

        | what | result |
        |---|---|
        | core 2026-11-21-071100-core\_baseline | proven |
        | net 2026-11-21-071100-net\_baseline | proven |
        | usb 2026-11-21-071100-usb\_baseline | proven |
        | net 2026-11-21-071101-net\_add\_ports\_duplex | proof-failed |

        #### net 2026-11-21-071101-net\_add\_ports\_duplex

        **error** `proof-failed` in `plugins/net/migrations/2026-11-21-071101-net_add_ports_duplex/up.sql:1:1`: down.sql doesn't give back the schema that up.sql started from

        * column ports.duplex should not be there

        Next: make down.sql take back every change of up.sql
        --- exit 1
    "#]],
    );
    shows(
        &drifted(),
        "diff --plugin none --format markdown",
        expect![[r#"
        <!-- autogen diff -->
        ### autogen diff: 1 finding

        **error** `no-such-plugin`: there is no plugin `none`

        Next: there are: core, net, usb
        --- stderr
        error[no-such-plugin]: there is no plugin `none`
        help: there are: core, net, usb
        --- exit 2
    "#]],
    );
}

#[test]
fn junit() {
    shows(
        &drifted(),
        "check --database-url app.db --format junit",
        expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="autogen check" tests="3" skipped="0" failures="2" errors="0">
            <testsuite name="core" tests="1" skipped="0" errors="0" failures="0">
                <testcase name="check"/>
            </testsuite>
            <testsuite name="net" tests="1" skipped="0" errors="0" failures="1">
                <testcase name="check: database-drifted">
                    <failure message="the database is not what its applied revisions make; to mend it:" type="database-drifted">the database is not what its applied revisions make; to mend it:
        - index by_hand on ports (speed)
        help: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin net`, which writes the revision, and mark that as applied by `autogen stamp net@head`
        at plugins/net/src/schema.rs:2:5</failure>
                </testcase>
            </testsuite>
            <testsuite name="usb" tests="1" skipped="0" errors="0" failures="1">
                <testcase name="check: models-ahead">
                    <failure message="the models are ahead of the chain" type="models-ahead">the models are ahead of the chain
        ~ devices.serial  null -&gt; not null
        help: run `autogen` to write the next revision
        at plugins/usb/src/schema.rs:8:9</failure>
                </testcase>
            </testsuite>
        </testsuites>
        --- exit 1
    "#]],
    );
    let host = badly_revised();
    shows(
        &host,
        "verify --format junit",
        expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="autogen verify" tests="4" skipped="0" failures="1" errors="0">
            <testsuite name="core" tests="1" skipped="0" errors="0" failures="0">
                <testcase name="2026-11-21-071100-core_baseline"/>
            </testsuite>
            <testsuite name="net" tests="2" skipped="0" errors="0" failures="1">
                <testcase name="2026-11-21-071100-net_baseline"/>
                <testcase name="2026-11-21-071101-net_add_ports_duplex: proof-failed">
                    <failure message="down.sql doesn&apos;t give back the schema that up.sql started from" type="proof-failed">down.sql doesn&apos;t give back the schema that up.sql started from
        column ports.duplex should not be there
        help: make down.sql take back every change of up.sql
        at plugins/net/migrations/2026-11-21-071101-net_add_ports_duplex/up.sql:1:1</failure>
                </testcase>
            </testsuite>
            <testsuite name="usb" tests="1" skipped="0" errors="0" failures="0">
                <testcase name="2026-11-21-071100-usb_baseline"/>
            </testsuite>
        </testsuites>
        --- exit 1
    "#]],
    );
    let report = quick_junit::Report::deserialize_from_str(&host.run("verify --format junit").stdout).expect("JUnit");
    assert_eq!((report.tests, report.failures, report.errors), (4, 1, 0));
    let report =
        quick_junit::Report::deserialize_from_str(&host.run("verify none --format junit").stdout).expect("JUnit");
    assert_eq!((report.tests, report.failures, report.errors), (1, 0, 1));
}

#[test]
fn several_forms_at_once() {
    let host = drifted();
    let run = host.run("check --format sarif=out.sarif,github,junit=out.xml");
    assert_eq!(run.code, 1);
    assert_eq!(run.stdout, host.run("check --format github").stdout);
    assert_eq!(host.read("out.sarif"), host.run("check --format sarif").stdout);
    assert_eq!(host.read("out.xml"), host.run("check --format junit").stdout);
    // People read the rest where nothing else goes to standard output; trouble stands in the files too.
    let run = host.run("check --format markdown=out.md --plugin none");
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(host.read("out.md").contains("no-such-plugin"), "{}", host.read("out.md"));
    host.says("check --format github,json", expect![[r#"
        {
          "version": 1,
          "command": null,
          "error": {
            "severity": "error",
            "code": "bad-usage",
            "message": "invalid value 'github,json' for '--format <FORMAT[=FILE],...>': one form goes to standard output; write `json=FILE`",
            "places": [],
            "help": "`autogen --help` lists all options",
            "more": []
          }
        }
        --- stderr
        error: invalid value 'github,json' for '--format <FORMAT[=FILE],...>': one form goes to standard output; write `json=FILE`

        For more information, try '--help'.
        --- exit 2
    "#]]);
    host.says(
        "check --format sarif=none/out.sarif",
        expect![[r#"
        --- stderr
        error[can't-write]: can't write `none/out.sarif`: No such file or directory (os error 2)
        help: name a file in a folder that is there and that you may write to
        --- exit 2
    "#]],
    );
    host.says(
        "check --nope --format github,markdown=out.md",
        expect![[r#"
        ::error title=bad-usage::unexpected argument '--nope' found%0Ahelp: `autogen --help` lists all options
        --- stderr
        error: unexpected argument '--nope' found

        Usage: autogen check [OPTIONS]

        For more information, try '--help'.
        --- exit 2
    "#]],
    );
    assert!(host.read("out.md").starts_with("<!-- autogen -->\n### autogen: 1 finding\n"), "{}", host.read("out.md"));
    host.says(
        "status --format json=out.json",
        expect![[r#"
        --- stderr
        error[no-such-form]: `status` writes its results to standard output only
        help: leave `=FILE` out, and redirect the output
        --- exit 2
    "#]],
    );
}

#[test]
fn what_authors_write_obeys_no_form() {
    let host = Host::with_baselines();
    let evil = "#[comment = \"%0A::error::x\\n::stop-commands::y | @all <img> `x` \u{202e}\"]\n        serial -> Nullable<Text>,";
    host.edit("plugins/usb/src/schema.rs", "serial -> Nullable<Text>,", evil);
    host.edit(
        "plugins/usb/src/schema.rs",
        "#[index(serial)]",
        "#[index(serial)]\n    #[check(\"serial <> '%0A::x | ``` <img>'\")]",
    );
    let github = host.run("diff --format github").stdout;
    assert_eq!(github.lines().count(), 1, "{github}");
    assert!(github.contains("%250A::x"), "{github}");
    for format in ["text", "json", "sarif", "github", "gitlab", "markdown", "junit"] {
        let run = host.run(&format!("diff --format {format}"));
        assert_eq!(run.code, 1, "{format}: {}", run.stderr);
        assert!(!run.stdout.contains('\u{202e}'), "{format}");
    }
    let markdown = host.run("diff --format markdown").stdout;
    assert!(markdown.contains("````diff\n"), "{markdown}");
}

#[test]
fn forges_follow_a_finding_wherever_its_lines_go() {
    let host = drifted();
    let fingerprints = |host: &Host| -> Vec<Value> {
        let issues = host.run("check --format gitlab").document();
        issues.as_array().expect("a list").iter().map(|issue| issue["fingerprint"].clone()).collect()
    };
    let before = fingerprints(&host);
    host.edit("plugins/usb/src/schema.rs", "autogen::table!", "// Devices.\n\nautogen::table!");
    assert_eq!(fingerprints(&host), before);
    host.edit("plugins/usb/src/schema.rs", "serial -> Text", "serial -> Text,\n        more -> Nullable<Text>");
    assert_ne!(fingerprints(&host), before);
}
