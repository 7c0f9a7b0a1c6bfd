//! A revision that is not written yet: its changes, plans, risks and proof.

use autogen::database::Database;
use autogen::diff::{LikelyRename, likely_renames};
use autogen::error::{Error, Result};
use autogen::introspect::count_rows;
use autogen::model::{Change, Schema, TableName};
use autogen::plan::{HazardKind, Operation, Plan, RoundTrip, Transaction, refuse, round_trip};
use autogen::scratch::{Proof, Script, Trial, prove};
use autogen_codegen::report::title;
use autogen_codegen::revision::{Files, Revision, Risk, files};
use serde_json::{Value, json};

use crate::work::{Comparison, Models, Work};

/// What generate would write for one owner.
pub(crate) struct Draft {
    pub(crate) owner: String,
    pub(crate) title: String,
    pub(crate) changes: Vec<Change>,
    pub(crate) start: Schema,
    pub(crate) models: Schema,
    pub(crate) plans: RoundTrip,
    pub(crate) risks: Vec<Risk>,
    pub(crate) proven: Vec<String>,
}

impl Draft {
    /// Plans an owner's changes, and counts the rows at stake in the live database.
    ///
    /// Refuses what no plan can mend: a key into a table that isn't there, a drop of a table that
    /// another owner points at.
    pub(crate) fn new(
        work: &Work,
        models: &Models,
        owner: &str,
        comparison: Comparison,
        message: Option<&str>,
        mut live: Option<&mut Database>,
    ) -> Result<Self> {
        let Comparison { start, models: wanted, changes } = comparison;
        let plans = round_trip(&start, &changes, work.dialect);
        refuse(owner, &start, &changes, &plans, &|table| models.ownership.owner_of(table).map(str::to_owned))?;

        let mut risks = Vec::new();
        for step in &plans.up.steps {
            for hazard in &step.hazards {
                let rows = match (&mut live, &hazard.count) {
                    // A count that can't be made (the query speaks of names after a rename) is left out.
                    (Some(live), Some(query)) => count_rows(live, query).ok(),
                    (Some(_) | None, None) | (None, Some(_)) => None,
                };
                let reason = allowed_in_source(step.operation.table(), hazard.kind, &changes, &wanted);
                risks.push(Risk { hazard: hazard.clone(), rows, reason });
            }
        }
        let title = message.map_or_else(|| title(&changes, work.history.of(owner).next().is_none()), str::to_owned);
        Ok(Self { owner: owner.to_owned(), title, changes, start, models: wanted, plans, risks, proven: Vec::new() })
    }

    /// The files as they stand now.
    pub(crate) fn files(&self, work: &Work) -> Files {
        files(&Revision {
            owner: &self.owner,
            title: &self.title,
            changes: &self.changes,
            plans: &self.plans,
            risks: &self.risks,
            proven: &self.proven,
            dialect: work.dialect,
        })
    }

    /// Hazards that neither the source nor the command line allows.
    pub(crate) fn unallowed(&self, allows: impl Fn(HazardKind) -> bool) -> Vec<&Risk> {
        self.risks.iter().filter(|risk| risk.reason.is_none() && !allows(risk.hazard.kind)).collect()
    }

    /// Refuses a draft with hazards that nobody has allowed.
    pub(crate) fn refuse_hazards(&self, allows: impl Fn(HazardKind) -> bool) -> Result<()> {
        let unallowed = self.unallowed(allows);
        if unallowed.is_empty() {
            return Ok(());
        }
        let lines: Vec<_> = unallowed
            .iter()
            .map(|risk| {
                let rows = risk.rows.map(|rows| format!(" ({rows} rows now)")).unwrap_or_default();
                format!("{}: {}{rows}", risk.hazard.kind, risk.hazard.detail)
            })
            .collect();
        let mut names: Vec<_> = unallowed.iter().map(|risk| risk.hazard.kind.name()).collect();
        names.sort_unstable();
        names.dedup();
        let mut help = format!("if that is meant, add `--allow {}`", names.join(","));
        if names.contains(&HazardKind::NotNull.name()) {
            help.push_str("; or give the column a `#[default]` or a `#[backfill(\"...\")]`");
        }
        for rename in likely_renames(&self.changes) {
            help.push_str(&suggestion(&rename));
        }
        let message = format!("{}'s change has hazards that are not allowed:\n{}", self.owner, lines.join("\n"));
        Err(Error::new("hazard-not-allowed", message).help(help))
    }

