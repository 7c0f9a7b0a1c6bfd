//! Upgrading, downgrading and looking at real databases.

use std::sync::Barrier;

use super::*;
use crate::error::{Code, Error};

fn two_owners() -> History {
    history([
        plain("core", "1_assets").up("CREATE TABLE assets (id INTEGER PRIMARY KEY);").down("DROP TABLE assets;"),
        ours("usb", "2_devices", &[])
            .needs(&["1"])
            .up("CREATE TABLE \"order\" (\"a b🦀\");")
            .down("DROP TABLE \"order\";"),
        ours("usb", "3_rows", &["2"]).up("INSERT INTO \"order\" VALUES ('x;y');").down("DELETE FROM \"order\";"),
    ])
}

fn notes(error: &Error) -> Vec<&str> {
    error.diagnostics[1..].iter().map(|found| found.message.as_str()).collect()
}

#[test]
fn up_and_down_and_up_again() {
    let (file, history) = (File::new(), two_owners());
    let mut database = file.open();
    assert!(applied(&mut database).expect("reads").is_empty());
    assert_eq!(schema(&mut database), "NULL", "looking makes no table");

    let mut events = Vec::new();
    let rows = history.find("3_rows").expect("is there");
    let done = upgrade(&mut database, &history, &[rows], &mut |event| events.push(event.to_string())).expect("applies");
    assert_eq!(done, ["1", "2", "3"].map(Version::of));
    assert_eq!(events, ["applying core's 1_assets", "applying usb's 2_devices", "applying usb's 3_rows"]);
    assert_eq!(text(&mut database, "SELECT \"a b🦀\" FROM \"order\""), "x;y");
    assert!(upgrade_all(&mut database, &history).expect("in sync").is_empty());

    let up = schema(&mut database);
    let there = applied(&mut database).expect("reads");
    let unwanted = to_revert(&history, "usb", "base", &there).expect("a target");
    let done = downgrade(&mut database, &history, &unwanted, &mut |_| {}).expect("reverts");
    assert_eq!(done, ["3", "2"].map(Version::of));
    assert_eq!(applied(&mut database).expect("reads").len(), 1);
    upgrade_all(&mut database, &history).expect("applies again");
    assert_eq!(schema(&mut database), up);
}

#[test]
fn diesel_itself_agrees_about_what_is_applied() {
    use diesel_migrations::{FileBasedMigrations, MigrationHarness};
    let root = tempfile::tempdir().expect("temporary folder");
    std::fs::create_dir_all(root.path().join("migrations/2020-01-01-000000_a")).expect("create");
    std::fs::write(root.path().join("migrations/2020-01-01-000000_a/up.sql"), "CREATE TABLE a (b);").expect("write");
    let host = Host::load(root.path()).expect("loads");
    let mut database = Database::scratch(Dialect::Sqlite).expect("opens");
    upgrade_all(&mut database, &load(&host, Dialect::Sqlite).expect("loads")).expect("applies");
    let Database::Sqlite(connection) = &mut database else { panic!("an SQLite database") };
    let source = FileBasedMigrations::from_path(root.path().join("migrations")).expect("is a source");
    assert!(!connection.has_pending_migration(source).expect("reads"));
}

#[test]
fn status_tells_owner_by_owner() {
    let (file, history) = (File::new(), two_owners());
    let mut database = file.open();
    let before = status(&mut database, &history).expect("reads");
    assert_eq!(before.owners.iter().map(|owner| owner.pending.len()).collect::<Vec<_>>(), [1, 2]);
    let first = history.find("2_devices").expect("is there");
    upgrade(&mut database, &history, &[first], &mut |_| {}).expect("applies");
    database.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('20261121071100lost')").expect("runs");
    let status = status(&mut database, &history).expect("reads");
    let [core, usb] = &status.owners[..] else { panic!("two owners") };
    assert_eq!((core.owner, names(core.applied.clone()), core.pending.len()), ("core", vec!["1_assets"], 0));
    assert_eq!((names(usb.heads.clone()), names(usb.pending.clone())), (vec!["3_rows"], vec!["3_rows"]));
    assert_eq!(status.unknown.iter().map(Version::owner_hint).collect::<Vec<_>>(), [Some("lost")]);
    assert!(!status.is_up_to_date());
}

