//! MySQL's and MariaDB's type names and Diesel's, in both directions.
//!
//! Types are written as the server's own catalog spells them, without the display widths that newer servers have
//! dropped. Types may be read under any name that the server takes.

use crate::model::{DataType, TableOptions};

use super::tokens::text_of;

/// The servers' own types that Diesel has words for, but the model hasn't: Diesel's name, the
/// server's, and what Diesel reads them as.
const OTHERS: &[(&str, &str, DataType)] = &[
    ("Mediumint", "mediumint", DataType::Integer),
    ("Datetime", "datetime", DataType::Timestamp),
    ("Tinytext", "tinytext", DataType::Text),
    ("Mediumtext", "mediumtext", DataType::Text),
    ("Longtext", "longtext", DataType::Text),
    ("Tinyblob", "tinyblob", DataType::Binary),
    ("Mediumblob", "mediumblob", DataType::Binary),
    ("Longblob", "longblob", DataType::Binary),
    ("Year", "year", DataType::SmallInt),
];

/// Returns `true` if values of the type are compared by a collation.
pub fn has_collation(sql_type: &str) -> bool {
    let word = sql_type.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default();
    let word = word.to_ascii_lowercase();
    word.ends_with("text") || ["char", "varchar", "enum", "set"].contains(&word.as_str())
}

/// Returns `true` if an index can hold prefixes of this length of the type's values. A type that isn't longer
/// is taken whole.
pub fn takes_prefix(sql_type: &str, length: u32) -> bool {
    let (word, rest) = sql_type.split_once('(').unwrap_or((sql_type, ""));
    match word.trim().to_ascii_lowercase().as_str() {
        "char" | "varchar" | "binary" | "varbinary" => {
            let most = rest.split(')').next().and_then(|most| most.trim().parse::<u32>().ok());
            most.is_none_or(|most| most > length)
        }
        word => word.ends_with("text") || word.ends_with("blob"),
    }
}

/// Returns a Diesel type as the catalog spells it. Returns `None` if Diesel has no such type on MySQL, if
/// only the host knows what its type is called, or if MySQL requires a length that nobody states.
pub fn spelling(data_type: &DataType, _: &TableOptions) -> Option<String> {
    let word = match data_type {
        DataType::Bool => "tinyint(1)",
        DataType::TinyInt => "tinyint",
        DataType::SmallInt => "smallint",
        DataType::Integer => "int",
        DataType::BigInt => "bigint",
        DataType::Unsigned(inner) => return Some(format!("{} unsigned", spelling(inner, &TableOptions::default())?)),
        DataType::Float => "float",
        DataType::Double => "double",
        DataType::Numeric(Some((precision, scale))) => return Some(format!("decimal({precision},{scale})")),
        DataType::Text => "text",
        DataType::Varchar(Some(length)) => return Some(format!("varchar({length})")),
        DataType::Char(length) => return Some(format!("char({})", length.unwrap_or(1))),
        DataType::Binary => "blob",
        DataType::Date => "date",
        DataType::Time => "time",
        DataType::Timestamp => "timestamp",
        DataType::Json => "json",
        DataType::Other(name) => OTHERS.iter().find(|(diesels, ..)| diesels == name)?.1,
        // `decimal` alone has no digits after the point, and `varchar` alone isn't valid.
        DataType::Numeric(None)
        | DataType::Varchar(None)
        | DataType::Timestamptz
        | DataType::Jsonb
        | DataType::Uuid
        | DataType::Interval
        | DataType::Array(..) => return None,
    };
    Some(word.to_owned())
}

/// Returns the Diesel type for a type's spelling. A type that the model has no word for (`datetime(3)`,
/// `enum('a','b')`) stays as it is spelled.
pub fn data_type(spelling: &str) -> DataType {
    let other = || DataType::Other(spelling.to_owned());
    let Some(Parts { word, arguments, unsigned }) = parts(spelling) else { return other() };
    let plain = match (word.as_str(), arguments.as_slice()) {
        ("bool" | "boolean", []) | ("tinyint", [1]) if !unsigned => DataType::Bool,
        ("tinyint" | "int1", _) => DataType::TinyInt,
        ("smallint" | "int2", _) => DataType::SmallInt,
        ("int" | "integer" | "int4", _) => DataType::Integer,
        ("bigint" | "int8", _) => DataType::BigInt,
        ("mediumint" | "int3" | "middleint", _) => DataType::Other("Mediumint".to_owned()),
        ("float" | "float4", []) => DataType::Float,
        ("double" | "float8" | "double precision" | "real", []) => DataType::Double,
        ("decimal" | "dec" | "numeric" | "fixed", []) => DataType::Numeric(Some((10, 0))),
        ("decimal" | "dec" | "numeric" | "fixed", [precision]) => DataType::Numeric(Some((*precision, 0))),
        ("decimal" | "dec" | "numeric" | "fixed", [precision, scale]) => DataType::Numeric(Some((*precision, *scale))),
        ("text", []) => DataType::Text,
        ("varchar" | "character varying" | "char varying", [length]) => DataType::Varchar(Some(*length)),
        ("char" | "character", []) => DataType::Char(Some(1)),
        ("char" | "character", [length]) => DataType::Char(Some(*length)),
        ("blob", []) => DataType::Binary,
        ("date", []) => DataType::Date,
        ("time", [] | [0]) => DataType::Time,
        ("timestamp", [] | [0]) => DataType::Timestamp,
        ("datetime", [] | [0]) => DataType::Other("Datetime".to_owned()),
        ("year", [] | [4]) => DataType::Other("Year".to_owned()),
        ("json", []) => DataType::Json,
        (word, []) => match OTHERS.iter().find(|(_, theirs, _)| *theirs == word) {
            Some((diesels, ..)) => DataType::Other((*diesels).to_owned()),
            None => return other(),
        },
        (_, [_, ..]) => return other(),
    };
    if unsigned { DataType::Unsigned(Box::new(plain)) } else { plain }
}

