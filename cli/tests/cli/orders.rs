//! Orders of chains that nothing states, and that matter.

use expect_test::expect;

use crate::support::Host;

#[test]
fn an_order_that_nothing_states_is_found() {
    let host = Host::of(&[("autogen.toml", "[plugin.b]\nmay_alter = ['t']\n")]);
    for (plugin, time, up) in [
        ("a", "2026-11-20-000000", "CREATE TABLE t (id INTEGER);"),
        ("b", "2026-11-21-000000", "ALTER TABLE t RENAME TO u;"),
    ] {
        host.revision(plugin, &format!("{time}-{plugin}_x"), up, "-- nothing");
    }
    host.edit("plugins/b/migrations/2026-11-21-000000-b_x/down.sql", "-- nothing", "ALTER TABLE u RENAME TO t;");
    host.edit("plugins/a/migrations/2026-11-20-000000-a_x/down.sql", "-- nothing", "DROP TABLE t;");
    host.says(
        "verify",
        expect![[r#"
            a 2026-11-20-000000-a_x: proven
              on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
              no view, trigger or key breaks
            b 2026-11-21-000000-b_x: proven
              on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
              nothing is lost but what the change itself destroys; no view, trigger or key breaks
            b: b's 2026-11-21-000000-b_x has to come after a's 2026-11-20-000000-a_x, but nothing declares it; in the other order, b's 2026-11-21-000000-b_x failed at `ALTER TABLE t RENAME TO u`: no such table: t [undeclared-order]
              help: add `20261120000000a` to `depends_on` in `plugins/b/migrations/2026-11-21-000000-b_x/metadata.toml`
            --- exit 1
        "#]],
    );
    let metadata =
        "run_in_transaction = true\n[autogen]\nplugin = 'b'\nrevises = []\ndepends_on = ['20261120000000a']\n";
    host.write("plugins/b/migrations/2026-11-21-000000-b_x/metadata.toml", metadata);
    host.done("verify");
}

#[test]
fn of_many_chains_the_two_are_named() {
    let host = Host::of(&[("autogen.toml", "[plugin.d]\nmay_alter = ['b']\n")]);
    for (plugin, time, up, down) in [
        ("a", "2026-11-18-000000", "CREATE TABLE a (id INTEGER);", "DROP TABLE a;"),
        ("b", "2026-11-19-000000", "CREATE TABLE b (id INTEGER, note TEXT);", "DROP TABLE b;"),
        ("c", "2026-11-20-000000", "CREATE TABLE c (id INTEGER);", "DROP TABLE c;"),
        ("d", "2026-11-21-000000", "ALTER TABLE b RENAME TO d;", "ALTER TABLE d RENAME TO b;"),
        ("e", "2026-11-22-000000", "CREATE TABLE e (id INTEGER);", "DROP TABLE e;"),
    ] {
        host.revision(plugin, &format!("{time}-{plugin}_x"), up, down);
    }
    host.says("verify --quiet", expect![[r#"
        a 2026-11-18-000000-a_x: proven
          on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
          nothing is lost but what the change itself destroys; no view, trigger or key breaks
        b 2026-11-19-000000-b_x: proven
          on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
          no view, trigger or key breaks
        c 2026-11-20-000000-c_x: proven
          on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
          nothing is lost but what the change itself destroys; no view, trigger or key breaks
        d 2026-11-21-000000-d_x: proven
          on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
          nothing is lost but what the change itself destroys; no view, trigger or key breaks
        e 2026-11-22-000000-e_x: proven
          on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
          nothing is lost but what the change itself destroys; no view, trigger or key breaks
        d: d's 2026-11-21-000000-d_x has to come after b's 2026-11-19-000000-b_x, but nothing declares it; in the other order, d's 2026-11-21-000000-d_x failed at `ALTER TABLE b RENAME TO d`: no such table: b [undeclared-order]
          help: add `20261119000000b` to `depends_on` in `plugins/d/migrations/2026-11-21-000000-d_x/metadata.toml`
        --- exit 1
    "#]]);
}

#[test]
fn what_points_goes_before_what_it_points_at() {
    let host = Host::of(&[
        ("autogen.toml", "[database]\nurl = 'sqlite:app.db'\n"),
        ("src/lib.rs", "autogen::table! { parents (id) { id -> Integer, } }"),
        (
            "plugins/z/src/lib.rs",
            "autogen::table! { kids (id) { id -> Integer, #[references(parents(id))] of -> Nullable<Integer>, } }",
        ),
    ]);
    host.done("-m one --no-database");
    host.done("upgrade");
    host.write("src/lib.rs", "");
    host.write("plugins/z/src/lib.rs", "");
    host.done("-m two --allow drop-table --no-database");
    host.done("upgrade");
    host.done("check");
    host.done("downgrade --allow all --plugin core -1");
    host.done("downgrade --allow all --plugin z -1");
    host.done("upgrade");
    host.done("verify");
}

#[test]
fn a_name_is_let_go_before_another_chain_gives_it() {
    let host = Host::of(&[
        ("autogen.toml", "[database]\nurl = 'sqlite:app.db'\n"),
        ("plugins/a/src/lib.rs", "autogen::table! { labels (id) { id -> Integer, } }"),
    ]);
    host.done("-m one --no-database");
    host.write("plugins/a/src/lib.rs", "");
    host.done("-m two --allow drop-table --no-database");
    host.write("plugins/b/src/lib.rs", "autogen::table! { labels (id) { id -> Integer, name -> Text, } }");
    host.done("-m three --no-database");
    host.done("upgrade");
    host.done("check");
    host.done("verify");
}