#[test]
fn a_failing_revision_leaves_nothing() {
    let broken = "UPDATE assets SET id = 7;\r\nCREATE TABLE half (a);\r\n-- é\r\n  INSERT INTO\n  assets VALUES (7);";
    let history = history([
        plain("core", "1_a").up("CREATE TABLE assets (id INTEGER PRIMARY KEY); INSERT INTO assets VALUES (1);"),
        plain("core", "2_b").up("CREATE TABLE b (c);"),
        plain("core", "3_broken").up(broken),
        plain("core", "4_never").up("CREATE TABLE never (a);"),
    ]);
    let file = File::new();
    let mut database = file.open();
    upgrade(&mut database, &history, &[&history.revisions()[0]], &mut |_| {}).expect("applies");
    let error = upgrade_all(&mut database, &history).expect_err("breaks");
    assert_eq!(error.code(), Code::MigrationFailed);
    assert_eq!(
        error.to_string(),
        "core's 3_broken failed at `INSERT INTO assets VALUES (7)`: UNIQUE constraint failed: assets.id"
    );
    assert_eq!(error.diagnostics[0].labels[0].place.to_string(), "core/migrations/3_broken/up.sql:4:3");
    assert_eq!(notes(&error), ["applied before it, and staying so: core's 2_b"]);
    assert_eq!(text(&mut database, "SELECT group_concat(id) FROM assets"), "1");
    assert!(!schema(&mut database).contains("half"));
    assert_eq!(applied(&mut database).expect("reads"), ["1", "2"].map(Version::of).into());
    // The connection is good for more.
    database.execute("BEGIN; COMMIT").expect("no transaction is left open");
}

#[test]
fn a_first_revision_that_fails_leaves_an_empty_database() {
    let history = history([plain("core", "1_a").up("CREATE TABLE a (b); NONSENSE;")]);
    let file = File::new();
    let mut database = file.open();
    let error = upgrade_all(&mut database, &history).expect_err("breaks");
    assert_eq!(error.to_string(), "core's 1_a failed at `NONSENSE`: near \"NONSENSE\": syntax error");
    assert_eq!(schema(&mut database), "NULL");
}

#[test]
fn failures_at_the_commit_and_rollbacks_by_sqlite_leave_nothing() {
    let base = "CREATE TABLE a (id INTEGER PRIMARY KEY, p REFERENCES a DEFERRABLE INITIALLY DEFERRED);\
                CREATE TRIGGER t BEFORE DELETE ON a BEGIN SELECT RAISE(ROLLBACK, 'no; never'); END;\
                INSERT INTO a VALUES (1, NULL);";
    for (sql, message) in [
        ("INSERT INTO a VALUES (2, 9);", "FOREIGN KEY constraint failed"),
        ("CREATE TABLE b (c); DELETE FROM a;", "no; never"),
        ("CREATE TABLE b (c); COMMIT; SELECT 1;", "it ends the transaction"),
    ] {
        let history = history([plain("core", "1_a").up(base), plain("core", "2_b").up(sql)]);
        let file = File::new();
        let mut database = file.open();
        let error = upgrade_all(&mut database, &history).expect_err("breaks");
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!(text(&mut database, "SELECT group_concat(id) FROM a"), "1");
        assert!(!schema(&mut database).contains("TABLE b"), "{sql}");
        assert_eq!(applied(&mut database).expect("reads").len(), 1);
        database.execute("BEGIN; COMMIT").expect("no transaction is left open");
        // What was wrong once is no reason to refuse what is right.
        let again = super::history([plain("core", "1_a").up(base), plain("core", "3_c").up("CREATE TABLE c (d);")]);
        assert_eq!(upgrade_all(&mut database, &again).expect("applies"), [Version::of("3")]);
    }
}

#[test]
fn files_that_want_no_transaction_run_as_diesel_runs_them() {
    let vacuum = plain("core", "1_vacuum").up("CREATE TABLE a (b); VACUUM;").without_transaction();
    let own = plain("core", "2_own").up("BEGIN; CREATE TABLE c (d); COMMIT; CREATE TABLE e (f);").without_transaction();
    // Once hand-edited, a revision of ours may do the same.
    let edited = ours("core", "3_edited", &["2"]).up("BEGIN; CREATE TABLE g (h); COMMIT;").without_transaction();
    let broken = plain("core", "4_broken")
        .up("PRAGMA foreign_keys = OFF; CREATE TABLE stays (a); BEGIN; CREATE TABLE goes (a); NONSENSE;")
        .without_transaction();
    let file = File::new();
    let mut database = file.open();
    let error = upgrade_all(&mut database, &history([vacuum, own, edited, broken])).expect_err("breaks");
    let help = error.diagnostics[0].help.as_deref().unwrap_or_default();
    assert!(help.contains("the first 2 of its 5 statements stay"), "{help}");
    assert_eq!(applied(&mut database).expect("reads").len(), 3);
    let schema = schema(&mut database);
    assert!(schema.contains("stays") && !schema.contains("goes"), "{schema}");
    assert_eq!(text(&mut database, "SELECT foreign_keys FROM pragma_foreign_keys"), "1");
}

#[test]
fn an_empty_file_is_refused_but_a_comment_is_fine() {
    let mut database = Database::scratch(Dialect::Sqlite).expect("opens");
    let error = upgrade_all(&mut database, &history([plain("core", "1_a").up("")])).expect_err("is empty");
    assert_eq!(error.code(), Code::EmptyMigration);
    upgrade_all(&mut database, &history([plain("core", "1_a").up("-- later")])).expect("is fine");
}

