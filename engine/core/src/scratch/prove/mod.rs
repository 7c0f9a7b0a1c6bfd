//! Up, down and up again on a copy of a database, with rows: what holds there is proven.
//!
//! A proof says nothing of how long a migration takes or what rows a real database holds; it says
//! that the scripts do what they should to a schema, and lose no row that they should keep.

mod checks;
mod difference;
mod failure;
mod firing;
mod health;
mod judge;
mod measure;
mod refused_expressions;
mod refused_rows;
mod row_expectation;
mod rows;
mod stored_code;
#[cfg(test)]
mod tests;
mod written_rows;

use std::collections::{BTreeMap, BTreeSet};

use tracing::debug_span;

use crate::database::Database;
use crate::dialect::Dialect;
use crate::error::{Code, Error, Label, Result};
use crate::introspect::introspect;
use crate::link::{Outside, refuses_algorithm};
use crate::model::{Change, Edit, Pair, Rename, Schema, TableName};
use crate::plan::{Guard, Measured, RoundTrip, not_held};
use crate::sql::names_in;

use super::replay::within_scratch;
use super::script::Script;
use super::seed::{Probe, one_line, seed};
use super::{ask, copy};
pub(super) use crate::sql::folded;
use checks::{check_goal, check_others, check_rows, check_same, fail_if_any};
pub use failure::TooMuch;
use failure::{Failed, Failure, Fault, Stage};
use firing::Firing;
use health::Health;
use judge::Said;
pub(super) use measure::Meter;
use row_expectation::RowExpectation;
use rows::Rows;
use stored_code::StoredCode;

/// What is to be proven.
#[allow(missing_debug_implementations, reason = "a connection and a closure have none")]
pub struct Trial<'a> {
    /// The database that the revision starts from. It is copied, and only read.
    pub start: &'a mut Database,
    /// The way up.
    pub up: Script<'a>,
    /// The way back, where there is one.
    pub down: Option<Script<'a>>,
    /// The plan that the scripts were made from; none for a revision that is read from disk. Then
    /// what must survive is worked out from the schemas and the scripts themselves.
    pub plan: Option<&'a RoundTrip>,
    /// The changes that the plan was made from.
    pub changes: &'a [Change],
    /// What `up` must give, in the tables of the revision's owner; none for an old revision, whose
    /// models are gone.
    pub models: Option<&'a Schema>,
    /// Whether the revision's owner owns a table, be it there before or after.
    pub owned: &'a dyn Fn(&TableName) -> bool,
}

/// What was proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// On which kind of database.
    pub dialect: Dialect,
    /// Its version.
    pub version: String,
    /// How many rows were there.
    pub rows: usize,
    /// Tables that had no rows, and why.
    pub unseeded: Vec<(TableName, String)>,
    /// Whether the result was compared with models.
    pub gives_models: bool,
    /// Whether there was a way back to prove, and with it a second way up.
    pub goes_back: bool,
    /// What was not compared, and why.
    pub notes: Vec<String>,
    /// What the ways do to tables that are there, where the database tells.
    pub measured: Pair<Vec<Measured>>,
}

impl Proof {
    /// Returns the server on which the proof ran, such as `PostgreSQL 15.18`.
    pub fn server(&self) -> String {
        let database = match self.dialect {
            Dialect::Sqlite => "SQLite",
            Dialect::Postgres => "PostgreSQL",
            Dialect::Mysql if self.version.contains("MariaDB") => "MariaDB",
            Dialect::Mysql => "MySQL",
        };
        format!("{database} {}", self.version.trim_end_matches("-MariaDB"))
    }

    /// Describes the proof for a revision's header, one line each.
    pub fn sentences(&self) -> Vec<String> {
        let mut said = vec![if self.gives_models { "up.sql gives what the models say" } else { "up.sql runs" }];
        if self.goes_back {
            said.extend(["down.sql gives back the start", "up.sql runs again"]);
        }
        let kept = match self.rows {
            0 => "no view, trigger or key breaks",
            _ => "nothing is lost but what the change itself destroys; no view, trigger or key breaks",
        };
        let mut sentences =
            vec![format!("on {} with {} rows: {}", self.server(), self.rows, said.join(", ")), kept.to_owned()];
        sentences.extend(self.unseeded.iter().map(|(table, why)| format!("with empty table {table}: {why}")));
        sentences.extend(self.notes.iter().cloned());
        sentences
    }
}

