//! Groups steps by table and by what they do to it. Reasons for an order are stated about these groups.

use std::collections::BTreeMap;

use crate::model::TableName;

use super::order::Reasons;
use super::{Operation, Step};

/// The kinds of steps that a dialect tells apart, by table. Steps are known by their position.
pub(super) struct Kinds<'a, K> {
    by_step: Vec<Option<(K, &'a TableName)>>,
    by_table: BTreeMap<&'a TableName, Vec<usize>>,
}

impl<'a, K: Copy + PartialEq> Kinds<'a, K> {
    /// Sorts steps by table and kind. A step does one kind of thing to one table, or nothing that has an order.
    pub(super) fn new(steps: &'a [Step], kind: impl Fn(&'a Operation) -> Option<(K, &'a TableName)>) -> Self {
        let by_step: Vec<_> = steps.iter().map(|step| kind(&step.operation)).collect();
        let mut by_table: BTreeMap<&TableName, Vec<usize>> = BTreeMap::new();
        for (step, found) in by_step.iter().enumerate() {
            if let Some((_, table)) = found {
                by_table.entry(table).or_default().push(step);
            }
        }
        Self { by_step, by_table }
    }

    /// Returns the steps of this kind that work on this table.
    pub(super) fn of(&self, table: &TableName, kind: K) -> impl Iterator<Item = usize> {
        let steps = self.by_table.get(table).map(Vec::as_slice).unwrap_or_default();
        steps.iter().copied().filter(move |step| self.by_step[*step].is_some_and(|(found, _)| found == kind))
    }

    /// Returns all steps of a kind, with their tables.
    pub(super) fn all(&self, kind: K) -> impl Iterator<Item = (usize, &'a TableName)> {
        let of_kind = move |(step, found): (usize, &Option<(K, &'a TableName)>)| {
            found.filter(|(found, _)| *found == kind).map(|(_, table)| (step, table))
        };
        self.by_step.iter().enumerate().filter_map(of_kind)
    }

    /// States for every table that steps of the first kind of a pair run before those of the second.
    pub(super) fn within_tables(&self, pairs: &[(K, K)], reasons: &mut Reasons) {
        for table in self.by_table.keys() {
            for (first, second) in pairs {
                for first in self.of(table, *first) {
                    for second in self.of(table, *second) {
                        reasons.must_run(first).before(second);
                    }
                }
            }
        }
    }
}

/// Returns the steps in the order that reasons demand.
pub(super) fn ordered(steps: Vec<Step>, reasons: Reasons) -> Vec<Step> {
    let mut steps: Vec<Option<Step>> = steps.into_iter().map(Some).collect();
    reasons.order().into_iter().filter_map(|position| steps[position].take()).collect()
}
