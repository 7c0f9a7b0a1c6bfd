//! The queries, and their rows as the server gives them.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use diesel::{QueryResult, sql_query};

use super::super::CatalogSubset;
use crate::database::{MysqlConnection, MysqlDatabase};
use crate::dialect::Dialect;

/// Everything that the catalog says of the connection's database.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) tables: Vec<TableRow>,
    pub(super) columns: Vec<ColumnRow>,
    pub(super) indexes: Vec<IndexRow>,
    pub(super) keys: Vec<KeyRow>,
    pub(super) actions: Vec<ActionRow>,
    pub(super) checks: Vec<CheckRow>,
    pub(super) others: Vec<OtherRow>,
    /// Features of tables that no definition can state: the table, and a sentence.
    pub(super) features: Vec<(String, String)>,
    /// Texts that the catalog may show wrongly and that the server doesn't tell otherwise: the table, and what the
    /// text is.
    pub(super) unclear: Vec<(String, String)>,
}

#[derive(Debug, QueryableByName)]
pub(super) struct TableRow {
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    /// `BASE TABLE`, `VIEW`, `SYSTEM VERSIONED`, `SEQUENCE`.
    #[diesel(sql_type = Text)]
    pub(super) kind: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) engine: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) collation: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) options: Option<String>,
    #[diesel(sql_type = Text)]
    pub(super) comment: String,
}

#[derive(Debug, QueryableByName)]
pub(super) struct ColumnRow {
    #[diesel(sql_type = Text)]
    pub(super) table_name: String,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = Text)]
    pub(super) sql_type: String,
    #[diesel(sql_type = Bool)]
    pub(super) nullable: bool,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) default: Option<String>,
    #[diesel(sql_type = Text)]
    pub(super) extra: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) generated: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) collation: Option<String>,
    #[diesel(sql_type = Text)]
    pub(super) comment: String,
}

#[derive(Debug, QueryableByName)]
pub(super) struct IndexRow {
    #[diesel(sql_type = Text)]
    pub(super) table_name: String,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = Bool)]
    pub(super) is_unique: bool,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) column_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) expression: Option<String>,
    /// `A`, `D`, or nothing where there is no order.
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) direction: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub(super) prefix: Option<i64>,
    #[diesel(sql_type = Text)]
    pub(super) method: String,
    #[diesel(sql_type = Text)]
    pub(super) comment: String,
    /// The server's word for an index that queries don't use.
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) hidden: Option<String>,
}

#[derive(Debug, QueryableByName)]
pub(super) struct KeyRow {
    #[diesel(sql_type = Text)]
    pub(super) table_name: String,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = Text)]
    pub(super) column_name: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) referenced_schema: Option<String>,
    #[diesel(sql_type = Text)]
    pub(super) referenced_table: String,
    #[diesel(sql_type = Text)]
    pub(super) referenced_column: String,
}

#[derive(Debug, QueryableByName)]
pub(super) struct ActionRow {
    #[diesel(sql_type = Text)]
    pub(super) table_name: String,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = Text)]
    pub(super) on_update: String,
    #[diesel(sql_type = Text)]
    pub(super) on_delete: String,
}

#[derive(Debug, QueryableByName)]
pub(super) struct CheckRow {
    #[diesel(sql_type = Text)]
    pub(super) table_name: String,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    /// Whether it stands in a column's definition, and bears that column's name.
    #[diesel(sql_type = Bool)]
    pub(super) is_of_column: bool,
    #[diesel(sql_type = Bool)]
    pub(super) is_enforced: bool,
    #[diesel(sql_type = Text)]
    pub(super) expression: String,
}

#[derive(Debug, QueryableByName)]
pub(super) struct OtherRow {
    /// `view`, `trigger`, `routine`.
    #[diesel(sql_type = Text)]
    pub(super) kind: String,
    #[diesel(sql_type = Text)]
    pub(super) name: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(super) table_name: Option<String>,
    #[diesel(sql_type = Text)]
    pub(super) definition: String,
}

/// The columns of the catalog that one kind of server has and the other lacks.
struct CatalogForms {
    /// A type, with the reference system of places.
    sql_type: &'static str,
    /// A default, without the name of the own database before that of a sequence.
    default: &'static str,
    index_expression: &'static str,
    index_hidden: &'static str,
    checks: &'static str,
}

