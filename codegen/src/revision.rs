//! The text of a revision's files: SQL under a header that says in plain words what changes, what
//! is at risk, what gets locked and what was proven.

use autogen_engine::dialect::Dialect;
use autogen_engine::model::{Change, Edit, Pair};
use autogen_engine::plan::{Hazard, Measured, Plan, RoundTrip};

use crate::printable::one_line;
use crate::report;
use crate::sql::{Statement, lock_lines, statements};

/// Everything that a revision's files say.
#[derive(Debug)]
pub struct Revision<'a> {
    /// The plugin, or `core`.
    pub owner: &'a str,
    /// What it does, in a few words.
    pub title: &'a str,
    /// What changes.
    pub changes: &'a [Change],
    /// A line for each table that changes hands.
    pub transfers: &'a [String],
    /// The plans of both ways.
    pub plans: &'a RoundTrip,
    /// What is at risk.
    pub risks: &'a [Risk],
    /// What was proven, one sentence each; empty when nothing was.
    pub proven: &'a [String],
    /// What both ways were measured to do to existing tables.
    pub measured: Pair<&'a [Measured]>,
    /// The database that it is for.
    pub dialect: Dialect,
}

/// A hazard, how many rows of a live database it concerns, and who allowed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// The hazard.
    pub hazard: Hazard,
    /// Rows at stake; `None` without a live database.
    pub rows: Option<u64>,
    /// The reason that the source gives for allowing it.
    pub reason: Option<String>,
}

/// `up.sql` and `down.sql`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// The way there.
    pub up: String,
    /// The way back.
    pub down: String,
}

/// Renders a revision's two SQL files. The same revision gives the same bytes.
pub fn files(revision: &Revision<'_>) -> Files {
    let Revision { owner, title, changes, plans, dialect, .. } = revision;
    if changes.is_empty() {
        return without_changes(revision);
    }
    let mut up = vec![format!("{owner}: {title}"), String::new(), "Changes:".to_owned()];
    up.extend(indented(brief(changes)));
    up.extend(indented(revision.transfers.to_vec()));
    up.push("At risk:".to_owned());
    up.extend(indented(risks(revision.risks)));
    up.extend(locks(&plans.up, revision.measured.from, *dialect));
    up.extend(proven(revision.proven));

    let reversed: Vec<Change> = changes.iter().rev().cloned().map(Change::reverse).collect();
    let mut down = vec![format!("{owner}: takes back \"{title}\""), String::new(), "Changes:".to_owned()];
    down.extend(indented(brief(&reversed)));
    let is_drop = |change: &&Change| match change {
        Change::Table(Edit::Drop(_)) | Change::Column(_, Edit::Drop(_)) => true,
        Change::Table(_) | Change::Column(..) | Change::Rename(_) | Change::Rule(..) | Change::Enum(_) => false,
    };
    let dropped: Vec<Change> = reversed.iter().filter(is_drop).cloned().collect();
    let dropped = lost(&dropped).into_iter().map(|what| format!("{what}, which this drops"));
    let lost: Vec<String> = lost(changes).into_iter().chain(dropped).collect();
    if !lost.is_empty() {
        down.push("Can't bring back:".to_owned());
        down.extend(indented(lost));
    }
    down.extend(locks(&plans.down, revision.measured.to, *dialect));

    Files {
        up: format!("{}\n{}", comment(&up), body(&statements(&plans.up, *dialect))),
        down: format!("{}\n{}", comment(&down), body(&statements(&plans.down, *dialect))),
    }
}

/// Renders files that change nothing in the database, because tables change hands or nothing differs in a
/// dialect. Diesel accepts a file of comments, but not an empty one.
fn without_changes(revision: &Revision<'_>) -> Files {
    let Revision { owner, title, transfers, dialect, .. } = revision;
    let why = match transfers {
        [] => {
            vec![format!(
                "Nothing differs for {dialect}: this part is here so that all dialects have the same versions."
            )]
        }
        [_, ..] => std::iter::once("Changes:".to_owned()).chain(indented(transfers.to_vec())).collect(),
    };
    let text = |title: String| comment(&[vec![title, String::new()], why.clone()].concat());
    Files { up: text(format!("{owner}: {title}")), down: text(format!("{owner}: takes back \"{title}\"")) }
}

