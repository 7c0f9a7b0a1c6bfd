//! What a definition asks for and the server that a plan is made against doesn't have, although the other kind of server
//! does.

use crate::error::{Code, Diagnostic, Error, Result};
use crate::model::{Change, Column, Edit, Hints, Index, IndexKey, MysqlServer, Pair, Rule, Schema, TableName};

use super::held::{Held, held, spelled};

/// Refuses changes that MariaDB can't make: an index over an expression, an invisible column that is required and gets
/// no value by itself, and a type without a conversion from the old one. MySQL can make the first two, and lacks the
/// types of the third.
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
            Change::Column(table, Edit::Alter(columns)) => {
                refuse_required(table, &columns.to)?;
                refuse_unconverted(table, columns)?;
            }
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

/// UUIDs and addresses convert from and to texts and bytes only, even where every row is NULL.
fn refuse_unconverted(table: &TableName, Pair { from, to }: &Pair<Column>) -> Result<()> {
    if to.hints.backfill.is_some() || converts(&held(from), &held(to)) {
        return Ok(());
    }
    let (column, old, new) = (&to.name, spelled(from), spelled(to));
    let message = format!("MariaDB has no conversion of `{table}.{column}` from {old} to {new}");
    let help = "change it to a text first, in a revision of its own; or add a column and drop this one";
    Err(refused(message, help, &to.hints))
}

fn converts(old: &Held, new: &Held) -> bool {
    let is_named = |held: &Held| matches!(held, Held::Named(_));
    let is_read = |held: &Held| {
        matches!(held, Held::Text(_) | Held::Bytes { .. } | Held::Enum(_) | Held::Set(_) | Held::Json | Held::Other(_))
    };
    match (is_named(old), is_named(new)) {
        (false, false) => true,
        (true, true) => old == new,
        (true, false) => is_read(new),
        (false, true) => is_read(old),
    }
}

fn refused(message: String, help: &str, hints: &Hints) -> Error {
    let diagnostic = Diagnostic::error(Code::NotInDialect, message).help(help);
    Error::from(match &hints.place {
        Some(place) => diagnostic.at(place.clone(), ""),
        None => diagnostic,
    })
}
