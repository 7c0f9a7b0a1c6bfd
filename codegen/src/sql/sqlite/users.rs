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

/// Lists what views and triggers say, word by word: `words` with a quote before a literal, `read` without what may stand
/// between a word such as FROM and a table's name, `lists` what stands between FROM and the next one.
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
    ), "said"("kind", "name", "words", "read") AS (
        SELECT "kind", "name", "words", replace(replace(replace(replace("words", ' ''', ' '), ' main . ', ' '), ' from ( ', ' from '), ' join ( ', ' join ')
        FROM (
            SELECT "kind", "name", replace(replace(replace("words" || ' ', ' ', ' ' || char(2)), char(2) || ' ', ''), char(2), '') AS "words"
            FROM "code" WHERE "rest" = ''
        )
    ), "lists"("kind", "name", "list", "rest") AS (
        SELECT "kind", "name", '', replace("read", ' from ', char(2) || ' from ') || char(2) FROM "said"
        UNION ALL
        SELECT "kind", "name", substr("rest", 1, instr("rest", char(2)) - 1), substr("rest", instr("rest", char(2)) + 1) FROM "lists" WHERE "rest" <> ''
    )"#;

/// Lists those that use what is gone.
const USES: &str = r#"    SELECT DISTINCT "said"."kind", "said"."name", 0 AS "group" FROM "said" JOIN "gone"
    WHERE ("kind" = 'view' AND instr("words", ' ' || "of" || ' ')
            AND EXISTS (SELECT 1 FROM pragma_table_list("said"."name") WHERE "schema" = 'main' AND "ncol" = 0)
        OR "kind" = 'trigger' AND "is_dropped" AND (
            EXISTS (SELECT 1 FROM (SELECT 'into' AS "before" UNION ALL
                VALUES ('delete from'), ('update'), ('replace'), ('ignore'), ('abort'), ('fail'), ('rollback')
            ) WHERE instr("read", ' ' || "before" || ' ' || "of" || ' '))
            OR NOT instr(replace("read", ' recursive ', ' '), ' with ' || "of" || ' ') AND NOT instr("read", ' , ' || "of" || ' as ( ') AND (
                EXISTS (SELECT 1 FROM (SELECT 'from' AS "before" UNION ALL VALUES ('join'), ('in'))
                    WHERE instr("read", ' ' || "before" || ' ' || "of" || ' '))
                OR EXISTS (
                    SELECT 1 FROM "lists" AS "l" WHERE "l"."kind" = "said"."kind" AND "l"."name" = "said"."name" AND "list" LIKE ' from %'
                    AND instr(substr("list", 1, instr(replace(replace(replace(replace(replace(replace(replace(replace("list" || ';', '(', ';'), ')', ';'),
                        ' where ', ';'), ' select ', ';'), ' group ', ';'), ' order ', ';'), ' limit ', ';'), ' union ', ';'), ';')), ' , ' || "of" || ' ')
                )
            )
        ))"#;