/// Renders the files of a revision that only joins others. `heads` are their directories' names.
pub fn merge(owner: &str, title: &str, heads: &[&str], done: &[String]) -> Files {
    let mut up = vec![format!("{owner}: {title}"), String::new(), "Joins, and changes nothing:".to_owned()];
    up.extend(indented(heads.iter().map(ToString::to_string).collect()));
    up.extend(proven(done));
    let down = vec![format!("{owner}: takes back \"{title}\""), String::new(), "Nothing to undo.".to_owned()];
    Files { up: comment(&up), down: comment(&down) }
}

/// Renders the files of a revision whose statements people write. Their headers describe no changes, so that
/// nobody takes a header for a lie.
pub fn empty(title: &str) -> Files {
    let text = |first: String, rest: &str| comment(&[first, String::new(), rest.to_owned()]);
    Files {
        up: text(title.to_owned(), "Written by hand."),
        down: text(format!("Takes back \"{title}\""), "Written by hand."),
    }
}

/// The contents of the header of an `up.sql`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// What changes, in the lines of [`report::lines`].
    pub changes: Vec<String>,
    /// What is at risk; empty for nothing.
    pub at_risk: Vec<String>,
    /// What is locked, and what others can do meanwhile.
    pub locks: Vec<String>,
}

/// Reads the header that this program has written at the beginning of an owner's `up.sql`, if there is one.
///
/// ```
/// let up = "-- usb: a\n--\n-- Changes:\n--   - usb.a  Text\n-- At risk:\n--   drop-column: x\n\nSELECT 1;\n";
/// let header = autogen_codegen::revision::header("usb", up).unwrap();
/// assert_eq!(header.changes, ["- usb.a  Text"]);
/// assert_eq!(header.at_risk, ["drop-column: x"]);
/// assert_eq!(autogen_codegen::revision::header("net", up), None);
/// let up = "-- usb: a\n--\n-- Locks: usb: SHARE (others can read it).\n\nSELECT 1;\n";
/// assert_eq!(autogen_codegen::revision::header("usb", up).unwrap().locks, ["usb: SHARE (others can read it)"]);
/// ```
pub fn header(owner: &str, up: &str) -> Option<Header> {
    up.starts_with(&format!("-- {owner}: ")).then(|| Header {
        changes: listed(up, "Changes:"),
        at_risk: listed(up, "At risk:").into_iter().filter(|line| line != "nothing").collect(),
        locks: locked(up),
    })
}

/// Reads what a revision is called in the header of its `up.sql`: what `-m` said, or words made from its changes.
pub fn title_of<'a>(owner: &str, up: &'a str) -> Option<&'a str> {
    up.lines().next()?.strip_prefix("-- ")?.strip_prefix(owner)?.strip_prefix(": ")
}

/// Returns what a header says is locked: on the line itself, where that is one thing alone.
fn locked(up: &str) -> Vec<String> {
    let mut header = up.lines().map_while(|line| line.strip_prefix("--"));
    match header.find_map(|line| line.strip_prefix(" Locks: ")) {
        Some("nothing that is there.") => Vec::new(),
        Some(only) => vec![only.strip_suffix('.').unwrap_or(only).to_owned()],
        None => listed(up, "Locks:"),
    }
}

/// Returns the indented lines below a line of a header.
fn listed(up: &str, title: &str) -> Vec<String> {
    let header = up.lines().map_while(|line| line.strip_prefix("--"));
    let below = header.skip_while(|line| line.trim() != title).skip(1);
    below.map_while(|line| line.strip_prefix("   ")).map(str::to_owned).collect()
}

/// Returns `up.sql` with what was proven as the last part of its header. This replaces what the header said about
/// proofs before. A text whose header says nothing about proofs stays as it is.
///
/// ```
/// let up = "-- usb: a\n--\n-- Proven:\n--   old\n--   more\n\nSELECT 1;\n";
/// let new = autogen_codegen::revision::with_proof(up, &["new".to_owned()]);
/// assert_eq!(new, "-- usb: a\n--\n-- Proven: see metadata.toml.\n\nSELECT 1;\n");
/// assert_eq!(autogen_codegen::revision::with_proof("SELECT 1;\n-- Proven:\n", &[]), "SELECT 1;\n-- Proven:\n");
/// ```
pub fn with_proof(up: &str, sentences: &[String]) -> String {
    let mut lines = up.split_inclusive('\n').peekable();
    let mut text = String::new();
    while let Some(line) = lines.next_if(|line| line.starts_with("--")) {
        if !line.starts_with("-- Proven:") {
            text.push_str(line);
            continue;
        }
        text.push_str(&comment(&proven(sentences)));
        while lines.next_if(|line| line.starts_with("--   ")).is_some() {}
    }
    text.extend(lines);
    text
}

