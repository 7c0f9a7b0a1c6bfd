//! The drafts of all owners in all dialects.

use std::collections::BTreeSet;

use autogen_engine::database::Database;
use autogen_engine::error::{Code, Diagnostic, Error, Result, Severity};
use autogen_engine::model::Pair;
use autogen_engine::normalize::comparable_asking;
use autogen_engine::spelling::Question;

use crate::dialects::Workspaces;
use crate::draft::{Draft, DraftOptions};
use crate::drift::{self, AsMade};
use crate::heads::{branched, two_heads};
use crate::models::{Models, Parts};
use crate::observer::Observer;
use crate::refused::PERMISSION;
use crate::rounds::{Drafting, FIRST, LAST, Round, Rounds};
use crate::start::Start;
use crate::transfer::{transfers, wanted_by_others};
use crate::workspace::Workspace;

/// One owner's drafts.
#[derive(Debug, Clone)]
pub struct OwnerDrafts {
    /// The owner.
    pub owner: String,
    /// One for each dialect, in the order of [`Workspaces::here`]. `None` if nothing differs.
    pub drafts: Vec<Option<Draft>>,
}

impl Workspaces {
    /// Drafts what the sources of all selected owners want changed. Owners that others reference come first. An
    /// owner may have several drafts one after another. `models` are those of [`Workspaces::models`].
    ///
    /// # Errors
    /// Fails if a chain has branched, if the database isn't as its chains make it, or if a change can't be made,
    /// has a risk that nobody has allowed, or can't be proven.
    pub fn drafts(
        &self,
        models: &[Models],
        options: &DraftOptions,
        observer: &dyn Observer,
    ) -> Result<Vec<OwnerDrafts>> {
        let mut all: Vec<(usize, OwnerDrafts)> = Vec::new();
        let mut refused = Vec::new();
        for (position, (workspace, models)) in self.here.iter().zip(models).enumerate() {
            let found = drafts(workspace, models, options, observer).map_err(|error| workspace.in_its_dialect(error));
            let found = match found {
                // The hazards and costs of all dialects are reported together.
                Err(error) if [Code::HazardNotAllowed, Code::OverBudget].contains(&error.code()) => {
                    refused.extend(error.diagnostics);
                    continue;
                }
                found => found?,
            };
            for Round { owner, number, draft } in found {
                // Conditions in the source may give owners another order in another dialect. The first one
                // counts.
                let is_it = |(round, known): &(usize, OwnerDrafts)| *round == number && known.owner == owner;
                let at = all.iter().position(is_it).unwrap_or_else(|| {
                    let is_earlier = |(round, known): &(usize, OwnerDrafts)| known.owner == owner && *round < number;
                    let earlier = all.iter().rposition(is_earlier);
                    let at =
                        earlier.filter(|_| number > FIRST && number != LAST).map_or(all.len(), |earlier| earlier + 1);
                    let drafts = self.here.iter().map(|_| None).collect();
                    all.insert(at, (number, OwnerDrafts { owner: owner.clone(), drafts }));
                    at
                });
                all[at].1.drafts[position] = draft;
            }
        }
        Error::unless_clean(with_permission(refused))?;
        let all: Vec<OwnerDrafts> = all.into_iter().map(|(_, drafts)| drafts).collect();
        let is_empty = |found: &OwnerDrafts| found.drafts.iter().all(Option::is_none);
        let has_more = |found: &OwnerDrafts| all.iter().any(|other| other.owner == found.owner && !is_empty(other));
        Ok(all.iter().filter(|found| !(is_empty(found) && has_more(found))).cloned().collect())
    }
}

/// Ends the refusals of several owners and dialects with one line that allows all of their hazards. A change that costs
/// too much can't be allowed that way, so it keeps its own help.
fn with_permission(mut refused: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut mains: Vec<&mut Diagnostic> = refused
        .iter_mut()
        .filter(|found| found.code == Code::HazardNotAllowed && found.severity == Severity::Error)
        .collect();
    if mains.len() < 2 {
        return refused;
    }
    let mut names = BTreeSet::new();
    for main in &mut mains {
        let said = main.help.take().unwrap_or_default();
        let (own, hints) = said.strip_prefix(PERMISSION).and_then(|rest| rest.split_once('`')).unwrap_or(("", &said));
        names.extend(own.split(',').filter(|name| !name.is_empty()).map(str::to_owned));
        let hints = hints.trim_start_matches("; or ").trim_start().to_owned();
        main.help = Some(hints).filter(|hints| !hints.is_empty());
    }
    if let Some(last) = mains.last_mut() {
        let names: Vec<String> = names.into_iter().collect();
        let hints = last.help.take().map(|hints| format!("\n{hints}")).unwrap_or_default();
        last.help = Some(format!("if all of that is meant, add `--allow {}`{hints}", names.join(",")));
    }
    refused
}

