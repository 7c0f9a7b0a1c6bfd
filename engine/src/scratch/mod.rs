//! Throwaway databases: replay chains, evaluate expressions, prove migrations.

mod replay;

pub use replay::{Replayed, replay, replay_before, replay_only};
