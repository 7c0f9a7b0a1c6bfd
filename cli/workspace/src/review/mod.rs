//! Reviews what a branch adds to chains, against the branch that it is to be merged into.
//!
//! Nothing is taken on trust. What new revisions change, what that risks and whether it is proven is found out on
//! scratch databases, with the chains of both branches from the git repository.

mod compatible;
mod effects;
mod git;
mod header;
mod snapshot;
mod together;

use autogen_codegen::revision::Risk;
use autogen_engine::dialect::Dialect;
use autogen_engine::error::{Code, Error, Result};
use autogen_engine::history::{History, Revision, Version, checksum, trespasses};
use autogen_engine::host::Policy;
use autogen_engine::model::{Change, Schema};
use autogen_engine::plan::RoundTrip;

use crate::dialects::Workspaces;
use crate::finding::Finding;
use crate::heads::{branched, two_heads};
use crate::workspace::Workspace;
pub(crate) use git::Checkout;
use git::Commit;
pub(crate) use header::Renames;
use snapshot::Snapshot;

/// What to compare a branch with.
#[derive(Debug, Clone, Default)]
pub struct ReviewOptions {
    /// The branch that it is to be merged into, as git names it; the repository's main branch if none is stated.
    pub base: Option<String>,
    /// A commit whose definitions must work on the new schema.
    pub compatible_with: Option<String>,
}

/// What a branch adds.
#[derive(Debug)]
pub struct Review<'a> {
    /// The branch that it was compared with.
    pub base: String,
    /// The number of revisions that were added to that branch meanwhile.
    pub landed: usize,
    /// What each owner adds in each dialect. Owners that add nothing are left out.
    pub additions: Vec<Addition<'a>>,
    /// The reasons against merging it.
    pub findings: Vec<Finding>,
}

/// What a branch adds to one owner's chain in one dialect.
#[derive(Debug)]
pub struct Addition<'a> {
    /// The host in that dialect.
    pub workspace: &'a Workspace,
    /// The owner of the chain.
    pub owner: String,
    /// The new revisions, in order, each with what was just proven, in sentences. `None` if the proof failed.
    pub revisions: Vec<(&'a Revision, Option<Vec<String>>)>,
    /// What they do in total. `None` if one of them doesn't run.
    pub effect: Option<Effect>,
    /// The policy of the branch that they are to be merged into.
    pub(crate) policy: Policy,
}

/// What revisions do in total.
#[derive(Debug)]
pub struct Effect {
    /// What they change.
    pub changes: Vec<Change>,
    /// The risks of the changes.
    pub risks: Vec<Risk>,
    /// The whole schema before them.
    pub start: Schema,
    /// The plans that would do it all at once.
    pub plans: RoundTrip,
}

impl Workspaces {
    /// Reviews the work tree against another branch of the repository that contains the host.
    ///
    /// # Errors
    /// `no-repository`, `no-such-commit` and `no-common-commit`. Fails too if the host at one of the commits
    /// can't be read, or if chains can't be tried.
    pub fn review(&self, options: &ReviewOptions) -> Result<Review<'_>> {
        let checkout = Checkout::of(&self.here[0].host.root)?;
        let base = checkout.commit(options.base.as_deref())?;
        let fork = Commit { name: base.name.clone(), id: checkout.fork_point(&base)? };
        let former = options.compatible_with.as_deref().map(|name| checkout.commit(Some(name))).transpose()?;
        let tip = Snapshot::take(&checkout, &base)?;
        let fork = if fork.id == base.id { None } else { Some(Snapshot::take(&checkout, &fork)?) };
        let former = former.map(|commit| Snapshot::take(&checkout, &commit)).transpose()?;
        let mut review = Review { base: base.name, landed: 0, additions: Vec::new(), findings: Vec::new() };
        let usual = self.here[0].dialect;
        for workspace in &self.here {
            let tip_history = tip.history(workspace.dialect, usual)?;
            let fork_history = fork.as_ref().map(|fork| fork.history(workspace.dialect, usual)).transpose()?;
            let sides = Sides::of(workspace, &tip, fork_history.unwrap_or_else(|| tip_history.clone()), tip_history);
            let reviewing = Reviewing { workspace, sides, base: &review.base, findings: Vec::new() };
            let found = reviewing.run(former.as_ref(), usual).map_err(|error| workspace.in_its_dialect(error))?;
            review.landed = review.landed.max(found.landed);
            review.additions.extend(found.additions.into_iter().map(|addition| match &tip.host {
                // Whoever wrote the branch may have written its policy too.
                Some(host) => Addition { policy: host.config.policy.clone(), ..addition },
                None => addition,
            }));
            review.findings.extend(found.findings);
        }
        let new: Vec<&String> =
            review.additions.iter().flat_map(|addition| &addition.revisions).map(|(new, _)| &new.name).collect();
        let is_new = |finding: &Finding| finding.revision.as_ref().is_some_and(|name| new.contains(&name));
        review.findings.extend(self.out_of_step().into_iter().filter(is_new));
        Ok(review)
    }
}

