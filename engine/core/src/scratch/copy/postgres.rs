//! PostgreSQL: the catalog knows the statements of nearly everything; the rest is put together here.

use std::collections::BTreeSet;

use crate::database::{Database, Extension, ScratchServer};
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::introspect::CatalogSubset;
use crate::model::TableName;
use crate::scratch::ask;
pub(super) use crate::sql::postgres::without_schema;

use super::setup::Surrounding;
use super::{condition, refused};

/// Statements sent at once. A transaction holds locks on all that it makes, for which a server has
/// bounded room.
const AT_ONCE: usize = 200;

pub(super) fn copy(source: &mut Database, server: &ScratchServer, part: Option<&CatalogSubset>) -> Result<Database> {
    if let Database::Postgres(start) = source
        && part.is_none()
        && let Some(twin) = start.twin()?
    {
        let mut twin = Database::Postgres(Box::new(twin));
        // A trigger may forbid it. Then the copy is made from the catalog, which takes longer.
        if empty(&mut twin).is_ok() {
            return Ok(twin);
        }
    }
    let unreadable = |cause| {
        Error::new(Code::CantCopy, format!("the database's schema can't be read: {cause}"))
            .help("check that the role may read the system catalog, and that no statement timeout is too short")
            .caused_by(cause)
    };
    let mut target = Database::scratch_with(server, &trusted_only(source).map_err(unreadable)?)?;
    if target.is_schema() {
        let statements = statements_of_one_schema(source, part).map_err(unreadable)?;
        make(&mut target, None, statements)?;
    } else {
        let (path, statements) = statements(source, part).map_err(unreadable)?;
        make(&mut target, Some(&path), statements)?;
    }
    Ok(target)
}

/// Returns the source's extensions that only a superuser can create. Whoever runs the database vouches for their
/// presence.
fn trusted_only(source: &mut Database) -> diesel::QueryResult<Vec<Extension>> {
    // Before version 13 all of them are such.
    let query = "SELECT e.extname, n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace \
                 WHERE e.extname <> 'plpgsql' AND NOT EXISTS (SELECT 1 FROM pg_available_extension_versions v \
                 WHERE v.name = e.extname AND v.version = e.extversion AND to_jsonb(v) ->> 'trusted' = 'true') \
                 ORDER BY e.oid";
    let named = |row: ask::TextRow| {
        let [Some(name), schema] = <[Option<String>; 2]>::try_from(row).ok()? else { return None };
        Some(Extension { name, schema })
    };
    Ok(ask::rows(source, query)?.into_iter().filter_map(named).collect())
}

/// Something that the source has.
pub(super) struct Object {
    pub(super) what: String,
    pub(super) sql: String,
}

/// Returns the source's search path and the statements that make its contents, all read at one moment.
/// PostgreSQL's JIT would take seconds to compile such queries.
fn statements(source: &mut Database, part: Option<&CatalogSubset>) -> diesel::QueryResult<(String, Vec<Object>)> {
    let path = ask::value(source, "SELECT current_setting('search_path')")?.unwrap_or_default();
    source.execute(
        "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL jit = off; SET LOCAL search_path = ''",
    )?;
    let schemas = source.own_schemas();
    let objects = objects(source, schemas, part);
    source.execute("ROLLBACK")?;
    Ok((path, objects?))
}

/// Returns the statements that make the first schema in the source's search path, as if there were no other. A
/// scratch schema can't contain what is in other schemas.
fn statements_of_one_schema(source: &mut Database, part: Option<&CatalogSubset>) -> diesel::QueryResult<Vec<Object>> {
    const ONE: &str = "n.nspname = current_schema()";
    let schema = ask::value(source, "SELECT current_schema()")?.unwrap_or_default();
    let objects = if source.is_schema() {
        objects(source, ONE, part)?
    } else {
        let path = ask::text_literal(&Dialect::Postgres.facts().quoted(&schema));
        source.execute(&format!(
            "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL jit = off; SELECT set_config('search_path', {path}, true)"
        ))?;
        let objects = objects(source, ONE, part);
        source.execute("ROLLBACK")?;
        objects?
    };
    let is_inside = |object: &Object| object.what != format!("schema {schema}");
    let unqualified = |object: Object| Object { sql: without_schema(&object.sql, &schema), ..object };
    Ok(objects.into_iter().filter(is_inside).map(unqualified).collect())
}

/// Returns the statements that make these schemas. `schemas` is a condition on `n`, a row of pg_namespace.
fn objects(source: &mut Database, schemas: &str, part: Option<&CatalogSubset>) -> diesel::QueryResult<Vec<Object>> {
    let objects =
        ask::rows_looking_around(source, &query(schemas, part))?.into_iter().filter_map(|row| {
            match <[Option<String>; 2]>::try_from(row) {
                Ok([Some(what), Some(sql)]) => Some(Object { what, sql }),
                Ok(_) | Err(_) => None,
            }
        });
    Ok(objects.collect())
}

