//! How a database itself spells what somebody wrote: parts of tables are made where nobody sees them, read back, and
//! never kept.

mod constants;
mod mysql;
mod postgres;

use serde::{Deserialize, Serialize};
use tracing::debug_span;

pub use constants::{Constant, stored_values};

use crate::database::Database;
use crate::error::{Code, Error, Result};
use crate::model::Index;

/// Parts of one table, over the columns that they name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// The table's name without its schema, for an expression may say it.
    pub table: String,
    /// Columns by name and type.
    pub columns: Vec<(String, String)>,
    /// What is asked about.
    pub parts: Vec<TablePart>,
}

/// A part of a table, as it is written or as the database spells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TablePart {
    /// A type.
    Type(String),
    /// The default of a column of some type.
    Default {
        /// The column's type.
        sql_type: String,
        /// The expression.
        sql: String,
    },
    /// How a column of some type is computed.
    Generated {
        /// The column's type.
        sql_type: String,
        /// The expression.
        sql: String,
    },
    /// A check's expression.
    Check(String),
    /// An index; neither its name nor whether it is unique is asked about.
    Index(Box<Index>),
}

/// The parts of a question as the database spells them, in the same order; `None` for one that it
/// refuses.
pub type Answer = Vec<Option<TablePart>>;

/// Asks a database how it spells the parts of the questions. The database must be of the same kind as the questions,
/// and have the types and functions that they name. Nothing stays in it. A database that keeps what was written, word
/// for word, answers nothing.
///
/// # Errors
/// `can't-ask` when the database lets nobody make temporary tables.
pub fn spelled(database: &mut Database, questions: &[Question]) -> Result<Vec<Answer>> {
    let _span =
        debug_span!("ask for spelling", dialect = database.dialect().name(), tables = questions.len()).entered();
    let answers = match database {
        Database::Sqlite(_) => Ok(questions.iter().map(|question| vec![None; question.parts.len()]).collect()),
        Database::Postgres(database) => database.looking_around(|connection| postgres::spelled(connection, questions)),
        Database::Mysql(database) => mysql::spelled(database, questions),
    };
    answers.map_err(|cause| {
        Error::new(Code::CantAsk, format!("the database can't be asked how it prints definitions: {cause}"))
            .help("allow the role to create temporary tables: GRANT TEMPORARY ON DATABASE ... TO ...")
            .caused_by(cause)
    })
}