/// Returns the versions that are in the work tree alone, for each dialect in turn.
///
/// # Errors
/// `no-repository`, `no-such-commit`, `no-common-commit`; when the host at one of the commits can't be read.
pub(crate) fn new_revisions(workspaces: &[Workspace], base: &str) -> Result<Vec<Vec<Version>>> {
    let checkout = Checkout::of(&workspaces[0].host.root)?;
    let base = checkout.commit(Some(base))?;
    let fork = Commit { name: base.name.clone(), id: checkout.fork_point(&base)? };
    let (tip, fork) = (Snapshot::take(&checkout, &base)?, Snapshot::take(&checkout, &fork)?);
    let usual = workspaces[0].dialect;
    let mut new = Vec::new();
    for workspace in workspaces {
        let (tip_history, fork) = (tip.history(workspace.dialect, usual)?, fork.history(workspace.dialect, usual)?);
        let sides = Sides::of(workspace, &tip, fork, tip_history);
        new.push(sides.new.into_iter().map(|revision| revision.version.clone()).collect());
    }
    Ok(new)
}

/// Returns the revisions that a branch adds to the chains of one dialect, and what it was compared with.
pub(crate) fn revisions_of_branch<'a>(
    workspace: &'a Workspace,
    base: Option<&str>,
) -> Result<(String, Vec<&'a Revision>)> {
    let checkout = Checkout::of(&workspace.host.root)?;
    let base = checkout.commit(base)?;
    let fork = Commit { name: base.name.clone(), id: checkout.fork_point(&base)? };
    let dialect = workspace.dialect;
    let tip = Snapshot::take(&checkout, &base)?;
    let fork = Snapshot::take(&checkout, &fork)?.history(dialect, dialect)?;
    let sides = Sides::of(workspace, &tip, fork, tip.history(dialect, dialect)?);
    Ok((base.name, sides.new))
}

/// What was found in one dialect.
struct Found<'a> {
    landed: usize,
    additions: Vec<Addition<'a>>,
    findings: Vec<Finding>,
}

/// The revisions of a host, sorted by the side that has them.
struct Sides<'a> {
    /// Revisions in the work tree only.
    new: Vec<&'a Revision>,
    /// The chains where the branch was made.
    fork: History,
    /// The chains of the base as they are now.
    tip: History,
    /// Revisions in the base only, added after the fork.
    landed: Vec<Revision>,
}

impl<'a> Sides<'a> {
    fn of(workspace: &'a Workspace, snapshot: &Snapshot, fork: History, tip: History) -> Self {
        let is_merged = |revision: &&Revision| {
            let there = tip.get(&revision.version);
            fork.get(&revision.version).is_some()
                || there.is_some_and(|there| differences(workspace.dialect, there, revision).is_empty())
        };
        let new = workspace.history.revisions().iter().filter(|revision| !is_merged(revision)).collect();
        let is_landed = |revision: &&Revision| {
            fork.get(&revision.version).is_none() && workspace.history.get(&revision.version).is_none()
        };
        let landed = tip.revisions().iter().filter(is_landed).map(|revision| snapshot.at_home(revision)).collect();
        Self { new, fork, tip, landed }
    }
}

/// A review in one dialect, and what it has found so far.
struct Reviewing<'a, 'b> {
    workspace: &'a Workspace,
    sides: Sides<'a>,
    base: &'b str,
    findings: Vec<Finding>,
}