const MARIADB: CatalogForms = CatalogForms {
    sql_type: "COLUMN_TYPE",
    default: "IF(COLUMN_DEFAULT REGEXP '^[^'']*(nextval|lastval|setval)', \
              REPLACE(COLUMN_DEFAULT, CONCAT('`', REPLACE(DATABASE(), '`', '``'), '`.'), ''), COLUMN_DEFAULT)",
    index_expression: "NULL",
    // The column exists since 10.6, as does the feature.
    index_hidden: "IF(IGNORED = 'YES', 'IGNORED', NULL)",
    checks: "SELECT TABLE_NAME AS `table_name`, CONSTRAINT_NAME AS `name`, LEVEL = 'Column' AS `is_of_column`, \
             TRUE AS `is_enforced`, CHECK_CLAUSE AS `expression` FROM information_schema.CHECK_CONSTRAINTS \
             WHERE CONSTRAINT_SCHEMA = DATABASE() AND {part} ORDER BY 1, 2",
};

const MYSQL: CatalogForms = CatalogForms {
    sql_type: "CONCAT(COLUMN_TYPE, COALESCE(CONCAT(' srid ', SRS_ID), ''))",
    default: "COLUMN_DEFAULT",
    index_expression: "EXPRESSION",
    index_hidden: "IF(IS_VISIBLE = 'NO', 'INVISIBLE', NULL)",
    checks: "SELECT t.TABLE_NAME AS `table_name`, c.CONSTRAINT_NAME AS `name`, FALSE AS `is_of_column`, \
             t.ENFORCED = 'YES' AS `is_enforced`, CONCAT(c.CHECK_CLAUSE, '') AS `expression` FROM information_schema.CHECK_CONSTRAINTS c \
             JOIN information_schema.TABLE_CONSTRAINTS t ON t.CONSTRAINT_SCHEMA = c.CONSTRAINT_SCHEMA \
             AND t.CONSTRAINT_NAME = c.CONSTRAINT_NAME AND t.CONSTRAINT_TYPE = 'CHECK' \
             WHERE c.CONSTRAINT_SCHEMA = DATABASE() AND {part} ORDER BY 1, 2",
};

