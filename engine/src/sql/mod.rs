//! SQL as text: the only place that reads it.
//!
//! * `lexer`: a text as tokens with their places; what a database reads in its own way is data.
//! * `statements`: a script as statements, cut where the database's own shell cuts them.
//! * `effects`: what a statement does: what it makes, drops, renames and writes, what becomes of the transaction.
//! * `references`: what foreign keys reference, and what becomes of columns' names.
//! * `losses`: what scripts take away for good.
//! * `expressions`: one spelling, the names in them, renames. `words`: the words, names and literals of any text.
//! * `types`: what types and literals are called, in both directions.
//! * `grammar`: whether a text is what it is said to be, one expression or one type. `reach`: whether a script may reach out
//!   of its database. `client`: a statement as the database's own client takes it.
//!
//! What one database has of its own stands in its folder. Nothing here knows a stage: only the [`model`](crate::model) and the
//! facts of a [`dialect`](crate::dialect). Whoever has a question about a text asks here.

pub mod client;
pub mod effects;
mod lexer;
pub mod losses;
pub mod mysql;
mod named;
pub mod postgres;
mod reader;
pub mod references;
pub mod sqlite;
mod statements;
pub mod triggers;
mod types;
mod words;

use std::ops::Range;

use crate::dialect::Dialect;

pub use lexer::{Kind, Token};
pub use named::NamedType;
pub use statements::Statement;
pub use words::quoted_names;
pub use words::{Literal, folded, leading_words, literals, names_in, names_within};

impl Dialect {
    /// Splits a script into its statements, with their places, where the database's own shell splits it.
    pub fn statements(self, sql: &str) -> Vec<Statement> {
        match self {
            Self::Sqlite => sqlite::statements(sql),
            Self::Postgres => postgres::statements(sql),
            Self::Mysql => mysql::statements(sql),
        }
    }

    /// Splits a script into its tokens, with their places. Returns `None` if it can't be split, for example
    /// at an open string.
    pub fn tokens(self, sql: &str) -> Option<Vec<Token>> {
        match self {
            Self::Sqlite => sqlite::tokens(sql),
            Self::Postgres => postgres::tokens(sql),
            Self::Mysql => mysql::tokens(sql),
        }
    }

    /// Returns an identifier of a script as the database knows it.
    pub fn unquoted(self, name: &str) -> String {
        match self {
            Self::Sqlite => sqlite::unquoted(name),
            Self::Postgres => postgres::unquoted(name),
            Self::Mysql => mysql::unquoted(name),
        }
    }
}

/// Replaces a part of a script with spaces, so that all other characters keep their places.
pub fn blank(text: &mut String, span: Range<usize>) {
    let spaces = text[span.clone()].chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }).collect::<String>();
    text.replace_range(span, &spaces);
}
