//! How PostgreSQL turns a column's values into another type without losing one in silence.
//!
//! Where an assignment converts, no `USING` is written: an assignment refuses text that is too long, which an explicit
//! cast would cut off. Digits it rounds away either way, so those are looked for.

use crate::dialect::Dialect;
use crate::model::{Column, Pair, Table};
use crate::plan::stricter::Fit;

use super::held::{DIGITS, Held, held, spelled};
use super::text::of_text;

/// Checks whether a column ignores case.
pub(in crate::plan) fn ignores_case(column: &Column) -> bool {
    held(column) == Held::Citext
}

/// Checks whether an expression for one type also gives sensible values of the other. A backfill then only fills what
/// is missing and says nothing about the conversion.
pub(super) fn same_kind(from: &Column, to: &Column) -> bool {
    let kind = |column: &Column| match held(column) {
        Held::Bool | Held::Whole(_) => "whole",
        Held::Float | Held::Double | Held::Numeric(_) => "real",
        Held::Text(_) | Held::Padded(_) | Held::Citext => "text",
        Held::Bytes => "bytes",
        Held::Date => "date",
        Held::Time(_) => "time",
        Held::Timestamp(_) | Held::Timestamptz(_) => "moment",
        Held::Interval(_) => "interval",
        Held::Json | Held::Jsonb => "json",
        Held::Uuid => "uuid",
        Held::Bits { .. } => "bits",
        Held::Array(_) => "array",
        Held::Other(_) => "other",
    };
    kind(from) == kind(to) && (kind(from) != "other" || from.sql_type == to.sql_type)
}

/// Checks whether expressions mean the same over either type, as long as they don't give this type to a literal or
/// another column.
pub(super) fn reads_alike(from: &Column, to: &Column) -> bool {
    match (held(from), held(to)) {
        (Held::Whole(_), Held::Whole(_)) | (Held::Text(_), Held::Text(_)) => true,
        (Held::Numeric(_), Held::Numeric(_))
        | (Held::Time(_), Held::Time(_))
        | (Held::Timestamp(_), Held::Timestamp(_))
        | (Held::Timestamptz(_), Held::Timestamptz(_))
        | (Held::Interval(_), Held::Interval(_))
        | (Held::Padded(_), Held::Padded(_)) => true,
        (from, to) => from == to,
    }
}

/// Returns the expression for the result of assigning a column's value to its new type. Texts stay as they are,
/// because a cast would cut them off.
pub(super) fn assigned(columns: &Pair<Column>) -> Option<String> {
    let Pair { from, to } = columns;
    let column = Dialect::Postgres.facts().quoted(&from.name);
    (!reads_alike(from, to) || held(from) != held(to) && matches!(held(from), Held::Whole(_)))
        .then(|| format!("{column}::{}", spelled(to)))
}

/// Returns a value of the column's type that means "nothing is known", for a required column whose values are lost.
pub(in crate::plan) fn neutral(column: &Column) -> Option<&'static str> {
    match held(column) {
        Held::Bool => Some("false"),
        Held::Whole(_) | Held::Float | Held::Double | Held::Numeric(_) => Some("0"),
        Held::Text(_) | Held::Padded(_) | Held::Citext | Held::Bytes => Some("''"),
        Held::Date => Some("'1970-01-01'"),
        Held::Time(_) => Some("'00:00:00'"),
        Held::Timestamp(_) => Some("'1970-01-01 00:00:00'"),
        Held::Timestamptz(_) => Some("'1970-01-01 00:00:00+00'"),
        Held::Json | Held::Jsonb => Some("'null'"),
        Held::Uuid => Some("'00000000-0000-0000-0000-000000000000'"),
        Held::Interval(_) => Some("'0'"),
        Held::Array(_) => Some("'{}'"),
        Held::Bits { .. } | Held::Other(_) => None,
    }
}

