//! What a plugin's revision can't reach on SQLite, over a connection of the host's own, and what it can.

use autogen::embedded::{Chain, Migration};
use autogen::error::Code;
use autogen::{Host, Plugin};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

const CORE: &str = include_str!("attacks/host/core.sql");
const NOTES: &str = include_str!("attacks/host/notes.sql");
const AUDIT: &str = include_str!("attacks/host/audit.sql");

fn plugin(name: &'static str, migrations: &[(&'static str, &str, bool)]) -> Plugin {
    let migration = |(name, up, in_transaction): &(&'static str, &str, bool)| Migration {
        name,
        up: up.to_string().leak(),
        down: None,
        metadata: Some(format!("run_in_transaction = {in_transaction}").leak()),
    };
    let migrations: &'static [Migration] = migrations.iter().map(migration).collect::<Vec<_>>().leak();
    Plugin { name, chains: vec![Chain { dialect: None, migrations }].leak() }
}

/// A host that has run, and what it would be with one more revision of its plugin.
fn host(more: Option<(&str, bool)>) -> Host {
    let core = [("2026-11-20-000000-core_assets", CORE, true), ("2026-11-20-000002-core_audit", AUDIT, true)];
    let mut notes = vec![("2026-11-20-000001-net_notes", NOTES, true)];
    notes.extend(more.map(|(up, in_transaction)| ("2026-11-21-000000-net_more", up, in_transaction)));
    // The host's hand-written chain comes first, and its trigger needs the plugin's table.
    Host::new([plugin("core", &core[..1]), plugin("net", &notes), plugin("later", &core[1..])]).trust("later")
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Nullable<Text>)]
    line: Option<String>,
}

/// Everything that isn't the plugin's.
fn others(connection: &mut SqliteConnection) -> Vec<Option<String>> {
    let query = "SELECT tag AS line FROM assets UNION ALL SELECT id || value FROM w_stat UNION ALL SELECT a FROM nobodys \
                 UNION ALL SELECT a FROM temp.hosts UNION ALL SELECT seq FROM sqlite_sequence WHERE name = 'assets' \
                 UNION ALL SELECT version FROM __diesel_schema_migrations WHERE version NOT LIKE '20261121%' \
                 UNION ALL SELECT version || plugin || made FROM __autogen_ledger WHERE version NOT LIKE '20261121%' \
                 UNION ALL SELECT sql FROM sqlite_master WHERE tbl_name IN ('assets', 'audit', 'tags', 'w_stat', 'nobodys') \
                 UNION ALL SELECT name FROM sqlite_temp_master UNION ALL SELECT user_version FROM pragma_user_version";
    let lines: Vec<Line> = diesel::sql_query(query).load(connection).expect("all are there");
    lines.into_iter().map(|line| line.line).collect()
}

fn database() -> SqliteConnection {
    let mut connection = SqliteConnection::establish(":memory:").expect("opens");
    connection
        .batch_execute(
            "CREATE TABLE nobodys (a); INSERT INTO nobodys VALUES ('kept');
             CREATE TEMP TABLE hosts (a); INSERT INTO hosts VALUES ('kept')",
        )
        .expect("runs");
    host(None).upgrade(&mut connection).expect("applies");
    connection
}

#[test]
fn no_statement_of_a_plugins_reaches_what_is_anothers() {
    for attack in include_str!("attacks/sqlite.sql").lines().filter(|line| !line.starts_with("-- ")) {
        for in_transaction in [true, false] {
            let mut connection = database();
            let before = others(&mut connection);
            let framed = format!("BEGIN; {attack}; COMMIT");
            let texts = if in_transaction { vec![attack] } else { vec![attack, framed.as_str()] };
            for text in texts {
                let ran = host(Some((text, in_transaction))).upgrade(&mut connection);
                assert_eq!(others(&mut connection), before, "{text}");
                let error = ran.expect_err(text);
                let code = error.code();
                assert!(
                    [Code::ChangesAnothersTable, Code::NeedsTrust, Code::MigrationFailed].contains(&code),
                    "{text}: {error}"
                );
            }
        }
    }
}

#[test]
fn a_host_that_only_looks_is_told_what_would_be_refused() {
    let mut connection = database();
    let error = host(Some(("DELETE FROM assets", true))).check(&mut connection).expect_err("is pending, and refused");
    let codes: Vec<_> = error.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(codes, [Code::DatabaseBehind, Code::ChangesAnothersTable]);
}

#[test]
fn a_revision_leaves_the_settings_of_its_connection_as_they_were() {
    let text = "PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; UPDATE notes SET n = 4; VACUUM";
    for (more, in_transaction) in [(&text[..text.len() - 8], true), (text, false)] {
        let mut connection = database();
        connection.batch_execute("PRAGMA foreign_keys = ON").expect("is known");
        host(Some((more, in_transaction))).trust("net").upgrade(&mut connection).expect("is trusted");
        let query =
            "SELECT foreign_keys || legacy_alter_table AS line FROM pragma_foreign_keys, pragma_legacy_alter_table";
        let lines: Vec<Line> = diesel::sql_query(query).load(&mut connection).expect("are known");
        assert_eq!(lines.into_iter().next().and_then(|line| line.line).as_deref(), Some("10"), "{more}");
    }
}

