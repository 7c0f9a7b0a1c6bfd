//! Applying and reverting on a real PostgreSQL server.

use std::sync::Barrier;
use std::time::Duration;

use autogen_test_servers::{PostgresDatabase, postgres};

use super::*;
use crate::database::Limits;
use crate::error::Code;

fn open(server: &PostgresDatabase) -> Database {
    Database::open(&DatabaseUrl::parse(&server.url()).expect("is a URL"), false).expect("opens")
}

fn tables(database: &mut Database) -> String {
    text(
        database,
        "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class \
         WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    )
}

#[test]
fn up_and_down_keep_diesels_own_table() {
    let server = postgres();
    let mut database = open(&server);
    assert!(applied(&mut database).expect("reads").is_empty());
    assert_eq!(tables(&mut database), "NULL");
    let history = history([
        plain("core", "1_a").up("\u{feff}CREATE TABLE a (b text DEFAULT $$;$$);\r\nINSERT INTO a VALUES ('x;y');"),
        plain("core", "2_b").up("CREATE TABLE \"b 🦀\" ();").down("DROP TABLE \"b 🦀\";"),
    ]);
    assert_eq!(upgrade_all(&mut database, &history).expect("applies").len(), 2);
    assert!(upgrade_all(&mut database, &history).expect("nothing left").is_empty());
    assert_eq!(tables(&mut database), "__autogen_ledger __diesel_schema_migrations a b 🦀");
    let second = [&history.revisions()[1]];
    assert_eq!(downgrade(&mut database, &history, &second, &mut |_| {}).expect("reverts"), [Version::of("2")]);
    assert_eq!(tables(&mut database), "__autogen_ledger __diesel_schema_migrations a");
    assert_eq!(applied(&mut database).expect("reads"), [Version::of("1")].into());
}

#[test]
fn a_failing_revision_leaves_nothing_and_says_where() {
    let base = "CREATE TABLE a (id int PRIMARY KEY, p int REFERENCES a DEFERRABLE INITIALLY DEFERRED); INSERT INTO a VALUES (1);";
    for (sql, message) in [
        (
            "CREATE TABLE half (a int);\nNONSENSE;",
            "core's 2_b failed at `NONSENSE`: syntax error at or near \"NONSENSE\"",
        ),
        (
            "CREATE TABLE half (a int); INSERT INTO a VALUES (1, NULL);",
            "core's 2_b failed at `INSERT INTO a VALUES (1, NULL)`: duplicate key value violates unique constraint \
             \"a_pkey\" (Key (id)=(1) already exists.)",
        ),
        (
            "CREATE TABLE half (a int); INSERT INTO a VALUES (2, 9);",
            "core's 2_b failed: insert or update on table \"a\"",
        ),
        ("CREATE TABLE half (a int); COMMIT; SELECT 1;", "core's 2_b failed at `COMMIT`: it ends the transaction"),
        (
            "CREATE TABLE half (a int); SAVEPOINT s; ROLLBACK TO s; CREATE INDEX CONCURRENTLY i ON a (p);",
            "core's 2_b failed at `CREATE INDEX CONCURRENTLY",
        ),
    ] {
        let server = postgres();
        let mut database = open(&server);
        let history = history([plain("core", "1_a").up(base), plain("core", "2_b").up(sql)]);
        let error = upgrade_all(&mut database, &history).expect_err("breaks");
        assert_eq!(error.code(), Code::MigrationFailed);
        assert!(error.to_string().starts_with(message), "{error}");
        assert_eq!(tables(&mut database), "__autogen_ledger __diesel_schema_migrations a");
        assert_eq!(applied(&mut database).expect("reads").len(), 1);
        // The connection is good for more.
        let again = super::history([plain("core", "1_a").up(base), plain("core", "3_c").up("CREATE TABLE c ();")]);
        assert_eq!(upgrade_all(&mut database, &again).expect("applies"), [Version::of("3")]);
    }
}

#[test]
fn a_dumps_search_path_ends_with_its_file() {
    let server = postgres();
    let mut database = open(&server);
    let dump = "SELECT pg_catalog.set_config('search_path', '', false); CREATE TABLE public.a ();";
    let history = history([plain("core", "1_dump").up(dump), plain("core", "2_b").up("CREATE TABLE b ();")]);
    assert_eq!(upgrade_all(&mut database, &history).expect("applies").len(), 2);
    assert_eq!(tables(&mut database), "__autogen_ledger __diesel_schema_migrations a b");
}

/// Every other one is an index that can't be built in a transaction, and that waits for every
/// statement that is running meanwhile.
#[test]
fn programs_that_start_at_once_apply_each_revision_once() {
    const PROGRAMS: usize = 32;
    let server = postgres();
    let revisions = (1..=8).map(|n| {
        if n % 4 == 0 {
            plain("core", &format!("{n:03}_index"))
                .up(&format!("CREATE INDEX CONCURRENTLY i{n} ON log (n);"))
                .without_transaction()
        } else {
            plain("core", &format!("{n:03}_row")).up(&format!("INSERT INTO log VALUES ({n});"))
        }
    });
    let begin = plain("core", "000_log").up("CREATE TABLE log (n integer);");
    let history = history(revisions.chain([begin]));
    let barrier = Barrier::new(PROGRAMS);
    let done: usize = std::thread::scope(|scope| {
        let programs: Vec<_> = (0..PROGRAMS)
            .map(|_| {
                scope.spawn(|| {
                    let mut database = open(&server);
                    barrier.wait();
                    upgrade_all(&mut database, &history).expect("applies").len()
                })
            })
            .collect();
        programs.into_iter().map(|program| program.join().expect("ends")).sum()
    });
    assert_eq!(done, 9);
    let mut database = open(&server);
    assert_eq!(text(&mut database, "SELECT count(*) || ' ' || count(DISTINCT n) FROM log"), "6 6");
    assert_eq!(
        text(&mut database, "SELECT count(*) FROM pg_index WHERE indrelid = 'log'::regclass AND indisvalid"),
        "2"
    );
    // Other tests' programs hold theirs in other databases.
    let held = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
                WHERE locktype = 'advisory' AND datname = current_database()";
    assert_eq!(text(&mut database, held), "0");
}

#[test]
fn files_that_want_no_transaction_run_as_diesel_runs_them() {
    let server = postgres();
    let mut database = open(&server);
    let history = history([
        plain("core", "1_a").up("CREATE TABLE a (b int);"),
        plain("core", "2_index").up("-- alone\nCREATE INDEX CONCURRENTLY i ON a (b);").without_transaction(),
        plain("core", "3_broken")
            .up("CREATE TABLE two (a int); SELECT 'ü'; SELECT nobody FROM a;")
            .without_transaction(),
    ]);
    let error = upgrade_all(&mut database, &history).expect_err("breaks");
    assert_eq!(error.to_string(), "core's 3_broken failed at `SELECT nobody FROM a`: column \"nobody\" does not exist");
    let help = error.diagnostics[0].help.as_deref().unwrap_or_default();
    assert!(help.contains("the first 2 of its 3 statements stay"), "{help}");
    assert_eq!(applied(&mut database).expect("reads").len(), 2);
    assert_eq!(text(&mut database, "current_setting('statement_timeout')"), "0");
}

#[test]
fn locks_and_slow_statements_have_an_end() {
    let server = postgres();
    server.execute("CREATE TABLE a (b int)");
    let mut other = open(&server);
    other.execute("BEGIN; LOCK TABLE a").expect("locks");
    let mut database = open(&server);
    let limits = Limits { lock: Duration::from_millis(50), statement: Duration::from_millis(400), ..Limits::default() };
    database.limit(limits).expect("takes limits");
    let error = upgrade_all(&mut database, &history([plain("core", "1_a").up("ALTER TABLE a ADD c int")]))
        .expect_err("is locked");
    assert_eq!(error.code(), Code::DatabaseBusy);
    other.execute("ROLLBACK").expect("unlocks");
    let slow = history([plain("core", "1_a").up("SELECT pg_sleep(60)")]);
    let error = upgrade_all(&mut database, &slow).expect_err("is slow");
    assert_eq!(error.code(), Code::StatementTimeout);
    let bare = history([plain("core", "1_a").up("SELECT pg_sleep(60)").without_transaction()]);
    assert_eq!(upgrade_all(&mut database, &bare).expect_err("is slow").code(), Code::StatementTimeout);
    // Outside migrations nobody is hurried.
    assert_eq!(text(&mut database, "current_setting('statement_timeout')"), "0");
}

#[test]
fn who_may_not_is_told_so() {
    let server = postgres();
    let role = format!("reader_{}", server.name());
    server.execute(&format!("CREATE ROLE {role} LOGIN; REVOKE CREATE ON SCHEMA public FROM public"));
    let url = server.url().replace("postgres://autogen@", &format!("postgres://{role}@"));
    let mut database = Database::open(&DatabaseUrl::parse(&url).expect("is a URL"), false).expect("opens");
    let error = upgrade_all(&mut database, &history([plain("core", "1_a")])).expect_err("may not");
    assert_eq!(error.code(), Code::NotAllowed);
    assert_eq!(error.to_string(), "core's 1_a failed: permission denied for schema public");
    drop(database);
    server.execute(&format!("DROP ROLE {role}"));
}

#[test]
fn diesel_itself_agrees_about_what_is_applied() {
    use diesel_migrations::{FileBasedMigrations, MigrationHarness};
    let root = tempfile::tempdir().expect("temporary folder");
    std::fs::create_dir_all(root.path().join("migrations/2020-01-01-000000_a")).expect("create");
    std::fs::write(root.path().join("migrations/2020-01-01-000000_a/up.sql"), "CREATE TABLE a (b int);")
        .expect("write");
    let host = Host::load(root.path()).expect("loads");
    let server = postgres();
    let mut database = open(&server);
    upgrade_all(&mut database, &load(&host, Dialect::Postgres).expect("loads")).expect("applies");
    let Database::Postgres(connection) = &mut database else { panic!("a PostgreSQL database") };
    let source = FileBasedMigrations::from_path(root.path().join("migrations")).expect("is a source");
    assert!(!connection.has_pending_migration(source).expect("reads"));
}

#[test]
fn an_index_that_could_not_be_built_is_built_the_next_time() {
    let server = postgres();
    let mut database = open(&server);
    let index = "CREATE UNIQUE INDEX CONCURRENTLY \"An i\" ON \"a t\" (b);";
    let history = history([
        plain("core", "1_a").up("CREATE TABLE \"a t\" (b int); INSERT INTO \"a t\" VALUES (1), (1);"),
        plain("core", "2_index").up(index).without_transaction(),
    ]);
    let error = upgrade_all(&mut database, &history).expect_err("rows are alike");
    assert!(error.to_string().contains("could not create unique index"), "{error}");
    let valid = "SELECT string_agg(indisvalid::text, ' ') FROM pg_index WHERE indrelid = '\"a t\"'::regclass";
    assert_eq!(text(&mut database, valid), "false");
    database.execute("DELETE FROM \"a t\" WHERE ctid = '(0,1)'").expect("deletes");
    assert_eq!(upgrade_all(&mut database, &history).expect("applies").len(), 1);
    assert_eq!(text(&mut database, valid), "true");
}
