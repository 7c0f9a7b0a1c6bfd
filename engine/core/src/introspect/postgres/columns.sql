-- The columns of all tables, and of partitions, for a key may point at one.
SELECT
  a.attrelid AS table_oid,
  a.attnum AS position,
  a.attname::text AS name,
  pg_catalog.format_type(a.atttypid, a.atttypmod) AS sql_type,
  a.attnotnull AS not_null,
  d.expression,
  a.attgenerated::text AS generated,
  a.attidentity::text AS identity,
  NOT a.attislocal AND NOT c.relispartition AS inherited,
  CASE WHEN a.attcollation <> t.typcollation THEN (
    SELECT CASE WHEN pg_catalog.pg_collation_is_visible(l.oid) THEN l.collname::text
      ELSE concat('"', replace(ln.nspname, '"', '""'), '"."', replace(l.collname, '"', '""'), '"') END
    FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace
    WHERE l.oid = a.attcollation
  ) END AS collation,
  m.description AS comment,
  CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage
    WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END
  END AS storage,
  -- A serial column is a default like any other, of a sequence that goes with the column. No other type has a serial.
  s.oid IS NOT NULL AND a.atttypid = ANY ('{pg_catalog.int2, pg_catalog.int4, pg_catalog.int8}'::pg_catalog.regtype[])
    AND d.expression IS NOT DISTINCT FROM
    pg_catalog.format('nextval(%L::regclass)', s.oid::pg_catalog.regclass::text) AS is_serial,
  s.sequence_name,
  -- The last is the largest number of the column's type: an old serial may keep a sequence of another type.
  s.options || CASE a.atttypid
    WHEN 'pg_catalog.int2'::pg_catalog.regtype THEN 32767
    WHEN 'pg_catalog.int4'::pg_catalog.regtype THEN 2147483647
    ELSE 9223372036854775807
  END AS sequence
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN (
  -- Printing is what costs here; OFFSET has every expression printed once.
  SELECT e.adrelid, e.adnum, pg_catalog.pg_get_expr(e.adbin, e.adrelid) AS expression
  FROM pg_catalog.pg_attrdef e WHERE e.adrelid {own} OFFSET 0
) d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_description m
  ON m.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND m.objoid = a.attrelid AND m.objsubid = a.attnum
LEFT JOIN (
  SELECT DISTINCT ON (o.refobjid, o.refobjsubid) o.refobjid, o.refobjsubid, q.seqrelid AS oid, sc.relname::text AS sequence_name,
    ARRAY[q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, q.seqcycle::int] AS options
  FROM pg_catalog.pg_sequence q
  JOIN pg_catalog.pg_class sc ON sc.oid = q.seqrelid
  JOIN pg_catalog.pg_depend o
    ON o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND o.objid = q.seqrelid
    AND o.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND o.refobjsubid > 0 AND o.deptype IN ('a', 'i')
  ORDER BY o.refobjid, o.refobjsubid, o.deptype DESC, q.seqrelid
) s ON s.refobjid = a.attrelid AND s.refobjsubid = a.attnum
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND {schemas} AND c.oid {part}
ORDER BY a.attrelid, a.attnum
