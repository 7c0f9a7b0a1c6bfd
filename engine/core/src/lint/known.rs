//! What earlier scripts of a chain have made, as far as rules ask: what hangs on a table and goes with it.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::model::TableName;
use crate::sql::ddl::{Action, Alteration, Constraint, Parsed, key, parsed};

/// Tables with what hangs on them.
#[derive(Debug, Clone, Default)]
pub struct EarlierScripts {
    tables: BTreeMap<String, KnownTable>,
}

/// What hangs on a table.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownTable {
    /// Names of triggers.
    pub(super) triggers: Vec<String>,
    /// Names of indexes.
    pub(super) indexes: Vec<String>,
    /// Tables that point at it.
    pub(super) referrers: Vec<String>,
}

impl EarlierScripts {
    /// Takes in what a script makes.
    pub fn learn(&mut self, dialect: Dialect, sql: &str) {
        for statement in parsed(dialect, sql) {
            self.learn_statement(&statement);
        }
    }

    pub(super) fn table(&self, name: &TableName) -> Option<&KnownTable> {
        self.tables.get(&key(name))
    }

    fn entry(&mut self, name: &TableName) -> &mut KnownTable {
        self.tables.entry(key(name)).or_default()
    }

    fn learn_statement(&mut self, statement: &Parsed) {
        match &statement.action {
            Action::CreateTable(table) => {
                self.entry(&table.name);
                let columns = table.columns.iter().filter_map(|column| column.references.as_ref());
                let keys = table.constraints.iter().filter_map(Constraint::references);
                for to in columns.chain(keys) {
                    self.entry(to).referrers.push(key(&table.name));
                }
            }
            Action::CreateIndex(index) => {
                let name = index.name.clone();
                self.entry(&index.table).indexes.extend(name);
            }
            Action::Create { kind, name: Some(name), on: Some(on), .. } if kind == "trigger" => {
                self.entry(on).triggers.push(name.name.clone());
            }
            Action::Drop { kind, names, .. } => self.drop(kind, names),
            Action::DropIndex { names, .. } => {
                for table in self.tables.values_mut() {
                    table.indexes.retain(|index| names.iter().all(|name| !name.name.eq_ignore_ascii_case(index)));
                }
            }
            Action::RenameTables(pairs) => pairs.iter().for_each(|(old, new)| self.rename(old, new)),
            Action::AlterTable(altered) => {
                for (_, alteration) in &altered.alterations {
                    match alteration {
                        Alteration::RenameTable(new) => self.rename(&altered.name, new),
                        Alteration::AddConstraint(constraint) => {
                            if let Some(to) = constraint.references() {
                                self.entry(to).referrers.push(key(&altered.name));
                            }
                        }
                        Alteration::AddColumn { column, .. } => {
                            if let Some(to) = &column.references {
                                self.entry(to).referrers.push(key(&altered.name));
                            }
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn drop(&mut self, kind: &str, names: &[TableName]) {
        for name in names {
            match kind {
                "table" => {
                    self.tables.remove(&key(name));
                    for table in self.tables.values_mut() {
                        table.referrers.retain(|referrer| *referrer != key(name));
                    }
                }
                "trigger" => {
                    for table in self.tables.values_mut() {
                        table.triggers.retain(|trigger| !trigger.eq_ignore_ascii_case(&name.name));
                    }
                }
                _ => {}
            }
        }
    }

    fn rename(&mut self, old: &TableName, new: &TableName) {
        if let Some(table) = self.tables.remove(&key(old)) {
            self.tables.insert(key(new), table);
        }
        for table in self.tables.values_mut() {
            for referrer in table.referrers.iter_mut().filter(|referrer| **referrer == key(old)) {
                *referrer = key(new);
            }
        }
    }
}
