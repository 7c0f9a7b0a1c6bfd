//! `metadata.toml` beside a revision's SQL.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Certificate, METADATA, Version};
use crate::error::{Code, Result};
use crate::toml_file::TomlFile;

/// What `metadata.toml` says. Keys that we don't know are tolerated, as Diesel tolerates ours.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Metadata {
    /// Whether the runner opens a transaction around the SQL. Diesel takes a file that doesn't say so for
    /// *false*, but a missing file for true.
    #[serde(default)]
    pub run_in_transaction: bool,
    /// What this program wrote; `None` for a directory that somebody made by hand.
    pub autogen: Option<Autogen>,
    /// What was proven, and over which bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
}

/// The table `[autogen]`.
///
/// `plugin` and `revises` are required, because a misspelled `revises` would silently make a revision the base of
/// a second branch.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Autogen {
    /// The owner that the revision was written for. Its folder decides; this is for readers.
    pub plugin: String,
    /// The revisions of the same owner that it builds on: none for a base, several for a merge.
    pub revises: Vec<Version>,
    /// Revisions of other owners that must be applied before it.
    #[serde(default)]
    pub depends_on: Vec<Version>,
    /// Revisions of other owners that must come before it if they are applied at all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<Version>,
    /// Tables that another owner's chain made and that belong to its owner from here on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub takes: Vec<String>,
    /// Tables of its owner's, each with the owner that may take it over from here on. The core may give away
    /// anybody's tables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub gives: BTreeMap<String, String>,
    /// Renamed values of enums, each as the enum's name in Rust, the old name and the new one. On SQLite an enum
    /// is a text, and nothing else would tell that its values are already renamed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renamed_values: Vec<[String; 3]>,
    /// The version of the program that wrote it.
    #[serde(default)]
    pub tool: String,
    /// What was proven about it.
    #[serde(default)]
    pub verified: Vec<String>,
    /// What `up.sql` did to existing tables, by server and table: the lock, and whether it scanned all rows.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measured: BTreeMap<String, BTreeMap<String, String>>,
}

impl Autogen {
    /// Creates the statements of a revision that builds on others of its owner's, and on nothing else.
    pub fn of(plugin: impl Into<String>, revises: Vec<Version>) -> Self {
        let tool = env!("CARGO_PKG_VERSION").to_owned();
        Self { plugin: plugin.into(), revises, tool, ..Self::nothing() }
    }

    /// Creates the statements of a directory that somebody made by hand: none.
    pub(super) fn nothing() -> Self {
        Self {
            plugin: String::new(),
            revises: Vec::new(),
            depends_on: Vec::new(),
            after: Vec::new(),
            takes: Vec::new(),
            gives: BTreeMap::new(),
            renamed_values: Vec::new(),
            tool: String::new(),
            verified: Vec::new(),
            measured: BTreeMap::new(),
        }
    }
}

impl Default for Metadata {
    /// Returns what a directory without the file means.
    fn default() -> Self {
        Self { run_in_transaction: true, autogen: None, certificate: None }
    }
}

impl Metadata {
    /// Parses the file in a revision's directory.
    ///
    /// # Errors
    /// `bad-metadata` with the place. Diesel would ignore such a file and open a transaction.
    pub fn parse(dir: &Path, text: &str) -> Result<Self> {
        TomlFile::new(&dir.join(METADATA), text, Code::BadMetadata)
            .parse("fix the file; Diesel would ignore it and run the migration")
    }

    /// Writes the file's text. Equal contents give equal texts.
    ///
    /// ```
    /// use autogen::history::{Autogen, Metadata, Version};
    /// let autogen = Autogen {
    ///     plugin: "usb".into(),
    ///     revises: vec![Version::of("2026-11-20-120000-usb")],
    ///     depends_on: vec![],
    ///     after: vec![],
    ///     takes: vec![],
    ///     gives: Default::default(),
    ///     renamed_values: vec![],
    ///     tool: "0.1.0".into(),
    ///     verified: vec!["sqlite".into()],
    ///     measured: Default::default(),
    /// };
    /// let metadata = Metadata { run_in_transaction: true, autogen: Some(autogen), certificate: None };
    /// assert_eq!(metadata.to_toml(), r#"run_in_transaction = true
    ///
    /// [autogen]
    /// plugin = "usb"
    /// revises = ["20261120120000usb"]
    /// depends_on = []
    /// tool = "0.1.0"
    /// verified = ["sqlite"]
    /// "#);
    /// ```
    pub fn to_toml(&self) -> String {
        // Only maps with keys other than text, and numbers out of range, can fail, and there are none.
        toml::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Metadata> {
        Metadata::parse(Path::new("migrations/usb"), text)
    }

    #[test]
    fn what_is_left_out_means_what_diesel_takes_it_for() {
        assert!(!read("").expect("empty is fine").run_in_transaction);
        assert!(!read("author = 'me'\r\n").expect("unknown keys are fine").run_in_transaction);
        assert!(Metadata::default().run_in_transaction, "a folder without the file");
    }

    #[test]
    fn parents_may_be_written_in_any_form() {
        let text = "run_in_transaction = true\n[autogen]\nplugin = 'usb'\nfuture = 1\n\
                    revises = ['2026-11-21-071100-usb_add_serial', '20261121071101usb']\n";
        let autogen = read(text).expect("is well-formed").autogen.expect("is there");
        assert_eq!(autogen.revises, [Version::of("20261121071100usb"), Version::of("20261121071101usb")]);
    }

    #[test]
    fn a_malformed_file_is_an_error_with_its_place() {
        let error = read("run_in_transaction = true\n<<<<<<< ours\n").expect_err("is malformed");
        assert_eq!(error.code(), Code::BadMetadata);
        assert_eq!(error.diagnostics[0].labels[0].place.line, 2);
        let error = read("[autogen]\nplugin = 'usb'\nrevise = []\n").expect_err("misspelled");
        assert_eq!(error.to_string(), "missing field `revises`");
    }

    #[test]
    fn odd_names_survive_writing() {
        let autogen = Autogen {
            plugin: "a\"b\\ü🦀".into(),
            revises: vec![],
            depends_on: vec![Version::of("1")],
            after: vec![Version::of("2")],
            takes: vec!["Ta ble".into()],
            gives: BTreeMap::from([("Ta ble".into(), "us b".into())]),
            renamed_values: vec![],
            tool: String::new(),
            verified: vec!["it's\n\"fine\"".into()],
            measured: BTreeMap::from([("A 1".into(), BTreeMap::from([("Ta ble".into(), "SHARE".into())]))]),
        };
        let sum = || "0".repeat(64);
        let certificate = Certificate {
            rules: 1,
            server: "SQLite \"3\"".into(),
            run_in_transaction: false,
            up: sum(),
            down: String::new(),
            below: sum(),
        };
        let metadata = Metadata { run_in_transaction: false, autogen: Some(autogen), certificate: Some(certificate) };
        assert_eq!(read(&metadata.to_toml()).expect("reads back"), metadata);
    }
}
