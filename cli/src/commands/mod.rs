//! One file per command.

pub(crate) mod adopt;
pub(crate) mod check;
pub(crate) mod codeowners;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod downgrade;
pub(crate) mod drift;
pub(crate) mod dump;
pub(crate) mod explain;
pub(crate) mod forget;
pub(crate) mod generate;
pub(crate) mod graph;
pub(crate) mod heads;
pub(crate) mod history;
pub(crate) mod lint;
pub(crate) mod man;
pub(crate) mod merge;
pub(crate) mod new;
pub(crate) mod plugins;
pub(crate) mod rebase;
pub(crate) mod review;
pub(crate) mod show;
pub(crate) mod stamp;
pub(crate) mod status;
pub(crate) mod upgrade;
pub(crate) mod verify;
