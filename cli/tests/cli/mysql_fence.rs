//! What a plugin's revision can't reach on MariaDB, where nothing takes back what has run, and what it can.

use expect_test::expect;

use crate::mysql::Served;
use crate::support::ASSETS;

const NOTES: &str = "autogen::table! { notes (id) { #[auto_increment] id -> Integer, n -> Nullable<Integer>, #[max_length = 40] t -> Nullable<Varchar> } }\n";
const NAME: &str = "2026-11-22-000000-net_more";

/// A core with assets, a plugin with notes, and what is nobody's.
fn served() -> Served {
    let served = Served::of(&[("src/schema.rs", ASSETS), ("plugins/net/src/schema.rs", NOTES)]);
    served.done("");
    served.done("upgrade");
    served.server.execute(
        "INSERT INTO assets (tag) VALUES ('one'); INSERT INTO notes (n) VALUES (1); CREATE TABLE nobodys (a int); \
         INSERT INTO nobodys VALUES (1); CREATE VIEW tags AS SELECT * FROM assets; \
         CREATE FUNCTION wipe() RETURNS int BEGIN DELETE FROM assets; RETURN 1; END; \
         CREATE TRIGGER tagged BEFORE INSERT ON assets FOR EACH ROW SET NEW.tag = NEW.tag",
    );
    served
}

fn others(served: &Served) -> Vec<String> {
    let queries = [
        "SELECT * FROM assets",
        "SELECT * FROM nobodys",
        "SELECT version FROM __diesel_schema_migrations ORDER BY 1",
        "SHOW CREATE TABLE assets",
        "SHOW TRIGGERS",
        "SHOW TABLES",
    ];
    queries.iter().flat_map(|query| served.server.rows(query)).collect()
}

const ATTACKS: &[&str] = &[
    "DROP TABLES assets",
    "DROP TABLE notes, assets",
    "RENAME TABLE notes TO n2, assets TO stolen",
    "CREATE OR REPLACE TABLE assets (id int)",
    "CREATE TABLE IF NOT EXISTS nobodys (a int); DELETE FROM nobodys",
    "CREATE TEMPORARY TABLE assets (id int)",
    "UPDATE notes e JOIN assets a SET a.tag = 'x'",
    "UPDATE notes, assets SET tag = 'x'",
    "UPDATE notes JOIN (assets) ON 1 SET assets.tag = 'x'",
    "DELETE a FROM notes e JOIN assets a",
    "DELETE FROM a USING notes JOIN assets AS a",
    "WITH x AS (SELECT 1) DELETE FROM assets",
    "INSERT assets (tag) VALUES ('x')",
    "REPLACE LOW_PRIORITY assets (tag) VALUES ('x')",
    "UPDATE tags SET tag = 'x'",
    "CREATE VIEW mine AS SELECT * FROM assets; UPDATE mine SET tag = 'x'",
    "/*! UPDATE assets SET tag = 'x' */",
    "/*M! UPDATE assets SET tag = 'x' */",
    "SELECT 1 /*!; DELETE FROM assets */",
    "UPDATE notes SET t = 'a\\' WHERE 1; DELETE FROM assets; -- '",
    "SELECT wipe()",
    "UPDATE notes SET n = `wipe` ()",
    "TRUNCATE assets",
    "ALTER TABLE assets ADD COLUMN x int",
    "ALTER TABLE notes RENAME TO assets2, EXCHANGE PARTITION p WITH TABLE assets",
    "CREATE TABLE m (id int) ENGINE=MERGE UNION=(assets) INSERT_METHOD=LAST",
    "CREATE INDEX i ON assets (id)",
    "DROP TRIGGER tagged",
    "CREATE TRIGGER t AFTER INSERT ON assets FOR EACH ROW SET @x = 1",
    "CREATE TRIGGER t AFTER INSERT ON notes FOR EACH ROW BEGIN IF NEW.n THEN DELETE FROM assets; END IF; END; INSERT INTO notes (n) VALUES (1)",
    "CREATE OR REPLACE TRIGGER tagged AFTER INSERT ON notes FOR EACH ROW SET @x = 1",
    "CREATE PROCEDURE p() DELETE FROM assets; CALL p()",
    "PREPARE s FROM 'DELETE FROM assets'; EXECUTE s",
    "EXECUTE IMMEDIATE 'DELETE FROM assets'",
    "BEGIN NOT ATOMIC DELETE FROM assets; END",
    "SET STATEMENT max_statement_time = 1 FOR DELETE FROM assets",
    "SET GLOBAL sql_mode = ''",
    "SET sql_mode = 'ORACLE'",
    "SET NAMES gbk",
    "SELECT * FROM assets INTO OUTFILE '/tmp/autogen_test_stolen'",
    "LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE assets",
    "LOCK TABLES assets WRITE",
    "GRANT ALL ON *.* TO x",
    "ANALYZE DELETE FROM assets",
    "DELETE FROM __diesel_schema_migrations",
    "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM assets",
];

