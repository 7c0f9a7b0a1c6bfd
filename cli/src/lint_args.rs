//! The arguments of `lint`.

use std::path::Path;

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::candidates;

/// Options of lint.
#[derive(Debug, Args)]
pub(crate) struct Lint {
    /// Files and folders of SQL; or revisions: a version, a folder's name, the unique beginning of one, or `usb@head`
    /// [default: all revisions since `[lint] since` in autogen.toml].
    #[arg(value_name = "PATH|REVISION", add = ArgValueCandidates::new(candidates::revisions))]
    pub(crate) places: Vec<String>,
    /// Only revisions that are new against this branch, tag or commit.
    #[arg(long, value_name = "REF")]
    pub(crate) base: Option<String>,
    /// Count warnings as errors.
    #[arg(long)]
    pub(crate) deny: bool,
    /// Run revisions on a scratch database, which says what they rewrite; other revisions' certificates aren't looked at.
    #[arg(long)]
    pub(crate) measure: bool,
}

impl Lint {
    /// Returns `true` if only files are named, which need no host around them.
    pub(crate) fn is_of_files(&self) -> bool {
        !self.places.is_empty() && self.places.iter().all(|place| place.ends_with(".sql") || Path::new(place).exists())
    }
}
