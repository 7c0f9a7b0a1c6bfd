//! Checks tables before they are made anew: what they have is listed in words, and what the plan knows is removed
//! from the list. The words are those of `plan/sqlite/known.rs`.

use autogen_engine::plan::{Known, Referrers};

use super::literal;

/// Writes a statement that fails if tables have things that aren't known. The error names them.
pub(super) fn expected(known: &[Known]) -> String {
    let names: Vec<&str> = known.iter().map(|known| known.table.name.as_str()).collect();
    let tables: Vec<String> = names.iter().map(|name| format!("({})", literal(name))).collect();
    let lines: Vec<String> = (known.iter())
        .flat_map(|known| {
            known.lines.iter().map(|line| format!("    {}", literal(&format!("{}: {line}", known.table.name))))
        })
        .collect();
    let rules: Vec<String> = (known.iter())
        .flat_map(|known| known.rules.iter().map(|rule| format!("({}, {})", literal(&known.table.name), literal(rule))))
        .collect();
    let (stated, changed) = match rules.as_slice() {
        [] => (String::new(), ""),
        rules => (format!(", \"rules\"(\"of\", \"rule\") AS (VALUES {})", rules.join(", ")), CHANGED),
    };
    let problem = format!("{} has something that this revision doesn't know and would drop", names.join(" or "));
    format!(
        "{}SELECT json_extract('{{}}', 'stopped: unknown: ' || \"of\" || ' has ' || group_concat(coalesce(\"shown\", \"what\"), ', '))\n\
         FROM (\n    WITH \"tables\"(\"of\") AS (VALUES {}){stated},\n{FOUND}{changed}\n)\n\
         WHERE \"of\" || ': ' || \"what\" COLLATE NOCASE NOT IN (\n{}\n)\nGROUP BY \"of\"",
        super::super::stops(&problem),
        tables.join(", "),
        lines.join(",\n"),
    )
}

/// Writes a statement that fails if foreign keys that aren't known reference tables that are dropped. The
/// error names them. SQLite would delete the rows that reference the tables, or clear their values.
pub(super) fn referrers(known: &Referrers) -> String {
    let names: Vec<&str> = known.tables.iter().map(|table| table.name.as_str()).collect();
    let tables: Vec<String> = names.iter().map(|name| literal(name)).collect();
    let keys: Vec<String> =
        known.keys.iter().map(|(table, column)| literal(&format!("{}.{column}", table.name))).collect();
    let others = if keys.is_empty() {
        String::new()
    } else {
        format!("\n    AND \"t\".\"name\" || '.' || \"k\".\"from\" COLLATE NOCASE NOT IN ({})", keys.join(", "))
    };
    let problem = format!("a table that this revision doesn't know points at {}", names.join(" or "));
    format!(
        "{}SELECT json_extract('{{}}', 'stopped: unknown: ' || \
         group_concat(\"t\".\"name\" || ' (' || \"k\".\"from\" || ') points at ' || \"k\".\"table\", ', '))\n\
         FROM sqlite_master AS \"t\", pragma_foreign_key_list(\"t\".\"name\") AS \"k\"\n\
         WHERE \"t\".\"type\" = 'table' AND \"k\".\"seq\" = 0\n    \
         AND \"k\".\"table\" COLLATE NOCASE IN ({tables}) AND \"t\".\"name\" COLLATE NOCASE NOT IN ({tables}){others}\n\
         GROUP BY \"t\".\"type\"",
        super::super::stops(&problem),
        tables = tables.join(", "),
    )
}

