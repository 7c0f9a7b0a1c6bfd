//! One pair of schemas, there and back and there again.

use std::collections::BTreeMap;

use autogen_codegen::source;
use autogen_engine::database::Database;
use autogen_engine::dialect::Dialect;
use autogen_engine::error::Error;
use autogen_engine::introspect::introspect;
use autogen_engine::model::{Pair, Rule, Schema, Table};
use similar::TextDiff;

use super::kept::{self, Kept, Tables};
use super::revision::{self, Revision};
use super::rows::plant;
use crate::host::Defined;
use crate::judge;

pub(super) const DIALECT: Dialect = Dialect::Sqlite;

/// What a pair exercised.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// How many changes of each kind were made.
    pub changes: BTreeMap<&'static str, usize>,
    /// How many rows were there when the migration ran.
    pub rows: usize,
    /// What the migration said when rows were in its way; it then ran without rows.
    pub stopped: Option<String>,
    /// What the way back said when what the migration had made of rows was in its way.
    pub stopped_back: Option<String>,
}

/// What went wrong, and a story that tells it again.
#[derive(Debug, Clone)]
pub struct Failure {
    /// A sentence and what goes with it.
    pub message: String,
    /// A story file's text, to be saved under `cases/`.
    pub story: String,
}

/// Takes a pair through everything.
///
/// # Errors
/// The first thing that isn't as it should be.
pub fn run(pair: &Pair<Schema>) -> Result<Outcome, Failure> {
    let mut trial = Trial::default();
    trial.run(pair).map_err(|message| Failure { message, story: trial.story() })
}

/// What is known so far, for the story.
#[derive(Debug, Default)]
struct Trial {
    live: String,
    rows: Vec<String>,
    models: String,
}

impl Trial {
    fn story(&self) -> String {
        let Self { live, rows, models } = self;
        let rows = if rows.is_empty() { String::new() } else { format!("-- rows.sql --\n{}\n", rows.join("\n")) };
        format!("# Found by the property test.\n-- live.sql --\n{live}{rows}-- models.rs --\n{models}")
    }

    fn run(&mut self, pair: &Pair<Schema>) -> Result<Outcome, String> {
        let (start, goal) = (scanned(&pair.from, "the start")?, scanned(&pair.to, "the goal")?);
        self.models = source::tables(&goal.models.schema, DIALECT).text;

        let mut database = Database::scratch(DIALECT).map_err(said)?;
        let creation = Revision::generate(&mut database, &start)?;
        self.live.clone_from(&creation.files.up);
        creation.run_up(&mut database).map_err(|error| format!("the start can't be made: {error}\n{}", self.live))?;
        revision::in_sync(&mut database, &start, "the start was made and still differs")?;
        self.rows = plant(&mut database, &start.models.schema);
        let before = State::of(&mut database)?;
        if !before.damage.is_empty() {
            return Err(format!("the rows planted are damaged: {:?}", before.damage));
        }

        let mut revision = Revision::generate(&mut database, &goal)?;
        let mut outcome = Outcome { rows: self.rows.len(), ..Outcome::default() };
        for change in &revision.draft.changes {
            *outcome.changes.entry(change.kind()).or_default() += 1;
        }
        if revision.draft.changes.is_empty() {
            return Ok(outcome);
        }
        let (from, to) = (&start.models.schema, &goal.models.schema);
        let kept = Kept::new(Pair::new(from, to), &revision.draft.changes);
        revision.prove(&mut database, &goal, &kept).map_err(|error| format!("{error}\n{revision}"))?;
        let journey = Journey { goal: &goal, revision: &revision, kept: &kept, before };
        self.there_and_back(&mut database, journey, &mut outcome).map_err(|error| format!("{error}\n{revision}"))?;
        Ok(outcome)
    }

