//! The owner of each table, as far as the chains that a database has applied tell.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use diesel::QueryResult;

use super::{Stage, postgres};
use crate::dialect::Dialect;
use crate::history::direction::Direction;
use crate::history::ledger::{Entry, State};
use crate::history::{CORE, History, Revision, Version};
use crate::link::Link;
use crate::model::{Permissions, STATE_TABLES, TableName};
use crate::sql::effects::{drops, makes, names, tells_all};
use crate::sql::triggers::{OwnTriggers, triggers};

/// The owner of each table.
#[derive(Debug, Clone)]
pub(in crate::history) struct Owners {
    pub(super) dialect: Dialect,
    /// In the order in which they were applied.
    changes: Vec<OwnershipChange>,
    /// What these changes come to.
    titles: Titles,
    permissions: BTreeMap<String, Permissions>,
    /// The database as the last review of a revision has left it.
    pub(in crate::history) stage: Rc<RefCell<Option<Stage>>>,
    /// Whether nobody else can change the database between two looks at revisions: one transaction holds them.
    pub(in crate::history) is_alone: Rc<Cell<bool>>,
    /// Revisions that have run in part.
    begun: BTreeMap<Version, State>,
    /// Plugins with applied revisions that no chain holds any more.
    lost: BTreeSet<String>,
    /// Plugins with migrations that run code inside the database, which may have made any table.
    pub(super) untold: BTreeSet<String>,
}

/// What comes before a trigger's name among objects.
const TRIGGER: &str = "trigger ";

/// Returns the owners whose applied revisions no chain holds any more, because they have left the host.
fn gone_owners(history: &History, gone: &[&Entry]) -> BTreeSet<String> {
    let known: BTreeSet<&str> = history.owners().collect();
    let gone = gone.iter().map(|entry| entry.plugin.clone());
    gone.filter(|owner| !known.contains(owner.as_str())).collect()
}

/// What one revision made for its owner, and what it dropped.
#[derive(Debug, Clone)]
struct OwnershipChange {
    version: Version,
    owner: String,
    made: Vec<String>,
    taken: Vec<String>,
    /// Tables, each with who may take it over.
    given: Vec<(String, String)>,
    dropped: Vec<String>,
    /// Objects without rows, as kinds and names.
    objects: Vec<String>,
}

/// Whose tables are, and whose they may become.
#[derive(Debug, Clone, Default)]
struct Titles {
    /// The tables that chains have made, each with its owner.
    whose: BTreeMap<String, String>,
    /// The tables that have been given away and not been taken over, each with who may take it. Only the owner and the core
    /// give a table away.
    given: BTreeMap<String, String>,
    /// Owners that have left the host. What was given to one counts as taken: nobody knows any more whether it was.
    gone: BTreeSet<String>,
}

impl Titles {
    /// Notes what a revision has changed.
    fn follow(&mut self, change: &OwnershipChange) {
        let Self { whose, given, gone } = self;
        let owner = &change.owner;
        for table in &change.dropped {
            if owner == CORE || whose.get(table) == Some(owner) {
                given.remove(table);
                whose.remove(table);
            }
        }
        for table in &change.made {
            let known = whose.entry(table.clone()).or_insert_with(|| owner.clone());
            if owner == CORE {
                known.clone_from(owner);
            }
        }
        let own = change.given.iter().filter(|(table, _)| owner == CORE || whose.get(table) == Some(owner));
        let (taken, open): (Vec<_>, Vec<_>) = own.cloned().partition(|(_, to)| gone.contains(to));
        given.extend(open);
        whose.extend(taken);
        for table in &change.taken {
            whose.insert(table.clone(), owner.clone());
            given.remove(table);
        }
    }
}

