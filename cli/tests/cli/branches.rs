//! Chains that have branched: two people wrote a revision on top of the same one.

use expect_test::expect;

use crate::support::Host;

/// A usb chain on which two people have gone on: each wrote the column that the definitions ask for,
/// on a copy of the host without the other's work.
fn branched(mine: &str, theirs: &str) -> Host {
    let host = Host::with_baselines();
    let source = host.read("plugins/usb/src/schema.rs");
    let with = |column: &str| source.replace("        serial ->", &format!("        {column},\n        serial ->"));
    let hidden = "plugins/usb/hidden";
    host.write("plugins/usb/src/schema.rs", &with(theirs));
    host.done("--plugin usb -m theirs");
    std::fs::create_dir_all(host.path(hidden)).expect("a folder");
    let theirs_dir = "2026-11-21-071101-usb_theirs";
    std::fs::rename(
        host.path(&format!("plugins/usb/migrations/{theirs_dir}")),
        host.path(&format!("{hidden}/{theirs_dir}")),
    )
    .expect("moved");
    host.write("plugins/usb/src/schema.rs", &with(mine));
    host.done("--plugin usb -m mine");
    // Each was the first after the baseline where it was written, a few seconds later in truth.
    let moved = |from: String, to: &str| std::fs::rename(host.path(&from), host.path(to)).expect("moved");
    moved(
        "plugins/usb/migrations/2026-11-21-071101-usb_mine".to_owned(),
        "plugins/usb/migrations/2026-11-21-071105-usb_mine",
    );
    moved(format!("{hidden}/{theirs_dir}"), "plugins/usb/migrations/2026-11-21-071109-usb_theirs");
    std::fs::remove_dir(host.path(hidden)).expect("removed");
    host.write("plugins/usb/src/schema.rs", &with(&format!("{theirs},\n        {mine}")));
    host
}

