//! Columns that are computed on reading.
//!
//! No statement turns such a column into another kind of column, or the reverse. So it is dropped and added again in
//! the same statement, with the columns that are computed from it and the checks that mention it. Indexes stay as
//! long as the type does.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::Dialect;
use crate::model::{Change, Check, Column, Edit, Expr, Index, IndexColumn, IndexKey, Pair, Rule, Table, Unique};
use crate::plan::{Clause, Direction, Position};
use crate::sql::columns_in;

use super::changes_type;
use super::table::inline_checks;

/// What is done about these columns.
#[derive(Default)]
pub(super) struct Moves {
    /// The clauses that make columns plain which are no longer computed, before they get values.
    pub(super) early: Vec<Clause>,
    /// Those columns as they are at that time.
    pub(super) plain: BTreeMap<String, Column>,
    /// What the main alteration drops to add it again, columns last.
    pub(super) gone: Vec<Clause>,
    /// What the main alteration adds again.
    pub(super) new: Vec<Clause>,
    /// The columns that are added again in their final form.
    pub(super) remade: BTreeSet<String>,
}

/// Plans how columns of a table become computed or plain. In the up migration, a column that is no longer computed
/// keeps the values that were computed. In the down migration those values never were its own.
pub(super) fn moves(before: &Table, after: &Table, changes: &[&Change], direction: Direction) -> Moves {
    let mut moves = Moves::default();
    for change in changes {
        let Change::Column(_, Edit::Alter(columns)) = change else { continue };
        let Pair { from, to } = &**columns;
        let is_given_up = direction == Direction::Down && changes_type(columns);
        if from.generated.is_some() && to.generated.is_none() && (is_virtual(from) || is_given_up) {
            let plain = match direction {
                Direction::Up => Column { generated: None, nullable: true, ..from.clone() },
                Direction::Down => Column { nullable: to.nullable || to.default.is_none(), ..to.clone() },
            };
            moves.plain.insert(from.name.clone(), plain);
        } else if is_virtual(from) != is_virtual(to) {
            moves.remade.insert(to.name.clone());
        }
    }
    let readers = readers(before, &moves.plain.keys().cloned().collect());
    let plain = |column: &Column| moves.plain.get(&column.name).unwrap_or(column).clone();
    let (gone, new) = anew(before, before, &readers, plain);
    moves.early = gone.into_iter().chain(new).collect();

    let there = |name: &String| before.column(name).is_some();
    moves.remade = self::readers(after, &moves.remade).into_iter().filter(there).collect();
    (moves.gone, moves.new) = anew(before, after, &moves.remade, Column::clone);
    moves
}

/// Returns the clauses that drop columns, and those that add them as a table has them.
fn anew(
    before: &Table,
    after: &Table,
    columns: &BTreeSet<String>,
    new: impl Fn(&Column) -> Column,
) -> (Vec<Clause>, Vec<Clause>) {
    let kept: Vec<&Check> = (before.rules.checks())
        .filter(|check| !check.inline && after.rules.contains(*check) && reads(&check.expr, columns))
        .collect();
    let constraint = |check: &&Check| Rule::Check((*check).clone());
    let (mut gone, indexed) = indexes_anew(before, after, columns, &new);
    gone.extend(kept.iter().map(constraint).map(Clause::Drop));
    let mut come = Vec::new();
    gone.extend(before.columns.iter().rev().filter(|column| columns.contains(&column.name)).map(|column| {
        // Those that are computed from others first.
        Clause::DropColumn(column.name.clone())
    }));
    let mut previous = None;
    for (at, column) in after.columns.iter().enumerate() {
        if columns.contains(&column.name) {
            let position = match previous {
                _ if at + 1 == after.columns.len() => Position::Last,
                None => Position::First,
                Some(previous) => Position::After(previous),
            };
            come.push(Clause::AddColumn(new(column), inline_checks(after, column), position));
        }
        previous = Some(column.name.clone());
    }
    come.extend(kept.iter().map(constraint).map(Clause::Add));
    come.extend(indexed);
    (gone, come)
}

/// Returns the clauses that drop the indexes of columns recreated with another type, and those that add them. An
/// index remembers how many bytes of its column it held. One over an expression lets none of its columns go.
fn indexes_anew(
    before: &Table,
    after: &Table,
    columns: &BTreeSet<String>,
    new: impl Fn(&Column) -> Column,
) -> (Vec<Clause>, Vec<Clause>) {
    let is_other = |column: &&Column| {
        let was = before.column(&column.name).filter(|_| columns.contains(&column.name));
        was.is_some_and(|was| changes_type(&Pair::new(was.clone(), new(column))))
    };
    let others: Vec<&String> = after.columns.iter().filter(is_other).map(|column| &column.name).collect();
    let is_key = |key: &IndexColumn| matches!(&key.key, IndexKey::Column(name) if others.contains(&name));
    let indexes: Vec<&Index> = (after.rules.indexes())
        .filter(|index| before.rules.contains(*index))
        .filter(|index| index.columns.iter().any(is_key) || index.expressions().any(|expr| reads(expr, columns)))
        .collect();
    let uniques: Vec<&Unique> = (after.rules.uniques())
        .filter(|unique| before.rules.contains(*unique) && unique.columns.iter().any(|name| others.contains(&name)))
        .collect();
    let rule = |unique: &&Unique| Rule::Unique((*unique).clone());
    let mut gone: Vec<Clause> = uniques.iter().map(rule).map(Clause::Drop).collect();
    gone.extend(indexes.iter().map(|index| Clause::DropIndex(index.name.clone().unwrap_or_default())));
    let mut come: Vec<Clause> = uniques.iter().map(rule).map(Clause::Add).collect();
    come.extend(indexes.iter().map(|index| Clause::Add(Rule::Index((*index).clone()))));
    (gone, come)
}

/// Returns the given columns and those that are computed from them.
fn readers(table: &Table, columns: &BTreeSet<String>) -> BTreeSet<String> {
    let mut found = columns.clone();
    loop {
        let more = table.columns.iter().filter(|column| {
            let is_reader = column.generated.as_ref().is_some_and(|generated| reads(&generated.expr, &found));
            is_reader && !found.contains(&column.name)
        });
        let more: Vec<String> = more.map(|column| column.name.clone()).collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

fn reads(expr: &Expr, columns: &BTreeSet<String>) -> bool {
    !columns.is_empty() && {
        let read = columns_in(Dialect::Mysql, expr);
        read.iter().any(|name| columns.iter().any(|column| super::facts().same_name(column, name)))
    }
}

/// Checks whether a column is computed on reading.
pub(super) fn is_virtual(column: &Column) -> bool {
    column.generated.as_ref().is_some_and(|generated| !generated.stored)
}
