//! Compares what others own before and after a plugin's revision, in its transaction.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;

use super::owners::{Owners, named};
use crate::dialect::Dialect;
use crate::history::Revision;
use crate::link::Link;
use crate::model::TableName;

/// Returns the query that describes all tables and views, with the columns schema, table and description.
/// Returns `None` where no transaction could undo a change that others don't allow.
fn query(dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::Sqlite => Some(
            "SELECT NULL, tbl_name, type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema \
             WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        ),
        // PostgreSQL has a comparison of its own, and MySQL can't roll back a change of the schema.
        Dialect::Postgres | Dialect::Mysql => None,
    }
}

/// Returns `true` if this way compares what others own.
pub(in crate::history) fn compares(dialect: Dialect) -> bool {
    query(dialect).is_some()
}

/// The present state of what others own.
pub(in crate::history) type Seen = BTreeMap<String, Vec<String>>;

impl Owners {
    /// Reads the present state of what others own. This takes one query, or none if there is nothing to
    /// watch.
    pub(in crate::history) fn look(&self, link: &mut dyn Link, revision: &Revision) -> QueryResult<Seen> {
        let strange = self.strange(revision);
        let Some(query) = query(self.dialect).filter(|_| !strange.is_empty()) else {
            return Ok(Seen::new());
        };
        let mut seen = Seen::new();
        for row in link.rows(query, &[])? {
            let [schema, Some(table), described] = row.as_slice() else { continue };
            let table = TableName { schema: schema.clone(), name: table.clone() };
            let table = named(self.dialect, &table);
            if strange.contains_key(table.as_str()) {
                seen.entry(table).or_default().push(described.clone().unwrap_or_default());
            }
        }
        seen.values_mut().for_each(|described| described.sort());
        Ok(seen)
    }

    /// Returns the first table that has changed, and its owner. The revision's own renames may show in
    /// others' foreign keys without counting as a change.
    pub(in crate::history) fn changed(
        &self,
        before: &Seen,
        after: &Seen,
        revision: &Revision,
        sql: &str,
    ) -> Option<(String, String)> {
        let renamed = self.renamed(sql);
        let is_same = |(old, new): (&String, &String)| old == new || is_renamed(self.dialect, old, new, &renamed);
        let is_changed = |table: &String| match (before.get(table), after.get(table)) {
            (Some(old), Some(new)) => old.len() != new.len() || !old.iter().zip(new).all(is_same),
            (old, new) => old.is_some() != new.is_some(),
        };
        let table = before.keys().chain(after.keys()).find(|table| is_changed(table))?;
        let owner = self.strange(revision).get(table.as_str()).map(|owner| (*owner).to_owned())?;
        Some((table.clone(), owner))
    }

    /// Returns the identifiers in statements that rename.
    fn renamed(&self, sql: &str) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for statement in self.dialect.statements(sql) {
            let text = &sql[statement.span];
            let words = self.dialect.unquoted_words(text);
            if words.iter().any(|word| word.eq_ignore_ascii_case("rename")) {
                names.extend(words);
            }
        }
        names
    }
}

/// Checks whether two texts differ only in names that are among the new ones.
pub(super) fn is_renamed(dialect: Dialect, old: &str, new: &str, renamed: &BTreeSet<String>) -> bool {
    let (Some(before), Some(after)) = (dialect.texts(old), dialect.texts(new)) else { return false };
    before.len() == after.len()
        && before.iter().zip(&after).all(|(a, b)| {
            let (a, b) = (dialect.unquoted(a), dialect.unquoted(b));
            a == b || renamed.contains(&b)
        })
}
