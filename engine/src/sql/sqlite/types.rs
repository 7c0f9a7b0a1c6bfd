//! SQLite's type names and Diesel's, in both directions.
//!
//! SQLite takes any word for a type and derives an affinity from it; Diesel's own tools read the
//! word. So the word is kept, written out as the table below says, and read more generously.

use crate::model::{Column, Table};
use crate::model::{DataType, TableOptions};

/// Returns a Diesel type as this program writes it, and as `STRICT` tables require it. Returns `None` if
/// Diesel has no such type on SQLite.
pub fn spelling(data_type: &DataType, options: &TableOptions) -> Option<String> {
    let (word, strict) = match data_type {
        DataType::Bool => ("BOOLEAN", "INTEGER"),
        DataType::SmallInt => ("SMALLINT", "INTEGER"),
        DataType::Integer => ("INTEGER", "INTEGER"),
        DataType::BigInt => ("BIGINT", "INTEGER"),
        DataType::Float => ("FLOAT", "REAL"),
        DataType::Double => ("DOUBLE", "REAL"),
        DataType::Numeric(_) => ("NUMERIC", "REAL"),
        DataType::Text => ("TEXT", "TEXT"),
        DataType::Varchar(_) => ("VARCHAR", "TEXT"),
        DataType::Char(_) => ("CHAR", "TEXT"),
        DataType::Binary => ("BLOB", "BLOB"),
        DataType::Date => ("DATE", "TEXT"),
        DataType::Time => ("TIME", "TEXT"),
        DataType::Timestamp => ("TIMESTAMP", "TEXT"),
        DataType::Timestamptz => ("TIMESTAMPTZ", "TEXT"),
        DataType::Json => ("JSON", "TEXT"),
        DataType::Jsonb => ("JSONB", "BLOB"),
        DataType::TinyInt
        | DataType::Unsigned(_)
        | DataType::Uuid
        | DataType::Interval
        | DataType::Array(..)
        | DataType::Other(_) => return None,
    };
    if options.strict {
        return Some(strict.to_owned());
    }
    Some(match data_type {
        DataType::Varchar(Some(length)) | DataType::Char(Some(length)) => format!("{word}({length})"),
        // A length keeps the word's meaning. Without one, SQLite and Diesel call it text.
        DataType::Varchar(None) | DataType::Char(None) => "TEXT".to_owned(),
        DataType::Numeric(Some((precision, scale))) => format!("{word}({precision}, {scale})"),
        _ => word.to_owned(),
    })
}

/// Checks whether a table's primary key keeps its columns from being NULL. In an ordinary table it doesn't,
/// unless the key is the row's number.
pub fn key_requires_values(table: &Table) -> bool {
    let Some(key) = &table.primary_key else { return false };
    let is_row_number = |column: &Column| match &column.sql_type {
        Some(sql_type) => sql_type.eq_ignore_ascii_case("integer"),
        // A `BigInt` that is the whole key becomes an INTEGER.
        None => matches!(column.data_type, DataType::Integer | DataType::BigInt),
    };
    let only = match key.columns.as_slice() {
        [only] => table.column(only),
        [..] => None,
    };
    table.options.strict || table.options.without_rowid || only.is_some_and(is_row_number)
}

/// Returns the Diesel type for a declared type's words.
pub fn data_type(spelling: &str) -> DataType {
    let lower = spelling.to_ascii_lowercase();
    let (word, arguments) = match lower.split_once('(') {
        Some((word, rest)) => (word, rest.trim_end().trim_end_matches(')')),
        None => (lower.as_str(), ""),
    };
    let word = word.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut numbers = arguments.split(',').map(|number| number.trim().parse::<u32>().ok());
    let first = numbers.next().flatten();
    let second = numbers.next().flatten();
    let has = |part: &str| word.contains(part);

    match word.as_str() {
        "date" => DataType::Date,
        "time" => DataType::Time,
        "datetime" | "timestamp" | "timestamp without time zone" => DataType::Timestamp,
        "timestamptz" | "timestamptzsqlite" | "timestamp with time zone" | "datetimetz" => DataType::Timestamptz,
        "json" => DataType::Json,
        "jsonb" => DataType::Jsonb,
        "bool" | "boolean" => DataType::Bool,
        "int2" => DataType::SmallInt,
        "int8" => DataType::BigInt,
        _ if has("tiny") && has("int") => DataType::Bool,
        _ if has("small") && has("int") => DataType::SmallInt,
        _ if has("big") && has("int") => DataType::BigInt,
        _ if has("int") && !has("point") && !has("interval") => DataType::Integer,
        _ if has("varchar") || has("varying") => DataType::Varchar(first),
        _ if has("char") => DataType::Char(first),
        _ if has("text") || has("clob") => DataType::Text,
        _ if has("blob") || has("binary") => DataType::Binary,
        _ if has("float") || has("real") => DataType::Float,
        _ if has("double") => DataType::Double,
        _ if has("num") || has("dec") => {
            DataType::Numeric(first.map(|precision| (precision, second.unwrap_or_default())))
        }
        _ => DataType::Other(spelling.to_owned()),
    }
}

