-- Indexes that no key and no unique constraint stands on. Arrays of what is as it would be unasked stay NULL, for
-- most indexes have nothing else.
SELECT
  i.indrelid AS table_oid,
  c.relname::text AS name,
  m.amname::text AS method,
  i.indisunique AS is_unique,
  i.indisvalid AND i.indisready AS is_valid,
  i.indisunique AND COALESCE((pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, false) AS nulls_not_distinct,
  pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS predicate,
  c.reloptions AS options,
  COALESCE(pg_catalog.obj_description(x.oid, 'pg_constraint'), pg_catalog.obj_description(c.oid, 'pg_class')) AS comment,
  i.indkey::int2[] AS columns,
  i.indnkeyatts AS keys,
  i.indoption::int2[] AS orders,
  CASE WHEN i.indexprs IS NOT NULL THEN ARRAY(
    SELECT CASE WHEN i.indkey[p] = 0 THEN pg_catalog.pg_get_indexdef(i.indexrelid, p + 1, false) END
    FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) p ORDER BY p
  ) END AS expressions,
  CASE WHEN i.indclass::oid[] && ARRAY(SELECT o.oid FROM pg_catalog.pg_opclass o WHERE NOT o.opcdefault) THEN ARRAY(
    SELECT CASE
      WHEN o.opcdefault THEN NULL
      WHEN pg_catalog.pg_opclass_is_visible(o.oid) THEN pg_catalog.quote_ident(o.opcname)
      ELSE pg_catalog.format('%I.%I', n.nspname, o.opcname) END
    FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) p
    JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[p]
    JOIN pg_catalog.pg_namespace n ON n.oid = o.opcnamespace
    ORDER BY p
  ) END AS opclasses,
  EXISTS (
    SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = i.indexrelid AND a.attoptions IS NOT NULL
  ) AS has_opclass_options,
  -- 100 is the database's default collation.
  CASE WHEN NOT i.indcollation::oid[] <@ '{0,100}'::oid[] OR EXISTS (
    SELECT FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) AND a.attcollation NOT IN (0, 100)
  ) THEN ARRAY(
    SELECT CASE
      WHEN i.indcollation[p] IN (0, COALESCE(a.attcollation, 100)) THEN NULL
      WHEN pg_catalog.pg_collation_is_visible(l.oid) THEN l.collname::text
      ELSE concat('"', replace(n.nspname, '"', '""'), '"."', replace(l.collname, '"', '""'), '"') END
    FROM pg_catalog.generate_series(0, i.indnkeyatts - 1) p
    LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[p] AND i.indkey[p] <> 0
    LEFT JOIN pg_catalog.pg_collation l ON l.oid = i.indcollation[p]
    LEFT JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace
    ORDER BY p
  ) END AS collations,
  CASE WHEN x.oid IS NOT NULL THEN ARRAY(
    SELECT CASE WHEN pg_catalog.pg_operator_is_visible(o.oid) THEN o.oprname::text
      ELSE pg_catalog.format('OPERATOR(%I.%s)', n.nspname, o.oprname) END
    FROM pg_catalog.unnest(x.conexclop) WITH ORDINALITY e (oid, at)
    JOIN pg_catalog.pg_operator o ON o.oid = e.oid
    JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
    ORDER BY e.at
  ) END AS operators,
  COALESCE(x.condeferrable, false) AS is_deferrable,
  COALESCE(x.condeferred, false) AS is_deferred
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_am m ON m.oid = c.relam
JOIN pg_catalog.pg_class r ON r.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
LEFT JOIN pg_catalog.pg_constraint x ON x.conindid = i.indexrelid AND x.contype = 'x'
WHERE r.relkind IN ('r', 'p') AND NOT r.relispartition AND {schemas} AND r.oid {part}
  AND NOT EXISTS (
    SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u')
  )
ORDER BY i.indrelid, c.relname COLLATE "C"
