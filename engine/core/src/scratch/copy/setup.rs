//! What tables depend on that no definition makes: schemas, extensions, domains, functions.

use std::collections::BTreeSet;

use crate::database::Database;
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::introspect::introspect;
use crate::model::TableName;
use crate::scratch::ask;
use crate::sql::names_in;

use super::{mysql, postgres};

/// Something that isn't a table, and the statements that create and drop it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surrounding {
    /// What it is called, with its kind: `extension citext`.
    pub what: String,
    /// The statement that makes it, without a final semicolon.
    pub create: String,
    /// The statement that drops it.
    pub drop: String,
}

/// Returns the objects that some tables depend on and no definition makes, in the order in which they can be created.
/// On MariaDB these are sequences. SQLite has none.
///
/// # Errors
/// Returns `can't-query` when the database refuses a query, and `stands-on-enum` where such an object depends on an
/// enumerated type.
pub fn surroundings_of(database: &mut Database, tables: &[TableName]) -> Result<Vec<Surrounding>> {
    match database.dialect() {
        Dialect::Sqlite => Ok(Vec::new()),
        Dialect::Mysql => mysql::surroundings_of(database, tables).map_err(unreadable),
        Dialect::Postgres if tables.is_empty() => Ok(Vec::new()),
        Dialect::Postgres => {
            let found = postgres::surroundings_of(database, tables).map_err(unreadable)?;
            refuse_types_of_enums(&found, database)?;
            Ok(found)
        }
    }
}

/// Returns the names of all such objects that a database has.
///
/// # Errors
/// Returns the errors of [`surroundings_of`].
pub fn all_surroundings(database: &mut Database) -> Result<BTreeSet<String>> {
    match database.dialect() {
        Dialect::Sqlite => Ok(BTreeSet::new()),
        Dialect::Mysql => mysql::all_surroundings(database).map_err(unreadable),
        Dialect::Postgres => postgres::all_surroundings(database).map_err(unreadable),
    }
}

/// Refuses composite types and domains of enumerated types, and functions that take or return them. They come before
/// everything that definitions make, and enumerated types are made by definitions.
fn refuse_types_of_enums(found: &[Surrounding], database: &mut Database) -> Result<()> {
    let kinds = ["type ", "domain ", "function "];
    let types = found.iter().filter(|found| kinds.iter().any(|kind| found.what.starts_with(kind)));
    let types: Vec<&Surrounding> = types.collect();
    if types.is_empty() {
        return Ok(());
    }
    for name in introspect(database)?.enums.keys() {
        let lower = name.name.to_lowercase();
        let is_made_of = |found: &&&Surrounding| {
            // What a function's body names may come later.
            let head = found.create.split("\nAS $").next().unwrap_or(&found.create);
            names_in(Dialect::Postgres, head).is_some_and(|names| names.contains(&lower))
        };
        if let Some(found) = types.iter().find(is_made_of) {
            let message =
                format!("{} is made of the enumerated type {name}, which a definition makes after it", found.what);
            return Err(Error::new(Code::StandsOnEnum, message).help(
                "leave the tables that need it out of `--tables`; a definition of their own can come later, by hand",
            ));
        }
    }
    Ok(())
}

fn unreadable(cause: diesel::result::Error) -> Error {
    Error::new(Code::CantQuery, format!("what tables stand on can't be read: {cause}"))
        .help("check that the role may read the system catalog, and that no statement timeout is too short")
        .caused_by(cause)
}

/// Reads the statements in the order of the catalog row's columns, without the name of the default schema.
pub(super) fn surrounding(row: ask::TextRow, schema: &str) -> Option<Surrounding> {
    let [Some(what), Some(create), Some(drop)] = <[Option<String>; 3]>::try_from(row).ok()? else { return None };
    let plain = |sql: &str| postgres::without_schema(sql, schema);
    Some(Surrounding { create: plain(&create), drop: plain(&drop), what })
}