/// Checks whether every value has an equal in the new type. Where the author says what each value becomes, the
/// database checks that.
pub(in crate::plan) fn fit(columns: &Pair<Column>, _: Pair<&Table>) -> Fit {
    let Pair { from, to } = columns;
    if to.hints.backfill.is_some() && !same_kind(from, to) {
        return Fit::Untold;
    }
    let column = Dialect::Postgres.facts().quoted(&from.name);
    match (held(from), held(to)) {
        (Held::Array(old), Held::Array(new)) => of_elements(&column, (&old, from), (&new, to)),
        (Held::Other(old), Held::Other(new)) if old == "macaddr" && new == "macaddr8" => Fit::Always,
        (old @ Held::Other(_), new @ (Held::Other(_) | Held::Bits { .. })) if old != new => {
            let (old, new) = (spelled(from), spelled(to));
            // There and back again.
            Fit::Unless(format!("{column}::text::{new}::text::{old}::text <> {column}::text"))
        }
        (old, new) => of_value(&column, &old, &new),
    }
}

/// Returns the expression over the old row that converts values of `from` to `to`, or `None` where an assignment
/// does.
pub(super) fn using(from: &Column, to: &Column) -> Option<String> {
    let (old, new) = (held(from), held(to));
    let column = Dialect::Postgres.facts().quoted(&from.name);
    let spelled = spelled(to);
    let cast = || Some(format!("{column}::{spelled}"));
    let of_text = || Some(format!("{column}::text::{spelled}"));
    let utc = format!("{column} AT TIME ZONE 'UTC'");
    let decoded = format!("convert_from({column}, 'UTF8')");
    match (&old, &new) {
        // The same type with another collation, or with another spelling.
        (old, new) if old == new => None,
        (Held::Whole(_), Held::Bool) => Some(format!("{column} <> 0")),
        (Held::Bool, Held::Whole(_)) => Some(format!("{column}::integer")),
        (Held::Bytes, Held::Bytes) => None,
        (Held::Bytes, Held::Text(_) | Held::Padded(_) | Held::Citext) => Some(decoded),
        (Held::Bytes, Held::Other(_)) => of_text(),
        // Bytes become the text that they store, which differs from their own text form.
        (Held::Bytes, _) => Some(format!("{decoded}::{spelled}")),
        (Held::Text(_) | Held::Padded(_) | Held::Citext, Held::Bytes) => Some(format!("convert_to({column}, 'UTF8')")),
        (Held::Other(_), Held::Bytes) => of_text(),
        (_, Held::Bytes) => Some(format!("convert_to({column}::text, 'UTF8')")),
        // It compares differently, so rows that were different may become equal.
        (Held::Text(_) | Held::Padded(_), Held::Citext) => cast(),
        (Held::Text(_) | Held::Padded(_) | Held::Citext, Held::Text(_) | Held::Padded(_)) => None,
        (Held::Text(_) | Held::Padded(_) | Held::Citext, _) => cast(),
        (Held::Other(_), Held::Text(_) | Held::Padded(_)) => Some(format!("{column}::text")),
        (_, Held::Text(_) | Held::Padded(_)) => None,
        (_, Held::Citext) => of_text(),
        (Held::Whole(_), Held::Whole(_) | Held::Float | Held::Double | Held::Numeric(_)) => None,
        (Held::Float | Held::Double | Held::Numeric(_), Held::Float | Held::Double | Held::Numeric(_)) => None,
        (Held::Float | Held::Double | Held::Numeric(_), Held::Whole(_)) => None,
        (Held::Date, Held::Timestamptz(_)) => Some(format!("{column}::timestamp AT TIME ZONE 'UTC'")),
        // Otherwise the session's time zone would decide.
        (Held::Timestamp(_), Held::Timestamptz(_)) | (Held::Timestamptz(_), Held::Timestamp(_)) => Some(utc),
        (Held::Timestamptz(_), Held::Date) => Some(format!("({utc})::date")),
        (Held::Timestamptz(_), Held::Time(_)) => Some(format!("({utc})::time")),
        (Held::Timestamptz(_), Held::Timestamptz(_)) | (Held::Time(_), Held::Time(_) | Held::Interval(_)) => None,
        (Held::Timestamp(_), Held::Timestamp(_) | Held::Date | Held::Time(_)) => None,
        (Held::Date, Held::Timestamp(_)) => None,
        (Held::Interval(_), Held::Interval(_) | Held::Time(_)) => None,
        // An assignment refuses another length, which a cast would cut or fill.
        (Held::Bits { .. }, Held::Bits { .. }) => None,
        (Held::Json, Held::Jsonb) | (Held::Jsonb, Held::Json) => cast(),
        (Held::Array(old), Held::Array(new)) => Some(match (&**old, &**new) {
            (Held::Bool, Held::Whole(_)) | (Held::Whole(_), Held::Bool) => format!("{column}::integer[]::{spelled}"),
            (old, new) if has_cast(old, new) => format!("{column}::{spelled}"),
            (_, _) => format!("{column}::text::{spelled}"),
        }),
        // Any value has a text form, and a type that can read it says so if it can't.
        (_, _) => of_text(),
    }
}

