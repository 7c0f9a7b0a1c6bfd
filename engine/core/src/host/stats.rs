//! How many rows tables have, from an exported file. Production then needn't give anybody access.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
use crate::files::{LARGEST_SETTINGS, read_text};
use crate::model::TableName;
use crate::toml_file::TomlFile;

/// How many rows tables have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stats {
    /// By table, with its schema where it isn't in the usual one.
    pub rows: BTreeMap<String, u64>,
}

impl Stats {
    /// Reads the file.
    ///
    /// # Errors
    /// `missing-stats` where there is none, `bad-config` where it says something else.
    pub fn read(path: &Path) -> Result<Self> {
        let text = read_text(path, LARGEST_SETTINGS)?.ok_or_else(|| {
            let message = format!("there is no file `{}`, which `[policy] stats` names", path.display());
            Error::new(Code::MissingStats, message).help(
                "write it by `autogen drift --export-stats FILE` where the live database can be read, or take the key out",
            )
        })?;
        TomlFile::new(path, &text, Code::BadConfig).parse("write it anew by `autogen drift --export-stats FILE`")
    }

    /// Writes the file's text.
    pub fn to_toml(&self) -> String {
        // A map of numbers can always be written.
        let rows = toml::to_string(self).unwrap_or_default();
        format!(
            "# Rows of each table, by the database's own estimates. Written by `autogen drift --export-stats`.\n{rows}"
        )
    }

    /// Returns how many rows a table has, if that is known.
    pub fn of(&self, table: &TableName) -> Option<u64> {
        self.rows.get(&table.to_string()).copied()
    }
}
