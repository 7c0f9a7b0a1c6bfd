//! A story from beginning to end: what came out, and what of it must never happen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use autogen_codegen::report;
use autogen_engine::dialect::Dialect;
use autogen_engine::diff::likely_renames;
use autogen_engine::model::{Change, Edit, Rename, TableName};
use autogen_engine::plan::{HazardKind, Lock, Operation, locks};
use autogen_engine::sql::NamedType;
use autogen_workspace::Draft;
use similar::TextDiff;
use tempfile::TempDir;

use crate::generate::{Failure, Generated, generate};
use crate::server::Server;
use crate::story::{EXPECTED, Story};
use crate::trial::{State, Trial, Way};
use crate::{judge, shown};

/// What came out of a story.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Texts by section.
    pub sections: BTreeMap<&'static str, String>,
    /// What is wrong whatever the story expects: rows lost, a way back that leads elsewhere.
    pub wrong: Vec<String>,
    /// What differed between the definitions and the database.
    pub changes: Vec<Change>,
    /// The hazards of the way up.
    pub hazards: BTreeSet<HazardKind>,
    /// What was broken before.
    damage: Vec<String>,
}

/// Tells a story on one database, from its definitions to the database after up, down and up again.
///
/// # Errors
/// When the story itself can't be told: its SQL fails, its asker is unknown.
pub fn tell(story: &Story, server: Server) -> Result<Outcome, String> {
    let telling = Telling::new(story, server)?;
    let (mut outcome, generated) = telling.begin()?;
    let Some(Generated { host, mut draft }) = generated.filter(|generated| !generated.draft.changes.is_empty()) else {
        return Ok(outcome);
    };
    // What can't be proven is never written, so nobody would run it.
    match draft.prove(&host.defined.workspace, &host.defined.models, &mut telling.trial.connect()?) {
        Ok(false) => {}
        Ok(true) => outcome.wrong.push("the proof finds worse than the plan says".to_owned()),
        Err(error) => {
            outcome.sections.insert("proof fails", shown::diagnostics(&error.diagnostics));
            return Ok(outcome);
        }
    }
    let said: String = draft.proven.iter().skip(2).map(|sentence| format!("{sentence}\n")).collect();
    if story.has("proof says") && !said.is_empty() {
        outcome.sections.insert("proof says", said);
    }
    outcome.wrong.extend(worse_than_planned(&draft, server));
    let migrations = host.write(&draft).map_err(|error| error.to_string())?;
    outcome.execute(&telling, &draft, &migrations)?;
    if !outcome.wrong.is_empty() {
        outcome.wrong.push("and yet it was proven".to_owned());
    }
    Ok(outcome)
}

/// Tables that a way locks more strongly than its plan says. Only a proof on PostgreSQL measures that; what triggers write
/// to is no part of a plan.
fn worse_than_planned(draft: &Draft, server: Server) -> Vec<String> {
    let mut worse = Vec::new();
    for (plan, measured) in [(&draft.plans.up, &draft.measured.from), (&draft.plans.down, &draft.measured.to)] {
        let planned = locks(plan, server.dialect());
        // With a table its heirs are altered, of which no step speaks.
        let is_heir = |name: &TableName| {
            [&draft.start, &draft.plans.goal]
                .iter()
                .any(|schema| schema.tables.get(name).is_some_and(|table| !table.lineage.parents.is_empty()))
        };
        for found in measured.iter().filter(|found| found.lock > Lock::RowExclusive && !is_heir(&found.table)) {
            let said = planned.iter().find(|(table, _)| *table == found.table).map(|(_, lock)| *lock);
            if said < Some(found.lock) {
                worse.push(format!("{} is locked by {}, not {said:?}", found.table, found.lock));
            }
        }
    }
    worse
}

/// Tells a story up to its plan; nothing is run.
///
/// # Errors
/// As for [`tell`].
pub fn outline(story: &Story, server: Server) -> Result<Outcome, String> {
    Ok(Telling::new(story, server)?.begin()?.0)
}

/// A story on its way, with a database of its own.
struct Telling<'a> {
    story: &'a Story,
    server: Server,
    folder: TempDir,
    trial: Trial,
}

impl<'a> Telling<'a> {
    fn new(story: &'a Story, server: Server) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let scripts: Vec<&str> = ["live.sql", "rows.sql"].iter().filter_map(|name| story.text(name, server)).collect();
        let trial = Trial::new(folder.path(), server, story.directives.get("collation").map(String::as_str), &scripts)?;
        Ok(Self { story, server, folder, trial })
    }

    /// Does what somebody does to the database after the revision was written; whether there is anything.
    fn by_hand(&self, section: &str) -> Result<bool, String> {
        let Some(sql) = self.story.text(section, self.server) else { return Ok(false) };
        self.trial.connect()?.execute(sql).map_err(|error| format!("`{section}` fails: {error}"))?;
        Ok(true)
    }

