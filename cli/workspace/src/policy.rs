//! Applies `[policy]` of autogen.toml to changes: which hazards may pass, and what a change of a large table may
//! cost.

use std::collections::BTreeSet;

use autogen_codegen::revision::Risk;
use autogen_engine::database::Database;
use autogen_engine::error::{Code, Diagnostic, Result};
use autogen_engine::host::{Leave, Stats};
use autogen_engine::introspect::{estimate_rows, introspect};
use autogen_engine::model::{Allow, Change, Hints, Place, Rule, Schema, TableName};
use autogen_engine::plan::{HazardKind, Plan, blocked};

use crate::dialects::Workspaces;
use crate::draft::{Draft, DraftOptions};
use crate::finding::{Finding, place_of};
use crate::models::Models;
use crate::observer::Observer;
use crate::review::{Addition, Effect};
use crate::workspace::Workspace;

/// A planned change, from any command.
#[derive(Debug, Clone, Copy)]
pub struct Planned<'a> {
    /// The owner of the tables that it changes.
    pub owner: &'a str,
    /// What changes.
    pub changes: &'a [Change],
    /// The plan.
    pub plan: &'a Plan,
    /// The hazards of the plan, in its order.
    pub risks: &'a [Risk],
    /// What the sources define.
    pub models: &'a Schema,
    /// Whether it is already in revisions.
    pub is_written: bool,
}

impl Workspaces {
    /// Lists what the policy forbids in the changes that the sources want, for all selected owners and in all
    /// dialects. Also lists permissions in source that nothing needs.
    ///
    /// # Errors
    /// Fails if the changes can't be planned; see [`Workspaces::drafts`].
    pub fn deny(&self, models: &[Models], observer: &dyn Observer) -> Result<Vec<Finding>> {
        let drafts = self.drafts(models, &DraftOptions::default(), observer)?;
        let mut findings = Vec::new();
        let mut needed = Vec::new();
        for (position, workspace) in self.here.iter().enumerate() {
            let mut sizes = workspace.sizes()?;
            let own = drafts.iter().filter_map(|drafts| drafts.drafts[position].as_ref());
            for draft in own {
                findings.extend(workspace.denied(&draft.planned(), &mut sizes)?);
                needed.extend(draft.needed_permissions());
            }
        }
        let mut told: Vec<Place> = Vec::new();
        for (workspace, models) in self.here.iter().zip(models) {
            for (owner, allow) in workspace.permissions(models) {
                if !needed.contains(&allow.place) && !told.contains(&allow.place) {
                    told.push(allow.place.clone());
                    findings.push(workspace.unused(&owner, allow));
                }
            }
        }
        Ok(findings)
    }
}

/// The known numbers of rows of tables.
pub struct Sizes {
    live: Option<(Database, BTreeSet<TableName>)>,
    stats: Option<Stats>,
}

impl Sizes {
    /// Returns how many rows a table has.
    ///
    /// # Errors
    /// `can't-count` if the live database refuses, because a table of unknown size would pass any budget.
    pub fn of(&mut self, table: &TableName) -> Result<Option<u64>> {
        match self.live.as_mut().filter(|(_, tables)| tables.contains(table)) {
            Some((database, _)) => estimate_rows(database, table).map(Some),
            None => Ok(self.stats.as_ref().and_then(|stats| stats.of(table))),
        }
    }
}

impl Workspace {
    /// Reads the file with numbers of rows that the policy names.
    pub(crate) fn stats(&self) -> Result<Option<Stats>> {
        let file = self.host.config.policy.stats.as_ref();
        file.map(|file| Stats::read(&self.host.root.join(file))).transpose()
    }

    /// Estimates how many rows each table of the live database has.
    ///
    /// # Errors
    /// Fails if the database can't be read.
    pub fn export_stats(&self) -> Result<Stats> {
        let mut live = self.live(false)?;
        let mut stats = Stats::default();
        for table in introspect(&mut live)?.tables.keys() {
            stats.rows.insert(table.to_string(), estimate_rows(&mut live, table)?);
        }
        Ok(stats)
    }

    /// Returns the known sizes of tables.
    ///
    /// # Errors
    /// Fails if the live database or the policy's file can't be read.
    pub fn sizes(&self) -> Result<Sizes> {
        let live = match &self.url {
            Some(_) => {
                let mut live = self.live(false)?;
                let tables = introspect(&mut live)?.tables.keys().cloned().collect();
                Some((live, tables))
            }
            None => None,
        };
        Ok(Sizes { live, stats: self.stats()? })
    }

    /// Lists what the policy forbids in a planned change: hazards that nobody has allowed, and costly changes of
    /// large tables.
    ///
    /// # Errors
    /// Fails if the live database doesn't say how large a table is.
    pub fn denied(&self, planned: &Planned<'_>, sizes: &mut Sizes) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        let tables = hazards(planned.plan).map(|(table, _)| table);
        for (risk, table) in planned.risks.iter().zip(tables).filter(|(risk, _)| risk.reason.is_none()) {
            findings.push(self.not_allowed(planned, risk, table));
        }
        findings.extend(self.over_budget(planned, sizes)?);
        Ok(findings)
    }

