//! The look at views and triggers that use what goes. No catalog lists what they read and write, so the query takes their
//! texts apart as SQLite does: what stands in a comment or a literal is no name, and a name is one, quoted or not.

use autogen_engine::model::TableName;
use autogen_engine::plan::Users;

use super::literal;

/// Writes a statement that fails if views that name what goes can't be read any more, or if triggers read or
/// write a table that is gone. Views and triggers that the plan knows are left out. The error names the
/// others. An unreadable view has no columns.
pub(super) fn users(users: &Users) -> String {
    let names: Vec<&str> = users.losing.iter().map(|table| table.name.as_str()).collect();
    let gone = |table: &TableName| format!("({}, {})", as_word(&table.name), u8::from(users.dropped.contains(table)));
    let gone: Vec<String> = users.losing.iter().map(gone).collect();
    let known: Vec<String> = users.known.iter().map(|name| literal(name)).collect();
    let others = match known.as_slice() {
        [] => String::new(),
        known => format!("\n        AND \"said\".\"name\" NOT IN ({})", known.join(", ")),
    };
    let problem = format!("a view or trigger that this revision doesn't know uses what goes of {}", names.join(" or "));
    format!(
        "{}SELECT json_extract('{{}}', 'stopped: unknown: what goes is used by ' || group_concat(\"kind\" || ' ' || \"name\", ' and '))\n\
         FROM (\n    WITH RECURSIVE \"gone\"(\"of\", \"is_dropped\") AS (VALUES {}),\n{SAID}\n{USES}{others}\n)\nGROUP BY \"group\"",
        super::super::stops(&problem),
        gone.join(", "),
    )
}

/// Spells a name as the query finds it: as one word, in small letters, with other characters for blanks and quotes.
fn as_word(name: &str) -> String {
    let word = literal(&name.to_ascii_lowercase());
    if name.contains([' ', '"']) { format!("replace(replace({word}, ' ', char(3)), '\"', char(1))") } else { word }
}

/// Lists what views and triggers say, word by word. `code` cuts a text at quotes and comments, `tokens` has the words with
/// how deep in brackets they stand, and `said` the word of SQL that began the list in which a word stands.
const SAID: &str = r#"    "code"("kind", "name", "words", "open", "rest") AS (
        SELECT "type", "name", ' ', '', replace(replace(replace(replace(replace(replace(replace(lower("sql"), '""', char(1)), '''', char(2) || ''''),
            '"', char(2) || '"'), '`', char(2) || '`'), '[', char(2) || '['), '--', char(2) || '--'), '/*', char(2) || '/*') || char(2)
        FROM sqlite_master WHERE "type" IN ('view', 'trigger')
        UNION ALL
        SELECT "kind", "name", "words" || CASE WHEN "open" = '' THEN replace(replace(replace(replace(replace(replace(replace(replace(replace(
                substr("rest", 1, instr("rest", char(2)) - 1), '(', ' ( '), ')', ' ) '), ',', ' , '), ';', ' ; '), '.', ' . '), '=', ' = '),
                char(9), ' '), char(10), ' '), char(13), ' ')
            WHEN "open" IN ('--', '/*') THEN ' '
            ELSE CASE "open" WHEN '''' THEN ' ''' ELSE ' ' END
                || replace(replace(substr("rest", 2, instr(substr("rest", 2) || "close", "close") - 1), char(2), ''), ' ', char(3)) || ' ' END,
            CASE WHEN "open" <> '' THEN '' ELSE substr("rest", instr("rest", char(2)) + 1,
                CASE WHEN substr("rest", instr("rest", char(2)) + 1, 2) IN ('--', '/*') THEN 2 ELSE 1 END) END,
            CASE "open" WHEN '' THEN substr("rest", instr("rest", char(2)) + 1)
                ELSE substr("rest", length("open") + length("close") + instr(substr("rest", 1 + length("open")) || "close", "close")) END
        FROM "code" JOIN (SELECT '' AS "opens", '' AS "close" UNION ALL
            VALUES ('''', ''''), ('"', '"'), ('`', '`'), ('[', ']'), ('--', char(10)), ('/*', '*/')) ON "open" = "opens"
        WHERE "rest" <> ''
    ), "tokens"("kind", "name", "at", "word", "before", "depth") AS (
        SELECT "kind", "name", "key", iif("kind" = 'view', "value", ltrim("value", '''')), lag("value") OVER "text", sum(("value" = '(') - ("value" = ')')) OVER "text"
        FROM "code", json_each('[' || replace(json_quote(replace("words", ' main . ', ' ')), ' ', '","') || ']')
        WHERE "rest" = '' AND "value" <> '' WINDOW "text" AS (PARTITION BY "kind", "name" ORDER BY "key")
    ), "said"("kind", "name", "word", "before", "clause") AS (
        SELECT "kind", "name", "word", "before", substr(max(printf('%6d', "at") || iif("before" IN ('from', 'join'), 'from', "word"))
            FILTER (WHERE "word" IN ('(', ';', 'with', 'from', 'join', 'select', 'where', 'group', 'order', 'limit', 'union', 'except', 'intersect', 'set'))
            OVER (PARTITION BY "kind", "name", "depth" ORDER BY "at"), 7)
        FROM "tokens"
    )"#;

/// Lists those that use what is gone: an unreadable view that says its name; a trigger that says it where a table's name
/// stands, unless it gives that name to a query of its own.
const USES: &str = r#"    SELECT DISTINCT "kind", "name", 0 AS "group" FROM "said" JOIN "gone" ON "word" = "of"
    WHERE ("kind" = 'view' AND EXISTS (SELECT 1 FROM pragma_table_list("said"."name") WHERE "schema" = 'main' AND "ncol" = 0)
        OR "kind" = 'trigger' AND "is_dropped" AND (
            "before" IN ('into', 'update', 'replace', 'ignore', 'abort', 'fail', 'rollback')
            OR ("before" IN ('from', 'join', 'in') OR "before" IN (',', '(') AND "clause" IN ('from', 'join')) AND ("name", "word") NOT IN (
                SELECT "name", "word" FROM "said" WHERE "before" IN ('with', 'recursive') OR "before" = ',' AND "clause" = 'with'
            )
        ))"#;
