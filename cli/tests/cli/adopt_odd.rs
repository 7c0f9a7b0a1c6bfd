//! `autogen adopt` of databases with odd objects: what no definition can say is named, and doesn't stand in the way
//! of the rest.

use autogen_test_servers::{MysqlKind, is_without_mysql, mysql, mysql_on, postgres};

use crate::adopt_names::{adopted, run};
use crate::support::Host;

fn assert_says(said: &str, sentences: &[&str]) {
    for sentence in sentences {
        assert!(said.contains(sentence), "{sentence}\nisn't in\n{said}");
    }
}

#[test]
fn odd_tables_do_not_stand_in_the_way_on_sqlite() {
    let host = Host::of(&[("autogen.toml", "dialects = ['sqlite']\n")]);
    host.sql(
        "app.db",
        r#"CREATE TABLE ok (id INTEGER PRIMARY KEY, n INTEGER);
           CREATE VIEW some AS SELECT id FROM ok;
           CREATE VIRTUAL TABLE words USING fts5(x);
           CREATE TABLE to_view (id INTEGER PRIMARY KEY, some INTEGER REFERENCES Some (id));
           CREATE TABLE to_words (id INTEGER PRIMARY KEY, word INTEGER REFERENCES words (x));
           CREATE TABLE to_nothing (id INTEGER PRIMARY KEY, ok INTEGER REFERENCES ok (gone));
           CREATE TABLE to_nowhere (id INTEGER PRIMARY KEY, x INTEGER REFERENCES nowhere (y));
           CREATE TABLE blank (id INTEGER PRIMARY KEY, a INTEGER UNIQUE); CREATE INDEX "" ON blank (a);
           CREATE TABLE to_blank (id INTEGER PRIMARY KEY, a INTEGER REFERENCES blank (a));
           CREATE TABLE remarks (
               id INTEGER PRIMARY KEY, -- its number
               t TEXT DEFAULT ('--' /* not */ || 'x') CHECK (t <> '/*' /* why */ AND t <> 'b' -- because
               ), u TEXT AS (t -- twice
                   || t)
           );
           CREATE INDEX ix_remarks ON remarks (t /* first */, (length(t /* or u */)) DESC) WHERE t /* of */ > 'a' -- all
           "#,
    );
    let host_is_silent = |command: &str| {
        let run = host.run(&format!("{command} --database-url app.db"));
        assert_eq!(run.code, 0, "{command}\n{}", run.transcript());
        run
    };
    let run = host_is_silent("adopt --plugin core");
    assert_says(
        &run.stderr,
        &[
            "table to_view, whose foreign key refers to the view Some, and is left alone",
            "table to_words, whose foreign key refers to the virtual table words, and is left alone",
            "table to_nothing, whose foreign key refers to a column that ok doesn't have, and is left alone",
            "table blank, whose definition would be refused (this text is blank), and is left alone",
            "table to_blank, whose foreign key refers to blank, which no definition can describe, and is left alone",
            "no definition can say: view some",
            "no definition can say: virtual table words",
        ],
    );
    let source = host.read("src/schema.rs");
    for table in ["ok (id)", "remarks (id)", "to_nowhere (id)"] {
        assert!(source.contains(table), "{source}");
    }
    for comment in ["/* why */", "because", "/* not */", "/* of */"] {
        assert!(!source.contains(comment), "{source}");
    }
    assert_says(&source, &[r#"#[check("t <> '/*' AND t <> 'b'")]"#, r#"#[default(sql = "'--' || 'x'")]"#]);
    host_is_silent("check");
    assert!(host_is_silent("generate --dry-run").stdout.contains("in sync"));

    // What stands in the way of everything that was asked for is told.
    let other = Host::of(&[("autogen.toml", "dialects = ['sqlite']\n")]);
    other.sql("app.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, a INTEGER); CREATE INDEX \"\" ON t (a);");
    let refused = other.run("adopt --plugin core --database-url app.db");
    assert_eq!(refused.code, 2, "{}", refused.transcript());
    assert_says(&refused.stderr, &["[nothing-to-adopt]", "no definition can say t, whose definition would be refused"]);
    assert!(!other.path("src").exists());
}

#[test]
fn odd_tables_do_not_stand_in_the_way_on_postgres() {
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n"), ("src/lib.rs", "")]);
    let (live, fresh) = (postgres(), postgres());
    live.execute(
        "CREATE TYPE mood AS ENUM ('a', '');
         CREATE TABLE moody (id integer PRIMARY KEY, m mood DEFAULT 'a');
         CREATE TABLE excludes (id integer PRIMARY KEY, b integer, d integer,
             EXCLUDE USING btree (b WITH =) INCLUDE (d, id) WITH (fillfactor = 70) WHERE (b > 1));
         CREATE TABLE base (id integer PRIMARY KEY);
         CREATE FUNCTION cnt() RETURNS bigint LANGUAGE sql AS 'select count(*) from base';
         CREATE TABLE counts (id integer PRIMARY KEY, n bigint DEFAULT cnt());
         CREATE TABLE rides (a integer, b integer, PRIMARY KEY (a) INCLUDE (b) WITH (fillfactor = 60));
         CREATE SEQUENCE numbers; CREATE TABLE numbered (id integer PRIMARY KEY DEFAULT nextval('numbers'));
         ALTER SEQUENCE numbers OWNED BY numbered.id;
         CREATE TABLE usual (id serial PRIMARY KEY, t text, v tsvector);
         CREATE INDEX ix_v ON usual USING gist (v tsvector_ops (siglen = 32));
         ALTER TABLE usual ALTER t SET STORAGE EXTERNAL, FORCE ROW LEVEL SECURITY, REPLICA IDENTITY FULL;
         CREATE VIEW seen AS SELECT id FROM usual;",
    );
    let said = adopted(&host, &live.url(), &fresh.url(), "adopt --plugin core");
    assert_says(
        &said,
        &[
            "table moody, which has a column of the type mood, one of whose values is blank, and is left alone",
            "rides: constraint `rides_pkey` has columns that only ride along (INCLUDE)",
            "rides: constraint `rides_pkey` has storage parameters",
            "numbered: the sequence of column `id` has a name of its own, `numbers`",
            "usual: column `t` is stored as EXTERNAL",
            "usual: row level security holds for its owner too",
            "usual: its replica identity isn't the primary key",
            "usual: index `ix_v` gives its operator classes options",
            "no definition can say: view seen",
        ],
    );
    assert!(!said.contains("usual: the sequence"), "{said}");
    fresh.execute(
        "DO $$ BEGIN
             ASSERT 'EXCLUDE USING btree (b WITH =) INCLUDE (d, id) WITH (fillfactor=''70'') WHERE ((b > 1))' = (
                 SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'excludes'::regclass AND contype = 'x'
             );
         END $$",
    );
}

#[test]
fn a_function_of_an_enumerated_type_is_refused_by_name() {
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n"), ("src/lib.rs", "")]);
    let live = postgres();
    live.execute(
        "CREATE TYPE mood AS ENUM ('a', 'b');
         CREATE FUNCTION usual() RETURNS mood LANGUAGE sql AS $$ SELECT 'a'::mood $$;
         CREATE TABLE t (id integer PRIMARY KEY, m mood DEFAULT usual());",
    );
    let refused = run(&host, &live.url(), "adopt --plugin core");
    assert_eq!(refused.code, 2, "{}", refused.transcript());
    assert_says(&refused.stderr, &["[stands-on-enum]", "function public.usual()"]);
}

#[test]
fn odd_tables_do_not_stand_in_the_way_on_mariadb() {
    let host = Host::of(&[("autogen.toml", "dialects = ['mysql']\n"), ("src/lib.rs", "")]);
    let (live, fresh, other) = (mysql(), mysql(), mysql());
    other.execute("CREATE TABLE p (id int PRIMARY KEY)");
    live.execute(&format!(
        "CREATE TABLE ok (id int PRIMARY KEY);
         CREATE TABLE long_unique (id int PRIMARY KEY, url text, UNIQUE (url));
         CREATE TABLE small (id int PRIMARY KEY, a text COMPRESSED);
         CREATE TABLE in_memory (id int PRIMARY KEY, x int, KEY k (x) USING BTREE) ENGINE = MEMORY;
         CREATE TABLE far (id int PRIMARY KEY, p int REFERENCES {}.p (id));
         CREATE VIEW seen AS SELECT id FROM ok;
         CREATE PROCEDURE does() SELECT 1;",
        other.name()
    ));
    let said = adopted(&host, &live.url(), &fresh.url(), "adopt --plugin core");
    assert_says(
        &said,
        &[
            "table long_unique, whose definition would be refused (column `long_unique.url` is in a unique rule",
            "table small, whose definition would be refused (the type of column `small.a`",
            "in_memory: index `k` says USING BTREE",
            "table far, whose foreign key refers to another database",
            "no definition can say: view seen",
            "no definition can say: function does",
        ],
    );
    live.execute("DROP TABLE far");
}

#[test]
fn odd_tables_do_not_stand_in_the_way_on_mysql() {
    if is_without_mysql() {
        return;
    }
    let host = Host::of(&[("autogen.toml", "dialects = ['mysql']\n"), ("src/lib.rs", "")]);
    let (live, fresh) = (mysql_on(MysqlKind::Mysql), mysql_on(MysqlKind::Mysql));
    live.execute(
        "CREATE TABLE ok (id int PRIMARY KEY, v vector(3), place point NOT NULL SRID 4326);
         CREATE TABLE items (id int PRIMARY KEY);
         CREATE TABLE Items (id int PRIMARY KEY);
         SET SESSION sql_mode = '';
         CREATE TABLE never (id int PRIMARY KEY, day date NOT NULL DEFAULT '0000-00-00')",
    );
    let said = adopted(&host, &live.url(), &fresh.url(), "adopt --plugin core");
    assert_says(
        &said,
        &[
            "table items, whose name differs from that of Items in letter case alone",
            "table Items, whose name differs from that of items in letter case alone",
            "table never, whose column day has a default that MySQL takes in no strict mode",
        ],
    );
}
