//! Two schemas in one spelling, so that what still differs is a difference.
//!
//! Rules come first (one file per dialect), then the database itself is asked about what they leave
//! open, which is [`scratch`](crate::scratch)'s work: nothing here sends SQL. This folder decides how things are *spelled*, never whether a difference matters: that's
//! [`diff`](crate::diff)'s work.

mod brackets;
mod mysql;
mod names;
mod open_questions;
mod postgres;
mod sqlite;
mod views;

use std::collections::{BTreeMap, BTreeSet};

use crate::database::Database;
use crate::dialect::Dialect;
use crate::dialect::text::Kind;
use crate::error::Result;
use crate::model::{Expr, Index, IndexKey, Pair, Rule, Schema, Table, TableName};
use crate::scratch::{Answer, Question, spelled};

/// Makes a live schema (`from`) and a declared one (`to`) comparable.
///
/// * Where names ignore case, the declared side takes the live side's spelling, and every reference
///   on either side takes the spelling of what it refers to. `renamed_from` follows too.
/// * A foreign key that names no columns gets those of the referenced primary key, where it is known.
/// * Declared primary key columns are not null.
/// * Every [`Expr::canonical`] is in one spelling; constant defaults are the value that the column
///   would hold, and a default of NULL is no default.
/// * What the dialect calls the same in two ways (collations, plain unique indexes, the rowid) is
///   said in one.
/// * A stock definition of what is a view in the database goes: it tells Diesel how to read it.
/// * What these rules leave different is asked of the database `asked`, which has to have the types and
///   functions that both sides use: the scratch database that the live side was read from, say.
///   Nothing stays in it.
///
/// Nothing else is left out, also where the declared side doesn't [speak](crate::model::Speaks) for it.
///
/// ```
/// use autogen::database::Database;
/// use autogen::dialect::Dialect;
/// use autogen::model::{Column, DataType, Expr, Pair, Schema, Table, TableName};
/// use autogen::normalize::comparable;
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
/// `name-defined-twice` when one side has two tables, or two columns of a table, whose names are one
/// to the database; `view-in-the-way` when an `autogen::table!` has a view's name; whatever [`stored_values`](crate::scratch::stored_values) and
/// [`spelled`] say.
pub fn comparable(pair: Pair<Schema>, asked: &mut Database) -> Result<Pair<Schema>> {
    comparable_asking(pair, asked.dialect(), |questions| spelled(asked, questions))
}

/// The same as [`comparable`] for whoever has no database at hand: `ask` is called when there is something
/// to ask, and answers as [`spelled`] does.
///
/// # Errors
/// As [`comparable`], and whatever `ask` says.
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

/// An expression in the spelling that comparisons use, as far as it can be known without its table.
///
/// ```
/// use autogen::dialect::Dialect;
/// use autogen::normalize::canonical;
/// let canonical = |sql| canonical(Dialect::Sqlite, sql);
/// assert_eq!(canonical("((A) >0) AND ([b]==1)"), r#""a" > 0 AND "b" = 1"#);
/// assert_ne!(canonical("(a OR b) AND c"), canonical("a OR b AND c"));
/// ```
pub fn canonical(dialect: Dialect, sql: &str) -> String {
    match dialect {
        Dialect::Sqlite => sqlite::canonical(sql),
        Dialect::Postgres => postgres::canonical(sql),
        Dialect::Mysql => mysql::canonical(sql),
    }
}

/// The names that an expression uses as columns, unquoted.
///
/// ```
/// use autogen::dialect::Dialect;
/// use autogen::model::Expr;
/// use autogen::normalize::columns_in;
/// let expr = Expr::new(r#"length("the name") > 0 AND kind <> 'x'"#);
/// let columns = columns_in(Dialect::Sqlite, &expr);
/// assert!(columns.iter().eq(["kind", "the name"]));
/// ```
pub fn columns_in(dialect: Dialect, expr: &Expr) -> BTreeSet<String> {
    match dialect {
        Dialect::Sqlite => sqlite::columns_in(&expr.sql),
        Dialect::Postgres => postgres::columns_in(&expr.sql),
        Dialect::Mysql => mysql::columns_in(&expr.sql),
    }
}

/// Every word and name in a piece of SQL, in lower case; `None` where it isn't made of tokens.
pub(crate) fn names_in(dialect: Dialect, sql: &str) -> Option<BTreeSet<String>> {
    let tokens = dialect.tokens(sql)?;
    let names = tokens.iter().filter(|token| matches!(token.kind, Kind::Word | Kind::Quoted));
    Some(names.map(|token| dialect.unquoted(&sql[token.span.clone()]).to_lowercase()).collect())
}

/// An expression with columns renamed, all at once: names may be swapped. The rest of its text stays
/// as it was written.
///
/// ```
/// use autogen::dialect::Dialect;
/// use autogen::model::Expr;
/// use autogen::normalize::rename_columns;
/// let renames = [("note".to_owned(), "remark".to_owned())].into();
/// let renamed = rename_columns(Dialect::Sqlite, &Expr::new("Note <> 'note' /* note */"), &renames);
/// assert_eq!(renamed.sql, "remark <> 'note' /* note */");
/// ```
pub fn rename_columns(dialect: Dialect, expr: &Expr, renames: &BTreeMap<String, String>) -> Expr {
    match dialect {
        Dialect::Sqlite => sqlite::rename_columns(expr, renames),
        Dialect::Postgres => postgres::rename_columns(expr, renames),
        Dialect::Mysql => mysql::rename_columns(expr, renames),
    }
}

