//! Writes what applying or reverting would do as one script for the database's own client, for users whose
//! databases only an administrator may change.
//!
//! The script updates Diesel's table and the ledger as this program would. It stops at the first error, and
//! before a revision that has been applied in the meantime. If nothing rolls back what ran before an error, the
//! ledger says after every statement how far the script has come. The next script, or this program, continues
//! there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::apply::{Script, going, strays_after};
use super::direction::Direction;
use super::fence::Owners;
use super::fence::postgres::{ENTER, Form, LEAVE, RESOLVE, RUNS, SETTLE, after, form, probe};
use super::ledger::{self, DIESEL, Entry, LEDGER, State};
use super::lock::mysql::{SCRIPT_HOLDER, script_ends, script_lacks, script_takes};
use super::lock::postgres::LOCK;
use super::order::{check_half_done, pending};
use super::{History, Revision, Version};
use crate::dialect::Dialect;
use crate::error::{Code, Diagnostic, Error, Result};
use crate::model::{Place, TableName};
use crate::sql::effects::makes;
use crate::sql::{Statement, client};

/// Writes the script that does what [`upgrade`](super::upgrade) would do on a database that has applied the
/// given versions and has the given [`ledger`](super::ledger()).
///
/// # Errors
/// Those of [`upgrade`](super::upgrade) before anything changes, and `half-done` for a revision of which only
/// the program can find out how far it has come.
pub fn upgrade_script(
    history: &History,
    wanted: &[&Revision],
    applied: &BTreeSet<Version>,
    ledger: &BTreeMap<Version, Entry>,
    dialect: Dialect,
) -> Result<String> {
    let pending = pending(history, wanted, applied, dialect)?;
    check_half_done(history, &pending, applied, ledger, false)?;
    let strays = strays_after(history, dialect, (applied, ledger), (&pending, Direction::Up))?;
    Error::unless_clean(strays.into_iter().map(|(_, stray)| stray).collect())?;
    let owners = Owners::new(history, dialect, applied, ledger);
    script(&pending, Direction::Up, owners, ledger)
}

/// Writes the script that does what [`downgrade`](super::downgrade) would do on a database that has applied
/// the given versions and has the given [`ledger`](super::ledger()).
///
/// # Errors
/// Those of [`downgrade`](super::downgrade) before anything changes, and `half-done`.
pub fn downgrade_script(
    history: &History,
    unwanted: &[&Revision],
    applied: &BTreeSet<Version>,
    ledger: &BTreeMap<Version, Entry>,
    dialect: Dialect,
) -> Result<String> {
    let is_half = |entry: &Entry| entry.state.is_half_applied();
    let stopped = |revision: &&&Revision| {
        !applied.contains(&revision.version) && ledger.get(&revision.version).is_some_and(is_half)
    };
    if let Some(stopped) = unwanted.iter().find(stopped) {
        return Err(Error::new(Code::HalfDone, format!("{stopped} has run in part, and a script can't tell how far"))
            .help("leave `--sql` out, or finish the revision by `autogen upgrade` first"));
    }
    let goes = going(history, unwanted, applied, &BTreeSet::new())?;
    check_half_done(history, &goes, applied, ledger, dialect == Dialect::Postgres)?;
    let strays = strays_after(history, dialect, (applied, ledger), (&goes, Direction::Down))?;
    Error::unless_clean(strays.into_iter().map(|(_, stray)| stray).collect())?;
    let owners = Owners::new(history, dialect, applied, ledger);
    script(&goes, Direction::Down, owners, ledger)
}

fn script(
    revisions: &[&Revision],
    direction: Direction,
    mut owners: Owners,
    ledger: &BTreeMap<Version, Entry>,
) -> Result<String> {
    let dialect = owners.dialect();
    if revisions.is_empty() {
        return Ok(String::new());
    }
    let mut text = preamble(dialect);
    let mut put = |piece: &str| _ = writeln!(text, "{}", piece.trim_end());
    for revision in revisions {
        put(&format!("\n-- {}", one_line(&revision.to_string())));
        if dialect == Dialect::Mysql {
            put(&format!("{}\n{}", script_takes(), stop(AT_WORK, &script_lacks(), dialect)));
        }
        let script = Script::new(revision, direction, dialect, Some(&owners));
        let is_wrapped =
            revision.run_in_transaction || (dialect == Dialect::Sqlite && is_wrappable(revision, direction));
        let switches = dialect == Dialect::Sqlite && is_wrapped && !revision.run_in_transaction;
        if switches {
            put("PRAGMA foreign_keys = OFF;");
        }
        let holds_session = dialect == Dialect::Postgres && !is_wrapped;
        if is_wrapped {
            put(begin(dialect));
        } else if holds_session {
            put(&locked_by("NOT pg_try_advisory_lock", AT_WORK));
        }
        put(&guard(revision, direction, dialect));
        match dialect {
            Dialect::Sqlite => put(&body(&script)?),
            Dialect::Postgres => match script.held() {
                Some(owners) if is_wrapped => put(&compared(&script, owners, 0, &body(&script)?)),
                Some(owners) => put(&piecewise(&script, owners)?),
                None => put(&body(&script)?),
            },
            Dialect::Mysql => put(&stepwise(&script, begun(&script, ledger.get(&revision.version))?)?),
        }
        if !is_wrapped {
            put(begin(dialect));
        }
        for statement in marks(revision, direction, dialect) {
            put(&format!("{statement};"));
        }
        put("COMMIT;");
        if switches {
            put("PRAGMA foreign_keys = ON;");
        }
        if holds_session {
            put(&locked_by("NOT pg_advisory_unlock", "stopped: the lock was lost"));
        }
        match direction {
            Direction::Up => owners.note(revision),
            Direction::Down | Direction::Undo => owners.forget(revision),
        }
    }
    if dialect == Dialect::Mysql {
        put(&format!("\n{}", script_ends()));
    }
    Ok(text)
}