/// Describes hazards in plain words, with the rows at stake and the reason for allowing them.
pub fn risks(risks: &[Risk]) -> Vec<String> {
    if risks.is_empty() {
        return vec!["nothing".to_owned()];
    }
    risks
        .iter()
        .map(|risk| {
            let rows = match risk.rows {
                Some(1) => " (1 row now)".to_owned(),
                Some(rows) => format!(" ({rows} rows now)"),
                None => String::new(),
            };
            let reason = risk.reason.as_ref().map(|reason| format!("; allowed: {reason}")).unwrap_or_default();
            format!("{}: {}{rows}{reason}", risk.hazard.kind, risk.hazard.detail)
        })
        .collect()
}

/// Describes what a database can't give back once the changes are made.
fn lost(changes: &[Change]) -> Vec<String> {
    changes
        .iter()
        .filter_map(|change| match change {
            Change::Table(Edit::Drop(table)) => Some(format!("the rows of {}", table.name)),
            Change::Column(table, Edit::Drop(column)) if column.generated.is_none() => {
                Some(format!("the values of {table}.{}", column.name))
            }
            Change::Column(table, Edit::Alter(columns)) if columns.from.nullable && !columns.to.nullable => {
                let filled = columns.to.default.is_some() || columns.to.hints.backfill.is_some();
                filled.then(|| format!("which rows of {table} had no {}", columns.from.name))
            }
            Change::Rename(_) | Change::Table(_) | Change::Column(..) | Change::Rule(..) | Change::Enum(_) => None,
        })
        .collect()
}

/// Lists changes without what a statement below says of a table that comes or goes.
fn brief(changes: &[Change]) -> Vec<String> {
    let lines = changes.iter().flat_map(|change| {
        let lines = report::lines(std::slice::from_ref(change));
        let is_table = matches!(change, Change::Table(Edit::Add(_) | Edit::Drop(_)));
        let shown = if is_table { 1 } else { lines.len() };
        lines.into_iter().take(shown)
    });
    lines.collect()
}

fn locks(plan: &Plan, measured: &[Measured], dialect: Dialect) -> Vec<String> {
    match lock_lines(plan, measured, dialect).as_slice() {
        [] => vec!["Locks: nothing that is there.".to_owned()],
        [only] => vec![format!("Locks: {only}.")],
        lines => std::iter::once("Locks:".to_owned()).chain(indented(lines.to_vec())).collect(),
    }
}

fn proven(sentences: &[String]) -> Vec<String> {
    match sentences {
        [] => vec!["Proven: nothing; this was written without verification.".to_owned()],
        // The sentences stand there, beside the certificate that says which bytes they are about.
        [_, ..] => vec!["Proven: see metadata.toml.".to_owned()],
    }
}

fn indented(lines: Vec<String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(|line| format!("  {line}"))
}

/// Writes lines as an SQL comment. A name may contain a line break, which must not end the comment, and other
/// characters that a terminal obeys.
fn comment(lines: &[String]) -> String {
    let line = |line: &String| {
        let line = one_line(line);
        if line.is_empty() { "--\n".to_owned() } else { format!("-- {line}\n") }
    };
    lines.iter().map(line).collect()
}

/// Joins statements, with an empty line around those that take several lines.
fn body(statements: &[Statement]) -> String {
    let mut text = String::new();
    for (position, statement) in statements.iter().enumerate() {
        let is_long = |statement: &Statement| statement.sql.contains('\n');
        if position > 0 && (is_long(&statements[position - 1]) || is_long(statement)) {
            text.push('\n');
        }
        text.push_str(&statement.sql);
        text.push_str(";\n");
    }
    text
}
