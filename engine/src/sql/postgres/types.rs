//! PostgreSQL's type names and Diesel's, in both directions.
//!
//! Types are written as PostgreSQL's own `format_type` spells them, so that a declared type and a live one have
//! the same text. Types may be read under any name that PostgreSQL takes.

use crate::model::{DataType, TableOptions};

/// Types that the model has no words for: Diesel's names (the first is the one that is read back), and
/// PostgreSQL's.
const OTHERS: &[(&[&str], &str)] = &[
    (&["Oid"], "oid"),
    (&["Money"], "money"),
    (&["MacAddr"], "macaddr"),
    (&["MacAddr8"], "macaddr8"),
    (&["Inet"], "inet"),
    (&["Cidr"], "cidr"),
    (&["CChar"], "\"char\""),
    (&["Citext"], "citext"),
    (&["PgLsn"], "pg_lsn"),
    (&["Tsvector", "TsVector"], "tsvector"),
    (&["Tsquery", "TsQuery"], "tsquery"),
    (&["Timetz"], "time with time zone"),
    (&["Int4range", "Range<Integer>"], "int4range"),
    (&["Int8range", "Range<BigInt>"], "int8range"),
    (&["Numrange", "Range<Numeric>"], "numrange"),
    (&["Tsrange", "Range<Timestamp>"], "tsrange"),
    (&["Tstzrange", "Range<Timestamptz>"], "tstzrange"),
    (&["Daterange", "Range<Date>"], "daterange"),
    (&["Int4multirange", "Multirange<Integer>"], "int4multirange"),
    (&["Int8multirange", "Multirange<BigInt>"], "int8multirange"),
    (&["Nummultirange", "Multirange<Numeric>"], "nummultirange"),
    (&["Tsmultirange", "Multirange<Timestamp>"], "tsmultirange"),
    (&["Tstzmultirange", "Multirange<Timestamptz>"], "tstzmultirange"),
    (&["Datemultirange", "Multirange<Date>"], "datemultirange"),
];

/// Returns a Diesel type as `format_type` spells it. Returns `None` if Diesel has no such type on PostgreSQL,
/// or if only the host knows what its type is called.
pub fn spelling(data_type: &DataType, _: &TableOptions) -> Option<String> {
    let word = match data_type {
        DataType::Bool => "boolean",
        DataType::SmallInt => "smallint",
        DataType::Integer => "integer",
        DataType::BigInt => "bigint",
        DataType::Float => "real",
        DataType::Double => "double precision",
        DataType::Numeric(None) => "numeric",
        DataType::Numeric(Some((precision, scale))) => return Some(format!("numeric({precision},{scale})")),
        DataType::Text => "text",
        DataType::Varchar(None) => "character varying",
        DataType::Varchar(Some(length)) => return Some(format!("character varying({length})")),
        // `character` alone would mean one character.
        DataType::Char(None) => "bpchar",
        DataType::Char(Some(length)) => return Some(format!("character({length})")),
        DataType::Binary => "bytea",
        DataType::Date => "date",
        DataType::Time => "time without time zone",
        DataType::Timestamp => "timestamp without time zone",
        DataType::Timestamptz => "timestamp with time zone",
        DataType::Json => "json",
        DataType::Jsonb => "jsonb",
        DataType::Uuid => "uuid",
        DataType::Interval => "interval",
        // PostgreSQL knows neither dimensions nor whether elements may be null.
        DataType::Array(inner, _) => match &**inner {
            DataType::Array(..) => return spelling(inner, &TableOptions::default()),
            element => return Some(format!("{}[]", spelling(element, &TableOptions::default())?)),
        },
        DataType::Other(name) => OTHERS.iter().find(|(names, _)| names.contains(&name.as_str()))?.1,
        DataType::TinyInt | DataType::Unsigned(_) => return None,
    };
    Some(word.to_owned())
}

