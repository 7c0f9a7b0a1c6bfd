//! Why a revision could not be run, and how that is said.

use std::fmt;
use std::ops::Range;

use diesel::result::{DatabaseErrorKind, Error as DieselError};

use super::rows::listed;
use crate::dialect::Dialect;
use crate::error::{Code, Diagnostic, Error};
use crate::history::direction::Direction;
use crate::history::fence::{Reason, Trespass};
use crate::history::graph::stated_in_metadata;
use crate::history::{Revision, State};
use crate::link::{Conflict, Outside, Trouble, refuses_algorithm, says_conflict};
use crate::model::Place;

/// Why a revision could not be run.
#[derive(Debug)]
pub(super) struct Failure {
    /// The database's message.
    pub(super) message: String,
    /// The statement at which it stopped, as bytes of the file.
    pub(super) at: Option<Range<usize>>,
    /// The kind of reason.
    pub(super) why: Why,
    /// Whether statements before it may have left something.
    pub(super) half_done: bool,
    /// How far it has come, if the ledger knows.
    pub(super) left: Option<State>,
}

/// Kinds of reasons, by what there is to do about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The script and the rows don't go together, or the script is wrong.
    Script,
    /// Another program holds a lock that is needed.
    Busy,
    /// A statement took longer than statements may.
    TooSlow,
    /// The user of the connection may not do that.
    NotAllowed,
    /// A statement asks for an algorithm or a lock by which the server can't alter the table.
    TooMuch,
    /// The file no longer begins with the statements that have run.
    Edited,
    /// Another program goes on with it.
    TakenOver,
    /// It changes what its plugin doesn't own.
    Anothers,
    /// It does what no plugin may.
    Beyond,
    /// It takes over what its owner keeps.
    NotGiven,
    /// It takes away what foreign keys reference.
    Referenced,
    /// It can't be tried in a scratch schema.
    Outside,
    /// The user wants it to end.
    Interrupted,
}

impl Failure {
    pub(super) fn new(message: String) -> Self {
        Self { message, at: None, why: Why::Script, half_done: false, left: None }
    }

    /// Creates the failure for a plugin's statement that the fence refuses to run.
    pub(super) fn refused(found: Trespass) -> Self {
        let why = match found.reason {
            Reason::Table(_) => Why::Anothers,
            Reason::Takes(_) => Why::NotGiven,
            Reason::Beyond(_) => Why::Beyond,
        };
        Self { why, at: Some(found.statement.clone()), ..Self::new(found.what()) }
    }

    /// Creates the failure for a run that its user has ended.
    pub(super) fn interrupted(message: String) -> Self {
        Self { why: Why::Interrupted, ..Self::new(message) }
    }

    /// Creates the failure for a run that another program has taken over because this one gave no sign of
    /// life.
    pub(super) fn taken_over() -> Self {
        let message = "another program has taken over, because this one gave no sign of life for too long".to_owned();
        Self { why: Why::TakenOver, ..Self::new(message) }
    }
}

impl From<DieselError> for Failure {
    fn from(error: DieselError) -> Self {
        if let Some(said) = Outside::said(&error) {
            return Self { why: Why::Outside, ..Self::new(said) };
        }
        let DieselError::DatabaseError(kind, told) = &error else { return Self::new(error.to_string()) };
        let details = told.details().map(|details| format!(" ({details})")).unwrap_or_default();
        Self { why: Why::of(kind, told.message()), ..Self::new(format!("{}{details}", told.message())) }
    }
}

impl Conflict for Failure {
    fn is_conflict(&self) -> bool {
        says_conflict(&self.message)
    }
}