/// What a plugin does to its own.
const OWN: &[&str] = &[
    "UPDATE notes SET n = 2; INSERT INTO main.notes (n) SELECT id FROM assets; DELETE FROM 'notes' WHERE n > 9",
    "CREATE TABLE more (id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO more VALUES (7); DELETE FROM sqlite_sequence WHERE name = 'more'",
    "CREATE TABLE more AS SELECT * FROM assets; DROP TABLE more",
    "CREATE TEMP TABLE kept AS SELECT * FROM notes; DELETE FROM notes; INSERT INTO notes SELECT * FROM kept; DROP TABLE kept",
    "CREATE TABLE log (n); CREATE TRIGGER t AFTER INSERT ON notes BEGIN INSERT INTO log VALUES (NEW.n); END; INSERT INTO notes (n) VALUES (1)",
    "CREATE VIEW v AS SELECT * FROM assets; CREATE TRIGGER t INSTEAD OF DELETE ON v BEGIN DELETE FROM notes; END; DELETE FROM v",
    "INSERT INTO found VALUES ('x'); INSERT INTO found(found) VALUES ('optimize'); CREATE VIRTUAL TABLE more USING fts4(a); DROP TABLE more",
    "ALTER TABLE notes ADD COLUMN more; CREATE INDEX i ON notes (more); DROP INDEX i; ALTER TABLE notes DROP COLUMN more",
    "ALTER TABLE notes RENAME COLUMN n TO number; ALTER TABLE notes RENAME TO remarks; DELETE FROM remarks",
    "DROP TRIGGER audited; CREATE TRIGGER audited AFTER UPDATE ON notes BEGIN INSERT INTO audit VALUES ('updated'); END; UPDATE notes SET n = 3",
    "ANALYZE; REINDEX notes; PRAGMA foreign_key_check; SELECT json_extract('{}', '$') FROM assets",
    "SAVEPOINT a; UPDATE notes SET n = 3; ROLLBACK TO a; RELEASE a",
];

#[test]
fn a_plugin_does_what_it_likes_to_its_own() {
    for text in OWN {
        for in_transaction in [true, false] {
            let mut connection = database();
            let ran = host(Some((text, in_transaction))).upgrade(&mut connection);
            assert_eq!(ran.unwrap_or_else(|error| panic!("{text}: {error}")).len(), 1);
        }
    }
}

#[test]
fn what_a_plugin_leaves_in_the_session_stands_before_nobody() {
    for leaves in [
        "CREATE TEMP TABLE later (n); INSERT INTO later VALUES (7)",
        "CREATE TEMPORARY VIEW later AS SELECT 1 AS n",
        "CREATE TEMP TABLE kept (n); CREATE TEMP TRIGGER later AFTER INSERT ON notes BEGIN INSERT INTO kept VALUES (1); END",
        "CREATE VIRTUAL TABLE temp.later USING fts5(n)",
    ] {
        for (in_transaction, alone) in [(true, false), (false, false), (true, true)] {
            let mut connection =
                if alone { database() } else { SqliteConnection::establish(":memory:").expect("opens") };
            let net =
                [("2026-11-20-000001-net_notes", NOTES, true), ("2026-11-21-000000-net_more", leaves, in_transaction)];
            let more =
                [("2026-11-22-000000-later_later", "CREATE TABLE later (n); INSERT INTO later VALUES (1)", true)];
            let core = [("2026-11-20-000000-core_assets", CORE, true)];
            let audit = [("2026-11-20-000002-core_audit", AUDIT, true), more[0]];
            let host = Host::new([plugin("core", &core), plugin("net", &net), plugin("later", &audit)]).trust("later");
            host.upgrade(&mut connection).unwrap_or_else(|error| panic!("{leaves}: {error}"));
            let query = "SELECT group_concat(n) AS line FROM main.later UNION ALL SELECT name FROM sqlite_temp_master WHERE name <> 'hosts'";
            let lines: Vec<Line> = diesel::sql_query(query).load(&mut connection).expect("is there");
            let lines: Vec<_> = lines.into_iter().filter_map(|line| line.line).collect();
            assert_eq!(lines, ["1"], "{leaves}");
        }
    }
}

#[test]
fn a_transaction_that_is_left_open_is_not_the_hosts() {
    for leaves in ["BEGIN; UPDATE notes SET n = 4", "SAVEPOINT a; UPDATE notes SET n = 4"] {
        let mut connection = database();
        let _refused = host(Some((leaves, false))).upgrade(&mut connection).expect_err(leaves);
        connection.batch_execute("BEGIN; COMMIT").unwrap_or_else(|error| panic!("{leaves}: {error}"));
    }
}

