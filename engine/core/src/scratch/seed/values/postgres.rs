//! Values spelled for PostgreSQL, where SQLite's spelling isn't a value there.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::model::{Column, DataType, EnumType, TableName};
use crate::scratch::ask::text_literal;
use crate::sql::NamedType;

/// Returns the value of a column in a row, or `None` where SQLite's spelling is right.
pub(super) fn value(column: &Column, row: usize, enums: &BTreeMap<TableName, EnumType>) -> Option<String> {
    if let Some(label) = label(column, row, enums) {
        return Some(text_literal(&label));
    }
    let said = match &column.data_type {
        DataType::Bool => ["TRUE", "FALSE", "TRUE"][row],
        DataType::Binary => ["'\\x00ff27'", "'\\x'", "'\\x41'"][row],
        DataType::Jsonb => ["'{\"a\": 1}'", "'[null, \"it''s é\"]'", "'{}'"][row],
        DataType::Interval => ["'1 day'", "'-1 mon 02:00:00.5'", "'0'"][row],
        DataType::Array(..) => "'{}'",
        DataType::Other(name) => return other(name, column.sql_type.as_deref(), row),
        DataType::TinyInt
        | DataType::SmallInt
        | DataType::Integer
        | DataType::BigInt
        | DataType::Unsigned(_)
        | DataType::Float
        | DataType::Double
        | DataType::Numeric(_)
        | DataType::Text
        | DataType::Varchar(_)
        | DataType::Char(_)
        | DataType::Date
        | DataType::Time
        | DataType::Timestamp
        | DataType::Timestamptz
        | DataType::Json
        | DataType::Uuid => return None,
    };
    Some(said.to_owned())
}

/// Returns a value of an enumerated type, or an array of two of them.
fn label(column: &Column, row: usize, enums: &BTreeMap<TableName, EnumType>) -> Option<String> {
    let named = NamedType::of_column(column, Dialect::Postgres)?;
    let values = &enums.get(&named.name)?.values;
    let nth = |at: usize| values.get(at % values.len().max(1)).map(|value| value.name.clone());
    if !named.is_array {
        return nth(row);
    }
    let element = |at| nth(at).map(|name| format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")));
    Some(format!("{{{},{}}}", element(row)?, element(row + 1)?))
}

/// Returns a value of a type that only this database has.
fn other(name: &str, sql_type: Option<&str>, row: usize) -> Option<String> {
    let sql_type = sql_type.unwrap_or(name);
    let said = match sql_type.to_ascii_lowercase().split('(').next().unwrap_or_default() {
        "inet" | "cidr" => ["'10.0.0.1'", "'fe80::1'", "'10.0.0.3'"][row],
        "macaddr" => ["'08:00:2b:01:02:03'", "'08:00:2b:01:02:04'", "'08:00:2b:01:02:05'"][row],
        "macaddr8" => ["'08:00:2b:01:02:03:04:05'", "'08:00:2b:01:02:03:04:06'", "'08:00:2b:01:02:03:04:07'"][row],
        "money" | "oid" => ["'1'", "'2'", "'3'"][row],
        "pg_lsn" => ["'0/1'", "'0/2'", "'0/3'"][row],
        "int4range" | "int8range" | "numrange" => ["'[1,3)'", "'empty'", "'[5,)'"][row],
        "daterange" | "tsrange" | "tstzrange" => ["'[2024-01-01,2024-02-29)'", "'empty'", "'[2000-01-01,)'"][row],
        "time with time zone" => ["'12:34:56+00'", "'23:59:59.5+00'", "'00:00:00+00'"][row],
        "bit" | "bit varying" => ["'1'", "'0'", "'1'"][row],
        _ => return None,
    };
    Some(said.to_owned())
}
