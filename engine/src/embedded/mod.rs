//! Chains that are built into a program, so that it needs no files when it starts.
//!
//! [`plugin!`](crate::plugin) reads a crate's migrations while it is compiled and makes a [`Plugin`] of them,
//! which is plain data. [`Host`] applies them.

#[cfg(feature = "apply")]
mod host;
#[cfg(feature = "async")]
mod host_async;
#[cfg(feature = "apply")]
mod trace;

#[cfg(feature = "apply")]
pub use host::Host;

/// A plugin, or the host's own part, with its chain; made by [`plugin!`](crate::plugin).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plugin {
    /// Its name; `core` for the host's own part.
    pub name: &'static str,
    /// Its migrations: one chain, or one per dialect. None before the first revision.
    pub chains: &'static [Chain],
}

/// The migrations of one folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// The dialect's name, if the folder is one of several. Otherwise the chain runs on any database.
    pub dialect: Option<&'static str>,
    /// The migrations, in no particular order.
    pub migrations: &'static [Migration],
}

/// The files of one migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// The directory's name.
    pub name: &'static str,
    /// The text of `up.sql`.
    pub up: &'static str,
    /// The text of `down.sql`, where there is one.
    pub down: Option<&'static str>,
    /// The text of `metadata.toml`, where there is one.
    pub metadata: Option<&'static str>,
}
