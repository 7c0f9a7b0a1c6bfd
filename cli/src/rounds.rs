//! Owner by owner: what each one's source wants changed, from the database as the ones before leave it.

use std::collections::{BTreeSet, VecDeque};

use autogen::database::Database;
use autogen::error::{Error, Result};
use autogen::history::Told;
use autogen::introspect::{introspect, outline};
use autogen::model::{Change, Pair, Schema, TableName, Unread};
use autogen::plan::{Turn, online};
use autogen::scratch::Replayed;
use autogen_codegen::report::title;

use crate::branches::{branched, two_heads};
use crate::concern::Concern;
use crate::draft::Draft;
use crate::drift;
use crate::next::OwnersDrafts;
use crate::ties::{explained, postpone};
use crate::transfer::{self, transfers};
use crate::ui::Ui;
use crate::work::{Comparison, Makers, Models, Work};
use crate::works::Works;

/// What one round through the owners says of one of them. An owner has several rounds where its tables
/// are changed online, and a last one where its keys close a circle.
pub(crate) struct Round {
    pub(crate) owner: String,
    number: usize,
    /// None where nothing differs.
    draft: Option<Draft>,
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
    let owners: Vec<&str> = work.owners(models).into_iter().map(|owner| owner.name.as_str()).collect();
    if let Some(owner) = branched(work).first() {
        return Err(two_heads(work, owner));
    }
    let mut live = work.url.is_some().then(|| work.live(false)).transpose()?;
    let mut is_told = false;
    if work.is_about_some() {
        match drafts_on_part(work, models, &owners, message, &mut live, ui, &mut is_told, &mut inspect) {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => {}
            // What is at stake lies in the part.
            Err(error) if ["hazard-not-allowed", "database-behind"].contains(&error.code()) => return Err(error),
            // A part may show that something goes, never that it doesn't: what it lacks may be the reason.
            Err(error) if ui.verbose > 0 => ui.remark(format!("a part of the database doesn't do: {error}")),
            Err(_) => {}
        }
    }
    let (database, known) = match &mut live {
        Some(live) => {
            work.refuse_behind(live, &owners, models)?;
            let known = Known::of_live(work, models, live, None)?;
            (work.copied(live, None)?, known)
        }
        None => {
            let Replayed { database, makers } = work.replayed()?;
            (database, Known { makers, unknown_triggers: BTreeSet::new() })
        }
    };
    let bench = Bench { work, models, known: &known, live: live.as_mut(), database, unread: None };
    bench.drafts(&owners, message, ui, &mut is_told, &mut inspect)
}

/// The same on no more of chains and database than the owners are about; `None` where that is all.
#[allow(clippy::too_many_arguments, reason = "they are those of one function, cut in two")]
fn drafts_on_part(
    work: &Work,
    models: &Models,
    owners: &[&str],
    message: Option<&str>,
    live: &mut Option<Database>,
    ui: &Ui,
    is_told: &mut bool,
    inspect: &mut impl FnMut(&mut Draft, &mut Database) -> Result<()>,
) -> Result<Option<Vec<Round>>> {
    let (database, known, unread) = match live {
        Some(live) => {
            work.refuse_behind(live, owners, models)?;
            let known = Known::of_live(work, models, live, work.told(owners, models, false).as_ref())?;
            let part = Concern::of(owners, models, &known.makers).part(&outline(live)?);
            (work.copied(live, Some(&part))?, known, part.unread)
        }
        None => {
            let Some(told) = work.told(owners, models, true) else { return Ok(None) };
            let Replayed { database, makers } = work.replayed_as(Some(&told))?;
            (database, Known { makers, unknown_triggers: BTreeSet::new() }, told.unread)
        }
    };
    let unread = Some(unread);
    let bench = Bench { work, models, known: &known, live: live.as_mut(), database, unread };
    bench.drafts(owners, message, ui, is_told, inspect).map(Some)
}

/// What is known of a start beside its schema.
struct Known {
    makers: Makers,
    /// Triggers of a live database that its chains don't make.
    unknown_triggers: BTreeSet<String>,
}

