//! Checks whether new revisions conflict with what others have merged meanwhile.

use autogen_engine::error::{Code, Error, Result};
use autogen_engine::history::{History, Revision};
use autogen_engine::model::Pair;
use autogen_engine::scratch::{conflict, conflict_of_sets};

use super::Reviewing;
use crate::finding::Finding;
use crate::heads::conflicting;

impl Reviewing<'_, '_> {
    /// Tries the new revisions and those that landed on the base in both orders, for all owners together. Then
    /// reports which chains the merge would branch.
    pub(super) fn together(&mut self) -> Result<()> {
        let taken = |new: &&Revision| self.sides.tip.get(&new.version).is_some();
        if self.sides.landed.is_empty() || self.sides.new.is_empty() || self.sides.new.iter().any(taken) {
            return Ok(());
        }
        let merged = match self.workspace.history.with(self.sides.landed.clone()) {
            Ok(merged) => merged,
            // Names and parents that conflict once both are merged.
            Err(error) => {
                self.find_error(self.sides.new[0], &error);
                return Ok(());
            }
        };
        let torn = self.branched(&merged)?;
        let of = |versions: Vec<&Revision>| -> Vec<&Revision> {
            versions.into_iter().filter_map(|revision| merged.get(&revision.version)).collect()
        };
        let (new, landed) = (of(self.sides.new.clone()), of(self.sides.landed.iter().collect()));
        let names = Pair::new("what is new here".to_owned(), format!("what `{}` has got meanwhile", self.base));
        let server = self.workspace.scratch_server()?;
        let Some(found) = conflict_of_sets(&merged, Pair::new(new.clone(), landed), names, &server)? else {
            return Ok(());
        };
        // Conflicts within one chain are already reported by its heads.
        if torn {
            return Ok(());
        }
        let help = format!(
            "merge `{}` into the branch; then remove the new revision that stands in the way, and let `autogen` write what \
             is still missing",
            self.base
        );
        let notes = Some(format!("both change {}", found.both.join(", "))).filter(|_| !found.both.is_empty());
        let finding = Finding::new(Code::BaseConflict, found.message).of(&new[0].owner, self.workspace.dialect);
        self.findings.push(Finding { notes: notes.into_iter().collect(), ..finding.in_revision(new[0]).help(help) });
        Ok(())
    }

    /// Reports which chains have two heads once both branches are merged, and whether the heads conflict. Returns
    /// whether some do.
    fn branched(&mut self, merged: &History) -> Result<bool> {
        let workspace = self.workspace;
        let own: Vec<&str> = workspace.history.branched(workspace.history.owners());
        let mut is_torn = false;
        for owner in merged.branched(merged.owners().filter(|owner| !own.contains(owner))) {
            let heads = merged.heads(owner);
            let is_new = |head: &&&Revision| self.sides.new.iter().any(|new| new.version == head.version);
            let (Some(new), Some(other)) = (heads.iter().find(is_new), heads.iter().find(|head| !is_new(head))) else {
                continue;
            };
            let message =
                format!("once merged, {owner}'s chain has 2 heads: {} and `{}`'s {}", new.name, self.base, other.name);
            let error = Error::new(Code::TwoHeads, message);
            let found = conflict(merged, new, other, &workspace.scratch_server()?)?;
            is_torn |= found.is_some();
            let error = match found {
                Some(found) => conflicting(error, merged, (new, other), &found),
                None => error.help(format!(
                    "they may be applied in either order: merge `{}` into the branch, and run `autogen merge --plugin \
                     {owner}` or `autogen rebase {}`",
                    self.base, new.name
                )),
            };
            self.find_error(new, &error);
        }
        Ok(is_torn)
    }
}
