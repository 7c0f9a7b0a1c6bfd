//! Drafts what each owner's source wants changed, one owner after the other, from the database as the earlier
//! ones leave it.

use std::collections::{BTreeSet, VecDeque};

use autogen_codegen::report::title;
use autogen_engine::database::Database;
use autogen_engine::error::{Code, Diagnostic, Error, Result};
use autogen_engine::history::without_collation;
use autogen_engine::model::{Change, Edit, ForeignKey, Lineage, Pair, Schema, TableName};
use autogen_engine::plan::{Turn, online};
use autogen_engine::scratch::usual_collation;

use crate::dependencies::{before_drops, keys_in_the_way, making_way, postpone};
use crate::draft::{Draft, DraftOptions};
use crate::drift;
use crate::models::{Comparison, Models, Parts};
use crate::observer::Observer;
use crate::refused::Refused;
use crate::scope::Scope;
use crate::start::Start;
use crate::transfer::{self, Transfer, transfers, wanted_by_others};
use crate::workspace::Workspace;

/// What to draft, and under which conditions.
#[derive(Clone, Copy)]
pub(crate) struct Drafting<'a> {
    pub(crate) workspace: &'a Workspace,
    pub(crate) models: &'a Models,
    pub(crate) owners: &'a [&'a str],
    pub(crate) options: &'a DraftOptions,
    pub(crate) observer: &'a dyn Observer,
}

/// The result of one round for one owner. An owner has several rounds if its tables are changed online, and a
/// last one if its keys close a cycle.
pub(crate) struct Round {
    pub(crate) owner: String,
    pub(crate) number: usize,
    /// `None` if nothing differs.
    pub(crate) draft: Option<Draft>,
}

/// The number of the round that gives tables away, before anybody can take them.
const GIVING: usize = 0;

/// The number of an owner's first round that changes something.
pub(crate) const FIRST: usize = 1;

/// The number of the round that closes cycles of keys: after all others, in every dialect.
pub(crate) const LAST: usize = usize::MAX;

/// The rounds while they run.
pub(crate) struct Rounds<'a> {
    drafting: Drafting<'a>,
    /// The start, to whose database each draft is applied for the next ones.
    start: Start,
    live: Option<&'a mut Database>,
    /// What exists now, and what the sources want.
    both: Pair<Schema>,
    /// Whether the first of these is what the drafts are meant to leave, instead of what was read since.
    is_foreseen: bool,
    /// Names that are in use more than once from the beginning; see [`Start::names_of_others`].
    shared_names: BTreeSet<String>,
    /// Keys between tables of two owners that keep both from changing their ends.
    in_the_way: Vec<(TableName, ForeignKey)>,
    waiting: VecDeque<Task<'a>>,
    /// Tables that this run makes.
    new: BTreeSet<TableName>,
    /// Hazards that nobody has allowed, and costs beyond the budget.
    refused: Vec<Diagnostic>,
}

/// What is to be done in a round.
#[derive(Clone)]
struct Task<'a> {
    owner: &'a str,
    number: usize,
    goal: Goal,
}

#[derive(Clone)]
enum Goal {
    /// Tables that others define now.
    Giving(Vec<Transfer>),
    /// Everything that differs.
    Everything,
    /// The keys that had to wait for other owners' tables.
    ClosingKeys,
    /// One of the turns in which tables are changed online.
    Turn {
        turn: Turn,
        models: Schema,
        /// The number of turns after it.
        left: usize,
    },
}

/// What a draft is to do.
struct Aim {
    comparison: Comparison,
    takes: Vec<Transfer>,
    gives: Vec<Transfer>,
    concurrently: bool,
    /// Whether it is the last one.
    is_last: bool,
}

impl<'a> Rounds<'a> {
    /// Begins at a start. `is_first` is false if an earlier try has already reported what is kept.
    pub(crate) fn begin(
        drafting: Drafting<'a>,
        mut start: Start,
        live: Option<&'a mut Database>,
        is_first: bool,
    ) -> Result<Self> {
        let Drafting { workspace, models, owners, observer, .. } = drafting;
        let shared_names = start.names_of_others()?;
        let both = start.both(workspace, models)?;
        if let Some(table) = Scope::of(owners, models, &start.makers).unread(&both.from) {
            return Err(Error::new(Code::ProofFailed, format!("{table} wasn't read")));
        }
        if is_first {
            workspace.report_kept(&both.from, models, &start.makers, observer);
        }
        let in_the_way = keys_in_the_way(&both, owners, models, workspace.dialect);
        transfer::refuse_renamed(owners, models, &start.makers)?;
        // An owner that gives something away must be named on the command line, which is its consent.
        let named = owners.iter().filter(|_| workspace.is_about_some());
        let giving = named.filter_map(|owner| {
            let gives = wanted_by_others(workspace, owner, models, &start.makers);
            (!gives.is_empty()).then_some(Task { owner, number: GIVING, goal: Goal::Giving(gives) })
        });
        let task = |owner| Task { owner, number: FIRST, goal: Goal::Everything };
        let order = making_way(owners, &in_the_way, models);
        let order = before_drops(&order, &both, models, &start.makers).into_iter().map(task);
        let waiting = giving.chain(order).collect();
        Ok(Self {
            drafting,
            start,
            live,
            both,
            is_foreseen: false,
            shared_names,
            in_the_way,
            waiting,
            new: BTreeSet::new(),
            refused: Vec::new(),
        })
    }

