//! PostgreSQL: the catalog knows all dependencies, except those in the bodies of functions.

use diesel::{QueryResult, RunQueryDsl as _, sql_query};

use super::Row;
use crate::database::PostgresDatabase;

pub(super) fn rows(database: &mut PostgresDatabase) -> QueryResult<Vec<Row>> {
    let schemas = match database.is_schema() {
        true => "n.nspname = pg_catalog.current_schema()",
        false => "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'",
    };
    let query = include_str!("postgres.sql").replace("{schemas}", schemas);
    database.asking(|connection| sql_query(query).load(connection))
}

pub(super) fn condition<'a>(ids: impl Iterator<Item = &'a str>, of: &str) -> String {
    format!("{of} = ANY ('{{{}}}'::pg_catalog.oid[])", ids.collect::<Vec<_>>().join(","))
}
