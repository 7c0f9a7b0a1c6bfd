SELECT 0, oid, xmin FROM pg_class UNION ALL SELECT 1259, attrelid, xmin FROM pg_attribute
        UNION ALL SELECT 1259, adrelid, xmin FROM pg_attrdef UNION ALL SELECT 1259, indrelid, xmin FROM pg_index
        UNION ALL SELECT 1259, ev_class, xmin FROM pg_rewrite UNION ALL SELECT 1259, polrelid, xmin FROM pg_policy
        UNION ALL SELECT 1259, inhparent, xmin FROM pg_inherits UNION ALL SELECT 1259, inhrelid, xmin FROM pg_inherits
        UNION ALL SELECT 1259, stxrelid, xmin FROM pg_statistic_ext UNION ALL SELECT 1259, seqrelid, xmin FROM pg_sequence
        UNION ALL SELECT 1259, prrelid, xmin FROM pg_publication_rel UNION ALL SELECT 2606, oid, xmin FROM pg_constraint
        UNION ALL SELECT 2620, oid, xmin FROM pg_trigger UNION ALL SELECT 1247, enumtypid, xmin FROM pg_enum
        UNION ALL SELECT classid::int, objid, xmin FROM pg_depend WHERE deptype <> 'n' OR classid IN (3602, 3600)
        UNION ALL SELECT refclassid::int, refobjid, xmin FROM pg_depend WHERE refclassid = 2753 AND deptype IN ('a', 'i')
        UNION ALL SELECT classoid::int, objoid, xmin FROM pg_description
        UNION ALL SELECT classoid::int, objoid, xmin FROM pg_seclabel
        UNION ALL SELECT 1247, oid, xmin FROM pg_type UNION ALL SELECT 1255, oid, xmin FROM pg_proc
        UNION ALL SELECT 2615, oid, xmin FROM pg_namespace UNION ALL SELECT 3079, oid, xmin FROM pg_extension
        UNION ALL SELECT 2612, oid, xmin FROM pg_language UNION ALL SELECT 2605, oid, xmin FROM pg_cast
        UNION ALL SELECT 2617, oid, xmin FROM pg_operator UNION ALL SELECT 2616, oid, xmin FROM pg_opclass
        UNION ALL SELECT 2753, oid, xmin FROM pg_opfamily UNION ALL SELECT 3456, oid, xmin FROM pg_collation
        UNION ALL SELECT 2607, oid, xmin FROM pg_conversion UNION ALL SELECT 3602, oid, xmin FROM pg_ts_config
        UNION ALL SELECT 3600, oid, xmin FROM pg_ts_dict UNION ALL SELECT 2328, oid, xmin FROM pg_foreign_data_wrapper
        UNION ALL SELECT 1417, oid, xmin FROM pg_foreign_server UNION ALL SELECT 3466, oid, xmin FROM pg_event_trigger
        UNION ALL SELECT 6104, oid, xmin FROM pg_publication UNION ALL SELECT 2601, oid, xmin FROM pg_am
        UNION ALL SELECT 826, oid, xmin FROM pg_default_acl UNION ALL SELECT 2613, oid, xmin FROM pg_largeobject_metadata
        UNION ALL SELECT 1259, ftrelid, xmin FROM pg_foreign_table UNION ALL SELECT 3602, mapcfg, xmin FROM pg_ts_config_map
        UNION ALL SELECT 1262, oid, xmin FROM pg_database UNION ALL SELECT 1213, oid, xmin FROM pg_tablespace
        UNION ALL SELECT 3576, oid, xmin FROM pg_transform