/// Checks whether two types are the same to SQLite and Diesel. With `lengths`, an unstated length or
/// precision on the wanted side means "none". Otherwise only Diesel's own view counts.
pub fn same_type(from: &DataType, to: &DataType, options: &TableOptions, lengths: bool) -> bool {
    if lengths {
        let (from_word, to_word) = (spelling(from, options), spelling(to, options));
        return from == to || (from_word.is_some() && from_word == to_word);
    }
    // The word INTEGER holds 64 bits, and `BigInt` is how a host reads all of them.
    if (from, to) == (&DataType::Integer, &DataType::BigInt) {
        return true;
    }
    let unstated = matches!(to, DataType::Varchar(None) | DataType::Char(None) | DataType::Numeric(None));
    diesel_class(from) == diesel_class(to) && (unstated || length(to).is_none() || length(from) == length(to))
}

fn length(data_type: &DataType) -> Option<u32> {
    match data_type {
        DataType::Varchar(length) | DataType::Char(length) => *length,
        _ => None,
    }
}

/// Returns the class of types that Diesel's own `print-schema` or its users interchange on SQLite.
fn diesel_class(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Varchar(_) | DataType::Char(_) => DataType::Text,
        DataType::Float | DataType::Numeric(_) => DataType::Double,
        other => other.clone(),
    }
}

/// Checks whether a default's text is a literal that is the same for all rows.
pub fn is_literal(sql: &str) -> bool {
    let text = sql.trim();
    let unsigned = text.strip_prefix(['-', '+']).map_or(text, str::trim_start);
    let number = unsigned.starts_with(|first: char| first.is_ascii_digit() || first == '.')
        && (unsigned.parse::<f64>().is_ok() || unsigned.strip_prefix("0x").is_some_and(is_hex));
    let word = ["true", "false", "null"].iter().any(|word| text.eq_ignore_ascii_case(word));
    let blob = text.strip_prefix(['x', 'X']).and_then(quoted_text).is_some_and(|inner| is_hex(&inner));
    number || word || blob || quoted_text(text).is_some()
}

/// Returns the contents of a text that is one whole string literal.
fn quoted_text(text: &str) -> Option<String> {
    let inner = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let undoubled = inner.replace("''", "");
    (!undoubled.contains('\'')).then(|| inner.replace("''", "'"))
}

fn is_hex(text: &str) -> bool {
    text.chars().all(|digit| digit.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_that_is_written_reads_back_as_itself() {
        let options = TableOptions::default();
        for data_type in [
            DataType::Bool,
            DataType::SmallInt,
            DataType::Integer,
            DataType::BigInt,
            DataType::Float,
            DataType::Double,
            DataType::Numeric(None),
            DataType::Numeric(Some((10, 2))),
            DataType::Text,
            DataType::Varchar(Some(64)),
            DataType::Char(Some(2)),
            DataType::Binary,
            DataType::Date,
            DataType::Time,
            DataType::Timestamp,
            DataType::Timestamptz,
            DataType::Json,
            DataType::Jsonb,
        ] {
            let written = spelling(&data_type, &options).expect("a type of Diesel's SQLite backend");
            assert_eq!(super::data_type(&written), data_type, "{written}");
        }
    }

    #[test]
    fn spellings_that_diesel_reads_alike_are_alike() {
        let options = TableOptions::default();
        let same = |a: &str, b: &str, lengths| same_type(&data_type(a), &data_type(b), &options, lengths);
        assert!(same("varchar (64)", "VARCHAR(64)", true));
        assert!(same("INT", "integer", true));
        assert!(!same("VARCHAR(64)", "VARCHAR(65)", true));
        assert!(!same("VARCHAR(64)", "TEXT", true));
        assert!(same("VARCHAR(64)", "TEXT", false));
        assert!(same("NUMERIC(5, 2)", "DOUBLE", false));
        assert!(same("INTEGER", "BIGINT", false), "both hold 64 bits, and hosts read them so");
        assert!(!same("BIGINT", "INTEGER", false));
        assert!(!same("INTEGER", "BIGINT", true));
    }
}
