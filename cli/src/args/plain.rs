//! The options of commands that only show something: `graph`, `status`, completions and manual pages.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options of graph.
#[derive(Debug, Args)]
pub(crate) struct Graph {
    /// The picture's language.
    #[arg(long = "as", value_enum, default_value_t = Picture::Mermaid, value_name = "LANGUAGE")]
    pub(crate) picture: Picture,
}

/// Languages for pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Picture {
    /// Graphviz.
    Dot,
    /// Mermaid, which code forges draw.
    Mermaid,
}

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
