-- What belongs to a table and that no definition can declare.
SELECT found.table_oid, found.kind, found.name, found.definition
FROM (
  SELECT 'trigger' AS kind, t.tgrelid AS table_oid, t.tgname::text AS name,
    pg_catalog.pg_get_triggerdef(t.oid) AS definition
  FROM pg_catalog.pg_trigger t WHERE NOT t.tgisinternal AND t.tgrelid {own}
  UNION ALL
  SELECT 'rule', w.ev_class, w.rulename::text, pg_catalog.pg_get_ruledef(w.oid)
  FROM pg_catalog.pg_rewrite w WHERE w.rulename <> '_RETURN' AND w.oid >= 16384 AND w.ev_class {own}
  UNION ALL
  SELECT 'policy', p.polrelid, p.polname::text,
    pg_catalog.format(
      'CREATE POLICY %I ON %s AS %s FOR %s TO %s', p.polname, p.polrelid::pg_catalog.regclass,
      CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
      CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
        ELSE 'ALL' END,
      (
        SELECT pg_catalog.string_agg(
          CASE WHEN o.oid = 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(o.oid)) END,
          ', ' ORDER BY o.position
        ) FROM pg_catalog.unnest(p.polroles) WITH ORDINALITY o (oid, position)
      )
    )
    || COALESCE(' USING (' || pg_catalog.pg_get_expr(p.polqual, p.polrelid) || ')', '')
    || COALESCE(' WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')
  FROM pg_catalog.pg_policy p WHERE p.polrelid {own}
) found
JOIN pg_catalog.pg_class c ON c.oid = found.table_oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT c.relispartition AND {schemas}
ORDER BY found.table_oid, found.kind, found.name COLLATE "C"
