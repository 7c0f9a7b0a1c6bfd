//! Steps for MariaDB and MySQL: tables are altered in place, and every statement commits by itself.

use crate::dialect::Dialect;
use crate::model::{Change, Column, Pair, Schema};

use super::tables::{by_table, creation};
use super::{Operation, Stage, Step, Transaction, risk};

/// The steps of one stage, in order.
pub(super) fn steps(stage: &Stage) -> Vec<Step> {
    let mut steps = Vec::new();
    for (name, _) in by_table(&stage.changes, |change: &Change| change) {
        match (stage.before.tables.get(&name), stage.after.tables.get(&name)) {
            (None, Some(table)) => {
                let operations = creation(table, &stage.after.bystanders).into_iter();
                steps.extend(operations.map(|operation| Step { operation, hazards: Vec::new() }));
            }
            (Some(table), None) => {
                let hazards = risk::hazards(&[&Change::DropTable(table.clone())], table, table, Dialect::Mysql);
                steps.push(Step { operation: Operation::DropTable(table.clone()), hazards });
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
    steps
}

/// The runner's transaction holds what only writes rows; whatever changes the schema ends it.
pub(super) fn transactions(_: &Schema, _: &Schema, _: Pair<&Vec<Step>>) -> Pair<Transaction> {
    Pair::new(Transaction::Runner, Transaction::Runner)
}

/// A value of a column's type that says "nothing is known".
pub(super) fn neutral(_: &Column) -> Option<&'static str> {
    None
}
