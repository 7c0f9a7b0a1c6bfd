//! The revisions that some owners' chains need to be replayed, and what the texts of the others tell without a
//! replay.

use std::collections::{BTreeMap, BTreeSet};

use super::{History, Revision};
use crate::dialect::Dialect;
use crate::model::{TableName, Unread};
use crate::sql::effects::{makes, tells_all};
use crate::sql::quoted_names;

/// A history split for a question about some owners.
#[derive(Debug)]
pub struct ReplaySubset<'h> {
    /// What must be replayed, in order.
    pub needed: Vec<&'h Revision>,
    /// The owner whose chain made what the other revisions make, by their texts.
    makers: BTreeMap<TableName, String>,
    /// What the others make, by their texts. Every quoted name counts as one that they may have taken.
    pub unread: Unread,
    left_out: Vec<&'h Revision>,
}

impl ReplaySubset<'_> {
    /// Adds the makers that only texts tell to those that replaying the subset has found.
    pub fn complete(&self, makers: &mut BTreeMap<TableName, String>) {
        for (table, owner) in &self.makers {
            makers.entry(table.clone()).or_insert_with(|| owner.clone());
        }
        self.left_out.iter().for_each(|revision| revision.hand_over(makers));
    }
}

/// Returns the revisions that make what some owners' tables are. These are the owners' own revisions, those of
/// `below` (whose tables the owners' tables reference), the revisions that build on the owners' ones, and everything
/// that all of these need.
///
/// Nobody knows what a revision written by hand depends on. So all hand-written revisions are included, with what they
/// need, if one of these is written by hand, or if `strictly` asks for everything that depends on those tables.
///
/// Returns `None` where nothing is left out, or where the text of what would be left out doesn't tell what it makes.
pub fn replay_subset<'h>(
    history: &'h History,
    dialect: Dialect,
    owners: &[&str],
    below: &BTreeSet<String>,
    strictly: bool,
) -> Option<ReplaySubset<'h>> {
    let own: Vec<&Revision> = owners.iter().flat_map(|owner| history.of(owner)).collect();
    let mut wanted = history.with_descendants(&own);
    wanted.extend(below.iter().flat_map(|owner| history.of(owner)));
    let mut needed = history.with_ancestors(&wanted);
    if strictly || needed.iter().any(|revision| !revision.by_autogen) {
        needed.extend(history.revisions().iter().filter(|revision| !revision.by_autogen));
        needed = history.with_ancestors(&needed);
    }
    let is_needed: BTreeSet<_> = needed.iter().map(|revision| &revision.version).collect();
    let is_left_out = |revision: &&Revision| !is_needed.contains(&revision.version);
    let left_out: Vec<&Revision> = history.revisions().iter().filter(is_left_out).collect();
    let tells = |revision: &&Revision| revision.by_autogen || tells_all(dialect, &revision.up);
    if left_out.is_empty() || !left_out.iter().all(tells) {
        return None;
    }
    let mut subset = ReplaySubset { needed, makers: BTreeMap::new(), unread: Unread::default(), left_out };
    for revision in &subset.left_out {
        for table in makes(dialect, &revision.up) {
            subset.unread.tables.insert(table.clone());
            subset.makers.entry(table).or_insert_with(|| revision.owner.clone());
        }
        subset.unread.names.extend(quoted_names(dialect, &revision.up)?);
    }
    Some(subset)
}
#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Version;

    fn revision(owner: &str, name: &str, depends_on: &[&str], by_autogen: bool, up: &str) -> Revision {
        Revision {
            owner: owner.to_owned(),
            version: Version::of(name),
            name: name.to_owned(),
            dir: name.into(),
            revises: vec![],
            depends_on: depends_on.iter().map(|version| Version::of(version)).collect(),
            after: vec![],
            takes: vec![],
            gives: BTreeMap::new(),
            renamed_values: vec![],
            run_in_transaction: true,
            by_autogen,
            verified: vec![],
            measured: std::collections::BTreeMap::new(),
            certificate: None,
            up: up.to_owned(),
            down: None,
        }
    }

    fn chains(by_hand: &str) -> History {
        History::from_revisions(vec![
            revision("core", "1_a", &[], true, "CREATE TABLE \"assets\" (\"id\" int)"),
            revision(
                "net",
                "2_b",
                &[],
                true,
                "CREATE TABLE \"ports\" (\"id\" int); CREATE INDEX \"ix\" ON \"ports\" (\"id\")",
            ),
            revision("usb", "3_c", &["1"], true, "CREATE TABLE \"devices\" (\"id\" int)"),
            revision("loans", "4_d", &["3"], true, "CREATE TABLE \"loans\" (\"id\" int)"),
            revision("old", "5_e", &[], false, by_hand),
        ])
        .expect("is sound")
    }

    fn needed(history: &History, below: &[&str], strictly: bool) -> Option<String> {
        let below = below.iter().map(|owner| (*owner).to_owned()).collect();
        let subset = replay_subset(history, Dialect::Postgres, &["usb"], &below, strictly)?;
        Some(subset.needed.iter().map(|found| found.owner.as_str()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn what_a_chain_needs_and_what_needs_it_is_replayed() {
        let history = chains("CREATE TABLE old (id int)");
        assert_eq!(needed(&history, &[], false).as_deref(), Some("core usb loans"));
        assert_eq!(needed(&history, &["net"], false).as_deref(), Some("core net usb loans"));
        assert_eq!(needed(&history, &[], true).as_deref(), Some("core usb loans old"), "who knows what it stands on");
        let subset =
            replay_subset(&history, Dialect::Postgres, &["usb"], &BTreeSet::new(), false).expect("leaves some out");
        assert!(subset.unread.names.contains("ix"), "{:?}", subset.unread);
        let mut makers = BTreeMap::new();
        subset.complete(&mut makers);
        let makers: Vec<String> = makers.into_iter().map(|(table, owner)| format!("{table} by {owner}")).collect();
        assert_eq!(makers, ["old by old", "ports by net"]);
    }

    #[test]
    fn a_text_that_does_not_tell_what_it_makes_is_run() {
        let history = chains("DO $$ BEGIN EXECUTE 'CREATE TABLE x ()'; END $$");
        assert_eq!(needed(&history, &[], false), None);
        assert_eq!(needed(&history, &["net"], true), None, "nothing is left out");
    }
}
