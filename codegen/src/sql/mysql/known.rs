//! Checks columns before they are stated anew: the catalog's description of them is put into words, and must
//! equal what the plan knows. The words are those of `plan/mysql/known.rs`.

use autogen_engine::plan::{Known, Referrers};

use super::literal;

/// Writes statements of which the first fails if columns have something that isn't known. The error names what
/// there is.
pub(super) fn expected(known: &Known) -> Vec<String> {
    let table = &known.table;
    let columns: Vec<String> = known.columns.iter().map(|column| literal(column)).collect();
    let lines: Vec<String> = known.lines.iter().map(|line| format!("SELECT {} AS `line`", literal(line))).collect();
    let problem = format!(
        "{table}.{} has something that this revision doesn't know and would drop",
        known.columns.join(&format!(" or {table}."))
    );
    let schema = table.schema.as_ref().map_or_else(|| "DATABASE()".to_owned(), |schema| literal(schema));
    vec![
        format!(
            "{}CREATE TEMPORARY TABLE `autogen_guard` (`stopped` varchar(500) PRIMARY KEY)\n\
             SELECT LEFT(CONCAT('stopped: unknown: ', {}, '.', `found`), 400) AS `stopped`\n\
             FROM (\n    SELECT GROUP_CONCAT(`line` SEPARATOR ', ') AS `found` FROM (\n{}\n    ) AS `columns`\n    \
             WHERE NOT EXISTS (\n        SELECT 1 FROM (\n            {}\n        ) AS `known`\n        \
             WHERE CONVERT(`known`.`line` USING utf8mb4) COLLATE utf8mb4_bin IN (\n            \
             CONVERT(`columns`.`line` USING utf8mb4) COLLATE utf8mb4_bin,\n            \
             CONVERT(CONCAT(`columns`.`line`, `columns`.`collation`) USING utf8mb4) COLLATE utf8mb4_bin\n        )\n    )\n\
             ) AS `differences`, (SELECT 1 UNION ALL SELECT 2) AS `twice` WHERE `found` IS NOT NULL",
            super::super::stops(&problem),
            literal(&table.to_string()),
            FOUND
                .replace("{schema}", &schema)
                .replace("{table}", &literal(&table.name))
                .replace("{columns}", &columns.join(", ")),
            lines.join("\n            UNION ALL "),
        ),
        "DROP TEMPORARY TABLE `autogen_guard`".to_owned(),
    ]
}

/// Writes statements of which the first fails if a foreign key that isn't known references a table that is
/// dropped. The server would refuse that drop, but not the statements before it.
pub(super) fn referrers(known: &Referrers) -> Vec<String> {
    let names: Vec<&str> = known.tables.iter().map(|table| table.name.as_str()).collect();
    let tables: Vec<String> = names.iter().map(|name| literal(name)).collect();
    let keys: Vec<String> =
        known.keys.iter().map(|(table, column)| literal(&format!("{}.{column}", table.name))).collect();
    let others = if keys.is_empty() {
        String::new()
    } else {
        format!("\n        AND CONCAT(`TABLE_NAME`, '.', `COLUMN_NAME`) NOT IN ({})", keys.join(", "))
    };
    let problem = format!("a table that this revision doesn't know points at {}", names.join(" or "));
    vec![
        format!(
            "{}CREATE TEMPORARY TABLE `autogen_guard` (`stopped` varchar(500) PRIMARY KEY)\n\
             SELECT LEFT(CONCAT('stopped: unknown: ', `found`), 400) AS `stopped`\n\
             FROM (\n    SELECT GROUP_CONCAT(`TABLE_NAME`, ' (', `COLUMN_NAME`, ') points at ', `REFERENCED_TABLE_NAME` \
             SEPARATOR ', ') AS `found`\n    FROM information_schema.KEY_COLUMN_USAGE\n    \
             WHERE `TABLE_SCHEMA` = DATABASE() AND `REFERENCED_TABLE_SCHEMA` = DATABASE() AND `ORDINAL_POSITION` = 1\n        \
             AND `REFERENCED_TABLE_NAME` IN ({tables}) AND `TABLE_NAME` NOT IN ({tables}){others}\n\
             ) AS `keys`, (SELECT 1 UNION ALL SELECT 2) AS `twice` WHERE `found` IS NOT NULL",
            super::super::stops(&problem),
            tables = tables.join(", "),
        ),
        "DROP TEMPORARY TABLE `autogen_guard`".to_owned(),
    ]
}

