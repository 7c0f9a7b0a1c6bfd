//! What the ledger says beside Diesel's table, and what programs that die leave to the next one.

use super::*;
use crate::error::Code;

fn chain() -> History {
    history([
        plain("core", "1_a")
            .up("CREATE TABLE assets (id INTEGER PRIMARY KEY); -- and its view\nCREATE VIEW v AS SELECT 1;"),
        ours("usb", "2026-11-21-071100-usb_b", &[]).needs(&["1"]).up("CREATE TABLE \"order\" (a);"),
        ours("usb", "2026-11-21-071101-usb_c", &["20261121071100usb"])
            .up("ALTER TABLE \"order\" RENAME TO \"a\nb🦀\";")
            .down("ALTER TABLE \"a\nb🦀\" RENAME TO \"order\";"),
    ])
}

fn with_up(history: &History, at: usize, up: &str) -> History {
    let mut revisions = history.revisions().to_vec();
    revisions[at].up = up.to_owned();
    History::from_revisions(revisions).expect("is sound")
}

#[test]
fn an_entry_says_whose_a_revision_is_and_what_it_made() {
    let (file, history) = (File::new(), chain());
    let mut database = file.open();
    assert!(ledger(&mut database).expect("reads").is_empty());
    upgrade_all(&mut database, &history).expect("applies");
    let entries = ledger(&mut database).expect("reads");
    let made = |version: &str| entries[&Version::of(version)].made.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        (made("1"), made("20261121071100usb"), made("20261121071101usb")),
        (vec!["assets".to_owned(), "v".to_owned()], vec!["order".to_owned()], vec!["a\nb🦀".to_owned()])
    );
    let last = &entries[&Version::of("20261121071101usb")];
    assert_eq!(
        (last.plugin.as_str(), last.name.as_str(), last.state),
        ("usb", "2026-11-21-071101-usb_c", State::Applied)
    );
    assert_eq!((last.revises.as_slice(), last.tool.as_str()), ([Version::of("20261121071100usb")].as_slice(), "0.1.0"));
    assert!(last.done.is_some() && last.begun.starts_with("20"), "{last:?}");
    downgrade(&mut database, &history, &[&history.revisions()[2]], &mut |_| {}).expect("reverts");
    assert_eq!(ledger(&mut database).expect("reads").len(), 2);
}

#[test]
fn a_revision_that_fails_leaves_no_entry() {
    let file = File::new();
    let mut database = file.open();
    let broken = with_up(&chain(), 2, "ALTER TABLE \"order\" RENAME TO o; NONSENSE");
    upgrade_all(&mut database, &broken).expect_err("breaks");
    assert_eq!(ledger(&mut database).expect("reads").len(), 2);
    assert_eq!(applied(&mut database).expect("reads").len(), 2);
}

#[test]
fn comments_and_spaces_are_no_edit_but_words_are() {
    let (file, history) = (File::new(), chain());
    let mut database = file.open();
    upgrade_all(&mut database, &history).expect("applies");
    let spaced = with_up(&history, 1, "-- what for?\r\nCREATE\tTABLE \"order\"\n(a);/* so */");
    assert!(status(&mut database, &spaced).expect("reads").is_up_to_date());
    let edited = with_up(&history, 1, "CREATE TABLE \"order\" (a, b);");
    let status = status(&mut database, &edited).expect("reads");
    assert_eq!(names(status.owners[1].edited.clone()), ["2026-11-21-071100-usb_b"]);
    assert!(!status.is_up_to_date());
    assert!(upgrade_all(&mut database, &edited).expect("nothing waits for it").is_empty());
    let repaired = repair(&mut database, &edited).expect("writes");
    assert_eq!(repaired.renewed, [Version::of("20261121071100usb")]);
    assert!(super::status(&mut database, &edited).expect("reads").is_up_to_date());
    assert_eq!(repair(&mut database, &edited).expect("nothing left"), Repaired::default());
}

#[test]
fn what_other_programs_did_is_noticed_and_diesels_table_wins() {
    let (file, history) = (File::new(), chain());
    let mut database = file.open();
    upgrade_all(&mut database, &history).expect("applies");
    database
        .execute(
            "DELETE FROM __autogen_ledger WHERE version = '1';
             DELETE FROM __diesel_schema_migrations WHERE version = '20261121071101usb';
             ALTER TABLE \"a\nb🦀\" RENAME TO \"order\";",
        )
        .expect("runs");
    let found = status(&mut database, &history).expect("reads");
    assert_eq!(names(found.unrecorded.clone()), ["1_a"]);
    assert_eq!(found.stale.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>(), ["2026-11-21-071101-usb_c"]);
    assert_eq!(names(found.owners[1].pending.clone()), ["2026-11-21-071101-usb_c"]);
    let repaired = repair(&mut database, &history).expect("writes");
    assert_eq!((repaired.added, repaired.removed), (vec![Version::of("1")], vec![Version::of("20261121071101usb")]));
    assert_eq!(upgrade_all(&mut database, &history).expect("applies").len(), 1);
    assert!(status(&mut database, &history).expect("reads").is_up_to_date());
}

