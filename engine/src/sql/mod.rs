//! SQL as text: the only place that reads it.
//!
//! * `lexer`: a text as tokens with their places; what a database reads in its own way is data.
//! * `statements`: a script as statements, cut where the database's own shell cuts them.
//! * `effects`: what a statement does: what it makes, drops, renames and writes, what becomes of the transaction.
//! * `expressions`: one spelling, the names in them, renames. `words`: the words, names and literals of any text.
//! * `types`: what types and literals are called, in both directions.
//! * `grammar`: whether a text is what it is said to be, one expression or one type. `reach`: whether a script may reach out
//!   of its database. `client`: a statement as the database's own client takes it.
//!
//! What one database has of its own stands in its folder. Nothing here knows a stage: only the [`model`](crate::model) and the
//! facts of a [`dialect`](crate::dialect). Whoever has a question about a text asks here.
#![cfg_attr(
    not(feature = "tool"),
    allow(dead_code, unused_imports, reason = "hosts only cut scripts and read what these do")
)]

#[cfg(feature = "tool")]
mod brackets;
pub(crate) mod client;
pub(crate) mod effects;
#[cfg(feature = "tool")]
mod expressions;
#[cfg(feature = "tool")]
pub(crate) mod grammar;
mod lexer;
pub(crate) mod mysql;
mod named;
pub(crate) mod postgres;
#[cfg(feature = "tool")]
mod reach;
mod reader;
pub(crate) mod sqlite;
mod statements;
mod types;
mod words;

use std::ops::Range;

use crate::dialect::Dialect;

#[cfg(feature = "tool")]
pub use expressions::{canonical, columns_in, index_columns, rename_columns, rename_words, rule_columns};
#[cfg(feature = "tool")]
pub(crate) use expressions::{
    casts, expressions_over_rows, mentions_value, rename_enum_value, rename_type, rename_values, rule_expressions,
};
pub(crate) use lexer::{Kind, Token};
pub use named::NamedType;
#[cfg(feature = "tool")]
pub(crate) use reach::reaches_out;
pub(crate) use statements::Statement;
pub(crate) use words::quoted_names;
#[cfg(feature = "tool")]
pub(crate) use words::{Literal, folded, leading_words, literals, names_in, names_within};

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

/// Puts spaces over a part of a script, so that all other letters keep their places.
pub(crate) fn blank(text: &mut String, span: Range<usize>) {
    let spaces = text[span.clone()].chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }).collect::<String>();
    text.replace_range(span, &spaces);
}
