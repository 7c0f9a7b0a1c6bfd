//! Types, values and expressions to choose from.

use autogen_engine::dialect::Dialect;
use autogen_engine::model::{Column, DataType};

use super::recipe::Pick;

/// Every type of Diesel's SQLite backend.
pub(super) fn data_type(pick: Pick) -> DataType {
    let types = [
        DataType::Integer,
        DataType::Text,
        DataType::Varchar(Some(20)),
        DataType::Bool,
        DataType::SmallInt,
        DataType::BigInt,
        DataType::Float,
        DataType::Double,
        DataType::Numeric(None),
        DataType::Numeric(Some((10, 2))),
        DataType::Varchar(Some(64)),
        DataType::Char(Some(8)),
        DataType::Binary,
        DataType::Date,
        DataType::Time,
        DataType::Timestamp,
        DataType::Timestamptz,
        DataType::Json,
        DataType::Jsonb,
    ];
    chosen(&types, pick)
}

/// What values a type holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Truth,
    Whole,
    Real,
    Text,
    Bytes,
    Date,
    Time,
    Moment,
}

pub(super) fn class(data_type: &DataType) -> Class {
    match data_type {
        DataType::Bool => Class::Truth,
        DataType::TinyInt | DataType::SmallInt | DataType::Integer | DataType::BigInt | DataType::Unsigned(_) => {
            Class::Whole
        }
        DataType::Float | DataType::Double | DataType::Numeric(_) => Class::Real,
        DataType::Binary | DataType::Jsonb => Class::Bytes,
        DataType::Date => Class::Date,
        DataType::Time => Class::Time,
        DataType::Timestamp | DataType::Timestamptz => Class::Moment,
        DataType::Text
        | DataType::Varchar(_)
        | DataType::Char(_)
        | DataType::Json
        | DataType::Uuid
        | DataType::Interval
        | DataType::Array(..)
        | DataType::Other(_) => Class::Text,
    }
}

/// A default that fits the type, in strict tables too.
pub(super) fn default(pick: Pick, data_type: &DataType) -> String {
    let defaults: &[&str] = match class(data_type) {
        Class::Truth => &["0", "1"],
        Class::Whole => &["0", "1", "-5", "1 + 1", "abs(-3)", "0x10"],
        Class::Real => &["0", "1.5", "-0.25", "1e3", "2.0 / 3"],
        Class::Text => &["'x'", "'it''s'", "''", "'say \"hi\" \\ 😀'", "lower('ABC')", "'a' || 'b'", "'line\nbreak'"],
        Class::Bytes => &["X''", "X'00FF'", "zeroblob(2)"],
        Class::Date => &["CURRENT_DATE", "'2024-02-29'"],
        Class::Time => &["CURRENT_TIME", "'23:59:59'"],
        Class::Moment => &["CURRENT_TIMESTAMP", "'2024-02-29 12:00:00'", "datetime('2024-01-01', '+1 day')"],
    };
    chosen(defaults, pick).to_owned()
}

/// A constant that fits the type.
pub(super) fn constant(data_type: &DataType) -> String {
    let constant = match class(data_type) {
        Class::Truth | Class::Whole => "1",
        Class::Real => "1.5",
        Class::Text => "'filled'",
        Class::Bytes => "X'AA'",
        Class::Date => "'2020-01-01'",
        Class::Time => "'08:00:00'",
        Class::Moment => "'2020-01-01 08:00:00'",
    };
    constant.to_owned()
}

/// The value that a column has in row `number`; another one in every row, as far as the type goes.
pub(super) fn value(data_type: &DataType, number: usize) -> String {
    match class(data_type) {
        Class::Truth => (number % 2).to_string(),
        Class::Whole => (10 + number).to_string(),
        Class::Real => format!("{number}.25"),
        Class::Text => format!("'t{number}''\"é😀'"),
        Class::Bytes => format!("X'4{}'", number % 10),
        Class::Date => format!("'2024-03-0{}'", 1 + number % 9),
        Class::Time => format!("'10:00:0{}'", number % 10),
        Class::Moment => format!("'2024-03-0{} 10:00:00'", 1 + number % 9),
    }
}

/// A condition that holds for every value of these columns, NULL included.
pub(super) fn condition(pick: Pick, columns: [&Column; 2]) -> String {
    let [a, b] = columns.map(|column| quoted(&column.name));
    let conditions = [
        format!("{a} IS NOT 'never'"),
        format!("{a} <> 'never'"),
        format!("length({a}) < 1000"),
        format!("NOT ({a} = 'never' OR {a} = 'ever')"),
        format!("{a} NOT IN ('p', 'q')"),
        format!("{a} NOT LIKE 'zz%' OR {a} IS NULL"),
        format!("typeof({a})<>'oops' AND  1=1"),
        format!("CASE WHEN {a} IS NULL THEN 1 ELSE {a} NOT BETWEEN 'x' AND 'y' END"),
        format!("{a} IS NOT 'n''t' OR {b} IS NOT \"never\""),
        format!("({a} IS NULL) + ({b} IS NULL) <= 2"),
        format!("coalesce({a}, {b}) IS NOT 'never'"),
        format!("({a} COLLATE nocase)\n <> 'never -- so'"),
    ];
    // A name in double quotes that isn't a column's is a string to SQLite, but not to everybody.
    chosen(&conditions, pick).replace("\"never\"", "'never'")
}

/// The condition of a partial index.
pub(super) fn predicate(pick: Pick, column: &Column) -> String {
    let a = quoted(&column.name);
    chosen(&[format!("{a} IS NOT NULL"), format!("{a} <> 'it''s'"), format!("{a} > 3 AND {a} < 99")], pick)
}

/// An expression to be indexed.
pub(super) fn indexed(pick: Pick, column: &Column) -> String {
    let a = quoted(&column.name);
    chosen(
        &[format!("lower({a})"), format!("{a} || 'x'"), format!("coalesce({a}, 0) + 1"), format!("length( {a} )")],
        pick,
    )
}

/// A generated column's type and expression.
pub(super) fn generated(pick: Pick, column: &Column) -> (DataType, String) {
    let a = quoted(&column.name);
    let expressions = [
        (DataType::Text, format!("typeof({a})")),
        (DataType::Integer, format!("coalesce(length({a}), 0)")),
        (DataType::Text, format!("upper(quote({a}) || '!')")),
        (DataType::Bool, format!("{a} IS NULL")),
    ];
    chosen(&expressions, pick)
}

/// A collation's word; the first one says what goes without saying.
pub(super) fn collation(pick: Pick) -> String {
    chosen(&["NOCASE", "RTRIM", "BINARY", "nocase"], pick).to_owned()
}

pub(super) fn quoted(name: &str) -> String {
    Dialect::Sqlite.facts().quoted(name)
}

pub(super) fn chosen<T: Clone>(all: &[T], pick: Pick) -> T {
    all[usize::from(pick) % all.len()].clone()
}
