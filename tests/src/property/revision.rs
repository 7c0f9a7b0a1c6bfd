//! What the program makes of a database and its models, and how Diesel would run it.

use std::fmt;

use autogen_codegen::report;
use autogen_codegen::revision::Files;
use autogen_engine::database::Database;
use autogen_workspace::Draft;

use super::kept::Kept;
use super::trial::said;
use crate::host::Defined;

/// A revision.
pub(super) struct Revision {
    pub(super) draft: Draft,
    pub(super) files: Files,
}

/// Whether a database is what is wanted.
pub(super) fn in_sync(database: &mut Database, wanted: &Defined, otherwise: &str) -> Result<(), String> {
    let revision = Revision::generate(database, wanted)?;
    if revision.draft.changes.is_empty() { Ok(()) } else { Err(format!("{otherwise}:\n{revision}")) }
}

impl Revision {
    /// What has to change in a database.
    pub(super) fn generate(database: &mut Database, wanted: &Defined) -> Result<Self, String> {
        let draft = wanted.draft(database).map_err(said)?;
        if let Some(table) = draft.start.tables.values().find(|table| !table.unmodelled.is_empty()) {
            return Err(format!("{} has features that can't be modelled: {:?}", table.name, table.unmodelled));
        }
        Ok(Self { files: draft.files(&wanted.workspace), draft })
    }

    /// Has the program prove it, as it does before it writes a revision.
    pub(super) fn prove(&mut self, database: &mut Database, wanted: &Defined, kept: &Kept) -> Result<(), String> {
        let Err(error) = self.draft.prove(&wanted.workspace, &wanted.models, database) else { return Ok(()) };
        let lines: Vec<_> = error.diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
        let said = format!("the proof fails: {}", lines.join("\n  "));
        // Then no revision is written, which is right, if not of much help.
        if kept.is_late(&said) { Ok(()) } else { Err(said) }
    }

    pub(super) fn run_up(&self, database: &mut Database) -> Result<(), String> {
        self.run(database, &self.files.up)
    }

    pub(super) fn run_down(&self, database: &mut Database) -> Result<(), String> {
        self.run(database, &self.files.down)
    }

    /// Runs a script as Diesel does. When it fails, its connection would be closed: what that
    /// would roll back and forget is rolled back and forgotten here.
    fn run(&self, database: &mut Database, script: &str) -> Result<(), String> {
        let script = if self.draft.runs_in_transaction() {
            format!("BEGIN IMMEDIATE;{script};COMMIT")
        } else {
            script.to_owned()
        };
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
        let changes = report::lines(&self.draft.changes).join("\n");
        write!(f, "{changes}\n-- up --\n{}\n-- down --\n{}", self.files.up, self.files.down)
    }
}