/// Returns the Diesel type for a type's spelling. A type that PostgreSQL narrows in a way that the model has
/// no word for (`timestamp(3)`) stays as it is spelled.
pub fn data_type(spelling: &str) -> DataType {
    if let Some(element) = spelling.trim_end().strip_suffix(']').map(|open| open.trim_end_matches(|c: char| c != '[')) {
        let element = element.strip_suffix('[').unwrap_or(element);
        return match data_type(element) {
            array @ DataType::Array(..) => array,
            element => DataType::Array(Box::new(element), true),
        };
    }
    let Some((word, arguments)) = parts(spelling) else { return DataType::Other(spelling.to_owned()) };
    let arguments = arguments.as_slice();
    match (word.as_str(), arguments) {
        ("boolean" | "bool", []) => DataType::Bool,
        ("smallint" | "int2", []) => DataType::SmallInt,
        ("integer" | "int" | "int4", []) => DataType::Integer,
        ("bigint" | "int8", []) => DataType::BigInt,
        ("real" | "float4", []) => DataType::Float,
        ("double precision" | "float8" | "float", []) => DataType::Double,
        ("numeric" | "decimal", []) => DataType::Numeric(None),
        ("numeric" | "decimal", [precision]) => DataType::Numeric(Some((*precision, 0))),
        ("numeric" | "decimal", [precision, scale]) => DataType::Numeric(Some((*precision, *scale))),
        ("text", []) => DataType::Text,
        ("character varying" | "varchar" | "char varying", []) => DataType::Varchar(None),
        ("character varying" | "varchar" | "char varying", [length]) => DataType::Varchar(Some(*length)),
        ("bpchar", []) => DataType::Char(None),
        ("character" | "char", []) => DataType::Char(Some(1)),
        ("character" | "char" | "bpchar", [length]) => DataType::Char(Some(*length)),
        ("bytea", []) => DataType::Binary,
        ("date", []) => DataType::Date,
        ("time without time zone" | "time", []) => DataType::Time,
        ("timestamp without time zone" | "timestamp", []) => DataType::Timestamp,
        ("timestamp with time zone" | "timestamptz", []) => DataType::Timestamptz,
        ("json", []) => DataType::Json,
        ("jsonb", []) => DataType::Jsonb,
        ("uuid", []) => DataType::Uuid,
        ("interval", []) => DataType::Interval,
        (word, []) => {
            let known = OTHERS.iter().find(|(_, theirs)| *theirs == word);
            known
                .map_or_else(|| DataType::Other(spelling.to_owned()), |(names, _)| DataType::Other(names[0].to_owned()))
        }
        (_, [_, ..]) => DataType::Other(spelling.to_owned()),
    }
}

/// Splits a type's spelling into its words, in lower case, and its numbers. Returns `None` if it isn't
/// written that way. A quoted name stays as it is, because its case counts.
fn parts(spelling: &str) -> Option<(String, Vec<u32>)> {
    if spelling.contains('"') {
        return Some((spelling.trim().to_owned(), Vec::new()));
    }
    let lower = spelling.to_ascii_lowercase();
    let (before, numbers, after) = match lower.split_once('(') {
        Some((before, rest)) => {
            let (numbers, after) = rest.split_once(')')?;
            let numbers = numbers.split(',').map(|number| number.trim().parse()).collect::<Result<Vec<u32>, _>>();
            (before, numbers.ok()?, after)
        }
        None => (lower.as_str(), Vec::new(), ""),
    };
    let words = before.split_whitespace().chain(after.split_whitespace()).collect::<Vec<_>>().join(" ");
    let bare = words.strip_prefix("pg_catalog.").map(str::to_owned);
    Some((bare.unwrap_or(words), numbers))
}

/// Checks whether two types are the same. With `lengths`, an unstated length or precision on the wanted side
/// means "none". Otherwise only the differences that Diesel itself makes count.
pub fn same_type(from: &DataType, to: &DataType, options: &TableOptions, lengths: bool) -> bool {
    match (from, to) {
        (DataType::Array(from, _), DataType::Array(to, _)) => return same_type(from, to, options, lengths),
        (DataType::Other(from), DataType::Other(to)) if from.eq_ignore_ascii_case(to) => return true,
        (_, _) => {}
    }
    if lengths {
        let (from_word, to_word) = (spelling(from, options), spelling(to, options));
        return from == to || (from_word.is_some() && from_word == to_word);
    }
    let spelled = spelling(from, options);
    if spelled.is_some() && spelled == spelling(to, options) {
        return true;
    }
    let stated = length(to).is_some();
    diesel_class(from) == diesel_class(to) && (!stated || length(from) == length(to))
}

fn length(data_type: &DataType) -> Option<(u32, u32)> {
    match data_type {
        DataType::Varchar(length) | DataType::Char(length) => length.map(|length| (length, 0)),
        DataType::Numeric(precision) => *precision,
        _ => None,
    }
}

/// Returns the type that Diesel reads a type as, however PostgreSQL narrows it.
fn diesel_class(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Varchar(_) | DataType::Char(_) => DataType::Text,
        DataType::Numeric(_) => DataType::Numeric(None),
        DataType::Other(name) => match parts(name) {
            Some((word, numbers)) if !numbers.is_empty() => self::data_type(&word),
            Some(_) | None => data_type.clone(),
        },
        other => other.clone(),
    }
}

