//! What a plugin's revision can't do on a real MariaDB or MySQL server, by the program and by a host.

use autogen_test_servers::{MysqlKind, mysql_on};

use crate::error::Code;

use super::*;

const CORE: &str = include_str!("../../../../tests/attacks/host/core.mysql.sql");
const NET: &str = include_str!("../../../../tests/attacks/host/net.mysql.sql");

/// A core and a plugin; then a revision.
fn with(last: Option<Revision>) -> History {
    let base = [plain("core", "1_core").up(CORE), plain("net", "2_net").needs(&["1"]).up(NET)];
    history(base.into_iter().chain(last.map(|last| last.needs(&["2"]))))
}

/// Whatever the plugin could have changed, and has not: its own rows too, for nothing takes back what has run.
fn everything(database: &mut Database) -> Vec<String> {
    let queries = include_str!("../../../../tests/attacks/host/others.mysql.sql").lines();
    let rows = queries.flat_map(|query| Link::rows(database, query, &[]).expect("reads"));
    rows.flatten().flatten().collect()
}

#[test]
fn a_plugin_reaches_nothing_that_is_others() {
    MysqlKind::of_this_run().for_each(reaches_nothing);
}

fn reaches_nothing(kind: MysqlKind) {
    let server = mysql_on(kind);
    let mut database = Database::open(&DatabaseUrl::parse(&server.url()).expect("is a URL"), false).expect("opens");
    server.execute("CREATE TABLE nobodys (a INT); INSERT INTO nobodys VALUES (1)");
    upgrade_all(&mut database, &with(None)).expect("applies");
    let before = everything(&mut database);
    let elsewhere = format!("DELETE FROM `{}`.assets", server.name());
    let elsewhere: &'static str = elsewhere.leak();
    for sql in attacks(fence::MYSQL_LIST).chain([elsewhere]) {
        let attack = plain("net", "3_attack").up(&format!("UPDATE notes SET n = 7;\n{sql};\n"));
        for (revision, is_hosts) in [(attack.clone(), false), (attack.without_transaction(), true)] {
            let history = with(Some(revision));
            let all: Vec<_> = history.revisions().iter().collect();
            let ran = match &mut database {
                Database::Mysql(own) if is_hosts => upgrade(&mut ***own, &history, &all, &mut |_| {}),
                any => upgrade(any, &history, &all, &mut |_| {}),
            };
            let error = ran.expect_err(sql);
            assert!([Code::ChangesAnothersTable, Code::NeedsTrust].contains(&error.code()), "{kind}: {sql}: {error}");
            assert_eq!(everything(&mut database), before, "{kind}: {sql}");
        }
    }
}

#[test]
fn a_session_is_handed_back_as_it_was() {
    MysqlKind::of_this_run().for_each(hands_session_back);
}

fn hands_session_back(kind: MysqlKind) {
    let server = mysql_on(kind);
    let mut database = Database::open(&DatabaseUrl::parse(&server.url()).expect("is a URL"), false).expect("opens");
    upgrade_all(&mut database, &with(None)).expect("applies");
    let settings = "SHOW SESSION VARIABLES WHERE Variable_name REGEXP 'checks|character_set|collation|time_zone|isolation|lock_wait'";
    let before = Link::rows(&mut database, settings, &[]).expect("reads");
    let own = "SET foreign_key_checks = 0, SESSION unique_checks = 0; SET NAMES utf8mb3; SET time_zone = '+01:00'; \
               SET SESSION TRANSACTION ISOLATION LEVEL READ UNCOMMITTED; SET lock_wait_timeout = 7; \
               CREATE TEMPORARY TABLE `Kept` (n INT); INSERT INTO notes (n) SELECT n FROM `Kept`";
    for (sql, ends) in [(own.to_owned(), true), (format!("{own}; INSERT INTO notes (nowhere) VALUES (1)"), false)] {
        let history = with(Some(plain("net", "3_own").up(&sql)));
        let all: Vec<_> = history.revisions().iter().collect();
        let Database::Mysql(hosts) = &mut database else { panic!("is another database") };
        assert_eq!(upgrade(&mut ***hosts, &history, &all, &mut |_| {}).is_ok(), ends);
        assert_eq!(Link::rows(&mut database, settings, &[]).expect("reads"), before, "{sql}");
        assert!(Link::rows(&mut database, "SELECT n FROM `Kept`", &[]).is_err(), "{sql}");
        if ends {
            downgrade(&mut database, &history, &[all[2]], &mut |_| {}).expect("reverts");
        }
    }
}