/// Returns what a script begins with: settings of the client, and the tables that keep the state.
fn preamble(dialect: Dialect) -> String {
    let client = match dialect {
        Dialect::Sqlite => "-- For sqlite3.\n.bail on\nPRAGMA foreign_keys = ON;",
        Dialect::Postgres => {
            "-- For psql.\n\\set ON_ERROR_STOP on\nSET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;"
        }
        Dialect::Mysql => {
            "-- For mariadb or mysql, which stop at the first error. What ran before it stays, and is noted: a new script, or \
             `autogen`, goes on there.\nSET NAMES utf8mb4;"
        }
    };
    let diesel = one_line(diesel::migration::CREATE_MIGRATIONS_TABLE);
    let lock = match ledger::lock_table(dialect) {
        Some(lock) => format!("{lock};\n{SCRIPT_HOLDER};\n"),
        None => "\n".to_owned(),
    };
    format!("{client}\n\n{diesel};\n{};\n{lock}", ledger::table(dialect))
}

/// What a script says that comes while a program, or another script, is at work.
const AT_WORK: &str = "stopped: another program is at work on this database; run the script again once it has ended";

/// Returns a block that stops if a function of PostgreSQL's says so of the lock. It doesn't wait for the lock: a statement that
/// waits keeps indexes from being built concurrently.
fn locked_by(function: &str, message: &str) -> String {
    let stopped = literal(message, Dialect::Postgres);
    let code = format!(" BEGIN\n    IF {function}({LOCK}) THEN RAISE EXCEPTION '%', {stopped}; END IF;\nEND ");
    format!("DO {};", client::dollars(&code))
}

/// Returns how many of a script's statements have already run.
fn begun(script: &Script<'_>, entry: Option<&Entry>) -> Result<usize> {
    let Some(entry) = entry else { return Ok(0) };
    let ran = match (script.direction, entry.state) {
        (Direction::Up, State::Applying { ran, .. }) | (Direction::Down, State::Reverting { ran, .. }) => ran,
        (Direction::Up | Direction::Down | Direction::Undo, State::Undoing { .. }) => usize::MAX,
        (Direction::Up, State::Applied | State::Reverting { .. })
        | (Direction::Down, State::Applied | State::Applying { .. })
        | (Direction::Undo, State::Applied | State::Applying { .. } | State::Reverting { .. }) => return Ok(0),
    };
    let is_known = ran <= script.statements.len() && entry.fingerprint.is_none();
    if ran == 0 || (is_known && script.checksum_of(ran) == entry.ran) {
        return Ok(ran);
    }
    let Revision { owner, .. } = script.revision;
    let message = format!("{} is {}, and a script can't find out what to do about that", script.revision, entry.state);
    Err(Error::new(Code::HalfDone, message)
        .help(format!("run `autogen upgrade`, which goes on there, or `autogen downgrade --plugin {owner}`")))
}