#[test]
fn no_statement_of_a_plugins_reaches_what_is_anothers() {
    let served = served();
    let before = others(&served);
    for attack in ATTACKS {
        served.host.revision("net", NAME, &format!("UPDATE notes SET n = 7;\n{attack};\n"), "-- nothing\n");
        let run = served.run("upgrade");
        assert_eq!(others(&served), before, "{attack}");
        let is_refused = run.stderr.contains("[changes-anothers-table]") || run.stderr.contains("[needs-trust]");
        assert!(run.code == 2 && is_refused, "{attack}: {}", run.stderr);
    }
    served.host.revision("net", NAME, &format!("DELETE FROM `{}`.assets;\n", served.server.name()), "-- nothing\n");
    assert_eq!(served.run("upgrade").code, 2);
    assert_eq!(others(&served), before);
    assert_eq!(served.server.rows("SELECT n FROM notes"), ["1"], "nothing has run");
}

const OWN: &str = "UPDATE notes e JOIN assets a ON a.id = e.id LEFT JOIN (SELECT 1 AS one) x ON one = e.n SET e.n = a.id, e.t = CONCAT('it''s', a.tag) WHERE a.id > 0;
DELETE e FROM notes e JOIN assets a ON a.id = e.id WHERE a.tag = 'none';
INSERT IGNORE notes (n) SELECT id FROM assets ON DUPLICATE KEY UPDATE n = VALUES(n);
REPLACE INTO notes (id, n) VALUES (5, 5);
CREATE TABLE more (id int PRIMARY KEY, asset int, engine varchar(9), KEY (asset)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='it''s';
ALTER TABLE more ADD COLUMN a int DEFAULT 1, ADD INDEX i (a), DROP COLUMN engine, ADD CONSTRAINT fk FOREIGN KEY (asset) REFERENCES assets (id);
CREATE UNIQUE INDEX u ON more (a);
DROP INDEX u ON more;
CREATE TRIGGER log BEFORE UPDATE ON notes FOR EACH ROW BEGIN DECLARE x int DEFAULT 0; IF NEW.n IS NULL THEN SET NEW.n = 0; ELSE SET x = 1; INSERT INTO more (id) VALUES (NEW.id); END IF; END;
UPDATE notes SET n = 9 WHERE id = 5;
DROP TRIGGER log;
CREATE VIEW seen AS SELECT n FROM notes;
DROP VIEW seen;
CREATE TEMPORARY TABLE kept AS SELECT * FROM notes;
TRUNCATE TABLE more;
INSERT INTO notes (n) SELECT n FROM kept;
DROP TEMPORARY TABLE kept;
RENAME TABLE more TO others, others TO more;
SET @x = 1, SESSION foreign_key_checks = 1;
SET NAMES utf8mb4;
START TRANSACTION;
COMMIT;
DO 1;
SELECT count(*) FROM assets FOR UPDATE;
DROP TABLE IF EXISTS more;
";

#[test]
fn a_plugin_does_what_it_likes_to_its_own() {
    let served = served();
    let before = others(&served);
    let indented = OWN
        .replace("CREATE TRIGGER log", "DELIMITER $$\nCREATE TRIGGER log")
        .replace("END IF; END;", "END IF; END$$\nDELIMITER ;");
    for text in [OWN, indented.as_str()] {
        served.host.revision("net", NAME, text, "-- nothing\n");
        served.done("upgrade");
        served.done("downgrade --plugin net -1");
        assert_eq!(others(&served), before);
    }
}

#[test]
fn what_the_list_of_forms_does_not_know_needs_trust() {
    let served = served();
    served.host.revision("net", NAME, "CREATE PROCEDURE p() SELECT 1;\n", "DROP PROCEDURE p;\n");
    let run = served.run("upgrade");
    expect![[r#"
        error[needs-trust]: net's 2026-11-22-000000-net_more can't be run: `CREATE PROCEDURE P` is more than a plugin's own tables
         --> plugins/net/migrations/2026-11-22-000000-net_more/up.sql:1:1
          |
        1 | CREATE PROCEDURE p() SELECT 1;
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ by this statement
        help: leave it to the core's migrations; or, if the host trusts the plugin with everything, say so by `trust = true` under its `[plugin.NAME]` in autogen.toml, or by `Host::trust`
    "#]]
    .assert_eq(&format!("{}\n", run.stderr.trim_end()));
    served.host.write("plugins/net/plugin.toml", "trust = true\n");
    assert!(served.run("upgrade").stderr.contains("error[leave-of-the-host]"));
    served.host.write("plugins/net/plugin.toml", "");
    served.host.write("autogen.toml", "dialects = ['mysql']\n[plugin.net]\ntrust = true\n");
    served.done("upgrade");
    served.done("downgrade --plugin net -1");
}