#[test]
fn a_name_that_is_free_by_then_is_the_plugins() {
    MysqlKind::of_this_run().for_each(takes_free_name);
}

fn takes_free_name(kind: MysqlKind) {
    let server = mysql_on(kind);
    let mut database = Database::open(&DatabaseUrl::parse(&server.url()).expect("is a URL"), false).expect("opens");
    let base = [plain("core", "1_core").up("CREATE TABLE `Assets` (id INT)"), plain("net", "2_net").up(NET)];
    upgrade_all(&mut database, &history(base.clone())).expect("applies");
    let later = [
        plain("core", "3_gone").up("DROP TABLE IF EXISTS `Assets`"),
        plain("net", "4_own")
            .up("RENAME TABLE notes TO remarks; CREATE TABLE assets (n INT); INSERT INTO assets VALUES (1)"),
        plain("usb", "5_own").up("CREATE TABLE notes (n INT); INSERT INTO notes VALUES (1)"),
    ];
    let early = history(base.iter().chain(&later[1..]).cloned());
    let refused = upgrade_all(&mut database, &early).expect_err("is the core's");
    assert_eq!(refused.code(), crate::error::Code::ChangesAnothersTable, "{kind}");
    upgrade_all(&mut database, &history(base.into_iter().chain(later))).expect("applies");
}

/// What a plugin's trigger of an earlier revision does counts as the plugin's, and others' do what their owners arranged.
#[test]
fn a_trigger_of_before_is_still_the_plugins() {
    MysqlKind::of_this_run().for_each(keeps_trigger);
}

fn keeps_trigger(kind: MysqlKind) {
    let server = mysql_on(kind);
    let mut database = Database::open(&DatabaseUrl::parse(&server.url()).expect("is a URL"), false).expect("opens");
    let trigger = "CREATE TABLE bait (id INT);
                   CREATE TRIGGER quiet AFTER INSERT ON notes FOR EACH ROW DELETE FROM bait; DROP TABLE bait;";
    let core = "CREATE TABLE bait (id INT); INSERT INTO bait VALUES (1); CREATE TABLE log (id INT);
                CREATE TRIGGER logged AFTER UPDATE ON notes FOR EACH ROW INSERT INTO log VALUES (1);";
    let base = |last: Option<Revision>| {
        let all = [
            plain("core", "1_core").up(CORE),
            plain("net", "2_net").needs(&["1"]).up(NET),
            plain("net", "3_trigger").needs(&["2"]).up(trigger),
            plain("core", "4_bait").needs(&["3"]).up(core),
        ];
        history(all.into_iter().chain(last.map(|last| last.needs(&["4"]))))
    };
    upgrade_all(&mut database, &base(None)).expect("applies");
    for sql in ["INSERT INTO notes (n) VALUES (1);", "UPDATE notes SET n = 2;"] {
        let error = upgrade_all(&mut database, &base(Some(plain("net", "5_attack").up(sql)))).expect_err(sql);
        assert_eq!(error.code(), Code::ChangesAnothersTable, "{kind}: {sql}: {error}");
    }
    let rows = Link::rows(&mut database, "SELECT CAST(COUNT(*) AS CHAR) FROM bait", &[]).expect("reads");
    assert_eq!(rows, [[Some("1".to_owned())]]);
    let may = "DROP TRIGGER quiet; INSERT INTO notes (n) VALUES (1); UPDATE notes SET n = 2;
               CREATE TABLE likes (id INT, c VARCHAR(9), CHECK (c LIKE 'a%')); CREATE TABLE n2 LIKE notes;
               CREATE TEMPORARY TABLE scratch AS SELECT n FROM notes; DELETE FROM scratch; DROP TEMPORARY TABLE scratch;
               ALTER TABLE likes ADD engine INT, ADD `after` INT AFTER engine; ALTER TABLE likes ENGINE = InnoDB, COMMENT = 'x';
               CREATE VIEW seen AS SELECT n FROM notes; DROP VIEW seen; CREATE TABLE seen (n INT); INSERT INTO seen VALUES (1);";
    upgrade_all(&mut database, &base(Some(plain("net", "5_rid").up(may)))).expect("applies");
    let rows = Link::rows(&mut database, "SELECT CAST(COUNT(*) > 0 AS CHAR) FROM log", &[]).expect("reads");
    assert_eq!(rows, [[Some("1".to_owned())]], "{kind}");
}
