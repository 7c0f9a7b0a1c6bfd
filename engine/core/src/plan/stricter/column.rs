//! Columns: values that a type can't hold, and rows that have none.

use crate::dialect::Dialect;
use crate::model::{Column, DataType, Expr, Pair, Table, TableName};
use crate::plan::{Guard, Hazard, HazardKind, guard, mysql, not_null, postgres, sqlite};
use crate::sql::{columns_in, names_within};

use super::{Stricter, Tables};

/// Whether every value of a column has an equal in the type that the database gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::plan) enum Fit {
    /// Every one has.
    Always,
    /// Those for which this condition over the old row holds have none.
    Unless(String),
    /// No query can tell, or values change their meaning. The database refuses what it can't read.
    Untold,
}

impl Fit {
    /// Returns the condition, where there is one.
    pub(in crate::plan) fn condition(&self) -> Option<&str> {
        if let Self::Unless(condition) = self { Some(condition) } else { None }
    }

    /// Creates a fit with a condition, or one that always fits.
    pub(in crate::plan) fn unless(condition: Option<String>) -> Self {
        condition.map_or(Self::Always, Self::Unless)
    }

    /// Combines two fits: a value fits if neither forbids it.
    pub(in crate::plan) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unless(a), Self::Unless(b)) => Self::Unless(format!("{a} OR {b}")),
            (Self::Always, other) | (other, Self::Always) => other,
            (Self::Unless(told), Self::Untold) | (Self::Untold, Self::Unless(told)) => Self::Unless(told),
            (Self::Untold, Self::Untold) => Self::Untold,
        }
    }
}

/// Returns what an altered column makes stricter.
pub(super) fn stricter(columns: &Pair<Column>, tables: &Tables<'_>) -> Vec<Stricter> {
    let Pair { from, to } = columns;
    let (facts, name) = (tables.dialect.facts(), &tables.before.name);
    let mut found = Vec::new();
    let mut add = |kind, detail: String, count: String| {
        found.push(Stricter { hazard: Hazard { kind, detail, count: Some(count) }, guard: None });
    };
    if from.generated.is_none() && to.generated.is_some() {
        let detail = format!("the values of {name}.{} are lost: it is computed from now on", from.name);
        add(HazardKind::DropColumn, detail, guard::known(name, &from.name, facts));
    }
    match fit(columns, tables) {
        // What was a value is lost, and what is one from now on is computed.
        _ if from.generated.is_none() && to.generated.is_some() => {}
        Fit::Always => {}
        Fit::Unless(_) | Fit::Untold => {
            let (new, old) = (tables.dialect.shown_type(to), tables.dialect.shown_type(from));
            let detail = match new == old && from.collation != to.collation {
                true => format!("values of {name}.{} may not fit {new} in another character set", from.name),
                false => format!("values of {name}.{} may not fit {new} (it was {old})", from.name),
            };
            add(HazardKind::NarrowType, detail, guard::known(name, &from.name, facts));
        }
    }
    if equates_more(from, to, tables.dialect) {
        for columns in rules_over(tables.before, &from.name)
            .filter(|rule| rules_over(tables.after, &to.name).any(|new| new == *rule))
        {
            let columns = columns.join(", ");
            let detail = format!("rows of {name} that share ({columns}) stop the migration: it is compared otherwise");
            found.push(Stricter { hazard: Hazard { kind: HazardKind::NewUnique, detail, count: None }, guard: None });
        }
    }
    let mut add = |kind, detail: String, count: String| {
        found.push(Stricter { hazard: Hazard { kind, detail, count: Some(count) }, guard: None });
    };
    if from.auto_increment && !to.auto_increment {
        let detail =
            format!("the last number given in {name}.{} is forgotten, and can't be told afterwards", from.name);
        add(HazardKind::Irreversible, detail, guard::all(name, facts));
    }
    if from.sequence != to.sequence && ends_sooner(columns) {
        let detail = format!("numbers of {name}.{} end at {} and may be used up", to.name, last_number(to));
        found.push(Stricter { hazard: Hazard { kind: HazardKind::NarrowType, detail, count: None }, guard: None });
    }
    let mut add = |kind, detail: String, count: String| {
        found.push(Stricter { hazard: Hazard { kind, detail, count: Some(count) }, guard: None });
    };
    match gap(from, to, tables.before) {
        Gap::None => {}
        Gap::Filled(_) => {
            let detail =
                format!("{name}.{}: which rows were NULL before they were filled can't be told afterwards", from.name);
            add(HazardKind::Irreversible, detail, guard::nulls(name, &from.name, facts).count);
        }
        Gap::Open => {
            let detail = format!("rows in which {name}.{} is NULL stop the migration", from.name);
            add(HazardKind::NotNull, detail, guard::nulls(name, &from.name, facts).count);
        }
    }
    found
}

