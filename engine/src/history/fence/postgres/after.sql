DO $autogen$
-- Fails where a plugin's revision has changed what others own, as `before.sql` has noted it.
--
-- written  what this transaction has changed: each row of a catalog bears the transaction that wrote it. A row about a part
--          (column, index, trigger …) counts as its table's. The catalogs are read whole, for no index knows the writers.
-- held     the locks of this transaction, which stay until it ends: what is dropped, loses a part or gets rows is among them.
-- found    what of both is others'. In the order of its ranks, the first is told.
--
-- A statement that runs `alone` has no transaction that could be asked: there everything that is new since then counts, whoever
-- wrote it, and all tables were noted in detail.
DECLARE
    path CONSTANT pg_catalog.text := pg_catalog.current_setting('search_path');
    note CONSTANT pg_catalog.jsonb := pg_catalog.current_setting('autogen.before');
    alone pg_catalog.bool;
    span pg_catalog.int4;
    classes pg_catalog.int4[];
    oids pg_catalog.oid[];
    problem pg_catalog.text;
    left_behind pg_catalog.record;
    waiting pg_catalog.record;
    wrote pg_catalog.bool;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
    alone := note ->> 'alone';
    span := age(((note ->> 'txid')::bigint % 4294967296)::text::xid);
    IF NOT alone AND txid_current() <> (note ->> 'txid')::bigint THEN
        RAISE EXCEPTION 'fenced: it ended the transaction that it ran in';
    END IF;
    IF current_user <> note ->> 'user' OR session_user <> note ->> 'session' THEN
        RAISE EXCEPTION 'fenced: it went on as the role `%`', current_user;
    END IF;
    IF note ->> 'claimed' IS NOT NULL THEN
        RAISE EXCEPTION 'fenced: it makes the table `%`, which is there already and isn''t %''s', note ->> 'claimed', note ->> 'plugin';
    END IF;
    -- A name is its owner's for good, so it stands for what has it, wherever the revision's search path led.
    SELECT format('it makes `%1$s` in the schema `%2$s`, which only its search path says: write `%2$s.%1$s`', made.name, n.nspname) INTO problem
    FROM jsonb_array_elements_text(note -> 'makes') AS made (name), LATERAL (
            SELECT {part:relname} AS name, relnamespace AS space, age(xmin) AS since FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')
            UNION ALL SELECT {part:typname}, typnamespace, age(xmin) FROM pg_type WHERE typtype IN ('d', 'e', 'r')
        ) AS new JOIN pg_namespace n ON n.oid = new.space
    WHERE new.name = made.name AND new.since <= span AND n.nspname NOT IN ('public', note ->> 'home') AND n.nspname !~ '^pg_'
        AND NOT EXISTS (
            SELECT FROM pg_namespace usual WHERE usual.nspname IN ('public', note ->> 'home') AND (
                EXISTS (SELECT FROM pg_class WHERE {part:relname} = made.name AND relnamespace = usual.oid)
                OR EXISTS (SELECT FROM pg_type WHERE {part:typname} = made.name AND typnamespace = usual.oid)))
    LIMIT 1;
    IF problem IS NOT NULL THEN RAISE EXCEPTION 'fenced: %', problem; END IF;
    SELECT format('it leaves the cursor `%s`, whose query would run at the end', name) INTO problem
    FROM pg_cursors WHERE is_holdable AND creation_time >= now() LIMIT 1;
    IF problem IS NOT NULL THEN RAISE EXCEPTION 'fenced: %', problem; END IF;
    -- All deferred triggers have run, but one of them may have put others off again. PostgreSQL alters no table for which a
    -- trigger waits. Only tables with rows written have such, and this takes the weakest lock there is for it.
    FOR waiting IN SELECT DISTINCT relation::regclass::text AS name FROM pg_locks
        JOIN pg_trigger ON tgrelid = relation AND tgdeferrable AND NOT tgisinternal
        WHERE pid = pg_backend_pid() AND granted AND locktype = 'relation' AND mode = 'RowExclusiveLock'
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    LOOP
        BEGIN
            EXECUTE format('ALTER TABLE %s RESET (autovacuum_enabled)', waiting.name);
            RAISE EXCEPTION USING ERRCODE = 'AG000';
        EXCEPTION
            WHEN SQLSTATE 'AG000' THEN NULL;
            WHEN object_in_use OR insufficient_privilege THEN
                RAISE EXCEPTION 'fenced: it puts a trigger of the table `%` off to the end of the transaction', waiting.name;
        END;
    END LOOP;
    IF note ->> 'mappings' <> {mappings} THEN
        RAISE EXCEPTION 'fenced: it changes whom foreign servers know users as';
    END IF;
    SELECT coalesce(array_agg(class), '{}'), coalesce(array_agg(oid), '{}') INTO classes, oids
    FROM ({rows}) AS rows (class, oid, x)
    WHERE age(x) <= span AND (alone OR age(x) < -1000000 OR txid_status(txid_current() - age(x)) = 'in progress');
    -- Rows of others follow rows of its own, or by a trigger for whole statements what is done to its tables. Otherwise
    -- nothing leads to others.
    WITH own (oid) AS (SELECT unnest((note ->> 'mine')::oid[]))
    SELECT alone OR (
            SELECT sum(pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid) + pg_stat_get_xact_tuples_deleted(oid))
            FROM own) IS DISTINCT FROM (note ->> 'rows')::numeric
        OR EXISTS (
            SELECT FROM pg_locks JOIN own ON own.oid = relation JOIN pg_trigger ON tgrelid = own.oid AND NOT tgisinternal AND tgtype & 1 = 0
            WHERE pid = pg_backend_pid() AND granted AND locktype = 'relation' AND mode IN ('RowExclusiveLock', 'AccessExclusiveLock')
                AND database = (SELECT pg_database.oid FROM pg_database WHERE datname = current_database()))
        OR EXISTS (SELECT FROM pg_event_trigger WHERE evtenabled <> 'D') INTO wrote;
    WITH near (oid, state, parts) AS MATERIALIZED (
        SELECT key::oid, value ->> 0, (value ->> 1)::bigint FROM jsonb_each(note -> 'near')
    ),
    things (class, oid, kind, name) AS MATERIALIZED (
        SELECT split_part(key, ' ', 1)::int, split_part(key, ' ', 2)::oid, value ->> 0, value ->> 1 FROM jsonb_each(note -> 'things')
    ),
    present (class, oid, kind, schema, bare) AS MATERIALIZED ({things}),
    held (class, oid, mode) AS MATERIALIZED (
        SELECT CASE locktype WHEN 'relation' THEN 1259 ELSE classid::int END,
            CASE locktype WHEN 'relation' THEN coalesce(i.indrelid, relation) ELSE objid END, mode
        FROM pg_locks LEFT JOIN pg_index i ON i.indexrelid = relation
        WHERE pid = pg_backend_pid() AND granted AND locktype IN ('relation', 'object')
            AND database IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    ),
    strongly (class, oid) AS MATERIALIZED (
        SELECT class, oid FROM held WHERE mode IN ('ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
    ),
    written (class, oid) AS MATERIALIZED (
        SELECT DISTINCT CASE WHEN k.conrelid = 0 THEN 1247 WHEN f.class IN (0, 2606, 2620, 2618, 3256, 3381) THEN 1259 ELSE f.class END,
            coalesce(nullif(k.conrelid, 0), nullif(k.contypid, 0), t.tgrelid, r.ev_class, p.polrelid, i.indrelid, s.stxrelid, b.oid, f.oid)
        FROM (SELECT * FROM unnest(classes, oids) UNION ALL SELECT * FROM strongly WHERE class = 3381) AS f (class, oid)
            LEFT JOIN pg_trigger t ON f.class = 2620 AND t.oid = f.oid
            LEFT JOIN pg_constraint k
                ON k.oid = CASE f.class WHEN 2606 THEN f.oid WHEN 2620 THEN CASE WHEN t.tgisinternal THEN t.tgconstraint END END
            LEFT JOIN pg_rewrite r ON f.class = 2618 AND r.oid = f.oid
            LEFT JOIN pg_policy p ON f.class = 3256 AND p.oid = f.oid
            LEFT JOIN pg_index i ON f.class IN (0, 1259) AND i.indexrelid = f.oid
            LEFT JOIN pg_statistic_ext s ON f.class = 3381 AND s.oid = f.oid
            LEFT JOIN pg_class b ON f.class = 0 AND b.reltoastrelid = f.oid
        -- A key that is dropped and added again is checked anew; its triggers alone are written to switch them off.
        WHERE (k.oid IS NULL OR t.tgenabled <> 'O' OR NOT note -> 'keys' ? md5({key})
                OR f.class = 2620 AND NOT EXISTS (
                    SELECT FROM unnest(classes, oids) AS new (class, oid) WHERE new.class = 2606 AND new.oid = k.oid))
            AND NOT (f.class = 0 AND EXISTS (
                SELECT FROM pg_class c JOIN near ON near.oid = c.oid WHERE c.oid = f.oid AND near.state = md5({class})))
    ),
    others (oid, kind, name) AS MATERIALIZED (
        SELECT oid, CASE kind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
            WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'type' ELSE 'table' END, name
        FROM unnest((note ->> 'oids')::oid[], (note ->> 'kinds')::"char"[], (note ->> 'names')::text[]) AS o (oid, kind, name)
        WHERE alone OR oid IN (SELECT oid FROM written UNION ALL SELECT oid FROM held)
    ),
    found (rank, what, kind, name) AS (
        -- Nothing comes before the tables that marks go to, nor before everybody's schema.
        SELECT 0, 'makes', 'table', relname::text FROM pg_class c
            WHERE relname IN ({state_tables}) AND oid <> ALL ((note ->> 'oids')::oid[])
        UNION ALL SELECT 0, 'makes', 'schema', nspname FROM pg_namespace n
            WHERE (nspname = current_user OR nspname = ANY (string_to_array(note ->> 'path', ','))) AND oid >= 16384 AND NOT note -> 'things' ? ('2615 ' || n.oid)
        UNION ALL SELECT 1, 'changes', kind, name FROM others JOIN written w USING (oid) WHERE w.class = 1259
        UNION ALL SELECT 1, 'changes', kind, name FROM things JOIN written USING (class, oid)
        UNION ALL SELECT 1, 'changes', 'object', pg_describe_object(class, oid, 0) FROM (
                SELECT class, oid FROM written UNION ALL SELECT class, oid FROM strongly WHERE class <> 1259
            ) AS changed WHERE oid < 16384 AND class IN (1259, 1247, 1255, 2615, 2612, 3079)
        -- What is gone, and what has lost a part, was locked for it. What isn't near has no other reason for such a lock.
        UNION ALL SELECT 2, 'drops', kind, name FROM others o
            WHERE (alone OR o.oid IN (SELECT oid FROM strongly WHERE class = 1259)) AND NOT EXISTS (SELECT FROM pg_class WHERE oid = o.oid)
        UNION ALL SELECT 3, 'changes', kind, name FROM others c LEFT JOIN near USING (oid)
            WHERE (alone OR c.oid IN (SELECT oid FROM strongly WHERE class = 1259)) AND (near.oid IS NULL OR near.parts > {counted})
        UNION ALL SELECT 2, CASE WHEN n.oid IS NULL THEN 'drops' ELSE 'changes' END, t.kind, t.name
            FROM things t LEFT JOIN present n USING (class, oid)
            WHERE alone AND n.oid IS NULL
                OR (t.class, t.oid) IN (TABLE strongly)
        -- Some objects are about everything in the database.
        UNION ALL SELECT 4, 'makes', replace(i.type, '-', ' '), i.identity FROM written w, pg_identify_object(w.class, w.oid, 0) AS i
            WHERE w.class IN (3079, 2612, 2605, 2607, 2328, 1417, 3466, 6104, 2601, 826, 3576)
                AND NOT note -> 'things' ? (w.class || ' ' || w.oid)
        -- What is new among the database's own comes before everybody's, and what is on another server can't be held.
        UNION ALL SELECT 4, 'makes', i.type, i.identity FROM written w, pg_identify_object(w.class, w.oid, 0) AS i
            WHERE w.oid >= 16384 AND w.class IN (1247, 1255, 1259, 2616, 2617, 2753, 3456, 3600, 3602)
                AND (i.schema IN ('pg_catalog', 'information_schema') OR i.type = 'foreign table')
        -- So does what is found before others' things of that name: in an earlier schema of the search path, or as a better match.
        UNION ALL SELECT 4, 'makes', 'table', format('%s.%s', n.nspname, c.relname)
            FROM written w JOIN pg_class c ON w.class = 1259 AND c.oid = w.oid JOIN pg_namespace n ON n.oid = c.relnamespace,
                unnest((note ->> 'oids')::oid[]) AS known (oid) JOIN pg_class o ON o.oid = known.oid
                JOIN pg_namespace later ON later.oid = o.relnamespace
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND c.oid <> ALL ((note ->> 'oids')::oid[]) AND o.relname = c.relname
                AND array_position((note ->> 'schemas')::name[], n.nspname) < array_position((note ->> 'schemas')::name[], later.nspname)
        UNION ALL SELECT 4, 'makes', 'function', p.oid::regprocedure::text
            FROM written w JOIN pg_proc p ON w.class = 1255 AND p.oid = w.oid JOIN pg_namespace n ON n.oid = p.pronamespace,
                pg_proc o JOIN pg_namespace s ON s.oid = o.pronamespace
            WHERE NOT note -> 'things' ? ('1255 ' || p.oid) AND o.proname = p.proname AND o.oid <> p.oid
                AND p.prorettype NOT IN (2279, 3838) AND p.pronargs > 0
                AND (s.nspname = 'pg_catalog' AND n.nspname = ANY ((note ->> 'schemas')::name[]) OR note -> 'things' ? ('1255 ' || o.oid))
                AND (p.provariadic <> 0 OR p.pronargs >= o.pronargs - o.pronargdefaults)
                AND (o.provariadic <> 0 OR o.pronargs >= p.pronargs - p.pronargdefaults)
                AND NOT EXISTS (SELECT FROM pg_type t WHERE t.oid = ANY (p.proargtypes) AND {new_type})
        UNION ALL SELECT 4, 'makes', 'operator', p.oid::regoperator::text
            FROM written w JOIN pg_operator p ON w.class = 2617 AND p.oid = w.oid JOIN pg_namespace n ON n.oid = p.oprnamespace,
                pg_operator o JOIN pg_namespace s ON s.oid = o.oprnamespace
            WHERE NOT note -> 'things' ? ('2617 ' || p.oid) AND o.oprname = p.oprname AND o.oid <> p.oid
                AND (s.nspname = 'pg_catalog' AND n.nspname = ANY ((note ->> 'schemas')::name[]) OR note -> 'things' ? ('2617 ' || o.oid))
                AND NOT EXISTS (SELECT FROM pg_type t WHERE t.oid IN (p.oprleft, p.oprright) AND {new_type})
        UNION ALL SELECT 4, 'makes', new.kind, format('%s.%s', new.schema, new.bare)
            FROM written w JOIN present new USING (class, oid)
                JOIN present o ON o.class = new.class AND o.bare = new.bare AND o.oid <> new.oid
            WHERE new.class <> 2617 AND NOT note -> 'things' ? (new.class || ' ' || new.oid) AND note -> 'things' ? (o.class || ' ' || o.oid)
                AND (new.class <> 1255 OR (SELECT a.proargtypes FROM pg_proc a WHERE a.oid = new.oid) = (SELECT b.proargtypes FROM pg_proc b WHERE b.oid = o.oid))
                AND array_position((note ->> 'schemas')::name[], new.schema::name) < array_position((note ->> 'schemas')::name[], o.schema::name)
        UNION ALL SELECT 4, 'makes', 'type', format('%s.%s', n.nspname, c.relname)
            FROM written w JOIN pg_class c ON w.class = 1259 AND c.oid = w.oid JOIN pg_namespace n ON n.oid = c.relnamespace
                JOIN present o ON o.class = 1247 AND o.bare = c.relname
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND c.oid <> ALL ((note ->> 'oids')::oid[]) AND note -> 'things' ? ('1247 ' || o.oid)
                AND array_position((note ->> 'schemas')::name[], n.nspname) < array_position((note ->> 'schemas')::name[], o.schema::name)
        UNION ALL SELECT 4, 'makes', 'function', p.oid::regprocedure::text
            FROM written w JOIN pg_proc p ON w.class = 1255 AND p.oid = w.oid JOIN pg_language l ON l.oid = p.prolang
            WHERE NOT l.lanpltrusted AND NOT note -> 'things' ? ('1255 ' || p.oid)
        UNION ALL SELECT 1, 'changes', 'database', datname FROM pg_database d JOIN written w ON w.class = 1262 AND w.oid = d.oid
        UNION ALL SELECT 1, 'changes', 'tablespace', spcname FROM pg_tablespace s JOIN written w ON w.class = 1213 AND w.oid = s.oid
        UNION ALL SELECT 4, 'changes', 'operator family', 'of a type' FROM strongly WHERE class IN (2602, 2603)
        -- A statement that writes rows locks their table so, and nothing else does.
        UNION ALL SELECT 5, 'writes to', o.kind, o.name FROM others o JOIN held h USING (oid),
                LATERAL (SELECT CASE WHEN wrote THEN note -> 'reach' -> o.oid::text END AS reach) AS r
            WHERE h.class = 1259 AND h.mode = 'RowExclusiveLock' AND (reach IS NULL
                OR o.kind = 'table' AND (
                    NOT reach -> 0 ? 'insert' AND pg_stat_get_xact_tuples_inserted(o.oid) > (reach ->> 1)::bigint
                    OR NOT reach -> 0 ? 'update' AND pg_stat_get_xact_tuples_updated(o.oid) > (reach ->> 2)::bigint
                    OR NOT reach -> 0 ? 'delete' AND pg_stat_get_xact_tuples_deleted(o.oid) > (reach ->> 3)::bigint))
        UNION ALL SELECT 6, 'writes to', 'catalog', relation.relname FROM held h JOIN pg_class relation ON relation.oid = h.oid
            WHERE h.class = 1259 AND h.mode = 'RowExclusiveLock' AND h.oid < 16384 AND relation.relkind = 'r'
                AND relation.relname NOT IN ('pg_description', 'pg_seclabel')
    )
    SELECT format('it %s the %s `%s`, which %s', what, kind, name, CASE
            WHEN note -> 'whose' ? name THEN 'is ' || (note -> 'whose' ->> name) || '''s'
            WHEN what = 'makes' THEN 'reaches beyond what is ' || (note ->> 'plugin') || '''s'
            ELSE 'isn''t ' || (note ->> 'plugin') || '''s' END)
    INTO problem FROM found ORDER BY rank, kind, name LIMIT 1;
    IF problem IS NOT NULL THEN RAISE EXCEPTION 'fenced: %', problem; END IF;
    -- What a session keeps for itself would stand in the way of what comes later.
    FOR left_behind IN SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, relname
        FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind IN ('r', 'p', 'v', 'S') AND age(xmin) <= span
    LOOP
        EXECUTE format('DROP %s IF EXISTS pg_temp.%I CASCADE', left_behind.kind, left_behind.relname);
    END LOOP;
    FOR left_behind IN SELECT typname FROM pg_type LEFT JOIN pg_class c ON c.oid = typrelid
        WHERE typnamespace = pg_my_temp_schema() AND (typtype IN ('d', 'e', 'r') OR c.relkind = 'c') AND age(pg_type.xmin) <= span
    LOOP
        EXECUTE format('DROP TYPE IF EXISTS pg_temp.%I CASCADE', left_behind.typname);
    END LOOP;
    FOR left_behind IN SELECT name,
        CASE WHEN name IN ({own_settings}) OR NOT note -> 'settings' ? name THEN reset_val
            ELSE note -> 'settings' ->> name END AS value
        FROM pg_settings
        WHERE source = 'session' AND name <> 'search_path' AND name !~ '^transaction_'
            AND setting IS DISTINCT FROM note -> 'settings' ->> name
    LOOP
        PERFORM set_config(left_behind.name, left_behind.value, false);
    END LOOP;
    FOR left_behind IN SELECT key AS name, coalesce(value, '') AS value FROM jsonb_each_text(note -> 'undeclared') AS had (key, value)
        WHERE current_setting(key, true) IS DISTINCT FROM value
    LOOP
        PERFORM set_config(left_behind.name, left_behind.value, false);
    END LOOP;
    PERFORM set_config('autogen.before', '', true), set_config('search_path', path, true);
END $autogen$
