//! Whose each table is, as far as the chains that a database has applied say.

use std::collections::{BTreeMap, BTreeSet};

use super::Permissions;
use crate::dialect::Dialect;
use crate::history::ledger::Entry;
use crate::history::makes::{drops, makes, tells_all};
use crate::history::{CORE, History, Revision, Version};
use crate::model::TableName;

/// Whose each table is.
#[derive(Debug, Clone)]
pub(in crate::history) struct Owners {
    pub(super) dialect: Dialect,
    /// In the order in which they were applied.
    deeds: Vec<Deed>,
    permissions: BTreeMap<String, Permissions>,
    /// Plugins with migrations that run code inside the database, which may have made any table.
    pub(super) untold: BTreeSet<String>,
}

/// What one revision made its owner's, and what it took away.
#[derive(Debug, Clone)]
struct Deed {
    version: Version,
    owner: String,
    made: Vec<String>,
    taken: Vec<String>,
    dropped: Vec<String>,
}

impl Owners {
    /// Reads the applied revisions; those that no chain holds any more, from the ledger.
    pub(in crate::history) fn new(
        history: &History,
        dialect: Dialect,
        applied: &BTreeSet<Version>,
        ledger: &BTreeMap<Version, Entry>,
    ) -> Self {
        let by_hand = history.revisions().iter().filter(|revision| !revision.by_autogen);
        let untold = by_hand.filter(|revision| !tells_all(dialect, &revision.up));
        let untold = untold.map(|revision| revision.owner.clone()).collect();
        let mut owners = Self { dialect, deeds: Vec::new(), permissions: history.permissions.clone(), untold };
        let gone = ledger.values().filter(|entry| applied.contains(&entry.version));
        let mut gone: Vec<_> = gone.filter(|entry| history.get(&entry.version).is_none()).collect();
        gone.sort_by_key(|entry| entry.turn);
        for entry in gone {
            owners.add(&entry.version, &entry.plugin, (&entry.made, &[], Vec::new()));
        }
        for revision in history.revisions().iter().filter(|revision| applied.contains(&revision.version)) {
            let dropped = drops(dialect, &revision.up);
            match ledger.get(&revision.version) {
                Some(entry) => {
                    owners.add(&revision.version, &revision.owner, (&entry.made, &revision.takes, dropped));
                }
                None => owners.note(revision),
            }
        }
        owners
    }

    /// Notes that a revision has been applied.
    pub(in crate::history) fn note(&mut self, revision: &Revision) {
        let (made, dropped) = (makes(self.dialect, &revision.up), drops(self.dialect, &revision.up));
        self.add(&revision.version, &revision.owner, (&made, &revision.takes, dropped));
    }

    /// Notes that a revision has been reverted.
    pub(in crate::history) fn forget(&mut self, revision: &Revision) {
        self.deeds.retain(|deed| deed.version != revision.version);
    }

    fn add(
        &mut self,
        version: &Version,
        owner: &str,
        (made, takes, dropped): (&[TableName], &[String], Vec<TableName>),
    ) {
        let folded = |table: String| folded(self.dialect, &table);
        self.deeds.push(Deed {
            version: version.clone(),
            owner: owner.to_owned(),
            made: made.iter().map(|table| folded(table.to_string())).collect(),
            taken: takes.iter().cloned().map(folded).collect(),
            dropped: dropped.iter().map(|table| folded(table.to_string())).collect(),
        });
    }

    /// Whether nothing holds a revision to its owner's tables: the host's own, and those of plugins that it trusts.
    pub(in crate::history) fn is_free(&self, revision: &Revision) -> bool {
        revision.owner == CORE || self.permissions.get(&revision.owner).is_some_and(|given| given.trust)
    }

    /// The tables of others that a plugin may change.
    pub(super) fn may_alter(&self, owner: &str) -> BTreeSet<String> {
        let stated = self.permissions.get(owner).into_iter().flat_map(|given| &given.may_alter);
        stated.map(|table| folded(self.dialect, table)).collect()
    }

    /// The tables that chains have made, each with its owner. A plugin's statement that makes a table which is another's
    /// (`IF NOT EXISTS`) makes it nobody else's.
    pub(super) fn whose(&self) -> BTreeMap<&str, &str> {
        let mut whose: BTreeMap<&str, &str> = BTreeMap::new();
        for deed in &self.deeds {
            let owner = deed.owner.as_str();
            whose.retain(|table, had| {
                !(deed.dropped.iter().any(|gone| gone == table) && (owner == CORE || *had == owner))
            });
            for table in &deed.made {
                let known = whose.entry(table).or_insert(owner);
                if owner == CORE {
                    *known = owner;
                }
            }
            whose.extend(deed.taken.iter().map(|table| (table.as_str(), owner)));
        }
        whose
    }

    /// The tables that a revision may change: its owner's, those that it takes over, and those that the host lets it.
    pub(super) fn own(&self, revision: &Revision) -> BTreeSet<String> {
        let whose = self.whose().into_iter().filter(|(_, owner)| *owner == revision.owner);
        let mut own: BTreeSet<String> = whose.map(|(table, _)| table.to_owned()).collect();
        own.extend(revision.takes.iter().map(|table| folded(self.dialect, table)));
        own.extend(self.may_alter(&revision.owner));
        own
    }


    /// The tables that are others' than a revision's owner's, and that it may not change.
    pub(super) fn strange(&self, revision: &Revision) -> BTreeMap<&str, &str> {
        let mut whose = self.whose();
        let own = self.own(revision);
        let is_free = self.is_free(revision);
        whose.retain(|table, _| !is_free && !own.contains(*table));
        whose
    }

    /// The names of all that chains have made, without their schemas.
    pub(super) fn made(&self) -> impl Iterator<Item = &String> {
        self.deeds.iter().flat_map(|deed| deed.made.iter().chain(&deed.taken))
    }
}

/// A name as the database tells names apart; the schema that everybody is in doesn't count.
pub(super) fn folded(dialect: Dialect, name: &str) -> String {
    let name = name.strip_prefix("public.").unwrap_or(name);
    if dialect.facts().names_ignore_case { name.to_ascii_lowercase() } else { name.to_owned() }
}
