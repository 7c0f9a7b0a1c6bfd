-- Relations, types and functions by name, and what stands on what. Ids begin with a letter, for each catalog has
-- numbers of its own.
WITH spaces AS (
  SELECT n.oid, CASE WHEN n.nspname = pg_catalog.current_schema() THEN NULL ELSE n.nspname::text END AS name
  FROM pg_catalog.pg_namespace n WHERE {schemas}
),
-- What every row of a catalog is a part of, or is itself.
held (class, oid, id) AS (
  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, 'r' || COALESCE(i.indrelid, c.oid)
  FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
  WHERE c.oid >= 16384 AND c.relkind <> 't'
  UNION ALL
  -- A table's rows have a type, and every type has one of arrays.
  SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid,
    CASE WHEN t.typrelid <> 0 THEN 'r' || t.typrelid WHEN e.typrelid <> 0 THEN 'r' || e.typrelid
      ELSE 't' || COALESCE(e.oid, t.oid) END
  FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
  WHERE t.oid >= 16384
  UNION ALL
  SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, 'f' || p.oid FROM pg_catalog.pg_proc p WHERE p.oid >= 16384
  UNION ALL
  SELECT 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid,
    CASE WHEN k.conrelid <> 0 THEN 'r' || k.conrelid ELSE 't' || k.contypid END
  FROM pg_catalog.pg_constraint k WHERE k.oid >= 16384
  UNION ALL
  SELECT 'pg_catalog.pg_attrdef'::pg_catalog.regclass, d.oid, 'r' || d.adrelid FROM pg_catalog.pg_attrdef d
  UNION ALL
  SELECT 'pg_catalog.pg_rewrite'::pg_catalog.regclass, w.oid, 'r' || w.ev_class
  FROM pg_catalog.pg_rewrite w WHERE w.oid >= 16384
  UNION ALL
  -- Those that hold a key stand on both of its tables.
  SELECT 'pg_catalog.pg_trigger'::pg_catalog.regclass, t.oid, 'r' || t.tgrelid
  FROM pg_catalog.pg_trigger t WHERE NOT t.tgisinternal
  UNION ALL
  SELECT 'pg_catalog.pg_policy'::pg_catalog.regclass, p.oid, 'r' || p.polrelid FROM pg_catalog.pg_policy p
  UNION ALL
  SELECT 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass, x.oid, 'r' || x.stxrelid
  FROM pg_catalog.pg_statistic_ext x
)
SELECT CASE WHEN c.relkind IN ('r', 'p') AND NOT c.relispartition THEN 'table' ELSE 'relation' END AS kind,
  'r' || c.oid AS id, s.name AS other, c.relname::text AS name, NULL::text AS text
FROM pg_catalog.pg_class c JOIN spaces s ON s.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')
UNION ALL
SELECT 'name', 'r' || i.indrelid, NULL, c.relname::text, NULL
FROM pg_catalog.pg_class c JOIN spaces s ON s.oid = c.relnamespace
JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
UNION ALL
SELECT 'free', 't' || t.oid, s.name, t.typname::text, NULL
FROM pg_catalog.pg_type t JOIN spaces s ON s.oid = t.typnamespace WHERE t.typtype IN ('d', 'e', 'r')
UNION ALL
SELECT 'free', 'f' || p.oid, s.name, p.proname::text, p.prosrc
FROM pg_catalog.pg_proc p JOIN spaces s ON s.oid = p.pronamespace
UNION ALL
SELECT DISTINCT
  CASE WHEN d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.contype = 'f' THEN 'key' ELSE 'need' END,
  f.id, t.id, NULL, NULL
FROM pg_catalog.pg_depend d
JOIN held f ON f.class = d.classid AND f.oid = d.objid
JOIN held t ON t.class = d.refclassid AND t.oid = d.refobjid
LEFT JOIN pg_catalog.pg_constraint k ON d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND k.oid = d.objid
WHERE f.id <> t.id
UNION ALL
-- Rows of a partitioned table need partitions to go into.
SELECT 'need', 'r' || i.inhparent, 'r' || i.inhrelid, NULL, NULL
FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
WHERE c.relispartition AND c.relkind IN ('r', 'p', 'f')
