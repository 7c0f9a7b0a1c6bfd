//! Two schemas in one spelling, so that what still differs is a difference.
//!
//! Rules come first (one file per dialect). Then the database itself is asked about what they leave open, which is
//! the work of [`spelling`](crate::spelling): nothing here sends SQL. This folder decides how things are *spelled*,
//! never whether a difference matters. That is the work of [`diff`](crate::diff).

mod mysql;
mod names;
mod open_questions;
mod postgres;
mod sqlite;
mod views;

use crate::database::Database;
use crate::dialect::Dialect;
use crate::error::Result;
use crate::model::{Index, Pair, Schema, Table};
use crate::spelling::{Answer, Question, spelled};

/// Makes a live schema (`from`) and a declared one (`to`) comparable.
///
/// * Where names ignore case, the declared side takes the live side's spelling, and every reference on either side
///   takes the spelling of what it refers to. `renamed_from` follows too.
/// * A foreign key that names no columns gets those of the referenced primary key, where it is known.
/// * Declared primary key columns are not null.
/// * Every [`Expr::canonical`](crate::model::Expr::canonical) is in one spelling. Constant defaults become the value
///   that the column would hold, and a default of NULL becomes no default.
/// * What the dialect can state in two ways (collations, plain unique indexes, the rowid) is stated in one.
/// * A stock definition of what is a view in the database is removed: it only tells Diesel how to read the view.
/// * The database `asked` is asked about what these rules leave different. It has to have the types and functions
///   that both sides use, such as the scratch database that the live side was read from. Nothing stays in it.
///
/// Nothing else is left out, even where the declared side doesn't [speak](crate::model::Speaks) for it.
///
/// ```
/// use autogen_engine::database::Database;
/// use autogen_engine::dialect::Dialect;
/// use autogen_engine::model::{Column, DataType, Expr, Pair, Schema, Table, TableName};
/// use autogen_engine::normalize::comparable;
///
/// let schema = |table: &str, default: &str| {
///     let mut table = Table::new(TableName::new(table));
///     let mut column = Column::new("retired", DataType::Bool);
///     column.default = Some(Expr::new(default));
///     table.columns.push(column);
///     let mut schema = Schema::default();
///     schema.insert(table);
///     schema
/// };
/// let mut asked = Database::scratch(Dialect::Sqlite).unwrap();
/// let pair = comparable(Pair::new(schema("users", "FALSE"), schema("Users", "(0)")), &mut asked).unwrap();
/// let name = TableName::new("users");
/// let defaults = pair.map(|schema| schema.tables[&name].columns[0].default.clone().unwrap());
/// assert!(defaults.from.same_as(&defaults.to));
/// ```
///
/// # Errors
/// Returns `name-defined-twice` when one side has two tables, or two columns of a table, whose names are the same to
/// the database. Returns `view-in-the-way` when an `autogen::table!` has a view's name. Also returns the errors of
/// [`stored_values`](crate::spelling::stored_values) and [`spelled`].
pub fn comparable(pair: Pair<Schema>, asked: &mut Database) -> Result<Pair<Schema>> {
    comparable_asking(pair, asked.dialect(), |questions| spelled(asked, questions))
}

/// Makes two schemas comparable as [`comparable`] does, for a caller that has no database at hand. Calls `ask` only
/// when there is something to ask; `ask` has to answer as [`spelled`] does.
///
/// # Errors
/// Returns the errors of [`comparable`] and those of `ask`.
pub fn comparable_asking(
    pair: Pair<Schema>,
    dialect: Dialect,
    mut ask: impl FnMut(&[Question]) -> Result<Vec<Answer>>,
) -> Result<Pair<Schema>> {
    let ask = |questions: &[Question]| if questions.is_empty() { Ok(Vec::new()) } else { ask(questions) };
    let mut pair = names::aligned(views::left_out(pair, dialect)?, dialect)?;
    for table in pair.to.tables.values_mut() {
        let required = dialect.required_by_key(table);
        for column in table.columns.iter_mut().filter(|column| required.contains(&column.name)) {
            column.nullable = false;
        }
    }
    take_comments(&mut pair);
    match dialect {
        Dialect::Sqlite => sqlite::comparable(pair),
        Dialect::Postgres => postgres::comparable(pair, ask),
        Dialect::Mysql => mysql::comparable(pair, ask),
    }
}

/// Takes over a live comment where the declared one differs only in white space. A doc comment keeps no white space
/// at its ends or at the ends of its lines.
fn take_comments(pair: &mut Pair<Schema>) {
    let take = |declared: &mut Option<String>, live: &Option<String>| {
        let shown = |comment: &Option<String>| -> String {
            comment.iter().flat_map(|text| text.trim().lines()).map(|line| format!("{}\n", line.trim_end())).collect()
        };
        if declared != live && shown(declared) == shown(live) {
            declared.clone_from(live);
        }
    };
    for (name, found) in &mut pair.to.enums {
        if let Some(live) = pair.from.enums.get(name) {
            take(&mut found.comment, &live.comment);
        }
    }
    for table in pair.to.tables.values_mut() {
        let Some(live) = pair.from.tables.get(&table.name) else { continue };
        take(&mut table.comment, &live.comment);
        for column in &mut table.columns {
            if let Some(live) = live.column(&column.name) {
                take(&mut column.comment, &live.comment);
            }
        }
    }
}

/// Turns each plain unique index into a unique rule. A unique index over nothing but columns is the same thing,
/// however it was declared.
fn take_plain_unique_indexes(table: &mut Table) {
    for index in table.rules.take::<Index>() {
        match index.plain_unique() {
            Some(unique) => table.rules.push(unique),
            None => table.rules.push(index),
        }
    }
}
