//! What there is to tell while revisions are applied or reverted.

use std::fmt;

use crate::history::Revision;

/// What is about to happen, or has turned out, while revisions are applied or reverted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A revision is about to be applied.
    Applying(&'a Revision),
    /// A revision is about to be reverted.
    Reverting(&'a Revision),
    /// What has run of a revision that stopped halfway is about to be taken back.
    Undoing(&'a Revision),
    /// Another program has done it in the meantime.
    Overtaken(&'a Revision),
    /// Another program is at work. The text names it as far as the database tells.
    Waiting(&'a Revision, &'a str),
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applying(revision) => write!(f, "applying {revision}"),
            Self::Reverting(revision) => write!(f, "reverting {revision}"),
            Self::Undoing(revision) => write!(f, "undoing what has run of {revision}"),
            Self::Overtaken(revision) => write!(f, "another program has done that: {revision}"),
            Self::Waiting(_, "") => f.write_str("waiting for another program"),
            Self::Waiting(_, who) => write!(f, "waiting for another program: {who}"),
        }
    }
}

/// The outcome of running a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// Another program had done it before our turn came.
    Overtaken,
}
