//! What a plugin's revision can't do on SQLite, by the program. `engine/tests/fence.rs` tries the same by a host.

use super::*;
use crate::error::Code;

const CORE: &str = include_str!("../../../../tests/attacks/host/core.sql");
const NOTES: &str = include_str!("../../../../tests/attacks/host/notes.sql");
const AUDIT: &str = include_str!("../../../../tests/attacks/host/audit.sql");

fn with(last: Option<Revision>) -> History {
    let base = [
        plain("core", "1_assets").up(CORE),
        plain("net", "2_notes").needs(&["1"]).up(NOTES),
        plain("core", "3_audit").needs(&["2"]).up(AUDIT),
    ];
    history(base.into_iter().chain(last.map(|last| last.needs(&["3"]))))
}

/// Everything, the plugin's own rows too: nothing of a revision that is refused runs.
fn everything(database: &mut Database) -> String {
    let rows = "SELECT group_concat(line) FROM (SELECT tag AS line FROM assets UNION ALL SELECT id || value FROM w_stat \
                UNION ALL SELECT a FROM nobodys UNION ALL SELECT n FROM notes UNION ALL SELECT name || seq FROM sqlite_sequence \
                UNION ALL SELECT version FROM __diesel_schema_migrations UNION ALL SELECT version || plugin FROM __autogen_ledger \
                UNION ALL SELECT user_version FROM pragma_user_version UNION ALL SELECT name FROM sqlite_temp_master)";
    schema(database) + &text(database, rows)
}

/// A database that the host has run on.
fn begun(file: &File) -> Database {
    let mut database = file.open();
    Link::execute(&mut database, "CREATE TABLE nobodys (a); INSERT INTO nobodys VALUES ('kept')").expect("runs");
    Link::execute(&mut database, "CREATE TEMP TABLE hosts (a)").expect("runs");
    upgrade_all(&mut database, &with(None)).expect("applies");
    database
}

#[test]
fn a_plugin_reaches_nothing_that_is_others() {
    let mut file = File::new();
    let mut database = begun(&file);
    let before = everything(&mut database);
    for sql in attacks(fence::SQLITE_LIST) {
        let attack = plain("net", "4_attack").up(&format!("UPDATE notes SET n = 7; {sql}"));
        for revision in [attack.clone(), attack.without_transaction()] {
            let in_transaction = revision.run_in_transaction;
            let error = upgrade_all(&mut database, &with(Some(revision))).expect_err(sql);
            let is_refused = [Code::ChangesAnothersTable, Code::NeedsTrust].contains(&error.code());
            assert!(is_refused || error.code() == Code::MigrationFailed, "{sql}: {error}");
            if is_refused || in_transaction {
                assert_eq!(everything(&mut database), before, "{sql}");
            } else {
                // What SQLite itself can't run stops where it stands, and half of the revision is done.
                file = File::new();
                database = begun(&file);
            }
        }
    }
}

/// What a plugin's trigger of an earlier revision does counts as the plugin's, however its name is written, and whoever had
/// one of that name before.
#[test]
fn a_trigger_of_before_is_still_the_plugins() {
    let file = File::new();
    let mut database = begun(&file);
    let trigger = "CREATE TABLE bait (id INTEGER PRIMARY KEY);
                   CREATE TRIGGER 'Quiet' AFTER INSERT ON notes BEGIN DELETE FROM bait; END; DROP TABLE bait";
    let quiet = "CREATE TRIGGER quiet AFTER INSERT ON assets BEGIN SELECT 1; END; DROP TRIGGER quiet";
    let base = |last: Option<Revision>| {
        let all = [
            plain("core", "1_assets").up(CORE),
            plain("net", "2_notes").needs(&["1"]).up(NOTES),
            plain("core", "3_audit").needs(&["2"]).up(&format!("{AUDIT}{quiet}")),
            plain("net", "4_trigger").needs(&["3"]).up(trigger),
            plain("core", "5_bait")
                .needs(&["4"])
                .up("CREATE TABLE bait (id INTEGER PRIMARY KEY); INSERT INTO bait VALUES (1)"),
        ];
        history(all.into_iter().chain(last.map(|last| last.needs(&["5"]))))
    };
    upgrade_all(&mut database, &base(None)).expect("applies");
    for sql in ["INSERT INTO notes (n) VALUES (1)", "INSERT INTO notes (n) SELECT 1 WHERE 0"] {
        let error = upgrade_all(&mut database, &base(Some(plain("net", "6_attack").up(sql)))).expect_err(sql);
        assert_eq!(error.code(), Code::ChangesAnothersTable, "{sql}: {error}");
    }
    assert_eq!(text(&mut database, "SELECT CAST(count(*) AS TEXT) FROM bait"), "1");
    // Others' triggers do what their owners arranged.
    let may = plain("net", "6_rid").up("DROP TRIGGER quiet; INSERT INTO notes (n) VALUES (1)");
    upgrade_all(&mut database, &base(Some(may))).expect("applies");
}
