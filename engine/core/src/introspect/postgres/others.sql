-- What stands beside tables: enums, and what no definition can declare. Members of an extension
-- come and go with it.
WITH schemas AS (
  SELECT n.oid, CASE WHEN n.nspname = pg_catalog.current_schema() THEN NULL ELSE n.nspname::text END AS name
  FROM pg_catalog.pg_namespace n WHERE {schemas}
)
SELECT found.kind, found.schema_name, found.name, found.definition, found.labels,
  pg_catalog.obj_description(found.oid, 'pg_type') AS comment, u.user_schemas, u.user_tables, u.users
FROM (
  SELECT 'pg_catalog.pg_extension'::pg_catalog.regclass AS class, e.oid, 'extension' AS kind, NULL AS schema_name,
    e.extname::text AS name, pg_catalog.format('CREATE EXTENSION %I', e.extname) AS definition,
    NULL::text[] AS labels, NULL::oid[] AS own_types
  -- Every database is born with this one.
  FROM pg_catalog.pg_extension e WHERE e.extname <> 'plpgsql'
  UNION ALL
  SELECT 'pg_catalog.pg_namespace'::pg_catalog.regclass, s.oid, 'schema', NULL, s.name, '', NULL, NULL
  FROM schemas s WHERE s.name IS NOT NULL
  UNION ALL
  SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid, 'function', s.name,
    pg_catalog.format('%s(%s)', p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)),
    CASE WHEN p.prokind = 'a' THEN '' ELSE pg_catalog.pg_get_functiondef(p.oid) END, NULL, NULL
  FROM pg_catalog.pg_proc p JOIN schemas s ON s.oid = p.pronamespace
  UNION ALL
  SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid,
    CASE t.typtype WHEN 'd' THEN 'domain' WHEN 'e' THEN 'enum' ELSE 'type' END, s.name, t.typname::text,
    CASE WHEN t.typtype = 'd' THEN
      pg_catalog.format(
        'CREATE DOMAIN %s AS %s', t.oid::pg_catalog.regtype, pg_catalog.format_type(t.typbasetype, t.typtypmod)
      )
      || COALESCE(' DEFAULT ' || t.typdefault, '')
      || CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END
      || COALESCE((
        SELECT pg_catalog.string_agg(
          pg_catalog.format(' CONSTRAINT %I %s', k.conname, pg_catalog.pg_get_constraintdef(k.oid)),
          '' ORDER BY k.conname COLLATE "C"
        ) FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'
      ), '')
    ELSE '' END,
    CASE WHEN t.typtype = 'e' THEN ARRAY(
      SELECT l.enumlabel::text FROM pg_catalog.pg_enum l WHERE l.enumtypid = t.oid ORDER BY l.enumsortorder
    ) END,
    CASE WHEN t.typtype = 'e' THEN ARRAY[t.oid, t.typarray] END
  FROM pg_catalog.pg_type t
  JOIN schemas s ON s.oid = t.typnamespace
  LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
  -- A table's row type goes with the table.
  WHERE t.typtype IN ('d', 'e', 'r') OR c.relkind = 'c'
  UNION ALL
  SELECT 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid, 'sequence', s.name, c.relname::text,
    pg_catalog.format('CREATE SEQUENCE %s', c.oid::pg_catalog.regclass), NULL, NULL
  FROM pg_catalog.pg_class c JOIN schemas s ON s.oid = c.relnamespace
  WHERE c.relkind = 'S' AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
  )
) found
LEFT JOIN pg_catalog.pg_depend e ON e.classid = found.class AND e.objid = found.oid AND e.deptype = 'e'
-- What stands on an enum or on its columns: parts of tables with their table, and whatever would be in the way.
LEFT JOIN LATERAL (
  SELECT
    pg_catalog.array_agg(CASE WHEN n.nspname <> pg_catalog.current_schema() THEN n.nspname::text END ORDER BY d.what)
      AS user_schemas,
    pg_catalog.array_agg(c.relname::text ORDER BY d.what) AS user_tables,
    pg_catalog.array_agg(d.what ORDER BY d.what) AS users
  FROM (
    SELECT DISTINCT
      CASE on_type.classid
        WHEN 'pg_catalog.pg_class'::pg_catalog.regclass THEN COALESCE(
          (SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = on_type.objid),
          (SELECT r.oid FROM pg_catalog.pg_class r WHERE r.oid = on_type.objid AND r.relkind IN ('r', 'p')))
        WHEN 'pg_catalog.pg_constraint'::pg_catalog.regclass THEN
          (SELECT NULLIF(k.conrelid, 0) FROM pg_catalog.pg_constraint k WHERE k.oid = on_type.objid)
        WHEN 'pg_catalog.pg_attrdef'::pg_catalog.regclass THEN
          (SELECT a.adrelid FROM pg_catalog.pg_attrdef a WHERE a.oid = on_type.objid)
      END AS relation,
      CASE WHEN on_type.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND w.rulename = '_RETURN'
        THEN pg_catalog.pg_describe_object('pg_catalog.pg_class'::pg_catalog.regclass, w.ev_class, 0)
        WHEN on_type.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND v.oid IS NOT NULL
        THEN pg_catalog.pg_describe_object('pg_catalog.pg_class'::pg_catalog.regclass, v.oid, 0)
        ELSE pg_catalog.pg_describe_object(on_type.classid, on_type.objid, on_type.objsubid)
      END AS what
    FROM (
      SELECT o.classid, o.objid, o.objsubid
      FROM pg_catalog.pg_depend o
      WHERE o.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND o.refobjid = ANY (found.own_types)
        AND o.deptype <> 'i'
      UNION
      SELECT o.classid, o.objid, o.objsubid
      FROM pg_catalog.pg_depend a
      JOIN pg_catalog.pg_depend o ON o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        AND o.refobjid = a.objid AND o.refobjsubid = a.objsubid
      WHERE a.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND a.refobjid = ANY (found.own_types)
        AND a.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND a.objsubid > 0
        AND o.deptype <> 'i' AND o.classid IN (
        'pg_catalog.pg_rewrite'::pg_catalog.regclass, 'pg_catalog.pg_trigger'::pg_catalog.regclass,
        'pg_catalog.pg_policy'::pg_catalog.regclass)
    ) on_type
    LEFT JOIN pg_catalog.pg_rewrite w ON w.oid = on_type.objid
    LEFT JOIN pg_catalog.pg_class v ON v.oid = on_type.objid AND v.relkind IN ('v', 'm')
  ) d
  LEFT JOIN pg_catalog.pg_class c ON c.oid = d.relation
  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
) u ON found.kind = 'enum'
WHERE e.objid IS NULL
ORDER BY found.kind, found.schema_name COLLATE "C" NULLS FIRST, found.name COLLATE "C"
