-- Tables, and what looks like one. Partitions belong to their parent.
SELECT
  c.oid,
  CASE WHEN n.nspname = pg_catalog.current_schema() OR n.oid = pg_catalog.pg_my_temp_schema() THEN NULL
    ELSE n.nspname::text END AS schema_name,
  c.relname::text AS name,
  c.relkind::text AS kind,
  m.description AS comment,
  CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END AS definition,
  c.relpersistence = 'u' AS is_unlogged,
  c.relrowsecurity AS has_row_security,
  c.relforcerowsecurity AS forces_row_security,
  c.relkind = 'r' AND c.relreplident <> 'd' AS has_replica_identity,
  CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS partitioned_by,
  CASE WHEN c.reloftype <> 0 THEN c.reloftype::pg_catalog.regtype::text END AS of_type,
  c.reloptions AS options,
  t.spcname::text AS tablespace,
  h.parents AS inherits,
  h.parent_schemas,
  h.parent_names
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_description m
  ON m.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND m.objoid = c.oid AND m.objsubid = 0
LEFT JOIN pg_catalog.pg_tablespace t ON t.oid = c.reltablespace
LEFT JOIN (
  SELECT i.inhrelid, pg_catalog.array_agg(i.inhparent::pg_catalog.regclass::text ORDER BY i.inhseqno) AS parents,
    pg_catalog.array_agg(
      CASE WHEN n.nspname <> pg_catalog.current_schema() THEN n.nspname::text END ORDER BY i.inhseqno
    ) AS parent_schemas,
    pg_catalog.array_agg(p.relname::text ORDER BY i.inhseqno) AS parent_names
  FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
  JOIN pg_catalog.pg_namespace n ON n.oid = p.relnamespace
  GROUP BY i.inhrelid
) h ON h.inhrelid = c.oid
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND {schemas} AND c.oid {part}
  AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_depend d
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.deptype = 'e'
  )
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
