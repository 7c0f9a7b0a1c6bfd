//! A revision that is not written yet: its changes, plans, risks and proof.

use std::collections::{BTreeSet, VecDeque};

use autogen::database::Database;
use autogen::diff::{LikelyRename, likely_renames};
use autogen::error::{Diagnostic, Error, Result};
use autogen::introspect::count_rows;
use autogen::model::{Change, Schema, TableName};
use autogen::plan::{HazardKind, RoundTrip, Transaction, Turn, online, refuse, round_trip};
use autogen::scratch::{Replayed, Script, Trial, prove};
use autogen_codegen::report::title;
use autogen_codegen::revision::{Files, Revision, Risk, files, risks};
use serde_json::{Value, json};

use crate::branches::two_heads;
use crate::document;
use crate::next::OwnersDrafts;
use crate::ties::{explained, postpone};
use crate::transfer::{self, Transfer, transfers};
use crate::ui::Ui;
use crate::work::{Comparison, Models, Work};
use crate::works::Works;

/// Why a second revision may do to a table what needs to be allowed elsewhere.
const NEW: &str = "the table is made in the same run";

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
    /// Tables that become the owner's.
    pub(crate) takes: Vec<Transfer>,
    /// Whether it gives what the source says; else a later one of the same run does.
    gives_models: bool,
}

