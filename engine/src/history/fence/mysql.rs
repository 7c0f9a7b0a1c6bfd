//! Keeps a plugin's revision to its tables on MariaDB and MySQL, where nothing takes back what has run.
//!
//! The tables that a statement writes to are read from its text. What else exists is read from the database.

use std::collections::BTreeSet;

use diesel::QueryResult;

use super::{Reason, Review};
use crate::link::{Link, retried};
use crate::sql::mysql::{Catalog, Stray};
use crate::sql::triggers::OwnTriggers;

/// Reads the names of what a connection's database has.
pub(super) fn catalog(link: &mut dyn Link) -> QueryResult<Catalog> {
    let query = "SELECT 'relation', TABLE_NAME, TABLE_TYPE, '' FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
                 UNION ALL SELECT 'function', ROUTINE_NAME, '', '' FROM information_schema.ROUTINES \
                 WHERE ROUTINE_SCHEMA = DATABASE() \
                 UNION ALL SELECT 'trigger', TRIGGER_NAME, EVENT_OBJECT_TABLE, ACTION_STATEMENT FROM information_schema.TRIGGERS \
                 WHERE TRIGGER_SCHEMA = DATABASE()";
    let mut catalog = Catalog::default();
    for row in retried(link, |link| link.rows(query, &[]))? {
        let mut row = row.into_iter().map(Option::unwrap_or_default);
        let mut next = || row.next().unwrap_or_default();
        let (kind, name, more, body) = (next(), next(), next().to_lowercase(), next());
        match kind.as_str() {
            "function" => _ = catalog.functions.insert(name.to_lowercase()),
            "trigger" => catalog.add_trigger(&name, &more, &body),
            _relation if more.contains("view") => catalog.add_view(&name),
            _relation => _ = catalog.relations.insert(name.to_lowercase()),
        }
    }
    Ok(catalog)
}

/// Reviews a script of a plugin that may change its `own` tables. `others` are tables that other chains have made, and
/// `triggers` tell the plugin's own from others'.
pub(super) fn review(
    catalog: &mut Catalog,
    sql: &str,
    own: BTreeSet<String>,
    others: BTreeSet<String>,
    triggers: OwnTriggers,
) -> Review {
    let reason = |stray: Stray| match stray {
        Stray::Table(table) => Reason::Table(table),
        Stray::Beyond(what) => Reason::Beyond(what),
    };
    let refused = catalog.review(sql, own, others, triggers).err();
    Review { refused: refused.map(|(statement, stray)| (statement, reason(stray))), fails: None }
}
