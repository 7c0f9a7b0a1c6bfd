//! What a plugin's revision can't do on a real MariaDB or MySQL server, by the program and by a host.

use autogen_test_servers::mysql;

use super::*;

const CORE: &str =
    "CREATE TABLE assets (id INT AUTO_INCREMENT PRIMARY KEY, tag VARCHAR(40)); INSERT INTO assets (tag) VALUES ('one');
    CREATE VIEW tags AS SELECT * FROM assets;
    CREATE FUNCTION wipe() RETURNS INT BEGIN DELETE FROM assets; RETURN 1; END;
    CREATE TRIGGER tagged BEFORE INSERT ON assets FOR EACH ROW SET NEW.tag = NEW.tag;";
const NET: &str =
    "CREATE TABLE notes (id INT AUTO_INCREMENT PRIMARY KEY, n INT, t VARCHAR(40)); INSERT INTO notes (n) VALUES (1);";

/// A core and a plugin; then a revision.
fn with(last: Option<Revision>) -> History {
    let base = [plain("core", "1_core").up(CORE), plain("net", "2_net").needs(&["1"]).up(NET)];
    history(base.into_iter().chain(last.map(|last| last.needs(&["2"]))))
}

/// Whatever the plugin could have changed, and has not: its own rows too, for nothing takes back what has run.
fn everything(database: &mut Database) -> Vec<String> {
    let queries = [
        "SELECT tag FROM assets UNION ALL SELECT CAST(a AS CHAR) FROM nobodys UNION ALL SELECT CAST(n AS CHAR) FROM notes \
         UNION ALL SELECT version FROM __diesel_schema_migrations",
        "SELECT CONCAT_WS('|', TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, COLUMN_KEY) FROM information_schema.COLUMNS \
         WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1",
        "SELECT CONCAT_WS('|', TRIGGER_NAME, EVENT_OBJECT_TABLE, ACTION_STATEMENT) FROM information_schema.TRIGGERS \
         WHERE TRIGGER_SCHEMA = DATABASE() UNION ALL SELECT ROUTINE_NAME FROM information_schema.ROUTINES \
         WHERE ROUTINE_SCHEMA = DATABASE() UNION ALL SELECT EVENT_NAME FROM information_schema.EVENTS \
         WHERE EVENT_SCHEMA = DATABASE()",
    ];
    let rows = queries.iter().flat_map(|query| Link::rows(database, query, &[]).expect("reads"));
    rows.flatten().flatten().collect()
}

#[test]
fn a_plugin_reaches_nothing_that_is_others() {
    let server = mysql();
    let mut database = Database::open(&DatabaseUrl::parse(&server.url()).expect("is a URL"), false).expect("opens");
    server.execute("CREATE TABLE nobodys (a INT); INSERT INTO nobodys VALUES (1)");
    upgrade_all(&mut database, &with(None)).expect("applies");
    let before = everything(&mut database);
    let elsewhere = format!("DELETE FROM `{}`.assets", server.name());
    let elsewhere: &'static str = elsewhere.leak();
    for sql in attacks(include_str!("attacks/mysql.sql")).chain([elsewhere]) {
        let attack = plain("net", "3_attack").up(&format!("UPDATE notes SET n = 7;\n{sql};\n"));
        for (revision, is_hosts) in [(attack.clone(), false), (attack.without_transaction(), true)] {
            let history = with(Some(revision));
            let all: Vec<_> = history.revisions().iter().collect();
            let ran = match &mut database {
                Database::Mysql(own) if is_hosts => upgrade(&mut ***own, &history, &all, &mut |_| {}),
                any => upgrade(any, &history, &all, &mut |_| {}),
            };
            let error = ran.expect_err(sql);
            assert!(["changes-anothers-table", "needs-trust"].contains(&error.code()), "{sql}: {error}");
            assert_eq!(everything(&mut database), before, "{sql}");
        }
    }
}
