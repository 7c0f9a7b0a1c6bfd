//! How SQLite spells the literals and types that definitions hold.

use autogen_syntax::DefaultValue;

use crate::model::DataType;

/// The type of a numbered key: SQLite numbers `INTEGER` alone, whatever size Diesel reads it in.
pub(super) const AUTO_INCREMENT_TYPE: &str = "INTEGER";

/// Returns a default as SQLite reads it.
pub(super) fn default(value: &DefaultValue, data_type: &DataType) -> String {
    match value {
        // Diesel stores booleans as numbers, and old versions of SQLite have no other word for them.
        DefaultValue::Bool(value) => u8::from(*value).to_string(),
        DefaultValue::Number(digits) => digits.clone(),
        DefaultValue::Text(text) => format!("'{}'", text.replace('\'', "''")),
        DefaultValue::Bytes(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            format!("X'{digits}'")
        }
        DefaultValue::Now => match data_type {
            DataType::Date => "CURRENT_DATE",
            DataType::Time => "CURRENT_TIME",
            _ => "CURRENT_TIMESTAMP",
        }
        .to_owned(),
        DefaultValue::Sql(sql) => sql.clone(),
    }
}

/// Returns the declared type for Diesel's `SqliteType` name of a host's own type. An unknown name is a declared type
/// itself.
pub(super) fn declared_type(name: &str) -> String {
    match name {
        "Binary" => "BLOB",
        "Text" => "TEXT",
        "Float" => "FLOAT",
        "Double" => "DOUBLE",
        "SmallInt" => "SMALLINT",
        "Integer" => "INTEGER",
        "Long" => "BIGINT",
        other => other,
    }
    .to_owned()
}
