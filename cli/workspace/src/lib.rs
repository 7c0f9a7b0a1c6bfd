//! From a host on disk to its next revisions: what every command of the program `autogen` is made of, for programs too.
//!
//! A [`Workspaces`] is a host in all its dialects, a [`Workspace`] the host in one of them. What they do, in order:
//!
//! 1. [`Workspaces::open`] reads configuration and chains, and finds the databases.
//! 2. [`Workspaces::models`] reads what the sources define.
//! 3. [`Workspaces::drafts`] compares that with what there is, owner by owner, plans what differs, and proves it.
//! 4. [`Workspaces::next`] makes revisions of the drafts, which [`autogen_engine::history::write`] writes.
//!
//! A draft of one owner alone comes about in three steps, each of which can be asked for: [`Workspace::both`] reads what there is
//! and spells it as the sources do, [`Workspace::compare`] finds what differs, [`Workspace::draft`] plans it.
//!
//! Nothing here prints, reads the environment or asks anybody: an [`Observer`] hears what there is to say.
//!
//! ```no_run
//! use autogen_workspace::{DraftOptions, Options, Silent, Workspaces};
//!
//! # fn main() -> autogen_engine::error::Result<()> {
//! let workspaces = Workspaces::open(&Options::of("fixtures/shopdb"), &Silent)?;
//! let models = workspaces.models(&Silent)?;
//! for owner in workspaces.drafts(&models, &DraftOptions::default(), &Silent)? {
//!     let changes = owner.drafts.iter().flatten().map(|draft| draft.changes.len());
//!     println!("{}: {} changes", owner.owner, changes.sum::<usize>());
//! }
//! # Ok(())
//! # }
//! ```

mod adopt;
mod apply;
mod cache;
mod chain_schema;
mod check;
mod code_owners;
mod concerns;
mod dependencies;
mod depict;
mod dialects;
mod draft;
mod drafts;
mod drift;
mod empty;
mod explain;
mod finding;
mod forget;
mod heads;
mod lint;
mod losses;
mod merge;
mod models;
mod next;
mod observer;
mod options;
mod places;
mod policy;
mod rebase;
mod refused;
mod review;
mod rounds;
mod scope;
mod settings;
mod stamp;
mod start;
mod survey;
mod transfer;
mod urls;
mod verify;
mod workspace;

pub use adopt::{AdoptOptions, Adoption, Edits, Nearest, OwnerMark, Setup, SiteScript};
pub use apply::{DowngradeOptions, Downgraded};
pub use check::LiveReads;
pub use code_owners::CodeOwners;
pub use concerns::{Concern, Remedy};
pub use depict::{Depicted, State, View};
pub use dialects::Workspaces;
pub use draft::{Draft, DraftOptions};
pub use drafts::OwnerDrafts;
pub use drift::{Drifted, Watched};
pub use explain::{Explained, Verdict};
pub use finding::Finding;
pub use forget::Forgotten;
pub use lint::{Judged, LintOptions};
pub use models::{Comparison, Makers, Models, Parts};
pub use next::{DialectPart, NextRevision, OwnerNext};
pub use observer::{Observer, Silent};
pub use options::Options;
pub use places::{Dump, range_of_places};
pub use policy::{Planned, Sizes};
pub use refused::{PossibleRename, Refused};
pub use review::{Addition, Effect, Review, ReviewOptions};
pub use scope::Scope;
pub use stamp::Stamp;
pub use survey::Survey;
pub use transfer::Transfer;
pub use verify::Verified;
pub use workspace::Workspace;
