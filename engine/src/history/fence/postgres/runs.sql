-- Names a function that a statement outside of a transaction would run, by an index of its table: of an expression, a condition,
-- an operator, a class of operators, a domain or a range. An extension's functions are the server's.
--
-- tables   the table, its partitions, and an empty one that has the index that is to be made
-- runs     what their indexes, statistics and ranges depend on, and what that depends on
WITH RECURSIVE tables (oid) AS (
    SELECT coalesce(i.indrelid, c.oid)
    FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
    WHERE c.oid IN (to_regclass(?), to_regclass('pg_temp.autogen_probe'))
    UNION
    SELECT inhrelid FROM tables JOIN pg_inherits ON inhparent = tables.oid
),
runs (class, oid) AS (
    SELECT parts.* FROM tables, LATERAL (
        SELECT 1259, indexrelid FROM pg_index WHERE indrelid = tables.oid
        UNION ALL SELECT 3381, oid FROM pg_statistic_ext WHERE stxrelid = tables.oid
        UNION ALL SELECT 1247, t.oid FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
            WHERE attrelid = tables.oid AND t.oid >= 16384 AND t.typtype IN ('r', 'm')
    ) AS parts (class, oid)
    UNION
    SELECT leads.* FROM runs, LATERAL (
        SELECT refclassid::int, refobjid FROM pg_depend
        WHERE classid = runs.class AND objid = runs.oid AND refclassid <> 1259 AND refobjid >= 16384
        UNION ALL SELECT 2606, oid FROM pg_constraint WHERE runs.class = 1247 AND contypid = runs.oid
        UNION ALL SELECT 2753, opcfamily FROM pg_opclass WHERE runs.class = 2616 AND pg_opclass.oid = runs.oid
        UNION ALL SELECT 1255, amproc::oid FROM pg_amproc WHERE runs.class = 2753 AND amprocfamily = runs.oid
        UNION ALL SELECT 2617, amopopr FROM pg_amop WHERE runs.class = 2753 AND amopfamily = runs.oid
        UNION ALL SELECT 1255, oprcode::oid FROM pg_operator WHERE runs.class = 2617 AND pg_operator.oid = runs.oid
    ) AS leads (class, oid)
)
SELECT runs.oid::regproc::text FROM runs
WHERE class = 1255 AND oid >= 16384
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 1255 AND e.objid = runs.oid AND e.deptype = 'e')
LIMIT 1
