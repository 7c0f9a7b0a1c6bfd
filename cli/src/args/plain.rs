//! The options of commands that only show something: `status`, completions and manual pages.

use std::path::PathBuf;

use clap::Args;

/// Options of completions.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

/// Options of man.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The folder, which is made if need be.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

/// Options of status.
#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Make the ledger agree with Diesel's table and with the files as they are now.
    #[arg(long)]
    pub(crate) repair: bool,
}
