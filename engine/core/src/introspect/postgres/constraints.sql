-- Keys, uniques and checks. Newer columns are read through jsonb: older servers lack them.
SELECT
  k.conrelid AS table_oid,
  k.conname::text AS name,
  k.contype::text AS kind,
  k.conkey AS columns,
  k.confrelid AS referenced_oid,
  CASE WHEN fn.nspname = pg_catalog.current_schema() OR fn.oid = pg_catalog.pg_my_temp_schema() THEN NULL
    ELSE fn.nspname::text END AS referenced_schema,
  f.relname::text AS referenced_table,
  k.confkey AS referenced_columns,
  k.confupdtype::text AS on_update,
  k.confdeltype::text AS on_delete,
  k.confmatchtype = 'f' AS is_match_full,
  k.contype = 'f' AND pg_catalog.to_jsonb(k) ->> 'confdelsetcols' IS NOT NULL AS sets_some_columns,
  k.condeferrable AS is_deferrable,
  k.condeferred AS is_deferred,
  k.convalidated AS is_validated,
  k.contype = 'c' AND k.connoinherit AS is_no_inherit,
  CASE WHEN k.contype = 'c' THEN pg_catalog.pg_get_expr(k.conbin, k.conrelid) END AS definition,
  COALESCE(i.indnatts > i.indnkeyatts, false) AS has_include,
  COALESCE(
    pg_catalog.obj_description(k.oid, 'pg_constraint'),
    CASE WHEN k.contype = 'p' THEN pg_catalog.obj_description(k.conindid, 'pg_class') END
  ) AS comment,
  (SELECT x.reloptions FROM pg_catalog.pg_class x WHERE x.oid = i.indexrelid) AS index_options,
  k.contype = 'u' AND COALESCE((pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) AS nulls_not_distinct
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
LEFT JOIN pg_catalog.pg_index i ON k.contype IN ('p', 'u') AND i.indexrelid = k.conindid
WHERE k.contype IN ('p', 'u', 'f', 'c') AND NOT c.relispartition
  -- A key to a partitioned table stands there once more for each of its partitions.
  AND k.conparentid = 0
  -- A check that is inherited is the other table's.
  AND (k.contype <> 'c' OR k.conislocal) AND {schemas} AND c.oid {part}
ORDER BY k.conrelid, k.conname COLLATE "C"
