//! How SQLite converts a column's values to another type without losing one silently.
//!
//! A column has two sides: the type as which Diesel reads it, and the affinity that its type's words give it. By that
//! affinity SQLite itself turns a text that looks like a number into one (`00123` becomes 123), whatever the words
//! were meant to say.

use crate::dialect::{Dialect, Facts};
use crate::model::{Column, DataType, Pair, Table};
use crate::plan::stricter::column::{Gap, gap, misfits, width};
use crate::plan::{Guard, Source, guard, renamed, stricter::Fit};

/// Where a changed column's values come from, and what would be in the way.
pub(super) struct Conversion {
    pub(super) source: Source,
    pub(super) guards: Vec<Guard>,
}

/// What Diesel reads a column as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Whole,
    Real,
    Text,
    Bytes,
    /// A document in SQLite's own binary form.
    Document,
    Moment(&'static str),
    Unknown,
}

/// What SQLite makes of a value when it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Affinity {
    Integer,
    Numeric,
    Real,
    Text,
    Blob,
}

/// Returns the values of an altered column as the new column wants them, NULLs included.
pub(super) fn conversion(columns: &Pair<Column>, tables: Pair<&Table>) -> Conversion {
    let Pair { from, to } = columns;
    let table = &tables.from.name;
    let column = facts().quoted(&from.name);
    let fit = fit(columns, tables);
    let shown = Dialect::Sqlite.shown_type(to);
    let mut guards: Vec<Guard> = misfits(table, &from.name, &shown, &fit, Dialect::Sqlite).into_iter().collect();
    if let Some(backfill) = authors(columns) {
        return Conversion { source: Source::Expr(backfill.clone()), guards };
    }
    let value = cast(&column, columns, tables).or_else(|| renamed::expr(&column, columns, Dialect::Sqlite));
    let source = |value: Option<String>| match value {
        Some(value) if value != column => Source::Expr(value),
        Some(_) | None => Source::Column(from.name.clone()),
    };
    let source = match gap(from, to, tables.from) {
        Gap::None => source(value),
        Gap::Filled(fill) => {
            let condition = strange(fill, to, tables.to).filter(|_| to.hints.backfill.is_some());
            let condition = condition.map(|strange| format!("{column} IS NULL AND ({strange})"));
            guards.extend(misfits(table, &from.name, &shown, &Fit::unless(condition), Dialect::Sqlite));
            Source::Expr(format!("coalesce({}, {fill})", value.unwrap_or_else(|| column.clone())))
        }
        Gap::Open => {
            // Two things can be in the way. The author can fix the NULLs in source.
            guards.insert(0, guard::nulls(table, &from.name, facts()));
            source(value)
        }
    };
    Conversion { source, guards }
}

/// Returns the guard against rows for which the author's expression for a column gives no value of its type.
pub(super) fn backfilled(table: &Table, column: &Column, after: &Table) -> Option<Guard> {
    let fill = column.hints.backfill.as_ref()?;
    let fit = Fit::unless(strange(fill, column, after));
    misfits(&table.name, &column.name, &Dialect::Sqlite.shown_type(column), &fit, Dialect::Sqlite)
}

