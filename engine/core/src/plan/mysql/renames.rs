//! Renamed columns on MySQL, which refuses to rename a column while a check, a computed column or an index over an
//! expression uses it. So the renaming statement drops these and adds them again. But MySQL copies no table while it
//! renames a column of a foreign key: there they are dropped before and added after. MariaDB renames them along.

use crate::dialect::Dialect;
use crate::diff::apply;
use crate::model::{Column, ForeignKey, MysqlServer, Pair, Rule, Schema, Table, TableName};
use crate::plan::{Algorithm, Algorithms, Clause, MysqlOperation, Operation, Stage, Step};
use crate::sql::columns_in;

use super::algorithm::{alteration, copied};

/// Returns the renames of a stage, each with what has to be dropped and added again on the server that it is planned
/// for.
pub(in crate::plan) fn renamed(renames: Vec<Step>, stage: &Stage) -> Vec<Step> {
    let mut schema = stage.before.clone();
    let mut steps = Vec::new();
    for (step, change) in renames.into_iter().zip(&stage.changes) {
        let before = schema.clone();
        apply(&mut schema, change, Dialect::Mysql);
        if let Operation::RenameColumn(table, names) = &step.operation {
            steps.extend(of_column(table, names, &before, &schema));
        } else {
            steps.push(step);
        }
    }
    steps
}

/// Plans one rename, in as many statements as it takes.
fn of_column(table: &TableName, names: &Pair<String>, before: &Schema, after: &Schema) -> Vec<Step> {
    let tables = before.tables.get(table).zip(after.tables.get(table));
    let is_in_key = is_in_key(before, table, &names.from);
    let rename = |beside: Vec<Clause>| {
        let algorithms = match beside.as_slice() {
            // MySQL can't change only the catalog where a foreign key has to follow.
            [] if is_in_key => Algorithms { mysql: Algorithm::InPlace, mariadb: Algorithm::Catalog },
            [] => Algorithms::same(Algorithm::Catalog),
            [_, ..] => Algorithms::same(Algorithm::Copy),
        };
        let hazards = if beside.is_empty() { Vec::new() } else { vec![copied(table)] };
        let operation = MysqlOperation::RenameColumn(table.clone(), names.clone(), beside, algorithms);
        Step { operation: operation.into(), hazards }
    };
    let Some((from, to)) = tables.filter(|_| before.server == Some(MysqlServer::Mysql)) else {
        return vec![rename(Vec::new())];
    };
    let beside = dependants(from, to);
    if beside.is_empty() || !is_in_key {
        return vec![rename(beside)];
    }
    let (mut first, mut last, mut stays) = (Vec::new(), Vec::new(), Vec::new());
    for clause in beside {
        match clause {
            Clause::Drop(_) => first.push(clause),
            Clause::Add(_) => last.push(clause),
            // Nothing restores what depends on a computed column.
            Clause::ModifyColumn(..)
            | Clause::AddColumn(..)
            | Clause::DropColumn(_)
            | Clause::DropIndex(_)
            | Clause::HideIndex(..)
            | Clause::Options(_)
            | Clause::Comment(_) => stays.push(clause),
        }
    }
    let altered = |table: &Table, clauses: Vec<Clause>| {
        (!clauses.is_empty()).then(|| alteration(before.server, table, clauses, Vec::new()))
    };
    altered(from, first).into_iter().chain([rename(stays)]).chain(altered(to, last)).collect()
}

/// Checks whether a column can't be renamed at all, because it is in a foreign key and a computed column reads it.
pub(in crate::plan) fn is_stuck(schema: &Schema, table: &TableName, column: &str) -> bool {
    let reads = |other: &Column| {
        let expr = other.generated.as_ref().map(|generated| &generated.expr);
        expr.is_some_and(|expr| columns_in(Dialect::Mysql, expr).contains(column))
    };
    let is_read = schema.tables.get(table).is_some_and(|table| table.columns.iter().any(reads));
    is_read && is_in_key(schema, table, column)
}

/// Checks whether a column is at either end of a foreign key.
fn is_in_key(schema: &Schema, table: &TableName, column: &str) -> bool {
    let has = |columns: &[String]| columns.iter().any(|own| own == column);
    let into = |key: &ForeignKey| key.references == *table && has(&key.referenced_columns);
    schema.tables.get(table).is_some_and(|table| table.rules.foreign_keys().any(|key| has(&key.columns)))
        || schema.tables.values().flat_map(|table| table.rules.foreign_keys()).any(into)
}

/// Returns the clauses that restate a table's rules and computed columns after a column was renamed.
fn dependants(before: &Table, after: &Table) -> Vec<Clause> {
    let mut clauses = Vec::new();
    let rules = before.rules.iter().zip(&after.rules).filter(|(old, new)| expressions(old) != expressions(new));
    for (old, new) in rules {
        clauses.push(Clause::Drop(old.clone()));
        clauses.push(Clause::Add(new.clone()));
    }
    let computed = |column: &Column| column.generated.as_ref().map(|generated| generated.expr.sql.clone());
    let columns = before.columns.iter().zip(&after.columns).filter(|(old, new)| computed(old) != computed(new));
    clauses.extend(columns.map(|(_, new)| Clause::ModifyColumn(new.clone(), Vec::new())));
    clauses
}

fn expressions(rule: &Rule) -> Vec<&str> {
    rule.expressions().into_iter().map(|expr| expr.sql.as_str()).collect()
}