#[test]
fn a_name_with_a_dot_is_not_a_name_in_a_schema() {
    let mut connection = SqliteConnection::establish(":memory:").expect("opens");
    let net = |more: Option<&'static str>| {
        let claims = ("2026-11-20-000000-net_claims", "CREATE TABLE \"public.later\" (n)", true);
        let more = more.map(|sql| ("2026-11-22-000000-net_writes", sql, true));
        let net: Vec<_> = [claims].into_iter().chain(more).collect();
        Host::new([
            plugin("net", &net),
            plugin("usb", &[("2026-11-21-000000-usb_later", "CREATE TABLE later (n)", true)]),
        ])
    };
    net(None).upgrade(&mut connection).expect("applies");
    let error = net(Some("INSERT INTO later VALUES (1)")).upgrade(&mut connection).expect_err("is usb's");
    assert_eq!(error.code(), Code::ChangesAnothersTable);
    net(Some("INSERT INTO \"public.later\" VALUES (1)")).upgrade(&mut connection).expect("is net's");
}

#[test]
fn what_was_given_to_a_plugin_that_is_gone_is_not_its_givers_again() {
    let of = |name: &'static str, migrations: &[(&'static str, &'static str, &'static str)]| {
        let migration = |(name, up, metadata): &(&'static str, &'static str, &'static str)| Migration {
            name,
            up,
            down: None,
            metadata: Some(metadata),
        };
        let migrations: &'static [Migration] = migrations.iter().map(migration).collect::<Vec<_>>().leak();
        Plugin { name, chains: vec![Chain { dialect: None, migrations }].leak() }
    };
    let plain = "run_in_transaction = true";
    let giving = "run_in_transaction = true\n[autogen]\nplugin = 'net'\nrevises = ['20261120000000net']\ngives = { ports = 'usb' }\n";
    let taking = "run_in_transaction = true\n[autogen]\nplugin = 'usb'\nrevises = []\ndepends_on = ['20261121000000net']\ntakes = ['ports']\n";
    let made = ("2026-11-20-000000-net_ports", "CREATE TABLE ports (id INTEGER)", plain);
    let gives = ("2026-11-21-000000-net_gives", "SELECT 1", giving);
    let again = ("2026-11-23-000000-net_again", "DELETE FROM ports", plain);
    let usb = of("usb", &[("2026-11-22-000000-usb_takes", "INSERT INTO ports VALUES (1)", taking)]);
    let mut connection = SqliteConnection::establish(":memory:").expect("opens");
    Host::new([of("net", &[made, gives]), usb]).upgrade(&mut connection).expect("applies");
    let error = Host::new([of("net", &[made, gives, again])]).upgrade(&mut connection).expect_err("was given away");
    assert_eq!(error.code(), Code::ChangesAnothersTable);
    let allowed = Host::new([of("net", &[made, gives, again])]).may_alter("net", ["ports"]);
    assert_eq!(allowed.upgrade(&mut connection).expect("the host says so").len(), 1);
}

#[test]
fn what_only_the_host_can_read_needs_its_trust() {
    let mut connection = database();
    let text = "UPDATE notes SET n = no_such_function_of_sqlites(n)";
    let error = host(Some((text, true))).upgrade(&mut connection).expect_err("not known");
    assert_eq!(error.code(), Code::NeedsTrust);
    let text = "DELETE FROM assets";
    assert_eq!(host(Some((text, true))).trust("net").upgrade(&mut connection).expect("is trusted").len(), 1);
}

#[test]
fn a_table_changes_hands_by_consent() {
    let taking = "run_in_transaction = true\n[autogen]\nplugin = 'net'\nrevises = []\ntakes = ['assets']\n";
    let giving = "run_in_transaction = true\n[autogen]\nplugin = 'core'\nrevises = []\ngives = { assets = 'net' }\n";
    let of = |name: &'static str, version: &'static str, up: &'static str, metadata| {
        let migrations: &'static [Migration] =
            vec![Migration { name: version, up, down: None, metadata: Some(metadata) }].leak();
        Plugin { name, chains: vec![Chain { dialect: None, migrations }].leak() }
    };
    let assets = "CREATE TABLE assets (id INTEGER)";
    let net = of("net", "2026-11-21-000000-net_take", "DELETE FROM assets", taking);
    let mut connection = SqliteConnection::establish(":memory:").expect("opens");
    let keeps = of("core", "2026-11-20-000000-core_assets", assets, "run_in_transaction = true");
    let error = Host::new([keeps, net]).upgrade(&mut connection).expect_err("core keeps it");
    assert_eq!(error.code(), Code::TableNotGiven);
    let gives = of("core", "2026-11-20-000000-core_assets", assets, giving);
    assert_eq!(Host::new([gives, net]).upgrade(&mut connection).expect("core gives it").len(), 2);
    let mut connection = SqliteConnection::establish(":memory:").expect("opens");
    assert_eq!(
        Host::new([keeps, net]).may_alter("net", ["assets"]).upgrade(&mut connection).expect("the host says so").len(),
        2
    );
}
