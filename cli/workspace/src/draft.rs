//! A revision that is not written yet: its changes, plans, risks and proof.

use std::collections::{BTreeMap, BTreeSet};

use autogen_codegen::revision::{Files, Revision, Risk, files};
use autogen_codegen::sql::statements;
use autogen_engine::database::Database;
use autogen_engine::dialect::Dialect;
use autogen_engine::error::{Code, Error, Result};
use autogen_engine::introspect::count_rows;
use autogen_engine::model::{Change, Pair, RenamedValues, Schema, TableName, whose};
use autogen_engine::plan::{
    HazardKind, Measured, RoundTrip, Transaction, algorithms, refuse, refuse_ambiguous_renames, refuse_keyless,
    refuse_renames, refuse_unsupported, round_trip,
};
use autogen_engine::scratch::{Script, TooMuch, Trial, Verdict, tried};

use crate::dependencies::{explained, refuse_one_end};
use crate::models::{Comparison, Models};
use crate::policy::permissions_for;
use crate::refused::Refused;
use crate::transfer::{self, Transfer};
use crate::workspace::Workspace;

/// The reason for allowing in a second revision what would otherwise need permission.
const NEW: &str = "the table is made in the same run";

/// The conditions for drafts.
#[derive(Debug, Clone, Default)]
pub struct DraftOptions {
    /// The title of the revisions, instead of one made from their changes.
    pub title: Option<String>,
    /// The hazards that are allowed besides those that sources allow. All others are refused. `None` refuses
    /// none.
    pub allowed_hazards: Option<Vec<HazardKind>>,
    /// Whether each draft is proven on a copy of what it starts from.
    pub prove: bool,
}

/// What the next revision does to one owner's tables in one dialect.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The owner of the tables.
    pub owner: String,
    /// Its title.
    pub title: String,
    /// What differs.
    pub changes: Vec<Change>,
    /// The whole schema that it starts from.
    pub start: Schema,
    /// What the owner's source defines.
    pub models: Schema,
    /// The plans to apply and to revert it.
    pub plans: RoundTrip,
    /// The hazards of the way up.
    pub risks: Vec<Risk>,
    /// What was proven, in sentences.
    pub proven: Vec<String>,
    /// What both ways do to existing tables, if the proof could measure it.
    pub measured: Pair<Vec<Measured>>,
    /// The server that it was proven on, if it was.
    pub(crate) proven_on: Option<String>,
    /// Tables that become the owner's.
    pub takes: Vec<Transfer>,
    /// Tables of the owner's that others may take over from now on.
    pub gives: Vec<Transfer>,
    /// Whether its result is what the source defines. Otherwise a later draft of the same run completes it.
    pub(crate) gives_models: bool,
}

impl Workspace {
    /// Plans the change from the first side of a comparison to the second. Nothing is proven or written.
    ///
    /// # Errors
    /// Refuses what no plan can mend, such as a key to a table that doesn't exist, or a drop of a table that
    /// another owner references.
    pub fn draft(&self, models: &Models, comparison: Comparison, title: String) -> Result<Draft> {
        let Comparison { owner, start, models: wanted, changes } = &comparison;
        refuse_one_end(owner, changes, start, models, self.dialect)?;
        let plans = round_trip(start, changes, self.dialect);
        let owner_of = |table: &TableName| models.ownership.owner_of(table).map(str::to_owned);
        refuse(owner, start, changes, &plans, &owner_of).map_err(|error| explained(error, owner, models))?;
        refuse_ambiguous_renames(changes, wanted, self.dialect)?;
        refuse_keyless(changes, &plans.goal, self.dialect)?;
        refuse_renames(start, changes, wanted)?;
        refuse_unsupported(start, changes)?;
        Ok(Draft::of(comparison, plans, title))
    }
}

impl Draft {
    fn of(Comparison { owner, start, models, changes }: Comparison, plans: RoundTrip, title: String) -> Self {
        let (risks, proven) = (Vec::new(), Vec::new());
        let (measured, proven_on) = (Pair::new(Vec::new(), Vec::new()), None);
        let (takes, gives, gives_models) = (Vec::new(), Vec::new(), true);
        Self {
            owner,
            title,
            changes,
            start,
            models,
            plans,
            risks,
            proven,
            measured,
            proven_on,
            takes,
            gives,
            gives_models,
        }
    }

