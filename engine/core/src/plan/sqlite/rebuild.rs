//! Rebuilt tables: where each column gets its values from.

use crate::dialect::Dialect;
use crate::model::{Column, Pair, Schema, Table, TableName};
use crate::plan::value::{NewValue, held, is_row_number, value_of_new};
use crate::plan::{Direction, Guard, Rebuild, Source, alike, guard, renames_values};

use super::convert::{backfilled, conversion};

/// Names that nothing else has, for tables on their way.
pub(super) struct Names<'a> {
    schemas: [&'a Schema; 2],
}

impl<'a> Names<'a> {
    /// Creates a source of names that neither schema uses.
    pub(super) fn new(before: &'a Schema, after: &'a Schema) -> Self {
        Self { schemas: [before, after] }
    }

    /// Returns the name of a new table until it replaces the old one.
    fn interim(&self, table: &TableName) -> TableName {
        let mut name = format!("autogen_new_{}", table.name);
        while self.is_taken(&name) {
            name.push('_');
        }
        TableName { schema: table.schema.clone(), name }
    }

    fn is_taken(&self, name: &str) -> bool {
        self.schemas.iter().any(|schema| {
            schema.tables.keys().any(|table| table.name.eq_ignore_ascii_case(name))
                || schema.bystanders.iter().any(|bystander| bystander.name.eq_ignore_ascii_case(name))
        })
    }
}

/// Plans the rebuild of a table, still without triggers. Also returns the guards against rows that would block it.
pub(super) fn rebuild(before: &Table, after: &Table, names: &Names<'_>, direction: Direction) -> (Rebuild, Vec<Guard>) {
    let facts = Dialect::Sqlite.facts();
    let mut columns = Vec::new();
    let mut guards = Vec::new();
    // A new column that rows have a value for although none is copied or computed.
    let mut omitted = None;
    for column in after.columns.iter().filter(|column| column.generated.is_none()) {
        // What the up migration computed in another type isn't a value of the column that it replaced.
        let is_invented = |old: &&Column| {
            direction == Direction::Down && old.generated.is_some() && old.data_type != column.data_type
        };
        let source = match before.column(&column.name).filter(|old| !is_invented(old)) {
            Some(old) => {
                let conversion = conversion(&Pair::new(old.clone(), column.clone()), Pair::new(before, after));
                guards.extend(conversion.guards);
                Some(conversion.source)
            }
            None => {
                guards.extend(backfilled(before, column, after));
                let value = value_of_new(column, after, direction, Dialect::Sqlite);
                if matches!(value, NewValue::Nobody) {
                    guards.push(guard::rows(&before.name, &column.name, facts));
                }
                match value {
                    NewValue::Expr(expr) => Some(Source::Expr(expr)),
                    // Whatever stores row numbers elsewhere can still find its rows.
                    NewValue::Omitted if is_row_number(column, after, Dialect::Sqlite) => {
                        row_number_name(before).map(|name| Source::Expr(name.to_owned()))
                    }
                    NewValue::Omitted => {
                        omitted = omitted.or(Some(column));
                        None
                    }
                    NewValue::Nobody => None,
                }
            }
        };
        columns.extend(source.map(|source| (column.name.clone(), source)));
    }
    // Rows are copied by naming at least one column, even where no column stays.
    if let (true, Some(column)) = (columns.is_empty(), omitted) {
        let value = column.default.as_ref().map_or_else(|| "NULL".to_owned(), |default| default.sql.clone());
        columns.push((column.name.clone(), Source::Expr(value)));
    }
    guards.extend(alike::guards(before, after, Dialect::Sqlite, |column| {
        let source = columns.iter().find(|(name, _)| *name == column.name).map(|(_, source)| source);
        match source {
            Some(Source::Column(name)) if *name == column.name => alike::Value::Same,
            Some(Source::Column(name)) => alike::Value::Expr(facts.quoted(name)),
            // What is alike is so under any name.
            Some(Source::Expr(_)) if is_renamed(before, column) => alike::Value::Same,
            Some(Source::Expr(_))
                if is_row_number(column, after, Dialect::Sqlite) && before.column(&column.name).is_none() =>
            {
                alike::Value::Unknown
            }
            Some(Source::Expr(expr)) => alike::Value::Expr(expr.clone()),
            None => held(&NewValue::Omitted, column, after, Dialect::Sqlite),
        }
    }));
    let rebuild = Rebuild {
        tables: Pair::new(before.clone(), after.clone()),
        interim: names.interim(&after.name),
        triggers: Vec::new(),
        row_numbers: row_numbers(before, after),
        columns,
    };
    (rebuild, guards)
}

/// Checks whether a column's values stay the same except for their names.
fn is_renamed(before: &Table, column: &Column) -> bool {
    before.column(&column.name).is_some_and(|old| {
        let columns = Pair::new(old.clone(), column.clone());
        renames_values(&columns) && old.data_type == column.data_type && old.nullable == column.nullable
    })
}

/// Returns the names of the row numbers of two tables. Returns `None` unless both have row numbers and the new table
/// has no column for them.
fn row_numbers(before: &Table, after: &Table) -> Option<Pair<&'static str>> {
    if after.columns.iter().any(|column| is_row_number(column, after, Dialect::Sqlite)) {
        return None;
    }
    Some(Pair::new(row_number_name(before)?, row_number_name(after)?))
}

/// Returns the name of a table's row number. SQLite has three names for it, and a column may take each of them.
fn row_number_name(table: &Table) -> Option<&'static str> {
    let is_free = |name: &&str| !table.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    if table.options.without_rowid { None } else { ["rowid", "_rowid_", "oid"].into_iter().find(is_free) }
}
