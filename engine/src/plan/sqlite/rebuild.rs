//! A table made anew: which columns get their values from where.

use crate::dialect::Dialect;
use crate::model::{Bystander, BystanderKind, Pair, Table};
use crate::plan::value::{NewValue, value_of_new};
use crate::plan::{Direction, Guard, Rebuild, Source, guard};

use super::convert::conversion;

/// The rebuild of a table, and what rows could be in its way.
pub(super) fn rebuild(
    before: &Table,
    after: &Table,
    bystanders: &[Bystander],
    direction: Direction,
) -> (Rebuild, Vec<Guard>) {
    let facts = Dialect::Sqlite.facts();
    let mut columns = Vec::new();
    let mut guards = Vec::new();
    for column in after.columns.iter().filter(|column| column.generated.is_none()) {
        let source = match before.column(&column.name) {
            Some(old) => {
                let conversion = conversion(&before.name, old, column);
                guards.extend(conversion.guard);
                Some(conversion.source)
            }
            None => match value_of_new(column, after, direction, Dialect::Sqlite) {
                NewValue::Expr(expr) => Some(Source::Expr(expr)),
                NewValue::Omitted => None,
                NewValue::Nobody => {
                    guards.push(guard::rows(&before.name, &column.name, facts));
                    None
                }
            },
        };
        columns.extend(source.map(|source| (column.name.clone(), source)));
    }
    let is_trigger = |bystander: &&Bystander| {
        bystander.kind == BystanderKind::Trigger && bystander.table.as_ref() == Some(&before.name)
    };
    let triggers = bystanders.iter().filter(is_trigger).cloned().collect();
    (Rebuild { tables: Pair::new(before.clone(), after.clone()), triggers, columns }, guards)
}
