//! What foreign keys do when the row that they reference is changed or deleted. MariaDB's catalog hides this from
//! users who may only read. For tables with such keys, `SHOW CREATE TABLE` tells instead.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryResult;

use crate::dialect::Dialect;

use super::rows::{ActionRow, KeyRow, Rows};

/// Adds the actions that the catalog hides. `show` returns the statement that makes a table.
pub(super) fn restore(rows: &mut Rows, mut show: impl FnMut(&str) -> QueryResult<String>) -> QueryResult<()> {
    let is_hidden = |key: &&KeyRow| {
        !rows.actions.iter().any(|actions| actions.table_name == key.table_name && actions.name == key.name)
    };
    let hidden: BTreeSet<(String, String)> =
        rows.keys.iter().filter(is_hidden).map(|key| (key.table_name.clone(), key.name.clone())).collect();
    let mut shown: BTreeMap<String, String> = BTreeMap::new();
    for (table_name, name) in hidden {
        if !shown.contains_key(&table_name) {
            shown.insert(table_name.clone(), show(&table_name)?);
        }
        let start = format!("  CONSTRAINT {} FOREIGN KEY ", Dialect::Mysql.facts().quoted(&name));
        let line = shown[&table_name].lines().find(|line| line.starts_with(&start)).unwrap_or_default();
        let (on_update, on_delete) = (action(line, " ON UPDATE "), action(line, " ON DELETE "));
        rows.actions.push(ActionRow { table_name, name, on_update, on_delete });
    }
    Ok(())
}

/// Returns the action that follows `words` in a line, or `RESTRICT` if the line doesn't mention them.
fn action(line: &str, words: &str) -> String {
    // The last bracket closes the referenced columns.
    let actions = line.rsplit_once(')').map_or("", |(_, actions)| actions).trim_end_matches(',');
    let said = actions.split_once(words).map_or("RESTRICT", |(_, said)| said);
    said.split(" ON ").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_stand_behind_the_columns() {
        let line = "  CONSTRAINT `a ON DELETE (b)` FOREIGN KEY (`c`) REFERENCES `d` (`e`) ON DELETE SET NULL ON UPDATE NO ACTION,";
        assert_eq!([action(line, " ON DELETE "), action(line, " ON UPDATE ")], ["SET NULL", "NO ACTION"]);
        let line = "  CONSTRAINT `a` FOREIGN KEY (`c`) REFERENCES `d` (`e`) ON UPDATE CASCADE";
        assert_eq!([action(line, " ON DELETE "), action(line, " ON UPDATE ")], ["RESTRICT", "CASCADE"]);
    }
}
