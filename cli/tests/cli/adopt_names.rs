//! `autogen adopt` of what has names that definitions can't say, and of what several databases say differently: whatever
//! is taken over is silent afterwards, and the rest is named.

use autogen_test_servers::{mysql, postgres};

use crate::support::{Host, Run};

pub(crate) fn run(host: &Host, url: &str, arguments: &str) -> Run {
    host.output(host.command(arguments).env("DATABASE_URL", url).output().expect("runs"))
}

/// Adopts everything; `check`, another run, and a new database that the chain alone has made find nothing. Returns what
/// was said of the rest.
pub(crate) fn adopted(host: &Host, live: &str, fresh: &str, arguments: &str) -> String {
    let done = |url: &str, arguments: &str| {
        let run = run(host, url, arguments);
        assert_eq!(run.code, 0, "{arguments}\n{}\n{}", run.transcript(), host.read("src/schema.rs"));
        run
    };
    let said = done(live, arguments).stderr;
    done(live, "check");
    let second = done(live, "--dry-run");
    assert!(!second.stdout.lines().any(|line| !line.ends_with(": in sync")), "{}", second.transcript());
    done(fresh, "upgrade");
    done(fresh, "check");
    said
}

#[test]
fn a_schema_that_diesel_cannot_name_is_left_alone() {
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n"), ("src/lib.rs", "")]);
    let (live, fresh) = (postgres(), postgres());
    live.execute(
        r#"CREATE SCHEMA "my app"; CREATE SCHEMA "type"; CREATE SCHEMA "App";
           CREATE TABLE "my app"."t x" (id integer PRIMARY KEY);
           CREATE TABLE "type".fn (id integer PRIMARY KEY);
           CREATE TYPE "my app".mood AS ENUM ('a', 'B');
           CREATE TABLE "App"."Users" (id integer PRIMARY KEY, "Name" text, m "my app".mood DEFAULT 'B');
           CREATE TABLE users (id integer PRIMARY KEY, user_id integer REFERENCES "App"."Users" (id),
               t integer REFERENCES "my app"."t x" (id));"#,
    );
    let said = adopted(&host, &live.url(), &fresh.url(), "adopt --plugin core --tables *");
    for sentence in [
        "table my app.t x, whose schema has a name that Diesel's `table!` can't state, and is left alone",
        "table type.fn, whose schema has a name that Diesel's `table!` can't state, and is left alone",
        "users: foreign key `users_t_fkey` points into a schema that no definition can name",
    ] {
        assert!(said.contains(sentence), "{sentence} isn't in\n{said}");
    }
    assert!(host.read("src/schema.rs").contains("App.users_2 (id) {"), "{}", host.read("src/schema.rs"));

    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n"), ("src/lib.rs", "")]);
    let refused = run(&host, &live.url(), "adopt --plugin core --tables type.*");
    assert_eq!(refused.code, 2, "{}", refused.transcript());
    assert!(refused.stderr.contains("; no definition can say type.fn, whose schema"), "{}", refused.stderr);
}

#[test]
fn a_table_with_a_column_without_a_name_is_left_alone() {
    let host = Host::of(&[("autogen.toml", "dialects = ['sqlite']\n")]);
    host.sql("app.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, \"\" TEXT); CREATE TABLE u (id INTEGER PRIMARY KEY)");
    let run = host.run("adopt --plugin core --database-url app.db");
    let said = run.transcript();
    assert_eq!(run.code, 0, "{said}");
    assert!(said.contains("table t, which has a column whose name is blank, and is left alone"), "{said}");
    for command in ["check", "generate --dry-run"] {
        let run = host.run(&format!("{command} --database-url app.db"));
        assert_eq!(run.code, 0, "{}", run.transcript());
    }
    assert_eq!(host.schema("app.db").iter().filter(|sql| sql.contains("CREATE TABLE t ")).count(), 1);
}

#[test]
fn what_a_primary_key_is_for_is_not_left_out_in_silence() {
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n"), ("src/lib.rs", "")]);
    let (live, fresh) = (postgres(), postgres());
    live.execute(
        "CREATE TABLE a (id integer PRIMARY KEY); COMMENT ON CONSTRAINT a_pkey ON a IS 'the key';
         CREATE TABLE b (id integer PRIMARY KEY); COMMENT ON INDEX b_pkey IS 'its index';",
    );
    let said = adopted(&host, &live.url(), &fresh.url(), "adopt --plugin core");
    for sentence in ["a: constraint `a_pkey` has a comment", "b: constraint `b_pkey` has a comment"] {
        assert!(said.contains(sentence), "{sentence} isn't in\n{said}");
    }
}

#[test]
fn a_key_to_a_table_that_is_gone_is_named_on_mariadb() {
    let host = Host::of(&[("autogen.toml", "dialects = ['mysql']\n"), ("src/lib.rs", "")]);
    let (live, fresh) = (mysql(), mysql());
    live.execute(
        "SET foreign_key_checks = 0;
         CREATE TABLE c (id int PRIMARY KEY, p int, q int, CONSTRAINT lost FOREIGN KEY (p) REFERENCES gone (id),
             CONSTRAINT kept FOREIGN KEY (q) REFERENCES here (id) ON DELETE CASCADE);
         CREATE TABLE here (id int PRIMARY KEY);",
    );
    let said = adopted(&host, &live.url(), &fresh.url(), "adopt --plugin core");
    assert!(said.contains("c: foreign key `lost` points at gone, which isn't there"), "{said}");
    assert!(host.read("src/schema.rs").contains("name = \"kept\""), "{}", host.read("src/schema.rs"));
}