/// Lists columns: `line` in words, and in `collation` what may be added if it is the table's.
const FOUND: &str = r"        SELECT CONCAT(
            c.COLUMN_NAME, ': ',
            CASE
                WHEN c.COLUMN_TYPE <> 'tinyint(1)' AND c.COLUMN_TYPE NOT LIKE '%zerofill%'
                    AND c.DATA_TYPE IN ('tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'year')
                THEN CONCAT(c.DATA_TYPE, IF(c.COLUMN_TYPE LIKE '%unsigned%', ' unsigned', ''))
                ELSE c.COLUMN_TYPE
            END,
            IF(COALESCE(c.GENERATION_EXPRESSION, '') <> '', '', CONCAT(
                IF(c.IS_NULLABLE = 'NO', ' not null', ''),
                CASE
                    WHEN COALESCE(c.COLUMN_DEFAULT, 'NULL') = 'NULL' THEN ''
                    WHEN c.DATA_TYPE IN ('binary', 'varbinary', 'bit') OR c.DATA_TYPE REGEXP 'text|blob|json'
                        OR LENGTH(c.COLUMN_DEFAULT) <> CHAR_LENGTH(c.COLUMN_DEFAULT)
                        OR TRIM(BOTH CHAR(39) FROM REPLACE(c.COLUMN_DEFAULT, 'current_timestamp()', 'current_timestamp')) REGEXP '[(?]'
                        OR LOCATE(CHAR(39), TRIM(BOTH CHAR(39) FROM c.COLUMN_DEFAULT))
                        OR LOCATE(CHAR(92), c.COLUMN_DEFAULT)
                    THEN ' default (...)'
                    ELSE CONCAT(' default ', TRIM(BOTH CHAR(39) FROM REPLACE(c.COLUMN_DEFAULT, 'current_timestamp()', 'current_timestamp')))
                END,
                IF(c.EXTRA LIKE '%on update%', ' on update', '')
            )),
            IF(c.EXTRA LIKE '%auto_increment%', ' auto_increment', ''),
            IF(c.EXTRA LIKE '%invisible%', ' invisible', ''),
            IF(COALESCE(c.GENERATION_EXPRESSION, '') = '', '', IF(c.EXTRA REGEXP 'stored|persistent', ' stored', ' virtual')),
            IF(c.COLUMN_COMMENT = '', '', CONCAT(' comment ', c.COLUMN_COMMENT)),
            IF(VERSION() LIKE '%MariaDB%' AND EXISTS (
                SELECT 1 FROM information_schema.TABLE_CONSTRAINTS AS k
                WHERE k.TABLE_SCHEMA = c.TABLE_SCHEMA AND k.TABLE_NAME = c.TABLE_NAME
                    AND k.CONSTRAINT_TYPE = 'CHECK' AND k.CONSTRAINT_NAME = c.COLUMN_NAME
            ), ' check', ''),
            IF(COALESCE(c.COLLATION_NAME, t.TABLE_COLLATION) = t.TABLE_COLLATION, '',
                CONCAT(' collate ', REPLACE(c.COLLATION_NAME, 'utf8mb3_', 'utf8_')))
        ) AS `line`, COALESCE(CONCAT(' collate ', REPLACE(c.COLLATION_NAME, 'utf8mb3_', 'utf8_')), '') AS `collation`
        FROM information_schema.COLUMNS AS c
        JOIN information_schema.TABLES AS t ON t.TABLE_SCHEMA = c.TABLE_SCHEMA AND t.TABLE_NAME = c.TABLE_NAME
        WHERE c.TABLE_SCHEMA = {schema} AND c.TABLE_NAME = {table} AND c.COLUMN_NAME IN ({columns})";
