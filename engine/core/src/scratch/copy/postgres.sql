-- The statements that make a schema anew, in rough order, and what each makes. Read with an empty
-- search_path, so that every name comes with its schema.
WITH
namespaces AS (
    SELECT n.oid, n.nspname FROM pg_namespace n WHERE {schemas}
),
-- What extensions brought comes with them.
brought AS (
    SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
),
relations AS (
    SELECT c.*, n.nspname, format('%I.%I', n.nspname, c.relname) AS named
    FROM pg_class c JOIN namespaces n ON n.oid = c.relnamespace
    -- What else a relation is (an index, a toast table) is asked by its own.
    WHERE (c.relkind NOT IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') OR {relations})
      AND c.oid NOT IN (SELECT objid FROM brought WHERE classid = 'pg_class'::regclass)
      -- Of a composite type only the type is said to be an extension's.
      AND c.reltype NOT IN (SELECT objid FROM brought WHERE classid = 'pg_type'::regclass)
),
sequences AS (
    SELECT s.seqrelid, format(
        'START %s INCREMENT %s MINVALUE %s MAXVALUE %s CACHE %s%s',
        s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, CASE WHEN s.seqcycle THEN ' CYCLE' END
    ) AS options, format_type(s.seqtypid, NULL) AS type
    FROM pg_sequence s
),
owned AS (
    SELECT objid AS sequence, refobjid AS relation, refobjsubid AS position, deptype
    FROM pg_depend
    WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')
      AND refobjsubid > 0 AND objid IN (SELECT seqrelid FROM pg_sequence)
),
columns AS (
    SELECT a.attrelid, a.attnum, a.attname, a.attgenerated, a.attnotnull, pg_get_expr(d.adbin, d.adrelid) AS value,
        -- A partition is made as a table of its own, and loses that when it is attached.
        a.attislocal OR c.relispartition AS is_local,
        concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
            (SELECT format('COLLATE %I.%I', n.nspname, l.collname)
             FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace
             WHERE l.oid = a.attcollation AND a.attcollation <> t.typcollation),
            CASE WHEN a.attgenerated <> '' THEN
                format('GENERATED ALWAYS AS (%s) %s', pg_get_expr(d.adbin, d.adrelid),
                    CASE a.attgenerated WHEN 's' THEN 'STORED' ELSE 'VIRTUAL' END) END,
            CASE WHEN a.attidentity <> '' THEN
                (SELECT format('GENERATED %s AS IDENTITY (SEQUENCE NAME %s %s)',
                    CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, r.named, s.options)
                 FROM owned o JOIN relations r ON r.oid = o.sequence JOIN sequences s ON s.seqrelid = o.sequence
                 WHERE o.relation = a.attrelid AND o.position = a.attnum AND o.deptype = 'i') END,
            CASE WHEN a.attnotnull THEN 'NOT NULL' END) AS definition
    FROM pg_attribute a
    JOIN relations c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'c')
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attnum > 0 AND NOT a.attisdropped
),
types AS (
    SELECT t.*, format('%I.%I', n.nspname, t.typname) AS named
    FROM pg_type t JOIN namespaces n ON n.oid = t.typnamespace
    WHERE (t.typtype NOT IN ('d', 'e', 'r') OR {types})
      AND t.oid NOT IN (SELECT objid FROM brought WHERE classid = 'pg_type'::regclass)
),
triggers AS (
    SELECT t.*, r.named, r.relkind FROM pg_trigger t JOIN relations r ON r.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND coalesce((to_jsonb(t) ->> 'tgparentid')::oid, 0) = 0
),
statements (pass, place, what, sql) AS (
    SELECT 10, 0::oid, 'schema ' || nspname, format('CREATE SCHEMA IF NOT EXISTS %I', nspname) FROM namespaces
    UNION ALL
    SELECT 20, e.oid, 'extension ' || e.extname,
        format('CREATE EXTENSION IF NOT EXISTS %I WITH SCHEMA %I CASCADE', e.extname, n.nspname)
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql'
    UNION ALL
    SELECT 30, c.oid, 'collation ' || c.collname, format(
        'CREATE COLLATION %I.%I (PROVIDER = %s, %s%s, DETERMINISTIC = %s)', n.nspname, c.collname,
        CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
        -- Older servers keep the locale of ICU in `collcollate`, newer ones in a column that was renamed once.
        CASE WHEN c.collprovider = 'c' THEN format('LC_COLLATE = %L, LC_CTYPE = %L', c.collcollate, c.collctype)
            ELSE format('LOCALE = %L',
                coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale', c.collcollate)) END,
        ', RULES = ' || quote_literal(to_jsonb(c) ->> 'collicurules'), CASE WHEN c.collisdeterministic THEN 'true' ELSE 'false' END)
    FROM pg_collation c JOIN namespaces n ON n.oid = c.collnamespace
    WHERE c.oid NOT IN (SELECT objid FROM brought WHERE classid = 'pg_collation'::regclass)
    UNION ALL
    SELECT 31, t.oid, 'type ' || t.named, format('CREATE TYPE %s AS ENUM (%s)', t.named,
        (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
         FROM pg_enum e WHERE e.enumtypid = t.oid))
    FROM types t WHERE t.typtype = 'e'
    UNION ALL
    SELECT 32, t.oid, 'domain ' || t.named, concat_ws(' ',
        'CREATE DOMAIN', t.named, 'AS', format_type(t.typbasetype, t.typtypmod),
        (SELECT format('COLLATE %I.%I', n.nspname, l.collname)
         FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace JOIN pg_type b ON b.oid = t.typbasetype
         WHERE l.oid = t.typcollation AND t.typcollation <> b.typcollation),
        'DEFAULT ' || t.typdefault, CASE WHEN t.typnotnull THEN 'NOT NULL' END,
        (SELECT string_agg(format('CONSTRAINT %I %s', c.conname, pg_get_constraintdef(c.oid)), ' ' ORDER BY c.conname)
         FROM pg_constraint c WHERE c.contypid = t.oid AND c.contype = 'c'))
    FROM types t WHERE t.typtype = 'd'
    UNION ALL
    SELECT 33, r.oid, 'type ' || r.named, format('CREATE TYPE %s AS (%s)', r.named,
        (SELECT string_agg(c.definition, ', ' ORDER BY c.attnum) FROM columns c WHERE c.attrelid = r.oid))
    FROM relations r WHERE r.relkind = 'c'
    UNION ALL
    SELECT 34, t.oid, 'type ' || t.named, format('CREATE TYPE %s AS RANGE (%s)', t.named, concat_ws(', ',
        'SUBTYPE = ' || format_type(r.rngsubtype, NULL),
        (SELECT format('SUBTYPE_OPCLASS = %I.%I', n.nspname, o.opcname)
         FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace WHERE o.oid = r.rngsubopc),
        (SELECT format('COLLATION = %I.%I', n.nspname, l.collname)
         FROM pg_collation l JOIN pg_namespace n ON n.oid = l.collnamespace WHERE l.oid = r.rngcollation),
        'SUBTYPE_DIFF = ' || nullif(r.rngsubdiff::oid, 0)::regproc,
        (SELECT format('MULTIRANGE_TYPE_NAME = %I.%I', n.nspname, m.typname)
         FROM pg_type m JOIN pg_namespace n ON n.oid = m.typnamespace
         WHERE m.oid = (to_jsonb(r) ->> 'rngmultitypid')::oid)))
    FROM types t JOIN pg_range r ON r.rngtypid = t.oid WHERE t.typtype = 'r'
    UNION ALL
    SELECT 40, r.oid, 'sequence ' || r.named, format('CREATE SEQUENCE %s AS %s %s', r.named, s.type, s.options)
    FROM relations r JOIN sequences s ON s.seqrelid = r.oid
    WHERE NOT EXISTS (SELECT 1 FROM owned o WHERE o.sequence = r.oid AND o.deptype = 'i')
    UNION ALL
    SELECT 50, p.oid, 'function ' || p.oid::regprocedure, pg_get_functiondef(p.oid)
    FROM pg_proc p JOIN namespaces n ON n.oid = p.pronamespace
    -- Ranges bring functions of their own too.
    WHERE p.prokind IN ('f', 'p', 'w') AND {functions} AND NOT EXISTS (SELECT 1 FROM pg_depend d
        WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
    UNION ALL
    SELECT 60, r.oid, 'table ' || r.named, concat_ws(' ',
        'CREATE', CASE r.relpersistence WHEN 'u' THEN 'UNLOGGED' END, 'TABLE', r.named,
        format('(%s)', (SELECT string_agg(c.definition, ', ' ORDER BY c.attnum)
            FROM columns c WHERE c.attrelid = r.oid AND c.is_local)),
        'INHERITS (' || (SELECT string_agg(p.named, ', ' ORDER BY i.inhseqno)
            FROM pg_inherits i JOIN relations p ON p.oid = i.inhparent
            WHERE i.inhrelid = r.oid AND NOT r.relispartition) || ')',
        'PARTITION BY ' || pg_get_partkeydef(r.oid),
        'WITH (' || nullif(array_to_string(r.reloptions, ', '), '') || ')')
    FROM relations r WHERE r.relkind IN ('r', 'p')
    UNION ALL
    SELECT 61, r.oid, 'the type of ' || r.named, format('ALTER TABLE %s OF %s', r.named, format_type(r.reloftype, NULL))
    FROM relations r WHERE r.relkind = 'r' AND r.reloftype <> 0
    UNION ALL
    SELECT 61, r.oid, 'the default of ' || r.named || '.' || quote_ident(c.attname),
        format('ALTER TABLE ONLY %s ALTER COLUMN %I SET DEFAULT %s', r.named, c.attname, c.value)
    FROM relations r JOIN columns c ON c.attrelid = r.oid
    WHERE r.relkind IN ('r', 'p') AND c.attgenerated = '' AND c.value IS NOT NULL
    UNION ALL
    SELECT 62, r.oid, 'the owner of ' || r.named,
        format('ALTER SEQUENCE %s OWNED BY %s.%I', r.named, t.named, c.attname)
    FROM owned o JOIN relations r ON r.oid = o.sequence JOIN relations t ON t.oid = o.relation
    JOIN columns c ON c.attrelid = o.relation AND c.attnum = o.position WHERE o.deptype = 'a'
    UNION ALL
    -- From PostgreSQL 18 on NOT NULL is a constraint, which heirs inherit and which ONLY keeps from them.
    SELECT 63, r.oid, 'the column ' || r.named || '.' || quote_ident(c.attname),
        format('ALTER TABLE %s%s ALTER COLUMN %I %s',
            CASE WHEN change.sql = 'SET NOT NULL' AND k.contype = 'n' AND NOT k.connoinherit THEN '' ELSE 'ONLY ' END,
            r.named, c.attname, change.sql)
    FROM relations r JOIN columns c ON c.attrelid = r.oid
    LEFT JOIN pg_constraint k ON k.conrelid = r.oid AND k.contype = 'n' AND k.conkey = ARRAY[c.attnum]
    CROSS JOIN LATERAL (VALUES
        ('SET NOT NULL', c.attnotnull AND k.conislocal IS NOT FALSE),
        ('DROP DEFAULT', c.attgenerated = '' AND c.value IS NULL)
    ) change (sql, is_so)
    WHERE r.relkind = 'r' AND NOT c.is_local AND change.is_so
    UNION ALL
    SELECT CASE c.contype WHEN 'f' THEN 74 WHEN 'c' THEN 70 ELSE 71 END, c.oid,
        'constraint ' || quote_ident(c.conname) || ' of ' || r.named,
        format('ALTER TABLE %s ADD CONSTRAINT %I %s', r.named, c.conname, pg_get_constraintdef(c.oid))
    FROM pg_constraint c JOIN relations r ON r.oid = c.conrelid
    WHERE r.relkind IN ('r', 'p') AND (c.contype IN ('p', 'u', 'x') OR (c.contype IN ('c', 'f') AND c.conislocal)
      -- Only a table that has its parent's checks can be attached.
      OR (c.contype = 'c' AND r.relispartition))
    UNION ALL
    SELECT CASE r.relkind WHEN 'm' THEN 81 ELSE 72 END, i.indexrelid, 'index ' || i.indexrelid::regclass,
        pg_get_indexdef(i.indexrelid)
    FROM pg_index i JOIN relations r ON r.oid = i.indrelid
    WHERE r.relkind IN ('r', 'p', 'm')
      AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
    UNION ALL
    -- The definition of a rule says nothing of its index.
    SELECT 72, i.oid, 'the parameters of index ' || i.oid::regclass,
        format('ALTER INDEX %s SET (%s)', i.oid::regclass, array_to_string(i.reloptions, ', '))
    FROM pg_constraint c JOIN relations r ON r.oid = c.conrelid JOIN pg_class i ON i.oid = c.conindid
    WHERE r.relkind IN ('r', 'p') AND c.contype IN ('p', 'u', 'x') AND i.reloptions IS NOT NULL
    UNION ALL
    -- Before the foreign keys, which partitions then have from their parents. Indexes and rules that are
    -- alike on both sides become one.
    SELECT 73, r.oid, 'partition ' || r.named,
        format('ALTER TABLE %s ATTACH PARTITION %s %s', p.named, r.named, pg_get_expr(r.relpartbound, r.oid))
    FROM pg_inherits i JOIN relations r ON r.oid = i.inhrelid JOIN relations p ON p.oid = i.inhparent
    WHERE r.relkind IN ('r', 'p') AND r.relispartition
    UNION ALL
    SELECT 75, s.oid, 'statistics ' || s.stxname, pg_get_statisticsobjdef(s.oid)
    FROM pg_statistic_ext s JOIN relations r ON r.oid = s.stxrelid
    UNION ALL
    SELECT 80, r.oid, CASE r.relkind WHEN 'm' THEN 'materialized view ' ELSE 'view ' END || r.named, concat_ws(' ',
        CASE r.relkind WHEN 'm' THEN 'CREATE MATERIALIZED VIEW' ELSE 'CREATE VIEW' END, r.named,
        'WITH (' || nullif(array_to_string(r.reloptions, ', '), '') || ')', 'AS', rtrim(pg_get_viewdef(r.oid), ';'))
    FROM relations r WHERE r.relkind IN ('v', 'm')
    UNION ALL
    SELECT 90, w.oid, 'rule ' || quote_ident(w.rulename) || ' of ' || r.named, rtrim(pg_get_ruledef(w.oid), ';')
    FROM pg_rewrite w JOIN relations r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN'
    UNION ALL
    SELECT 91, t.oid, 'trigger ' || quote_ident(t.tgname) || ' of ' || t.named, pg_get_triggerdef(t.oid) FROM triggers t
    UNION ALL
    SELECT 92, t.oid, 'the state of trigger ' || quote_ident(t.tgname) || ' of ' || t.named,
        format('ALTER TABLE %s %s TRIGGER %I', t.named, CASE t.tgenabled
            WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, t.tgname)
    FROM triggers t WHERE t.tgenabled <> 'O' AND t.relkind IN ('r', 'p')
    UNION ALL
    SELECT 93, r.oid, 'policy ' || quote_ident(p.polname) || ' of ' || r.named, concat_ws(' ',
        format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', p.polname, r.named,
            CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
            CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
                ELSE 'ALL' END,
            (SELECT string_agg(CASE o WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(o)) END, ', ')
             FROM unnest(p.polroles) o)),
        'USING (' || pg_get_expr(p.polqual, p.polrelid) || ')',
        'WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
    FROM pg_policy p JOIN relations r ON r.oid = p.polrelid
    UNION ALL
    SELECT 94, r.oid, 'the row security of ' || r.named, format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY%s', r.named,
        CASE WHEN r.relforcerowsecurity THEN ', FORCE ROW LEVEL SECURITY' END)
    FROM relations r WHERE r.relkind IN ('r', 'p') AND r.relrowsecurity
    UNION ALL
    SELECT 95, r.oid, 'the comment on ' || r.named, format('COMMENT ON %s %s%s IS %L',
        CASE WHEN d.objsubid > 0 THEN 'COLUMN' WHEN r.relkind = 'v' THEN 'VIEW'
            WHEN r.relkind = 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END,
        r.named, '.' || (SELECT quote_ident(a.attname) FROM pg_attribute a
            WHERE a.attrelid = r.oid AND a.attnum = d.objsubid AND d.objsubid > 0), d.description)
    FROM pg_description d JOIN relations r ON r.oid = d.objoid AND d.classoid = 'pg_class'::regclass
    WHERE r.relkind IN ('r', 'p', 'v', 'm')
    UNION ALL
    SELECT 95, k.oid, 'the comment on ' || quote_ident(k.conname) || ' of ' || r.named,
        format('COMMENT ON CONSTRAINT %I ON %s IS %L', k.conname, r.named, d.description)
    FROM pg_description d JOIN pg_constraint k ON k.oid = d.objoid AND d.classoid = 'pg_constraint'::regclass
    JOIN relations r ON r.oid = k.conrelid WHERE r.relkind IN ('r', 'p')
    UNION ALL
    SELECT 95, i.indexrelid, 'the comment on index ' || i.indexrelid::regclass,
        format('COMMENT ON INDEX %s IS %L', i.indexrelid::regclass, d.description)
    FROM pg_description d JOIN pg_index i ON i.indexrelid = d.objoid AND d.classoid = 'pg_class'::regclass
    JOIN relations r ON r.oid = i.indrelid WHERE r.relkind IN ('r', 'p')
    UNION ALL
    SELECT 95, t.oid, 'the comment on ' || t.named, format('COMMENT ON TYPE %s IS %L', t.named, d.description)
    FROM pg_description d JOIN types t ON t.oid = d.objoid AND d.classoid = 'pg_type'::regclass
    WHERE t.typtype = 'e'
)
SELECT what, sql FROM statements ORDER BY pass, place, what, sql