/// Checks whether PostgreSQL has a cast between two types of elements, so that it has one between their arrays. Nothing
/// tells what a type with a name of its own can be cast to, so it is assumed.
fn has_cast(old: &Held, new: &Held) -> bool {
    let is_text = |held: &Held| matches!(held, Held::Text(_) | Held::Padded(_) | Held::Citext);
    let is_own = |held: &Held| matches!(held, Held::Other(_));
    let is_number = |held: &Held| matches!(held, Held::Whole(_) | Held::Float | Held::Double | Held::Numeric(_));
    let is_moment = |held: &Held| matches!(held, Held::Date | Held::Timestamp(_) | Held::Timestamptz(_));
    let is_hour = |held: &Held| matches!(held, Held::Time(_) | Held::Interval(_));
    let both = |is: &dyn Fn(&Held) -> bool| is(old) && is(new);
    old == new
        || [old, new].into_iter().any(|held| is_text(held) || is_own(held))
        || both(&is_number)
        || both(&is_moment)
        || both(&is_hour)
        || match (old, new) {
            (Held::Whole(bytes), Held::Bits { varies, .. }) | (Held::Bits { varies, .. }, Held::Whole(bytes)) => {
                *bytes >= 4 && !varies
            }
            (Held::Timestamp(_) | Held::Timestamptz(_), Held::Time(_)) | (Held::Bits { .. }, Held::Bits { .. }) => true,
            (Held::Jsonb, Held::Bool) | (Held::Json, Held::Jsonb) | (Held::Jsonb, Held::Json) => true,
            (Held::Jsonb, number) => is_number(number),
            (_, _) => false,
        }
}

/// Returns whether every array has an equal, judging by its elements.
fn of_elements(column: &str, (old, from): (&Held, &Column), (new, to): (&Held, &Column)) -> Fit {
    let element = Dialect::Postgres.facts().quoted("v");
    let fit = match (old, new) {
        (old, new) if old == new => Fit::Always,
        (_, Held::Other(_)) => Fit::Untold,
        (old, new) => of_cast(&element, old, new).unwrap_or(Fit::Untold),
    };
    match fit {
        Fit::Unless(condition) => {
            Fit::Unless(format!("EXISTS (SELECT 1 FROM unnest({column}) AS {element} WHERE {condition})"))
        }
        Fit::Untold if has_cast(old, new) => {
            let (old, new) = (spelled(from), spelled(to));
            Fit::Unless(format!("{column}::{new}::text::{old} <> {column}"))
        }
        // The database would refuse any element.
        Fit::Untold => {
            Fit::Unless(format!("EXISTS (SELECT 1 FROM unnest({column}) AS {element} WHERE {element} IS NOT NULL)"))
        }
        Fit::Always => Fit::Always,
    }
}

/// Checks whether every value has an equal in another type, by the cast between the two or by way of its text.
fn of_value(column: &str, old: &Held, new: &Held) -> Fit {
    let by_text = || match (old, new) {
        (_, Held::Other(words)) => there_and_back(column, old, words),
        (Held::Json, Held::Jsonb) => Fit::Untold,
        (_, _) => of_text(&format!("{column}::text"), &Held::Text(None), new),
    };
    of_cast(column, old, new).unwrap_or_else(by_text)
}