/// Checks whether a column keeps the direction of its numbers but reaches a real end sooner.
pub(in crate::plan) fn ends_sooner(columns: &Pair<Column>) -> bool {
    let Pair { from, to } = columns;
    let (old, new) = (last_number(from), last_number(to));
    let goes_on = from.auto_increment && to.auto_increment && from.sequence.descends() == to.sequence.descends();
    goes_on && !to.sequence.cycle && if to.sequence.descends() { new > old } else { new < old }
}

/// Returns the last number that a numbered column can get.
pub(in crate::plan) fn last_number(column: &Column) -> i64 {
    let (least, most) = if column.data_type == DataType::SmallInt {
        (i64::from(i16::MIN), i64::from(i16::MAX))
    } else if column.data_type == DataType::BigInt {
        (i64::MIN, i64::MAX)
    } else {
        (i64::from(i32::MIN), i64::from(i32::MAX))
    };
    let bounds = column.sequence.bounds();
    if column.sequence.descends() { bounds.0.unwrap_or(least) } else { bounds.1.unwrap_or(most) }
}

/// Returns what a required column makes stricter if it becomes computed, or is computed in another way. Rows whose
/// expression gives no value stop the migration.
pub(super) fn computed(from: Option<&Column>, to: &Column, tables: &Tables<'_>) -> Option<Stricter> {
    let generated = to.generated.as_ref().filter(|_| !to.nullable)?;
    let is_same = |from: &Column| from.generated.as_ref().is_some_and(|old| old.expr.same_as(&generated.expr));
    let columns: Vec<String> = columns_in(tables.dialect, &generated.expr).into_iter().collect();
    if from.is_some_and(is_same) || !(columns.is_empty() || tables.has(&columns)) {
        return None;
    }
    let name = &tables.before.name;
    let detail = format!("rows for which {name}.{} is computed as NULL stop the migration", to.name);
    let guard = guard::valueless(name, &to.name, &generated.expr, tables.dialect.facts());
    Some(Stricter::guarded(HazardKind::NotNull, detail, guard, columns.is_empty() || tables.keeps(&columns)))
}

/// Returns what a required new column makes stricter whose `#[backfill]` may give no value: it reads columns that needn't
/// have one, or rows that needn't be there.
pub(super) fn unfilled(new: &Column, tables: &Tables<'_>) -> Option<Stricter> {
    let backfill = new.hints.backfill.as_ref().filter(|_| !new.nullable && new.generated.is_none())?;
    let expr = Expr::new(backfill.clone());
    let name = &tables.before.name;
    let columns: Vec<String> = columns_in(tables.dialect, &expr).into_iter().collect();
    let is_optional = |column: &String| tables.before.column(column).is_some_and(|column| column.nullable);
    let words = names_within(tables.dialect, backfill);
    let says = |word: &str| words.iter().any(|said| said == word);
    // Whoever writes these has thought of rows without a value.
    if ["coalesce", "ifnull", "case", "count", "exists", "is"].into_iter().any(says) {
        return None;
    }
    let asks = says("select");
    let may_lack = columns.iter().any(is_optional) || says("nullif");
    if !(asks || tables.has(&columns) && tables.keeps(&columns) && may_lack) {
        return None;
    }
    let detail = format!("rows for which the backfill of {name}.{} gives NULL stop the migration", new.name);
    let guard = guard::unfilled(name, &new.name, &expr, tables.dialect.facts());
    Some(Stricter::guarded(HazardKind::NotNull, detail, guard, !asks))
}

