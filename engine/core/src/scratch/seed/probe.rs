//! The rows that a script's own guards stop at, which seeding must avoid.
//!
//! A migration begins with queries that fail if rows are in its way, and makes unique indexes that rows may violate.
//! Invented rows must not be in the way, so these statements are tried on every row that is planted, and undone.

use std::collections::BTreeSet;

use diesel::QueryResult;

use crate::database::Database;
use crate::dialect::Dialect;
use crate::model::TableName;
use crate::plan::Guard;
use crate::scratch::ask;
use crate::scratch::script::Script;
use crate::sql::mysql::counted;
use crate::sql::{leading_words, names_within};

/// A statement of a script that fails if rows are in the way.
#[derive(Debug)]
pub(in crate::scratch) struct Probe {
    /// Renames that come before it, so that it finds what it speaks of.
    renames: String,
    sql: String,
    /// The names in it, unquoted and in lower case.
    names: BTreeSet<String>,
    /// Those of them that stand for tables, in order.
    tables: Vec<String>,
}

impl Probe {
    /// Returns the probes of a script that say something about `database`, which has no rows yet, and those that
    /// count rows that its tables can't hold.
    pub(in crate::scratch) fn all(
        database: &mut Database,
        script: Script<'_>,
        tables: &[&TableName],
        unheld: &[Guard],
    ) -> Vec<Self> {
        let dialect = database.dialect();
        // Savepoints need a transaction. Where none can begin, nothing can be tried.
        if ask::begin(database, false).is_err() {
            return Vec::new();
        }
        // Where schema changes commit by themselves, they can't be undone.
        let undoes = dialect.facts().transactional_ddl;
        let mut renames = String::new();
        let mut counting = String::new();
        let mut probes = Vec::new();
        for statement in script.statements(dialect) {
            let words = leading_words(dialect, statement.sql);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            match words.as_slice() {
                ["alter", "table", .., "rename"] if undoes => {
                    let more = format!("{renames}{};\n", statement.sql);
                    // A table that the script itself creates doesn't exist yet, and isn't needed.
                    if undone(database, &more).is_ok() {
                        renames = more;
                    }
                }
                ["set", ..] if counted(statement.sql).is_some() => counting = format!("{};\n", statement.sql),
                ["select", ..] | ["create", "unique", "index", ..] | ["create", "temporary", ..] | ["do", ..]
                    if statement.only_looks() || (words[1] == "unique" && undoes) =>
                {
                    let sql = format!("{}{}", std::mem::take(&mut counting), statement.sql);
                    let mut probe = Self::of(&sql, tables, dialect);
                    probe.renames.clone_from(&renames);
                    probes.extend(Some(probe).filter(|probe| probe.refuses(database).is_none()));
                }
                _ => {}
            }
        }
        // A condition with two answers is an error, and is asked only where there are rows.
        let looks = unheld
            .iter()
            .map(|guard| format!("DO (SELECT IF(({}) > 0, (SELECT 1 UNION ALL SELECT 2), 0))", guard.count));
        let looks = looks.map(|sql| Self::of(&sql, tables, dialect));
        probes.extend(looks.filter(|probe| probe.refuses(database).is_none()));
        let _nothing_to_keep = database.execute("ROLLBACK");
        probes
    }

    fn of(sql: &str, tables: &[&TableName], dialect: Dialect) -> Self {
        let names = names_within(dialect, sql);
        let is_table = |name: &&String| tables.iter().any(|table| table.name.eq_ignore_ascii_case(name));
        let tables = names.iter().filter(is_table).cloned().collect();
        let sql = leaving_nothing(sql, dialect);
        Self { renames: String::new(), sql, names: names.into_iter().collect(), tables }
    }

    /// Checks whether rows of a table could make the probe fail.
    pub(super) fn concerns(&self, table: &TableName) -> bool {
        !self.renames.is_empty() || self.names.contains(&table.name.to_ascii_lowercase())
    }

    /// Checks whether the probe mentions a column of this name. A probe that follows renames could mean any column.
    pub(super) fn mentions(&self, column: &str) -> bool {
        !self.renames.is_empty() || self.names.contains(&column.to_ascii_lowercase())
    }

    /// Returns the tables that the probe mentions, in lower case. The first one has the offending rows.
    pub(super) fn tables(&self) -> &[String] {
        &self.tables
    }

    /// Returns the probe's text.
    pub(super) fn sql(&self) -> &str {
        &self.sql
    }

    /// Returns the probe's message against the existing rows, or `None` if it accepts them.
    pub(super) fn refuses(&self, database: &mut Database) -> Option<String> {
        undone(database, &format!("{}{}", self.renames, self.sql))
            .err()
            .map(|cause| guard_message(&cause.to_string()).to_owned())
    }
}

/// Adds to a guard the statement that drops the table with which the guard stops a script.
fn leaving_nothing(sql: &str, dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => sql.to_owned(),
        Dialect::Mysql => format!("{sql};\nDROP TEMPORARY TABLE IF EXISTS `autogen_guard`"),
    }
}

/// Returns a guard's own message, without the database's words around it.
pub(in crate::scratch) fn guard_message(message: &str) -> &str {
    if let Some((_, rest)) = message.split_once("'stopped: ") {
        let rest = rest.rsplit_once("' for key ").map_or(rest, |(problem, _)| problem);
        return rest.strip_suffix('\'').unwrap_or(rest);
    }
    message.strip_prefix("stopped: ").unwrap_or(message)
}

/// Runs statements and undoes them.
fn undone(database: &mut Database, sql: &str) -> QueryResult<()> {
    database.execute("SAVEPOINT autogen_probe")?;
    let run = database.execute(sql);
    database.execute("ROLLBACK TO SAVEPOINT autogen_probe; RELEASE SAVEPOINT autogen_probe")?;
    run
}
