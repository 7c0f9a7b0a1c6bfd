//! `autogen upgrade`: applies what is pending, once, in dependency order.

use autogen_engine::dialect::Dialect;
use std::process::Stdio;

use diesel::connection::SimpleConnection;
use expect_test::expect;

use crate::support::Host;

#[test]
fn everything_pending_is_applied_in_dependency_order_once() {
    let host = Host::shopdb(Dialect::Sqlite);
    host.done("--plugin usb");
    host.says(
        "upgrade --database-url app.db",
        expect![[r#"
            applied 8 revisions
            --- stderr
            applying core's 2026-11-20-083000-core_baseline
            applying equipment's 2026-11-20-083000-equipment_baseline
            applying network's 2026-11-20-083000-network_baseline
            applying notifications' 2026-11-20-083000-notifications_baseline
            applying printers' 2026-11-20-083000-printers_baseline
            applying usb's 2026-11-20-083000-usb_baseline
            applying computers' 2026-11-20-083001-computers_baseline
            applying usb's 2026-11-21-071100-usb_add_usbdevices_hardwareid
            --- exit 0
        "#]],
    );
    host.says(
        "upgrade --database-url app.db",
        expect![[r#"
            nothing to apply
            --- exit 0
        "#]],
    );
    host.in_sync("check --database-url app.db");
}

#[test]
fn a_plugin_brings_what_it_depends_on_and_no_more() {
    let host = Host::with_baselines();
    host.says(
        "upgrade --plugin usb --database-url app.db",
        expect![[r#"
            applied 2 revisions
            --- stderr
            applying core's 2026-11-21-071100-core_baseline
            applying usb's 2026-11-21-071100-usb_baseline
            --- exit 0
        "#]],
    );
    assert_eq!(host.applied("app.db"), ["20261121071100core", "20261121071100usb"]);
}

#[test]
fn an_upgrade_may_stop_at_a_revision() {
    let host = Host::with_baselines();
    host.says(
        "upgrade 2026-11-21-071100-net --database-url app.db",
        expect![[r#"
            applied 1 revision
            --- stderr
            applying net's 2026-11-21-071100-net_baseline
            --- exit 0
        "#]],
    );
    assert_eq!(host.applied("app.db"), ["20261121071100net"]);
    host.says(
        "upgrade nope --database-url app.db",
        expect![[r#"
            --- stderr
            error[no-such-revision]: there is no revision `nope`
            help: a revision is a folder in the `migrations` of core or of a plugin; `autogen history` lists them
            --- exit 2
        "#]],
    );
    host.says("upgrade 2026 --database-url app.db", expect![[r#"
        --- stderr
        error[ambiguous-revision]: `2026` may mean any of 3 revisions
        help: give more of the name: `2026-11-21-071100-core_baseline`, `2026-11-21-071100-net_baseline`, `2026-11-21-071100-usb_baseline`
        --- exit 2
    "#]]);
}

#[test]
fn a_migration_that_fails_leaves_nothing() {
    let host = Host::with_baselines();
    host.revision(
        "net",
        "2026-12-01-000000_more",
        "CREATE TABLE more (id INTEGER NOT NULL);\nINSERT INTO more VALUES (1);\nINSERT INTO more VALUES (NULL);\n",
        "DROP TABLE more;\n",
    );
    host.says("upgrade --database-url app.db", expect![[r#"
        --- stderr
        applying core's 2026-11-21-071100-core_baseline
        applying net's 2026-11-21-071100-net_baseline
        applying usb's 2026-11-21-071100-usb_baseline
        applying net's 2026-12-01-000000_more
        error[migration-failed]: net's 2026-12-01-000000_more failed at `INSERT INTO more VALUES (NULL)`: NOT NULL constraint failed: more.id
         --> plugins/net/migrations/2026-12-01-000000_more/up.sql:3:1
          |
        3 | INSERT INTO more VALUES (NULL);
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the database stopped at this statement
        help: nothing of it was applied; fix the file or the rows, and run it again

        note[done-before]: applied before it, and staying so: core's 2026-11-21-071100-core_baseline, net's 2026-11-21-071100-net_baseline, usb's 2026-11-21-071100-usb_baseline
        --- exit 2
    "#]]);
    assert_eq!(host.values("app.db", "SELECT name AS value FROM sqlite_schema WHERE name = 'more'"), [""; 0]);
    assert_eq!(host.applied("app.db"), ["20261121071100core", "20261121071100net", "20261121071100usb"]);
    host.edit("plugins/net/migrations/2026-12-01-000000_more/up.sql", "(NULL)", "(2)");
    host.says(
        "upgrade --database-url app.db",
        expect![[r#"
            applied 1 revision
            --- stderr
            applying net's 2026-12-01-000000_more
            --- exit 0
        "#]],
    );
}

#[test]
fn a_view_of_what_is_gone_is_named_when_it_is_in_the_way_of_a_rename() {
    let host = Host::with_baselines();
    host.sql(
        "app.db",
        "CREATE TABLE nowhere (id INTEGER); CREATE VIEW lost AS SELECT id FROM nowhere; DROP TABLE nowhere;",
    );
    host.revision(
        "net",
        "2026-12-01-000000_more",
        "CREATE TABLE more (id INTEGER NOT NULL);\nALTER TABLE more RENAME COLUMN id TO number;\n",
        "DROP TABLE more;\n",
    );
    host.says("upgrade --plugin net --database-url app.db", expect![[r#"
        --- stderr
        applying net's 2026-11-21-071100-net_baseline
        applying net's 2026-12-01-000000_more
        error[object-in-the-way]: net's 2026-12-01-000000_more failed at `ALTER TABLE more RENAME COLUMN id TO number`: error in view lost: no such table: main.nowhere
         --> plugins/net/migrations/2026-12-01-000000_more/up.sql:2:1
          |
        2 | ALTER TABLE more RENAME COLUMN id TO number;
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the database stopped at this statement
        help: nothing of it was applied; drop what is named, or write it anew without what is gone or goes, and run it again; what is still wanted is made again afterwards

        note[done-before]: applied before it, and staying so: net's 2026-11-21-071100-net_baseline
        --- exit 2
    "#]]);
    host.sql("app.db", "DROP VIEW lost;");
    host.done("upgrade --database-url app.db");
}

#[test]
fn a_migration_without_a_transaction_may_leave_something_and_says_so() {
    let host = Host::with_baselines();
    host.revision(
        "net",
        "2026-12-01-000000_more",
        "CREATE TABLE more (id INTEGER);\nSELECT nothing;\n",
        "DROP TABLE more;\n",
    );
    host.write("plugins/net/migrations/2026-12-01-000000_more/metadata.toml", "run_in_transaction = false\n");
    host.says(
        "upgrade --plugin net --database-url app.db",
        expect![[r#"
            --- stderr
            applying net's 2026-11-21-071100-net_baseline
            applying net's 2026-12-01-000000_more
            error[migration-failed]: net's 2026-12-01-000000_more failed at `SELECT nothing`: near "nothing": syntax error
             --> plugins/net/migrations/2026-12-01-000000_more/up.sql:2:1
              |
            2 | SELECT nothing;
              | ^^^^^^^^^^^^^^^ the database stopped at this statement
            help: it runs without a transaction: the first of its 2 statements stays; fix the file or the rows, and run it again: it goes on there

            note[done-before]: applied before it, and staying so: net's 2026-11-21-071100-net_baseline
            --- exit 2
        "#]],
    );
}

#[test]
fn a_migration_must_not_end_the_transaction_that_it_runs_in() {
    let host = Host::with_baselines();
    host.revision("net", "2026-12-01-000000_more", "CREATE TABLE more (id INTEGER);\nCOMMIT;\n", "DROP TABLE more;\n");
    host.says("upgrade --plugin net --database-url app.db", expect![[r#"
        --- stderr
        applying net's 2026-11-21-071100-net_baseline
        applying net's 2026-12-01-000000_more
        error[migration-failed]: net's 2026-12-01-000000_more failed at `COMMIT`: it ends the transaction that it runs in; set `run_in_transaction = false` if it must
         --> plugins/net/migrations/2026-12-01-000000_more/up.sql:2:1
          |
        2 | COMMIT;
          | ^^^^^^^ the database stopped at this statement
        help: nothing of it was applied; fix the file or the rows, and run it again

        note[done-before]: applied before it, and staying so: net's 2026-11-21-071100-net_baseline
        --- exit 2
    "#]]);
}

#[test]
fn several_programs_at_once_apply_each_revision_once() {
    let host = Host::shopdb(Dialect::Sqlite);
    host.done("--plugin usb");
    let children: Vec<_> = (0..8)
        .map(|_| {
            let mut command = host.command("upgrade --database-url app.db --format json");
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts")
        })
        .collect();
    let mut applied = Vec::new();
    for child in children {
        let run = host.output(child.wait_with_output().expect("ends"));
        assert_eq!(run.code, 0, "{}", run.transcript());
        for revision in run.document()["applied"].as_array().expect("a list") {
            applied.push(revision["revision"].as_str().expect("a name").to_owned());
        }
    }
    applied.sort();
    assert_eq!(applied.len(), 8, "{applied:?}");
    applied.dedup();
    assert_eq!(applied.len(), 8, "each by one program only: {applied:?}");
    assert_eq!(host.applied("app.db").len(), 8);
    host.in_sync("check --database-url app.db");
}

#[test]
fn a_database_that_somebody_writes_to_is_busy() {
    let host = Host::with_baselines();
    let mut other = host.database("app.db");
    other.batch_execute("CREATE TABLE t (x); BEGIN IMMEDIATE").expect("locks");
    host.says(
        "upgrade --plugin net --database-url app.db",
        expect![[r#"
            --- stderr
            applying net's 2026-11-21-071100-net_baseline
            waiting for another program, which has the database locked
            error[database-busy]: net's 2026-11-21-071100-net_baseline failed: database is locked
            help: another program is writing to the database; try again when it has finished
            --- exit 2
        "#]],
    );
    other.batch_execute("ROLLBACK").expect("unlocks");
    host.done("upgrade --plugin net --database-url app.db");
}

#[test]
fn quiet_prints_results_only() {
    let host = Host::with_baselines();
    host.says(
        "upgrade --quiet --database-url app.db",
        expect![[r#"
            applied 3 revisions
            --- exit 0
        "#]],
    );
}
