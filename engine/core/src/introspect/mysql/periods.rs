//! Periods of application time. MariaDB's catalog shows them as checks with their names, and as columns of keys. Only
//! `SHOW CREATE TABLE` tells what they are. It is run for tables with a check that compares two columns, as a
//! period's does.

use std::collections::BTreeSet;

use diesel::QueryResult;

use crate::dialect::Dialect;

use super::rows::{CheckRow, Rows};

/// Removes periods from the checks and notes them. `show` returns the statement that makes a table.
pub(super) fn restore(rows: &mut Rows, mut show: impl FnMut(&str) -> QueryResult<String>) -> QueryResult<()> {
    let tables: BTreeSet<String> =
        rows.checks.iter().filter(|check| may_be_period(check)).map(|check| check.table_name.clone()).collect();
    for table in tables {
        let shown = show(&table)?;
        let lines: Vec<&str> = shown.lines().map(|line| line.trim_end_matches(',')).collect();
        let period = |check: &CheckRow| {
            let start = format!("  PERIOD FOR {} (", Dialect::Mysql.facts().quoted(&check.name));
            lines.iter().find(|line| check.table_name == table && line.starts_with(&start))
        };
        let periods =
            rows.checks.iter().filter_map(period).map(|line| line.trim_start().replacen("PERIOD FOR", "the period", 1));
        rows.features.extend(periods.map(|said| (table.clone(), format!("it has {said}"))).collect::<Vec<_>>());
        let keys = lines.iter().filter(|line| line.ends_with(" WITHOUT OVERLAPS)"));
        rows.features
            .extend(keys.map(|line| (table.clone(), format!("a key keeps periods apart: {}", line.trim_start()))));
        rows.checks.retain(|check| period(check).is_none());
    }
    Ok(())
}

fn may_be_period(check: &CheckRow) -> bool {
    let mut ends = check.expression.split("` < `");
    let is_name = |end: Option<&str>| end.is_some_and(|end| end.len() > 1);
    !check.is_of_column
        && is_name(ends.next().filter(|end| end.starts_with('`')))
        && is_name(ends.next().filter(|end| end.ends_with('`')))
        && ends.next().is_none()
}
