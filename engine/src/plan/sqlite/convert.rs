//! How SQLite turns a column's values into another type without losing one in silence.

use crate::dialect::{Dialect, Facts};
use crate::model::{Column, DataType, TableName};
use crate::plan::{Guard, Source, guard, risk};

/// Where a changed column's values come from, and what would be in the way.
pub(super) struct Conversion {
    pub(super) source: Source,
    pub(super) guard: Option<Guard>,
}

/// How SQLite compares and stores values of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Whole,
    Real,
    Text,
    Bytes,
    Moment(&'static str),
    Unknown,
}

/// Values of `from` as `to` wants them, NULLs included.
pub(super) fn conversion(table: &TableName, from: &Column, to: &Column) -> Conversion {
    let facts = Dialect::Sqlite.facts();
    let column = facts.quoted(&from.name);
    let same_type = class(&from.data_type) == class(&to.data_type);

    if !same_type && let Some(backfill) = &to.hints.backfill {
        return Conversion { source: Source::Expr(backfill.clone()), guard: None };
    }
    let (value, cast_guard) = if same_type {
        (None, out_of_range(table, &column, from, to, facts))
    } else {
        cast(table, &column, from, to, facts)
    };
    if from.nullable && !to.nullable {
        let fill = to.hints.backfill.as_ref().or(to.default.as_ref().map(|default| &default.sql));
        let value = value.unwrap_or_else(|| column.clone());
        return match fill {
            Some(fill) => Conversion { source: Source::Expr(format!("coalesce({value}, {fill})")), guard: cast_guard },
            // Two things can be in the way; the NULLs are what the author can mend in source.
            None => Conversion {
                source: source(&from.name, Some(value), &column),
                guard: Some(guard::nulls(table, &from.name, facts)),
            },
        };
    }
    Conversion { source: source(&from.name, value, &column), guard: cast_guard }
}

/// A value of its type that says "nothing is known", for a required column whose values are gone.
pub(in crate::plan) fn neutral(column: &Column) -> Option<&'static str> {
    match class(&column.data_type) {
        Class::Whole | Class::Real => Some("0"),
        Class::Text => Some("''"),
        Class::Bytes => Some("x''"),
        Class::Moment("date") => Some("'1970-01-01'"),
        Class::Moment("time") => Some("'00:00:00'"),
        Class::Moment(_) => Some("'1970-01-01 00:00:00'"),
        Class::Unknown => None,
    }
}

fn source(name: &str, value: Option<String>, column: &str) -> Source {
    match value {
        Some(value) if value != column => Source::Expr(value),
        Some(_) | None => Source::Column(name.to_owned()),
    }
}

/// The cast and the rows that it would change beyond recognition.
fn cast(table: &TableName, column: &str, from: &Column, to: &Column, facts: &Facts) -> (Option<String>, Option<Guard>) {
    // SQLite compares a number with text by what the text says, but never with bytes.
    let comparable = match class(&from.data_type) {
        Class::Bytes => format!("CAST({column} AS TEXT)"),
        Class::Whole | Class::Real | Class::Text | Class::Moment(_) | Class::Unknown => column.to_owned(),
    };
    let lossless = |value: String| {
        let condition = format!("{column} IS NOT NULL AND {value} IS NOT {comparable}");
        let guard = guard::unconvertible(table, &from.name, &condition, &to.data_type.to_string(), facts);
        (Some(value), Some(guard))
    };
    match (class(&from.data_type), class(&to.data_type)) {
        (_, Class::Whole) => lossless(format!("CAST({column} AS INTEGER)")),
        (_, Class::Real) => lossless(format!("CAST({column} AS REAL)")),
        (_, Class::Text) => (Some(format!("CAST({column} AS TEXT)")), None),
        (_, Class::Bytes) => (Some(format!("CAST({column} AS BLOB)")), None),
        // A day of the Julian calendar, seconds since 1970, or something else: the author has to say.
        (Class::Whole | Class::Real, Class::Moment(_)) => {
            let condition = format!("{column} IS NOT NULL");
            let guard = guard::unconvertible(table, &from.name, &condition, &to.data_type.to_string(), facts);
            (None, Some(guard))
        }
        (_, Class::Moment(function)) => {
            let value = format!("{function}({column})");
            let condition = format!("{column} IS NOT NULL AND {value} IS NULL");
            let guard = guard::unconvertible(table, &from.name, &condition, &to.data_type.to_string(), facts);
            // Text that already is a moment stays as it is, fractions of seconds included.
            let value = if class(&from.data_type) == Class::Text { None } else { Some(value) };
            (value, Some(guard))
        }
        (_, Class::Unknown) => (None, None),
    }
}

/// Numbers that a narrower type can't hold: SQLite keeps them, and Diesel then can't read the row.
fn out_of_range(table: &TableName, column: &str, from: &Column, to: &Column, facts: &Facts) -> Option<Guard> {
    if risk::width(&from.data_type)? <= risk::width(&to.data_type)? {
        return None;
    }
    let range = if to.data_type == DataType::Bool {
        "0 AND 1"
    } else if to.data_type == DataType::SmallInt {
        "-32768 AND 32767"
    } else {
        "-2147483648 AND 2147483647"
    };
    let condition = format!("{column} NOT BETWEEN {range}");
    Some(guard::unconvertible(table, &from.name, &condition, &to.data_type.to_string(), facts))
}

fn class(data_type: &DataType) -> Class {
    match data_type {
        DataType::Bool | DataType::TinyInt | DataType::SmallInt | DataType::Integer | DataType::BigInt => Class::Whole,
        DataType::Float | DataType::Double | DataType::Numeric(_) => Class::Real,
        DataType::Text | DataType::Varchar(_) | DataType::Char(_) | DataType::Json => Class::Text,
        DataType::Binary | DataType::Jsonb => Class::Bytes,
        DataType::Date => Class::Moment("date"),
        DataType::Time => Class::Moment("time"),
        DataType::Timestamp | DataType::Timestamptz => Class::Moment("datetime"),
        DataType::Unsigned(_) | DataType::Uuid | DataType::Interval | DataType::Array(..) | DataType::Other(_) => {
            Class::Unknown
        }
    }
}