    /// Lists the risks of the way up. Counts the rows at stake in the live database, if there is one, and adds
    /// the source's reasons for allowing risks. Anything that happens to tables that are `new` is allowed.
    pub fn assess(&mut self, new: &BTreeSet<TableName>, mut live: Option<&mut Database>) {
        let mut risks = Vec::new();
        for step in &self.plans.up.steps {
            for hazard in &step.hazards {
                let rows = match (&mut live, &hazard.count) {
                    // A count that can't be made is left out, for example if the query has names from after a
                    // rename.
                    (Some(live), Some(query)) => count_rows(live, query).ok(),
                    (Some(_) | None, None) | (None, Some(_)) => None,
                };
                let table = step.operation.table();
                let mut allowed = table
                    .into_iter()
                    .flat_map(|table| permissions_for(table, hazard.kind, &self.changes, &self.models));
                let reason = allowed.next().map(|allow| allow.reason.clone().unwrap_or_else(|| "in source".to_owned()));
                let reason = reason.or_else(|| table.filter(|table| new.contains(table)).map(|_| NEW.to_owned()));
                risks.push(Risk { hazard: hazard.clone(), rows, reason });
            }
        }
        self.risks = risks;
    }

    /// Creates a draft that changes nothing, for a dialect in which nothing differs.
    pub(crate) fn nothing(workspace: &Workspace, owner: &str, title: &str) -> Self {
        let (start, models) = (Schema::default(), Schema::default());
        let plans = round_trip(&start, &[], workspace.dialect);
        let comparison = Comparison { owner: owner.to_owned(), start, models, changes: Vec::new() };
        Self::of(comparison, plans, title.to_owned())
    }

    /// Returns a line for each table that changes hands.
    pub fn transfers(&self) -> Vec<String> {
        transfer::lines(&self.takes, &self.gives)
    }

    /// Renders the files in their present state.
    pub fn files(&self, workspace: &Workspace) -> Files {
        files(&Revision {
            owner: &self.owner,
            title: &self.title,
            changes: &self.changes,
            transfers: &self.transfers(),
            plans: &self.plans,
            risks: &self.risks,
            proven: &self.proven,
            measured: Pair::new(&self.measured.from, &self.measured.to),
            dialect: workspace.dialect,
        })
    }

    /// Refuses a draft that has hazards which nobody has allowed.
    pub(crate) fn refuse_hazards(&self, allowed: &[HazardKind]) -> Result<()> {
        Refused::of(self, allowed).map_or(Ok(()), |refused| Err(refused.error()))
    }

    /// Proves the draft on a copy of `start`, and notes what was proven. If the server can't alter a table in the
    /// way that the plan asks for, the plan asks for less. If locks and scans of rows are worse than planned, the
    /// plan says so. Returns whether there may be more hazards.
    ///
    /// # Errors
    /// Fails if the draft doesn't do what it is meant to, or can't be undone.
    pub fn prove(&mut self, workspace: &Workspace, models: &Models, start: &mut Database) -> Result<bool> {
        let mut asks_less = false;
        loop {
            match self.verdict(workspace, models, start)? {
                Verdict::Proven(proof) => {
                    (self.proven, self.proven_on) = (proof.sentences(), Some(proof.server()));
                    let has_more = self.plans.up.follow(&proof.measured.from);
                    self.measured = proof.measured;
                    return Ok(asks_less || has_more);
                }
                Verdict::TooMuch(found, error) => {
                    if !self.asks_less(&found, workspace) {
                        return Err(error);
                    }
                    asks_less = true;
                }
            }
        }
    }

    /// Makes the step of a statement ask for less. Returns whether it had asked for anything.
    fn asks_less(&mut self, found: &TooMuch, workspace: &Workspace) -> bool {
        let Some(server) = self.start.server else { return false };
        let plan = if found.is_down { &mut self.plans.down } else { &mut self.plans.up };
        let asking = statements(plan, workspace.dialect).into_iter().find(|asking| asking.sql == found.statement);
        asking.and_then(|asking| asking.step).is_some_and(|step| plan.weaken(step, server))
    }

