//! Finds which chain made what, as far as the texts of revisions tell.

use std::collections::BTreeMap;

use super::{History, Revision};
use crate::dialect::Dialect;
use crate::model::TableName;
use crate::sql::effects::{Naming, makes, namings};

/// Returns the owner of each table, view and type that remains after all chains, as far as the revisions'
/// texts tell.
pub fn makers(dialect: Dialect, history: &History) -> BTreeMap<TableName, String> {
    let mut makers = BTreeMap::new();
    for revision in history.revisions() {
        for naming in namings(dialect, &revision.up) {
            match naming {
                Naming::Makes { name, lasts: true } => _ = makers.insert(name, revision.owner.clone()),
                Naming::Drops(gone) => _ = makers.remove(&gone),
                Naming::Renames { old, new } => {
                    let maker = makers.remove(&old).unwrap_or_else(|| revision.owner.clone());
                    makers.insert(new, maker);
                }
                Naming::Makes { lasts: false, .. } => {}
            }
        }
        revision.hand_over(&mut makers);
    }
    makers
}

/// Returns the tables, views and types that a revision leaves behind under names that it gave them, as far as
/// its text tells.
pub fn made_by(dialect: Dialect, revision: &Revision) -> Vec<TableName> {
    makes(dialect, &revision.up)
}
