//! The orders in which chains may be applied, besides the usual one. An old database may well have got its
//! revisions in another order.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::graph::is_hosts_own;
use super::{History, Revision};

impl History {
    /// Returns other orders that the graph allows. Any two revisions without a stated order are swapped, compared
    /// with [`History::revisions`], in at least one of them. That takes one order as a rule, a few if many chains
    /// depend on one another, and none if everything is ordered. Handwritten revisions of the core come first in
    /// all of them.
    pub fn other_orders(&self) -> Vec<Vec<&Revision>> {
        let later = self.later();
        let count = later.len();
        let pairs = (0..count).flat_map(|one| (one + 1..count).map(move |other| (one, other)));
        let is_own = |index: usize| is_hosts_own(&self.revisions()[index]);
        let is_open = |&(one, other): &(usize, usize)| !later[one].contains(&other) && is_own(one) == is_own(other);
        let mut open: BTreeSet<_> = pairs.filter(is_open).collect();
        let mut orders = Vec::new();
        // Putting the later one first wherever possible turns most pairs round at once.
        let mut order = self.in_turn(|_| 0);
        while let Some(&(one, other)) = open.first() {
            let mut place = vec![0; count];
            order.iter().enumerate().for_each(|(at, &index)| place[index] = at);
            let before = open.len();
            open.retain(|&(one, other)| place[one] < place[other]);
            if open.len() < before {
                orders.push(order.iter().map(|&index| &self.revisions()[index]).collect());
            }
            // What `other` depends on comes as early as possible, and what depends on `one` as late as possible.
            order = self.in_turn(|index| match (index == other || later[index].contains(&other), one) {
                (true, _) => 0,
                (false, one) if index == one || later[one].contains(&index) => 2,
                (false, _) => 1,
            });
        }
        orders
    }

    /// Returns the places at which to swap neighbours, one after the other, to get from the usual order to
    /// the given one. The graph allows every order in between as well.
    pub fn swaps_to(&self, order: &[&Revision]) -> Vec<usize> {
        let mut place = vec![0; self.revisions().len()];
        for (at, revision) in order.iter().enumerate() {
            place[self.index[&revision.version]] = at;
        }
        let mut swaps = Vec::new();
        for end in (1..place.len()).rev() {
            for at in 0..end {
                if place[at] > place[at + 1] {
                    place.swap(at, at + 1);
                    swaps.push(at);
                }
            }
        }
        swaps
    }

    /// Returns an order that the graph allows. Of the revisions that may come next, it takes a handwritten one of the
    /// core first, then the one with the smallest rank, and of equal ranks the latest.
    fn in_turn(&self, rank: impl Fn(usize) -> u8) -> Vec<usize> {
        self.comes_before.by_rank(|index| (!is_hosts_own(&self.revisions()[index]), rank(index), Reverse(index)))
    }

    /// Returns what must come after each revision, all by their places in the usual order.
    fn later(&self) -> Vec<BTreeSet<usize>> {
        let mut later = vec![BTreeSet::new(); self.revisions().len()];
        for index in (0..later.len()).rev() {
            for (next, _) in self.comes_before.after(index) {
                let beyond = later[next].clone();
                later[index].insert(next);
                later[index].extend(beyond);
            }
        }
        later
    }
}