#[test]
fn a_plugin_that_is_gone_is_still_known_by_name() {
    let (file, history) = (File::new(), chain());
    let mut database = file.open();
    upgrade_all(&mut database, &history).expect("applies");
    let without = super::history([history.revisions()[0].clone()]);
    let found = status(&mut database, &without).expect("reads");
    assert_eq!(found.unknown.iter().map(|version| found.owner_of(version)).collect::<Vec<_>>(), [Some("usb"); 2]);
    assert_eq!(found.gone.len(), 2);
    assert_eq!(repair(&mut database, &without).expect("keeps it"), Repaired::default());
    assert!(upgrade_all(&mut database, &without).expect("nothing to do").is_empty());
}

/// Statements that no transaction holds together: each is noted with what it does.
fn loose(up: &str) -> History {
    history([plain("core", "1_a").up(up).down("DROP TABLE a; DROP TABLE gone;").without_transaction()])
}

#[test]
fn what_stopped_in_the_middle_goes_on_there() {
    let file = File::new();
    let mut database = file.open();
    let begin = "PRAGMA foreign_keys = OFF;\nCREATE TABLE a (n); INSERT INTO a VALUES (1);";
    let error = upgrade_all(&mut database, &loose(&format!("{begin} NONSENSE; INSERT INTO a VALUES (2)")));
    let error = error.expect_err("breaks");
    let help = error.diagnostics[0].help.as_deref().unwrap_or_default();
    assert!(help.starts_with("it runs without a transaction: the first 3 of its 5 statements stay; fix"), "{help}");
    let edited = loose("CREATE TABLE a (n, m); INSERT INTO a VALUES (1); INSERT INTO a VALUES (2)");
    let half_done = status(&mut database, &edited).expect("reads").half_done;
    assert_eq!(half_done[0].state.to_string(), "applied up to statement 3 of 5");
    let error = upgrade_all(&mut database, &edited).expect_err("what ran isn't there");
    assert_eq!(error.code(), Code::HalfDone);
    let mended = loose(&format!("{begin} INSERT INTO a VALUES ((SELECT foreign_keys FROM pragma_foreign_keys) + 2)"));
    assert_eq!(upgrade_all(&mut database, &mended).expect("goes on").len(), 1);
    assert_eq!(text(&mut database, "SELECT group_concat(n) FROM a"), "1,2", "settings were made again");
    assert!(status(&mut database, &mended).expect("reads").is_up_to_date());
    // The way back stops in the middle, and goes on there.
    let all: Vec<_> = mended.revisions().iter().collect();
    downgrade(&mut database, &mended, &all, &mut |_| {}).expect_err("there is no such table");
    let half_done = status(&mut database, &mended).expect("reads").half_done;
    assert_eq!(half_done[0].state.to_string(), "reverted up to statement 1 of 2");
    database.execute("CREATE TABLE gone (n)").expect("runs");
    downgrade(&mut database, &mended, &all, &mut |_| {}).expect("goes on");
    assert!(ledger(&mut database).expect("reads").is_empty() && applied(&mut database).expect("reads").is_empty());
}

#[test]
fn what_a_script_rolls_back_itself_is_run_again() {
    let file = File::new();
    let mut database = file.open();
    let broken = "CREATE TABLE a (n); BEGIN; INSERT INTO a VALUES (1); NONSENSE; COMMIT; INSERT INTO a VALUES (2)";
    upgrade_all(&mut database, &loose(broken)).expect_err("breaks");
    assert_eq!(text(&mut database, "SELECT count(*) FROM a"), "0");
    upgrade_all(&mut database, &loose(&broken.replace("NONSENSE", "SELECT 1"))).expect("goes on");
    assert_eq!(text(&mut database, "SELECT group_concat(n) FROM a"), "1,2");
}

/// A program that was killed has said who it is and can't take it back.
#[test]
fn whoever_was_killed_is_waited_for_only_briefly() {
    let file = File::new();
    let mut database = file.open();
    upgrade_all(&mut database, &loose("CREATE TABLE a (n); NONSENSE")).expect_err("breaks");
    database.execute("UPDATE __autogen_ledger SET holder = 'somebody'").expect("runs");
    let started = std::time::Instant::now();
    upgrade_all(&mut database, &loose("CREATE TABLE a (n); INSERT INTO a VALUES (1)")).expect("takes over");
    assert!(started.elapsed().as_secs() >= 5, "others may still be at it");
    assert_eq!(text(&mut database, "SELECT count(*) FROM a"), "1");
}

#[test]
fn programs_that_start_at_once_run_loose_statements_once() {
    const PROGRAMS: usize = 8;
    let statements: String = (0..20).map(|n| format!("INSERT INTO a VALUES ({n});")).collect();
    let history = loose(&format!("CREATE TABLE a (n); {statements} VACUUM;"));
    let (file, barrier) = (File::new(), std::sync::Barrier::new(PROGRAMS));
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
    assert_eq!(done, 1);
    assert_eq!(text(&mut file.open(), "SELECT count(*) || ' ' || count(DISTINCT n) FROM a"), "20 20");
}
