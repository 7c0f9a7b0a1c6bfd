//! Applying and reverting on SQLite.

use std::collections::BTreeSet;
use std::fmt;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::migration::{self, Migration, MigrationConnection, MigrationMetadata, MigrationName, MigrationVersion};
use diesel::prelude::*;
use diesel::result::{Error as DieselError, QueryResult};
use diesel::sql_types::Bool;
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel_migrations::MigrationHarness;

use super::statements::{Statement, split};
use super::{Direction, Failure, Outcome};
use crate::history::{Revision, Version};

diesel::table! {
    __diesel_schema_migrations (version) {
        version -> Text,
        run_on -> Timestamp,
    }
}

/// The versions in Diesel's table, if it is there.
pub(super) fn applied(connection: &mut SqliteConnection) -> QueryResult<BTreeSet<Version>> {
    let table = "EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '__diesel_schema_migrations')";
    if !diesel::select(sql::<Bool>(table)).get_result::<bool>(connection)? {
        return Ok(BTreeSet::new());
    }
    let versions: Vec<String> =
        __diesel_schema_migrations::table.select(__diesel_schema_migrations::version).load(connection)?;
    Ok(versions.into_iter().map(Version::stored).collect())
}

/// Runs one file of a revision and keeps Diesel's table in step.
pub(super) fn run(
    connection: &mut SqliteConnection,
    revision: &Revision,
    direction: Direction,
) -> Result<Outcome, Failure> {
    let script = Script { revision, direction, statements: split(direction.sql(revision)) };
    let before = Pragmas::read(connection)?;
    let outcome = if revision.run_in_transaction {
        in_transaction(connection, &script)
    } else if script.is_ours() {
        // The file would open its own transaction and mark nothing. Ours goes around it: then its
        // pragmas do nothing, and its savepoint nests.
        let outcome = without_foreign_keys(connection).and_then(|()| in_transaction(connection, &script));
        before.restore(connection)?;
        outcome
    } else {
        bare(connection, &script)
    };
    if outcome.is_err() {
        before.restore(connection)?;
    }
    outcome
}

/// Runs a script and marks it in one transaction, unless another program has done so.
fn in_transaction(connection: &mut SqliteConnection, script: &Script<'_>) -> Result<Outcome, Failure> {
    let mut failure = None;
    // A deferred transaction would read before it locks, and two programs could both find the
    // revision missing.
    let outcome = connection.immediate_transaction(|connection| {
        connection.setup()?;
        if script.is_done(connection)? {
            return Ok(Outcome::Overtaken);
        }
        match script.run_and_mark(connection) {
            Ok(()) => Ok(Outcome::Done),
            Err(found) => {
                failure = Some(found);
                Err(DieselError::RollbackTransaction)
            }
        }
    });
    // Where SQLite has rolled back by itself, Diesel reports that there is nothing to roll back
    // any more; what matters is why.
    match failure {
        Some(failure) => Err(failure),
        None => outcome.map_err(Failure::from),
    }
}

/// Runs a script as Diesel does: each statement for itself, unless the script says otherwise.
fn bare(connection: &mut SqliteConnection, script: &Script<'_>) -> Result<Outcome, Failure> {
    connection.setup()?;
    if script.is_done(connection)? {
        return Ok(Outcome::Overtaken);
    }
    script.run_and_mark(connection).map_err(|failure| {
        // A transaction that the script has opened would swallow whatever comes next. There may be
        // none, which is all that can go wrong here.
        let _none_open = connection.batch_execute("ROLLBACK");
        Failure { half_done: true, ..failure }
    })?;
    Ok(Outcome::Done)
}

fn without_foreign_keys(connection: &mut SqliteConnection) -> Result<(), Failure> {
    connection.batch_execute("PRAGMA foreign_keys = OFF")?;
    if !Pragmas::read(connection)?.foreign_keys {
        return Ok(());
    }
    // Going on would delete the children of every table that is rebuilt.
    let message = "foreign keys can't be switched off, because the connection is in a transaction";
    Err(Failure::new(message.to_owned()))
}