#[test]
fn a_table_that_states_the_times_of_its_history_is_made_with_them_on_mariadb() {
    let host = Host::of(&[("autogen.toml", "dialects = ['mysql']\n"), ("src/lib.rs", "")]);
    let (live, fresh) = (mysql(), mysql());
    live.execute(
        "CREATE TABLE t (x int, since timestamp(6) GENERATED ALWAYS AS ROW START, until timestamp(6) GENERATED ALWAYS AS ROW END,
             PERIOD FOR SYSTEM_TIME (since, until)) WITH SYSTEM VERSIONING",
    );
    adopted(&host, &live.url(), &fresh.url(), "adopt --plugin core");
    assert_eq!(fresh.rows("SHOW CREATE TABLE t"), live.rows("SHOW CREATE TABLE t"));
}

#[test]
fn values_with_letters_of_four_bytes_are_adopted_on_mariadb() {
    let host = Host::of(&[("autogen.toml", "dialects = ['mysql']\n"), ("src/lib.rs", "")]);
    let (live, fresh) = (mysql(), mysql());
    live.execute(
        "CREATE TABLE `m?` (id int PRIMARY KEY, mood enum('😀', '?', 'it''s 🦀') NOT NULL DEFAULT '😀',
             nothing char(0), none varchar(0), `t?` set('a?', '😀', 'b') DEFAULT 'b', plain enum('a', 'b'), v varchar(9) DEFAULT 'x?'
         ) DEFAULT CHARSET utf8mb4;
         INSERT INTO `m?` (id, mood, `t?`) VALUES (1, 'it''s 🦀', 'a?,😀')",
    );
    let said = adopted(&host, &live.url(), &fresh.url(), "adopt --plugin core");
    assert_eq!(said, "");
    let values = "SELECT HEX(mood), HEX(`t?`) FROM `m?`";
    fresh.execute("INSERT INTO `m?` (id, mood, `t?`) VALUES (1, 'it''s 🦀', 'a?,😀')");
    assert_eq!(fresh.rows(values), live.rows(values));
}

#[test]
fn what_a_definition_says_to_other_databases_stays() {
    let host = Host::of(&[
        ("autogen.toml", "dialects = ['sqlite', 'postgres']\n"),
        (
            "src/schema.rs",
            "autogen::table! {
    #[index(name, name = \"ix_lite\", only = sqlite)]
    a (id) {
        id -> Integer,
        #[check(\"length(name) > 0\", only = sqlite)]
        #[sql_type(sqlite = \"TEXT\")]
        name -> Varchar,
        #[sql_type = \"timestamp(0)\"]
        at -> Timestamp,
    }
}
",
        ),
    ]);
    let live = postgres();
    live.execute(
        "CREATE TABLE a (id integer PRIMARY KEY, name char(8) NOT NULL, at timestamp(0) NOT NULL);
         CREATE INDEX ix_name ON a (name)",
    );
    let run = run(&host, &live.url(), "adopt --plugin core");
    assert_eq!(run.code, 0, "{}\n{}", run.transcript(), host.read("src/schema.rs"));
    let source = host.read("src/schema.rs");
    for said in [
        "#[index(name, name = \"ix_lite\", only = sqlite)]",
        "#[check(\"length(name) > 0\", only = sqlite)]",
        "sqlite = \"TEXT\"",
        "#[sql_type = \"timestamp(0)\"]",
        "ix_name",
    ] {
        assert!(source.contains(said), "{said} isn't in\n{source}");
    }
}

#[test]
fn chains_that_stand_on_one_another_are_marked_whatever_their_owners_are_called() {
    let host = Host::of(&[("autogen.toml", ""), ("src/lib.rs", "")]);
    for plugin in ["net", "usb"] {
        let manifest = format!("[package]\nname = \"{plugin}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        host.write(&format!("plugins/{plugin}/Cargo.toml"), &manifest);
        host.write(&format!("plugins/{plugin}/src/lib.rs"), "");
    }
    host.sql(
        "app.db",
        "CREATE TABLE a (id INTEGER PRIMARY KEY NOT NULL, b_id INTEGER REFERENCES b (id));
         CREATE TABLE b (id INTEGER PRIMARY KEY NOT NULL, c_id INTEGER REFERENCES c (id));
         CREATE TABLE c (id INTEGER PRIMARY KEY NOT NULL);",
    );
    host.write("who.toml", "core = [\"a\"]\nnet = [\"b\"]\nusb = [\"c\"]\n");
    host.done("adopt --mapping who.toml --database-url app.db");
    host.done("check --database-url app.db");
    host.done("upgrade --database-url fresh.db");
    host.done("check --database-url fresh.db");
}
