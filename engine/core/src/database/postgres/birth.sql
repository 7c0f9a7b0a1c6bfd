-- How a database like this one is made: in its encoding and with its locale, from the one that no administrator changes.
SELECT pg_catalog.concat_ws(
  ' ', 'TEMPLATE template0',
  pg_catalog.format('ENCODING %L', pg_catalog.pg_encoding_to_char(d.encoding)),
  pg_catalog.format('LC_COLLATE %L LC_CTYPE %L', d.datcollate, d.datctype),
  -- Older servers know one provider of locales, and newer ones have renamed a column once.
  CASE pg_catalog.to_jsonb(d) ->> 'datlocprovider'
    WHEN 'c' THEN 'LOCALE_PROVIDER libc'
    WHEN 'i' THEN pg_catalog.format('LOCALE_PROVIDER icu ICU_LOCALE %L',
      COALESCE(pg_catalog.to_jsonb(d) ->> 'datlocale', pg_catalog.to_jsonb(d) ->> 'daticulocale'))
    WHEN 'b' THEN pg_catalog.format('LOCALE_PROVIDER builtin BUILTIN_LOCALE %L', pg_catalog.to_jsonb(d) ->> 'datlocale')
  END,
  'ICU_RULES ' || pg_catalog.quote_literal(pg_catalog.to_jsonb(d) ->> 'daticurules')
) AS birth,
pg_catalog.current_setting('search_path') AS path, pg_catalog.current_schema()::text AS place
FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
