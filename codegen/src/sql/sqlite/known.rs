//! The look at tables before they are made anew: what stands there is listed in words, and what a plan knows is taken
//! out. The words are those of `plan/sqlite/known.rs`.

use autogen::plan::Known;

use super::literal;

/// A statement that fails, and names them, if tables have things that aren't known.
pub(super) fn expected(known: &[Known]) -> String {
    let names: Vec<&str> = known.iter().map(|known| known.table.name.as_str()).collect();
    let tables: Vec<String> = names.iter().map(|name| format!("({})", literal(name))).collect();
    let lines: Vec<String> = (known.iter())
        .flat_map(|known| {
            known.lines.iter().map(|line| format!("    {}", literal(&format!("{}: {line}", known.table.name))))
        })
        .collect();
    let problem = format!("{} has what this revision doesn't know, for it would be lost", names.join(" or "));
    format!(
        "{}SELECT json_extract('{{}}', 'stopped: unknown: ' || \"of\" || ' has ' || group_concat(\"shown\", ', '))\n\
         FROM (\n    WITH RECURSIVE \"tables\"(\"of\") AS (VALUES {}),\n{FOUND}\n)\n\
         WHERE \"of\" || ': ' || \"what\" COLLATE NOCASE NOT IN (\n{}\n)\nGROUP BY \"of\"",
        super::super::stops(&problem),
        tables.join(", "),
        lines.join(",\n"),
    )
}

/// Lists what tables have: `what` in words to compare, `shown` with what tells it to people.
const FOUND: &str = r#"    -- the tables' statements without comments, as words between spaces
    "text"("of", "rest", "until", "words") AS (
        SELECT "of", "sql", '', ' ' FROM "tables" JOIN sqlite_master ON "type" = 'table' AND "name" = "of" COLLATE NOCASE
        UNION ALL
        SELECT "of", substr("rest", 2), CASE
            WHEN "until" <> '' THEN CASE WHEN substr("rest", 1, length("until")) = "until" THEN '' ELSE "until" END
            WHEN substr("rest", 1, 2) = '--' THEN char(10)
            WHEN substr("rest", 1, 2) = '/*' THEN '*/'
            WHEN substr("rest", 1, 1) = '[' THEN ']'
            WHEN substr("rest", 1, 1) IN ('''', '"', '`') THEN substr("rest", 1, 1)
            ELSE ''
        END, "words" || CASE
            WHEN "until" IN (char(10), '*/') OR "until" = '' AND substr("rest", 1, 2) IN ('--', '/*') THEN ''
            WHEN "until" <> '' THEN trim(upper(substr("rest", 1, 1)))
            WHEN instr(' (),' || char(9, 10, 13), substr("rest", 1, 1)) THEN substr(' ', 1, substr("words", -1) <> ' ')
            ELSE upper(substr("rest", 1, 1))
        END
        FROM "text" WHERE "rest" <> ''
    )
    SELECT "of", "what", "what" AS "shown" FROM (
        SELECT "of", 'column ' || "name" || CASE
            WHEN upper("type") GLOB '*INT*' THEN ' integer'
            WHEN upper("type") GLOB '*CHAR*' OR upper("type") GLOB '*CLOB*' OR upper("type") GLOB '*TEXT*' THEN ' text'
            WHEN upper("type") GLOB '*BLOB*' OR "type" = '' THEN ' blob'
            WHEN upper("type") GLOB '*REAL*' OR upper("type") GLOB '*FLOA*' OR upper("type") GLOB '*DOUB*' THEN ' real'
            ELSE ' numeric'
        END || CASE WHEN "pk" > 0 THEN ' key ' || "pk" WHEN "notnull" THEN ' not null' ELSE '' END || CASE
            WHEN coalesce(upper(trim("dflt_value", '() ')), 'NULL') = 'NULL' THEN ''
            WHEN instr(trim("dflt_value", '()''" '), '(') THEN ' default (...)'
            ELSE ' default ' || trim("dflt_value", '()''" ')
        END || CASE "hidden" WHEN 2 THEN ' virtual' WHEN 3 THEN ' stored' ELSE '' END AS "what"
        FROM "tables" JOIN pragma_table_xinfo("of")
        UNION ALL
        SELECT "of", 'foreign key ' || "from" || ' to ' || "table" || ' (' || coalesce("to", '') || ')'
            || CASE "on_delete" WHEN 'NO ACTION' THEN '' ELSE ' on delete ' || "on_delete" END
            || CASE "on_update" WHEN 'NO ACTION' THEN '' ELSE ' on update ' || "on_update" END
        FROM "tables" JOIN pragma_foreign_key_list("of")
        UNION ALL
        SELECT "of", 'trigger ' || "name"
        FROM "tables" JOIN sqlite_master ON "type" = 'trigger' AND "tbl_name" = "of" COLLATE NOCASE
        UNION ALL
        SELECT "of", ((length("plain") - length(replace("plain", ' ' || "word" || ' ', ''))) / (length("word") + 2))
            || ' ' || "word"
        FROM (
            SELECT "of", replace(replace("words" || ' ', ' COLLATE BINARY ', ' '), ' COLLATE "BINARY" ', ' ') AS "plain"
            FROM "text" WHERE "rest" = ''
        ) JOIN (
            SELECT 'CHECK' AS "word" UNION ALL SELECT 'COLLATE' UNION ALL SELECT 'AUTOINCREMENT'
            UNION ALL SELECT 'DEFERRED' UNION ALL SELECT 'CONFLICT' UNION ALL SELECT 'STRICT' UNION ALL SELECT 'WITHOUT'
        ) ON instr("plain", ' ' || "word" || ' ')
    )
    UNION ALL
    SELECT "of", CASE WHEN "unique" THEN 'unique' ELSE 'index' END
        || CASE WHEN "partial" OR "keys" GLOB '*...*' THEN ' ' || "index" ELSE '' END
        || ' (' || "keys" || ')' || CASE WHEN "partial" THEN ' where ...' ELSE '' END, 'index ' || "index"
    FROM (
        SELECT "of", "i"."name" AS "index", "unique", "partial", (
            SELECT group_concat(coalesce("name", '...') || CASE WHEN "desc" THEN ' desc' ELSE '' END
                || CASE WHEN upper("coll") = 'BINARY' THEN '' ELSE ' ' || "coll" END, ', ')
            FROM (SELECT * FROM pragma_index_xinfo("i"."name") WHERE "key" ORDER BY "seqno")
        ) AS "keys"
        FROM "tables" JOIN pragma_index_list("of") AS "i" WHERE "origin" <> 'pk'
    )"#;
