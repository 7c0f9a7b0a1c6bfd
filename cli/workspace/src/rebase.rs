//! Moves a branch that no database has applied on top of another head.

use autogen_engine::error::{Code, Error, Result};
use autogen_engine::history::{Move, Revision, applied, moved, moves, record, write_moves};

use crate::dialects::Workspaces;
use crate::heads::{conflicting, first_conflict};
use crate::workspace::Workspace;

impl Workspaces {
    /// Moves the branch of a revision on top of another head of its chain (`onto`, or the only other one), in
    /// every dialect. Everything that moves is proven there first. Returns what has moved.
    ///
    /// # Errors
    /// `bad-target` if the two aren't branches of one chain, `already-applied` if a database has the branch,
    /// `heads-conflict` if they conflict. Fails too if something can't be proven or written.
    pub fn rebase(&mut self, revision: &str, onto: Option<&str>) -> Result<Vec<Move>> {
        let mut planned = Vec::new();
        for workspace in self.all() {
            let (branch, onto) = ends(workspace, revision, onto)?;
            // All dialects use the same time, so that their parts get the same version.
            planned.push(moves(&workspace.history, branch, onto, workspace.now()?)?);
        }
        for (workspace, moves) in self.all().zip(&planned) {
            refuse_applied(workspace, moves)?;
            let (branch, onto) = ends(workspace, revision, onto)?;
            let found = first_conflict(workspace, &[onto, branch]).map_err(|error| workspace.in_its_dialect(error))?;
            if let Some((left, right, found)) = found {
                let error = Error::new(Code::HeadsConflict, format!("{branch} can't be put on top of {onto}"));
                return Err(conflicting(error, &workspace.history, (left, right), &found));
            }
        }
        let before: Vec<_> = self.all().map(|workspace| workspace.history.clone()).collect();
        let mut proofs = Vec::new();
        for (position, (workspace, moves)) in self.here.iter_mut().zip(&planned).enumerate() {
            workspace.history = moved(&workspace.history, moves)?;
            for found in moves {
                let revision = workspace.history.find(&found.name)?;
                proofs.push((position, revision.version.clone(), workspace.verify(revision)?));
            }
        }
        for ((workspace, history), moves) in self.here.iter().zip(&before).zip(&planned) {
            write_moves(&workspace.host, history, moves)?;
        }
        for (position, version, proof) in proofs {
            let workspace = &self.here[position];
            let Some(revision) = workspace.history.get(&version) else { continue };
            let there = Revision { dir: revision.dir.with_file_name(&revision.name), ..revision.clone() };
            let certificate = workspace.history.certify(revision, &proof.server());
            record(&there, &workspace.host.owner(&there.owner)?.scope, &certificate, &proof.sentences())?;
        }
        Ok(planned.into_iter().flatten().collect())
    }
}

/// Returns the head of the branch to move, and the head that it moves on top of.
fn ends<'a>(workspace: &'a Workspace, revision: &str, onto: Option<&str>) -> Result<(&'a Revision, &'a Revision)> {
    let revision = workspace.revision_at(revision)?;
    let heads = workspace.history.heads(&revision.owner);
    let above = workspace.history.with_descendants(&[revision]);
    let (mine, others): (Vec<&Revision>, Vec<&Revision>) = heads.into_iter().partition(|head| above.contains(head));
    if mine.len() > 1 {
        return Err(Error::new(Code::BadTarget, format!("the chain branches above {revision}"))
            .help("name a revision of one branch"));
    }
    let onto = match (onto, others.as_slice()) {
        (Some(onto), _) => workspace.revision_at(onto)?,
        (None, [only]) => only,
        (None, []) => {
            return Err(Error::new(Code::BadTarget, format!("{revision} has no other head to be put on"))
                .help("rebase is for a chain that has branched; `autogen heads` shows where one has"));
        }
        (None, several) => {
            let names: Vec<_> = several.iter().map(|head| format!("`{}`", head.name)).collect();
            return Err(Error::new(
                Code::BadTarget,
                format!("{revision} may go on top of any of {} heads", several.len()),
            )
            .help(format!("say which: `--onto` one of {}", names.join(", "))));
        }
    };
    match mine.as_slice() {
        [branch] if onto.owner == branch.owner && !above.contains(&onto) => Ok((branch, onto)),
        _ => Err(Error::new(Code::BadTarget, format!("{revision} can't go on top of {onto}"))
            .help("name a revision of the same chain that doesn't build on it")),
    }
}

/// Refuses to move what the live database has applied, because it would run again under its new name.
fn refuse_applied(workspace: &Workspace, moves: &[Move]) -> Result<()> {
    if workspace.url.is_none() {
        return Ok(());
    }
    let applied = applied(&mut workspace.live(false)?)?;
    match moves.iter().find(|found| applied.contains(&found.revision.version)) {
        None => Ok(()),
        Some(found) => Err(Error::new(Code::AlreadyApplied, format!("the database has applied {}", found.revision))
            .help("rebase the other branch, or join the two by `autogen merge`")),
    }
}
