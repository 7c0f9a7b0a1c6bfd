//! Which of a revision's files is run.

use super::Revision;

/// Which of a revision's two files is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Up,
    Down,
    /// Back from the middle of the way up, by a script that was made for that and stands in for `down.sql`.
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

    /// Returns what a revision is afterwards, in one word.
    pub(super) fn done(self) -> &'static str {
        match self {
            Self::Up => "applied",
            Self::Down => "reverted",
            Self::Undo => "undone",
        }
    }
}