/// Proves a revision: on a copy of its start that is filled with rows, `up` must give what the models
/// say and change no table of other owners, `down` must give back the start, and `up` must run again.
/// Rows that the change itself doesn't destroy must stay as they are; views, triggers and foreign keys
/// must work as before.
///
/// ```
/// use autogen_engine::database::Database;
/// use autogen_engine::dialect::Dialect;
/// use autogen_engine::scratch::{Script, Trial, prove};
///
/// let mut start = Database::scratch(Dialect::Sqlite).unwrap();
/// start.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)").unwrap();
/// let script = |sql| Script { sql, run_in_transaction: true };
/// let mut trial = |down| {
///     let up = script("CREATE INDEX ix_users_name ON users (name);");
///     let down = Some(script(down));
///     prove(Trial { start: &mut start, up, down, plan: None, changes: &[], models: None, owned: &|_| true })
/// };
/// assert_eq!(trial("DROP INDEX ix_users_name;").unwrap().rows, 3);
/// let error = trial("SELECT 1;").unwrap_err();
/// assert_eq!(error.to_string(), "down.sql doesn't give back the schema that up.sql started from");
/// assert_eq!(error.diagnostics[1].message, "users: index ix_users_name (name) should not be there");
/// ```
///
/// # Errors
/// `expression-refused` when the database doesn't take an expression of the models;
/// `proof-failed` when it doesn't hold: the first diagnostic says which script does what it mustn't,
/// the others say to which objects, and in which statement. `can't-copy`, `can't-introspect`,
/// `can't-connect` and `scratch-failed` when there is nothing to prove it on.
pub fn prove(trial: Trial<'_>) -> Result<Proof> {
    match tried(trial)? {
        Verdict::Proven(proof) => Ok(*proof),
        Verdict::TooMuch(_, error) => Err(error),
    }
}

/// What came of a trial.
#[derive(Debug)]
pub enum Verdict {
    /// It holds.
    Proven(Box<Proof>),
    /// It would hold if a statement asked for less; else this is the error.
    TooMuch(TooMuch, Error),
}

/// Proves a revision as [`prove`] does, and distinguishes failures that can be corrected by asking for less.
///
/// # Errors
/// As [`prove`].
pub fn tried(mut trial: Trial<'_>) -> Result<Verdict> {
    let _span = debug_span!("prove", dialect = trial.start.dialect().name()).entered();
    let generated = trial.plan.is_some();
    let mut empty = BTreeMap::new();
    loop {
        let failure = match attempt(&mut trial, &empty) {
            Ok(proof) => return Ok(Verdict::Proven(Box::new(proof))),
            Err(Stop::Broken(error)) => return Err(error),
            Err(Stop::Failed(failure)) => failure,
        };
        // A script may refuse rows on purpose. Then it is proven without them, and the proof says so.
        let start = introspect(trial.start)?;
        let refusing = refused_rows::tables_to_empty(&failure, &trial, &start, &empty);
        if refusing.is_empty() {
            let too_much = failure.too_much();
            let refused = refused_expressions::error(&failure, &trial)
                .filter(|_| failure.in_the_way(&start.bystanders).is_empty());
            // A script that already exists as a file can be shown.
            let place = failure.place(trial.up.sql, trial.down.map(|down| down.sql)).filter(|_| !generated);
            let mut error =
                refused.unwrap_or_else(|| failure.into_error(generated, trial.start.dialect(), &start.bystanders));
            if let Some(place) = place.filter(|_| error.diagnostics[0].labels.is_empty()) {
                error.diagnostics[0].labels.push(Label { place, text: String::new() });
            }
            let error = within_scratch(error, trial.start);
            return match too_much {
                Some(found) => Ok(Verdict::TooMuch(found, error)),
                None => Err(error),
            };
        }
        empty.extend(refusing);
    }
}

/// Why an attempt ended early.
enum Stop {
    /// It doesn't hold.
    Failed(Failure),
    /// It couldn't be tried.
    Broken(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Broken(error)
    }
}

