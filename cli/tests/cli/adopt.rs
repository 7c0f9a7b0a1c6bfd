//! `autogen adopt`: definitions and a baseline for what a database has, and a mark only where both agree.

use expect_test::expect;

use crate::support::Host;

pub const OLD: &str = "
    CREATE TABLE \"User\" (
        id INTEGER PRIMARY KEY,
        \"Mail\" VARCHAR(60) NOT NULL UNIQUE,
        type TEXT DEFAULT 'x',
        n INT CHECK (n > 0)
    );
    CREATE TABLE devices (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        serial TEXT NOT NULL COLLATE NOCASE,
        user_id INTEGER REFERENCES \"User\" (id) ON DELETE CASCADE,
        at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
        length INTEGER GENERATED ALWAYS AS (length(serial)) STORED
    );
    CREATE INDEX ix_serial ON devices (serial DESC) WHERE serial <> '';
    CREATE TABLE notes (text TEXT);
    CREATE TRIGGER after_device AFTER INSERT ON devices BEGIN SELECT 1; END;
    INSERT INTO \"User\" VALUES (1, 'a@b', 'y', 3);
    INSERT INTO devices (serial, user_id) VALUES ('s', 1);
";

/// A host without definitions, and a database that was made by hand.
pub fn old() -> Host {
    let host = Host::of(&[("autogen.toml", ""), ("src/lib.rs", ""), ("plugins/usb/src/lib.rs", "")]);
    host.sql("app.db", OLD);
    host
}

