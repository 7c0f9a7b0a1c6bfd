SELECT conrelid FROM pg_constraint UNION ALL SELECT adrelid FROM pg_attrdef UNION ALL SELECT indrelid FROM pg_index
        UNION ALL SELECT tgrelid FROM pg_trigger WHERE NOT tgisinternal UNION ALL SELECT ev_class FROM pg_rewrite
        UNION ALL SELECT polrelid FROM pg_policy UNION ALL SELECT inhparent FROM pg_inherits UNION ALL SELECT inhrelid FROM pg_inherits
        UNION ALL SELECT stxrelid FROM pg_statistic_ext UNION ALL SELECT prrelid FROM pg_publication_rel
        UNION ALL SELECT objoid FROM pg_description WHERE classoid = 1259 UNION ALL SELECT objoid FROM pg_seclabel WHERE classoid = 1259