#[test]
fn two_that_go_together_are_merged() {
    let host = branched("mine -> Nullable<Text>", "theirs -> Nullable<Integer>");
    host.says("check --plugin usb", expect![[r#"
        usb: usb's chain has 2 heads: `plugins/usb/migrations/2026-11-21-071105-usb_mine` and `plugins/usb/migrations/2026-11-21-071109-usb_theirs` [two-heads]
          help: they may be applied in either order: join them by `autogen merge --plugin usb`, or put one after the other, where no database has applied it, by `autogen rebase 2026-11-21-071109-usb_theirs`
        --- exit 1
    "#]]);
    host.says("--plugin usb", expect![[r#"
        --- stderr
        error[two-heads]: usb's chain has 2 heads: `plugins/usb/migrations/2026-11-21-071105-usb_mine` and `plugins/usb/migrations/2026-11-21-071109-usb_theirs`
        help: they may be applied in either order: join them by `autogen merge --plugin usb`, or put one after the other, where no database has applied it, by `autogen rebase 2026-11-21-071109-usb_theirs`
        --- exit 2
    "#]]);
    host.says(
        "merge --plugin usb",
        expect![[r#"
        wrote plugins/usb/migrations/2026-11-21-071110-usb_merge/{up.sql,down.sql,metadata.toml}
        --- exit 0
    "#]],
    );
    host.in_sync("check");
    let folder = "plugins/usb/migrations/2026-11-21-071110-usb_merge";
    expect![[r#"
        -- usb: merge
        --
        -- Joins, and changes nothing:
        --   2026-11-21-071105-usb_mine
        --   2026-11-21-071109-usb_theirs
        -- Proven: see metadata.toml.
    "#]]
    .assert_eq(&host.same_everywhere(&host.read(&format!("{folder}/up.sql"))));
    expect![[r#"
        run_in_transaction = true

        [autogen]
        plugin = "usb"
        revises = ["20261121071105usb", "20261121071109usb"]
        depends_on = []
        tool = "[TOOL]"
        verified = ["on sqlite, the heads make the same schema in whichever order they are applied"]

        [certificate]
        rules = 1
        server = "SQLite [VERSION]"
        run_in_transaction = true
        up = "[SUM]"
        down = "[SUM]"
        below = "[SUM]"
    "#]]
    .assert_eq(&host.same_everywhere(&host.read(&format!("{folder}/metadata.toml"))));
    host.done("upgrade --database-url app.db");
    host.done("check --database-url app.db");
    host.done("downgrade --allow all --plugin usb base --database-url app.db");
    host.says(
        "merge",
        expect![[r#"
        nothing to merge: no chain has several heads
        --- exit 0
    "#]],
    );
}

#[test]
fn the_earlier_one_is_put_on_top_of_the_later_one() {
    let host = branched("mine -> Nullable<Text>", "theirs -> Nullable<Integer>");
    host.says("rebase mine", expect![[r#"
        plugins/usb/migrations/2026-11-21-071105-usb_mine is now plugins/usb/migrations/2026-11-21-071110-usb_mine, and revises 20261121071109usb
        --- exit 0
    "#]]);
    assert_eq!(
        host.folders("plugins/usb/migrations"),
        ["2026-11-21-071100-usb_baseline", "2026-11-21-071109-usb_theirs", "2026-11-21-071110-usb_mine"]
    );
    host.says(
        "history --plugin usb",
        expect![[r#"
        2026-11-21-071110-usb_mine      usb  (head)
        2026-11-21-071109-usb_theirs    usb
        2026-11-21-071100-usb_baseline  usb  (base)
        --- exit 0
    "#]],
    );
    host.done("check");
    host.done("verify");
    host.done("upgrade --database-url app.db");
    host.done("check --database-url app.db");
}

#[test]
fn the_later_one_keeps_its_name() {
    let host = branched("mine -> Nullable<Text>", "theirs -> Nullable<Integer>");
    host.says(
        "rebase theirs --format json",
        expect![[r#"
        {
          "version": 1,
          "command": "rebase",
          "moved": [
            {
              "plugin": "usb",
              "from": "plugins/usb/migrations/2026-11-21-071109-usb_theirs",
              "to": "plugins/usb/migrations/2026-11-21-071109-usb_theirs",
              "revises": [
                "20261121071105usb"
              ]
            }
          ]
        }
        --- exit 0
    "#]],
    );
    host.done("check");
}

#[test]
fn two_that_do_not_go_together() {
    let host = branched("note -> Nullable<Text>", "note -> Nullable<Text>");
    host.edit("plugins/usb/src/schema.rs", "note -> Nullable<Text>,\n        note", "note");
    host.says("--plugin usb", expect![[r#"
        --- stderr
        error[two-heads]: usb's chain has 2 heads: `plugins/usb/migrations/2026-11-21-071105-usb_mine` and `plugins/usb/migrations/2026-11-21-071109-usb_theirs`
        note: usb's 2026-11-21-071105-usb_mine and usb's 2026-11-21-071109-usb_theirs can't be applied in either order: after usb's 2026-11-21-071105-usb_mine, usb's 2026-11-21-071109-usb_theirs failed at `ALTER TABLE "devices" ADD COLUMN "note" TEXT`: duplicate column name: note
        note: both change devices.note
        help: neither merge nor rebase works: remove the folder of the one that no database has applied, and run `autogen --plugin usb`, which writes on top of the other whatever is still missing
        --- exit 2
    "#]]);
    host.says("merge", expect![[r#"
        --- stderr
        error[heads-conflict]: the heads of usb's chain can't be merged
        note: usb's 2026-11-21-071105-usb_mine and usb's 2026-11-21-071109-usb_theirs can't be applied in either order: after usb's 2026-11-21-071105-usb_mine, usb's 2026-11-21-071109-usb_theirs failed at `ALTER TABLE "devices" ADD COLUMN "note" TEXT`: duplicate column name: note
        note: both change devices.note
        help: neither merge nor rebase works: remove the folder of the one that no database has applied, and run `autogen --plugin usb`, which writes on top of the other whatever is still missing
        --- exit 2
    "#]]);
    host.says("rebase theirs", expect![[r#"
        --- stderr
        error[heads-conflict]: usb's 2026-11-21-071109-usb_theirs can't be put on top of usb's 2026-11-21-071105-usb_mine
        note: usb's 2026-11-21-071105-usb_mine and usb's 2026-11-21-071109-usb_theirs can't be applied in either order: after usb's 2026-11-21-071105-usb_mine, usb's 2026-11-21-071109-usb_theirs failed at `ALTER TABLE "devices" ADD COLUMN "note" TEXT`: duplicate column name: note
        note: both change devices.note
        help: neither merge nor rebase works: remove the folder of the one that no database has applied, and run `autogen --plugin usb`, which writes on top of the other whatever is still missing
        --- exit 2
    "#]]);
    host.says("check --plugin usb --format json", expect![[r#"
        {
          "version": 1,
          "command": "check",
          "in_sync": false,
          "database": null,
          "findings": [
            {
              "plugin": "usb",
              "dialect": "sqlite",
              "revision": "2026-11-21-071109-usb_theirs",
              "code": "two-heads",
              "severity": "error",
              "message": "usb's chain has 2 heads: `plugins/usb/migrations/2026-11-21-071105-usb_mine` and `plugins/usb/migrations/2026-11-21-071109-usb_theirs`; usb's 2026-11-21-071105-usb_mine and usb's 2026-11-21-071109-usb_theirs can't be applied in either order: after usb's 2026-11-21-071105-usb_mine, usb's 2026-11-21-071109-usb_theirs failed at `ALTER TABLE \"devices\" ADD COLUMN \"note\" TEXT`: duplicate column name: note; both change devices.note",
              "notes": [],
              "file": "plugins/usb/migrations/2026-11-21-071109-usb_theirs/up.sql",
              "line": 1,
              "column": 1,
              "changes": [],
              "help": "neither merge nor rebase works: remove the folder of the one that no database has applied, and run `autogen --plugin usb`, which writes on top of the other whatever is still missing"
            }
          ],
          "left_out": [],
          "warnings": []
        }
        --- exit 1
    "#]]);
    // What the help says: drop one, and write what is missing.
    std::fs::remove_dir_all(host.path("plugins/usb/migrations/2026-11-21-071105-usb_mine")).expect("removed");
    assert_eq!(host.done("--plugin usb"), "usb: in sync\n");
}

#[test]
fn what_a_database_has_applied_keeps_its_place() {
    let host = branched("mine -> Nullable<Text>", "theirs -> Nullable<Integer>");
    let theirs = host.path("plugins/usb/migrations/2026-11-21-071109-usb_theirs");
    std::fs::rename(&theirs, host.path("theirs")).expect("moved");
    host.done("upgrade --database-url app.db");
    std::fs::rename(host.path("theirs"), &theirs).expect("moved");
    host.says(
        "rebase mine --database-url app.db",
        expect![[r#"
        --- stderr
        error[already-applied]: the database has applied usb's 2026-11-21-071105-usb_mine
        help: rebase the other branch, or join the two by `autogen merge`
        --- exit 2
    "#]],
    );
    host.done("rebase theirs --database-url app.db");
    host.done("upgrade --database-url app.db");
    host.done("check --database-url app.db");
}

#[test]
fn what_can_not_be_rebased() {
    let host = Host::with_baselines();
    host.says(
        "rebase usb@head",
        expect![[r#"
        --- stderr
        error[bad-target]: usb's 2026-11-21-071100-usb_baseline has no other head to be put on
        help: rebase is for a chain that has branched; `autogen heads` shows where one has
        --- exit 2
    "#]],
    );
    let host = branched("mine -> Nullable<Text>", "theirs -> Nullable<Integer>");
    host.says(
        "rebase usb@baseline",
        expect![[r#"
            --- stderr
            error[bad-target]: the chain branches above usb's 2026-11-21-071100-usb_baseline
            help: name a revision of one branch
            --- exit 2
        "#]],
    );
    host.says(
        "rebase mine --onto core@head",
        expect![[r#"
        --- stderr
        error[bad-target]: usb's 2026-11-21-071105-usb_mine can't go on top of core's 2026-11-21-071100-core_baseline
        help: name a revision of the same chain that doesn't build on it
        --- exit 2
    "#]],
    );
    host.says(
        "rebase usb@heads",
        expect![[r#"
            --- stderr
            error[bad-target]: `usb@heads` is not one revision but 2
            help: name one of `2026-11-21-071105-usb_mine`, `2026-11-21-071109-usb_theirs`, or its plugin by `--plugin`
            --- exit 2
        "#]],
    );
}

#[test]
fn references_of_others_follow_and_comments_stay() {
    let host = branched("mine -> Nullable<Text>", "theirs -> Nullable<Integer>");
    let metadata = "plugins/net/migrations/2026-11-21-071100-net_baseline/metadata.toml";
    host.edit(metadata, "depends_on = []", "depends_on = [\"20261121071105usb\"] # a word");
    let own = "plugins/usb/migrations/2026-11-21-071105-usb_mine/metadata.toml";
    host.edit(own, "[autogen]", "# kept\n[autogen]");
    host.done("rebase mine");
    assert!(host.read(metadata).contains("depends_on = [\"20261121071110usb\"] # a word"), "{}", host.read(metadata));
    assert!(host.read("plugins/usb/migrations/2026-11-21-071110-usb_mine/metadata.toml").contains("# kept\n[autogen]"));
    host.done("upgrade --database-url app.db");
}

#[test]
fn what_depends_on_a_branch_that_goes_is_named() {
    let host = branched("note -> Nullable<Text>", "note -> Nullable<Text>");
    host.edit("plugins/usb/src/schema.rs", "note -> Nullable<Text>,\n        note", "note");
    let theirs = "20261121071109usb";
    host.revision(
        "net",
        "2026-11-21-071110-net_after_theirs",
        "CREATE TABLE after_theirs (id INTEGER PRIMARY KEY);",
        "DROP TABLE after_theirs;",
    );
    let metadata = format!(
        "run_in_transaction = true\n\n[autogen]\nplugin = \"net\"\nrevises = [\"20261121071100net\"]\ndepends_on = [\"{theirs}\"]\n"
    );
    host.write("plugins/net/migrations/2026-11-21-071110-net_after_theirs/metadata.toml", &metadata);
    host.says("merge", expect![[r#"
        --- stderr
        error[heads-conflict]: the heads of usb's chain can't be merged
        note: usb's 2026-11-21-071105-usb_mine and usb's 2026-11-21-071109-usb_theirs can't be applied in either order: after usb's 2026-11-21-071105-usb_mine, usb's 2026-11-21-071109-usb_theirs failed at `ALTER TABLE "devices" ADD COLUMN "note" TEXT`: duplicate column name: note
        note: both change devices.note
        help: neither merge nor rebase works: remove the folder of the one that no database has applied, and run `autogen --plugin net --plugin usb`, which writes on top of the other whatever is still missing; with usb's 2026-11-21-071109-usb_theirs go net's 2026-11-21-071110-net_after_theirs, which are part of its branch or depend on it
        --- exit 2
    "#]]);
}
