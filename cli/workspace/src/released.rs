//! Tables that change hands with their owner's consent, as far as the owner's source shows it.

use std::collections::{BTreeMap, BTreeSet};

use autogen::dialect::Dialect;
use autogen::error::Error;
use autogen::history::History;
use autogen::host::Host;
use autogen::scan::{lower, read_edited};

/// The tables that revisions take over and that nobody else's source defines. A source that can't be read lets go of nothing.
pub(crate) fn released(host: &Host, history: &History, dialect: Dialect) -> BTreeSet<String> {
    let taken: Vec<_> = history.revisions().iter().filter(|revision| !revision.takes.is_empty()).collect();
    if taken.is_empty() {
        return BTreeSet::new();
    }
    let definitions: Vec<_> = host
        .owners
        .iter()
        .map(|owner| read_edited(&owner.name, &owner.sources, &host.root, &BTreeMap::new()))
        .collect();
    if definitions.iter().any(|found| Error::unless_clean(found.diagnostics.clone()).is_err()) {
        return BTreeSet::new();
    }
    let schemas = lower(&definitions, dialect).schemas;
    let is_released = |owner: &str, table: &str| {
        let others = schemas.iter().filter(|(name, _)| *name != owner);
        !others.flat_map(|(_, schema)| schema.tables.keys()).any(|name| name.to_string().eq_ignore_ascii_case(table))
    };
    let taken = taken.iter().flat_map(|revision| revision.takes.iter().map(|table| (&revision.owner, table)));
    taken.filter(|(owner, table)| is_released(owner, table)).map(|(_, table)| table.clone()).collect()
}
