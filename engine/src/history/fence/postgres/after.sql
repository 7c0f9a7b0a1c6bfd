DO $autogen$
DECLARE
    path CONSTANT pg_catalog.text := pg_catalog.current_setting('search_path');
    before CONSTANT pg_catalog.jsonb := pg_catalog.current_setting('autogen.before');
    problem pg_catalog.text;
    left_behind pg_catalog.record;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    IF NOT (before ->> 'alone')::bool AND txid_current() <> (before ->> 'txid')::bigint THEN
        RAISE EXCEPTION 'fenced: it ended the transaction that it ran in';
    END IF;
    IF current_user <> before ->> 'user' OR session_user <> before ->> 'session' THEN
        RAISE EXCEPTION 'fenced: it went on as the role `%`', current_user;
    END IF;
    SELECT format('it leaves the cursor `%s`, whose query would run at the end', name) INTO problem
    FROM pg_cursors WHERE is_holdable AND creation_time >= now() LIMIT 1;
    IF problem IS NOT NULL THEN RAISE EXCEPTION 'fenced: %', problem; END IF;
    WITH held (class, oid, mode) AS MATERIALIZED (
        SELECT CASE locktype WHEN 'relation' THEN 1259 ELSE classid::int END,
            CASE locktype WHEN 'relation' THEN relation ELSE objid END, mode
        FROM pg_locks WHERE pid = pg_backend_pid() AND granted AND locktype IN ('relation', 'object')
            AND database IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    ),
    classes (oid, kind, name, state, parts) AS MATERIALIZED (
        SELECT key::oid, value ->> 0, value ->> 1, value ->> 2, (value ->> 3)::int FROM jsonb_each(before -> 'classes')
    ),
    things (class, oid, kind, name) AS MATERIALIZED (
        SELECT split_part(key, ' ', 1)::int, split_part(key, ' ', 2)::oid, value ->> 0, value ->> 1
        FROM jsonb_each(before -> 'things')
    ),
    now_things (class, oid, kind, schema, bare) AS MATERIALIZED ({things}),
    -- Rows of the catalogs, with the transaction that wrote each.
    parts (class, oid, x) AS (
        SELECT 1259, c.oid, c.xmin FROM pg_class c LEFT JOIN classes o USING (oid) WHERE o.state IS DISTINCT FROM md5({class})
        UNION ALL SELECT 1259, attrelid, xmin FROM pg_attribute WHERE attnum > 0
        UNION ALL SELECT 1259, adrelid, xmin FROM pg_attrdef
        UNION ALL SELECT CASE k.conrelid WHEN 0 THEN 1247 ELSE 1259 END, CASE k.conrelid WHEN 0 THEN k.contypid ELSE k.conrelid END,
            k.xmin FROM pg_constraint k WHERE NOT before -> 'keys' ? md5({key})
        UNION ALL SELECT 1259, indrelid, xmin FROM pg_index
        UNION ALL SELECT 1259, i.indrelid, c.xmin FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        UNION ALL SELECT 1259, coalesce(k.conrelid, t.tgrelid), t.xmin
            FROM pg_trigger t LEFT JOIN pg_constraint k ON t.tgisinternal AND k.oid = t.tgconstraint
            WHERE k.oid IS NULL OR t.tgenabled <> 'O' OR NOT before -> 'keys' ? md5({key})
        UNION ALL SELECT 1259, ev_class, xmin FROM pg_rewrite
        UNION ALL SELECT 1259, polrelid, xmin FROM pg_policy
        UNION ALL SELECT 1259, inhparent, xmin FROM pg_inherits
        UNION ALL SELECT 1259, inhrelid, xmin FROM pg_inherits
        UNION ALL SELECT 1259, stxrelid, xmin FROM pg_statistic_ext
        UNION ALL SELECT 1259, seqrelid, xmin FROM pg_sequence
        UNION ALL SELECT 1259, prrelid, xmin FROM pg_publication_rel
        UNION ALL SELECT classid::int, objid, xmin FROM pg_depend WHERE objsubid = 0 AND deptype IN ('a', 'i', 'e', 'x')
        UNION ALL SELECT CASE WHEN d.classoid IN (2606, 2620, 2618, 3256) THEN 1259 ELSE d.classoid::int END,
                coalesce(k.conrelid, t.tgrelid, r.ev_class, p.polrelid, d.objoid), d.xmin
            FROM pg_description d
            LEFT JOIN pg_constraint k ON d.classoid = 2606 AND k.oid = d.objoid
            LEFT JOIN pg_trigger t ON d.classoid = 2620 AND t.oid = d.objoid
            LEFT JOIN pg_rewrite r ON d.classoid = 2618 AND r.oid = d.objoid
            LEFT JOIN pg_policy p ON d.classoid = 3256 AND p.oid = d.objoid
        UNION ALL SELECT classoid::int, objoid, xmin FROM pg_seclabel
        UNION ALL SELECT 1247, enumtypid, xmin FROM pg_enum
        UNION ALL SELECT 1247, oid, xmin FROM pg_type
        UNION ALL SELECT 1255, oid, xmin FROM pg_proc
        UNION ALL SELECT class, oid, xmin FROM ({plain}) AS plain (class, oid, xmin)
    ),
    written (class, oid) AS MATERIALIZED (
        SELECT DISTINCT class, oid FROM parts
        WHERE age(x) <= age(((before ->> 'txid')::bigint % 4294967296)::text::xid)
            AND ((before ->> 'alone')::bool OR age(x) < -1000000 OR txid_status(txid_current() - age(x)) = 'in progress')
    ),
    counted (oid, parts) AS (
        SELECT oid, count(*) FROM ({counted}) AS parts (oid)
        WHERE (before ->> 'alone')::bool OR oid IN (SELECT oid FROM held WHERE class = 1259 AND mode NOT IN ('AccessShareLock', 'RowShareLock'))
        GROUP BY oid
    ),
    found (rank, what, kind, name) AS (
        -- Nothing comes before the tables that marks go to, nor before everybody's schema.
        SELECT 0, 'makes', 'table', relname::text FROM pg_class c
            WHERE relname IN ({state_tables}) AND NOT before -> 'classes' ? c.oid::text
        UNION ALL SELECT 0, 'makes', n.kind, n.bare FROM now_things n
            WHERE n.kind = 'schema' AND n.bare = current_user AND NOT before -> 'things' ? (n.class || ' ' || n.oid)
        UNION ALL SELECT 1, 'changes', kind, name FROM classes JOIN written w USING (oid) WHERE w.class = 1259
        UNION ALL SELECT 1, 'changes', kind, name FROM things JOIN written USING (class, oid)
        UNION ALL SELECT 1, 'changes', 'object', pg_describe_object(class, oid, 0) FROM written
            WHERE oid < 16384 AND class IN (1259, 1247, 1255, 2615, 2612, 3079)
        -- What is gone, and what has lost a part, was locked for it.
        UNION ALL SELECT 2, 'drops', kind, name FROM classes c
            WHERE NOT EXISTS (SELECT FROM pg_class WHERE oid = c.oid)
                AND ((before ->> 'alone')::bool OR EXISTS (SELECT FROM held WHERE class = 1259 AND oid = c.oid))
        UNION ALL SELECT 2, 'drops', kind, name FROM things t
            WHERE NOT EXISTS (SELECT FROM now_things n WHERE n.class = t.class AND n.oid = t.oid)
                AND ((before ->> 'alone')::bool OR EXISTS (SELECT FROM held WHERE class = t.class AND oid = t.oid))
        UNION ALL SELECT 3, 'changes', kind, name FROM classes c LEFT JOIN counted n USING (oid)
            WHERE coalesce(n.parts, 0) < c.parts AND EXISTS (SELECT FROM pg_class WHERE oid = c.oid)
                AND ((before ->> 'alone')::bool
                    OR EXISTS (SELECT FROM held WHERE class = 1259 AND oid = c.oid AND mode NOT IN ('AccessShareLock', 'RowShareLock')))
        -- Some objects are about everything in the database.
        UNION ALL SELECT 4, 'makes', n.kind, n.bare FROM now_things n JOIN written USING (class, oid)
            WHERE n.kind IN ('extension', 'language', 'cast', 'conversion', 'foreign data wrapper', 'server', 'event trigger',
                'publication', 'subscription', 'access method', 'default privileges')
                AND NOT before -> 'things' ? (n.class || ' ' || n.oid)
        -- A statement that writes rows locks their table so, and nothing else does.
        UNION ALL SELECT 5, 'writes to', c.kind, c.name FROM classes c JOIN held h USING (oid)
            WHERE h.class = 1259 AND h.mode = 'RowExclusiveLock' AND NOT before -> 'reach' ? c.oid::text
        UNION ALL SELECT 5, 'writes to', c.kind, c.name FROM classes c JOIN held h USING (oid),
                LATERAL (SELECT before -> 'reach' -> c.oid::text AS reach) AS r
            WHERE h.class = 1259 AND h.mode = 'RowExclusiveLock' AND c.kind = 'table' AND (
                NOT reach -> 0 ? 'insert' AND pg_stat_get_xact_tuples_inserted(c.oid) > (reach ->> 1)::bigint
                OR NOT reach -> 0 ? 'update' AND pg_stat_get_xact_tuples_updated(c.oid) > (reach ->> 2)::bigint
                OR NOT reach -> 0 ? 'delete' AND pg_stat_get_xact_tuples_deleted(c.oid) > (reach ->> 3)::bigint)
        UNION ALL SELECT 6, 'writes to', 'catalog', relation.relname FROM held h JOIN pg_class relation ON relation.oid = h.oid
            WHERE h.class = 1259 AND h.mode = 'RowExclusiveLock' AND h.oid < 16384 AND relation.relkind = 'r'
                AND relation.relname NOT IN ('pg_description', 'pg_seclabel')
    )
    SELECT format('it %s the %s `%s`, which %s', what, kind, name, CASE
            WHEN before -> 'whose' ? name THEN 'is ' || (before -> 'whose' ->> name) || '''s'
            WHEN what = 'makes' THEN 'reaches beyond what is ' || (before ->> 'plugin') || '''s'
            ELSE 'isn''t ' || (before ->> 'plugin') || '''s' END)
    INTO problem FROM found ORDER BY rank, kind, name LIMIT 1;
    IF problem IS NOT NULL THEN RAISE EXCEPTION 'fenced: %', problem; END IF;
    -- What a session keeps for itself would stand in the way of what comes later.
    FOR left_behind IN SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, relname
        FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind IN ('r', 'p', 'v', 'S')
            AND age(xmin) <= age(((before ->> 'txid')::bigint % 4294967296)::text::xid)
    LOOP
        EXECUTE format('DROP %s IF EXISTS pg_temp.%I CASCADE', left_behind.kind, left_behind.relname);
    END LOOP;
    FOR left_behind IN SELECT name,
        CASE WHEN name IN ({own_settings}) OR NOT before -> 'settings' ? name THEN reset_val
            ELSE before -> 'settings' ->> name END AS value
        FROM pg_settings
        WHERE source = 'session' AND name <> 'search_path' AND name !~ '^transaction_'
            AND setting IS DISTINCT FROM before -> 'settings' ->> name
    LOOP
        PERFORM set_config(left_behind.name, left_behind.value, false);
    END LOOP;
    PERFORM set_config('autogen.before', '', true), set_config('search_path', path, true);
END $autogen$
