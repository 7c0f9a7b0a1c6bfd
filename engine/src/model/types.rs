//! Column types, in Diesel's words.

use std::fmt;

/// A column's type in Diesel's words, which every dialect maps to its own spelling and back.
///
/// ```
/// use autogen::model::DataType;
/// assert_eq!(DataType::Varchar(Some(64)).to_string(), "Varchar(64)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[allow(missing_docs, reason = "the names are Diesel's own")]
pub enum DataType {
    Bool,
    TinyInt,
    SmallInt,
    Integer,
    BigInt,
    /// An unsigned integer (MySQL).
    Unsigned(Box<DataType>),
    Float,
    Double,
    /// Precision and scale, where stated.
    Numeric(Option<(u32, u32)>),
    Text,
    /// Text with a length in characters, where stated.
    Varchar(Option<u32>),
    /// Blank-padded text with a length in characters, where stated.
    Char(Option<u32>),
    Binary,
    Date,
    Time,
    Timestamp,
    /// `Timestamptz`, and SQLite's `TimestamptzSqlite`.
    Timestamptz,
    Json,
    Jsonb,
    Uuid,
    Interval,
    /// Elements, and whether they may be null.
    Array(Box<DataType>, bool),
    /// A type that Diesel or the host names and that only some dialects know: `Inet`, `Role`.
    Other(String),
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned(inner) => write!(f, "Unsigned<{inner}>"),
            Self::Numeric(Some((precision, scale))) => write!(f, "Numeric({precision}, {scale})"),
            Self::Varchar(Some(length)) => write!(f, "Varchar({length})"),
            Self::Char(Some(length)) => write!(f, "Char({length})"),
            Self::Array(inner, true) => write!(f, "Array<Nullable<{inner}>>"),
            Self::Array(inner, false) => write!(f, "Array<{inner}>"),
            Self::Other(name) => f.write_str(name),
            Self::Numeric(None) => f.write_str("Numeric"),
            Self::Varchar(None) => f.write_str("Varchar"),
            Self::Char(None) => f.write_str("Char"),
            Self::Bool
            | Self::TinyInt
            | Self::SmallInt
            | Self::Integer
            | Self::BigInt
            | Self::Float
            | Self::Double
            | Self::Text
            | Self::Binary
            | Self::Date
            | Self::Time
            | Self::Timestamp
            | Self::Timestamptz
            | Self::Json
            | Self::Jsonb
            | Self::Uuid
            | Self::Interval => write!(f, "{self:?}"),
        }
    }
}
