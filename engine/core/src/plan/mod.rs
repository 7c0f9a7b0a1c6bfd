//! Changes become ordered physical steps, each with its hazards.
//!
//! Order is stated as reasons (`order.rs`): what must run before what, and why. Everything here is
//! pure. The way down is the plan of the reversed changes, starting from this plan's goal; it is
//! never a second diff.

mod alike;
mod blocked;
mod fill;
mod guard;
mod hazard;
mod kinds;
mod lock;
mod mysql;
mod not_null;
mod online;
mod operation;
mod order;
mod postgres;
mod referrers;
mod refusal;
mod renamed;
mod risk;
mod sqlite;
mod step;
mod stricter;
mod tables;
mod value;

pub use blocked::{Blocked, blocked};
pub use hazard::{Hazard, HazardKind};
pub use lock::{Lock, Measured, algorithms, locks};
pub use mysql::refuse_unsupported;
pub use online::{Turn, online};
pub use operation::{MysqlOperation, Operation, PostgresOperation, SqliteOperation};
pub use refusal::{refuse, refuse_ambiguous_renames, refuse_keyless, refuse_renames};
pub(crate) use renamed::renames_values;
pub use risk::hazards;
pub use step::{
    Algorithm, Algorithms, Alteration, Clause, ColumnAction, Commented, EnumOperation, FilledRows, FirstNumber, Guard,
    Known, Plan, Position, Rebuild, Referrers, Restored, RestoredObject, Source, Step, Transaction, Users, ValuePlace,
};

use crate::dialect::Dialect;
use crate::diff::apply_all;
use crate::model::{Change, Column, Pair, Rename, Schema};

/// The direction of a plan. The two differ for values that nobody has: in the up migration the author must state
/// them, and in the down migration a neutral value replaces what the up migration destroyed.
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

impl RoundTrip {
    /// Adapts the plans to a change that builds or drops an index while others write; see [`Turn::concurrently`].
    pub fn concurrently(mut self) -> Self {
        for plan in [&mut self.up, &mut self.down] {
            plan.transaction = Transaction::None;
            // What a guard finds, the index finds too.
            plan.steps.retain(|step| !step.operation.is_look());
        }
        self
    }
}

/// Plans the way there and the way back. `start` is the whole schema, other owners' tables
/// included: steps touch only what `changes` name, but need to know what stands around it.
///
/// ```
/// use autogen_engine::dialect::Dialect;
/// use autogen_engine::model::{Change, Edit, Schema, Table, TableName};
/// use autogen_engine::plan::{Operation, round_trip};
///
/// let changes = [Change::Table(Edit::Add(Table::new(TableName::new("users"))))];
/// let plans = round_trip(&Schema::default(), &changes, Dialect::Sqlite);
/// assert!(matches!(plans.up.steps[0].operation, Operation::CreateTable(_)));
/// // The way back drops it between two looks: at keys of others that point at it, and at views that read it.
/// let down: Vec<_> = plans.down.steps.iter().map(|step| &step.operation).collect();
/// assert!(matches!(down[..], [before, Operation::DropTable(_), after] if before.is_look() && after.is_look()));
/// ```
pub fn round_trip(start: &Schema, changes: &[Change], dialect: Dialect) -> RoundTrip {
    let stages = stages(start, changes, dialect);
    let goal = stages.last().map_or_else(|| start.clone(), |stage| stage.after.clone());
    let up: Vec<Step> = stages.iter().flat_map(|stage| stage.steps(dialect)).collect();
    let up = match dialect {
        Dialect::Sqlite | Dialect::Postgres => up,
        // What is renamed is committed.
        Dialect::Mysql => match stages.first() {
            Some(first) => mysql::guards_first(up, &first.after),
            None => up,
        },
    };
    let down: Vec<Step> = stages.into_iter().rev().flat_map(|stage| stage.reverse().steps(dialect)).collect();
    // Diesel has one setting for both files: where one opens its own transaction, so does the other.
    let transactions = match dialect {
        Dialect::Sqlite => sqlite::transactions(start, &goal, Pair::new(&up, &down)),
        Dialect::Postgres => postgres::transactions(start, &goal, Pair::new(&up, &down)),
        Dialect::Mysql => mysql::transactions(start, &goal, Pair::new(&up, &down)),
    };
    RoundTrip {
        up: Plan { transaction: transactions.from, steps: up },
        down: Plan { transaction: transactions.to, steps: down },
        goal,
    }
}

/// Changes that are planned together, and the whole schema before and after them. The down migration is planned from
/// the very schema that existed, so that it restores what no change mentions: triggers that were dropped with a
/// table, and the order of columns.
struct Stage {
    before: Schema,
    after: Schema,
    changes: Vec<Change>,
    direction: Direction,
}

/// Splits changes at renames, because a rename changes what everything else is called.
fn stages(start: &Schema, changes: &[Change], dialect: Dialect) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for changes in changes.chunk_by(|a, b| is_rename(a) == is_rename(b)) {
        let before = stages.last().map_or_else(|| start.clone(), |stage| stage.after.clone());
        let after = apply_all(before.clone(), changes, dialect);
        stages.push(Stage { before, after, changes: changes.to_vec(), direction: Direction::Up });
    }
    stages
}

impl Stage {
    fn reverse(self) -> Self {
        Self {
            before: self.after,
            after: self.before,
            changes: self.changes.into_iter().rev().map(Change::reverse).collect(),
            direction: Direction::Down,
        }
    }

    fn steps(&self, dialect: Dialect) -> Vec<Step> {
        if self.changes.iter().all(is_rename) {
            let renames = self.changes.iter().filter_map(rename).collect();
            return match dialect {
                Dialect::Sqlite => renames,
                Dialect::Mysql => mysql::renamed(renames, self),
                Dialect::Postgres => postgres::left_to_parents(renames, self),
            };
        }
        let steps = match dialect {
            Dialect::Sqlite => sqlite::steps(self),
            Dialect::Postgres => postgres::steps(self),
            Dialect::Mysql => mysql::steps(self),
        };
        fill::joined(steps, dialect)
    }
}

/// Returns a value of a column's type that means "nothing is known".
fn neutral(column: &Column, dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::Sqlite => sqlite::neutral(column),
        Dialect::Postgres => postgres::neutral(column),
        Dialect::Mysql => mysql::neutral(column),
    }
}

fn is_rename(change: &Change) -> bool {
    matches!(change, Change::Rename(_))
}

fn rename(change: &Change) -> Option<Step> {
    let Change::Rename(rename) = change else { return None };
    let operation = match rename.clone() {
        Rename::Table(names) => Operation::RenameTable(names),
        Rename::Column(table, names) => Operation::RenameColumn(table, names),
        Rename::Enum(names) => PostgresOperation::Enum(EnumOperation::Rename(names)).into(),
        Rename::EnumValue(name, values) => PostgresOperation::Enum(EnumOperation::RenameValue(name, values)).into(),
    };
    Some(Step { operation, hazards: Vec::new() })
}

/// Returns the guard that counts the rows which a database accepts although a column of the change can't hold what it
/// computes from them.
pub(crate) fn not_held(change: &Change, dialect: Dialect) -> Option<Guard> {
    let Change::Column(table, edit) = change else { return None };
    let column = edit.sides().to?;
    match dialect {
        Dialect::Sqlite | Dialect::Postgres => None,
        Dialect::Mysql => mysql::not_held(table, column),
    }
}
