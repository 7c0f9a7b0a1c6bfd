//! The rules, one file each, in the order of the documentation: what is lost or stops, what others wait for, what fails,
//! what a running program doesn't bear; and, off unless a host wants them, matters of taste.

mod blocks_reading;
mod concurrent_in_transaction;
mod drop_cascade;
mod drop_column;
mod drop_not_null;
mod drop_table;
mod enum_value_in_transaction;
mod if_exists;
mod implicit_commit;
mod index_not_concurrent;
mod irreversible;
mod lock_timeout;
mod long_name;
mod long_transaction;
mod new_check;
mod new_foreign_key;
mod new_unique;
mod no_where;
mod not_null;
mod pragma_in_transaction;
mod prefer_bigint;
mod prefer_identity;
mod prefer_text;
mod prefer_timestamptz;
mod rebuild;
mod rebuild_loses;
mod refused_column;
mod rename_column;
mod rename_table;
mod several_locks;
mod table_rewrite;
mod transaction_control;
mod truncate;
mod unnamed_constraint;
mod validate_in_transaction;

use std::ops::Range;

use super::context::{Context, Step};
use super::own::Source;
use super::{Down, Level, Remark, Rule, Way};
use crate::dialect::Dialect;
use crate::model::TableName;
use crate::sql::ddl::{Action, Alteration, NewColumn, is_same};

/// Every rule, in the order of the documentation.
pub const RULES: &[Rule] = &[
    drop_table::RULE,
    drop_column::RULE,
    truncate::RULE,
    no_where::RULE,
    drop_cascade::RULE,
    rebuild_loses::RULE,
    not_null::RULE,
    new_unique::RULE,
    new_check::RULE,
    new_foreign_key::RULE,
    table_rewrite::RULE,
    rebuild::RULE,
    irreversible::RULE,
    index_not_concurrent::RULE,
    blocks_reading::RULE,
    several_locks::RULE,
    long_transaction::RULE,
    validate_in_transaction::RULE,
    concurrent_in_transaction::RULE,
    enum_value_in_transaction::RULE,
    transaction_control::RULE,
    pragma_in_transaction::RULE,
    refused_column::RULE,
    rename_table::RULE,
    rename_column::RULE,
    drop_not_null::RULE,
    long_name::RULE,
    lock_timeout::RULE,
    implicit_commit::RULE,
    if_exists::RULE,
    unnamed_constraint::RULE,
    prefer_identity::RULE,
    prefer_text::RULE,
    prefer_timestamptz::RULE,
    prefer_bigint::RULE,
];

const SQLITE: &[Dialect] = &[Dialect::Sqlite];
const POSTGRES: &[Dialect] = &[Dialect::Postgres];
const MYSQL: &[Dialect] = &[Dialect::Mysql];
const SERVERS: &[Dialect] = &[Dialect::Postgres, Dialect::Mysql];
const ALL: &[Dialect] = Dialect::ALL;

/// A column that a table with rows gets, with its place.
struct Added<'c> {
    table: &'c TableName,
    column: &'c NewColumn,
    span: &'c Range<usize>,
}

/// Lists the columns that tables with rows get.
fn added<'c>(context: &'c Context<'_>) -> impl Iterator<Item = Added<'c>> {
    context.alterations_of_old().filter_map(|(_, altered, span, alteration)| match alteration {
        Alteration::AddColumn { column, .. } => Some(Added { table: &altered.name, column, span }),
        _ => None,
    })
}

/// Lists the columns that a script defines, new tables' too.
fn defined<'c>(context: &'c Context<'_>) -> impl Iterator<Item = &'c NewColumn> {
    let of_tables = context.steps.iter().flat_map(|step| match &step.parsed.action {
        Action::CreateTable(table) => table.columns.as_slice(),
        _ => &[],
    });
    let altered = context.alterations().filter_map(|(_, _, _, alteration)| match alteration {
        Alteration::AddColumn { column, .. } | Alteration::Redefine { column, .. } => Some(column),
        _ => None,
    });
    of_tables.chain(altered)
}

/// Lists the tables with rows that a statement locks on PostgreSQL so that nobody else can read them.
fn locked(step: &Step) -> Vec<&TableName> {
    let tables: Vec<&TableName> = match &step.parsed.action {
        Action::AlterTable(table) => {
            let is_strong = |alteration: &Alteration| match alteration {
                Alteration::Validate(_) | Alteration::AttachPartition(_) => false,
                Alteration::DetachPartition { concurrently } => !concurrently,
                Alteration::AddConstraint(constraint) => !constraint.is_foreign_key(),
                _ => true,
            };
            let is_locked = table.alterations.iter().any(|(_, alteration)| is_strong(alteration));
            if is_locked { vec![&table.name] } else { Vec::new() }
        }
        Action::Drop { kind, names, .. } if kind == "table" => names.iter().collect(),
        Action::Truncate { tables, .. } | Action::LockTables(tables) => tables.iter().collect(),
        _ => Vec::new(),
    };
    tables.into_iter().filter(|table| step.is_old(table)).collect()
}

/// Finds the copies of a table's rows into one that the script has made: what is dropped then isn't lost. Each with the position of
/// the statement that copies.
fn copies<'c>(context: &'c Context<'_>) -> impl Iterator<Item = (usize, &'c TableName, &'c TableName)> {
    context.steps.iter().enumerate().filter_map(|(at, step)| match &step.parsed.action {
        Action::Insert { table, from: Some(from) } if !step.is_old(table) => Some((at, from, table)),
        _ => None,
    })
}

/// Checks whether a table that is dropped by a statement was made anew: its rows stand in another one, which has or gets its name.
fn is_made_anew(context: &Context<'_>, at: usize, table: &TableName) -> bool {
    let renames = |step: &Step, from: &TableName, to: &TableName| match &step.parsed.action {
        Action::RenameTables(pairs) => pairs.iter().any(|(old, new)| is_same(old, from) && is_same(new, to)),
        Action::AlterTable(altered) => {
            let is_it = |alteration: &Alteration| matches!(alteration, Alteration::RenameTable(new) if new.name.eq_ignore_ascii_case(&to.name));
            is_same(&altered.name, from) && altered.alterations.iter().any(|(_, alteration)| is_it(alteration))
        }
        _ => false,
    };
    copies(context).filter(|(copied, from, _)| *copied < at && is_same(from, table)).any(|(copied, from, to)| {
        let (before, after) = context.steps.split_at(copied);
        after.iter().any(|step| renames(step, to, from)) || before.iter().any(|step| renames(step, to, from))
    })
}

/// Returns the functions that an expression calls, lower case, without schema.
fn functions(expression: &str) -> Vec<String> {
    let mut found = Vec::new();
    // What is between quotes is a text.
    let expression: String = expression.split('\'').step_by(2).collect::<Vec<_>>().join("''");
    for (at, _) in expression.match_indices('(') {
        let before = &expression[..at];
        let start = before.rfind(|letter: char| !(letter.is_alphanumeric() || letter == '_')).map_or(0, |end| end + 1);
        let name = before[start..].trim_matches('"').to_lowercase();
        if !name.is_empty() && !name.starts_with(|letter: char| letter.is_ascii_digit()) {
            found.push(name);
        }
    }
    found
}
