//! Which of many things must come before which, by number.

use std::collections::{BTreeMap, BTreeSet};

/// Edges between numbered nodes, each with a reason.
#[derive(Debug, Clone)]
pub(super) struct Edges<W> {
    /// What comes after each node.
    after: Vec<BTreeMap<usize, W>>,
    /// What comes before each node.
    before: Vec<BTreeMap<usize, W>>,
}

impl<W> Default for Edges<W> {
    fn default() -> Self {
        Self { after: Vec::new(), before: Vec::new() }
    }
}

impl<W: Copy> Edges<W> {
    /// Creates nodes without edges.
    pub(super) fn new(nodes: usize) -> Self {
        let none = || (0..nodes).map(|_| BTreeMap::new()).collect();
        Self { after: none(), before: none() }
    }

    /// Says that one node comes before another, in place of what was said before of the two.
    pub(super) fn put(&mut self, earlier: usize, later: usize, why: W) {
        self.after[earlier].insert(later, why);
        self.before[later].insert(earlier, why);
    }

    /// Returns what comes directly after a node, and why.
    pub(super) fn after(&self, node: usize) -> impl Iterator<Item = (usize, W)> {
        self.after[node].iter().map(|(node, why)| (*node, *why))
    }

    /// Returns what comes directly before a node, and why.
    pub(super) fn before(&self, node: usize) -> impl Iterator<Item = (usize, W)> {
        self.before[node].iter().map(|(node, why)| (*node, *why))
    }

    /// Returns the nodes, each after all that must come before it. Where that leaves a choice, the node with the smallest
    /// rank comes first. Nodes of a cycle, and all that come after them, are missing.
    pub(super) fn by_rank<R: Ord>(&self, rank: impl Fn(usize) -> R) -> Vec<usize> {
        let mut missing: Vec<_> = self.before.iter().map(BTreeMap::len).collect();
        let ready = (0..missing.len()).filter(|&node| missing[node] == 0);
        let mut ready: BTreeSet<_> = ready.map(|node| (rank(node), node)).collect();
        let mut order = Vec::with_capacity(missing.len());
        while let Some((_, node)) = ready.pop_first() {
            order.push(node);
            for (next, _) in self.after(node) {
                missing[next] -= 1;
                if missing[next] == 0 {
                    ready.insert((rank(next), next));
                }
            }
        }
        order
    }

    /// Returns nodes that all come before one another, or none where no node comes before itself.
    pub(super) fn cycle(&self) -> BTreeSet<usize> {
        let ordered: BTreeSet<_> = self.by_rank(|node| node).into_iter().collect();
        let left = (0..self.after.len()).filter(|node| !ordered.contains(node));
        let circle = |node| {
            let mut circle = self.beyond(node);
            circle.retain(|other| self.beyond(*other).contains(&node));
            circle
        };
        left.map(circle).find(|circle| !circle.is_empty()).unwrap_or_default()
    }

    /// Returns all that comes after a node, which is itself among them only in a cycle.
    fn beyond(&self, node: usize) -> BTreeSet<usize> {
        let mut seen = BTreeSet::new();
        let mut left: Vec<_> = self.after(node).collect();
        while let Some((next, _)) = left.pop() {
            if seen.insert(next) {
                left.extend(self.after(next));
            }
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(nodes: usize, edges: &[(usize, usize)]) -> Edges<()> {
        let mut made = Edges::new(nodes);
        edges.iter().for_each(|(earlier, later)| made.put(*earlier, *later, ()));
        made
    }

    #[test]
    fn each_node_comes_after_what_it_needs() {
        let edges = edges(4, &[(3, 0), (0, 1)]);
        assert_eq!(edges.by_rank(|node| node), [2, 3, 0, 1]);
        assert_eq!(edges.by_rank(std::cmp::Reverse), [3, 2, 0, 1]);
        assert!(edges.cycle().is_empty());
    }

    #[test]
    fn a_cycle_is_found_without_what_leads_to_it_and_from_it() {
        let found = edges(6, &[(0, 1), (1, 2), (2, 3), (3, 1), (3, 4)]).cycle();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(edges(2, &[(1, 1)]).cycle().into_iter().collect::<Vec<_>>(), [1], "a node before itself");
    }
}
