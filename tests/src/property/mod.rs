//! Random pairs of schemas, taken from one to the other and back.
//!
//! A [`recipe::Recipe`] is plain data that proptest makes and shrinks; [`build`] makes two schemas of it,
//! which are valid whatever the recipe says; [`trial`] prints them as Rust source, scans that,
//! makes the first in a database, plants rows, migrates to the second and back and forth, and has
//! everything looked at by a [`judge`](crate::judge) that shares no code with the engine.
//!
//! Failures are for the engine to mend: nothing here works around one. What SQLite itself would
//! refuse in any tool's hands (two keys, a check that no row satisfies) is never generated.

pub mod build;
mod draw;
mod expressions;
mod kept;
mod mutate;
pub mod mysql;
pub(crate) mod names;
pub mod postgres;
pub mod recipe;
mod revision;
mod rows;
mod tale;
pub mod trial;

pub(crate) use draw::Draw;
