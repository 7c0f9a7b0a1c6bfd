//! What a Diesel host and its plugins depend on: tables with their rules, enums, and chains of migrations that a host
//! applies as it starts.
//!
//! * [`table!`] is `diesel::table!` with attributes for what Diesel has no words for, and [`sql_enum!`] an enum that the
//!   database knows as well.
//! * [`plugin!`] reads a crate's migrations while it is compiled and makes a [`Plugin`] of them.
//! * [`Host`] applies the chains of the core and its plugins, each revision once, whoever else starts at the same time.
//!
//! Without any feature this crate is the macros and [`Plugin`], which is all that a plugin needs. A host names its database
//! (`sqlite`, `postgres`, `mysql`) and brings the connection: one of Diesel's, or with `async` one of diesel-async's. With
//! `tracing` there are spans of what is applied. Migrations are written by the program `autogen`.
//!
//! What else is public here serves the packages of that program, which are released with this one, and promises nothing.

#[cfg(feature = "apply")]
pub mod dialect;
pub mod embedded;
#[cfg(feature = "apply")]
pub mod error;
#[cfg(feature = "apply")]
pub mod history;
#[cfg(feature = "apply")]
#[doc(hidden)]
pub mod link;
#[cfg(feature = "apply")]
#[doc(hidden)]
pub mod model;
#[cfg(feature = "apply")]
#[doc(hidden)]
pub mod sql;
#[cfg(feature = "apply")]
#[doc(hidden)]
pub mod toml_file;

pub use autogen_macros::{plugin, sql_enum, table};
#[cfg(feature = "apply")]
pub use embedded::Host;
pub use embedded::Plugin;
#[cfg(feature = "async")]
pub use link::AsyncLink;
