//! What SQLite makes of constants. SQLite has no better way to show how it spells them than to store them.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::{SqliteConnection, sql_query};

use crate::database::Database;
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};

/// A constant expression on its way into a column of an SQLite table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Constant {
    /// The expression.
    pub sql: String,
    /// The column's type as the database spells it; may be empty.
    pub sql_type: String,
}

/// Returns what columns of SQLite hold after constants were stored in them, as literals in the database's spelling. A
/// constant that the database refuses is missing from the answer.
///
/// ```
/// use autogen_engine::spelling::{Constant, stored_values};
/// let constant = Constant { sql: "'0' || '7'".into(), sql_type: "INTEGER".into() };
/// let values = stored_values(&[constant.clone()].into()).unwrap();
/// assert_eq!(values[&constant], "7");
/// ```
///
/// # Errors
/// Returns `can't-connect` when no scratch database is available, and `scratch-failed` when it refuses a table.
pub fn stored_values(constants: &BTreeSet<Constant>) -> Result<BTreeMap<Constant, String>> {
    if constants.is_empty() {
        return Ok(BTreeMap::new());
    }
    let failed = |message: String| {
        Error::new(Code::ScratchFailed, message)
            .help("this is a fault of autogen; please report it with the definitions of the table")
    };
    match Database::scratch(Dialect::Sqlite)? {
        Database::Sqlite(mut connection) => sqlite(&mut connection, constants)
            .map_err(|cause| failed(format!("a scratch database can't store defaults: {cause}")).caused_by(cause)),
        Database::Postgres(_) | Database::Mysql(_) => {
            Err(failed("a scratch database is of another kind than asked for".to_owned()))
        }
    }
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = Text)]
    literal: String,
}

fn sqlite(
    connection: &mut SqliteConnection,
    constants: &BTreeSet<Constant>,
) -> QueryResult<BTreeMap<Constant, String>> {
    let mut by_type: BTreeMap<&str, Vec<&Constant>> = BTreeMap::new();
    for constant in constants {
        by_type.entry(&constant.sql_type).or_default().push(constant);
    }
    let facts = Dialect::Sqlite.facts();
    let mut values = BTreeMap::new();
    for (sql_type, constants) in by_type {
        // A type is any words; in quotes they keep their affinity and can't become anything else.
        let quoted_type = if sql_type.is_empty() { String::new() } else { facts.quoted(sql_type) };
        sql_query(format!("CREATE TABLE stored (value {quoted_type})")).execute(connection)?;
        for constant in constants {
            sql_query("DELETE FROM stored").execute(connection)?;
            // What the parser takes for a constant SQLite may still refuse: then it has no value.
            if sql_query(format!("INSERT INTO stored VALUES (({}\n))", constant.sql)).execute(connection).is_err() {
                continue;
            }
            let stored: Stored = sql_query("SELECT quote(value) AS literal FROM stored").get_result(connection)?;
            values.insert(constant.clone(), stored.literal);
        }
        sql_query("DROP TABLE stored").execute(connection)?;
    }
    Ok(values)
}
