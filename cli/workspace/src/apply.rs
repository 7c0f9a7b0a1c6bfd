//! Applying what is pending to the live database, and reverting it.

use std::collections::BTreeSet;

use autogen_codegen::printable::one_line;
use autogen_codegen::revision::{Risk, risks};
use autogen_codegen::sql;
use autogen_engine::database::Database;
use autogen_engine::error::{Code, Diagnostic, Result};
use autogen_engine::history::{
    Revision, Version, applied, downgrade_script, downgrade_undoing, going, half_run, is_as_made, ledger, note_as_made,
    status, to_apply, to_revert, upgrade, upgrade_script,
};
use autogen_engine::introspect::introspect;
use autogen_engine::plan::HazardKind;
use autogen_engine::scratch::{HalfRun, undo_script};

use crate::losses::refuse_losses;
use crate::observer::Observer;
use crate::workspace::Workspace;

/// Which revisions of an owner to revert.
#[derive(Debug, Clone)]
pub struct DowngradeOptions {
    /// The owner of the chain.
    pub owner: String,
    /// The place in the chain to go back to.
    pub target: String,
    /// Whether to revert others' revisions that depend on them too. Otherwise those are in the way.
    pub cascade: bool,
    /// What may be lost, by the hazards' names; all else is refused. `None` refuses nothing.
    pub allowed_hazards: Option<Vec<HazardKind>>,
}

/// What was reverted.
#[derive(Debug, Clone)]
pub struct Downgraded {
    /// The revisions, in order.
    pub reverted: Vec<Version>,
    /// What went with them.
    pub lost: Vec<Risk>,
}

impl Workspace {
    /// Returns the revisions of the selected owners up to a place in their chains, with everything that they
    /// depend on.
    ///
    /// # Errors
    /// Fails if there is no such place.
    fn wanted(&self, place: Option<&str>, applied: &BTreeSet<Version>) -> Result<Vec<&Revision>> {
        let wanted: Vec<&Revision> = match place {
            Some(place) => {
                let owners: Vec<&str> = self.history.owners().filter(|owner| self.is_selected(owner)).collect();
                to_apply(&self.history, &owners, place, applied)?
            }
            None => self.history.revisions().iter().filter(|revision| self.is_selected(&revision.owner)).collect(),
        };
        Ok(self.history.with_ancestors(&wanted))
    }

    /// Applies the pending revisions of the selected chains, or only those up to a place. Returns what was
    /// applied.
    ///
    /// # Errors
    /// Fails if there is no such place, or if a revision doesn't run.
    pub fn upgrade(
        &self,
        place: Option<&str>,
        database: &mut Database,
        observer: &dyn Observer,
    ) -> Result<Vec<Version>> {
        let there = applied(database)?;
        self.warn_of_edits(database, observer)?;
        let wanted = self.wanted(place, &there)?;
        self.remark_late(&wanted, &there, observer);
        let is_any = wanted.iter().any(|revision| !there.contains(&revision.version));
        let was_as_made = is_any && {
            let schema = introspect(database)?;
            is_as_made(database, &self.history, &schema)?
        };
        let done = upgrade(database, &self.history, &wanted, &mut |event| observer.event(&event))?;
        if was_as_made {
            let schema = introspect(database)?;
            note_as_made(database, &self.history, &schema)?;
        }
        Ok(done)
    }

    /// Writes what [`Workspace::upgrade`] would run as a script. The database need not exist.
    ///
    /// # Errors
    /// Fails if there is no such place, or if a revision can't be in a script.
    pub fn upgrade_script(
        &self,
        place: Option<&str>,
        mut database: Option<Database>,
        observer: &dyn Observer,
    ) -> Result<String> {
        let there = database.as_mut().map(|database| applied(database)).transpose()?.unwrap_or_default();
        if let Some(database) = &mut database {
            self.warn_of_edits(database, observer)?;
        }
        let wanted = self.wanted(place, &there)?;
        self.remark_late(&wanted, &there, observer);
        let entries = database.as_mut().map(|database| ledger(database)).transpose()?.unwrap_or_default();
        upgrade_script(&self.history, &wanted, &there, &entries, self.dialect)
    }

