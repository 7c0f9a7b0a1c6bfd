//! What a column holds on MariaDB and MySQL, told by its type's words.

use crate::dialect::Dialect;
use crate::model::{Column, Pair, Table, TableOptions};
use crate::sql::mysql::values;

/// A type as far as conversions tell them apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Held {
    /// Between the least and the greatest.
    Whole(i128, i128),
    Year,
    /// So many bits.
    Bits(u32),
    /// Digits, those after the point among them, and whether there is no sign.
    Decimal(u32, u32, bool),
    /// Whether it is of double precision, digits where they are stated, and whether there is no sign.
    Real {
        double: bool,
        digits: Option<(u32, u32)>,
        unsigned: bool,
    },
    Text(Text),
    /// At most so many bytes; `padded` ones are exactly as many.
    Bytes {
        most: u64,
        padded: bool,
    },
    Date,
    /// With so many digits of a second.
    Time(u32),
    /// A day and an hour, wherever.
    Datetime(u32),
    /// A moment, in the years that it reaches.
    Timestamp(u32),
    Json,
    Enum(Vec<String>),
    Set(Vec<String>),
    /// A type that a text says: `uuid`, `inet6`.
    Named(String),
    /// A place or a shape.
    Geometry(String),
    Other(String),
}

impl Held {
    /// Returns the maximum length of texts that hold its values.
    pub(super) fn text(&self) -> Text {
        let point = |digits: u32| if digits == 0 { 0 } else { u64::from(digits) + 1 };
        let letters = |value: &String| value.chars().count() as u64;
        let characters = match self {
            Self::Whole(least, most) => Some(least.to_string().len().max(most.to_string().len()) as u64),
            Self::Year => Some(4),
            // A sign, a zero and a point.
            Self::Decimal(digits, ..) => Some(u64::from(*digits) + 3),
            Self::Real { digits, .. } => Some(digits.map_or(24, |(digits, _)| 24.max(u64::from(digits) + 3))),
            Self::Date => Some(10),
            Self::Time(digits) => Some(10 + point(*digits)),
            Self::Datetime(digits) | Self::Timestamp(digits) => Some(19 + point(*digits)),
            Self::Enum(values) => values.iter().map(letters).max(),
            Self::Set(values) => Some(values.iter().map(|value| letters(value) + 1).sum()),
            Self::Named(_) => Some(39),
            Self::Text(text) => return text.clone(),
            Self::Bits(_) | Self::Bytes { .. } | Self::Json | Self::Geometry(_) | Self::Other(_) => None,
        };
        Text { characters, bytes: None, padded: false }
    }
}

/// How long a text may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text {
    /// In characters, where that is stated.
    pub(super) characters: Option<u64>,
    /// In bytes, where that is the limit.
    pub(super) bytes: Option<u64>,
    /// Whether blanks at the end are no part of it.
    pub(super) padded: bool,
}

/// Returns what a column holds.
pub(super) fn held(column: &Column) -> Held {
    of_words(&spelled(column))
}

/// Returns a column's type as statements spell it.
pub(super) fn spelled(column: &Column) -> String {
    Dialect::Mysql.column_type(column, &TableOptions::default())
}

/// Returns the character set of a column's texts, or `None` where its table doesn't state one.
pub(super) fn charset(column: &Column, table: &Table) -> Option<String> {
    column.collation.as_ref().or(table.options.collation.as_ref()).map(|collation| charset_of(collation))
}

fn charset_of(collation: &str) -> String {
    match collation.split('_').next().unwrap_or(collation).to_ascii_lowercase().as_str() {
        // These have no name of their own in MariaDB's short collations.
        "uca1400" => "utf8mb4".to_owned(),
        "utf8" => "utf8mb3".to_owned(),
        other => other.to_owned(),
    }
}

/// Returns a text as a collation compares it. A collation accepts only texts of its own character set.
pub(super) fn collated(text: &str, collation: &str) -> String {
    format!("convert({text} USING {}) COLLATE {collation}", charset_of(collation))
}

/// Returns a column's texts as the later table compares them, or `None` where that table doesn't state a collation.
pub(in crate::plan) fn compared(text: &str, column: &Column, tables: Pair<&Table>) -> Option<String> {
    let collation = column.collation.as_ref().or(tables.to.options.collation.as_ref())?;
    let old = tables.from.column(&column.name).and_then(|old| charset(old, tables.from));
    Some(match old.is_some_and(|old| old == charset_of(collation)) {
        true => format!("{text} COLLATE {collation}"),
        false => collated(text, collation),
    })
}

