//! Applying and reverting revisions, and what a database remembers of it.
//!
//! What is applied stands in Diesel's own table, so that Diesel's programs and this one agree.

mod mysql;
mod postgres;
mod sqlite;
mod statements;

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use diesel::result::{DatabaseErrorKind, Error as DieselError};

use super::graph::stated_in_metadata;
use super::{History, Revision, Version, check_order};
use crate::database::Database;
use crate::error::{Diagnostic, Error, Result};
use crate::host::place;

/// What is about to happen, or has turned out, while revisions are applied or reverted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A revision is about to be applied.
    Applying(&'a Revision),
    /// A revision is about to be reverted.
    Reverting(&'a Revision),
    /// Another program has done it in the meantime.
    Overtaken(&'a Revision),
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applying(revision) => write!(f, "applying {revision}"),
            Self::Reverting(revision) => write!(f, "reverting {revision}"),
            Self::Overtaken(revision) => write!(f, "another program has done that: {revision}"),
        }
    }
}

/// The versions that a database has applied, those of unknown plugins too. Reads only: a database
/// that has never been migrated stays without Diesel's table.
///
/// # Errors
/// `can't-query` when the database refuses.
pub fn applied(database: &mut Database) -> Result<BTreeSet<Version>> {
    let versions = match database {
        Database::Sqlite(connection) => sqlite::applied(connection),
        Database::Postgres(connection) => postgres::applied(connection),
        Database::Mysql(connection) => mysql::applied(connection),
    };
    versions.map_err(|cause| {
        Error::new("can't-query", format!("can't read which migrations are applied: {cause}"))
            .help("check that the table __diesel_schema_migrations is Diesel's, and that the database isn't in use")
            .caused_by(cause)
    })
}

/// Applies the revisions wanted, and before each what it needs, leaving out what is applied
/// already. Returns what this call has applied, in order.
///
/// Each revision is applied together with its mark in Diesel's table or not at all, and by one
/// program only, however many start at once. The exceptions are those that can't run in a
/// transaction (`run_in_transaction = false`, not written by this program): they run exactly as
/// Diesel runs them.
///
/// # Errors
/// Before anything changes: `unknown-dependency`, `out-of-order`, `can't-query`. While applying:
/// `migration-failed`, `rows-in-the-way`, `empty-migration`, `database-busy`, `statement-timeout` or
/// `not-allowed`; what was applied before then stays, and a note lists it.
pub fn upgrade(
    database: &mut Database,
    history: &History,
    wanted: &[&Revision],
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<Version>> {
    let there = applied(database)?;
    let mut pending = history.with_ancestors(wanted);
    pending.retain(|revision| !there.contains(&revision.version));
    check_dependencies(history, &pending, &there)?;
    check_order(history, &pending, &there)?;
    run_all(database, &pending, Direction::Up, progress)
}

/// Reverts these revisions, the last one first, leaving out what isn't applied. Returns what this
/// call has reverted, in order. [`to_revert`](super::to_revert) tells which ones somebody means.
///
/// # Errors
/// Before anything changes: `has-dependents` when an applied revision that stays needs one of
/// them, `no-down` when one has no down.sql or an empty one, `can't-query`. While reverting:
/// `migration-failed`, `database-busy`, `statement-timeout` or `not-allowed`; what was reverted before
/// then stays so, and a note lists it.
pub fn downgrade(
    database: &mut Database,
    history: &History,
    unwanted: &[&Revision],
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<Version>> {
    let there = applied(database)?;
    let unwanted: BTreeSet<_> = unwanted.iter().map(|revision| &revision.version).collect();
    let in_question = history.revisions().iter().rev().filter(|revision| there.contains(&revision.version));
    let goes: Vec<_> = in_question.filter(|revision| unwanted.contains(&revision.version)).collect();

    let mut stays = history.with_descendants(&goes);
    stays.retain(|revision| there.contains(&revision.version) && !unwanted.contains(&revision.version));
    if !stays.is_empty() {
        let names = stays.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        return Err(Error::new("has-dependents", format!("applied revisions need what would be reverted: {names}"))
            .help("revert those first, or with it: `--cascade`"));
    }
    for revision in &goes {
        if revision.down.as_ref().is_none_or(|down| down.trim().is_empty()) {
            let what = if revision.down.is_some() { "its down.sql is empty" } else { "it has no down.sql" };
            return Err(Error::new("no-down", format!("{revision} can't be reverted: {what}"))
                .help(format!("write `{}`; a comment alone says that nothing needs undoing", down_path(revision))));
        }
    }
    run_all(database, &goes, Direction::Down, progress)
}

/// Applies one revision that a scratch database doesn't have yet.
pub(crate) fn apply(database: &mut Database, revision: &Revision) -> Result<()> {
    run_all(database, &[revision], Direction::Up, &mut |_| {}).map(drop)
}

/// Stops at revisions whose dependencies neither the database nor any chain has.
pub(crate) fn check_dependencies(history: &History, pending: &[&Revision], applied: &BTreeSet<Version>) -> Result<()> {
    let mut mistakes = Vec::new();
    for revision in pending {
        let missing = |version: &&Version| history.get(version).is_none() && !applied.contains(version);
        for version in revision.depends_on.iter().filter(missing) {
            let owner = version.owner_hint().map(|owner| format!(" of `{owner}`")).unwrap_or_default();
            let message = format!("{revision} depends on `{version}`{owner}, which no chain holds");
            mistakes.push(
                Diagnostic::error("unknown-dependency", message)
                    .at(stated_in_metadata(revision, version), "stated here")
                    .help("bring back the plugin that it belongs to, or a newer state of it"),
            );
        }
    }
    Error::unless_clean(mistakes).map(drop)
}

/// Which of a revision's two files is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

impl Direction {
    fn file_name(self) -> &'static str {
        match self {
            Self::Up => "up.sql",
            Self::Down => "down.sql",
        }
    }

    fn sql(self, revision: &Revision) -> &str {
        match self {
            Self::Up => &revision.up,
            Self::Down => revision.down.as_deref().unwrap_or_default(),
        }
    }

    fn done(self) -> &'static str {
        match self {
            Self::Up => "applied",
            Self::Down => "reverted",
        }
    }
}