/// Checks whether every value has an equal in another type, or returns `None` where no cast is used for them.
fn of_cast(column: &str, old: &Held, new: &Held) -> Option<Fit> {
    let known = || Fit::Unless(format!("{column} IS NOT NULL"));
    let utc = format!("{column} AT TIME ZONE 'UTC'");
    Some(match (old, new) {
        (old, new) if old == new => Fit::Always,
        (Held::Bool, Held::Whole(_)) => Fit::Always,
        (Held::Whole(_), Held::Bool) => Fit::Unless(format!("{column} NOT IN (0, 1)")),
        (Held::Whole(_), Held::Whole(_) | Held::Float | Held::Double | Held::Numeric(_)) => of_whole(column, old, new),
        (
            Held::Float | Held::Double | Held::Numeric(_),
            Held::Whole(_) | Held::Float | Held::Double | Held::Numeric(_),
        ) => of_real(column, old, new),
        (Held::Text(_) | Held::Padded(_) | Held::Citext, Held::Bytes) => Fit::Untold,
        (Held::Text(_) | Held::Padded(_) | Held::Citext, _) => of_text(column, old, new),
        // The database refuses bytes that aren't UTF-8.
        (Held::Bytes, Held::Text(_) | Held::Padded(_) | Held::Citext) => Fit::Untold,
        (Held::Bytes, _) => of_text(&format!("convert_from({column}, 'UTF8')"), &Held::Text(None), new),
        // Bytes that are no other thing's own form.
        (_, Held::Bytes) => Fit::Untold,
        (_, Held::Citext | Held::Text(None)) => Fit::Always,
        (_, Held::Text(_) | Held::Padded(_)) => of_text(&format!("{column}::text"), &Held::Text(shown(old)), new),
        (Held::Date, Held::Timestamp(_)) => Fit::Always,
        (Held::Time(_) | Held::Interval(_), Held::Interval(words)) => of_interval(column, old, words),
        (Held::Timestamp(old), Held::Timestamp(new))
        | (Held::Timestamptz(old), Held::Timestamptz(new))
        | (Held::Time(old), Held::Time(new))
            if old <= new =>
        {
            Fit::Always
        }
        (Held::Timestamp(_), Held::Timestamp(digits)) => {
            Fit::Unless(format!("{column} <> {column}::timestamp({digits})"))
        }
        (Held::Timestamptz(_), Held::Timestamptz(digits)) => {
            Fit::Unless(format!("{column} <> {column}::timestamptz({digits})"))
        }
        (Held::Time(_), Held::Time(digits)) => Fit::Unless(format!("{column} <> {column}::time({digits})")),
        // No row tells in which time zone the hours were.
        (Held::Timestamp(old) | Held::Timestamptz(old), Held::Timestamp(new) | Held::Timestamptz(new)) => {
            if old <= new { Fit::Untold } else { Fit::Unless(format!("date_trunc('second', {column}) <> {column}")) }
        }
        (Held::Date, Held::Timestamptz(_)) => Fit::Untold,
        (Held::Timestamp(_), Held::Date) => Fit::Unless(format!("{column} <> {column}::date")),
        (Held::Timestamptz(_), Held::Date) => Fit::Unless(format!("{utc} <> ({utc})::date")),
        // The day would be lost, or one would be made up.
        (Held::Timestamp(_) | Held::Timestamptz(_) | Held::Date, Held::Time(_)) => known(),
        (Held::Time(_), Held::Date | Held::Timestamp(_) | Held::Timestamptz(_)) => known(),
        // No moment reads as a number or a truth value.
        (
            Held::Date | Held::Time(_) | Held::Timestamp(_) | Held::Timestamptz(_) | Held::Interval(_) | Held::Uuid,
            Held::Bool | Held::Whole(_) | Held::Float | Held::Double | Held::Numeric(_),
        ) => known(),
        (Held::Interval(_), Held::Time(digits)) => {
            Fit::Unless(format!("{column}::text <> {column}::time({digits})::interval::text"))
        }
        (Held::Jsonb, Held::Json) => Fit::Always,
        (Held::Bits { .. }, Held::Bits { length: None, varies: true }) => Fit::Always,
        (Held::Bits { length: Some(old), .. }, Held::Bits { length: Some(new), varies: true }) if old <= new => {
            Fit::Always
        }
        (Held::Bits { .. }, Held::Bits { length: Some(length), varies }) => {
            Fit::Unless(format!("length({column}) {} {length}", if *varies { ">" } else { "<>" }))
        }
        (_, _) => return None,
    })
}

