//! The looks at columns and types that are dropped and made again. Everything there has a name.

use autogen::model::TableName;
use autogen::plan::Known;

use super::block::block;
use super::{literal, name};

/// A block that fails, and names it, if something stands on columns that isn't known.
pub(super) fn columns(known: &Known) -> String {
    let table = &known.table;
    let problem = format!(
        "{table}.{} has what this revision doesn't know, for it would be lost",
        known.columns.join(&format!(" or {table}."))
    );
    let found = FOUND
        .replace("{table}", &literal(&name(table)))
        .replace("{columns}", &list(&known.columns))
        .replace("{known}", &list(&known.lines));
    stopping(&problem, &table.to_string(), &found)
}

/// A block that fails, and names them, if a type has values that aren't known.
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

/// Literals in a list that isn't empty.
fn list(texts: &[String]) -> String {
    if texts.is_empty() {
        return "''".to_owned();
    }
    texts.iter().map(|text| literal(text)).collect::<Vec<_>>().join(", ")
}

/// Names what goes with columns that are dropped, and what is set on them.
const FOUND: &str = r"SELECT string_agg(what, ', ') FROM pg_attribute AS a, LATERAL (
            SELECT pg_describe_object(d.classid, d.objid, 0), coalesce(c.relname, k.conname, '?')
            FROM pg_depend AS d
            LEFT JOIN pg_class AS c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
            LEFT JOIN pg_constraint AS k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
            WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
                AND d.deptype = 'a' AND d.classid <> 'pg_attrdef'::regclass
            UNION ALL SELECT 'a comment on ' || a.attname, 'comment ' || col_description(a.attrelid, a.attnum)
            UNION ALL SELECT 'statistics of its own', '?' WHERE a.attstattarget >= 0
            UNION ALL SELECT 'privileges', '?' WHERE a.attacl IS NOT NULL
        ) AS standing (what, name)
        WHERE a.attrelid = {table}::regclass AND a.attname IN ({columns}) AND name NOT IN ({known})";