/// What one round through the owners says of one of them. An owner has several rounds where its tables
/// are changed online, and a last one where its keys close a circle.
pub(crate) struct Round {
    pub(crate) owner: String,
    number: usize,
    /// None where nothing differs.
    draft: Option<Draft>,
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
        new: &BTreeSet<TableName>,
        title: String,
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
                let table = step.operation.table();
                let reason = allowed_in_source(table, hazard.kind, &changes, &wanted);
                let reason = reason.or_else(|| table.filter(|table| new.contains(table)).map(|_| NEW.to_owned()));
                risks.push(Risk { hazard: hazard.clone(), rows, reason });
            }
        }
        let (owner, proven, takes) = (owner.to_owned(), Vec::new(), Vec::new());
        Ok(Self { owner, title, changes, start, models: wanted, plans, risks, proven, takes, gives_models: true })
    }

    /// A draft that changes nothing, for a dialect in which nothing differs.
    pub(crate) fn nothing(work: &Work, owner: &str, title: &str) -> Self {
        let (start, models) = (Schema::default(), Schema::default());
        let plans = round_trip(&start, &[], work.dialect);
        let (owner, title) = (owner.to_owned(), title.to_owned());
        let (changes, risks, proven, takes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { owner, title, changes, start, models, plans, risks, proven, takes, gives_models: true }
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
            .help(match cause.to_string().contains(" does not exist") {
                true => "if no definition in sight makes it (a type that a macro writes, an extension), make it in a migration by hand \
                         that is older than this one; otherwise this is a fault of autogen: please report it with the definitions",
                false => "this is a fault of autogen; please report it with the definitions",
            })
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
    let mut all: Vec<(usize, OwnersDrafts)> = Vec::new();
    for (position, (work, models)) in works.here.iter().zip(models).enumerate() {
        let inspect = |draft: &mut Draft, start: &mut Database| inspect(work, models, draft, start);
        let found = drafts(work, models, message, ui, inspect).map_err(|error| work.in_its_dialect(error))?;
        for Round { owner, number, draft } in found {
            // Conditions in the source may give owners another order in another dialect; the first counts.
            let is_it = |(round, (known, _)): &(usize, OwnersDrafts)| *round == number && *known == owner;
            let at = all.iter().position(is_it).unwrap_or_else(|| {
                let earlier = all.iter().rposition(|(round, (known, _))| *known == owner && *round < number);
                let at = earlier.filter(|_| number != LAST).map_or(all.len(), |earlier| earlier + 1);
                all.insert(at, (number, (owner, works.here.iter().map(|_| None).collect())));
                at
            });
            all[at].1.1[position] = draft;
        }
    }
    Ok(all.into_iter().map(|(_, drafts)| drafts).collect())
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
) -> Result<Vec<Round>> {
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
    let mut rounds: VecDeque<(&str, usize, What)> =
        owners.iter().map(|owner| (owner.name.as_str(), 0, What::Everything)).collect();
    let mut new: BTreeSet<TableName> = BTreeSet::new();
    while let Some((name, number, what)) = rounds.pop_front() {
        let owner = name.to_owned();
        let mut takes = Vec::new();
        let (comparison, turn, turns_left) = match what {
            What::Turn { turn, models: wanted, left } => {
                let changes = turn.changes.clone();
                (Comparison { start: both.from.clone(), models: wanted, changes }, turn, left)
            }
            What::Everything | What::ClosingKeys => {
                let mut comparison = work.compare(name, &both, models, &makers);
                let later: BTreeSet<&str> =
                    rounds.iter().map(|(later, ..)| *later).filter(|later| *later != name).collect();
                let Comparison { start, models: wanted, changes } = &mut comparison;
                if number == 0 {
                    takes = transfers(name, wanted, &makers)?;
                    if postpone(changes, wanted, start, &later, models) {
                        rounds.push_back((name, LAST, What::ClosingKeys));
                    }
                }
                if changes.is_empty() && takes.is_empty() {
                    drafts.push(Round { owner, number, draft: None });
                    continue;
                }
                let mut turns = match work.host.config.online {
                    true => online(start, changes, &new, work.dialect),
                    false => vec![Turn { changes: changes.clone(), concurrently: false }],
                }
                .into_iter();
                let first = turns.next().unwrap_or_default();
                let left = turns.len();
                for (later, turn) in turns.enumerate().collect::<Vec<_>>().into_iter().rev() {
                    let what = What::Turn { turn, models: wanted.clone(), left: left - later - 1 };
                    rounds.push_front((name, later + 1, what));
                }
                changes.clone_from(&first.changes);
                (comparison, first, left)
            }
        };
        let is_first = work.history.of(name).next().is_none() && number == 0;
        let title = match message {
            Some(message) if number == 0 => message.to_owned(),
            Some(_) | None if comparison.changes.is_empty() => transfer::title(&takes),
            Some(_) | None => title(&comparison.changes, is_first),
        };
        let draft = Draft::new(work, models, name, comparison, &new, title, live.as_mut());
        let mut draft = draft.map_err(|error| explained(error, name, models))?;
        draft.takes = takes;
        draft.gives_models = turns_left == 0;
        if turn.concurrently {
            draft.plans = draft.plans.concurrently();
        }
        inspect(&mut draft, &mut database)?;
        draft.apply(work, &mut database)?;
        both = work.both(&mut database, models)?;
        new.extend(draft.changes.iter().filter_map(|change| match change {
            Change::CreateTable(table) => Some(table.name.clone()),
            _ => None,
        }));
        drafts.push(Round { owner, number, draft: Some(draft) });
    }
    Ok(drafts)
}

/// The number of the round that closes circles: after all others, in every dialect.
const LAST: usize = usize::MAX;

/// What is to be done in a round.
enum What {
    /// All that differs.
    Everything,
    /// The keys that had to wait for other owners' tables.
    ClosingKeys,
    /// One of the turns in which tables are changed online.
    Turn {
        turn: Turn,
        models: Schema,
        /// How many come after it.
        left: usize,
    },
}

fn suggestion(rename: &LikelyRename) -> String {
    let (old, new) = (&rename.names.from, &rename.names.to);
    match &rename.table {
        Some(table) => format!("\nif {table}.{new} is {old} under a new name, write `#[renamed_from({old})]` on it"),
        None => format!("\nif {new} is {old} under a new name, write `#[renamed_from({old})]` on it"),
    }
}

/// Why the source allows a hazard on a table or an enumerated type: `#[allow(...)]` on it, or on the column or
/// rule that the change is about.
fn allowed_in_source(
    table: Option<&TableName>,
    kind: HazardKind,
    changes: &[Change],
    models: &Schema,
) -> Option<String> {
    let table = table?;
    let of_enum = || models.enums.get(table).map(|found| &found.hints);
    let of_table = models.tables.get(table).map(|table| &table.hints).or_else(of_enum);
    let of_changes = changes.iter().filter(|change| change.subject().table == *table).filter_map(Change::hints);
    of_table
        .into_iter()
        .chain(of_changes)
        .flat_map(|hints| &hints.allow)
        .find(|allow| allow.hazard == kind.name())
        .map(|allow| allow.reason.clone().unwrap_or_else(|| "in source".to_owned()))
}
