//! Which values a migration must not touch, and whether it did.

use std::collections::{BTreeMap, BTreeSet};

use autogen_engine::database::Database;
use autogen_engine::model::{Change, Edit, Pair, Rename, Schema, Table, TableName};
use diesel::QueryResult;

use super::expressions::quoted;
use crate::judge;

/// Every table's rows; a row is its values by column.
pub(super) type Tables = BTreeMap<String, Rows>;

type Rows = Vec<BTreeMap<String, String>>;

/// Stands between values, and in none of them.
const BETWEEN: char = '\u{1f}';

/// Every table's rows, without what is computed from other columns.
pub(super) fn tables(database: &mut Database) -> QueryResult<Tables> {
    let mut found = Tables::new();
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    for table in texts(database, names)? {
        let text = format!("'{}'", table.replace('\'', "''"));
        let columns = texts(database, &format!("SELECT name FROM pragma_table_xinfo({text}) WHERE hidden = 0"))?;
        let values: Vec<_> = columns.iter().map(|column| format!("quote({})", quoted(column))).collect();
        let values = values.join(&format!(" || char({}) || ", u32::from(BETWEEN)));
        let row = |row: String| columns.iter().cloned().zip(row.split(BETWEEN).map(str::to_owned)).collect();
        let rows = texts(database, &format!("SELECT {values} FROM {}", quoted(&table)))?.into_iter().map(row).collect();
        found.insert(table, rows);
    }
    Ok(found)
}

/// A query's texts, as they are.
fn texts(database: &mut Database, sql: &str) -> QueryResult<Vec<String>> {
    let inside = |literal: &String| literal[1..literal.len() - 1].replace("''", "'").replace("\\n", "\n");
    Ok(judge::query(database, sql)?.iter().map(inside).collect())
}

/// What changes leave alone, under the names before and after.
pub(super) struct Kept {
    tables: BTreeMap<String, String>,
    dropped: BTreeSet<String>,
    /// By the table's name before.
    columns: BTreeMap<String, BTreeMap<String, String>>,
    /// Columns that are gone or converted, by the names before.
    lost: BTreeSet<(String, String)>,
    /// Whether something must be unique that is computed.
    computes_uniques: bool,
}

impl Kept {
    pub(super) fn new(schemas: Pair<&Schema>, changes: &[Change]) -> Self {
        let mut kept = Self {
            tables: BTreeMap::new(),
            dropped: BTreeSet::new(),
            columns: BTreeMap::new(),
            lost: BTreeSet::new(),
            computes_uniques: schemas.from.tables.values().chain(schemas.to.tables.values()).any(computes_uniques),
        };
        for change in changes {
            kept.note(change);
        }
        kept
    }

    fn note(&mut self, change: &Change) {
        match change {
            Change::Rename(Rename::Table(names)) => {
                drop(self.tables.insert(names.from.name.clone(), names.to.name.clone()))
            }
            Change::Rename(Rename::Column(table, names)) => {
                let table = self.old_table(table);
                self.columns.entry(table).or_default().insert(names.from.clone(), names.to.clone());
            }
            Change::Table(Edit::Drop(table)) => drop(self.dropped.insert(self.old_table(&table.name))),
            Change::Column(table, Edit::Drop(column)) => self.lose(table, &column.name),
            Change::Column(table, Edit::Alter(columns)) => {
                let (from, to) = (&columns.from, &columns.to);
                let is_filled = from.nullable && !to.nullable;
                if from.data_type != to.data_type
                    || from.sql_type != to.sql_type
                    || is_filled
                    || from.generated != to.generated
                {
                    self.lose(table, &from.name);
                }
            }
            Change::Rename(_) | Change::Table(_) | Change::Column(..) | Change::Rule(..) | Change::Enum(_) => {}
        }
    }

    fn old_table(&self, new: &TableName) -> String {
        let renamed = self.tables.iter().find(|(_, to)| **to == new.name);
        renamed.map_or_else(|| new.name.clone(), |(from, _)| from.clone())
    }

    fn lose(&mut self, table: &TableName, column: &str) {
        let table = self.old_table(table);
        let renamed = self.columns.get(&table).and_then(|columns| columns.iter().find(|(_, to)| *to == column));
        let column = renamed.map_or_else(|| column.to_owned(), |(from, _)| from.clone());
        self.lost.insert((table, column));
    }

    /// Whether SQLite itself found rows alike. What is computed out of values that a migration puts
    /// there first can't be counted before.
    pub(super) fn is_late(&self, said: &str) -> bool {
        self.computes_uniques && said.contains("UNIQUE constraint failed")
    }

    /// Whether the way back may stop because of rows. It may where the migration has put values into
    /// a column, where a table is gone that others point at, or where a required column is gone whose values nobody can invent; what a mere
    /// conversion made has to convert back.
    pub(super) fn may_stop(&self, said: &str) -> bool {
        let is_rule = [
            "points at no row",
            "point at no row",
            "more than once",
            "alike in index",
            "the same in all rows",
            "violates check",
            "has no default",
        ];
        let is_guarded = said.contains("stopped: ") && is_rule.iter().any(|words| said.contains(words));
        let has_destroyed = !self.lost.is_empty() || !self.dropped.is_empty();
        has_destroyed && (is_guarded || self.is_late(said))
    }

    /// Compares what was with what is after the changes.
    pub(super) fn compare(&self, before: &Tables, after: &Tables) -> Result<(), String> {
        self.all(before, |table| {
            let now = self.tables.get(table).map_or(table, String::as_str);
            let columns = self.columns.get(table).cloned().unwrap_or_default();
            (after.get(now).cloned().unwrap_or_default(), columns)
        })
    }

    /// Compares what was with what is after the way back.
    pub(super) fn compare_back(&self, before: &Tables, back: &Tables) -> Result<(), String> {
        self.all(before, |table| (back.get(table).cloned().unwrap_or_default(), BTreeMap::new()))
    }

    /// `find` gives a table's rows as they are now, and the new names of its columns.
    fn all(&self, before: &Tables, find: impl Fn(&str) -> (Rows, BTreeMap<String, String>)) -> Result<(), String> {
        for (table, rows) in before.iter().filter(|(table, _)| !self.dropped.contains(*table)) {
            let (found, renames) = find(table);
            let columns: BTreeSet<&String> = rows
                .iter()
                .flat_map(BTreeMap::keys)
                .filter(|column| !self.lost.contains(&(table.clone(), (*column).clone())))
                .collect();
            let mut expected: Vec<String> =
                rows.iter().map(|row| shown(columns.iter().map(|column| row.get(*column)))).collect();
            let now = |column: &String| renames.get(column).unwrap_or(column).clone();
            let mut found: Vec<String> =
                found.iter().map(|row| shown(columns.iter().map(|column| row.get(&now(column))))).collect();
            expected.sort();
            found.sort();
            if expected != found {
                return Err(format!("{table} ({columns:?}) holds {found:#?} instead of {expected:#?}"));
            }
        }
        Ok(())
    }
}

fn shown<'a>(values: impl Iterator<Item = Option<&'a String>>) -> String {
    values.map(|value| value.map_or("nothing", String::as_str)).collect::<Vec<_>>().join(" | ")
}

/// Whether a unique rule stands on a computed value, or there is a unique index that is no mere rule.
fn computes_uniques(table: &Table) -> bool {
    let is_computed = |name: &String| table.column(name).is_some_and(|column| column.generated.is_some());
    table.rules.uniques().any(|unique| unique.columns.iter().any(is_computed))
        || table.rules.indexes().any(|index| index.unique)
}
