//! Foreign keys: those that are added and dropped, and those that make way for a change under them.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::Dialect;
use crate::model::{Change, Edit, ForeignKey, MysqlServer, Pair, Rule, Schema, Table, TableName};
use crate::plan::order::Reasons;
use crate::plan::{Clause, Hazard, Stage, Step, risk};

use super::algorithm::alteration;
use super::{both, changes_type};

/// A key with the hazards of its change.
type Changed = (ForeignKey, Vec<Hazard>);

type ByTable = BTreeMap<TableName, Vec<Changed>>;

/// Keys that a table's own alteration drops, and those that it adds.
pub(super) type Taken = Pair<Vec<Changed>>;

/// What happens to the foreign keys of tables that are there before and after.
pub(super) struct Keys {
    /// Dropped with their table's own alteration where that comes early enough, else before all of them.
    gone: ByTable,
    /// Added with their table's own alteration where what they point at is there by then, else after all of them.
    new: ByTable,
    /// The keys that are dropped and added again.
    remade: Vec<(TableName, ForeignKey)>,
}

impl Keys {
    pub(super) fn of(stage: &Stage) -> Self {
        let mut keys = Self { gone: ByTable::new(), new: ByTable::new(), remade: Vec::new() };
        for change in &stage.changes {
            let name = change.subject().table;
            let (Some(before), Some(after)) = (stage.before.tables.get(&name), stage.after.tables.get(&name)) else {
                continue;
            };
            match change {
                Change::Rule(_, Edit::Drop(Rule::ForeignKey(key))) => {
                    keys.gone.entry(name).or_default().push((key.clone(), Vec::new()))
                }
                Change::Rule(_, Edit::Add(Rule::ForeignKey(key))) => {
                    let hazards = risk::hazards_of(change, before, after, Dialect::Mysql);
                    keys.new.entry(name).or_default().push((key.clone(), hazards));
                }
                Change::Rename(_) | Change::Table(_) | Change::Column(..) | Change::Rule(..) | Change::Enum(_) => {}
            }
        }
        keys.make_way(stage);
        keys
    }

    /// Drops the foreign keys that block the stage's changes, and adds them again afterwards. MySQL changes no column
    /// at either end of a foreign key, and drops no key that a foreign key needs.
    fn make_way(&mut self, stage: &Stage) {
        let touched = touched(stage);
        let goes = |table: &&Table| !stage.after.tables.contains_key(&table.name);
        for table in stage.before.tables.values().filter(goes) {
            // The table is dropped last, and would block changes to its parent until then.
            for key in
                table.rules.foreign_keys().filter(|key| key.references != table.name && touched.holds(table, key))
            {
                self.gone.entry(table.name.clone()).or_default().push((key.clone(), Vec::new()));
            }
        }
        for (before, after) in both(stage) {
            for key in before.rules.foreign_keys().filter(|key| after.rules.contains(*key)) {
                // A dropped parent is no case here: the key would have been dropped too.
                if touched.holds(before, key) && stage.after.tables.contains_key(&key.references) {
                    self.gone.entry(before.name.clone()).or_default().push((key.clone(), Vec::new()));
                    self.new.entry(before.name.clone()).or_default().push((key.clone(), Vec::new()));
                    self.remade.push((before.name.clone(), key.clone()));
                }
            }
        }
    }

    /// Returns the order of the tables in which as many foreign keys as possible are dropped and added by their own
    /// table's statement. A key is dropped before its referenced table is altered, and added afterwards.
    pub(super) fn order(&self, tables: &[(&Table, &Table)]) -> Vec<usize> {
        let mut reasons = Reasons::between(tables.len());
        let position = |name: &TableName| tables.iter().position(|(table, _)| table.name == *name);
        for (own, (table, _)) in tables.iter().enumerate() {
            for (key, _) in self.gone.get(&table.name).into_iter().flatten() {
                position(&key.references).into_iter().for_each(|parent| reasons.had_better_run(own).before(parent));
            }
            for (key, _) in self.new.get(&table.name).into_iter().flatten() {
                position(&key.references).into_iter().for_each(|parent| reasons.had_better_run(parent).before(own));
            }
        }
        reasons.order()
    }

    /// Removes and returns the keys that a table's own alteration drops and adds. The alterations run in the given
    /// order.
    pub(super) fn taken(
        &mut self,
        (own, table): (usize, &TableName),
        altered: &BTreeMap<&TableName, usize>,
        stage: &Stage,
    ) -> Taken {
        let from = take(&mut self.gone, table, |key| altered.get(&key.references).is_none_or(|parent| *parent >= own));
        let to = take(&mut self.new, table, |key| {
            let takes_name = |(gone, _): &Changed| gone.name == key.name;
            // Not what this very alteration makes, nor what comes after all of them.
            let is_there = altered.get(&key.references).is_none_or(|parent| *parent < own)
                && stage.before.tables.contains_key(&key.references);
            is_there && !from.iter().any(takes_name)
        });
        Pair::new(from, to)
    }

