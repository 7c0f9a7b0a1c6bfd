//! Foreign keys: those that come and go, and those that make way for a change under them.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::Dialect;
use crate::model::{Change, ForeignKey, Pair, Table, TableName};
use crate::plan::tables::by_table;
use crate::plan::{Clause, Constraint, Hazard, Stage, risk};

use super::{both, changes_type};

/// Clauses with their hazards, by table.
type Clauses = BTreeMap<TableName, Vec<(Clause, Vec<Hazard>)>>;

/// What happens to the foreign keys of tables that are there before and after.
pub(super) struct Keys {
    /// Dropped before everything else.
    pub(super) gone: Clauses,
    /// Added after everything else.
    pub(super) new: Clauses,
    /// The keys that are dropped and added again.
    remade: Vec<(TableName, ForeignKey)>,
}

impl Keys {
    pub(super) fn of(stage: &Stage) -> Self {
        let mut keys = Self { gone: Clauses::new(), new: Clauses::new(), remade: Vec::new() };
        let all = by_table(&stage.changes, |change| change);
        for change in &stage.changes {
            let name = change.subject().table;
            let (Some(before), Some(after)) = (stage.before.tables.get(&name), stage.after.tables.get(&name)) else {
                continue;
            };
            match change {
                Change::DropForeignKey(_, key) => keys.gone.entry(name).or_default().push((drop(key), Vec::new())),
                Change::AddForeignKey(_, key) => {
                    let hazards = risk::hazards_of(change, &all[&name], before, after, Dialect::Mysql);
                    keys.new.entry(name).or_default().push((add(key), hazards));
                }
                Change::CreateTable(_)
                | Change::DropTable(_)
                | Change::RenameTable(_)
                | Change::AlterOptions(..)
                | Change::AddColumn(..)
                | Change::DropColumn(..)
                | Change::RenameColumn(..)
                | Change::AlterColumn(..)
                | Change::AlterPrimaryKey(..)
                | Change::AddUnique(..)
                | Change::DropUnique(..)
                | Change::AddIndex(..)
                | Change::DropIndex(..)
                | Change::AddCheck(..)
                | Change::DropCheck(..)
                | Change::CommentTable(..)
                | Change::AddExclusion(..)
                | Change::DropExclusion(..)
                | Change::SettleRule(..)
                | Change::Enum(_) => {}
            }
        }
        keys.make_way(stage);
        keys
    }

    /// MySQL changes no column that a foreign key stands on at either end, and takes no key away from
    /// under one.
    fn make_way(&mut self, stage: &Stage) {
        let touched = touched(stage);
        let goes = |table: &&Table| !stage.after.tables.contains_key(&table.name);
        for table in stage.before.tables.values().filter(goes) {
            // It goes last, and would keep its parent as it is until then.
            for key in table.foreign_keys.iter().filter(|key| key.references != table.name && touched.holds(table, key))
            {
                self.gone.entry(table.name.clone()).or_default().push((drop(key), Vec::new()));
            }
        }
        for (before, after) in both(stage) {
            for key in before.foreign_keys.iter().filter(|key| after.foreign_keys.contains(key)) {
                // A parent that goes takes nothing with it; the key would have been dropped.
                if touched.holds(before, key) && stage.after.tables.contains_key(&key.references) {
                    self.gone.entry(before.name.clone()).or_default().push((drop(key), Vec::new()));
                    self.new.entry(before.name.clone()).or_default().push((add(key), Vec::new()));
                    self.remade.push((before.name.clone(), key.clone()));
                }
            }
        }
    }

    /// The keys for which MySQL has made an index of their own, while no statement is under way that
    /// drops or adds keys: by name and columns.
    pub(super) fn own_indexes(table: &Table) -> Vec<(String, Vec<String>)> {
        let mut found: Vec<(String, Vec<String>)> = Vec::new();
        for key in table.foreign_keys.iter().filter(|key| !table.is_indexed(&key.columns, None)) {
            let is_wider = |(_, columns): &(String, Vec<String>)| {
                columns.len() > key.columns.len() && columns.starts_with(&key.columns)
            };
            if let (Some(name), false) = (&key.name, found.iter().any(is_wider)) {
                // The index of a later key takes the place of what it serves as well.
                found.retain(|(_, columns)| !key.columns.starts_with(columns));
                found.push((name.clone(), key.columns.clone()));
            }
        }
        found
    }

    /// Whether a key of a table stays where it is all the while.
    pub(super) fn stays(&self, before: &Table, after: &Table, name: &str) -> bool {
        let is_it = |key: &&ForeignKey| key.name.as_deref() == Some(name);
        let remade = self.remade.iter().any(|(table, key)| *table == before.name && is_it(&key));
        let old = before.foreign_keys.iter().find(is_it);
        !remade && old.is_some() && old == after.foreign_keys.iter().find(is_it)
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
    /// Whether a key of a table is in the way of any of it.
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
            Change::AlterColumn(table, altered) => {
                let Pair { from, to } = &**altered;
                let is_generated_anew = from.generated.is_some() || to.generated.is_some();
                if changes_type(altered) || from.nullable != to.nullable || is_generated_anew {
                    columns.insert((table.clone(), to.name.clone()));
                }
            }
            Change::AlterPrimaryKey(table, keys) => {
                rules.extend(keys.from.iter().map(|key| (table.clone(), key.columns.clone())));
            }
            Change::DropUnique(table, unique) => rules.push((table.clone(), unique.columns.clone())),
            Change::CreateTable(_)
            | Change::DropTable(_)
            | Change::RenameTable(_)
            | Change::AlterOptions(..)
            | Change::AddColumn(..)
            | Change::DropColumn(..)
            | Change::RenameColumn(..)
            | Change::AddUnique(..)
            | Change::AddIndex(..)
            | Change::DropIndex(..)
            | Change::AddForeignKey(..)
            | Change::DropForeignKey(..)
            | Change::AddCheck(..)
            | Change::DropCheck(..)
            | Change::CommentTable(..)
            | Change::AddExclusion(..)
            | Change::DropExclusion(..)
            | Change::SettleRule(..)
            | Change::Enum(_) => {}
        }
    }
    Touched { columns, rules }
}

fn drop(key: &ForeignKey) -> Clause {
    Clause::Drop(Constraint::ForeignKey(key.clone()))
}

fn add(key: &ForeignKey) -> Clause {
    Clause::Add(Constraint::ForeignKey(key.clone()))
}