/// Returns a default's text without the casts that may follow it, if it is a literal that is the same for all
/// rows.
pub fn bare_literal(sql: &str) -> Option<&str> {
    let (text, casts) = match sql.rsplit_once('\'') {
        Some((before, after)) => (&sql[..=before.len()], after),
        None => sql.split_once("::").map_or((sql, ""), |(text, _)| (text, &sql[text.len()..])),
    };
    let text = text.trim();
    let unsigned = text.strip_prefix(['-', '+']).map_or(text, str::trim_start);
    let number =
        unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') && unsigned.parse::<f64>().is_ok();
    let word = ["true", "false", "null"].iter().any(|word| text.eq_ignore_ascii_case(word));
    let is_cast = |cast: &str| {
        cast.chars().all(|letter| letter.is_alphanumeric() || " _.,()[]\"".contains(letter)) && !cast.trim().is_empty()
    };
    let casts = casts.trim();
    let only_casts = casts.is_empty() || casts.strip_prefix("::").is_some_and(|casts| casts.split("::").all(is_cast));
    ((number || word || is_quoted(text)) && only_casts).then_some(text)
}

/// Checks whether a text is one whole string literal.
fn is_quoted(text: &str) -> bool {
    let inner = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    inner.is_some_and(|inner| !inner.replace("''", "").contains('\''))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_is_written_reads_back_as_itself() {
        let options = TableOptions::default();
        let others = OTHERS.iter().map(|(names, _)| DataType::Other(names[0].to_owned()));
        let own = [
            DataType::Bool,
            DataType::SmallInt,
            DataType::Integer,
            DataType::BigInt,
            DataType::Float,
            DataType::Double,
            DataType::Numeric(None),
            DataType::Numeric(Some((10, 2))),
            DataType::Text,
            DataType::Varchar(None),
            DataType::Varchar(Some(64)),
            DataType::Char(None),
            DataType::Char(Some(2)),
            DataType::Binary,
            DataType::Date,
            DataType::Time,
            DataType::Timestamp,
            DataType::Timestamptz,
            DataType::Json,
            DataType::Jsonb,
            DataType::Uuid,
            DataType::Interval,
            DataType::Array(Box::new(DataType::Varchar(Some(3))), true),
        ];
        for data_type in own.into_iter().chain(others) {
            let written = spelling(&data_type, &options).expect("a type of Diesel's PostgreSQL backend");
            assert_eq!(super::data_type(&written), data_type, "{written}");
        }
    }

    #[test]
    fn names_for_one_type_are_alike() {
        let options = TableOptions::default();
        let same = |a: &str, b: &str, lengths| same_type(&data_type(a), &data_type(b), &options, lengths);
        assert!(same("int4", "INTEGER", true));
        assert!(same("varchar (64)", "character varying(64)", true));
        assert!(same("pg_catalog.int8", "bigint", true));
        assert!(same("char", "character(1)", true));
        assert!(same("numeric(10)", "decimal(10, 0)", true));
        assert!(same("integer[][]", "int4[3]", true));
        assert!(!same("varchar(64)", "text", true));
        assert!(same("varchar(64)", "text", false));
        assert!(!same("varchar(64)", "varchar(65)", false));
        assert!(!same("timestamp(3)", "timestamp", true));
        assert!(same("timestamp(3) with time zone", "timestamptz", false));
        assert!(!same("timestamp(3) with time zone", "timestamp", false));
        assert!(!same("\"char\"", "char", true));
        let range = DataType::Other("Range<Integer>".to_owned());
        assert!(same_type(&data_type("int4range"), &range, &options, false));
        assert!(!same_type(&data_type("int8range"), &range, &options, false));
        assert!(!same("\"Mood\"", "mood", true));
    }

    #[test]
    fn a_bare_literal_has_no_type() {
        assert_eq!(bare_literal("'it''s::x'::text"), Some("'it''s::x'"));
        assert_eq!(bare_literal("-1::smallint"), Some("-1"));
        assert_eq!(bare_literal("lower('A'::text)"), None);
    }

    #[test]
    fn literals_may_be_cast_but_are_no_expressions() {
        for literal in [
            "1",
            "-1.5e3",
            "'it''s'",
            "'a::b'",
            "'{}'::jsonb",
            "NULL::character varying(3)",
            "true",
            "'x'::\"My Type\"[]",
        ] {
            assert!(bare_literal(literal).is_some(), "{literal}");
        }
        for expression in
            ["now()", "CURRENT_TIMESTAMP", "1 + 1", "'a' || 'b'", "nextval('s'::regclass)", "'1'::int + 1", "'x'::"]
        {
            assert!(bare_literal(expression).is_none(), "{expression}");
        }
    }
}
