//! What a plugin's revision can't do on a real PostgreSQL server, and what it can.

use autogen_test_servers::{PostgresDatabase, postgres};

use super::*;

const CORE: &str = "
    CREATE TABLE assets (id serial PRIMARY KEY, tag varchar(40), n int DEFAULT 5 CHECK (n > 0));
    INSERT INTO assets (tag) VALUES ('one'), ('two');
    CREATE INDEX assets_tag ON assets (tag);
    COMMENT ON TABLE assets IS 'core'; COMMENT ON COLUMN assets.tag IS 'tag';
    CREATE STATISTICS assets_both ON id, tag FROM assets;
    CREATE TYPE state AS ENUM ('a', 'b'); CREATE DOMAIN positive AS int;
    CREATE SEQUENCE counter; CREATE TABLE quiet (id int); CREATE TABLE parted (id int) PARTITION BY RANGE (id);
    CREATE SCHEMA other; CREATE TABLE other.x (id int);
    CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE TABLE base (id int); CREATE VIEW tags AS SELECT id FROM base;
    CREATE MATERIALIZED VIEW numbers AS SELECT id FROM base;
";
const NET: &str = "
    CREATE TABLE notes (id int PRIMARY KEY, n int, \"Two Words\" text);
    INSERT INTO notes VALUES (1, 1), (2, 2);
    CREATE FUNCTION own() RETURNS int LANGUAGE sql AS 'SELECT 1';
";
const WATCHING: &str = "
    CREATE TABLE audit (id serial PRIMARY KEY, what text); INSERT INTO audit (what) VALUES ('first');
    CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit (what) VALUES (tg_op); RETURN NULL; END $$;
    CREATE TRIGGER log AFTER INSERT OR UPDATE OR DELETE ON notes FOR EACH ROW EXECUTE FUNCTION log();
    CREATE TABLE plugs (id int PRIMARY KEY, note int REFERENCES notes ON DELETE CASCADE); INSERT INTO plugs VALUES (1, 2);
    CREATE TABLE holds (id int PRIMARY KEY, note int CONSTRAINT kept REFERENCES notes);
";

fn open(server: &PostgresDatabase) -> Database {
    Database::open(&DatabaseUrl::parse(&server.url()).expect("is a URL"), false).expect("opens")
}

/// A core, a plugin, and a core that watches the plugin's table; then a revision of the plugin's.
fn with(last: Option<Revision>) -> History {
    let base = [
        plain("core", "1_core").up(CORE),
        plain("net", "2_net").needs(&["1"]).up(NET),
        plain("core", "3_watching").needs(&["2"]).up(WATCHING),
    ];
    history(base.into_iter().chain(last.map(|last| last.needs(&["3"]))))
}

/// What is there that isn't the plugin's.
fn others(database: &mut Database) -> String {
    text(
        database,
        "SELECT concat_ws(E'\\n', \
            (SELECT string_agg(concat_ws('|', c.relname, c.relacl, c.relfilenode, c.relrowsecurity, obj_description(c.oid, 'pg_class')), ' ' ORDER BY c.relname) \
             FROM pg_class c WHERE relnamespace IN ('public'::regnamespace, 'other'::regnamespace) AND relname !~ '^(notes|__|own)'), \
            (SELECT string_agg(concat_ws('|', attname, atttypid, attnotnull, attnum), ' ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'assets'::regclass), \
            (SELECT string_agg(assets::text, ' ' ORDER BY id) FROM assets), (SELECT string_agg(audit::text, ' ' ORDER BY id) FROM audit), \
            (SELECT string_agg(plugs::text, ' ' ORDER BY id) FROM plugs), (SELECT count(*) FROM quiet), (SELECT one()), \
            (SELECT string_agg(tgname || tgenabled::text, ' ' ORDER BY tgname) FROM pg_trigger WHERE tgrelid <> 'notes'::regclass AND NOT tgisinternal), \
            (SELECT string_agg(rulename, ' ' ORDER BY rulename) FROM pg_rules), (SELECT string_agg(polname, ' ') FROM pg_policy), \
            (SELECT string_agg(evtname, ' ') FROM pg_event_trigger), (SELECT string_agg(pubname, ' ') FROM pg_publication))",
    )
}

const ATTACKS: [&str; 62] = [
    // Rows.
    "UPDATE ONLY (assets) SET tag = 'x'",
    "DO $$ BEGIN UPDATE assets SET tag = 'x'; END $$",
    "DO $$ BEGIN EXECUTE 'DEL' || 'ETE FROM assets'; END $$",
    "EXPLAIN ANALYZE UPDATE assets SET tag = 'x'",
    "CREATE TABLE mine AS WITH d AS (DELETE FROM assets RETURNING id) SELECT * FROM d",
    "DO $$ BEGIN BEGIN INSERT INTO quiet VALUES (1); EXCEPTION WHEN others THEN NULL; END; END $$",
    "CREATE VIEW v AS SELECT * FROM assets; UPDATE v SET tag = 'x'; DROP VIEW v",
    "ALTER TABLE assets RENAME TO ax; TRUNCATE ax; ALTER TABLE ax RENAME TO assets",
    "COPY quiet FROM PROGRAM 'echo 77'",
    "COPY assets TO '/dev/null'",
    "REFRESH MATERIALIZED VIEW numbers",
    "DO $$ BEGIN INSERT INTO plugs VALUES (9, NULL); END $$",
    "INSERT INTO notes VALUES (8, 8); DO $$ BEGIN UPDATE audit SET what = 'x'; END $$",
    "SELECT setval('assets_id_seq', 100)",
    "SELECT nextval('counter')",
    "DO $$ BEGIN UPDATE __autogen_ledger SET plugin = 'net'; END $$",
    "DO $$ BEGIN DELETE FROM __diesel_schema_migrations; END $$",
    // What others' tables are.
    "ALTER TABLE quiet DROP COLUMN id; ALTER TABLE quiet ADD COLUMN id int",
    "ALTER TABLE assets ALTER n TYPE int USING 7",
    "ALTER TABLE assets ALTER n SET DEFAULT 6",
    "ALTER TABLE assets DROP CONSTRAINT assets_n_check",
    "CREATE INDEX mine ON assets (n)",
    "DROP INDEX assets_tag",
    "ALTER INDEX assets_tag RENAME TO mine",
    "CREATE RULE r AS ON INSERT TO assets DO INSTEAD NOTHING",
    "CREATE TRIGGER t AFTER INSERT ON assets FOR EACH ROW EXECUTE FUNCTION log()",
    "ALTER TABLE holds DISABLE TRIGGER ALL",
    "CREATE POLICY p ON assets USING (false)",
    "ALTER TABLE assets ENABLE ROW LEVEL SECURITY",
    "GRANT ALL ON assets TO PUBLIC",
    "GRANT SELECT (tag) ON assets TO PUBLIC",
    "COMMENT ON TABLE assets IS 'mine'",
    "COMMENT ON COLUMN assets.tag IS NULL",
    "ALTER TABLE assets REPLICA IDENTITY FULL",
    "DROP STATISTICS assets_both",
    "CREATE TABLE child () INHERITS (assets)",
    "CREATE TABLE part PARTITION OF parted FOR VALUES FROM (1) TO (2)",
    "ALTER SEQUENCE counter OWNED BY notes.id",
    "ALTER TABLE quiet SET SCHEMA other",
    "DROP TABLE notes CASCADE",
    // At the end of the transaction.
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE assets ADD COLUMN x int; RETURN NEW; END $$; \
     CREATE CONSTRAINT TRIGGER t AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f(); \
     INSERT INTO notes VALUES (9, 9)",
    "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM quiet; RETURN 1; END $$; \
     DECLARE c CURSOR WITH HOLD FOR SELECT f()",
    // Everything else.
    "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 2'",
    "DROP FUNCTION log() CASCADE",
    "REVOKE EXECUTE ON FUNCTION one() FROM PUBLIC",
    "ALTER TYPE state RENAME VALUE 'a' TO 'z'",
    "ALTER DOMAIN positive ADD CHECK (VALUE > 0)",
    "GRANT CREATE ON SCHEMA public TO pg_monitor",
    "ALTER SCHEMA other RENAME TO mine",
    "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$; \
     CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION e()",
    "CREATE PUBLICATION p FOR ALL TABLES",
    "CREATE CAST (int AS text) WITH INOUT",
    "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC",
    "CREATE EXTENSION pgcrypto",
    "DO $$ BEGIN CREATE ROLE autogen_mine; END $$",
    "DO $$ BEGIN ALTER ROLE autogen SET work_mem = '1MB'; END $$",
    "ALTER SYSTEM SET work_mem = '1MB'",
    "SET ROLE pg_monitor",
    "DO $$ BEGIN UPDATE pg_catalog.pg_class SET relname = 'x' WHERE relname = 'assets'; END $$",
    // What would stand before it.
    "CREATE TEMP TABLE __diesel_schema_migrations (version text)",
    "CREATE SCHEMA autogen",
    "SELECT lo_import('/etc/hostname')",
];

#[test]
fn a_plugin_reaches_nothing_that_is_others() {
    let server = postgres();
    let mut database = open(&server);
    upgrade_all(&mut database, &with(None)).expect("applies");
    let before = others(&mut database);
    for (at, sql) in ATTACKS.iter().enumerate() {
        // Half of them over a connection as a host has it.
        let history = with(Some(plain("net", "4_attack").up(sql)));
        let all: Vec<_> = history.revisions().iter().collect();
        let ran = match &mut database {
            Database::Postgres(own) if at % 2 == 0 => upgrade(&mut ***own, &history, &all, &mut |_| {}),
            any => upgrade(any, &history, &all, &mut |_| {}),
        };
        let error = ran.expect_err(sql);
        assert!(["changes-anothers-table", "needs-trust"].contains(&error.code()), "{sql}: {error}");
        assert_eq!(others(&mut database), before, "{sql}");
        assert_eq!(applied(&mut database).expect("reads").len(), 3, "{sql}");
    }
}

#[test]
fn a_plugin_does_what_it_likes_with_what_is_its_own() {
    let server = postgres();
    let mut database = open(&server);
    upgrade_all(&mut database, &with(None)).expect("applies");
    for sql in [
        "INSERT INTO notes VALUES (5, 5); UPDATE notes SET n = 6; DELETE FROM notes WHERE id = 2",
        "ALTER TABLE notes ADD COLUMN x int DEFAULT 3; CREATE INDEX ON notes (x); COMMENT ON TABLE notes IS 'x'",
        "ALTER TABLE notes ADD COLUMN asset int REFERENCES assets ON DELETE CASCADE",
        "CREATE TABLE more (id serial PRIMARY KEY, asset int REFERENCES assets); INSERT INTO more (asset) VALUES (1); DROP TABLE more",
        "ALTER TABLE holds DROP CONSTRAINT kept; ALTER TABLE notes ALTER id TYPE bigint; \
         ALTER TABLE holds ADD CONSTRAINT kept FOREIGN KEY (note) REFERENCES notes",
        "CREATE OR REPLACE FUNCTION own() RETURNS int LANGUAGE sql AS 'SELECT 2'; CREATE TYPE mood AS ENUM ('a')",
        "GRANT SELECT ON notes TO PUBLIC; ALTER TABLE notes ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON notes USING (true)",
        "DO $$ BEGIN PERFORM * FROM assets FOR SHARE; UPDATE notes SET n = 7; END $$",
        "SELECT 1; SET search_path = other; SET work_mem = '3MB'; CREATE TEMP TABLE assets AS SELECT 1 AS id",
    ] {
        let history = with(Some(plain("net", "4_own").up(sql)));
        upgrade_all(&mut database, &history).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let last = history.revisions().last().expect("is there");
        downgrade(&mut database, &history, &[last], &mut |_| {}).unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(text(&mut database, "current_setting('work_mem') || to_regclass('assets')"), "4MBassets", "{sql}");
    }
    assert_eq!(
        text(&mut database, "SELECT string_agg(what, ' ' ORDER BY id) FROM audit"),
        "first INSERT UPDATE UPDATE UPDATE DELETE UPDATE UPDATE"
    );
    assert_eq!(text(&mut database, "SELECT count(*) FROM plugs"), "0");
}

#[test]
fn without_a_transaction_each_statement_is_held_by_itself() {
    let server = postgres();
    let mut database = open(&server);
    upgrade_all(&mut database, &with(None)).expect("applies");
    let before = others(&mut database);
    for sql in [
        "DO $$ BEGIN DROP TABLE assets; END $$",
        "SELECT 1; DO $$ BEGIN DELETE FROM assets; END $$",
        "CREATE INDEX CONCURRENTLY mine ON assets (n)",
        "DROP INDEX CONCURRENTLY assets_tag",
        "CREATE INDEX CONCURRENTLY mine ON notes ((n + own()))",
        "VACUUM FULL assets",
        "BEGIN; DROP TABLE quiet; COMMIT",
    ] {
        let history = with(Some(plain("net", "4_attack").up(sql).without_transaction()));
        let error = upgrade_all(&mut database, &history).expect_err(sql);
        assert!(["changes-anothers-table", "needs-trust"].contains(&error.code()), "{sql}: {error}");
        assert_eq!(others(&mut database), before, "{sql}");
        assert_eq!(applied(&mut database).expect("reads").len(), 3, "{sql}");
    }
    let own = "CREATE INDEX CONCURRENTLY mine ON notes (n); INSERT INTO notes VALUES (5, 5); VACUUM notes; \
               REINDEX TABLE CONCURRENTLY notes; DROP INDEX CONCURRENTLY mine";
    let history = with(Some(plain("net", "4_own").up(own).without_transaction()));
    upgrade_all(&mut database, &history).expect("applies");
}
