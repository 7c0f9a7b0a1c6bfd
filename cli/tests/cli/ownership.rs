//! Whose table is it: pins, sources, prefixes, and tables that nobody owns.

use expect_test::expect;

use crate::support::{Host, PORTS};

#[test]
fn a_table_defined_twice_shows_both_places() {
    let host = Host::of(&[("plugins/net/src/schema.rs", PORTS), ("plugins/usb/src/schema.rs", PORTS)]);
    host.says(
        "",
        expect![[r#"
            --- stderr
            error[table-defined-twice]: table `ports` is defined by net and by usb
             --> plugins/net/src/schema.rs:2:5
              |
            2 |     ports (id) {
              |     ^^^^^ first, in net
              |
             ::: plugins/usb/src/schema.rs:2:5
              |
            2 |     ports (id) {
              |     ----- again, in usb
            help: a table has one owner: keep one definition, and import it where the other one is
            --- exit 2
        "#]],
    );
    let host = Host::of(&[("src/a.rs", PORTS), ("src/b.rs", PORTS)]);
    host.says(
        "",
        expect![[r#"
            --- stderr
            error[table-defined-twice]: table `ports` is defined twice in core
             --> src/a.rs:2:5
              |
            2 |     ports (id) {
              |     ^^^^^ first, in core
              |
             ::: src/b.rs:2:5
              |
            2 |     ports (id) {
              |     ----- again, in core
            help: remove one, tell them apart by conditions such as `#[cfg(feature = "sqlite")]`, or state in `sources` which files define tables
            --- exit 2
        "#]],
    );
}

#[test]
fn pins_and_sources_must_agree() {
    let host =
        Host::of(&[("plugins/net/src/schema.rs", PORTS), ("plugins/net/plugin.toml", "tables = [\n    'lost',\n]\n")]);
    host.says(
        "",
        expect![[r#"
            --- stderr
            error[definition-not-pinned]: `net` defines table `ports` but doesn't pin it
             --> plugins/net/src/schema.rs:2:5
              |
            2 |     ports (id) {
              |     ^^^^^ defined here
            help: add "ports" to the `tables` of `net`

            error[pin-without-definition]: `net` pins table `lost` but doesn't define it
             --> plugins/net/plugin.toml:2:5
              |
            2 |     'lost',
              |     ^^^^^^ pinned here
            help: define the table in the owner's sources, or take the pin out
            --- exit 2
        "#]],
    );
}

#[test]
fn a_pinned_table_is_nobody_elses() {
    let host = Host::of(&[
        ("plugins/net/src/schema.rs", PORTS),
        ("autogen.toml", "[core]\ntables = ['ports']\n[plugin.usb]\ntables = ['ports']\n"),
        ("plugins/usb/src/lib.rs", ""),
    ]);
    host.says(
        "",
        expect![[r#"
            --- stderr
            error[table-owned-twice]: table `ports` is pinned twice
             --> autogen.toml:4:11
              |
            4 | tables = ['ports']
              |           ^^^^^^^ by `usb`
              |
             ::: autogen.toml:2:11
              |
            2 | tables = ['ports']
              |           ------- and by `core`
            help: take it out of one of the two lists

            error[definition-of-anothers-table]: `net` defines table `ports`, which belongs to `core`
             --> plugins/net/src/schema.rs:2:5
              |
            2 |     ports (id) {
              |     ^^^^^ defined here
              |
             ::: autogen.toml:2:11
              |
            2 | tables = ['ports']
              |           ------- pinned by `core`
            help: refer to the definition in `core`, or move the pin to `net`
            --- exit 2
        "#]],
    );
}

#[test]
fn a_prefix_holds() {
    let host = Host::of(&[("plugins/net/src/schema.rs", PORTS), ("plugins/net/plugin.toml", "prefix = 'net_'\n")]);
    host.says(
        "",
        expect![[r#"
            --- stderr
            error[prefix]: table `ports` of `net` doesn't begin with `net_`
             --> plugins/net/src/schema.rs:2:5
              |
            2 |     ports (id) {
              |     ^^^^^ defined here
              |
             ::: plugins/net/plugin.toml:1:10
              |
            1 | prefix = 'net_'
              |          ------ the rule
            help: rename it, or add "ports" to `prefix_exceptions`
            --- exit 2
        "#]],
    );
}

#[test]
fn tables_that_nobody_owns_are_named_and_kept() {
    let host = Host::with_database();
    host.sql("app.db", "CREATE TABLE legacy (x TEXT); CREATE VIEW tags AS SELECT tag FROM assets");
    host.edit("plugins/net/src/schema.rs", "speed ->", "duplex -> Nullable<Bool>,\n        speed ->");
    host.says("--plugin net --database-url app.db -v", expect![[r#"
        net: add ports.duplex
          + ports.duplex  Bool
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/net/migrations/2026-11-21-071101-net_add_ports_duplex/{up.sql,down.sql,metadata.toml}
        --- stderr
        note[unowned-table]: the database has tables that no plugin owns, and that are left alone: legacy

        kept: view tags
        --- exit 0
    "#]]);
    host.done("upgrade --database-url app.db");
    host.says(
        "check --database-url app.db",
        expect![[r#"
            in sync: models, chains and sqlite:app.db
            --- stderr
            note[unowned-table]: the database has tables that no plugin owns, and that are left alone: legacy
            --- exit 0
        "#]],
    );
    host.says(
        "check --database-url app.db --quiet",
        expect![[r#"
            in sync: models, chains and sqlite:app.db
            --- exit 0
        "#]],
    );
    assert_eq!(
        host.values("app.db", "SELECT name AS value FROM sqlite_schema WHERE name IN ('legacy', 'tags') ORDER BY 1"),
        ["legacy", "tags"]
    );
}
