//! Whether a host is in sync: its models with its chains, these with the live database, and all dialects with one another.

mod live;

use autogen::dialect::Dialect;
use autogen::error::{Code, Error, Result};
use autogen::history::{ReplaySubset, Revision, Standing, trespasses};
use autogen::introspect::introspect;
use autogen::model::{Change, Pair, Schema};
use autogen::normalize::comparable_asking;
use autogen::scratch::Replayed;
use autogen::spelling::spelled;
use tracing::debug_span;

use crate::dialects::Workspaces;
use crate::drift;
use crate::heads::two_heads;
use crate::models::{Makers, Models};
use crate::observer::Observer;
use crate::scope::Scope;
use crate::workspace::Workspace;

/// Something that keeps a host from being in sync.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The dialect of the chain.
    pub dialect: Dialect,
    /// Whose chain or tables it is about, where that can be told.
    pub plugin: Option<String>,
    /// Its code, as docs/errors.md lists it.
    pub code: Code,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What would mend it, where that can be said in changes.
    pub changes: Vec<Change>,
    /// What to do about it.
    pub help: String,
}

impl Workspaces {
    /// Checks whether the owners in question are in sync, and returns what keeps them from that. `models` are those of
    /// [`Workspaces::models`].
    ///
    /// # Errors
    /// When chains don't run, or a database can't be read.
    pub fn check(&self, models: &[Models], observer: &dyn Observer) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for (workspace, models) in self.here.iter().zip(models) {
            let mut check = Check { workspace, models, observer, findings: Vec::new() };
            check.run().map_err(|error| workspace.in_its_dialect(error))?;
            findings.append(&mut check.findings);
        }
        findings.extend(self.out_of_step());
        findings.extend(self.stale());
        Ok(findings)
    }

    /// Returns where revisions were proven as they no longer are; no server is needed to tell.
    fn stale(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for workspace in self.all() {
            let standings = workspace.history.standings();
            for owner in workspace.host.owners.iter().filter(|owner| workspace.is_selected(&owner.name)) {
                let is_stale = |(revision, standing): &&(&Revision, Standing)| {
                    revision.owner == owner.name && matches!(standing, Standing::Stale(_))
                };
                let lines = standings.iter().filter(is_stale).map(|(revision, standing)| {
                    format!("{} ({})", revision.name, standing.to_string().trim_start_matches("stale: "))
                });
                let lines: Vec<String> = lines.collect();
                if !lines.is_empty() {
                    findings.push(Finding {
                        dialect: workspace.dialect,
                        plugin: Some(owner.name.clone()),
                        code: Code::StaleProof,
                        message: format!("no longer as it was proven: {}", lines.join("; ")),
                        changes: Vec::new(),
                        help: "put the files back, or prove and certify them anew by `autogen verify --record`"
                            .to_owned(),
                    });
                }
            }
        }
        findings
    }

    /// Returns where the chains of one owner don't end with the same version in all dialects.
    fn out_of_step(&self) -> Vec<Finding> {
        let workspace = &self.here[0];
        let mut findings = Vec::new();
        for owner in workspace.host.owners.iter().filter(|owner| workspace.is_selected(&owner.name)) {
            let Some(newest) = self.newest(&owner.name) else { continue };
            findings.extend(self.lacking(newest).into_iter().map(|dialect| Finding {
                dialect,
                plugin: Some(owner.name.clone()),
                code: Code::DialectsOutOfStep,
                message: format!("`{}` has no part for {dialect}", newest.dir.display()),
                changes: Vec::new(),
                help: format!("run `autogen` where a server for {dialect} is: it writes that part, and proves it"),
            }));
        }
        findings
    }
}

/// A check in one dialect, and what it has found so far.
struct Check<'a> {
    workspace: &'a Workspace,
    models: &'a Models,
    observer: &'a dyn Observer,
    findings: Vec<Finding>,
}

