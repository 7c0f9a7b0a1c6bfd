//! Diesel's connections to PostgreSQL.

use diesel::connection::LoadConnection;
use diesel::pg::Pg;
use diesel::sql_types::Text;
use diesel::{RunQueryDsl as _, sql_query};

use super::{Supported, TextRow, Texts, is_plainly_one, supported};
use crate::dialect::Dialect;

supported!(Pg, Dialect::Postgres, numbered, |connection, sql| match is_plainly_one(sql) {
    true => connection.batch_execute(sql),
    false => sql_query(sql).execute(connection).map(drop),
});

/// Replaces each `?` with a placeholder as PostgreSQL writes it. No text of ours has a `?` that is anything
/// else.
fn numbered(sql: &str) -> String {
    let mut pieces = sql.split('?');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.zip(1..).fold(first, |text, (piece, number)| format!("{text}${number}{piece}"))
}
