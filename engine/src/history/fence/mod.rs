//! Keeps the revisions of plugins to the tables of their own.
//!
//! `owners` says whose each table is. The rest says whether a revision changes what is another's, in the way that
//! the database allows: `reading` before it runs, `compare` in its transaction.
//! The core's revisions, and those of plugins that the host trusts, may change anything.

mod compare;
mod owners;
mod reading;

use std::ops::Range;

use crate::model::TableName;

pub(super) use owners::Owners;

/// What the host lets a plugin's migrations do beyond the plugin's own tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Tables of others that they may change.
    pub may_alter: Vec<String>,
    /// Whether they may do anything, as the core's may.
    pub trust: bool,
}

/// A statement that changes what is another's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trespass {
    /// The statement: bytes of the file.
    pub(super) statement: Range<usize>,
    /// The table.
    pub(super) table: TableName,
    /// Whose it is, where a chain has made it.
    pub(super) owner: Option<String>,
}
