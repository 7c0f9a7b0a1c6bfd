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
    host.says("diff", expect![[r#"
        --- stderr
        error[not-a-type]: the type of column `ports.speed`: "int; ATTACH 'app.db' AS x" is not one type: it holds `;`
         --> plugins/net/src/schema.rs:6:9
          |
        6 |         speed -> Integer,
          |         ^^^^^
        help: write the type alone, such as `varchar(40)`; defaults and rules have attributes of their own

        error[not-an-expression]: a check of table `ports`: "speed > 0); DROP TABLE assets; --" is not one expression: `)` closes no bracket
         --> plugins/net/src/schema.rs:2:7
          |
        2 |     #[check("speed > 0); DROP TABLE assets; --")]
          |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        help: write one expression, without comments and `;`, with all its brackets and quotes closed; several statements belong in a hand-written migration
        --- exit 2
    "#]]);
}

#[test]
fn no_text_ends_its_statement() {
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
        let run = host.run("diff");
        assert_eq!(run.code, 2, "{evil}\n{}{}", run.stdout, run.stderr);
        assert_eq!(run.stderr.matches("error[not-a").count(), 6, "{evil}\n{}", run.stderr);
    }
}

#[test]
fn no_name_holds_what_no_database_takes() {
    let host = defining("autogen::table! { ports (id) { #[sql_name = \"i\\u{0}d\"] id -> Integer } }\n");
    host.says(
        "diff",
        expect![[r#"
        --- stderr
        error[not-a-name]: column `ports.i\u{0}d`: "i\0d" is not a name: it holds a NUL character
         --> plugins/net/src/schema.rs:1:56
          |
        1 | autogen::table! { ports (id) { #[sql_name = "i\u{0}d"] id -> Integer } }
          |                                                        ^^
        help: leave the character out

        error[not-a-name]: the primary key of table `ports`: "i\0d" is not a name: it holds a NUL character
         --> plugins/net/src/schema.rs:1:19
          |
        1 | autogen::table! { ports (id) { #[sql_name = "i\u{0}d"] id -> Integer } }
          |                   ^^^^^
        help: leave the character out
        --- exit 2
    "#]],
    );
}

#[test]
fn a_source_that_would_exhaust_the_stack_is_named() {
    let nested = format!("{PORTS}\nfn f() {{ {}{} }}\n", "(".repeat(3000), ")".repeat(3000));
    let run = defining(&nested).run("diff");
    let shown: Vec<&str> = run.stderr.lines().take(2).collect();
    assert_eq!(run.code, 2);
    expect![[r#"
        error[source-too-deep]: this source is not parsed: brackets are nested more than 200 deep
         --> plugins/net/src/schema.rs:8:209"#]]
    .assert_eq(&shown.join("\n"));
}

#[test]
fn a_file_that_nobody_would_write_is_not_read() {
    let host = defining(&format!("{PORTS}{}", "fn f() {}\n".repeat(500_000)));
    host.says(
        "diff",
        expect![[r#"
        --- stderr
        error[too-large]: `plugins/net/src/schema.rs` has more than 4194304 bytes, the limit
         --> plugins/net/src/schema.rs:1:1
          |
        1 | autogen::table! {
          | ^
        help: split the file, or leave it out of `sources`
        --- exit 2
    "#]],
    );
}

#[test]
fn a_plugin_names_no_place_outside_its_folder_and_gives_itself_no_leave() {
    let host = defining(PORTS);
    host.write(
        "plugins/net/plugin.toml",
        "migrations = '../../../elsewhere'\nsources = ['src', '/etc']\nmay_alter = ['assets']\n",
    );
    host.says(
        "diff",
        expect![[r#"
        --- stderr
        error[outside-plugin]: `/etc` leads out of the plugin's folder
         --> plugins/net/plugin.toml:2:19
          |
        2 | sources = ['src', '/etc']
          |                   ^^^^^^ stated here
        help: a plugin names places in its own folder only; the host may name another in autogen.toml

        error[outside-plugin]: `../../../elsewhere` leads out of the plugin's folder
         --> plugins/net/plugin.toml:1:14
          |
        1 | migrations = '../../../elsewhere'
          |              ^^^^^^^^^^^^^^^^^^^^ stated here
        help: a plugin names places in its own folder only; the host may name another in autogen.toml

        error[leave-of-the-host]: a plugin can't permit itself to change `assets`
         --> plugins/net/plugin.toml:3:14
          |
        3 | may_alter = ['assets']
          |              ^^^^^^^^ stated here
        help: if the host agrees, it says so in autogen.toml: [plugin.NAME] may_alter = [...]
        --- exit 2
    "#]],
    );
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
    fs::write(outside.path().join("secret.rs"), "autogen::table! { token_hunter2 (id) { id -> Integer } }")
        .expect("a file");
    let host = Host::with_baselines();
    let link = |target: &Path, path: &str| symlink(target, host.path(path)).expect("a link");

    link(&outside.path().join("secret.rs"), "plugins/net/src/secret.rs");
    let run = host.run("diff");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("error[outside-plugin]") && !run.stderr.contains("hunter2"), "{}", run.stderr);
    fs::remove_file(host.path("plugins/net/src/secret.rs")).expect("a link");

    // What a folder elsewhere holds may have no end, as `/proc` has none. It isn't looked at.
    link(outside.path(), "plugins/net/src/out");
    let run = host.run("diff");
    assert!(
        run.code == 2 && run.stderr.contains("`plugins/net/src/out` leads out of the plugin's folder"),
        "{}",
        run.stderr
    );
    assert!(!run.stderr.contains("secret"), "{}", run.stderr);
    fs::remove_file(host.path("plugins/net/src/out")).expect("a link");

    let chain = format!("plugins/net/migrations/{}", host.folders("plugins/net/migrations")[0]);
    fs::remove_file(host.path(&format!("{chain}/down.sql"))).expect("a file");
    link(&outside.path().join("secret.rs"), &format!("{chain}/down.sql"));
    for command in
        ["check", "diff", "verify", "history", "downgrade --allow all --plugin net base --sql --database-url app.db"]
    {
        let run = host.run(command);
        assert_eq!(run.code, 2, "{command}: {}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains("error[outside-plugin]"), "{command}: {}", run.stderr);
        assert!(!format!("{}{}", run.stdout, run.stderr).contains("hunter2"), "{command}");
    }

    fs::remove_file(host.path(&format!("{chain}/down.sql"))).expect("a link");
    fs::create_dir(outside.path().join("src")).expect("a folder");
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
fn a_revision_that_reaches_for_another_file_is_stopped_on_scratch_databases() {
    let host = Host::with_database();
    let live = host.path("app.db");
    host.revision(
        "net",
        "2026-11-22-000000-net_reaches",
        &format!("ATTACH '{}' AS x;\nDELETE FROM x.assets;\n", live.display()),
        "-- none\n",
    );
    host.sql("app.db", "INSERT INTO assets (tag) VALUES ('kept')");
    for command in ["check", "diff", "verify", "plugins", "explain usb.devices", "--dry-run"] {
        host.run(command);
        assert_eq!(host.values("app.db", "SELECT tag AS value FROM assets"), ["kept"], "{command}");
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

/// A definition whose names and texts hold what a terminal obeys.
const OBEYED: &str = r#"autogen::table! {
    #[index(x, name = "i\u{1b}]0;t\u{7}\u{202e}")]
    #[sql_name = "po\u{1b}\r\u{9b}\u{61c}rts"]
    ports (id) {
        id -> Integer,
        #[sql_name = "x\u{1b}]0;t\u{7}\u{2066}"]
        #[default = "d\u{1b}\u{7}\u{200f}"]
        x -> Text,
    }
}
"#;

#[test]
fn nothing_that_a_terminal_obeys_is_printed() {
    let is_obeyed = |letter: char| {
        let turns =
            matches!(letter, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        turns || (letter.is_control() && letter != '\n' && letter != '\t')
    };
    let host = defining(OBEYED);
    let run = |arguments: &[&str]| {
        let run = host.output(host.command("").args(arguments).output().expect("the program starts"));
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(!said.contains(is_obeyed), "{arguments:?}: {said:?}");
        run.code
    };
    assert_eq!(run(&["-m", "m\u{1b}]0;x\u{7}\u{202e}"]), 0);
    assert_eq!(run(&["upgrade", "--database-url", "app.db"]), 0);
    host.edit("plugins/net/src/schema.rs", "x -> Text,", "x -> Text, y -> Nullable<Text>,");
    let commands = [
        "plugins",
        "heads",
        "history",
        "show net@head",
        "graph",
        "status",
        "check",
        "diff",
        "diff --format unified",
        "verify --all",
        "explain ports",
        "merge",
        "rebase",
        "adopt",
        "adopt --existing",
        "stamp net@head",
        "downgrade --allow all --plugin net base",
        "upgrade",
        "--dry-run",
        "",
    ];
    for command in commands {
        for format in ["", " --format json"] {
            let arguments = format!("{command} --database-url app.db{format}");
            run(&arguments.split_whitespace().collect::<Vec<_>>());
        }
    }
    let migrations = host.files().into_iter().filter(|(path, _)| path.ends_with(".sql"));
    let comments = migrations.flat_map(|(path, text)| {
        // A carriage return in a name's quotes ends no line.
        let lines = text.split('\n').filter(|line| line.starts_with("--")).map(str::to_owned).collect::<Vec<_>>();
        lines.into_iter().map(move |line| (path.clone(), line))
    });
    for (path, line) in comments {
        assert!(!line.contains(is_obeyed), "{path}: {line:?}");
    }
}

#[cfg(unix)]
#[test]
fn nothing_new_is_written_through_a_link() {
    let host = Host::with_baselines();
    let outside = tempfile::tempdir().expect("a temporary folder");
    std::os::unix::fs::symlink(outside.path(), host.path("plugins/away")).expect("a link");
    let run = host.run("new away");
    assert!(run.code == 2 && run.stderr.contains("error[outside-host]"), "{}", run.stderr);
    fs::remove_dir_all(host.path("plugins/net/migrations")).expect("a chain");
    std::os::unix::fs::symlink(outside.path(), host.path("plugins/net/migrations")).expect("a link");
    for command in ["--plugin net", "merge", "rebase --plugin net 1", "adopt", "--dry-run"] {
        let run = host.run(command);
        assert!(run.code == 2 && run.stderr.contains("error[outside-plugin]"), "{command}: {}", run.stderr);
    }
    assert_eq!(fs::read_dir(outside.path()).expect("is there").count(), 0);
}
