//! The rules of a table or of a column.

use crate::table::{Check, Exclusion, ForeignKey, Index, Unique};

/// Rules that rows obey, and indexes.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// `#[unique]`.
    pub uniques: Vec<Unique>,
    /// `#[index]`.
    pub indexes: Vec<Index>,
    /// `#[check]`.
    pub checks: Vec<Check>,
    /// `#[foreign_key]` and `#[references]`.
    pub foreign_keys: Vec<ForeignKey>,
    /// `#[exclude]`.
    pub exclusions: Vec<Exclusion>,
}

impl Rules {
    /// Checks whether there are none.
    pub fn is_empty(&self) -> bool {
        let Self { uniques, indexes, checks, foreign_keys, exclusions } = self;
        uniques.is_empty()
            && indexes.is_empty()
            && checks.is_empty()
            && foreign_keys.is_empty()
            && exclusions.is_empty()
    }

    /// Gives back the memory that more rules would have taken.
    pub(crate) fn shrink(&mut self) {
        let Self { uniques, indexes, checks, foreign_keys, exclusions } = self;
        uniques.shrink_to_fit();
        indexes.shrink_to_fit();
        checks.shrink_to_fit();
        foreign_keys.shrink_to_fit();
        exclusions.shrink_to_fit();
    }
}
