//! What somebody has changed in the live database by hand is never written into a chain unseen.

use autogen_test_servers::{mysql, postgres};
use expect_test::expect;

use crate::support::{Host, Run};

const NOTES: &str = "autogen::table! { notes (id) { id -> Integer, n -> Nullable<Integer> } }\n";
const INDEXED: &str =
    "autogen::table! { #[index(n, name = \"hotfix\")] notes (id) { id -> Integer, n -> Nullable<Integer> } }\n";

/// A host of two plugins and a database that has applied all.
fn host() -> Host {
    let host = Host::of(&[
        ("plugins/p/src/schema.rs", NOTES),
        ("plugins/q/src/schema.rs", "autogen::table! { ports (id) { id -> Integer, speed -> Integer } }\n"),
        ("autogen.toml", "[database]\nurl = 'app.db'\n"),
    ]);
    host.done("--no-database");
    host.done("upgrade");
    host
}

#[test]
fn an_index_made_by_hand_is_refused_and_both_ways_lead_out() {
    let host = host();
    host.sql("app.db", "CREATE INDEX hotfix ON notes (n)");
    for command in ["", "--plugin p", "--dry-run", "diff"] {
        assert_eq!(host.run(command).code, 2, "{command}");
    }
    host.says("--plugin p", expect![[r#"
        --- stderr
        error[database-drifted]: the database isn't what p's applied revisions make
        note: to take it back: - index hotfix on notes (n)
        help: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin p`, which writes the revision, and mark that as applied by `autogen stamp p@head`
        --- exit 2
    "#]]);
    // Another plugin isn't concerned.
    host.says(
        "--plugin q",
        expect![[r#"
        q: in sync
        --- exit 0
    "#]],
    );
    host.edit("plugins/q/src/schema.rs", "speed -> Integer", "speed -> BigInt");
    host.done("--plugin q --allow all");
    host.done("upgrade");
    host.says("check", expect![[r#"
        p: the database is not what its applied revisions make; to mend it: [database-drifted]
          - index hotfix on notes (n)
          help: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin p`, which writes the revision, and mark that as applied by `autogen stamp p@head`
        --- exit 1
    "#]]);

    // To keep it:
    host.write("plugins/p/src/schema.rs", INDEXED);
    host.says("check", expect![[r#"
        p: the models are ahead of the chain [models-ahead]
          + index hotfix on notes (n)
         --> plugins/p/src/schema.rs:1:21
          |
        1 | autogen::table! { #[index(n, name = "hotfix")] notes (id) { id -> Integer, n -> Nullable<Integer> } }
          |                     ^^^^^^^^^^^^^^^^^^^^^^^^^
          help: run `autogen --no-database --plugin p` to write the next revision: the live database has drifted
        p: the database is not what its applied revisions make; to mend it: [database-drifted]
          - index hotfix on notes (n)
          help: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin p`, which writes the revision, and mark that as applied by `autogen stamp p@head`
        --- exit 1
    "#]]);
    host.says("--no-database --plugin p -m index", expect![[r#"
        p: index
          + index hotfix on notes (n)
          at risk: nothing
          proven: on SQLite [VERSION] with [N] rows: up.sql gives what the models say, down.sql gives back the start, up.sql runs again
          proven: nothing is lost but what the change itself destroys; no view, trigger or key breaks
          wrote plugins/p/migrations/2026-11-21-071101-p_index/{up.sql,down.sql,metadata.toml}
        --- exit 0
    "#]]);
    host.says(
        "check",
        expect![[r#"
        p: the database has not applied 2026-11-21-071101-p_index [database-behind]
          help: it has what they make: mark them as applied by `autogen stamp p@head`
        --- exit 1
    "#]],
    );
    host.says(
        "stamp p@head",
        expect![[r#"
        marked as applied: p's 2026-11-21-071101-p_index
        --- exit 0
    "#]],
    );
    host.done("check");
    host.done("check --no-database");
    host.done("upgrade --database-url fresh.db");
    host.done("check --database-url fresh.db");

    // To take it back, in a database where it isn't kept:
    host.sql("fresh.db", "ALTER TABLE notes ADD COLUMN extra TEXT");
    assert_eq!(host.run("--database-url fresh.db").code, 2);
    host.sql("fresh.db", "ALTER TABLE notes DROP COLUMN extra");
    host.done("--database-url fresh.db");
}

#[test]
fn the_chains_alone_are_compared_where_somebody_says_so() {
    let host = host();
    host.sql("app.db", "CREATE INDEX hotfix ON notes (n)");
    let files = host.files();
    for option in ["--no-database", "--database-url="] {
        assert_eq!(host.done(option), "core: in sync\np: in sync\nq: in sync\n");
        assert_eq!(host.done(&format!("check {option}")), "in sync: models and chains\n");
        let run =
            host.output(host.command(&format!("check {option}")).env("DATABASE_URL", "app.db").output().expect("runs"));
        assert_eq!(run.stdout, "in sync: models and chains\n");
        assert_eq!(host.run(&format!("status {option}")).code, 2);
    }
    assert_eq!(host.files(), files);
}

#[test]
fn whatever_has_drifted_is_told() {
    for (sql, said) in [
        ("ALTER TABLE notes ADD COLUMN extra TEXT DEFAULT 'x'", "- notes.extra"),
        ("DROP TABLE notes", "+ table notes"),
        ("ALTER TABLE notes RENAME COLUMN n TO m", "- notes.m"),
        ("DROP TABLE notes; CREATE TABLE notes (id INTEGER PRIMARY KEY, n INTEGER DEFAULT 7)", "~ notes.n"),
        ("DROP TABLE notes; CREATE TABLE notes (id INTEGER PRIMARY KEY, n BIGINT)", "~ notes.n"),
        (
            "DROP TABLE notes; CREATE TABLE notes (id INTEGER PRIMARY KEY, n INTEGER CHECK (n > 0))",
            "- check on notes (n > 0)",
        ),
    ] {
        let host = host();
        host.edit("plugins/p/src/schema.rs", "n -> Nullable<Integer>", "n -> Nullable<Integer>, new -> Nullable<Text>");
        host.sql("app.db", sql);
        let files = host.files();
        let run = host.run("--plugin p --allow all");
        assert_eq!(run.code, 2, "{sql}: {}", run.transcript());
        assert!(run.stderr.contains("error[database-drifted]") && run.stderr.contains(said), "{sql}: {}", run.stderr);
        assert_eq!(host.files(), files);
        host.done("--plugin q");
    }
}

#[test]
fn a_trigger_made_by_hand_is_not_written_into_a_rebuild() {
    let host = host();
    host.sql(
        "app.db",
        "CREATE TABLE log (n); CREATE TRIGGER audit AFTER INSERT ON notes BEGIN INSERT INTO log VALUES (1); END",
    );
    // What leaves the trigger alone goes on.
    host.edit("plugins/p/src/schema.rs", "n -> Nullable<Integer>", "n -> Nullable<Integer>, new -> Nullable<Text>");
    host.done("--plugin p");
    host.done("upgrade");
    host.edit("plugins/p/src/schema.rs", "n -> Nullable<Integer>", "n -> Nullable<BigInt>");
    host.says("--plugin p --allow all", expect![[r#"
        --- stderr
        note[unowned-table]: the database has tables that no plugin owns, and that are left alone: log

        error[database-drifted]: the database has a trigger `audit` on notes that is not as p's chain makes it
        help: this change rebuilds the table and its triggers: put the trigger into a migration of its own, drop it, or compare with the chains alone by `--no-database`
        --- exit 2
    "#]]);
    host.done("--plugin p --allow all --no-database");
}

#[test]
fn a_table_made_by_hand_comes_into_the_chain() {
    let host = host();
    host.sql("app.db", "CREATE TABLE extra (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO extra VALUES (1, 'kept')");
    host.done("--plugin p");
    host.write(
        "plugins/p/src/schema.rs",
        &format!("{NOTES}autogen::table! {{ extra (id) {{ id -> Integer, a -> Nullable<Text> }} }}\n"),
    );
    host.says("--plugin p", expect![[r#"
        --- stderr
        error[database-drifted]: the database isn't what p's applied revisions make
        note: to take it back: - table extra  (id)
        note: to take it back:     id  Integer not null
        note: to take it back:     a   Text
        help: undo it by hand; or keep it: put it into the definitions, run `autogen --no-database --plugin p`, which writes the revision, and mark that as applied by `autogen stamp p@head`
        --- exit 2
    "#]]);
    host.done("--plugin p --no-database");
    host.done("stamp p@head");
    host.done("check");
    assert_eq!(host.values("app.db", "SELECT a AS value FROM extra"), ["kept"]);
}

#[test]
fn a_database_without_chains_is_adopted() {
    let host = Host::of(&[("plugins/p/src/schema.rs", NOTES)]);
    host.sql("app.db", "CREATE TABLE notes (id INTEGER PRIMARY KEY, n INTEGER); INSERT INTO notes VALUES (1, 2)");
    host.says("--database-url app.db", expect![[r#"
        --- stderr
        error[database-drifted]: the database isn't what p's applied revisions make
        note: to take it back: - table notes  (id)
        note: to take it back:     id  Integer not null
        note: to take it back:     n   Integer
        help: take over what is there by `autogen adopt --plugin p`; or take it back; or compare with the chains alone by `--no-database`
        --- exit 2
    "#]]);
    host.done("adopt --plugin p --database-url app.db");
    host.done("check --database-url app.db");
}

/// Runs the program with a server's database.
fn with(host: &Host, url: &str, arguments: &str) -> Run {
    host.output(host.command(arguments).env("DATABASE_URL", url).output().expect("runs"))
}

/// A database that drifts, and comes back into step by the way that is named.
fn comes_back(dialect: &str, url: &str, models: [&str; 2], change: impl Fn()) {
    let host = Host::of(&[("plugins/p/src/schema.rs", models[0])]);
    host.write("autogen.toml", &format!("dialects = ['{dialect}']\n"));
    let done = |arguments: &str| {
        let run = with(&host, url, arguments);
        assert_eq!(run.code, 0, "{arguments}\n{}", run.transcript());
    };
    done("");
    done("upgrade");
    change();
    let run = with(&host, url, "");
    assert!(run.code == 2 && run.stderr.contains("error[database-drifted]"), "{}", run.transcript());
    host.write("plugins/p/src/schema.rs", models[1]);
    assert_eq!(with(&host, url, "").code, 2);
    done("--no-database --plugin p --allow all");
    done("stamp p@head");
    done("check");
    done("");
}

#[test]
fn an_enum_and_a_check_on_postgres() {
    let models = |values: &str, check: &str| {
        format!(
            "autogen::sql_enum! {{ enum Mood {{ {values} }} }}\n\
             autogen::table! {{ {check} notes (id) {{ id -> Integer, #[sql_name = \"order\"] n -> Nullable<Integer>, mood -> MoodMapping }} }}"
        )
    };
    let server = postgres();
    let (before, after) =
        (models("Good, Bad", ""), models("Good, Bad, Worse", "#[check(\"\\\"order\\\" > 0\", name = \"positive\")]"));
    comes_back("postgres", &server.url(), [&before, &after], || {
        server.execute("ALTER TYPE mood ADD VALUE 'worse'");
        server.execute("ALTER TABLE notes ADD CONSTRAINT positive CHECK (\"order\" > 0)");
    });
}

#[test]
fn a_default_on_mariadb() {
    let models = |default: &str| {
        format!("autogen::table! {{ Notes (id) {{ id -> Integer, {default} n -> Nullable<Integer> }} }}")
    };
    let server = mysql();
    comes_back("mysql", &server.url(), [&models(""), &models("#[default = 5]")], || {
        server.execute("ALTER TABLE `Notes` ALTER n SET DEFAULT 5");
    });
}

#[test]
fn a_trigger_and_a_view_that_somebody_drops_or_changes() {
    let host = host();
    host.revision(
        "p",
        "2026-12-01-000000_kept",
        "CREATE TRIGGER count_notes AFTER INSERT ON notes BEGIN UPDATE notes SET n = 1; END;\n\
         CREATE VIEW all_notes AS SELECT id FROM notes;\n",
        "DROP VIEW all_notes;\nDROP TRIGGER count_notes;\n",
    );
    host.done("upgrade");
    host.done("check");
    host.sql("app.db", "DROP TRIGGER count_notes; DROP VIEW all_notes");
    host.says("drift", expect![[r#"
        p: the database lacks the trigger count_notes on notes, which an applied revision makes [database-drifted]
          help: undo it by what p's 2026-12-01-000000_kept says; or keep it: write it into a revision, which `autogen generate --empty --plugin p` begins, and mark that as applied by `autogen stamp`
        p: the database lacks the view all_notes, which an applied revision makes [database-drifted]
          help: undo it by what p's 2026-12-01-000000_kept says; or keep it: write it into a revision, which `autogen generate --empty --plugin p` begins, and mark that as applied by `autogen stamp`
        --- exit 1
    "#]]);
    host.sql("app.db", "CREATE VIEW all_notes AS SELECT id FROM notes; CREATE TRIGGER count_notes AFTER INSERT ON notes BEGIN SELECT 1; END");
    host.says("check", expect![[r#"
        p: the trigger count_notes on notes isn't what an applied revision makes [database-drifted]
          help: undo it by what p's 2026-12-01-000000_kept says; or keep it: write it into a revision, which `autogen generate --empty --plugin p` begins, and mark that as applied by `autogen stamp`
        --- exit 1
    "#]]);
    host.says("upgrade --check-drift", expect![[r#"
        --- stderr
        error[database-drifted]: the trigger count_notes on notes isn't what an applied revision makes
        help: undo it by what p's 2026-12-01-000000_kept says; or keep it: write it into a revision, which `autogen generate --empty --plugin p` begins, and mark that as applied by `autogen stamp`
        --- exit 2
    "#]]);
    // Another plugin isn't concerned.
    host.done("drift --plugin q");
}
