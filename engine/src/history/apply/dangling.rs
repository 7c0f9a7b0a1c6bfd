//! Refuses, on SQLite, to leave foreign keys that reference nothing. Other databases refuse that themselves.

use std::collections::BTreeSet;

use diesel::QueryResult;

use super::failure::{Failure, Why};
use super::script::Script;
use crate::history::direction::Direction;
use crate::link::Link;

/// Runs a script's statements. Fails if they have taken away what foreign keys reference.
pub(super) fn each(link: &mut dyn Link, script: &Script<'_>) -> Result<(), Failure> {
    let before = Dangling::before(link, script)?;
    script.each(link)?;
    before.map_or(Ok(()), |before| before.check(link))
}

/// What there is before a script runs.
#[derive(Debug)]
struct Dangling {
    /// The foreign keys that reference no table or no column, as children and what they reference.
    keys: BTreeSet<(String, String)>,
    /// The tables and columns that keys can reference, in lower case. A key to anything else has lost nothing.
    there: BTreeSet<String>,
}

impl Dangling {
    /// Notes what there is before a script runs. Returns `None` for a script that was written by hand, because stock
    /// hosts may make a key before its table, and for one that drops nothing.
    fn before(link: &mut dyn Link, script: &Script<'_>) -> QueryResult<Option<Self>> {
        let is_ours = script.revision.by_autogen && script.direction == Direction::Up;
        let drops = || script.sql().as_bytes().windows(4).any(|word| word.eq_ignore_ascii_case(b"drop"));
        (is_ours && drops()).then(|| Ok(Self { keys: keys(link)?, there: there(link)? })).transpose()
    }

    /// Checks that no key has come to reference nothing since.
    fn check(&self, link: &mut dyn Link) -> Result<(), Failure> {
        let is_new =
            |key: &(String, String)| !self.keys.contains(key) && self.there.contains(&key.1.to_ascii_lowercase());
        let new: Vec<_> = keys(link)?.into_iter().filter(is_new).collect();
        if new.is_empty() {
            return Ok(());
        }
        let listed: Vec<_> = new.iter().map(|(child, target)| format!("{child} references {target}")).collect();
        let message = format!("it takes away what foreign keys reference: {}", listed.join(", "));
        Err(Failure { why: Why::Referenced, ..Failure::new(message) })
    }
}

/// Returns the names of tables, and those of columns behind their tables' names.
fn there(link: &mut dyn Link) -> QueryResult<BTreeSet<String>> {
    // Virtual tables have no root page; asking for their columns would need their module.
    let query = "SELECT name FROM sqlite_schema WHERE type = 'table' \
                 UNION SELECT found.name || '.' || own.name FROM sqlite_schema found, pragma_table_xinfo(found.name) own \
                 WHERE found.type = 'table' AND found.rootpage > 0";
    let names = link.rows(query, &[])?.into_iter().filter_map(|row| row.into_iter().next().flatten());
    Ok(names.map(|name| name.to_ascii_lowercase()).collect())
}

fn keys(link: &mut dyn Link) -> QueryResult<BTreeSet<(String, String)>> {
    // A key without columns references the primary key, which every table has, if only as its rowid.
    let query = "SELECT child.name, key.\"table\" || coalesce('.' || key.\"to\", '') \
                 FROM sqlite_schema child, pragma_foreign_key_list(child.name) key \
                 WHERE child.type = 'table' AND NOT EXISTS (SELECT 1 FROM pragma_table_xinfo(key.\"table\") there \
                 WHERE key.\"to\" IS NULL OR there.name = key.\"to\" COLLATE NOCASE)";
    let pair = |row: Vec<Option<String>>| {
        let mut row = row.into_iter().flatten();
        Some((row.next()?, row.next()?))
    };
    Ok(link.rows(query, &[])?.into_iter().filter_map(pair).collect())
}
