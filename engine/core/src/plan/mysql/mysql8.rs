//! Alterations that MySQL's InnoDB does by copying or working through a table, where MariaDB's only changes the
//! catalog. Each was tried on 9.7.

use crate::dialect::Dialect;
use crate::model::{Column, DataType, Rule, Table, TableOptions};
use crate::plan::{Algorithm, Clause};
use crate::sql::mysql::values;

use super::algorithm::characters;
use super::generated::is_virtual;

/// Returns the cheapest algorithm that can run all clauses of one statement.
pub(super) fn least(before: &Table, clauses: &[Clause]) -> Algorithm {
    let worst = clauses.iter().map(|clause| of_clause(before, clause, clauses)).max().unwrap_or(Algorithm::Catalog);
    let drops =
        |clause: &Clause| matches!(clause, Clause::DropColumn(name) if before.column(name).is_some_and(is_virtual));
    let adds = |clause: &Clause| matches!(clause, Clause::AddColumn(new, ..) if !is_virtual(new));
    // A column that is computed on reading can't be dropped while a stored one is added.
    if clauses.iter().any(drops) && clauses.iter().any(adds) { Algorithm::Copy } else { worst }
}

fn of_clause(before: &Table, clause: &Clause, all: &[Clause]) -> Algorithm {
    match clause {
        Clause::AddColumn(new, ..) if has_expression_default(new) => Algorithm::Copy,
        Clause::ModifyColumn(to, _) => match before.column(&to.name) {
            Some(from) if from.auto_increment && !to.auto_increment => Algorithm::Copy,
            Some(from) if needs_another_length(before, from, to) => Algorithm::Copy,
            Some(from) if is_longer(from, to) => Algorithm::InPlace,
            Some(_) | None => Algorithm::Catalog,
        },
        Clause::Drop(Rule::ForeignKey(_) | Rule::Unique(_) | Rule::Index(_)) | Clause::DropIndex(_) => {
            Algorithm::InPlace
        }
        // Alone it only changes the catalog.
        Clause::Comment(_) if all.len() > 1 => Algorithm::InPlace,
        Clause::AddColumn(..)
        | Clause::DropColumn(_)
        | Clause::Add(_)
        | Clause::Drop(_)
        | Clause::Options(_)
        | Clause::Comment(_) => Algorithm::Catalog,
    }
}

/// Checks whether a new column's default is an expression. Texts and blobs accept no other kind.
fn has_expression_default(new: &Column) -> bool {
    let spelled = Dialect::Mysql.column_type(new, &TableOptions::default()).to_ascii_lowercase();
    let is_long = ["text", "blob", "json"].iter().any(|word| spelled.ends_with(word));
    // The current time is the same for all rows.
    let is_moment = |sql: &str| sql.to_ascii_lowercase().starts_with("current_timestamp");
    let is_plain = |sql: &str| is_moment(sql) || Dialect::Mysql.is_literal(sql);
    new.default.as_ref().is_some_and(|default| is_long || !is_plain(&default.sql))
}

/// Checks whether a column gets longer values. It doesn't where a list of values only gets more of them.
fn is_longer(from: &Column, to: &Column) -> bool {
    let is_short = |column: &Column| {
        let spelled = Dialect::Mysql.column_type(column, &TableOptions::default());
        values(&spelled).is_some() || matches!(column.data_type, DataType::Bool | DataType::TinyInt)
    };
    from.data_type != to.data_type && !is_short(to)
}

/// Checks whether a text's length takes one byte before and two after.
fn needs_another_length(table: &Table, from: &Column, to: &Column) -> bool {
    // The maximum bytes of a letter. Those of rarer character sets aren't known, so a copy is announced.
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
