//! `autogen downgrade`: reverts one plugin's revisions, and gives back the schema that was there.

use autogen_engine::dialect::Dialect;
use expect_test::expect;

use crate::support::Host;

#[test]
fn back_and_forth_gives_the_same_schema() {
    let host = Host::shopdb(Dialect::Sqlite);
    host.done("upgrade --database-url app.db");
    let before = host.schema("app.db");
    host.done("--plugin usb");
    host.done("upgrade --database-url app.db");
    let after = host.schema("app.db");
    assert_ne!(after, before);
    host.says(
        "downgrade --plugin usb -1 --database-url app.db",
        expect![[r#"
            reverted 1 revision
            --- stderr
            reverting usb's 2026-11-21-071100-usb_add_usbdevices_hardwareid
            --- exit 0
        "#]],
    );
    assert_eq!(host.schema("app.db"), before);
    host.done("upgrade --database-url app.db");
    assert_eq!(host.schema("app.db"), after);
    host.says(
        "downgrade --plugin usb base --database-url app.db",
        expect![[r#"
            reverted 2 revisions
            --- stderr
            reverting usb's 2026-11-21-071100-usb_add_usbdevices_hardwareid
            reverting usb's 2026-11-20-083000-usb_baseline
            --- exit 0
        "#]],
    );
    host.says(
        "downgrade --plugin usb base --database-url app.db",
        expect![[r#"
            nothing to revert
            --- exit 0
        "#]],
    );
}

#[test]
fn down_to_the_bottom_nothing_is_left() {
    let host = Host::with_database();
    // Either names the plugin.
    for place in ["usb@base", "--plugin net base", "core@base"] {
        host.done(&format!("downgrade {place} --database-url app.db"));
    }
    // SQLite keeps the table of its numbers once there was one.
    assert_eq!(host.schema("app.db"), ["table sqlite_sequence: CREATE TABLE sqlite_sequence(name,seq)"]);
    assert_eq!(host.applied("app.db"), [""; 0]);
}

#[test]
fn a_revision_may_be_named_to_go_back_to() {
    let host = Host::with_database();
    host.edit("plugins/net/src/schema.rs", "speed ->", "duplex -> Nullable<Bool>,\n        speed ->");
    host.done("--plugin net");
    host.done("upgrade --database-url app.db");
    host.says(
        "downgrade --plugin net 2026-11-21-071100-net --database-url app.db",
        expect![[r#"
            reverted 1 revision
            --- stderr
            reverting net's 2026-11-21-071101-net_add_ports_duplex
            --- exit 0
        "#]],
    );
    host.says("downgrade --plugin net 2026-11-21-071101-net --database-url app.db", expect![[r#"
        --- stderr
        error[not-applied]: net's 2026-11-21-071101-net_add_ports_duplex isn't applied, so nothing can be reverted down to it
        help: `autogen status` shows what is applied
        --- exit 2
    "#]]);
    host.says(
        "downgrade --plugin net 2026-11-21-071100-core --database-url app.db",
        expect![[r#"
            --- stderr
            error[bad-target]: core's 2026-11-21-071100-core_baseline is no revision of `net`
            help: name a revision of `net`, or downgrade `core`
            --- exit 2
        "#]],
    );
}

#[test]
fn what_others_need_stays() {
    let host = Host::with_database();
    let before = host.schema("app.db");
    host.says(
        "downgrade --plugin core base --database-url app.db",
        expect![[r#"
            --- stderr
            error[has-dependents]: applied revisions need what would be reverted: usb's 2026-11-21-071100-usb_baseline
            help: revert those first; `autogen downgrade --cascade` takes them along
            --- exit 2
        "#]],
    );
    assert_eq!(host.schema("app.db"), before);
}

#[test]
fn exactly_one_plugin_is_named() {
    let host = Host::with_database();
    host.says(
        "downgrade -1 --database-url app.db",
        expect![[r#"
            --- stderr
            error[no-plugin]: `downgrade` needs exactly one plugin
            help: name it: `autogen downgrade --plugin NAME`; the host's own chain is `core`
            --- exit 2
        "#]],
    );
    host.says(
        "downgrade --plugin net --plugin usb -1 --database-url app.db",
        expect![[r#"
            --- stderr
            error[no-plugin]: `downgrade` needs exactly one plugin
            help: name it: `autogen downgrade --plugin NAME`; the host's own chain is `core`
            --- exit 2
        "#]],
    );
    host.says(
        "downgrade --plugin nte -1 --database-url app.db",
        expect![[r#"
            --- stderr
            error[no-such-plugin]: there is no plugin `nte`
            help: did you mean `net`?
            --- exit 2
        "#]],
    );
}

#[test]
fn targets_that_make_no_sense() {
    let host = Host::with_database();
    host.says(
        "downgrade --plugin net -0 --database-url app.db",
        expect![[r#"
            --- stderr
            error[bad-target]: `-0` is no number of revisions
            help: give `-1`, `-2`, ... to go back, `+1`, `+2`, ... to go on, `base`, `head`, or a revision
            --- exit 2
        "#]],
    );
    host.says(
        "downgrade --plugin net -x --database-url app.db",
        expect![[r#"
            --- stderr
            error[bad-target]: `-x` is no number of revisions
            help: give `-1`, `-2`, ... to go back, `+1`, `+2`, ... to go on, `base`, `head`, or a revision
            --- exit 2
        "#]],
    );
    host.says(
        "downgrade --plugin net -2 --database-url app.db",
        expect![[r#"
            --- stderr
            error[not-that-many]: `net` has 1 applied revision, not 2
            help: `base` reverts them all
            --- exit 2
        "#]],
    );
    host.says(
        "downgrade --plugin net nope --database-url app.db",
        expect![[r#"
            --- stderr
            error[no-such-revision]: there is no revision `nope`
            help: a revision is a folder in the `migrations` of core or of a plugin; `autogen history` lists them
            --- exit 2
        "#]],
    );
    host.says(
        "downgrade --plugin net --database-url app.db",
        expect![[r#"
            --- stderr
            error: the following required arguments were not provided:
              <REVISION|-N|base>

            Usage: autogen downgrade --plugin <NAME> --database-url <URL> <REVISION|-N|base>

            For more information, try '--help'.
            --- exit 2
        "#]],
    );
}

#[test]
fn a_revision_without_a_way_back() {
    let host = Host::with_database();
    host.write("plugins/net/migrations/2026-11-21-071100-net_baseline/down.sql", "\n");
    host.says("downgrade --plugin net base --database-url app.db", expect![[r#"
        --- stderr
        error[no-down]: net's 2026-11-21-071100-net_baseline can't be reverted: its down.sql is empty
        help: write `plugins/net/migrations/2026-11-21-071100-net_baseline/down.sql`; a comment alone says that nothing needs undoing
        --- exit 2
    "#]]);
    std::fs::remove_file(host.path("plugins/net/migrations/2026-11-21-071100-net_baseline/down.sql")).expect("removed");
    host.says("downgrade --plugin net base --database-url app.db", expect![[r#"
        --- stderr
        error[no-down]: net's 2026-11-21-071100-net_baseline can't be reverted: it has no down.sql
        help: write `plugins/net/migrations/2026-11-21-071100-net_baseline/down.sql`; a comment alone says that nothing needs undoing
        --- exit 2
    "#]]);
}

#[test]
fn a_way_back_that_fails_leaves_things_as_they_were() {
    let host = Host::with_database();
    host.write(
        "plugins/net/migrations/2026-11-21-071100-net_baseline/down.sql",
        "DROP TABLE ports;\nDROP INDEX ports_id;\n",
    );
    let before = host.schema("app.db");
    host.says("downgrade --plugin net base --database-url app.db", expect![[r#"
        --- stderr
        reverting net's 2026-11-21-071100-net_baseline
        error[migration-failed]: net's 2026-11-21-071100-net_baseline failed to be reverted at `DROP INDEX ports_id`: no such index: ports_id
         --> plugins/net/migrations/2026-11-21-071100-net_baseline/down.sql:2:1
          |
        2 | DROP INDEX ports_id;
          | ^^^^^^^^^^^^^^^^^^^^ the database stopped at this statement
        help: nothing of it was reverted; fix the file or the rows, and run it again
        --- exit 2
    "#]]);
    assert_eq!(host.schema("app.db"), before);
}