/// A type taken apart.
struct Parts {
    /// Its words in lower case, with single spaces.
    word: String,
    arguments: Vec<u32>,
    unsigned: bool,
}

/// Splits a type's spelling into its parts. Returns `None` if it isn't written as words and numbers.
fn parts(spelling: &str) -> Option<Parts> {
    let lower = spelling.to_ascii_lowercase();
    let (before, arguments, after) = match lower.split_once('(') {
        Some((before, rest)) => {
            let (numbers, after) = rest.split_once(')')?;
            let numbers = numbers.split(',').map(|number| number.trim().parse()).collect::<Result<Vec<u32>, _>>();
            (before, numbers.ok()?, after)
        }
        None => (lower.as_str(), Vec::new(), ""),
    };
    let words: Vec<&str> = before.split_whitespace().chain(after.split_whitespace()).collect();
    // A column with `zerofill` is unsigned, whether it says so or not.
    let is_filled = words.contains(&"zerofill");
    let (signs, words): (Vec<&str>, Vec<&str>) =
        words.into_iter().partition(|word| matches!(*word, "unsigned" | "signed"));
    if is_filled {
        return None;
    }
    Some(Parts { word: words.join(" "), arguments, unsigned: signs.contains(&"unsigned") })
}

/// Checks whether two types are the same. With `lengths`, an unstated length or precision on the wanted side
/// means "none". Otherwise only the differences that Diesel itself makes count.
pub fn same_type(from: &DataType, to: &DataType, options: &TableOptions, lengths: bool) -> bool {
    if let (DataType::Other(from), DataType::Other(to)) = (from, to)
        && same_words(from, to)
    {
        return true;
    }
    if lengths {
        let (from_word, to_word) = (spelling(from, options), spelling(to, options));
        return from == to || (from_word.is_some() && from_word == to_word);
    }
    let stated = length(to).is_some();
    diesel_class(from) == diesel_class(to) && (!stated || length(from) == length(to))
}

/// Checks whether the words of two types are the same. Case counts only in the values of an enum or set.
pub fn same_words(a: &str, b: &str) -> bool {
    match (values(a), values(b)) {
        (Some(a), Some(b)) => a == b,
        (Some(_), None) | (None, Some(_)) => false,
        (None, None) => a.eq_ignore_ascii_case(b),
    }
}

/// Returns the kind and the values of `enum('a','b')` and `set(...)`.
pub fn values(spelling: &str) -> Option<(&'static str, Vec<String>)> {
    let kind = ["enum", "set"].into_iter().find(|kind| {
        spelling.get(..kind.len()).is_some_and(|start| start.eq_ignore_ascii_case(kind))
            && spelling[kind.len()..].trim_start().starts_with('(')
    })?;
    let inside = spelling[kind.len()..].trim().strip_prefix('(')?.strip_suffix(')')?;
    let tokens = super::tokens::tokens(inside)?;
    let texts = tokens.iter().map(|token| &inside[token.span.clone()]).filter(|text| *text != ",");
    // The servers drop blanks at the end of a value.
    let value = |text: &str| Some(text_of(text)?.trim_end_matches(' ').to_owned());
    Some((kind, texts.map(value).collect::<Option<_>>()?))
}

fn length(data_type: &DataType) -> Option<(u32, u32)> {
    match data_type {
        DataType::Varchar(length) | DataType::Char(length) => length.map(|length| (length, 0)),
        DataType::Numeric(precision) => *precision,
        DataType::Unsigned(inner) => length(inner),
        DataType::Bool
        | DataType::TinyInt
        | DataType::SmallInt
        | DataType::Integer
        | DataType::BigInt
        | DataType::Float
        | DataType::Double
        | DataType::Text
        | DataType::Binary
        | DataType::Date
        | DataType::Time
        | DataType::Timestamp
        | DataType::Timestamptz
        | DataType::Json
        | DataType::Jsonb
        | DataType::Uuid
        | DataType::Interval
        | DataType::Array(..)
        | DataType::Other(_) => None,
    }
}

