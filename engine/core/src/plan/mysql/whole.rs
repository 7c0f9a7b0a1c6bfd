//! Tables that are created and dropped, and the foreign keys between them.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::model::{Change, Edit, ForeignKey, Rule, Table, TableName};
use crate::plan::tables::{parents_first, triggers};
use crate::plan::{Algorithm, Algorithms, Clause, MysqlOperation, Operation, Stage, Step, risk};

use super::algorithm::alteration;
use super::plain;

/// Creates new tables, parents first, with their indexes and with the foreign keys whose parents exist. Adds the
/// other keys, which exist where keys form a cycle, after all tables.
pub(super) fn creations(stage: &Stage) -> Vec<Step> {
    let new: Vec<&Table> =
        stage.after.tables.values().filter(|table| !stage.before.tables.contains_key(&table.name)).collect();
    let order = parents_first(&new);
    let position: BTreeMap<&TableName, usize> =
        order.iter().enumerate().map(|(position, table)| (&new[*table].name, position)).collect();
    let mut operations = Vec::new();
    let mut later = Vec::new();
    for table in order.iter().map(|table| new[*table]) {
        let own = position[&table.name];
        let is_there = |key: &&ForeignKey| position.get(&key.references).is_none_or(|parent| *parent <= own);
        let (inline, deferred): (Vec<&ForeignKey>, Vec<_>) = table.rules.foreign_keys().partition(is_there);
        let mut made = table.clone();
        made.rules.retain_of::<ForeignKey>(|key| inline.contains(&key));
        operations.push(Operation::CreateTable(made));
        operations.extend(triggers(table, &stage.after.bystanders).into_iter().map(Operation::Restore));
        let clauses: Vec<_> = deferred.into_iter().map(|key| Clause::Add(Rule::ForeignKey(key.clone()))).collect();
        if !clauses.is_empty() {
            later.push((table, clauses));
        }
    }
    // Nobody uses a new table, and it has no rows.
    let later = later.into_iter().map(|(table, clauses)| {
        plain(Operation::Mysql(MysqlOperation::AlterTable(
            table.name.clone(),
            clauses,
            Algorithms::same(Algorithm::Copy),
        )))
    });
    operations.into_iter().map(plain).chain(later).collect()
}

/// Drops tables, children first. Where foreign keys form a cycle, first drops those that would block this.
pub(super) fn drops(stage: &Stage) -> Vec<Step> {
    let gone: Vec<&Table> =
        stage.before.tables.values().filter(|table| !stage.after.tables.contains_key(&table.name)).collect();
    let mut order = parents_first(&gone);
    order.reverse();
    let mut steps = Vec::new();
    for (own, table) in order.iter().map(|table| gone[*table]).enumerate() {
        let is_earlier = |name: &TableName| order[..own].iter().any(|earlier| gone[*earlier].name == *name);
        let clauses: Vec<_> = (table.rules.foreign_keys())
            .filter(|key| is_earlier(&key.references))
            .map(|key| Clause::Drop(Rule::ForeignKey(key.clone())))
            .collect();
        if !clauses.is_empty() {
            steps.push(alteration(stage.before.server, table, clauses, Vec::new()));
        }
    }
    for table in order.iter().map(|table| gone[*table]) {
        let hazards = risk::hazards(&[&Change::Table(Edit::Drop(table.clone()))], table, table, Dialect::Mysql);
        steps.push(Step { operation: Operation::DropTable(table.clone()), hazards });
    }
    steps
}
