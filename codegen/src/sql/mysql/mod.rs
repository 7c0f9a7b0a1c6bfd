//! MySQL's SQL, one function per operation.

use autogen::model::{Pair, TableName};
use autogen::plan::{Operation, Plan};

/// The statements of one step. Nothing plans steps for MySQL yet.
pub(super) fn statements(_: &Operation) -> Vec<String> {
    Vec::new()
}

/// What stands around the steps of a script that opens its own transaction: here no script does.
pub(super) fn frame(_: &Pair<Vec<TableName>>) -> (Vec<String>, Vec<String>) {
    (Vec::new(), Vec::new())
}

/// Who waits for whom while a plan runs, one line per table.
pub(super) fn lock_lines(_: &Plan) -> Vec<String> {
    Vec::new()
}