/// Lists what tables have: `what` in words to compare, `shown` in words for people.
const FOUND: &str = r#"    "lines"("of", "line") AS ( -- of the tables' statements, without comments
        SELECT "of", lower(substr("value", 1, instr("value" || '--', '--') - 1))
        FROM "tables" JOIN sqlite_master AS "m" ON "m"."type" = 'table' AND "name" = "of" COLLATE NOCASE, json_each('[' || replace(
            json_quote(replace(replace(replace("sql", '\', ''), '/*', '--'), '*/', char(10))), '\n', '","') || ']')
    ), "words"("of", "word") AS (
        SELECT "of", upper("value") FROM "lines", json_each('[' || replace(json_quote(replace(replace(replace(replace(replace(
            "line", 'collate binary', ''), char(9), ' '), ',', ' '), '(', ' '), ')', ' ')), ' ', '","') || ']')
    )
    SELECT "of", 'column ' || "name" || CASE
            WHEN "type" LIKE '%INT%' THEN ' integer'
            WHEN "type" LIKE '%CHAR%' OR "type" LIKE '%CLOB%' OR "type" LIKE '%TEXT%' THEN ' text'
            WHEN "type" LIKE '%BLOB%' OR "type" = '' THEN ' blob'
            WHEN "type" LIKE '%REAL%' OR "type" LIKE '%FLOA%' OR "type" LIKE '%DOUB%' THEN ' real'
            ELSE ' numeric'
        END || CASE WHEN "pk" THEN ' key ' || "pk" WHEN "notnull" THEN ' not null' ELSE '' END || CASE
            WHEN coalesce(upper(trim("dflt_value", '() ')), 'NULL') = 'NULL' THEN ''
            WHEN instr(trim("dflt_value", '()''" '), '(') THEN ' default (...)'
            ELSE ' default ' || trim("dflt_value", '()''" ')
        END || CASE "hidden" WHEN 2 THEN ' virtual' WHEN 3 THEN ' stored' ELSE '' END AS "what", NULL AS "shown"
    FROM "tables", pragma_table_xinfo("of")
    UNION ALL SELECT "of", 'foreign key ' || "from" || ' to ' || "table" || ' (' || coalesce("to", '') || ')' || replace(replace(
        ' on delete ' || "on_delete" || ' on update ' || "on_update", ' on delete NO ACTION', ''), ' on update NO ACTION', ''), NULL
    FROM "tables", pragma_foreign_key_list("of")
    UNION ALL SELECT "of", 'trigger ' || "name" || ' of ' || length(replace(replace(replace("sql", ' ', ''), char(10), ''), '"', ''))
        || ' letters', 'trigger ' || "name"
    FROM "tables" JOIN sqlite_master ON "type" = 'trigger' AND "tbl_name" = "of" COLLATE NOCASE
    UNION ALL SELECT "of", count(*) || ' ' || "word", NULL FROM "words"
    WHERE "word" IN ('CHECK', 'COLLATE', 'AUTOINCREMENT', 'DEFERRED', 'CONFLICT', 'STRICT', 'WITHOUT') GROUP BY "of", "word"
    UNION ALL SELECT "of", CASE WHEN "unique" THEN 'unique' ELSE 'index' END
        || CASE WHEN "partial" OR "keys" GLOB '*...*' THEN ' ' || "index" ELSE '' END
        || ' (' || "keys" || ')' || CASE WHEN "partial" THEN ' where ...' ELSE '' END, 'index ' || "index"
    FROM (
        SELECT "of", "i"."name" AS "index", "unique", "partial", (
            SELECT group_concat(coalesce("name", '...') || CASE WHEN "desc" THEN ' desc' ELSE '' END
                || CASE WHEN "coll" LIKE 'binary' THEN '' ELSE ' ' || "coll" END, ', ')
            FROM pragma_index_xinfo("i"."name") WHERE "key"
        ) AS "keys"
        FROM "tables", pragma_index_list("of") AS "i" WHERE "origin" <> 'pk'
    )"#;

/// Lists known rules that are no longer as they were.
const CHANGED: &str = r#"
    UNION ALL SELECT "of", 'something else than ' || "rule", NULL FROM "rules" WHERE NOT EXISTS (
        SELECT 1 FROM sqlite_master WHERE "tbl_name" = "of" COLLATE NOCASE AND instr(lower(replace(replace(replace(replace(
            replace(replace(replace(replace(replace(replace(replace("sql", char(9), ''), char(10), ''), char(13), ''), ' ', ''),
            '(', ''), ')', ''), '[', ''), ']', ''), '"', ''), '`', ''), '''', '')), "rule")
    )"#;
