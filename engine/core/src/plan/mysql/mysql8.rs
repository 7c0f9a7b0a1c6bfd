//! Alterations that MySQL's InnoDB does by copying or working through a table, where MariaDB's only changes the
//! catalog. Each was tried on 9.7.

use crate::dialect::Dialect;
use crate::model::{Column, DataType, Index, IndexKey, MysqlServer, Rule, Table, TableOptions};
use crate::plan::{Algorithm, Clause};
use crate::sql::mysql::values;

use super::algorithm::{self, characters};
use super::generated::is_virtual;

/// Returns the cheapest algorithm that can run all clauses of one statement.
pub(super) fn least(before: &Table, clauses: &[Clause]) -> Algorithm {
    let worst = clauses.iter().map(|clause| of_clause(before, clause)).max().unwrap_or(Algorithm::Catalog);
    let worst = worst.max(of_expressions(before, clauses)).max(of_virtual_columns(before, clauses));
    let drops =
        |clause: &Clause| matches!(clause, Clause::DropColumn(name) if before.column(name).is_some_and(is_virtual));
    let adds = |clause: &Clause| matches!(clause, Clause::AddColumn(new, ..) if !is_virtual(new));
    // A column that is computed on reading can't be dropped while a stored one is added.
    if clauses.iter().any(drops) && clauses.iter().any(adds) { Algorithm::Copy } else { worst }
}

fn of_clause(before: &Table, clause: &Clause) -> Algorithm {
    match clause {
        Clause::AddColumn(new, ..) if has_expression_default(new) => Algorithm::Copy,
        Clause::ModifyColumn(to, _) => match before.column(&to.name) {
            Some(from) if from.auto_increment && !to.auto_increment => Algorithm::Copy,
            Some(from) if needs_another_length(before, from, to) => Algorithm::Copy,
            Some(from) if is_longer(from, to) => Algorithm::InPlace,
            Some(_) | None => Algorithm::Catalog,
        },
        Clause::Drop(Rule::ForeignKey(_) | Rule::Unique(_) | Rule::Index(_))
        | Clause::DropIndex(_)
        | Clause::HideIndex(..)
        | Clause::Comment(_) => Algorithm::InPlace,
        Clause::AddColumn(..) | Clause::DropColumn(_) | Clause::Add(_) | Clause::Drop(_) | Clause::Options(_) => {
            Algorithm::Catalog
        }
    }
}

/// Returns the algorithm that columns which are computed on reading take. They come and go in the catalog where
/// everything beside them does, and otherwise without a copy only with nothing but plain indexes.
fn of_virtual_columns(before: &Table, clauses: &[Clause]) -> Algorithm {
    let is_of_catalog = |clause: &Clause| {
        let worst = of_clause(before, clause).max(algorithm::of_clause(MysqlServer::Mysql, before, clause, clauses));
        worst == Algorithm::Catalog
    };
    let goes_along = |clause: &Clause| is_of_virtual(before, clause) || is_of_plain_index(clause);
    let has_one = clauses.iter().any(|clause| is_of_virtual(before, clause));
    let needs_copy = has_one && !clauses.iter().all(is_of_catalog) && !clauses.iter().all(goes_along);
    if needs_copy { Algorithm::Copy } else { Algorithm::Catalog }
}

/// Checks whether a clause adds or drops a column that is computed on reading.
fn is_of_virtual(before: &Table, clause: &Clause) -> bool {
    match clause {
        Clause::AddColumn(new, ..) => is_virtual(new),
        Clause::DropColumn(name) => before.column(name).is_some_and(is_virtual),
        Clause::ModifyColumn(..)
        | Clause::Add(_)
        | Clause::Drop(_)
        | Clause::DropIndex(_)
        | Clause::HideIndex(..)
        | Clause::Options(_)
        | Clause::Comment(_) => false,
    }
}

/// Checks whether a clause adds or drops an index that is neither unique nor of a kind of its own.
fn is_of_plain_index(clause: &Clause) -> bool {
    match clause {
        Clause::Add(Rule::Index(index)) => !index.unique && index.method.is_none(),
        Clause::Drop(Rule::Index(_)) | Clause::DropIndex(_) => true,
        Clause::AddColumn(..)
        | Clause::DropColumn(_)
        | Clause::ModifyColumn(..)
        | Clause::Add(_)
        | Clause::Drop(_)
        | Clause::HideIndex(..)
        | Clause::Options(_)
        | Clause::Comment(_) => false,
    }
}

/// Returns the algorithm that the indexes over expressions take. Each has a hidden column that is computed on reading,
/// and such columns come and go together with nothing but plain indexes. A second one comes only by a copy.
fn of_expressions(before: &Table, clauses: &[Clause]) -> Algorithm {
    let is_held = |name: &str| {
        before.rules.indexes().any(|index| index.name.as_deref() == Some(name) && is_over_expression(index))
    };
    let comes = |clause: &Clause| matches!(clause, Clause::Add(Rule::Index(index)) if is_over_expression(index));
    let goes = |clause: &Clause| match clause {
        Clause::DropIndex(name) => is_held(name),
        Clause::Drop(Rule::Index(index)) => is_over_expression(index),
        Clause::AddColumn(..)
        | Clause::DropColumn(_)
        | Clause::ModifyColumn(..)
        | Clause::Add(_)
        | Clause::Drop(_)
        | Clause::HideIndex(..)
        | Clause::Options(_)
        | Clause::Comment(_) => false,
    };
    let (has, adds) = (before.rules.indexes().any(is_over_expression), clauses.iter().any(comes));
    if adds || clauses.iter().any(goes) {
        return match (clauses.iter().all(is_of_plain_index), adds, has) {
            (false, _, _) | (true, true, true) => Algorithm::Copy,
            (true, true, false) => Algorithm::InPlaceReading,
            (true, false, _) => Algorithm::InPlace,
        };
    }
    match has && clauses.iter().any(|clause| is_of_virtual(before, clause)) {
        true => Algorithm::Copy,
        false => Algorithm::Catalog,
    }
}

fn is_over_expression(index: &Index) -> bool {
    index.columns.iter().any(|key| matches!(key.key, IndexKey::Expr(_)))
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

/// Returns the type of a column's own words, which Diesel may read as another.
fn stored_type(column: &Column) -> DataType {
    Dialect::Mysql.data_type(&Dialect::Mysql.column_type(column, &TableOptions::default()))
}

/// Checks whether a column gets longer values. It doesn't where a list of values only gets more of them.
fn is_longer(from: &Column, to: &Column) -> bool {
    let spelled = Dialect::Mysql.column_type(to, &TableOptions::default());
    let is_short = values(&spelled).is_some() || matches!(stored_type(to), DataType::Bool | DataType::TinyInt);
    stored_type(from) != stored_type(to) && !is_short
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
    match (&stored_type(from), &stored_type(to), width) {
        (DataType::Varchar(Some(from)), DataType::Varchar(Some(to)), Some(width)) => {
            width * from <= 255 && width * to > 255
        }
        (DataType::Varchar(Some(from)), DataType::Varchar(Some(to)), None) => from < to,
        (_, _, _) => false,
    }
}
