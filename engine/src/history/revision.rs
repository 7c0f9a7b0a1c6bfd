//! One revision: a migration directory that belongs to an owner's chain.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use super::Version;
use super::certificate::Certificate;
use super::metadata::{Autogen, Metadata};
use crate::model::{TableName, whose};

/// A migration on disk, with its place in the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// The owner whose folder it lies in.
    pub owner: String,
    /// Diesel's version of it.
    pub version: Version,
    /// The directory's name.
    pub name: String,
    /// The directory.
    pub dir: PathBuf,
    /// The revisions of the same owner that it builds on. For a directory without `[autogen]` they are derived:
    /// the newest head among the revisions with an earlier version.
    pub revises: Vec<Version>,
    /// Revisions of other owners that must be applied before it.
    pub depends_on: Vec<Version>,
    /// Revisions of other owners that must come before it if they are applied at all. It renames something that
    /// they refer to, and an owner may be absent.
    pub after: Vec<Version>,
    /// Tables that belong to its owner from here on, and that another owner's chain made.
    pub takes: Vec<String>,
    /// Tables of its owner's, each with the owner that may take it over from here on. The core may give away anybody's.
    pub gives: BTreeMap<String, String>,
    /// Values of enums that are renamed once it has run; see [`Autogen::renamed_values`](super::Autogen).
    pub renamed_values: Vec<[String; 3]>,
    /// Whether the runner opens a transaction around the SQL.
    pub run_in_transaction: bool,
    /// Whether this program wrote it.
    pub by_autogen: bool,
    /// What was proven about it when it was written.
    pub verified: Vec<String>,
    /// What it was measured to do to tables; see [`Autogen::measured`](super::Autogen).
    pub measured: BTreeMap<String, BTreeMap<String, String>>,
    /// What is recorded of its proof; [`History::standings`](super::History::standings) says whether that still holds.
    pub certificate: Option<Certificate>,
    /// The text of `up.sql`.
    pub up: String,
    /// The text of `down.sql`, where there is one.
    pub down: Option<String>,
}

impl Revision {
    /// Gives its owner the tables that it takes over from others.
    pub fn hand_over(&self, makers: &mut BTreeMap<TableName, String>) {
        for (_, maker) in makers.iter_mut().filter(|(table, _)| self.takes.contains(&table.to_string())) {
            maker.clone_from(&self.owner);
        }
    }

    /// Creates the revision from the files of its directory.
    pub fn new(owner: String, dir: PathBuf, metadata: Metadata, up: String, down: Option<String>) -> Self {
        let name = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let by_autogen = metadata.autogen.is_some();
        let stated = metadata.autogen.unwrap_or_else(Autogen::nothing);
        // Some editors put a byte order mark before a text, and databases take it for a word.
        let text = |sql: String| sql.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(sql);
        Self {
            owner,
            version: Version::of(&name),
            name,
            dir,
            revises: stated.revises,
            depends_on: stated.depends_on,
            after: stated.after,
            takes: stated.takes,
            gives: stated.gives,
            renamed_values: stated.renamed_values,
            run_in_transaction: metadata.run_in_transaction,
            by_autogen,
            verified: stated.verified,
            measured: stated.measured,
            certificate: metadata.certificate,
            up: text(up),
            down: down.map(text),
        }
    }

    /// Returns what the revision does, as its directory's name says.
    pub fn title(&self) -> String {
        self.name.split_once('_').map_or("", |(_, title)| title).replace('_', " ")
    }
}

impl fmt::Display for Revision {
    /// Writes the revision as sentences need it: `usb's 2026-11-21-071100-usb_add_serial`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", whose(&self.owner), self.name)
    }
}
