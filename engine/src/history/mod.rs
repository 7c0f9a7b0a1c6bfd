//! Revisions on disk, their graph, and what a database has applied.
//!
//! A revision is a stock Diesel migration directory. So Diesel's own programs can run what this one writes, and
//! this one can run older migrations. Nothing here knows what a table is, and nothing is reverted unless somebody
//! asks for it.

mod apply;
mod certificate;
mod digest;
mod direction;
mod edges;
mod fence;
mod forget;
mod graph;
mod ledger;
mod lock;
mod makes;
mod metadata;
mod noted;
mod offline;
mod order;
mod revision;
mod shuffle;
mod stale;
mod stamp;
mod status;
mod target;
mod version;

pub use crate::link::{Limits, Link, Opener, Supported, TextRow};
pub use crate::model::Permissions;
pub use apply::{Event, Undo, downgrade, downgrade_undoing, half_run, pending_trespasses, trespasses, upgrade};
pub use apply::{apply, fingerprint, going, revert};
pub use certificate::{Certificate, Outdated, Standing};
pub use forget::forget;
pub use graph::History;
pub use ledger::{Entry, State, applied, checksum, ledger};
pub use lock::Lock;
pub use makes::{made_by, makers};
pub use metadata::{Autogen, Metadata};
pub use noted::{note_fingerprint, noted_fingerprint};
pub use offline::{downgrade_script, upgrade_script};
pub use order::check_dependencies;
pub use revision::Revision;
pub use stale::check_references;
pub use stamp::{Marks, stamp, to_mark};
pub use status::{OwnerStatus, Repaired, Status, repair, status};
pub use target::{Point, point, range, to_apply, to_revert};
pub use version::{DIGITS, Version};

/// The name of the host's own part.
pub const CORE: &str = "core";
/// The name of the file beside a revision's SQL.
pub const METADATA: &str = "metadata.toml";

#[cfg(all(test, feature = "sqlite"))]
mod tests;
