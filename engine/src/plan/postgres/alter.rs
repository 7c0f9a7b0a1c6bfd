//! What becomes of a column that is there before and after.

use crate::dialect::Dialect;
use crate::model::{Column, Deferrable, Expr, Pair, Table, TableOptions};
use crate::plan::{Alteration, ColumnAction, Guard, Operation, Stage, guard};

use super::{Parts, convert, facts};

/// Whether a column gets another type or collation.
pub(super) fn changes_type(columns: &Pair<Column>) -> bool {
    let Pair { from, to } = columns;
    from.data_type != to.data_type || from.sql_type != to.sql_type || from.collation != to.collation
}

/// What an altered column of `table`, the table as it is before, comes to.
pub(super) fn altered(stage: &Stage<'_>, table: &Table, columns: &Pair<Column>) -> Parts {
    let Pair { from, to } = columns;
    let mut parts = Parts::default();
    let mut alterations = Vec::new();

    let fill = to.hints.backfill.as_ref().or(to.default.as_ref().map(|default| &default.sql));
    let becomes_required = from.nullable && !to.nullable;
    if becomes_required && fill.is_none() {
        parts.guards.push(guard::nulls(&table.name, &from.name, facts()));
    }
    if from.auto_increment && !to.auto_increment {
        parts.operations.push(Operation::StopNumbering(table.name.clone(), from.name.clone()));
    }
    if from.generated.is_some() && to.generated.is_none() {
        alterations.push(Alteration::DropExpression);
    }

    let is_converted = changes_type(columns);
    let mut default_is_dropped = false;
    if is_converted {
        let (using, in_the_way) = conversion(table, columns, fill.filter(|_| becomes_required));
        parts.guards.extend(in_the_way);
        // PostgreSQL would convert the default, too, and refuses where it can't.
        default_is_dropped = from.default.is_some() && from.data_type != to.data_type;
        if default_is_dropped {
            alterations.push(Alteration::DropDefault);
        }
        alterations.push(Alteration::Type { to: Box::new(to.clone()), using });
    } else if becomes_required && let Some(fill) = fill {
        parts.operations.push(Operation::Backfill {
            table: table.name.clone(),
            column: from.name.clone(),
            expr: fill.clone(),
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
    if !from.auto_increment && to.auto_increment {
        parts.operations.push(Operation::StartNumbering(table.name.clone(), to.name.clone()));
    }
    if from.comment != to.comment {
        parts.operations.push(Operation::SetComment {
            table: table.name.clone(),
            column: to.name.clone(),
            comment: to.comment.clone(),
        });
    }
    let action = |alteration| ColumnAction { column: to.name.clone(), alteration };
    parts.actions = alterations.into_iter().map(action).collect();
    parts
}

/// A default as the new type takes it. One that stays as it was is written in the old type's words.
fn wanted_default(columns: &Pair<Column>, default: &Expr) -> Expr {
    let stays = columns.from.default.as_ref().is_some_and(|from| from.sql == default.sql);
    if !stays || columns.from.data_type == columns.to.data_type || Dialect::Postgres.is_literal(&default.sql) {
        return default.clone();
    }
    let to = Dialect::Postgres.column_type(&columns.to, &TableOptions::default());
    Expr::new(format!("CAST(({}) AS {to})", default.sql))
}

/// The expression that converts the column's values, `None` where PostgreSQL does it by itself, and
/// the rows that would be in the way.
fn conversion(table: &Table, columns: &Pair<Column>, fill: Option<&String>) -> (Option<String>, Option<Guard>) {
    let Pair { from, to } = columns;
    // Between types of one kind the author's expression only fills what is missing.
    if let Some(backfill) = to.hints.backfill.as_ref().filter(|_| !convert::same_kind(from, to)) {
        return (Some(backfill.clone()), None);
    }
    let cast = convert::cast(&table.name, from, to);
    let using = match fill {
        Some(fill) => {
            let value = cast.using.unwrap_or_else(|| facts().quoted(&from.name));
            Some(format!("coalesce({value}, {fill})"))
        }
        None => cast.using,
    };
    (using, cast.guard)
}

/// Whether writing the column leaves a check until the end of the transaction.
fn is_deferred(stage: &Stage<'_>, table: &Table, column: &String) -> bool {
    let tables = stage.before.tables.values();
    let mut keys = tables.flat_map(|child| child.foreign_keys.iter().map(move |key| (child, key)));
    keys.any(|(child, key)| {
        let is_written = (child.name == table.name && key.columns.contains(column))
            || (key.references == table.name && key.referenced_columns.contains(column));
        is_written && key.deferrable == Deferrable::InitiallyDeferred
    })
}
