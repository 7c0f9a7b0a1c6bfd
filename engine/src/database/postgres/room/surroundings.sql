-- The other schemas of the database, those apart that hold nothing but what extensions brought; and the extensions.
WITH members AS (
    SELECT classid, objid FROM pg_catalog.pg_depend WHERE deptype = 'e'
),
others AS (
    SELECT n.nspname::text AS name,
        EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE e.extnamespace = n.oid)
        AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
        AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_class c
            WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')
            -- Of a composite type only the type is said to be an extension's.
            AND c.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_catalog.pg_class'::pg_catalog.regclass)
            AND c.reltype NOT IN (SELECT objid FROM members WHERE classid = 'pg_catalog.pg_type'::pg_catalog.regclass)
        )
        AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_proc p WHERE p.pronamespace = n.oid
            AND p.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_catalog.pg_proc'::pg_catalog.regclass)
        )
        AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_type t WHERE t.typnamespace = n.oid AND t.typtype IN ('e', 'd', 'r')
            AND t.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_catalog.pg_type'::pg_catalog.regclass)
        ) AS is_harmless
    FROM pg_catalog.pg_namespace n
    WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', $1)
)
SELECT
    ARRAY(SELECT name FROM others WHERE is_harmless ORDER BY name) AS harmless,
    ARRAY(SELECT name FROM others WHERE NOT is_harmless ORDER BY name) AS schemas,
    ARRAY(SELECT extname::text FROM pg_catalog.pg_extension ORDER BY extname) AS extensions,
    ARRAY(
        SELECT e.extname::text FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
        JOIN others o ON o.name = n.nspname AND NOT o.is_harmless ORDER BY e.extname
    ) AS hidden
