//! Copies of live schemas, compared with what they were copied from.

use autogen_test_servers::postgres as server;

use super::*;
use crate::database::DatabaseUrl;
use crate::error::Code;
use crate::introspect::{introspect, outline};

#[test]
fn everything_is_copied_but_rows_and_what_others_make() {
    let mut source = Database::scratch(Dialect::Sqlite).expect("a scratch database");
    source
        .execute(
            "CREATE TABLE \"a b\" (id INTEGER PRIMARY KEY AUTOINCREMENT, x TEXT UNIQUE);
             CREATE INDEX ix ON \"a b\" (lower(x));
             CREATE TABLE sqliteish (id INT);
             CREATE VIEW v AS SELECT x FROM \"a b\";
             CREATE TRIGGER tr AFTER INSERT ON \"a b\" BEGIN SELECT 1; END;
             CREATE VIRTUAL TABLE words USING fts5(body);
             INSERT INTO \"a b\" (x) VALUES ('1')",
        )
        .expect("a schema");
    let mut target = copy(&mut source, &ScratchServer::Memory).expect("a copy");
    let all = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2";
    assert_eq!(ask::rows(&mut target, all).expect("rows"), ask::rows(&mut source, all).expect("rows"));
    assert_eq!(ask::rows(&mut target, "SELECT * FROM \"a b\"").expect("rows").len(), 0);
}

