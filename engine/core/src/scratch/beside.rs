//! Compares a live database with what statements have made in a scratch database.

use crate::database::Database;
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::model::{Pair, Schema};
use crate::normalize::comparable;

use super::ask;

/// Returns a live schema and one that was read from a scratch database, in one spelling.
///
/// On MariaDB and MySQL, the scratch database's default collation counts as unsaid. The live table's own collation is
/// then right, because its database may have had another default when the table was made.
///
/// # Errors
/// Returns the errors of [`comparable`], and `can't-query` when the scratch database refuses a query.
pub fn beside(live: Schema, made: Schema, scratch: &mut Database) -> Result<Pair<Schema>> {
    let mut pair = Pair::new(live, made);
    if let Some(usual) = usual_collation(scratch)? {
        leave_unsaid(&mut pair, &usual);
    }
    comparable(pair, scratch)
}

/// Returns the collation that a database gives to tables which state none; `None` where tables have none.
///
/// # Errors
/// `can't-query` when the database refuses.
pub fn usual_collation(database: &mut Database) -> Result<Option<String>> {
    match database.dialect() {
        Dialect::Sqlite | Dialect::Postgres => Ok(None),
        Dialect::Mysql => ask::value(database, "SELECT @@collation_database").map_err(|cause| {
            let message = format!("can't read the collation of a database: {cause}");
            Error::new(Code::CantQuery, message).caused_by(cause)
        }),
    }
}

/// Gives tables and columns that were made with the usual collation the one that the live ones have.
fn leave_unsaid(pair: &mut Pair<Schema>, usual: &str) {
    let Pair { from: live, to: made } = pair;
    let is_usual = |collation: &Option<String>| collation.as_deref() == Some(usual);
    for table in made.tables.values_mut().filter(|table| is_usual(&table.options.collation)) {
        let Some(live) = live.tables.get(&table.name) else { continue };
        table.options.collation.clone_from(&live.options.collation);
        for column in table.columns.iter_mut().filter(|column| column.collation.is_none()) {
            // A column that states the default collation differs from its table only in the live database.
            let there = live.column(&column.name).map(|column| &column.collation);
            column.collation = there.filter(|there| is_usual(there)).cloned().flatten();
        }
    }
}
