//! `autogen lint` over what autogen itself writes, and over revisions that build on earlier ones.

use autogen_engine::dialect::Dialect;
use autogen_test_servers::{mysql, postgres};
use expect_test::expect;

use crate::support::Host;

/// A host with one table, and a baseline of it.
fn host(dialect: Dialect, settings: &str, server: &str) -> Host {
    let scratch = match dialect {
        Dialect::Sqlite => String::new(),
        Dialect::Postgres | Dialect::Mysql => format!("[database]\nscratch = {{ {dialect} = '{server}' }}\n"),
    };
    let source = "autogen::table! { users { id -> Integer, #[max_length = 40] name -> Varchar, n -> Nullable<Integer> } }\n\
                  autogen::table! { posts { id -> Integer, ix -> Integer } }\n";
    let host = Host::of(&[
        ("autogen.toml", &format!("dialects = ['{dialect}']\n{settings}{scratch}")),
        ("src/schema.rs", source),
    ]);
    host.done("--no-database");
    host
}

/// Writes revisions that change definitions in each of the ways that need no allowance but those of tables.
fn changed(host: &Host) {
    for (old, new) in [
        ("n -> Nullable<Integer>", "n -> Nullable<Integer>, #[backfill(\"id\")] filled -> Integer"),
        ("n -> Nullable<Integer>", "#[backfill(\"0\")] n -> Integer"),
        ("ix -> Integer", "ix -> Integer, #[references(users(id))] u -> Nullable<Integer>"),
        ("ix -> Integer", "ix -> Integer, #[unique] q -> Nullable<Integer>"),
        ("ix -> Integer", "ix -> Integer, #[check(\"c > 0\")] c -> Nullable<Integer>"),
        ("ix -> Integer", "#[index] ix -> Nullable<Integer>"),
    ] {
        host.edit("src/schema.rs", old, new);
        host.done("--no-database --allow all");
    }
}

#[test]
fn what_autogen_writes_is_not_held_against_it() {
    let (postgres, mysql) = (postgres(), mysql());
    for (dialect, server) in
        [(Dialect::Sqlite, ""), (Dialect::Postgres, &postgres.url()), (Dialect::Mysql, &mysql.url())]
    {
        let host = host(dialect, "", server);
        changed(&host);
        let mut number = 7;
        // A new definition of a column may copy the table, and the header says whether it does.
        for (old, new) in
            [("id -> Integer, #[max", "#[auto_increment] id -> Integer, #[max"), ("#[auto_increment] ", "")]
        {
            if dialect == Dialect::Mysql {
                host.edit("src/schema.rs", old, new);
                host.done("--no-database --allow all");
                number += 1;
            }
        }
        let expected = format!("{number} revisions: nothing stands against them\n--- exit 0\n");
        assert_eq!(host.run("lint --deny").transcript(), expected, "{dialect}");
    }
}

#[test]
fn what_is_added_to_a_generated_revision_is_found() {
    let server = postgres();
    let host = host(Dialect::Postgres, "", &server.url());
    host.edit("src/schema.rs", "name -> Varchar", "name -> Varchar, #[backfill(\"id\")] filled -> Integer");
    host.done("--no-database --allow all");
    let folder = host.folders("migrations").pop().expect("a revision");
    let up = format!("migrations/{folder}/up.sql");
    let more =
        "UPDATE posts SET ix = 1;\nALTER TABLE posts ALTER ix SET NOT NULL;\nALTER TABLE users ALTER n SET NOT NULL;\n";
    host.write(&up, &(host.read(&up) + more));
    let found = host.run("lint --format json").document();
    let rules: Vec<String> = found["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .map(|finding| {
            finding["message"].as_str().expect("a message").chars().take_while(|letter| *letter != ':').collect()
        })
        .collect();
    assert_eq!(rules, ["no-where", "several-locks", "not-null", "not-null"]);
}

#[test]
fn a_column_becomes_required_by_a_check_of_an_earlier_revision() {
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n")]);
    let check = "CHECK (n IS NOT NULL)";
    for (name, up, down) in [
        ("2026-01-01-000000_a", "CREATE TABLE t (id int PRIMARY KEY, n int);", "DROP TABLE t;"),
        (
            "2026-01-02-000000_b",
            &*format!("ALTER TABLE t ADD CONSTRAINT n_is {check} NOT VALID;"),
            "ALTER TABLE t DROP CONSTRAINT n_is;",
        ),
        ("2026-01-03-000000_c", "ALTER TABLE t VALIDATE CONSTRAINT n_is;", "SELECT 1;"),
        (
            "2026-01-04-000000_d",
            "ALTER TABLE t ALTER COLUMN n SET NOT NULL;\nALTER TABLE t DROP CONSTRAINT n_is;",
            &*format!("ALTER TABLE t ADD CONSTRAINT n_is {check}; ALTER TABLE t ALTER COLUMN n DROP NOT NULL;"),
        ),
    ] {
        host.revision("", name, up, down);
    }
    expect![[r#"
        4 revisions: nothing stands against them
        --- exit 0
    "#]]
    .assert_eq(&host.run("lint").transcript());
    // A folder that belongs to no chain runs in its order too.
    let found = Host::of(&[]);
    for (name, text) in host.files().iter().filter(|(name, _)| name.ends_with(".sql")) {
        found.write(&name.replace("migrations/", "old/"), text);
    }
    expect![[r#"
        4 revisions: nothing stands against them
        --- exit 0
    "#]]
    .assert_eq(&found.run("lint old --dialect postgres").transcript());
    // Without the one that validates, the rows are read.
    std::fs::remove_dir_all(host.path("migrations/2026-01-03-000000_c")).expect("it is there");
    assert_eq!(host.run("lint").code, 1);
}

#[test]
fn changes_that_are_made_online_are_not_held_against_autogen() {
    let server = postgres();
    let host = host(Dialect::Postgres, "[policy]\nonline = true\n", &server.url());
    host.edit("src/schema.rs", "n -> Nullable<Integer>", "n -> Integer");
    host.done("--no-database --allow all");
    assert_eq!(host.run("lint --deny").transcript(), "4 revisions: nothing stands against them\n--- exit 0\n");
}

#[test]
fn a_stock_host_is_judged_as_the_other_commands_take_it() {
    let host =
        Host::of(&[("src/schema.rs", "diesel::table! { t (id) { id -> Integer, } }\n"), ("a.sql", "DROP TABLE t;\n")]);
    host.revision("", "2026-01-01-000000_a", "CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL);", "DROP TABLE t;");
    host.says(
        "lint",
        expect![[r#"
            1 revision: nothing stands against it, judged as sqlite, since nothing states another database
            --- exit 0
        "#]],
    );
    host.says(
        "lint a.sql",
        expect![[r#"
            --- stderr
            error[no-dialect]: nothing says which database the SQL is for
            help: give `--dialect sqlite`, `postgres` or `mysql`, or `--database-url`, or state `dialects` in autogen.toml
            --- exit 2
        "#]],
    );
}
