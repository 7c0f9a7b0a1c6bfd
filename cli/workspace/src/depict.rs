//! What there is to see of a schema: one state of it, or what differs between two.

use std::collections::{BTreeMap, BTreeSet};

use autogen_codegen::revision::header;
use autogen_engine::diff::diff;
use autogen_engine::error::{Error, Result};
use autogen_engine::history::{Point, Revision, makers, point};
use autogen_engine::introspect::introspect;
use autogen_engine::model::{Change, Pair, Rename, Schema, TableName};
use autogen_engine::normalize::comparable;
use autogen_engine::scan::{Definitions, read};
use autogen_engine::scratch::{beside, replay_only};

use crate::models::{Makers, Models, Parts};
use crate::observer::Observer;
use crate::review::{Renames, revisions_of_branch};
use crate::workspace::Workspace;

/// A state of a host's schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// What the sources define.
    Models,
    /// What the live database has.
    Database,
    /// What the chains make up to a place: a revision with all that comes before it.
    At(String),
}

impl State {
    /// Reads a state as the command line names it: `models`, `database`, or a place in the chains.
    pub fn named(text: &str) -> Self {
        match text {
            "models" => Self::Models,
            "database" => Self::Database,
            place => Self::At(place.to_owned()),
        }
    }
}

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum View {
    /// A state, and what differs from another one.
    State(State, Option<State>),
    /// What a revision changes.
    Revision(String),
    /// What a git branch adds to the chains, against another one: the repository's main branch if none is stated.
    Branch(Option<String>),
}

/// A schema to look at.
#[derive(Debug, Clone)]
pub struct Depicted {
    /// What it is, in a few words.
    pub what: String,
    /// The tables of the owners in question, and those that their keys point at.
    pub schema: Schema,
    /// What leads to it from the state that it is compared with.
    pub changes: Vec<Change>,
    owners: BTreeMap<TableName, String>,
}

/// What stands for the owner of a table that nobody owns.
const NOBODY: &str = "owned by nobody";

impl Depicted {
    /// Returns the owner of a table or type.
    pub fn owner_of(&self, name: &TableName) -> String {
        self.owners.get(name).map_or(NOBODY, String::as_str).to_owned()
    }
}

/// What is seen before tables of others are left out.
struct Seen {
    what: String,
    /// Before and after the changes.
    schemas: Pair<Schema>,
    changes: Vec<Change>,
    makers: Makers,
    models: Option<Models>,
}

impl Seen {
    /// Shows the way back.
    fn reversed(self) -> Self {
        let changes = self.changes.into_iter().rev().map(Change::reverse).collect();
        Self { schemas: self.schemas.reverse(), changes, ..self }
    }
}

impl Workspace {
    /// Looks at the schema. The models, and a database on its own, need no scratch database.
    ///
    /// # Errors
    /// When sources, chains or a database can't be read, or chains don't run; for a branch, those of
    /// [`Workspaces::review`](crate::Workspaces::review).
    pub fn depict(&self, view: &View, observer: &dyn Observer) -> Result<Depicted> {
        let seen = match view {
            View::State(of, None) => self.one_state(of, observer)?,
            View::State(of, Some(against)) => self.two_states(of, against, observer)?,
            View::Revision(text) => {
                let revision = self.revision_at(text)?;
                let later = self.history.with_successors(&[revision]);
                let old = self.history.revisions().iter().filter(|found| !later.contains(found)).collect();
                self.adding(format!("what {} changes", revision.name), old, &[revision])?
            }
            View::Branch(base) => {
                let (base, new) = revisions_of_branch(self, base.as_deref())?;
                let old = self.history.revisions().iter().filter(|found| !new.contains(found)).collect();
                self.adding(format!("what this branch adds to {base}"), old, &new)?
            }
        };
        Ok(self.of_selected(seen))
    }

