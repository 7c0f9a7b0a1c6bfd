//! Keeps the revisions of plugins to the tables of their own.
//!
//! `owners` says whose each table is. Before anything of a revision runs it is reviewed, in the way that the database allows:
//!
//! * `sqlite` asks SQLite what each statement reaches, on an empty database of the same schema.
//! * `mysql` takes the forms of statements that it knows to their end, and no others.
//! * `reading` looks at what PostgreSQL's statements name; `postgres` asks in the revision's transaction what it has written.
//!
//! The core's revisions, and those of plugins that the host trusts, may change anything.

mod compare;
mod mysql;
mod owners;
pub(super) mod postgres;
mod reading;
#[cfg_attr(not(feature = "sqlite"), path = "without_sqlite.rs")]
mod sqlite;

use std::collections::BTreeSet;
use std::ops::Range;

use diesel::QueryResult;

use super::Revision;
use crate::dialect::Dialect;
use crate::link::Link;
use crate::model::{TableName, whose};
use crate::sql::mysql::Catalog;

pub(super) use compare::compares;
pub(super) use owners::Owners;

/// Why a statement of a plugin's revision isn't run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    /// It changes this table, which is another's or nobody's.
    Table(TableName),
    /// It takes over this table, which its owner hasn't given away.
    Takes(TableName),
    /// It does what no plugin may do, or what can't be determined.
    Beyond(String),
}

/// The result of reviewing a revision before it runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Review {
    /// The statement that may not run, as bytes of the file, and why.
    pub(super) refused: Option<(Range<usize>, Reason)>,
    /// The index of the statement that the database can't run, and its message. The statements after it weren't
    /// reviewed.
    pub(super) fails: Option<(usize, String)>,
}

/// A statement that changes what is another's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trespass {
    /// The statement, as bytes of the file.
    pub(super) statement: Range<usize>,
    /// What it does.
    pub(super) reason: Reason,
    /// The table's owner, if a chain has made it.
    pub(super) owner: Option<String>,
}

impl Trespass {
    /// Describes what the statement does, as part of a sentence.
    pub(super) fn what(&self) -> String {
        match (&self.reason, &self.owner) {
            (Reason::Table(table), Some(owner)) => format!("it changes the table `{table}`, which is {}", whose(owner)),
            (Reason::Table(table), None) => {
                format!("it changes the table `{table}`, which no plugin's migrations have made")
            }
            (Reason::Takes(table), Some(owner)) => {
                format!("it takes over the table `{table}`, which {owner} hasn't given away")
            }
            (Reason::Takes(table), None) => format!("it takes over the table `{table}`, which no chain has made"),
            (Reason::Beyond(what), _) => what.clone(),
        }
    }
}

/// The database that revisions are reviewed for, as far as a review needs one.
#[derive(Debug)]
pub(super) enum Stage {
    /// Its schema.
    Mirror(Box<sqlite::Mirror>),
    /// The names of what it has.
    Catalog(Box<Catalog>),
    /// Nothing: the chains alone tell.
    Texts,
}

impl Stage {
    /// Reads the stage from a connection's database. `kept` is the stage of an earlier reading.
    pub(super) fn of(link: &mut dyn Link, kept: Option<Self>) -> QueryResult<Self> {
        let kept = match kept {
            Some(Self::Mirror(mirror)) => Some(mirror),
            Some(Self::Catalog(_) | Self::Texts) | None => None,
        };
        match link.dialect() {
            Dialect::Sqlite => Ok(Self::Mirror(Box::new(sqlite::Mirror::of(link, kept)?))),
            Dialect::Postgres => Ok(Self::Texts),
            Dialect::Mysql => Ok(Self::Catalog(Box::new(mysql::catalog(link)?))),
        }
    }

    /// Makes ready for the next script without a look at the database, where that is as the scripts before have left it and
    /// this is known to have followed them. Returns whether it is.
    pub(super) fn goes_on(&mut self) -> bool {
        match self {
            Self::Mirror(mirror) => mirror.goes_on(),
            Self::Catalog(_) | Self::Texts => false,
        }
    }

    /// Returns whether the database is as the scripts that were followed have left it.
    pub(super) fn shows(&mut self, link: &mut dyn Link) -> QueryResult<bool> {
        match self {
            Self::Mirror(mirror) => mirror.shows(link),
            Self::Catalog(_) | Self::Texts => Ok(true),
        }
    }

    /// Creates the stage of a database that has applied the given revisions, without reviewing them.
    pub(super) fn after<'r>(dialect: Dialect, applied: impl Iterator<Item = &'r Revision>) -> Result<Self, String> {
        match dialect {
            Dialect::Sqlite => {
                let mut mirror = sqlite::Mirror::empty()?;
                applied.for_each(|revision| {
                    mirror.follow(&revision.up);
                    mirror.drop_temporary(&BTreeSet::new());
                });
                Ok(Self::Mirror(Box::new(mirror)))
            }
            Dialect::Postgres => Ok(Self::Texts),
            Dialect::Mysql => {
                let mut catalog = Catalog::default();
                applied.for_each(|revision| catalog.follow(&revision.up));
                Ok(Self::Catalog(Box::new(catalog)))
            }
        }
    }

    /// Notes what an unrestricted script does to the database.
    pub(super) fn follow(&mut self, sql: &str) {
        match self {
            Self::Mirror(mirror) => mirror.follow(sql),
            Self::Catalog(catalog) => catalog.follow(sql),
            Self::Texts => {}
        }
    }
}

impl Owners {
    /// Reviews a revision's file before it runs, starting at a statement. The statements before have run.
    /// Afterwards the stage is what the file makes of it.
    pub(super) fn review(&self, revision: &Revision, sql: &str, first: usize, stage: &mut Stage) -> Review {
        if self.is_free(revision) {
            stage.follow(sql);
            return Review::default();
        }
        if let Some(table) = self.taken(revision) {
            return Review { refused: Some((0..0, Reason::Takes(table))), fails: None };
        }
        let mut own = self.own(revision);
        own.extend(self.begun(sql, first));
        match stage {
            Stage::Mirror(mirror) => mirror.review(sql, first, own, self.triggers_of(&revision.owner)),
            Stage::Catalog(catalog) => {
                let others = self.whose().keys().filter(|table| !own.contains(*table)).cloned().collect();
                mysql::review(catalog, sql, own, others, self.triggers_of(&revision.owner))
            }
            Stage::Texts => Review { refused: self.refused(revision, sql), fails: None },
        }
    }

    /// Converts a finding to a trespass, with the table's owner.
    pub(super) fn trespass(&self, (statement, reason): (Range<usize>, Reason)) -> Trespass {
        let owner = match &reason {
            Reason::Table(table) | Reason::Takes(table) => self.owner_of(table),
            Reason::Beyond(_) => None,
        };
        Trespass { statement, reason, owner }
    }
}
