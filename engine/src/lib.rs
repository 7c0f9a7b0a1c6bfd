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
//! 10. [`embedded`] chains are part of a program, which applies them as it starts: [`Host`].
//!
//! The crate `autogen-workspace` puts the stages together: a host on disk, its next revisions, checks against a database.
//!
//! The words of the domain live in [`model`]; what differs between databases in [`dialect`]; texts of SQL are read in
//! [`sql`] alone.
//! Without any feature this crate is [`table!`] and [`plugin!`], which is all that a plugin needs. A host names its
//! database (`sqlite`, `postgres`, `mysql`), and the program `autogen` takes everything (`tool`).

#[cfg(feature = "tool")]
pub mod database;
#[cfg(feature = "apply")]
pub mod dialect;
#[cfg(feature = "tool")]
pub mod diff;
pub mod embedded;
#[cfg(feature = "apply")]
pub mod error;
#[cfg(feature = "tool")]
mod files;
#[cfg(all(test, feature = "tool"))]
mod fuzz;
#[cfg(feature = "tool")]
mod gate;
#[cfg(feature = "apply")]
pub mod history;
#[cfg(feature = "tool")]
pub mod host;
#[cfg(feature = "tool")]
pub mod introspect;
#[cfg(feature = "apply")]
mod link;
#[cfg(feature = "apply")]
pub mod model;
#[cfg(feature = "tool")]
pub mod normalize;
#[cfg(feature = "tool")]
pub mod plan;
#[cfg(feature = "tool")]
pub mod scan;
#[cfg(feature = "tool")]
pub mod scratch;
#[cfg(feature = "tool")]
pub mod spelling;
#[cfg(feature = "apply")]
pub mod sql;
#[cfg(feature = "apply")]
mod toml_file;

pub use autogen_macros::{plugin, sql_enum, table};
#[cfg(feature = "apply")]
pub use embedded::Host;
pub use embedded::Plugin;
