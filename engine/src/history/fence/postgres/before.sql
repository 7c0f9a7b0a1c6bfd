-- Notes what others own, before a plugin's revision runs: one row with one JSON document, which `after.sql` gets back.
--
-- asked    what the chains say: the plugin's tables, what it has made, the words of its script
-- others   every relation that isn't the plugin's (`mine`): its number and its name, so that a new one is told from an old one
-- near     those of the others that the script may touch without changing them: what it names, and both ends of foreign keys.
--          Only these are noted in detail. A name that is put together while the script runs isn't found here; then
--          whatever it does to that table counts as a change.
-- things   types, functions, schemas and the rest that others have made
-- reach    where a write to the plugin's tables leads by what was there before, with the verbs that are meant
WITH RECURSIVE asked AS MATERIALIZED (SELECT {asked}, current_setting('autogen.home') AS home),
classes AS MATERIALIZED (
    SELECT c.oid, c.relkind, n.nspname::text AS schema, c.relname,
        {part:c.relname} AS bare, CASE n.nspname WHEN 'public' THEN '' ELSE ({part:n.nspname}) || '.' END || ({part:c.relname}) AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
),
owned (name) AS MATERIALIZED (SELECT unnest(owned) FROM asked),
made (kind, name) AS MATERIALIZED (
    SELECT split_part(one, ' ', 1), substr(one, strpos(one, ' ') + 1) FROM asked, unnest(asked.made) AS one
),
mine (oid) AS (
    (SELECT oid FROM classes WHERE name IN (TABLE owned)
    UNION SELECT oid FROM classes JOIN asked ON schema = home WHERE bare IN (TABLE owned)
    UNION SELECT oid FROM classes JOIN made USING (name) WHERE relkind = 'S' AND made.kind = 'sequence'
    UNION SELECT oid FROM classes JOIN asked ON schema = home JOIN made ON made.name = bare
        WHERE relkind = 'S' AND made.kind = 'sequence')
    UNION
    SELECT part.oid FROM mine, LATERAL (
        SELECT inhrelid FROM pg_inherits WHERE inhparent = mine.oid
        UNION ALL
        SELECT objid FROM pg_depend
        WHERE refclassid = 1259 AND refobjid = mine.oid AND classid = 1259 AND objsubid = 0 AND deptype IN ('a', 'i')
    ) AS part (oid)
),
others AS MATERIALIZED (SELECT * FROM classes c WHERE NOT EXISTS (SELECT FROM mine WHERE mine.oid = c.oid)),
keys AS MATERIALIZED (
    SELECT k.conrelid, k.confrelid, md5({key}) AS key FROM pg_constraint k JOIN mine ON mine.oid = k.confrelid WHERE k.contype = 'f'
    UNION
    SELECT k.conrelid, k.confrelid, NULL FROM pg_constraint k JOIN mine ON mine.oid = k.conrelid WHERE k.contype = 'f'
),
near (oid) AS (
    SELECT oid FROM others, asked
    WHERE alone OR relname !~ '^[A-Za-z0-9_]*$' OR relname IN (SELECT unnest(words) FROM asked)
    UNION
    SELECT unnest(ARRAY[conrelid, confrelid]) FROM keys
    UNION
    SELECT inhrelid FROM near JOIN pg_inherits ON inhparent = near.oid
),
things (class, oid, kind, schema, bare) AS MATERIALIZED ({things}),
foreign_things AS MATERIALIZED (
    SELECT class, oid, kind, bare, CASE WHEN schema IS NULL OR schema = 'public' THEN '' ELSE ({part:schema}) || '.' END || ({part:bare}) AS name
    FROM things, asked
    WHERE oid >= 16384 AND NOT (kind = 'type' AND (({part:bare}) IN (TABLE owned) OR ({part:schema}) || '.' || ({part:bare}) IN (TABLE owned)))
        AND NOT EXISTS (
            SELECT FROM made WHERE made.kind = things.kind AND (made.name = ({part:schema}) || '.' || ({part:bare})
                OR made.name = ({part:bare}) AND (schema IS NULL OR schema IN ('public', asked.home))))
),
reach (class, oid, verbs) AS (
    SELECT 1259, oid, '{}'::text[] FROM mine
    UNION ALL
    SELECT 1255, evtfoid, '{}' FROM pg_event_trigger WHERE evtenabled <> 'D'
    UNION
    SELECT leads.* FROM reach, LATERAL (
        -- Foreign keys are found by the triggers that PostgreSQL makes for them, which have an index.
        SELECT 1259, k.conrelid, array_remove(ARRAY[
                CASE WHEN k.confdeltype = 'c' THEN 'delete' END,
                CASE WHEN k.confdeltype IN ('n', 'd') OR k.confupdtype IN ('c', 'n', 'd') THEN 'update' END
            ], NULL)
        FROM pg_trigger t JOIN pg_constraint k ON k.oid = t.tgconstraint
        WHERE reach.class = 1259 AND t.tgrelid = reach.oid AND t.tgisinternal AND k.contype = 'f' AND k.confrelid = reach.oid
            AND (k.confdeltype IN ('c', 'n', 'd') OR k.confupdtype IN ('c', 'n', 'd'))
        UNION ALL
        SELECT 1255, tgfoid, '{}' FROM pg_trigger
        WHERE reach.class = 1259 AND tgrelid = reach.oid AND NOT tgisinternal AND tgenabled <> 'D'
        UNION ALL
        SELECT 1259, d.refobjid, ARRAY['insert', 'update', 'delete']
        FROM pg_rewrite r JOIN pg_depend d ON d.classid = 2618 AND d.objid = r.oid AND d.refclassid = 1259
        WHERE reach.class = 1259 AND r.ev_class = reach.oid AND r.ev_type <> '1' AND d.refobjid <> reach.oid
        UNION ALL
        SELECT 1259, inhrelid, ARRAY['insert', 'update', 'delete'] FROM pg_inherits
        WHERE reach.class = 1259 AND inhparent = reach.oid
        UNION ALL
        SELECT 1259, inhparent, '{}' FROM pg_inherits WHERE reach.class = 1259 AND inhrelid = reach.oid
        UNION ALL
        SELECT 1259, objid, ARRAY['insert', 'update', 'delete'] FROM pg_depend
        WHERE reach.class = 1259 AND refclassid = 1259 AND refobjid = reach.oid AND classid = 1259 AND objsubid = 0
            AND deptype IN ('a', 'i')
        UNION ALL
        SELECT 1259, d.refobjid, '{}'
        FROM pg_attrdef a JOIN pg_depend d ON d.classid = 2604 AND d.objid = a.oid AND d.refclassid = 1259
        WHERE reach.class = 1259 AND a.adrelid = reach.oid AND d.refobjid <> reach.oid
        UNION ALL
        -- A function leads to the tables and functions that it names.
        SELECT code.*
        FROM pg_proc p JOIN foreign_things f ON f.class = 1255 AND f.oid = p.oid,
            LATERAL string_to_array(translate(lower(p.prosrc COLLATE "default"), E'().,;:''"=<>|+-*/%[]{}\n\t\r', repeat(' ', 30)), ' ') AS words,
            LATERAL (
                SELECT 1259, c.oid,
                    ARRAY(SELECT DISTINCT word FROM unnest(words) AS word WHERE word IN ('insert', 'update', 'delete'))
                FROM classes c WHERE lower(c.relname) IN (SELECT unnest(words))
                UNION ALL
                SELECT 1255, called.oid, '{}' FROM foreign_things called
                WHERE called.class = 1255 AND called.bare IN (SELECT unnest(words))
            ) AS code
        WHERE reach.class = 1255 AND p.oid = reach.oid AND p.prolang NOT IN (12, 13)
    ) AS leads (class, oid, verbs)
)
SELECT json_build_object(
    'txid', txid_current(), 'user', current_user, 'session', session_user, 'plugin', plugin, 'whose', whose, 'alone', alone,
    'home', home, 'makes', makes,
    'schemas', current_setting('autogen.schemas'), 'path', translate(current_setting('autogen.path'), '" ', ''),
    'settings', (SELECT coalesce(json_object_agg(name, setting), '{}') FROM pg_settings WHERE source = 'session'),
    -- PostgreSQL lists none of the settings that nobody has declared.
    'undeclared', (SELECT coalesce(json_object_agg(name, current_setting(name, true)), '{}')
        FROM unnest(dotted) AS named (name) WHERE name NOT IN (SELECT s.name FROM pg_settings s)),
    'mine', (SELECT coalesce(array_agg(oid), '{}')::text FROM mine),
    'rows', (SELECT sum(pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
        + pg_stat_get_xact_tuples_deleted(oid)) FROM mine),
    'oids', noted.oids, 'kinds', noted.kinds, 'names', noted.names,
    -- What a script makes only where it is missing isn't its owner's where it is there.
    'claimed', (SELECT min(name) FROM others WHERE name IN (SELECT unnest(makes) FROM asked)
        OR schema = home AND bare IN (SELECT unnest(makes) FROM asked)),
    'mappings', {mappings},
    'near', (SELECT coalesce(json_object_agg(oid, (
            SELECT json_build_array(md5({class}), {counted}) FROM pg_class c WHERE c.oid = near.oid)), '{}') FROM near),
    'things', (SELECT coalesce(json_object_agg(class || ' ' || oid, json_build_array(kind, name)), '{}') FROM foreign_things),
    -- Keys that others have to the plugin's tables make way for a change there, and come back.
    'keys', (SELECT coalesce(json_agg(key), '[]') FROM keys WHERE key IS NOT NULL),
    'reach', (SELECT coalesce(json_object_agg(oid, json_build_array(verbs, pg_stat_get_xact_tuples_inserted(oid),
            pg_stat_get_xact_tuples_updated(oid), pg_stat_get_xact_tuples_deleted(oid))), '{}')
        FROM (
            SELECT reach.oid, coalesce(json_agg(DISTINCT verb) FILTER (WHERE verb IS NOT NULL), '[]') AS verbs
            FROM reach JOIN others USING (oid) LEFT JOIN unnest(verbs) AS verb ON true
            WHERE class = 1259 GROUP BY reach.oid
        ) AS reach)
)::text AS autogen_before, current_setting('autogen.path') AS autogen_path
FROM asked, (
    SELECT coalesce(array_agg(oid), '{}')::text AS oids, coalesce(array_agg(relkind), '{}')::text AS kinds,
        coalesce(array_agg(name), '{}')::text AS names
    FROM others
) AS noted
