//! What the ledger notices: edits, halves, and what other programs did.

use expect_test::expect;

use crate::support::Host;

#[test]
fn an_edit_after_applying_is_named_and_blocks_nobody() {
    let host = Host::with_database();
    let up = "plugins/net/migrations/2026-11-21-071100-net_baseline/up.sql";
    host.edit(up, "CREATE TABLE", "-- only a comment\nCREATE  TABLE");
    host.says(
        "status --plugin net --database-url app.db",
        expect![[r#"
        net  1 applied, 0 pending  head 2026-11-21-071100-net_baseline
        --- exit 0
    "#]],
    );
    host.edit(up, "\"speed\" INTEGER", "\"speed\" INTEGER DEFAULT 1");
    host.says(
        "status --plugin net --database-url app.db",
        expect![[r#"
        net  1 applied, 0 pending  head 2026-11-21-071100-net_baseline
               edited since it was applied: 2026-11-21-071100-net_baseline
        --- exit 1
    "#]],
    );
    host.says(
        "check --plugin net --database-url app.db",
        expect![[r#"
            net: the models are ahead of the chain [models-ahead]
              ~ ports.speed  default 1 -> none
             --> plugins/net/src/schema.rs:4:9
              |
            4 |         speed -> Nullable<Integer>,
              |         ^^^^^
              help: run `autogen --no-database --plugin net` to write the next revision: the live database has drifted
            net: edited since the database has applied it: 2026-11-21-071100-net_baseline [edited-revision]
              help: put the file back and write a new revision, or accept it by `autogen status --repair`
            net: the database is not what its applied revisions make; to mend it: [database-drifted]
              ~ ports.speed  default none -> 1
              help: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin net`, which writes the revision, and mark that as applied by `autogen stamp net@head`
            net: 2026-11-21-071100-net_baseline is no longer as it was proven: up.sql was edited [stale-proof]
              help: put the files back, or prove and certify it anew by `autogen verify --record`
            --- exit 1
        "#]],
    );
    host.says(
        "upgrade --database-url app.db",
        expect![[r#"
            nothing to apply
            --- stderr
            warning[edited-revision]: net's 2026-11-21-071100-net_baseline was edited since the database has applied it
            help: put the file back and write a new revision, or accept it by `autogen status --repair`
            --- exit 0
        "#]],
    );
    host.says(
        "status --repair --plugin net --database-url app.db",
        expect![[r#"
        net  1 applied, 0 pending  head 2026-11-21-071100-net_baseline
        --- stderr
        the ledger: 1 revision put right
        --- exit 0
    "#]],
    );
}

#[test]
fn what_stopped_in_the_middle_is_named_until_it_goes_on() {
    let host = Host::with_database();
    let more = "plugins/net/migrations/2026-12-01-000000_more";
    host.revision("net", "2026-12-01-000000_more", "CREATE TABLE more (id);\nNONSENSE;\n", "DROP TABLE more;\n");
    host.write(&format!("{more}/metadata.toml"), "run_in_transaction = false\n");
    assert_eq!(host.run("upgrade --database-url app.db").code, 2);
    host.says(
        "status --plugin net --database-url app.db",
        expect![[r#"
        net  1 applied, 1 pending  head 2026-12-01-000000_more
               pending 2026-12-01-000000_more
        half done: net's 2026-12-01-000000_more, applied up to statement 1 of 2
        --- exit 1
    "#]],
    );
    host.edit(&format!("{more}/up.sql"), "NONSENSE", "INSERT INTO more VALUES (1)");
    host.edit(&format!("{more}/up.sql"), "(id)", "(id INTEGER)");
    host.says("upgrade --database-url app.db", expect![[r#"
        --- stderr
        applying net's 2026-12-01-000000_more
        error[half-done]: net's 2026-12-01-000000_more failed: 1 of its statements ran earlier, and the file no longer begins with them
        help: put the statements that ran back to the file's beginning (`autogen status` shows how many), or make the tables what they were before and run `autogen stamp`, which compares them
        --- exit 2
    "#]]);
    host.edit(&format!("{more}/up.sql"), "(id INTEGER)", "(id)");
    host.says(
        "upgrade --database-url app.db",
        expect![[r#"
        applied 1 revision
        --- stderr
        applying net's 2026-12-01-000000_more
        --- exit 0
    "#]],
    );
    host.says(
        "status --plugin net --database-url app.db",
        expect![[r#"
        net  2 applied, 0 pending  head 2026-12-01-000000_more
        --- exit 0
    "#]],
    );
}

#[test]
fn what_diesel_itself_does_is_noticed_and_put_right() {
    let host = Host::with_database();
    host.sql(
        "app.db",
        "DELETE FROM __autogen_ledger WHERE plugin = 'core';
         DELETE FROM __diesel_schema_migrations WHERE version LIKE '%net'; DROP TABLE ports",
    );
    host.says(
        "status --database-url app.db",
        expect![[r#"
        core  1 applied, 0 pending  head 2026-11-21-071100-core_baseline
        net   0 applied, 1 pending  head 2026-11-21-071100-net_baseline
                pending 2026-11-21-071100-net_baseline
        usb   1 applied, 0 pending  head 2026-11-21-071100-usb_baseline
        applied by another program: core's 2026-11-21-071100-core_baseline
        reverted by another program: net's 2026-11-21-071100-net_baseline
        --- exit 1
    "#]],
    );
    host.says(
        "status --repair --database-url app.db",
        expect![[r#"
        core  1 applied, 0 pending  head 2026-11-21-071100-core_baseline
        net   0 applied, 1 pending  head 2026-11-21-071100-net_baseline
                pending 2026-11-21-071100-net_baseline
        usb   1 applied, 0 pending  head 2026-11-21-071100-usb_baseline
        --- stderr
        the ledger: 2 revisions put right
        --- exit 1
    "#]],
    );
    host.done("upgrade --database-url app.db");
    host.says(
        "status --database-url app.db --plugin net",
        expect![[r#"
        net  1 applied, 0 pending  head 2026-11-21-071100-net_baseline
        --- exit 0
    "#]],
    );
}

#[test]
fn a_plugin_that_is_gone_is_known_by_name() {
    let host = Host::with_database();
    std::fs::remove_dir_all(host.path("plugins/net")).expect("is there");
    host.says(
        "status --database-url app.db",
        expect![[r#"
        core  1 applied, 0 pending  head 2026-11-21-071100-core_baseline
        usb   1 applied, 0 pending  head 2026-11-21-071100-usb_baseline
        applied, but in no chain: 20261121071100net (net's 2026-11-21-071100-net_baseline)
        --- exit 1
    "#]],
    );
    host.says(
        "upgrade --database-url app.db",
        expect![[r#"
        nothing to apply
        --- exit 0
    "#]],
    );
}
