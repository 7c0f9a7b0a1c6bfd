//! `__autogen_ledger`: what Diesel's table of applied migrations doesn't hold.
//!
//! That is a revision's owner, what it builds on, its SQL's checksum, the tables that it made, and how far it has
//! come. Diesel's table wins: an entry without a mark there is stale, and a mark without an entry is another
//! program's work. Both are reported, and nothing waits for either.

mod tables;
mod transaction;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use diesel::QueryResult;
use hmac_sha256::Hash;

use super::{Revision, Version};
use crate::dialect::Dialect;
use crate::error::{Code, Result};
use crate::link::refused;
use crate::link::{Link, TextRow};
use crate::model::TableName;

use tables::{for_update, text};

pub(super) use tables::{DIESEL, EARLIER_LOCK, LEDGER, LOCK, lock_table, setup, state_tables, table};
pub(super) use transaction::{begin, patiently, reading, writing};

/// One revision in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What Diesel calls the revision.
    pub version: Version,
    /// The owner, which stays known even if its chain is gone.
    pub plugin: String,
    /// Its directory's name.
    pub name: String,
    /// What it built on.
    pub revises: Vec<Version>,
    /// The checksum of the SQL that was run; see [`checksum`].
    pub checksum: String,
    /// The tables that it made or renamed.
    pub made: Vec<TableName>,
    /// The version of this program that ran it.
    pub tool: String,
    /// How far it has come.
    pub state: State,
    /// When it was begun, as the database writes it.
    pub begun: String,
    /// When it was done.
    pub done: Option<String>,
    /// The revision's place in the order in which revisions were begun.
    pub turn: u32,
    /// The checksum of the statements that have run.
    pub(super) ran: String,
    /// The program that runs it.
    pub(super) holder: Option<String>,
    /// What was noted before its last statement. If that statement is under way, it isn't known whether it has
    /// run.
    pub(super) fingerprint: Option<String>,
}

/// How far a revision has come. The states in between are only visible if it doesn't run in one transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// All of it was applied.
    Applied,
    /// `ran` of `of` statements of `up.sql` have run.
    Applying {
        /// Statements that have run.
        ran: usize,
        /// Statements that there were.
        of: usize,
    },
    /// `ran` of `of` statements of `down.sql` have run.
    Reverting {
        /// Statements that have run.
        ran: usize,
        /// Statements that there were.
        of: usize,
    },
    /// It was applied in part, and `ran` of `of` statements that take that back have run.
    Undoing {
        /// Statements that have run.
        ran: usize,
        /// Statements that there are.
        of: usize,
    },
}

impl Entry {
    /// Returns `true` if nothing of the revision has changed the database: it stopped, or was killed, before
    /// its first statement that does.
    pub fn is_untouched(&self) -> bool {
        matches!(self.state, State::Applying { ran: 0, .. }) && self.fingerprint.is_none()
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applied => f.write_str("applied"),
            Self::Applying { ran, of } => write!(f, "applied up to statement {ran} of {of}"),
            Self::Reverting { ran, of } => write!(f, "reverted up to statement {ran} of {of}"),
            Self::Undoing { ran, of } => write!(f, "applied in part, which is undone up to statement {ran} of {of}"),
        }
    }
}

impl State {
    /// Returns `true` if statements of `up.sql` have run, but not all, or not all of them have been taken back.
    pub fn is_half_applied(self) -> bool {
        match self {
            Self::Applying { .. } | Self::Undoing { .. } => true,
            Self::Applied | Self::Reverting { .. } => false,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Applying { .. } => "applying",
            Self::Reverting { .. } => "reverting",
            Self::Undoing { .. } => "undoing",
        }
    }

    fn counts(self) -> (usize, usize) {
        match self {
            Self::Applied => (0, 0),
            Self::Applying { ran, of } | Self::Reverting { ran, of } | Self::Undoing { ran, of } => (ran, of),
        }
    }
}

