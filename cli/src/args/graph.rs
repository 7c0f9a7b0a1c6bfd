//! The options of `graph`.

use std::path::PathBuf;

use autogen_workspace::{State, View};
use clap::Args;
use clap_complete::ArgValueCandidates;

use crate::candidates;

/// Options of graph.
#[derive(Debug, Args)]
pub(crate) struct Graph {
    /// Draw tables and the keys between them, each owner's in a group.
    #[arg(long, conflicts_with = "chains")]
    pub(crate) tables: bool,
    /// Draw revisions and what each stands on (the default).
    #[arg(long)]
    pub(crate) chains: bool,
    /// The schema to draw: `models`, `database`, or what the chains make up to a revision [default: models].
    #[arg(long, value_name = "models|database|REVISION", requires = "tables", conflicts_with_all = ["revision", "base"])]
    pub(crate) of: Option<String>,
    /// Mark what differs from this schema: `models`, `database` or a revision.
    #[arg(long, value_name = "models|database|REVISION", requires = "tables", conflicts_with_all = ["revision", "base"])]
    pub(crate) against: Option<String>,
    /// Mark what this revision changes.
    #[arg(long, value_name = "REVISION", requires = "tables", conflicts_with = "base",
          add = ArgValueCandidates::new(candidates::revisions))]
    pub(crate) revision: Option<String>,
    /// Mark what this git branch adds to the chains, against another branch, tag or commit.
    #[arg(long, value_name = "REF", requires = "tables")]
    pub(crate) base: Option<String>,
    /// Write into this file; `.html`, `.svg`, `.dot`, `.mmd` and `.json` state the form where `--format` doesn't.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

impl Graph {
    /// Returns which schema to look at.
    pub(crate) fn view(&self) -> View {
        let state = |text: &Option<String>| text.as_deref().map(State::named);
        match (&self.revision, &self.base) {
            (Some(revision), _) => View::Revision(revision.clone()),
            (None, Some(base)) => View::Branch(Some(base.clone())),
            (None, None) => View::State(state(&self.of).unwrap_or(State::Models), state(&self.against)),
        }
    }
}
