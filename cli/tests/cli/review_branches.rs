//! Reviews of branches of which the base has gone on: what goes together with what was merged meanwhile.

use expect_test::expect;

use crate::repository::{branch, git, meanwhile, theirs, with_column};
use crate::support::Host;

#[test]
fn branches_of_one_chain_that_do_not_go_together_are_told() {
    let host = branch();
    with_column(&host, "color -> Nullable<Text>", "mine");
    theirs(&host, "color -> Nullable<Integer>");
    host.says("review", expect![[r#"
        usb: 1 new revision
          2026-11-21-071101-usb_mine: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          + devices.color  Text
          at risk: nothing
        error[two-heads]: once merged, usb's chain has 2 heads: 2026-11-21-071101-usb_mine and `origin/main`'s 2026-11-21-071105-usb_theirs
        note: usb's 2026-11-21-071101-usb_mine and usb's 2026-11-21-071105-usb_theirs can't be applied in either order: after usb's 2026-11-21-071101-usb_mine, usb's 2026-11-21-071105-usb_theirs failed at `ALTER TABLE "devices" ADD COLUMN "color" INTEGER`: duplicate column name: color
        note: both change devices.color
        help: neither merge nor rebase works: remove the folder of the one that no database has applied, and run `autogen --plugin usb`, which writes on top of the other whatever is still missing
        --- exit 1
    "#]]);
}

#[test]
fn a_merge_of_both_sides_shows_the_branchs_own_revision() {
    let host = branch();
    with_column(&host, "color -> Nullable<Text>", "mine");
    theirs(&host, "weight -> Nullable<Integer>");
    // What a forge checks out for a pull request.
    git(&host, "merge --quiet --strategy-option ours --message x main");
    let output = host.run("review --format github");
    let heads = output.stdout.lines().find(|line| line.contains("two-heads")).unwrap_or_default();
    assert!(heads.contains("file=plugins/usb/migrations/2026-11-21-071101-usb_mine/up.sql"), "{}", output.stdout);
    assert!(output.stdout.contains("autogen rebase 2026-11-21-071101-usb_mine"), "{}", output.stdout);
}

#[test]
fn branches_of_one_chain_that_go_together_are_told() {
    let host = branch();
    with_column(&host, "color -> Nullable<Text>", "mine");
    theirs(&host, "weight -> Nullable<Integer>");
    host.says("review", expect![[r#"
        usb: 1 new revision
          2026-11-21-071101-usb_mine: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          + devices.color  Text
          at risk: nothing
        error[two-heads]: once merged, usb's chain has 2 heads: 2026-11-21-071101-usb_mine and `origin/main`'s 2026-11-21-071105-usb_theirs
        help: they may be applied in either order: merge `origin/main` into the branch, and run `autogen merge --plugin usb` or `autogen rebase 2026-11-21-071101-usb_mine`
        --- exit 1
    "#]]);
    // Both under one version: whoever comes second needs another.
    let host = branch();
    with_column(&host, "color -> Nullable<Text>", "mine");
    meanwhile(&host, |host| with_column(host, "weight -> Nullable<Integer>", "theirs"));
    host.says(
        "review",
        expect![[r#"
            usb: 1 new revision
              2026-11-21-071101-usb_mine: proven
                on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
                nothing is lost but what the change itself destroys; no view, trigger or key breaks
              + devices.color  Text
              at risk: nothing
            error[version-taken]: `origin/main` has another revision under the version of 2026-11-21-071101-usb_mine
            help: give it a later name; nothing else tells the two apart
            --- exit 1
        "#]],
    );
}

#[test]
fn chains_of_several_owners_are_tried_together() {
    let notes = |host: &Host, plugin: &str, name: &str, sql: &str| {
        host.revision(plugin, name, sql, "DROP TABLE notes;");
    };
    let host = branch();
    notes(&host, "net", "2026-12-01-000000_net_notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY);");
    meanwhile(&host, |host| {
        notes(host, "", "2026-12-01-000001_core_notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);");
    });
    host.says("review", expect![[r#"
        net: 1 new revision
          2026-12-01-000000_net_notes: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          + table notes  (id)
              id  Integer not null
          at risk: nothing
        error[base-conflict]: after what is new here, core's 2026-12-01-000001_core_notes failed at `CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)`: table notes already exists
        note: both change notes
        help: merge `origin/main` into the branch; then remove the new revision that stands in the way, and let `autogen` write what is still missing
        --- exit 1
    "#]]);

    let host = branch();
    with_column(&host, "color -> Nullable<Text>", "color");
    meanwhile(&host, |host| {
        host.edit("plugins/net/src/schema.rs", "speed ->", "duplex -> Nullable<Bool>,\n        speed ->");
        host.done("--plugin net");
    });
    host.says(
        "review",
        expect![[r#"
        usb: 1 new revision
          2026-11-21-071101-usb_color: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          + devices.color  Text
          at risk: nothing
        compared with origin/main: nothing stands against it; it goes together with 1 revision merged meanwhile
        --- exit 0
    "#]],
    );
}

#[cfg(unix)]
#[test]
fn files_of_a_commit_stay_in_their_folder() {
    use std::os::unix::fs::symlink;

    let host = branch();
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let revision = elsewhere.path().join("2026-12-01-000000_secret");
    std::fs::create_dir(&revision).expect("a folder");
    std::fs::write(revision.join("up.sql"), "CREATE TABLE secret (id INTEGER);").expect("a file");
    meanwhile(&host, |host| {
        symlink(revision.join("up.sql"), host.path("autogen.toml")).expect("a link");
        symlink(elsewhere.path(), host.path("plugins/linked")).expect("a link");
        symlink("net", host.path("plugins/alias")).expect("a link");
        host.write("plugins/net/migrations/2026-12-02-000000_odd \u{1b}[31m; --name/up.sql", "SELECT 1;");
    });
    with_column(&host, "color -> Nullable<Text>", "color");
    host.says(
        "review",
        expect![[r#"
        usb: 1 new revision
          2026-11-21-071101-usb_color: proven
            on SQLite [VERSION] with [N] rows: up.sql runs, down.sql gives back the start, up.sql runs again
            nothing is lost but what the change itself destroys; no view, trigger or key breaks
          + devices.color  Text
          at risk: nothing
        compared with origin/main: nothing stands against it; it goes together with 1 revision merged meanwhile
        --- exit 0
    "#]],
    );
}
