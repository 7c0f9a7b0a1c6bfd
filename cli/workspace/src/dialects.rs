//! A host in all of its dialects: which of them have a server here, and whether their chains are in step.

use std::collections::BTreeMap;
use std::path::PathBuf;

use autogen_engine::dialect::Dialect;
use autogen_engine::error::{Code, Diagnostic, Error, Result};
use autogen_engine::history::Revision;

use crate::models::Models;
use crate::observer::Observer;
use crate::options::Options;
use crate::settings::Settings;
use crate::workspace::Workspace;

/// A host, once for each dialect.
#[derive(Debug, Clone)]
pub struct Workspaces {
    /// The dialects with a database for replaying and proving. There is at least one.
    pub here: Vec<Workspace>,
    /// The dialects without one.
    pub(crate) left_out: Vec<Workspace>,
    /// Whether only some dialects were selected.
    pub(crate) is_chosen: bool,
    /// The new contents of source files that are about to be written.
    pub(crate) edits: BTreeMap<PathBuf, String>,
}

impl Workspaces {
    /// Opens a host in every dialect, or in the one asked for. If there are several, a dialect that has no server
    /// here is left out with a warning, so that the others need not wait for it. With
    /// [`Options::require_every_dialect`] that is an error.
    ///
    /// # Errors
    /// Fails if configuration or chains can't be read, or if no dialect has a server.
    pub fn open(options: &Options, observer: &dyn Observer) -> Result<Self> {
        let mut missing = None;
        let workspaces = Self::opened(&Settings::read(options)?, options, |workspace| {
            let is_asked_for = options.dialect.is_none_or(|asked| asked == workspace.dialect);
            match workspace.scratch_server() {
                _ if !is_asked_for => Ok(false),
                Ok(_) => Ok(true),
                Err(error)
                    if error.code() == Code::NoScratchServer
                        && !options.require_every_dialect
                        && options.dialect.is_none() =>
                {
                    observer.diagnostics(&[left_out(workspace.dialect)]);
                    missing.get_or_insert(error);
                    Ok(false)
                }
                Err(error) => Err(error),
            }
        })?;
        match missing.filter(|_| workspaces.here.is_empty()) {
            Some(error) => Err(error),
            None => Ok(workspaces),
        }
    }

    /// Opens a host in the dialects that `is_here` selects. The others are left out.
    pub(crate) fn opened(
        settings: &Settings,
        options: &Options,
        mut is_here: impl FnMut(&Workspace) -> Result<bool>,
    ) -> Result<Self> {
        let mut workspaces = Self {
            here: Vec::new(),
            left_out: Vec::new(),
            is_chosen: options.dialect.is_some(),
            edits: options.edits.clone(),
        };
        for dialect in &settings.dialects {
            let workspace = settings.workspace(*dialect)?;
            let place = if is_here(&workspace)? { &mut workspaces.here } else { &mut workspaces.left_out };
            place.push(workspace);
        }
        Ok(workspaces)
    }

    /// Returns the same host with other source, for some owners only, to be compared with its chains alone.
    #[must_use]
    pub fn edited(mut self, edits: BTreeMap<PathBuf, String>, owners: &[String]) -> Self {
        for workspace in &mut self.here {
            workspace.select(owners);
            workspace.leave_live();
            // An owner's first source is in a folder that doesn't exist yet.
            for owner in workspace.host.owners.iter_mut().filter(|owner| owner.sources.is_empty()) {
                owner.sources = edits.keys().filter(|file| file.starts_with(owner.root.join("src"))).cloned().collect();
            }
        }
        self.edits = edits;
        self
    }

    /// Returns all dialects; those of [`Workspaces::here`] first, in their order.
    pub fn all(&self) -> impl Iterator<Item = &Workspace> {
        self.here.iter().chain(&self.left_out)
    }

    /// Returns the names of the dialects that are left out.
    pub fn left_out(&self) -> Vec<&'static str> {
        self.left_out.iter().map(|workspace| workspace.dialect.name()).collect()
    }

    /// Scans every owner's source once, and reads it in each dialect of [`Workspaces::here`].
    ///
    /// # Errors
    /// Those of all files and dialects together.
    pub fn models(&self, observer: &dyn Observer) -> Result<Vec<Models>> {
        let (models, told) = self.lowered(&self.definitions());
        observer.diagnostics(&Error::unless_clean(told)?);
        Ok(models)
    }

    /// Refuses a host that neither defines a table nor has a revision, because it would always be in sync.
    ///
    /// # Errors
    /// `nothing-defined`
    pub fn refuse_empty(&self, models: &[Models]) -> Result<()> {
        let defines = |models: &Models| !models.schema.tables.is_empty() || !models.schema.enums.is_empty();
        if models.iter().any(defines) || self.all().any(|workspace| !workspace.history.revisions().is_empty()) {
            return Ok(());
        }
        let message = "there is nothing to compare: the host defines no table and has no migrations";
        Err(Error::new(Code::NothingDefined, message).help(
            "define a table by `autogen::table!` or `diesel::table!`, begin a plugin by `autogen new NAME`, or take over a \
             database by `autogen adopt`",
        ))
    }

    /// Returns an owner's newest revision that this program has written, in whatever dialect. Chains are in step
    /// if every dialect's chain has it.
    pub(crate) fn newest(&self, owner: &str) -> Option<&Revision> {
        let all = self.here.iter().chain(&self.left_out);
        let ours = all.flat_map(|workspace| workspace.history.of(owner)).filter(|revision| revision.by_autogen);
        ours.max_by(|a, b| a.version.cmp(&b.version))
    }

    /// Returns the dialects in which an owner's chain lacks a revision.
    pub(crate) fn lacking(&self, revision: &Revision) -> Vec<Dialect> {
        let all = self.here.iter().chain(&self.left_out);
        let lacking = all.filter(|workspace| workspace.history.get(&revision.version).is_none());
        lacking.map(|workspace| workspace.dialect).collect()
    }
}

fn left_out(dialect: Dialect) -> Diagnostic {
    Diagnostic::warning(
        Code::DialectLeftOut,
        format!("nothing is written, checked or proven for {dialect}: no server is known on which that could be done"),
    )
    .help(format!(
        "state one by `scratch.{dialect}` under `[database]` in autogen.toml; a later run that has it writes what is \
         missing, under the same version"
    ))
}
