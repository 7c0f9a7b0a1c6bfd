//! What a plugin's revision can't do on a real PostgreSQL server, and what it can.

use std::collections::BTreeMap;

use autogen_test_servers::{PostgresDatabase, postgres};

use super::*;
use crate::error::Code;

const CORE: &str = include_str!("../../../../tests/attacks/host/core.postgres.sql");
const NET: &str = include_str!("../../../../tests/attacks/host/net.postgres.sql");
const WATCHING: &str = include_str!("../../../../tests/attacks/host/watching.postgres.sql");

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
    text(database, include_str!("../../../../tests/attacks/host/others.postgres.sql"))
}

/// Tries a revision, over this program's own connection or over one as a host has it.
fn is_refused(database: &mut Database, history: &History, sql: &str, is_hosts: bool) {
    let all: Vec<_> = history.revisions().iter().collect();
    let ran = match database {
        Database::Postgres(own) if is_hosts => upgrade(&mut ***own, history, &all, &mut |_| {}),
        any => upgrade(any, history, &all, &mut |_| {}),
    };
    let error = ran.expect_err(sql);
    assert!([Code::ChangesAnothersTable, Code::NeedsTrust].contains(&error.code()), "{sql}: {error}");
}

#[test]
fn a_plugin_reaches_nothing_that_is_others() {
    let server = postgres();
    let mut database = open(&server);
    upgrade_all(&mut database, &with(None)).expect("applies");
    server.execute("CREATE TABLE nobodys (n int)");
    let before = others(&mut database);
    let mut rolled_back = BTreeMap::new();
    for (kind, sql) in kinds(fence::POSTGRES_LIST)
        .into_iter()
        .flat_map(|(kind, attacks)| attacks.into_iter().map(move |sql| (kind, sql)))
    {
        // No rollback takes back a number that was drawn.
        let history = with(Some(plain("net", "4_attack").up(&format!("SELECT nextval('own_runs'); {sql}"))));
        for is_hosts in [false, true] {
            let runs = text(&mut database, "SELECT last_value FROM own_runs");
            is_refused(&mut database, &history, sql, is_hosts);
            assert_eq!(others(&mut database), before, "{sql}");
            assert_eq!(applied(&mut database).expect("reads").len(), 3, "{sql}");
            let has_run = text(&mut database, "SELECT last_value FROM own_runs") != runs;
            *rolled_back.entry(kind).or_insert(0) += usize::from(has_run && is_hosts);
        }
    }
    fence::is_told(&rolled_back);
}

#[test]
fn nothing_comes_before_others_in_the_search_path() {
    let server = postgres();
    let mut database = open(&server);
    upgrade_all(&mut database, &with(None)).expect("applies");
    Link::execute(&mut database, "SET search_path = soon, public, other").expect("sets");
    for sql in ["CREATE TABLE x (id int)", "DO $$ BEGIN CREATE VIEW x AS SELECT 1 AS id; END $$", "CREATE SCHEMA soon"]
    {
        is_refused(&mut database, &with(Some(plain("net", "4_attack").up(sql))), sql, true);
    }
    Link::execute(&mut database, "SET search_path = other, public").expect("sets");
    for sql in [
        "CREATE TYPE other.state AS ENUM ('x')",
        "CREATE TYPE other.state AS (a int)",
        "CREATE TABLE other.positive (a int)",
        "CREATE DOMAIN other.positive AS text",
        "CREATE FUNCTION other.one() RETURNS int LANGUAGE sql AS 'SELECT 2'",
        "CREATE TEXT SEARCH CONFIGURATION other.words (COPY = english)",
    ] {
        is_refused(&mut database, &with(Some(plain("net", "4_attack").up(sql))), sql, true);
    }
}

/// What the host has arranged for each statement happens for one that finds no rows, too.
#[test]
fn a_trigger_of_the_hosts_may_be_set_off_by_no_rows() {
    let server = postgres();
    let mut database = open(&server);
    upgrade_all(&mut database, &with(None)).expect("applies");
    server.execute("CREATE TRIGGER whole AFTER UPDATE OR DELETE ON notes FOR EACH STATEMENT EXECUTE FUNCTION log()");
    let own = "UPDATE notes SET n = 1 WHERE false; DELETE FROM notes WHERE false";
    upgrade_all(&mut database, &with(Some(plain("net", "4_own").up(own)))).expect("applies");
}

/// Code that only runs outside of transactions, so that nothing else stops it.
const SLEEPER: &str = "
    CREATE FUNCTION wipe() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM assets; RETURN 1; END $$;
    CREATE FUNCTION evil(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS
        $$ BEGIN IF current_query() ~* 'vacuum|concurrently' THEN PERFORM wipe(); END IF; RETURN $1; END $$;
    CREATE FUNCTION evil(int, int) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT evil($1) = $2';
    CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = evil); CREATE DOMAIN sly AS int CHECK (evil(VALUE) > 0);
";

