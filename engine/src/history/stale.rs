//! Finds foreign keys that reference what another owner's revision has renamed or dropped meanwhile.
//!
//! Two branches know nothing of each other: one renames a table, and the other one's new key still says the old name.
//! SQLite takes such a key without a word. The texts tell it on all databases before anything runs.

use std::collections::{BTreeMap, BTreeSet};

use super::{History, Revision, Version};
use crate::dialect::Dialect;
use crate::error::{Code, Diagnostic, Error, Result};
use crate::model::{Place, TableName};
use crate::sql::effects::{Naming, makes, namings};
use crate::sql::references::{ColumnNaming, KeyTarget, column_namings, key_targets};

/// A name that is gone, and what has become of it.
struct Gone<'a> {
    by: &'a Revision,
    new: Option<String>,
}

/// The names of tables, and of their columns, that revisions have taken away so far.
struct Names<'a> {
    dialect: Dialect,
    gone: BTreeMap<(TableName, Option<String>), Gone<'a>>,
}

/// Checks that no revision makes a key to a name that another revision, which it doesn't build on, has renamed or
/// dropped before it. `applied` has run before `pending`, which is in order.
///
/// # Errors
/// `stale-reference`, one for each such table or column.
pub fn check_references(
    history: &History,
    pending: &[&Revision],
    applied: &BTreeSet<Version>,
    dialect: Dialect,
) -> Result<()> {
    // One owner's revisions build on one another.
    let is_alone = history.revisions().windows(2).all(|pair| pair[0].owner == pair[1].owner);
    if is_alone || !pending.iter().any(|revision| has(revision, "references")) {
        return Ok(());
    }
    let mut names = Names { dialect, gone: BTreeMap::new() };
    let before = history.revisions().iter().filter(|revision| applied.contains(&revision.version));
    before.for_each(|revision| names.follow(revision));
    let mut mistakes = Vec::new();
    for revision in pending {
        mistakes.extend(names.stale(history, revision));
        names.follow(revision);
    }
    Error::unless_clean(mistakes).map(drop)
}

/// Returns `true` if a revision has a word, in any letter case.
fn has(revision: &Revision, word: &str) -> bool {
    let text = revision.up.as_bytes();
    text.windows(word.len()).any(|found| found.eq_ignore_ascii_case(word.as_bytes()))
}

impl<'a> Names<'a> {
    /// Notes the names that a revision gives and takes away.
    fn follow(&mut self, by: &'a Revision) {
        if self.gone.is_empty() && !has(by, "rename") && !has(by, "drop") && !has(by, "change") {
            return;
        }
        for naming in namings(self.dialect, &by.up) {
            match naming {
                Naming::Makes { name, lasts: true } => self.is_there(&name),
                Naming::Makes { lasts: false, .. } => {}
                Naming::Drops(name) => self.take(&name, None, Gone { by, new: None }),
                Naming::Renames { old, new } => {
                    self.take(&old, None, Gone { by, new: Some(new.to_string()) });
                    self.gone.remove(&self.key(&new, None));
                }
            }
        }
        for statement in self.dialect.statements(&by.up) {
            let Some((table, namings)) = column_namings(self.dialect, &by.up[statement.span]) else { continue };
            for naming in namings {
                match naming {
                    ColumnNaming::Adds(column) => _ = self.gone.remove(&self.key(&table, Some(&column))),
                    ColumnNaming::Drops(column) => self.take(&table, Some(&column), Gone { by, new: None }),
                    ColumnNaming::Renames { old, new } => {
                        self.take(&table, Some(&old), Gone { by, new: Some(format!("{table}.{new}")) });
                        self.gone.remove(&self.key(&table, Some(&new)));
                    }
                }
            }
        }
    }

    fn take(&mut self, table: &TableName, column: Option<&str>, gone: Gone<'a>) {
        let key = self.key(table, column);
        self.gone.insert(key, gone);
    }

    /// Notes that a table is made, with all its columns.
    fn is_there(&mut self, table: &TableName) {
        let (made, _) = self.key(table, None);
        self.gone.retain(|(table, _), _| *table != made);
    }

    /// Returns a name as the database compares it. Outside of PostgreSQL letter case seldom counts.
    fn key(&self, table: &TableName, column: Option<&str>) -> (TableName, Option<String>) {
        let fold = |name: &str| match self.dialect {
            Dialect::Postgres => name.to_owned(),
            Dialect::Sqlite | Dialect::Mysql => name.to_lowercase(),
        };
        let schema = table.schema.as_deref().filter(|schema| *schema != "public").map(fold);
        (TableName { schema, name: fold(&table.name) }, column.map(fold))
    }

    /// Returns what the keys of a revision reference that is gone.
    fn stale(&self, history: &History, revision: &Revision) -> Vec<Diagnostic> {
        if self.gone.is_empty() || !has(revision, "references") {
            return Vec::new();
        }
        let made: Vec<_> = makes(self.dialect, &revision.up).iter().map(|name| self.key(name, None)).collect();
        let mut known: Option<Vec<&Revision>> = None;
        let mut found: BTreeMap<String, Diagnostic> = BTreeMap::new();
        for target in key_targets(self.dialect, &revision.up) {
            let table = self.key(&target.table, None);
            if made.contains(&table) {
                continue;
            }
            let columns = target.columns.iter().map(|column| Some(column.as_str()));
            for column in [None].into_iter().chain(columns) {
                let Some(gone) = self.gone.get(&self.key(&target.table, column)) else { continue };
                let known = known.get_or_insert_with(|| history.with_ancestors(&[revision]));
                if known.contains(&gone.by) {
                    continue;
                }
                let name = column.map_or(target.table.to_string(), |column| format!("{}.{column}", target.table));
                found.entry(name.clone()).or_insert_with(|| told(revision, (&name, &target), gone));
            }
        }
        found.into_values().collect()
    }
}

fn told(revision: &Revision, (name, target): (&str, &KeyTarget), gone: &Gone<'_>) -> Diagnostic {
    let Gone { by, new } = gone;
    let became = new.as_ref().map_or("drops".to_owned(), |new| format!("renames to {new}"));
    let message = format!("{revision} makes a foreign key to {name}, which {by} {became}");
    let anew = format!(
        "if no database has applied {}, remove its folder and run `autogen --plugin {}`, which writes it anew",
        revision.name, revision.owner
    );
    let help = match new {
        // It goes first, and the database lets its key follow the new name.
        Some(_) => format!(
            "{anew}; else let it come first by `after = [\"{}\"]` under `[autogen]` in the metadata.toml of {}",
            revision.version, by.name
        ),
        None => format!("{anew}; else take {} back, which no longer goes with it", by.name),
    };
    let place = Place::in_text(&revision.dir.join("up.sql"), &revision.up, target.name.clone());
    Diagnostic::error(Code::StaleReference, message).at(place, "referenced here").help(help)
}
