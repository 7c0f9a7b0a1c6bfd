//! Two heads meet a database: nothing is applied, marked or said to be in order before they are one.

use autogen_test_servers::{mysql, postgres};
use expect_test::expect;

use crate::support::{Host, Run};

const BASE: &str = "autogen::table! { notes (id) { id -> Integer, n -> Integer } }";
const LEFT: &str = "autogen::table! { notes (id) { id -> Integer, n -> Integer, note -> Nullable<Text> } }";
const RIGHT: &str = "autogen::table! { notes (id) { id -> Integer, n -> BigInt } }";

/// A host of one plugin whose chain ends at [`BASE`].
fn based() -> Host {
    let host = Host::of(&[("plugins/p/src/schema.rs", BASE)]);
    host.done("-m base");
    host
}

/// Writes a revision as another branch would, and takes it away again.
fn on_a_branch(host: &Host, models: &str, name: &str) -> String {
    let before = host.read("plugins/p/src/schema.rs");
    host.write("plugins/p/src/schema.rs", models);
    host.done(&format!("--plugin p --no-database --allow all -m {name}"));
    host.write("plugins/p/src/schema.rs", &before);
    put_away(host, name)
}

/// Takes a revision out of the chain, and says what it is called.
fn put_away(host: &Host, name: &str) -> String {
    let written = host.folders("plugins/p/migrations").into_iter().find(|folder| folder.ends_with(name));
    let written = written.expect("was written");
    std::fs::create_dir_all(host.path("away")).expect("a folder");
    std::fs::rename(host.path(&format!("plugins/p/migrations/{written}")), host.path(&format!("away/{written}")))
        .expect("moved");
    written
}

/// Brings a branch's revision in, one second later for each before it.
fn brought_in(host: &Host, folder: &str, second: u32) {
    let name = folder.split_once("-p_").expect("is p's").1;
    let to = format!("plugins/p/migrations/2026-11-21-0711{second:02}-p_{name}");
    std::fs::rename(host.path(&format!("away/{folder}")), host.path(&to)).expect("moved");
}

