//! Records that a revision on disk was proven.

use toml_edit::{Array, Item, Table, value};

use super::rebase::{document, replace};
use super::{Certificate, METADATA, Revision};
use crate::error::Result;
use crate::files::{FileScope, LARGEST_SETTINGS};

/// Writes the certificate of a revision, and sentences on what was proven, into its `metadata.toml`. Everything else
/// in the file stays as it is.
///
/// # Errors
/// `can't-write`, `outside-plugin`, and those of reading.
pub fn record(revision: &Revision, scope: &FileScope, certificate: &Certificate, verified: &[String]) -> Result<()> {
    let path = revision.dir.join(METADATA);
    let text = scope.read_text(&path, LARGEST_SETTINGS)?.unwrap_or_default();
    let mut document = document(&path, &text, revision)?;
    if let Some(autogen) = document.get_mut("autogen").and_then(Item::as_table_like_mut) {
        autogen.insert("verified", value(verified.iter().collect::<Array>()));
    }
    let Certificate { rules, server, run_in_transaction, up, down, below } = certificate;
    let mut table = Table::new();
    table.insert("rules", value(i64::from(*rules)));
    table.insert("server", value(server));
    table.insert("run_in_transaction", value(*run_in_transaction));
    for (key, sum) in [("up", up), ("down", down), ("below", below)] {
        table.insert(key, value(sum));
    }
    document["certificate"] = Item::Table(table);
    replace(scope, &path, &document.to_string())
}

/// Writes the text of a revision's `up.sql` into its file.
///
/// # Errors
/// `can't-write`, `outside-plugin`.
pub fn write_up(revision: &Revision, scope: &FileScope) -> Result<()> {
    let path = revision.dir.join("up.sql");
    replace(scope, &path, &revision.up)
}
