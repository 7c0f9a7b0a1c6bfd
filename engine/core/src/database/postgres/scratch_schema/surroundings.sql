-- The other schemas of the database, those apart that hold nothing but what extensions brought; the extensions, and what stands
-- beside them where they stand among tables.
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
),
around AS (
    SELECT n.oid, o.name FROM others o JOIN pg_catalog.pg_namespace n ON n.nspname = o.name
    WHERE NOT o.is_harmless AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
        AND EXISTS (SELECT FROM pg_catalog.pg_extension e WHERE e.extnamespace = n.oid)
)
SELECT
    ARRAY(SELECT name FROM others WHERE is_harmless ORDER BY name) AS harmless,
    ARRAY(SELECT name FROM others WHERE NOT is_harmless ORDER BY name) AS schemas,
    ARRAY(SELECT extname::text FROM pg_catalog.pg_extension ORDER BY extname) AS extensions,
    ARRAY(
        SELECT e.extname::text FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
        JOIN others o ON o.name = n.nspname AND NOT o.is_harmless ORDER BY e.extname
    ) AS hidden,
    ARRAY(SELECT name FROM around ORDER BY name) AS around,
    ARRAY(
        SELECT c.relname::text FROM pg_catalog.pg_class c JOIN around a ON a.oid = c.relnamespace
        WHERE c.relkind NOT IN ('i', 'I', 't')
        UNION SELECT t.typname::text FROM pg_catalog.pg_type t JOIN around a ON a.oid = t.typnamespace
        WHERE t.typtype IN ('e', 'd', 'r')
            AND t.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_catalog.pg_type'::pg_catalog.regclass)
        UNION SELECT p.proname::text FROM pg_catalog.pg_proc p JOIN around a ON a.oid = p.pronamespace
        WHERE p.oid NOT IN (SELECT objid FROM members WHERE classid = 'pg_catalog.pg_proc'::pg_catalog.regclass)
    ) AS neighbours