    fn verdict(&self, workspace: &Workspace, models: &Models, start: &mut Database) -> Result<Verdict> {
        let files = self.files(workspace);
        let run_in_transaction = self.runs_in_transaction();
        let owner = self.owner.clone();
        let goal = &self.plans.goal;
        let ignored = workspace.host.owners.iter().find(|found| found.name == owner).map(|owner| &owner.ignored);
        let owns = |table: &TableName| {
            if ignored.is_some_and(|ignored| ignored.leaves_alone(table)) {
                return false;
            }
            models.ownership.owner_of(table).map_or_else(
                || !goal.tables.contains_key(table) && !goal.enums.contains_key(table),
                |found| found == owner,
            )
        };
        let trial = Trial {
            start,
            up: Script { sql: &files.up, run_in_transaction },
            down: Some(Script { sql: &files.down, run_in_transaction }),
            plan: Some(&self.plans),
            changes: &self.changes,
            models: self.gives_models.then_some(&self.models),
            owned: &owns,
        };
        tried(trial)
    }

    /// Returns what the proof found about each existing table that the way up alters, on the server that it
    /// ran on.
    pub(crate) fn facts(&self, workspace: &Workspace) -> BTreeMap<String, BTreeMap<String, String>> {
        let Some(server) = &self.proven_on else { return BTreeMap::new() };
        let tables: BTreeMap<String, String> = match workspace.dialect {
            Dialect::Sqlite => BTreeMap::new(),
            Dialect::Postgres => {
                self.measured.from.iter().map(|found| (found.table.to_string(), found.to_string())).collect()
            }
            // The algorithms that statements asked for and the server used.
            Dialect::Mysql => algorithms(&self.plans.up)
                .into_iter()
                .map(|(table, found)| (table, found.everywhere()))
                .filter(|(_, kept)| kept.can_be_demanded())
                .map(|(table, kept)| (table.to_string(), kept.to_string()))
                .collect(),
        };
        if tables.is_empty() { BTreeMap::new() } else { BTreeMap::from([(server.clone(), tables)]) }
    }

    /// Returns the enum values that have new names from here on, if only the chain can tell. Values of new
    /// columns are included, although their rows never had the old names.
    pub(crate) fn renamed_values(&self, workspace: &Workspace) -> Vec<[String; 3]> {
        if workspace.dialect.facts().enum_types || workspace.dialect.facts().lists_values {
            return Vec::new();
        }
        let done = workspace.renamed_values(&self.owner);
        let columns = self.models.tables.values().flat_map(|table| &table.columns);
        let all = columns.filter_map(|column| column.hints.renamed_values.as_ref()).flat_map(|renamed| {
            let is_new = |names: &&Pair<String>| !RenamedValues::are_done(&done, &renamed.of, names);
            let new = renamed.names.iter().filter(is_new);
            new.map(|names| [renamed.of.clone(), names.from.clone(), names.to.clone()])
        });
        all.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Returns `true` if the runner opens the transaction. Diesel has one setting for both ways, so the
    /// runner opens it only if neither file opens its own.
    pub fn runs_in_transaction(&self) -> bool {
        self.plans.up.transaction == Transaction::Runner && self.plans.down.transaction == Transaction::Runner
    }

    /// Runs the draft on the database that it starts from, for the owners that come next.
    pub(crate) fn apply(&self, workspace: &Workspace, database: &mut Database) -> Result<()> {
        database.execute(&self.files(workspace).up).map_err(|cause| {
            Error::new(
                Code::ProofFailed,
                format!("{} own migration doesn't run on a scratch database: {cause}", whose(&self.owner)),
            )
            .help(match cause.to_string().contains(" does not exist") {
                true => "if no definition in sight makes it (a type that a macro writes, an extension), make it in a migration by hand \
                         that is older than this one; otherwise write this change by hand, and please report the definitions",
                false => "write this change in a migration by hand, which `autogen verify` proves, and please report the definitions",
            })
            .caused_by(cause)
        })
    }
}
