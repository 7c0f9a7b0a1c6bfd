//! Compares the chains with the live database at the version that is applied there. No source is read.

use std::collections::BTreeMap;

use autogen_codegen::revision::Risk;
use autogen_engine::database::Database;
use autogen_engine::error::Result;
use autogen_engine::history::{Revision, is_as_made, status};
use autogen_engine::introspect::{count_rows, introspect};
use autogen_engine::model::{Change, Schema};
use autogen_engine::plan::{RoundTrip, round_trip};

use super::{Compared, Drift, compare, finding, objects, refuse};
use crate::check::standing;
use crate::finding::Finding;
use crate::models::Models;
use crate::observer::Observer;
use crate::workspace::Workspace;

/// What somebody has changed in one owner's tables by hand.
#[derive(Debug, Clone)]
pub struct Drifted {
    /// The owner of the tables.
    pub owner: String,
    /// The whole live schema.
    pub start: Schema,
    /// The changes that would revert it.
    pub changes: Vec<Change>,
    /// The plans to revert it (up) and to do it again (down), without the checks that stop a revision.
    pub plans: RoundTrip,
    /// The risks of reverting it, with the rows at stake.
    pub risks: Vec<Risk>,
    /// Whether the database has everything that the chain makes, including pending revisions. Then only the marks
    /// are missing.
    pub lacks_marks: bool,
    /// The same as a finding.
    pub finding: Finding,
}

/// How a live database compares to its chains.
#[derive(Debug)]
pub struct Watched<'a> {
    /// What was changed by hand, owner by owner.
    pub drifts: Vec<Drifted>,
    /// Revisions that were edited, are half done or that no chain holds; and triggers, views and the like that somebody
    /// has dropped or changed by hand.
    pub irregular: Vec<Finding>,
    /// Revisions that are applied.
    pub applied: usize,
    /// Revisions that are yet to be applied, which is no drift.
    pub pending: Vec<&'a Revision>,
}

impl Workspace {
    /// Compares the live database with what its applied revisions make. The database is only read. No scratch
    /// database is needed while it is as `upgrade` has left it.
    ///
    /// # Errors
    /// Fails if the database can't be read, or if a chain doesn't run.
    pub fn watch(&self, observer: &dyn Observer) -> Result<Watched<'_>> {
        let mut live = self.live(false)?;
        let (mut irregular, applied, pending) = {
            let status = status(&mut live, &self.history)?;
            let owners = || status.owners.iter().filter(|owner| self.is_selected(owner.owner));
            let pending: Vec<&Revision> = owners().flat_map(|owner| owner.pending.clone()).collect();
            (standing::irregular(self, &status), owners().map(|owner| owner.applied.len()).sum(), pending)
        };
        let Some((models, compared)) = self.compared(&mut live)? else {
            return Ok(Watched { drifts: Vec::new(), irregular, applied, pending });
        };
        self.report_kept(&compared.there, &models, &compared.makers, observer);
        irregular.extend(compared.objects.iter().cloned());
        let drifts = compared.drifts.iter().map(|drift| self.drifted(drift, &compared, &mut live)).collect();
        Ok(Watched { drifts, irregular, applied, pending })
    }

    /// Refuses a live database in which somebody has changed the selected owners' tables.
    ///
    /// # Errors
    /// `database-drifted`
    pub fn refuse_drift(&self, live: &mut Database) -> Result<()> {
        match self.compared(live)? {
            None => Ok(()),
            Some((_, compared)) => refuse(self, &compared.drifts).and_then(|()| objects::refuse(&compared.objects)),
        }
    }

    /// Compares a live database with the chains. Returns `None` if it is known to be as they have made it.
    fn compared(&self, live: &mut Database) -> Result<Option<(Models, Compared)>> {
        let schema = introspect(live)?;
        if is_as_made(live, &self.history, &schema)? {
            return Ok(None);
        }
        // The chains tell the owner of a table. Definitions may be ahead of them.
        let (models, _) = Models::of(&self.host, BTreeMap::new(), self.dialect);
        // A pending revision that doesn't run must not hide the rest.
        let all = self.replayed().ok();
        let compared = compare(self, &models, live, all, None)?;
        Ok(Some((models, compared)))
    }

    fn drifted(&self, drift: &Drift, compared: &Compared, live: &mut Database) -> Drifted {
        let Drift { owner, changes, lacks_marks } = drift;
        let mut plans = round_trip(&compared.there, changes, self.dialect);
        let hazards = plans.up.steps.iter().flat_map(|step| &step.hazards);
        let risks = hazards.map(|hazard| {
            let rows = hazard.count.as_ref().and_then(|query| count_rows(live, query).ok());
            Risk { hazard: hazard.clone(), rows, reason: None }
        });
        let risks = risks.collect();
        for plan in [&mut plans.up, &mut plans.down] {
            plan.steps.retain(|step| !step.operation.is_look());
        }
        let mut finding = finding(self, owner, changes.clone());
        if *lacks_marks {
            finding.help =
                format!("it has what pending revisions make: mark them as applied by `autogen stamp {owner}@head`");
        }
        let (owner, start, changes) = (owner.clone(), compared.there.clone(), changes.clone());
        Drifted { owner, start, changes, plans, risks, lacks_marks: *lacks_marks, finding }
    }
}
