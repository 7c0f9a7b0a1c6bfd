//! The expressions of MariaDB and MySQL.

mod canonical;
mod collations;
mod columns;
mod definer;
mod queries;
mod renames;

pub(crate) use autogen::sql::mysql::*;
pub(crate) use canonical::{canonical, canonical_default};
pub(crate) use collations::states_collation;
pub(crate) use columns::{columns_in, rename_in, rename_words};
pub(crate) use definer::without_definer;
pub(crate) use queries::{names_in_query, renamed_back};
pub(crate) use renames::Renames;