impl Known {
    /// Replays what a live database has applied, unless the database is known to be just that. Refuses one in which
    /// somebody has changed the tables in question by hand.
    fn of_live(work: &Work, models: &Models, live: &mut Database, told: Option<&Told<'_>>) -> Result<Self> {
        if let Some((_, makers)) = drift::as_made(work, models, live)? {
            return Ok(Self { makers, unknown_triggers: BTreeSet::new() });
        }
        let compared = drift::compare(work, models, live, work.replayed_as(told)?, told)?;
        drift::refuse(work, &compared.drifts)?;
        Ok(Self { makers: compared.makers, unknown_triggers: compared.unknown_triggers })
    }
}

/// What drafts are made from.
struct Bench<'a> {
    work: &'a Work,
    models: &'a Models,
    known: &'a Known,
    live: Option<&'a mut Database>,
    /// Where the first one starts. Each is applied to it for those that come next.
    database: Database,
    /// What else the live database has, if that isn't all.
    unread: Option<Unread>,
}

impl Bench<'_> {
    /// What there is, and what the sources want.
    fn both(&mut self) -> Result<Pair<Schema>> {
        let mut there = introspect(&mut self.database)?;
        if let Some(unread) = &self.unread {
            there.note_unread(unread);
        }
        self.work.both_of(there, &mut self.database, self.models)
    }

    /// Names in use there that are also taken by what isn't there: a part alone can't tell that they are.
    fn names_of_others(&mut self) -> Result<BTreeSet<String>> {
        let Some(unread) = &self.unread else { return Ok(BTreeSet::new()) };
        let taken: BTreeSet<String> = unread.names.iter().map(|name| name.to_lowercase()).collect();
        let names = outline(&mut self.database)?;
        Ok(names.names().map(str::to_lowercase).filter(|name| taken.contains(name)).collect())
    }

    fn drafts(
        mut self,
        owners: &[&str],
        message: Option<&str>,
        ui: &Ui,
        is_told: &mut bool,
        inspect: &mut impl FnMut(&mut Draft, &mut Database) -> Result<()>,
    ) -> Result<Vec<Round>> {
        let (work, models, makers) = (self.work, self.models, &self.known.makers);
        let shared_names = self.names_of_others()?;
        let mut both = self.both()?;
        if let Some(table) = Concern::of(owners, models, makers).unread(&both.from) {
            return Err(Error::new("proof-failed", format!("{table} wasn't read")));
        }
        if !std::mem::replace(is_told, true) {
            work.report_kept(&both.from, models, makers, ui);
        }
        let mut drafts = Vec::new();
        let mut rounds: VecDeque<(&str, usize, What)> =
            owners.iter().map(|owner| (*owner, 0, What::Everything)).collect();
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
                    let mut comparison = work.compare(name, &both, models, makers);
                    let later: BTreeSet<&str> =
                        rounds.iter().map(|(later, ..)| *later).filter(|later| *later != name).collect();
                    let Comparison { start, models: wanted, changes } = &mut comparison;
                    if number == 0 {
                        takes = transfers(name, wanted, makers)?;
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
            let draft = Draft::new(work, models, name, comparison, &new, title, self.live.as_deref_mut());
            let mut draft = draft.map_err(|error| explained(error, name, models))?;
            drift::refuse_triggers(name, &[&draft.plans.up, &draft.plans.down], &self.known.unknown_triggers)?;
            draft.takes = takes;
            draft.gives_models = turns_left == 0;
            if turn.concurrently {
                draft.plans = draft.plans.concurrently();
            }
            inspect(&mut draft, &mut self.database)?;
            draft.apply(work, &mut self.database)?;
            if let Some(name) = self.names_of_others()?.difference(&shared_names).next() {
                return Err(Error::new("proof-failed", format!("the database has something else named `{name}`")));
            }
            both = self.both()?;
            new.extend(draft.changes.iter().filter_map(|change| match change {
                Change::CreateTable(table) => Some(table.name.clone()),
                _ => None,
            }));
            drafts.push(Round { owner, number, draft: Some(draft) });
        }
        Ok(drafts)
    }
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
