//! Marking revisions as applied, or as not, without running them.

use std::collections::BTreeSet;

use autogen_engine::database::Database;
use autogen_engine::diff::diff;
use autogen_engine::error::Result;
use autogen_engine::history::{Entry, Marks, State, applied, ledger, made_by, stamp, to_mark};
use autogen_engine::introspect::introspect;
use autogen_engine::model::{Change, Pair, TableName};
use autogen_engine::scratch::{beside, replay_only};

use crate::workspace::Workspace;

/// The marks to set, and the half-done revisions that they end.
#[derive(Debug)]
pub struct Stamp<'a> {
    workspace: &'a Workspace,
    /// The marks to add and to remove.
    pub marks: Marks<'a>,
    /// Revisions that stop being half done, including those of chains that are gone.
    pub half_done: Vec<Entry>,
}

impl Workspace {
    /// Determines which marks bring the live database's state to some places in the selected chains. Nothing is
    /// written.
    ///
    /// # Errors
    /// Fails if there is no such place, or if the database can't be read.
    pub fn stamp<'a>(&'a self, places: &'a [String], database: &mut Database) -> Result<Stamp<'a>> {
        let owners: Vec<_> = self.history.owners().filter(|owner| self.is_selected(owner)).collect();
        let marks = to_mark(&self.history, &owners, places, &applied(database)?)?;
        let is_meant = |entry: &Entry| {
            let is_gone = !self.is_about_some() && !self.history.owners().any(|owner| owner == entry.plugin);
            entry.state != State::Applied && (marks.owners.contains(entry.plugin.as_str()) || is_gone)
        };
        let half_done = ledger(database)?.into_values().filter(is_meant).collect();
        Ok(Stamp { workspace: self, marks, half_done })
    }
}

impl Stamp<'_> {
    /// Returns `true` if there is nothing to mark.
    pub fn is_empty(&self) -> bool {
        self.marks.new.is_empty() && self.marks.gone.is_empty() && self.half_done.is_empty()
    }

    /// Returns the changes that would make the marked tables, and those that half a revision has made, match
    /// their marks.
    ///
    /// # Errors
    /// Fails if the chains don't run, or if the database can't be read.
    pub fn differences(&self, database: &mut Database) -> Result<Vec<Change>> {
        let Self { workspace, marks, half_done } = self;
        if self.is_empty() {
            return Ok(Vec::new());
        }
        let mut replayed = replay_only(&workspace.history, &marks.after, &workspace.scratch_server()?)?;
        let made = introspect(&mut replayed.database)?;
        let both = beside(introspect(database)?, made, &mut replayed.database)?;
        let mut gone: BTreeSet<TableName> =
            marks.gone.iter().flat_map(|revision| made_by(workspace.dialect, revision)).collect();
        gone.extend(half_done.iter().flat_map(|entry| entry.made.iter().cloned()));
        gone.retain(|table| !replayed.makers.contains_key(table));
        let is_meant = |table: &TableName| {
            let maker = replayed.makers.get(table);
            maker.is_some_and(|maker| marks.owners.contains(maker.as_str())) || gone.contains(table)
        };
        Ok(diff(&Pair::new(both.from.restricted(is_meant), both.to.restricted(is_meant)), workspace.dialect))
    }

    /// Writes the marks.
    ///
    /// # Errors
    /// Fails if the database can't be written.
    pub fn write(&self, database: &mut Database) -> Result<()> {
        stamp(database, &self.marks.new, &self.marks.gone, &self.half_done)
    }
}
