//! Work in throwaway databases: replay chains, copy a schema, fill tables with rows, prove migrations.
//!
//! Nothing here writes to a database that anybody keeps. A source is only read, and all changes are made to a copy in
//! memory, or to one on a server that is dropped afterwards. Nothing here knows of files or owners either: scripts
//! arrive as text, and the caller says what is owned.

mod ask;
mod beside;
mod commute;
mod copy;
mod prove;
mod replay;
mod script;
mod seed;
mod trust;
mod undo;

pub use beside::{beside, usual_collation};
pub use commute::{Conflict, Undeclared, conflict, conflict_of_sets, order_matters};
pub use copy::{Surrounding, all_surroundings, copy, copy_part, surroundings_of};
pub use prove::{Proof, TooMuch, Trial, Verdict, prove, tried};
pub use replay::{Replayed, replay, replay_before, replay_only};
pub use script::Script;
pub use trust::require_trust;
pub use undo::{HalfRun, UndoScript, undo_script};
