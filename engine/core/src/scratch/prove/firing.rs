//! Fires triggers by writing rows as programs do, and tells which of them no longer work.
//!
//! Code in a database names tables and columns in text that no catalog follows, and only running it tells whether
//! they still exist. Only triggers run, and only those that may concern what a script touches. Functions that nothing
//! calls are never run: [`StoredCode::hints`] names those that may be concerned.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use diesel::QueryResult;
use diesel::result::{DatabaseErrorKind, Error};

use crate::database::Database;
use crate::model::{Column, Numbering, Schema, Table, TableName};
use crate::scratch::ask;
use crate::scratch::seed::{Row, TableSeeder, one_line};
use crate::sql::NamedType;

use super::row_expectation::RowExpectation;
use super::rows::Rows;
use super::stored_code::{StoredCode, Trigger};

/// What writing to tables and views came to.
#[derive(Debug, Default)]
pub(super) struct Firing {
    outcomes: BTreeMap<Attempt, Outcome>,
    triggers: Vec<Trigger>,
    /// Why triggers weren't set off.
    left_out: Vec<String>,
}

/// A way to write to a table or a view.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Attempt {
    relation: TableName,
    event: Event,
    /// The column that gets another value; none where the row is written as it is.
    column: Option<String>,
}

/// What triggers wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    Insert,
    Update,
    Delete,
}

impl Event {
    pub(super) const ALL: [Self; 3] = [Self::Insert, Self::Update, Self::Delete];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Insert => "a row is inserted",
            Self::Update => "a row is updated",
            Self::Delete => "a row is deleted",
        })
    }
}

