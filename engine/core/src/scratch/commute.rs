//! Whether branches of chains, and chains of several owners, may be applied in either order.
//!
//! This is tried rather than guessed: both orders are run on scratch databases, and the results are compared. Which
//! rows result from an order can't be known without the rows.

use std::collections::{BTreeMap, BTreeSet};

use super::prove::folded;
use super::replay::replay_one;
use super::seed::seed;
use super::{ask, replay, replay_only};
use crate::database::{Database, ScratchServer};
use crate::diff::{apply_all, diff};
use crate::error::{Code, Error, Result};
use crate::history::{History, Revision, Version, revert};
use crate::introspect::introspect;
use crate::model::{Bystander, Change, Pair, Schema, TableName};
use crate::normalize::comparable;

/// Why two branches can't be applied in either order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// What happens, in one sentence without a final stop.
    pub message: String,
    /// What both change: `usbdevices.serial`, or a table's name.
    pub both: Vec<String>,
}

/// Applies what only `left` builds on and what only `right` builds on, in both orders, on top of what they have in
/// common. Includes revisions of other owners where they depend on those. Returns `None` when both orders run and
/// make the same schema, and what each builds on can be undone while the other's stays.
///
/// # Errors
/// Whatever is wrong with one branch alone: `migration-failed` and the other errors of
/// [`replay_only`](super::replay_only) and of [`introspect`].
pub fn conflict(
    history: &History,
    left: &Revision,
    right: &Revision,
    server: &ScratchServer,
) -> Result<Option<Conflict>> {
    let of = |head: &Revision| -> BTreeSet<&Version> {
        history.with_ancestors(&[head]).into_iter().map(|revision| &revision.version).collect()
    };
    let versions = Pair::new(of(left), of(right));
    let only = |these: &BTreeSet<&Version>, others: &BTreeSet<&Version>| -> Vec<&Revision> {
        let own = |revision: &&Revision| these.contains(&revision.version) && !others.contains(&revision.version);
        history.revisions().iter().filter(own).collect()
    };
    let branches = Pair::new(only(&versions.from, &versions.to), only(&versions.to, &versions.from));
    let common: Vec<&Revision> = history.with_ancestors(&[left, right]);
    let common: Vec<&Revision> = common
        .into_iter()
        .filter(|revision| versions.from.contains(&revision.version) && versions.to.contains(&revision.version))
        .collect();

    let names = Pair::new(left.to_string(), right.to_string());
    Trial { history, common, branches, names }.run(server)
}

/// Applies two sides in both orders on top of all the rest, and once more on tables with rows. One side are some
/// revisions of any owners, the other side some that others have written meanwhile. Returns `None` when both orders
/// run, make the same schema and keep as many rows, and either side can be undone while the other stays. `names` are
/// the names of the two sides.
///
/// # Errors
/// As [`conflict`].
pub fn conflict_of_sets(
    history: &History,
    sides: Pair<Vec<&Revision>>,
    names: Pair<String>,
    server: &ScratchServer,
) -> Result<Option<Conflict>> {
    let is_new = |revision: &&Revision| sides.from.contains(revision) || sides.to.contains(revision);
    let common = history.revisions().iter().filter(|revision| !is_new(revision)).collect();
    let in_order = |side: &Vec<&Revision>| -> Vec<&Revision> {
        history.revisions().iter().filter(|revision| side.contains(revision)).collect()
    };
    let branches = sides.as_ref().map(in_order);
    let trial = Trial { history, common, branches, names };
    match trial.run(server)? {
        None => trial.run_with_rows(server),
        found => Ok(found),
    }
}

/// Two sides to be applied in both orders.
struct Trial<'a> {
    history: &'a History,
    common: Vec<&'a Revision>,
    branches: Pair<Vec<&'a Revision>>,
    names: Pair<String>,
}

