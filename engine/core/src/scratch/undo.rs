//! Undoes a revision that stopped in the middle: exactly the statements that have run.
//!
//! Anybody may have written the file, so nothing is known of it except what it does. The chains are replayed to where
//! the revision began, and its statements run there one by one. The reverse of what each of them changes is planned,
//! from the very schema that existed before it. Run in reverse, these plans must give the schema that the revision
//! began with.

use std::collections::BTreeSet;
use std::sync::Arc;

use tracing::debug_span;

use crate::database::{Database, ScratchServer};
use crate::dialect::Dialect;
use crate::diff::diff;
use crate::error::{Code, Error, Result};
use crate::history::{History, Revision, Version, fingerprint};
use crate::introspect::introspect;
use crate::model::{Bystander, Change, Edit, Pair, Rename, Schema, TableName};
use crate::normalize::comparable;
use crate::plan::{Plan, round_trip};
use crate::sql::Statement;
use crate::sql::mysql::{Renames, unquoted};

use super::{beside, replay_only, require_trust};

/// What takes back the first statements of a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndoScript {
    /// The statements, as one script.
    pub sql: String,
    /// What it can't bring back, a sentence each.
    pub notes: Vec<String>,
}

/// A revision that stopped on its way.
#[allow(missing_debug_implementations, reason = "a closure has none")]
pub struct HalfRun<'a> {
    /// The chains.
    pub history: &'a History,
    /// What the database has applied beside it.
    pub applied: &'a BTreeSet<Version>,
    /// The revision.
    pub revision: &'a Revision,
    /// How many of its statements have run.
    pub ran: usize,
    /// Writes a plan as a script.
    pub script: &'a dyn Fn(&Plan) -> String,
}

/// Works out what undoes the part of a revision that has run, and tries it on a scratch database. Only reads `live`,
/// which must have what the statements that ran should have left.
///
/// # Errors
/// `can't-undo` when what ran can't be taken back exactly, or the live database isn't as it should have left it; those
/// of [`replay`](super::replay), and `can't-introspect`.
pub fn undo_script(half: &HalfRun<'_>, live: &mut Database, server: &ScratchServer) -> Result<UndoScript> {
    let HalfRun { history, applied, revision, ran, script } = half;
    let dialect = server.dialect();
    let _span = debug_span!("undo_script", dialect = dialect.name(), statements = ran).entered();
    let before: Vec<_> = history.revisions().iter().filter(|found| applied.contains(&found.version)).collect();
    let mut scratch = replay_only(history, &before, server)?.database;
    require_trust(&mut scratch, revision)?;
    let began = print(&mut scratch, revision)?;
    if !revision.by_autogen {
        execute(&mut scratch, "SET SESSION foreign_key_checks = 0", revision)?;
    }

    let mut state = introspect(&mut scratch)?;
    let start = state.clone();
    let mut back: Vec<String> = Vec::new();
    let mut touched = BTreeSet::new();
    let mut notes = Vec::new();
    for statement in dialect.statements(&revision.up).into_iter().take(*ran) {
        let sql = &revision.up[statement.span.clone()];
        execute(&mut scratch, sql, revision)?;
        if only_rows(&statement) {
            notes.extend(rows_changed(sql, dialect, &start));
            continue;
        }
        let renames = Renames::of(sql);
        let mut after = introspect(&mut scratch)?;
        mark(renames, &mut after, &state).map_err(|circle| refused(revision, &circle))?;
        let gone = others_back(&state, &after);
        let pair = comparable(Pair::new(state, after), &mut scratch)?;
        let changes = diff(&pair, dialect);
        notes.extend(changes.iter().filter_map(lost));
        for change in &changes {
            touched.insert(change.subject().table.clone());
            if let Change::Rename(Rename::Table(names)) = change {
                touched.insert(names.to.clone());
            }
        }
        let plan = round_trip(&pair.from, &changes, dialect).down;
        back.push(format!("{}{}{}", gone.from, script(&plan), gone.to));
        state = introspect(&mut scratch)?;
    }

    execute(&mut scratch, "SET SESSION foreign_key_checks = 1", revision)?;
    as_left(revision, &touched, Pair::new(introspect(live)?, state), &mut scratch)?;
    let sql: String = back.into_iter().rev().collect();
    for statement in dialect.statements(&sql) {
        execute(&mut scratch, &sql[statement.span], revision)?;
    }
    if print(&mut scratch, revision)? != began {
        let why = "what they did isn't all to be taken back by what this program knows, such as routines and events";
        return Err(refused(revision, why));
    }
    Ok(UndoScript { sql, notes })
}

/// Fails if the live database, the first of the two, isn't what the statements that ran should have left.
fn as_left(
    revision: &Revision,
    touched: &BTreeSet<TableName>,
    both: Pair<Schema>,
    scratch: &mut Database,
) -> Result<()> {
    let part =
        |schema: Schema| Schema { bystanders: Arc::default(), ..schema.restricted(|name| touched.contains(name)) };
    let pair = beside(part(both.from), part(both.to), scratch)?;
    let tables: BTreeSet<String> =
        diff(&pair, scratch.dialect()).iter().map(|change| format!("`{}`", change.subject().table)).collect();
    if tables.is_empty() {
        return Ok(());
    }
    let tables = tables.into_iter().collect::<Vec<_>>().join(", ");
    Err(refused(revision, &format!("the database has something else than they leave: see {tables}")))
}

fn refused(revision: &Revision, why: &str) -> Error {
    Error::new(Code::CantUndo, format!("the statements that ran of {revision} can't be undone exactly: {why}")).help(
        "run `autogen upgrade`, which goes on where it stopped, and downgrade then; or put the tables back by hand and \
         take the revision out of the table __autogen_ledger",
    )
}

