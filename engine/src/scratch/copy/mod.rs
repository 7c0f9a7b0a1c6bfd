//! A copy of a database's schema, without its rows.

mod postgres;

use crate::database::{Database, ScratchServer};
use crate::dialect::Dialect;
use crate::error::{Error, Result};

use super::ask;

/// A scratch database on `server` with the schema of `source`, and no rows. The source is only read; one
/// that is itself a scratch database is copied where it is.
///
/// Tables come first, then indexes, views and triggers, each kind in the order in which it was made.
/// A virtual table whose module this program doesn't have is left out, and so are foreign tables and
/// what else no table or view is made of: nothing here can change it.
///
/// ```
/// use autogen::database::Database;
/// use autogen::dialect::Dialect;
/// use autogen::introspect::introspect;
/// use autogen::scratch::copy;
///
/// let mut source = Database::scratch(Dialect::Sqlite).unwrap();
/// source.execute("CREATE TABLE users (id INTEGER PRIMARY KEY); CREATE VIEW v AS SELECT id FROM users").unwrap();
/// let server = source.server();
/// let mut copied = copy(&mut source, &server).unwrap();
/// assert_eq!(introspect(&mut copied).unwrap(), introspect(&mut source).unwrap());
/// ```
///
/// # Errors
/// `can't-copy` when the source can't be read or a statement that it keeps is refused;
/// `can't-connect` when no scratch database can be had.
pub fn copy(source: &mut Database, server: &ScratchServer) -> Result<Database> {
    match source.dialect() {
        Dialect::Sqlite => {
            let mut target = Database::scratch_on(server)?;
            sqlite(source, &mut target)?;
            Ok(target)
        }
        Dialect::Postgres => postgres::copy(source, server),
    }
}

// Shadow tables are made by their virtual table, `sqlite_` tables by the database.
const SQLITE_OBJECTS: &str = "
    WITH listed AS MATERIALIZED (SELECT name, type FROM pragma_table_list WHERE schema = 'main')
    SELECT s.name, s.sql, coalesce(l.type, s.type) AS kind
    FROM main.sqlite_schema s LEFT JOIN listed l ON s.type = 'table' AND l.name = s.name
    WHERE s.sql IS NOT NULL AND s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND kind <> 'shadow'
    ORDER BY CASE s.type WHEN 'table' THEN 1 WHEN 'index' THEN 2 WHEN 'view' THEN 3 ELSE 4 END, s.rowid";

fn sqlite(source: &mut Database, target: &mut Database) -> Result<()> {
    let objects = ask::rows(source, SQLITE_OBJECTS).map_err(|cause| {
        Error::new("can't-copy", format!("the database's schema can't be read: {cause}"))
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

fn refused(what: &str, cause: diesel::result::Error) -> Error {
    Error::new("can't-copy", format!("a scratch database refuses `{what}` as it stands: {cause}")).caused_by(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_copied_but_rows_and_what_others_make() {
        let mut source = Database::scratch(Dialect::Sqlite).expect("a scratch database");
        source
            .execute(
                "CREATE TABLE \"a b\" (id INTEGER PRIMARY KEY AUTOINCREMENT, x TEXT UNIQUE);
                 CREATE INDEX ix ON \"a b\" (lower(x));
                 CREATE TABLE sqliteish (id INT);
                 CREATE VIEW v AS SELECT x FROM \"a b\";
                 CREATE TRIGGER tr AFTER INSERT ON \"a b\" BEGIN SELECT 1; END;
                 CREATE VIRTUAL TABLE words USING fts5(body);
                 INSERT INTO \"a b\" (x) VALUES ('1')",
            )
            .expect("a schema");
        let mut target = copy(&mut source, &ScratchServer::Memory).expect("a copy");
        let all = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 1, 2";
        assert_eq!(ask::rows(&mut target, all).expect("rows"), ask::rows(&mut source, all).expect("rows"));
        assert_eq!(ask::rows(&mut target, "SELECT * FROM \"a b\"").expect("rows").len(), 0);
    }
}
