//! Revisions on disk: reading, naming, writing and moving them. The graph of revisions, and what a database has
//! applied, are in [`autogen::history`], because every host needs them.

mod agreement;
mod collations;
mod loose;
mod naming;
mod read;
mod rebase;
mod record;
mod replay_subset;
mod write;

pub use agreement::{is_as_made, note_as_made};
pub use autogen::history::*;
pub use collations::without_collation;
pub use loose::{Loose, loose};
pub use naming::{next_version, slug};
pub use read::load;
pub use rebase::{Move, moved, moves, write_moves};
pub use record::{record, write_up};
pub use replay_subset::{ReplaySubset, replay_subset};
pub use write::{NewRevision, RevisionFiles, write};

#[cfg(test)]
mod tests;
