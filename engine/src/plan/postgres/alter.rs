//! What becomes of a column that is there before and after.

use crate::dialect::Dialect;
use crate::model::{Column, DataType, Deferrable, Expr, Numbering, Pair, Table, TableOptions};
use crate::plan::{Alteration, ColumnAction, Commented, Guard, Operation, Stage, guard, not_null};

use super::enums::Swaps;
use super::{Parts, convert, enums, facts};

/// Whether a column gets another type or collation.
pub(super) fn changes_type(columns: &Pair<Column>) -> bool {
    let Pair { from, to } = columns;
    from.data_type != to.data_type || from.sql_type != to.sql_type || from.collation != to.collation
}

/// What an altered column of `table`, the table as it is before, comes to.
pub(super) fn altered(stage: &Stage, swaps: &Swaps, table: &Table, columns: &Pair<Column>) -> Parts {
    let Pair { from, to } = columns;
    let mut parts = Parts::default();
    let mut alterations = Vec::new();

    let fill = fill(to);
    let becomes_required = from.nullable && !to.nullable && !not_null::is_known(table, &from.name);
    if becomes_required && fill.is_none() {
        parts.guards.push(guard::nulls(&table.name, &from.name, facts()));
    }
    let other_identity = is_identity(from) && is_identity(to) && from.numbering != to.numbering;
    let other_numbering = from.auto_increment
        && to.auto_increment
        && to.numbering.is_some_and(|wanted| from.numbering != Some(wanted))
        && !other_identity;
    if from.auto_increment && (!to.auto_increment || other_numbering) {
        parts.operations.push(Operation::StopNumbering(table.name.clone(), from.name.clone()));
    }
    if from.generated.is_some() && to.generated.is_none() {
        alterations.push(Alteration::DropExpression);
    }

    // The type may be the same in all but what it is made of.
    let swapped = swaps.of_column(to).filter(|_| !changes_type(columns));
    let written = written(table, columns);
    let strangers = || enums::strangers(stage, &table.name, columns).filter(|_| changes_type(columns));
    parts.guards.extend(if written.is_authors { None } else { written.guard.or_else(strangers) });
    let mut default_is_dropped = false;
    if changes_type(columns) || swapped.is_some() {
        // PostgreSQL would convert the default, too, and refuses where it can't.
        default_is_dropped = from.default.is_some() && (from.data_type != to.data_type || swapped.is_some());
        if default_is_dropped {
            alterations.push(Alteration::DropDefault);
        }
        let is_numbered = from.auto_increment && to.auto_increment && !other_numbering;
        let fill = fill.filter(|_| becomes_required);
        let using = swapped.map_or(written.expr, |named| Some(enums::converted(from, &named, fill)));
        alterations.push(Alteration::Type { to: Box::new(to.clone()), using, is_numbered });
    } else if let Some(fill) = fill.filter(|_| becomes_required) {
        if from.generated.is_some() {
            // Nothing is written to a column that is computed.
            alterations.retain(|alteration| *alteration != Alteration::DropExpression);
            let keep = ColumnAction { column: to.name.clone(), alteration: Alteration::DropExpression };
            parts.operations.push(Operation::AlterColumns(table.name.clone(), vec![keep]));
        }
        parts.operations.push(Operation::Backfill {
            table: table.name.clone(),
            values: vec![(from.name.clone(), fill.clone())],
            only_missing: true,
        });
        if is_deferred(stage, table, &from.name) {
            parts.operations.push(Operation::CheckDeferred(table.name.clone()));
        }
    }

    match (&from.default, &to.default) {
        (Some(from), Some(to)) if !default_is_dropped && from.same_as(to) => {}
        (_, Some(default)) => alterations.push(Alteration::SetDefault(wanted_default(columns, default))),
        (Some(_), None) if !default_is_dropped => alterations.push(Alteration::DropDefault),
        (Some(_) | None, None) => {}
    }
    if from.nullable != to.nullable {
        alterations.push(if to.nullable { Alteration::DropNotNull } else { Alteration::SetNotNull });
    }
    if let Some(numbering) = to.numbering.filter(|_| other_identity) {
        alterations.push(Alteration::SetNumbering(numbering));
    }
    if is_identity(from) && is_identity(to) && from.sequence != to.sequence {
        alterations.push(Alteration::SetSequence(to.sequence));
    }
    if to.auto_increment && (!from.auto_increment || other_numbering) {
        parts.operations.push(Operation::StartNumbering(table.name.clone(), Box::new(to.clone())));
    }
    if from.comment != to.comment {
        let of = Commented::Column(table.name.clone(), to.name.clone());
        parts.operations.push(Operation::SetComment { of, comment: to.comment.clone() });
    }
    let action = |alteration| ColumnAction { column: to.name.clone(), alteration };
    parts.actions = alterations.into_iter().map(action).collect();
    parts
}

