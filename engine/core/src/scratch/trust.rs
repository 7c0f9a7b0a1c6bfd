//! Decides whose migrations may run on a scratch database that can't confine them.
//!
//! Where a server makes no account for scratch databases, whatever runs there has all rights of the URL's own
//! account. The host's chain may run there. A plugin's chain may as far as its text shows that it stays inside, which
//! is mostly so for what autogen writes.

use crate::database::Database;
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::history::{self, CORE, Revision};
use crate::sql::reaches_out;

use super::ask;

/// Refuses to run a plugin's revision on a scratch database that doesn't hold it back, unless it stays inside.
///
/// # Errors
/// `untrusted-revision`; `can't-query` when the database refuses.
pub fn require_trust(database: &mut Database, revision: &Revision) -> Result<()> {
    let Some(why) = database.unconfined().map(str::to_owned) else { return Ok(()) };
    if revision.owner == CORE {
        return Ok(());
    }
    let others = other_databases(database)?;
    let dialect = database.dialect();
    let scripts = [Some(&revision.up), revision.down.as_ref()].into_iter().flatten();
    let Some(found) = scripts.filter_map(|sql| reaches_out(sql, dialect, &others)).next() else { return Ok(()) };
    let message =
        format!("{revision} isn't replayed: {found}, and nothing would hold it back on the scratch server: {why}");
    Err(Error::new(Code::UntrustedRevision, message).help(
        "let the URL's account make roles or users (CREATEROLE; CREATE USER and GRANT OPTION), give another server by \
         `scratch` under `[database]`, or trust all plugins by `trust = true` under `[scratch]` in autogen.toml",
    ))
}

/// Applies a revision on a scratch database that may run it.
pub(super) fn apply(database: &mut Database, revision: &Revision) -> Result<()> {
    require_trust(database, revision)?;
    history::apply(database, revision)
}

/// Returns the names of other databases that a statement can mention.
///
/// # Errors
/// Returns `can't-query` when the scratch server can't list its databases.
fn other_databases(database: &mut Database) -> Result<Vec<String>> {
    match database.dialect() {
        Dialect::Sqlite | Dialect::Postgres => return Ok(Vec::new()),
        Dialect::Mysql => {}
    }
    let query = "SELECT LOWER(SCHEMA_NAME) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME <> DATABASE()";
    let rows = ask::rows(database, query).map_err(|cause| {
        Error::new(Code::CantQuery, format!("can't list the databases of the scratch server: {cause}")).caused_by(cause)
    })?;
    Ok(rows.into_iter().flatten().flatten().collect())
}
