),
-- What some tables stand on, and what that stands on.
roots AS (
    SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND (n.nspname, c.relname) IN ({tables})
),
-- Without statistics a planner may compare each function with each other one: it is told which come in question first.
named AS MATERIALIZED (
    SELECT p.oid, p.proname FROM pg_proc p JOIN pg_namespace s ON s.oid = p.pronamespace
    WHERE s.nspname <> 'information_schema' AND s.nspname !~ '^pg_'
),
needed (classid, objid) AS (
    SELECT 'pg_class'::regclass::oid, r.oid FROM roots r
    UNION SELECT 'pg_class'::regclass::oid, i.indexrelid FROM pg_index i JOIN roots r ON r.oid = i.indrelid
    UNION SELECT 'pg_constraint'::regclass::oid, k.oid FROM pg_constraint k JOIN roots r ON r.oid = k.conrelid
    UNION SELECT 'pg_attrdef'::regclass::oid, d.oid FROM pg_attrdef d JOIN roots r ON r.oid = d.adrelid
    UNION
    SELECT found.classid, found.objid
    FROM needed n CROSS JOIN LATERAL (
        SELECT d.refclassid AS classid, d.refobjid AS objid FROM pg_depend d
        WHERE d.classid = n.classid AND d.objid = n.objid AND d.refclassid <> 0
        UNION ALL
        -- A composite type's columns and a domain's checks have needs of their own.
        SELECT 'pg_class'::regclass::oid, c.oid FROM pg_class c JOIN pg_type t ON t.typrelid = c.oid
        WHERE n.classid = 'pg_type'::regclass AND t.oid = n.objid AND c.relkind = 'c'
        UNION ALL
        SELECT 'pg_constraint'::regclass::oid, k.oid FROM pg_constraint k
        WHERE n.classid = 'pg_type'::regclass AND k.contypid = n.objid
        UNION ALL
        -- What a function's body names, no catalog tells.
        SELECT 'pg_proc'::regclass::oid, p.oid
        FROM (SELECT f.* FROM pg_proc f WHERE n.classid = 'pg_proc'::regclass AND f.oid = n.objid OFFSET 0) f
        JOIN named p ON p.oid <> f.oid AND position(p.proname IN f.prosrc) > 0
        WHERE f.oid NOT IN (SELECT objid FROM brought WHERE classid = 'pg_proc'::regclass)
    ) found
    WHERE NOT (found.classid = 'pg_class'::regclass AND EXISTS (
        SELECT FROM pg_class c WHERE c.oid = found.objid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
          AND c.oid NOT IN (SELECT r.oid FROM roots r)))
)
SELECT s.what, s.sql,
    CASE s.pass
        WHEN 10 THEN 'DROP SCHEMA ' || quote_ident(substr(s.what, 8))
        WHEN 20 THEN 'DROP EXTENSION ' || i.identity
        WHEN 30 THEN 'DROP COLLATION ' || i.identity
        WHEN 32 THEN 'DROP DOMAIN ' || i.identity
        WHEN 40 THEN 'DROP SEQUENCE ' || i.identity
        WHEN 50 THEN concat('DROP ', upper(i.type), ' ', i.identity)
        ELSE 'DROP TYPE ' || i.identity
    END AS dropped
FROM statements s
LEFT JOIN needed n ON n.objid = s.place AND n.classid = CASE s.pass
    WHEN 20 THEN 'pg_extension'::regclass
    WHEN 30 THEN 'pg_collation'::regclass
    WHEN 32 THEN 'pg_type'::regclass
    WHEN 33 THEN 'pg_class'::regclass
    WHEN 34 THEN 'pg_type'::regclass
    WHEN 40 THEN 'pg_class'::regclass
    WHEN 50 THEN 'pg_proc'::regclass
END
LEFT JOIN LATERAL pg_identify_object(n.classid, n.objid, 0) i ON n.objid IS NOT NULL
WHERE CASE s.pass
    WHEN 10 THEN substr(s.what, 8) IN (
        SELECT x.nspname FROM needed f JOIN pg_namespace x ON x.oid = f.objid AND f.classid = 'pg_namespace'::regclass)
    -- A sequence that goes with its column is made with it, under PostgreSQL's own name. Only integers have such a one.
    WHEN 40 THEN n.objid IS NOT NULL AND s.place NOT IN (
        SELECT o.sequence FROM owned o
        JOIN pg_attribute a ON a.attrelid = o.relation AND a.attnum = o.position
        JOIN pg_class t ON t.oid = o.relation JOIN pg_class q ON q.oid = o.sequence
        WHERE o.deptype = 'i' OR (a.atttypid = ANY ('{int2, int4, int8}'::regtype[]) AND NOT (
            q.relname <> concat(t.relname, '_', a.attname, '_seq') AND EXISTS (
                SELECT FROM pg_depend d JOIN pg_attrdef e ON e.oid = d.objid AND d.classid = 'pg_attrdef'::regclass
                WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = o.sequence
                  AND (e.adrelid <> o.relation OR e.adnum <> o.position)))))
    ELSE n.objid IS NOT NULL
END
ORDER BY s.pass, s.place, s.what, s.sql
