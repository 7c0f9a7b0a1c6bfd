//! Which of a revision's files is run.

use super::Revision;

/// Which of a revision's two files is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Up,
    Down,
    /// Back from a revision that stopped halfway up, by a script that was made for it and replaces `down.sql`.
    Undo,
}

impl Direction {
    /// Returns the file's name.
    pub(super) fn file_name(self) -> &'static str {
        match self {
            Self::Up => "up.sql",
            Self::Down | Self::Undo => "down.sql",
        }
    }

    /// Returns the file's text.
    pub(super) fn sql(self, revision: &Revision) -> &str {
        match self {
            Self::Up => &revision.up,
            Self::Down | Self::Undo => revision.down.as_deref().unwrap_or_default(),
        }
    }

    /// Returns the word for what a revision is afterwards.
    pub(super) fn done(self) -> &'static str {
        match self {
            Self::Up => "applied",
            Self::Down => "reverted",
            Self::Undo => "undone",
        }
    }
}
