-- What a plugin may not do on SQLite: an attack a line. Lines with `-- ` name their kind.
-- Rows of others.
UPDATE assets SET tag = n FROM notes
WITH x AS (SELECT 1) DELETE FROM assets
REPLACE INTO assets VALUES (1, 'x')
INSERT OR REPLACE INTO assets VALUES (1, 'x')
INSERT INTO assets VALUES (1, 'x') ON CONFLICT DO UPDATE SET tag = 'y'
INSERT INTO tags (tag) VALUES ('x')
INSERT INTO notes (n) SELECT 1; EXPLAIN QUERY PLAN SELECT 1; REPLACE INTO audit VALUES ('x')
UPDATE OR REPLACE nobodys SET a = 'x'
UPDATE assets SET tag = tag WHERE 0
-- Tables, views, indexes and triggers of others.
DROP TABLE main.assets
DROP VIEW tags
DROP TRIGGER tagging
DROP INDEX by_tag
CREATE INDEX more ON assets (id)
ALTER TABLE assets RENAME TO stolen; DELETE FROM stolen; ALTER TABLE stolen RENAME TO assets
ALTER TABLE assets ADD COLUMN x
ALTER TABLE assets RENAME COLUMN tag TO x
DROP TABLE IF EXISTS "main"."assets"
CREATE TABLE more (id INTEGER PRIMARY KEY, asset REFERENCES assets ON DELETE CASCADE); DELETE FROM assets
REINDEX by_tag; DROP INDEX main.by_tag
-- Other objects of others.
SELECT 1; DROP TABLE nobodys
UPDATE sqlite_sequence SET seq = 0
DELETE FROM sqlite_sequence WHERE name = 'assets'
PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = ''
UPDATE sqlite_schema SET sql = ''
pragma/**/main.writable_schema(1); DELETE FROM sqlite_schema
CREATE TABLE main.sqlite_stat1 (a); ANALYZE assets; DELETE FROM by_tag
INSERT INTO sqlite_sequence VALUES ('assets', 99)
UPDATE sqlite_sequence SET seq = 0 WHERE name = 'notes' OR 1
DELETE FROM sqlite_sequence WHERE name IN ('notes', 'assets')
-- Names put together, or spelled in another way.
UPDATE main.assets SET tag = 'x'
UPDATE 'assets' SET tag = 'x'
UPDATE [ASSETS] SET tag = 'x'
SELECT 1 /* ; */ ; /* ' */ DROP TABLE assets -- '
SELECT "a;b", [c;'], `d;"`; DROP TABLE assets
-- By code of its own.
CREATE TRIGGER t AFTER INSERT ON notes BEGIN UPDATE assets SET tag = 'x'; END; INSERT INTO notes (n) VALUES (1)
CREATE TEMP TRIGGER t AFTER INSERT ON notes BEGIN DELETE FROM assets; END; INSERT INTO notes (n) VALUES (1)
CREATE TRIGGER t AFTER UPDATE OF n ON notes BEGIN UPDATE sqlite_sequence SET seq = 0; END; UPDATE notes SET n = 2
CREATE TRIGGER t AFTER INSERT ON assets BEGIN DELETE FROM notes; END
CREATE VIEW v AS SELECT * FROM notes; CREATE TRIGGER t INSTEAD OF DELETE ON v BEGIN DELETE FROM assets; END; DELETE FROM v
DROP TRIGGER audited; CREATE TRIGGER audited AFTER UPDATE ON notes BEGIN DELETE FROM assets; END; UPDATE notes SET n = 2
CREATE TEMP TRIGGER t AFTER INSERT ON main.assets BEGIN SELECT 1; END
CREATE VIEW v AS SELECT 1 AS a; CREATE TRIGGER t INSTEAD OF INSERT ON v BEGIN INSERT INTO tags (tag) VALUES ('x'); END; INSERT INTO v VALUES (1)
CREATE TRIGGER t AFTER INSERT ON notes BEGIN SELECT CASE WHEN 1 THEN 2 END; END; DELETE FROM assets
CREATE TRIGGER t AFTER INSERT ON notes WHEN (SELECT 'END;') = 1 BEGIN SELECT 1; END; DROP TABLE assets
CREATE TRIGGER t AFTER INSERT ON notes BEGIN SELECT * FROM "because it is a view"; DELETE FROM assets; END; CREATE TABLE "because it is a view" (x)
-- The tables that note what is applied.
DELETE FROM __diesel_schema_migrations
UPDATE __autogen_ledger SET plugin = 'net'
-- Names that stand before others'.
CREATE TABLE IF NOT EXISTS nobodys (a); DELETE FROM nobodys
CREATE TEMP TABLE assets (id)
CREATE TEMP TABLE __diesel_schema_migrations (version)
CREATE TEMP VIEW audit AS SELECT 1
CREATE VIRTUAL TABLE w USING fts4(word)
CREATE VIRTUAL TABLE q USING fts4(word); ALTER TABLE q RENAME TO w; DROP TABLE w
CREATE TEMP VIEW assets AS SELECT * FROM notes
CREATE TEMP TABLE notes (n); DROP TABLE assets
-- Transactions, settings and sessions.
DELETE FROM hosts
DROP TABLE temp.hosts
PRAGMA user_version = 7
PRAGMA temp_store = 2
VACUUM
SAVEPOINT a; UPDATE assets SET tag = 'x'; RELEASE a
EXPLAIN SELECT 1; DELETE FROM assets
PRAGMA main.user_version(7)
PRAGMA journal_mode = DELETE
PRAGMA application_id = 7
PRAGMA schema_version = 900
PRAGMA temp.user_version = 7; PRAGMA trusted_schema = OFF; PRAGMA recursive_triggers = ON
INSERT INTO pragma_user_version VALUES (7)
EXPLAIN DROP TABLE assets
-- Files, programs, accounts and the server.
ATTACH ':memory:' AS x
DETACH main
SELECT load_extension('x')
ATTACH '' AS x
ATTACH DATABASE 'file::memory:?cache=shared' AS x
VACUUM INTO '/nonexistent/x'
CREATE VIRTUAL TABLE temp.p USING sqlite_dbpage
CREATE VIRTUAL TABLE p USING csv(filename = '/etc/passwd')
SELECT writefile('/tmp/autogen_test_stolen', 'x')
