//! Looking at a host: `graph` in all its forms, and `history --graph`.

use std::process::{Command, Stdio};

use autogen_engine::dialect::Dialect;
use expect_test::expect;
use serde_json::Value;

use crate::support::Host;

/// The small host, applied, whose usb plugin has two more revisions.
fn grown() -> Host {
    let host = Host::with_database();
    host.edit(
        "plugins/usb/src/schema.rs",
        "serial -> Nullable<Text>,",
        "serial -> Nullable<Text>, size -> Nullable<Integer>,",
    );
    host.done("--plugin usb --no-database -m sizes");
    host
}

/// The tables of a picture in JSON, each with its mark.
fn marks(host: &Host, arguments: &str) -> Vec<String> {
    let document = host.run(&format!("graph --tables --format json {arguments}")).document();
    let mark = |found: &Value| format!("{} {}", found["name"].as_str().unwrap(), found["mark"].as_str().unwrap());
    document["picture"]["boxes"].as_array().expect("boxes").iter().map(mark).collect()
}

#[test]
fn tables_in_mermaid() {
    let host = Host::small();
    host.says(
        "graph --tables",
        expect![[r#"
        flowchart LR
          subgraph g0 ["core"]
            n0["assets"]
          end
          subgraph g1 ["net"]
            n1["ports"]
          end
          subgraph g2 ["usb"]
            n2["devices"]
          end
          n2 --> n0
        --- exit 0
    "#]],
    );
    host.says(
        "graph --tables --plugin net",
        expect![[r#"
        flowchart LR
          subgraph g0 ["net"]
            n0["ports"]
          end
        --- exit 0
    "#]],
    );
    // What keys lead to is shown too.
    host.says(
        "graph --tables --plugin usb --format dot",
        expect![[r#"
        digraph tables {
          rankdir=BT;
          node [shape=box, fontname="monospace"];
          subgraph cluster_0 {
            label="core";
            n0 [label="assets\l\lid Integer\ltag Text\l"];
          }
          subgraph cluster_1 {
            label="usb";
            n1 [label="devices\l\lid Integer\lasset_id Integer\lserial Text?\l"];
          }
          n1 -> n0;
        }
        --- exit 0
    "#]],
    );
}

#[test]
fn states_and_what_differs() {
    let host = grown();
    assert_eq!(marks(&host, ""), ["assets same", "ports same", "devices same"]);
    assert_eq!(marks(&host, "--of database --database-url app.db"), ["assets same", "ports same", "devices same"]);
    assert_eq!(marks(&host, "--of base"), [] as [&str; 0]);
    assert_eq!(marks(&host, "--of core@head"), ["assets same"]);
    let changed = ["assets same", "ports same", "devices changed"];
    assert_eq!(marks(&host, "--revision usb@head"), changed);
    assert_eq!(marks(&host, "--against database --database-url app.db"), changed);
    assert_eq!(marks(&host, "--of database --against models --database-url app.db"), changed);
    assert_eq!(marks(&host, "--against usb@head-1"), changed);
    assert_eq!(marks(&host, "--of database --against head --database-url app.db"), changed);
    assert_eq!(marks(&host, "--of head --against database --database-url app.db"), changed);
    assert_eq!(marks(&host, "--of head --against head"), ["assets same", "ports same", "devices same"]);
    assert_eq!(marks(&host, "--of usb@head --against base"), ["assets new", "ports new", "devices new"]);
    assert_eq!(marks(&host, "--of base --against head"), ["assets gone", "ports gone", "devices gone"]);
    assert_eq!(marks(&host, "--of models --against models"), ["assets same", "ports same", "devices same"]);
}

#[test]
fn renamed_things_are_one() {
    let host = Host::with_baselines();
    host.edit("plugins/net/src/schema.rs", "ports (id)", "sockets (id)");
    host.edit("plugins/net/src/schema.rs", "autogen::table! {", "autogen::table! { #[renamed_from(ports)]");
    host.edit("plugins/net/src/schema.rs", "speed ->", "#[renamed_from(speed)] rate ->");
    assert_eq!(marks(&host, "--plugin net --against head"), ["sockets changed"]);
    host.done("--plugin net");
    // The header says so where no source does.
    let document = host.run("graph --tables --format json --revision net@head --plugin net").document();
    let found = &document["picture"]["boxes"][0];
    assert_eq!((&found["name"], &found["mark"]), (&"sockets".into(), &"changed".into()));
    assert_eq!((&found["rows"][1]["name"], &found["rows"][1]["was"]), (&"rate".into(), &"speed".into()));
}

#[test]
fn what_a_branch_adds() {
    let host = Host::with_baselines();
    let git = |arguments: &str| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=x", "-c", "user.email=x@y"]).args(arguments.split(' ')).current_dir(host.root());
        assert!(command.stdout(Stdio::null()).status().expect("git is installed").success(), "{arguments}");
    };
    git("init --quiet --initial-branch main");
    git("add --all");
    git("commit --quiet --message x");
    host.edit("plugins/net/src/schema.rs", "speed -> Nullable<Integer>,", "");
    host.done("--plugin net --allow drop-column");
    assert_eq!(marks(&host, "--base main"), ["assets same", "ports changed", "devices same"]);
    let page = host.done("graph --tables --base main --format html");
    assert!(page.contains("what this branch adds to main: 3 tables; 1 change"), "{}", &page[..2000]);
}

#[test]
fn servers_are_looked_at_too() {
    let host = Host::shopdb(Dialect::Postgres);
    let database = autogen_test_servers::postgres();
    let url = database.url();
    host.done(&format!("upgrade --quiet --database-url {url}"));
    let differing: Vec<String> = marks(&host, &format!("--against database --database-url {url}"));
    let changed: Vec<&String> = differing.iter().filter(|found| !found.ends_with(" same")).collect();
    assert_eq!(changed, ["usbdevices changed"]);
    assert_eq!(marks(&host, &format!("--of database --database-url {url}")).len(), differing.len());
}

#[test]
fn pictures_are_files() {
    let host = Host::small();
    host.says(
        "graph --tables --output tables.svg",
        expect![[r#"
        --- stderr
        wrote tables.svg
        --- exit 0
    "#]],
    );
    let svg = host.read("tables.svg");
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""), "{}", &svg[..200]);
    host.done("graph --tables --format html=page.html,dot=tables.dot --output tables.json");
    let page = host.read("page.html");
    assert!(page.starts_with("<!doctype html>"));
    // Nothing comes from elsewhere, nothing depends on when or where it was written.
    assert!(!page.contains("http") || page.matches("http").count() == page.matches("http-equiv").count());
    assert_eq!(host.done("graph --tables --format html").trim_end(), page.trim_end());
    assert!(host.read("tables.json").contains("\"command\": \"graph\""));
    assert!(host.read("tables.dot").starts_with("digraph tables {"));
    host.says(
        "graph --tables --output no/such/folder.svg",
        expect![[r#"
        --- stderr
        error[can't-write]: can't write `no/such/folder.svg`: No such file or directory (os error 2)
        help: name a file in a folder that is there and that you may write to
        --- exit 2
    "#]],
    );
    host.says(
        "graph --format sql",
        expect![[r#"
        --- stderr
        error[no-such-form]: `graph` can't print its results as `sql`
        help: its forms: text, json, mermaid, dot, svg, html
        --- exit 2
    "#]],
    );
    host.says(
        "graph --output tables.pdf",
        expect![[r#"
        --- stderr
        error[no-such-form]: there is no picture in the form that tables.pdf names
        help: end it in .html, .svg, .dot, .mmd or .json, or state the form by `--format`
        --- exit 2
    "#]],
    );
    assert!(!host.path("tables.pdf").exists());
    host.says(
        "graph --of models",
        expect![[r#"
        --- stderr
        error: the following required arguments were not provided:
          --tables

        Usage: autogen graph --tables --of <models|database|REVISION>

        For more information, try '--help'.
        --- exit 2
    "#]],
    );
    // Graphviz and an XML reader are the judges.
    let dot = autogen_test_servers::client("dot", "graphviz");
    let status =
        Command::new(dot).args(["-Tsvg", "tables.dot"]).current_dir(host.root()).stdout(Stdio::null()).status();
    assert!(status.expect("dot runs").success());
}

#[test]
fn odd_names_stay_names() {
    let name = "a\"b\\n<svg onload=x>`&'\u{1b}[31m\u{202e}";
    let host = Host::of(&[(
        "src/schema.rs",
        &format!(
            "autogen::table! {{ #[sql_name = {name:?}] odd (id) {{ id -> Integer, #[sql_name = {name:?}] x -> Text, }} }}"
        ),
    )]);
    for form in ["mermaid", "dot", "svg", "html", "json"] {
        let text = host.done(&format!("graph --tables --format {form}"));
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{form}: {text}");
        // In Graphviz and JSON a quoted text is nothing else.
        assert!(["dot", "json"].contains(&form) || !text.contains("<svg onload"), "{form}: {text}");
    }
    host.done("graph --tables --output odd.dot");
    let dot = autogen_test_servers::client("dot", "graphviz");
    let output = Command::new(dot).args(["-Tplain", "odd.dot"]).current_dir(host.root()).output().expect("dot runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_empty_host_has_a_picture() {
    let host = Host::of(&[("autogen.toml", "dialects = ['sqlite']\n")]);
    for form in ["mermaid", "dot", "svg", "html", "json"] {
        host.done(&format!("graph --tables --format {form}"));
        host.done(&format!("graph --format {form}"));
    }
    assert!(host.done("graph --tables --format svg").contains("nothing to show"));
    assert!(!host.path("migrations").exists());
}

#[test]
fn chains_in_a_terminal() {
    let host = grown();
    host.write(
        "plugins/usb/migrations/2026-11-22-000000-usb_by_another/up.sql",
        "CREATE TABLE labels (id INTEGER PRIMARY KEY);\n",
    );
    host.write("plugins/usb/migrations/2026-11-22-000000-usb_by_another/down.sql", "DROP TABLE labels;\n");
    host.write(
        "plugins/usb/migrations/2026-11-22-000000-usb_by_another/metadata.toml",
        "run_in_transaction = true\n[autogen]\nplugin = 'usb'\nrevises = ['20261121071100usb']\n",
    );
    host.says(
        "history --graph",
        expect![[r#"
            core
            ○  2026-11-21-071100-core_baseline  (base, head)
               baseline

            net
            ○  2026-11-21-071100-net_baseline  (base, head)
               baseline

            usb
            ○  2026-11-22-000000-usb_by_another  (head)
            │ ○  2026-11-21-071101-usb_sizes  (head)
            │ │  sizes
            ├─╯
            ○  2026-11-21-071100-usb_baseline  (base)
               baseline
            --- exit 0
        "#]],
    );
    host.says(
        "history --graph --plugin usb --database-url app.db",
        expect![[r#"
            usb
            ○  2026-11-22-000000-usb_by_another  (head, pending)
            │ ○  2026-11-21-071101-usb_sizes  (head, pending)
            │ │  sizes
            ├─╯
            ●  2026-11-21-071100-usb_baseline  (base, applied)
               baseline
            --- exit 0
        "#]],
    );
    let colored = host.done("history --graph --plugin net --color always");
    assert!(colored.contains("\u{1b}[33m2026-11-21-071100-net_baseline\u{1b}[0m"), "{colored:?}");
    host.done("merge --plugin usb");
    host.says(
        "history --graph --plugin usb",
        expect![[r#"
            usb
            ○  2026-11-22-000001-usb_merge  (merges 2, head)
            ├─╮  merge
            │ ○  2026-11-22-000000-usb_by_another
            ○ │  2026-11-21-071101-usb_sizes
            │ │  sizes
            ├─╯
            ○  2026-11-21-071100-usb_baseline  (base)
               baseline
            --- exit 0
        "#]],
    );
}