    /// Allows the hazards of a plan that the policy allows. `rows` tells how many rows a table has. That is the
    /// most that can be concerned if the risk itself doesn't say.
    fn allow(
        &self,
        owner: &str,
        plan: &Plan,
        risks: &mut [Risk],
        mut rows: impl FnMut(&TableName) -> Result<Option<u64>>,
    ) -> Result<()> {
        let tables = hazards(plan).map(|(table, _)| table);
        for (risk, table) in risks.iter_mut().zip(tables).filter(|(risk, _)| risk.reason.is_none()) {
            match self.host.config.policy.leave(owner, risk.hazard.kind) {
                Leave::Never => {}
                Leave::Always => risk.reason = Some("by the policy".to_owned()),
                Leave::UpTo(most) => {
                    let known = match (risk.rows, table) {
                        (Some(rows), _) => Some(rows),
                        (None, Some(table)) => rows(table)?,
                        (None, None) => None,
                    };
                    if known.is_some_and(|rows| rows <= most) {
                        risk.reason = Some(format!("by the policy, up to {most} rows"));
                    }
                }
            }
        }
        Ok(())
    }

    fn not_allowed(&self, planned: &Planned<'_>, risk: &Risk, table: Option<&TableName>) -> Finding {
        let (kind, owner) = (risk.hazard.kind, planned.owner);
        let rows = match (risk.rows, self.host.config.policy.leave(owner, kind)) {
            (Some(rows), Leave::UpTo(most)) => format!(" ({}; the policy allows {most})", now(rows)),
            (None, Leave::UpTo(most)) => format!(" (the policy allows {most} of them; how many there are isn't known)"),
            (Some(rows), Leave::Never | Leave::Always) => format!(" ({})", now(rows)),
            (None, Leave::Never | Leave::Always) => String::new(),
        };
        let message = format!("nobody has allowed {kind}: {}{rows}", risk.hazard.detail);
        let by_policy = format!("`{kind} = {{ rows = N }}` under `[policy] allow` in autogen.toml");
        let help = match planned.is_written {
            true => format!("if that is meant, allow it by {by_policy}"),
            false => format!(
                "allow it where it is defined by `#[allow({}, reason = \"...\")]`, or for more changes by {by_policy}",
                kind.name().replace('-', "_")
            ),
        };
        self.about(Finding::new(Code::HazardNotAllowed, message), planned, table).help(help)
    }

    fn over_budget(&self, planned: &Planned<'_>, sizes: &mut Sizes) -> Result<Vec<Finding>> {
        let budget = &self.host.config.policy.budget;
        let Some(large) = budget.large else { return Ok(Vec::new()) };
        let mut findings = Vec::new();
        let mut too_much = |table: &TableName, does: String, may: &str| -> Result<()> {
            let Some(rows) = sizes.of(table)?.filter(|rows| *rows >= large) else { return Ok(()) };
            let message = format!(
                "the change {does} {table}, which has {rows} rows; from {large} rows on, the budget lets it {may}"
            );
            let help = "split the change (see docs/how-to/large-tables.md), or raise `[policy.budget]` in autogen.toml";
            let finding = self.about(Finding::new(Code::OverBudget, message), planned, Some(table)).help(help);
            if !findings.contains(&finding) {
                findings.push(finding);
            }
            Ok(())
        };
        if budget.no_rewrite {
            for (table, kind) in hazards(planned.plan) {
                if let (Some(table), HazardKind::Rebuild | HazardKind::TableRewrite) = (table, kind) {
                    too_much(table, "rewrites or reads every row of".to_owned(), "do neither")?;
                }
            }
        }
        for (table, found) in blocked(planned.plan, self.dialect) {
            if found > budget.blocks {
                too_much(&table, format!("blocks {found} on"), &format!("block {}", budget.blocks))?;
            }
        }
        Ok(findings)
    }

    /// States the owner of a finding, and shows it where its table is defined or changed.
    fn about(&self, finding: Finding, planned: &Planned<'_>, table: Option<&TableName>) -> Finding {
        let is_it = |change: &&Change| table.is_none_or(|table| change.subject().table == *table);
        let place = planned.changes.iter().filter(is_it).find_map(|change| place_of(change, planned.models));
        let finding = finding.of(planned.owner, self.dialect);
        let finding = place.cloned().into_iter().fold(finding, Finding::at);
        finding.or_at_end_of(self.history.of(planned.owner))
    }

