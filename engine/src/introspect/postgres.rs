//! The schema of a PostgreSQL database.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::{QueryResult, sql_query};

use crate::database::PostgresConnection;
use crate::error::{Error, Result};
use crate::model::Schema;

/// Reads the whole schema.
pub(super) fn introspect(_: &mut PostgresConnection) -> Result<Schema> {
    Err(Error::new("not-yet", "this version can't read the schema of a PostgreSQL database")
        .help("use SQLite, or a later version"))
}

/// How many rows a counting query finds.
pub(super) fn count_rows(connection: &mut PostgresConnection, query: &str) -> QueryResult<u64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        rows: i64,
    }
    let count: Count =
        sql_query(format!("SELECT counted.n::bigint AS rows FROM ({query}) counted(n)")).get_result(connection)?;
    Ok(u64::try_from(count.rows).unwrap_or_default())
}
