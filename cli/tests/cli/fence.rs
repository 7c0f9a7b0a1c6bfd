//! What a plugin's author may write, and what a plugin's files may be: nothing that somebody proposes reaches
//! further than the plugin's own folder and tables.

use std::fs;
use std::path::Path;

use expect_test::expect;

use crate::support::{ASSETS, Host, PORTS};

/// A host whose plugin `net` has this definition.
fn defining(definition: &str) -> Host {
    Host::of(&[("src/schema.rs", ASSETS), ("plugins/net/src/schema.rs", definition)])
}

#[test]
fn a_text_of_a_definition_is_one_expression_or_one_type() {
    let host = defining(
        "autogen::table! {\n    #[check(\"speed > 0); DROP TABLE assets; --\")]\n    ports (id) {\n        id -> Integer,\n        \
         #[sql_type = \"int; ATTACH 'app.db' AS x\"]\n        speed -> Integer,\n    }\n}\n",
    );
    host.says("diff", expect![[r#""#]]);
}

#[test]
fn no_text_ends_its_statement_on_any_database() {
    let definitions = [
        "#[check(\"TEXT\")] a (id) { id -> Integer, n -> Integer }",
        "#[index(n, where = \"TEXT\", name = \"ix\")] b (id) { id -> Integer, n -> Integer }",
        "c (id) { id -> Integer, #[default(sql = \"TEXT\")] n -> Integer }",
        "d (id) { id -> Integer, #[generated(\"TEXT\", stored)] n -> Integer }",
        "e (id) { id -> Integer, #[backfill(\"TEXT\")] n -> Integer }",
        "f (id) { id -> Integer, #[sql_type = \"TEXT\"] n -> Integer }",
    ];
    for evil in ["1); DELETE FROM assets; --", "1; COMMIT", "'open", "1 /* x", "1, 2", "(1", "1 -- x", "a\\u{0}b"] {
        let tables = definitions.map(|text| format!("autogen::table! {{ {} }}\n", text.replace("TEXT", evil)));
        let host = defining(&tables.concat());
        for dialect in ["sqlite", "postgres", "mysql"] {
            let run = host.run(&format!("diff --dialect {dialect}"));
            assert_eq!(run.code, 2, "{dialect}: {evil}\n{}{}", run.stdout, run.stderr);
            assert_eq!(run.stderr.matches("error[not-a").count(), 6, "{dialect}: {evil}\n{}", run.stderr);
        }
    }
}

#[test]
fn words_without_quotes_are_plain_words() {
    let host = defining("autogen::table! { #[engine = \"InnoDB; DROP TABLE assets\"] ports (id) { id -> Integer } }\n");
    host.says("diff --dialect mysql", expect![[r#""#]]);
}

#[test]
fn a_source_that_would_exhaust_the_stack_is_named() {
    let nested = format!("{PORTS}\nfn f() {{ {}{} }}\n", "(".repeat(3000), ")".repeat(3000));
    let run = defining(&nested).run("diff");
    let shown: Vec<&str> = run.stderr.lines().take(2).collect();
    assert_eq!(run.code, 2);
    expect![[r#""#]].assert_eq(&shown.join("\n"));
}

#[test]
fn a_file_that_nobody_would_write_is_not_read() {
    let host = defining(&format!("{PORTS}{}", "fn f() {}\n".repeat(500_000)));
    host.says("diff", expect![[r#""#]]);
}

#[test]
fn a_plugin_names_no_place_outside_its_folder_and_gives_itself_no_leave() {
    let host = defining(PORTS);
    host.write(
        "plugins/net/plugin.toml",
        "migrations = '../../../elsewhere'\nsources = ['src', '/etc']\nmay_alter = ['assets']\n",
    );
    host.says("diff", expect![[r#""#]]);
    host.write("plugins/net/plugin.toml", "");
    host.write("autogen.toml", "[plugin.net]\nmigrations = '../../chains/net'\n");
    host.done("");
    assert_eq!(host.folders("chains/net").len(), 1);
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere_outside() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().expect("a temporary folder");
    fs::write(outside.path().join("secret.rs"), "autogen::table! { token_hunter2 (id) { id -> Integer } }").expect("a file");
    let host = Host::with_baselines();
    let link = |target: &Path, path: &str| symlink(target, host.path(path)).expect("a link");

    link(&outside.path().join("secret.rs"), "plugins/net/src/secret.rs");
    let run = host.run("diff");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("error[outside-plugin]") && !run.stderr.contains("hunter2"), "{}", run.stderr);
    fs::remove_file(host.path("plugins/net/src/secret.rs")).expect("a link");

    let chain = format!("plugins/net/migrations/{}", host.folders("plugins/net/migrations")[0]);
    fs::remove_file(host.path(&format!("{chain}/down.sql"))).expect("a file");
    link(&outside.path().join("secret.rs"), &format!("{chain}/down.sql"));
    for command in ["check", "diff", "verify", "history", "downgrade --plugin net base --sql --database-url app.db"] {
        let run = host.run(command);
        assert_eq!(run.code, 2, "{command}: {}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains("error[outside-plugin]"), "{command}: {}", run.stderr);
        assert!(!format!("{}{}", run.stdout, run.stderr).contains("hunter2"), "{command}");
    }

    link(outside.path(), "plugins/away");
    let run = host.run("plugins");
    assert!(run.code == 2 && run.stderr.contains("error[outside-host]"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn a_pipe_that_nobody_writes_to_is_no_file() {
    let host = Host::with_baselines();
    let chain = format!("plugins/net/migrations/{}", host.folders("plugins/net/migrations")[0]);
    let up = host.path(&format!("{chain}/up.sql"));
    fs::remove_file(&up).expect("a file");
    let made = std::process::Command::new("mkfifo").arg(&up).status().expect("mkfifo starts");
    assert!(made.success());
    let run = host.run("check");
    assert!(run.code == 2 && run.stderr.contains("it is no regular file"), "{}", run.stderr);
}

#[test]
fn a_chain_of_more_folders_than_anybody_writes_is_refused() {
    let host = defining(PORTS);
    for number in 0..20_002 {
        fs::create_dir_all(host.path(&format!("plugins/net/migrations/{number}_a"))).expect("a folder");
    }
    let run = host.run("heads");
    assert!(run.code == 2 && run.stderr.contains("error[too-many-files]"), "{}", run.stderr);
}

#[test]
fn a_revision_that_reaches_for_another_file_is_stopped_on_scratch_databases() {
    let host = Host::with_database();
    let live = host.path("app.db");
    host.revision("net", "2026-11-22-000000-net_reaches", &format!("ATTACH '{}' AS x;\nDELETE FROM x.assets;\n", live.display()), "-- none\n");
    host.sql("app.db", "INSERT INTO assets (tag) VALUES ('kept')");
    for command in ["check", "diff", "verify", "plugins", "explain usb.devices", "--dry-run"] {
        host.run(command);
        assert_eq!(host.values("app.db", "SELECT tag FROM assets"), ["kept"], "{command}");
    }
    let run = host.run("check");
    assert!(run.code == 2 && run.stderr.contains("leave ATTACH"), "{}", run.stderr);
}

#[test]
fn a_statement_that_never_ends_is_ended() {
    let host = Host::with_database();
    host.write("autogen.toml", "[database]\nstatement_timeout = '300ms'\n");
    let endless = "CREATE TABLE more AS WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) AS n FROM c;";
    host.revision("net", "2026-11-22-000000-net_endless", endless, "-- none\n");
    for command in ["check", "verify net@head", "upgrade --database-url app.db"] {
        assert_ne!(host.run(command).code, 0, "{command}");
    }
}

#[test]
fn nothing_that_a_terminal_obeys_is_printed() {
    let host = defining("autogen::table! { ports (id) { id -> Integer, #[sql_name = \"x\\u{1b}]0;t\\u{7}\\u{202e}\"] x -> Nullable<Integer> } }");
    let files = host.run("").code;
    assert_eq!(files, 0);
    for command in ["diff --dialect sqlite", "check", "show net@head", "diff --format json"] {
        let run = host.run(command);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(!said.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{command}: {said:?}");
    }
    let chain = format!("plugins/net/migrations/{}", host.folders("plugins/net/migrations")[0]);
    let header: Vec<String> = host.read(&format!("{chain}/up.sql")).lines().filter(|line| line.starts_with("--")).map(str::to_owned).collect();
    assert!(!header.concat().contains('\u{1b}'), "{header:?}");
}