/// What came of running a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    /// It had been done when our turn came.
    Overtaken,
}

/// Why a revision could not be run.
#[derive(Debug)]
struct Failure {
    /// What the database says.
    message: String,
    /// The statement at which it stopped: bytes of the file.
    at: Option<Range<usize>>,
    /// What kind of reason it is.
    why: Why,
    /// Whether statements before it may have left something.
    half_done: bool,
}

/// Kinds of reasons, by what there is to do about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// The script and the rows don't go together, or the script is wrong.
    Script,
    /// Another program holds what is needed.
    Busy,
    /// A statement took longer than statements may.
    TooSlow,
    /// The user of the connection may not do that.
    NotAllowed,
}

impl Failure {
    fn new(message: String) -> Self {
        Self { message, at: None, why: Why::Script, half_done: false }
    }
}

impl From<DieselError> for Failure {
    fn from(error: DieselError) -> Self {
        let DieselError::DatabaseError(kind, told) = &error else { return Self::new(error.to_string()) };
        let details = told.details().map(|details| format!(" ({details})")).unwrap_or_default();
        Self { why: Why::of(kind, told.message()), ..Self::new(format!("{}{details}", told.message())) }
    }
}

impl Why {
    /// Diesel has no kinds for most of it and keeps no codes, which leaves the databases' words. One
    /// that speaks another language only gets less help.
    fn of(kind: &DatabaseErrorKind, message: &str) -> Self {
        let says = |words: &[&str]| words.iter().any(|words| message.contains(words));
        if says(&["database is locked", "database table is locked", "lock timeout", "deadlock detected"]) {
            Self::Busy
        } else if says(&["statement timeout"]) {
            Self::TooSlow
        } else if matches!(kind, DatabaseErrorKind::ReadOnlyTransaction)
            || says(&["permission denied", "must be owner of"])
        {
            Self::NotAllowed
        } else {
            Self::Script
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

fn run_all(
    database: &mut Database,
    revisions: &[&Revision],
    direction: Direction,
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<Version>> {
    let mut done: Vec<&Revision> = Vec::new();
    for revision in revisions {
        progress(match direction {
            Direction::Up => Event::Applying(revision),
            Direction::Down => Event::Reverting(revision),
        });
        match run_one(database, revision, direction) {
            Ok(Outcome::Done) => done.push(revision),
            Ok(Outcome::Overtaken) => progress(Event::Overtaken(revision)),
            Err(mut error) => {
                if !done.is_empty() {
                    let message = format!("{} before it, and staying so: {}", direction.done(), listed(&done));
                    error.diagnostics.push(Diagnostic::note("done-before", message));
                }
                return Err(error);
            }
        }
    }
    Ok(done.into_iter().map(|revision| revision.version.clone()).collect())
}

/// Revisions by name; of many only the last.
fn listed(revisions: &[&Revision]) -> String {
    const SHOWN: usize = 5;
    match revisions {
        [others @ .., last] if others.len() >= SHOWN => format!("{} others and {last}", others.len()),
        _ => revisions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

fn run_one(database: &mut Database, revision: &Revision, direction: Direction) -> Result<Outcome> {
    // Diesel refuses such a file, and it never is what somebody meant.
    if direction.sql(revision).is_empty() {
        return Err(empty(revision, direction));
    }
    let outcome = match database {
        Database::Sqlite(connection) => sqlite::run(connection, revision, direction),
        Database::Postgres(connection) => postgres::run(connection, revision, direction),
        Database::Mysql(connection) => mysql::run(connection, revision, direction),
    };
    outcome.map_err(|failure| failed(revision, direction, failure))
}

fn empty(revision: &Revision, direction: Direction) -> Error {
    let file = revision.dir.join(direction.file_name());
    Error::new("empty-migration", format!("{revision} can't be run: `{}` is empty", file.display()))
        .help("write the migration; a comment alone says that nothing needs doing")
}

fn failed(revision: &Revision, direction: Direction, failure: Failure) -> Error {
    let sql = direction.sql(revision);
    let statement = failure.at.clone().and_then(|span| sql.get(span)).map(shortened);
    let at = statement.map(|statement| format!(" at `{statement}`")).unwrap_or_default();
    let what = match direction {
        Direction::Up => "",
        Direction::Down => " to be reverted",
    };
    let kept = format!("nothing of it was {}", direction.done());
    let said = format!("{revision} failed{what}{at}: {}", failure.message);
    let (code, message, help) = match (failure.why, failure.half_done) {
        (Why::Busy, _) => {
            let help = "another program is writing to the database; try again when it has finished";
            ("database-busy", said, help.to_owned())
        }
        (Why::TooSlow, _) => {
            let help = "give statements more time by `statement_timeout` under `[database]` in autogen.toml";
            ("statement-timeout", said, help.to_owned())
        }
        (Why::NotAllowed, _) => {
            let help = "connect as a user that owns the tables and may create in their schema";
            ("not-allowed", said, help.to_owned())
        }
        (Why::Script, half_done) => {
            if let Some(problem) = stopped(&failure.message) {
                let help = format!("{kept}; correct the rows, and run it again");
                ("rows-in-the-way", format!("{revision} stopped on purpose: {problem}"), help)
            } else {
                let help = match half_done {
                    false if failure.message.contains("readonly database") => {
                        format!("{kept}; make the database's file and folder writable, and run it again")
                    }
                    false => format!("{kept}; mend the file or the rows, and run it again"),
                    true => "it ran without a transaction, so what it did before may have stayed: \
                             compare, mend, and run it again"
                        .to_owned(),
                };
                ("migration-failed", said, help)
            }
        }
    };
    let mut diagnostic = Diagnostic::error(code, message).help(help);
    if let Some(span) = failure.at.clone() {
        let file = revision.dir.join(direction.file_name());
        diagnostic = diagnostic.at(place(&file, sql, beginning(sql, span)), "the database stopped at this statement");
    }
    Error::from(diagnostic).caused_by(failure)
}

/// What a guard of ours says. Plain SQL on SQLite has no other way to stop with a computed text than
/// a JSON path that isn't one.
fn stopped(message: &str) -> Option<String> {
    if let Some(problem) = message.strip_prefix("stopped: ") {
        return Some(problem.to_owned());
    }
    // MySQL has a duplicate key for that, and says which key.
    if let Some((problem, _)) =
        message.strip_prefix("Duplicate entry 'stopped: ").and_then(|rest| rest.rsplit_once("' for key "))
    {
        return Some(problem.to_owned());
    }
    let problem = message.split_once("bad JSON path: 'stopped: ")?.1.strip_suffix('\'')?;
    Some(problem.replace("''", "'"))
}

/// The first words of a statement: enough to find it, where the whole would fill the screen.
fn beginning(sql: &str, statement: Range<usize>) -> Range<usize> {
    const LONGEST: usize = 40;
    let line = sql.get(statement.clone()).and_then(|text| text.lines().next()).unwrap_or_default();
    let length = line.char_indices().nth(LONGEST).map_or(line.len(), |(end, _)| end);
    statement.start..statement.start + length
}

/// A statement as one line that fits into a sentence.
fn shortened(statement: &str) -> String {
    const LONGEST: usize = 80;
    let line = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} ...", line[..end].trim_end()),
        None => line.trim_end_matches(';').to_owned(),
    }
}

fn down_path(revision: &Revision) -> String {
    revision.dir.join(Direction::Down.file_name()).display().to_string()
}
