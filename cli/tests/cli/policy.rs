//! `[policy]` in autogen.toml, and `check --deny`.

use autogen_test_servers::{MysqlKind, mysql_on, postgres};
use expect_test::expect;

use crate::support::{ASSETS, DEVICES, Host, PORTS};

/// The small host, migrated, with rows. Devices lose their serial, and ports their speed.
fn losing() -> Host {
    let host = Host::with_database();
    host.sql("app.db", "INSERT INTO assets (tag) VALUES ('a'), ('b'), ('c')");
    host.sql("app.db", "INSERT INTO devices (asset_id, serial) VALUES (1, 'x'), (2, 'y'), (3, NULL)");
    host.edit("plugins/usb/src/schema.rs", "#[index(serial)]\n    ", "");
    host.edit("plugins/usb/src/schema.rs", "        serial -> Nullable<Text>,\n", "");
    host.edit("plugins/net/src/schema.rs", "        speed -> Nullable<Integer>,\n", "");
    host
}

#[test]
fn hazards_of_all_plugins_are_told_at_once() {
    let host = losing();
    let before = host.files();
    host.says(
        "",
        expect![[r#"
            --- stderr
            error[hazard-not-allowed]: net's change has hazards that nobody has allowed
            note: drop-column: column ports.speed and its values are lost

            error[hazard-not-allowed]: usb's change has hazards that nobody has allowed
            note: drop-column: column devices.serial and its values are lost
            help: if all of that is meant, add `--allow drop-column`
            --- exit 2
        "#]],
    );
    assert_eq!(host.files(), before);
    host.done("--allow drop-column");
}

#[test]
fn hazards_of_all_dialects_are_told_at_once() {
    let server = postgres();
    let host = Host::of(&[
        ("autogen.toml", "dialects = ['sqlite', 'postgres']\n[database]\nscratch = { postgres = 'env:SCRATCH_URL' }\n"),
        ("plugins/net/src/schema.rs", PORTS),
    ]);
    let run = |arguments: &str| {
        host.output(host.command(arguments).env("SCRATCH_URL", server.url()).output().expect("the program starts"))
    };
    assert_eq!(run("").code, 0);
    host.write("plugins/net/src/schema.rs", "");
    expect![[r#"
        --- stderr
        error[hazard-not-allowed]: net's change has hazards that nobody has allowed
        note: this is about the migrations for sqlite
        note: drop-table: table ports and all its rows are lost

        error[hazard-not-allowed]: net's change has hazards that nobody has allowed
        note: this is about the migrations for postgres
        note: drop-table: table ports and all its rows are lost
        help: if all of that is meant, add `--allow drop-table`
        --- exit 2
    "#]]
    .assert_eq(&run("").transcript());
}

#[test]
fn what_the_policy_allows_passes_up_to_so_many_rows() {
    let host = losing();
    host.write("autogen.toml", "[policy]\nallow = { drop-column = { rows = 1 } }\n");
    host.says("check --deny --database-url app.db", expect![[r#"
        net: the models are ahead of the chain [models-ahead]
          - ports.speed  Integer
         --> plugins/net/src/schema.rs:2:5
          |
        2 |     ports (id) {
          |     ^^^^^
          help: run `autogen` to write the next revision
        usb: the models are ahead of the chain [models-ahead]
          - index ix_devices_serial on devices (serial)
          - devices.serial  Text
         --> plugins/usb/src/schema.rs:2:5
          |
        2 |     devices (id) {
          |     ^^^^^^^
          help: run `autogen` to write the next revision
        usb: nobody has allowed drop-column: column devices.serial and its values are lost (2 rows now; the policy allows 1) [hazard-not-allowed]
         --> plugins/usb/src/schema.rs:2:5
          |
        2 |     devices (id) {
          |     ^^^^^^^
          help: allow it where it is defined by `#[allow(drop_column, reason = "...")]`, or for more changes by `drop-column = { rows = N }` under `[policy] allow` in autogen.toml
        --- exit 1
    "#]]);
    // How many rows there are, nobody has said.
    host.says("check --deny --plugin net", expect![[r#"
        net: the models are ahead of the chain [models-ahead]
          - ports.speed  Integer
         --> plugins/net/src/schema.rs:2:5
          |
        2 |     ports (id) {
          |     ^^^^^
          help: run `autogen` to write the next revision
        net: nobody has allowed drop-column: column ports.speed and its values are lost (the policy allows 1 of them; how many there are isn't known) [hazard-not-allowed]
         --> plugins/net/src/schema.rs:2:5
          |
        2 |     ports (id) {
          |     ^^^^^
          help: allow it where it is defined by `#[allow(drop_column, reason = "...")]`, or for more changes by `drop-column = { rows = N }` under `[policy] allow` in autogen.toml
        --- exit 1
    "#]]);
    assert_eq!(host.run("--plugin usb --database-url app.db").code, 2);
    host.write("autogen.toml", "[policy]\nallow = { drop-column = { rows = 2 } }\n");
    let said = host.done("--plugin usb --database-url app.db");
    assert!(said.contains("(2 rows now); allowed: by the policy, up to 2 rows"), "{said}");
    // A plugin's own word counts before that for all.
    host.write(
        "autogen.toml",
        "[policy]\nallow = { drop-column = true }\n[policy.plugin.net]\nallow = { drop_column = false }\n",
    );
    assert_eq!(host.run("--plugin net").code, 2);
    host.write("autogen.toml", "[policy.plugin.net]\nallow = { drop-column = true }\n");
    host.done("--plugin net");
}

#[test]
fn a_large_table_costs_no_more_than_the_budget() {
    let host = losing();
    host.edit("plugins/net/src/schema.rs", "ports (id)", "#[check(\"id > 0\")]\n    ports (id)");
    host.write(
        "autogen.toml",
        "[policy]\nallow = { drop-column = true, new-check = true, rebuild = true }\n[policy.budget]\nlarge = 3\nno_rewrite = true\nblocks = 'nothing'\n",
    );
    // Ports are no large table: nobody has any.
    host.says("check --deny --database-url app.db", expect![[r#"
        net: the models are ahead of the chain [models-ahead]
          - ports.speed  Integer
          + check on ports (id > 0)
         --> plugins/net/src/schema.rs:2:7
          |
        2 |     #[check("id > 0")]
          |       ^^^^^^^^^^^^^^^
        3 |     ports (id) {
          |     ^^^^^
          help: run `autogen` to write the next revision
        usb: the models are ahead of the chain [models-ahead]
          - index ix_devices_serial on devices (serial)
          - devices.serial  Text
         --> plugins/usb/src/schema.rs:2:5
          |
        2 |     devices (id) {
          |     ^^^^^^^
          help: run `autogen` to write the next revision
        usb: the change blocks writes on devices, which has 3 rows; from 3 rows on, the budget lets it block nothing [over-budget]
         --> plugins/usb/src/schema.rs:2:5
          |
        2 |     devices (id) {
          |     ^^^^^^^
          help: split the change (see docs/how-to/large-tables.md), or raise `[policy.budget]` in autogen.toml
        --- exit 1
    "#]]);
    host.sql("app.db", "INSERT INTO ports VALUES (1, 1), (2, 1), (3, 1)");
    host.says("check --deny --plugin net --database-url app.db", expect![[r#"
        net: the models are ahead of the chain [models-ahead]
          - ports.speed  Integer
          + check on ports (id > 0)
         --> plugins/net/src/schema.rs:2:7
          |
        2 |     #[check("id > 0")]
          |       ^^^^^^^^^^^^^^^
        3 |     ports (id) {
          |     ^^^^^
          help: run `autogen` to write the next revision
        net: the change rewrites or reads every row of ports, which has 3 rows; from 3 rows on, the budget lets it do neither [over-budget]
         --> plugins/net/src/schema.rs:3:5
          |
        3 |     ports (id) {
          |     ^^^^^
          help: split the change (see docs/how-to/large-tables.md), or raise `[policy.budget]` in autogen.toml
        net: the change blocks writes on ports, which has 3 rows; from 3 rows on, the budget lets it block nothing [over-budget]
         --> plugins/net/src/schema.rs:3:5
          |
        3 |     ports (id) {
          |     ^^^^^
          help: split the change (see docs/how-to/large-tables.md), or raise `[policy.budget]` in autogen.toml
        --- exit 1
    "#]]);
    // What `check` finds, `generate` refuses to write.
    let before = host.files();
    host.says("--plugin net --database-url app.db", expect![[r#"
        --- stderr
        error[over-budget]: net: the change rewrites or reads every row of ports, which has 3 rows; from 3 rows on, the budget lets it do neither
         --> plugins/net/src/schema.rs:3:5
          |
        3 |     ports (id) {
          |     ^^^^^
        help: split the change (see docs/how-to/large-tables.md), or raise `[policy.budget]` in autogen.toml

        error[over-budget]: net: the change blocks writes on ports, which has 3 rows; from 3 rows on, the budget lets it block nothing
         --> plugins/net/src/schema.rs:3:5
          |
        3 |     ports (id) {
          |     ^^^^^
        help: split the change (see docs/how-to/large-tables.md), or raise `[policy.budget]` in autogen.toml
        --- exit 2
    "#]]);
    assert_eq!(host.files(), before);
    host.edit("autogen.toml", "large = 3", "large = 4");
    assert!(!host.run("check --deny --database-url app.db").stdout.contains("over-budget"));
}

#[test]
fn a_file_tells_sizes_where_no_database_does() {
    let host = losing();
    host.sql("app.db", "INSERT INTO ports VALUES (1, 1)");
    host.done("drift --export-stats stats.toml --database-url app.db");
    expect![[r#"
        # Rows of each table, by the database's own estimates. Written by `autogen drift --export-stats`.
        [rows]
        assets = 3
        devices = 3
        ports = 1
    "#]]
    .assert_eq(&host.read("stats.toml"));
    host.write("autogen.toml", "[policy]\nstats = 'stats.toml'\nallow = { drop-column = { rows = 1 } }\n");
    host.says("check --deny", expect![[r#"
        net: the models are ahead of the chain [models-ahead]
          - ports.speed  Integer
         --> plugins/net/src/schema.rs:2:5
          |
        2 |     ports (id) {
          |     ^^^^^
          help: run `autogen` to write the next revision
        usb: the models are ahead of the chain [models-ahead]
          - index ix_devices_serial on devices (serial)
          - devices.serial  Text
         --> plugins/usb/src/schema.rs:2:5
          |
        2 |     devices (id) {
          |     ^^^^^^^
          help: run `autogen` to write the next revision
        usb: nobody has allowed drop-column: column devices.serial and its values are lost (the policy allows 1 of them; how many there are isn't known) [hazard-not-allowed]
         --> plugins/usb/src/schema.rs:2:5
          |
        2 |     devices (id) {
          |     ^^^^^^^
          help: allow it where it is defined by `#[allow(drop_column, reason = "...")]`, or for more changes by `drop-column = { rows = N }` under `[policy] allow` in autogen.toml
        --- exit 1
    "#]]);
    host.done("--plugin net");
}

#[test]
fn servers_estimate_sizes() {
    let host = Host::of(&[("src/schema.rs", "autogen::table! { notes { id -> Integer } }\n")]);
    let export = |url: &str| {
        host.done(&format!("drift --export-stats stats.toml --database-url {url}"));
        let text = host.read("stats.toml");
        text.lines().last().unwrap_or_default().to_owned()
    };
    let server = postgres();
    server.execute("CREATE TABLE notes (id integer PRIMARY KEY); INSERT INTO notes SELECT generate_series(1, 7)");
    assert_eq!(export(&server.url()), "notes = 7");
    server.execute("ANALYZE notes; DELETE FROM notes");
    assert_eq!(export(&server.url()), "notes = 7", "as the server's statistics say");
    for kind in MysqlKind::of_this_run() {
        let server = mysql_on(kind);
        server.execute("CREATE TABLE notes (id integer PRIMARY KEY)");
        server.execute("INSERT INTO notes VALUES (1), (2)");
        assert_eq!(export(&server.url()), "notes = 2");
    }
}

#[test]
fn locks_of_postgres_are_counted_by_what_they_block() {
    let server = postgres();
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n"), ("src/schema.rs", ASSETS)]);
    let url = server.url();
    host.done(&format!("--database-url {url}"));
    host.done(&format!("upgrade --database-url {url}"));
    server.execute("INSERT INTO assets (tag) SELECT 'x' FROM generate_series(1, 5)");
    host.edit("src/schema.rs", "assets (id)", "#[index(tag)]\n    assets (id)");
    let check = |blocks: &str| {
        let policy = format!("dialects = ['postgres']\n[policy.budget]\nlarge = 5\nblocks = '{blocks}'\n");
        host.write("autogen.toml", &policy);
        host.run(&format!("check --deny --database-url {url}")).transcript()
    };
    expect![[r#"
        core: the models are ahead of the chain [models-ahead]
          + index ix_assets_tag on assets (tag)
         --> src/schema.rs:2:7
          |
        2 |     #[index(tag)]
          |       ^^^^^^^^^^
          help: run `autogen` to write the next revision
        core: the change blocks writes on assets, which has 5 rows; from 5 rows on, the budget lets it block nothing [over-budget]
         --> src/schema.rs:2:7
          |
        2 |     #[index(tag)]
          |       ^^^^^^^^^^
          help: split the change (see docs/how-to/large-tables.md), or raise `[policy.budget]` in autogen.toml
        --- exit 1
    "#]].assert_eq(&check("nothing"));
    assert!(!check("writes").contains("over-budget"));
}

#[test]
fn a_permission_that_nothing_needs_is_found() {
    let host = Host::with_baselines();
    host.edit(
        "plugins/usb/src/schema.rs",
        "serial -> Nullable<Text>",
        "#[allow(not_null, reason = \"all have one\")]\n        serial -> Text",
    );
    host.edit("plugins/net/src/schema.rs", "ports (id)", "#[allow(drop_table)]\n    ports (id)");
    host.says("check --deny", expect![[r#"
        net: nothing that is planned needs `#[allow(drop_table)]` [unused-allow]
         --> plugins/net/src/schema.rs:2:13
          |
        2 |     #[allow(drop_table)]
          |             ^^^^^^^^^^
          help: take it out: it would let the next such change pass unseen
        usb: the models are ahead of the chain [models-ahead]
          ~ devices.serial  null -> not null
         --> plugins/usb/src/schema.rs:9:9
          |
        9 |         serial -> Text,
          |         ^^^^^^
          help: run `autogen` to write the next revision
        usb: nobody has allowed rebuild: every row of devices is copied while nobody else can write [hazard-not-allowed]
         --> plugins/usb/src/schema.rs:9:9
          |
        9 |         serial -> Text,
          |         ^^^^^^
          help: allow it where it is defined by `#[allow(rebuild, reason = "...")]`, or for more changes by `rebuild = { rows = N }` under `[policy] allow` in autogen.toml
        --- exit 1
    "#]]);
    host.done("--plugin usb --allow rebuild");
    host.says(
        "check --deny --plugin usb",
        expect![[r#"
        usb: nothing that is planned needs `#[allow(not_null)]` [unused-allow]
         --> plugins/usb/src/schema.rs:8:17
          |
        8 |         #[allow(not_null, reason = "all have one")]
          |                 ^^^^^^^^
          help: take it out: it would let the next such change pass unseen
        --- exit 1
    "#]],
    );
    host.in_sync("check");
}

#[test]
fn mistakes_in_the_policy_have_their_place() {
    let host = Host::of(&[("src/schema.rs", ASSETS), ("plugins/usb/src/schema.rs", DEVICES)]);
    host.write(
        "autogen.toml",
        "[policy]\nallow = { drop-colum = true, rebuild = { row = 3 } }\n[policy.budget]\nblocks = 'reads'\n",
    );
    host.says("check", expect![[r#"
        --- stderr
        error[bad-config]: unknown hazard `drop-colum`; known: drop-table, drop-column, delete-rows, drop-enum-value, narrow-type, not-null, new-unique, new-check, new-foreign-key, rebuild, table-rewrite, irreversible
         --> autogen.toml:2:11
          |
        2 | allow = { drop-colum = true, rebuild = { row = 3 } }
          |           ^^^^^^^^^^
        help: name a hazard; docs/hazards.md lists them

        error[bad-config]: `rebuild` is allowed in a way that isn't known
         --> autogen.toml:2:40
          |
        2 | allow = { drop-colum = true, rebuild = { row = 3 } }
          |                                        ^^^^^^^^^^^
        help: write `true`, `false`, or `{ rows = N }` for at most so many rows

        error[bad-config]: `reads` is nothing that can be blocked
         --> autogen.toml:4:10
          |
        4 | blocks = 'reads'
          |          ^^^^^^^
        help: write the most that may wait: `nothing`, `writes` or `everything`
        --- exit 2
    "#]]);
    host.write("autogen.toml", "[policy.plugin.ubs]\nallow = { rebuild = true }\n");
    host.says(
        "check",
        expect![[r#"
        --- stderr
        error[no-such-plugin]: there is no plugin `ubs`
         --> autogen.toml:1:16
          |
        1 | [policy.plugin.ubs]
          |                ^^^
        help: name a plugin of the host, or `core`
        --- exit 2
    "#]],
    );
    host.write("autogen.toml", "[policy]\nstats = 'none.toml'\n");
    host.says(
        "check --deny",
        expect![[r#"
        --- stderr
        error[missing-stats]: there is no file `none.toml`, which `[policy] stats` names
        help: write it by `autogen drift --export-stats FILE` where the live database can be read, or take the key out
        --- exit 2
    "#]],
    );
}
