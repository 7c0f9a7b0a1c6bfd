//! Whose table is it: pins, sources, prefixes, and tables that nobody owns.

use autogen_test_servers::{mysql, postgres};
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
              |
             ::: plugins/net/plugin.toml:2:5
              |
            2 |     'lost',
              |     ------ the list of its tables
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
    host.in_sync("check --database-url app.db --quiet");
    assert_eq!(
        host.values("app.db", "SELECT name AS value FROM sqlite_schema WHERE name IN ('legacy', 'tags') ORDER BY 1"),
        ["legacy", "tags"]
    );
}

/// A plugin's migration that is written by hand, over the small host's core.
fn meddling(up: &str) -> Host {
    let host = Host::with_baselines();
    let name = "2026-11-22-000000-net_meddles";
    host.revision("net", name, up, "-- nothing");
    host.write(&format!("plugins/net/migrations/{name}/metadata.toml"), "run_in_transaction = true\n");
    host
}

#[test]
fn a_plugin_that_says_that_it_changes_the_cores_rows_is_refused_before_anything_runs() {
    let host = meddling("CREATE TABLE more (id INTEGER);\nUPDATE assets SET tag = 'x';\n");
    host.says("upgrade --database-url app.db", expect![[r#"
        --- stderr
        error[changes-anothers-table]: net's 2026-11-22-000000-net_meddles can't be run: it changes the table `assets`, which is core's
         --> plugins/net/migrations/2026-11-22-000000-net_meddles/up.sql:2:1
          |
        2 | UPDATE assets SET tag = 'x';
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ by this statement
        help: let the table's owner change it; or, if it must be, give the plugin leave by `may_alter = ["TABLE"]` under its `[plugin.NAME]` in autogen.toml
        --- exit 2
    "#]]);
    assert!(host.schema("app.db").is_empty());
    host.says("check", expect![[r#"
        net: net's 2026-11-22-000000-net_meddles can't be run: it changes the table `assets`, which is core's [changes-anothers-table]
         --> plugins/net/migrations/2026-11-22-000000-net_meddles/up.sql:2:1
          |
        2 | UPDATE assets SET tag = 'x';
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          help: let the table's owner change it; or, if it must be, give the plugin leave by `may_alter = ["TABLE"]` under its `[plugin.NAME]` in autogen.toml
        net: the models are ahead of the chain [models-ahead]
          - table more
              id  Integer
          help: run `autogen` to write the next revision
        --- exit 1
    "#]]);
    host.write("autogen.toml", "[plugin.net]\nmay_alter = ['assets']\n");
    host.done("upgrade --database-url app.db");
}

#[test]
fn a_plugin_that_alters_the_cores_table_is_rolled_back() {
    let host = meddling("CREATE TABLE more (id INTEGER);\nALTER TABLE assets ADD COLUMN net INTEGER;\n");
    host.says("upgrade --database-url app.db", expect![[r#"
        --- stderr
        error[changes-anothers-table]: net's 2026-11-22-000000-net_meddles can't be run: it changes the table `assets`, which is core's
         --> plugins/net/migrations/2026-11-22-000000-net_meddles/up.sql:2:1
          |
        2 | ALTER TABLE assets ADD COLUMN net INTEGER;
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ by this statement
        help: let the table's owner change it; or, if it must be, give the plugin leave by `may_alter = ["TABLE"]` under its `[plugin.NAME]` in autogen.toml
        --- exit 2
    "#]]);
    assert!(!host.schema("app.db").iter().any(|object| object.contains("more")));
    host.write("autogen.toml", "[plugin.net]\nmay_alter = ['Assets']\n");
    host.done("upgrade --database-url app.db");
}

#[test]
fn what_no_chain_has_made_is_no_plugins_either() {
    let host = meddling("CREATE TABLE more (id INTEGER);\nDROP TABLE legacy;\n");
    host.sql("app.db", "CREATE TABLE legacy (x TEXT)");
    host.says("upgrade --database-url app.db", expect![[r#"
        --- stderr
        error[changes-anothers-table]: net's 2026-11-22-000000-net_meddles can't be run: it changes the table `legacy`, which no plugin's migrations have made
         --> plugins/net/migrations/2026-11-22-000000-net_meddles/up.sql:2:1
          |
        2 | DROP TABLE legacy;
          | ^^^^^^^^^^^^^^^^^^ by this statement
        help: let the table's owner change it; or, if it must be, give the plugin leave by `may_alter = ["TABLE"]` under its `[plugin.NAME]` in autogen.toml
        --- exit 2
    "#]]);
    assert_eq!(host.schema("app.db").len(), 1);
    host.write("autogen.toml", "[plugin.net]\nmay_alter = ['legacy']\n");
    host.done("upgrade --database-url app.db");
    // What it has made itself, whatever it is called meanwhile, is its own.
    let up = "CREATE TEMP TABLE kept AS SELECT * FROM more;\nCREATE TABLE new (id INTEGER);\n\
              INSERT INTO new SELECT * FROM kept;\nDROP TABLE more;\nALTER TABLE new RENAME TO \"much.more\";\n\
              DROP TABLE kept;\nUPDATE \"much.more\" SET id = 1;\n";
    let name = "2026-11-23-000000-net_again";
    host.revision("net", name, up, "ALTER TABLE \"much.more\" RENAME TO more;\n");
    host.write(&format!("plugins/net/migrations/{name}/metadata.toml"), "run_in_transaction = true\n");
    host.done("upgrade --database-url app.db");
    host.done("downgrade --allow all --plugin net -1 --database-url app.db");
}

#[test]
fn a_type_has_an_owner_too() {
    let server = postgres();
    let upgrade = format!("upgrade --database-url {}", server.url());
    let hidden = "CREATE TABLE more ();\nDO $$ BEGIN ALTER TYPE state RENAME VALUE 'sent' TO 'gone'; END $$;\n";
    let host = meddling_on("postgres", hidden);
    host.revision("", "2026-11-21-000000_state", "CREATE TYPE state AS ENUM ('new', 'sent');", "DROP TYPE state;");
    host.says(&upgrade, expect![[r#"
        --- stderr
        applying core's 2026-11-20-000000_assets
        applying core's 2026-11-21-000000_state
        applying net's 2026-11-22-000000-net_meddles
        error[changes-anothers-table]: net's 2026-11-22-000000-net_meddles failed: it changes the type `state`, which is core's
        help: nothing of it was applied; let the table's owner change it; or, if it must be, give the plugin leave by `may_alter = ["TABLE"]` under its `[plugin.NAME]` in autogen.toml

        note[done-before]: applied before it, and staying so: core's 2026-11-20-000000_assets, core's 2026-11-21-000000_state
        --- exit 2
    "#]]);
    host.write("plugins/net/migrations/2026-11-22-000000-net_meddles/up.sql", "DROP TYPE state;");
    host.says(&upgrade, expect![[r#"
        --- stderr
        error[changes-anothers-table]: net's 2026-11-22-000000-net_meddles can't be run: it changes the table `state`, which is core's
         --> plugins/net/migrations/2026-11-22-000000-net_meddles/up.sql:1:1
          |
        1 | DROP TYPE state;
          | ^^^^^^^^^^^^^^^^ by this statement
        help: let the table's owner change it; or, if it must be, give the plugin leave by `may_alter = ["TABLE"]` under its `[plugin.NAME]` in autogen.toml
        --- exit 2
    "#]]);
    host.edit("autogen.toml", "path =", "may_alter = ['state']\npath =");
    host.done(&upgrade);
}

/// SQLite rewrites the text of the table that points there, which is another's.
#[test]
fn what_a_plugin_renames_shows_in_others_keys_and_is_no_change_of_theirs() {
    let host = meddling("ALTER TABLE ports RENAME TO sockets;\nALTER TABLE sockets RENAME COLUMN id TO socket;\n");
    let plugs = "CREATE TABLE plugs (id INTEGER, port INTEGER REFERENCES ports (id));";
    host.revision("", "2026-11-21-080000_plugs", plugs, "DROP TABLE plugs;");
    host.done("upgrade --database-url app.db");
    let kept = host.schema("app.db").into_iter().find(|object| object.contains("plugs")).expect("is there");
    assert!(kept.contains("\"sockets\"") && kept.contains("socket"), "{kept}");
}

/// A core with a table, and a plugin's migration that changes it, on a server.
fn meddling_on(dialect: &str, up: &str) -> Host {
    let host =
        Host::of(&[("autogen.toml", &format!("dialects = ['{dialect}']\n[plugin.net]\npath = 'plugins/net'\n"))]);
    let assets = "CREATE TABLE assets (id integer PRIMARY KEY, tag varchar(20));";
    host.revision("", "2026-11-20-000000_assets", assets, "DROP TABLE assets;");
    host.revision("net", "2026-11-22-000000-net_meddles", up, "-- nothing");
    host
}

#[test]
fn on_postgresql_others_tables_are_compared_in_the_transaction() {
    let server = postgres();
    let upgrade = format!("upgrade --database-url {}", server.url());
    // No text tells what code in the database does.
    let hidden = "CREATE TABLE more ();\nDO $$ BEGIN ALTER TABLE assets ALTER tag SET NOT NULL; END $$;\n";
    let host = meddling_on("postgres", hidden);
    host.says(&upgrade, expect![[r#"
        --- stderr
        applying core's 2026-11-20-000000_assets
        applying net's 2026-11-22-000000-net_meddles
        error[changes-anothers-table]: net's 2026-11-22-000000-net_meddles failed: it changes the table `assets`, which is core's
        help: nothing of it was applied; let the table's owner change it; or, if it must be, give the plugin leave by `may_alter = ["TABLE"]` under its `[plugin.NAME]` in autogen.toml

        note[done-before]: applied before it, and staying so: core's 2026-11-20-000000_assets
        --- exit 2
    "#]]);
    host.edit("autogen.toml", "path =", "may_alter = ['assets']\npath =");
    host.done(&upgrade);
}

#[test]
fn on_mariadb_statements_are_all_there_is_to_look_at() {
    let server = mysql();
    let upgrade = format!("upgrade --database-url {}", server.url());
    let host = meddling_on("mysql", "CREATE TABLE more (id int);\nALTER TABLE `Assets` ADD COLUMN net int;\n");
    host.says(&upgrade, expect![[r#"
        --- stderr
        error[changes-anothers-table]: net's 2026-11-22-000000-net_meddles can't be run: it changes the table `assets`, which is core's
         --> plugins/net/migrations/2026-11-22-000000-net_meddles/up.sql:2:1
          |
        2 | ALTER TABLE `Assets` ADD COLUMN net int;
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ by this statement
        help: let the table's owner change it; or, if it must be, give the plugin leave by `may_alter = ["TABLE"]` under its `[plugin.NAME]` in autogen.toml
        --- exit 2
    "#]]);
    assert_eq!(
        server.rows("SELECT CAST(count(*) AS CHAR) FROM information_schema.tables WHERE table_schema = DATABASE()"),
        ["0"]
    );
    host.edit("plugins/net/migrations/2026-11-22-000000-net_meddles/up.sql", "Assets", "legacy");
    let refused = host.run(&upgrade);
    assert!(refused.stderr.contains("`legacy`, which no plugin's migrations have made"), "{}", refused.transcript());
    host.edit("plugins/net/migrations/2026-11-22-000000-net_meddles/up.sql", "legacy", "Assets");
    host.edit("autogen.toml", "path =", "may_alter = ['assets']\npath =");
    host.edit("plugins/net/migrations/2026-11-22-000000-net_meddles/up.sql", "Assets", "assets");
    host.done(&upgrade);
}