fn of_words(words: &str) -> Held {
    if let Some((kind, listed)) = values(words) {
        return if kind == "set" { Held::Set(listed) } else { Held::Enum(listed) };
    }
    let lower = words.trim().to_ascii_lowercase();
    let other = || Held::Other(lower.clone());
    let (before, numbers, after) = match lower.split_once('(') {
        Some((before, rest)) => {
            let Some((numbers, after)) = rest.split_once(')') else { return other() };
            let numbers: Result<Vec<u32>, _> = numbers.split(',').map(|number| number.trim().parse()).collect();
            let Ok(numbers) = numbers else { return other() };
            (before, numbers, after)
        }
        None => (lower.as_str(), Vec::new(), ""),
    };
    let all: Vec<&str> = before.split_whitespace().chain(after.split_whitespace()).collect();
    // A zero-filled number has no sign either.
    let unsigned = all.contains(&"unsigned") || all.contains(&"zerofill");
    let kept: Vec<&str> = all.into_iter().filter(|word| !["unsigned", "signed", "zerofill"].contains(word)).collect();
    let (first, second) = (numbers.first().copied(), numbers.get(1).copied());
    let whole = |bits: u32| {
        let half = 1_i128 << (bits - 1);
        if unsigned { Held::Whole(0, 2 * half - 1) } else { Held::Whole(-half, half - 1) }
    };
    let text = |characters: Option<u64>, bytes: Option<u64>, padded| Held::Text(Text { characters, bytes, padded });
    let bytes = |most: u64, padded| Held::Bytes { most, padded };
    let real = |double| Held::Real { double, digits: first.zip(second), unsigned };
    let digits = first.unwrap_or_default();
    match kept.join(" ").as_str() {
        "bool" | "boolean" | "tinyint" | "int1" => whole(8),
        "smallint" | "int2" => whole(16),
        "mediumint" | "int3" | "middleint" => whole(24),
        "int" | "integer" | "int4" => whole(32),
        "bigint" | "int8" | "serial" => whole(64),
        "year" => Held::Year,
        "bit" => Held::Bits(first.unwrap_or(1)),
        "decimal" | "dec" | "numeric" | "fixed" => {
            Held::Decimal(first.unwrap_or(10), second.unwrap_or_default(), unsigned)
        }
        "float" | "float4" => real(second.is_none() && first.is_some_and(|bits| bits > 24)),
        "double" | "float8" | "double precision" | "real" => real(true),
        "varchar" | "character varying" | "char varying" => text(first.map(u64::from), None, false),
        "char" | "character" => text(Some(first.unwrap_or(1).into()), None, true),
        "tinytext" => text(None, Some(0xff), false),
        "text" => text(None, Some(0xffff), false),
        "mediumtext" => text(None, Some(0xff_ffff), false),
        "longtext" => text(None, None, false),
        "binary" => bytes(first.unwrap_or(1).into(), true),
        "varbinary" => bytes(first.unwrap_or_default().into(), false),
        "tinyblob" => bytes(0xff, false),
        "blob" => bytes(0xffff, false),
        "mediumblob" => bytes(0xff_ffff, false),
        "longblob" => bytes(0xffff_ffff, false),
        "date" => Held::Date,
        "time" => Held::Time(digits),
        "datetime" => Held::Datetime(digits),
        "timestamp" => Held::Timestamp(digits),
        "json" => Held::Json,
        "uuid" | "inet6" | "inet4" => Held::Named(lower.clone()),
        "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring" | "multipolygon"
        | "geometrycollection" => Held::Geometry(lower.clone()),
        _rest => other(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_what_its_words_say() {
        let text = |characters, bytes, padded| Held::Text(Text { characters, bytes, padded });
        for (words, held) in [
            ("int(11) unsigned zerofill", Held::Whole(0, 4_294_967_295)),
            ("tinyint(1)", Held::Whole(-128, 127)),
            ("year(4)", Held::Year),
            ("decimal(6,1) unsigned", Held::Decimal(6, 1, true)),
            ("float(7,2)", Held::Real { double: false, digits: Some((7, 2)), unsigned: false }),
            ("float(53)", Held::Real { double: true, digits: None, unsigned: false }),
            ("char", text(Some(1), None, true)),
            ("TEXT", text(None, Some(65_535), false)),
            ("datetime(3)", Held::Datetime(3)),
            ("set('a ','b')", Held::Set(vec!["a".to_owned(), "b".to_owned()])),
            ("vector(4)", Held::Other("vector(4)".to_owned())),
        ] {
            assert_eq!(of_words(words), held, "{words}");
        }
    }
}
