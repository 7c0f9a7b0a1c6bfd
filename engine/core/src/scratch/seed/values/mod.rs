//! Values that columns may like, as SQL literals.
//!
//! [`usual`] gives what rows are made of first: values that are easily lost on the way through a
//! migration. [`pool`] gives what a search picks from where rules refuse those.

mod mysql;
mod postgres;

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::model::{Column, DataType, EnumType, TableName};
use crate::scratch::ask::text_literal;
use crate::sql::{Literal, literals};

/// How a database says values.
#[derive(Clone, Copy)]
pub(super) struct ValueContext<'a> {
    pub(super) dialect: Dialect,
    /// The values of enumerated types.
    pub(super) enums: &'a BTreeMap<TableName, EnumType>,
}

/// The longest text that is made up because some rule mentions its length.
const MAX_LENGTH: i64 = 2_000;

/// Returns the value of a column in the row with this number. `is_key` asks for values that are all different and
/// leave room for more.
pub(super) fn usual(column: &Column, is_key: bool, row: usize, context: ValueContext<'_>) -> String {
    let row = row % 3;
    match context.dialect {
        Dialect::Sqlite => sqlite(column, is_key, row),
        Dialect::Postgres => postgres::value(column, row, context.enums).unwrap_or_else(|| sqlite(column, is_key, row)),
        Dialect::Mysql => mysql::value(column, row).unwrap_or_else(|| sqlite(column, is_key, row)),
    }
}

/// Returns a value spelled for SQLite, which most databases understand.
fn sqlite(column: &Column, is_key: bool, row: usize) -> String {
    let number = row + 1;
    let numbers = |tricky: &str| if is_key || row != 1 { number.to_string() } else { tricky.to_owned() };
    match &column.data_type {
        DataType::Bool => ["1", "0", "1"][row].to_owned(),
        DataType::TinyInt => numbers("-128"),
        DataType::SmallInt => numbers("-32768"),
        DataType::Integer => numbers("2147483647"),
        // One more than a floating point number can hold.
        DataType::BigInt => numbers("-9007199254740993"),
        DataType::Unsigned(_) => number.to_string(),
        DataType::Float | DataType::Double => ["1.5", "-1234.5678", "0.0"][row].to_owned(),
        DataType::Numeric(Some((_, 0))) => number.to_string(),
        DataType::Numeric(_) => format!("{number}.5"),
        DataType::Text if is_key => ["'a key'", "'🔑 it''s \"é\"'", "'c key'"][row].to_owned(),
        DataType::Text => text_literal(TEXTS[row]),
        // The first characters differ, so that short columns hold different values too.
        DataType::Varchar(length) | DataType::Char(length) => {
            let text = if is_key && row == 2 { "c" } else { TEXTS[row] };
            text_literal(&shortened(text, *length))
        }
        DataType::Binary => ["x'00ff27'", "x''", "x'41'"][row].to_owned(),
        DataType::Date => ["'2024-02-29'", "'1999-12-31'", "'2000-01-01'"][row].to_owned(),
        DataType::Time => ["'12:34:56'", "'23:59:59.5'", "'00:00:00'"][row].to_owned(),
        DataType::Timestamp => {
            ["'2024-02-29 12:34:56'", "'1999-12-31 23:59:59.123456'", "'2000-01-01 00:00:00'"][row].to_owned()
        }
        DataType::Timestamptz => {
            ["'2024-02-29 12:34:56+00:00'", "'1999-12-31 23:59:59.123456+00:00'", "'2000-01-01 00:00:00+00:00'"][row]
                .to_owned()
        }
        DataType::Json => ["'{\"a\": 1}'", "'[null, \"it''s é\"]'", "'{}'"][row].to_owned(),
        DataType::Jsonb => ["jsonb('{\"a\": 1}')", "jsonb('[null, \"é\"]')", "jsonb('{}')"][row].to_owned(),
        DataType::Uuid => format!("'00000000-0000-4000-8000-00000000000{number}'"),
        DataType::Interval | DataType::Array(..) | DataType::Other(_) => text_literal(["a", "b", "c"][row]),
    }
}

