-- What a plugin may not do on PostgreSQL: an attack a line. Lines with `-- ` name their kind.
-- Rows of others.
UPDATE ONLY (assets) SET tag = 'x'
DO $$ BEGIN UPDATE assets SET tag = 'x'; END $$
CREATE TABLE mine AS WITH d AS (DELETE FROM assets RETURNING id) SELECT * FROM d
DO $$ BEGIN BEGIN INSERT INTO quiet VALUES (1); EXCEPTION WHEN others THEN NULL; END; END $$
ALTER TABLE assets RENAME TO ax; TRUNCATE ax; ALTER TABLE ax RENAME TO assets
REFRESH MATERIALIZED VIEW numbers
DO $$ BEGIN INSERT INTO plugs VALUES (9, NULL); END $$
INSERT INTO notes VALUES (8, 8); DO $$ BEGIN UPDATE audit SET what = 'x'; END $$
DO $$ BEGIN CREATE USER MAPPING FOR CURRENT_USER SERVER far; END $$
TRUNCATE notes CASCADE
DO $$ BEGIN DELETE FROM plugs; END $$
DO $$ BEGIN UPDATE plugs SET note = NULL; END $$
DO $$ BEGIN INSERT INTO audit (what) VALUES ('forged'); END $$
-- Tables, views, indexes and triggers of others.
ALTER TABLE quiet DROP COLUMN id; ALTER TABLE quiet ADD COLUMN id int
ALTER TABLE assets ALTER n SET DEFAULT 6
ALTER TABLE assets DROP CONSTRAINT assets_n_check
CREATE INDEX mine ON assets (n)
DROP INDEX assets_tag
ALTER INDEX assets_tag RENAME TO mine
CREATE RULE r AS ON INSERT TO assets DO INSTEAD NOTHING
ALTER TABLE holds DISABLE TRIGGER ALL
CREATE POLICY p ON assets USING (false)
ALTER TABLE assets ENABLE ROW LEVEL SECURITY
GRANT ALL ON assets TO PUBLIC
GRANT SELECT (tag) ON assets TO PUBLIC
COMMENT ON TABLE assets IS 'mine'
COMMENT ON COLUMN assets.tag IS NULL
ALTER TABLE assets REPLICA IDENTITY FULL
DROP STATISTICS assets_both
CREATE TABLE child () INHERITS (assets)
CREATE TABLE part PARTITION OF parted FOR VALUES FROM (1) TO (2)
DROP TABLE notes CASCADE
ALTER TABLE assets ALTER n DROP DEFAULT
ALTER TABLE assets SET (fillfactor = 50)
COMMENT ON INDEX assets_tag IS NULL
COMMENT ON CONSTRAINT assets_n_check ON assets IS 'mine'
CREATE TABLE more (asset int REFERENCES assets); GRANT SELECT ON assets TO PUBLIC
SELECT pg_stat_reset()
MERGE INTO assets USING notes ON true WHEN MATCHED THEN UPDATE SET tag = 'x'
DO $$ BEGIN EXECUTE 'GRANT pg_read_all_data TO pg_monitor'; END $$
CREATE TYPE t AS (id int, tag varchar(40), n int); ALTER TABLE assets OF t
COMMENT ON STATISTICS assets_both IS 'mine'
COMMENT ON STATISTICS assets_both IS NULL
ALTER TABLE "Odd Näme" SET (toast.autovacuum_enabled = false)
ALTER TABLE notes DISABLE TRIGGER ALL; DELETE FROM notes; ALTER TABLE notes ENABLE TRIGGER ALL
-- Other objects of others.
SELECT setval('assets_id_seq', 100)
SELECT nextval('counter')
ALTER TABLE assets ALTER n TYPE int USING 7
CREATE TRIGGER t AFTER INSERT ON assets FOR EACH ROW EXECUTE FUNCTION log()
ALTER SEQUENCE counter OWNED BY notes.id
ALTER TABLE quiet SET SCHEMA other
ALTER SEQUENCE assets_id_seq OWNED BY NONE
CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 2'
DROP FUNCTION log() CASCADE
REVOKE EXECUTE ON FUNCTION one() FROM PUBLIC
COMMENT ON FUNCTION one() IS NULL
COMMENT ON SCHEMA public IS 'mine'
COMMENT ON TYPE state IS 'mine'
ALTER TYPE state RENAME VALUE 'a' TO 'z'
ALTER DOMAIN positive ADD CHECK (VALUE > 0)
GRANT CREATE ON SCHEMA public TO pg_monitor
ALTER SCHEMA other RENAME TO mine
CREATE PUBLICATION p FOR ALL TABLES
ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC
DO $$ BEGIN UPDATE pg_catalog.pg_class SET relname = 'x' WHERE relname = 'assets'; END $$
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO PUBLIC
SELECT lo_unlink(424242)
ALTER TEXT SEARCH CONFIGURATION words ALTER MAPPING FOR word WITH english_stem
ALTER TEXT SEARCH CONFIGURATION words DROP MAPPING FOR word
ALTER OPERATOR FAMILY family USING btree ADD OPERATOR 1 < (int4, int4)
ALTER OPERATOR FAMILY family USING btree DROP OPERATOR 2 (int4, int4)
-- Names put together, or spelled in another way.
DO $$ BEGIN EXECUTE 'DEL' || 'ETE FROM assets'; END $$
DO $$ BEGIN EXECUTE 'COMMENT ON TABLE ass' || 'ets IS NULL'; END $$
DO $$ BEGIN EXECUTE 'COMMENT ON INDEX ass' || 'ets_tag IS NULL'; END $$
DO $$ BEGIN EXECUTE 'DROP INDEX ass' || 'ets_tag'; END $$
DO $$ BEGIN EXECUTE 'GRANT SELECT ON ass' || 'ets TO PUBLIC'; END $$
DO $$ BEGIN EXECUTE 'ALTER TABLE ass' || 'ets ALTER n DROP DEFAULT'; END $$
DO $$ BEGIN EXECUTE 'ALTER SEQUENCE ass' || 'ets_id_seq OWNED BY NONE'; END $$
DO $$ BEGIN EXECUTE 'DROP STATISTICS ass' || 'ets_both'; END $$
DO $$ BEGIN EXECUTE 'DROP POLICY every ON qui' || 'et'; END $$
DO $$ BEGIN EXECUTE 'DROP RULE nothing ON qui' || 'et'; END $$
DO $$ BEGIN EXECUTE 'DROP TABLE qui' || 'et'; END $$
DO $$ BEGIN PERFORM set_config('search_path', 'other', false); EXECUTE 'DELETE FROM public.ass' || 'ets'; END $$
DO $$ BEGIN EXECUTE format('ALTER TABLE %I ADD COLUMN x int', 'as' || 'sets'); END $$
DO $$ BEGIN EXECUTE 'ALTER FOREIGN TABLE else' || 'where OPTIONS (SET x ''z'')'; END $$
DO $$ BEGIN EXECUTE 'CREATE FOREIGN TAB' || 'LE mine (a text) SERVER far'; END $$
DO $$ BEGIN EXECUTE 'DROP USER MAP' || 'PING FOR PUBLIC SERVER far'; END $$
DO $$ BEGIN EXECUTE 'ALTER USER MAP' || 'PING FOR PUBLIC SERVER far OPTIONS (SET x ''z'')'; END $$
DO $$ BEGIN EXECUTE 'COMMENT ON STATISTICS ass' || 'ets_both IS NULL'; END $$
SELECT U&"pg\005freload_conf"()
SELECT U&"pg!005freload_conf" UESCAPE '!' ()
-- By code of its own.
CREATE VIEW v AS SELECT * FROM assets; UPDATE v SET tag = 'x'; DROP VIEW v
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ALTER TABLE assets ADD COLUMN x int; RETURN NEW; END $$; CREATE CONSTRAINT TRIGGER t AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f(); INSERT INTO notes VALUES (9, 9)
CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN DELETE FROM quiet; RETURN 1; END $$; DECLARE c CURSOR WITH HOLD FOR SELECT f()
CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$; CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION e()
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT FROM notes WHERE n = 77) THEN SET CONSTRAINTS ALL DEFERRED; INSERT INTO notes VALUES (100, 77); ELSE DELETE FROM assets; END IF; RETURN NULL; END $$; CREATE CONSTRAINT TRIGGER t AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f(); INSERT INTO notes VALUES (99, 9)
-- The tables that note what is applied.
DO $$ BEGIN UPDATE __autogen_ledger SET plugin = 'net'; END $$
DO $$ BEGIN DELETE FROM __diesel_schema_migrations; END $$
-- Names that stand before others'.
CREATE CAST (int AS text) WITH INOUT
CREATE TEMP TABLE __diesel_schema_migrations (version text)
CREATE SCHEMA autogen
CREATE FUNCTION count(integer) RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint'; DELETE FROM assets
CREATE FUNCTION public.pg_current_xact_id_if_assigned(int DEFAULT 0) RETURNS xid8 LANGUAGE sql AS 'SELECT NULL::xid8'; UPDATE assets SET tag = 'x'
CREATE FUNCTION public.to_regclass(varchar) RETURNS regclass LANGUAGE sql AS 'SELECT NULL::regclass'; UPDATE assets SET tag = 'x'
CREATE FUNCTION never(oid, oid) RETURNS boolean LANGUAGE sql AS 'SELECT false'; CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = never); SET search_path = public, pg_catalog; UPDATE assets SET tag = 'x'
CREATE TABLE public.pg_class (oid oid, relname name); SET search_path = public, pg_catalog; UPDATE assets SET tag = 'x'
CREATE TEMP TABLE pg_class (oid oid, relname name); UPDATE assets SET tag = 'x'
CREATE TEMP TABLE pg_locks (relation oid); CREATE TEMP VIEW pg_stat_xact_user_tables AS SELECT 1; UPDATE assets SET tag = 'x'
CREATE CAST (text AS int) WITH INOUT AS IMPLICIT
CREATE SCHEMA hidden; DO $$ BEGIN PERFORM set_config('search_path', 'hidden', false); END $$; CREATE TABLE later (n int)
CREATE TABLE IF NOT EXISTS quiet (id int)
CREATE TABLE IF NOT EXISTS nobodys (n int); SELECT 1
CREATE SEQUENCE IF NOT EXISTS counter
CREATE FUNCTION pg_catalog.lower(varchar) RETURNS text LANGUAGE sql AS 'SELECT ''x''::text'
CREATE FUNCTION lower(varchar) RETURNS text LANGUAGE sql AS 'SELECT ''x''::text'
CREATE FUNCTION one(n int DEFAULT 0) RETURNS int LANGUAGE sql AS 'SELECT 2'
CREATE FUNCTION never(varchar, varchar) RETURNS boolean LANGUAGE sql AS 'SELECT false'; CREATE OPERATOR public.= (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = never)
-- Transactions, settings and sessions.
EXPLAIN ANALYZE UPDATE assets SET tag = 'x'
ANALYZE
ANALYZE (VERBOSE)
SET search_path = other; DROP TABLE x
DISCARD TEMP; DELETE FROM assets
PREPARE s AS DELETE FROM assets; EXECUTE s; DEALLOCATE s
PREPARE s AS SELECT 1
DEALLOCATE ALL
DISCARD ALL
SELECT pg_advisory_lock(7)
DO $$ BEGIN PERFORM pg_try_advisory_lock(7); END $$
SELECT pg_advisory_unlock_all()
LISTEN jobs
UNLISTEN *
SET session_replication_role = replica; DELETE FROM notes
SELECT set_config('session_replication_role', 'replica', true); DELETE FROM notes
-- Files, programs, accounts and the server.
COPY quiet FROM PROGRAM 'echo 77'
COPY assets TO '/dev/null'
CREATE EXTENSION pgcrypto
DO $$ BEGIN CREATE ROLE autogen_mine; END $$
DO $$ BEGIN ALTER ROLE autogen SET work_mem = '1MB'; END $$
ALTER SYSTEM SET work_mem = '1MB'
SET ROLE pg_monitor
SELECT lo_import('/etc/hostname')
SET SESSION AUTHORIZATION DEFAULT; RESET ROLE; UPDATE assets SET tag = 'x'
COPY (SELECT 1) TO PROGRAM 'true'
SELECT lo_export(lo_create(0), '/tmp/autogen_test_stolen')
SELECT pg_read_file('/etc/hostname')
CREATE EXTENSION IF NOT EXISTS dblink
CREATE EXTENSION postgres_fdw
ALTER DATABASE CURRENT SET work_mem = '1MB'; DELETE FROM assets
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 1024', current_database()); END $$
ALTER FOREIGN TABLE elsewhere OPTIONS (SET x 'z')
CREATE FOREIGN TABLE mine (a text) SERVER far
DO $$ BEGIN EXECUTE format('GRANT ALL ON DATABASE %I TO PUBLIC', current_database()); END $$
DO $$ BEGIN EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', current_database()); END $$
GRANT CREATE ON TABLESPACE pg_default TO PUBLIC
DO $$ BEGIN COPY (SELECT 1) TO PROGRAM 'true'; END $$
DO $$ BEGIN EXECUTE 'COPY (SELECT 1) TO ''/tmp/autogen_test_stolen'''; END $$
CREATE FUNCTION g() RETURNS int LANGUAGE plpgsql AS $$ BEGIN COPY (SELECT 1) TO PROGRAM 'true'; RETURN 1; END $$; SELECT g()
DO $$ BEGIN LOAD 'auto_explain'; END $$
SELECT pg_create_physical_replication_slot('mine')
SELECT pg_replication_origin_create('mine')
SELECT pg_create_restore_point('x')
COMMENT ON DATABASE postgres IS 'mine'
SET standard_conforming_strings = off; SELECT '\'', pg_reload_conf(), '\''
SELECT query_to_xml('SELECT pg_reload_conf()', true, false, '')
SELECT * FROM ts_stat('SELECT to_tsvector(pg_reload_conf()::text)')
CREATE FUNCTION f() RETURNS text LANGUAGE E'internal' AS 'pg_current_logfile'
DO $$ BEGIN EXECUTE 'CREATE FUNCTION f() RETURNS text LANGUAGE inter' || 'nal AS ''pg_current_logfile'''; END $$
COMMENT ON ROLE pg_monitor IS 'mine'
DO $$ BEGIN EXECUTE 'GRANT SET ON PARAMETER work_mem TO pg_monitor'; END $$