    /// Lists what a draft costs beyond the budget, as errors: what nobody may write.
    pub(crate) fn errors_over_budget(&self, draft: &Draft) -> Result<Vec<Diagnostic>> {
        if self.host.config.policy.budget.large.is_none() {
            return Ok(Vec::new());
        }
        let found = self.over_budget(&draft.planned(), &mut self.sizes()?)?;
        let error = |Finding { code, message, labels, help, .. }: Finding| {
            let message = format!("{}: {message}", draft.owner);
            Diagnostic { labels, ..Diagnostic::error(code, message).help(help) }
        };
        Ok(found.into_iter().map(error).collect())
    }

    fn unused(&self, owner: &str, allow: &Allow) -> Finding {
        let message = format!("nothing that is planned needs `#[allow({})]`", allow.hazard.replace('-', "_"));
        let finding = Finding::new(Code::UnusedAllow, message).of(owner, self.dialect).at(allow.place.clone());
        let help = "take it out: it would let the next such change pass unseen";
        Finding { dialect: None, ..finding.help(help) }
    }

    /// Returns the permissions in the sources of the selected owners.
    fn permissions<'m>(&self, models: &'m Models) -> Vec<(String, &'m Allow)> {
        let tables = models.schema.tables.values().flat_map(|table| {
            let columns = table.columns.iter().map(|column| &column.hints);
            let rules = table.rules.iter().filter_map(Rule::hints);
            std::iter::once(&table.hints).chain(columns).chain(rules).map(|hints| (&table.name, hints))
        });
        let enums = models.schema.enums.values().map(|found| (&found.name, &found.hints));
        let mut permissions = Vec::new();
        for (name, hints) in tables.chain(enums) {
            let owner = models.ownership.owner_of(name).filter(|owner| self.is_selected(owner));
            permissions
                .extend(owner.into_iter().flat_map(|owner| hints.allow.iter().map(|allow| (owner.to_owned(), allow))));
        }
        permissions
    }
}

impl Draft {
    fn planned(&self) -> Planned<'_> {
        let Self { owner, changes, plans, risks, models, .. } = self;
        Planned { owner, changes, plan: &plans.up, risks, models, is_written: false }
    }

    /// Returns the places of the permissions that the draft's hazards need.
    fn needed_permissions(&self) -> Vec<Place> {
        let found = hazards(&self.plans.up).filter_map(|(table, kind)| Some((table?, kind)));
        let found = found.flat_map(|(table, kind)| permissions_for(table, kind, &self.changes, &self.models));
        found.map(|allow| allow.place.clone()).collect()
    }

    /// Allows what the policy allows.
    pub(crate) fn allow_by_policy(&mut self, workspace: &Workspace) -> Result<()> {
        let stats = workspace.stats()?;
        let rows = |table: &TableName| Ok(stats.as_ref().and_then(|stats| stats.of(table)));
        workspace.allow(&self.owner, &self.plans.up, &mut self.risks, rows)
    }
}

impl Addition<'_> {
    /// Lists what the policy of the branch that it is to be merged into forbids in what a branch adds. Permissions in
    /// the branch's own sources and in its own autogen.toml don't count, because its author wrote them.
    ///
    /// # Errors
    /// Fails if the live database or the policy's file can't be read.
    pub fn denied(&self) -> Result<Vec<Finding>> {
        let Some(Effect { changes, risks, plans, .. }) = &self.effect else { return Ok(Vec::new()) };
        let mut workspace = self.workspace.clone();
        workspace.host.config.policy = self.policy.clone();
        let owner = &self.owner;
        let mut sizes = workspace.sizes()?;
        let mut risks = risks.clone();
        workspace.allow(owner, &plans.up, &mut risks, |table| sizes.of(table))?;
        let models = &Schema::default();
        let planned = Planned { owner, changes, plan: &plans.up, risks: &risks, models, is_written: true };
        workspace.denied(&planned, &mut sizes)
    }
}

/// Returns the hazards of a plan, each with its table.
fn hazards(plan: &Plan) -> impl Iterator<Item = (Option<&TableName>, HazardKind)> {
    plan.steps.iter().flat_map(|step| step.hazards.iter().map(|hazard| (step.operation.table(), hazard.kind)))
}

/// Returns the permissions in the source for a hazard on a table or an enumerated type. They are stated on it, or
/// on the column or rule that a change is about.
pub(crate) fn permissions_for<'a>(
    table: &'a TableName,
    kind: HazardKind,
    changes: &'a [Change],
    models: &'a Schema,
) -> impl Iterator<Item = &'a Allow> {
    let of_enum = || models.enums.get(table).map(|found| &found.hints);
    let of_table: Option<&Hints> = models.tables.get(table).map(|table| &table.hints).or_else(of_enum);
    let of_changes = changes.iter().filter(move |change| change.subject().table == *table).filter_map(Change::hints);
    let all = of_table.into_iter().chain(of_changes).flat_map(|hints| &hints.allow);
    all.filter(move |allow| allow.hazard == kind.name())
}

fn now(rows: u64) -> String {
    if rows == 1 { "1 row now".to_owned() } else { format!("{rows} rows now") }
}
