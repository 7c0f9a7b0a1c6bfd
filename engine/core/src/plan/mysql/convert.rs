//! What becomes of a column's values in another type, and what they go through on the way.

use crate::dialect::Dialect;
use crate::model::{Column, Pair, Table, TableName};
use crate::plan::Guard;
use crate::plan::stricter::column::misfits;

use super::facts;
use super::fit::{fit, fit_of};
use super::held::{Held, charset, held, spelled};

/// Types that convert alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Whole,
    Real,
    Text,
    Bytes,
    Date,
    Time,
    Moment,
    Json,
    Listed,
    Unknown,
}

/// Returns a value of the column's type that means "nothing is known", for a required column whose values are lost.
pub(in crate::plan) fn neutral(column: &Column) -> Option<&'static str> {
    match family(column) {
        Family::Whole | Family::Real => Some("0"),
        Family::Text | Family::Bytes => Some("''"),
        Family::Date => Some("'1970-01-01'"),
        Family::Time => Some("'00:00:00'"),
        // East of Greenwich, the first moments of 1970 are before the earliest valid one.
        Family::Moment => Some("'1970-01-02 00:00:00'"),
        Family::Json => Some("'null'"),
        Family::Listed | Family::Unknown => None,
    }
}

/// Returns the guard against rows whose value would be lost, cut or rounded.
pub(super) fn in_the_way(columns: &Pair<Column>, tables: Pair<&Table>) -> Option<Guard> {
    let name = &tables.from.name;
    let (old, new) = (charset(&columns.from, tables.from), charset(&columns.to, tables.to));
    let set = new.filter(|new| old.is_some_and(|old| old != *new)).map(|set| format!(" in {set}")).unwrap_or_default();
    let to = format!("{}{set}", spelled(&columns.to));
    misfits(name, &columns.from.name, &to, &fit(columns, tables), Dialect::Mysql)
}

/// Checks whether a value of one type has no meaning in the other.
pub(super) fn is_other_kind(from: &Column, to: &Column) -> bool {
    family(from) != family(to)
}

/// Returns the expression that converts a value, or `None` where no cast does.
pub(super) fn converted(from: &Column, to: &Column) -> Option<String> {
    let column = facts().quoted(&from.name);
    let (old, new) = (family(from), family(to));
    let cast = |word: &str| Some(format!("cast({column} AS {word})"));
    match (old, new) {
        (old, new) if old == new => Some(column),
        // As a number, a moment has fourteen digits.
        (Family::Date | Family::Time | Family::Moment, Family::Whole | Family::Real) => Some(format!("({column} + 0)")),
        (Family::Real, Family::Whole) => Some(format!("round({column})")),
        (Family::Whole, Family::Real) => Some(column),
        (_, Family::Whole) => cast("decimal(65)"),
        (_, Family::Real) => cast("double"),
        (_, Family::Text) => cast("char"),
        (_, Family::Date) => cast("date"),
        (_, Family::Time) => cast("time(6)"),
        (_, Family::Moment) => cast("datetime(6)"),
        (_, Family::Bytes | Family::Json | Family::Listed | Family::Unknown) => None,
    }
}

/// Returns the guard against rows for which a column's own type can't hold what it is computed from. While the column
/// is computed on reading, the server cuts such a value without a word.
pub(super) fn not_held(table: &TableName, column: &Column, expr: &str) -> Option<Guard> {
    misfits(table, &column.name, &spelled(column), &fit_of(expr, column), Dialect::Mysql)
}

/// Returns the text column that values pass through, where either type lists its values, or the server has no
/// conversion. In a conversion to or from a number, or anything stored as one, a listed value would count by its place
/// in the list and not by its text.
pub(super) fn through_text(from: &Column, to: &Column) -> Option<Column> {
    let is_listed = |column: &Column| matches!(held(column), Held::Enum(_) | Held::Set(_));
    let is_text = |column: &Column| family(column) == Family::Text;
    let between = match (is_listed(from), is_listed(to)) {
        (true, false) => !is_text(to),
        (false, true) => !is_text(from),
        (true, true) => std::mem::discriminant(&held(from)) != std::mem::discriminant(&held(to)),
        (false, false) => false,
    };
    (between || !converts(&held(from), &held(to))).then(|| as_text(from, to))
}

/// Checks whether MariaDB converts one type to the other. UUIDs and addresses become texts and bytes only, and are made
/// of nothing else, even where every row is NULL.
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

/// Returns a column that lists its values as a text column that holds any value.
pub(super) fn as_text(from: &Column, to: &Column) -> Column {
    Column {
        sql_type: Some("varchar(255)".to_owned()),
        default: None,
        collation: from.collation.clone().or_else(|| to.collation.clone()),
        ..from.clone()
    }
}

fn family(column: &Column) -> Family {
    match held(column) {
        Held::Whole(..) | Held::Year => Family::Whole,
        Held::Decimal(..) | Held::Real { .. } => Family::Real,
        Held::Text(_) => Family::Text,
        Held::Bytes { .. } => Family::Bytes,
        Held::Date => Family::Date,
        Held::Time(_) => Family::Time,
        Held::Datetime(_) | Held::Timestamp(_) => Family::Moment,
        Held::Json => Family::Json,
        Held::Enum(_) | Held::Set(_) => Family::Listed,
        Held::Bits(_) | Held::Named(_) | Held::Geometry(_) | Held::Other(_) => Family::Unknown,
    }
}