/// Writes the statements of a file, starting at `first`, each followed by a note of how far the script has
/// come.
fn stepwise(script: &Script<'_>, first: usize) -> Result<String> {
    let Script { revision, direction, statements, .. } = script;
    let version = literal(revision.version.as_str(), Dialect::Mysql);
    let of = statements.len();
    let (state, begin) = match direction {
        Direction::Up => {
            let made = makes(Dialect::Mysql, &revision.up);
            let (query, values) = ledger::insertion(revision, script.state(0), &made, None, Dialect::Mysql);
            let forgotten = format!("DELETE FROM {LEDGER} WHERE version = {version}");
            ("applying", format!("{forgotten};\n{};", inlined(&query, &values, Dialect::Mysql)))
        }
        Direction::Down | Direction::Undo => {
            let set = format!("state = 'reverting', statement = 0, statements = {of}, ran = '', fingerprint = NULL");
            ("reverting", format!("UPDATE {LEDGER} SET {set} WHERE version = {version};"))
        }
    };
    let here = |at: usize| format!("state = '{state}' AND statement = {at} AND ran = '{}'", script.checksum_of(at));
    let wrong = match first {
        0 => format!(
            "EXISTS (SELECT 1 FROM {LEDGER} WHERE version = {version} AND state <> 'applied' AND statement > 0)"
        ),
        first => format!("NOT EXISTS (SELECT 1 FROM {LEDGER} WHERE version = {version} AND {})", here(first)),
    };
    let mut text = stop(&format!("stopped: {revision} has run in part; make the script again"), &wrong, Dialect::Mysql);
    let mut put = |line: &str| _ = writeln!(text, "\n{}", line.trim_end());
    for at in 0..of {
        // A statement that only reads may stop the script, and then nothing is half done.
        let is_begun = first > 0 || script.leaves_something(at + 1);
        if is_begun && first == 0 && !script.leaves_something(at) {
            put(&begin);
        }
        if at >= first || script.is_needed_again(at, first) {
            put(&spelled(script, at)?);
        }
        if at >= first && is_begun {
            let (done, ran) = (at + 1, script.checksum_of(at + 1));
            put(&format!("UPDATE {LEDGER} SET statement = {done}, ran = '{ran}' WHERE version = {version};"));
        }
    }
    Ok(text)
}

/// Returns a statement as the database's own client reads it.
///
/// # Errors
/// `not-in-a-script` if the client can't take it.
fn spelled(script: &Script<'_>, at: usize) -> Result<String> {
    let is_trusted = script.held().is_none();
    client::spelled(script.text(at), script.dialect(), is_trusted).map_err(|why| {
        let Script { revision, direction, .. } = script;
        let file = revision.dir.join(direction.file_name());
        let start = script.statements[at].span.start;
        Diagnostic::error(Code::NotInAScript, format!("{revision} can't go into a script: {why}"))
            .at(Place::in_text(&file, script.sql(), start..start + 1), "in this statement")
            .help("write the statement another way, or leave `--sql` out")
            .into()
    })
}

/// Checks whether a revision can be wrapped in a transaction of the script's, as ours on SQLite can.
fn is_wrappable(revision: &Revision, direction: Direction) -> bool {
    let statements = Dialect::Sqlite.statements(direction.sql(revision));
    revision.by_autogen && !statements.iter().any(Statement::wants_no_transaction)
}

fn begin(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "BEGIN IMMEDIATE;",
        Dialect::Postgres => "BEGIN;",
        // What changes the schema commits by itself.
        Dialect::Mysql => "START TRANSACTION;",
    }
}

/// Writes a check that stops the script if the revision isn't in the state in which the script was made.
fn guard(revision: &Revision, direction: Direction, dialect: Dialect) -> String {
    let version = literal(revision.version.as_str(), dialect);
    let there = format!("EXISTS (SELECT 1 FROM {DIESEL} WHERE version = {version})");
    let (wrong, state) = match direction {
        Direction::Up => (there, "is applied already"),
        Direction::Down | Direction::Undo => (format!("NOT {there}"), "is not applied"),
    };
    stop(&format!("stopped: {revision} {state}"), &wrong, dialect)
}

/// Writes a statement that stops the script with this message if a condition holds.
fn stop(message: &str, wrong: &str, dialect: Dialect) -> String {
    let stopped = literal(message, dialect);
    match dialect {
        Dialect::Sqlite => format!("SELECT json_extract('{{}}', {stopped}) WHERE {wrong};"),
        Dialect::Postgres => {
            let at_work = literal(AT_WORK, dialect);
            let code = format!(
                " BEGIN\n    IF NOT pg_try_advisory_xact_lock({LOCK}) THEN RAISE EXCEPTION '%', {at_work}; END IF;\n    \
                 IF {wrong} THEN RAISE EXCEPTION '%', {stopped}; END IF;\nEND "
            );
            format!("DO {};", client::dollars(&code))
        }
        Dialect::Mysql => format!(
            "CREATE TEMPORARY TABLE `autogen_guard` (`stopped` varchar(500) PRIMARY KEY)\n    SELECT {stopped} AS `stopped` \
             FROM (SELECT 1 UNION ALL SELECT 2) AS `twice` WHERE {wrong};\nDROP TEMPORARY TABLE `autogen_guard`;"
        ),
    }
}

