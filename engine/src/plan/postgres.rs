//! Steps for PostgreSQL, which alters everything in place and rolls all of it back.

use crate::model::{Change, Pair, Schema};

use super::{Operation, Stage, Step, Transaction};

/// The steps of one stage, in order.
pub(super) fn steps(stage: &Stage<'_>) -> Vec<Step> {
    let step = |operation| Step { operation, hazards: Vec::new() };
    let operation = |change: &Change| match change {
        Change::CreateTable(table) => Some(Operation::CreateTable(table.clone())),
        Change::DropTable(table) => Some(Operation::DropTable(table.clone())),
        Change::RenameTable(_)
        | Change::AlterOptions(..)
        | Change::AddColumn(..)
        | Change::DropColumn(..)
        | Change::RenameColumn(..)
        | Change::AlterColumn(..)
        | Change::AlterPrimaryKey(..)
        | Change::AddUnique(..)
        | Change::DropUnique(..)
        | Change::AddIndex(..)
        | Change::DropIndex(..)
        | Change::AddForeignKey(..)
        | Change::DropForeignKey(..)
        | Change::AddCheck(..)
        | Change::DropCheck(..) => None,
    };
    stage.changes.iter().filter_map(operation).map(step).collect()
}

/// Who opens the transactions: always the runner, for nothing here refuses to run in one.
pub(super) fn transactions(_: &Schema, _: &Schema, _: Pair<&Vec<Step>>) -> Pair<Transaction> {
    Pair::new(Transaction::Runner, Transaction::Runner)
}
