//! Whether a sequence has a number left to give.

use crate::model::{Column, Pair, TableName};
use crate::plan::Guard;
use crate::plan::stricter::column::{ends_sooner, last_number};

use super::facts;

/// The guard of a column that is numbered from now on, in another form, or up to an end that comes sooner.
pub(super) fn used_up(table: &TableName, columns: &Pair<Column>, is_new_form: bool) -> Option<Guard> {
    let Pair { from, to } = columns;
    if !to.auto_increment || to.sequence.cycle {
        return None;
    }
    let goes_on = from.auto_increment && from.sequence.descends() == to.sequence.descends();
    if from.auto_increment && !(goes_on && (is_new_form || ends_sooner(columns))) {
        return None;
    }
    let end = last_number(to);
    let last = end.saturating_sub(to.sequence.increment.unwrap_or(1));
    let is_beyond = if to.sequence.descends() { "<" } else { ">" };
    let table_name = facts().quoted_table(table);
    let literal = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let given = if from.auto_increment {
        let sequence = format!("pg_get_serial_sequence({}, {})", literal(&table_name), literal(&to.name));
        format!("(SELECT pg_sequence_last_value({sequence}::regclass)) AS given (n) WHERE n")
    } else {
        format!("{table_name} WHERE {}", facts().quoted(&to.name))
    };
    Some(Guard {
        problem: format!("{table}.{} has no number left, for they end at {end}", to.name),
        count: format!("SELECT count(*) FROM {given} {is_beyond} {last}"),
    })
}