/// Returns the type that Diesel reads a type as, however MySQL narrows it.
fn diesel_class(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Varchar(_) | DataType::Char(_) => DataType::Text,
        DataType::Numeric(_) => DataType::Numeric(None),
        // MariaDB keeps JSON as text, and a `table!` made from it says so.
        DataType::Json => DataType::Text,
        // Diesel only distinguishes unsigned types for integers.
        DataType::Unsigned(inner) => match diesel_class(inner) {
            class @ (DataType::Float | DataType::Double | DataType::Numeric(_)) => class,
            class => DataType::Unsigned(Box::new(class)),
        },
        DataType::Other(name) => {
            let known = OTHERS.iter().find(|(diesels, ..)| diesels == name);
            known.map_or_else(|| class_of_words(name), |(_, _, class)| class.clone())
        }
        DataType::Bool
        | DataType::TinyInt
        | DataType::SmallInt
        | DataType::Integer
        | DataType::BigInt
        | DataType::Float
        | DataType::Double
        | DataType::Text
        | DataType::Binary
        | DataType::Date
        | DataType::Time
        | DataType::Timestamp
        | DataType::Timestamptz
        | DataType::Jsonb
        | DataType::Uuid
        | DataType::Interval
        | DataType::Array(..) => data_type.clone(),
    }
}

/// Returns the class of a type that stayed as it is spelled.
fn class_of_words(spelling: &str) -> DataType {
    let lower = spelling.to_ascii_lowercase();
    let word: String = lower.chars().take_while(char::is_ascii_alphabetic).collect();
    match word.as_str() {
        "varbinary" | "binary" | "bit" => DataType::Binary,
        "float" => DataType::Float,
        "double" => DataType::Double,
        "datetime" | "timestamp" => DataType::Timestamp,
        "time" => DataType::Time,
        _ if lower.contains("zerofill") => {
            diesel_class(&self::data_type(&format!("{} unsigned", lower.replace("zerofill", ""))))
        }
        _ => DataType::Other(spelling.to_owned()),
    }
}

/// Checks whether a default's text is a literal that is the same for all rows.
pub fn is_literal(sql: &str) -> bool {
    let text = sql.trim();
    let unsigned = text.strip_prefix(['-', '+']).map_or(text, str::trim_start);
    let number =
        unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.') && unsigned.parse::<f64>().is_ok();
    let word = ["true", "false", "null"].iter().any(|word| text.eq_ignore_ascii_case(word));
    let bytes =
        text.strip_prefix(['x', 'X', 'b', 'B']).is_some_and(|rest| rest.starts_with('\'') && text_of(rest).is_some());
    let hex = text.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    number || word || bytes || hex || text_of(text).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_is_written_reads_back_as_itself() {
        let options = TableOptions::default();
        let others = OTHERS.iter().map(|(diesels, ..)| DataType::Other((*diesels).to_owned()));
        let own = [
            DataType::Bool,
            DataType::TinyInt,
            DataType::SmallInt,
            DataType::Integer,
            DataType::BigInt,
            DataType::Unsigned(Box::new(DataType::TinyInt)),
            DataType::Unsigned(Box::new(DataType::BigInt)),
            DataType::Float,
            DataType::Double,
            DataType::Numeric(Some((10, 2))),
            DataType::Text,
            DataType::Varchar(Some(64)),
            DataType::Char(Some(2)),
            DataType::Binary,
            DataType::Date,
            DataType::Time,
            DataType::Timestamp,
            DataType::Json,
        ];
        for data_type in own.into_iter().chain(others) {
            let written = spelling(&data_type, &options).expect("a type of Diesel's MySQL backend");
            assert_eq!(super::data_type(&written), data_type, "{written}");
        }
    }

    #[test]
    fn names_for_one_type_are_alike() {
        let options = TableOptions::default();
        let same = |a: &str, b: &str, lengths| same_type(&data_type(a), &data_type(b), &options, lengths);
        assert!(same("int(11)", "INTEGER", true));
        assert!(same("int(10) unsigned", "int unsigned", true));
        assert!(!same("int unsigned", "int", false));
        assert!(same("tinyint(1)", "bool", true));
        assert!(!same("tinyint(1)", "tinyint(4)", true));
        assert!(same("enum('a','b')", "ENUM( 'a', \"b\")", true));
        assert!(!same("enum('a','b')", "enum('a','B')", true));
        assert!(same("datetime(6)", "timestamp", false));
        assert!(!same("datetime(6)", "datetime", true));
        assert!(same("mediumtext", "text", false));
        assert!(!same("mediumtext", "text", true));
        assert!(same("varbinary(16)", "blob", false));
        assert!(same("mediumint(8) unsigned", "int unsigned", false));
        assert!(same("int(5) unsigned zerofill", "int unsigned", false));
        assert!(same("decimal(10,2) unsigned", "decimal(10,2)", false));
        assert!(!same("decimal(10,2) unsigned", "decimal(10,2)", true));
    }

    #[test]
    fn literals_are_no_expressions() {
        for literal in ["1", "-1.5e3", "'it''s'", "\"a\\\"b\"", "x'00'", "0xff", "b'1'", "NULL", "true"] {
            assert!(is_literal(literal), "{literal}");
        }
        for expression in ["current_timestamp()", "1 + 1", "'a' 'b'", "uuid()", "concat('a')"] {
            assert!(!is_literal(expression), "{expression}");
        }
    }
}
