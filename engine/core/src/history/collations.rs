//! The tables whose collation no revision states, as far as the revisions' texts tell.

use std::collections::BTreeSet;

use super::History;
use crate::dialect::Dialect;
use crate::model::TableName;
use crate::sql::effects::{Naming, concerns, naming};
use crate::sql::mysql::states_collation;

/// Returns the tables whose collation no revision states: they have what is usual in their database.
pub fn without_collation(dialect: Dialect, history: &History) -> BTreeSet<TableName> {
    let mut tables = BTreeSet::new();
    for revision in history.revisions() {
        for statement in dialect.statements(&revision.up) {
            let text = &revision.up[statement.span];
            let states_one = states_collation(text);
            for naming in naming(dialect, text) {
                match naming {
                    Naming::Makes { name, lasts: true } => _ = tables.insert(name),
                    Naming::Drops(gone) => _ = tables.remove(&gone),
                    Naming::Renames { old, new } => {
                        if tables.remove(&old) {
                            tables.insert(new);
                        }
                    }
                    Naming::Makes { lasts: false, .. } => {}
                }
            }
            if states_one {
                concerns(dialect, text).iter().for_each(|table| _ = tables.remove(table));
            }
        }
    }
    tables
}
