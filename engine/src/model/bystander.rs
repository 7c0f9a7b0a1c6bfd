//! Objects beside tables, which are kept but not managed.

use super::TableName;

/// A live object of a kind that no definition can declare.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Bystander {
    /// What it is.
    pub kind: BystanderKind,
    /// Its name, with its schema where that isn't the default one, and a function's arguments.
    pub name: String,
    /// The table that a trigger, a rule or a policy belongs to. For a partition, it is the outermost partitioned
    /// table.
    pub table: Option<TableName>,
    /// The statement that makes it, as the database keeps it.
    pub sql: String,
}

/// Kinds of objects that are kept but not managed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[allow(missing_docs, reason = "the names are SQL's own")]
pub enum BystanderKind {
    View,
    Trigger,
    VirtualTable,
    MaterializedView,
    ForeignTable,
    Function,
    Extension,
    Domain,
    Type,
    Sequence,
    Rule,
    Policy,
    Partition,
    PartitionPart,
}

impl BystanderKind {
    /// Returns `true` for a partition, and for an index or rule of one.
    pub fn is_of_partition(self) -> bool {
        match self {
            Self::Partition | Self::PartitionPart => true,
            Self::View
            | Self::Trigger
            | Self::VirtualTable
            | Self::MaterializedView
            | Self::ForeignTable
            | Self::Function
            | Self::Extension
            | Self::Domain
            | Self::Type
            | Self::Sequence
            | Self::Rule
            | Self::Policy => false,
        }
    }

    /// Returns `true` for what every database has: views and triggers.
    pub fn is_of_every_database(self) -> bool {
        match self {
            Self::View | Self::Trigger => true,
            Self::VirtualTable
            | Self::MaterializedView
            | Self::ForeignTable
            | Self::Function
            | Self::Extension
            | Self::Domain
            | Self::Type
            | Self::Sequence
            | Self::Rule
            | Self::Policy
            | Self::Partition
            | Self::PartitionPart => false,
        }
    }

    /// Returns SQL's words for the kind, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Trigger => "trigger",
            Self::VirtualTable => "virtual table",
            Self::MaterializedView => "materialized view",
            Self::ForeignTable => "foreign table",
            Self::Function => "function",
            Self::Extension => "extension",
            Self::Domain => "domain",
            Self::Type => "type",
            Self::Sequence => "sequence",
            Self::Rule => "rule",
            Self::Policy => "policy",
            Self::Partition => "partition",
            Self::PartitionPart => "index or rule of a partition",
        }
    }
}