/// A database as it is between two scripts.
struct Moment {
    schema: Schema,
    /// What a second look says, that doesn't read as the first one does.
    said: Said,
    rows: Rows,
    health: Health,
    firing: Firing,
    /// Key columns that take NULL, which the schema doesn't say.
    loose_keys: Vec<String>,
    settings: Vec<(&'static str, String)>,
}

impl Moment {
    /// Reads the database as it is now, and asks the database itself about what is planned to change. `words` are the
    /// names in the scripts, as [`Firing::of`] takes them.
    fn of(database: &mut Database, changes: &[Change], words: Option<&BTreeSet<String>>) -> Result<Self> {
        let schema = introspect(database)?;
        let said = judge::said(database, &judge::concerned(changes)).map_err(unreadable)?;
        let rows = Rows::of(database, &schema).map_err(unreadable)?;
        let health = Health::of(database, &schema);
        let firing = Firing::of(database, &schema, &rows, words).map_err(unreadable)?;
        let loose_keys = ask::loose_keys(database).map_err(unreadable)?;
        let settings = ask::settings(database).map_err(unreadable)?;
        Ok(Self { schema, said, rows, health, firing, loose_keys, settings })
    }
}

fn unreadable(cause: diesel::result::Error) -> Error {
    Error::new(Code::ScratchFailed, format!("a scratch database can't be read: {cause}"))
        .help("this is a fault of autogen; please report it with the migration")
        .caused_by(cause)
}

/// Why tables stay without rows.
type Reasons = BTreeMap<TableName, String>;

/// Makes a copy of the start with rows. Also returns why some tables have none.
fn planted(trial: &mut Trial<'_>, empty: &Reasons) -> Result<(Database, Reasons)> {
    let server = trial.start.server();
    let mut database = copy(trial.start, &server)?;
    let mut schema = introspect(&mut database)?;
    leave_out_values_that_go(&mut schema, trial.changes);
    let tables: Vec<&TableName> = schema.tables.keys().collect();
    let dialect = database.dialect();
    let unheld: Vec<Guard> = trial.changes.iter().filter_map(|change| not_held(change, dialect)).collect();
    let probes = Probe::all(&mut database, trial.up, &tables, &unheld);
    let reasons = seed(&mut database, &schema, &probes, empty)?;
    Ok((database, reasons))
}

/// Removes the values that an enumerated type loses. Rows with such values stop the up migration on purpose.
fn leave_out_values_that_go(schema: &mut Schema, changes: &[Change]) {
    let mut old_names = BTreeMap::new();
    for change in changes {
        match change {
            Change::Rename(Rename::Enum(names)) => {
                old_names.insert(&names.to, &names.from);
            }
            Change::Enum(Edit::Alter(types)) => {
                let name = old_names.get(&types.from.name).copied().unwrap_or(&types.from.name);
                let values = types.names();
                if let Some(found) = schema.enums.get_mut(name) {
                    let goes = |value: &String| values.from.contains(value) && !values.to.contains(value);
                    found.values.retain(|value| !goes(&value.name));
                }
            }
            Change::Rename(Rename::Table(_) | Rename::Column(..) | Rename::EnumValue(..))
            | Change::Enum(Edit::Add(_) | Edit::Drop(_))
            | Change::Table(_)
            | Change::Column(..)
            | Change::Rule(..) => {}
        }
    }
}

fn attempt(trial: &mut Trial<'_>, empty: &Reasons) -> Result<Proof, Stop> {
    let (mut database, reasons) = planted(trial, empty)?;
    let dialect = database.dialect();
    let words = words(trial, dialect);
    let start = Moment::of(&mut database, trial.changes, words.as_ref())?;

    let (up, measured_up) = step(trial, &mut database, Stage::Up, &start, empty)?;
    let mut measured_down = Vec::new();
    check_others(trial, &start.schema, &up.schema, &mut database)?;
    check_goal(trial, &start.schema, &up.schema, &mut database)?;
    fail_if_any(Stage::Up, Fault::UnlikePlan, judge::changed(&start.said, &up.said, trial.changes))?;
    let (expectations, mut notes) = match trial.plan {
        Some(_) => (row_expectation::of_changes(&start.schema, trial.changes, dialect), Vec::new()),
        None => {
            row_expectation::of_scripts(&Pair::new(&start.schema, &up.schema), &trial.up.statements(dialect), dialect)
        }
    };
    check_rows(Stage::Up, &start, &up, &expectations)?;
    notes.extend(up.firing.notes(&start.firing, &expectations));
    notes.extend(StoredCode::of(&up.schema, dialect).hints(&Pair::new(&start.schema, &up.schema), &up.firing));

    if let Some(script) = trial.down {
        let (down, measured) = step(trial, &mut database, Stage::Down, &start, empty)?;
        measured_down = measured;
        check_same(Stage::Down, Fault::UnlikeStart, &down, &start, &mut database)?;
        let (expectations, more) = match trial.plan {
            Some(_) => (expectations, Vec::new()),
            None => {
                let statements = [trial.up.statements(dialect), script.statements(dialect)].concat();
                row_expectation::of_scripts(&Pair::new(&start.schema, &up.schema), &statements, dialect)
            }
        };
        notes.extend(more.into_iter().filter(|note| !notes.contains(note)).collect::<Vec<_>>());
        let back: Vec<RowExpectation> = expectations.iter().map(RowExpectation::there_and_back).collect();
        check_rows(Stage::Down, &start, &down, &back)?;

        let (again, _) = step(trial, &mut database, Stage::Again, &start, empty)?;
        check_same(Stage::Again, Fault::UnlikeBefore, &again, &up, &mut database)?;
    }

    let version = ask::version(&mut database).map_err(unreadable)?;
    notes.extend(ask::short_of_a_database(&database).into_iter().map(str::to_owned));
    let unseeded = reasons.into_iter().filter(|(table, _)| !start.rows.has(table));
    Ok(Proof {
        dialect,
        version,
        rows: start.rows.count(),
        unseeded: unseeded.collect(),
        gives_models: trial.models.is_some(),
        goes_back: trial.down.is_some(),
        notes,
        measured: Pair::new(measured_up, measured_down),
    })
}

/// Runs the script of a stage, and checks what must hold after it. Returns the database's state then, and what was
/// measured.
fn step(
    trial: &mut Trial<'_>,
    database: &mut Database,
    stage: Stage,
    start: &Moment,
    empty: &Reasons,
) -> Result<(Moment, Vec<Measured>), Stop> {
    let words = words(trial, database.dialect());
    let Some(script) = script_of(trial, stage) else {
        return Ok((Moment::of(database, trial.changes, words.as_ref())?, Vec::new()));
    };

    let mut meter = ask::tells_locks(database).then(Meter::default);
    if let Err(cause) = script.run_measured(database, meter.as_mut()) {
        if let Some(why) = Outside::said(&cause) {
            let message = format!("{stage} can't be tried in a scratch schema: {why}");
            return Err(Stop::Broken(Error::new(Code::NeedsScratchDatabase, message).help(Outside::HELP)));
        }
        let mut failure = Failure::new(stage, Fault::Stops, said(&cause));
        failure.is_violation = is_violation(&cause);
        failure.is_too_much = refuses_algorithm(&cause.to_string());
        failure.statement = failing_statement(trial, stage, empty)?;
        return Err(Stop::Failed(failure));
    }
    if ask::is_in_transaction(database) {
        return Err(Stop::Failed(Failure::new(
            stage,
            Fault::LeavesTraces,
            vec!["a transaction is left open".to_owned()],
        )));
    }
    let now = Moment::of(database, trial.changes, words.as_ref())?;
    let switched = start.settings.iter().zip(&now.settings).filter(|(was, is)| was != is);
    let switched = switched.map(|((name, was), (_, is))| format!("{name} was {was} and is {is} now"));
    fail_if_any(stage, Fault::LeavesTraces, switched.collect())?;
    Ok((now, meter.map(Meter::found).unwrap_or_default()))
}

/// Returns every name in the scripts in lower case, or `None` where they can't be read.
fn words(trial: &Trial<'_>, dialect: Dialect) -> Option<BTreeSet<String>> {
    let mut words = names_in(dialect, trial.up.sql)?;
    if let Some(down) = trial.down {
        words.extend(names_in(dialect, down.sql)?);
    }
    Some(words)
}

fn script_of<'a>(trial: &Trial<'a>, stage: Stage) -> Option<Script<'a>> {
    match stage {
        Stage::Up | Stage::Again => Some(trial.up),
        Stage::Down => trial.down,
    }
}

