//! Changes become ordered physical steps, each with its hazards.
//!
//! Order is stated as reasons ([`order`]): what must run before what, and why. Everything here is
//! pure. The way down is the plan of the reversed changes, starting from this plan's goal; it is
//! never a second diff.

mod guard;
mod hazard;
mod kinds;
mod lock;
mod order;
mod postgres;
mod risk;
mod rules;
mod sqlite;
mod step;
mod tables;
mod value;

pub use hazard::{Hazard, HazardKind};
pub use lock::{Lock, locks};
pub(crate) use risk::hazards;
pub use step::{
    Alteration, ColumnAction, Constraint, Guard, Operation, Plan, Rebuild, Source, Step, Transaction,
};

use crate::dialect::Dialect;
use crate::diff::{apply, apply_all};
use crate::model::{Change, Column, Pair, Schema, Table};

/// Which way a plan goes. The two differ in what happens to values that nobody has: on the way up
/// the author must say, on the way down a neutral value stands in for what the up destroyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// Towards the models.
    Up,
    /// Back to where a revision started.
    Down,
}

/// A revision's two plans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundTrip {
    /// From the start to the goal.
    pub up: Plan,
    /// From the goal back to the start.
    pub down: Plan,
    /// The start with all changes applied.
    pub goal: Schema,
}

/// Plans the way there and the way back. `start` is the whole schema, other owners' tables
/// included: steps touch only what `changes` name, but need to know what stands around it.
///
/// ```
/// use autogen::dialect::Dialect;
/// use autogen::model::{Change, Schema, Table, TableName};
/// use autogen::plan::{Operation, round_trip};
///
/// let changes = [Change::CreateTable(Table::new(TableName::new("users")))];
/// let plans = round_trip(&Schema::default(), &changes, Dialect::Sqlite);
/// assert!(matches!(plans.up.steps[0].operation, Operation::CreateTable(_)));
/// assert!(matches!(plans.down.steps[0].operation, Operation::DropTable(_)));
/// ```
pub fn round_trip(start: &Schema, changes: &[Change], dialect: Dialect) -> RoundTrip {
    let goal = apply_all(start.clone(), changes, dialect);
    let reversed: Vec<Change> = changes.iter().rev().cloned().map(Change::reverse).collect();
    let up = steps(start, changes, Direction::Up, dialect);
    let down = steps(&goal, &reversed, Direction::Down, dialect);
    // Diesel has one setting for both files: where one opens its own transaction, so does the other.
    let transactions = match dialect {
        Dialect::Sqlite => sqlite::transactions(start, &goal, Pair::new(&up, &down)),
        Dialect::Postgres => postgres::transactions(start, &goal, Pair::new(&up, &down)),
    };
    RoundTrip {
        up: Plan { transaction: transactions.from, steps: up },
        down: Plan { transaction: transactions.to, steps: down },
        goal,
    }
}

/// The steps of changes that are made to `start` in the order given.
fn steps(start: &Schema, changes: &[Change], direction: Direction, dialect: Dialect) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut before = start.clone();
    // Renames change what everything else is called: they part the changes into stages that are
    // planned one by one.
    for stage in changes.chunk_by(|a, b| is_rename(a) == is_rename(b)) {
        if is_rename(&stage[0]) {
            for change in stage {
                steps.extend(rename(change));
                apply(&mut before, change, dialect);
            }
        } else {
            let after = apply_all(before.clone(), stage, dialect);
            let stage = Stage { before: &before, after: &after, changes: stage, direction };
            steps.extend(match dialect {
                Dialect::Sqlite => sqlite::steps(&stage),
                Dialect::Postgres => postgres::steps(&stage),
            });
            before = after;
        }
    }
    steps
}

/// Changes that are planned together, and the schema before and after them.
struct Stage<'a> {
    before: &'a Schema,
    after: &'a Schema,
    changes: &'a [Change],
    direction: Direction,
}

/// A value of a column's type that says "nothing is known".
fn neutral(column: &Column, dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::Sqlite => sqlite::neutral(column),
        Dialect::Postgres => postgres::neutral(column),
    }
}

/// Whether the database numbers a column of `table` without being asked to.
fn numbers_itself(column: &Column, table: &Table, dialect: Dialect) -> bool {
    match dialect {
        Dialect::Sqlite => sqlite::numbers_itself(column, table),
        Dialect::Postgres => postgres::numbers_itself(column, table),
    }
}

fn is_rename(change: &Change) -> bool {
    matches!(change, Change::RenameTable(_) | Change::RenameColumn(..))
}

fn rename(change: &Change) -> Option<Step> {
    let operation = match change {
        Change::RenameTable(names) => Operation::RenameTable(names.clone()),
        Change::RenameColumn(table, names) => Operation::RenameColumn(table.clone(), names.clone()),
        Change::CreateTable(_)
        | Change::DropTable(_)
        | Change::AlterOptions(..)
        | Change::AddColumn(..)
        | Change::DropColumn(..)
        | Change::AlterColumn(..)
        | Change::AlterPrimaryKey(..)
        | Change::AddUnique(..)
        | Change::DropUnique(..)
        | Change::AddIndex(..)
        | Change::DropIndex(..)
        | Change::AddForeignKey(..)
        | Change::DropForeignKey(..)
        | Change::AddCheck(..)
        | Change::DropCheck(..) => return None,
    };
    Some(Step { operation, hazards: Vec::new() })
}