    /// Reverts revisions of one owner.
    ///
    /// # Errors
    /// Fails if there is no such target, if other revisions are in the way, if rows would be lost that may not be
    /// (`hazard-not-allowed`), or if a revision doesn't run.
    pub fn downgrade(
        &self,
        options: &DowngradeOptions,
        database: &mut Database,
        observer: &dyn Observer,
    ) -> Result<Downgraded> {
        let applied = applied(database)?;
        let revisions = self.unwanted(options, &applied, database)?;
        let lost = self.lost(options, &revisions, &applied, database)?;
        let mut undo = |revision: &Revision, ran: usize| {
            let script = |plan: &_| sql::script(&sql::statements(plan, self.dialect));
            let half = HalfRun { history: &self.history, applied: &applied, revision, ran, script: &script };
            let undo = undo_script(&half, &mut self.live(false)?, &self.scratch_server()?)?;
            undo.notes.iter().for_each(|note| observer.remark(note));
            Ok(undo.sql)
        };
        let mut progress = |event: autogen_engine::history::Event<'_>| observer.event(&event);
        let reverted = downgrade_undoing(database, &self.history, &revisions, &mut undo, &mut progress)?;
        Ok(Downgraded { reverted, lost })
    }

    /// Writes what [`Workspace::downgrade`] would run as a script, which says first what it loses.
    ///
    /// # Errors
    /// Those of [`Workspace::downgrade`]. Fails too if a revision can't be in a script.
    pub fn downgrade_script(&self, options: &DowngradeOptions, database: &mut Database) -> Result<String> {
        let applied = applied(database)?;
        let revisions = self.unwanted(options, &applied, database)?;
        let entries = ledger(database)?;
        let script = downgrade_script(&self.history, &revisions, &applied, &entries, self.dialect)?;
        let lost = self.lost(options, &revisions, &applied, database)?;
        let said = lost.iter().map(|risk| risks(std::slice::from_ref(risk)).concat());
        let said: String = said.map(|line| format!("-- Loses for good: {}\n", one_line(&line))).collect();
        Ok(said + &script)
    }

    /// Lists what is lost with revisions, if it may be.
    fn lost(
        &self,
        options: &DowngradeOptions,
        revisions: &[&Revision],
        applied: &BTreeSet<Version>,
        database: &mut Database,
    ) -> Result<Vec<Risk>> {
        // What has run in part isn't reverted by its down.sql.
        let half = half_run(database, &self.history)?;
        let there = applied.union(&half).cloned().collect();
        let mut goes = going(&self.history, revisions, &there, &half)?;
        goes.retain(|revision| !half.contains(&revision.version));
        let lost = self.losses(&goes, database)?;
        options.allowed_hazards.iter().try_for_each(|allowed| refuse_losses(&lost, allowed))?;
        Ok(lost)
    }

    fn unwanted(
        &self,
        options: &DowngradeOptions,
        applied: &BTreeSet<Version>,
        database: &mut Database,
    ) -> Result<Vec<&Revision>> {
        let mut there = applied.clone();
        // A revision that stopped halfway is the last one, and goes first.
        there.extend(half_run(database, &self.history)?.iter().cloned());
        let revisions = to_revert(&self.history, &options.owner, &options.target, &there)?;
        Ok(if options.cascade { self.history.with_descendants(&revisions) } else { revisions })
    }

    /// Warns of applied revisions whose files have been edited since. The edits never run.
    fn warn_of_edits(&self, database: &mut Database, observer: &dyn Observer) -> Result<()> {
        let status = status(database, &self.history)?;
        let edited = status.owners.iter().filter(|owner| self.is_selected(owner.owner)).flat_map(|owner| &owner.edited);
        let warnings: Vec<_> = edited
            .map(|revision| {
                let message = format!("{revision} was edited since the database has applied it");
                Diagnostic::warning(Code::EditedRevision, message)
                    .help("put the file back and write a new revision, or accept it by `autogen status --repair`")
            })
            .collect();
        observer.diagnostics(&warnings);
        Ok(())
    }

    /// Remarks on pending revisions with an earlier version than an applied one of the same chain, because
    /// another branch was applied first.
    fn remark_late(&self, wanted: &[&Revision], applied: &BTreeSet<Version>, observer: &dyn Observer) {
        for late in wanted.iter().filter(|revision| !applied.contains(&revision.version)) {
            let of_chain = self.history.of(&late.owner).filter(|found| applied.contains(&found.version));
            let newest = of_chain.max_by_key(|found| &found.version);
            if let Some(newer) = newest.filter(|newest| newest.version > late.version) {
                let why = "nothing says that it must come first";
                observer.remark(&format!("{late} is older than {newer}, which is applied; {why}"));
            }
        }
    }
}
