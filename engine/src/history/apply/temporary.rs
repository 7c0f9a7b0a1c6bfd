//! Drops the temporary objects that a plugin's revision leaves on SQLite, because they would stand before others' tables.

use std::collections::BTreeSet;

use diesel::QueryResult;

use super::script::Script;
use crate::dialect::Dialect;
use crate::link::Link;

/// The temporary objects of a connection, as kinds and names.
#[derive(Debug)]
pub(super) struct Temporary(BTreeSet<(String, String)>);

impl Temporary {
    /// Notes what there is before a script runs. Returns `None` for a script that may leave what it likes, and for one
    /// that can't make any.
    pub(super) fn before(link: &mut dyn Link, script: &Script<'_>) -> QueryResult<Option<Self>> {
        let sql = script.sql().as_bytes();
        let makes_some = script.held().is_some() && sql.windows(4).any(|word| word.eq_ignore_ascii_case(b"temp"));
        makes_some.then(|| Ok(Self(objects(link)?.into_iter().collect()))).transpose()
    }

    /// Drops what has come since.
    pub(super) fn put_back(&self, link: &mut dyn Link) -> QueryResult<()> {
        let new = objects(link)?.into_iter().filter(|object| !self.0.contains(object));
        for (kind, name) in new.collect::<Vec<_>>() {
            link.execute(&format!("DROP {kind} IF EXISTS temp.{}", Dialect::Sqlite.facts().quoted(&name)))?;
        }
        Ok(())
    }
}

/// Reads what there is, in an order in which it can be dropped. A virtual table comes before the tables that it keeps.
fn objects(link: &mut dyn Link) -> QueryResult<Vec<(String, String)>> {
    let query = "SELECT type, name FROM sqlite_temp_master WHERE type IN ('trigger', 'view', 'table') \
                 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type = 'table', name";
    let pair = |row: Vec<Option<String>>| {
        let mut row = row.into_iter().flatten();
        Some((row.next()?, row.next()?))
    };
    Ok(link.rows(query, &[])?.into_iter().filter_map(pair).collect())
}
