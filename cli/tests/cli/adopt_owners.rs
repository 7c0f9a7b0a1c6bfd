//! `autogen adopt` for several owners and for sites without a history, and what it refuses.

use expect_test::expect;

use crate::adopt::{OLD, old};
use crate::support::Host;

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
              length   Integer generated (length(serial)) stored
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
              length   Integer generated (length(serial)) stored
              index ix_serial on devices (serial desc) where serial <> ''
              foreign key on devices (user_id) -> User (id) on delete cascade
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/usb/migrations/2026-11-21-071100-usb_baseline/{up.sql,down.sql,metadata.toml}
        usb: not marked as applied: it depends on revisions that the database has not applied: core's 2026-11-21-071100-core_baseline
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
        error[no-plugin]: `adopt` needs exactly one plugin
        help: name it: `autogen adopt --plugin NAME`; the host's own chain is `core`
        --- exit 2
    "#]],
    );
    host.says(
        "adopt --plugin usb --database-url app.db",
        expect![[r#"
        --- stderr
        error[nothing-to-adopt]: usb has no tables in this database
        help: say which by `--tables GLOB`; `autogen plugins` lists the tables that nobody owns
        --- exit 2
    "#]],
    );
    host.says(
        "adopt --plugin usb --tables none* --database-url app.db",
        expect![[r#"
        --- stderr
        error[nothing-to-adopt]: no table of the database that usb could adopt matches none*
        help: say which by `--tables GLOB`; `autogen plugins` lists the tables that nobody owns
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
    host.says(
        "adopt --existing --plugin usb --dry-run --database-url site.db",
        expect![[r#"
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
        -- Proven: see metadata.toml.

        DROP INDEX "ix_at";
        CREATE INDEX "ix_serial" ON "devices" ("serial" DESC) WHERE serial <> '';
        --- exit 1
    "#]],
    );
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
        usb: the whole chain is marked as applied already
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

/// A core of two revisions, each of which makes a table.
fn two_tables() -> Host {
    Host::of(&[
        ("migrations/2024-01-01-000000_a/up.sql", "CREATE TABLE a (id INTEGER PRIMARY KEY NOT NULL);"),
        ("migrations/2024-01-01-000000_a/down.sql", "DROP TABLE a;"),
        (
            "migrations/2024-02-01-000000_b/up.sql",
            "CREATE TABLE b (id INTEGER PRIMARY KEY NOT NULL, n INTEGER NOT NULL);",
        ),
        ("migrations/2024-02-01-000000_b/down.sql", "DROP TABLE b;"),
        ("src/a.rs", "diesel::table! { a { id -> Integer, } }"),
        ("src/b.rs", "diesel::table! { b { id -> Integer, n -> Integer, } }"),
    ])
}

#[test]
fn a_site_with_a_later_table_is_not_taken_for_an_earlier_state() {
    let host = two_tables();
    host.sql(
        "site.db",
        "CREATE TABLE a (id INTEGER PRIMARY KEY NOT NULL); CREATE TABLE b (id INTEGER PRIMARY KEY NOT NULL)",
    );
    host.says(
        "adopt --existing --plugin core --dry-run --database-url site.db",
        expect![[r#"
            core: compared with the chain up to core's 2024-02-01-000000_b
              = a
              ~ b: 1 difference
              + b.n  Integer not null
            --- stderr
            error[hazard-not-allowed]: core's change has hazards that nobody has allowed
            note: not-null: b.n is required and has no default: the table must be empty (0 rows now)
            help: if that is meant, add `--allow not-null`; or give the column a `#[default]` or a `#[backfill("...")]`
            --- exit 2
        "#]],
    );
}

#[test]
fn a_site_of_an_earlier_state_goes_on_by_upgrade() {
    let host = two_tables();
    host.sql("site.db", "CREATE TABLE a (id INTEGER PRIMARY KEY NOT NULL)");
    let first = expect![[r#"
        core: compared with the chain up to core's 2024-01-01-000000_a
          = a
        marked as applied: 2024-01-01-000000_a
        --- exit 0
    "#]];
    host.says("adopt --existing --plugin core --database-url site.db", first);
    let second = expect![[r#"
        core: compared with the chain up to core's 2024-01-01-000000_a
          = a
        marked already; `autogen upgrade` applies what comes after it
        --- exit 0
    "#]];
    host.says("adopt --existing --plugin core --database-url site.db", second);
    assert_eq!(host.done("upgrade --database-url site.db"), "applied 1 revision\n");
}

#[test]
fn what_an_owner_ignores_is_not_adopted() {
    let host = Host::of(&[("autogen.toml", "[core]\nignore = ['refinery_*']")]);
    host.sql("app.db", "CREATE TABLE refinery_history (version INTEGER PRIMARY KEY NOT NULL); CREATE TABLE users (id INTEGER PRIMARY KEY NOT NULL)");
    host.done("adopt --plugin core --database-url app.db");
    let source = host.read("src/schema.rs");
    assert!(source.contains("users") && !source.contains("refinery_history"), "{source}");
}
