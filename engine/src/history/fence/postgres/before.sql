WITH RECURSIVE asked AS MATERIALIZED (
    SELECT {asked} AS asked, current_setting('autogen.home') AS home
),
classes AS MATERIALIZED (
    SELECT c.oid, n.nspname::text AS schema, c.relname::text AS relname,
        CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || c.relname AS name,
        CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
            WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'table' END AS kind,
        md5({class}) AS state
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
),
owned (name) AS MATERIALIZED (SELECT jsonb_array_elements_text(asked -> 'owned') FROM asked),
made (kind, name) AS MATERIALIZED (
    SELECT split_part(made, ' ', 1), substr(made, strpos(made, ' ') + 1)
    FROM asked, jsonb_array_elements_text(asked -> 'made') AS made
),
within (oid, whole) AS MATERIALIZED (
    SELECT inhrelid, inhparent FROM pg_inherits
    UNION ALL
    SELECT objid, refobjid FROM pg_depend
    WHERE classid = 1259 AND refclassid = 1259 AND objsubid = 0 AND deptype IN ('a', 'i')
),
mine (oid) AS (
    SELECT c.oid FROM classes c, asked
    WHERE c.name IN (TABLE owned) OR (c.schema = asked.home AND c.relname IN (TABLE owned))
        OR c.kind = 'sequence' AND EXISTS (
            SELECT FROM made WHERE made.kind = 'sequence'
                AND (made.name = c.name OR c.schema = asked.home AND made.name = c.relname))
    UNION
    SELECT within.oid FROM mine JOIN within ON within.whole = mine.oid
),
things (class, oid, kind, schema, bare) AS MATERIALIZED ({things}),
foreign_things AS (
    SELECT class, oid, kind, CASE WHEN schema IS NULL OR schema = 'public' THEN '' ELSE schema || '.' END || bare AS name
    FROM things, asked
    WHERE oid >= 16384 AND NOT (kind = 'type' AND (bare IN (TABLE owned) OR schema || '.' || bare IN (TABLE owned)))
        AND NOT EXISTS (
            SELECT FROM made WHERE made.kind = things.kind AND (made.name = schema || '.' || bare
                OR made.name = bare AND (schema IS NULL OR schema IN ('public', asked.home))))
),
-- Where a write to a table leads by what was there before: foreign keys, triggers, rules, partitions, numbering.
code (oid, name, words) AS MATERIALIZED (
    SELECT t.oid, t.bare, string_to_array(translate(lower(p.prosrc), E'().,;:''"=<>|+-*/%[]{}\n\t\r', repeat(' ', 30)), ' ')
    FROM foreign_things f JOIN things t USING (class, oid) JOIN pg_proc p ON p.oid = t.oid
    WHERE t.class = 1255 AND p.prolang NOT IN (12, 13)
        AND EXISTS (SELECT FROM pg_trigger WHERE NOT tgisinternal UNION ALL SELECT FROM pg_event_trigger)
),
leads (from_class, from_oid, class, oid, verbs) AS MATERIALIZED (
    SELECT 1259, confrelid, 1259, conrelid, ARRAY['update', 'delete']::text[] FROM pg_constraint
    WHERE contype = 'f' AND (confdeltype IN ('c', 'n', 'd') OR confupdtype IN ('c', 'n', 'd'))
    UNION ALL
    SELECT 1259, tgrelid, 1255, tgfoid, '{}' FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'
    UNION ALL
    SELECT 1259, r.ev_class, 1259, d.refobjid, ARRAY['insert', 'update', 'delete']
    FROM pg_rewrite r JOIN pg_depend d ON d.classid = 2618 AND d.objid = r.oid AND d.refclassid = 1259
    WHERE r.ev_type <> '1' AND r.ev_class <> d.refobjid
    UNION ALL
    SELECT 1259, whole, 1259, oid, ARRAY['insert', 'update', 'delete'] FROM within
    UNION ALL
    SELECT 1259, inhrelid, 1259, inhparent, '{}' FROM pg_inherits
    UNION ALL
    SELECT 1259, a.adrelid, 1259, d.refobjid, '{}'
    FROM pg_attrdef a JOIN pg_depend d ON d.classid = 2604 AND d.objid = a.oid AND d.refclassid = 1259
    WHERE d.refobjid <> a.adrelid
    UNION ALL
    SELECT 1255, code.oid, 1259, c.oid,
        ARRAY(SELECT DISTINCT word FROM unnest(code.words) AS word WHERE word IN ('insert', 'update', 'delete'))
    FROM code JOIN classes c ON lower(c.relname) = ANY (code.words)
    UNION ALL
    SELECT 1255, code.oid, 1255, called.oid, '{}' FROM code JOIN code AS called ON called.name = ANY (code.words)
),
reach (class, oid, verb) AS (
    SELECT 1259, oid, '' FROM mine
    UNION ALL
    SELECT 1255, evtfoid, '' FROM pg_event_trigger WHERE evtenabled <> 'D'
    UNION
    SELECT leads.class, leads.oid, led.verb COLLATE "default"
    FROM reach JOIN leads ON leads.from_class = reach.class AND leads.from_oid = reach.oid,
        unnest(array_prepend(''::text, leads.verbs)) AS led (verb)
),
counted (oid, parts) AS (SELECT oid, count(*) FROM ({counted}) AS parts (oid) GROUP BY oid)
SELECT jsonb_build_object(
    'txid', txid_current(), 'user', current_user, 'session', session_user, 'plugin', asked -> 'plugin', 'whose', asked -> 'whose',
    'alone', asked -> 'alone',
    'settings', (SELECT coalesce(jsonb_object_agg(name, setting), '{}') FROM pg_settings WHERE source = 'session'),
    'classes', (SELECT coalesce(jsonb_object_agg(c.oid, jsonb_build_array(c.kind, c.name, c.state, coalesce(n.parts, 0))), '{}')
        FROM classes c LEFT JOIN counted n USING (oid) WHERE c.oid NOT IN (SELECT oid FROM mine)),
    'things', (SELECT coalesce(jsonb_object_agg(class || ' ' || oid, jsonb_build_array(kind, name)), '{}') FROM foreign_things),
    -- Keys that others have to the plugin's tables make way for a change there, and come back.
    'keys', (SELECT coalesce(jsonb_agg(md5({key})), '[]') FROM pg_constraint k
        WHERE k.contype = 'f' AND k.confrelid IN (TABLE mine) AND k.conrelid NOT IN (TABLE mine)),
    'reach', (SELECT coalesce(jsonb_object_agg(oid, jsonb_build_array(verbs, pg_stat_get_xact_tuples_inserted(oid),
            pg_stat_get_xact_tuples_updated(oid), pg_stat_get_xact_tuples_deleted(oid))), '{}')
        FROM (SELECT oid, jsonb_agg(verb) AS verbs FROM reach WHERE class = 1259 AND oid NOT IN (TABLE mine) GROUP BY oid) AS reach)
)::text AS autogen_before, current_setting('autogen.path') AS autogen_path FROM asked