/// How often it worked, and what was said where it didn't.
#[derive(Debug, Default)]
struct Outcome {
    passed: usize,
    problems: Vec<Problem>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Problem {
    kind: ProblemKind,
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ProblemKind {
    /// Something that is named isn't there.
    Missing,
    /// A rule refuses the values; other rows may be taken.
    Values,
    Other,
}

impl Firing {
    /// Writes to every table and view of `schema` whose triggers or rules run code, as far as `words`, the names in the
    /// scripts, may concern that; `None` stands for every name. Nothing of it stays.
    pub(super) fn of(
        database: &mut Database,
        schema: &Schema,
        rows: &Rows,
        words: Option<&BTreeSet<String>>,
    ) -> QueryResult<Self> {
        let dialect = database.dialect();
        let code = StoredCode::of(schema, dialect);
        let mut firing = Self::default();
        let mut relations = code.concerned(|table| {
            words.is_none_or(|words| {
                let types = table.columns.iter().filter_map(|column| NamedType::of_column(column, dialect));
                let mut names = std::iter::once(table.name.name.clone()).chain(types.map(|named| named.name.name));
                names.any(|name| words.contains(&name.to_lowercase()))
            })
        });
        let kept = if relations.is_empty() { Vec::new() } else { ask::kept_at_once(database)? };
        relations.retain(|relation, _| {
            let kept = kept.iter().find(|table| code.reaches(relation, table));
            if let Some(table) = kept {
                let why =
                    format!("triggers of {relation} were not set off: nothing takes back what is written to {table}");
                firing.left_out.push(why);
            }
            kept.is_none()
        });
        firing.triggers = code.into_triggers();
        if relations.is_empty() {
            return Ok(firing);
        }
        let tables: Vec<TableName> =
            relations.keys().filter(|name| schema.tables.contains_key(name)).cloned().collect();
        let outcomes = ask::untraced(database, &tables, |database| {
            let mut outcomes = BTreeMap::new();
            for (relation, events) in relations {
                let mut writer = Writer {
                    database: &mut *database,
                    relation: &relation,
                    triggers: &firing.triggers,
                    outcomes: &mut outcomes,
                };
                match schema.tables.get(&relation) {
                    Some(table) => writer.table(table, schema, rows, &events),
                    None => writer.view(&events),
                }
            }
            outcomes
        })?;
        firing.outcomes = outcomes;
        Ok(firing)
    }

    /// Returns what worked `before` and doesn't any more, one line each.
    pub(super) fn worse_than(&self, before: &Self, expectations: &[RowExpectation]) -> Vec<String> {
        let mut lines = Vec::new();
        for (attempt, now) in &self.outcomes {
            let (was, known) = before.known(attempt, expectations);
            let is_new = |problem: &&Problem| !known.contains(&&problem.message);
            let missing = now.problems.iter().filter(is_new).find(|problem| problem.kind == ProblemKind::Missing);
            let worked = was.is_some_and(|was| was.passed > 0) && now.passed == 0;
            let refused = now.problems.iter().find(|problem| worked && problem.kind == ProblemKind::Other);
            lines.extend(missing.or(refused).map(|problem| self.line(attempt, problem)));
        }
        lines.dedup();
        lines
    }

    /// Returns remarks on what can't be blamed on a script but should be known.
    pub(super) fn notes(&self, before: &Self, expectations: &[RowExpectation]) -> Vec<String> {
        let mut notes = self.left_out.clone();
        for (attempt, now) in self.outcomes.iter().filter(|(attempt, _)| attempt.column.is_none()) {
            let (was, _) = before.known(attempt, expectations);
            let worked = was.is_some_and(|was| was.passed > 0) && now.passed == 0;
            let refused = now.problems.iter().find(|problem| worked && problem.kind == ProblemKind::Values);
            notes.extend(refused.map(|problem| format!("with the proof's rows, {}", self.line(attempt, problem))));
        }
        notes
    }

    /// Checks whether a trigger did something that worked, or nothing is known about it.
    pub(super) fn worked(&self, trigger: &Trigger) -> bool {
        let own = |attempt: &Attempt| attempt.relation == trigger.relation && trigger.events.contains(&attempt.event);
        self.outcomes.iter().filter(|(attempt, _)| own(attempt)).all(|(_, outcome)| outcome.passed > 0)
    }

    /// Returns the outcome of the same attempt when everything had its old name, and all messages about its table.
    fn known(&self, attempt: &Attempt, expectations: &[RowExpectation]) -> (Option<&Outcome>, Vec<&String>) {
        let mut old = attempt.clone();
        if let Some(expectation) = expectations.iter().find(|expectation| expectation.table.to == attempt.relation) {
            old.relation.clone_from(&expectation.table.from);
            let columns = expectation.columns.iter().map(|(names, _)| names);
            let renamed = columns.into_iter().find(|names| Some(&names.to) == attempt.column.as_ref());
            old.column = renamed.map(|names| names.from.clone()).or(old.column);
        }
        let of_table = self.outcomes.iter().filter(|(attempt, _)| attempt.relation == old.relation);
        let said = of_table.flat_map(|(_, outcome)| outcome.problems.iter().map(|problem| &problem.message));
        (self.outcomes.get(&old), said.collect())
    }

    fn line(&self, attempt: &Attempt, problem: &Problem) -> String {
        let Attempt { relation, event, column: _ } = attempt;
        let own =
            self.triggers.iter().filter(|trigger| trigger.relation == *relation && trigger.events.contains(event));
        let own: Vec<&Trigger> = own.collect();
        let named = quoted(&problem.message);
        let speaking: Vec<&Trigger> = own
            .iter()
            .filter(|trigger| !named.is_empty() && named.iter().all(|name| trigger.names.contains(name)))
            .copied()
            .collect();
        let blamed: Vec<String> = if speaking.is_empty() { own } else { speaking }
            .iter()
            .map(|trigger| format!("trigger {} on {relation}", trigger.name))
            .collect();
        let who = if blamed.is_empty() { format!("a rule of {relation}") } else { blamed.join(" or ") };
        format!("{who} fails when {event}: {}", problem.message)
    }
}

/// Returns the names that a message has in quotes, or otherwise those at its end.
fn quoted(message: &str) -> Vec<String> {
    let quoted: Vec<&str> = message.split(['"', '\'', '`']).skip(1).step_by(2).collect();
    let texts = if quoted.is_empty() { vec![message.rsplit(": ").next().unwrap_or_default()] } else { quoted };
    let words = texts.iter().flat_map(|text| text.split(|letter: char| !letter.is_alphanumeric() && letter != '_'));
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

impl Problem {
    fn of(cause: &Error) -> Self {
        const MISSING: [&str; 10] = [
            "does not exist",
            "doesn't exist",
            "has no field",
            "has no column named",
            "no such ",
            "missing FROM-clause",
            "Unknown column",
            "Unknown table",
            "references invalid",
            "invalid input value for enum",
        ];
        const VALUES: [&str; 9] = [
            "exclusion constraint",
            "out of range",
            "Out of range",
            "too long",
            "CONSTRAINT `",
            "Data truncated",
            "Incorrect ",
            "division by zero",
            "invalid input syntax",
        ];
        let message = one_line(&cause.to_string());
        let says = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
        let breaks_rule = matches!(
            cause,
            Error::DatabaseError(
                DatabaseErrorKind::CheckViolation
                    | DatabaseErrorKind::UniqueViolation
                    | DatabaseErrorKind::ForeignKeyViolation,
                _
            )
        );
        let kind = if breaks_rule {
            ProblemKind::Values
        } else if says(&MISSING) {
            ProblemKind::Missing
        } else if says(&VALUES) {
            ProblemKind::Values
        } else {
            ProblemKind::Other
        };
        Self { kind, message }
    }
}

/// Writes to one table or view.
struct Writer<'a> {
    database: &'a mut Database,
    relation: &'a TableName,
    triggers: &'a [Trigger],
    outcomes: &'a mut BTreeMap<Attempt, Outcome>,
}

/// How many values a column tries, until one is taken.
const VALUES: usize = 4;

impl Writer<'_> {
    fn table(&mut self, table: &Table, schema: &Schema, rows: &Rows, events: &BTreeSet<Event>) {
        let dialect = self.database.dialect();
        let seeder = TableSeeder::new(table, schema, &[], dialect);
        let there = rows.of_table(&table.name);
        let is_empty = there.is_empty();
        let rows = if is_empty { vec![seeder.plain(0)] } else { there };
        for row in &rows {
            let key = table.primary_key.as_ref().map(|key| key.columns.as_slice()).unwrap_or_default();
            let in_key = |column: &String| key.is_empty() || key.contains(column);
            let condition = ask::is_row(dialect, row.iter().filter(|(column, _)| in_key(column) && !is_empty));
            let (columns, values): (Vec<&str>, Vec<&str>) =
                row.iter().map(|(column, value)| (column.as_str(), value.as_str())).unzip();
            let insertion = ask::reinsertion(dialect, self.relation, &columns, &values);
            let (room, row_first) = match is_empty {
                true => (vec![String::new()], insertion.clone()),
                false => (ask::making_room(dialect, self.relation, &condition), String::new()),
            };
            let set = |column: &&Column| column.generated.is_none() && column.numbering != Some(Numbering::Always);
            let set: Vec<&str> = table.columns.iter().filter(set).map(|column| column.name.as_str()).collect();
            for event in events {
                let statement = match event {
                    Event::Insert => insertion.clone(),
                    Event::Update if set.is_empty() => continue,
                    Event::Update => self.update(&set, &condition),
                    Event::Delete => self.delete(&condition),
                };
                let before = if *event == Event::Insert { room.as_slice() } else { std::slice::from_ref(&row_first) };
                let told = self.tried(before, &statement);
                self.note(*event, None, told);
            }
        }
        let Some(row) = rows.first().filter(|_| events.contains(&Event::Update) && !is_empty) else { return };
        self.other_values(table, &seeder, row, &rows);
    }

    /// Gives columns other values, one by one: those that triggers name, and one more, because a trigger may wait for
    /// any change.
    fn other_values(&mut self, table: &Table, seeder: &TableSeeder<'_>, row: &Row, rows: &[Row]) {
        let dialect = self.database.dialect();
        let key = table.primary_key.as_ref().map(|key| key.columns.as_slice()).unwrap_or_default();
        let own: Vec<&Trigger> = self.triggers.iter().filter(|trigger| trigger.relation == table.name).collect();
        let is_named = |column: &Column| own.iter().any(|trigger| trigger.names.contains(&column.name.to_lowercase()));
        let open = table
            .columns
            .iter()
            .filter(|column| column.generated.is_none() && column.numbering != Some(Numbering::Always));
        let any = open.clone().find(|column| !key.contains(&column.name)).map(|column| &column.name);
        let condition = ask::is_row(dialect, row.iter().filter(|(column, _)| key.is_empty() || key.contains(column)));
        let facts = dialect.facts();
        for column in open.filter(|column| is_named(column) || Some(&column.name) == any) {
            let others = rows.iter().filter_map(|row| row.get(&column.name));
            let mut values: Vec<String> = Vec::new();
            for value in others.chain(seeder.pool(&column.name)) {
                let is_same =
                    row.get(&column.name).is_some_and(|own| own.trim_matches('\'') == value.trim_matches('\''));
                if !is_same && value != "NULL" && !values.contains(value) {
                    values.push(value.clone());
                }
            }
            values.truncate(VALUES - 1);
            values.extend(column.nullable.then(|| "NULL".to_owned()));
            for value in values {
                let (table, name) = (facts.quoted_table(self.relation), facts.quoted(&column.name));
                let statement = format!("UPDATE {table} SET {name} = {value} WHERE {condition}");
                let told = self.tried(&[String::new()], &statement);
                let is_taken = told.as_ref().is_some_and(QueryResult::is_ok);
                self.note(Event::Update, Some(&column.name), told);
                if is_taken {
                    break;
                }
            }
        }
    }

    fn view(&mut self, events: &BTreeSet<Event>) {
        let dialect = self.database.dialect();
        let facts = dialect.facts();
        let columns = ask::columns(self.database, self.relation);
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        let rows = ask::literals(self.database, &Table::new(self.relation.clone()), &columns).unwrap_or_default();
        let row: Vec<String> = match rows.into_iter().next() {
            Some(row) => row.into_iter().map(Option::unwrap_or_default).collect(),
            None => columns.iter().map(|_| "NULL".to_owned()).collect(),
        };
        for event in events.iter().filter(|_| !columns.is_empty()) {
            let statement = match event {
                Event::Insert => {
                    let names: Vec<_> = columns.iter().map(|column| facts.quoted(column)).collect();
                    let view = facts.quoted_table(self.relation);
                    format!("INSERT INTO {view} ({}) VALUES ({})", names.join(", "), row.join(", "))
                }
                Event::Update => self.update(&columns, "1 = 1"),
                Event::Delete => self.delete("1 = 1"),
            };
            let told = self.tried(&[String::new()], &statement);
            self.note(*event, None, told);
        }
    }

    fn update(&self, columns: &[&str], condition: &str) -> String {
        let facts = self.database.dialect().facts();
        let same: Vec<_> = columns.iter().map(|column| format!("{0} = {0}", facts.quoted(column))).collect();
        format!("UPDATE {} SET {} WHERE {condition}", facts.quoted_table(self.relation), same.join(", "))
    }

    fn delete(&self, condition: &str) -> String {
        format!("DELETE FROM {} WHERE {condition}", self.database.dialect().facts().quoted_table(self.relation))
    }

    /// Tries a statement after the first of the given statements that makes room for it. Returns `None` where none
    /// does.
    fn tried(&mut self, rooms: &[String], statement: &str) -> Option<QueryResult<()>> {
        rooms.iter().find_map(|before| ask::attempt(self.database, before, statement))
    }

    fn note(&mut self, event: Event, column: Option<&String>, told: Option<QueryResult<()>>) {
        let Some(told) = told else { return };
        let attempt = Attempt { relation: self.relation.clone(), event, column: column.cloned() };
        let outcome = self.outcomes.entry(attempt).or_default();
        match told {
            Ok(()) => outcome.passed += 1,
            Err(cause) => outcome.problems.push(Problem::of(&cause)),
        }
    }
}