    /// The plan, unless the definitions are refused.
    fn begin(&self) -> Result<(Outcome, Option<Generated>), String> {
        let mut outcome = Outcome::default();
        match generate(self.story, &self.trial, self.folder.path()) {
            Ok(generated) => {
                outcome.describe(&generated, self.server.dialect());
                Ok((outcome, Some(generated)))
            }
            Err(Failure::Refused(error)) => {
                outcome.sections.insert("diagnostics", shown::diagnostics(&error.diagnostics));
                Ok((outcome, None))
            }
            Err(Failure::Trial(error)) => Err(error),
        }
    }
}

impl Outcome {
    /// Runs the revision up, down and up again, the way Diesel does.
    fn execute(&mut self, telling: &Telling<'_>, draft: &Draft, migrations: &Path) -> Result<(), String> {
        let trial = &telling.trial;
        let is_touched = telling.by_hand("by hand.sql")?;
        let start = trial.state()?;
        self.damage = trial.damage()?;
        match trial.run(migrations, Way::Up) {
            Ok(damage) => self.blame("after up", damage),
            Err(said) => {
                self.sections.insert("up fails", format!("{}\n", shown::without_made_names(&said)));
                self.expect_same("the up failed and yet left something", &start, &trial.state()?);
                return Ok(());
            }
        }

        let goal = trial.state()?;
        self.rows_after_up(draft, &start, &goal);
        self.answers("after up", telling)?;
        match generate(telling.story, trial, telling.folder.path()) {
            Ok(again) if again.draft.changes.is_empty() || is_touched => {}
            Ok(again) => self
                .wrong
                .push(format!("a second run finds changes:\n{}", report::lines(&again.draft.changes).join("\n"))),
            Err(Failure::Refused(error)) => self.wrong.push(format!("a second run is refused: {error}")),
            Err(Failure::Trial(error)) => return Err(error),
        }

        let goal = if telling.by_hand("by hand later.sql")? { trial.state()? } else { goal };
        match trial.run(migrations, Way::Down) {
            Ok(damage) => self.blame("after down", damage),
            Err(said) => {
                self.sections.insert("down fails", format!("{}\n", shown::without_made_names(&said)));
                self.expect_same("the down failed and yet left something", &goal, &trial.state()?);
                return Ok(());
            }
        }
        let mut back = trial.state()?;
        self.answers("after down", telling)?;
        let mut expected = start.clone();
        for table in &destroyed(draft) {
            expected.rows.remove(table);
            back.rows.remove(table);
        }
        self.expect_same("the down doesn't give back the start", &expected, &back);

        match trial.run(migrations, Way::Up) {
            Ok(damage) => self.blame("after the second up", damage),
            Err(said) => {
                self.wrong.push(format!("the second up fails: {said}"));
                return Ok(());
            }
        }
        let again = trial.state()?;
        if again.schema != goal.schema {
            self.wrong
                .push(format!("the second up gives something else:\n{}", differences(&goal.schema, &again.schema)));
        }
        Ok(())
    }

    fn describe(&mut self, Generated { host, draft }: &Generated, dialect: Dialect) {
        self.changes.clone_from(&draft.changes);
        let steps = &draft.plans.up.steps;
        self.hazards = steps.iter().flat_map(|step| &step.hazards).map(|hazard| hazard.kind).collect();
        let mut say = |section, text: String| {
            if !text.is_empty() {
                self.sections.insert(section, text);
            }
        };
        say("diagnostics", shown::diagnostics(&host.warnings));
        say("plan", report::lines(&draft.changes).iter().map(|line| format!("{line}\n")).collect());
        say("likely renames", shown::likely_renames(&likely_renames(&draft.changes)));
        say("hazards", shown::hazards(&draft.plans.up));
        if draft.changes.is_empty() {
            self.sections.insert("in sync", String::new());
            return;
        }
        say("up.sql", shown::script(&draft.plans.up, dialect));
        say("down.sql", shown::script(&draft.plans.down, dialect));
    }

    fn blame(&mut self, when: &str, damage: Vec<String>) {
        let new: Vec<_> = damage.into_iter().filter(|said| !self.damage.contains(said)).collect();
        self.wrong.extend(new.into_iter().map(|said| format!("{when}: {said}")));
    }

    fn expect_same(&mut self, what: &str, start: &State, end: &State) {
        if start.schema != end.schema {
            self.wrong.push(format!("{what}:\n{}", differences(&start.schema, &end.schema)));
        }
        let [start, end] = [start, end].map(|state| shown_rows(&state.rows));
        if start != end {
            self.wrong.push(format!("{what}:\n{}", differences(&start, &end)));
        }
    }

