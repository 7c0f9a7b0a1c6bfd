//! Looking at chains: `heads`, `history`, `show`, `graph`, `plugins`; and naming a place in them.

use expect_test::expect;

use crate::support::Host;

/// A usb chain of two revisions, the second of which drops a column.
fn two_steps() -> Host {
    let host = Host::with_baselines();
    host.edit("plugins/usb/src/schema.rs", "        serial -> Nullable<Text>,\n", "");
    host.edit("plugins/usb/src/schema.rs", "    #[index(serial)]\n", "");
    host.done("--plugin usb --allow drop-column -m drop_serial");
    host
}

/// The usb chain with a second head.
fn branched() -> Host {
    let host = two_steps();
    let folder = "plugins/usb/migrations/2026-11-22-000000-usb_by_another";
    host.write(&format!("{folder}/up.sql"), "CREATE TABLE labels (id INTEGER PRIMARY KEY);\n");
    host.write(&format!("{folder}/down.sql"), "DROP TABLE labels;\n");
    let metadata = "run_in_transaction = true\n[autogen]\nplugin = 'usb'\nrevises = ['20261121071100usb']\n";
    host.write(&format!("{folder}/metadata.toml"), metadata);
    host
}

#[test]
fn heads() {
    let host = two_steps();
    host.says("heads", expect![[""]]);
    host.says("heads --plugin usb --format json", expect![[""]]);
    let host = branched();
    host.says("heads --plugin usb", expect![[""]]);
    host.says("upgrade usb@head --database-url app.db", expect![[""]]);
}

#[test]
fn history() {
    let host = two_steps();
    host.says("history", expect![[""]]);
    host.done("upgrade usb@head-1 --database-url app.db");
    host.says("history --database-url app.db --plugin usb -v", expect![[""]]);
    host.says("history usb@base:core@head", expect![[""]]);
    host.says("history --plugin usb head:", expect![[""]]);
    host.says("history :usb@baseline --format json", expect![[""]]);
    Host::of(&[]).says("history", expect![[""]]);
}

#[test]
fn one_revision() {
    let host = two_steps();
    host.says("show drop_serial", expect![[""]]);
    host.done("upgrade --database-url app.db");
    host.says("show core@head --database-url app.db --format json", expect![[""]]);
    host.says("show heads", expect![[""]]);
    let up = host.read("plugins/usb/migrations/2026-11-21-071101-usb_drop_serial/up.sql");
    assert_eq!(host.done("show usb@head --format sql"), up);
}

#[test]
fn pictures() {
    let host = branched();
    host.says("graph", expect![[""]]);
    host.says("graph --as dot --plugin usb --plugin core", expect![[""]]);
}

#[test]
fn who_owns_what() {
    let host = two_steps();
    host.done("upgrade --database-url app.db");
    host.sql("app.db", "CREATE TABLE strangers (x)");
    host.write("plugins/net/src/schema.rs", "");
    host.says("plugins --database-url app.db", expect![[""]]);
    host.says("plugins --plugin net --format json --database-url app.db", expect![[""]]);
}

#[test]
fn shells_learn_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(Host::of(&[]).done(&format!("completions {shell}")).contains("downgrade"), "{shell}");
    }
}

#[test]
fn going_by_steps_and_cascading_back() {
    let host = two_steps();
    host.says("upgrade +2 --database-url app.db", expect![[""]]);
    host.says("upgrade --plugin usb +1 --database-url app.db", expect![[""]]);
    host.says("upgrade --plugin usb +1 --database-url app.db", expect![[""]]);
    host.says("downgrade --plugin core base --database-url app.db", expect![[""]]);
    host.says("downgrade --plugin core base --cascade --database-url app.db", expect![[""]]);
}

#[test]
fn a_plugin_that_comes_too_late() {
    let host = Host::with_baselines();
    let late = host.files().into_iter().filter(|(path, _)| path.starts_with("plugins/usb/")).collect::<Vec<_>>();
    std::fs::remove_dir_all(host.path("plugins/usb")).expect("removed");
    host.revision(
        "",
        "2026-11-25-000000-core_rename",
        "ALTER TABLE assets RENAME TO things;",
        "ALTER TABLE things RENAME TO assets;",
    );
    host.write(
        "migrations/2026-11-25-000000-core_rename/metadata.toml",
        "run_in_transaction = true\n[autogen]\nplugin = 'core'\nrevises = ['20261121071100core']\nafter = ['20261121071100usb']\n",
    );
    host.done("upgrade --database-url app.db");
    for (path, text) in late {
        host.write(&path, &text);
    }
    host.says("upgrade --database-url app.db", expect![[""]]);
    host.done("downgrade --plugin core 20261125000000core-1 --database-url app.db");
    host.done("upgrade --database-url app.db");
    assert!(host.schema("app.db").iter().any(|line| line.contains("REFERENCES \"things\"")));
}