impl Owners {
    /// Reads the applied revisions. Those that no chain holds any more are read from the ledger.
    pub(in crate::history) fn new(
        history: &History,
        dialect: Dialect,
        applied: &BTreeSet<Version>,
        ledger: &BTreeMap<Version, Entry>,
    ) -> Self {
        let by_hand = history.revisions().iter().filter(|revision| !revision.by_autogen);
        let untold = by_hand.filter(|revision| !tells_all(dialect, &revision.up));
        let untold = untold.map(|revision| revision.owner.clone()).collect();
        let mut owners = Self {
            dialect,
            changes: Vec::new(),
            titles: Titles::default(),
            permissions: history.permissions.clone(),
            stage: Rc::default(),
            is_alone: Rc::default(),
            begun: BTreeMap::new(),
            lost: BTreeSet::new(),
            untold,
        };
        owners.begun.extend(ledger.values().map(|entry| (entry.version.clone(), entry.state)));
        let gone = ledger.values().filter(|entry| applied.contains(&entry.version));
        let mut gone: Vec<_> = gone.filter(|entry| history.get(&entry.version).is_none()).collect();
        gone.sort_by_key(|entry| entry.turn);
        owners.titles.gone = gone_owners(history, &gone);
        owners.lost = gone.iter().map(|entry| entry.plugin.clone()).collect();
        for entry in gone {
            owners.add((&entry.version, &entry.plugin), (&entry.made, Vec::new()), None);
        }
        let mut revisions: Vec<_> =
            history.revisions().iter().filter(|revision| applied.contains(&revision.version)).collect();
        // Those that another program applied have no turn, and keep the order of the chains.
        revisions.sort_by_key(|revision| ledger.get(&revision.version).map(|entry| entry.turn));
        for revision in revisions {
            let dropped = drops(dialect, &revision.up);
            match ledger.get(&revision.version) {
                Some(entry) => {
                    owners.add((&revision.version, &revision.owner), (&entry.made, dropped), Some(revision));
                }
                None => owners.note(revision),
            }
            owners.note_objects(revision);
        }
        owners
    }

    /// Returns the dialect of the database.
    pub(in crate::history) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Notes that a revision has been applied.
    pub(in crate::history) fn note(&mut self, revision: &Revision) {
        let (made, dropped) = (makes(self.dialect, &revision.up), drops(self.dialect, &revision.up));
        self.add((&revision.version, &revision.owner), (&made, dropped), Some(revision));
        self.note_objects(revision);
    }

    /// Adds the objects without rows that a revision has made.
    fn note_objects(&mut self, revision: &Revision) {
        let objects = match self.dialect {
            Dialect::Postgres => postgres::objects(&revision.up),
            Dialect::Sqlite | Dialect::Mysql => {
                let named = |name: String| format!("{TRIGGER}{}", cased(self.dialect, &name));
                triggers(self.dialect, &revision.up).into_iter().map(named).collect()
            }
        };
        if let Some(change) = self.changes.last_mut() {
            change.objects = objects;
        }
    }

    /// Returns the objects without rows that a plugin has made, as kinds and names.
    pub(super) fn objects_of(&self, owner: &str) -> Vec<String> {
        let changes = self.changes.iter().map(|change| (change.owner.as_str(), change.objects.as_slice()));
        let makers = postgres::makers(changes).into_iter().filter(|(_, maker)| *maker == owner);
        makers.map(|(object, _)| object.to_owned()).collect()
    }

    /// Tells a plugin's triggers from others'. One that the plugin has made stays its own, whoever else makes one of that
    /// name, unless the core does: a statement that makes a trigger may do nothing.
    pub(super) fn triggers_of(&self, owner: &str) -> OwnTriggers {
        let mut triggers = OwnTriggers { may_be_more: self.lost.contains(owner), ..OwnTriggers::default() };
        for change in &self.changes {
            for name in change.objects.iter().filter_map(|object| object.strip_prefix(TRIGGER)) {
                if change.owner == owner {
                    triggers.own.insert(name.to_owned());
                } else {
                    triggers.others.insert(name.to_owned());
                }
                if change.owner == CORE {
                    triggers.own.remove(name);
                }
            }
        }
        triggers
    }

    /// Notes that a revision has been reverted.
    pub(in crate::history) fn forget(&mut self, revision: &Revision) {
        self.changes.retain(|change| change.version != revision.version);
        self.titles = Titles { gone: std::mem::take(&mut self.titles.gone), ..Titles::default() };
        self.changes.iter().for_each(|change| self.titles.follow(change));
    }

