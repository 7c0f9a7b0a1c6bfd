//! A copy of a database's schema, without its rows.

mod mysql;
mod postgres;
mod setup;
#[cfg(test)]
mod tests;

use tracing::debug_span;

use crate::database::{Database, ScratchServer};
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::introspect::CatalogSubset;
use crate::link::Outside;

use super::ask;

pub use setup::{Surrounding, all_surroundings, surroundings_of};

/// Creates a scratch database on `server` with the schema of `source`, and no rows. Only reads the source. A source
/// that is itself a scratch database is copied where it is.
///
/// Tables come first, then indexes, views and triggers, each kind in the order in which it was made. A virtual table
/// whose module this program doesn't have is left out. So are foreign tables, and other objects that no table or view
/// is made of, because nothing here can change them.
///
/// ```
/// use autogen_engine::database::Database;
/// use autogen_engine::dialect::Dialect;
/// use autogen_engine::introspect::introspect;
/// use autogen_engine::scratch::copy;
///
/// let mut source = Database::scratch(Dialect::Sqlite).unwrap();
/// source.execute("CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE VIEW v AS SELECT id FROM users").unwrap();
/// let server = source.server();
/// let mut copied = copy(&mut source, &server).unwrap();
/// assert_eq!(introspect(&mut copied).unwrap(), introspect(&mut source).unwrap());
/// ```
///
/// # Errors
/// Returns `can't-copy` when the source can't be read or one of its statements is refused, and `can't-connect` when
/// no scratch database is available.
pub fn copy(source: &mut Database, server: &ScratchServer) -> Result<Database> {
    made(source, server, None)
}

/// Copies only a part of a database.
///
/// # Errors
/// Returns the errors of [`copy`].
pub fn copy_part(source: &mut Database, server: &ScratchServer, part: &CatalogSubset) -> Result<Database> {
    made(source, server, Some(part))
}

fn made(source: &mut Database, server: &ScratchServer, part: Option<&CatalogSubset>) -> Result<Database> {
    let _span = debug_span!("copy", dialect = server.dialect().name()).entered();
    match source.dialect() {
        Dialect::Sqlite => {
            let mut target = Database::scratch_on(server)?;
            sqlite(source, &mut target, part)?;
            Ok(target)
        }
        Dialect::Postgres => postgres::copy(source, server, part),
        Dialect::Mysql => mysql::copy(source, server, part),
    }
}

// Shadow tables are made by their virtual table, `sqlite_` tables by the database.
const SQLITE_OBJECTS: &str = "
    WITH listed AS MATERIALIZED (SELECT name, type FROM pragma_table_list WHERE schema = 'main')
    SELECT s.name, s.sql, coalesce(l.type, s.type) AS kind
    FROM main.sqlite_schema s LEFT JOIN listed l ON s.type = 'table' AND l.name = s.name
    WHERE s.sql IS NOT NULL AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND kind <> 'shadow' AND {part}
    ORDER BY CASE s.type WHEN 'table' THEN 1 WHEN 'index' THEN 2 WHEN 'view' THEN 3 ELSE 4 END, s.rowid";

fn sqlite(source: &mut Database, target: &mut Database, part: Option<&CatalogSubset>) -> Result<()> {
    let query = SQLITE_OBJECTS.replace("{part}", &condition(part, Dialect::Sqlite, 'r', "s.tbl_name"));
    let objects = ask::rows(source, &query).map_err(|cause| {
        Error::new(Code::CantCopy, format!("the database's schema can't be read: {cause}"))
            .help("check the file with `PRAGMA integrity_check`")
            .caused_by(cause)
    })?;
    for object in objects {
        let [Some(name), Some(sql), Some(kind)] = object.as_slice() else { continue };
        let Err(cause) = target.execute(sql) else { continue };
        if kind == "virtual" && cause.to_string().starts_with("no such module") {
            continue;
        }
        let help = format!("the database keeps a statement that it no longer takes; make it anew: {sql}");
        return Err(refused(name, cause).help(help));
    }
    Ok(())
}

/// Returns the condition that something is in the part, if there is one.
fn condition(part: Option<&CatalogSubset>, dialect: Dialect, letter: char, of: &str) -> String {
    part.map_or_else(|| "1 = 1".to_owned(), |part| part.condition(dialect, letter, of))
}

fn refused(what: &str, cause: diesel::result::Error) -> Error {
    if let Some(said) = Outside::said(&cause) {
        let message = format!("`{what}` can't be copied to a scratch schema: {said}");
        return Error::new(Code::NeedsScratchDatabase, message).help(Outside::HELP);
    }
    Error::new(Code::CantCopy, format!("a scratch database refuses `{what}` as it stands: {cause}")).caused_by(cause)
}
