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
        served.done("downgrade --allow all --plugin net -1");
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
    served.done("downgrade --allow all --plugin net -1");
}
