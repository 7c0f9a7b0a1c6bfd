//! Puts steps in order from stated reasons.
//!
//! A reason is a duty (`must_run(a).before(b)`: the database refuses the other way round) or a
//! preference (`had_better_run(a).before(b)`: reads better, and is given up in a cycle).

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef as _;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strength {
    Duty,
    Preference,
}

/// Reasons between the steps of a plan, which are known by their position.
#[derive(Debug)]
pub(super) struct Reasons {
    graph: DiGraph<(), Strength>,
}

/// Half a reason, waiting for its `before`.
pub(super) struct MustRun<'a> {
    reasons: &'a mut Reasons,
    first: usize,
    strength: Strength,
}

impl Reasons {
    /// Creates an empty set of reasons for this many steps.
    pub(super) fn between(steps: usize) -> Self {
        let mut graph = DiGraph::new();
        for _ in 0..steps {
            graph.add_node(());
        }
        Self { graph }
    }

    /// Begins a duty.
    pub(super) fn must_run(&mut self, first: usize) -> MustRun<'_> {
        MustRun { reasons: self, first, strength: Strength::Duty }
    }

    /// Begins a preference.
    pub(super) fn had_better_run(&mut self, first: usize) -> MustRun<'_> {
        MustRun { reasons: self, first, strength: Strength::Preference }
    }

    /// Returns the positions of the steps in an order that follows every duty, and every preference that is in no
    /// cycle. Among steps that may run, the one that was given first runs first.
    pub(super) fn order(mut self) -> Vec<usize> {
        let mut component = vec![0; self.graph.node_count()];
        for (number, members) in tarjan_scc(&self.graph).into_iter().enumerate() {
            for member in members {
                component[member.index()] = number;
            }
        }
        self.graph.retain_edges(|graph, edge| match graph[edge] {
            Strength::Duty => true,
            Strength::Preference => {
                let (from, to) = graph.edge_endpoints(edge).expect("the edge is in the graph");
                component[from.index()] != component[to.index()]
            }
        });

        let mut waiting: Vec<usize> = self
            .graph
            .node_indices()
            .map(|node| self.graph.edges_directed(node, petgraph::Direction::Incoming).count())
            .collect();
        let mut ready: BinaryHeap<Reverse<usize>> =
            (0..waiting.len()).filter(|step| waiting[*step] == 0).map(Reverse).collect();
        let mut order = Vec::with_capacity(waiting.len());
        while let Some(Reverse(step)) = ready.pop() {
            order.push(step);
            for edge in self.graph.edges(NodeIndex::new(step)) {
                let next = edge.target().index();
                waiting[next] -= 1;
                if waiting[next] == 0 {
                    ready.push(Reverse(next));
                }
            }
        }
        // No cycle of duties is known. If there were one, no step must be lost: the proof then shows which one the
        // database refuses.
        let missing: Vec<usize> = (0..waiting.len()).filter(|step| waiting[*step] > 0).collect();
        order.extend(missing);
        order
    }
}

impl MustRun<'_> {
    /// Ends a reason.
    pub(super) fn before(self, second: usize) {
        if self.first != second {
            self.reasons.graph.update_edge(NodeIndex::new(self.first), NodeIndex::new(second), self.strength);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_reasons_the_order_stays() {
        assert_eq!(Reasons::between(3).order(), [0, 1, 2]);
    }

    #[test]
    fn duties_hold_and_ties_keep_their_order() {
        let mut reasons = Reasons::between(4);
        reasons.must_run(3).before(0);
        assert_eq!(reasons.order(), [1, 2, 3, 0]);
    }

    #[test]
    fn preferences_give_way_in_a_cycle() {
        let mut reasons = Reasons::between(3);
        reasons.had_better_run(1).before(0);
        reasons.had_better_run(0).before(1);
        reasons.had_better_run(2).before(0);
        assert_eq!(reasons.order(), [1, 2, 0]);
    }
}