#[test]
fn what_a_database_has_becomes_source_and_a_baseline() {
    let host = old();
    host.says("adopt --plugin core --tables User --database-url app.db", expect![[r#"
          + defines User
          wrote src/schema.rs
        core: baseline
          + table User  (id)
              id    Integer not null
              Mail  Varchar(60) not null
              type  Text default 'x'
              n     Integer
              unique on User (Mail)
              check on User (n > 0)
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: no view, trigger or key breaks
          wrote migrations/2026-11-21-071100-core_baseline/{up.sql,down.sql,metadata.toml}
        core: marked as applied: 2026-11-21-071100-core_baseline
        --- exit 0
    "#]]);
    host.says("adopt --plugin usb --tables dev*,notes --database-url app.db", expect![[r#"
          + defines devices
          + defines notes
          wrote plugins/usb/src/schema.rs
        usb: baseline
          + table devices  (id)
              id       Integer not null auto increment
              serial   Text not null collate NOCASE
              user_id  Integer
              at       Timestamp not null default CURRENT_TIMESTAMP
              length   Integer generated (length(serial)) stored
              index ix_serial on devices (serial desc) where serial <> ''
              foreign key on devices (user_id) -> User (id) on delete cascade
          + table notes
              text  Text
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/usb/migrations/2026-11-21-071100-usb_baseline/{up.sql,down.sql,metadata.toml}
        usb: marked as applied: 2026-11-21-071100-usb_baseline
        --- stderr
        warning[not-in-definitions]: no definition can say: trigger after_device
        --- exit 0
    "#]]);
    expect![[r#"
        //! Tables of core.

        autogen::table! {
            #[sql_name = "User"]
            user (id) {
                id -> Integer,
                #[sql_name = "Mail"]
                #[unique]
                #[max_length = 60]
                mail -> Varchar,
                #[default = "x"]
                r#type -> Nullable<Text>,
                #[check("n > 0")]
                #[sql_type(sqlite = "INT")]
                n -> Nullable<Integer>,
            }
        }
    "#]]
    .assert_eq(&host.read("src/schema.rs"));
    expect![[r#"
        //! Tables of usb.

        autogen::table! {
            devices (id) {
                #[auto_increment]
                id -> Integer,
                #[index(desc, where = "serial <> ''", name = "ix_serial")]
                #[collate = "NOCASE"]
                serial -> Text,
                #[references(user(id), on_delete = cascade)]
                user_id -> Nullable<Integer>,
                #[default(now)]
                at -> Timestamp,
                #[generated("length(serial)", stored)]
                length -> Nullable<Integer>,
            }
        }

        autogen::table! {
            #[no_primary_key]
            notes (text) {
                text -> Nullable<Text>,
            }
        }
    "#]]
    .assert_eq(&host.read("plugins/usb/src/schema.rs"));
    host.in_sync("check --database-url app.db");
    // Its own work leaves nothing to do.
    host.says(
        "adopt --plugin usb --database-url app.db",
        expect![[r#"
        usb: in sync
        --- stderr
        warning[not-in-definitions]: no definition can say: trigger after_device
        --- exit 0
    "#]],
    );
    // A fresh database is made by the baselines, as the old one was.
    host.done("upgrade --database-url fresh.db");
    host.says(
        "check --database-url fresh.db",
        expect![[r#"
        in sync: models, chains and sqlite:fresh.db
        --- exit 0
    "#]],
    );
}

#[test]
fn what_somebody_wrote_is_kept() {
    let host = old();
    host.write(
        "src/lib.rs",
        "//! The application.

autogen::table! {
    // Who may come in.
    #[sql_name = \"User\"]
    people (id) {
        id -> Integer,
        // Unique in all of the house.
        /// Where letters go.
        #[sql_name = \"Mail\"]
        #[max_length = 40]
        address -> Varchar,
        gone -> Nullable<Text>, // long ago
    }
}

pub fn by_hand() {}
",
    );
    host.says("adopt --plugin core --tables User --dry-run --database-url app.db", expect![[r#"
          ~ changes User
        --- src/lib.rs
        +++ src/lib.rs
        @@ -8,9 +8,14 @@
                 // Unique in all of the house.
                 /// Where letters go.
                 #[sql_name = "Mail"]
        -        #[max_length = 40]
        +        #[unique]
        +        #[max_length = 60]
                 address -> Varchar,
        -        gone -> Nullable<Text>, // long ago
        +        #[default = "x"]
        +        r#type -> Nullable<Text>,
        +        #[check("n > 0")]
        +        #[sql_type(sqlite = "INT")]
        +        n -> Nullable<Integer>,
             }
         }

        core: baseline
          + table User  (id)
              id    Integer not null
              Mail  Varchar(60) not null
              type  Text default 'x'
              n     Integer
              unique on User (Mail)
              check on User (n > 0)
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: no view, trigger or key breaks
          would write 2026-11-21-071100-core_baseline

        ----- up.sql
        -- core: baseline
        --
        -- Changes:
        --   + table User  (id)
        -- At risk:
        --   nothing
        -- Locks: nobody else can write to the file while this runs.
        -- Proven: see metadata.toml.

        CREATE TABLE "User" (
            "id" INTEGER NOT NULL PRIMARY KEY,
            "Mail" VARCHAR(60) NOT NULL,
            "type" TEXT DEFAULT 'x',
            "n" INT CHECK (n > 0),
            UNIQUE ("Mail")
        );

        ----- down.sql
        -- core: takes back "baseline"
        --
        -- Changes:
        --   - table User  (id)
        -- Can't bring back:
        --   the rows of User, which this drops
        -- Locks: nobody else can write to the file while this runs.

        -- stops if a table that this revision doesn't know points at User
        SELECT json_extract('{}', 'stopped: unknown: ' || group_concat("t"."name" || ' (' || "k"."from" || ') points at ' || "k"."table", ', '))
        FROM sqlite_master AS "t", pragma_foreign_key_list("t"."name") AS "k"
        WHERE "t"."type" = 'table' AND "k"."seq" = 0
            AND "k"."table" COLLATE NOCASE IN ('User') AND "t"."name" COLLATE NOCASE NOT IN ('User')
        GROUP BY "t"."type";

        DROP TABLE "User";

        -- stops if a view or trigger that this revision doesn't know uses what goes of User
        SELECT json_extract('{}', 'stopped: unknown: what goes is used by ' || group_concat("kind" || ' ' || "name", ' and '))
        FROM (
            WITH RECURSIVE "gone"("of", "is_dropped") AS (VALUES ('user', 1)),
            ...
            )
            SELECT DISTINCT "kind", "name", 0 AS "group" FROM "said" JOIN "gone" ON "word" = "of"
            WHERE ("kind" = 'view' AND EXISTS (SELECT 1 FROM pragma_table_list("said"."name") WHERE "schema" = 'main' AND "ncol" = 0)
                OR "kind" = 'trigger' AND "is_dropped" AND (
                    "before" IN ('into', 'update', 'replace', 'ignore', 'abort', 'fail', 'rollback')
                    OR ("before" IN ('from', 'join', 'in') OR "before" IN (',', '(') AND "clause" IN ('from', 'join')) AND ("name", "word") NOT IN (
                        SELECT "name", "word" FROM "said" WHERE "before" IN ('with', 'recursive') OR "before" = ',' AND "clause" = 'with'
                    )
                ))
        )
        GROUP BY "group";

        ----- metadata.toml
        run_in_transaction = true

        [autogen]
        plugin = "core"
        revises = []
        depends_on = []
        tool = "[TOOL]"
        verified = ["on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again", "no view, trigger or key breaks"]

        [certificate]
        rules = 1
        server = "SQLite [VERSION]"
        run_in_transaction = true
        up = "[SUM]"
        down = "[SUM]"
        below = "[SUM]"
        --- exit 0
    "#]]);
    host.says("adopt --plugin core --tables User --database-url app.db", expect![[r#"
          ~ changes User
          wrote src/lib.rs
        core: baseline
          + table User  (id)
              id    Integer not null
              Mail  Varchar(60) not null
              type  Text default 'x'
              n     Integer
              unique on User (Mail)
              check on User (n > 0)
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: no view, trigger or key breaks
          wrote migrations/2026-11-21-071100-core_baseline/{up.sql,down.sql,metadata.toml}
        core: marked as applied: 2026-11-21-071100-core_baseline
        --- exit 0
    "#]]);
    expect![[r#"
        //! The application.

        autogen::table! {
            // Who may come in.
            #[sql_name = "User"]
            people (id) {
                id -> Integer,
                // Unique in all of the house.
                /// Where letters go.
                #[sql_name = "Mail"]
                #[unique]
                #[max_length = 60]
                address -> Varchar,
                #[default = "x"]
                r#type -> Nullable<Text>,
                #[check("n > 0")]
                #[sql_type(sqlite = "INT")]
                n -> Nullable<Integer>,
            }
        }

        pub fn by_hand() {}
    "#]]
    .assert_eq(&host.read("src/lib.rs"));
    host.says(
        "adopt --plugin core --tables User --database-url app.db",
        expect![[r#"
        core: in sync
        --- exit 0
    "#]],
    );
}

#[test]
fn stock_definitions_say_less_and_baselines_do_not() {
    let host = old();
    host.says("adopt --plugin core --stock --database-url app.db", expect![[r#"
          + defines User
          + defines devices
          wrote src/schema.rs
        core: baseline
          + table User  (id)
              id    Integer not null
              Mail  Varchar(60) not null
              type  Text default 'x'
              n     Integer
              unique on User (Mail)
              check on User (n > 0)
          + table devices  (id)
              id       Integer not null auto increment
              serial   Text not null collate NOCASE
              user_id  Integer
              at       Timestamp not null default CURRENT_TIMESTAMP
              length   Integer generated (length(serial)) stored
              index ix_serial on devices (serial desc) where serial <> ''
              foreign key on devices (user_id) -> User (id) on delete cascade
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: no view, trigger or key breaks
          wrote migrations/2026-11-21-071100-core_baseline/{up.sql,down.sql,metadata.toml}
        core: marked as applied: 2026-11-21-071100-core_baseline
        --- stderr
        warning[not-in-definitions]: no definition can say: table notes, which has no primary key, and is left alone

        warning[not-in-definitions]: no definition can say: User.type: its default

        warning[not-in-definitions]: no definition can say: User: its unique rule over (Mail)

        warning[not-in-definitions]: no definition can say: User: its check n > 0

        warning[not-in-definitions]: no definition can say: devices: what its foreign key to User does on delete or update

        warning[not-in-definitions]: no definition can say: devices.id: its numbering

        warning[not-in-definitions]: no definition can say: devices.serial: its collation

        warning[not-in-definitions]: no definition can say: devices.at: its default

        warning[not-in-definitions]: no definition can say: devices.length: its generated value

        warning[not-in-definitions]: no definition can say: devices: its index ix_serial

        warning[not-in-definitions]: no definition can say: trigger after_device
        --- exit 0
    "#]]);
    expect![[r#"
        //! Tables of core.

        diesel::table! {
            #[sql_name = "User"]
            user (id) {
                id -> Integer,
                #[sql_name = "Mail"]
                #[max_length = 60]
                mail -> Varchar,
                r#type -> Nullable<Text>,
                n -> Nullable<Integer>,
            }
        }

        diesel::table! {
            devices (id) {
                id -> Integer,
                serial -> Text,
                user_id -> Nullable<Integer>,
                at -> Timestamp,
                length -> Nullable<Integer>,
            }
        }

        diesel::joinable!(devices -> user (user_id));
    "#]]
    .assert_eq(&host.read("src/schema.rs"));
    host.done("upgrade --database-url fresh.db");
    let tables = |database: &str| -> Vec<String> {
        host.values(database, "SELECT name AS value FROM pragma_index_list('devices') UNION SELECT dflt_value FROM pragma_table_info('devices') WHERE dflt_value IS NOT NULL")
    };
    assert_eq!(tables("fresh.db"), tables("app.db"));
    host.says(
        "check --database-url app.db",
        expect![[r#"
        in sync: models, chains and sqlite:app.db
        --- stderr
        note[unowned-table]: the database has tables that no plugin owns, and that are left alone: notes
        --- exit 0
    "#]],
    );
}
