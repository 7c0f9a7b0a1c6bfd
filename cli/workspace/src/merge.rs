//! Revisions that join the heads of branched chains.

use autogen_codegen::revision::merge;
use autogen_engine::error::{Code, Error, Result};
use autogen_engine::history::{Autogen, Metadata, NewRevision, Revision, RevisionFiles, Version, next_version, slug};
use autogen_engine::model::whose;

use crate::dialects::Workspaces;
use crate::heads::{branched, conflicting, first_conflict};
use crate::workspace::Workspace;

impl Workspaces {
    /// Makes a revision for every selected chain that has branched, in every dialect. Nothing is written. The
    /// revision joins heads that were tried in either order.
    ///
    /// # Errors
    /// `heads-conflict` if the heads conflict. Fails too if they can't be tried.
    pub fn merges(&self, title: Option<&str>) -> Result<Vec<NewRevision>> {
        let mut new = Vec::new();
        for workspace in self.all() {
            for owner in branched(workspace) {
                let joined = joined(workspace, owner, title);
                new.push(joined.map_err(|error| workspace.in_its_dialect(error))?);
            }
        }
        Ok(new)
    }
}

/// Makes the merge of an owner's heads. An untested merge could let one branch undo the other, so a dialect
/// without a server gets none.
///
/// # Errors
/// `heads-conflict` if two heads can't be merged.
fn joined(workspace: &Workspace, owner: &str, title: Option<&str>) -> Result<NewRevision> {
    let heads = workspace.history.heads(owner);
    if let Some((left, right, found)) = first_conflict(workspace, &heads)? {
        let error = Error::new(Code::HeadsConflict, format!("the heads of {} chain can't be merged", whose(owner)));
        return Err(conflicting(error, &workspace.history, (left, right), &found));
    }
    let dialect = workspace.dialect;
    let proven = vec![format!("on {dialect}, the heads make the same schema in whichever order they are applied")];
    let versions: Vec<Version> = heads.iter().map(|head| head.version.clone()).collect();
    let title = title.unwrap_or("merge");
    let names: Vec<&str> = heads.iter().map(|head: &&Revision| head.name.as_str()).collect();
    let files = merge(owner, title, &names, &proven);
    let autogen = Autogen { verified: proven, ..Autogen::of(owner, versions.clone()) };
    let mut new = NewRevision {
        migrations: workspace.migrations(owner)?,
        within: workspace.host.owner(owner)?.scope.clone(),
        name: format!("{}_{}", next_version(workspace.now()?, owner, &versions)?, slug(title)),
        files: RevisionFiles {
            up: files.up,
            down: files.down,
            metadata: Metadata { run_in_transaction: true, autogen: Some(autogen), certificate: None },
        },
    };
    let history = workspace.history.with([new.revision(owner)])?;
    let merged = Workspace { history, ..workspace.clone() };
    let revision = merged.history.find(&new.name)?;
    let proof = merged.verify(revision)?;
    new.files.metadata.certificate = Some(merged.history.certify(revision, &proof.server()));
    Ok(new)
}
