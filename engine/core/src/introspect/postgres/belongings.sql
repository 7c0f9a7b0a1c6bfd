-- What belongs to a table and that no definition can declare. Partitions, and what only they have, belong to the table
-- that is divided.
WITH RECURSIVE partitions (root, oid, parent, depth) AS (
  SELECT i.inhparent, i.inhrelid, i.inhparent, 1
  FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhparent
  WHERE c.relkind = 'p' AND NOT c.relispartition AND c.oid {own}
  UNION ALL
  SELECT p.root, i.inhrelid, i.inhparent, p.depth + 1
  FROM partitions p JOIN pg_catalog.pg_inherits i ON i.inhparent = p.oid
  JOIN pg_catalog.pg_class c ON c.oid = p.oid AND c.relkind = 'p'
),
named AS (
  SELECT p.*, c.relkind, c.relpartbound, pg_catalog.format('%I.%I', n.nspname, c.relname) AS full_name,
    p.oid::pg_catalog.regclass::text AS short_name,
    CASE WHEN n.nspname <> pg_catalog.current_schema() THEN n.nspname || '.' ELSE '' END || c.relname AS name
  FROM partitions p JOIN pg_catalog.pg_class c ON c.oid = p.oid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
)
SELECT found.table_oid, found.kind, found.name, found.definition
FROM (
  SELECT 'trigger' AS kind, t.tgrelid AS table_oid, t.tgname::text AS name,
    pg_catalog.pg_get_triggerdef(t.oid) AS definition, 0 AS depth
  FROM pg_catalog.pg_trigger t WHERE NOT t.tgisinternal AND t.tgrelid {own}
  UNION ALL
  SELECT 'rule', w.ev_class, w.rulename::text, pg_catalog.pg_get_ruledef(w.oid), 0
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
    || COALESCE(' WITH CHECK (' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) || ')', ''), 0
  FROM pg_catalog.pg_policy p WHERE p.polrelid {own}
  UNION ALL
  SELECT 'partition', p.root, p.name,
    pg_catalog.format('CREATE TABLE %s PARTITION OF %s %s', p.short_name, p.parent::pg_catalog.regclass,
      pg_catalog.pg_get_expr(p.relpartbound, p.oid))
    || CASE WHEN p.relkind = 'p' THEN ' PARTITION BY ' || pg_catalog.pg_get_partkeydef(p.oid) ELSE '' END, p.depth
  FROM named p WHERE p.relkind IN ('r', 'p')
  UNION ALL
  -- The database prints the table with its schema, whatever the search path.
  SELECT 'partition part', p.root, p.name || '.' || c.relname,
    pg_catalog.replace(pg_catalog.pg_get_indexdef(i.indexrelid), p.full_name || ' ', p.short_name || ' '), p.depth
  FROM named p JOIN pg_catalog.pg_index i ON i.indrelid = p.oid JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = i.indexrelid)
    AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
    )
  UNION ALL
  SELECT 'partition part', p.root, p.name || '.' || k.conname,
    pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I %s', p.short_name, k.conname,
      pg_catalog.pg_get_constraintdef(k.oid)), p.depth
  FROM named p JOIN pg_catalog.pg_constraint k ON k.conrelid = p.oid
  WHERE k.conparentid = 0 AND (k.contype IN ('p', 'u', 'x', 'f') OR k.contype = 'c' AND k.conislocal)
) found
JOIN pg_catalog.pg_class c ON c.oid = found.table_oid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT c.relispartition AND {schemas}
ORDER BY found.table_oid, found.kind, found.depth, found.name COLLATE "C"
