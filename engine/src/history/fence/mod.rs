//! Whose tables a migration changes: a plugin's may change its own.
//!
//! Two looks, because neither sees everything. Before anything runs, the statements are read: nobody may drop
//! what another chain made, or write to its rows, or do either, or alter it, where no chain made it at all. Where a
//! migration runs in a transaction, what others own is compared before and after it, so that a plan that takes
//! another's foreign key away and puts it back may do so; where none holds it together, reading is all there is, and
//! altering what is another's counts too.
//!
//! The host may change whatever it likes. What no chain made isn't compared: other programs may change it at any time.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use diesel::QueryResult;

use super::apply::words;
use super::ledger::Entry;
use super::link::Link;
use super::makes::{Touch, makes, names, tells_all, touches};
use super::{CORE, History, Revision, Version};
use crate::dialect::Dialect;
use crate::model::TableName;

/// Whose each table is, as far as the chains that a database has applied say.
#[derive(Debug, Clone)]
pub(super) struct Owners {
    dialect: Dialect,
    /// In the order in which they were applied.
    deeds: Vec<Deed>,
    may_alter: BTreeMap<String, BTreeSet<String>>,
    /// Plugins with migrations that run code inside the database, which may have made any table.
    untold: BTreeSet<String>,
}

/// What one revision made its owner's.
#[derive(Debug, Clone)]
struct Deed {
    version: Version,
    owner: String,
    tables: Vec<String>,
}

/// A statement that changes what is another's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trespass {
    /// The statement: bytes of the file.
    pub(super) statement: Range<usize>,
    /// The table.
    pub(super) table: TableName,
    /// Whose it is, where a chain has made it.
    pub(super) owner: Option<String>,
}

/// What others own, as it is.
pub(super) type Seen = BTreeMap<String, Vec<String>>;

impl Owners {
    /// What the applied revisions say; those that no chain holds any more, through the ledger.
    pub(super) fn new(
        history: &History,
        dialect: Dialect,
        applied: &BTreeSet<Version>,
        ledger: &BTreeMap<Version, Entry>,
    ) -> Self {
        let may_alter = history.may_alter.iter().map(|(owner, tables)| {
            let tables = tables.iter().map(|table| folded(dialect, table)).collect();
            (owner.clone(), tables)
        });
        let by_hand = history.revisions().iter().filter(|revision| !revision.by_autogen);
        let untold = by_hand.filter(|revision| !tells_all(dialect, &revision.up));
        let untold = untold.map(|revision| revision.owner.clone()).collect();
        let mut owners = Self { dialect, deeds: Vec::new(), may_alter: may_alter.collect(), untold };
        let gone = ledger.values().filter(|entry| applied.contains(&entry.version));
        let mut gone: Vec<_> = gone.filter(|entry| history.get(&entry.version).is_none()).collect();
        gone.sort_by_key(|entry| entry.turn);
        for entry in gone {
            owners.add(&entry.version, &entry.plugin, &entry.made, &[]);
        }
        for revision in history.revisions().iter().filter(|revision| applied.contains(&revision.version)) {
            match ledger.get(&revision.version) {
                Some(entry) => owners.add(&revision.version, &revision.owner, &entry.made, &revision.takes),
                None => owners.note(revision),
            }
        }
        owners
    }

    /// A revision has been applied.
    pub(super) fn note(&mut self, revision: &Revision) {
        let made = makes(self.dialect, &revision.up);
        self.add(&revision.version, &revision.owner, &made, &revision.takes);
    }

    /// A revision has been reverted.
    pub(super) fn forget(&mut self, revision: &Revision) {
        self.deeds.retain(|deed| deed.version != revision.version);
    }

    fn add(&mut self, version: &Version, owner: &str, made: &[TableName], takes: &[String]) {
        let made = made.iter().map(TableName::to_string);
        let tables = made.chain(takes.iter().cloned()).map(|table| folded(self.dialect, &table)).collect();
        self.deeds.push(Deed { version: version.clone(), owner: owner.to_owned(), tables });
    }

