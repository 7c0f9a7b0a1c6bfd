//! Reports in Markdown, as a comment on a pull request.

use expect_test::expect;

use crate::formats::{badly_revised, drifted, shows};

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
            ...
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