#[test]
fn a_rebuild_of_the_other_branch_takes_no_column_away() {
    let host = based();
    let (note, wide) = (on_a_branch(&host, LEFT, "note"), on_a_branch(&host, RIGHT, "wide"));
    brought_in(&host, &note, 10);
    host.done("upgrade --database-url app.db");
    host.sql("app.db", "INSERT INTO notes VALUES (1, 2, 'precious')");
    brought_in(&host, &wide, 20);

    let refused = expect![[r#"
        --- stderr
        error[two-heads]: p's chain has 2 heads: `plugins/p/migrations/2026-11-21-071110-p_note` and `plugins/p/migrations/2026-11-21-071120-p_wide`
        help: join them by `autogen merge --plugin p`, or put one after the other by `autogen rebase`
        --- exit 2
    "#]];
    for command in ["upgrade", "upgrade wide", "upgrade --sql", "upgrade --plugin p +1", "stamp heads"] {
        refused.assert_eq(&host.run(&format!("{command} --database-url app.db")).transcript());
    }
    host.says(
        "status --database-url app.db",
        expect![[r#"
        core  0 applied, 0 pending  no revisions
        p     2 applied, 1 pending  2 heads
                help: join them by `autogen merge --plugin p`, or put one after the other by `autogen rebase`
                pending 2026-11-21-071120-p_wide
        --- exit 1
    "#]],
    );
    host.says("merge", expect![[r#"
        --- stderr
        error[heads-conflict]: the heads of p's chain can't be merged
        note: p's 2026-11-21-071110-p_note and p's 2026-11-21-071120-p_wide can't be applied in either order: after p's 2026-11-21-071110-p_note, p's 2026-11-21-071120-p_wide stopped itself: notes has column note text, which it doesn't know
        help: neither merge nor rebase works: remove the folder of the one that no database has applied, and run `autogen --plugin p`, which writes on top of the other whatever is still missing
        --- exit 2
    "#]]);
    // What the help says.
    std::fs::remove_dir_all(host.path("plugins/p/migrations/2026-11-21-071120-p_wide")).expect("removed");
    host.write("plugins/p/src/schema.rs", &LEFT.replace("n -> Integer", "n -> BigInt"));
    host.done("--plugin p -m wide --allow all --database-url app.db");
    host.done("upgrade --database-url app.db");
    host.done("check --database-url app.db");
    assert_eq!(host.values("app.db", "SELECT note AS value FROM notes"), ["precious"]);
}

#[test]
fn a_database_that_has_both_heads_goes_on_after_a_merge() {
    let host = based();
    let (left, right) = (
        on_a_branch(&host, LEFT, "left"),
        on_a_branch(&host, &BASE.replace("n -> Integer", "n -> Integer, size -> Nullable<Integer>"), "right"),
    );
    brought_in(&host, &left, 10);
    host.done("upgrade --database-url app.db");
    let moved = host.path("plugins/p/migrations/2026-11-21-071110-p_left");
    std::fs::rename(&moved, host.path("away/left")).expect("moved");
    brought_in(&host, &right, 20);
    // The other branch's checkout meets the same database.
    host.done("upgrade --database-url app.db");
    std::fs::rename(host.path("away/left"), &moved).expect("moved");
    assert_eq!(host.run("upgrade --database-url app.db").code, 2);
    assert_eq!(host.run("status --database-url app.db").code, 1);
    host.sql("app.db", "INSERT INTO notes VALUES (1, 2, 'precious', 3)");
    // Going back stays possible.
    host.done("downgrade --allow all --plugin p -1 --database-url app.db");
    assert_eq!(host.values("app.db", "SELECT note AS value FROM notes"), ["precious"]);

    host.done("merge");
    host.done("upgrade --database-url app.db");
    host.write("plugins/p/src/schema.rs", &LEFT.replace("note ->", "size -> Nullable<Integer>, note ->"));
    host.done("check --database-url app.db");
    assert_eq!(host.values("app.db", "SELECT note AS value FROM notes"), ["precious"]);
}

#[test]
fn a_revision_by_hand_joins_no_heads() {
    let host = based();
    let (left, right) = (
        on_a_branch(&host, LEFT, "left"),
        on_a_branch(&host, &BASE.replace("n -> Integer", "n -> Integer, size -> Nullable<Integer>"), "right"),
    );
    brought_in(&host, &left, 10);
    brought_in(&host, &right, 20);
    host.revision("p", "2026-11-21-071130-p_rows", "UPDATE notes SET n = 1;", "-- nothing");
    host.says("upgrade --database-url app.db", expect![[r#"
        --- stderr
        error[two-heads]: p's chain has 2 heads: `plugins/p/migrations/2026-11-21-071110-p_left` and `plugins/p/migrations/2026-11-21-071130-p_rows`
        help: join them by `autogen merge --plugin p`, or put one after the other by `autogen rebase`
        --- exit 2
    "#]]);
    host.done("merge");
    host.done("upgrade --database-url app.db");
}

#[test]
fn what_was_planned_before_a_revision_by_hand_does_not_come_after_it() {
    let host = based();
    let wide = on_a_branch(&host, RIGHT, "wide");
    host.revision("p", "2026-11-21-071130-p_note", "ALTER TABLE notes ADD COLUMN note TEXT;", "-- nothing");
    host.done("upgrade --database-url app.db");
    host.sql("app.db", "INSERT INTO notes VALUES (1, 2, 'precious')");
    brought_in(&host, &wide, 20);
    host.says("upgrade --database-url app.db", expect![[r#"
        --- stderr
        p's 2026-11-21-071120-p_wide is older than p's 2026-11-21-071130-p_note, which is applied; nothing says that it must come first
        error[out-of-order]: p's 2026-11-21-071120-p_wide isn't applied, but p's 2026-11-21-071130-p_note, which comes after it, is
        help: if the database has what it makes, mark it by `autogen stamp`; else revert the later one first
        --- exit 2
    "#]]);
    assert_eq!(host.values("app.db", "SELECT note AS value FROM notes"), ["precious"]);
}

#[test]
fn a_dialect_without_a_server_is_not_merged_untried() {
    let host = Host::of(&[("autogen.toml", "dialects = ['sqlite', 'postgres']\n"), ("plugins/p/src/schema.rs", BASE)]);
    for dialect in ["sqlite", "postgres"] {
        for (name, parent, up) in [
            ("01-p_base", "", "CREATE TABLE notes (id INTEGER PRIMARY KEY);"),
            ("02-p_left", "'01-p'", "ALTER TABLE notes ADD COLUMN a TEXT;"),
            ("03-p_right", "'01-p'", "ALTER TABLE notes ADD COLUMN b TEXT;"),
        ] {
            let folder = format!("plugins/p/migrations/{dialect}/{name}");
            host.write(&format!("{folder}/up.sql"), up);
            let metadata = format!("run_in_transaction = true\n[autogen]\nplugin = 'p'\nrevises = [{parent}]\n");
            host.write(&format!("{folder}/metadata.toml"), &metadata);
        }
    }
    let files = host.files();
    for command in ["merge", "rebase 03-p_right"] {
        let run = host.run(command);
        assert!(run.code == 2 && run.stderr.contains("error[no-scratch-server]"), "{command}: {}", run.transcript());
        assert!(run.stderr.contains("this is about the migrations for postgres"), "{}", run.transcript());
    }
    assert_eq!(host.files(), files);
}

#[test]
fn revisions_by_hand_are_one_after_the_other() {
    let host = Host::of(&[]);
    host.revision("", "2_b", "CREATE TABLE b (id INTEGER PRIMARY KEY);", "DROP TABLE b;");
    host.done("upgrade --database-url app.db");
    host.revision("", "1_a", "CREATE TABLE a (id INTEGER PRIMARY KEY);", "DROP TABLE a;");
    host.done("upgrade --database-url app.db");
    host.done("status --database-url app.db");
}

/// A host on a server's database that has the first of two branches, and both in its chain.
fn branched_on(dialect: &str, url: &str, [base, left, right]: [&str; 3]) -> Host {
    let host = Host::of(&[("plugins/p/src/schema.rs", base)]);
    host.write("autogen.toml", &format!("dialects = ['{dialect}']\n"));
    let done = |arguments: &str| {
        let run = with(&host, url, arguments);
        assert_eq!(run.code, 0, "{arguments}\n{}", run.transcript());
    };
    done("-m base");
    done("upgrade");
    let branch = |models: &str, name: &str| {
        host.write("plugins/p/src/schema.rs", models);
        done(&format!("--plugin p --allow all -m {name}"));
        put_away(&host, name)
    };
    let (left, right) = (branch(left, "left"), branch(right, "right"));
    brought_in(&host, &left, 10);
    done("upgrade");
    brought_in(&host, &right, 20);
    host
}

/// Runs the program with a server's database.
fn with(host: &Host, url: &str, arguments: &str) -> Run {
    host.output(host.command(arguments).env("DATABASE_URL", url).output().expect("runs"))
}

#[test]
fn a_default_on_mariadb_is_kept() {
    let server = mysql();
    let five = "autogen::table! { notes (id) { id -> Integer, #[default = 5] n -> Integer } }";
    let host = branched_on("mysql", &server.url(), [BASE, five, RIGHT]);
    assert_eq!(with(&host, &server.url(), "upgrade").code, 2);
    server.execute("INSERT INTO notes (id) VALUES (1)");
    assert_eq!(server.rows("SELECT n FROM notes"), ["5"]);
    let merge = with(&host, &server.url(), "merge").transcript();
    assert!(merge.contains("can't be applied in either order") && merge.contains("both change notes.n"), "{merge}");
}

#[test]
fn an_enums_value_on_postgres_is_kept() {
    let server = postgres();
    let models = |values: &str| {
        format!(
            "autogen::sql_enum! {{ enum Mood {{ {values} }} }}\n\
             autogen::table! {{ notes (id) {{ id -> Integer, mood -> MoodMapping }} }}"
        )
    };
    let (base, left, right) = (models("Good, Bad"), models("Good, Bad, Worse"), models("Good"));
    let host = branched_on("postgres", &server.url(), [&base, &left, &right]);
    server.execute("INSERT INTO notes VALUES (1, 'worse')");
    assert_eq!(with(&host, &server.url(), "upgrade").code, 2);
    let merge = with(&host, &server.url(), "merge").transcript();
    assert!(merge.contains("error[heads-conflict]") && merge.contains("mood"), "{merge}");
}