/// Returns a file's text as the client reads it, with the comments between its statements.
fn body(script: &Script<'_>) -> Result<String> {
    let sql = script.sql();
    let (mut text, mut end) = (String::new(), 0);
    for (at, statement) in script.statements.iter().enumerate() {
        text += sql[end..statement.span.start].trim_start_matches('\u{feff}');
        text += &spelled(script, at)?;
        end = statement.span.end;
    }
    text += &sql[end..];
    // A dump empties it, but the marks need it to find their tables.
    let resets = script.dialect() == Dialect::Postgres && sql.contains("search_path");
    Ok(format!("{}{}", text.trim(), if resets { "\nRESET search_path;" } else { "" }))
}

/// Writes a plugin's statement within a transaction, and the check that stops the transaction if others' objects
/// have changed. psql keeps what was noted before, so that no statement reaches it.
fn compared(script: &Script<'_>, owners: &Owners, first: usize, statements: &str) -> String {
    let note = noted(script, owners, first, false);
    let check = format!("{SETTLE};\n{};", checked());
    format!("{note}\n{statements}\nSET standard_conforming_strings = on;\n{check}\n{PATH}")
}

fn noted(script: &Script<'_>, owners: &Owners, first: usize, alone: bool) -> String {
    format!("{ENTER}\n{}\n\\gset\n{LEAVE}", owners.before(script.revision, (script.sql(), first), alone))
}

fn checked() -> String {
    format!("{GIVEN}\n{}", after())
}

/// Passes on what psql has kept.
const GIVEN: &str =
    "SELECT length(pg_catalog.set_config('autogen.before', :'autogen_before', true)) AS autogen_length\n\\gset";

/// Restores the search path that psql has kept.
const PATH: &str = "SELECT pg_catalog.set_config('search_path', :'autogen_path', false) AS autogen_path\n\\gset";

/// Writes the statements of a plugin's revision that runs without a transaction. Each statement still gets a
/// transaction of its own, unless PostgreSQL only takes it outside of one; then the script checks that it
/// concerns the plugin's own table.
fn piecewise(script: &Script<'_>, owners: &Owners) -> Result<String> {
    let mut text = String::new();
    for at in 0..script.statements.len() {
        let statement = spelled(script, at)?;
        let piece = match form(script.text(at)) {
            Form::Fenced => format!("BEGIN;\n{}\nCOMMIT;", compared(script, owners, at, &statement)),
            Form::Alone(table) => alone(script, owners, (at, &statement), &table),
        };
        _ = writeln!(text, "{piece}");
    }
    Ok(text)
}

/// Writes a statement that no transaction can contain, after the checks that it is about the plugin's own table and runs no
/// function. What these need is rolled back.
fn alone(script: &Script<'_>, owners: &Owners, (at, statement): (usize, &str), table: &TableName) -> String {
    let name = literal(&script.dialect().facts().quoted_table(table), Dialect::Postgres);
    let strange = RESOLVE.replacen('?', "current_setting('autogen.before')", 1).replacen('?', &name, 1);
    let stop = |query: &str, what: &str| {
        let message = literal(&format!("stopped: {} {what}", script.revision), Dialect::Postgres);
        let code = format!(" BEGIN IF ({query}) IS NOT NULL THEN RAISE EXCEPTION '%', {message}; END IF; END ");
        format!("DO {};", client::dollars(&code))
    };
    let others = stop(&strange, "is about a table that is another's");
    let runs: String = probe(statement).into_iter().map(|made| made + ";\n").collect();
    let runs = runs + &stop(&RUNS.replacen('?', &name, 1), "runs a function outside of a transaction");
    let note = noted(script, owners, at, true);
    format!("BEGIN;\n{note}\n{GIVEN}\n{others}\n{runs}\nROLLBACK;\n{statement}\nBEGIN;\n{};\nCOMMIT;", checked())
}

fn marks(revision: &Revision, direction: Direction, dialect: Dialect) -> Vec<String> {
    let version = literal(revision.version.as_str(), dialect);
    let forgotten = format!("DELETE FROM {LEDGER} WHERE version = {version}");
    match direction {
        Direction::Up => {
            let made = makes(dialect, &revision.up);
            let (query, values) = ledger::insertion(revision, State::Applied, &made, None, dialect);
            vec![
                format!("INSERT INTO {DIESEL} (version) VALUES ({version})"),
                forgotten,
                inlined(&query, &values, dialect),
            ]
        }
        Direction::Down | Direction::Undo => vec![format!("DELETE FROM {DIESEL} WHERE version = {version}"), forgotten],
    }
}

/// Replaces a query's placeholders with their values.
fn inlined(query: &str, values: &[String], dialect: Dialect) -> String {
    let mut pieces = query.split('?');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.zip(values).fold(first, |text, (piece, value)| format!("{text}{}{piece}", literal(value, dialect)))
}

fn literal(text: &str, dialect: Dialect) -> String {
    let text = text.replace('\'', "''");
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => format!("'{text}'"),
        Dialect::Mysql => format!("'{}'", text.replace('\\', "\\\\")),
    }
}

fn one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches(';').to_owned()
}