    /// No row goes that no change drops, and tables that no change names hold what they held.
    fn rows_after_up(&mut self, draft: &Draft, start: &State, goal: &State) {
        let named: BTreeSet<String> = draft.changes.iter().map(|change| change.subject().table.name).collect();
        let respelled: BTreeSet<&TableName> =
            draft.changes.iter().filter_map(|change| respelled_type(change)).collect();
        let mut renamed = BTreeMap::new();
        let mut dropped = BTreeSet::new();
        for change in &draft.changes {
            if let Change::Rename(Rename::Table(names)) = change {
                renamed.insert(names.from.name.clone(), names.to.name.clone());
            }
            if let Change::Table(Edit::Drop(table)) = change {
                dropped.insert(table.name.name.clone());
            }
        }
        for (table, rows) in &start.rows {
            let name = renamed.get(table).unwrap_or(table);
            if dropped.contains(name) || table == "sqlite_sequence" {
                continue;
            }
            let Some(kept) = goal.rows.get(name) else {
                self.wrong.push(format!("table {table} is gone after up"));
                continue;
            };
            if kept.len() != rows.len() {
                self.wrong.push(format!("table {name} had {} rows and has {} after up", rows.len(), kept.len()));
            } else if !named.contains(table)
                && !named.contains(name)
                && kept != rows
                && !has_column_of(draft, name, &respelled)
            {
                self.wrong.push(format!("up changed rows of {name}, which no change names"));
            }
        }
    }

    /// A section of queries, with the answers that the database gives.
    fn answers(&mut self, section: &'static str, telling: &Telling<'_>) -> Result<(), String> {
        let Some(text) = telling.story.text(section, telling.server) else { return Ok(()) };
        let queries: Vec<&str> = text.lines().filter(|line| !line.starts_with("= ")).collect();
        let answers = judge::answers(&mut telling.trial.connect()?, &queries).map_err(|error| error.to_string())?;
        let mut answered = String::new();
        for (query, answer) in queries.iter().zip(answers) {
            let _ = writeln!(answered, "{query}");
            let rows = answer.unwrap_or_else(|error| vec![shown::without_made_names(&format!("error: {error}"))]);
            answered.extend(rows.iter().map(|row| format!("= {row}\n")));
        }
        self.sections.insert(section, answered);
        Ok(())
    }

    /// What differs from what the story expects; empty when nothing does.
    pub fn against(&self, story: &Story, server: Server) -> Vec<String> {
        let mut found = Vec::new();
        for section in EXPECTED {
            let of_server = section.strip_suffix(".sql").map(|stem| format!("{stem}.{server}.sql"));
            let name = of_server.as_deref().unwrap_or(section);
            match (story.text(section, server), self.sections.get(section)) {
                (None, None) => {}
                (Some(expected), Some(actual)) if expected == actual => {}
                (Some(expected), Some(actual)) => {
                    found.push(format!("section `{name}`:\n{}", differences(expected, actual)))
                }
                (None, Some(actual)) => found.push(format!("section `{name}` is missing; it would be:\n{actual}")),
                (Some(expected), None) => {
                    found.push(format!("section `{name}` is expected and nothing came:\n{expected}"))
                }
            }
        }
        found.extend(self.wrong.iter().cloned());
        found
    }
}

/// The type whose values are called something else after the change.
fn respelled_type(change: &Change) -> Option<&TableName> {
    if let Change::Rename(Rename::EnumValue(name, _)) = change { Some(name) } else { None }
}

fn has_column_of(draft: &Draft, table: &str, types: &BTreeSet<&TableName>) -> bool {
    let tables = draft.plans.goal.tables.values().filter(|found| found.name.name == table);
    tables
        .flat_map(|table| &table.columns)
        .any(|column| NamedType::of_column(column, Dialect::Postgres).is_some_and(|found| types.contains(&found.name)))
}

/// Tables, by the names that they have before, whose values nobody expects back.
fn destroyed(draft: &Draft) -> BTreeSet<String> {
    let mut tables: BTreeSet<String> = BTreeSet::new();
    for step in &draft.plans.up.steps {
        let loses = step.hazards.iter().any(|hazard| match hazard.kind {
            HazardKind::DropTable | HazardKind::DropColumn | HazardKind::NarrowType | HazardKind::Irreversible => true,
            HazardKind::DeleteRows
            | HazardKind::DropEnumValue
            | HazardKind::NotNull
            | HazardKind::NewUnique
            | HazardKind::NewCheck
            | HazardKind::NewForeignKey
            | HazardKind::Rebuild
            | HazardKind::TableRewrite => false,
        });
        if loses && let Some(table) = table_of(&step.operation) {
            tables.insert(table.name.clone());
        }
    }
    for change in &draft.changes {
        if let Change::Rename(Rename::Table(names)) = change
            && tables.remove(&names.to.name)
        {
            tables.insert(names.from.name.clone());
        }
    }
    tables
}

fn table_of(operation: &Operation) -> Option<&TableName> {
    if let Operation::RenameTable(names) = operation { Some(&names.to) } else { operation.table() }
}

fn shown_rows(rows: &BTreeMap<String, Vec<String>>) -> String {
    let mut text = String::new();
    for (table, rows) in rows.iter().filter(|(_, rows)| !rows.is_empty()) {
        let _ = writeln!(text, "rows of {table}");
        for row in rows {
            let _ = writeln!(text, "  {row}");
        }
    }
    text
}

fn differences(expected: &str, actual: &str) -> String {
    TextDiff::from_lines(expected, actual).unified_diff().header("expected", "actual").to_string()
}
