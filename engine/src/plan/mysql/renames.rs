//! Renamed columns on MySQL, which lets nothing stand on one meanwhile: neither a check nor a computed column nor an
//! index over an expression. So these go and come in the statement that renames it; but no table is copied while a
//! column of a foreign key is renamed, so there they go before and come after. MariaDB renames along.

use crate::dialect::Dialect;
use crate::diff::apply;
use crate::model::{Column, ForeignKey, Index, IndexKey, MysqlServer, Rule, Schema, Table};
use crate::plan::{Clause, Operation, Stage, Step};

use super::algorithm::{alteration, copied};

/// The renames of a stage, with what has to go and come with each of them on the server that they are planned for.
pub(in crate::plan) fn with_dependants(renames: Vec<Step>, stage: &Stage) -> Vec<Step> {
    if stage.before.server != Some(MysqlServer::Mysql) {
        return renames;
    }
    let mut schema = stage.before.clone();
    let mut steps = Vec::new();
    for (step, change) in renames.into_iter().zip(&stage.changes) {
        let before = schema.clone();
        apply(&mut schema, change, Dialect::Mysql);
        steps.extend(with_own(step, &before, &schema));
    }
    steps
}

/// One rename, in as many statements as it takes.
fn with_own(mut step: Step, before: &Schema, after: &Schema) -> Vec<Step> {
    let Operation::RenameColumn(table, names, beside) = &mut step.operation else { return vec![step] };
    let (Some(from), Some(to)) = (before.tables.get(table), after.tables.get(table)) else { return vec![step] };
    *beside = dependants(from, to);
    if !is_in_key(before, from, &names.from) {
        step.hazards.extend((!beside.is_empty()).then(|| copied(from)));
        return vec![step];
    }
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for clause in std::mem::take(beside) {
        match clause {
            Clause::Drop(_) => first.push(clause),
            Clause::Add(_) => last.push(clause),
            // Nothing brings back what stands on a computed column.
            Clause::ModifyColumn(..)
            | Clause::AddColumn(..)
            | Clause::DropColumn(_)
            | Clause::DropIndex(_)
            | Clause::Options(_)
            | Clause::Comment(_) => beside.push(clause),
        }
    }
    let altered =
        |table: &Table, clauses: Vec<Clause>| (!clauses.is_empty()).then(|| alteration(table, clauses, Vec::new()));
    altered(from, first).into_iter().chain([step]).chain(altered(to, last)).collect()
}

/// Whether a foreign key begins or ends at a column.
fn is_in_key(schema: &Schema, table: &Table, column: &str) -> bool {
    let has = |columns: &[String]| columns.iter().any(|own| own == column);
    let into = |key: &ForeignKey| key.references == table.name && has(&key.referenced_columns);
    table.foreign_keys.iter().any(|key| has(&key.columns))
        || schema.tables.values().flat_map(|table| &table.foreign_keys).any(into)
}

/// What a table says in other words once a column has another name.
fn dependants(before: &Table, after: &Table) -> Vec<Clause> {
    let mut clauses = Vec::new();
    let checks = before.checks.iter().zip(&after.checks).filter(|(old, new)| old.expr.sql != new.expr.sql);
    for (old, new) in checks {
        clauses.push(Clause::Drop(Rule::Check(old.clone())));
        clauses.push(Clause::Add(Rule::Check(new.clone())));
    }
    let indexes = before.indexes.iter().zip(&after.indexes).filter(|(old, new)| expressions(old) != expressions(new));
    for (old, new) in indexes {
        clauses.push(Clause::Drop(Rule::Index(old.clone())));
        clauses.push(Clause::Add(Rule::Index(new.clone())));
    }
    let computed = |column: &Column| column.generated.as_ref().map(|generated| generated.expr.sql.clone());
    let columns = before.columns.iter().zip(&after.columns).filter(|(old, new)| computed(old) != computed(new));
    clauses.extend(columns.map(|(_, new)| Clause::ModifyColumn(new.clone(), Vec::new())));
    clauses
}

fn expressions(index: &Index) -> Vec<&str> {
    let keys = index.columns.iter().map(|column| &column.key);
    keys.filter_map(|key| if let IndexKey::Expr(expr) = key { Some(expr.sql.as_str()) } else { None }).collect()
}
