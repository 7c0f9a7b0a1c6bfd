//! Diesel's connections to SQLite.

use diesel::connection::LoadConnection;
use diesel::deserialize::QueryableByName;
use diesel::row::NamedRow;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use diesel::{QueryResult, RunQueryDsl as _, sql_query};

use super::{Supported, TextRow, Texts, is_plainly_one, supported};
use crate::dialect::Dialect;

supported!(Sqlite, Dialect::Sqlite, str::to_owned, |connection, sql| match is_plainly_one(sql) {
    true => connection.batch_execute(sql),
    // Rows are fetched, because a guard may stop at one in the middle.
    false => sql_query(sql).load::<Nothing>(connection).map(drop).or_else(unless_empty),
});

/// A row that nobody reads.
struct Nothing;

impl<DB: diesel::backend::Backend> QueryableByName<DB> for Nothing {
    fn build<'a>(_row: &impl NamedRow<'a, DB>) -> diesel::deserialize::Result<Self> {
        Ok(Self)
    }
}

/// Takes a text without a statement as done, as SQLite itself does.
fn unless_empty(cause: diesel::result::Error) -> QueryResult<()> {
    match &cause {
        diesel::result::Error::QueryBuilderError(told) if told.is::<diesel::result::EmptyQuery>() => Ok(()),
        _ => Err(cause),
    }
}
