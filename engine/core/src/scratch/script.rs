//! A migration's script: its statements with their lines, and how a runner runs it.

use diesel::QueryResult;

use crate::database::Database;
use crate::dialect::Dialect;
use crate::link::Link as _;
use crate::scratch::prove::Meter;
use crate::sql::Statement as Found;
use crate::sql::mysql::counted;

/// The text of an `up.sql` or `down.sql`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Script<'a> {
    /// The text.
    pub sql: &'a str,
    /// Whether the runner opens a transaction around it, as `metadata.toml` says.
    pub run_in_transaction: bool,
}

/// A statement of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Statement<'a> {
    /// The line that it begins in, counted from 1.
    pub(super) line: usize,
    /// Its text without the closing semicolon.
    pub(super) sql: &'a str,
}

impl<'a> Script<'a> {
    /// Returns the statements, without those that are only a semicolon.
    pub(super) fn statements(&self, dialect: Dialect) -> Vec<Statement<'a>> {
        let sql = self.sql;
        let statement = |found: Found| {
            let line = sql[..found.span.start].matches('\n').count() + 1;
            Statement { line, sql: sql[found.span].trim_end_matches(';').trim_end() }
        };
        let found = dialect.statements(sql).into_iter().map(statement);
        found.filter(|statement| !statement.sql.is_empty()).collect()
    }

    /// Runs the script as Diesel's runner does, but statement by statement. On PostgreSQL that runner sends the whole
    /// text at once, which makes one transaction of it even where `metadata.toml` wants none.
    pub(super) fn run(&self, database: &mut Database) -> QueryResult<()> {
        self.run_measured(database, None)
    }

    /// Runs the script as [`Script::run`] does, and measures what a transaction does to tables.
    pub(super) fn run_measured(&self, database: &mut Database, mut meter: Option<&mut Meter>) -> QueryResult<()> {
        let dialect = database.dialect();
        let statements = self.statements(dialect);
        let is_implicit = match dialect {
            Dialect::Postgres => statements.len() > 1,
            Dialect::Sqlite | Dialect::Mysql => false,
        };
        if !self.run_in_transaction && !is_implicit {
            return statements.iter().try_for_each(|found| database.execute_one(found.sql));
        }
        database.execute("BEGIN")?;
        let mut all = |database: &mut Database| {
            meter.iter_mut().try_for_each(|meter| meter.begin(database))?;
            statements.iter().try_for_each(|found| {
                database.execute_one(found.sql)?;
                meter.iter_mut().try_for_each(|meter| meter.after(database, found))
            })
        };
        let run = all(database).and_then(|()| database.execute("COMMIT"));
        if run.is_err() {
            // The script may have ended the transaction itself. The first error is the one that matters.
            let _ = database.execute("ROLLBACK");
        }
        run
    }

    /// Runs the script statement by statement, on a database on which it is known to fail as a whole, and returns the
    /// statement that fails.
    pub(super) fn failing(&self, database: &mut Database) -> Option<Statement<'a>> {
        if self.run_in_transaction {
            database.execute("BEGIN").ok()?;
        }
        self.statements(database.dialect()).into_iter().find(|statement| database.execute_one(statement.sql).is_err())
    }
}

impl Statement<'_> {
    /// Checks whether the statement only looks at rows. Such a statement is a guard: it fails to stop a script on
    /// purpose. A block of code is a guard if it says so.
    pub(super) fn only_looks(&self) -> bool {
        let is = |word: &str| self.first_word().is_some_and(|first| first.eq_ignore_ascii_case(word));
        is("SELECT") || ((is("DO") || is("CREATE")) && self.sql.contains("stopped: ")) || counted(self.sql).is_some()
    }

    /// Returns the word that tells what kind of statement this is.
    pub(super) fn first_word(&self) -> Option<&str> {
        self.sql.split(|letter: char| !letter.is_ascii_alphabetic()).next().filter(|word| !word.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(sql: &str) -> Vec<(usize, &str)> {
        let script = Script { sql, run_in_transaction: false };
        script.statements(Dialect::Sqlite).into_iter().map(|statement| (statement.line, statement.sql)).collect()
    }

    #[test]
    fn statements_end_at_semicolons_that_are_tokens() {
        assert_eq!(
            split("-- a; comment\r\nSELECT ';';;\r\n\r\n/* ; */ SELECT 2 -- ;\n"),
            [(2, "SELECT ';'"), (4, "SELECT 2")]
        );
        assert_eq!(split(""), []);
        assert_eq!(split("SELECT 'open"), [(1, "SELECT 'open")]);
    }

    #[test]
    fn a_trigger_is_one_statement() {
        let trigger = "CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN
            SELECT CASE WHEN 1 THEN 2 END;
            DELETE FROM b;
          END";
        assert_eq!(split(&format!("SELECT 1; {trigger}; SELECT 2")), [(1, "SELECT 1"), (1, trigger), (4, "SELECT 2")]);
    }
}