/// Returns a checksum of SQL that ignores comments and white space. Two texts that a database can't tell
/// apart have the same checksum.
///
/// ```
/// use autogen::dialect::Dialect;
/// use autogen::history::checksum;
/// let of = |sql| checksum(Dialect::Sqlite, sql);
/// assert_eq!(of("CREATE TABLE a (b); -- soon more"), of("CREATE TABLE a\r\n(b);"));
/// assert_ne!(of("INSERT INTO a VALUES ('x')"), of("INSERT INTO a VALUES ('x ')"));
/// ```
pub fn checksum(dialect: Dialect, sql: &str) -> String {
    let mut hash = Hash::new();
    match dialect.texts(sql) {
        Some(texts) => {
            for text in texts {
                // A checkout may change the line ends of a long text or a function's body.
                hash.update(text.replace("\r\n", "\n"));
                hash.update(b"\n");
            }
        }
        None => hash.update(sql),
    }
    hex(&hash.finalize())
}

/// Writes bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads the whole ledger. Returns an empty map if there is none. Changes nothing.
///
/// # Errors
/// `can't-query` if the database refuses.
pub fn ledger(link: &mut dyn Link) -> Result<BTreeMap<Version, Entry>> {
    reading(link, entries).map_err(|cause| {
        let message = format!("can't read the ledger of migrations: {cause}");
        refused(
            Code::CantQuery,
            message,
            "check that you may read the table __autogen_ledger, and that it is as autogen makes it",
            cause,
        )
    })
}

/// Reads the versions that a database has applied, including those of unknown plugins. Changes nothing: a
/// database that has never been migrated doesn't get Diesel's table.
///
/// # Errors
/// `can't-query` if the database refuses.
pub fn applied(link: &mut dyn Link) -> Result<BTreeSet<Version>> {
    reading(link, marked).map_err(|cause| {
        let message = format!("can't read which migrations are applied: {cause}");
        let help = "check that the table __diesel_schema_migrations is Diesel's, and that you may read it";
        refused(Code::CantQuery, message, help, cause)
    })
}

/// Reads every version in Diesel's table. Returns an empty set if there is no such table.
pub(super) fn marked(link: &mut dyn Link) -> QueryResult<BTreeSet<Version>> {
    if !state_tables(link)?.contains(DIESEL) {
        return Ok(BTreeSet::new());
    }
    let versions = link.rows(&format!("SELECT version FROM {DIESEL}"), &[])?;
    Ok(versions.into_iter().flatten().flatten().map(Version::stored).collect())
}

/// Reads every entry of the ledger. Returns an empty map if there is no ledger.
pub(super) fn entries(link: &mut dyn Link) -> QueryResult<BTreeMap<Version, Entry>> {
    if !state_tables(link)?.contains(LEDGER) {
        return Ok(BTreeMap::new());
    }
    // A row without a version isn't a revision's: earlier versions lock it.
    let rows = link.rows(&format!("{} WHERE version <> ''", selected(link.dialect())), &[])?;
    Ok(rows.iter().map(read).map(|entry| (entry.version.clone(), entry)).collect())
}

/// Reads one entry. The ledger must exist.
pub(super) fn entry(link: &mut dyn Link, version: &Version) -> QueryResult<Option<Entry>> {
    let query = format!("{} WHERE version = ?", selected(link.dialect()));
    Ok(link.rows(&query, &[version.as_str()])?.first().map(read))
}

fn selected(dialect: Dialect) -> String {
    let text = text(dialect);
    format!(
        "SELECT version, plugin, name, revises, checksum, made, tool, state, CAST(statement AS {text}), \
         CAST(statements AS {text}), ran, holder, CAST(turn AS {text}), CAST(begun_at AS {text}), CAST(done_at AS {text}), \
         fingerprint FROM {LEDGER}"
    )
}

fn read(row: &TextRow) -> Entry {
    let text = |at: usize| row.get(at).cloned().flatten().unwrap_or_default();
    let number = |at: usize| text(at).parse::<u32>().unwrap_or_default();
    let (ran, of) = (number(8) as usize, number(9) as usize);
    Entry {
        version: Version::stored(text(0)),
        plugin: text(1),
        name: text(2),
        revises: text(3).split_whitespace().map(|version| Version::stored(version.to_owned())).collect(),
        checksum: text(4),
        made: text(5).lines().map(table_of).collect(),
        tool: text(6),
        state: match text(7).as_str() {
            "applying" => State::Applying { ran, of },
            "reverting" => State::Reverting { ran, of },
            "undoing" => State::Undoing { ran, of },
            _ => State::Applied,
        },
        ran: text(10),
        holder: row.get(11).cloned().flatten(),
        turn: number(12),
        begun: text(13),
        done: row.get(14).cloned().flatten(),
        fingerprint: row.get(15).cloned().flatten(),
    }
}

