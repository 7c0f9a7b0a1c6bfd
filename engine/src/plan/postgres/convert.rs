//! How PostgreSQL turns a column's values into another type without losing one in silence.
//!
//! Where an assignment converts, no `USING` is written: an assignment refuses text that is too
//! long, which an explicit cast would cut off.

use crate::dialect::Dialect;
use crate::model::{Column, DataType, TableName, TableOptions};
use crate::plan::{Guard, guard};

/// How values become others, and which rows would be in the way.
#[derive(Default)]
pub(super) struct Cast {
    /// The expression, `None` where an assignment does it.
    pub(super) using: Option<String>,
    /// Rows that have no equal.
    pub(super) guard: Option<Guard>,
}

/// Types that convert alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Bool,
    Whole,
    Real,
    Text,
    Bytes,
    Date,
    Time,
    Timestamp,
    Timestamptz,
    Json,
    Uuid,
    Interval,
    Array,
    Unknown,
}

/// Whether an expression for one type gives sensible values of the other, so that a backfill only
/// fills what is missing and says nothing about the conversion.
pub(super) fn same_kind(from: &Column, to: &Column) -> bool {
    let kind = |column: &Column| match family(&column.data_type) {
        Family::Bool => Family::Whole,
        Family::Timestamptz => Family::Timestamp,
        other => other,
    };
    kind(from) == kind(to) && (kind(from) != Family::Unknown || from.sql_type == to.sql_type)
}

/// A value of its type that says "nothing is known", for a required column whose values are gone.
pub(in crate::plan) fn neutral(column: &Column) -> Option<&'static str> {
    match family(&column.data_type) {
        Family::Bool => Some("false"),
        Family::Whole | Family::Real => Some("0"),
        Family::Text | Family::Bytes => Some("''"),
        Family::Date => Some("'1970-01-01'"),
        Family::Time => Some("'00:00:00'"),
        Family::Timestamp => Some("'1970-01-01 00:00:00'"),
        Family::Timestamptz => Some("'1970-01-01 00:00:00+00'"),
        Family::Json => Some("'null'"),
        Family::Uuid => Some("'00000000-0000-0000-0000-000000000000'"),
        Family::Interval => Some("'0'"),
        Family::Array => Some("'{}'"),
        Family::Unknown => None,
    }
}

/// Values of `from` as `to` wants them.
pub(super) fn cast(table: &TableName, from: &Column, to: &Column) -> Cast {
    let facts = Dialect::Postgres.facts();
    let column = facts.quoted(&from.name);
    let spelled = Dialect::Postgres.column_type(to, &TableOptions::default());
    let unless = |condition: Option<String>| {
        condition.map(|condition| guard::unconvertible(table, &from.name, &condition, &to.data_type.to_string(), facts))
    };
    let assigned = |condition| Cast { using: None, guard: unless(condition) };
    let using = |value: String, condition| Cast { using: Some(value), guard: unless(condition) };
    let utc = format!("{column} AT TIME ZONE 'UTC'");

    match (family(&from.data_type), family(&to.data_type)) {
        (Family::Whole, Family::Whole) => assigned(out_of_range(&column, &from.data_type, &to.data_type)),
        (Family::Whole, Family::Real) => assigned(inexact(&column, &from.data_type, &to.data_type)),
        (Family::Whole, Family::Bool) => using(format!("{column} <> 0"), Some(format!("{column} NOT IN (0, 1)"))),
        (Family::Bool, Family::Whole) => using(format!("{column}::integer"), None),
        (Family::Real, Family::Whole) => {
            let range = range(&to.data_type).map(|(min, max)| format!(" OR {column} NOT BETWEEN {min} AND {max}"));
            assigned(Some(format!("({column} <> trunc({column}){})", range.unwrap_or_default())))
        }
        (Family::Real, Family::Real) if is_wider(&from.data_type, &to.data_type) => assigned(None),
        (Family::Real, Family::Real) => {
            let back = Dialect::Postgres.column_type(from, &TableOptions::default());
            assigned(Some(format!("{column} <> {column}::{spelled}::{back}")))
        }
        (Family::Text, Family::Text) => assigned(too_long(&column, from, to)),
        (Family::Bytes, Family::Text) => using(format!("convert_from({column}, 'UTF8')"), None),
        (Family::Text, Family::Bytes) => using(format!("convert_to({column}, 'UTF8')"), None),
        (Family::Text, family) => using(format!("{column}::{spelled}"), misspelled(&column, family)),
        // Bytes are what a text is stored as; their own text form is another thing.
        (Family::Bytes, family) if family != Family::Bytes && family != Family::Unknown => {
            let text = format!("convert_from({column}, 'UTF8')");
            using(format!("{text}::{spelled}"), misspelled(&text, family))
        }
        (family, Family::Bytes) if family != Family::Bytes && family != Family::Unknown => {
            using(format!("convert_to({column}::text, 'UTF8')"), None)
        }
        (family, Family::Text) if family != Family::Unknown => assigned(too_long(&format!("{column}::text"), from, to)),
        (Family::Date, Family::Timestamptz) => using(format!("{column}::timestamp AT TIME ZONE 'UTC'"), None),
        // The session's own time zone would decide otherwise.
        (Family::Timestamp, Family::Timestamptz) | (Family::Timestamptz, Family::Timestamp) => using(utc, None),
        (Family::Timestamp, Family::Date) => assigned(Some(format!("{column} <> {column}::date"))),
        (Family::Timestamptz, Family::Date) => using(format!("({utc})::date"), Some(format!("{utc} <> ({utc})::date"))),
        (Family::Timestamptz, Family::Time) => using(format!("({utc})::time"), None),
        (Family::Date, Family::Timestamp)
        | (Family::Timestamp, Family::Time)
        | (Family::Time, Family::Interval)
        | (Family::Interval, Family::Time) => assigned(None),
        (Family::Json, Family::Json) | (Family::Array, Family::Array) => using(format!("{column}::{spelled}"), None),
        // One type with another collation, and what is the same but for its spelling.
        (_, _) if from.data_type == to.data_type && from.sql_type == to.sql_type => assigned(None),
        // Any value has a text form, and a type that can read it says so if it can't.
        (_, _) => using(format!("{column}::text::{spelled}"), None),
    }
}

