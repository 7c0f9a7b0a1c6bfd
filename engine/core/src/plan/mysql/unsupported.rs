//! What a definition asks for and the server that a plan is made against doesn't have, although the other kind of server
//! does.

use crate::error::{Code, Diagnostic, Error, Result};
use crate::model::{Change, Column, Edit, Hints, Index, IndexKey, MysqlServer, Rule, Schema, TableName};

/// Refuses changes that MariaDB can't make and MySQL can: an index over an expression, and an invisible column that is
/// required and gets no value by itself.
///
/// # Errors
/// `not-in-dialect`.
pub fn refuse_unsupported(start: &Schema, changes: &[Change]) -> Result<()> {
    if start.server != Some(MysqlServer::Mariadb) {
        return Ok(());
    }
    for change in changes {
        match change {
            Change::Table(Edit::Add(table)) => {
                table.rules.indexes().try_for_each(|index| refuse_expressions(&table.name, index))?;
                table.columns.iter().try_for_each(|column| refuse_required(&table.name, column))?;
            }
            Change::Rule(table, Edit::Add(Rule::Index(index))) => refuse_expressions(table, index)?,
            Change::Column(table, Edit::Add(column)) => refuse_required(table, column)?,
            Change::Column(table, Edit::Alter(columns)) => refuse_required(table, &columns.to)?,
            Change::Table(_) | Change::Column(..) | Change::Rule(..) | Change::Rename(_) | Change::Enum(_) => {}
        }
    }
    Ok(())
}

fn refuse_expressions(table: &TableName, index: &Index) -> Result<()> {
    if !index.columns.iter().any(|key| matches!(key.key, IndexKey::Expr(_))) {
        return Ok(());
    }
    let message = format!("MariaDB has no indexes over expressions, and `{table}` is to get one; MySQL has them");
    Err(refused(message, "index a column that is `generated` from the expression", &index.hints))
}

fn refuse_required(table: &TableName, column: &Column) -> Result<()> {
    let has_value = column.nullable || column.default.is_some() || column.generated.is_some() || column.auto_increment;
    if !column.invisible || has_value {
        return Ok(());
    }
    let message =
        format!("MariaDB takes no invisible column without a default, and `{table}.{}` is required", column.name);
    Err(refused(message, "give it a `#[default]`, or make it `Nullable`", &column.hints))
}

fn refused(message: String, help: &str, hints: &Hints) -> Error {
    let diagnostic = Diagnostic::error(Code::NotInDialect, message).help(help);
    Error::from(match &hints.place {
        Some(place) => diagnostic.at(place.clone(), ""),
        None => diagnostic,
    })
}
