//! What MySQL's InnoDB copies or works through where MariaDB's has only to note it, each tried on 9.7.

use crate::dialect::Dialect;
use crate::model::{Column, DataType, MysqlServer, Rule, Table, TableOptions};
use crate::plan::{Algorithm, Clause, MysqlOperation, Operation, Stage, Step};

use super::algorithm::{characters, copied};

/// Raises the algorithms of steps to what MySQL needs, where the plan is for MySQL.
pub(super) fn as_the_server_does(steps: Vec<Step>, stage: &Stage) -> Vec<Step> {
    if stage.before.server != Some(MysqlServer::Mysql) {
        return steps;
    }
    steps.into_iter().map(|step| with_least_algorithm(step, stage)).collect()
}

fn with_least_algorithm(mut step: Step, stage: &Stage) -> Step {
    let Operation::Mysql(MysqlOperation::AlterTable(name, clauses, algorithm)) = &mut step.operation else {
        return step;
    };
    let Some(before) = stage.before.tables.get(name) else { return step };
    let least = clauses.iter().map(|clause| least(before, clause, clauses)).max().unwrap_or(Algorithm::Catalog);
    if least > *algorithm {
        *algorithm = least;
        step.hazards.extend((least == Algorithm::Copy).then(|| copied(before)));
    }
    step
}

/// What a clause takes at least.
fn least(before: &Table, clause: &Clause, all: &[Clause]) -> Algorithm {
    match clause {
        Clause::AddColumn(new, ..) if has_expression_default(new) => Algorithm::Copy,
        Clause::ModifyColumn(to, _) => match before.column(&to.name) {
            Some(from) if from.auto_increment && !to.auto_increment => Algorithm::Copy,
            Some(from) if needs_another_length(before, from, to) => Algorithm::Copy,
            Some(from) if from.data_type != to.data_type => Algorithm::InPlace,
            Some(_) | None => Algorithm::Catalog,
        },
        Clause::Drop(Rule::ForeignKey(_) | Rule::Unique(_) | Rule::Index(_)) | Clause::DropIndex(_) => {
            Algorithm::InPlace
        }
        // By itself it is only noted.
        Clause::Comment(_) if all.len() > 1 => Algorithm::InPlace,
        Clause::AddColumn(..)
        | Clause::DropColumn(_)
        | Clause::Add(_)
        | Clause::Drop(_)
        | Clause::Options(_)
        | Clause::Comment(_) => Algorithm::Catalog,
    }
}

/// Whether a new column's default is an expression. Texts and blobs take no other kind.
fn has_expression_default(new: &Column) -> bool {
    let spelled = Dialect::Mysql.column_type(new, &TableOptions::default()).to_ascii_lowercase();
    let is_long = ["text", "blob", "json"].iter().any(|word| spelled.ends_with(word));
    // The moment is one for all rows.
    let is_moment = |sql: &str| sql.to_ascii_lowercase().starts_with("current_timestamp");
    let is_plain = |sql: &str| is_moment(sql) || Dialect::Mysql.is_literal(sql);
    new.default.as_ref().is_some_and(|default| is_long || !is_plain(&default.sql))
}

/// Whether a text's length takes one byte before and two after.
fn needs_another_length(table: &Table, from: &Column, to: &Column) -> bool {
    // Bytes of a letter, at most; those of rarer sets aren't counted, and a copy is announced.
    let width = match characters(table, to) {
        "utf8mb4" => Some(4),
        "utf8mb3" | "utf8" => Some(3),
        "latin1" | "ascii" => Some(1),
        _rarer => None,
    };
    match (&from.data_type, &to.data_type, width) {
        (DataType::Varchar(Some(from)), DataType::Varchar(Some(to)), Some(width)) => {
            width * from <= 255 && width * to > 255
        }
        (DataType::Varchar(Some(from)), DataType::Varchar(Some(to)), None) => from < to,
        (_, _, _) => false,
    }
}
