//! Applying and reverting on MariaDB and MySQL, where every statement that changes the schema commits.
//!
//! So every file is run step by step. A statement about rows is noted in the transaction that it runs in.
//! One about the schema can't be: what the tables look like that it changes is noted before it, and a program that
//! finds such a note left behind sees by it whether the statement has happened.

use diesel::QueryResult;

use super::failure::Why;
use super::mysql_session::Session;
use super::script::Script;
use super::steps::{self, Leaf};
use super::{Event, Failure, Outcome, SqlForms, lease};
use crate::dialect::Dialect;
use crate::history::checksum;
use crate::history::ledger::{self, LEDGER};
use crate::link::{Conflict as _, Link, retried, transaction};
use crate::model::TableName;
use crate::sql::Statement;
use crate::sql::effects::concerns;

pub(super) const FORMS: SqlForms = SqlForms {
    state_tables: "SELECT TABLE_NAME FROM information_schema.TABLES \
                   WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (?, ?) \
                   UNION ALL SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() \
                   AND TABLE_NAME = '__autogen_ledger' AND COLUMN_NAME = 'held_until' \
                   UNION ALL SELECT 'utf8mb4' FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() \
                   AND TABLE_NAME = '__autogen_ledger' AND TABLE_COLLATION LIKE 'utf8mb4%'",
    text: "CHAR",
    script: "LONGTEXT",
    own_columns: ", held_until DATETIME(6) NULL",
    // Names and scripts have letters that the database's own character set may lack.
    own_options: " CHARACTER SET utf8mb4",
    later: &[("held_until", "ADD COLUMN held_until DATETIME(6) NULL"), ("utf8mb4", "CONVERT TO CHARACTER SET utf8mb4")],
    for_update: " FOR UPDATE",
    reads_in: None,
    writes_in: begin,
    // Nothing that changes it can be rolled back.
    schema: None,
    wait: |_| Ok(None),
};

pub(super) const LEAF: Leaf = Leaf {
    begin,
    holder: lease::holder,
    glance: lease::glance,
    other: lease::other,
    take: lease::take,
    keep: lease::keep,
    give_back: lease::give_back,
    step: |link, script, holder, at| {
        step(link, script, holder, at).map_err(|failure| lease::explained(link, holder, failure))
    },
};

