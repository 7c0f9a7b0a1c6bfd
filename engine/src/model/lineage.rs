//! How tables of PostgreSQL descend from one another.

use super::TableName;

/// What a live table inherits, and how its rows are spread over partitions. No definition states it, and it is
/// kept as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Lineage {
    /// The tables that it inherits columns and checks from, in order.
    pub parents: Vec<TableName>,
    /// How its rows are spread over partitions: `RANGE (at)`.
    pub partition_by: Option<String>,
    /// The composite type that gives it its columns (`CREATE TABLE ... OF`).
    pub of_type: Option<String>,
}