#[test]
fn no_code_runs_outside_of_transactions() {
    let server = postgres();
    let mut database = open(&server);
    let slept = |last: Option<&str>| {
        let base = [
            plain("core", "1_core").up(CORE),
            plain("net", "2_net").needs(&["1"]).up(&format!("{NET}{SLEEPER}")),
            plain("core", "3_watching").needs(&["2"]).up(WATCHING),
        ];
        let last = last.map(|sql| plain("net", "4_attack").needs(&["3"]).up(sql).without_transaction());
        history(base.into_iter().chain(last))
    };
    upgrade_all(&mut database, &slept(None)).expect("applies");
    server.execute(
        "CREATE FUNCTION evil(float8, float8) RETURNS float8 IMMUTABLE LANGUAGE sql AS 'SELECT evil(1)::float8'; \
         CREATE TYPE slyrange AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = evil)",
    );
    let before = others(&mut database);
    for (prepared, sql, undone) in [
        ("CREATE INDEX own_i ON notes ((evil(n)))", "VACUUM (ANALYZE) notes", "DROP INDEX own_i"),
        ("CREATE INDEX own_i ON notes ((evil(n)))", "REINDEX TABLE CONCURRENTLY notes", "DROP INDEX own_i"),
        ("CREATE INDEX own_i ON notes (n) WHERE n === 1", "REINDEX INDEX CONCURRENTLY own_i", "DROP INDEX own_i"),
        ("CREATE STATISTICS own_i ON evil(n), id FROM notes", "VACUUM ANALYZE notes", "DROP STATISTICS own_i"),
        ("SELECT 1", "CREATE INDEX CONCURRENTLY j ON notes (n) WHERE n === 1", "SELECT 1"),
        ("SELECT 1", "CREATE INDEX CONCURRENTLY j ON notes (((n::sly)::int))", "SELECT 1"),
        ("ALTER TABLE notes ADD r slyrange", "VACUUM ANALYZE notes (r)", "SELECT 1"),
        ("SELECT 1", "CREATE INDEX CONCURRENTLY j ON notes USING gist (r)", "ALTER TABLE notes DROP r"),
    ] {
        server.execute(prepared);
        let error = upgrade_all(&mut database, &slept(Some(sql))).expect_err(sql);
        assert_eq!(error.code(), Code::NeedsTrust, "{sql}: {error}");
        assert_eq!(others(&mut database), before, "{sql}");
        server.execute(undone);
        forget_half_done(&mut database);
    }
    let own = "CREATE INDEX CONCURRENTLY j ON notes (lower(\"Two Words\") text_pattern_ops) WHERE n > 3";
    upgrade_all(&mut database, &slept(Some(own))).expect("runs nothing of the plugin's");
}

fn forget_half_done(database: &mut Database) {
    let entries = ledger(database).expect("reads").into_values();
    let half_done: Vec<Entry> = entries.filter(|entry| entry.state != State::Applied).collect();
    stamp(database, &[], &[], &half_done).expect("forgets");
}

#[test]
fn a_name_with_a_dot_is_not_a_name_in_a_schema() {
    let server = postgres();
    let mut database = open(&server);
    let claims = "CREATE TABLE \"public.later\" (n int); CREATE TABLE \"other.x\" (n int)";
    let base = [
        plain("net", "1_claims").up(claims),
        plain("usb", "2_later")
            .needs(&["1"])
            .up("CREATE TABLE later (n int); CREATE SCHEMA other; CREATE TABLE other.x (n int)"),
    ];
    upgrade_all(&mut database, &history(base.clone())).expect("applies");
    for (owner, sql, is_own) in [
        ("net", "INSERT INTO later VALUES (1)", false),
        ("net", "DO $$ BEGIN INSERT INTO later VALUES (1); END $$", false),
        ("net", "DO $$ BEGIN INSERT INTO other.x VALUES (1); END $$", false),
        ("net", "INSERT INTO \"public.later\" VALUES (1); INSERT INTO \"other.x\" VALUES (1)", true),
        ("usb", "INSERT INTO later VALUES (1); ALTER TABLE other.x ADD m int", true),
    ] {
        let last = plain(owner, "3_writes").needs(&["2"]).up(sql);
        let history = history(base.iter().cloned().chain([last]));
        let ran = upgrade_all(&mut database, &history);
        assert_eq!(ran.is_ok(), is_own, "{owner}: {sql}: {ran:?}");
        if is_own {
            downgrade(&mut database, &history, &[&history.revisions()[2]], &mut |_| {}).expect("reverts");
        }
    }
}