/// Runs one file of a revision and keeps Diesel's table and the ledger in step. What ran before a failure
/// stays, and the next run goes on there.
pub(super) fn run(
    link: &mut dyn Link,
    script: &Script<'_>,
    progress: &mut dyn FnMut(Event<'_>),
) -> Result<Outcome, Failure> {
    if script.held().is_none() {
        return steps::run(link, script, &LEAF, progress);
    }
    let session = Session::of(link)?;
    let outcome = steps::run(link, script, &LEAF, progress);
    // What went wrong before is what to tell.
    let is_back = session.put_back(link, script);
    let outcome = outcome?;
    is_back?;
    Ok(outcome)
}

/// Opens a transaction in which no other program of ours writes: all lock the row without a version.
fn begin(link: &mut dyn Link) -> QueryResult<()> {
    ledger::setup(link)?;
    link.execute("START TRANSACTION")?;
    let lock = format!("SELECT version FROM {LEDGER} WHERE version = '' FOR UPDATE");
    if link.rows(&lock, &[])?.is_empty() {
        link.execute(&format!(
            "COMMIT; INSERT IGNORE INTO {LEDGER} (version, plugin, name, revises, checksum, made, tool, state, statement, \
             statements, ran, turn) VALUES ('', '', 'lock', '', '', '', '', 'applied', 0, 0, '', 0); START TRANSACTION"
        ))?;
        link.rows(&lock, &[])?;
    }
    Ok(())
}

/// Runs one statement and notes it, while it is this program's turn.
fn step(link: &mut dyn Link, script: &Script<'_>, holder: &str, at: usize) -> Result<(), Failure> {
    if !lease::renew(link, holder)? {
        return Err(Failure::taken_over());
    }
    let statement = &script.statements[at];
    if statement.is_of_session(script.dialect) {
        script.run(link, at)?;
        // What has only looked so far is no part of a revision that is half done.
        let is_begun = script.leaves_something(at);
        return retried(link, |link| match is_begun {
            true => script.advance(link, holder, at + 1),
            false => script.stays(link, holder),
        });
    }
    if statement.writes_rows() {
        return retried(link, |link| {
            transaction(
                link,
                |link| link.execute("START TRANSACTION"),
                |link| {
                    script.run(link, at)?;
                    script.advance(link, holder, at + 1)
                },
            )
        });
    }
    let version = &script.revision.version;
    let now = before(link, script, at)?;
    if is_done(link, script, at, &now)? {
        return retried(link, |link| script.advance(link, holder, at + 1));
    }
    steps::held(link, script, &LEAF, holder, |link| ledger::set_fingerprint(link, version, Some(&now)))?;
    if let Err(failure) = retried(link, |link| redefine(link, script, at)) {
        // It was refused, and nobody is in doubt about it.
        steps::held(link, script, &LEAF, holder, |link| ledger::set_fingerprint(link, version, None))?;
        return Err(failure);
    }
    retried(link, |link| script.advance(link, holder, at + 1))
}

/// Runs a statement about the schema. A cluster may speak of a conflict although it has done it.
fn redefine(link: &mut dyn Link, script: &Script<'_>, at: usize) -> Result<(), Failure> {
    let Err(failure) = script.run(link, at) else { return Ok(()) };
    let is_done = failure.is_conflict() && {
        let now = before(link, script, at)?;
        is_done(link, script, at, &now)?
    };
    if is_done { Ok(()) } else { Err(failure) }
}

/// How many statements of a script have run, where its program died after so many that it could note.
pub(super) fn settled(link: &mut dyn Link, script: &Script<'_>, holder: &str, ran: usize) -> Result<usize, Failure> {
    if ran == script.statements.len() || ledger::fingerprint(link, &script.revision.version)?.is_none() {
        return Ok(ran);
    }
    let now = before(link, script, ran)?;
    if !is_done(link, script, ran, &now)? {
        return Ok(ran);
    }
    retried(link, |link| script.advance(link, holder, ran + 1))?;
    Ok(ran + 1)
}

/// Whether a program died after it had asked for a statement, and the database has done it: what was noted before
/// it isn't what is there now.
fn is_done(link: &mut dyn Link, script: &Script<'_>, at: usize, now: &str) -> Result<bool, Failure> {
    let Some(noted) = ledger::fingerprint(link, &script.revision.version)? else { return Ok(false) };
    if noted.get(..STATEMENT) != now.get(..STATEMENT) {
        let message = format!("statement {} was under way when its program died, and isn't what it was then", at + 1);
        return Err(Failure {
            why: Why::Edited,
            at: Some(script.statements[at].span.clone()),
            ..Failure::new(message)
        });
    }
    Ok(noted != now)
}

/// How much of a note says which statement it was made for.
const STATEMENT: usize = 16;

/// What is noted before a statement runs: which one it is, and what it changes, as that is now. Where its text
/// tells which tables that are, they are looked at, otherwise the whole schema.
fn before(link: &mut dyn Link, script: &Script<'_>, at: usize) -> QueryResult<String> {
    let statement = &script.statements[at];
    let text = &script.sql()[statement.span.clone()];
    let state = match redefines(script.dialect, statement, text) {
        None => fingerprint(link)?,
        Some(tables) => {
            let shown: QueryResult<Vec<_>> = tables.iter().map(|table| shown(link, table)).collect();
            checksum(script.dialect, &shown?.join("\n"))
        }
    };
    let statement = checksum(script.dialect, text);
    let longest = state.len().min(64 - STATEMENT);
    Ok(format!("{}{}", &statement[..STATEMENT], &state[..longest]))
}

/// The tables whose definitions a statement changes, and nothing else.
fn redefines(dialect: Dialect, statement: &Statement, text: &str) -> Option<Vec<TableName>> {
    let is_plain = matches!(
        statement.words().as_slice(),
        ["create" | "alter" | "drop" | "rename", "table", ..]
            | ["create" | "drop", "index", ..]
            | ["create", "unique" | "fulltext" | "spatial", "index", ..]
    );
    let tables = concerns(dialect, text);
    (is_plain && !tables.is_empty()).then_some(tables)
}

/// How the server shows a table, but for the numbers that rows have used up; nothing for one that isn't there.
fn shown(link: &mut dyn Link, table: &TableName) -> QueryResult<String> {
    let named = "SELECT TABLE_NAME FROM information_schema.TABLES \
                 WHERE TABLE_SCHEMA = COALESCE(NULLIF(?, ''), DATABASE()) AND TABLE_NAME = ?";
    if link.rows(named, &[table.schema.as_deref().unwrap_or_default(), &table.name])?.is_empty() {
        return Ok(String::new());
    }
    let rows = link.rows(&format!("SHOW CREATE TABLE {}", Dialect::Mysql.facts().quoted_table(table)), &[])?;
    let text: String = rows.into_iter().flatten().flatten().collect();
    let words = text.split(' ').filter(|word| !word.starts_with("AUTO_INCREMENT="));
    Ok(words.collect::<Vec<_>>().join(" "))
}

/// The whole schema as one number.
pub fn fingerprint(link: &mut dyn Link) -> QueryResult<String> {
    let sources = [
        ("TABLES", "TABLE", "TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_COLLATION, CREATE_OPTIONS, TABLE_COMMENT"),
        (
            "COLUMNS",
            "TABLE",
            "TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, COLUMN_DEFAULT, IS_NULLABLE, COLUMN_TYPE, COLLATION_NAME, \
             EXTRA, COLUMN_COMMENT, GENERATION_EXPRESSION",
        ),
        (
            "STATISTICS",
            "TABLE",
            "TABLE_NAME, INDEX_NAME, NON_UNIQUE, SEQ_IN_INDEX, COLUMN_NAME, COLLATION, SUB_PART, INDEX_TYPE",
        ),
        (
            "KEY_COLUMN_USAGE",
            "TABLE",
            "TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION, COLUMN_NAME, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME",
        ),
        ("REFERENTIAL_CONSTRAINTS", "CONSTRAINT", "TABLE_NAME, CONSTRAINT_NAME, UPDATE_RULE, DELETE_RULE"),
        ("CHECK_CONSTRAINTS", "CONSTRAINT", "CONSTRAINT_NAME, CHECK_CLAUSE"),
        (
            "TRIGGERS",
            "TRIGGER",
            "TRIGGER_NAME, EVENT_OBJECT_TABLE, EVENT_MANIPULATION, ACTION_TIMING, ACTION_STATEMENT",
        ),
        ("ROUTINES", "ROUTINE", "ROUTINE_NAME, ROUTINE_TYPE, DTD_IDENTIFIER, ROUTINE_DEFINITION"),
        ("VIEWS", "TABLE", "TABLE_NAME, VIEW_DEFINITION"),
    ];
    let parts = sources.map(|(view, owner, columns)| {
        let coalesced: Vec<_> = columns.split(',').map(|column| format!("COALESCE({}, '~')", column.trim())).collect();
        let schema = if owner == "TABLE" { "TABLE_SCHEMA".to_owned() } else { format!("{owner}_SCHEMA") };
        format!(
            "SELECT CONCAT_WS('|', '{view}', {}) AS line FROM information_schema.{view} WHERE {schema} = DATABASE()",
            coalesced.join(", ")
        )
    });
    let query = format!(
        "SELECT CONCAT(CAST(COUNT(*) AS CHAR), ' ', \
         CAST(COALESCE(SUM(CAST(CONV(LEFT(SHA2(line, 256), 14), 16, 10) AS UNSIGNED)), 0) AS CHAR)) \
         FROM ({}) AS told WHERE line NOT LIKE '%|{LEDGER}|%'",
        parts.join(" UNION ALL ")
    );
    Ok(link.rows(&query, &[])?.into_iter().flatten().flatten().next().unwrap_or_default())
}