/// Refuses values that come back changed from a type with a name of its own.
fn there_and_back(column: &str, old: &Held, words: &str) -> Fit {
    let there = format!("{column}::text::{words}");
    match old {
        // Money shows its sign, its commas and two digits.
        Held::Whole(_) | Held::Float | Held::Double | Held::Numeric(_) if words.eq_ignore_ascii_case("money") => {
            Fit::Unless(format!("{there}::numeric <> {column}::numeric"))
        }
        Held::Whole(_) | Held::Float | Held::Double | Held::Numeric(_) => {
            Fit::Unless(format!("{there}::text::numeric <> {column}::text::numeric"))
        }
        Held::Time(_) => Fit::Unless(format!("{there}::text::time <> {column}")),
        Held::Date => Fit::Unless(format!("{there}::text::date <> {column}")),
        Held::Timestamp(_) => Fit::Unless(format!("{there}::text::timestamp <> {column}")),
        Held::Timestamptz(_) => Fit::Unless(format!("{there}::text::timestamptz <> {column}")),
        Held::Bool
        | Held::Text(_)
        | Held::Padded(_)
        | Held::Citext
        | Held::Bytes
        | Held::Interval(_)
        | Held::Json
        | Held::Jsonb
        | Held::Uuid
        | Held::Bits { .. }
        | Held::Array(_)
        | Held::Other(_) => {
            Fit::Unless(format!("starts_with({column}::text, {there}::text) AND {there}::text <> {column}::text"))
        }
    }
}

/// Checks intervals and hours that become an interval, which may be stated to have fewer fields or digits.
fn of_interval(column: &str, old: &Held, words: &str) -> Fit {
    let has_digits = |digits: u32| (digits..DIGITS).any(|enough| words == format!("interval({enough})"));
    if words.is_empty() || matches!(old, Held::Time(digits) if has_digits(*digits)) {
        return Fit::Always;
    }
    let whole = if matches!(old, Held::Interval(_)) { column.to_owned() } else { format!("{column}::interval") };
    Fit::Unless(format!("{whole}::text <> {column}::{words}::text"))
}

/// Returns the maximum length of texts that show a type's values, where that is certain.
fn shown(held: &Held) -> Option<u32> {
    match held {
        Held::Bool => Some(5),
        Held::Whole(bytes) => Some(range(*bytes).0.to_string().len() as u32),
        // A sign, a zero and a point.
        Held::Numeric(Some((digits, scale))) => u32::try_from(*digits.max(scale) - scale.min(&0) + 3).ok(),
        Held::Uuid => Some(36),
        Held::Float
        | Held::Double
        | Held::Numeric(_)
        | Held::Text(_)
        | Held::Padded(_)
        | Held::Citext
        | Held::Bytes
        | Held::Date
        | Held::Time(_)
        | Held::Timestamp(_)
        | Held::Timestamptz(_)
        | Held::Interval(_)
        | Held::Json
        | Held::Jsonb
        | Held::Bits { .. }
        | Held::Array(_)
        | Held::Other(_) => None,
    }
}

/// Returns the least and the greatest whole number of this many bytes.
pub(super) fn range(bytes: u32) -> (i128, i128) {
    let half = 1_i128 << (8 * bytes - 1);
    (-half, half - 1)
}