const TEXTS: [&str; 3] = ["a text", "🦀 it's \"é\"\n;-- x", ""];

/// Returns all values that a search may try in a column: usual values, others of its type, and those that the `rules`
/// over its table mention.
pub(super) fn pool(column: &Column, is_key: bool, rules: &[String], context: ValueContext<'_>) -> Vec<String> {
    let mut pool: Vec<String> = (0..3).map(|row| usual(column, is_key, row, context)).collect();
    let mentioned: Vec<Literal> = rules.iter().flat_map(|rule| literals(context.dialect, rule)).collect();
    let length =
        if let DataType::Varchar(length) | DataType::Char(length) = &column.data_type { *length } else { None };
    let class = class(&column.data_type);
    let numbers = || mentioned.iter().filter_map(|found| if let Literal::Whole(n) = found { Some(*n) } else { None });
    let near = || numbers().flat_map(|n| [Some(n), n.checked_sub(1), n.checked_add(1)]).flatten();
    match class {
        Class::Truth => pool.extend(["0", "1"].map(str::to_owned)),
        Class::Whole | Class::Real => {
            pool.extend([0, 1, 2, 3, 4, 5, -1, 10, 12, 100, 2000].map(|n: i64| n.to_string()));
            pool.extend(near().map(|n| n.to_string()));
            if class == Class::Real {
                pool.extend(["0.5", "0.25", "10.75"].map(str::to_owned));
                pool.extend(mentioned.iter().filter_map(|found| match found {
                    Literal::Real(number) => Some(number.clone()),
                    Literal::Whole(_) | Literal::Text(_) => None,
                }));
            }
        }
        Class::Bytes => {
            pool.extend(["x'00'", "x'6162'", "x'7b7d'"].map(str::to_owned));
            pool.extend(near().filter(|n| (0..=MAX_LENGTH).contains(n)).map(|n| format!("zeroblob({n})")));
        }
        Class::Text => {
            let mut texts: Vec<String> = OTHER_TEXTS.map(str::to_owned).into();
            texts.extend(near().filter(|n| (0..=MAX_LENGTH).contains(n)).map(|n| {
                let n = usize::try_from(n).unwrap_or_default();
                "abcdefghij".chars().cycle().take(n).collect()
            }));
            for found in &mentioned {
                if let Literal::Text(text) = found {
                    texts.extend([text.clone(), example(text)]);
                }
            }
            texts.extend(numbers().map(|n| n.to_string()));
            pool.extend(texts.iter().map(|text| text_literal(&shortened(text, length))));
        }
        Class::Moment => {
            pool.extend(mentioned.iter().filter_map(|found| match found {
                Literal::Text(text) => Some(text_literal(text)),
                Literal::Whole(_) | Literal::Real(_) => None,
            }));
            let more = if column.data_type == DataType::Date {
                ["'2024-03-01'", "'1970-01-01'"]
            } else if column.data_type == DataType::Time {
                ["'01:02:03'", "'23:00:00'"]
            } else {
                ["'2024-03-01 01:02:03'", "'1970-01-01 00:00:00'"]
            };
            pool.extend(more.map(str::to_owned));
        }
    }
    pool.extend(documents(column, &mentioned, context.dialect));
    let mut seen = std::collections::BTreeSet::new();
    pool.retain(|value| seen.insert(value.clone()));
    pool
}

/// Returns documents with something at the keys and paths that rules mention.
fn documents(column: &Column, mentioned: &[Literal], dialect: Dialect) -> Vec<String> {
    let wrapped = |literal: String| match (&column.data_type, dialect) {
        (DataType::Jsonb, Dialect::Sqlite) => Some(format!("jsonb({literal})")),
        (DataType::Json | DataType::Jsonb | DataType::Text, Dialect::Sqlite | Dialect::Postgres | Dialect::Mysql) => {
            Some(literal)
        }
        (_, Dialect::Sqlite | Dialect::Postgres | Dialect::Mysql) => None,
    };
    let keys = mentioned.iter().filter_map(|found| match found {
        Literal::Text(text) => Some(text.trim_start_matches("$.")),
        Literal::Whole(_) | Literal::Real(_) => None,
    });
    let plain =
        keys.filter(|key| !key.is_empty() && key.chars().all(|letter| letter.is_alphanumeric() || letter == '_'));
    plain.filter_map(|key| wrapped(text_literal(&format!("{{\"{key}\": 1}}")))).collect()
}