const EVERYTHING: &str = r#"
    CREATE SCHEMA "Aud it";
    CREATE EXTENSION tablefunc;
    CREATE TYPE mood AS ENUM ('b', 'a', 'it''s');
    CREATE DOMAIN pos AS integer DEFAULT 3 CHECK (VALUE > 0);
    CREATE TYPE pair AS (x integer, y text COLLATE "C");
    CREATE TYPE span AS RANGE (SUBTYPE = double precision);
    CREATE TABLE p (
      id serial PRIMARY KEY, m mood DEFAULT 'a', d pos, n numeric(10, 2) DEFAULT 1, a text[] DEFAULT '{}', gone integer
    );
    ALTER TABLE p DROP COLUMN gone;
    CREATE UNLOGGED TABLE "Aud it"."T ä" (
      id bigint GENERATED ALWAYS AS IDENTITY (START 10), "Mixed" integer REFERENCES p ON DELETE CASCADE DEFERRABLE,
      g text GENERATED ALWAYS AS ("Mixed"::text) STORED COLLATE "C",
      CONSTRAINT "c k" CHECK ("Mixed" > 0), UNIQUE NULLS NOT DISTINCT ("Mixed")
    ) WITH (fillfactor = 70);
    ALTER TABLE "Aud it"."T ä" ADD CHECK (id > 5) NOT VALID;
    CREATE INDEX ON "Aud it"."T ä" (("Mixed" + 1) DESC) INCLUDE (g) WHERE "Mixed" > 3;
    CREATE VIEW v AS SELECT * FROM p;
    CREATE MATERIALIZED VIEW mv AS SELECT id FROM v;
    CREATE UNIQUE INDEX ON mv (id);
    CREATE FUNCTION of_row(x p) RETURNS integer LANGUAGE sql AS 'SELECT x.id';
    CREATE FUNCTION next(x integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT x + 1';
    CREATE TABLE computed (
      x integer DEFAULT next(1), CHECK (next(x) > 0), y integer GENERATED ALWAYS AS (next(x)) STORED
    );
    CREATE FUNCTION noticed() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
    CREATE TRIGGER tr BEFORE INSERT ON p FOR EACH ROW EXECUTE FUNCTION noticed();
    ALTER TABLE p DISABLE TRIGGER tr;
    CREATE TABLE parts (k integer, v integer, PRIMARY KEY (k)) PARTITION BY RANGE (k);
    CREATE TABLE part PARTITION OF parts FOR VALUES FROM (1) TO (10);
    CREATE INDEX ON parts (v);
    CREATE COLLATION ci (PROVIDER = icu, LOCALE = 'und-u-ks-level1', DETERMINISTIC = false);
    CREATE COLLATION "C y" (LOCALE = 'C');
    CREATE TYPE texts AS RANGE (SUBTYPE = text, COLLATION = "C", MULTIRANGE_TYPE_NAME = "many Texts");
    CREATE TABLE parent (a integer NOT NULL, t text COLLATE ci DEFAULT 'x', u text, CONSTRAINT "p c" CHECK (a > 0));
    CREATE TABLE child (b integer, t text COLLATE ci) INHERITS (parent);
    CREATE TABLE grandchild (r texts) INHERITS (child);
    ALTER TABLE grandchild ALTER COLUMN u SET NOT NULL, ALTER COLUMN a SET DEFAULT 4, ALTER COLUMN t DROP DEFAULT;
    CREATE TABLE whole (k integer, v integer CHECK (v > 0), CONSTRAINT two CHECK (k < v), PRIMARY KEY (k))
      PARTITION BY RANGE (k);
    CREATE TABLE rest PARTITION OF whole DEFAULT;
    CREATE TABLE many PARTITION OF whole FOR VALUES FROM (1) TO (10) PARTITION BY LIST (k);
    CREATE TABLE "one T" PARTITION OF many (CONSTRAINT own CHECK (v <> 7)) FOR VALUES IN (1, 2);
    CREATE INDEX "own I" ON "one T" (v);
    CREATE TABLE pointing (k integer REFERENCES whole, o integer REFERENCES "one T");
    ALTER TABLE whole ADD FOREIGN KEY (k) REFERENCES parts;
    ALTER TABLE p ENABLE ROW LEVEL SECURITY;
    CREATE POLICY po ON p FOR SELECT USING (id > 1);
    COMMENT ON TABLE p IS 'it''s';
    COMMENT ON COLUMN p.id IS 'é🦀';
    CREATE SEQUENCE lonely;
    CREATE RULE ru AS ON DELETE TO computed DO INSTEAD NOTHING;
    CREATE TABLE self (a integer PRIMARY KEY, b integer REFERENCES self);
    INSERT INTO p (m) VALUES ('a');
"#;

#[test]
fn a_live_schema_is_copied_and_a_scratch_one_twinned() {
    let kept = server();
    kept.execute(EVERYTHING);
    let url = DatabaseUrl::parse(&kept.url()).expect("a URL");
    let mut source = Database::open(&url, false).expect("a connection");
    let schema = introspect(&mut source).expect("a schema");

    let mut copied = copy(&mut source, &ScratchServer::of(&url)).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(introspect(&mut copied).expect("a schema"), schema);
    assert_eq!(ask::value(&mut copied, "SELECT count(*) FROM p").expect("a count").as_deref(), Some("0"));

    copied.execute("INSERT INTO p (m) VALUES ('b')").expect("a row");
    let server = copied.server();
    let mut twin = copy(&mut copied, &server).expect("a twin");
    assert_eq!(introspect(&mut twin).expect("a schema"), schema);
    assert_eq!(ask::value(&mut twin, "SELECT count(*) FROM p").expect("a count").as_deref(), Some("0"));
    let count = ask::value(&mut copied, "SELECT count(*) FROM p").expect("the original still works");
    assert_eq!(count.as_deref(), Some("1"));
}

#[test]
fn scratch_databases_are_born_like_the_live_one() {
    let kept = server();
    let like = "SELECT concat_ws(' ', pg_encoding_to_char(encoding), datcollate, datctype, datlocprovider, \
         coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale')) FROM pg_database d \
         WHERE datname = current_database()";
    for (suffix, options) in [
        ("latin", "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"),
        ("icu", "LOCALE_PROVIDER icu ICU_LOCALE 'und' ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"),
    ] {
        let name = format!("{}_{suffix}", kept.name());
        kept.execute(&format!("CREATE DATABASE {name} TEMPLATE template0 {options}"));
        let url = DatabaseUrl::parse(&kept.url().replace(kept.name(), &name)).expect("a URL");
        let mut live = Database::open(&url, false).expect("a connection");
        let mut scratch = Database::scratch_on(&ScratchServer::of(&url)).expect("a database");
        let answer = |database: &mut Database| ask::value(database, like).expect("an answer");
        assert_eq!(answer(&mut scratch), answer(&mut live));
        drop((live, scratch));
        kept.execute(&format!("DROP DATABASE {name} WITH (FORCE)"));
    }
}

#[test]
fn what_the_scratch_server_refuses_is_named() {
    let kept = server();
    kept.execute("CREATE TABLE t (id integer); CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'");
    let url = DatabaseUrl::parse(&kept.url()).expect("a URL");
    let mut target = Database::scratch_on(&ScratchServer::of(&url)).expect("a database");
    let objects = ["CREATE VIEW v AS SELECT * FROM t", "CREATE VIEW w AS SELECT * FROM nowhere", "CREATE TABLE t ()"];
    let objects = objects.map(|sql| postgres::Object { what: sql[7..].to_owned(), sql: sql.to_owned() });
    let error = postgres::make(&mut target, Some("public"), objects.into()).expect_err("w is refused");
    assert_eq!(error.code(), Code::CantCopy);
    assert!(error.to_string().starts_with("a scratch database refuses `VIEW w AS"), "{error}");
}

#[test]
fn scratch_databases_go_with_their_values_or_at_the_next_run() {
    let kept = server();
    let url = DatabaseUrl::parse(&kept.url()).expect("a URL");
    let server = ScratchServer::of(&url);
    let mut watcher = Database::open(&url, false).expect("a connection");
    let mut is_there = |name: &str| {
        let sql = format!("SELECT count(*) FROM pg_database WHERE datname = {}", ask::text_literal(name));
        ask::value(&mut watcher, &sql).expect("a count").as_deref() == Some("1")
    };

    kept.execute("CREATE DATABASE autogen_scratch_1_2_3");
    let mut first = Database::scratch_on(&server).expect("a database");
    assert!(!is_there("autogen_scratch_1_2_3"), "whose keeper is gone");
    let name = ask::value(&mut first, "SELECT current_database()").expect("a name").expect("a name");
    let second = Database::scratch_on(&server).expect("another");
    assert!(is_there(&name), "whose keeper is there");
    drop((first, second));
    assert!(!is_there(&name));
}

/// A role on a server that goes with the value, and that may make no databases.
struct Plain {
    kept: autogen_test_servers::PostgresDatabase,
    role: String,
}

impl Plain {
    fn with(rights: &str) -> Self {
        let kept = server();
        let role = format!("plain_{}", kept.name());
        kept.execute(&format!(
            "CREATE ROLE {role} LOGIN; {}",
            rights.replace("ROLE", &role).replace("DB", kept.name())
        ));
        Self { kept, role }
    }

    fn url(&self) -> DatabaseUrl {
        DatabaseUrl::parse(&self.kept.url().replace("autogen@", &format!("{}@", self.role))).expect("a URL")
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        let role = &self.role;
        self.kept.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    }
}

const MAKES_SCHEMAS: &str = "GRANT CREATE ON DATABASE DB TO ROLE";

#[test]
fn who_may_make_neither_databases_nor_schemas_is_told_so() {
    let plain = Plain::with("");
    let error = Database::scratch_on(&ScratchServer::of(&plain.url())).err().expect("may make nothing");
    assert_eq!(error.code(), Code::CantMakeScratch, "{error}");
}

#[test]
fn without_leave_to_make_databases_a_schema_stands_for_one() {
    let plain = Plain::with(MAKES_SCHEMAS);
    plain.kept.execute(
        "CREATE TABLE p (id serial PRIMARY KEY, at int); CREATE INDEX ON p ((at + 1)); INSERT INTO p (at) VALUES (1); \
         CREATE TYPE mood AS ENUM ('a', 'b'); CREATE DOMAIN odd AS int CHECK (VALUE % 2 = 1); \
         CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED, m mood DEFAULT 'a', o odd, \
         n int GENERATED ALWAYS AS IDENTITY, CHECK (n > 0)); \
         CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
         CREATE TRIGGER tr BEFORE INSERT ON p FOR EACH ROW EXECUTE FUNCTION f(); \
         CREATE VIEW v AS SELECT at FROM p; COMMENT ON TABLE p IS 'public.p'; CREATE TABLE apart (id int); \
         CREATE FUNCTION g() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.p';",
    );
    let mut source = Database::open(&plain.url(), false).expect("a connection");
    let schema = introspect(&mut source).expect("a schema");
    let server = ScratchServer::of(&plain.url());
    let error = copy(&mut source, &server).err().expect("a function reads another schema");
    assert_eq!(error.code(), Code::NeedsScratchDatabase, "{error}");
    plain.kept.execute("DROP FUNCTION g()");
    // Whoever holds the live tables would be waited for.
    let mut busy = Database::open(&DatabaseUrl::parse(&plain.kept.url()).expect("a URL"), false).expect("a connection");
    let mut copied = copy(&mut source, &server).unwrap_or_else(|error| panic!("{error:?}"));
    busy.execute("BEGIN; LOCK TABLE p, c IN ACCESS EXCLUSIVE MODE").expect("locks");

    assert!(copied.is_schema());
    assert_eq!(introspect(&mut copied).expect("a schema").tables, schema.tables);
    busy.execute("ROLLBACK").expect("lets go");
    let part = outline(&mut source).expect("an outline").part(|name| name.name == "c", |_| false);
    let mut small = copy_part(&mut source, &server, &part).unwrap_or_else(|error| panic!("{error:?}"));
    let names: Vec<String> =
        introspect(&mut small).expect("a schema").tables.keys().map(|name| name.name.clone()).collect();
    assert_eq!(names, ["c", "p"]);
    drop(small);
    busy.execute("BEGIN; LOCK TABLE p, c IN ACCESS EXCLUSIVE MODE").expect("locks");
    let mut twin = copy(&mut copied, &server).expect("a twin");
    assert_eq!(introspect(&mut twin).expect("a schema").tables, schema.tables);

    // It behaves as a database: what fails undoes itself, what is deferred is seen to at the end.
    copied.execute("INSERT INTO p (at) VALUES (1)").expect("a row");
    copied
        .execute("INSERT INTO p (at) VALUES (2); INSERT INTO nowhere VALUES (1)")
        .expect_err("there is no such table");
    ask::rows(&mut copied, "SELECT 1 / 0").expect_err("no number");
    copied.execute("BEGIN; INSERT INTO c (p) VALUES (7)").expect("is deferred");
    copied.execute("COMMIT").expect_err("points nowhere");
    copied
        .execute("BEGIN; INSERT INTO c (p) VALUES (8); INSERT INTO p (id, at) VALUES (8, 8); COMMIT")
        .expect("in time");
    copied.execute("BEGIN; DELETE FROM p; ROLLBACK").expect("is taken back");
    assert_eq!(ask::value(&mut copied, "SELECT count(*) FROM p").expect("a count").as_deref(), Some("2"));
    copied.execute("CREATE INDEX CONCURRENTLY i ON p (at)").expect("builds it plainly");
    copied.execute("ALTER TABLE c DROP COLUMN p; DROP TABLE p CASCADE").expect("nobody else's");

    // Nothing gets out.
    let outside = |database: &mut Database, sql: &str| {
        let error = database.execute(sql).expect_err(sql);
        assert!(Outside::said(&error).is_some(), "{sql}: {error}");
    };
    outside(&mut copied, "ALTER TABLE public.p ADD COLUMN x int");
    busy.execute("ROLLBACK").expect("lets go");
    plain.kept.execute(&format!("GRANT ALL ON p, c, apart TO {}", plain.role));
    outside(
        &mut copied,
        "DO $$ DECLARE t record; BEGIN FOR t IN SELECT schemaname AS s, tablename AS n FROM pg_tables \
         WHERE schemaname !~ '^(pg_|info|autogen)' LOOP EXECUTE format('LOCK TABLE %I.%I', t.s, t.n); END LOOP; END $$",
    );
    copied.execute("SELECT 1").expect("goes on");
    drop((copied, twin));
    let left = ask::value(&mut source, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'autogen%'");
    assert_eq!(left.expect("a count").as_deref(), Some("0"));
    assert_eq!(introspect(&mut source).expect("a schema").tables, schema.tables);
}

#[test]
fn what_extensions_brought_is_found_among_live_tables() {
    let plain = Plain::with(MAKES_SCHEMAS);
    plain.kept.execute(
        "CREATE EXTENSION citext; CREATE EXTENSION pg_trgm; CREATE TABLE live (id int PRIMARY KEY); \
         CREATE TABLE people (name citext CHECK (name <> 'x'::citext)); CREATE INDEX ON people USING gin (name gin_trgm_ops)",
    );
    let mut source = Database::open(&plain.url(), false).expect("a connection");
    let schema = introspect(&mut source).expect("a schema");
    let server = ScratchServer::of(&plain.url());
    let mut copied = copy(&mut source, &server).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(introspect(&mut copied).expect("a schema").tables, schema.tables);
    let mut twin = copy(&mut copied, &server).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(introspect(&mut twin).expect("a schema").tables, schema.tables);

    copied.execute("CREATE TABLE more (live int, name citext); DROP TABLE live").expect("is shadowed");
    // From now on `live` would be the live one.
    for sql in ["CREATE TABLE child (id int REFERENCES live, name citext)", "ALTER TABLE live ADD name citext"] {
        copied.execute(sql).expect_err(sql);
    }
    let error = copied.execute("CREATE TABLE other (live citext)").expect_err("who knows which is meant");
    assert!(Outside::said(&error).is_some(), "{error}");
    let error = copied.execute("SELECT similarity('a', 'b')").expect_err("may call what it likes");
    assert!(Outside::said(&error).is_some(), "{error}");
}