    /// Returns `true` if the database is what the looks at its revisions were about.
    pub(in crate::history) fn shows(&self, link: &mut dyn Link) -> QueryResult<bool> {
        self.stage.borrow_mut().as_mut().map_or(Ok(true), |stage| stage.shows(link))
    }

    fn add(
        &mut self,
        (version, owner): (&Version, &str),
        (made, dropped): (&[TableName], Vec<TableName>),
        revision: Option<&Revision>,
    ) {
        let folded = |table: &String| folded(self.dialect, table);
        let named = |tables: &[TableName]| tables.iter().map(|table| named(self.dialect, table)).collect();
        let change = OwnershipChange {
            version: version.clone(),
            owner: owner.to_owned(),
            made: named(made),
            taken: revision.iter().flat_map(|stated| &stated.takes).map(folded).collect(),
            given: revision
                .iter()
                .flat_map(|stated| &stated.gives)
                .map(|(table, to)| (folded(table), to.clone()))
                .collect(),
            dropped: named(&dropped),
            objects: Vec::new(),
        };
        self.titles.follow(&change);
        self.changes.push(change);
    }

    /// Returns `true` if nothing holds a revision to its owner's tables: for the host's own revisions, and
    /// for those of plugins that the host trusts.
    pub(in crate::history) fn is_free(&self, revision: &Revision) -> bool {
        self.permits_all(&revision.owner)
    }

    fn permits_all(&self, owner: &str) -> bool {
        owner == CORE || self.permissions.get(owner).is_some_and(|given| given.trust)
    }

    /// Returns how many statements of a revision's file have run, if the revision stopped halfway.
    pub(in crate::history) fn ran(&self, revision: &Revision, direction: Direction) -> usize {
        match (self.begun.get(&revision.version), direction) {
            (Some(State::Applying { ran, .. }), Direction::Up)
            | (Some(State::Reverting { ran, .. }), Direction::Down) => *ran,
            (
                Some(State::Applying { .. } | State::Reverting { .. } | State::Undoing { .. } | State::Applied) | None,
                Direction::Up | Direction::Down | Direction::Undo,
            ) => 0,
        }
    }

    /// Returns the tables of others that a plugin may change.
    pub(super) fn may_alter(&self, owner: &str) -> BTreeSet<String> {
        let stated = self.permissions.get(owner).into_iter().flat_map(|given| &given.may_alter);
        stated.map(|table| folded(self.dialect, table)).collect()
    }

    /// Returns the tables that chains have made, each with its owner. A plugin's statement that makes a table
    /// of another's (`IF NOT EXISTS`) doesn't change the owner.
    pub(super) fn whose(&self) -> &BTreeMap<String, String> {
        &self.titles.whose
    }

    /// Returns the tables that a revision may change: its owner's, those that it takes over, and those that
    /// the host allows.
    pub(super) fn own(&self, revision: &Revision) -> BTreeSet<String> {
        let whose = self.whose().iter().filter(|(_, owner)| **owner == revision.owner);
        let mut own: BTreeSet<String> = whose.map(|(table, _)| table.clone()).collect();
        own.extend(revision.takes.iter().map(|table| folded(self.dialect, table)));
        own.extend(self.may_alter(&revision.owner));
        // Only this program writes to the tables that record what has run.
        own.retain(|table| !STATE_TABLES.contains(&table.as_str()));
        own
    }

    /// Returns the first table that a revision takes over without consent: nobody has given it to the
    /// revision's owner, and the host doesn't allow it.
    pub(super) fn taken(&self, revision: &Revision) -> Option<TableName> {
        let Titles { whose, given, gone: _ } = &self.titles;
        let may_alter = self.may_alter(&revision.owner);
        let owner = &revision.owner;
        let may_take =
            |table: &str| [whose.get(table), given.get(table)].contains(&Some(owner)) || may_alter.contains(table);
        let mut takes = revision.takes.iter().map(|table| folded(self.dialect, table));
        takes.find(|table| !may_take(table)).map(TableName::new)
    }