impl<'a> Reviewing<'a, '_> {
    fn find(&mut self, revision: &Revision, code: Code, message: String, help: String) {
        let finding = Finding::new(code, message).of(&revision.owner, self.workspace.dialect);
        self.findings.push(finding.in_revision(revision).help(help));
    }

    /// Converts an error about a revision to a finding.
    fn find_error(&mut self, revision: &Revision, error: &Error) {
        let of_revision = |finding: Finding| finding.of(&revision.owner, self.workspace.dialect).in_revision(revision);
        let found: Vec<Finding> = Finding::of_error(error).into_iter().map(of_revision).collect();
        self.findings.extend(found);
    }

    fn run(mut self, former: Option<&Snapshot>, usual: Dialect) -> Result<Found<'a>> {
        let workspace = self.workspace;
        self.rewritten();
        self.trespasses()?;
        let judged = workspace.lint(&|revision| self.is_new(revision), false);
        self.findings.extend(judged.into_iter().flat_map(|judged| judged.findings));
        for owner in branched(workspace) {
            self.torn(owner);
        }
        let proofs = self.proofs();
        let is_proven = proofs.iter().all(|(_, proof)| proof.is_some());
        let mut additions = Vec::new();
        // A revision that doesn't run has no effect to look at.
        if is_proven {
            let mut effects = effects::of(workspace, &self.sides.new)?;
            for (revision, message) in effects.lies(workspace)? {
                let help = "write the revision anew by `autogen`, or correct the header".to_owned();
                self.find(revision, Code::HeaderDiffers, format!("{}: {message}", revision.name), help);
            }
            self.together()?;
            if let Some(former) = former {
                self.findings.extend(compatible::findings(workspace, former, effects.end(), usual)?);
            }
            additions = effects.additions(workspace, &proofs)?;
        } else {
            additions.extend(without_effects(workspace, &proofs));
        }
        Ok(Found { landed: self.sides.landed.len(), additions, findings: self.findings })
    }

    /// Finds revisions of the base that the branch has edited or removed.
    fn rewritten(&mut self) {
        let (workspace, base) = (self.workspace, self.base);
        let help = format!("databases may have applied it: put it back as `{base}` has it, and write a new revision");
        let mut found = Vec::new();
        for old in self.sides.fork.revisions().iter().filter(|old| workspace.is_selected(&old.owner)) {
            let tip = self.sides.tip.get(&old.version);
            match workspace.history.get(&old.version) {
                // The base has removed it too.
                None if tip.is_none() => {}
                None => {
                    // There is no file to show.
                    let message = format!("{} is gone, and `{base}` has it", old.name);
                    let finding = Finding::new(Code::MergedRevisionRemoved, message).of(&old.owner, workspace.dialect);
                    found.push(finding.help(&help));
                }
                Some(new) => {
                    let parts = differences(workspace.dialect, old, new);
                    let is_theirs = tip.is_some_and(|tip| differences(workspace.dialect, tip, new).is_empty());
                    if !parts.is_empty() && !is_theirs {
                        let message = format!("{} isn't what `{base}` has: {} differs", new.name, parts.join(", "));
                        let finding = Finding::new(Code::MergedRevisionEdited, message);
                        found.push(finding.of(&new.owner, workspace.dialect).in_revision(new).help(&help));
                    }
                }
            }
        }
        self.findings.extend(found);
        let is_taken = |new: &&Revision| self.sides.tip.get(&new.version).is_some();
        let taken: Vec<&Revision> = self.sides.new.iter().copied().filter(is_taken).collect();
        for new in taken {
            let message = format!("`{base}` has another revision under the version of {}", new.name);
            self.find(
                new,
                Code::VersionTaken,
                message,
                "give it a later name; nothing else tells the two apart".to_owned(),
            );
        }
    }

    /// Finds new revisions of plugins whose text says that they change what others own.
    fn trespasses(&mut self) -> Result<()> {
        for (revision, found) in trespasses(&self.workspace.history, self.workspace.dialect)? {
            if self.is_new(revision) {
                self.find_error(revision, &found.into());
            }
        }
        Ok(())
    }

    fn is_new(&self, revision: &Revision) -> bool {
        self.workspace.is_selected(&revision.owner) && self.sides.new.iter().any(|new| new.version == revision.version)
    }

    /// Creates the finding for a chain of the work tree that has branched.
    fn torn(&mut self, owner: &str) {
        let is_new = |revision: &Revision| self.is_new(revision);
        let error = two_heads(self.workspace, owner, &is_new);
        let heads = self.workspace.history.heads(owner);
        // In a merge of both, either side's may be the later one.
        if let Some(head) = heads.iter().rev().find(|head| is_new(head)).or(heads.last()).copied() {
            self.find_error(head, &error);
        }
    }

    /// Proves the new revisions, whatever their certificates say.
    fn proofs(&mut self) -> Vec<(&'a Revision, Option<Vec<String>>)> {
        let mut proofs = Vec::new();
        let new: Vec<&Revision> = self.sides.new.iter().copied().filter(|new| self.is_new(new)).collect();
        for revision in new {
            let proof = match self.workspace.verify(revision) {
                Ok(proof) => Some(proof.sentences()),
                Err(error) => {
                    self.find_error(revision, &error);
                    None
                }
            };
            proofs.push((revision, proof));
        }
        proofs
    }
}

/// Describes new revisions if one of them doesn't run.
fn without_effects<'a>(workspace: &'a Workspace, proofs: &[(&'a Revision, Option<Vec<String>>)]) -> Vec<Addition<'a>> {
    let owners = workspace.history.owners().filter(|owner| proofs.iter().any(|(revision, _)| revision.owner == *owner));
    let addition = |owner: &str| Addition {
        workspace,
        owner: owner.to_owned(),
        revisions: proofs.iter().filter(|(revision, _)| revision.owner == owner).cloned().collect(),
        effect: None,
        policy: workspace.host.config.policy.clone(),
    };
    owners.map(addition).collect()
}

/// Returns the parts in which two forms of a revision differ. Comments and the records of proofs don't count.
fn differences(dialect: Dialect, old: &Revision, new: &Revision) -> Vec<&'static str> {
    let down = |revision: &Revision| revision.down.as_deref().map(|down| checksum(dialect, down));
    let stated = |revision: &Revision| {
        // What a handwritten migration builds on is derived from the others.
        let revises = revision.by_autogen.then(|| revision.revises.clone());
        let Revision { depends_on, after, takes, gives, renamed_values, run_in_transaction, .. } = revision.clone();
        (revises, depends_on, after, takes, gives, renamed_values, run_in_transaction)
    };
    let parts = [
        (checksum(dialect, &old.up) != checksum(dialect, &new.up), "up.sql"),
        (down(old) != down(new), "down.sql"),
        (stated(old) != stated(new), "metadata.toml"),
    ];
    parts.into_iter().filter(|(differs, _)| *differs).map(|(_, part)| part).collect()
}