impl Trial<'_> {
    fn run(&self, server: &ScratchServer) -> Result<Option<Conflict>> {
        let Self { branches, names, .. } = self;
        let mut one = self.order(&branches.from, &branches.to, server, false)?;
        let mut other = self.order(&branches.to, &branches.from, server, false)?;
        let dialect = server.dialect();
        let changes = Pair::new(&one, &other).map(|run| diff(&Pair::new(run.start.clone(), run.half.clone()), dialect));
        let both = touched_by_both(&changes);
        if let Some(message) = self.failure(&one, &other) {
            return Ok(Some(Conflict { message, both }));
        }
        let Some(message) = differing(&mut one.database, &mut other.database)? else {
            for (run, second, first) in [(&mut one, &branches.to, &names.from), (&mut other, &branches.from, &names.to)]
            {
                if let Some(message) = way_back(run, second)? {
                    return Ok(Some(Conflict { message: format!("after {first}, {message}"), both }));
                }
            }
            return Ok(None);
        };
        let expected = apply_all(one.half, &changes.to, dialect) != apply_all(other.half, &changes.from, dialect);
        let message = if expected { message } else { format!("{message}, which no change of theirs explains") };
        Ok(Some(Conflict { message, both }))
    }

    /// Applies both sides on tables with rows, unless one side refuses rows on purpose where it comes first.
    fn run_with_rows(&self, server: &ScratchServer) -> Result<Option<Conflict>> {
        let Pair { from, to } = &self.branches;
        let run = |first, second| self.order(first, second, server, true);
        let (mut one, mut other) = match (run(from, to), run(to, from)) {
            (Ok(one), Ok(other)) => (one, other),
            (Err(error), _) | (_, Err(error)) if error.code() == Code::MigrationFailed => return Ok(None),
            (Err(error), _) | (_, Err(error)) => return Err(error),
        };
        let message = match self.failure(&one, &other) {
            Some(message) => Some(format!("with rows, {message}")),
            None => rows_apart(&mut one.database, &mut other.database)?,
        };
        Ok(message.map(|message| Conflict { message, both: Vec::new() }))
    }

    /// Describes which side doesn't run after the other.
    fn failure(&self, one: &Run, other: &Run) -> Option<String> {
        let runs = [(one, &self.names.from), (other, &self.names.to)];
        runs.into_iter().find_map(|(run, first)| Some(format!("after {first}, {}", run.failure.as_ref()?)))
    }

    fn order(&self, first: &[&Revision], second: &[&Revision], server: &ScratchServer, has_rows: bool) -> Result<Run> {
        let mut database = replay_only(self.history, &self.common, server)?.database;
        let start = introspect(&mut database)?;
        if has_rows {
            seed(&mut database, &start, &[], &BTreeMap::new())?;
        }
        first.iter().try_for_each(|revision| replay_one(&mut database, revision))?;
        let half = introspect(&mut database)?;
        let failure = match second.iter().try_for_each(|revision| replay_one(&mut database, revision)) {
            Ok(()) => None,
            Err(error) => Some(conflicting(error)?),
        };
        Ok(Run { database, start, half, failure })
    }
}

/// Names the first table that has more rows after one order than after the other. The values aren't compared, because
/// they may depend on the time of day.
fn rows_apart(one: &mut Database, other: &mut Database) -> Result<Option<String>> {
    let counts = |database: &mut Database| -> Result<BTreeMap<TableName, usize>> {
        let mut counts = BTreeMap::new();
        for table in introspect(database)?.tables.into_values() {
            let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
            let rows = ask::literals(database, &table, &columns).map_err(|cause| {
                Error::new(Code::ScratchFailed, format!("the rows of {} can't be read: {cause}", table.name))
                    .caused_by(cause)
            })?;
            counts.insert(table.name, rows.len());
        }
        Ok(counts)
    };
    let (one, other) = (counts(one)?, counts(other)?);
    let apart = one.iter().find(|(table, rows)| other.get(*table).is_some_and(|others| others != *rows));
    Ok(apart.map(|(table, _)| format!("{table} has other rows in the other order")))
}

/// Describes what is wrong with the down migration of the second branch, which was planned without the first. A
/// database that goes back to the first branch alone runs it. A branch without a down migration can't be wrong.
fn way_back(run: &mut Run, second: &[&Revision]) -> Result<Option<String>> {
    if second.iter().any(|revision| revision.down.is_none()) {
        return Ok(None);
    }
    for revision in second.iter().rev() {
        if let Err(error) = revert(&mut run.database, revision) {
            return conflicting(error).map(Some);
        }
    }
    let now = introspect(&mut run.database)?;
    let subjects = unlike(Pair::new(run.half.clone(), now), &mut run.database)?;
    let last = second.last().map(ToString::to_string).unwrap_or_default();
    Ok((!subjects.is_empty())
        .then(|| format!("the way back from {last} changes what isn't its own: {}", subjects.join(", "))))
}

/// Two revisions that go together only in the order in which they usually come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undeclared<'a> {
    /// The one that has to come first.
    pub first: &'a Revision,
    /// The one that comes after it, and doesn't say so.
    pub then: &'a Revision,
    /// What happens the other way round, in one sentence without a final stop.
    pub message: String,
}

