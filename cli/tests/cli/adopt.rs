//! `autogen adopt`: definitions and a baseline for what a database has, and a mark only where both agree.

use expect_test::expect;

use crate::support::Host;

const OLD: &str = "
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
fn old() -> Host {
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
              length   Integer generated as (length(serial)) stored
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
                #[sql_type = "INT"]
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
    host.says(
        "check --database-url app.db",
        expect![[r#"
            in sync: models, chains and sqlite:app.db
            --- exit 0
        "#]],
    );
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
        +        #[sql_type = "INT"]
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
        --       id    Integer not null
        --       Mail  Varchar(60) not null
        --       type  Text default 'x'
        --       n     Integer
        --       unique on User (Mail)
        --       check on User (n > 0)
        -- At risk:
        --   nothing
        -- Locks: nobody else can write to the file while this runs.
        -- Proven:
        --   on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
        --   no view, trigger or key breaks

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
        --       id    Integer not null
        --       Mail  Varchar(60) not null
        --       type  Text default 'x'
        --       n     Integer
        --       unique on User (Mail)
        --       check on User (n > 0)
        -- Locks: nobody else can write to the file while this runs.

        DROP TABLE "User";

        ----- metadata.toml
        run_in_transaction = true

        [autogen]
        plugin = "core"
        revises = []
        depends_on = []
        tool = "[TOOL]"
        verified = ["on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again", "no view, trigger or key breaks"]
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
                #[sql_type = "INT"]
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
              length   Integer generated as (length(serial)) stored
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

#[test]
fn several_plugins_take_over_at_once() {
    let host = old();
    host.write("plugins/net/src/lib.rs", "");
    host.write("who.toml", "core = [\"*\"]\nusb = [\"dev*\"]\n");
    host.says(
        "adopt --mapping who.toml --database-url app.db",
        expect![[r#"
            --- stderr
            error[table-mapped-twice]: table devices would go to core and to usb
            help: make the patterns of one of them narrower: a table has one owner
            --- exit 2
        "#]],
    );
    host.write("who.toml", "core = [\"User\"]\nusb = [\"dev*\"]\n");
    host.says("adopt --mapping who.toml --database-url app.db", expect![[r#"
          + defines User
          + defines devices
          wrote plugins/usb/src/schema.rs
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
        usb: baseline
          + table devices  (id)
              id       Integer not null auto increment
              serial   Text not null collate NOCASE
              user_id  Integer
              at       Timestamp not null default CURRENT_TIMESTAMP
              length   Integer generated as (length(serial)) stored
              index ix_serial on devices (serial desc) where serial <> ''
              foreign key on devices (user_id) -> User (id) on delete cascade
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/usb/migrations/2026-11-21-071100-usb_baseline/{up.sql,down.sql,metadata.toml}
        core: marked as applied: 2026-11-21-071100-core_baseline
        usb: marked as applied: 2026-11-21-071100-usb_baseline
        --- stderr
        warning[not-in-definitions]: no definition can say: trigger after_device
        --- exit 0
    "#]]);
    host.says(
        "plugins --database-url app.db",
        expect![[r#"
        core    1 table, 1 revision
          User
        net  plugins/net  0 tables, 0 revisions
        usb  plugins/usb  1 table, 1 revision
          devices
        owned by nobody: notes
        --- exit 0
    "#]],
    );
    host.write("who.toml", "core = []\n");
    host.says(
        "adopt --mapping who.toml --database-url app.db",
        expect![[r#"
            --- stderr
            error[bad-mapping]: `who.toml` is no mapping: core has no patterns
            help: write a line for every plugin: `usb = ["usb*", "devices"]`
            --- exit 2
        "#]],
    );
}

#[test]
fn nothing_is_marked_that_differs() {
    let host = old();
    // The plugin's table points at one that the database got from elsewhere.
    host.done("adopt --plugin core --tables User --database-url app.db");
    host.sql("app.db", "DELETE FROM __diesel_schema_migrations");
    host.says("adopt --plugin usb --tables devices --database-url app.db", expect![[r#"
          + defines devices
          wrote plugins/usb/src/schema.rs
        usb: baseline
          + table devices  (id)
              id       Integer not null auto increment
              serial   Text not null collate NOCASE
              user_id  Integer
              at       Timestamp not null default CURRENT_TIMESTAMP
              length   Integer generated as (length(serial)) stored
              index ix_serial on devices (serial desc) where serial <> ''
              foreign key on devices (user_id) -> User (id) on delete cascade
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/usb/migrations/2026-11-21-071100-usb_baseline/{up.sql,down.sql,metadata.toml}
        usb: not marked as applied, for it stands on what the database has not applied: core's 2026-11-21-071100-core_baseline
        --- stderr
        warning[not-in-definitions]: no definition can say: trigger after_device
        --- exit 1
    "#]]);
    assert_eq!(host.applied("app.db"), [""; 0]);
}

#[test]
fn what_can_not_be_adopted_is_said() {
    let host = old();
    host.says(
        "adopt --database-url app.db",
        expect![[r#"
        --- stderr
        error[no-plugin]: `adopt` is about exactly one plugin
        help: name it: `autogen adopt --plugin NAME`; the host's own chain is `core`
        --- exit 2
    "#]],
    );
    host.says(
        "adopt --plugin usb --database-url app.db",
        expect![[r#"
        --- stderr
        error[nothing-to-adopt]: usb has no tables in the database that autogen could know of
        help: say which by `--tables GLOB`; `autogen plugins` lists the tables that are nobody's
        --- exit 2
    "#]],
    );
    host.says(
        "adopt --plugin usb --tables none* --database-url app.db",
        expect![[r#"
        --- stderr
        error[nothing-to-adopt]: no table of the database that usb could adopt matches none*
        help: say which by `--tables GLOB`; `autogen plugins` lists the tables that are nobody's
        --- exit 2
    "#]],
    );
    host.says(
        "adopt --plugin usb --tables [ --database-url app.db",
        expect![[r#"
        --- stderr
        error[bad-pattern]: `[` is not a pattern: unclosed character class; missing ']'
        help: wildcards are `*`, `?`, `[abc]` and `{a,b}`
        --- exit 2
    "#]],
    );
    host.says(
        "adopt --plugin usb --tables devices --database-url app.db",
        expect![[r#"
            --- stderr
            error[missing-parent]: devices of usb references User, which is not there yet
             |
             = note: plugins/usb/src/schema.rs:10:11 referenced here
            help: no plugin defines it; define it, or correct the name
            --- exit 2
        "#]],
    );
    assert!(!host.path("plugins/usb/src/schema.rs").exists());
}

#[test]
fn a_site_that_was_made_without_the_chain_is_compared_with_it() {
    let host = old();
    host.done("adopt --plugin core --tables User --database-url app.db");
    host.done("adopt --plugin usb --tables devices --database-url app.db");
    host.sql("site.db", OLD);
    host.sql("site.db", "DROP INDEX ix_serial; CREATE INDEX ix_at ON devices (at)");
    host.says(
        "adopt --existing --plugin core --database-url site.db",
        expect![[r#"
        core: compared with the chain up to core's 2026-11-21-071100-core_baseline
          = User
        marked as applied: 2026-11-21-071100-core_baseline
        --- exit 0
    "#]],
    );
    host.says("adopt --existing --plugin usb --dry-run --database-url site.db", expect![[r#"
        usb: compared with the chain up to usb's 2026-11-21-071100-usb_baseline
          ~ devices: 2 differences
          - index ix_at on devices (at)
          + index ix_serial on devices (serial desc) where serial <> ''
        would write sites/usb_bring_a_site_to_baseline
        -- usb: bring a site to baseline
        --
        -- Changes:
        --   - index ix_at on devices (at)
        --   + index ix_serial on devices (serial desc) where serial <> ''
        -- At risk:
        --   nothing
        -- Locks: nobody else can write to the file while this runs.
        -- Proven:
        --   on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
        --   nothing is lost but what the change itself destroys; no view, trigger or key breaks

        DROP INDEX "ix_at";
        CREATE INDEX "ix_serial" ON "devices" ("serial" DESC) WHERE serial <> '';
        --- exit 1
    "#]]);
    host.says("adopt --existing --plugin usb --database-url site.db", expect![[r#"
        usb: compared with the chain up to usb's 2026-11-21-071100-usb_baseline
          ~ devices: 2 differences
          - index ix_at on devices (at)
          + index ix_serial on devices (serial desc) where serial <> ''
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
        wrote sites/usb_bring_a_site_to_baseline/up.sql: run it on this database, then the same command again
        --- exit 1
    "#]]);
    let up = host.read("sites/usb_bring_a_site_to_baseline/up.sql");
    host.sql("site.db", &up);
    host.says(
        "adopt --existing --plugin usb --database-url site.db",
        expect![[r#"
        usb: compared with the chain up to usb's 2026-11-21-071100-usb_baseline
          = devices
        marked as applied: 2026-11-21-071100-usb_baseline
        --- exit 0
    "#]],
    );
    host.says(
        "adopt --existing --plugin usb --database-url site.db",
        expect![[r#"
        usb: the database knows the whole chain
        --- exit 0
    "#]],
    );
    host.says(
        "check --database-url site.db",
        expect![[r#"
        in sync: models, chains and sqlite:site.db
        --- stderr
        note[unowned-table]: the database has tables that no plugin owns, and that are left alone: notes
        --- exit 0
    "#]],
    );
}
