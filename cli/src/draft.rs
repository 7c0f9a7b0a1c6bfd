//! A revision that is not written yet: its changes, plans, risks and proof.

use autogen::database::Database;
use autogen::diff::{LikelyRename, likely_renames};
use autogen::error::{Diagnostic, Error, Result};
use autogen::introspect::count_rows;
use autogen::model::{Change, Schema, TableName};
use autogen::plan::{HazardKind, RoundTrip, Transaction, refuse, round_trip};
use autogen::scratch::{Replayed, Script, Trial, prove};
use autogen_codegen::report::title;
use autogen_codegen::revision::{Files, Revision, Risk, files, risks};
use serde_json::{Value, json};

use crate::branches::two_heads;
use crate::document;
use crate::next::OwnersDrafts;
use crate::ui::Ui;
use crate::work::{Comparison, Models, Work};
use crate::works::Works;

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
    fn new(
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

    /// A draft that changes nothing, for a dialect in which nothing differs.
    pub(crate) fn nothing(work: &Work, owner: &str, title: &str) -> Self {
        let (start, models) = (Schema::default(), Schema::default());
        let plans = round_trip(&start, &[], work.dialect);
        let (owner, title) = (owner.to_owned(), title.to_owned());
        Self { owner, title, changes: Vec::new(), start, models, plans, risks: Vec::new(), proven: Vec::new() }
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

    /// Refuses a draft with hazards that nobody has allowed.
    pub(crate) fn refuse_hazards(&self, allows: impl Fn(HazardKind) -> bool) -> Result<()> {
        let unallowed: Vec<Risk> =
            self.risks.iter().filter(|risk| risk.reason.is_none() && !allows(risk.hazard.kind)).cloned().collect();
        if unallowed.is_empty() {
            return Ok(());
        }
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
        let mut error =
            Error::new("hazard-not-allowed", format!("{}'s change has hazards that nobody has allowed", self.owner));
        error
            .diagnostics
            .extend(risks(&unallowed).into_iter().map(|line| Diagnostic::note("hazard-not-allowed", line)));
        Err(error.help(help))
    }

    /// Proves the draft on a copy of `start`, and notes what was proven.
    pub(crate) fn prove(&mut self, work: &Work, models: &Models, start: &mut Database) -> Result<()> {
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
        self.proven = prove(trial)?.sentences();
        Ok(())
    }

    /// Diesel knows one setting for both ways: the runner opens the transaction only when neither
    /// file does.
    pub(crate) fn runs_in_transaction(&self) -> bool {
        self.plans.up.transaction == Transaction::Runner && self.plans.down.transaction == Transaction::Runner
    }

    /// Runs the draft on the database that it starts from, for the owners that come next.
    fn apply(&self, work: &Work, database: &mut Database) -> Result<()> {
        database.execute(&self.files(work).up).map_err(|cause| {
            Error::new(
                "proof-failed",
                format!("{}'s own migration doesn't run on a scratch database: {cause}", self.owner),
            )
            .help("this is a fault of autogen; please report it with the definitions")
            .caused_by(cause)
        })
    }

    /// The draft for programs.
    pub(crate) fn json(&self, work: &Work) -> Value {
        let files = self.files(work);
        json!({
            "plugin": self.owner,
            "dialect": work.dialect.name(),
            "in_sync": false,
            "title": self.title,
            "changes": document::changes(&self.changes),
            "hazards": document::hazards(&self.risks),
            "proven": self.proven,
            "up": files.up,
            "down": files.down,
        })
    }
}

/// The drafts of every dialect that can be worked on, by owner; see [`drafts`].
pub(crate) fn every_draft(
    works: &Works,
    models: &[Models],
    message: Option<&str>,
    ui: &Ui,
    inspect: impl Fn(&Work, &Models, &mut Draft, &mut Database) -> Result<()>,
) -> Result<Vec<OwnersDrafts>> {
    let mut all: Vec<OwnersDrafts> = Vec::new();
    for (position, (work, models)) in works.here.iter().zip(models).enumerate() {
        let inspect = |draft: &mut Draft, start: &mut Database| inspect(work, models, draft, start);
        let found = drafts(work, models, message, ui, inspect).map_err(|error| work.in_its_dialect(error))?;
        for (owner, draft) in found {
            // Conditions in the source may give owners another order in another dialect; the first counts.
            match all.iter_mut().find(|(known, _)| *known == owner) {
                Some((_, drafts)) => drafts.push(draft),
                None => {
                    debug_assert_eq!(position, 0, "the same owners are selected in every dialect");
                    all.push((owner, vec![draft]));
                }
            }
        }
    }
    Ok(all)
}

/// What the sources of all selected owners want changed in one dialect, those first that others point
/// at; an owner without changes is in sync, and has no draft. Each draft starts from the database as the ones before leave it.
/// `inspect` may refuse a draft, or prove it, while its start is there.
fn drafts(
    work: &Work,
    models: &Models,
    message: Option<&str>,
    ui: &Ui,
    mut inspect: impl FnMut(&mut Draft, &mut Database) -> Result<()>,
) -> Result<Vec<(String, Option<Draft>)>> {
    let owners = work.owners(models);
    for owner in &owners {
        if work.history.heads(&owner.name).len() > 1 {
            return Err(two_heads(work, &owner.name));
        }
    }
    let Replayed { database, makers } = work.replayed()?;
    let mut live = work.url.is_some().then(|| work.live(false)).transpose()?;
    let mut database = match &mut live {
        Some(live) => work.copied(live, &owners, models)?,
        None => database,
    };
    let mut both = work.both(&mut database, models)?;
    work.report_kept(&both.from, models, &makers, ui);

    let mut drafts = Vec::new();
    for owner in owners {
        let comparison = work.compare(&owner.name, &both, models, &makers);
        if comparison.changes.is_empty() {
            drafts.push((owner.name.clone(), None));
            continue;
        }
        let mut draft = Draft::new(work, models, &owner.name, comparison, message, live.as_mut())?;
        inspect(&mut draft, &mut database)?;
        draft.apply(work, &mut database)?;
        both = work.both(&mut database, models)?;
        drafts.push((owner.name.clone(), Some(draft)));
    }
    Ok(drafts)
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
