//! A table made anew: which columns get their values from where.

use crate::model::{Column, Pair, Schema, Table, TableName};
use crate::plan::{Direction, Guard, Rebuild, Source, guard, risk};

use super::convert::{conversion, neutral};

/// Names that nothing else has, for tables on their way.
pub(super) struct Names<'a> {
    schemas: [&'a Schema; 2],
}

impl<'a> Names<'a> {
    /// Names that neither schema uses.
    pub(super) fn new(before: &'a Schema, after: &'a Schema) -> Self {
        Self { schemas: [before, after] }
    }

    /// What a table is called until it takes the old one's place.
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

/// The rebuild of a table, still without triggers, and what rows could be in its way.
pub(super) fn rebuild(before: &Table, after: &Table, names: &Names<'_>, direction: Direction) -> (Rebuild, Vec<Guard>) {
    let facts = crate::dialect::Dialect::Sqlite.facts();
    let mut columns = Vec::new();
    let mut guards = Vec::new();
    for column in after.columns.iter().filter(|column| column.generated.is_none()) {
        let source = match before.column(&column.name) {
            Some(old) => {
                let conversion = conversion(&before.name, old, column);
                guards.extend(conversion.guard);
                Some(conversion.source)
            }
            None => match value_of_new(column, after, direction) {
                NewValue::Expr(expr) => Some(Source::Expr(expr)),
                NewValue::Omitted => None,
                NewValue::Nobody => {
                    guards.push(guard::rows(&before.name, &column.name, facts));
                    None
                }
            },
        };
        columns.extend(source.map(|source| (column.name.clone(), source)));
    }
    let rebuild = Rebuild {
        tables: Pair::new(before.clone(), after.clone()),
        interim: names.interim(&after.name),
        triggers: Vec::new(),
        columns,
    };
    (rebuild, guards)
}

/// What existing rows get in a column that they never had.
pub(super) enum NewValue {
    /// This.
    Expr(String),
    /// Whatever the column's definition gives: its default, or NULL.
    Omitted,
    /// There is no value to give: the table must be empty.
    Nobody,
}

/// What existing rows get in a new column.
pub(super) fn value_of_new(column: &Column, table: &Table, direction: Direction) -> NewValue {
    if let Some(backfill) = &column.hints.backfill {
        return NewValue::Expr(backfill.clone());
    }
    let has_value = column.nullable || column.default.is_some() || column.generated.is_some();
    if has_value || risk::numbers_itself(column, table, crate::dialect::Dialect::Sqlite) {
        return NewValue::Omitted;
    }
    match direction {
        Direction::Down if !is_ruled(column, table) => {
            neutral(column).map_or(NewValue::Nobody, |value| NewValue::Expr(value.to_owned()))
        }
        Direction::Up | Direction::Down => NewValue::Nobody,
    }
}

/// Whether a key or a check speaks about the column, so that no invented value would do.
fn is_ruled(column: &Column, table: &Table) -> bool {
    let dialect = crate::dialect::Dialect::Sqlite;
    let in_key = |columns: &[String]| columns.contains(&column.name);
    table.primary_key.as_ref().is_some_and(|key| in_key(&key.columns))
        || table.uniques.iter().any(|unique| in_key(&unique.columns))
        || table.foreign_keys.iter().any(|key| in_key(&key.columns))
        || table
            .indexes
            .iter()
            .any(|index| index.unique && crate::diff::index_columns(index, dialect).contains(&column.name))
        || table.checks.iter().any(|check| crate::normalize::columns_in(dialect, &check.expr).contains(&column.name))
}
