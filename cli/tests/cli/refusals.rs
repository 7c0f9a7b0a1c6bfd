//! What `autogen [generate]` refuses for other reasons than hazards; nothing is written then.

#[cfg(target_os = "linux")]
use std::fs;
#[cfg(target_os = "linux")]
use std::process::Stdio;

use expect_test::expect;

use crate::support::{ASSETS, DEVICES, Host};

#[test]
fn a_plugin_whose_parent_is_not_there_is_told_the_way_out() {
    let host = Host::small();
    host.says(
        "--plugin usb",
        expect![[r#"
            --- stderr
            error[missing-parent]: devices of usb references assets, which is not there yet
             --> plugins/usb/src/schema.rs:6:11
              |
            6 |         #[references(assets(id), on_delete = cascade)]
              |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ referenced here
            help: it belongs to core: run `autogen --plugin core` first
            --- exit 2
        "#]],
    );
    assert!(host.folders("plugins/usb").iter().all(|name| name != "migrations"));
    host.done("--plugin core --plugin usb");
    assert_eq!(host.folders("plugins/usb/migrations"), ["2026-11-21-071100-usb_baseline"]);
}

#[test]
fn an_expression_that_the_database_does_not_take_is_shown() {
    let parts =
        "autogen::table! { parts { id -> Integer, #[check(\"no_such_function(size) > 0\")] size -> Integer } }\n";
    let host = Host::of(&[("src/schema.rs", parts)]);
    host.says(
        "",
        expect![[r#"
        --- stderr
        error[expression-refused]: sqlite refuses a check of `parts`: no such function: no_such_function
         --> src/schema.rs:1:44
          |
        1 | autogen::table! { parts { id -> Integer, #[check("no_such_function(size) > 0")] size -> Integer } }
          |                                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        help: correct `no_such_function(size) > 0` for the types of the columns that it names
        --- exit 2
    "#]],
    );
    assert!(host.folders(".").iter().all(|name| name != "migrations"));
}

#[test]
fn a_reference_that_leads_nowhere_is_shown() {
    let host = Host::of(&[("src/schema.rs", DEVICES)]);
    host.says(
        "",
        expect![[r#"
            --- stderr
            error[missing-parent]: devices of core references assets, which is not there yet
             --> src/schema.rs:6:11
              |
            6 |         #[references(assets(id), on_delete = cascade)]
              |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ referenced here
            help: no plugin defines it; define it, or correct the name
            --- exit 2
        "#]],
    );
}

#[test]
fn a_name_that_is_taken_twice_is_no_rename() {
    let parcels = |columns: &str| {
        format!("autogen::table! {{\n    parcels (id) {{\n        id -> Integer,\n{columns}    }}\n}}\n")
    };
    let host = Host::of(&[(
        "src/schema.rs",
        &parcels("        total -> Nullable<Integer>,\n        weight -> Nullable<Integer>,\n"),
    )]);
    host.done("");
    let before = host.files();
    host.write("src/schema.rs", &parcels("        #[renamed_from(total)]\n        weight -> Nullable<Integer>,\n"));
    host.says("--allow drop-column", expect![[r#"
        --- stderr
        error[ambiguous-rename]: column parcels.total goes, and column parcels.weight, which is there too, says that it was renamed from it
         --> src/schema.rs:5:9
          |
        5 |         weight -> Nullable<Integer>,
          |         ^^^^^^
        help: if the rename was done long ago, take `renamed_from` away; if it is wanted now, leave out column parcels.weight first, write that revision, and rename in the next
        --- exit 2
    "#]]);
    assert_eq!(host.files().len(), before.len());

    // Both ways out.
    host.write("src/schema.rs", &parcels("        total -> Nullable<Integer>,\n"));
    host.done("--allow drop-column");
    host.write("src/schema.rs", &parcels("        #[renamed_from(total)]\n        weight -> Nullable<Integer>,\n"));
    host.done("");
    host.write("src/schema.rs", &parcels("        weight -> Nullable<Integer>,\n"));
    host.says(
        "",
        expect![[r#"
        core: in sync
        --- exit 0
    "#]],
    );
}

#[test]
fn tables_whose_names_are_taken_twice_are_no_rename() {
    let table = |hint: &str, name: &str| {
        format!("autogen::table! {{\n    {hint}{name} (id) {{\n        id -> Integer,\n    }}\n}}\n")
    };
    let host = Host::of(&[("src/schema.rs", &(table("", "parcels") + &table("", "shipments")))]);
    host.done("");
    host.write("src/schema.rs", &table("#[renamed_from(shipments)]\n    ", "parcels"));
    host.says("--allow drop-table", expect![[r#"
        --- stderr
        error[ambiguous-rename]: table shipments goes, and table parcels, which is there too, says that it was renamed from it
         --> src/schema.rs:3:5
          |
        3 |     parcels (id) {
          |     ^^^^^^^
        help: if the rename was done long ago, take `renamed_from` away; if it is wanted now, leave out table parcels first, write that revision, and rename in the next
        --- exit 2
    "#]]);
}

#[test]
fn a_blank_message_is_refused() {
    let host = Host::small();
    let output = host.command("--plugin net -m").arg(" ").output().expect("runs");
    expect![[r#"
        --- stderr
        error: invalid value ' ' for '--message <TEXT>': say something, or leave the option out

        For more information, try '--help'.
        --- exit 2
    "#]]
    .assert_eq(&host.output(output).transcript());
}

#[test]
fn a_refusal_in_one_chain_leaves_every_chain_as_it_was() {
    let host = Host::with_baselines();
    // Core's change would do, and comes first; usb's needs a word.
    host.edit("src/schema.rs", "tag -> Text,", "tag -> Text, note -> Nullable<Text>,");
    host.edit("plugins/usb/src/schema.rs", "serial -> Nullable<Text>,", "");
    host.edit("plugins/usb/src/schema.rs", "#[index(serial)]", "");
    let before = host.files();
    assert_eq!(host.run("").code, 2);
    assert_eq!(host.files(), before);
}

#[test]
fn two_heads_are_refused() {
    let host = Host::with_baselines();
    for (name, parent) in
        [("2026-12-01-000000-net_a", "20261121071100net"), ("2026-12-02-000000-net_b", "20261121071100net")]
    {
        host.revision("net", name, "-- nothing\n", "-- nothing\n");
        let metadata = format!("run_in_transaction = true\n[autogen]\nplugin = 'net'\nrevises = ['{parent}']\n");
        host.write(&format!("plugins/net/migrations/{name}/metadata.toml"), &metadata);
    }
    host.says("--plugin net", expect![[r#"
        --- stderr
        error[two-heads]: net's chain has 2 heads: `plugins/net/migrations/2026-12-01-000000-net_a` and `plugins/net/migrations/2026-12-02-000000-net_b`
        help: they may be applied in either order: join them by `autogen merge --plugin net`, or put one after the other, where no database has applied it, by `autogen rebase 2026-12-02-000000-net_b`
        --- exit 2
    "#]]);
    host.says("check", expect![[r#"
        net: net's chain has 2 heads: `plugins/net/migrations/2026-12-01-000000-net_a` and `plugins/net/migrations/2026-12-02-000000-net_b` [two-heads]
          help: they may be applied in either order: join them by `autogen merge --plugin net`, or put one after the other, where no database has applied it, by `autogen rebase 2026-12-02-000000-net_b`
        --- exit 1
    "#]]);
    // Other plugins aren't kept from their work.
    host.in_sync("--plugin usb");
    host.edit(
        "plugins/net/migrations/2026-12-02-000000-net_b/metadata.toml",
        "'20261121071100net'",
        "'20261201000000net'",
    );
    host.says(
        "--plugin net",
        expect![[r#"
            net: in sync
            --- exit 0
        "#]],
    );
}

#[test]
fn a_clock_that_is_no_number_is_refused() {
    let host = Host::small();
    let output = host.command("").env("SOURCE_DATE_EPOCH", "yesterday").output().expect("runs");
    expect![[r#"
        --- stderr
        error[bad-clock]: SOURCE_DATE_EPOCH is `yesterday`, which isn't a number of seconds since 1970
        help: unset it, or set it to a whole number
        --- exit 2
    "#]]
    .assert_eq(&host.output(output).transcript());
}

#[test]
fn a_parent_that_no_date_comes_after_is_refused() {
    let host = Host::of(&[("src/schema.rs", ASSETS)]);
    host.revision("", "v2_things", "-- nothing\n", "-- nothing\n");
    host.says("", expect![[r#"
        --- stderr
        error[version-order]: no date comes after version `v2`, so a program that runs migrations in the order of their names would run the new revision first
        help: rename that migration's directory so that it begins with a date, such as 2026-01-31-120000_name, and its version in __diesel_schema_migrations with it
        --- exit 2
    "#]]);
}

#[test]
fn a_folder_that_is_there_already_is_left_alone() {
    let host = Host::small();
    // A plain file between the migrations is nothing to Diesel.
    host.write("plugins/net/migrations/2026-11-21-071100-net_baseline", "mine");
    host.says(
        "--plugin net",
        expect![[r#"
        --- stderr
        error[revision-exists]: `plugins/net/migrations/2026-11-21-071100-net_baseline` is there already
        help: give the revision another message with `-m`, or try again in a second
        --- exit 2
    "#]],
    );
    assert_eq!(host.read("plugins/net/migrations/2026-11-21-071100-net_baseline"), "mine");
}

#[test]
fn migrations_that_are_no_folder_can_not_be_read() {
    let host = Host::small();
    host.write("plugins/net/migrations", "a file where the folder should be");
    host.says(
        "--plugin net",
        expect![[r#"
            --- stderr
            error[can't-read]: can't read `plugins/net/migrations`: Not a directory (os error 20)
            help: it must be a folder that you may read
            --- exit 2
        "#]],
    );
    assert_eq!(host.read("plugins/net/migrations"), "a file where the folder should be");
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_can_not_be_made_is_named() {
    let host = Host::small();
    host.write("autogen.toml", "[plugin.net]\nmigrations = '/proc/autogen'\n");
    host.says("--plugin net --no-verify", expect![[r#"
        --- stderr
        error[can't-write]: can't write `/proc/autogen/2026-11-21-071100-net_baseline`: No such file or directory (os error 2)
        help: nothing was written; make the folder writable and try again
        --- exit 2
    "#]]);
}

#[test]
fn a_table_that_others_point_at_may_have_a_new_name() {
    let host = Host::with_baselines();
    host.edit("src/schema.rs", "assets (id)", "things (id)");
    host.edit("plugins/usb/src/schema.rs", "#[references(assets(id)", "#[references(things(id)");
    host.says("--plugin core", expect![[r#"
        --- stderr
        error[still-referenced]: core drops assets, but devices of usb references it
         --> src/schema.rs:2:5
          |
        2 |     things (id) {
          |     ^^^^^^
        help: if things is assets under a new name, write `#[renamed_from(assets)]` on it; else drop the foreign key of devices first, in a revision of its owner
        --- exit 2
    "#]]);
    host.edit("src/schema.rs", "things (id)", "#[renamed_from(assets)] things (id)");
    host.done("--plugin core");
    host.done("upgrade --database-url app.db");
    host.in_sync("check --database-url app.db");
}

#[test]
fn a_table_that_others_point_at_can_not_go() {
    let host = Host::with_baselines();
    host.write("src/schema.rs", "// All gone.\n");
    host.edit("plugins/usb/src/schema.rs", "#[references(assets(id), on_delete = cascade)]", "");
    host.says(
        "--plugin core --allow all",
        expect![[r#"
            --- stderr
            error[still-referenced]: core drops assets, but devices of usb references it
            help: drop the foreign key of devices first, in a revision of its owner
            --- exit 2
        "#]],
    );
    // The other way round it works.
    host.done("--plugin usb --allow all");
    host.says("--plugin core --allow all", expect![[r#"
        core: drop assets
          - table assets  (id)
              id   Integer not null auto increment
              tag  Text not null
          at risk: drop-table: table assets and all its rows are lost
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote migrations/2026-11-21-071101-core_drop_assets/{up.sql,down.sql,metadata.toml}
        --- exit 0
    "#]]);
}

#[test]
fn a_key_into_columns_that_hold_none_is_refused() {
    let host = Host::of(&[(
        "src/schema.rs",
        "autogen::table! { users { id -> Integer, name -> Text, } }\n\
         autogen::table! { posts { id -> Integer, #[references(users(name))] author -> Text, } }\n",
    )]);
    host.says(
        "",
        expect![[r#"
        --- stderr
        error[no-key-there]: posts (author) references users (name), which no key holds
         --> src/schema.rs:2:44
          |
        2 | autogen::table! { posts { id -> Integer, #[references(users(name))] author -> Text, } }
          |                                            ^^^^^^^^^^^^^^^^^^^^^^^
        help: give users a primary key or a `#[unique]` over (name)
        --- exit 2
    "#]],
    );
}

#[test]
fn a_table_that_a_rebuild_would_make_poorer_is_not_rebuilt() {
    let host = Host::of(&[("src/schema.rs", "diesel::table! { notes (id) { id -> Integer, text -> Text, } }")]);
    host.revision(
        "",
        "2026-01-01-000000_notes",
        "CREATE TABLE notes (id INTEGER NOT NULL PRIMARY KEY ON CONFLICT REPLACE, text TEXT);",
        "DROP TABLE notes;",
    );
    host.says("--allow all", expect![[r#"
        --- stderr
        error[cannot-rebuild]: notes would have to be made anew, which would lose what no definition can say: the primary key says ON CONFLICT REPLACE
        help: write this migration by hand, or make the table plainer first
        --- exit 2
    "#]]);
}

#[cfg(target_os = "linux")]
#[test]
fn results_that_can_not_be_printed_are_trouble() {
    let host = Host::with_baselines();
    let full = fs::File::options().write(true).open("/dev/full").expect("Linux has one");
    let output = host.command("check").stdout(Stdio::from(full)).output().expect("runs");
    expect![[r#"
        --- stderr
        error[can't-print]: the result can't be written to standard output: no storage space
        help: the work itself is done; `autogen status` and `autogen diff` show how things stand
        --- exit 2
    "#]]
    .assert_eq(&host.output(output).transcript());
}