    /// Returns the statements that drop the keys that were not taken, one for each table.
    pub(super) fn drops(&self, before: &Schema) -> Vec<Step> {
        alterations(&self.gone, before, drop)
    }

    /// Returns the statements that add the keys that were not taken, one for each table.
    pub(super) fn additions(&self, before: &Schema) -> Vec<Step> {
        alterations(&self.new, before, add)
    }

    /// Returns the foreign keys for which MySQL has created an index, by name and columns. Assumes that no statement
    /// that drops or adds keys is under way.
    pub(super) fn own_indexes(table: &Table, server: Option<MysqlServer>) -> Vec<(String, Vec<String>)> {
        let mut found: Vec<(String, Vec<String>)> = Vec::new();
        let lacks_index = |key: &&ForeignKey| !table.serves_foreign_key(&key.columns, None, server);
        for key in table.rules.foreign_keys().filter(lacks_index) {
            let is_wider = |(_, columns): &(String, Vec<String>)| {
                columns.len() > key.columns.len() && columns.starts_with(&key.columns)
            };
            if let (Some(name), false) = (&key.name, found.iter().any(is_wider)) {
                // The index of a later key replaces those that it serves as well.
                found.retain(|(_, columns)| !key.columns.starts_with(columns));
                found.push((name.clone(), key.columns.clone()));
            }
        }
        found
    }

    /// Checks whether a table's foreign key stays in place all the while.
    pub(super) fn stays(&self, before: &Table, after: &Table, name: &str) -> bool {
        let is_it = |key: &&ForeignKey| key.name.as_deref() == Some(name);
        let remade = self.remade.iter().any(|(table, key)| *table == before.name && is_it(&key));
        let old = before.rules.foreign_keys().find(is_it);
        !remade && old.is_some() && old == after.rules.foreign_keys().find(is_it)
    }
}

/// What foreign keys are in the way of.
struct Touched {
    /// Columns that change their type.
    columns: BTreeSet<(TableName, String)>,
    /// Keys that go, if only for a while.
    rules: Vec<(TableName, Vec<String>)>,
}

impl Touched {
    /// Checks whether a table's foreign key blocks any of these changes.
    fn holds(&self, table: &Table, key: &ForeignKey) -> bool {
        let is_touched = |table: &TableName, names: &[String]| {
            names.iter().any(|name| self.columns.contains(&(table.clone(), name.clone())))
        };
        let mut rules = self.rules.iter();
        rules.any(|(table, rule)| *table == key.references && rule.starts_with(&key.referenced_columns))
            || is_touched(&table.name, &key.columns)
            || is_touched(&key.references, &key.referenced_columns)
    }
}

fn touched(stage: &Stage) -> Touched {
    let mut columns = BTreeSet::new();
    let mut rules = Vec::new();
    for change in &stage.changes {
        match change {
            Change::Column(table, Edit::Alter(altered)) => {
                let Pair { from, to } = &**altered;
                let is_generated_anew = from.generated.is_some() || to.generated.is_some();
                if changes_type(altered) || from.nullable != to.nullable || is_generated_anew {
                    columns.insert((table.clone(), to.name.clone()));
                }
            }
            Change::Rule(table, edit) => {
                let columns = edit.sides().from.and_then(Rule::unique_columns);
                rules.extend(columns.map(|columns| (table.clone(), columns.into_iter().cloned().collect())));
            }
            Change::Rename(_) | Change::Table(_) | Change::Column(..) | Change::Enum(_) => {}
        }
    }
    Touched { columns, rules }
}

fn take(keys: &mut ByTable, table: &TableName, may: impl Fn(&ForeignKey) -> bool) -> Vec<Changed> {
    let Some(all) = keys.remove(table) else { return Vec::new() };
    let (taken, left): (Vec<_>, Vec<_>) = all.into_iter().partition(|(key, _)| may(key));
    if !left.is_empty() {
        keys.insert(table.clone(), left);
    }
    taken
}

fn alterations(keys: &ByTable, before: &Schema, clause: impl Fn(&ForeignKey) -> Clause) -> Vec<Step> {
    let step = |(table, keys): (&TableName, &Vec<Changed>)| {
        let (clauses, hazards): (Vec<_>, Vec<_>) =
            keys.iter().map(|(key, hazards)| (clause(key), hazards.clone())).unzip();
        Some(alteration(before.server, before.tables.get(table)?, clauses, hazards.concat()))
    };
    keys.iter().filter_map(step).collect()
}

pub(super) fn drop(key: &ForeignKey) -> Clause {
    Clause::Drop(Rule::ForeignKey(key.clone()))
}

pub(super) fn add(key: &ForeignKey) -> Clause {
    Clause::Add(Rule::ForeignKey(key.clone()))
}
