//! Schema-diff autogeneration for Diesel hosts whose plugins own tables.
//!
//! The flow, which is also the layout (each stage is one folder, in this order):
//!
//! 1. [`host`] finds the core, its plugins and what each may own.
//! 2. [`scan`] reads table definitions from Rust source into a [`Schema`](model::Schema).
//! 3. [`introspect`] reads the schema that a database really has.
//! 4. [`normalize`] brings both into one spelling, asking the database itself where rules end ([`spelling`]).
//! 5. [`diff`] lists what differs as [`Change`](model::Change)s, in words any database understands.
//! 6. [`plan`] turns changes into ordered physical steps, with their hazards.
//! 7. the crate `autogen-codegen` renders steps as SQL and revision files.
//! 8. [`scratch`] proves the result: up, down and up again, with rows.
//! 9. [`history`] keeps revisions on disk, their graph, and what a database has applied.
//!
//! The crate `autogen-workspace` puts the stages together: a host on disk, its next revisions, checks against a
//! database.
//!
//! The words of the domain are in [`model`], and what differs between databases is in [`dialect`]. Only [`sql`] reads
//! texts of SQL. The parts that an embedded host needs are in the crate `autogen`, on which this one builds: chains
//! and how they are applied, the words, the reading of scripts. This crate promises nothing to hosts.

pub mod database;
pub mod diff;
mod files;
#[cfg(test)]
mod fuzz;
mod gate;
pub mod history;
pub mod host;
pub mod introspect;
pub mod lint;
pub mod normalize;
pub mod plan;
pub mod scan;
pub mod scratch;
pub mod spelling;
pub mod sql;

pub use autogen::{dialect, embedded, error, model};
use autogen::{link, toml_file};
