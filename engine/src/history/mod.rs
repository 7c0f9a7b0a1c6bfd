//! Revisions on disk, their graph, and what a database has applied.
//!
//! A revision is a stock Diesel migration directory, so Diesel's own programs can run what this
//! one writes, and this one runs what was there before it. Nothing here knows what a table is,
//! and nothing is ever reverted unless somebody asks for it.

mod apply;
mod graph;
mod metadata;
mod order;
mod read;
mod rebase;
mod revision;
mod status;
mod target;
mod version;
mod write;

pub use apply::{Event, applied, downgrade, upgrade};
pub(crate) use apply::{apply, check_dependencies};
pub use graph::History;
pub use metadata::{Autogen, Metadata};
pub use order::check_order;
pub use rebase::{Move, moved, moves, write_moves};
pub use revision::Revision;
pub use status::{OwnerStatus, Status, status};
pub use target::{Point, point, range, to_apply, to_revert};
pub use version::{Version, next_version, slug};
pub use write::{NewRevision, RevisionFiles, write};

#[cfg(test)]
mod tests;