const OTHER_TEXTS: [&str; 20] = [
    "a",
    "B",
    "abc",
    "DEF",
    "x y",
    "abcdefghij",
    "1",
    "2",
    "3",
    "0",
    "42",
    "2024-02-29",
    "12:34:56",
    "2024-02-29 12:34:56",
    "{}",
    "[]",
    "a@example.org",
    "https://example.org/a",
    "+15550100",
    "00000000-0000-4000-8000-000000000000",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Truth,
    Whole,
    Real,
    Text,
    Bytes,
    Moment,
}

fn class(data_type: &DataType) -> Class {
    match data_type {
        DataType::Bool => Class::Truth,
        DataType::TinyInt | DataType::SmallInt | DataType::Integer | DataType::BigInt | DataType::Unsigned(_) => {
            Class::Whole
        }
        DataType::Float | DataType::Double | DataType::Numeric(_) => Class::Real,
        DataType::Binary | DataType::Jsonb => Class::Bytes,
        DataType::Date | DataType::Time | DataType::Timestamp | DataType::Timestamptz => Class::Moment,
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

/// Returns a text that matches a LIKE or GLOB pattern. Most texts match themselves.
fn example(pattern: &str) -> String {
    let mut text = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '%' | '*' | '_' | '?' => text.push('a'),
            '[' => {
                let class: Vec<char> = letters.by_ref().take_while(|letter| *letter != ']').collect();
                match class.as_slice() {
                    // A letter that isn't among the excluded ones.
                    ['^', others @ ..] => text.extend(['a', 'Z', '5', ' '].iter().find(|one| !within(others, **one))),
                    others => text.extend(others.first()),
                }
            }
            other => text.push(other),
        }
    }
    text
}

/// Checks whether a letter is in a class such as `a-z0-9`.
fn within(class: &[char], letter: char) -> bool {
    class.contains(&letter) || class.windows(3).any(|span| span[1] == '-' && (span[0]..=span[2]).contains(&letter))
}

fn shortened(text: &str, length: Option<u32>) -> String {
    text.chars().take(length.map_or(usize::MAX, |length| length as usize)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: ValueContext<'_> = ValueContext { dialect: Dialect::Sqlite, enums: &BTreeMap::new() };

    #[test]
    fn texts_fit_their_columns() {
        for length in [0, 1, 2, 5] {
            let column = Column::new("c", DataType::Varchar(Some(length)));
            let rules = ["c LIKE 'abc%def' AND length(c) > 3".to_owned()];
            for value in pool(&column, false, &rules, WORDS) {
                let inner = value.trim_matches('\'').replace("''", "'");
                assert!(inner.chars().count() <= length as usize, "{value}");
            }
        }
    }

    #[test]
    fn patterns_have_examples() {
        for (pattern, text) in [
            ("%@%.%", "a@a.a"),
            ("[A-Z][0-9]?*", "A0aa"),
            ("[^a-z]", "Z"),
            ("plain", "plain"),
            ("[^a-zA-Z]x", "5x"),
            ("[open", "o"),
        ] {
            assert_eq!(example(pattern), text);
        }
    }

    #[test]
    fn what_rules_mention_is_tried() {
        let texts = pool(&Column::new("c", DataType::Text), false, &["c IN ('it''s', \"b\")".to_owned()], WORDS);
        assert!(texts.contains(&"'it''s'".to_owned()) && texts.contains(&"'b'".to_owned()));
        let numbers = pool(&Column::new("c", DataType::Integer), false, &["c > 77".to_owned()], WORDS);
        assert!(numbers.contains(&"78".to_owned()) && numbers.contains(&"76".to_owned()));
    }
}
