//! SQL as text: the only place that reads it.
//!
//! * `tokens` and each dialect's own `tokens`: a text as tokens, with their places.
//! * `statements`: a script as statements, cut where the database's own shell cuts them.
//! * `expressions`: one spelling, the names in them, renames.
//! * `types`: what types and literals are called, in both directions.
//!
//! It knows the [`model`](crate::model) and the facts of a [`dialect`](crate::dialect), and no stage: whoever has a question
//! about a text asks here, and nobody else cuts one or lists keywords.
#![cfg_attr(not(feature = "tool"), allow(dead_code, reason = "hosts only cut scripts and read what these make"))]

#[cfg(feature = "tool")]
mod brackets;
#[cfg(feature = "tool")]
mod expressions;
mod lexer;
pub(crate) mod mysql;
mod named;
pub(crate) mod postgres;
pub(crate) mod sqlite;
mod statements;
mod types;

use crate::dialect::Dialect;

#[cfg(feature = "tool")]
pub use expressions::{canonical, columns_in, index_columns, rename_columns, rename_words, rule_columns};
#[cfg(feature = "tool")]
pub(crate) use expressions::{
    expressions_over_rows, mentions_value, names_in, rename_enum_value, rename_type, rule_expressions,
};
pub use named::NamedType;
pub(crate) use lexer::{Kind, Token};
pub(crate) use statements::Statement;

impl Dialect {
    /// A script's statements with their places, cut where the database's own shell cuts them.
    pub(crate) fn statements(self, sql: &str) -> Vec<Statement> {
        match self {
            Self::Sqlite => sqlite::statements(sql),
            Self::Postgres => postgres::statements(sql),
            Self::Mysql => mysql::statements(sql),
        }
    }

    /// A script's tokens with their places; `None` where it isn't made of tokens, as with an open string.
    pub(crate) fn tokens(self, sql: &str) -> Option<Vec<Token>> {
        match self {
            Self::Sqlite => sqlite::tokens(sql),
            Self::Postgres => postgres::tokens(sql),
            Self::Mysql => mysql::tokens(sql),
        }
    }

    /// An identifier in a script as the database knows it.
    pub(crate) fn unquoted(self, name: &str) -> String {
        match self {
            Self::Sqlite => sqlite::unquoted(name),
            Self::Postgres => postgres::unquoted(name),
            Self::Mysql => mysql::unquoted(name),
        }
    }
}
