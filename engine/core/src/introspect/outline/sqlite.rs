//! SQLite: what a view or a trigger reads is in its text only.

use diesel::{QueryResult, RunQueryDsl as _, SqliteConnection, sql_query};

use super::Row;

// Whenever something is renamed or dropped, SQLite reads every view and trigger, and refuses the change if one is
// broken. A trigger is a part of its table. Names compare without case.
const OUTLINE: &str = "
    WITH listed AS MATERIALIZED (SELECT lower(name) AS name, type FROM pragma_table_list WHERE schema = 'main'),
    things AS MATERIALIZED (
        SELECT s.type, s.name, 'r' || lower(s.name) AS id, 'r' || lower(s.tbl_name) AS tbl, s.sql, s.rootpage,
            coalesce(l.type, s.type) AS listed
        FROM main.sqlite_schema s LEFT JOIN listed l ON s.type IN ('table', 'view') AND l.name = lower(s.name)
        WHERE s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    )
    SELECT CASE WHEN type = 'view' OR id IN (SELECT tbl FROM things WHERE type = 'trigger') THEN 'watched'
            WHEN listed = 'table' THEN 'table' ELSE 'relation' END AS kind,
        id, NULL AS other, name, CASE WHEN listed <> 'table' THEN sql END AS text
    FROM things WHERE type IN ('table', 'view') AND listed <> 'shadow'
    UNION ALL
    SELECT 'name', tbl, NULL, name, CASE type WHEN 'trigger' THEN sql END FROM things WHERE type IN ('index', 'trigger')
    UNION ALL
    SELECT 'name', v.id, NULL, s.name, NULL
    FROM things s JOIN things v ON v.listed = 'virtual' AND substr(s.id, 1, length(v.id) + 1) = v.id || '_'
    WHERE s.listed = 'shadow'
    UNION ALL
    SELECT 'key', t.id, 'r' || lower(f.\"table\"), NULL, NULL
    FROM things t CROSS JOIN pragma_foreign_key_list(t.name, 'main') f
    WHERE t.type = 'table' AND t.rootpage > 0 AND 'r' || lower(f.\"table\") <> t.id";

pub(super) fn rows(connection: &mut SqliteConnection) -> QueryResult<Vec<Row>> {
    sql_query(OUTLINE).load(connection)
}

pub(super) fn condition<'a>(ids: impl Iterator<Item = &'a str>, of: &str) -> String {
    let names: Vec<String> = ids.map(|name| format!("'{}'", name.replace('\'', "''"))).collect();
    format!("lower({of}) IN ({})", names.join(", "))
}
