//! Fills several columns of a table in one pass over its rows.

use std::collections::BTreeSet;

use crate::dialect::Dialect;
use crate::sql::names_in;

use super::{FilledRows, Operation, Step};

/// Joins consecutive backfills, unless an expression may read what another one writes. A statement sees the whole row
/// as it was, or on some databases with the values that it has already written.
pub(super) fn joined(steps: Vec<Step>, dialect: Dialect) -> Vec<Step> {
    let mut joined: Vec<Step> = Vec::with_capacity(steps.len());
    for step in steps {
        match joined.last_mut().and_then(|last| both(&last.operation, &step.operation, dialect)) {
            Some(operation) => {
                let last = joined.last_mut().expect("it was joined with this");
                last.operation = operation;
                last.hazards.extend(step.hazards);
            }
            None => joined.push(step),
        }
    }
    joined
}

fn both(first: &Operation, second: &Operation, dialect: Dialect) -> Option<Operation> {
    let Operation::Backfill { table, values, rows: FilledRows::All } = first else { return None };
    let Operation::Backfill { table: other, values: more, rows: FilledRows::All } = second else { return None };
    let more: Vec<_> = more.iter().filter(|value| !values.contains(value)).cloned().collect();
    let written: BTreeSet<String> = values.iter().map(|(column, _)| column.to_lowercase()).collect();
    let is_apart = more.iter().all(|(column, expr)| {
        // A table's name may stand for its whole row.
        let is_read =
            |names: BTreeSet<String>| !names.is_disjoint(&written) || names.contains(&table.name.to_lowercase());
        !written.contains(&column.to_lowercase()) && !names_in(dialect, expr).is_none_or(is_read)
    });
    (table == other && is_apart).then(|| Operation::Backfill {
        table: table.clone(),
        values: values.iter().cloned().chain(more).collect(),
        rows: FilledRows::All,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TableName;

    fn fills(values: &[&[(&str, &str)]], only_missing: bool) -> Vec<usize> {
        let step = |values: &&[(&str, &str)]| Step {
            operation: Operation::Backfill {
                table: TableName::new("users"),
                values: values.iter().map(|(column, expr)| ((*column).to_owned(), (*expr).to_owned())).collect(),
                rows: if only_missing { FilledRows::Missing } else { FilledRows::All },
            },
            hazards: Vec::new(),
        };
        let joined = joined(values.iter().map(step).collect(), Dialect::Mysql);
        let count = |step: &Step| match &step.operation {
            Operation::Backfill { values, .. } => values.len(),
            other => panic!("{other:?}"),
        };
        joined.iter().map(count).collect()
    }

    #[test]
    fn values_that_know_nothing_of_each_other_are_written_at_once() {
        assert_eq!(fills(&[&[("a", "0")], &[("b", "'a'")], &[("c", "n + 1")]], false), [3]);
        assert_eq!(fills(&[&[("a", "0")], &[("b", "0")]], true), [1, 1], "rows without one value may have the other");
        assert_eq!(fills(&[&[("a", "0")], &[("b", "`A` + 1")]], false), [1, 1]);
        assert_eq!(fills(&[&[("a", "0")], &[("a", "1")]], false), [1, 1]);
        assert_eq!(fills(&[&[("a", "0")], &[("b", "(SELECT count(*) FROM users)")]], false), [1, 1]);
        assert_eq!(fills(&[&[("a", "0"), ("m", "`m`")], &[("b", "0"), ("m", "`m`")]], false), [3], "kept once");
        assert_eq!(fills(&[&[("a", "0"), ("m", "`m`")], &[("m", "now()")]], false), [2, 1]);
    }
}
