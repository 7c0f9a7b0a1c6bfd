-- Everything about tables, views and enumerated types that a migration can change, as texts that survive what changes nothing:
-- a foreign key that was dropped and put back, an enumerated type that was made anew under its name.
WITH relations AS (
    SELECT c.oid, c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.relpersistence, c.reloptions,
           nullif(n.nspname, 'public')::text AS schema, c.relname::text AS name
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
)
SELECT schema, name, concat_ws(' ', relkind, relpersistence, relrowsecurity, relforcerowsecurity, reloptions::text)
FROM relations
UNION ALL
SELECT r.schema, r.name, concat_ws(' ', 'column', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
    a.attnotnull, a.attidentity, a.attgenerated, a.attcollation, pg_get_expr(d.adbin, d.adrelid))
FROM relations r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
UNION ALL
SELECT r.schema, r.name, concat_ws(' ', quote_ident(k.conname), pg_get_constraintdef(k.oid))
FROM relations r JOIN pg_constraint k ON k.conrelid = r.oid
UNION ALL
SELECT r.schema, r.name, concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisvalid)
FROM relations r JOIN pg_index i ON i.indrelid = r.oid
UNION ALL
SELECT r.schema, r.name, concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
FROM relations r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
UNION ALL
SELECT r.schema, r.name, concat_ws(' ', 'policy', quote_ident(p.polname), p.polcmd, pg_get_expr(p.polqual, p.polrelid),
    pg_get_expr(p.polwithcheck, p.polrelid))
FROM relations r JOIN pg_policy p ON p.polrelid = r.oid
UNION ALL
SELECT nullif(n.nspname, 'public')::text, t.typname::text, concat_ws(' ', 'enum', quote_literal(e.enumlabel), e.place)
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
JOIN (SELECT enumtypid, enumlabel, row_number() OVER (PARTITION BY enumtypid ORDER BY enumsortorder) AS place
      FROM pg_enum) e ON e.enumtypid = t.oid
