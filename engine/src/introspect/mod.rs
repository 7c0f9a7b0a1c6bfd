//! The schema that a database really has, in a fixed number of queries.
//!
//! What comes out is as the database spells it: nothing is renamed, folded or judged here, that is
//! [`normalize`](crate::normalize)'s work. This folder only reads; it never changes a database.

mod sqlite;

use crate::database::Database;
use crate::error::Result;
use crate::model::Schema;

/// Tables that hold the state of migrations, ours and Diesel's. They belong to no plugin.
const STATE_TABLES: [&str; 2] = ["__diesel_schema_migrations", "__autogen_ledger"];

/// Reads the whole schema of a database.
///
/// Tables speak for [everything](crate::model::Speaks::EVERYTHING). Left out are the database's own
/// tables and those that keep the state of migrations. Views, triggers and virtual tables come as
/// [bystanders](crate::model::Schema::bystanders); what the model has no word for is said in
/// [`Table::unmodelled`](crate::model::Table::unmodelled).
///
/// ```
/// use autogen::database::Database;
/// use autogen::dialect::Dialect;
/// use autogen::introspect::introspect;
/// use autogen::model::TableName;
///
/// let mut database = Database::scratch(Dialect::Sqlite).unwrap();
/// database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)").unwrap();
/// let schema = introspect(&mut database).unwrap();
/// let users = &schema.tables[&TableName::new("users")];
/// assert!(!users.column("name").unwrap().nullable);
/// ```
///
/// # Errors
/// `can't-introspect` when the database refuses a query.
pub fn introspect(database: &mut Database) -> Result<Schema> {
    match database {
        Database::Sqlite(connection) => sqlite::introspect(connection),
    }
}