/// Checks whether every value has an equal in the new type.
pub(in crate::plan) fn fit(columns: &Pair<Column>, tables: Pair<&Table>) -> Fit {
    let Pair { from, to } = columns;
    let column = facts().quoted(&from.name);
    if let Some(backfill) = authors(columns) {
        return strange(backfill, to, tables.to).map_or(Fit::Untold, Fit::Unless);
    }
    let (column, old) = shown(column, columns);
    let new = class(to);
    let lossless = |value: String| {
        // SQLite compares a number with text by what the text says, but never with bytes.
        let comparable = if old == Class::Bytes { format!("CAST({column} AS TEXT)") } else { column.clone() };
        Fit::Unless(format!("{column} IS NOT NULL AND {value} IS NOT {comparable}"))
    };
    let of_class = match (old, new) {
        (Class::Whole, Class::Whole) => Fit::unless(out_of_range(&column, from, to)),
        (Class::Real, Class::Real) => narrower_real(from, to),
        (Class::Whole, Class::Real) if affinity(to, tables.to) == Affinity::Numeric => Fit::Always,
        (Class::Moment(old), Class::Moment(new)) if old != new => other_moment(&column, old, new),
        (old, new) if old == new && old == class(from) => Fit::Always,
        (_, Class::Whole) => whole(&column, to, lossless),
        (Class::Text, Class::Real) => {
            let number = format!("CAST({column} AS {})", real(to, tables.to));
            lossless(number.clone()).and(too_many_digits(&column, &number))
        }
        (_, Class::Real) => lossless(format!("CAST({column} AS {})", real(to, tables.to))),
        (Class::Real, Class::Text | Class::Bytes) => lossless(format!("CAST(CAST({column} AS TEXT) AS REAL)")),
        // Bytes that aren't UTF-8 can't be detected.
        (Class::Bytes | Class::Unknown, Class::Text) => Fit::Untold,
        (Class::Document, Class::Bytes) => Fit::Always,
        (Class::Bytes, Class::Document) => Fit::Unless(format!("{column} IS NOT NULL AND NOT json_valid({column}, 8)")),
        (_, Class::Document) => Fit::Unless(format!("{column} IS NOT NULL AND NOT json_valid({column})")),
        (_, Class::Text) if class(from) == Class::Document => {
            let column = facts().quoted(&from.name);
            Fit::Unless(format!("{column} IS NOT NULL AND NOT json_valid({column}, 8)"))
        }
        (_, Class::Text) => Fit::Always,
        (Class::Text, Class::Bytes) => Fit::Always,
        (_, Class::Bytes) => Fit::Untold,
        // A day of the Julian calendar, seconds since 1970, or something else: the author has to say.
        (Class::Whole | Class::Real, Class::Moment(_)) => Fit::Unless(format!("{column} IS NOT NULL")),
        // SQLite takes a bare number for a day of the Julian calendar.
        (Class::Text, Class::Moment(function)) => Fit::Unless(format!(
            "{column} IS NOT NULL AND ({function}({column}) IS NULL OR {column} NOT GLOB '*[0-9][-:][0-9]*')"
        )),
        (_, Class::Moment(function)) => Fit::Unless(format!("{column} IS NOT NULL AND {function}({column}) IS NULL")),
        (_, Class::Unknown) => Fit::Always,
    };
    let is_kept = old == new && matches!(new, Class::Whole | Class::Real);
    let of_digits = Fit::unless(loses_digits(&column, columns, tables).filter(|_| is_kept));
    of_class.and(Fit::unless(becomes_number(&column, columns, tables))).and(of_digits)
}

/// Returns a column's value as an expression, and what it is: a document is converted by way of its text.
fn shown(column: String, columns: &Pair<Column>) -> (String, Class) {
    match (class(&columns.from), class(&columns.to)) {
        (Class::Document, Class::Document | Class::Bytes) => (column, Class::Document),
        (Class::Document, _) => (format!("json({column})"), Class::Text),
        (old, _) => (column, old),
    }
}

/// Refuses texts with more digits than a floating point number is sure to hold, and numbers beyond its reach.
fn too_many_digits(column: &str, number: &str) -> Fit {
    let digits = format!("length(rtrim(ltrim(replace({column}, '.', ''), '-+0 '), '0 '))");
    Fit::Unless(format!("typeof({number}) = 'real' AND ({digits} > 15 OR abs({number}) > 1.7e308)"))
}

/// Returns the author's expression, if it says what every value becomes and doesn't only fill gaps.
fn authors(columns: &Pair<Column>) -> Option<&String> {
    let is_other = class(&columns.from) != class(&columns.to);
    columns.to.hints.backfill.as_ref().filter(|_| is_other)
}

/// Returns a value of the column's type that means "nothing is known", for a required column whose values are lost.
pub(in crate::plan) fn neutral(column: &Column) -> Option<&'static str> {
    match of_type(&column.data_type) {
        Class::Whole | Class::Real => Some("0"),
        Class::Text => Some("''"),
        Class::Bytes => Some("x''"),
        Class::Document => Some("jsonb('null')"),
        Class::Moment("date") => Some("'1970-01-01'"),
        Class::Moment("time") => Some("'00:00:00'"),
        Class::Moment(_) => Some("'1970-01-01 00:00:00'"),
        Class::Unknown => None,
    }
}