#[test]
fn a_missing_dependency_stops_only_whoever_needs_it_now() {
    let history = history([plain("core", "1_a"), ours("usb", "2_b", &[]).needs(&["2026-11-21-071100-net"])]);
    let mut database = Database::scratch(Dialect::Sqlite).expect("opens");
    let error = upgrade_all(&mut database, &history).expect_err("net is gone");
    assert_eq!(error.code(), Code::UnknownDependency);
    assert_eq!(error.to_string(), "usb's 2_b depends on `20261121071100net` of `net`, which no chain holds");
    assert!(applied(&mut database).expect("reads").is_empty());
    upgrade(&mut database, &history, &[&history.revisions()[0]], &mut |_| {}).expect("core needs nothing");
    database.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('20261121071100net')").expect("runs");
    upgrade_all(&mut database, &history).expect("net had been there");
}

#[test]
fn nothing_is_reverted_from_under_others() {
    let history = two_owners();
    let mut database = Database::scratch(Dialect::Sqlite).expect("opens");
    upgrade_all(&mut database, &history).expect("applies");
    let assets = history.find("1_assets").expect("is there");
    let error = downgrade(&mut database, &history, &[assets], &mut |_| {}).expect_err("usb needs it");
    assert_eq!(error.code(), Code::HasDependents);
    assert_eq!(error.to_string(), "applied revisions need what would be reverted: usb's 2_devices, usb's 3_rows");
    let all: Vec<_> = history.revisions().iter().collect();
    assert_eq!(downgrade(&mut database, &history, &all, &mut |_| {}).expect("reverts").len(), 3);
    assert!(downgrade(&mut database, &history, &all, &mut |_| {}).expect("nothing left").is_empty());
}

#[test]
fn no_way_back_is_found_out_before_the_first_step() {
    for down in [None, Some(" \r\n".to_owned())] {
        let first = Revision { down, ..plain("core", "1_a") };
        let history = history([first, plain("core", "2_b").down("CREATE TABLE reverted (a);")]);
        let mut database = Database::scratch(Dialect::Sqlite).expect("opens");
        upgrade_all(&mut database, &history).expect("applies");
        let all: Vec<_> = history.revisions().iter().collect();
        assert_eq!(downgrade(&mut database, &history, &all, &mut |_| {}).expect_err("no way").code(), Code::NoDown);
        assert_eq!(applied(&mut database).expect("reads").len(), 2);
        assert!(!schema(&mut database).contains("reverted"));
    }
}

#[test]
fn a_failing_down_keeps_what_was_reverted_before() {
    let history = history([plain("core", "1_a").down("DROP TABLE none;"), plain("core", "2_b")]);
    let mut database = Database::scratch(Dialect::Sqlite).expect("opens");
    upgrade_all(&mut database, &history).expect("applies");
    let all: Vec<_> = history.revisions().iter().collect();
    let error = downgrade(&mut database, &history, &all, &mut |_| {}).expect_err("breaks");
    assert_eq!(error.to_string(), "core's 1_a failed to be reverted at `DROP TABLE none`: no such table: none");
    assert_eq!(notes(&error), ["reverted before it, and staying so: core's 2_b"]);
    assert_eq!(applied(&mut database).expect("reads"), ["1"].map(Version::of).into());
}

#[test]
fn programs_that_start_at_once_apply_each_revision_once() {
    const PROGRAMS: usize = 4;
    let begin = plain("core", "000_log").up("CREATE TABLE log (n INTEGER);");
    let insert = |n: usize| plain("core", &format!("{n:03}_row")).up(&format!("INSERT INTO log VALUES ({n});"));
    let history = history((1..40).map(insert).chain([begin]));
    let (file, barrier) = (File::new(), Barrier::new(PROGRAMS));
    let done: usize = std::thread::scope(|scope| {
        let programs: Vec<_> = (0..PROGRAMS)
            .map(|_| {
                scope.spawn(|| {
                    let mut database = file.open();
                    barrier.wait();
                    upgrade_all(&mut database, &history).expect("applies").len()
                })
            })
            .collect();
        programs.into_iter().map(|program| program.join().expect("ends")).sum()
    });
    assert_eq!(done, 40);
    assert_eq!(text(&mut file.open(), "SELECT count(*) || ' ' || count(DISTINCT n) FROM log"), "39 39");
}

#[test]
fn a_busy_database_is_said_to_be_busy() {
    let file = File::new();
    let mut other = file.open();
    other.execute("BEGIN IMMEDIATE").expect("locks");
    let mut database = file.open();
    database.execute("PRAGMA busy_timeout = 0").expect("sets");
    let error = upgrade_all(&mut database, &history([plain("core", "1_a")])).expect_err("is locked");
    assert_eq!(error.code(), Code::DatabaseBusy);
    other.execute("ROLLBACK").expect("unlocks");
    upgrade_all(&mut database, &history([plain("core", "1_a")])).expect("is free");
}