/// Reads the catalog: six queries about tables, and one about other objects.
pub(super) fn read(database: &mut MysqlDatabase, part: Option<&CatalogSubset>) -> QueryResult<Rows> {
    let words = if database.is_mariadb() { MARIADB } else { MYSQL };
    let is_in = |table: &str| part.map_or_else(|| "TRUE".to_owned(), |part| part.condition(Dialect::Mysql, 'r', table));
    let (in_part, on_part) = (is_in("TABLE_NAME"), is_in("EVENT_OBJECT_TABLE"));
    let query = |text: &str| sql_query(text.replace("{part}", &in_part).replace("{on part}", &on_part));
    Ok(Rows {
        tables: query(
            "SELECT TABLE_NAME AS `name`, TABLE_TYPE AS `kind`, ENGINE AS `engine`, TABLE_COLLATION AS `collation`, \
             CREATE_OPTIONS AS `options`, TABLE_COMMENT AS `comment` FROM information_schema.TABLES \
             WHERE TABLE_SCHEMA = DATABASE() AND {part} ORDER BY 1",
        )
        .load(&mut **database)?,
        columns: query(&format!(
            "SELECT TABLE_NAME AS `table_name`, COLUMN_NAME AS `name`, {} AS `sql_type`, \
             IS_NULLABLE = 'YES' AS `nullable`, {} AS `default`, EXTRA AS `extra`, \
             GENERATION_EXPRESSION AS `generated`, COLLATION_NAME AS `collation`, COLUMN_COMMENT AS `comment` \
             FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND {{part}} ORDER BY 1, ORDINAL_POSITION",
            words.sql_type, words.default,
        ))
        .load(&mut **database)?,
        indexes: query(&format!(
            "SELECT TABLE_NAME AS `table_name`, INDEX_NAME AS `name`, NON_UNIQUE = 0 AS `is_unique`, \
             COLUMN_NAME AS `column_name`, {} AS `expression`, COLLATION AS `direction`, \
             CAST(SUB_PART AS SIGNED) AS `prefix`, INDEX_TYPE AS `method`, INDEX_COMMENT AS `comment`, {} AS `hidden` \
             FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND {{part}} ORDER BY 1, 2, SEQ_IN_INDEX",
            words.index_expression, words.index_hidden,
        ))
        .load(&mut **database)?,
        keys: query(
            "SELECT TABLE_NAME AS `table_name`, CONSTRAINT_NAME AS `name`, COLUMN_NAME AS `column_name`, \
             NULLIF(REFERENCED_TABLE_SCHEMA, DATABASE()) AS `referenced_schema`, \
             REFERENCED_TABLE_NAME AS `referenced_table`, REFERENCED_COLUMN_NAME AS `referenced_column` \
             FROM information_schema.KEY_COLUMN_USAGE \
             WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL AND {part} ORDER BY 1, 2, ORDINAL_POSITION",
        )
        .load(&mut **database)?,
        actions: query(
            "SELECT TABLE_NAME AS `table_name`, CONSTRAINT_NAME AS `name`, UPDATE_RULE AS `on_update`, \
             DELETE_RULE AS `on_delete` FROM information_schema.REFERENTIAL_CONSTRAINTS \
             WHERE CONSTRAINT_SCHEMA = DATABASE() AND {part}",
        )
        .load(&mut **database)?,
        checks: query(words.checks).load(&mut **database)?,
        others: query(
            "SELECT 'view' AS `kind`, TABLE_NAME AS `name`, NULL AS `table_name`, \
             CONCAT('CREATE VIEW `', REPLACE(TABLE_NAME, '`', '``'), '` AS ', \
                    REPLACE(VIEW_DEFINITION, CONCAT('`', DATABASE(), '`.'), '')) AS `definition` \
             FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE() AND {part} \
             UNION ALL SELECT 'trigger', TRIGGER_NAME, EVENT_OBJECT_TABLE, \
             CONCAT('CREATE TRIGGER `', REPLACE(TRIGGER_NAME, '`', '``'), '` ', ACTION_TIMING, ' ', \
                    EVENT_MANIPULATION, ' ON `', REPLACE(EVENT_OBJECT_TABLE, '`', '``'), '` FOR EACH ROW ', \
                    ACTION_STATEMENT) \
             FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() AND {on part} \
             UNION ALL SELECT 'routine', ROUTINE_NAME, NULL, COALESCE(ROUTINE_DEFINITION, '') \
             FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE() \
             UNION ALL SELECT 'routine', EVENT_NAME, NULL, EVENT_DEFINITION \
             FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() ORDER BY 1, 2",
        )
        .load(&mut **database)?,
        features: Vec::new(),
        unclear: Vec::new(),
    })
}

/// Returns the server's `SHOW CREATE TABLE` text. `table` is the table's quoted name.
pub(crate) fn definition(connection: &mut MysqlConnection, table: &str) -> QueryResult<String> {
    #[derive(QueryableByName)]
    struct Shown {
        // Bytes in a default are shown as they are.
        #[diesel(sql_type = Binary, column_name = "Create Table")]
        text: Vec<u8>,
    }
    let shown = diesel::sql_query(format!("SHOW CREATE TABLE {table}")).get_result::<Shown>(connection)?;
    Ok(String::from_utf8_lossy(&shown.text).into_owned())
}

/// Returns the one text that a query selects under the name `text`.
pub(super) fn text(connection: &mut MysqlConnection, query: &str) -> QueryResult<String> {
    #[derive(QueryableByName)]
    struct Told {
        #[diesel(sql_type = Text)]
        text: String,
    }
    sql_query(query).get_result::<Told>(connection).map(|told| told.text)
}

/// Runs a statement that gives nothing.
pub(super) fn run(connection: &mut MysqlConnection, statement: &str) -> QueryResult<()> {
    sql_query(statement).execute(connection).map(|_| ())
}

/// Counts rows.
pub(super) fn count(connection: &mut MysqlConnection, query: &str) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        number: i64,
    }
    let counted = sql_query(format!("SELECT CAST(({query}\n) AS SIGNED) AS `number`"));
    counted.get_result::<Count>(connection).map(|count| count.number)
}