fn of_whole(column: &str, old: &Held, new: &Held) -> Fit {
    let Held::Whole(bytes) = old else { return Fit::Untold };
    let (_, most) = range(*bytes);
    let beyond =
        |exact: i128| Fit::unless((exact < most).then(|| format!("{column} NOT BETWEEN -{exact} AND {exact}")));
    match new {
        Held::Whole(new) if new >= bytes => Fit::Always,
        Held::Whole(new) => {
            let (min, max) = range(*new);
            Fit::Unless(format!("{column} NOT BETWEEN {min} AND {max}"))
        }
        // Beyond these, a floating point number can't represent every whole number.
        Held::Float => beyond(1 << 24),
        Held::Double => beyond(1 << 53),
        Held::Numeric(None) => Fit::Always,
        Held::Numeric(Some((digits, scale))) => {
            // A power of ten beyond all of them is no limit.
            let limit = u32::try_from(digits - scale).ok().map_or(Some(1), |digits| 10_i128.checked_pow(digits));
            let rounded = Fit::unless((*scale < 0).then(|| format!("round({column}::numeric, {scale}) <> {column}")));
            limit.map_or(Fit::Always, |limit| beyond(limit - 1)).and(rounded)
        }
        Held::Bool
        | Held::Text(_)
        | Held::Padded(_)
        | Held::Citext
        | Held::Bytes
        | Held::Date
        | Held::Time(_)
        | Held::Timestamp(_)
        | Held::Timestamptz(_)
        | Held::Interval(_)
        | Held::Json
        | Held::Jsonb
        | Held::Uuid
        | Held::Bits { .. }
        | Held::Array(_)
        | Held::Other(_) => Fit::Untold,
    }
}

pub(super) fn of_real(column: &str, old: &Held, new: &Held) -> Fit {
    let there_and_back = |there: &str, back: &str| Fit::Unless(format!("{column} <> {column}::{there}::{back}"));
    match (old, new) {
        (Held::Numeric(Some((digits, scale @ ..=0))), Held::Whole(bytes))
            if digits - scale <= [4, 9, 18][(bytes / 4) as usize] =>
        {
            Fit::Always
        }
        (_, Held::Whole(bytes)) => {
            let (min, max) = range(*bytes);
            Fit::Unless(format!("({column} <> trunc({column}) OR {column} NOT BETWEEN {min} AND {max})"))
        }
        (Held::Float, Held::Double) | (Held::Numeric(_), Held::Numeric(None)) => Fit::Always,
        (Held::Numeric(Some((from, from_scale))), Held::Numeric(Some((to, to_scale))))
            if from_scale <= to_scale && from - from_scale <= to - to_scale =>
        {
            Fit::Always
        }
        (_, Held::Numeric(Some((digits, scale)))) => {
            let digits = digits - scale;
            let number = format!("{column}::numeric");
            let rounded = format!("{number} <> round({number}, {scale}) OR abs({number}) >= 1e{digits}");
            match old {
                Held::Numeric(_) => Fit::Unless(format!("({column} <> 'NaN' AND ({rounded}))")),
                Held::Float => Fit::Unless(format!("({column} <> {number}::real OR {rounded})")),
                Held::Bool
                | Held::Whole(_)
                | Held::Double
                | Held::Text(_)
                | Held::Padded(_)
                | Held::Citext
                | Held::Bytes
                | Held::Date
                | Held::Time(_)
                | Held::Timestamp(_)
                | Held::Timestamptz(_)
                | Held::Interval(_)
                | Held::Json
                | Held::Jsonb
                | Held::Uuid
                | Held::Bits { .. }
                | Held::Array(_)
                | Held::Other(_) => Fit::Unless(format!("({column} <> {number}::double precision OR {rounded})")),
            }
        }
        (Held::Numeric(Some((digits, _))), Held::Double) if *digits <= 15 => Fit::Always,
        (Held::Numeric(Some((digits, _))), Held::Float) if *digits <= 6 => Fit::Always,
        (Held::Numeric(_), Held::Float) => there_and_back("real::text", "numeric"),
        (Held::Numeric(_), _) => there_and_back("double precision::text", "numeric"),
        (Held::Double, Held::Float) => there_and_back("real", "double precision"),
        (Held::Float, _) => there_and_back("numeric", "real"),
        (_, _) => there_and_back("numeric", "double precision"),
    }
}
