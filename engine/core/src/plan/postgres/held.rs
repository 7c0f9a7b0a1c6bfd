//! What a column holds on PostgreSQL, told by its type's words.

use crate::dialect::Dialect;
use crate::model::{Column, TableOptions};

/// A type as far as conversions tell them apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Held {
    Bool,
    /// With as many bytes.
    Whole(u32),
    Float,
    Double,
    /// Digits, and those after the point among them. Where these are below zero, so many before the point are zeros.
    Numeric(Option<(i32, i32)>),
    /// With at most so many characters.
    Text(Option<u32>),
    /// Blanks at the end are no part of it.
    Padded(Option<u32>),
    Citext,
    Bytes,
    Date,
    /// With so many digits of a second.
    Time(u32),
    Timestamp(u32),
    Timestamptz(u32),
    /// As it is said: with fields, or digits of a second.
    Interval(String),
    Json,
    Jsonb,
    Uuid,
    /// So many bits, or at most so many.
    Bits {
        length: Option<u32>,
        varies: bool,
    },
    Array(Box<Held>),
    /// A type with a name of its own, and whatever else.
    Other(String),
}

/// Digits of a second where none are stated.
pub(super) const DIGITS: u32 = 6;

/// Returns what a column holds.
pub(super) fn held(column: &Column) -> Held {
    of_words(&spelled(column))
}

/// Returns a column's type as statements spell it.
pub(super) fn spelled(column: &Column) -> String {
    Dialect::Postgres.column_type(column, &TableOptions::default())
}

fn of_words(words: &str) -> Held {
    let other = || Held::Other(words.trim().to_owned());
    let trimmed = words.trim();
    if let Some(element) = trimmed.strip_suffix(']').and_then(|open| open.rsplit_once('[')) {
        return match of_words(element.0) {
            array @ Held::Array(_) => array,
            element => Held::Array(Box::new(element)),
        };
    }
    if trimmed.contains('"') {
        return other();
    }
    let lower = trimmed.to_ascii_lowercase();
    let (before, arguments, after) = match lower.split_once('(') {
        Some((before, rest)) => {
            let Some((numbers, after)) = rest.split_once(')') else { return other() };
            let numbers: Result<Vec<i32>, _> = numbers.split(',').map(|number| number.trim().parse()).collect();
            let Ok(numbers) = numbers else { return other() };
            (before, numbers, after)
        }
        None => (lower.as_str(), Vec::new(), ""),
    };
    let joined = before.split_whitespace().chain(after.split_whitespace()).collect::<Vec<_>>().join(" ");
    let word = joined.strip_prefix("pg_catalog.").unwrap_or(&joined);
    let number = arguments.first().copied();
    let Ok(first) = number.map(u32::try_from).transpose() else { return other() };
    let digits = first.unwrap_or(DIGITS).min(DIGITS);
    match word {
        "boolean" | "bool" => Held::Bool,
        "smallint" | "int2" | "smallserial" => Held::Whole(2),
        "integer" | "int" | "int4" | "serial" => Held::Whole(4),
        "bigint" | "int8" | "bigserial" => Held::Whole(8),
        "real" | "float4" => Held::Float,
        "float" if first.is_some_and(|bits| bits < 25) => Held::Float,
        "double precision" | "float8" | "float" => Held::Double,
        "numeric" | "decimal" | "dec" => {
            Held::Numeric(number.map(|digits| (digits, arguments.get(1).copied().unwrap_or_default())))
        }
        "text" => Held::Text(None),
        "character varying" | "varchar" | "char varying" => Held::Text(first),
        "bpchar" => Held::Padded(first),
        "character" | "char" => Held::Padded(Some(first.unwrap_or(1))),
        "citext" => Held::Citext,
        "bytea" => Held::Bytes,
        "date" => Held::Date,
        "time" | "time without time zone" => Held::Time(digits),
        "timestamp" | "timestamp without time zone" => Held::Timestamp(digits),
        "timestamptz" | "timestamp with time zone" => Held::Timestamptz(digits),
        "interval" if first.is_none_or(|digits| digits >= DIGITS) => Held::Interval(String::new()),
        word if word.starts_with("interval") => Held::Interval(lower.clone()),
        "json" => Held::Json,
        "jsonb" => Held::Jsonb,
        "uuid" => Held::Uuid,
        "bit" => Held::Bits { length: Some(first.unwrap_or(1)), varies: false },
        "bit varying" | "varbit" => Held::Bits { length: first, varies: true },
        _rest => other(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_what_its_words_say() {
        for (words, held) in [
            ("numeric(6, 1)", Held::Numeric(Some((6, 1)))),
            ("NUMERIC(6)[]", Held::Array(Box::new(Held::Numeric(Some((6, 0)))))),
            ("timestamp(0) without time zone", Held::Timestamp(0)),
            ("timestamptz", Held::Timestamptz(6)),
            ("interval", Held::Interval(String::new())),
            ("interval day to second(3)", Held::Interval("interval day to second(3)".to_owned())),
            ("pg_catalog.int4", Held::Whole(4)),
            ("char", Held::Padded(Some(1))),
            ("\"char\"", Held::Other("\"char\"".to_owned())),
            ("bit(8)", Held::Bits { length: Some(8), varies: false }),
            ("mood", Held::Other("mood".to_owned())),
            ("numeric(3,-2)", Held::Numeric(Some((3, -2)))),
        ] {
            assert_eq!(of_words(words), held, "{words}");
        }
    }
}
