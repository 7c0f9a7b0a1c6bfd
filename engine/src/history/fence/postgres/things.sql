SELECT 1247, t.oid, 'type', n.nspname::text, t.typname::text FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.typtype IN ('b', 'd', 'e', 'm', 'r') AND t.typcategory <> 'A' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    UNION ALL SELECT 1255, p.oid, 'function', n.nspname, p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    UNION ALL SELECT 2615, oid, 'schema', NULL, nspname FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'
    UNION ALL SELECT 3079, oid, 'extension', NULL, extname FROM pg_extension
    UNION ALL SELECT 2612, oid, 'language', NULL, lanname FROM pg_language
    UNION ALL SELECT 2605, oid, 'cast', NULL, format('%s to %s', castsource::regtype, casttarget::regtype) FROM pg_cast WHERE oid >= 16384
    UNION ALL SELECT 2617, o.oid, 'operator', n.nspname, o.oprname FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE o.oid >= 16384
    UNION ALL SELECT 2616, o.oid, 'operator class', n.nspname, o.opcname FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace WHERE o.oid >= 16384
    UNION ALL SELECT 2753, o.oid, 'operator family', n.nspname, o.opfname FROM pg_opfamily o JOIN pg_namespace n ON n.oid = o.opfnamespace WHERE o.oid >= 16384
    UNION ALL SELECT 3456, c.oid, 'collation', n.nspname, c.collname FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace WHERE c.oid >= 16384
    UNION ALL SELECT 2607, oid, 'conversion', NULL, conname FROM pg_conversion WHERE oid >= 16384
    UNION ALL SELECT 3602, c.oid, 'text search configuration', n.nspname, c.cfgname FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace WHERE c.oid >= 16384
    UNION ALL SELECT 3600, d.oid, 'text search dictionary', n.nspname, d.dictname FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace WHERE d.oid >= 16384
    UNION ALL SELECT 2328, oid, 'foreign data wrapper', NULL, fdwname FROM pg_foreign_data_wrapper
    UNION ALL SELECT 1417, oid, 'server', NULL, srvname FROM pg_foreign_server
    UNION ALL SELECT 3466, oid, 'event trigger', NULL, evtname FROM pg_event_trigger
    UNION ALL SELECT 6104, oid, 'publication', NULL, pubname FROM pg_publication
    UNION ALL SELECT 6100, oid, 'subscription', NULL, subname FROM pg_subscription
    UNION ALL SELECT 2601, oid, 'access method', NULL, amname FROM pg_am
    UNION ALL SELECT 826, oid, 'default privileges', NULL, defaclobjtype::text FROM pg_default_acl
    UNION ALL SELECT 2613, oid, 'large object', NULL, oid::text FROM pg_largeobject_metadata
