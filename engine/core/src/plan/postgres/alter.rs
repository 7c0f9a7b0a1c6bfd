//! What becomes of a column that exists before and after.

use crate::dialect::Dialect;
use crate::model::{Column, DataType, Deferrable, Expr, Numbering, Pair, Table, TableOptions};
use crate::plan::stricter::column::{Gap, gap, misfits};
use crate::plan::{
    Alteration, ColumnAction, Commented, FilledRows, FirstNumber, Operation, PostgresOperation, Stage, guard,
};
use crate::sql::index_columns;

use super::enums::Swaps;
use super::{Parts, convert, enums, facts, numbers};

/// Checks whether a column gets another type or collation.
pub(super) fn changes_type(columns: &Pair<Column>) -> bool {
    let Pair { from, to } = columns;
    from.data_type != to.data_type || from.sql_type != to.sql_type || from.collation != to.collation
}

/// Checks whether a column's default is dropped before its type changes. PostgreSQL would convert the default, and
/// refuses the change where it can't.
pub(super) fn default_goes(columns: &Pair<Column>, swaps: &Swaps) -> bool {
    let Pair { from, to } = columns;
    let is_swapped = swaps.of_column(to).is_some() && !changes_type(columns);
    from.default.is_some() && (from.data_type != to.data_type || is_swapped)
}

