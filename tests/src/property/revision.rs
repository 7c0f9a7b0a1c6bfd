//! What the program makes of a database and its models, and how Diesel would run it.

use std::fmt;

use autogen::database::Database;
use autogen::diff::diff;
use autogen::introspect::introspect;
use autogen::model::{Change, Pair, Schema};
use autogen::normalize::comparable;
use autogen::plan::{Plan, RoundTrip, Transaction, round_trip};
use autogen::scratch::{self, Script};
use autogen_codegen::{report, sql};

use super::kept::Kept;
use super::trial::{DIALECT, said};

/// A revision.
pub(super) struct Revision {
    pub(super) changes: Vec<Change>,
    plans: RoundTrip,
    pub(super) up: String,
    down: String,
    run_in_transaction: bool,
}

/// Whether a database is what is wanted.
pub(super) fn in_sync(database: &mut Database, wanted: &Schema, otherwise: &str) -> Result<(), String> {
    let revision = Revision::generate(database, wanted)?;
    if revision.changes.is_empty() { Ok(()) } else { Err(format!("{otherwise}:\n{revision}")) }
}

impl Revision {
    /// What has to change in a database.
    pub(super) fn generate(database: &mut Database, wanted: &Schema) -> Result<Self, String> {
        let live = introspect(database).map_err(said)?;
        if let Some(table) = live.tables.values().find(|table| !table.unmodelled.is_empty()) {
            return Err(format!("{} has features that can't be modelled: {:?}", table.name, table.unmodelled));
        }
        let pair = comparable(Pair::new(live, wanted.clone()), database).map_err(said)?;
        let changes = diff(&pair, DIALECT);
        let plans = round_trip(&pair.from, &changes, DIALECT);
        let by_runner = |plan: &Plan| plan.transaction == Transaction::Runner;
        let script = |plan: &Plan| sql::script(&sql::statements(plan, DIALECT));
        Ok(Self {
            up: script(&plans.up),
            down: script(&plans.down),
            run_in_transaction: by_runner(&plans.up) && by_runner(&plans.down),
            changes,
            plans,
        })
    }

    /// Has the program prove it, as it does before it writes a revision.
    pub(super) fn prove(&self, database: &mut Database, wanted: &Schema, kept: &Kept) -> Result<(), String> {
        let script = |sql| Script { sql, run_in_transaction: self.run_in_transaction };
        let trial = scratch::Trial {
            start: database,
            up: script(&self.up),
            down: Some(script(&self.down)),
            plan: Some(&self.plans),
            changes: &self.changes,
            models: Some(wanted),
            owned: &|_| true,
        };
        let Err(error) = scratch::prove(trial) else { return Ok(()) };
        let lines: Vec<_> = error.diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
        let said = format!("the proof fails: {}", lines.join("\n  "));
        // Then no revision is written, which is right, if not of much help.
        if kept.is_late(&said) { Ok(()) } else { Err(said) }
    }

    pub(super) fn run_up(&self, database: &mut Database) -> Result<(), String> {
        self.run(database, &self.up)
    }

    pub(super) fn run_down(&self, database: &mut Database) -> Result<(), String> {
        self.run(database, &self.down)
    }

    /// Runs a script as Diesel does. When it fails, its connection would be closed: what that
    /// would roll back and forget is rolled back and forgotten here.
    fn run(&self, database: &mut Database, script: &str) -> Result<(), String> {
        let script =
            if self.run_in_transaction { format!("BEGIN IMMEDIATE;{script};COMMIT") } else { script.to_owned() };
        database.execute(&script).map_err(|error| {
            // There may be no transaction to roll back.
            let _ = database.execute("ROLLBACK");
            let _ = database.execute("PRAGMA foreign_keys = ON; PRAGMA legacy_alter_table = OFF");
            error.to_string()
        })
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changes = report::lines(&self.changes).join("\n");
        write!(f, "{changes}\n-- up --\n{}\n-- down --\n{}", self.up, self.down)
    }
}