    /// Proves the draft on a copy of `start`, and notes what was proven.
    pub(crate) fn prove(&mut self, work: &Work, models: &Models, start: &mut Database) -> Result<Proof> {
        let files = self.files(work);
        let run_in_transaction = self.runs_in_transaction();
        let owner = self.owner.clone();
        let goal = &self.plans.goal;
        let owns = |table: &TableName| {
            models.ownership.owner_of(table).map_or_else(|| !goal.tables.contains_key(table), |found| found == owner)
        };
        let trial = Trial {
            start,
            up: Script { sql: &files.up, run_in_transaction },
            down: Some(Script { sql: &files.down, run_in_transaction }),
            plan: Some(&self.plans),
            changes: &self.changes,
            models: Some(&self.models),
            owned: &owns,
        };
        let proof = prove(trial)?;
        self.proven = proof.sentences();
        Ok(proof)
    }

    /// Diesel knows one setting for both ways: the runner opens the transaction only when neither
    /// file does.
    pub(crate) fn runs_in_transaction(&self) -> bool {
        self.plans.up.transaction == Transaction::Runner && self.plans.down.transaction == Transaction::Runner
    }

    /// The draft for programs.
    pub(crate) fn json(&self) -> Value {
        let changes: Vec<Value> = self
            .changes
            .iter()
            .map(|change| {
                let subject = change.subject();
                json!({
                    "kind": change.kind(),
                    "table": subject.table.to_string(),
                    "column": subject.column,
                    "text": autogen_codegen::report::lines(std::slice::from_ref(change)).join("\n"),
                })
            })
            .collect();
        let hazards: Vec<Value> = self
            .risks
            .iter()
            .map(|risk| {
                json!({
                    "name": risk.hazard.kind.name(),
                    "detail": risk.hazard.detail,
                    "rows": risk.rows,
                    "allowed": risk.reason,
                })
            })
            .collect();
        json!({ "plugin": self.owner, "title": self.title, "changes": changes, "hazards": hazards, "proven": self.proven })
    }
}

fn suggestion(rename: &LikelyRename) -> String {
    let (old, new) = (&rename.names.from, &rename.names.to);
    match &rename.table {
        Some(table) => format!("\nif {table}.{new} is {old} under a new name, write `#[renamed_from({old})]` on it"),
        None => format!("\nif {new} is {old} under a new name, write `#[renamed_from({old})]` on it"),
    }
}

/// Why the source allows a hazard on a table: `#[allow(...)]` on the table, or on the column or
/// rule that the change is about.
fn allowed_in_source(
    table: Option<&TableName>,
    kind: HazardKind,
    changes: &[Change],
    models: &Schema,
) -> Option<String> {
    let table = table?;
    let of_table = models.tables.get(table).map(|table| &table.hints);
    let of_changes = changes.iter().filter(|change| change.subject().table == *table).filter_map(Change::hints);
    of_table
        .into_iter()
        .chain(of_changes)
        .flat_map(|hints| &hints.allow)
        .find(|allow| allow.hazard == kind.name())
        .map(|allow| allow.reason.clone().unwrap_or_else(|| "in source".to_owned()))
}

/// Whether a step does more than look.
pub(crate) fn changes_anything(plan: &Plan) -> bool {
    plan.steps.iter().any(|step| !matches!(step.operation, Operation::Guard(_)))
}