    /// The tables that are others' than this revision's owner's, and that it has no leave to change.
    fn strange(&self, revision: &Revision) -> BTreeMap<&str, &str> {
        if revision.owner == CORE {
            return BTreeMap::new();
        }
        let mut whose: BTreeMap<&str, &str> = BTreeMap::new();
        for deed in &self.deeds {
            whose.extend(deed.tables.iter().map(|table| (table.as_str(), deed.owner.as_str())));
        }
        let allowed = self.may_alter.get(&revision.owner);
        let takes: BTreeSet<String> = revision.takes.iter().map(|table| folded(self.dialect, table)).collect();
        whose.retain(|table, owner| {
            *owner != revision.owner
                && !takes.contains(*table)
                && !allowed.is_some_and(|tables| tables.contains(*table))
        });
        whose
    }

    /// The first statement of a file of a revision that changes what is another's. Where the file will be run in a
    /// transaction, what it alters is compared then.
    pub(super) fn trespass(&self, revision: &Revision, sql: &str) -> Option<Trespass> {
        if revision.owner == CORE {
            return None;
        }
        let strange = self.strange(revision);
        let known = self.known_to(revision, sql);
        let statements = self.dialect.statements(sql);
        let watched = revision.run_in_transaction && words(self.dialect).schema.is_some();
        statements.iter().find_map(|statement| {
            let touched = touches(self.dialect, &sql[statement.span.clone()]);
            touched.into_iter().filter(|(_, table)| !is_the_databases(self.dialect, table)).find_map(
                |(touch, table)| {
                    let owner = strange.get(folded(self.dialect, &table.to_string()).as_str());
                    let counts = match (touch, owner) {
                        (Touch::Alters, Some(_)) => !watched,
                        (Touch::Drops | Touch::Writes, Some(_)) => true,
                        (_, None) => {
                            known.as_ref().is_some_and(|known| !known.contains(&folded(self.dialect, &table.name)))
                        }
                    };
                    if !counts || self.puts_back(sql, &table) {
                        return None;
                    }
                    let owner = owner.map(|owner| (*owner).to_owned());
                    Some(Trespass { statement: statement.span.clone(), table, owner })
                },
            )
        })
    }

    /// The names of all that some chain has made, or that a file of a revision names itself, without their schemas:
    /// whatever else it touches is nobody's. `None` where code inside the database may have made it.
    fn known_to(&self, revision: &Revision, sql: &str) -> Option<BTreeSet<String>> {
        if self.untold.contains(&revision.owner) || !tells_all(self.dialect, sql) {
            return None;
        }
        let may_alter = self.may_alter.get(&revision.owner).into_iter().flatten();
        let stated = self.deeds.iter().flat_map(|deed| &deed.tables).chain(&revision.takes).chain(may_alter);
        let mut known: BTreeSet<String> = stated.map(|table| folded(self.dialect, table)).collect();
        let bare: Vec<_> =
            known.iter().filter_map(|table| table.rsplit_once('.')).map(|(_, name)| name.to_owned()).collect();
        known.extend(bare);
        known.extend(names(self.dialect, sql).into_iter().map(|table| folded(self.dialect, &table.name)));
        Some(known)
    }

    /// Whether all that a script does to a table is to drop foreign keys and add them again: another's key makes way
    /// for a change of what it points at.
    fn puts_back(&self, sql: &str, table: &TableName) -> bool {
        let (mut dropped, mut added, mut verbs) = (BTreeSet::new(), BTreeSet::new(), 0);
        for statement in self.dialect.statements(sql) {
            let text = &sql[statement.span];
            if !touches(self.dialect, text).iter().any(|(_, touched)| touched == table) {
                continue;
            }
            let tokens = self.dialect.tokens(text).unwrap_or_default();
            let words: Vec<_> = tokens.iter().map(|token| self.dialect.unquoted(&text[token.span.clone()])).collect();
            let is = |at: usize, word: &str| words.get(at).is_some_and(|found| found.eq_ignore_ascii_case(word));
            let begins = ["add", "drop", "modify", "change", "alter", "rename", "create", "truncate"];
            for at in 0..words.len() {
                verbs += usize::from(begins.iter().any(|verb| at > 0 && is(at, verb)));
                if is(at, "drop") && is(at + 1, "foreign") && is(at + 2, "key") {
                    dropped.extend(words.get(at + 3).cloned());
                } else if is(at, "add") && is(at + 1, "constraint") && is(at + 3, "foreign") {
                    added.extend(words.get(at + 2).cloned());
                }
            }
        }
        !dropped.is_empty() && dropped == added && verbs == dropped.len() + added.len()
    }

