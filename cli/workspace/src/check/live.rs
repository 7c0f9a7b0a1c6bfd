//! The chains against the live database: what is pending, and what somebody changed by hand.

use autogen::error::{Code, Result};
use autogen::history::{OwnerStatus, ReplaySubset, Revision, Status, status};
use autogen::scratch::Replayed;

use super::Check;
use crate::drift::{self, Drift};
use crate::finding::{Finding, place_of};

/// Why a live database can't be compared with.
const DRIFTED: &str = "the live database has drifted";

impl Check<'_> {
    /// `replayed` is what all chains make, or those parts of them that some owners need.
    pub(super) fn live(&mut self, replayed: Replayed, subset: Option<&ReplaySubset<'_>>) -> Result<()> {
        let workspace = self.workspace;
        let mut database = workspace.live(false)?;
        let status = status(&mut database, &workspace.history)?;
        self.pending(&status);
        self.edited(&status);
        self.half_done(&status);
        self.unknown(&status);
        if subset.is_some() && !self.findings.is_empty() {
            return Ok(());
        }
        let compared = drift::compare(workspace, self.models, &mut database, replayed, subset)?;
        self.drifted(compared.drifts);
        if subset.is_none() || self.findings.is_empty() {
            workspace.report_kept(&compared.there, self.models, &compared.makers, self.observer);
        }
        Ok(())
    }

    fn pending(&mut self, status: &Status<'_>) {
        for OwnerStatus { owner, pending, heads, .. } in &status.owners {
            if pending.is_empty() || !self.workspace.is_selected(owner) {
                continue;
            }
            let names: Vec<_> = pending.iter().map(|revision| revision.name.as_str()).collect();
            let help = match heads.len() {
                0 | 1 => "run `autogen upgrade`",
                _ => "join the heads first; then run `autogen upgrade`",
            };
            let message = format!("the database has not applied {}", names.join(", "));
            let finding = Finding::new(Code::DatabaseBehind, message).of(owner, self.workspace.dialect).help(help);
            self.findings.push(about(finding, pending));
        }
    }

    fn edited(&mut self, status: &Status<'_>) {
        for OwnerStatus { owner, edited, .. } in &status.owners {
            if edited.is_empty() || !self.workspace.is_selected(owner) {
                continue;
            }
            let names: Vec<_> = edited.iter().map(|revision| revision.name.as_str()).collect();
            let message = format!("edited since the database has applied it: {}", names.join(", "));
            let help = "put the file back and write a new revision, or accept it by `autogen status --repair`";
            let finding = Finding::new(Code::EditedRevision, message).of(owner, self.workspace.dialect).help(help);
            self.findings.push(about(finding, edited));
        }
    }

    fn half_done(&mut self, status: &Status<'_>) {
        let workspace = self.workspace;
        for entry in status.half_done.iter().filter(|entry| workspace.is_selected(&entry.plugin)) {
            let message = format!("{} is {}", entry.name, entry.state);
            let finding = Finding::new(Code::HalfDone, message).of(&entry.plugin, workspace.dialect);
            let finding = workspace.history.get(&entry.version).into_iter().fold(finding, Finding::in_revision);
            self.findings.push(finding.help(Status::way_out(entry, &workspace.history)));
        }
    }

    fn unknown(&mut self, status: &Status<'_>) {
        for version in &status.unknown {
            let plugin = status.owner_of(version);
            if !self.workspace.is_selected(plugin.unwrap_or_default()) {
                continue;
            }
            let message = format!("the database has applied {}, which no chain holds", version.as_str());
            self.findings.push(Finding {
                dialect: Some(self.workspace.dialect),
                plugin: plugin.map(str::to_owned),
                help: "bring back the plugin's migrations, or leave it: nothing else is kept from running".to_owned(),
                ..Finding::new(Code::UnknownRevision, message)
            });
        }
    }

    fn drifted(&mut self, drifts: Vec<Drift>) {
        let workspace = self.workspace;
        for Drift { owner, changes, lacks_marks } in drifts {
            let of_owner = |code: Code, finding: &Finding| {
                finding.code == code
                    && finding.dialect == Some(workspace.dialect)
                    && finding.plugin.as_deref() == Some(&owner)
            };
            // Of one that stopped on its way, statements about rows are still to come.
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
            let message = "the database is not what its applied revisions make; to mend it:";
            let finding = Finding::new(Code::DatabaseDrifted, message).of(&owner, workspace.dialect);
            // The definitions didn't cause it, but that is where people look.
            let defined = changes.iter().find_map(|change| place_of(change, &self.models.schema)).cloned();
            let mut finding = defined.into_iter().fold(finding, Finding::or_shown_in).help(match is_half_done {
                true => "finish or undo what is half done first".to_owned(),
                false => drift::ways_out(workspace, &owner),
            });
            finding.changes = changes;
            self.findings.push(finding.or_at_end_of(workspace.history.of(&owner)));
        }
    }
}

/// States which revisions a finding is about: one has a name, and the first of several the place.
fn about(finding: Finding, revisions: &[&Revision]) -> Finding {
    let mut finding = revisions.iter().take(1).fold(finding, |finding, revision| finding.in_revision(revision));
    finding.revision = finding.revision.filter(|_| revisions.len() == 1);
    finding
}