fn execute(scratch: &mut Database, sql: &str, revision: &Revision) -> Result<()> {
    scratch.execute(sql).map_err(|cause| {
        let line = sql.lines().next().unwrap_or_default();
        refused(revision, &format!("a scratch database refuses `{line}`: {cause}")).caused_by(cause)
    })
}

fn print(scratch: &mut Database, revision: &Revision) -> Result<String> {
    fingerprint(scratch)
        .map_err(|cause| refused(revision, &format!("a scratch database can't be read: {cause}")).caused_by(cause))
}

/// Checks whether a statement leaves the schema of every table as it is.
fn only_rows(statement: &Statement) -> bool {
    statement.writes_rows() || statement.is_of_session(Dialect::Mysql) || statement.first() == "truncate"
}

/// Reports that a statement changed rows which stay changed. Only tables and columns that existed at the start count.
fn rows_changed(sql: &str, dialect: Dialect, start: &Schema) -> Option<String> {
    let words = dialect.texts(sql)?;
    let is = |word: &str, expected: &[&str]| expected.iter().any(|expected| word.eq_ignore_ascii_case(expected));
    let first = words.first().filter(|word| is(word, &["insert", "update", "delete", "replace", "truncate"]))?;
    let skipped = ["into", "from", "table", "ignore", "low_priority", "high_priority", "delayed", "quick"];
    let name = words[1..].iter().find(|word| !is(word, &skipped))?;
    let table = start.tables.get(&TableName::new(unquoted(name)))?;
    if is(first, &["update"]) {
        let set = words.iter().position(|word| is(word, &["set"])).unwrap_or_default();
        let ends = words.iter().position(|word| is(word, &["where", "order", "limit"])).unwrap_or(words.len());
        let mut assigned = (set + 1..ends).filter(|at| words[at - 1] == "," || *at == set + 1);
        // `a = f(b, c)` counts `c` as well, which reports too much rather than too little.
        if !assigned.any(|at| table.column(&unquoted(words[at])).is_some()) {
            return None;
        }
    }
    let line = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(format!("rows of `{}` stay as this has left them: `{}`", table.name, line.trim_end_matches(';')))
}

/// Describes what a change has destroyed for good.
fn lost(change: &Change) -> Option<String> {
    match change {
        Change::Table(Edit::Drop(table)) => Some(format!("table `{}` comes back empty: its rows are lost", table.name)),
        Change::Column(table, Edit::Drop(column)) => {
            Some(format!("column `{table}.{}` comes back without its values: they are lost", column.name))
        }
        Change::Rename(_) | Change::Table(_) | Change::Column(..) | Change::Rule(..) | Change::Enum(_) => None,
    }
}

/// Returns the statements that drop added views and triggers before everything else, and those that restore dropped
/// ones after it. Triggers of a dropped table are restored with it.
fn others_back(before: &Schema, after: &Schema) -> Pair<String> {
    let facts = Dialect::Mysql.facts();
    let known = |bystander: &&Bystander| bystander.kind.is_of_every_database();
    let new = after.bystanders.iter().filter(known).filter(|found| !before.bystanders.contains(found));
    let dropped =
        new.map(|found| format!("DROP {} {};\n", found.kind.name().to_uppercase(), facts.quoted(&found.name)));
    let gone = before.bystanders.iter().filter(known).filter(|found| !after.bystanders.contains(found));
    let stays = |found: &&Bystander| found.table.as_ref().is_none_or(|table| after.tables.contains_key(table));
    // What a body ends in may be cut where it says so: a block ends in a word.
    let made = gone.filter(stays).map(|found| format!("{};\n", found.sql.trim_end().trim_end_matches(';')));
    Pair::new(dropped.collect(), made.collect())
}

/// Marks in the schema after a statement which names were others before.
fn mark(renames: Renames, after: &mut Schema, before: &Schema) -> Result<(), String> {
    let circle = |names: &Pair<String>| format!("names go round, `{}` to `{}` and on", names.from, names.to);
    for names in renames.tables {
        let (from, to) = (TableName::new(names.from.clone()), TableName::new(names.to.clone()));
        if after.tables.contains_key(&from) || before.tables.contains_key(&to) {
            return Err(circle(&names));
        }
        let table = after.tables.get_mut(&to).ok_or_else(|| circle(&names))?;
        table.hints.renamed_from = Some(names.from);
    }
    for (table, columns) in renames.columns {
        let Some(after) = after.tables.get_mut(&TableName::new(table)) else { continue };
        for names in columns {
            if after.column(&names.from).is_some() {
                return Err(circle(&names));
            }
            if let Some(column) = after.columns.iter_mut().find(|column| column.name == names.to) {
                column.hints.renamed_from = Some(names.from);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Column, DataType, Table};

    #[test]
    fn rows_that_stay_changed_are_told() {
        let mut start = Schema::default();
        let mut table = Table::new(TableName::new("a b"));
        table.columns.push(Column::new("x", DataType::Integer));
        start.insert(table);
        let told = |sql| rows_changed(sql, Dialect::Mysql, &start).is_some();
        assert!(told("INSERT IGNORE INTO `a b` VALUES (1)"));
        assert!(told("UPDATE `a b` SET n = 1, x = 2 WHERE x = 1"));
        assert!(told("DELETE FROM `a b`") && told("TRUNCATE TABLE `a b`"));
        assert!(!told("UPDATE `a b` SET n = x WHERE x = 1"), "the column is new, and goes");
        assert!(!told("INSERT INTO c SELECT x FROM `a b`"), "the table is new, and goes");
    }
}
