//! One revision: a migration directory that belongs to an owner's chain.

use std::fmt;
use std::path::PathBuf;

use super::Version;

/// A migration on disk, with its place in the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The owner whose folder it lies in.
    pub owner: String,
    /// What Diesel calls it.
    pub version: Version,
    /// The directory's name.
    pub name: String,
    /// The directory.
    pub dir: PathBuf,
    /// The revisions of the same owner that it builds on. For a directory without `[autogen]`
    /// these are worked out: all that nothing else builds on, of those with an earlier version.
    pub revises: Vec<Version>,
    /// Revisions of other owners that must be there before it.
    pub depends_on: Vec<Version>,
    /// Revisions of other owners that must come before it where they come at all: it changes the
    /// name of something that they speak of, and an owner may be absent.
    pub after: Vec<Version>,
    /// Tables that are its owner's from here on, and whose chain made them another's.
    pub takes: Vec<String>,
    /// Whether the runner opens a transaction around the SQL.
    pub run_in_transaction: bool,
    /// Whether this program wrote it.
    pub by_autogen: bool,
    /// What was proven about it when it was written.
    pub verified: Vec<String>,
    /// The text of `up.sql`.
    pub up: String,
    /// The text of `down.sql`, where there is one.
    pub down: Option<String>,
}

impl Revision {
    /// What it does, as its directory's name tells.
    pub fn title(&self) -> String {
        self.name.split_once('_').map_or("", |(_, title)| title).replace('_', " ")
    }
}

impl fmt::Display for Revision {
    /// `usb's 2026-11-21-071100-usb_add_serial`, as sentences need it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}'s {}", self.owner, self.name)
    }
}