fn is_identity(column: &Column) -> bool {
    matches!(column.numbering, Some(Numbering::ByDefault | Numbering::Always))
}

/// A default as the new type takes it. One that stays as it was is written in the old type's words, which a type of
/// the same kind takes as they are.
fn wanted_default(columns: &Pair<Column>, default: &Expr) -> Expr {
    let stays = columns.from.default.as_ref().is_some_and(|from| from.sql == default.sql);
    let takes_it = convert::same_kind(&columns.from, &columns.to)
        && columns.from.data_type != DataType::Bool
        && columns.to.data_type != DataType::Bool;
    if !stays || takes_it || Dialect::Postgres.is_literal(&default.sql) {
        return default.clone();
    }
    let to = Dialect::Postgres.column_type(&columns.to, &TableOptions::default());
    Expr::new(format!("CAST(({}) AS {to})", default.sql))
}

/// What rows hold in an altered column.
pub(super) struct Written {
    /// The expression over the old row, `None` where PostgreSQL converts by itself or nothing changes.
    pub(super) expr: Option<String>,
    /// Rows that would be in the way.
    guard: Option<Guard>,
    /// Whether the author wrote the expression.
    is_authors: bool,
}

/// What rows of `table`, the table as it is before, will hold in an altered column.
pub(super) fn written(table: &Table, columns: &Pair<Column>) -> Written {
    let Pair { from, to } = columns;
    // Between types of one kind the author's expression only fills what is missing.
    if let Some(backfill) = to.hints.backfill.as_ref().filter(|_| !convert::same_kind(from, to)) {
        return Written { expr: Some(backfill.clone()), guard: None, is_authors: true };
    }
    let cast = if changes_type(columns) { convert::cast(&table.name, from, to) } else { convert::Cast::default() };
    let becomes_required = from.nullable && !to.nullable && !not_null::is_known(table, &from.name);
    let expr = match fill(to).filter(|_| becomes_required) {
        Some(fill) => {
            let value = cast.using.unwrap_or_else(|| beside(from, to));
            Some(format!("coalesce({value}, {fill})"))
        }
        None => cast.using,
    };
    Written { expr, guard: cast.guard, is_authors: false }
}

/// A column's value as it may stand beside one of the new type.
fn beside(from: &Column, to: &Column) -> String {
    let column = facts().quoted(&from.name);
    // A cast within a kind isn't needed, and would cut text off that an assignment refuses.
    if convert::same_kind(from, to) {
        return column;
    }
    format!("{column}::{}", Dialect::Postgres.column_type(to, &TableOptions::default()))
}

/// What the author gives for rows that have no value.
fn fill(to: &Column) -> Option<&String> {
    to.hints.backfill.as_ref().or(to.default.as_ref().map(|default| &default.sql))
}

/// Whether writing the column leaves a check until the end of the transaction.
fn is_deferred(stage: &Stage, table: &Table, column: &String) -> bool {
    let tables = stage.before.tables.values();
    let mut keys = tables.flat_map(|child| child.foreign_keys.iter().map(move |key| (child, key)));
    keys.any(|(child, key)| {
        let is_written = (child.name == table.name && key.columns.contains(column))
            || (key.references == table.name && key.referenced_columns.contains(column));
        is_written && key.deferrable == Deferrable::InitiallyDeferred
    })
}
