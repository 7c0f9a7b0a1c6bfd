//! How MySQL spells the literals and types that definitions hold.

mod refused;

use autogen_syntax::plain;
use autogen_syntax::{Column, DefaultValue};

use crate::model::DataType;
use crate::sql::mysql::text_literal;

pub(super) use refused::refused;

/// Returns a default as MySQL reads it. The current moment gets as many digits as its column keeps, because MySQL
/// refuses it otherwise.
pub(super) fn default(value: &DefaultValue, data_type: &DataType, sql_type: Option<&str>) -> String {
    match value {
        DefaultValue::Bool(value) => u8::from(*value).to_string(),
        DefaultValue::Number(digits) => digits.clone(),
        DefaultValue::Text(text) => text_literal(text),
        DefaultValue::Bytes(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            format!("X'{digits}'")
        }
        DefaultValue::Now => match data_type {
            DataType::Date => "CURRENT_DATE".to_owned(),
            DataType::Time => "CURRENT_TIME".to_owned(),
            _ => {
                let digits = sql_type.and_then(|spelling| spelling.split_once('(')).map(|(_, digits)| digits);
                digits.map_or_else(|| "CURRENT_TIMESTAMP".to_owned(), |digits| format!("CURRENT_TIMESTAMP({digits}"))
            }
        },
        DefaultValue::Sql(sql) => sql.clone(),
    }
}

/// Returns the declared type for Diesel's `mysql_type` name of a host's own type. `Enum` and `Set` are kinds without
/// values.
pub(super) fn declared_type(name: &str) -> String {
    match name {
        "Tiny" => "tinyint",
        "UnsignedTiny" => "tinyint unsigned",
        "Short" => "smallint",
        "UnsignedShort" => "smallint unsigned",
        "Long" => "int",
        "UnsignedLong" => "int unsigned",
        "LongLong" => "bigint",
        "UnsignedLongLong" => "bigint unsigned",
        "Float" => "float",
        "Double" => "double",
        "Numeric" => "decimal",
        "Date" => "date",
        "Time" => "time",
        "DateTime" => "datetime",
        "Timestamp" => "timestamp",
        "Blob" => "blob",
        "String" => "text",
        other => return other.to_ascii_lowercase(),
    }
    .to_owned()
}

/// Returns a comment as the catalog keeps it, in three bytes a character. A character that takes four becomes a
/// question mark.
pub(super) fn comment(doc: &str, most: usize) -> String {
    doc.chars().map(|letter| if letter > '\u{ffff}' { '?' } else { letter }).take(most).collect()
}

/// Returns the type of a column whose Diesel type says more than the model can: sizes of texts and blobs, and
/// `Datetime`, which isn't a `Timestamp` here.
pub(super) fn sized_type(source: &Column) -> Option<String> {
    let word = plain(&source.ty.not_null().name);
    let length = source.max_length.as_ref().and_then(|length| length.base10_parse::<u32>().ok());
    match (word.as_str(), length) {
        (word @ ("Tinytext" | "Mediumtext" | "Longtext"), None) => Some(word.to_ascii_lowercase()),
        (word @ ("Tinyblob" | "Mediumblob" | "Longblob" | "Datetime"), _) => Some(word.to_ascii_lowercase()),
        ("Varbinary" | "Binary", Some(length)) => Some(format!("varbinary({length})")),
        ("Bit", Some(length)) => Some(format!("bit({length})")),
        _ => None,
    }
}
