//! Checks whether a host is in sync: its models with its chains, its chains with the live database, and all
//! dialects with each other.

mod live;
mod reads;
pub(crate) mod standing;

use autogen_engine::error::{Code, Error, Result};
use autogen_engine::history::{ReplaySubset, Revision, Standing, trespasses};
use autogen_engine::model::{Change, Pair, Schema};
use autogen_engine::normalize::comparable_asking;
use tracing::debug_span;

use crate::cache::{Cache, Entry};
use crate::chain_schema::ChainSchema;
use crate::dialects::Workspaces;
use crate::drift::AsMade;
use crate::finding::Finding;
use crate::heads::two_heads;
use crate::models::{Makers, Models, Parts};
use crate::observer::Observer;
use crate::scope::Scope;
use crate::workspace::Workspace;

pub use reads::LiveReads;

impl Workspaces {
    /// Checks whether the selected owners are in sync, and returns what is wrong. `models` and `live` are those of
    /// [`Workspaces::models_and_live`].
    ///
    /// # Errors
    /// Fails if chains don't run, or if a database can't be read.
    pub fn check(&self, models: &[Models], live: LiveReads, observer: &dyn Observer) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for ((workspace, models), live) in self.here.iter().zip(models).zip(live.0) {
            let mut check = Check { workspace, models, observer, findings: Vec::new() };
            check.run(live).map_err(|error| workspace.in_its_dialect(error))?;
            findings.append(&mut check.findings);
        }
        findings.extend(self.out_of_step());
        findings.extend(self.stale());
        Ok(findings)
    }

    /// Returns findings for one owner whose chains don't end with the same version in all dialects.
    pub(crate) fn out_of_step(&self) -> Vec<Finding> {
        let workspace = &self.here[0];
        let mut findings = Vec::new();
        for owner in workspace.host.owners.iter().filter(|owner| workspace.is_selected(&owner.name)) {
            let Some(newest) = self.newest(&owner.name) else { continue };
            findings.extend(self.lacking(newest).into_iter().map(|dialect| {
                let message = format!("`{}` has no part for {dialect}", newest.dir.display());
                let help = format!("run `autogen` where a server for {dialect} is: it writes that part, and proves it");
                let finding = Finding::new(Code::DialectsOutOfStep, message).of(&owner.name, dialect);
                finding.in_revision(newest).help(help)
            }));
        }
        findings
    }

    /// Returns the revisions whose certificates no longer match their files. No server is needed.
    fn stale(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for workspace in self.all() {
            let standings = workspace.history.standings().into_iter();
            let stale = standings.filter(|(revision, standing)| {
                workspace.is_selected(&revision.owner) && matches!(standing, Standing::Stale(_))
            });
            findings.extend(stale.filter_map(|(revision, standing)| workspace.not_certified(revision, &standing)));
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
    fn run(&mut self, live: Option<Result<Option<AsMade>>>) -> Result<()> {
        let workspace = self.workspace;
        let owners: Vec<&str> = workspace.owners(self.models).into_iter().map(|owner| owner.name.as_str()).collect();
        let mut is_torn = false;
        for owner in &owners {
            is_torn |= self.branched(owner);
        }
        self.trespasses()?;
        let made = live.filter(|_| !is_torn).transpose()?.flatten().and_then(|made| made.told(self.models));
        if let Some(made) = made {
            return self.as_made(made);
        }
        if workspace.is_about_some() && !is_torn {
            let subset = workspace.replay_subset(&owners, self.models, true);
            let mut part = Check { findings: Vec::new(), ..*self };
            // A partial read can prove success, never failure.
            if subset.is_some() && part.replaying(subset.as_ref()).is_ok() && part.findings.is_empty() {
                return Ok(());
            }
        }
        match self.replaying(None) {
            // The conflict of the branches is already reported.
            Err(_) if is_torn => Ok(()),
            done => done,
        }
    }

    /// Compares the models with the chains, or with the parts of them that some owners need, and the chains with
    /// the live database.
    fn replaying(&mut self, subset: Option<&ReplaySubset<'_>>) -> Result<()> {
        let (workspace, models) = (self.workspace, self.models);
        let mut chains = ChainSchema::of(workspace, subset)?;
        let both = chains.beside(models)?;
        let makers = chains.makers()?;
        let owners: Vec<&str> = workspace.owners(models).into_iter().map(|owner| owner.name.as_str()).collect();
        if let Some(table) = Scope::of(&owners, models, makers).unread(&both.from) {
            return Err(Error::new(Code::CantIntrospect, format!("{table} wasn't read")));
        }
        self.compare(&both, makers);
        if workspace.url.is_none() || (subset.is_some() && !self.findings.is_empty()) {
            return Ok(());
        }
        self.live(chains.into_replayed()?, subset)
    }

    /// Compares the models with a live database that is known to be exactly what the chains make. Then nothing
    /// needs replaying, unless something must be asked of a database that may be written to.
    fn as_made(&mut self, AsMade { schema, makers, both }: AsMade) -> Result<()> {
        let (workspace, models) = (self.workspace, self.models);
        let mut chains = None;
        let normalized = || {
            let _span = debug_span!("normalize").entered();
            let pair = Pair::new(schema, models.schema.clone());
            comparable_asking(pair, workspace.dialect, |questions| match &mut chains {
                Some(chains) => ChainSchema::answers(chains, questions),
                none => none.insert(ChainSchema::of(workspace, None)?).answers(questions),
            })
        };
        let both = both.map_or_else(normalized, Ok)?;
        workspace.report_kept(&both.from, models, &makers, self.observer);
        self.compare(&both, &makers);
        Ok(())
    }

    /// Compares the models with what the chains make.
    fn compare(&mut self, both: &Pair<Schema>, makers: &Makers) {
        let workspace = self.workspace;
        let parts = Parts::new(both, self.models, makers);
        for owner in workspace.owners(self.models) {
            let changes = workspace.compare(&owner.name, &parts).changes;
            if !changes.is_empty() {
                self.findings.push(workspace.models_ahead(&owner.name, changes, &self.models.schema));
            }
        }
    }

    /// Finds revisions of plugins whose text says that they change what others own.
    fn trespasses(&mut self) -> Result<()> {
        let workspace = self.workspace;
        let known = [workspace.dialect.name(), &workspace.history.digest()];
        let none_found = Cache::of(&workspace.options).entry("no-trespass", &known);
        if none_found.as_ref().and_then(Entry::read) == Some(true) {
            return Ok(());
        }
        let found = trespasses(&workspace.history, workspace.dialect)?;
        if found.is_empty() {
            none_found.iter().for_each(|entry| entry.write(&true));
        }
        for (revision, found) in found {
            if workspace.is_selected(&revision.owner) {
                let found = Finding::of_diagnostics(std::slice::from_ref(&found)).into_iter();
                let found = found.map(|found| found.of(&revision.owner, workspace.dialect).in_revision(revision));
                self.findings.extend(found);
            }
        }
        Ok(())
    }

    /// Finds whether a chain has branched.
    fn branched(&mut self, owner: &str) -> bool {
        if self.workspace.history.heads(owner).len() < 2 {
            return false;
        }
        let mut said = two_heads(self.workspace, owner, &|_| true).diagnostics.into_iter();
        let main = said.next();
        let notes: String = said.map(|note| format!("; {}", note.message)).collect();
        let message = main.as_ref().map_or("", |main| main.message.as_str());
        let finding = Finding::new(Code::TwoHeads, format!("{message}{notes}")).of(owner, self.workspace.dialect);
        let last = self.workspace.history.heads(owner).into_iter().max_by(|a, b| a.version.cmp(&b.version));
        let finding = last.into_iter().fold(finding, Finding::in_revision);
        self.findings.push(finding.help(main.and_then(|main| main.help).unwrap_or_default()));
        true
    }
}

impl Workspace {
    /// Creates the finding for a revision that isn't proven as it is now, unless its certificate holds.
    pub fn not_certified(&self, revision: &Revision, standing: &Standing) -> Option<Finding> {
        let (code, what, help) = match standing {
            Standing::Proven => return None,
            Standing::Stale(why) => {
                let why: Vec<String> = why.iter().map(ToString::to_string).collect();
                let help = "put the files back, or prove and certify it anew by `autogen verify --record`";
                (Code::StaleProof, format!("{} is no longer as it was proven: {}", revision.name, why.join(", ")), help)
            }
            Standing::Unproven => {
                let help = "prove and certify it by `autogen verify --record`";
                (Code::Unproven, format!("{} has no certificate", revision.name), help)
            }
        };
        Some(Finding::new(code, what).of(&revision.owner, self.dialect).in_revision(revision).help(help))
    }

    /// Creates the finding for an owner whose definitions aren't what its chain makes.
    pub fn models_ahead(&self, owner: &str, changes: Vec<Change>, models: &Schema) -> Finding {
        let finding = Finding::new(Code::ModelsAhead, "the models are ahead of the chain").of(owner, self.dialect);
        let finding = finding.mended_by(changes, models).help("run `autogen` to write the next revision");
        // What nobody defines any more is only in the chain.
        finding.or_at_end_of(self.history.of(owner))
    }
}
