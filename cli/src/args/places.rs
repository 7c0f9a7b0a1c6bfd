//! Options of commands about places: in chains, of databases, and of plugins that are gone.

use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::candidates;

/// Options of diff.
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// Compare two places instead: revisions, `base`, `head`, `usb@head-1`, or URLs of databases. Either may be left out.
    #[arg(value_name = "FROM..TO", allow_hyphen_values = true)]
    pub(crate) places: Option<String>,
}

/// Options of dump.
#[derive(Debug, Args)]
pub(crate) struct Dump {
    /// A revision, `base`, `head`, `usb@head-1`, or a database's URL [default: the live database, else all chains].
    #[arg(value_name = "PLACE", add = ArgValueCandidates::new(candidates::revisions))]
    pub(crate) place: Option<String>,
}

/// Options of forget.
#[derive(Debug, Args)]
pub(crate) struct Forget {
    /// The plugin, which isn't in the host any more.
    pub(crate) name: String,
    /// Leave its tables to nobody.
    #[arg(long)]
    pub(crate) keep_tables: bool,
}
