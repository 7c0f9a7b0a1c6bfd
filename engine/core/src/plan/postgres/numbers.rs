//! Whether a sequence has a number left to give.

use crate::model::{Column, Pair, Table};
use crate::plan::Guard;
use crate::plan::stricter::column::{ends_sooner, last_number};

use super::alter::written;
use super::facts;

/// Returns the guard against a sequence that has run out, for a column that becomes numbered or whose numbers now end
/// sooner.
pub(super) fn used_up(table: &Table, columns: &Pair<Column>) -> Option<Guard> {
    let Pair { from, to } = columns;
    if !to.auto_increment || to.sequence.cycle {
        return None;
    }
    if from.auto_increment && !ends_sooner(columns) {
        return None;
    }
    let end = last_number(to);
    let last = end.saturating_sub(to.sequence.increment.unwrap_or(1));
    let is_beyond = if to.sequence.descends() { "<" } else { ">" };
    let table_name = facts().quoted_table(&table.name);
    let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let given = if from.auto_increment {
        let sequence = format!("pg_get_serial_sequence({}, {})", literal(&table_name), literal(&to.name));
        format!("(SELECT pg_sequence_last_value({sequence}::regclass)) AS given (n) WHERE n")
    } else {
        // Rows are numbered by what the column will hold.
        let value = written(table, columns).expr.map(|expr| format!("({expr})"));
        format!("{table_name} WHERE {}", value.unwrap_or_else(|| facts().quoted(&to.name)))
    };
    Some(Guard {
        problem: format!("{}.{} has no number left, for they end at {end}", table.name, to.name),
        count: format!("SELECT count(*) FROM {given} {is_beyond} {last}"),
    })
}
