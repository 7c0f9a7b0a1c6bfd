//! What leads out of half a revision on PostgreSQL, where one runs without a transaction.

use autogen_test_servers::{PostgresDatabase, postgres};

use crate::support::{Host, Run};

const UP: &str = "SET lock_timeout = '5s';\nCREATE TABLE b (id int PRIMARY KEY);\n\
                  CREATE INDEX CONCURRENTLY bi ON b (id);\nINSERT INTO later VALUES (1);\nCREATE TABLE c (id int);\n";

struct Stopped {
    host: Host,
    server: PostgresDatabase,
}

impl Stopped {
    /// A host whose second revision stops at its fourth statement.
    fn new() -> Self {
        let host = Host::of(&[
            ("autogen.toml", "dialects = ['postgres']\n"),
            ("src/schema.rs", "diesel::table! { a (id) { id -> Integer, } }"),
            ("migrations/2026-01-01-000000_base/up.sql", "CREATE TABLE a (id int PRIMARY KEY);"),
            ("migrations/2026-01-01-000000_base/down.sql", "DROP TABLE a;"),
            ("migrations/2026-01-02-000000_half/up.sql", UP),
            ("migrations/2026-01-02-000000_half/down.sql", "DROP TABLE c; DROP TABLE b;"),
            ("migrations/2026-01-02-000000_half/metadata.toml", "run_in_transaction = false\n"),
        ]);
        let stopped = Self { host, server: postgres() };
        let run = stopped.run("upgrade");
        assert_eq!(run.code, 2, "{}", run.transcript());
        assert!(run.stderr.contains("the first 3 of its 5 statements stay"), "{}", run.stderr);
        stopped
    }

    fn run(&self, arguments: &str) -> Run {
        let mut words: Vec<&str> = arguments.split_whitespace().collect();
        let url = self.server.url();
        words.extend(["--database-url", &url]);
        let output = self.host.command("").args(words).output().expect("runs");
        self.host.output(output)
    }

    #[track_caller]
    fn ends(&self, arguments: &str, code: i32, says: &str) {
        let run = self.run(arguments);
        assert_eq!(run.code, code, "{}", run.transcript());
        assert!(run.transcript().contains(says), "{}", run.transcript());
    }
}

#[test]
fn it_is_finished_where_it_stopped() {
    let stopped = Stopped::new();
    stopped.ends("status", 1, "applied up to statement 3 of 5");
    // What stands below it doesn't go first.
    stopped.ends(
        "downgrade --allow all --plugin core -1",
        2,
        "error[half-done]: core's 2026-01-02-000000_half stopped on its way",
    );
    stopped.ends("status --repair", 1, "applied up to statement 3 of 5");
    stopped.server.execute("CREATE TABLE later (id int)");
    stopped.ends("upgrade", 0, "applied 1 revision");
    stopped.server.execute("SELECT * FROM b, c, later");
    stopped.ends("downgrade --allow all --plugin core -1", 0, "reverted 1 revision");
}

#[test]
fn an_edited_beginning_is_told() {
    let stopped = Stopped::new();
    stopped
        .host
        .write("migrations/2026-01-02-000000_half/up.sql", "CREATE TABLE other (id int);\nSELECT 1;\nSELECT 2;\n");
    stopped.ends("upgrade", 2, "3 of its statements ran earlier, and the file no longer begins with them");
    stopped
        .host
        .write("migrations/2026-01-02-000000_half/up.sql", &UP.replace("INTO later VALUES (1)", "INTO b VALUES (1)"));
    stopped.ends("upgrade", 0, "applied 1 revision");
}

#[test]
fn without_its_folder_it_is_stamped_away() {
    let stopped = Stopped::new();
    std::fs::remove_dir_all(stopped.host.path("migrations/2026-01-02-000000_half")).expect("is there");
    stopped.ends("status", 1, "bring its folder back and run `autogen downgrade --plugin core -1`, or make the tables");
    stopped.ends("downgrade --allow all --plugin core -1", 2, "and its folder is gone");
    stopped.server.execute("DROP TABLE b");
    stopped.ends("stamp head --plugin core", 0, "");
    stopped.ends("status", 0, "");
}

#[test]
fn what_stops_at_its_first_change_was_never_begun() {
    let stopped = Stopped::new();
    stopped.server.execute("DROP TABLE b; DELETE FROM __autogen_ledger WHERE state <> 'applied'");
    let up = "SET lock_timeout = '5s';\nINSERT INTO later VALUES (1);\nCREATE TABLE c (id int);\n";
    stopped.host.write("migrations/2026-01-02-000000_half/up.sql", up);
    stopped.ends("upgrade", 2, "nothing of it was applied");
    std::fs::remove_dir_all(stopped.host.path("migrations/2026-01-02-000000_half")).expect("is there");
    stopped.ends("status", 0, "");
    // A program that was killed before it came so far.
    stopped.server.execute(
        "INSERT INTO __autogen_ledger SELECT '20260103000000', plugin, '2026-01-03-000000_gone', revises, checksum, made, \
         tool, 'applying', 0, 3, '', NULL, NULL, '', turn FROM __autogen_ledger LIMIT 1",
    );
    stopped.ends("status", 1, "forget it by `autogen status --repair`");
    stopped.run("status --repair");
    stopped.ends("status", 0, "");
}

/// A sequence from which nothing has been drawn yet doesn't say what it has given, only what comes next.
#[test]
fn a_next_number_that_a_narrower_type_lacks_is_named() {
    let host = Host::of(&[
        ("autogen.toml", "dialects = ['postgres']\n"),
        ("src/schema.rs", "autogen::table! { t { #[identity(by_default)] id -> BigInt, } }"),
    ]);
    let stopped = Stopped { host, server: postgres() };
    stopped.ends("-m base", 0, "");
    stopped.ends("upgrade", 0, "applied 1 revision");
    stopped.host.write("src/schema.rs", "autogen::table! { t { #[identity(by_default)] id -> SmallInt, } }");
    stopped.ends("-m narrower --allow narrow-type,table-rewrite", 0, "");
    stopped.server.execute("SELECT setval('t_id_seq', 40000, false)");
    stopped.ends("upgrade", 2, "error[rows-in-the-way]: core's ");
    stopped.ends("upgrade", 2, "set it by `SELECT setval('SEQUENCE', NUMBER)`, and run it again");
    stopped.server.execute("SELECT setval('t_id_seq', 1, false)");
    stopped.ends("upgrade", 0, "applied 1 revision");
}
