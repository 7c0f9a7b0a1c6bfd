//! Parents before children.

use std::collections::BTreeMap;

use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;

use crate::model::TableName;

/// Groups tables such that every group comes after those that it needs. A group of more than one table is a cycle:
/// each of its tables needs the others.
pub(super) fn groups<'a>(
    tables: impl Iterator<Item = &'a TableName>,
    needs: impl IntoIterator<Item = (&'a TableName, &'a TableName)>,
) -> Vec<Vec<&'a TableName>> {
    let mut graph = DiGraph::<&TableName, ()>::new();
    let nodes: BTreeMap<&TableName, _> = tables.map(|table| (table, graph.add_node(table))).collect();
    for (child, parent) in needs {
        if let (Some(child), Some(parent)) = (nodes.get(child), nodes.get(parent)) {
            graph.update_edge(*child, *parent, ());
        }
    }
    let mut groups: Vec<Vec<&TableName>> = Vec::new();
    // It gives components in an order in which every edge points back.
    for component in tarjan_scc(&graph) {
        let mut group: Vec<_> = component.into_iter().map(|node| graph[node]).collect();
        group.sort();
        groups.push(group);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_come_first_and_cycles_together() {
        let names = ["child", "chicken", "egg", "parent", "self"].map(TableName::new);
        let [child, chicken, egg, parent, own] = &names;
        let needs = [(child, parent), (chicken, egg), (egg, chicken), (own, own), (egg, child)];
        let groups = groups(names.iter(), needs);
        assert_eq!(groups, [vec![parent], vec![child], vec![chicken, egg], vec![own]]);
    }
}
