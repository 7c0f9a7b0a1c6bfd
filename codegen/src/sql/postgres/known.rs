//! Checks columns and types before they are dropped and made again. Everything in them has a name.

use autogen_engine::model::TableName;
use autogen_engine::plan::{Known, Restored};

use super::block::block;
use super::{literal, name};

/// Writes a block that fails if something that isn't known depends on columns. The error names it.
pub(super) fn columns(known: &Known) -> String {
    let table = &known.table;
    let problem = format!(
        "{table}.{} has something that this revision doesn't know and would drop",
        known.columns.join(&format!(" or {table}."))
    );
    let found = FOUND
        .replace("{table}", &literal(&name(table)))
        .replace("{columns}", &list(&known.columns))
        .replace("{known}", &list(&known.lines));
    stopping(&problem, &table.to_string(), &found)
}

/// Writes a block that fails if a type has values that aren't known. The error names them.
pub(super) fn values(of: &TableName, values: &[String]) -> String {
    let problem = format!("{of} has values that this revision doesn't know, for they would be lost");
    let found = format!(
        "SELECT string_agg(quote_literal(enumlabel), ', ') FROM pg_enum\n        \
         WHERE enumtypid = {}::regtype AND enumlabel NOT IN ({})",
        literal(&name(of)),
        list(values)
    );
    stopping(&problem, &of.to_string(), &found)
}

/// Writes statements that make the known objects on a copy of their table, fail if the table has them in another
/// form, and drop the copy.
pub(super) fn restored(restored: &Restored) -> Vec<String> {
    let Restored { table, copy, objects } = restored;
    let problem = format!("{table} has rules that were changed by hand and would be reset");
    let names: Vec<String> = objects
        .iter()
        .map(|object| {
            let names = object.names.as_ref().map(|name| literal(name));
            format!("({}, {}, {})", literal(object.kind), names.from, names.to)
        })
        .collect();
    let found = CHANGED
        .replace("{table}", &literal(&name(table)))
        .replace("{copy}", &literal(&name(copy)))
        .replace("{names}", &names.join(", "));
    let mut statements = vec![format!("CREATE TABLE {} (LIKE {})", name(copy), name(table))];
    statements.extend(objects.iter().flat_map(|object| super::statements(&object.made)));
    statements.push(stopping(&problem, &table.to_string(), &found));
    statements.push(format!("DROP TABLE {}", name(copy)));
    statements
}

fn stopping(problem: &str, of: &str, found: &str) -> String {
    let stopped = literal(&format!("stopped: unknown: {of} has "));
    let text = block(
        &format!("DECLARE autogen_found text := (\n        {found}\n    )"),
        &[
            "IF autogen_found IS NOT NULL THEN",
            &format!("    RAISE EXCEPTION USING MESSAGE = {stopped} || autogen_found"),
            "END IF",
        ],
    );
    format!("{}{text}", super::super::stops(problem))
}

/// Writes literals as a list, which must not be empty.
fn list(texts: &[String]) -> String {
    if texts.is_empty() {
        return "''".to_owned();
    }
    texts.iter().map(|text| literal(text)).collect::<Vec<_>>().join(", ")
}

/// Names what is dropped with columns, and what is set on them. NOT NULL, which is a constraint from PostgreSQL
/// 18 on, counts as a property of the column.
const FOUND: &str = r"SELECT string_agg(what, ', ' ORDER BY what) FROM pg_attribute AS a, LATERAL (
            SELECT pg_describe_object(d.classid, d.objid, 0), coalesce(c.relname, k.conname, '?')
            FROM pg_depend AS d
            LEFT JOIN pg_class AS c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
            LEFT JOIN pg_constraint AS k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
            WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
                AND d.deptype = 'a' AND d.classid <> 'pg_attrdef'::regclass AND k.contype IS DISTINCT FROM 'n'
            UNION ALL SELECT 'a comment on ' || a.attname, 'comment ' || col_description(a.attrelid, a.attnum)
            UNION ALL SELECT 'statistics of its own', '?' WHERE a.attstattarget >= 0
            UNION ALL SELECT 'privileges', '?' WHERE a.attacl IS NOT NULL
        ) AS standing (what, name)
        WHERE a.attrelid = {table}::regclass AND a.attname IN ({columns}) AND name NOT IN ({known})";

/// Names how a table differs from its copy, in the server's own words for both.
const CHANGED: &str = r"WITH indexes AS (
            SELECT i.indexrelid AS oid, i.indrelid AS of, c.relname::text AS name, concat(
                replace(replace(pg_get_indexdef(c.oid),
                    format('INDEX %I ON ONLY %I.%I ', c.relname, n.nspname, t.relname), 'INDEX '),
                    format('INDEX %I ON %I.%I ', c.relname, n.nspname, t.relname), 'INDEX '),
                CASE WHEN i.indisclustered THEN ' CLUSTER' END, CASE WHEN i.indisreplident THEN ' REPLICA IDENTITY' END,
                ' TABLESPACE ' || nullif(c.reltablespace, 0)) AS text
            FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_class AS t ON t.oid = i.indrelid
            JOIN pg_namespace AS n ON n.oid = t.relnamespace
        ), things (kind, of, name, text, comment) AS (
            SELECT 'constraint', k.conrelid, k.conname::text, concat_ws(' ', pg_get_constraintdef(k.oid), i.text),
                obj_description(k.oid, 'pg_constraint')
            FROM pg_constraint AS k LEFT JOIN indexes AS i ON i.oid = k.conindid AND k.contype IN ('p', 'u', 'x')
            UNION ALL SELECT 'index', i.of, i.name, i.text, obj_description(i.oid, 'pg_class') FROM indexes AS i
            UNION ALL SELECT 'default', d.adrelid, a.attname::text, pg_get_expr(d.adbin, d.adrelid), NULL
            FROM pg_attrdef AS d JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
        )
        SELECT string_agg(concat(is_there.kind, ' ', is_there.name, ' as ', is_there.text,
            ' with the comment ' || quote_literal(is_there.comment)), ', ' ORDER BY is_there.kind, is_there.name)
        FROM (VALUES {names}) AS names (kind, name, known)
        JOIN things AS is_there USING (kind, name)
        JOIN things AS known ON known.kind = names.kind AND known.name = names.known
        WHERE is_there.of = {table}::regclass AND known.of = {copy}::regclass
            AND (is_there.text, is_there.comment) IS DISTINCT FROM (known.text, known.comment)";