#[test]
fn nothing_leaks_behind_a_pooler_that_hands_out_other_sessions() {
    let server = postgres();
    let (_pooler, url) = server.pooled(2);
    server.execute("CREATE TABLE nobodys (n int)");
    let mut database = Database::open(&DatabaseUrl::parse(&url).expect("is a URL"), false).expect("opens");
    upgrade_all(&mut database, &with(None)).expect("applies");
    let mut direct = open(&server);
    let before = others(&mut direct);
    for (at, sql) in attacks(fence::POSTGRES_LIST).enumerate().filter(|(at, _)| at % 4 == 0) {
        let attack = plain("net", "4_attack").up(sql);
        // Without a transaction, what comes before the statement that is refused stays.
        let is_one = !sql.contains(';');
        for revision in [Some(attack.clone()), is_one.then(|| attack.without_transaction())].into_iter().flatten() {
            is_refused(&mut database, &with(Some(revision)), sql, at % 8 == 0);
            assert_eq!(others(&mut direct), before, "{sql}");
        }
    }
    let own =
        "INSERT INTO notes VALUES (5, 5); CREATE INDEX CONCURRENTLY mine ON notes (n); DROP INDEX CONCURRENTLY mine";
    let history = with(Some(plain("net", "4_own").up(own).without_transaction()));
    upgrade_all(&mut database, &history).expect("applies");
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
        "ALTER TABLE notes ADD COLUMN odd int REFERENCES \"Odd Näme\"; ALTER TABLE notes DROP COLUMN odd; ANALYZE notes",
        "CREATE TABLE more (id serial PRIMARY KEY, asset int REFERENCES assets); INSERT INTO more (asset) VALUES (1); DROP TABLE more",
        "ALTER TABLE holds DROP CONSTRAINT kept; ALTER TABLE notes ALTER id TYPE bigint; \
         ALTER TABLE holds ADD CONSTRAINT kept FOREIGN KEY (note) REFERENCES notes",
        "CREATE OR REPLACE FUNCTION own() RETURNS int LANGUAGE sql AS 'SELECT 2'; CREATE TYPE mood AS ENUM ('a')",
        "GRANT SELECT ON notes TO PUBLIC; ALTER TABLE notes ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON notes USING (true)",
        "DO $$ BEGIN PERFORM * FROM assets FOR SHARE; UPDATE notes SET n = 7; END $$",
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE; SELECT pg_advisory_xact_lock(7); NOTIFY jobs",
        "CREATE SCHEMA own; SET search_path = own; CREATE TABLE t (n int); CREATE TYPE feel AS ENUM ('a'); INSERT INTO t VALUES (1)",
        "CREATE TYPE pg_temp.state AS ENUM ('z'); CREATE DOMAIN pg_temp.positive AS text; CREATE TYPE pg_temp.later AS (a int)",
        "CREATE TYPE own_type AS (a int); CREATE FUNCTION lower(own_type) RETURNS int LANGUAGE sql AS 'SELECT 1'; \
         CREATE FUNCTION same(own_type, own_type) RETURNS boolean LANGUAGE sql AS 'SELECT true'; \
         CREATE OPERATOR = (LEFTARG = own_type, RIGHTARG = own_type, FUNCTION = same); DROP TYPE own_type CASCADE",
        "SELECT 1; SET search_path = other; SET work_mem = '3MB'; CREATE TEMP TABLE assets AS SELECT 1 AS id",
    ] {
        let history = with(Some(plain("net", "4_own").up(sql)));
        upgrade_all(&mut database, &history).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let last = history.revisions().last().expect("is there");
        downgrade(&mut database, &history, &[last], &mut |_| {}).unwrap_or_else(|error| panic!("{sql}: {error}"));
        let kept = "current_setting('work_mem') || to_regclass('assets') || current_setting('default_transaction_isolation') \
             || (SELECT count(*) FROM pg_type WHERE typnamespace = pg_my_temp_schema())";
        assert_eq!(text(&mut database, kept), "4MBassetsread committed0", "{sql}");
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
        "CREATE TEMP TABLE assets (id int); DELETE FROM public.assets",
        "CREATE TABLE IF NOT EXISTS quiet (id int); INSERT INTO quiet VALUES (1)",
        "SELECT 1; DO $$ BEGIN DELETE FROM assets; END $$",
        "CREATE INDEX CONCURRENTLY mine ON assets (n)",
        "DROP INDEX CONCURRENTLY assets_tag",
        "CREATE INDEX CONCURRENTLY mine ON notes ((n + own()))",
        "VACUUM FULL assets",
        "VACUUM (ANALYZE) assets",
        "BEGIN; DROP TABLE quiet; COMMIT",
    ] {
        let history = with(Some(plain("net", "4_attack").up(sql).without_transaction()));
        let error = upgrade_all(&mut database, &history).expect_err(sql);
        assert!([Code::ChangesAnothersTable, Code::NeedsTrust].contains(&error.code()), "{sql}: {error}");
        assert_eq!(others(&mut database), before, "{sql}");
        assert_eq!(applied(&mut database).expect("reads").len(), 3, "{sql}");
        // What ran before the attack is noted; the next file is another one.
        forget_half_done(&mut database);
    }
    let own = "CREATE TABLE more (n int); INSERT INTO more VALUES (1); CREATE INDEX CONCURRENTLY more_n ON more (n); DROP TABLE more; \
               CREATE INDEX CONCURRENTLY mine ON notes (n); INSERT INTO notes VALUES (5, 5); VACUUM notes; VACUUM (ANALYZE) notes (n); \
               REINDEX TABLE CONCURRENTLY notes; DROP INDEX CONCURRENTLY mine";
    let history = with(Some(plain("net", "4_own").up(own).without_transaction()));
    upgrade_all(&mut database, &history).expect("applies");
}