/// Returns the database's message and its details. PostgreSQL names in the details the view that blocks a change.
fn said(cause: &diesel::result::Error) -> Vec<String> {
    let mut lines = vec![one_line(&cause.to_string())];
    if let diesel::result::Error::DatabaseError(_, information) = cause {
        lines.extend(information.details().iter().flat_map(|details| details.lines().map(str::to_owned)));
    }
    lines
}

fn is_violation(cause: &diesel::result::Error) -> bool {
    use diesel::result::DatabaseErrorKind::{CheckViolation, ForeignKeyViolation, NotNullViolation, UniqueViolation};
    let diesel::result::Error::DatabaseError(kind, said) = cause else { return false };
    matches!(kind, CheckViolation | ForeignKeyViolation | NotNullViolation | UniqueViolation)
        // Diesel has no kind for these.
        || said.message().contains("exclusion constraint")
}

/// Finds the statement that failed: repeats everything up to its script on another copy, then runs the script's
/// statements one by one.
fn failing_statement(trial: &mut Trial<'_>, stage: Stage, empty: &Reasons) -> Result<Option<Failed>> {
    let (mut database, _) = planted(trial, empty)?;
    let before: &[Stage] = match stage {
        Stage::Up => &[],
        Stage::Down => &[Stage::Up],
        Stage::Again => &[Stage::Up, Stage::Down],
    };
    for stage in before {
        if script_of(trial, *stage).is_some_and(|script| script.run(&mut database).is_err()) {
            return Ok(None);
        }
    }
    let statement = script_of(trial, stage).and_then(|script| script.failing(&mut database));
    Ok(statement.map(|statement| Failed {
        line: statement.line,
        sql: statement.sql.to_owned(),
        is_guard: statement.only_looks(),
    }))
}