    pub(crate) fn all(mut self) -> Result<Vec<Round>> {
        let mut rounds = Vec::new();
        while let Some(task) = self.waiting.pop_front() {
            let (owner, number) = (task.owner, task.number);
            if !matches!(task.goal, Goal::Everything) {
                self.read()?;
            }
            let (waiting, refused) = (self.waiting.clone(), self.refused.len());
            let mut found = self.round(task.clone());
            // Names that a database gives by itself may be in the way, and only reading tells.
            if found.is_err() && self.is_foreseen {
                self.read()?;
                self.waiting = waiting;
                self.refused.truncate(refused);
                found = self.round(task);
            }
            let draft = match found {
                Ok(draft) => draft,
                // An earlier refusal may be why the rest can't be planned.
                Err(_) if !self.refused.is_empty() => break,
                Err(error) => return Err(error),
            };
            rounds.push(Round { owner: owner.to_owned(), number, draft });
        }
        Error::unless_clean(self.refused)?;
        Ok(rounds)
    }

    fn round(&mut self, task: Task<'a>) -> Result<Option<Draft>> {
        let (owner, number) = (task.owner, task.number);
        self.aim(task)?.map(|aim| self.draft(owner, number, aim)).transpose()
    }

    /// Reads what exists, if that is only foreseen.
    fn read(&mut self) -> Result<()> {
        if std::mem::take(&mut self.is_foreseen) {
            let Drafting { workspace, models, .. } = self.drafting;
            self.both = self.start.both(workspace, models)?;
        }
        Ok(())
    }

    /// Determines what an owner's round is to do. Returns `None` if nothing differs. What has to wait is put into
    /// the queue.
    fn aim(&mut self, task: Task<'a>) -> Result<Option<Aim>> {
        let Task { owner, number, goal } = task;
        let nothing = || Comparison {
            owner: owner.to_owned(),
            start: self.both.from.clone(),
            models: Schema::default(),
            changes: Vec::new(),
        };
        let (takes, gives) = (Vec::new(), Vec::new());
        match goal {
            Goal::Everything | Goal::ClosingKeys => {}
            Goal::Giving(gives) => {
                return Ok(Some(Aim { comparison: nothing(), takes, gives, concurrently: false, is_last: false }));
            }
            Goal::Turn { turn, models, left } => {
                let comparison = Comparison { models, changes: turn.changes, ..nothing() };
                let concurrently = turn.concurrently;
                return Ok(Some(Aim { comparison, takes, gives, concurrently, is_last: left == 0 }));
            }
        }
        let (mut comparison, takes) = self.comparison(owner, number)?;
        if comparison.changes.is_empty() && takes.is_empty() {
            return Ok(None);
        }
        let first = self.turns(owner, &comparison);
        let (concurrently, is_last) = (first.0.concurrently, first.1 == 0);
        comparison.changes = first.0.changes;
        Ok(Some(Aim { comparison, takes, gives, concurrently, is_last }))
    }

    /// Compares an owner's tables as far as they can be changed now, and returns which tables become its own.
    fn comparison(&mut self, owner: &'a str, number: usize) -> Result<(Comparison, Vec<Transfer>)> {
        let Drafting { workspace, models, .. } = self.drafting;
        let makers = &self.start.makers;
        let is_own = |table: &TableName| number == FIRST && models.ownership.owner_of(table) == Some(owner);
        let own: Vec<_> = self.in_the_way.iter().filter(|(table, _)| is_own(table)).collect();
        let without_own = without_keys(&self.both, &own);
        let mut comparison = workspace.compare(owner, &Parts::new(&without_own, models, makers));
        if comparison.changes.iter().any(|change| matches!(change, Change::Table(Edit::Drop(_))))
            && let Some(usual) = usual_collation(&mut self.start.database)?
        {
            comparison.leave_collations_unsaid(&usual, &without_collation(workspace.dialect, &workspace.history));
        }
        if number != FIRST {
            return Ok((comparison, Vec::new()));
        }
        let takes = transfers(owner, &comparison.models, makers)?;
        let later: BTreeSet<&str> =
            self.waiting.iter().map(|task| task.owner).filter(|later| *later != owner).collect();
        let Comparison { start, models: wanted, changes, .. } = &mut comparison;
        if postpone(changes, wanted, start, &later, models) || !own.is_empty() {
            self.waiting.push_back(Task { owner, number: LAST, goal: Goal::ClosingKeys });
        }
        Ok((comparison, takes))
    }