    /// Returns the names that the first statements of a file have given.
    pub(super) fn begun(&self, sql: &str, first: usize) -> Vec<String> {
        let statements = self.dialect.statements(sql);
        let end = statements.get(..first).and_then(<[_]>::last).map_or(0, |last| last.span.end);
        names(self.dialect, &sql[..end]).iter().map(|table| named(self.dialect, table)).collect()
    }

    /// Returns what the first statements of a file have made for good, and what the rest make.
    pub(super) fn made_around(&self, sql: &str, first: usize) -> (Vec<String>, Vec<String>) {
        let statements = self.dialect.statements(sql);
        let end = statements.get(..first).and_then(<[_]>::last).map_or(0, |last| last.span.end);
        let made = |part: &str| makes(self.dialect, part).iter().map(|table| named(self.dialect, table)).collect();
        (made(&sql[..end]), made(&sql[end..]))
    }

    /// Returns the owner of a table if a chain has made it.
    pub(super) fn owner_of(&self, table: &TableName) -> Option<String> {
        self.whose().get(&named(self.dialect, table)).cloned()
    }

    /// Returns the tables that aren't the revision's owner's and that the revision may not change, each with
    /// its owner.
    pub(super) fn strange(&self, revision: &Revision) -> BTreeMap<&str, &str> {
        if self.is_free(revision) {
            return BTreeMap::new();
        }
        let own = self.own(revision);
        let strange = self.whose().iter().filter(|(table, _)| !own.contains(*table));
        strange.map(|(table, owner)| (table.as_str(), owner.as_str())).collect()
    }

    /// Returns the names of everything that chains have made, without their schemas.
    pub(super) fn made(&self) -> impl Iterator<Item = &String> {
        self.changes.iter().flat_map(|change| change.made.iter().chain(&change.taken))
    }
}

impl History {
    /// Returns `true` if an owner may take over a table once all revisions are applied: if one of them gives it
    /// the table, or if the host allows it.
    pub fn may_take(&self, dialect: Dialect, owner: &str, table: &str) -> bool {
        let all = self.revisions().iter().map(|revision| revision.version.clone()).collect();
        let owners = Owners::new(self, dialect, &all, &BTreeMap::new());
        let table = folded(dialect, table);
        owners.permits_all(owner)
            || owners.may_alter(owner).contains(&table)
            || owners.titles.given.get(&table).is_some_and(|to| to == owner)
    }
}

/// Returns a table's name in the form in which the database compares names, without the default schema.
pub(super) fn named(dialect: Dialect, table: &TableName) -> String {
    let is_default = |schema: &String| match dialect {
        Dialect::Sqlite => schema.eq_ignore_ascii_case("main"),
        Dialect::Postgres => schema == "public",
        Dialect::Mysql => false,
    };
    let schema = table.schema.iter().filter(|schema| !is_default(schema));
    let parts: Vec<String> = schema.chain([&table.name]).map(|name| part(dialect, name)).collect();
    cased(dialect, &parts.join("."))
}

/// Writes a part of a name. Where names have two parts, it is in quotes if it could be taken for both: a table
/// `"other.assets"` isn't the table `assets` in the schema `other`. `before.sql` writes names in the same way.
fn part(dialect: Dialect, name: &str) -> String {
    match dialect {
        Dialect::Postgres if name.contains(['.', '"']) => format!("\"{}\"", name.replace('"', "\"\"")),
        Dialect::Sqlite | Dialect::Postgres | Dialect::Mysql => name.to_owned(),
    }
}

/// Returns a name that somebody has stated in the form in which the database compares names. The default schema is
/// left out.
pub(super) fn folded(dialect: Dialect, name: &str) -> String {
    let name = match dialect {
        Dialect::Postgres => name.strip_prefix("public.").unwrap_or(name),
        Dialect::Sqlite | Dialect::Mysql => name,
    };
    cased(dialect, name)
}

fn cased(dialect: Dialect, name: &str) -> String {
    match dialect {
        Dialect::Sqlite => name.to_ascii_lowercase(),
        Dialect::Postgres => name.to_owned(),
        // A server that folds names folds other letters than ASCII's too.
        Dialect::Mysql => name.to_lowercase(),
    }
}