impl Why {
    /// Classifies a database error by its kind and message. Diesel has no kinds for most of these errors and
    /// keeps no codes, so the message has to tell. A database that speaks another language only gets less
    /// help.
    fn of(kind: &DatabaseErrorKind, message: &str) -> Self {
        let says = |words: &[&str]| words.iter().any(|words| message.contains(words));
        if Trouble::said(message) == Some(Trouble::Busy) {
            Self::Busy
        } else if says(&["statement timeout"]) {
            Self::TooSlow
        } else if refuses_algorithm(message) {
            Self::TooMuch
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

pub(super) fn empty(revision: &Revision, direction: Direction) -> Error {
    let file = revision.dir.join(direction.file_name());
    Error::new(Code::EmptyMigration, format!("{revision} can't be run: `{}` is empty", file.display()))
        .help("write the migration, or a comment if nothing needs doing")
}

/// States at which statement it failed, if that is known.
pub(super) fn at(revision: &Revision, direction: Direction, failure: &Failure) -> String {
    let statement = failure.at.clone().and_then(|span| direction.sql(revision).get(span)).map(shortened);
    statement.map(|statement| format!(" at `{statement}`")).unwrap_or_default()
}

/// Creates the error for a script that stopped: an arm for each reason, with what to do about it.
pub(super) fn failed(revision: &Revision, direction: Direction, failure: Failure) -> Error {
    let sql = direction.sql(revision);
    let at = at(revision, direction, &failure);
    let nothing = format!("nothing of it was {}", direction.done());
    let (what, kept) = match direction {
        Direction::Up => ("", nothing),
        Direction::Down => (" to be reverted", nothing),
        Direction::Undo => (" to be undone", "what was undone before stays undone".to_owned()),
    };
    let said = format!("{revision} failed{what}{at}: {}", failure.message);
    let (code, message, help) = match failure.why {
        Why::Busy => {
            let help = "another program is writing to the database; try again when it has finished";
            (Code::DatabaseBusy, said, help.to_owned())
        }
        Why::TooSlow => {
            let help = "give statements more time by `statement_timeout` under `[database]` in autogen.toml";
            (Code::StatementTimeout, said, help.to_owned())
        }
        Why::NotAllowed => {
            let help = "connect as a user that owns the tables and may create in their schema";
            (Code::NotAllowed, said, help.to_owned())
        }
        Why::TooMuch => {
            let help = "the table wasn't touched, and a copy of it would take as long as it has rows. If that may be, leave \
                        `ALGORITHM` and `LOCK` out of this statement and run it again; if the server speaks of row versions, \
                        `ALTER TABLE … FORCE` makes room for more";
            (Code::AlgorithmRefused, said, help.to_owned())
        }
        Why::Edited => {
            let help = "put the statements that ran back to the file's beginning (`autogen status` shows how many), or make \
                        the tables what they were before and run `autogen stamp`, which compares them";
            (Code::HalfDone, said, help.to_owned())
        }
        Why::TakenOver => {
            let help = "wait until the other one has finished; `autogen status` shows how far it is. A program that is stopped \
                        longer than `lease` under `[database]` in autogen.toml loses its turn";
            (Code::TakenOver, said, help.to_owned())
        }
        Why::Outside => {
            let said = format!("{revision} can't be tried in a scratch schema{at}: {}", failure.message);
            (Code::NeedsScratchDatabase, said, Outside::HELP.to_owned())
        }
        Why::Interrupted => {
            let help = match failure.half_done {
                true if failure.left.is_some() => let_stay(failure.left, "run the command again"),
                true => "it ran without a transaction, so what it did before may have stayed: look by `autogen status`"
                    .to_owned(),
                false => format!("{kept}; run the command again"),
            };
            (Code::Interrupted, format!("{revision} was interrupted{what}{at}: {}", failure.message), help)
        }
        Why::Anothers => (Code::ChangesAnothersTable, said, format!("{kept}; {LEAVE}")),
        Why::NotGiven => (Code::TableNotGiven, said, format!("{kept}; {GIVE}")),
        Why::Beyond => (Code::NeedsTrust, said, format!("{kept}; {TRUST}")),
        Why::Referenced => (Code::StaleReference, said, format!("{kept}; {REFERENCED}")),
        Why::Script => of_script(revision, &failure, sql, said, &kept),
    };
    let mut diagnostic = Diagnostic::error(code, message).help(help);
    if let Some(span) = failure.at.clone() {
        let file = revision.dir.join(direction.file_name());
        diagnostic =
            diagnostic.at(Place::in_text(&file, sql, beginning(sql, span)), "the database stopped at this statement");
    }
    Error::from(diagnostic).caused_by(failure)
}

/// Returns the code, the message and the next step for a script that failed by itself. `kept` says what stays.
fn of_script(revision: &Revision, failure: &Failure, sql: &str, said: String, kept: &str) -> (Code, String, String) {
    if let Some(unknown) = stopped(&failure.message).as_deref().and_then(|said| said.strip_prefix(UNKNOWN)) {
        let help = format!("{kept}; {KNOW}");
        (Code::TableChanged, format!("{revision} stopped itself: {unknown}, which it doesn't know"), help)
    } else if let Some(problem) = stopped(&failure.message) {
        let listed = listed_at(failure, sql);
        let listed = listed.map(|query| format!("; this lists them: {query}")).unwrap_or_default();
        let help = format!("{kept}; correct the rows, and run it again{listed}");
        (Code::RowsInTheWay, format!("{revision} stopped itself: {problem}"), help)
    } else if is_held(&failure.message) {
        let help = format!(
            "{kept}; drop what is named, or write it anew without what is gone or goes, and run it again; what is \
             still wanted is made again afterwards"
        );
        (Code::ObjectInTheWay, said, help)
    } else if failure.message.starts_with(NEXT_NUMBER) {
        let help = format!(
            "{kept}; the next number of the sequence lies beyond the last one that the new type has: set it by \
             `SELECT setval('SEQUENCE', NUMBER)`, and run it again"
        );
        (Code::RowsInTheWay, said, help)
    } else {
        let help = match failure.half_done {
            false if failure.message.contains("readonly database") => {
                format!("{kept}; make the database's file and folder writable, and run it again")
            }
            false => format!("{kept}; fix the file or the rows, and run it again"),
            true if failure.left.is_some() => let_stay(failure.left, "fix the file or the rows, and run it again"),
            true => "it ran without a transaction, so what it did before may have stayed: \
                     compare, fix, and run it again"
                .to_owned(),
        };
        (Code::MigrationFailed, said, help)
    }
}

/// Checks whether a view, a trigger or the like depends on what is to change. On SQLite, a broken view or
/// trigger counts too, because SQLite then refuses to rename anything.
fn is_held(message: &str) -> bool {
    const SQLITE: [&str; 2] = ["error in view ", "error in trigger "];
    const SERVERS: [&str; 4] = [
        "because other objects depend on it",
        "cannot alter type of a column used by",
        "referenced by a foreign key constraint",
        "needed in a foreign key constraint",
    ];
    SQLITE.iter().any(|words| message.starts_with(words)) || SERVERS.iter().any(|words| message.contains(words))
}

/// The beginning of PostgreSQL's message for a bound that the next number of a sequence lies beyond, if no number
/// has been given yet.
const NEXT_NUMBER: &str = "RESTART value (";

/// Returns a query that lists the rows at which a guard has stopped.
fn listed_at(failure: &Failure, sql: &str) -> Option<String> {
    let at = failure.at.clone()?;
    let before = Dialect::Mysql.statements(sql.get(..at.start)?).pop();
    listed(sql.get(at)?, before.map(|statement| &sql[statement.span]).unwrap_or_default())
}

/// Creates the diagnostic for a file that changes what its plugin doesn't own.
pub(super) fn trespass(revision: &Revision, direction: Direction, found: &Trespass) -> Diagnostic {
    let sql = direction.sql(revision);
    let place = match &found.reason {
        Reason::Takes(table) => stated_in_metadata(revision, |text| text.eq_ignore_ascii_case(&table.name)),
        Reason::Table(_) | Reason::Beyond(_) => {
            Place::in_text(&revision.dir.join(direction.file_name()), sql, beginning(sql, found.statement.clone()))
        }
    };
    let label = if matches!(found.reason, Reason::Takes(_)) { "stated here" } else { "by this statement" };
    let message = format!("{revision} can't be run: {}", found.what());
    let diagnostic = match found.reason {
        Reason::Table(_) => Diagnostic::error(Code::ChangesAnothersTable, message).help(LEAVE),
        Reason::Takes(_) => Diagnostic::error(Code::TableNotGiven, message).help(GIVE),
        Reason::Beyond(_) => Diagnostic::error(Code::NeedsTrust, message).help(TRUST),
    };
    diagnostic.at(place, label)
}

/// The help for a plugin that changes another's table.
const LEAVE: &str = "let the table's owner change it; or, if it must be, give the plugin leave by \
                     `may_alter = [\"TABLE\"]` under its `[plugin.NAME]` in autogen.toml";

/// The help for a plugin that takes over a table.
const GIVE: &str = "let a revision of its owner's, or of the core's, give it by `gives = { TABLE = \"PLUGIN\" }` under `[autogen]` in \
                    its metadata.toml, as `autogen --plugin OWNER --plugin PLUGIN` does where the definition has \
                    `#[moved_from(OWNER)]`; or let the host say so by `may_alter = [\"TABLE\"]` under the plugin's `[plugin.NAME]` \
                    in autogen.toml, or by `Host::may_alter`";

/// The help for a plugin that does what can't be shown to be its own.
const TRUST: &str = "leave it to the core's migrations; or, if the host trusts the plugin with everything, say so by `trust = \
                     true` under its `[plugin.NAME]` in autogen.toml, or by `Host::trust`";

/// The help for a revision that takes away what foreign keys reference, which were made meanwhile.
const REFERENCED: &str = "drop these keys by a revision of their tables' owner first, or remove this revision's folder and run \
                          `autogen`, which writes it anew";

/// The beginning of the message that names what a statement would drop and the revision doesn't know.
const UNKNOWN: &str = "unknown: ";

/// The help for that message.
const KNOW: &str = "drop what was added and run it again, or take it into the definitions and write the revision anew; \
                    `autogen check` shows what differs";

/// Returns the message of one of our guards, or `None` if the text isn't a guard's. On SQLite, plain SQL can
/// only stop with a computed text by passing an invalid JSON path.
fn stopped(message: &str) -> Option<String> {
    if let Some(problem) = message.strip_prefix("stopped: ") {
        return Some(problem.to_owned());
    }
    // MySQL reports it as a duplicate key, and says which key.
    if let Some((problem, _)) =
        message.strip_prefix("Duplicate entry 'stopped: ").and_then(|rest| rest.rsplit_once("' for key "))
    {
        return Some(problem.to_owned());
    }
    let problem = message.split_once("bad JSON path: 'stopped: ")?.1.strip_suffix('\'')?;
    Some(problem.replace("''", "'"))
}

/// Returns the span of a statement's first words: enough to find it, where the whole would fill the screen.
fn beginning(sql: &str, statement: Range<usize>) -> Range<usize> {
    const LONGEST: usize = 40;
    let line = sql.get(statement.clone()).and_then(|text| text.lines().next()).unwrap_or_default();
    let length = line.char_indices().nth(LONGEST).map_or(line.len(), |(end, _)| end);
    statement.start..statement.start + length
}

/// Shortens a statement to one line that fits into a sentence.
pub(super) fn shortened(statement: &str) -> String {
    const LONGEST: usize = 80;
    let line = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} ...", line[..end].trim_end()),
        None => line.trim_end_matches(';').to_owned(),
    }
}

/// Describes what remains of a script that ran without a transaction, and how to continue.
fn let_stay(left: Option<State>, next: &str) -> String {
    let (ran, of) = match left {
        Some(State::Applying { ran, of } | State::Reverting { ran, of }) => (ran, of),
        Some(State::Undoing { ran, of }) => {
            return format!(
                "{ran} of the {of} statements that take back what had run of it have run; {next}: it goes on there"
            );
        }
        Some(State::Applied) | None => (0, 0),
    };
    let stays = match ran {
        0 => "it runs without a transaction, but nothing of it stays".to_owned(),
        1 => format!("it runs without a transaction: the first of its {of} statements stays"),
        ran => format!("it runs without a transaction: the first {ran} of its {of} statements stay"),
    };
    format!("{stays}; {next}: it goes on there")
}
