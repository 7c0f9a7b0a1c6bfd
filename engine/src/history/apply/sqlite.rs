//! Applying and reverting on SQLite.

use std::thread::sleep;
use std::time::{Duration, Instant};

use diesel::QueryResult;

use super::script::Script;
use super::steps::{self, Leaf, Other};
use super::{Event, Failure, Outcome, SqlForms};
use crate::link::{Link, milliseconds, transaction};
use crate::sql::Statement;
use crate::sql::effects::Frame;

pub(super) const FORMS: SqlForms = SqlForms {
    state_tables: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN (?, ?)",
    text: "TEXT",
    script: "TEXT",
    own_columns: "",
    own_options: "",
    later: &[],
    for_update: "",
    reads_in: None,
    writes_in: begin,
    schema: Some(
        "SELECT NULL, tbl_name, type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema \
         WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    ),
    wait,
};

/// How long the entry of a script that is under way may stay as it is although the file isn't locked,
/// before its program counts as gone. Whoever changes anything in SQLite locks the file meanwhile.
const GONE: Duration = Duration::from_secs(5);

const LEAF: Leaf = Leaf {
    begin,
    holder: |link| {
        let rows = link.rows("SELECT lower(hex(randomblob(16)))", &[])?;
        Ok(rows.into_iter().flatten().flatten().next().unwrap_or_default())
    },
    glance: |_, _, _| None,
    other: |_, mine, under_way, since| {
        let others = under_way.iter().filter(|entry| entry.holder.as_deref().is_some_and(|holder| holder != mine));
        let mut others = others.map(|entry| Other { who: String::new(), state: format!("{entry:?}") });
        Ok(others.find(|other| since(other) <= GONE))
    },
    // The entry of what is under way says it.
    take: |_, _| Ok(()),
    keep: |_, _| None,
    give_back: |_, _| Ok(()),
    step,
};

/// Runs one file of a revision and keeps Diesel's table and the ledger in step.
pub(super) fn run(
    link: &mut dyn Link,
    script: &Script<'_>,
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<Outcome, Failure> {
    let before = Pragmas::read(link)?;
    let outcome = if script.revision.run_in_transaction {
        // Inside the transaction the pragma would do nothing, and a table that is dropped would take its children's
        // rows along.
        if switches_keys_off(script) {
            link.execute("PRAGMA foreign_keys = OFF")?;
        }
        in_transaction(link, script)
    } else if is_ours(script) {
        // The file would open its own transaction and mark nothing. Ours goes around it: then its
        // pragmas do nothing, and its savepoint nests.
        without_foreign_keys(link).and_then(|()| in_transaction(link, script))
    } else {
        steps::run(link, script, &LEAF, progress)
    };
    let restored = before.restore(link);
    let outcome = outcome?;
    restored?;
    Ok(outcome)
}

/// Runs a script and marks it in one transaction, unless another program has done so.
fn in_transaction(link: &mut dyn Link, script: &Script<'_>) -> Result<Outcome, Failure> {
    transaction(link, begin, |link| script.in_turn(link, |link| script.each(link)))
}

/// Reading, committing and even preparing a statement may find the file locked, and a connection of Diesel's gives up
/// at once unless it is told otherwise.
fn wait(link: &mut dyn Link) -> QueryResult<Option<String>> {
    // The one question that SQLite answers without looking into the file.
    let rows = link.rows("PRAGMA busy_timeout", &[])?;
    let now = rows.into_iter().flatten().flatten().next().and_then(|now| now.parse::<i32>().ok()).unwrap_or_default();
    let limit = link.limits().lock;
    if limit.is_zero() || now >= milliseconds(limit) {
        return Ok(None);
    }
    link.execute(&format!("PRAGMA busy_timeout = {}", milliseconds(limit)))?;
    Ok(Some(format!("PRAGMA busy_timeout = {now}")))
}

/// A deferred transaction would read before it locks, and two programs could both find a revision
/// missing. Waits for others beyond what the connection itself waits, if it is told to.
fn begin(link: &mut dyn Link) -> QueryResult<()> {
    let started = Instant::now();
    loop {
        match link.execute("BEGIN IMMEDIATE") {
            Err(error) if error.to_string().contains("is locked") && started.elapsed() < link.limits().lock => {
                sleep(Duration::from_millis(20));
            }
            begun => return begun,
        }
    }
}

/// Runs one statement of a script without a transaction of its own together with the note about it.
fn step(link: &mut dyn Link, script: &Script<'_>, holder: &str, at: usize) -> Result<(), Failure> {
    let statement = &script.statements[at];
    if opens(&script.statements[..at]) > 0 {
        // The note is part of the script's own transaction: both stay or neither.
        if opens(&script.statements[..=at]) == 0 {
            script.advance(link, holder, at + 1)?;
            return script.run(link, at);
        }
        script.run(link, at)?;
        return script.advance(link, holder, at + 1);
    }
    // What no transaction can hold may be run twice.
    if matches!(statement.first(), "pragma" | "vacuum" | "attach" | "detach") {
        script.run(link, at)?;
        return script.advance(link, holder, at + 1);
    }
    if matches!(statement.frame(), Some(Frame::Begins | Frame::Saves)) {
        return script.run(link, at);
    }
    transaction(link, begin, |link| {
        script.run(link, at)?;
        script.advance(link, holder, at + 1)
    })
}

/// How many transactions and savepoints these statements leave open.
fn opens(statements: &[Statement]) -> usize {
    statements.iter().fold(0_usize, |open, statement| match statement.frame() {
        Some(Frame::Begins | Frame::Saves) => open + 1,
        Some(Frame::Releases) => open.saturating_sub(1),
        Some(Frame::Commits | Frame::RollsBack | Frame::Prepares) => 0,
        Some(Frame::Returns) | None => open,
    })
}

/// Whether the script is one of ours that brings its own savepoint, and nobody has made it into
/// something that can't be wrapped.
fn is_ours(script: &Script<'_>) -> bool {
    script.revision.by_autogen && !script.statements.iter().any(Statement::wants_no_transaction)
}

/// Whether a script asks for foreign keys to be off.
fn switches_keys_off(script: &Script<'_>) -> bool {
    (0..script.statements.len()).any(|at| {
        let setting = script.text(at).to_ascii_lowercase().replace(['=', '(', ')', ';', '\'', '"'], " ");
        let words: Vec<&str> = setting.split_whitespace().collect();
        matches!(words.as_slice(), ["pragma", "foreign_keys" | "main.foreign_keys", "off" | "no" | "false" | "0", ..])
    })
}

fn without_foreign_keys(link: &mut dyn Link) -> Result<(), Failure> {
    link.execute("PRAGMA foreign_keys = OFF")?;
    if !Pragmas::read(link)?.foreign_keys {
        return Ok(());
    }
    // Going on would delete the children of every table that is rebuilt.
    let message = "foreign keys can't be switched off, because the connection is in a transaction";
    Err(Failure::new(message.to_owned()))
}

/// Settings of the connection that scripts change, and must not leave changed.
#[derive(Debug, Clone, Copy)]
struct Pragmas {
    foreign_keys: bool,
    legacy_alter_table: bool,
}

impl Pragmas {
    fn read(link: &mut dyn Link) -> QueryResult<Self> {
        let rows = link.rows(
            "SELECT CAST(foreign_keys AS TEXT), CAST(legacy_alter_table AS TEXT) \
             FROM pragma_foreign_keys, pragma_legacy_alter_table",
            &[],
        )?;
        let is_on = |at: usize| rows.first().and_then(|row| row.get(at)).is_some_and(|on| on.as_deref() == Some("1"));
        Ok(Self { foreign_keys: is_on(0), legacy_alter_table: is_on(1) })
    }

    fn restore(self, link: &mut dyn Link) -> QueryResult<()> {
        let Self { foreign_keys, legacy_alter_table } = self;
        link.execute(&format!("PRAGMA foreign_keys = {foreign_keys}; PRAGMA legacy_alter_table = {legacy_alter_table}"))
    }
}