/// An expression with a type renamed wherever something is cast to it; on databases without named types,
/// the expression as it is.
pub(crate) fn rename_type(dialect: Dialect, expr: &Expr, names: &Pair<TableName>) -> Expr {
    match dialect {
        Dialect::Sqlite | Dialect::Mysql => expr.clone(),
        Dialect::Postgres => postgres::rename_type(expr, names),
    }
}

/// An expression with a value of an enumerated type renamed, where such types have names.
pub(crate) fn rename_enum_value(dialect: Dialect, expr: &Expr, name: &TableName, values: &Pair<String>) -> Expr {
    match dialect {
        Dialect::Sqlite | Dialect::Mysql => expr.clone(),
        Dialect::Postgres => postgres::rename_enum_value(expr, name, values),
    }
}

/// Whether SQL may use a value of an enumerated type, as a literal or in one.
pub(crate) fn mentions_value(dialect: Dialect, sql: &str, value: &str) -> bool {
    match dialect {
        Dialect::Sqlite | Dialect::Mysql => false,
        Dialect::Postgres => postgres::mentions(sql, value),
    }
}

/// The expressions of an index: its keys' and its condition.
pub(crate) fn expressions_of_index(index: &Index) -> impl Iterator<Item = &Expr> {
    let keys = index.columns.iter().filter_map(|column| match &column.key {
        IndexKey::Expr(expr) => Some(expr),
        IndexKey::Column(_) => None,
    });
    keys.chain(&index.predicate)
}

/// Every column that an index stands on, in keys, expressions and condition.
pub fn index_columns(index: &Index, dialect: Dialect) -> BTreeSet<String> {
    let of_expr = |expr: &Expr| columns_in(dialect, expr);
    let mut columns: BTreeSet<String> = index.predicate.as_ref().map(of_expr).unwrap_or_default();
    columns.extend(index.include.iter().cloned());
    for column in &index.columns {
        match &column.key {
            IndexKey::Column(name) => {
                columns.insert(name.clone());
            }
            IndexKey::Expr(expr) => columns.extend(of_expr(expr)),
        }
    }
    columns
}

/// Returns the expressions that a rule consists of: none where it only names columns.
pub(crate) fn rule_expressions(rule: &Rule) -> Vec<&Expr> {
    match rule {
        Rule::Index(index) => expressions_of_index(index).collect(),
        Rule::Check(check) => vec![&check.expr],
        Rule::Exclusion(exclusion) => expressions_of_index(&exclusion.index).collect(),
        Rule::PrimaryKey(_) | Rule::Unique(_) | Rule::ForeignKey(_) => Vec::new(),
    }
}

/// Returns every column of its own table that a rule stands on.
pub fn rule_columns(rule: &Rule, dialect: Dialect) -> BTreeSet<String> {
    match rule {
        Rule::PrimaryKey(key) => key.columns.iter().cloned().collect(),
        Rule::Unique(unique) => unique.columns.iter().cloned().collect(),
        Rule::Index(index) => index_columns(index, dialect),
        Rule::ForeignKey(key) => key.columns.iter().cloned().collect(),
        Rule::Check(check) => columns_in(dialect, &check.expr),
        Rule::Exclusion(exclusion) => index_columns(&exclusion.index, dialect),
    }
}

/// A whole statement with a table or column renamed, wherever its name stands. Meant for triggers,
/// whose text no definition holds: what the database makes of a renamed trigger is looked at when
/// the migration is proven.
///
/// ```
/// use autogen::dialect::Dialect;
/// use autogen::normalize::rename_words;
/// let renamed = rename_words(Dialect::Sqlite, "DELETE FROM old WHERE new.x = 'old'", "old", "young");
/// assert_eq!(renamed, "DELETE FROM young WHERE new.x = 'old'");
/// ```
pub fn rename_words(dialect: Dialect, sql: &str, from: &str, to: &str) -> String {
    match dialect {
        Dialect::Sqlite => sqlite::rename_words(sql, from, to),
        Dialect::Postgres => postgres::rename_words(sql, from, to),
        Dialect::Mysql => mysql::rename_words(sql, from, to),
    }
}

/// A table's expressions that speak of its columns: all but the defaults, which can't.
pub(crate) fn expressions_over_rows(table: &mut Table) -> impl Iterator<Item = &mut Expr> {
    let generated = table.columns.iter_mut().filter_map(|column| column.generated.as_mut());
    let rules = table.rules.iter_mut().flat_map(Rule::expressions_mut);
    generated.map(|generated| &mut generated.expr).chain(rules)
}

/// A doc comment keeps no white space at its ends and at those of its lines: the live one stays where that is all
/// that differs.
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
    for (name, table) in &mut pair.to.tables {
        let Some(live) = pair.from.tables.get(name) else { continue };
        take(&mut table.comment, &live.comment);
        for column in &mut table.columns {
            if let Some(live) = live.column(&column.name) {
                take(&mut column.comment, &live.comment);
            }
        }
    }
}

/// A unique index over nothing but columns is a unique rule, in whatever words it was declared.
fn take_plain_unique_indexes(table: &mut Table) {
    for index in table.rules.take::<Index>() {
        match index.plain_unique() {
            Some(unique) => table.rules.push(unique),
            None => table.rules.push(index),
        }
    }
}
