//! What chains make, remembered from run to run.

use std::collections::BTreeMap;

use autogen_engine::error::Result;
use autogen_engine::history::ReplaySubset;
use autogen_engine::introspect::introspect;
use autogen_engine::model::{Pair, Schema};
use autogen_engine::normalize::comparable_asking;
use autogen_engine::scratch::Replayed;
use autogen_engine::spelling::{Answer, Question, spelled};
use serde::{Deserialize, Serialize};
use tracing::debug_span;

use crate::cache::{Cache, Entry};
use crate::models::{Makers, Models};
use crate::workspace::Workspace;

/// What chains make, or a part of them: replayed once it is asked for, unless an earlier run has replayed the same.
pub(crate) struct ChainSchema<'a> {
    workspace: &'a Workspace,
    subset: Option<&'a ReplaySubset<'a>>,
    /// Where it is remembered.
    entry: Option<Entry>,
    snapshot: Option<Snapshot>,
    replayed: Option<Replayed>,
}

/// What a run remembers.
#[derive(Clone, Serialize, Deserialize)]
struct Snapshot {
    schema: Schema,
    makers: Makers,
    /// What the database has said about spelling, by the question as it is written here.
    answers: BTreeMap<Vec<u8>, Answer>,
}

impl<'a> ChainSchema<'a> {
    /// Looks for what all chains of a workspace make, or those that `subset` names.
    ///
    /// # Errors
    /// Fails if there is no server for the dialect.
    pub(crate) fn of(workspace: &'a Workspace, subset: Option<&'a ReplaySubset<'a>>) -> Result<Self> {
        let entry = entry(workspace, subset)?;
        let snapshot = entry.as_ref().and_then(Entry::read);
        Ok(Self { workspace, subset, entry, snapshot, replayed: None })
    }

    /// Returns the owner of each table.
    ///
    /// # Errors
    /// Fails if a chain doesn't run.
    pub(crate) fn makers(&mut self) -> Result<&Makers> {
        Ok(&self.snapshot()?.makers)
    }

    /// Brings what the chains make and what all sources define to one spelling.
    ///
    /// # Errors
    /// Fails if a chain doesn't run, or if the database can't be read or asked.
    pub(crate) fn beside(&mut self, models: &Models) -> Result<Pair<Schema>> {
        let mut schema = self.snapshot()?.schema.clone();
        if let Some(subset) = self.subset {
            schema.note_unread(&subset.unread);
        }
        let _span = debug_span!("normalize").entered();
        let dialect = self.workspace.dialect;
        comparable_asking(Pair::new(schema, models.schema.clone()), dialect, |questions| self.answers(questions))
    }

    /// Returns how a database with all that the chains make spells the parts of the questions.
    ///
    /// # Errors
    /// Fails if a chain doesn't run, or if the database can't be asked.
    pub(crate) fn answers(&mut self, questions: &[Question]) -> Result<Vec<Answer>> {
        // A question that can't be written isn't known.
        let keys: Vec<Vec<u8>> =
            questions.iter().map(|question| postcard::to_stdvec(question).unwrap_or_default()).collect();
        let known = &self.snapshot()?.answers;
        if let Some(answers) = keys.iter().map(|key| known.get(key).cloned()).collect() {
            return Ok(answers);
        }
        let answers = spelled(&mut self.replay()?.database, questions)?;
        let snapshot = self.snapshot()?;
        snapshot.answers.extend(keys.into_iter().zip(answers.iter().cloned()));
        let snapshot = snapshot.clone();
        self.entry.iter().for_each(|entry| entry.write(&snapshot));
        Ok(answers)
    }

    /// Returns the scratch database that has what the chains make.
    ///
    /// # Errors
    /// Fails if a chain doesn't run.
    pub(crate) fn into_replayed(self) -> Result<Replayed> {
        match self.replayed {
            Some(replayed) => Ok(replayed),
            None => self.workspace.replayed_as(self.subset),
        }
    }

    fn snapshot(&mut self) -> Result<&mut Snapshot> {
        let snapshot = match self.snapshot.take() {
            Some(known) => known,
            None => {
                let Replayed { database, makers } = self.replay()?;
                let schema = introspect(database)?;
                let new = Snapshot { schema, makers: makers.clone(), answers: BTreeMap::new() };
                self.entry.iter().for_each(|entry| entry.write(&new));
                new
            }
        };
        Ok(self.snapshot.insert(snapshot))
    }

    fn replay(&mut self) -> Result<&mut Replayed> {
        match &mut self.replayed {
            Some(replayed) => Ok(replayed),
            none => Ok(none.insert(self.workspace.replayed_as(self.subset)?)),
        }
    }
}

/// Returns where it is remembered what chains make. Returns `None` if nothing is remembered, or if it isn't known what
/// the result depends on.
fn entry(workspace: &Workspace, subset: Option<&ReplaySubset<'_>>) -> Result<Option<Entry>> {
    let cache = Cache::of(&workspace.options);
    if cache.is_none() {
        return Ok(None);
    }
    // Whatever keeps a server from telling, a replay says better.
    let Ok(Some(surroundings)) = workspace.scratch_server()?.surroundings() else { return Ok(None) };
    let needed: Vec<&str> = match subset {
        Some(subset) => subset.needed.iter().map(|revision| revision.version.as_str()).collect(),
        None => vec!["all"],
    };
    let dialect = workspace.dialect.name();
    Ok(cache.entry("chains", &[dialect, &workspace.history.digest(), &surroundings, &needed.join(" ")]))
}