/// Returns the expression that converts values, where SQLite doesn't do so by itself.
fn cast(column: &str, columns: &Pair<Column>, tables: Pair<&Table>) -> Option<String> {
    let to = &columns.to;
    let (shown, old) = shown(column.to_owned(), columns);
    let column = &shown;
    match (old, class(to)) {
        (Class::Whole, Class::Real) if affinity(to, tables.to) == Affinity::Numeric => None,
        (Class::Text, Class::Text) if class(&columns.from) == Class::Document => Some(shown),
        (old, new) if old == new => None,
        (Class::Document, Class::Bytes) => None,
        (_, Class::Document) => Some(format!("jsonb({column})")),
        (_, Class::Whole) => Some(format!("CAST({column} AS INTEGER)")),
        (_, Class::Real) => Some(format!("CAST({column} AS {})", real(to, tables.to))),
        (_, Class::Text) => Some(format!("CAST({column} AS TEXT)")),
        (_, Class::Bytes) => Some(format!("CAST({column} AS BLOB)")),
        // Text that already is a moment stays as it is, fractions of seconds included.
        (Class::Text | Class::Whole | Class::Real, Class::Moment(_)) => {
            (class(&columns.from) == Class::Document).then_some(shown)
        }
        // Texts that aren't a day are kept as well.
        (Class::Moment("date"), Class::Moment("datetime")) => Some(format!("coalesce(datetime({column}), {column})")),
        (_, Class::Moment(function)) => Some(format!("{function}({column})")),
        (_, Class::Unknown) => None,
    }
}

/// Refuses values that are another moment, or part of one.
fn other_moment(column: &str, old: &str, new: &str) -> Fit {
    match (old, new) {
        ("date", "datetime") => Fit::Always,
        ("datetime", "date") => {
            let rest = format!("strftime('%H:%M:%f', {column}) IS NOT '00:00:00.000'");
            Fit::Unless(format!("{column} IS NOT NULL AND {rest}"))
        }
        // The day would be lost, or one would be made up.
        (_, _) => Fit::Unless(format!("{column} IS NOT NULL")),
    }
}

/// Returns the condition for texts that the new column's affinity turns into numbers with another text.
fn becomes_number(column: &str, columns: &Pair<Column>, tables: Pair<&Table>) -> Option<String> {
    let Pair { from, to } = columns;
    let numeric = |affinity| matches!(affinity, Affinity::Integer | Affinity::Numeric | Affinity::Real);
    let (old, new) = (affinity(from, tables.from), affinity(to, tables.to));
    // A document has its own form, whatever the affinity.
    let is_number = numeric(old) && class(from) != Class::Document;
    if !numeric(new) || is_number || matches!(class(to), Class::Whole | Class::Real | Class::Document) {
        return None;
    }
    let number = format!("CAST({column} AS {})", if new == Affinity::Real { "REAL" } else { "NUMERIC" });
    Some(format!("typeof({column}) = 'text' AND {column} = {number} AND CAST({number} AS TEXT) <> {column}"))
}

/// Returns the condition for numbers that the new column's affinity stores with fewer digits.
fn loses_digits(column: &str, columns: &Pair<Column>, tables: Pair<&Table>) -> Option<String> {
    let is_real = |column: &Column, table: &Table| affinity(column, table) == Affinity::Real;
    let becomes_real = !is_real(&columns.from, tables.from) && is_real(&columns.to, tables.to);
    // As a text, a number shows fifteen digits.
    let is_text = |column: &Column, table: &Table| affinity(column, table) == Affinity::Text;
    if is_text(&columns.to, tables.to) && !is_text(&columns.from, tables.from) {
        return Some(format!("typeof({column}) = 'real' AND CAST(CAST({column} AS TEXT) AS REAL) IS NOT {column}"));
    }
    becomes_real.then(|| format!("typeof({column}) = 'integer' AND CAST({column} AS REAL) IS NOT {column}"))
}

/// Refuses values that can't be read as a whole number or that are too large.
fn whole(column: &str, to: &Column, lossless: impl Fn(String) -> Fit) -> Fit {
    let number = format!("CAST({column} AS INTEGER)");
    lossless(number.clone()).and(Fit::unless(out_of_any(&number, to)))
}