    /// Splits changes into turns and queues all but the first. Returns the first one and how many follow.
    fn turns(&mut self, owner: &'a str, comparison: &Comparison) -> (Turn, usize) {
        let Workspace { host, dialect, .. } = self.drafting.workspace;
        let Comparison { start, models, changes, .. } = comparison;
        let mut turns: VecDeque<Turn> = match host.config.online {
            true => online(start, changes, &self.new, *dialect).into(),
            false => [Turn { changes: changes.clone(), concurrently: false }].into(),
        };
        let first = turns.pop_front().unwrap_or_default();
        let turns_left = turns.len();
        for (position, turn) in turns.into_iter().enumerate().rev() {
            let goal = Goal::Turn { turn, models: models.clone(), left: turns_left - position - 1 };
            self.waiting.push_front(Task { owner, number: FIRST + position + 1, goal });
        }
        (first, turns_left)
    }

    /// Lists a draft's risks, and why they are allowed.
    fn assess(&mut self, draft: &mut Draft) -> Result<()> {
        draft.assess(&self.new, self.live.as_deref_mut());
        draft.allow_by_policy(self.drafting.workspace)
    }

    /// Notes hazards that nobody has allowed. Those of all owners are reported together.
    fn note_hazards(&mut self, draft: &Draft) {
        let allowed = self.drafting.options.allowed_hazards.as_ref();
        if let Some(refused) = allowed.and_then(|allowed| Refused::of(draft, allowed)) {
            self.refused.extend(refused.error().diagnostics);
            self.drafting.observer.refused(&refused);
        }
    }

    /// Notes what a draft costs beyond the budget, where it is to be written.
    fn note_costs(&mut self, draft: &Draft) -> Result<()> {
        if self.drafting.options.allowed_hazards.is_some() {
            for error in self.drafting.workspace.errors_over_budget(draft)? {
                if !self.refused.contains(&error) {
                    self.refused.push(error);
                }
            }
        }
        Ok(())
    }

    /// Plans what an owner's round is to do, and applies it for the rounds that come next.
    fn draft(&mut self, owner: &str, number: usize, aim: Aim) -> Result<Draft> {
        let Drafting { workspace, models, options, .. } = self.drafting;
        let Aim { comparison, takes, gives, concurrently, is_last } = aim;
        let is_first = workspace.history.of(owner).next().is_none() && number == FIRST;
        let title = match &options.title {
            Some(stated) if number == FIRST => stated.clone(),
            Some(_) | None if comparison.changes.is_empty() => transfer::title(&takes, &gives),
            Some(_) | None => title(&comparison.changes, is_first),
        };
        let mut draft = workspace.draft(models, comparison, title)?;
        self.assess(&mut draft)?;
        drift::refuse_triggers(owner, &[&draft.plans.up, &draft.plans.down], &self.start.unknown_triggers)?;
        (draft.takes, draft.gives) = (takes, gives);
        draft.gives_models = is_last;
        if concurrently {
            draft.plans = draft.plans.concurrently();
        }
        self.note_hazards(&draft);
        self.note_costs(&draft)?;
        // A refused draft needs no proof.
        let proves = options.prove && self.refused.is_empty();
        if proves && draft.prove(workspace, models, &mut self.start.database)? {
            self.assess(&mut draft)?;
            self.note_hazards(&draft);
            self.note_costs(&draft)?;
        }
        draft.apply(workspace, &mut self.start.database)?;
        if let Some(name) = self.start.names_of_others()?.difference(&self.shared_names).next() {
            return Err(Error::new(Code::ProofFailed, format!("the database has something else named `{name}`")));
        }
        // The next owners look at its tables only for what is stated of them. A proof looks at everything.
        if is_foreseeable(&draft) && !options.prove {
            (self.both.from, self.is_foreseen) = (draft.plans.goal.clone(), true);
        } else {
            self.both = self.start.both(workspace, models)?;
            self.is_foreseen = false;
        }
        self.new.extend(draft.changes.iter().filter_map(Change::added_table).map(|table| table.name.clone()));
        Ok(draft)
    }
}

/// Checks whether a draft changes nothing but its owner's tables, whatever the database makes of it.
fn is_foreseeable(draft: &Draft) -> bool {
    let is_of_tables = |change: &Change| match change {
        Change::Table(_) | Change::Column(..) | Change::Rule(..) => true,
        Change::Rename(_) | Change::Enum(_) => false,
    };
    // A table that others inherit from changes them too.
    draft.changes.iter().all(is_of_tables)
        && draft.plans.goal.tables.values().all(|table| table.lineage == Lineage::default())
}

/// Returns both sides, without some keys on the second.
fn without_keys(both: &Pair<Schema>, keys: &[&(TableName, ForeignKey)]) -> Pair<Schema> {
    let mut both = both.clone();
    for (table, key) in keys {
        let table = both.to.tables.get_mut(table);
        table.into_iter().for_each(|table| table.rules.retain_of::<ForeignKey>(|other| other != key));
    }
    both
}