/// Returns the columns of each rule that forbids two rows to have the same value in a column.
fn rules_over<'a>(table: &'a Table, column: &'a str) -> impl Iterator<Item = &'a Vec<String>> {
    let key = table.primary_key.iter().map(|key| &key.columns);
    let rules = key.chain(table.rules.uniques().map(|unique| &unique.columns));
    rules.filter(move |columns| columns.iter().any(|name| name == column))
}

/// Checks whether values that were different may be equal in the new type or collation.
pub(in crate::plan) fn equates_more(from: &Column, to: &Column, dialect: Dialect) -> bool {
    let collation = |column: &Column| column.collation.as_deref().unwrap_or_default().to_ascii_lowercase();
    let (old, new) = (collation(from), collation(to));
    match dialect {
        Dialect::Sqlite => old != new && !new.is_empty() && new != "binary",
        Dialect::Postgres => postgres::ignores_case(to) && !postgres::ignores_case(from),
        Dialect::Mysql => {
            // To compare bytes tells most apart, but for blanks at the end.
            let counts_blanks = |name: &str| name.contains("nopad") || name.contains("0900") || name == "binary";
            let compares_bytes = new.ends_with("_bin") || new == "binary";
            old != new && !(compares_bytes && (counts_blanks(&new) || !counts_blanks(&old)))
        }
    }
}

/// Checks whether every value of a column has an equal in its new type.
fn fit(columns: &Pair<Column>, tables: &Tables<'_>) -> Fit {
    let Tables { before, after, dialect, .. } = *tables;
    match dialect {
        Dialect::Sqlite => sqlite::fit(columns, Pair::new(before, after)),
        Dialect::Postgres => postgres::fit(columns, Pair::new(before, after)),
        Dialect::Mysql => mysql::fit(columns, Pair::new(before, after)),
    }
}

/// Rows that have no value where one is required from now on.
pub(in crate::plan) enum Gap<'a> {
    /// There are none, or none is required.
    None,
    /// They get this.
    Filled(&'a String),
    /// They are in the way.
    Open,
}

/// Returns what becomes of rows without a value in a column. `table` is the table as it is before.
pub(in crate::plan) fn gap<'a>(from: &Column, to: &'a Column, table: &Table) -> Gap<'a> {
    if !from.nullable || to.nullable || not_null::is_known(table, &from.name) {
        return Gap::None;
    }
    match to.hints.backfill.as_ref().or(to.default.as_ref().map(|default| &default.sql)) {
        Some(value) => Gap::Filled(value),
        None => Gap::Open,
    }
}

/// Returns the guard of a column's conversion, against the rows that a fit forbids.
pub(in crate::plan) fn misfits(
    table: &TableName,
    column: &str,
    to: &str,
    fit: &Fit,
    dialect: Dialect,
) -> Option<Guard> {
    Some(guard::unconvertible(table, column, fit.condition()?, to, dialect.facts()))
}

/// Ranks whole number types by how much they hold. Returns `None` for other types.
pub(in crate::plan) fn width(data_type: &DataType) -> Option<usize> {
    const WHOLE: [DataType; 5] =
        [DataType::Bool, DataType::TinyInt, DataType::SmallInt, DataType::Integer, DataType::BigInt];
    WHOLE.iter().position(|whole| whole == data_type)
}
