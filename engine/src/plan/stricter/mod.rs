//! What a change makes stricter, and which rows are in its way.
//!
//! One file per kind of rule, and one for columns. Each compares what is there before with what is there after, and
//! answers once: the hazard (`risk`) and the guard (`rules`, and the conversions of each dialect) are two sides of that
//! answer, so neither comes without the other. What is equal, or only has another name, is no answer at all.

mod check;
pub(super) mod column;
mod exclusion;
mod foreign_key;
pub(super) mod unique;

use crate::dialect::Dialect;
use crate::diff::in_new_words;
use crate::model::{Change, Constraint, Pair, RenamedValues, Schema, Table};

use super::renamed::renames_values;
use super::{Guard, Hazard, HazardKind};

pub(super) use column::Fit;

/// A rule that rows of before may break.
pub(super) struct Stricter {
    /// What it puts at risk.
    pub(super) hazard: Hazard,
    /// The rows in its way. None where their values become others in the same stage (`alike` and the conversions look
    /// at those), and where the database itself refuses before anything is lost.
    pub(super) guard: Option<Guard>,
}

impl Stricter {
    /// A rule whose guard counts the rows at stake.
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
    /// All that stands there before, where rules look at other tables too.
    pub(super) schema: Option<&'a Schema>,
    pub(super) dialect: Dialect,
}

impl Tables<'_> {
    /// Whether all columns are there already, so that rows can be in the way.
    pub(super) fn has(&self, columns: &[String]) -> bool {
        !columns.is_empty() && columns.iter().all(|column| self.before.column(column).is_some())
    }

    /// Whether columns keep their values, so that a query over the old rows tells what the new ones will hold.
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

    /// An expression in which values of columns are called by their new names.
    fn in_new_words(&self, sql: &str) -> String {
        let both = self.after.columns.iter().filter_map(|after| {
            let before = self.before.column(&after.name)?;
            Some(Pair::new(before.clone(), after.clone()))
        });
        both.filter(renames_values)
            .fold(sql.to_owned(), |sql, columns| in_new_words(&sql, &RenamedValues::between(&columns), self.dialect))
    }

    /// Whether no row has a NULL in these columns.
    pub(super) fn are_required(&self, columns: &[String]) -> bool {
        columns.iter().all(|column| self.before.column(column).is_some_and(|column| !column.nullable))
    }
}

/// What a change to a table makes stricter.
pub(super) fn of(change: &Change, tables: &Tables<'_>) -> Vec<Stricter> {
    let found = match change {
        Change::AddUnique(_, unique) => unique::rule(unique, tables),
        Change::AddIndex(_, index) if index.unique => unique::index(index, tables),
        Change::AlterPrimaryKey(_, Pair { to: Some(key), .. }) => unique::key(key, tables),
        Change::AddExclusion(_, rule) => exclusion::rule(rule, tables),
        // Only rows of later have to obey it; those of before are looked at when it is settled.
        Change::AddCheck(_, check) if !check.validated => None,
        Change::AddForeignKey(_, key) if !key.validated => None,
        Change::AddCheck(_, check) => check::rule(check, tables),
        Change::AddForeignKey(_, key) => foreign_key::rule(key, tables),
        Change::SettleRule(_, rules) => match (&rules.from, &rules.to) {
            (Constraint::Check(from), Constraint::Check(to)) if !from.validated && to.validated => {
                check::settled(to, tables)
            }
            (Constraint::ForeignKey(from), Constraint::ForeignKey(to)) if !from.validated && to.validated => {
                foreign_key::rule(to, tables)
            }
            (Constraint::Check(_), _)
            | (Constraint::ForeignKey(_), _)
            | (Constraint::PrimaryKey(_), _)
            | (Constraint::Unique(_), _)
            | (Constraint::Exclusion(_), _) => None,
        },
        // Their guards stand with the conversion, whose order they share.
        Change::AlterColumn(_, columns) => {
            let computed = column::computed(Some(&columns.from), &columns.to, tables);
            return column::stricter(columns, tables).into_iter().chain(computed).collect();
        }
        Change::AddColumn(_, column) => column::computed(None, column, tables),
        Change::CreateTable(_)
        | Change::DropTable(_)
        | Change::RenameTable(_)
        | Change::RenameColumn(..)
        | Change::AlterOptions(..)
        | Change::AlterPrimaryKey(..)
        | Change::DropColumn(..)
        | Change::DropUnique(..)
        | Change::AddIndex(..)
        | Change::DropIndex(..)
        | Change::DropForeignKey(..)
        | Change::DropCheck(..)
        | Change::CommentTable(..)
        | Change::Enum(_)
        | Change::DropExclusion(..) => None,
    };
    found.into_iter().collect()
}
