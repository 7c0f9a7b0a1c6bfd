//! What others can't do with a table while a plan runs, in words that every database has.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::dialect::Dialect;
use crate::model::TableName;

use super::{Algorithm, Lock, Operation, Plan, algorithms, locks};

/// What others have to wait for; a later one keeps out more than an earlier one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blocked {
    /// Nothing.
    Nothing,
    /// Whoever writes.
    Writes,
    /// Whoever reads, too.
    #[default]
    Everything,
}

impl Blocked {
    /// Every one, the weakest first.
    pub const ALL: [Self; 3] = [Self::Nothing, Self::Writes, Self::Everything];

    /// Returns the name in settings and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Writes => "writes",
            Self::Everything => "everything",
        }
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Blocked {
    type Err = String;

    /// Parses the name in settings and messages.
    ///
    /// ```
    /// use autogen_engine::plan::Blocked;
    /// assert_eq!("writes".parse(), Ok(Blocked::Writes));
    /// ```
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|blocked| blocked.name() == text);
        found.ok_or_else(|| format!("`{text}` is nothing that can be blocked"))
    }
}

/// Returns what a plan blocks at most of each table that exists before.
pub fn blocked(plan: &Plan, dialect: Dialect) -> Vec<(TableName, Blocked)> {
    match dialect {
        Dialect::Postgres => locks(plan, dialect).into_iter().map(|(table, lock)| (table, by_lock(lock))).collect(),
        Dialect::Mysql => {
            let found = algorithms(plan).into_iter();
            found.map(|(table, algorithms)| (table, by_algorithm(algorithms.everywhere()))).collect()
        }
        // The file is locked as a whole; others read what was there before.
        Dialect::Sqlite => {
            let is_new = |table: &TableName| {
                let makes =
                    |operation: &Operation| matches!(operation, Operation::CreateTable(made) if made.name == *table);
                plan.steps.iter().any(|step| makes(&step.operation))
            };
            let touched: BTreeSet<&TableName> = plan.steps.iter().filter_map(|step| step.operation.table()).collect();
            let there = touched.into_iter().filter(|table| !is_new(table));
            there.map(|table| (table.clone(), Blocked::Writes)).collect()
        }
    }
}

fn by_lock(lock: Lock) -> Blocked {
    match lock {
        Lock::RowExclusive | Lock::ShareUpdateExclusive => Blocked::Nothing,
        Lock::Share | Lock::ShareRowExclusive => Blocked::Writes,
        Lock::AccessExclusive => Blocked::Everything,
    }
}

fn by_algorithm(algorithm: Algorithm) -> Blocked {
    match algorithm {
        Algorithm::Catalog | Algorithm::Rows | Algorithm::InPlace => Blocked::Nothing,
        Algorithm::InPlaceReading | Algorithm::Copy => Blocked::Writes,
    }
}
