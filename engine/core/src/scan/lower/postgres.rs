//! How PostgreSQL spells the literals and types that definitions hold.

use autogen_syntax::DefaultValue;

use crate::model::DataType;

/// Returns a default as PostgreSQL reads it.
pub(super) fn default(value: &DefaultValue, data_type: &DataType) -> String {
    match value {
        DefaultValue::Bool(value) => value.to_string(),
        DefaultValue::Number(digits) => digits.clone(),
        // A backslash is itself, as `standard_conforming_strings` has it since 9.1.
        DefaultValue::Text(text) => format!("'{}'", text.replace('\'', "''")),
        DefaultValue::Bytes(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("'\\x{digits}'")
        }
        DefaultValue::Now => match data_type {
            DataType::Date => "CURRENT_DATE",
            // `CURRENT_TIME` has a time zone, which an assignment to `time` would cut off as well.
            DataType::Time => "LOCALTIME",
            _ => "CURRENT_TIMESTAMP",
        }
        .to_owned(),
        DefaultValue::Sql(sql) => sql.clone(),
    }
}