    fn there_and_back(
        &mut self,
        database: &mut Database,
        Journey { goal, revision, kept, mut before }: Journey<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), String> {
        if let Err(error) = revision.run_up(database) {
            let rows_are_in_the_way = error.contains("stopped: ") || kept.is_late(&error);
            if !rows_are_in_the_way || self.rows.is_empty() {
                return Err(format!("the up fails: {error}"));
            }
            before.same_as(&State::of(database)?, "the up stopped and yet left something")?;
            empty(database)?;
            self.rows.clear();
            before = State::of(database)?;
            outcome.stopped = Some(error);
            revision.run_up(database).map_err(|error| format!("the up fails without rows: {error}"))?;
        }
        let after = State::of(database)?;
        after.undamaged("after up")?;
        revision::in_sync(database, goal, "after up, the database differs from the models")?;
        kept.compare(&before.tables, &after.tables).map_err(|error| format!("after up, {error}"))?;

        let mut has_rows = true;
        if let Err(error) = revision.run_down(database) {
            if self.rows.is_empty() || !kept.may_stop(&error) {
                return Err(format!("the down fails: {error}"));
            }
            after.same_as(&State::of(database)?, "the down stopped and yet left something")?;
            outcome.stopped_back = Some(error);
            empty(database)?;
            has_rows = false;
            revision.run_down(database).map_err(|error| format!("the down fails without rows: {error}"))?;
        }
        let back = State::of(database)?;
        back.undamaged("after down")?;
        same_text(&before.schema, &back.schema, "the down doesn't give back the start")?;
        if has_rows {
            kept.compare_back(&before.tables, &back.tables).map_err(|error| format!("after down, {error}"))?;
        }

        if let Err(error) = revision.run_up(database) {
            return Err(format!("the second up fails: {error}"));
        }
        let again = State::of(database)?;
        again.undamaged("after the second up")?;
        same_text(&after.schema, &again.schema, "the second up gives something else")
    }
}

/// A revision, and what it starts from and leads to.
struct Journey<'a> {
    goal: &'a Defined,
    revision: &'a Revision,
    kept: &'a Kept,
    before: State,
}

/// A schema printed as source and read again: the same, or an error.
fn scanned(schema: &Schema, what: &str) -> Result<Defined, String> {
    let printed = source::tables(schema, DIALECT);
    if !printed.unsaid.is_empty() {
        return Err(format!("{what} can't be said: {}", printed.unsaid.join("; ")));
    }
    let read = Defined::by_source(&printed.text, None)
        .map_err(|error| format!("{what} can't be scanned: {error}\n{}", printed.text))?;
    let texts = Pair::new(schema, &read.models.schema).map(|schema| format!("{:#?}", sorted(schema)));
    same_text(
        &texts.from,
        &texts.to,
        &format!("{what} reads as something else than what was printed:\n{}", printed.text),
    )?;
    Ok(read)
}

/// Without places, and with rules in an order that doesn't depend on where they stood.
fn sorted(schema: &Schema) -> Schema {
    let mut schema = schema.clone();
    let in_order = |table: &mut Table| {
        table.hints.place = None;
        table.columns.iter_mut().for_each(|column| column.hints.place = None);
        let mut rules: Vec<Rule> = std::mem::take(&mut table.rules).into_iter().collect();
        rules.iter_mut().filter_map(Rule::hints_mut).for_each(|hints| hints.place = None);
        rules.sort_by_key(|rule| format!("{rule:?}"));
        table.rules.extend(rules);
    };
    schema.tables.values_mut().for_each(in_order);
    schema
}

/// A database as its judge sees it.
struct State {
    schema: String,
    tables: Tables,
    damage: Vec<String>,
}

impl State {
    fn of(database: &mut Database) -> Result<Self, String> {
        let error = |error: diesel::result::Error| format!("the database can't be judged: {error}");
        Ok(Self {
            schema: judge::schema(database).map_err(error)?,
            tables: kept::tables(database).map_err(error)?,
            damage: judge::damage(database).map_err(error)?,
        })
    }

    fn undamaged(&self, when: &str) -> Result<(), String> {
        if self.damage.is_empty() { Ok(()) } else { Err(format!("{when}: {}", self.damage.join("; "))) }
    }

    fn same_as(&self, other: &Self, otherwise: &str) -> Result<(), String> {
        same_text(&self.schema, &other.schema, otherwise)?;
        same_text(&format!("{:#?}", self.tables), &format!("{:#?}", other.tables), otherwise)?;
        other.undamaged(otherwise)
    }
}

fn empty(database: &mut Database) -> Result<(), String> {
    let live = introspect(database).map_err(said)?;
    let mut script = "PRAGMA foreign_keys = OFF;".to_owned();
    for table in live.tables.keys() {
        script.push_str(&format!("DELETE FROM {};", super::expressions::quoted(&table.name)));
    }
    script.push_str("PRAGMA foreign_keys = ON;");
    database.execute(&script).map_err(|error| error.to_string())
}

fn same_text(expected: &str, found: &str, otherwise: &str) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    let difference = TextDiff::from_lines(expected, found);
    Err(format!("{otherwise}:\n{}", difference.unified_diff().context_radius(2)))
}

pub(super) fn said(error: Error) -> String {
    format!("{error:?}")
}