    /// What is others', as it is now: one query, and none where there is nothing to watch.
    pub(super) fn look(&self, link: &mut dyn Link, revision: &Revision) -> QueryResult<Seen> {
        let strange = self.strange(revision);
        let Some(query) = words(self.dialect).schema.filter(|_| !strange.is_empty()) else { return Ok(Seen::new()) };
        let mut seen = Seen::new();
        for row in link.rows(query, &[])? {
            let [schema, Some(table), described] = row.as_slice() else { continue };
            let table = TableName { schema: schema.clone(), name: table.clone() };
            let table = folded(self.dialect, &table.to_string());
            if strange.contains_key(table.as_str()) {
                seen.entry(table).or_default().push(described.clone().unwrap_or_default());
            }
        }
        seen.values_mut().for_each(|described| described.sort());
        Ok(seen)
    }

    /// The first table that isn't what it was, and its owner. That a revision's own renames show in others'
    /// foreign keys is no change of theirs.
    pub(super) fn changed(
        &self,
        before: &Seen,
        after: &Seen,
        revision: &Revision,
        sql: &str,
    ) -> Option<(String, String)> {
        let renamed = self.renamed(sql);
        let is_same = |(old, new): (&String, &String)| old == new || self.is_renamed(old, new, &renamed);
        let is_changed = |table: &String| match (before.get(table), after.get(table)) {
            (Some(old), Some(new)) => old.len() != new.len() || !old.iter().zip(new).all(is_same),
            (old, new) => old.is_some() != new.is_some(),
        };
        let table = before.keys().chain(after.keys()).find(|table| is_changed(table))?;
        let owner = self.strange(revision).get(table.as_str()).map(|owner| (*owner).to_owned())?;
        Some((table.clone(), owner))
    }

    /// The identifiers in statements that rename.
    fn renamed(&self, sql: &str) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for statement in self.dialect.statements(sql) {
            let text = &sql[statement.span];
            let tokens = self.dialect.tokens(text).unwrap_or_default();
            let words: Vec<String> =
                tokens.iter().map(|token| self.dialect.unquoted(&text[token.span.clone()])).collect();
            if words.iter().any(|word| word.eq_ignore_ascii_case("rename")) {
                names.extend(words);
            }
        }
        names
    }

    fn is_renamed(&self, old: &str, new: &str, renamed: &BTreeSet<String>) -> bool {
        let (Some(before), Some(after)) = (self.dialect.tokens(old), self.dialect.tokens(new)) else { return false };
        before.len() == after.len()
            && before.iter().zip(&after).all(|(a, b)| {
                let (a, b) = (self.dialect.unquoted(&old[a.span.clone()]), self.dialect.unquoted(&new[b.span.clone()]));
                a == b || renamed.contains(&b)
            })
    }
}

/// Whether a table is where a database keeps its own affairs: numbering, settings, what a session made.
fn is_the_databases(dialect: Dialect, table: &TableName) -> bool {
    let facts = dialect.facts();
    let schema = table.schema.as_deref().unwrap_or_default().to_ascii_lowercase();
    facts.own_schemas.contains(&schema.as_str())
        || facts.own_prefix.is_some_and(|prefix| table.name.to_ascii_lowercase().starts_with(prefix))
}

/// A name as the database tells names apart; the schema that everybody is in doesn't count.
fn folded(dialect: Dialect, name: &str) -> String {
    let name = name.strip_prefix("public.").unwrap_or(name);
    if dialect.facts().names_ignore_case { name.to_ascii_lowercase() } else { name.to_owned() }
}