/// Applies all chains in the other orders that they allow (see [`History::other_orders`]). Any two revisions that
/// nothing orders are thus tried both ways round. Returns `None` when all of that runs and makes the same schema, and
/// otherwise the first two that don't.
///
/// # Errors
/// As [`replay`].
pub fn order_matters<'a>(history: &'a History, server: &ScratchServer) -> Result<Option<Undeclared<'a>>> {
    let orders = history.other_orders();
    if orders.is_empty() {
        return Ok(None);
    }
    let mut usual = replay(history, server)?.database;
    let mut what_happens = |order: &[&Revision]| -> Result<Option<String>> {
        let mut database = Database::scratch_on(server)?;
        match order.iter().try_for_each(|revision| replay_one(&mut database, revision)) {
            Err(error) => conflicting(error).map(Some),
            Ok(()) => differing(&mut usual, &mut database),
        }
    };
    for order in orders {
        let Some(mut message) = what_happens(&order)? else { continue };
        // The usual order works. Between it and this one there are two neighbours whose swap makes the difference.
        let swaps = history.swaps_to(&order);
        let after = |count: usize| {
            let mut order: Vec<_> = history.revisions().iter().collect();
            swaps[..count].iter().for_each(|&at| order.swap(at, at + 1));
            order
        };
        let (mut good, mut bad) = (0, swaps.len());
        while bad - good > 1 {
            let middle = good.midpoint(bad);
            match what_happens(&after(middle))? {
                None => good = middle,
                Some(found) => (bad, message) = (middle, found),
            }
        }
        let (order, at) = (after(good), swaps[good]);
        return Ok(Some(Undeclared { first: order[at], then: order[at + 1], message }));
    }
    Ok(None)
}

/// Returns what is wrong with an order that can't be run.
///
/// # Errors
/// Returns the error if the order can't be tried at all.
fn conflicting(error: Error) -> Result<String> {
    if error.code() == Code::NeedsScratchDatabase { Err(error) } else { Ok(error.to_string()) }
}

/// Describes in one sentence what differs between the results of two orders.
fn differing(one: &mut Database, other: &mut Database) -> Result<Option<String>> {
    let subjects = unlike(Pair::new(introspect(one)?, introspect(other)?), other)?;
    Ok((!subjects.is_empty()).then(|| format!("{} comes out differently in the other order", subjects.join(", "))))
}

/// Names what two schemas don't have in common, triggers and views included. `asked` is where spellings are asked for.
fn unlike(ends: Pair<Schema>, asked: &mut Database) -> Result<Vec<String>> {
    let ends = comparable(ends, asked)?;
    let mut subjects: BTreeSet<String> = diff(&ends, asked.dialect()).iter().map(named).collect();
    let others = ends.from.tables.values().filter_map(|table| Some((table, ends.to.tables.get(&table.name)?)));
    subjects
        .extend(others.filter(|(one, other)| one.unmodelled != other.unmodelled).map(|(one, _)| one.name.to_string()));
    subjects.extend(bystanders(&ends.to, &ends.from));
    Ok(subjects.into_iter().collect())
}

/// Names views, triggers and the like that are only in one of two schemas, or differ in their text.
fn bystanders(one: &Schema, other: &Schema) -> BTreeSet<String> {
    let of = |schema: &Schema| -> BTreeSet<(String, String)> {
        let named = |object: &Bystander| (format!("{} {}", object.kind.name(), object.name), folded(&object.sql));
        schema.bystanders.iter().map(named).collect()
    };
    of(one).symmetric_difference(&of(other)).map(|(name, _)| name.clone()).collect()
}

/// One order, on its database.
struct Run {
    database: Database,
    start: Schema,
    half: Schema,
    /// Why the second branch doesn't run after the first.
    failure: Option<String>,
}

fn touched_by_both(changes: &Pair<Vec<Change>>) -> Vec<String> {
    let subjects = |changes: &[Change]| -> BTreeSet<String> { changes.iter().map(named).collect() };
    let (left, right) = (subjects(&changes.from), subjects(&changes.to));
    left.intersection(&right).cloned().collect()
}

