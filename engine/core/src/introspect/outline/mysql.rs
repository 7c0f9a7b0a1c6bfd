//! MariaDB and MySQL: foreign keys are in the catalog. What views, triggers and routines read is in their texts.

use diesel::{QueryResult, RunQueryDsl as _, sql_query};

use super::Row;
use crate::database::MysqlDatabase;
use crate::sql::mysql::text_literal;

// A default may name a sequence. Names of foreign keys are taken in the whole database. A trigger is a part of its table.
const OUTLINE: &str = "
    SELECT IF(TABLE_TYPE IN ('VIEW', 'SEQUENCE'), 'relation', 'table') AS kind, CONCAT('r', TABLE_NAME) AS id, NULL AS other, TABLE_NAME AS name, NULL AS text
    FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
    UNION ALL
    SELECT 'name', CONCAT('r', TABLE_NAME), NULL, TABLE_NAME, VIEW_DEFINITION
    FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()
    UNION ALL
    SELECT 'name', CONCAT('r', EVENT_OBJECT_TABLE), NULL, TRIGGER_NAME, ACTION_STATEMENT
    FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()
    UNION ALL
    SELECT 'free', CONCAT('f', ROUTINE_NAME), NULL, ROUTINE_NAME, COALESCE(ROUTINE_DEFINITION, '')
    FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()
    UNION ALL
    SELECT 'name', CONCAT('r', TABLE_NAME), NULL, NULL, COLUMN_DEFAULT
    FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND COLUMN_DEFAULT REGEXP '(next|last|set)val'
    UNION ALL
    SELECT 'key', CONCAT('r', TABLE_NAME), CONCAT('r', REFERENCED_TABLE_NAME), NULL, NULL
    FROM information_schema.KEY_COLUMN_USAGE
    WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME <> TABLE_NAME
    UNION ALL
    SELECT 'name', CONCAT('r', TABLE_NAME), NULL, CONSTRAINT_NAME, NULL
    FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL";

pub(super) fn rows(database: &mut MysqlDatabase) -> QueryResult<Vec<Row>> {
    sql_query(OUTLINE).load(&mut **database)
}

pub(super) fn condition<'a>(ids: impl Iterator<Item = &'a str>, of: &str) -> String {
    // A list may not be empty here.
    let names: String = ids.map(|name| format!(", {}", text_literal(name))).collect();
    format!("{of} IN (NULL{names})")
}