fn family(data_type: &DataType) -> Family {
    match data_type {
        DataType::Bool => Family::Bool,
        DataType::TinyInt | DataType::SmallInt | DataType::Integer | DataType::BigInt => Family::Whole,
        DataType::Float | DataType::Double | DataType::Numeric(_) => Family::Real,
        DataType::Text | DataType::Varchar(_) | DataType::Char(_) => Family::Text,
        DataType::Binary => Family::Bytes,
        DataType::Date => Family::Date,
        DataType::Time => Family::Time,
        DataType::Timestamp => Family::Timestamp,
        DataType::Timestamptz => Family::Timestamptz,
        DataType::Json | DataType::Jsonb => Family::Json,
        DataType::Uuid => Family::Uuid,
        DataType::Interval => Family::Interval,
        DataType::Array(..) => Family::Array,
        DataType::Unsigned(_) | DataType::Other(_) => Family::Unknown,
    }
}

/// The least and the greatest whole number of a type; bigint has room for all of them.
fn range(data_type: &DataType) -> Option<(i64, i64)> {
    const RANGES: [(DataType, i64, i64); 3] = [
        (DataType::SmallInt, i16::MIN as i64, i16::MAX as i64),
        (DataType::Integer, i32::MIN as i64, i32::MAX as i64),
        (DataType::BigInt, i64::MIN, i64::MAX),
    ];
    RANGES.iter().find(|(known, ..)| known == data_type).map(|(_, min, max)| (*min, *max))
}

fn out_of_range(column: &str, from: &DataType, to: &DataType) -> Option<String> {
    let (from, to) = (range(from)?, range(to)?);
    (to.1 < from.1).then(|| format!("{column} NOT BETWEEN {} AND {}", to.0, to.1))
}

/// Whole numbers beyond what a floating point number tells apart.
fn inexact(column: &str, from: &DataType, to: &DataType) -> Option<String> {
    const EXACT: [(DataType, i64); 2] = [(DataType::Float, 1 << 24), (DataType::Double, 1 << 53)];
    let exact = EXACT.iter().find(|(known, _)| known == to)?.1;
    let (_, most) = range(from)?;
    (exact < most).then(|| format!("{column} NOT BETWEEN -{exact} AND {exact}"))
}

fn is_wider(from: &DataType, to: &DataType) -> bool {
    match (from, to) {
        (DataType::Float, DataType::Double) | (DataType::Numeric(_), DataType::Numeric(None)) => true,
        (DataType::Numeric(Some((from, from_scale))), DataType::Numeric(Some((to, to_scale)))) => {
            from_scale <= to_scale && from.saturating_sub(*from_scale) <= to.saturating_sub(*to_scale)
        }
        (from, to) => from == to,
    }
}

fn too_long(column: &str, from: &Column, to: &Column) -> Option<String> {
    let length = |data_type: &DataType| {
        if let DataType::Varchar(length) | DataType::Char(length) = data_type { *length } else { None }
    };
    let to = length(&to.data_type)?;
    let fits = length(&from.data_type).is_some_and(|from| from <= to);
    (!fits).then(|| format!("char_length({column}) > {to}"))
}

/// Text that isn't written as the type wants it, where that can be told without reading it.
fn misspelled(column: &str, to: Family) -> Option<String> {
    match to {
        Family::Whole => Some(format!(r"{column} !~ '^\s*[-+]?[0-9]+\s*$'")),
        Family::Real => Some(format!(r"{column} !~ '^\s*[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?\s*$'")),
        Family::Bool => {
            let words = "'t', 'true', 'y', 'yes', 'on', '1', 'f', 'false', 'n', 'no', 'off', '0'";
            Some(format!("lower(btrim({column})) NOT IN ({words})"))
        }
        Family::Uuid => Some(format!("replace(btrim({column}, '{{}}'), '-', '') !~ '^[0-9a-fA-F]{{32}}$'")),
        Family::Text
        | Family::Bytes
        | Family::Date
        | Family::Time
        | Family::Timestamp
        | Family::Timestamptz
        | Family::Json
        | Family::Interval
        | Family::Array
        | Family::Unknown => None,
    }
}
