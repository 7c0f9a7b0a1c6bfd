-- What a plugin may not do on SQLite: an attack a line.
UPDATE main.assets SET tag = 'x'
UPDATE 'assets' SET tag = 'x'
UPDATE [ASSETS] SET tag = 'x'
UPDATE assets SET tag = n FROM notes
WITH x AS (SELECT 1) DELETE FROM assets
REPLACE INTO assets VALUES (1, 'x')
INSERT OR REPLACE INTO assets VALUES (1, 'x')
INSERT INTO assets VALUES (1, 'x') ON CONFLICT DO UPDATE SET tag = 'y'
INSERT INTO tags (tag) VALUES ('x')
DROP TABLE main.assets
DROP VIEW tags
DROP TRIGGER tagging
DROP INDEX by_tag
CREATE INDEX more ON assets (id)
ALTER TABLE assets RENAME TO stolen; DELETE FROM stolen; ALTER TABLE stolen RENAME TO assets
ALTER TABLE assets ADD COLUMN x
ALTER TABLE assets RENAME COLUMN tag TO x
CREATE TRIGGER t AFTER INSERT ON notes BEGIN UPDATE assets SET tag = 'x'; END; INSERT INTO notes (n) VALUES (1)
CREATE TEMP TRIGGER t AFTER INSERT ON notes BEGIN DELETE FROM assets; END; INSERT INTO notes (n) VALUES (1)
CREATE TRIGGER t AFTER UPDATE OF n ON notes BEGIN UPDATE sqlite_sequence SET seq = 0; END; UPDATE notes SET n = 2
CREATE TRIGGER t AFTER INSERT ON assets BEGIN DELETE FROM notes; END
CREATE VIEW v AS SELECT * FROM notes; CREATE TRIGGER t INSTEAD OF DELETE ON v BEGIN DELETE FROM assets; END; DELETE FROM v
DROP TRIGGER audited; CREATE TRIGGER audited AFTER UPDATE ON notes BEGIN DELETE FROM assets; END; UPDATE notes SET n = 2
CREATE TABLE IF NOT EXISTS nobodys (a); DELETE FROM nobodys
CREATE TEMP TABLE assets (id)
CREATE TEMP TABLE __diesel_schema_migrations (version)
CREATE TEMP VIEW audit AS SELECT 1
DELETE FROM hosts
DROP TABLE temp.hosts
SELECT 1; DROP TABLE nobodys
DELETE FROM __diesel_schema_migrations
UPDATE __autogen_ledger SET plugin = 'net'
UPDATE sqlite_sequence SET seq = 0
DELETE FROM sqlite_sequence WHERE name = 'assets'
PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = ''
UPDATE sqlite_schema SET sql = ''
PRAGMA user_version = 7
PRAGMA temp_store = 2
ATTACH ':memory:' AS x
DETACH main
VACUUM
CREATE VIRTUAL TABLE w USING fts4(word)
CREATE VIRTUAL TABLE q USING fts4(word); ALTER TABLE q RENAME TO w; DROP TABLE w
SELECT load_extension('x')
SAVEPOINT a; UPDATE assets SET tag = 'x'; RELEASE a
EXPLAIN SELECT 1; DELETE FROM assets
