//! `autogen adopt` where definitions are there already: what they leave open is said as the database has it, and nothing
//! is left to write afterwards.

use autogen_test_servers::{mysql, postgres};

use crate::support::{Host, Run};

fn host(dialect: &str, sql: &str, source: &str) -> Host {
    Host::of(&[
        ("autogen.toml", &format!("dialects = ['{dialect}']\n")),
        ("src/schema.rs", source),
        ("migrations/2024-01-01-000000_a/up.sql", sql),
        ("migrations/2024-01-01-000000_a/down.sql", "SELECT 1;"),
    ])
}

/// Adopts in place, and asks again: whatever is in the database is in the source, and a second look finds nothing.
fn settles(host: &Host, url: &str) -> String {
    let run = |arguments: &str| -> Run {
        let output = host.command(arguments).env("DATABASE_URL", url).output().expect("runs");
        host.output(output)
    };
    let done = |arguments: &str| {
        let run = run(arguments);
        assert_eq!(run.code, 0, "{arguments}\n{}\n{}", run.transcript(), host.read("src/schema.rs"));
        run
    };
    done("upgrade");
    done("adopt --plugin core");
    assert_eq!(host.folders("migrations").len(), 1, "a difference was written:\n{}", host.read("src/schema.rs"));
    done("check");
    assert_eq!(done("--dry-run").stdout, "core: in sync\n");
    assert_eq!(done("adopt --plugin core").stdout, "core: in sync\n");
    host.read("src/schema.rs")
}

#[test]
fn what_stock_definitions_leave_open_is_the_databases_on_postgres() {
    let host = host(
        "postgres",
        "CREATE TYPE kind AS ENUM ('a', 'b');
         CREATE TABLE a (id INTEGER PRIMARY KEY, x INTEGER, UNIQUE (id, x));
         COMMENT ON TABLE a IS 'what a is';
         COMMENT ON COLUMN a.x IS ' padded ';
         CREATE TABLE b (
             id INTEGER PRIMARY KEY,
             a_id INTEGER NOT NULL REFERENCES a ON DELETE CASCADE ON UPDATE SET NULL DEFERRABLE,
             k kind NOT NULL DEFAULT 'a', ks kind[], words varchar(7)[], sums numeric(8, 2)[],
             name TEXT NOT NULL DEFAULT 'x'
         );
         COMMENT ON COLUMN b.name IS 'what it is called';
         CREATE INDEX b_a ON b (a_id) WITH (fillfactor = 70);
         COMMENT ON INDEX b_a IS 'for the join';
         COMMENT ON CONSTRAINT b_a_id_fkey ON b IS 'whose it is';
         CREATE TABLE n (id INTEGER GENERATED ALWAYS AS IDENTITY (START WITH 100 INCREMENT BY 5) PRIMARY KEY, m serial);",
        "/// Representation of the database.
diesel::table! {
    use diesel::sql_types::{Integer, Nullable};

    /// For readers of the source.
    a (id) { id -> Integer, x -> Nullable<Integer>, }
}
diesel::table! {
    use diesel::sql_types::*;
    use crate::types::KindMapping;

    b (id) {
        id -> Integer,
        a_id -> Integer,
        k -> KindMapping, // the program's own
        ks -> Nullable<Array<Nullable<crate::types::KindMapping>>>,
        words -> Nullable<Array<Nullable<Varchar>>>,
        sums -> Nullable<Array<Nullable<Numeric>>>,
        /// Its name.
        name -> Text,
    }
}
diesel::joinable!(b -> a (a_id));
diesel::table! { n (id) { id -> Integer, m -> Integer, } }
",
    );
    let server = postgres();
    let source = settles(&host, &server.url());
    for said in [
        "k -> KindMapping,",
        "ks -> Nullable<Array<Nullable<crate::types::KindMapping>>>,",
        "#[sql_type(postgres = \"kind\")]",
        "#[max_length = 7]",
        "#[precision(8, 2)]",
        "/// For readers of the source.",
        "#[comment = \"what a is\"]",
        "#[comment = \" padded \"]",
        "/// Its name.",
        "#[comment = \"what it is called\"]",
        "on_delete = cascade, on_update = set_null, deferrable",
        "comment = \"whose it is\"",
        "with(fillfactor = 70), comment = \"for the join\"",
        "#[identity(always, start = 100, increment = 5)]",
    ] {
        assert!(source.contains(said), "{said} isn't in\n{source}");
    }
}

#[test]
fn what_stock_definitions_leave_open_is_the_databases_on_sqlite() {
    let host = host(
        "sqlite",
        "CREATE TABLE a (id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL DEFAULT 'x');
         CREATE TABLE b (id TEXT PRIMARY KEY, a_id INTEGER REFERENCES a ON DELETE SET NULL, k KIND NOT NULL);
         CREATE INDEX b_a ON b (a_id);
         CREATE TABLE c (id INTEGER PRIMARY KEY NOT NULL, p TEXT REFERENCES nowhere (id));",
        "diesel::table! {
    use diesel::sql_types::{Integer, Text};
    /// What it is.
    a (id) { id -> Integer, name -> Text, }
}
diesel::table! { b (id) { id -> Nullable<Text>, a_id -> Nullable<Integer>, k -> crate::types::Kind, } }
diesel::table! { c (id) { id -> Integer, p -> Nullable<Text>, } }
diesel::joinable!(b -> a (a_id));
",
    );
    let source = settles(&host, "sqlite:live.db");
    for said in [
        "    /// What it is.\n",
        "id -> Nullable<Text>",
        "k -> crate::types::Kind",
        "#[sql_type(sqlite = \"KIND\")]",
        "on_delete = set_null",
        "#[references(nowhere(id), dangling)]",
    ] {
        assert!(source.contains(said), "{said} isn't in\n{source}");
    }
}

#[test]
fn what_stock_definitions_leave_open_is_the_databases_on_mariadb() {
    let host = host(
        "mysql",
        "CREATE TABLE a (id INT PRIMARY KEY, n MEDIUMINT UNSIGNED, d DECIMAL(10, 2) UNSIGNED COMMENT 'how much',
             f FLOAT UNSIGNED, g DOUBLE UNSIGNED NOT NULL DEFAULT 0) COMMENT 'what a is';
         CREATE TABLE b (id INT AUTO_INCREMENT, part INT NOT NULL, a_id INT, k ENUM('a', 'b') NOT NULL DEFAULT 'a',
             PRIMARY KEY (id, part), KEY b_a (a_id), FOREIGN KEY (a_id) REFERENCES a (id) ON DELETE CASCADE);",
        "diesel::table! {
    a (id) { id -> Integer, n -> Nullable<Unsigned<Integer>>, d -> Nullable<Decimal>, f -> Nullable<Float>, g -> Double, }
}
diesel::table! { b (id, part) { id -> Integer, part -> Integer, a_id -> Nullable<Integer>, k -> crate::Kind, } }
diesel::joinable!(b -> a (a_id));
",
    );
    let server = mysql();
    let source = settles(&host, &server.url());
    for said in [
        "#[sql_type(mysql = \"mediumint unsigned\")]",
        "#[sql_type(mysql = \"decimal(10,2) unsigned\")]",
        "d -> Nullable<Decimal>",
        "k -> crate::Kind",
        "on_delete = cascade",
        "/// how much",
        "/// what a is",
    ] {
        assert!(source.to_lowercase().contains(&said.to_lowercase()), "{said} isn't in\n{source}");
    }
}
