//! Revisions on disk, their graph, and what a database has applied.
//!
//! A revision is a stock Diesel migration directory, so Diesel's own programs can run what this
//! one writes, and this one runs what was there before it. Nothing here knows what a table is,
//! and nothing is ever reverted unless somebody asks for it.

#[cfg(feature = "tool")]
mod agreement;
mod apply;
mod certificate;
#[cfg(feature = "tool")]
mod collations;
mod fence;
mod graph;
mod ledger;
mod makes;
mod metadata;
#[cfg(feature = "tool")]
mod naming;
mod offline;
mod order;
#[cfg(feature = "tool")]
mod read;
#[cfg(feature = "tool")]
mod rebase;
#[cfg(feature = "tool")]
mod record;
#[cfg(feature = "tool")]
mod replay_subset;
mod revision;
#[cfg(feature = "tool")]
mod shuffle;
mod stamp;
mod status;
mod target;
mod version;
#[cfg(feature = "tool")]
mod write;

pub use crate::link::{Limits, Link, Opener, Supported, TextRow};
pub use crate::model::Permissions;
#[cfg(feature = "tool")]
pub use agreement::{is_as_made, note_as_made};
pub use apply::{
    Event, Undo, applied, downgrade, downgrade_undoing, half_run, pending_trespasses, trespasses, upgrade,
};
#[cfg(feature = "tool")]
pub(crate) use apply::{apply, fingerprint, revert};
pub use certificate::{Certificate, Outdated, Standing};
#[cfg(feature = "tool")]
pub use collations::without_collation;
pub use graph::History;
pub use ledger::{Entry, State, checksum, ledger};
pub use makes::{made_by, makers};
pub use metadata::{Autogen, Metadata};
#[cfg(feature = "tool")]
pub use naming::{next_version, slug};
pub use offline::{downgrade_script, upgrade_script};
#[cfg(feature = "tool")]
pub(crate) use order::check_dependencies;
#[cfg(feature = "tool")]
pub use rebase::{Move, moved, moves, write_moves};
#[cfg(feature = "tool")]
pub use record::{record, write_up};
#[cfg(feature = "tool")]
pub use replay_subset::ReplaySubset;
pub use revision::Revision;
pub use stamp::{Marks, stamp, to_mark};
pub use status::{OwnerStatus, Repaired, Status, repair, status};
pub use target::{Point, point, range, to_apply, to_revert};
pub use version::Version;
#[cfg(feature = "tool")]
pub use write::{NewRevision, RevisionFiles, write};

/// The name of the host's own part.
pub(crate) const CORE: &str = "core";
/// The name of the file beside a revision's SQL.
const METADATA: &str = "metadata.toml";

#[cfg(all(test, feature = "tool"))]
mod tests;