/// Returns the query that lists the statements which make schemas, or a part of them.
fn query(schemas: &str, part: Option<&CatalogSubset>) -> String {
    let is_in = |letter, of| condition(part, Dialect::Postgres, letter, of);
    include_str!("postgres.sql")
        .replace("{schemas}", schemas)
        .replace("{relations}", &is_in('r', "c.oid"))
        .replace("{types}", &is_in('t', "t.oid"))
        .replace("{functions}", &is_in('f', "p.oid"))
}

/// The end of the query that lists statements.
const END: &str = "\n)\nSELECT what, sql FROM statements ORDER BY pass, place, what, sql";

/// Returns what some tables depend on, with the statements that create and drop it.
pub(super) fn surroundings_of(source: &mut Database, tables: &[TableName]) -> diesel::QueryResult<Vec<Surrounding>> {
    let schema = ask::value(source, "SELECT current_schema()")?.unwrap_or_default();
    let names: Vec<String> = tables
        .iter()
        .map(|table| {
            let of = ask::text_literal(table.schema.as_deref().unwrap_or(&schema));
            format!("({of}, {})", ask::text_literal(&table.name))
        })
        .collect();
    let query = query(source.own_schemas(), None).replacen("WITH\n", "WITH RECURSIVE\n", 1);
    let asked = include_str!("setup.sql").replace("{tables}", &names.join(", "));
    let rows = without_path(source, &query.replace(END, &format!("\n{asked}")))?;
    Ok(rows.into_iter().filter_map(|row| super::setup::surrounding(row, &schema)).collect())
}

/// Returns whatever a database has that isn't a table, by kind and name.
pub(super) fn all_surroundings(source: &mut Database) -> diesel::QueryResult<BTreeSet<String>> {
    let query = query(source.own_schemas(), None);
    let all = "\n)\nSELECT what FROM statements WHERE pass < 60 AND pass <> 31";
    Ok(without_path(source, &query.replace(END, all))?.into_iter().flatten().flatten().collect())
}

/// Runs a query with an empty search path, so that every name has its schema.
fn without_path(source: &mut Database, query: &str) -> diesel::QueryResult<Vec<ask::TextRow>> {
    source.execute("BEGIN TRANSACTION READ ONLY; SET LOCAL jit = off; SET LOCAL search_path = ''")?;
    let rows = ask::rows(source, query);
    source.execute("ROLLBACK")?;
    rows
}

/// Creates everything. Tries again what needs something that comes later, because the order among functions, tables
/// and views is in texts that no catalog takes apart.
pub(super) fn make(target: &mut Database, path: Option<&str>, mut waiting: Vec<Object>) -> Result<()> {
    if let Some(path) = path {
        let set = format!("SELECT set_config('search_path', {}, false)", ask::text_literal(path));
        target.execute(&set).map_err(|cause| refused("the search path", cause))?;
    }
    // The text of a function may mention objects that are only created after it, or never.
    target
        .execute("SET check_function_bodies = off; SET client_min_messages = error")
        .map_err(|cause| refused("the settings", cause))?;
    while !waiting.is_empty() {
        let tried = waiting.len();
        let mut later = Vec::new();
        let mut first = None;
        let mut rest = waiting.into_iter();
        loop {
            let batch: Vec<Object> = rest.by_ref().take(AT_ONCE).collect();
            if batch.is_empty() {
                break;
            }
            let all: Vec<&str> = batch.iter().map(|object| object.sql.as_str()).collect();
            // All of them in one transaction, or none.
            if target.execute(&all.join(";\n")).is_ok() {
                continue;
            }
            for object in batch {
                if let Err(cause) = target.execute(&object.sql) {
                    first.get_or_insert_with(|| refused(&object.what, cause));
                    later.push(object);
                }
            }
        }
        if let Some(error) = first.filter(|_| later.len() == tried) {
            if error.code() == Code::NeedsScratchDatabase {
                return Err(error);
            }
            return Err(error.help(format!(
                "let the scratch server have the extensions and roles of the live one; it refuses: {}",
                later[0].sql
            )));
        }
        waiting = later;
    }
    target
        .execute("RESET check_function_bodies; RESET client_min_messages")
        .map_err(|cause| refused("the settings", cause))
}

/// Deletes the rows that chains have written, including those that record what was applied. Tables without rows are
/// left alone, because emptying each takes time.
fn empty(database: &mut Database) -> diesel::QueryResult<()> {
    let tables = ask::value(
        database,
        "SELECT string_agg(c.oid::regclass::text, ', ') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
         AND pg_relation_size(c.oid) > 0",
    )?;
    match tables {
        Some(tables) => database.execute(&format!("TRUNCATE {tables} RESTART IDENTITY CASCADE")),
        None => Ok(()),
    }
}