/// Writes a revision into the ledger, and replaces its entry if there is one.
pub(super) fn write(
    link: &mut dyn Link,
    revision: &Revision,
    state: State,
    made: &[TableName],
    holder: Option<&str>,
) -> QueryResult<()> {
    erase(link, &revision.version)?;
    let (query, values) = insertion(revision, state, made, holder, link.dialect());
    let values: Vec<_> = values.iter().map(String::as_str).collect();
    link.change(&query, &values)
}

/// Returns the statement that inserts a revision into the ledger, with the values of its placeholders.
pub(super) fn insertion(
    revision: &Revision,
    state: State,
    made: &[TableName],
    holder: Option<&str>,
    dialect: Dialect,
) -> (String, Vec<String>) {
    let revises: Vec<_> = revision.revises.iter().map(Version::as_str).collect();
    let made: Vec<_> = made.iter().map(line_of).collect();
    let (ran, of) = state.counts();
    let done = if state == State::Applied { "CURRENT_TIMESTAMP" } else { "NULL" };
    let holder = holder.map_or("NULL".to_owned(), |holder| format!("'{holder}'"));
    let sum = checksum(dialect, &revision.up);
    let query = format!(
        "INSERT INTO {LEDGER} (version, plugin, name, revises, checksum, made, tool, state, statement, statements, ran, \
         holder, done_at, turn) SELECT ?, ?, ?, ?, ?, ?, '{}', '{}', {ran}, {of}, '', {holder}, {done}, \
         coalesce(max(turn), 0) + 1 FROM {LEDGER}",
        env!("CARGO_PKG_VERSION"),
        state.word(),
    );
    let Revision { version, owner, name, .. } = revision;
    let values = vec![version.to_string(), owner.clone(), name.clone(), revises.join(" "), sum, made.join("\n")];
    (query, values)
}

/// Records that a revision is applied, as it was before somebody began to revert it.
pub(super) fn keep_applied(link: &mut dyn Link, version: &Version) -> QueryResult<()> {
    let query = format!(
        "UPDATE {LEDGER} SET state = 'applied', statement = 0, statements = 0, ran = '', holder = NULL, \
         fingerprint = NULL WHERE version = ?"
    );
    link.change(&query, &[version.as_str()])
}

/// Removes a revision from the ledger.
pub(super) fn erase(link: &mut dyn Link, version: &Version) -> QueryResult<()> {
    link.change(&format!("DELETE FROM {LEDGER} WHERE version = ?"), &[version.as_str()])
}

/// Notes that one more statement has run. `ran` is the checksum of all that have run.
pub(super) fn advance(link: &mut dyn Link, version: &Version, statement: usize, ran: &str) -> QueryResult<()> {
    let query = format!("UPDATE {LEDGER} SET statement = {statement}, ran = ?, fingerprint = NULL WHERE version = ?");
    link.change(&query, &[ran, version.as_str()])
}

/// Advances an entry as [`advance`] does, provided that this program still holds the revision.
pub(super) fn advance_as(
    link: &mut dyn Link,
    holder: &str,
    version: &Version,
    statement: usize,
    ran: &str,
) -> QueryResult<()> {
    let query = format!(
        "UPDATE {LEDGER} SET statement = {statement}, ran = ?, fingerprint = NULL WHERE version = ? AND holder = ?"
    );
    link.change(&query, &[ran, version.as_str(), holder])
}

/// Advances an entry as [`advance`] does, in one plain statement. This leaves a transaction that the script
/// itself has opened alone.
pub(super) fn advance_plainly(link: &mut dyn Link, version: &Version, statement: usize, ran: &str) -> QueryResult<()> {
    let version = version.as_str().replace('\'', "''");
    link.execute(&format!(
        "UPDATE {LEDGER} SET statement = {statement}, ran = '{ran}', fingerprint = NULL WHERE version = '{version}'"
    ))
}

/// Records in one plain statement that the next statement is running. A program that dies meanwhile can't take
/// that back.
pub(super) fn enter(link: &mut dyn Link, version: &Version) -> QueryResult<()> {
    let version = version.as_str().replace('\'', "''");
    link.execute(&format!("UPDATE {LEDGER} SET fingerprint = 'running' WHERE version = '{version}'"))
}