fn named(change: &Change) -> String {
    let subject = change.subject();
    match subject.column {
        Some(column) => format!("{}.{column}", subject.table),
        None => subject.table.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision(owner: &str, name: &str, revises: &[&str], up: &str) -> Revision {
        let version = Version::of(name);
        Revision {
            owner: owner.to_owned(),
            name: name.to_owned(),
            dir: name.into(),
            revises: revises.iter().map(|parent| Version::of(parent)).collect(),
            depends_on: vec![],
            after: vec![],
            takes: vec![],
            gives: std::collections::BTreeMap::new(),
            renamed_values: vec![],
            run_in_transaction: true,
            by_autogen: true,
            verified: vec![],
            measured: std::collections::BTreeMap::new(),
            certificate: None,
            up: up.to_owned(),
            down: None,
            version,
        }
    }

    /// Tries two branches of which the second has a down migration. Both begin at a table with a key and a number.
    fn said_of_the_way_back(left: &str, right: &str, back: &str) -> Option<Conflict> {
        let mut right = revision("usb", "3_right", &["1"], right);
        right.down = Some(back.to_owned());
        tried(revision("usb", "2_left", &["1"], left), right)
    }

    /// Tries two branches that begin at a table with a key and a number.
    fn said(left: &str, right: &str) -> Option<Conflict> {
        tried(revision("usb", "2_left", &["1"], left), revision("usb", "3_right", &["1"], right))
    }

    fn tried(left: Revision, right: Revision) -> Option<Conflict> {
        let base = revision("usb", "1_base", &[], "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER);");
        let history = History::from_revisions(vec![base, left, right]).expect("is sound");
        let [left, right] = ["2", "3"].map(|version| history.find(version).expect("is there"));
        conflict(&history, left, right, &ScratchServer::Memory).expect("each runs alone")
    }

    #[test]
    fn branches_that_touch_different_things_commute() {
        assert_eq!(said("ALTER TABLE t ADD COLUMN a TEXT;", "ALTER TABLE t ADD COLUMN b TEXT;"), None);
        assert_eq!(said("CREATE TABLE a (x);", "CREATE INDEX i ON t (n);"), None);
        assert_eq!(said("-- nothing", "-- nothing"), None);
    }

    #[test]
    fn one_that_does_not_run_after_the_other_is_a_conflict() {
        let conflict = said("ALTER TABLE t ADD COLUMN a TEXT;", "ALTER TABLE t ADD COLUMN a TEXT;").expect("clashes");
        assert!(conflict.message.contains("duplicate column name: a"), "{}", conflict.message);
        assert_eq!(conflict.both, ["t.a"]);
        let conflict = said("ALTER TABLE t RENAME TO s;", "ALTER TABLE t ADD COLUMN b TEXT;").expect("clashes");
        assert!(conflict.message.starts_with("after usb's 2_left, usb's 3_right failed"), "{}", conflict.message);
    }

    #[test]
    fn an_order_that_matters_is_a_conflict() {
        let left = "DROP TABLE t; CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT);";
        let right = "DROP TABLE t; CREATE TABLE t (id INTEGER PRIMARY KEY, n REAL);";
        let conflict = said(left, right).expect("the last one wins");
        assert_eq!(conflict.message, "t.n comes out differently in the other order");
        assert_eq!(conflict.both, ["t.n"]);
    }

    #[test]
    fn a_trigger_that_a_rebuild_forgets_is_a_conflict() {
        let left = "CREATE TRIGGER heard AFTER INSERT ON t BEGIN SELECT 1; END;";
        let right = "CREATE TABLE u (id INTEGER PRIMARY KEY, n TEXT); DROP TABLE t; ALTER TABLE u RENAME TO t;";
        let conflict = said(left, right).expect("one order has no trigger");
        assert_eq!(conflict.message, "trigger heard comes out differently in the other order");
    }

    #[test]
    fn a_way_back_that_takes_the_other_branch_along_is_a_conflict() {
        let (left, right) = ("ALTER TABLE t ADD COLUMN a TEXT;", "ALTER TABLE t ADD COLUMN b TEXT;");
        assert_eq!(said_of_the_way_back(left, right, "ALTER TABLE t DROP COLUMN b;"), None);
        let back = "CREATE TABLE u (id INTEGER PRIMARY KEY, n INTEGER); DROP TABLE t; ALTER TABLE u RENAME TO t;";
        let conflict = said_of_the_way_back(left, right, back).expect("takes a column along");
        assert_eq!(
            conflict.message,
            "after usb's 2_left, the way back from usb's 3_right changes what isn't its own: t.a"
        );
        let conflict = said_of_the_way_back(left, right, "ALTER TABLE t DROP COLUMN c;").expect("doesn't run");
        assert!(conflict.message.contains("no such column"), "{}", conflict.message);
    }

    #[test]
    fn the_way_back_of_the_first_branch_is_tried_beside_the_second_too() {
        let mut left = revision("usb", "2_left", &["1"], "ALTER TABLE t ADD COLUMN a TEXT;");
        left.down = Some("CREATE TABLE u AS SELECT id, n FROM t; DROP TABLE t; ALTER TABLE u RENAME TO t;".to_owned());
        let mut right = revision("usb", "3_right", &["1"], "ALTER TABLE t ADD COLUMN b TEXT;");
        right.down = Some("ALTER TABLE t DROP COLUMN b;".to_owned());
        let conflict = tried(left, right).expect("takes a column along");
        assert!(
            conflict.message.starts_with("after usb's 3_right, the way back from usb's 2_left"),
            "{}",
            conflict.message
        );
    }
}
