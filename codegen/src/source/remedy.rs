//! Attributes that take a hazard away, with values that every database reads.

use autogen_engine::model::{Column, DataType};
use autogen_engine::plan::HazardKind;

use super::text::literal;

/// Writes a default for a new column, which fills the rows that are there too. Returns `None` for a type without an
/// obvious value.
///
/// ```
/// use autogen_codegen::source::default_value;
/// use autogen_engine::model::{Column, DataType};
///
/// let column = Column::new("published", DataType::Bool);
/// assert_eq!(default_value(&column, false).as_deref(), Some("#[default = false]"));
/// assert_eq!(default_value(&column, true).as_deref(), Some("#[cfg_attr(any(), autogen(default = false))]"));
/// ```
pub fn default_value(column: &Column, is_stock: bool) -> Option<String> {
    let value = match values(&column.data_type)? {
        Values { rust: Some(value), .. } => format!("default = {value}"),
        Values { rust: None, .. } => "default(now)".to_owned(),
    };
    Some(attribute(&value, is_stock))
}

/// Writes an expression that fills the rows that are there. Returns `None` for a type without an obvious value.
///
/// ```
/// use autogen_codegen::source::backfill;
/// use autogen_engine::model::{Column, DataType};
///
/// assert_eq!(backfill(&Column::new("title", DataType::Text), false).as_deref(), Some("#[backfill(\"''\")]"));
/// assert_eq!(backfill(&Column::new("key", DataType::Uuid), false), None);
/// ```
pub fn backfill(column: &Column, is_stock: bool) -> Option<String> {
    Some(attribute(&format!("backfill({})", literal(values(&column.data_type)?.sql)), is_stock))
}

/// Writes the permission for a hazard.
///
/// ```
/// use autogen_codegen::source::allow;
/// use autogen_engine::plan::HazardKind;
///
/// assert_eq!(allow(HazardKind::DropColumn, false), "#[allow(drop_column)]");
/// ```
pub fn allow(hazard: HazardKind, is_stock: bool) -> String {
    attribute(&format!("allow({})", hazard.name().replace('-', "_")), is_stock)
}

/// Writes an attribute as autogen's `table!` takes it, or as a stock one does.
pub(super) fn attribute(text: &str, is_stock: bool) -> String {
    if is_stock { format!("#[cfg_attr(any(), autogen({text}))]") } else { format!("#[{text}]") }
}

/// A value of a type: as a Rust literal, if it has one, and as an expression of SQL.
struct Values {
    rust: Option<&'static str>,
    sql: &'static str,
}

fn values(data_type: &DataType) -> Option<Values> {
    let (rust, sql) = match data_type {
        DataType::Bool => (Some("false"), "false"),
        DataType::TinyInt
        | DataType::SmallInt
        | DataType::Integer
        | DataType::BigInt
        | DataType::Unsigned(_)
        | DataType::Float
        | DataType::Double
        | DataType::Numeric(_) => (Some("0"), "0"),
        DataType::Text | DataType::Varchar(_) | DataType::Char(_) => (Some("\"\""), "''"),
        DataType::Timestamp | DataType::Timestamptz => (None, "CURRENT_TIMESTAMP"),
        DataType::Binary
        | DataType::Date
        | DataType::Time
        | DataType::Json
        | DataType::Jsonb
        | DataType::Uuid
        | DataType::Interval
        | DataType::Array(..)
        | DataType::Other(_) => return None,
    };
    Some(Values { rust, sql })
}
