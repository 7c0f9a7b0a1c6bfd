//! A database that was made by hand, taken over, and a fresh one made by the baseline: the databases' own
//! programs say the same of both.

use std::process::Command;

use autogen_test_servers::{MysqlDatabase, MysqlKind, mysql_on, postgres, postgres_program};

use crate::support::{Host, Run};

/// A database of everything, with what definitions have no words for.
pub const SQLITE: &str = "
    CREATE TABLE \"User\" (id INTEGER PRIMARY KEY UNIQUE, \"Mail\" VARCHAR(60) NOT NULL UNIQUE COLLATE NOCASE,
        type TEXT DEFAULT 'x', n INT CONSTRAINT positive CHECK (n > 0));
    CREATE TABLE parts (b TEXT NOT NULL, a BIGINT NOT NULL, whole NUMERIC(8, 2) DEFAULT (1 + 1),
        twice NUMERIC GENERATED ALWAYS AS (whole * 2), PRIMARY KEY (a, b)) WITHOUT ROWID;
    CREATE TABLE logs (at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, line TEXT, a BIGINT, b TEXT,
        CONSTRAINT of_part FOREIGN KEY (a, b) REFERENCES parts (a, b) ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE strict (id INTEGER PRIMARY KEY AUTOINCREMENT, any ANY, parent INTEGER REFERENCES strict) STRICT;
    CREATE INDEX by_line ON logs (lower(line), at DESC) WHERE line <> '';
    CREATE UNIQUE INDEX by_n ON \"User\" (n DESC, type COLLATE rtrim);
";

pub const POSTGRES: &str = "
    CREATE TYPE mood AS ENUM ('sad', 'very glad');
    CREATE TABLE people (id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT an_old_name PRIMARY KEY,
        \"Mail\" varchar(60) NOT NULL UNIQUE, mood mood DEFAULT 'sad', moods mood[], n integer CHECK (n > 0),
        name text COLLATE \"C\", upper text GENERATED ALWAYS AS (upper(name)) STORED);
    COMMENT ON TABLE people IS E'Who is there.\\n\\n  And who was.  ';
    COMMENT ON COLUMN people.n IS ' How many ';
    CREATE TABLE logs (at timestamp(3) DEFAULT now(), line text, tags text[] NOT NULL DEFAULT '{}', number bigserial,
        person bigint, CONSTRAINT of_person FOREIGN KEY (person) REFERENCES people ON DELETE CASCADE DEFERRABLE,
        EXCLUDE USING gist (tsrange(at, at + '1 hour') WITH &&) WHERE (line <> ''));
    CREATE INDEX by_tag ON logs USING gin (tags);
    CREATE UNIQUE INDEX by_line ON logs (lower(line) DESC NULLS LAST) INCLUDE (at) WHERE line <> '';
";

pub const MYSQL: &str = "
    CREATE TABLE people (id int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY, mail varchar(60) NOT NULL UNIQUE,
        mood enum('sad','very glad') NOT NULL DEFAULT 'sad', n int CHECK (n > 0), filled int(8) unsigned zerofill,
        seen timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),
        hidden int INVISIBLE, name varchar(40) COLLATE utf8mb4_bin, upper varchar(40) AS (ucase(name)) STORED
    ) COLLATE utf8mb4_unicode_520_ci COMMENT 'Who is there';
    CREATE TABLE logs (at datetime(6) DEFAULT current_timestamp(6), line text, person int unsigned,
        n bigint NOT NULL AUTO_INCREMENT, UNIQUE KEY (n), KEY by_line (line(20), n DESC), FULLTEXT KEY words (line),
        CONSTRAINT of_person FOREIGN KEY (person) REFERENCES people (id) ON DELETE SET NULL);
    CREATE TABLE old (id int PRIMARY KEY, text text) ENGINE=MyISAM DEFAULT CHARSET=latin1;
";

#[test]
fn a_host_without_source_gets_its_first() {
    let host = Host::of(&[("autogen.toml", "")]);
    host.sql("app.db", "CREATE TABLE users (id INTEGER PRIMARY KEY NOT NULL)");
    let said = host.done("adopt --plugin core --database-url app.db");
    assert!(said.contains("core: marked as applied"), "{said}");
    assert_eq!(host.done("check --database-url app.db"), "in sync: models, chains and sqlite:app.db\n");
}

#[test]
fn sqlite_says_the_same_of_both() {
    let host = Host::of(&[("autogen.toml", ""), ("src/lib.rs", "")]);
    host.sql("app.db", SQLITE);
    host.done("adopt --plugin core --database-url app.db");
    assert!(host.read("src/schema.rs").contains("#[no_primary_key]"), "{}", host.read("src/schema.rs"));
    host.done("upgrade --database-url fresh.db");
    // What has no text in the file: columns as they stand, keys, indexes with their columns.
    let facts = |path: &str| {
        let tables = "(SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_\\_%' ESCAPE '\\' \
             AND name NOT LIKE 'sqlite%') t";
        let queries = [
            format!(
                "SELECT t.name || ' ' || c.cid || ' ' || c.name || ' ' || c.type || ' ' || (c.\"notnull\" OR c.pk) || ' ' || \
                 coalesce(c.dflt_value, '-') || ' ' || c.pk || ' ' || c.hidden AS value \
                 FROM {tables}, pragma_table_xinfo(t.name) c ORDER BY 1"
            ),
            format!(
                "SELECT t.name || ' ' || f.seq || f.\"from\" || ' ' || f.\"table\" || ' ' || f.on_delete || f.on_update \
                 AS value FROM {tables}, pragma_foreign_key_list(t.name) f ORDER BY 1"
            ),
            format!(
                "SELECT t.name || ' ' || i.\"unique\" || i.origin || i.partial || ' ' || \
                 CASE i.origin WHEN 'c' THEN i.name ELSE '' END || ' ' || coalesce(x.name, '-') || x.\"desc\" || upper(x.coll) \
                 AS value FROM {tables}, pragma_index_list(t.name) i, pragma_index_xinfo(i.name) x ORDER BY 1"
            ),
            format!(
                "SELECT t.name || ' ' || l.wr || l.strict AS value FROM {tables}, pragma_table_list(t.name) l ORDER BY 1"
            ),
        ];
        queries.map(|query| host.values(path, &query))
    };
    assert_eq!(facts("fresh.db"), facts("app.db"));
    let text = host.schema("fresh.db").join("\n");
    for said in
        ["CONSTRAINT \"positive\" CHECK (n > 0)", "CONSTRAINT \"of_part\"", "AUTOINCREMENT", "AS (whole * 2) VIRTUAL"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    host.done("check --database-url fresh.db");
}

#[test]
fn pg_dump_says_the_same_of_both() {
    let host = Host::of(&[("autogen.toml", "dialects = ['postgres']\n"), ("src/lib.rs", "")]);
    let (old, fresh) = (postgres(), postgres());
    old.execute(POSTGRES);
    let adopted = run(&host, &old.url(), "adopt --plugin core");
    assert_eq!(adopted.code, 0, "{}", adopted.transcript());
    assert!(adopted.stderr.contains("people: the name an_old_name of its primary key"), "{}", adopted.stderr);
    assert_eq!(run(&host, &fresh.url(), "upgrade").code, 0);
    let dump = |url: &str| {
        let mut command = Command::new(postgres_program("pg_dump").expect("the server's own programs"));
        command.args(["--schema-only", "--no-owner", "--exclude-table=__*", "--dbname", url]);
        let output = command.output().expect("pg_dump runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        text.lines().filter(|line| !line.contains("restrict ")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(dump(&fresh.url()), dump(&old.url()));
    assert_eq!(run(&host, &fresh.url(), "check").code, 0);
}

#[test]
fn show_create_table_says_the_same_of_both() {
    MysqlKind::of_this_run().for_each(says_the_same);
}

fn says_the_same(kind: MysqlKind) {
    let host = Host::of(&[("autogen.toml", "dialects = ['mysql']\n"), ("src/lib.rs", "")]);
    let (old, fresh) = (mysql_on(kind), mysql_on(kind));
    old.execute(MYSQL);
    old.execute(match kind {
        MysqlKind::Mariadb => "ALTER TABLE people ADD INDEX unused (name, n) IGNORED, ADD UNIQUE INDEX twice (mail, id) IGNORED",
        MysqlKind::Mysql => {
            "ALTER TABLE people ADD INDEX unused ((lower(name)), n DESC) INVISIBLE, ADD UNIQUE INDEX twice (mail, id) INVISIBLE, \
             ADD INDEX `by sum` ((n + 1))"
        }
    });
    let adopted = run(&host, &old.url(), "adopt --plugin core");
    assert_eq!(adopted.code, 0, "{}", adopted.transcript());
    assert!(!adopted.stderr.contains("hidden"), "{}", adopted.stderr);
    let source = host.read("src/schema.rs");
    assert_eq!(source.contains("expr("), kind == MysqlKind::Mysql, "{source}");
    for said in [
        "#[invisible]",
        "invisible, name = \"unused\"",
        "invisible, name = \"twice\"",
        "#[engine = \"MyISAM\"]",
        "#[collate = \"latin1_swedish_ci\"]",
        "#[on_update(now)]",
    ] {
        assert!(source.contains(said), "{said}: {source}");
    }
    let upgraded = run(&host, &fresh.url(), "upgrade");
    assert_eq!(upgraded.code, 0, "{}", upgraded.transcript());
    let shown = |server: &MysqlDatabase| {
        ["people", "logs", "old"].map(|table| {
            let text = server.rows(&format!("SHOW CREATE TABLE {table}")).join("\n").replace("\\n", "\n");
            // MySQL lists an index over an expression where it was added.
            let mut lines: Vec<String> = text.lines().map(|line| line.trim_end_matches(',').to_owned()).collect();
            lines.sort();
            lines
        })
    };
    assert_eq!(shown(&fresh), shown(&old));
    let checked = run(&host, &fresh.url(), "check");
    assert_eq!(checked.code, 0, "{}", checked.transcript());
}

fn run(host: &Host, url: &str, arguments: &str) -> Run {
    host.output(host.command(arguments).env("DATABASE_URL", url).output().expect("runs"))
}

#[test]
fn keys_into_nowhere_hinder_no_key_that_cascades() {
    for sql in [
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, \
         p INTEGER REFERENCES p (id) ON DELETE CASCADE, g INTEGER REFERENCES gone (id) ON DELETE CASCADE); \
         CREATE TABLE d (id INTEGER PRIMARY KEY, c INTEGER REFERENCES c (id) ON DELETE CASCADE); \
         PRAGMA foreign_keys = OFF; INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1, NULL)",
        "CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b)); CREATE TABLE c (id INTEGER PRIMARY KEY, a INT, b INT, \
         z INT REFERENCES gone (q) ON DELETE SET NULL, FOREIGN KEY (a, b) REFERENCES p ON UPDATE CASCADE)",
    ] {
        let host = Host::of(&[("autogen.toml", ""), ("src/lib.rs", "")]);
        host.sql("app.db", sql);
        host.done("adopt --plugin core --database-url app.db");
        host.done("check --database-url app.db");
        assert!(host.done("--database-url app.db").contains("in sync"));
        host.done("verify");
    }
}