/// Records that the statement that was running has done nothing.
pub(super) fn leave(link: &mut dyn Link, version: &Version) -> QueryResult<()> {
    link.change(&format!("UPDATE {LEDGER} SET fingerprint = NULL WHERE version = ?"), &[version.as_str()])
}

/// Records which program runs a revision that is under way.
pub(super) fn hold(link: &mut dyn Link, version: &Version, holder: &str) -> QueryResult<()> {
    link.change(&format!("UPDATE {LEDGER} SET holder = ? WHERE version = ?"), &[holder, version.as_str()])
}

/// Records that no program runs a revision that is under way: its program has given up.
pub(super) fn release(link: &mut dyn Link, version: &Version, holder: &str) -> QueryResult<()> {
    let query = format!("UPDATE {LEDGER} SET holder = NULL WHERE version = ? AND holder = ?");
    link.change(&query, &[version.as_str(), holder])
}

/// Checks whether the ledger still says that this program runs a revision. Within a transaction, the answer
/// stays valid until its end.
pub(super) fn is_held(link: &mut dyn Link, version: &Version, holder: &str) -> QueryResult<bool> {
    let for_update = for_update(link.dialect());
    let query = format!("SELECT version FROM {LEDGER} WHERE version = ? AND holder = ?{for_update}");
    Ok(!link.rows(&query, &[version.as_str(), holder])?.is_empty())
}

/// Reads the fingerprint of the schema from before the statement that is running, for databases where no
/// transaction holds both together.
pub(super) fn fingerprint(link: &mut dyn Link, version: &Version) -> QueryResult<Option<String>> {
    let query = format!("SELECT fingerprint FROM {LEDGER} WHERE version = ?");
    Ok(link.rows(&query, &[version.as_str()])?.into_iter().flatten().flatten().next())
}

/// Writes what [`fingerprint`] reads.
pub(super) fn set_fingerprint(link: &mut dyn Link, version: &Version, now: Option<&str>) -> QueryResult<()> {
    let now = now.map_or("NULL".to_owned(), |now| format!("'{now}'"));
    link.change(&format!("UPDATE {LEDGER} SET fingerprint = {now} WHERE version = ?"), &[version.as_str()])
}

/// Records that what has run of a revision is being taken back, and by which script. If the program dies
/// meanwhile, the next one needs that script, which nobody could make from a state in between.
pub(super) fn begin_undo(link: &mut dyn Link, version: &Version, script: &str, statements: usize) -> QueryResult<()> {
    let query = format!(
        "UPDATE {LEDGER} SET state = 'undoing', statement = 0, statements = {statements}, ran = '', \
         fingerprint = NULL, way_back = ? WHERE version = ?"
    );
    link.change(&query, &[script, version.as_str()])
}

/// Reads the script that takes back a revision that is being undone.
pub(super) fn undo(link: &mut dyn Link, version: &Version) -> QueryResult<Option<String>> {
    let query = format!("SELECT way_back FROM {LEDGER} WHERE version = ? AND state = 'undoing'");
    Ok(link.rows(&query, &[version.as_str()])?.into_iter().flatten().flatten().next())
}

/// Writes a table's name as one line of text. Line breaks in names are escaped, because they would make two
/// tables.
fn line_of(table: &TableName) -> String {
    let escaped =
        |name: &str| name.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t");
    match &table.schema {
        Some(schema) => format!("{}\t{}", escaped(schema), escaped(&table.name)),
        None => escaped(&table.name),
    }
}

fn table_of(line: &str) -> TableName {
    let plain = |text: &str| {
        let mut name = String::with_capacity(text.len());
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            match (letter, letter == '\\') {
                (_, true) => name.extend(letters.next().map(|escaped| match escaped {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    other => other,
                })),
                (letter, false) => name.push(letter),
            }
        }
        name
    };
    match line.split_once('\t') {
        Some((schema, name)) => TableName::in_schema(plain(schema), plain(name)),
        None => TableName::new(plain(line)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_survive_the_ledger() {
        for table in [TableName::new("a\nb\\n\tc\r🦀"), TableName::in_schema("s.\t", "a b")] {
            assert_eq!(table_of(&line_of(&table)), table);
            assert!(!line_of(&table).contains('\n'));
        }
    }

    #[test]
    fn what_no_lexer_reads_still_has_a_checksum() {
        assert_ne!(checksum(Dialect::Sqlite, "SELECT 'open"), checksum(Dialect::Sqlite, "SELECT 'open "));
    }
}
