//! Rows that would become equal, where a rule forbids it, after columns are filled or converted.
//!
//! The database would stop too, but after much work, and without telling how many rows there are.

use crate::dialect::Dialect;
use crate::model::{Change, Column, Edit, Pair, Rule, Table};
use crate::sql::columns_in;

use super::renamed::renames_values;
use super::stricter::column::equates_more;
use super::stricter::unique::is_implied;
use super::stricter::{self, Tables};
use super::{Guard, guard, mysql};

/// What a column of the new table holds, as far as the old row tells.
pub(super) enum Value {
    /// What it holds now.
    Same,
    /// What it holds now, as the new type has it by this expression.
    Assigned(String),
    /// The value of this expression over the old row.
    Expr(String),
    /// Something that is never alike, or that nobody knows yet.
    Unknown,
}

/// A key or a unique rule of the new table.
struct Keyed<'a> {
    columns: &'a [String],
    /// Whether rows of before may break it as they are.
    is_new: bool,
    /// Whether two NULLs are alike.
    counts_nulls: bool,
}

/// Returns the guards of the key and of the unique rules over values that change. New unique rules over values that
/// stay are the business of [`stricter`](super::stricter).
pub(super) fn guards(before: &Table, after: &Table, dialect: Dialect, value: impl Fn(&Column) -> Value) -> Vec<Guard> {
    let tables = Tables { before, after, schema: None, dialect };
    let key_before = before.primary_key.as_ref().map(|key| &key.columns);
    let key = after.primary_key.as_ref().map(|key| {
        let is_new = key_before != Some(&key.columns) && !is_implied(&key.columns, false, before);
        Keyed { columns: &key.columns, is_new, counts_nulls: false }
    });
    let uniques = after.rules.uniques().map(|unique| {
        let counts_nulls = unique.nulls_not_distinct && !tables.are_required(&unique.columns);
        let is_new = !is_implied(&unique.columns, counts_nulls, before) && !tables.keeps(&unique.columns);
        Keyed { columns: &unique.columns, is_new, counts_nulls }
    });
    let rules = key.into_iter().chain(uniques).filter_map(|found| rule(&found, &tables, &value));
    // MariaDB and MySQL convert in their own ways, and count rows by these.
    let converted = if dialect.facts().transactional_ddl { converted(&tables, &value) } else { Vec::new() };
    rules.chain(converted).collect()
}

/// Returns the guards of new checks and unique indexes over columns that get another type. They count rows as they
/// will be.
fn converted(tables: &Tables<'_>, value: &impl Fn(&Column) -> Value) -> Vec<Guard> {
    let (name, facts) = (&tables.before.name, tables.dialect.facts());
    let is_new = |change: Change| !stricter::of(&change, tables).is_empty();
    let mut guards = Vec::new();
    for check in tables.after.rules.checks() {
        let columns: Vec<String> = columns_in(tables.dialect, &check.expr).into_iter().collect();
        if let Some(rows) = converted_rows(&columns, tables, value)
            && is_new(Change::Rule(name.clone(), Edit::Add(Rule::Check(check.clone()))))
        {
            guards.push(guard::violations_among(&rows, name, check));
        }
    }
    for index in tables.after.rules.indexes().filter(|index| index.unique) {
        let columns: Vec<String> = crate::sql::index_columns(index, tables.dialect).into_iter().collect();
        if let Some(rows) = converted_rows(&columns, tables, value)
            && is_new(Change::Rule(name.clone(), Edit::Add(Rule::Index(index.clone()))))
        {
            guards.push(guard::alike_in_index_among(&rows, name, index, facts));
        }
    }
    guards
}

/// Returns a query over the rows as they were before, with what these columns will hold. Returns `None` if the
/// columns keep their types, or where the new values can't be predicted.
fn converted_rows(columns: &[String], tables: &Tables<'_>, value: &impl Fn(&Column) -> Value) -> Option<String> {
    let Tables { before, after, dialect, .. } = *tables;
    let facts = dialect.facts();
    if !tables.has(columns) || tables.keeps(columns) {
        return None;
    }
    let mut values = Vec::new();
    for name in columns {
        let columns = Pair::new(before.column(name)?.clone(), after.column(name)?.clone());
        if renames_values(&columns) {
            return None;
        }
        let quoted = facts.quoted(name);
        values.push(match whole((before, after), &columns.to, dialect, value) {
            Value::Unknown => return None,
            Value::Same => quoted,
            Value::Assigned(expr) | Value::Expr(expr) => format!("({expr}) AS {quoted}"),
        });
    }
    let table = facts.quoted_table(&before.name);
    Some(format!("(SELECT {} FROM {table}) AS {}", values.join(", "), facts.quoted(&before.name.name)))
}

fn rule(rule: &Keyed<'_>, tables: &Tables<'_>, value: &impl Fn(&Column) -> Value) -> Option<Guard> {
    let Tables { before, after, dialect, .. } = *tables;
    let facts = dialect.facts();
    let mut exprs = Vec::new();
    let mut all_same = true;
    for name in rule.columns {
        let column = after.column(name)?;
        let old = before.column(name);
        let mut expr = match whole((before, after), column, dialect, value) {
            Value::Unknown => return None,
            Value::Same | Value::Assigned(_) => facts.quoted(name),
            Value::Expr(expr) => {
                all_same = false;
                format!("({expr})")
            }
        };
        if facts.collations_equate && old.map(|old| &old.collation) != Some(&column.collation) {
            all_same &= old.is_some_and(|old| !equates_more(old, column, dialect));
            expr = match dialect {
                Dialect::Mysql => mysql::compared(&expr, column, Pair::new(before, after)).unwrap_or(expr),
                Dialect::Sqlite | Dialect::Postgres => {
                    let collation = column.collation.as_deref().or(facts.plain_collation);
                    collation.map(|collation| format!("{expr} COLLATE {collation}")).unwrap_or(expr)
                }
            };
        }
        exprs.push(expr);
    }
    (!all_same || rule.is_new).then(|| guard::alike(&before.name, rule.columns, &exprs, rule.counts_nulls, facts))
}

/// Returns a column's value, also of a computed column.
fn whole(
    (before, after): (&Table, &Table),
    column: &Column,
    dialect: Dialect,
    value: &impl Fn(&Column) -> Value,
) -> Value {
    let Some(generated) = &column.generated else { return value(column) };
    let reads_same = columns_in(dialect, &generated.expr).iter().all(|name| {
        let read = after.column(name).filter(|read| read.generated.is_none() && before.column(name).is_some());
        read.is_some_and(|read| match value(read) {
            Value::Same | Value::Assigned(_) => true,
            Value::Expr(_) | Value::Unknown => false,
        })
    });
    let is_old = before.column(&column.name).is_some_and(|old| old.generated == column.generated);
    match (reads_same, is_old) {
        (true, true) => Value::Same,
        (true, false) => Value::Expr(generated.expr.sql.clone()),
        (false, _) => Value::Unknown,
    }
}
