//! Hosts that can't be read: `autogen.toml`, plugins' folders and manifests.

use expect_test::{Expect, expect};

use crate::support::{Host, PORTS};

#[track_caller]
fn refused(files: &[(&str, &str)], expected: Expect) {
    Host::of(files).says("check", expected);
}

#[test]
fn a_folder_that_is_not_there() {
    Host::of(&[]).says(
        "--root elsewhere check",
        expect![[r#"
            --- stderr
            error[missing-folder]: there is no folder `elsewhere`
            help: give the host's folder with `--root`
            --- exit 2
        "#]],
    );
}

#[test]
fn a_bare_folder_is_no_host() {
    let host = Host::of(&[]);
    host.says("check", expect![[r#"
        --- stderr
        error[no-host]: there is no host in `.`: no autogen.toml, no plugin, no source and no migrations
        help: run it in the host's folder or give `--root`; `autogen init` begins a host, and `autogen adopt` takes over a database
        --- exit 2
    "#]]);
    for command in ["", "diff", "verify", "upgrade --database-url app.db", "status --database-url app.db", "heads"] {
        assert_eq!(host.run(command).code, 2, "{command}");
    }
    assert!(host.folders("").is_empty(), "nothing is made by looking");
}

#[test]
fn a_host_without_definitions_has_nothing_to_compare() {
    for files in [
        [("autogen.toml", ""), ("plugins/usb/README.md", "")],
        [("src/main.rs", "fn main() {}"), ("plugins/usb/src/lib.rs", "pub fn usb() {}")],
    ] {
        let host = Host::of(&files);
        let run = host.run("check");
        assert!(run.code == 2 && run.stderr.starts_with("error[nothing-defined]: "), "{}", run.transcript());
        for command in ["", "diff", "--dry-run", "check --plugin usb"] {
            assert_eq!(host.run(command).code, 2, "{command}");
        }
        // Nothing to prove or to apply is no mistake while a host is being made.
        host.done("verify");
        host.done("upgrade --database-url app.db");
    }
}

#[test]
fn the_host_is_found_from_inside() {
    let host = Host::with_baselines();
    host.write("autogen.toml", "");
    let mut command = host.command("check");
    let run = host.output(command.current_dir(host.path("plugins/usb")).output().expect("runs"));
    expect![[r#"
        in sync: models and chains
        --- exit 0
    "#]]
    .assert_eq(&run.transcript());
    host.edit("plugins/usb/src/schema.rs", "serial -> Nullable<Text>,", "serial Nullable<Text>,");
    let run = host.output(command.output().expect("runs"));
    expect![[r#"
        --- stderr
        error[table-syntax]: expected `->`
         --> ../../plugins/usb/src/schema.rs:8:16
          |
        8 |         serial Nullable<Text>,
          |                ^^^^^^^^
        help: docs/reference.md in autogen's repository shows every form; the compiler says the same
        --- exit 2
    "#]]
    .assert_eq(&run.transcript());
}

#[test]
fn mistakes_in_the_configuration_have_their_place() {
    refused(
        &[("autogen.toml", "[databse]\nurl = 'x'\n")],
        expect![[r#"
            --- stderr
            error[bad-config]: unknown key `databse`
             --> autogen.toml:1:2
              |
            1 | [databse]
              |  ^^^^^^^
            help: known here: `dialects`, `plugins`, `database`, `policy`, `lint`, `scratch`, `core`, `plugin`
            --- exit 2
        "#]],
    );
    refused(
        &[("autogen.toml", "# été\r\ndialects = ['sqlite', 'oracle']\r\n")],
        expect![[r#"
            --- stderr
            error[bad-config]: unknown dialect `oracle`
             --> autogen.toml:2:23
              |
            2 | dialects = ['sqlite', 'oracle']
              |                       ^^^^^^^^
            help: known dialects: `sqlite`, `postgres`, `mysql`
            --- exit 2
        "#]],
    );
    refused(
        &[("autogen.toml", "dialects = []\n")],
        expect![[r#"
            --- stderr
            error[bad-config]: the list of dialects is empty
             --> autogen.toml:1:12
              |
            1 | dialects = []
              |            ^^
            help: name at least one, or leave the key out; known dialects: `sqlite`, `postgres`, `mysql`
            --- exit 2
        "#]],
    );
    refused(
        &[("autogen.toml", "dialects = 'sqlite\n")],
        expect![[r#"
            --- stderr
            error[bad-config]: invalid literal string, expected `'`
             --> autogen.toml:1:19
              |
            1 | dialects = 'sqlite
              |                   ^
            help: correct the file; https://toml.io shows every form
            --- exit 2
        "#]],
    );
    refused(
        &[("autogen.toml", "[database]\nurl = ['postgres://u:secret@h/db']\n")],
        expect![[r#"
            --- stderr
            error[bad-config]: wrong kind of value: sequence
             --> autogen.toml:2:7
              |
            2 | url = ['postgres://u:******@h/db']
              |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            help: expected a string
            --- exit 2
        "#]],
    );
    refused(
        &[("autogen.toml", "plugins = ['addons/[']\n"), ("addons/usb/src/lib.rs", "")],
        expect![[r#"
            --- stderr
            error[bad-config]: `addons/[` is not a pattern: unclosed character class; missing ']'
             --> autogen.toml:1:12
              |
            1 | plugins = ['addons/[']
              |            ^^^^^^^^^^
            help: wildcards are `*`, `?`, `**`, `[abc]` and `{a,b}`
            --- exit 2
        "#]],
    );
}

#[test]
fn the_place_is_the_same_from_outside() {
    let host = Host::of(&[("shop/autogen.toml", "[databse]\n")]);
    host.says(
        "--root shop check",
        expect![[r#"
            --- stderr
            error[bad-config]: unknown key `databse`
             --> shop/autogen.toml:1:2
              |
            1 | [databse]
              |  ^^^^^^^
            help: known here: `dialects`, `plugins`, `database`, `policy`, `lint`, `scratch`, `core`, `plugin`
            --- exit 2
        "#]],
    );
}

#[test]
fn what_is_stated_must_be_there() {
    refused(
        &[("autogen.toml", "plugins = ['addons/*']\n")],
        expect![[r#"
            --- stderr
            error[missing-folder]: there is no `addons/*` in `.`
             --> autogen.toml:1:12
              |
            1 | plugins = ['addons/*']
              |            ^^^^^^^^^^ stated here
            help: make it, fix the path, or leave the key out for the default
            --- exit 2
        "#]],
    );
    refused(
        &[("autogen.toml", "[plugin.usb]\ntables = []\n")],
        expect![[r#"
            --- stderr
            error[no-such-plugin]: there is no folder of a plugin `usb`
             --> autogen.toml:1:9
              |
            1 | [plugin.usb]
              |         ^^^ stated here
            help: say where it is with `path = "..."` under [plugin.usb]
            --- exit 2
        "#]],
    );
}

#[test]
fn a_file_that_is_not_text_can_not_be_read() {
    let host = Host::of(&[]);
    std::fs::write(host.path("autogen.toml"), [0xff, 0xfe]).expect("written");
    host.says(
        "check",
        expect![[r#"
            --- stderr
            error[can't-read]: `autogen.toml` is a text in UTF-16
            help: save it as UTF-8
            --- exit 2
        "#]],
    );
}

#[test]
fn manifests_have_places_too() {
    refused(
        &[("plugins/usb/plugin.toml", "table = ['ports']\n")],
        expect![[r#"
            --- stderr
            error[bad-manifest]: unknown key `table`
             --> plugins/usb/plugin.toml:1:1
              |
            1 | table = ['ports']
              | ^^^^^
            help: known here: `sources`, `migrations`, `tables`, `prefix`, `prefix_exceptions`, `ignore`, `may_alter`, `trust`, `reviewers`; other programs' keys may stay beside a table [autogen]
            --- exit 2
        "#]],
    );
    refused(
        &[
            ("plugins/usb/plugin.toml", "tables = []\n"),
            ("plugins/usb/Cargo.toml", "[package]\nname = 'usb'\n[package.metadata.autogen]\ntables = []\n"),
        ],
        expect![[r#"
            --- stderr
            error[two-manifests]: `plugins/usb` has both a plugin.toml and a [package.metadata.autogen]
            help: keep one of them
            --- exit 2
        "#]],
    );
}

#[test]
fn plugins_are_told_apart_by_their_names() {
    refused(
        &[("plugins/net work/src/lib.rs", "")],
        expect![[r#"
            --- stderr
            error[bad-plugin-name]: a plugin can't be called `net work`: only ASCII letters, digits, `-` and `_` go into file names
            help: rename the folder, or give the plugin a name in autogen.toml: [plugin.some-name] path = "plugins/net work"
            --- exit 2
        "#]],
    );
    refused(
        &[("a/usb/src/lib.rs", ""), ("b/USB/src/lib.rs", ""), ("autogen.toml", "plugins = ['a/*', 'b/*']")],
        expect![[r#"
            --- stderr
            error[plugin-named-twice]: `a/usb` and `b/USB` are both plugin `usb`
            help: rename one of the folders, or give it another name with [plugin.NAME] path = "..."
            --- exit 2
        "#]],
    );
    refused(
        &[
            ("plugins/usb/src/lib.rs", ""),
            ("migrations/.keep", ""),
            ("autogen.toml", "[plugin.usb]\nmigrations = '../../migrations'"),
        ],
        expect![[r#"
            --- stderr
            error[migrations-shared]: `core` and `usb` both keep their migrations in `[HOST]/migrations`
            help: give each a `migrations` folder of its own
            --- exit 2
        "#]],
    );
}

#[test]
fn a_plugin_that_is_misspelled_gets_a_suggestion() {
    let host = Host::of(&[("plugins/net/src/schema.rs", PORTS)]);
    host.says(
        "--plugin nets",
        expect![[r#"
            --- stderr
            error[no-such-plugin]: there is no plugin `nets`
            help: did you mean `net`?
            --- exit 2
        "#]],
    );
    host.says(
        "--plugin printers",
        expect![[r#"
            --- stderr
            error[no-such-plugin]: there is no plugin `printers`
            help: there are: core, net
            --- exit 2
        "#]],
    );
}