/// Returns the condition under which an author's expression gives no value of the column's type. Returns `None` for a
/// plain number, where there is nothing to check.
fn strange(expr: &str, to: &Column, table: &Table) -> Option<String> {
    let value = facts().quoted("v");
    let is_number = Dialect::Sqlite.is_literal(expr) && !expr.contains('\'');
    let lossless = |cast: String| format!("{cast} IS NOT {value}");
    let condition = match class(to) {
        Class::Whole | Class::Real if is_number => return None,
        Class::Whole => {
            let number = format!("CAST({value} AS INTEGER)");
            let range = out_of_any(&number, to).map(|range| format!(" OR {range}")).unwrap_or_default();
            format!("({}{range})", lossless(number))
        }
        Class::Real => lossless(format!("CAST({value} AS {})", real(to, table))),
        Class::Moment(function) => format!("{function}({value}) IS NULL"),
        Class::Text | Class::Bytes | Class::Document | Class::Unknown => return None,
    };
    // With the limit it is computed once, because a random value doesn't equal itself.
    Some(format!("EXISTS (SELECT 1 FROM (SELECT {expr} AS {value} LIMIT 1) WHERE {value} IS NOT NULL AND {condition})"))
}

/// Returns the condition for numbers that a narrower type can't hold. SQLite keeps them, and Diesel then can't read
/// the row.
fn out_of_range(column: &str, from: &Column, to: &Column) -> Option<String> {
    if width(&from.data_type)? <= width(&to.data_type)? { None } else { out_of_any(column, to) }
}

fn out_of_any(column: &str, to: &Column) -> Option<String> {
    let range = match &to.data_type {
        DataType::Bool => "0 AND 1",
        DataType::SmallInt => "-32768 AND 32767",
        DataType::Integer => "-2147483648 AND 2147483647",
        DataType::TinyInt
        | DataType::BigInt
        | DataType::Unsigned(_)
        | DataType::Float
        | DataType::Double
        | DataType::Numeric(_)
        | DataType::Text
        | DataType::Varchar(_)
        | DataType::Char(_)
        | DataType::Binary
        | DataType::Date
        | DataType::Time
        | DataType::Timestamp
        | DataType::Timestamptz
        | DataType::Json
        | DataType::Jsonb
        | DataType::Uuid
        | DataType::Interval
        | DataType::Array(..)
        | DataType::Other(_) => return None,
    };
    Some(format!("{column} NOT BETWEEN {range}"))
}

/// Refuses numbers that Diesel reads with fewer digits than are stored.
fn narrower_real(from: &Column, to: &Column) -> Fit {
    if from.data_type != DataType::Float && to.data_type == DataType::Float { Fit::Untold } else { Fit::Always }
}

/// Returns the type that a number with a fraction is cast to. Whole numbers stay whole where the column allows it.
fn real(to: &Column, table: &Table) -> &'static str {
    if affinity(to, table) == Affinity::Numeric { "NUMERIC" } else { "REAL" }
}

fn class(column: &Column) -> Class {
    match (of_type(&column.data_type), &column.sql_type) {
        // For a host's own type, its words tell how values are stored.
        (Class::Unknown, Some(words)) => of_type(&Dialect::Sqlite.data_type(words)),
        (known, _) => known,
    }
}

fn of_type(data_type: &DataType) -> Class {
    match data_type {
        DataType::Bool | DataType::TinyInt | DataType::SmallInt | DataType::Integer | DataType::BigInt => Class::Whole,
        DataType::Float | DataType::Double | DataType::Numeric(_) => Class::Real,
        DataType::Text | DataType::Varchar(_) | DataType::Char(_) | DataType::Json => Class::Text,
        DataType::Binary => Class::Bytes,
        DataType::Jsonb => Class::Document,
        DataType::Date => Class::Moment("date"),
        DataType::Time => Class::Moment("time"),
        DataType::Timestamp | DataType::Timestamptz => Class::Moment("datetime"),
        DataType::Unsigned(_) | DataType::Uuid | DataType::Interval | DataType::Array(..) | DataType::Other(_) => {
            Class::Unknown
        }
    }
}

/// Returns a column's affinity by SQLite's own rules, in SQLite's order.
fn affinity(column: &Column, table: &Table) -> Affinity {
    let words = Dialect::Sqlite.column_type(column, &table.options).to_ascii_uppercase();
    let has = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    if has(&["INT"]) {
        Affinity::Integer
    } else if has(&["CHAR", "CLOB", "TEXT"]) {
        Affinity::Text
    } else if has(&["BLOB"]) || words.is_empty() || (table.options.strict && words == "ANY") {
        Affinity::Blob
    } else if has(&["REAL", "FLOA", "DOUB"]) {
        Affinity::Real
    } else {
        Affinity::Numeric
    }
}

fn facts() -> &'static Facts {
    Dialect::Sqlite.facts()
}
