//! SQL as text, as far as only the engine reads it: expressions, and whether a text is what it is said to be.
//! Splitting texts and telling what statements do is the work of [`autogen::sql`].
//!
//! * `expressions`: one spelling, the names in them, renames.
//! * `grammar`: whether a text is what it is said to be, one expression or one type. `reach`: whether a script may
//!   reach out of its database.
//!
//! * `ddl`: what a statement of a migration does to the schema and to rows, part by part.
//!
//! What only one database has is in its folder.

mod brackets;
pub(crate) mod ddl;
mod expressions;
mod fills;
pub(crate) mod grammar;
pub(crate) mod mysql;
pub(crate) mod postgres;
mod reach;
pub(crate) mod sqlite;

pub(crate) use autogen::sql::{
    Kind, Literal, Statement, Token, blank, effects, folded, leading_words, literals, names_in, quoted_names,
};
pub use autogen::sql::{NamedType, losses, names_within};
pub use expressions::{canonical, columns_in, index_columns, rename_columns, rename_words, rule_columns};
pub(crate) use expressions::{
    casts, expressions_over_rows, may_vary, mentions_value, rename_enum_value, rename_type, rename_values,
};
pub(crate) use fills::updated;
pub use fills::{Fill, RowCount, fills, row_counts};
pub(crate) use reach::reaches_out;