    fn one_state(&self, state: &State, observer: &dyn Observer) -> Result<Seen> {
        let (schema, makers, models) = match state {
            State::Models => {
                let models = self.defined(observer)?;
                (models.schema.clone(), makers(self.dialect, &self.history), Some(models))
            }
            State::Database => (introspect(&mut self.live(false)?)?, makers(self.dialect, &self.history), None),
            State::At(place) => {
                let mut replayed = replay_only(&self.history, &self.up_to(place)?, &self.scratch_server()?)?;
                (introspect(&mut replayed.database)?, replayed.makers, None)
            }
        };
        let schemas = Pair::new(Schema::default(), schema);
        Ok(Seen { what: named(state), schemas, changes: Vec::new(), makers, models })
    }

    /// Returns a state with what leads to it from another one.
    fn two_states(&self, of: &State, against: &State, observer: &dyn Observer) -> Result<Seen> {
        let what = format!("{} against {}", named(of), named(against));
        match (against, of) {
            (State::At(before), State::At(after)) => {
                let (before, after) = (self.up_to(before)?, self.up_to(after)?);
                // Both are beginnings of one order.
                let (common, more) = if before.len() <= after.len() { (&before, &after) } else { (&after, &before) };
                let seen = self.adding(what, common.clone(), &more[common.len()..])?;
                Ok(if before.len() <= after.len() { seen } else { seen.reversed() })
            }
            (State::Models, State::Models) | (State::Database, State::Database) => self.one_state(of, observer),
            (other, State::Models) => self.models_against(what, other, observer),
            (State::Models, other) => self.models_against(what, other, observer).map(Seen::reversed),
            (State::Database, State::At(place)) => self.database_against(what, place),
            (State::At(place), State::Database) => self.database_against(what, place).map(Seen::reversed),
        }
    }

    /// Runs some revisions, and then `new` ones.
    fn adding(&self, what: String, old: Vec<&Revision>, new: &[&Revision]) -> Result<Seen> {
        let mut replayed = replay_only(&self.history, &old, &self.scratch_server()?)?;
        let before = introspect(&mut replayed.database)?;
        let mut makers = replayed.makers.clone();
        let mut renames = Renames::default();
        for revision in new {
            replayed.go_on(&[revision])?;
            if let Some(header) = header(&revision.owner, &revision.up) {
                renames.add(&header, &introspect(&mut replayed.database)?);
            }
        }
        let mut pair = Pair::new(before, introspect(&mut replayed.database)?);
        renames.hint(&mut pair);
        let schemas = comparable(pair, &mut replayed.database)?;
        makers.extend(replayed.makers);
        let changes = self.differing(&schemas, &makers);
        Ok(Seen { what, schemas, changes, makers, models: None })
    }

    /// Compares what the sources define with another state.
    fn models_against(&self, what: String, other: &State, observer: &dyn Observer) -> Result<Seen> {
        let models = self.defined(observer)?;
        let all = match other {
            State::At(place) => self.up_to(place)?,
            State::Models | State::Database => self.history.revisions().iter().collect(),
        };
        // The live database may be read-only, so it isn't asked how it spells things.
        let mut replayed = replay_only(&self.history, &all, &self.scratch_server()?)?;
        let there = match other {
            State::Database => introspect(&mut self.live(false)?)?,
            State::Models | State::At(_) => introspect(&mut replayed.database)?,
        };
        let schemas = self.both_of(there, &mut replayed.database, &models)?;
        let parts = Parts::new(&schemas, &models, &replayed.makers);
        let owners = self.host.owners.iter();
        let changes = owners.flat_map(|owner| self.compare(&owner.name, &parts).changes);
        let changes = changes.collect();
        Ok(Seen { what, schemas, changes, makers: replayed.makers, models: Some(models) })
    }

    /// Compares what chains make with the live database.
    fn database_against(&self, what: String, place: &str) -> Result<Seen> {
        let mut replayed = replay_only(&self.history, &self.up_to(place)?, &self.scratch_server()?)?;
        let live = introspect(&mut self.live(false)?)?;
        let made = introspect(&mut replayed.database)?;
        let schemas = beside(live, made, &mut replayed.database)?;
        let mut makers = makers(self.dialect, &self.history);
        makers.extend(replayed.makers);
        let changes = self.differing(&schemas, &makers);
        Ok(Seen { what, schemas, changes, makers, models: None })
    }