impl Check<'_> {
    fn find(&mut self, plugin: &str, code: Code, message: String, help: String) {
        let (dialect, plugin) = (self.workspace.dialect, Some(plugin.to_owned()));
        self.findings.push(Finding { dialect, plugin, code, message, changes: Vec::new(), help });
    }

    fn run(&mut self) -> Result<()> {
        let workspace = self.workspace;
        let owners: Vec<&str> = workspace.owners(self.models).into_iter().map(|owner| owner.name.as_str()).collect();
        let mut is_torn = false;
        for owner in &owners {
            is_torn |= self.branched(owner);
        }
        self.trespasses()?;
        if !is_torn && self.as_made()? {
            return Ok(());
        }
        if workspace.is_about_some() && !is_torn {
            let subset = workspace.replay_subset(&owners, self.models, true);
            let mut part = Check { findings: Vec::new(), ..*self };
            // A part may show that all is well, never that it isn't.
            if subset.is_some() && part.replaying(subset.as_ref()).is_ok() && part.findings.is_empty() {
                return Ok(());
            }
        }
        match self.replaying(None) {
            // That branches don't go together has been said.
            Err(_) if is_torn => Ok(()),
            done => done,
        }
    }

    /// Compares the models with the chains, or with what some owners need of them, and these with the live database.
    fn replaying(&mut self, subset: Option<&ReplaySubset<'_>>) -> Result<()> {
        let (workspace, models) = (self.workspace, self.models);
        let mut replayed = workspace.replayed_as(subset)?;
        let mut there = introspect(&mut replayed.database)?;
        if let Some(subset) = subset {
            there.note_unread(&subset.unread);
        }
        let both = workspace.both_of(there, &mut replayed.database, models)?;
        let owners: Vec<&str> = workspace.owners(models).into_iter().map(|owner| owner.name.as_str()).collect();
        if let Some(table) = Scope::of(&owners, models, &replayed.makers).unread(&both.from) {
            return Err(Error::new(Code::CantIntrospect, format!("{table} wasn't read")));
        }
        self.compare(&both, &replayed.makers);
        if workspace.url.is_none() || (subset.is_some() && !self.findings.is_empty()) {
            return Ok(());
        }
        self.live(replayed, subset)
    }

    /// Compares the models with a live database that is known to be what the chains make, all of them: then nothing
    /// needs replaying, unless there is something to ask of a database that may be written to. Says whether it is so.
    fn as_made(&mut self) -> Result<bool> {
        let (workspace, models) = (self.workspace, self.models);
        if workspace.url.is_none() || workspace.history.revisions().is_empty() {
            return Ok(false);
        }
        let mut live = workspace.live(false)?;
        let Some((schema, makers)) = drift::as_made(workspace, models, &mut live)? else { return Ok(false) };
        let pair = Pair::new(schema, models.schema.clone());
        let mut replayed = None;
        let span = debug_span!("normalize").entered();
        let both = comparable_asking(pair, workspace.dialect, |questions| {
            let Replayed { database, .. } = match &mut replayed {
                Some(replayed) => replayed,
                None => replayed.insert(workspace.replayed()?),
            };
            spelled(database, questions)
        })?;
        drop(span);
        workspace.report_kept(&both.from, models, &makers, self.observer);
        self.compare(&both, &makers);
        Ok(true)
    }

    /// Compares the models with what the chains make.
    fn compare(&mut self, both: &Pair<Schema>, makers: &Makers) {
        let workspace = self.workspace;
        for owner in workspace.owners(self.models) {
            let changes = workspace.compare(&owner.name, both, self.models, makers).changes;
            if !changes.is_empty() {
                self.findings.push(Finding {
                    dialect: workspace.dialect,
                    plugin: Some(owner.name.clone()),
                    code: Code::ModelsAhead,
                    message: "the models are ahead of the chain".to_owned(),
                    changes,
                    help: "run `autogen` to write the next revision".to_owned(),
                });
            }
        }
    }

    /// Finds revisions of plugins that say that they change what others own.
    fn trespasses(&mut self) -> Result<()> {
        let workspace = self.workspace;
        for (revision, found) in trespasses(&workspace.history, workspace.dialect)? {
            if workspace.is_selected(&revision.owner) {
                self.find(&revision.owner, found.code, found.message, found.help.unwrap_or_default());
            }
        }
        Ok(())
    }

    /// Finds whether a chain has branched.
    fn branched(&mut self, owner: &str) -> bool {
        if self.workspace.history.heads(owner).len() < 2 {
            return false;
        }
        let mut said = two_heads(self.workspace, owner).diagnostics.into_iter();
        let main = said.next();
        let notes: String = said.map(|note| format!("; {}", note.message)).collect();
        let message = main.as_ref().map_or("", |main| main.message.as_str());
        self.find(
            owner,
            Code::TwoHeads,
            format!("{message}{notes}"),
            main.and_then(|main| main.help).unwrap_or_default(),
        );
        true
    }
}