/// Settings of the connection that scripts change, and must not leave changed when they fail.
#[derive(Debug, Clone, Copy)]
struct Pragmas {
    foreign_keys: bool,
    legacy_alter_table: bool,
}

impl Pragmas {
    fn read(connection: &mut SqliteConnection) -> QueryResult<Self> {
        let (foreign_keys, legacy_alter_table) = diesel::select((
            sql::<Bool>("(SELECT foreign_keys FROM pragma_foreign_keys)"),
            sql::<Bool>("(SELECT legacy_alter_table FROM pragma_legacy_alter_table)"),
        ))
        .get_result(connection)?;
        Ok(Self { foreign_keys, legacy_alter_table })
    }

    fn restore(self, connection: &mut SqliteConnection) -> QueryResult<()> {
        let Self { foreign_keys, legacy_alter_table } = self;
        connection.batch_execute(&format!(
            "PRAGMA foreign_keys = {foreign_keys}; PRAGMA legacy_alter_table = {legacy_alter_table}"
        ))
    }
}

/// One file of a revision, as Diesel's harness takes it. Transactions are opened around it.
struct Script<'a> {
    revision: &'a Revision,
    direction: Direction,
    statements: Vec<Statement>,
}

impl Script<'_> {
    /// Whether the script is one of ours that brings its own savepoint, and nobody has made it
    /// into something that can't be wrapped.
    fn is_ours(&self) -> bool {
        self.revision.by_autogen && !self.statements.iter().any(|statement| statement.wants_no_transaction)
    }

    fn is_done(&self, connection: &mut SqliteConnection) -> QueryResult<bool> {
        let found = __diesel_schema_migrations::table.find(self.revision.version.as_str());
        let is_applied: bool = diesel::select(diesel::dsl::exists(found)).get_result(connection)?;
        Ok(match self.direction {
            Direction::Up => is_applied,
            Direction::Down => !is_applied,
        })
    }

    fn run_and_mark(&self, connection: &mut SqliteConnection) -> Result<(), Failure> {
        let done = match self.direction {
            Direction::Up => connection.run_migration(self),
            Direction::Down => connection.revert_migration(self),
        };
        done.map(drop).map_err(|error| match error.downcast::<Failure>() {
            Ok(failure) => *failure,
            Err(error) => match error.downcast::<DieselError>() {
                Ok(error) => (*error).into(),
                Err(error) => Failure::new(error.to_string()),
            },
        })
    }

    fn execute(&self, connection: &mut dyn diesel::connection::BoxableConnection<Sqlite>) -> migration::Result<()> {
        let text = self.direction.sql(self.revision);
        for statement in &self.statements {
            let span = statement.span.clone();
            if statement.ends_transaction && self.revision.run_in_transaction {
                let message = "it ends the transaction that it runs in; set `run_in_transaction = false` if it must";
                return Err(Box::new(Failure { at: Some(span), ..Failure::new(message.to_owned()) }));
            }
            connection
                .batch_execute(&text[span.clone()])
                .map_err(|error| Failure { at: Some(span), ..Failure::from(error) })?;
        }
        Ok(())
    }
}

impl Migration<Sqlite> for Script<'_> {
    fn run(&self, connection: &mut dyn diesel::connection::BoxableConnection<Sqlite>) -> migration::Result<()> {
        self.execute(connection)
    }

    fn revert(&self, connection: &mut dyn diesel::connection::BoxableConnection<Sqlite>) -> migration::Result<()> {
        self.execute(connection)
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        self
    }

    fn name(&self) -> &dyn MigrationName {
        self
    }
}

impl MigrationMetadata for Script<'_> {
    fn run_in_transaction(&self) -> bool {
        false
    }
}

impl MigrationName for Script<'_> {
    fn version(&self) -> MigrationVersion<'_> {
        self.revision.version.as_str().into()
    }
}

impl fmt::Display for Script<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.revision.name)
    }
}
