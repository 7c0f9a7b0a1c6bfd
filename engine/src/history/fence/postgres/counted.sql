(SELECT count(*) FROM pg_constraint WHERE conrelid = c.oid) + (SELECT count(*) FROM pg_attrdef WHERE adrelid = c.oid)
            + (SELECT count(*) FROM pg_index WHERE indrelid = c.oid) + (SELECT count(*) FROM pg_rewrite WHERE ev_class = c.oid)
            + (SELECT count(*) FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal)
            + (SELECT count(*) FROM pg_policy WHERE polrelid = c.oid) + (SELECT count(*) FROM pg_statistic_ext WHERE stxrelid = c.oid)
            + (SELECT count(*) FROM pg_inherits WHERE inhparent = c.oid) + (SELECT count(*) FROM pg_inherits WHERE inhrelid = c.oid)
            + (SELECT count(*) FROM pg_publication_rel WHERE prrelid = c.oid)
            + (SELECT count(*) FROM pg_seclabel WHERE classoid = 1259 AND objoid = c.oid)
            + (SELECT count(*) FROM pg_description d JOIN (
                SELECT 1259, c.oid UNION ALL SELECT 1259, indexrelid FROM pg_index WHERE indrelid = c.oid
                UNION ALL SELECT 2606, oid FROM pg_constraint WHERE conrelid = c.oid
                UNION ALL SELECT 2620, oid FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal
                UNION ALL SELECT 2618, oid FROM pg_rewrite WHERE ev_class = c.oid
                UNION ALL SELECT 3256, oid FROM pg_policy WHERE polrelid = c.oid
                UNION ALL SELECT 3381, oid FROM pg_statistic_ext WHERE stxrelid = c.oid
            ) AS part (class, oid) ON d.objoid = part.oid AND d.classoid = part.class)
