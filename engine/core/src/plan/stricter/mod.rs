//! What a change makes stricter, and which rows violate it.
//!
//! There is one file per kind of rule, and one for columns. Each compares what exists before and after, and answers
//! once. The hazard (`risk`) and the guard (`rules`, and the conversions of each dialect) are two sides of that
//! answer, so neither comes without the other. What is equal, or only has another name, gives no answer at all.

mod check;
pub(super) mod column;
mod exclusion;
mod foreign_key;
pub(super) mod unique;

use crate::dialect::Dialect;
use crate::model::{Change, Column, Edit, Pair, RenamedValues, Rule, Schema, Table, TableOptions};
use crate::sql::{NamedType, may_vary, rename_values};

use super::renamed::renames_values;
use super::value::{held, value_of_new};
use super::{Direction, Guard, Hazard, HazardKind, alike};

pub(super) use column::Fit;

/// A rule that old rows may violate.
pub(super) struct Stricter {
    /// What it puts at risk.
    pub(super) hazard: Hazard,
    /// The rows that violate it. `None` where their values change in the same stage, which is checked by `alike` and
    /// the conversions, and where the database itself refuses before anything is lost.
    pub(super) guard: Option<Guard>,
}

impl Stricter {
    /// Creates a hazard whose count is that of the guard. Keeps the guard itself only if `is_guarded` is set.
    fn guarded(kind: HazardKind, detail: String, guard: Guard, is_guarded: bool) -> Self {
        let hazard = Hazard { kind, detail, count: Some(guard.count.clone()) };
        Self { hazard, guard: is_guarded.then_some(guard) }
    }
}

/// A table before and after a stage.
#[derive(Clone, Copy)]
pub(super) struct Tables<'a> {
    pub(super) before: &'a Table,
    pub(super) after: &'a Table,
    /// The whole schema before, where rules look at other tables too.
    pub(super) schema: Option<&'a Schema>,
    pub(super) dialect: Dialect,
}

impl Tables<'_> {
    /// Checks whether all columns already exist, so that rows can violate a rule over them.
    pub(super) fn has(&self, columns: &[String]) -> bool {
        !columns.is_empty() && columns.iter().all(|column| self.before.column(column).is_some())
    }

    /// Checks whether columns keep their values, so that a query over the old rows tells what the new ones will hold.
    pub(super) fn keeps(&self, columns: &[String]) -> bool {
        let same_type = |column: &String| match (self.before.column(column), self.after.column(column)) {
            (Some(before), Some(after)) => {
                let is_renamed = renames_values(&Pair::new(before.clone(), after.clone()));
                before.data_type == after.data_type && !is_renamed
            }
            (Some(_) | None, None) | (None, Some(_)) => false,
        };
        !columns.is_empty() && columns.iter().all(same_type)
    }

    /// Returns a query over the old rows with what new columns among these will hold. Returns `None` if none of them is
    /// new, or where the old row doesn't tell the new value.
    pub(super) fn filled(&self, columns: &[String]) -> Option<String> {
        if self.has(columns) {
            return None;
        }
        let facts = self.dialect.facts();
        let mut values = Vec::new();
        for name in columns {
            let column = self.after.column(name)?;
            values.push(match self.before.column(name) {
                Some(_) => self.keeps(std::slice::from_ref(name)).then(|| facts.quoted(name))?,
                None => format!("{} AS {}", self.value_of_new(column)?, facts.quoted(name)),
            });
        }
        let table = facts.quoted_table(&self.before.name);
        Some(format!("(SELECT {} FROM {table}) AS {}", values.join(", "), facts.quoted(&self.before.name.name)))
    }

    fn value_of_new(&self, column: &Column) -> Option<String> {
        if column.hints.backfill.is_none()
            && column.default.as_ref().is_some_and(|default| may_vary(self.dialect, &default.sql))
        {
            return None;
        }
        let value = value_of_new(column, self.after, Direction::Up, self.dialect);
        let alike::Value::Expr(expr) = held(&value, column, self.after, self.dialect) else { return None };
        match self.dialect {
            Dialect::Sqlite | Dialect::Mysql => Some(format!("({expr})")),
            // A literal alone would be a text. An enumerated type may be made only later.
            Dialect::Postgres => NamedType::of_column(column, self.dialect)
                .is_none()
                .then(|| format!("CAST(({expr}) AS {})", self.dialect.column_type(column, &TableOptions::default()))),
        }
    }

    /// Returns an expression with the new names of columns' values.
    fn in_new_words(&self, sql: &str) -> String {
        let both = self.after.columns.iter().filter_map(|after| {
            let before = self.before.column(&after.name)?;
            Some(Pair::new(before.clone(), after.clone()))
        });
        both.filter(renames_values)
            .fold(sql.to_owned(), |sql, columns| rename_values(self.dialect, &sql, &RenamedValues::between(&columns)))
    }

    /// Checks whether no row has a NULL in these columns.
    pub(super) fn are_required(&self, columns: &[String]) -> bool {
        columns.iter().all(|column| self.before.column(column).is_some_and(|column| !column.nullable))
    }
}

/// Returns what a change to a table makes stricter.
pub(super) fn of(change: &Change, tables: &Tables<'_>) -> Vec<Stricter> {
    match change {
        Change::Rule(_, Edit::Add(rule)) => added(rule, tables).into_iter().collect(),
        Change::Rule(_, Edit::Alter(rules)) => altered(&rules.from, &rules.to, tables).into_iter().collect(),
        Change::Column(_, Edit::Add(column)) => {
            column::computed(None, column, tables).into_iter().chain(column::unfilled(column, tables)).collect()
        }
        // Their guards stand with the conversion, whose order they share.
        Change::Column(_, Edit::Alter(columns)) => {
            let computed = column::computed(Some(&columns.from), &columns.to, tables);
            column::stricter(columns, tables).into_iter().chain(computed).collect()
        }
        Change::Column(_, Edit::Drop(_))
        | Change::Rule(_, Edit::Drop(_))
        | Change::Rename(_)
        | Change::Table(_)
        | Change::Enum(_) => Vec::new(),
    }
}

/// Compares a new rule with the old rows.
fn added(rule: &Rule, tables: &Tables<'_>) -> Option<Stricter> {
    match rule {
        Rule::PrimaryKey(key) => unique::key(key, tables),
        Rule::Unique(unique) => unique::rule(unique, tables),
        Rule::Index(index) if index.unique => unique::index(index, tables),
        Rule::Index(_) => None,
        Rule::Exclusion(rule) => exclusion::rule(rule, tables),
        // Only rows of later have to obey it; those of before are looked at when it is validated.
        Rule::Check(check) if !check.validated => None,
        Rule::ForeignKey(key) if !key.validated => None,
        Rule::Check(check) => check::rule(check, tables),
        Rule::ForeignKey(key) => foreign_key::rule(key, tables),
    }
}

/// Compares a rule that the database holds differently with the old rows.
fn altered(from: &Rule, to: &Rule, tables: &Tables<'_>) -> Option<Stricter> {
    match to {
        Rule::PrimaryKey(key) => unique::key(key, tables),
        Rule::Check(check) if check.validated && !from.is_validated() => check::settled(check, tables),
        Rule::ForeignKey(key) if key.validated && !from.is_validated() => foreign_key::rule(key, tables),
        Rule::Check(_) | Rule::ForeignKey(_) | Rule::Unique(_) | Rule::Index(_) | Rule::Exclusion(_) => None,
    }
}
