//! The chains against the live database: what is pending, and what somebody changed by hand.

use autogen_engine::error::{Code, Result};
use autogen_engine::history::{ReplaySubset, status};
use autogen_engine::scratch::Replayed;

use super::{Check, standing};
use crate::drift::{self, Drift};
use crate::finding::{Finding, place_of};

/// Why a live database can't be compared.
const DRIFTED: &str = "the live database has drifted";

impl Check<'_> {
    /// Checks the live database. `replayed` is what all chains make, or the parts of them that some owners
    /// need.
    pub(super) fn live(&mut self, replayed: Replayed, subset: Option<&ReplaySubset<'_>>) -> Result<()> {
        let workspace = self.workspace;
        let mut database = workspace.live(false)?;
        let status = status(&mut database, &workspace.history)?;
        self.findings.extend(standing::pending(workspace, &status));
        self.findings.extend(standing::irregular(workspace, &status));
        if subset.is_some() && !self.findings.is_empty() {
            return Ok(());
        }
        let compared = drift::compare(workspace, self.models, &mut database, Some(replayed), subset)?;
        self.findings.extend(compared.objects);
        self.drifted(compared.drifts);
        if subset.is_none() || self.findings.is_empty() {
            workspace.report_kept(&compared.there, self.models, &compared.makers, self.observer);
        }
        Ok(())
    }

    fn drifted(&mut self, drifts: Vec<Drift>) {
        let workspace = self.workspace;
        for Drift { owner, changes, lacks_marks } in drifts {
            let of_owner = |code: Code, finding: &Finding| {
                finding.code == code
                    && finding.dialect == Some(workspace.dialect)
                    && finding.plugin.as_deref() == Some(&owner)
            };
            // Statements about rows are still to come for a revision that stopped halfway.
            let is_half_done = self.findings.iter().any(|finding| of_owner(Code::HalfDone, finding));
            let behind = self.findings.iter_mut().find(|finding| of_owner(Code::DatabaseBehind, finding));
            if let Some(behind) = behind.filter(|_| lacks_marks) {
                if !is_half_done {
                    behind.help =
                        format!("it has what they make: mark them as applied by `autogen stamp {owner}@head`");
                }
                continue;
            }
            let ahead = self.findings.iter_mut().filter(|finding| of_owner(Code::ModelsAhead, finding));
            for ahead in ahead.filter(|_| !is_half_done) {
                ahead.help =
                    format!("run `autogen --no-database --plugin {owner}` to write the next revision: {DRIFTED}");
            }
            // The definitions didn't cause it, but people look there.
            let defined = changes.iter().find_map(|change| place_of(change, &self.models.schema)).cloned();
            let mut finding = drift::finding(workspace, &owner, changes);
            finding.anchor = defined.or(finding.anchor);
            if is_half_done {
                finding.help = "finish or undo what is half done first".to_owned();
            }
            self.findings.push(finding);
        }
    }
}
