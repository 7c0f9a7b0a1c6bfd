//! Values spelled for MySQL, where SQLite's spelling isn't a value there.

use super::TEXTS;
use crate::model::{Column, DataType};
use crate::sql::mysql::{text_literal, values};

/// Returns the value of a column in a row, or `None` where SQLite's spelling is right.
pub(super) fn value(column: &Column, row: usize) -> Option<String> {
    let said = match &column.data_type {
        // These few digits are exact in every wider type.
        DataType::Float => ["1.5", "-1234.25", "0"][row],
        DataType::Time => ["'12:34:56'", "'23:59:59'", "'00:00:00'"][row],
        // A moment without an offset, within what a TIMESTAMP reaches, and in no hour that is skipped.
        DataType::Timestamp => ["'2024-02-29 12:34:56'", "'1999-12-31 23:59:59'", "'2000-01-01 00:00:00'"][row],
        DataType::Binary => ["x'00ff27'", "''", "x'41'"][row],
        DataType::Other(name) => return other(column.sql_type.as_deref().unwrap_or(name), row),
        DataType::Bool
        | DataType::TinyInt
        | DataType::SmallInt
        | DataType::Integer
        | DataType::BigInt
        | DataType::Unsigned(_)
        | DataType::Double
        | DataType::Numeric(_)
        | DataType::Text
        | DataType::Varchar(_)
        | DataType::Char(_)
        | DataType::Date
        | DataType::Timestamptz
        | DataType::Json
        | DataType::Jsonb
        | DataType::Uuid
        | DataType::Interval
        | DataType::Array(..) => return None,
    };
    Some(said.to_owned())
}

/// Returns a value of a type that only this database has.
fn other(spelling: &str, row: usize) -> Option<String> {
    if let Some((_, values)) = values(spelling) {
        return values.get(row % values.len().max(1)).map(|value| text_literal(value));
    }
    let lower = spelling.to_ascii_lowercase();
    let word: String = lower.chars().take_while(char::is_ascii_alphanumeric).collect();
    let said = match word.as_str() {
        "mediumint" => ["1", "8388607", "3"][row],
        "datetime" | "timestamp" => ["'2024-02-29 12:34:56'", "'1999-12-31 23:59:59'", "'2000-01-01 00:00:00'"][row],
        "time" => ["'12:34:56'", "'23:59:59'", "'00:00:00'"][row],
        "year" => ["2024", "1999", "2000"][row],
        "tinytext" | "mediumtext" | "longtext" => return Some(text_literal(TEXTS[row])),
        "tinyblob" | "mediumblob" | "longblob" | "varbinary" | "binary" => ["x'00'", "x'27'", "x'41'"][row],
        "bit" => ["b'1'", "b'0'", "b'1'"][row],
        "int" | "smallint" | "bigint" | "tinyint" | "decimal" | "float" | "double" => ["1", "2", "3"][row],
        "uuid" => [
            "'00000000-0000-4000-8000-000000000001'",
            "'00000000-0000-4000-8000-000000000002'",
            "'00000000-0000-4000-8000-000000000003'",
        ][row],
        "inet6" => ["'::1'", "'fe80::1'", "'::'"][row],
        "inet4" => ["'10.0.0.1'", "'10.0.0.2'", "'10.0.0.3'"][row],
        "point" | "geometry" => ["POINT(1, 2)", "POINT(-1, 0)", "POINT(0, 0)"][row],
        _ => return None,
    };
    Some(said.to_owned())
}
