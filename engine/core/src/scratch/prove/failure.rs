//! How a proof fails: at which stage, over which objects, and what to do about it.

use std::fmt;
use std::path::Path;

use crate::dialect::Dialect;
use crate::error::{Code, Diagnostic, Error};
use crate::model::{Bystander, Place};
use crate::scratch::seed::guard_message;

/// Which script was run last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Up,
    Down,
    /// Up again, after down.
    Again,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Up => "up.sql",
            Self::Down => "down.sql",
            Self::Again => "up.sql, run again after down.sql,",
        })
    }
}

/// What a script did that it mustn't.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It stopped with an error.
    Stops,
    /// It leaves a transaction open, or a setting of the connection switched.
    LeavesTraces,
    /// Tables of other owners aren't what they were.
    TouchesOthers,
    /// What it gives isn't what the models say.
    UnlikeModels,
    /// What it gives isn't what was planned, in parts that models don't speak for.
    UnlikePlan,
    /// What it gives isn't the start.
    UnlikeStart,
    /// What it gives isn't what it gave the first time.
    UnlikeBefore,
    /// Rows are gone, or hold other values.
    LosesRows,
    /// Views, triggers or keys no longer work, rows point at no row, or the file is damaged.
    Breaks,
}

/// A statement that asks for an algorithm or a lock by which the server can't alter the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooMuch {
    /// Whether it is one of `down.sql`.
    pub is_down: bool,
    /// Its text, without the closing semicolon.
    pub statement: String,
}

/// A proof that failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) stage: Stage,
    pub(super) fault: Fault,
    /// What exactly, a line each.
    pub(super) lines: Vec<String>,
    /// The statement that failed, where it is known.
    pub(super) statement: Option<Failed>,
    /// A row broke a rule.
    pub(super) is_violation: bool,
    /// The server doesn't alter a table as the statement asks for.
    pub(super) is_too_much: bool,
}

/// A statement that failed.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) line: usize,
    pub(super) sql: String,
    /// It stopped the script on purpose.
    pub(super) is_guard: bool,
}

impl Failure {
    pub(super) fn new(stage: Stage, fault: Fault, lines: Vec<String>) -> Self {
        Self { stage, fault, lines, statement: None, is_violation: false, is_too_much: false }
    }

    /// Returns the statement that asks for more than the server can do.
    pub(super) fn too_much(&self) -> Option<TooMuch> {
        let asking = self.statement.as_ref().filter(|_| self.is_too_much)?;
        Some(TooMuch { is_down: self.stage == Stage::Down, statement: asking.sql.clone() })
    }

    /// Returns the place of the failed statement, in a file with the script's name. The caller knows which folder has
    /// that file.
    pub(super) fn place(&self, up: &str, down: Option<&str>) -> Option<Place> {
        let Failed { line, sql, .. } = self.statement.as_ref()?;
        let (file, script) = match self.stage {
            Stage::Up | Stage::Again => ("up.sql", up),
            Stage::Down => ("down.sql", down?),
        };
        let start: usize = script.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
        let at = start + script.get(start..)?.find(sql.as_str())?;
        Some(Place::in_text(Path::new(file), script, at..at + sql.len()))
    }

    /// Returns the objects that the failure mentions and no definition makes, if they are the reason for the failure.
    pub(super) fn in_the_way(&self, bystanders: &[Bystander]) -> Vec<String> {
        // SQLite takes a quoted name that no longer exists for a text. A view or trigger then stays valid with another
        // meaning.
        let stands = match self.fault {
            Fault::Stops | Fault::Breaks | Fault::TouchesOthers => true,
            Fault::LeavesTraces
            | Fault::UnlikeModels
            | Fault::UnlikePlan
            | Fault::UnlikeStart
            | Fault::UnlikeBefore
            | Fault::LosesRows => false,
        };
        let text = self.lines.iter().map(|line| guard_message(line)).collect::<Vec<_>>().join("\n").to_lowercase();
        let is_named = |object: &&Bystander| {
            let name = object.name.to_lowercase();
            let kind = object.kind.name();
            [format!("{kind} {name} "), format!("{kind} {name}:"), format!("{kind} \"{name}\"")]
                .iter()
                .any(|words| format!("{text} ").contains(words))
        };
        let named = bystanders.iter().filter(|_| stands).filter(is_named);
        named.map(|object| format!("{} {}", object.kind.name(), object.name)).collect()
    }