/// Drafts what the sources of the selected owners want changed in one dialect. If only some owners are selected,
/// a part of the chains and the database is tried first.
pub(crate) fn drafts(
    workspace: &Workspace,
    models: &Models,
    options: &DraftOptions,
    observer: &dyn Observer,
) -> Result<Vec<Round>> {
    let owners: Vec<&str> = workspace.owners(models).into_iter().map(|owner| owner.name.as_str()).collect();
    if let Some(owner) = branched(workspace).first() {
        return Err(two_heads(workspace, owner, &|_| true));
    }
    let drafting = Drafting { workspace, models, owners: &owners, options, observer };
    let mut live = workspace.url.is_some().then(|| workspace.live(false)).transpose()?;
    let mut is_first = true;
    if workspace.is_about_some() {
        match on_part(drafting, live.as_mut(), &mut is_first) {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => {}
            // The hazards are in the part, so the whole wouldn't change the verdict.
            Err(error) if [Code::HazardNotAllowed, Code::OverBudget, Code::DatabaseBehind].contains(&error.code()) => {
                return Err(error);
            }
            // A partial read can prove success, never failure: what the part lacks may be the cause.
            Err(error) => observer.detail(&format!("a part of the database doesn't do: {error}")),
        }
    }
    let start = match &mut live {
        Some(live) => match Start::of_live(&drafting, live, false) {
            Ok(start) => Some(start),
            // A role that may only read gets the answers that need no scratch database.
            Err(error) if error.code() == Code::CantMakeScratch => {
                return without_scratch(&drafting, live)?.ok_or(error);
            }
            Err(error) => return Err(error),
        },
        None => Start::of_chains(&drafting, false)?,
    };
    // `None` is only possible for a part.
    let Some(start) = start else { return Ok(Vec::new()) };
    Rounds::begin(drafting, start, live.as_mut(), is_first)?.all()
}

/// Drafts the rounds of a host in which nothing differs, from the ledger's fingerprint and rules alone.
/// Returns `None` if those can't tell.
fn without_scratch(drafting: &Drafting<'_>, live: &mut Database) -> Result<Option<Vec<Round>>> {
    let Drafting { workspace, models, owners, observer, .. } = *drafting;
    let Some(AsMade { schema, makers, .. }) = drift::as_made(workspace, models, live)? else { return Ok(None) };
    let nobody = |_: &[Question]| Err(Error::new(Code::NoScratchServer, "nobody is there to be asked"));
    let pair = Pair::new(schema, models.schema.clone());
    let Ok(both) = comparable_asking(pair, workspace.dialect, nobody) else { return Ok(None) };
    let parts = Parts::new(&both, models, &makers);
    for owner in owners {
        let comparison = workspace.compare(owner, &parts);
        let gives = workspace.is_about_some() && !wanted_by_others(workspace, owner, models, &makers).is_empty();
        if gives || !comparison.changes.is_empty() || !transfers(owner, &comparison.models, &makers)?.is_empty() {
            return Ok(None);
        }
    }
    workspace.report_kept(&both.from, models, &makers, observer);
    let nothing = |owner: &&str| Round { owner: (*owner).to_owned(), number: FIRST, draft: None };
    Ok(Some(owners.iter().map(nothing).collect()))
}

/// Drafts the rounds from only those parts of the chains and the database that the owners need. Returns
/// `None` if the parts would be everything.
fn on_part<'a>(
    drafting: Drafting<'a>,
    live: Option<&'a mut Database>,
    is_first: &mut bool,
) -> Result<Option<Vec<Round>>> {
    let mut live = live;
    let start = match &mut live {
        Some(live) => Some(Start::of_live(&drafting, live, true)?),
        None => Start::of_chains(&drafting, true)?,
    };
    let Some(start) = start else { return Ok(None) };
    let rounds = Rounds::begin(drafting, start, live, true)?;
    *is_first = false;
    rounds.all().map(Some)
}