    /// Returns what differs in the tables of any owner, and in those of nobody.
    fn differing(&self, schemas: &Pair<Schema>, makers: &Makers) -> Vec<Change> {
        let mut changes = Vec::new();
        for owner in &self.host.owners {
            let owns = |table: &TableName| makers.get(table) == Some(&owner.name);
            let mut own = schemas.as_ref().map(|schema| schema.restricted(owns));
            owner.ignored.take_out(&mut own, self.dialect);
            changes.extend(diff(&own, self.dialect));
        }
        let others = schemas.as_ref().map(|schema| schema.restricted(|table| !makers.contains_key(table)));
        changes.extend(diff(&others, self.dialect));
        changes
    }

    /// Returns the revisions up to a place, in the order in which they are applied.
    fn up_to(&self, place: &str) -> Result<Vec<&Revision>> {
        let ends = match point(&self.history, self.only(), place)? {
            Point::Base(_) => return Ok(Vec::new()),
            Point::At(ends) => ends,
        };
        let all = self.history.revisions();
        let last = all.iter().rposition(|revision| ends.contains(&revision));
        Ok(all.iter().take(last.map_or(0, |last| last + 1)).collect())
    }

    /// Reads what all sources define in this dialect. Needs no server.
    fn defined(&self, observer: &dyn Observer) -> Result<Models> {
        let owners = self.host.owners.iter();
        let definitions: Vec<Definitions> =
            owners.map(|owner| read(&owner.name, &owner.sources, &self.host.root)).collect();
        let (models, complaints) = Models::lowered(self, &definitions);
        let read = definitions.iter().flat_map(|found| found.diagnostics.iter().cloned());
        observer.diagnostics(&Error::unless_clean(read.chain(complaints).collect())?);
        Ok(models)
    }

    /// Leaves out what is no concern of the owners in question.
    fn of_selected(&self, seen: Seen) -> Depicted {
        let Seen { what, schemas, mut changes, makers, models } = seen;
        let owner = |name: &TableName| match &models {
            Some(models) => models.owner_of(name, &makers).map(str::to_owned),
            None => makers.get(name).cloned(),
        };
        let renamed: BTreeSet<(TableName, TableName)> = changes.iter().filter_map(renamed).collect();
        let sides = [&schemas.to, &schemas.from].into_iter();
        let names = sides.flat_map(|schema| schema.tables.keys().chain(schema.enums.keys()));
        let mut owners: BTreeMap<TableName, String> =
            names.filter_map(|name| Some((name.clone(), owner(name)?))).collect();
        for (from, to) in renamed {
            if let Some(owner) = owners.get(&to).or(owners.get(&from)).cloned() {
                owners.insert(to, owner.clone());
                owners.insert(from, owner);
            }
        }
        let schema = if self.is_about_some() {
            let is_selected = |name: &TableName| owners.get(name).is_some_and(|owner| self.is_selected(owner));
            let selected = schemas.to.tables.values().filter(|table| is_selected(&table.name));
            let near: BTreeSet<&TableName> =
                selected.flat_map(|table| table.rules.foreign_keys().map(|key| &key.references)).collect();
            changes.retain(|change| is_selected(&change.subject().table));
            schemas.to.restricted(|name| is_selected(name) || near.contains(name))
        } else {
            schemas.to
        };
        let what = if self.host.config.several_dialects() { format!("{what}, for {}", self.dialect) } else { what };
        Depicted { what, schema, changes, owners }
    }
}

fn named(state: &State) -> String {
    match state {
        State::Models => "the models".to_owned(),
        State::Database => "the live database".to_owned(),
        State::At(place) => format!("the chains at {place}"),
    }
}

/// Returns the old and new name of a table or type that a change renames.
fn renamed(change: &Change) -> Option<(TableName, TableName)> {
    match change {
        Change::Rename(Rename::Table(names) | Rename::Enum(names)) => Some((names.from.clone(), names.to.clone())),
        Change::Rename(Rename::Column(..) | Rename::EnumValue(..))
        | Change::Table(_)
        | Change::Column(..)
        | Change::Rule(..)
        | Change::Enum(_) => None,
    }
}
