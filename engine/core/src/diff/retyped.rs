//! Expressions that stay while columns in them get another type.

use crate::dialect::Dialect;
use crate::model::{Expr, Table};
use crate::sql::{casts, columns_in};

use super::column;

/// Checks whether a live expression, as the database prints it, has casts that its definition lacks and that come
/// from a column whose type changes. With the other type the two would be different expressions, so the definition's
/// one is wanted.
pub(super) fn keeps_old_type(live: &Expr, declared: &Expr, tables: (&Table, &Table), dialect: Dialect) -> bool {
    let Some(cast) = dialect.facts().prints_casts else { return false };
    let (printed, said) = (casts(&live.sql, cast, dialect), casts(&declared.sql, cast, dialect));
    let mut added = printed.iter().filter(|(word, count)| said.get(*word).unwrap_or(&0) < count).map(|(word, _)| word);
    let Some(first) = added.next() else { return false };
    let says_more_than_text = first != "text" || added.next().is_some();
    let (live_table, declared_table) = tables;
    let read = columns_in(dialect, live);
    live_table.columns.iter().filter(|column| read.contains(&column.name)).any(|column| {
        let Some(later) = declared_table.column(&column.name) else { return false };
        let later = column::wanted(column, later, tables, dialect);
        let word = |column, table: &Table| first_word(&dialect.column_type(column, &table.options)).to_owned();
        let (word, later) = (word(column, live_table), word(&later, declared_table));
        // A literal next to another column is a text, but not because of this column.
        word != later && (says_more_than_text || word == "text")
    })
}

fn first_word(of_type: &str) -> &str {
    of_type.split([' ', '(', '[']).next().unwrap_or(of_type)
}
