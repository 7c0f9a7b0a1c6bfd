//! Every way in which a proof fails, seen to be caught, and what must pass. Scripts read from disk
//! are in `scripts`, those with a plan in `plans`.

mod plans;
mod postgres;
mod scripts;

use crate::database::Database;
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::model::TableName;
use crate::scratch::{Proof, Script, Trial, prove};

fn database(sql: &str) -> Database {
    let mut database = Database::scratch(Dialect::Sqlite).expect("a scratch database");
    database.execute(sql).expect(sql);
    database
}

/// A script that opens its own transaction, where it wants one.
fn bare(sql: &str) -> Script<'_> {
    Script { sql, run_in_transaction: false }
}

/// A script in the runner's transaction.
fn wrapped(sql: &str) -> Script<'_> {
    Script { sql, run_in_transaction: true }
}

/// A revision from disk, whose owner owns the tables named.
fn disk(start: &str, up: Script<'_>, down: Script<'_>, owned: &[&str]) -> Result<Proof> {
    let mut start = database(start);
    let owned = |table: &TableName| owned.contains(&table.name.as_str());
    prove(Trial { start: &mut start, up, down: Some(down), plan: None, changes: &[], models: None, owned: &owned })
}

/// A revision from disk whose owner owns everything.
fn revision(start: &str, up: &str, down: &str) -> Result<Proof> {
    let mut start = database(start);
    let (up, down) = (wrapped(up), Some(wrapped(down)));
    prove(Trial { start: &mut start, up, down, plan: None, changes: &[], models: None, owned: &|_| true })
}

/// What the user sees, a line each.
fn told(error: &Error) -> String {
    let lines: Vec<_> = error.diagnostics.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
    lines.join("\n")
}

#[track_caller]
fn fails(outcome: Result<Proof>, expected: &str) {
    let error = outcome.expect_err("the proof fails");
    assert_eq!(error.code(), Code::ProofFailed);
    assert!(error.diagnostics[0].help.is_some(), "there is a next step");
    assert_eq!(told(&error), expected);
}

#[track_caller]
fn holds(outcome: Result<Proof>) -> Proof {
    match outcome {
        Ok(proof) => proof,
        Err(error) => panic!("{}", told(&error)),
    }
}

/// A parent, and children that go with it or lose their key with it.
const FAMILY: &str = "
    CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE deleted (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parents (id) ON DELETE CASCADE);
    CREATE TABLE nulled (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id) ON DELETE SET NULL);
";

/// A rebuild of `parents` that gives its name another type, as this program writes it.
fn rebuild(name: &str) -> String {
    format!(
        "CREATE TABLE \"autogen_new_parents\" (\n    \"id\" INTEGER NOT NULL PRIMARY KEY,\n    \"name\" {name}\n);
INSERT INTO \"autogen_new_parents\" (\"id\", \"name\") SELECT \"id\", \"name\" FROM \"parents\";
DROP TABLE \"parents\";
PRAGMA legacy_alter_table = ON;
ALTER TABLE \"autogen_new_parents\" RENAME TO \"parents\";
PRAGMA legacy_alter_table = OFF;
"
    )
}

/// The frame that keeps a rebuild from deleting children.
fn framed(steps: &str) -> String {
    let orphans = "SELECT (SELECT count(*) FROM pragma_foreign_key_check('deleted')) + \
                   (SELECT count(*) FROM pragma_foreign_key_check('nulled'))";
    format!(
        "PRAGMA foreign_keys = OFF;
SAVEPOINT \"autogen\";
CREATE TEMPORARY TABLE \"autogen_orphans\" AS SELECT ({orphans}) AS \"rows\";
{steps}SELECT json_extract('{{}}', 'stopped: ' || \"n\" || ' rows would point at no row') FROM (SELECT ({orphans}) - \
         (SELECT \"rows\" FROM \"autogen_orphans\") AS \"n\") WHERE \"n\" > 0;
DROP TABLE temp.\"autogen_orphans\";
RELEASE \"autogen\";
PRAGMA foreign_keys = ON;
"
    )
}
