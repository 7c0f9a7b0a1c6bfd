//! A host in all of its dialects: which of them can be worked on here, and whether their chains are
//! in step.

use std::collections::BTreeMap;
use std::path::PathBuf;

use autogen::dialect::Dialect;
use autogen::error::{Diagnostic, Error, Result};
use autogen::history::Revision;
use autogen::scan::{Definitions, read_edited};
use tracing::debug_span;

use crate::args::Global;
use crate::ui::Ui;
use crate::work::{Models, Stated, Work};

/// A host, once for each dialect.
pub(crate) struct Works {
    /// Those with a database to replay and to prove on; at least one.
    pub(crate) here: Vec<Work>,
    /// Those without.
    left_out: Vec<Work>,
    /// Whether the command line asks for some dialects only.
    is_chosen: bool,
    /// Source files as they are about to be written, where that isn't as they are.
    edits: BTreeMap<PathBuf, String>,
}

impl Works {
    /// Reads configuration and chains of every dialect, or of the one asked for.
    ///
    /// Where there are several, one that has no server here is left out with a warning: others need
    /// not wait for it. With `--require-verify` that is an error.
    pub(crate) fn load(global: &Global, ui: &Ui) -> Result<Self> {
        let stated = Stated::read(global)?;
        let mut works = Self {
            here: Vec::new(),
            left_out: Vec::new(),
            is_chosen: global.dialect.is_some(),
            edits: BTreeMap::new(),
        };
        let mut missing = None;
        for dialect in &stated.dialects {
            let work = stated.work(*dialect)?;
            let is_asked_for = global.dialect.is_none_or(|asked| asked == *dialect);
            match work.scratch_server() {
                _ if !is_asked_for => works.left_out.push(work),
                Ok(_) => works.here.push(work),
                Err(error) if error.code() == "no-scratch-server" && !global.require_verify && !works.is_chosen => {
                    ui.diagnostics(&[left_out(*dialect)]);
                    missing.get_or_insert(error);
                    works.left_out.push(work);
                }
                Err(error) => return Err(error),
            }
        }
        match missing.filter(|_| works.here.is_empty()) {
            Some(error) => Err(error),
            None => Ok(works),
        }
    }

    /// The same host with other source, of which only some owners count, compared with its chains alone.
    pub(crate) fn edited(mut self, edits: BTreeMap<PathBuf, String>, owners: &[String]) -> Self {
        for work in &mut self.here {
            work.select(owners);
            work.leave_live();
        }
        self.edits = edits;
        self
    }

    /// All dialects; those of [`Works::here`] first, in their order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Work> {
        self.here.iter().chain(&self.left_out)
    }

    /// Names of the dialects that nothing is said about.
    pub(crate) fn left_out(&self) -> Vec<&'static str> {
        self.left_out.iter().map(|work| work.dialect.name()).collect()
    }

    /// Scans every owner's source once, and reads it in each dialect. Warnings are printed; errors of
    /// all files and dialects come together.
    pub(crate) fn models(&self, ui: &Ui) -> Result<Vec<Models>> {
        let host = &self.here[0].host;
        let scan = debug_span!("scan").entered();
        let definitions: Vec<Definitions> =
            host.owners.iter().map(|owner| read_edited(&owner.name, &owner.sources, &host.root, &self.edits)).collect();
        drop(scan);
        let mut diagnostics: Vec<Diagnostic> =
            definitions.iter().flat_map(|found| found.diagnostics.iter().cloned()).collect();
        let mut models = Vec::new();
        // What a type means where no server is can be told all the same, unless nobody asks.
        let others = self.left_out.iter().filter(|_| !self.is_chosen);
        for (position, work) in self.here.iter().chain(others).enumerate() {
            let (found, complaints) =
                debug_span!("lower", dialect = work.dialect.name()).in_scope(|| work.lowered(&definitions));
            diagnostics.extend(complaints);
            models.extend(Some(found).filter(|_| position < self.here.len()));
        }
        let mut told: Vec<Diagnostic> = Vec::new();
        for diagnostic in diagnostics {
            // Most of what is wrong is wrong in every dialect.
            if !told.contains(&diagnostic) {
                told.push(diagnostic);
            }
        }
        ui.diagnostics(&Error::unless_clean(told)?);
        Ok(models)
    }

    /// Refuses a host that neither defines a table nor has a revision: nothing of it could be in sync.
    pub(crate) fn refuse_empty(&self, models: &[Models]) -> Result<()> {
        let defines = |models: &Models| !models.schema.tables.is_empty() || !models.schema.enums.is_empty();
        if models.iter().any(defines) || self.all().any(|work| !work.history.revisions().is_empty()) {
            return Ok(());
        }
        let message = "there is nothing to compare: the host defines no table and has no migrations";
        Err(Error::new("nothing-defined", message).help(
            "define a table by `autogen::table!` or `diesel::table!`, begin a plugin by `autogen new NAME`, or take over a \
             database by `autogen adopt`",
        ))
    }

    /// The newest revision of an owner that this program has written, for whatever dialect. Chains are
    /// in step when every dialect's has it.
    pub(crate) fn newest(&self, owner: &str) -> Option<&Revision> {
        let all = self.here.iter().chain(&self.left_out);
        let ours = all.flat_map(|work| work.history.of(owner)).filter(|revision| revision.by_autogen);
        ours.max_by(|a, b| a.version.cmp(&b.version))
    }

    /// The dialects whose chain of an owner lacks a revision.
    pub(crate) fn lacking(&self, revision: &Revision) -> Vec<Dialect> {
        let all = self.here.iter().chain(&self.left_out);
        let lacking = all.filter(|work| work.history.get(&revision.version).is_none());
        lacking.map(|work| work.dialect).collect()
    }
}

fn left_out(dialect: Dialect) -> Diagnostic {
    Diagnostic::warning(
        "dialect-left-out",
        format!("nothing is written, checked or proven for {dialect}: no server is known on which that could be done"),
    )
    .help(format!(
        "state one by `scratch.{dialect}` under `[database]` in autogen.toml; a later run that has it writes what is \
         missing, under the same version"
    ))
}