    /// Makes the error to show. `generated` says whether this program wrote the scripts itself. `bystanders` are the
    /// objects that existed next to the tables at the start.
    #[expect(clippy::too_many_lines, reason = "an arm for each fault, with what to do about it")]
    pub(super) fn into_error(self, generated: bool, dialect: Dialect, bystanders: &[Bystander]) -> Error {
        let in_the_way = self.in_the_way(bystanders);
        let is_missing = self.fault == Fault::Stops
            && self.lines.iter().any(|line| line.starts_with("type ") && line.ends_with(" does not exist"));
        let Self { stage, fault, lines, statement, is_violation: _, is_too_much: _ } = self;
        let (what, author, tool) = match fault {
            Fault::Stops => (
                "stops with an error on a scratch database with rows",
                "correct the statement; a script must run on every database that holds such rows",
                "if a `#[backfill(\"...\")]`, check or expression of the models is at fault, correct it",
            ),
            Fault::LeavesTraces => (
                "doesn't leave the connection as it found it",
                match dialect {
                    Dialect::Sqlite => {
                        "end the script with what puts it back: COMMIT or RELEASE, and the PRAGMA as it was"
                    }
                    Dialect::Postgres | Dialect::Mysql => {
                        "end the script with what puts it back: COMMIT, and the setting as it was"
                    }
                },
                "",
            ),
            Fault::TouchesOthers => {
                ("changes what its owner doesn't own", "move those statements into a revision of the owner", "")
            }
            Fault::UnlikeModels => (
                "doesn't give what the models say",
                "correct up.sql, or the models",
                "if an expression of the models is at fault, write it as the database spells it",
            ),
            Fault::UnlikePlan => ("doesn't give what was planned", "correct up.sql", ""),
            Fault::UnlikeStart => (
                "doesn't give back the schema that up.sql started from",
                "make down.sql take back every change of up.sql",
                "",
            ),
            Fault::UnlikeBefore => {
                ("doesn't give what it gave the first time", "make down.sql take back everything that up.sql does", "")
            }
            Fault::LosesRows => (
                "loses or changes rows that it should keep",
                match dialect {
                    Dialect::Sqlite => {
                        "run a rebuild with `PRAGMA foreign_keys = OFF` outside any transaction \
                         (`run_in_transaction = false`), and copy every column"
                    }
                    Dialect::Postgres | Dialect::Mysql => {
                        "alter the table where it stands, or copy every row and column of it"
                    }
                },
                "",
            ),
            Fault::Breaks => (
                "breaks what stands around it",
                "change or drop the views, triggers and keys that are named here in the same script",
                "change or drop the views, triggers and keys that are named here first, in a revision of their owner",
            ),
        };
        let mut main = Diagnostic::error(Code::ProofFailed, format!("{stage} {what}"));
        main.help = Some(match (generated, tool) {
            (false, _) => author.to_owned(),
            (true, _) if !in_the_way.is_empty() => format!(
                "in the way: {}, which no definition makes; write a revision by hand that drops or changes it first, and \
                 one that makes it anew afterwards",
                in_the_way.join(", ")
            ),
            (true, _) if is_missing => format!(
                "what doesn't exist is made by no definition in sight, if a macro writes the type or an extension brings \
                 it: make it in a migration by hand that is older than this one; otherwise {REPORT}"
            ),
            (true, "") => REPORT.to_owned(),
            (true, tool) => format!("{tool}; otherwise {REPORT}"),
        });
        let mut diagnostics = vec![main];
        diagnostics.extend(lines.into_iter().map(|line| Diagnostic::note(Code::ProofFailed, line)));
        if let Some(Failed { line, sql, .. }) = statement {
            diagnostics.push(Diagnostic::note(Code::ProofFailed, format!("the statement in line {line}: {sql}")));
        }
        Error { diagnostics, cause: None }
    }
}

const REPORT: &str = "write this change in a migration by hand, which `autogen verify` proves, and please report these lines: \
                      autogen should have planned it otherwise";