/// Returns what altering a column takes. `table` is the table as it is before.
#[expect(clippy::too_many_lines, reason = "what is done to one column in one order, which is its subject")]
pub(super) fn altered(stage: &Stage, swaps: &Swaps, table: &Table, columns: &Pair<Column>) -> Parts {
    let Pair { from, to } = columns;
    let mut parts = Parts::default();
    let mut alterations = Vec::new();

    let fill = match gap(from, to, table) {
        Gap::None => None,
        Gap::Filled(fill) => Some(fill),
        Gap::Open => {
            parts.guards.push(guard::nulls(&table.name, &from.name, facts()));
            None
        }
    };
    let other_identity = is_identity(from) && is_identity(to) && from.numbering != to.numbering;
    let other_numbering = from.auto_increment
        && to.auto_increment
        && to.numbering.is_some_and(|wanted| from.numbering != Some(wanted))
        && !other_identity;
    if from.auto_increment && !to.auto_increment {
        parts
            .operations
            .push(Operation::Postgres(PostgresOperation::StopNumbering(table.name.clone(), from.name.clone())));
    }
    if from.generated.is_some() && to.generated.is_none() {
        alterations.push(Alteration::DropExpression);
    }

    // The type may differ only in the values that it consists of.
    let swapped = swaps.of_column(to).filter(|_| !changes_type(columns));
    let written = written(table, columns);
    let strangers = || enums::strangers(stage, &table.name, columns).filter(|_| changes_type(columns));
    let misfits = || {
        let fit = convert::fit(columns, Pair::new(table, table));
        misfits(&table.name, &from.name, &Dialect::Postgres.shown_type(to), &fit, Dialect::Postgres)
    };
    parts.guards.extend(if written.is_authors { None } else { strangers().or_else(misfits) });
    let mut default_is_dropped = false;
    if changes_type(columns) || swapped.is_some() {
        default_is_dropped = default_goes(columns, swaps);
        if default_is_dropped {
            alterations.push(Alteration::DropDefault);
        }
        let is_numbered = from.auto_increment && to.auto_increment && !other_numbering;
        let using = swapped.map_or(written.expr, |named| Some(enums::converted(from, &named, fill)));
        alterations.push(Alteration::Type { to: Box::new(to.clone()), using, is_numbered });
    } else if let Some(fill) = fill {
        if from.generated.is_some() {
            // Nothing is written to a column that is computed.
            alterations.retain(|alteration| *alteration != Alteration::DropExpression);
            let keep = ColumnAction { column: to.name.clone(), alteration: Alteration::DropExpression };
            parts.operations.push(Operation::Postgres(PostgresOperation::AlterColumns(table.name.clone(), vec![keep])));
        }
        parts.operations.push(Operation::Backfill {
            table: table.name.clone(),
            values: vec![(from.name.clone(), fill.clone())],
            rows: FilledRows::Missing,
        });
        if is_deferred(stage, table, &from.name) {
            parts.operations.push(Operation::Postgres(PostgresOperation::CheckDeferred(table.name.clone())));
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
    if from.auto_increment && to.auto_increment && !other_numbering && from.sequence != to.sequence {
        alterations.push(Alteration::SetSequence { from: from.sequence, to: Box::new(to.clone()) });
    }
    parts.guards.extend(numbers::used_up(table, columns));
    if to.auto_increment && (!from.auto_increment || other_numbering) {
        let first = if other_numbering { FirstNumber::AfterLast } else { FirstNumber::AfterRows };
        parts.operations.push(Operation::Postgres(PostgresOperation::StartNumbering(
            table.name.clone(),
            Box::new(to.clone()),
            first,
        )));
    }
    if from.comment != to.comment {
        let of = Commented::Column(table.name.clone(), to.name.clone());
        parts.operations.push(Operation::Postgres(PostgresOperation::SetComment { of, comment: to.comment.clone() }));
    }
    let action = |alteration| ColumnAction { column: to.name.clone(), alteration };
    parts.actions = alterations.into_iter().map(action).collect();
    parts
}

fn is_identity(column: &Column) -> bool {
    column.numbering.is_some_and(|numbering| match numbering {
        Numbering::ByDefault | Numbering::Always => true,
        Numbering::Serial => false,
    })
}

/// Returns a default as the new type accepts it. An unchanged default is spelled for the old type, and a type of the
/// same kind accepts it as it is.
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
    /// Whether the author wrote the expression.
    is_authors: bool,
}

/// Returns what rows will hold in an altered column. `table` is the table as it is before.
pub(super) fn written(table: &Table, columns: &Pair<Column>) -> Written {
    let Pair { from, to } = columns;
    // Between types of one kind the author's expression only fills what is missing.
    if let Some(backfill) = to.hints.backfill.as_ref().filter(|_| !convert::same_kind(from, to)) {
        return Written { expr: Some(backfill.clone()), is_authors: true };
    }
    let using = if changes_type(columns) { convert::using(from, to) } else { None };
    let expr = match gap(from, to, table) {
        Gap::Filled(fill) => Some(format!("coalesce({}, {fill})", using.unwrap_or_else(|| beside(from, to)))),
        Gap::None | Gap::Open => using,
    };
    Written { expr, is_authors: false }
}

/// Returns a column's value in a form that can be combined with a value of the new type.
fn beside(from: &Column, to: &Column) -> String {
    let column = facts().quoted(&from.name);
    // A cast within a kind isn't needed, and would cut text off that an assignment refuses.
    if convert::same_kind(from, to) {
        return column;
    }
    format!("{column}::{}", Dialect::Postgres.column_type(to, &TableOptions::default()))
}

/// Checks whether writing the column leaves a check until the end of the transaction.
fn is_deferred(stage: &Stage, table: &Table, column: &String) -> bool {
    let uniques = table.rules.uniques().filter(|unique| unique.columns.contains(column));
    let exclusions =
        table.rules.exclusions().filter(|rule| index_columns(&rule.index, Dialect::Postgres).contains(column));
    let mut rules = uniques.map(|unique| unique.deferrable).chain(exclusions.map(|rule| rule.deferrable));
    if rules.any(|rule| rule == Deferrable::InitiallyDeferred) {
        return true;
    }
    let tables = stage.before.tables.values();
    let mut keys = tables.flat_map(|child| child.rules.foreign_keys().map(move |key| (child, key)));
    keys.any(|(child, key)| {
        let is_written = (child.name == table.name && key.columns.contains(column))
            || (key.references == table.name && key.referenced_columns.contains(column));
        is_written && key.deferrable == Deferrable::InitiallyDeferred
    })
}
