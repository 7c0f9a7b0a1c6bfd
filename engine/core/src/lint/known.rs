//! What earlier scripts of a chain have made, as far as rules ask: what hangs on a table and goes with it.

use std::collections::BTreeMap;

use crate::dialect::Dialect;
use crate::model::TableName;
use crate::sql::ddl::{Action, Alteration, AlteredTable, Constraint, ConstraintKind, Parsed, key, parsed};

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
    /// Its checks.
    checks: Vec<KnownCheck>,
}

/// A check of a table.
#[derive(Debug, Clone)]
struct KnownCheck {
    name: Option<String>,
    /// The columns that it demands to have a value.
    required: Vec<String>,
    is_valid: bool,
}

impl KnownTable {
    /// Checks whether a check that holds for all rows demands a value in a column.
    pub(super) fn requires(&self, column: &str) -> bool {
        let is_it = |name: &String| name.eq_ignore_ascii_case(column);
        self.checks.iter().any(|check| check.is_valid && check.required.iter().any(is_it))
    }

    /// Checks whether it has any check that holds for all rows.
    pub(super) fn has_valid_check(&self) -> bool {
        self.checks.iter().any(|check| check.is_valid)
    }

    /// Checks whether it has a check of this name, valid or not.
    pub(super) fn has_check(&self, name: &str) -> bool {
        self.checks.iter().any(|check| check.is_named(name))
    }

    fn add(&mut self, constraint: &Constraint) {
        if constraint.kind == ConstraintKind::Check {
            let (name, required) = (constraint.name.clone(), constraint.required.clone());
            self.checks.push(KnownCheck { name, required, is_valid: !constraint.not_valid });
        }
    }
}

impl KnownCheck {
    fn is_named(&self, name: &str) -> bool {
        self.name.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(name))
    }
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

    /// Takes in what a statement makes.
    pub(super) fn learn_statement(&mut self, statement: &Parsed) {
        match &statement.action {
            Action::CreateTable(table) => {
                let known = self.entry(&table.name);
                table.constraints.iter().for_each(|constraint| known.add(constraint));
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
                altered.alterations.iter().for_each(|(_, alteration)| self.learn_alteration(altered, alteration));
            }
            _ => {}
        }
    }

    fn learn_alteration(&mut self, altered: &AlteredTable, alteration: &Alteration) {
        match alteration {
            Alteration::RenameTable(new) => self.rename(&altered.name, new),
            Alteration::AddConstraint(constraint) => {
                self.entry(&altered.name).add(constraint);
                if let Some(to) = constraint.references() {
                    self.entry(to).referrers.push(key(&altered.name));
                }
            }
            Alteration::AddColumn { column, .. } => {
                if let Some(to) = &column.references {
                    self.entry(to).referrers.push(key(&altered.name));
                }
            }
            Alteration::Validate(name) => {
                let checks = &mut self.entry(&altered.name).checks;
                checks.iter_mut().filter(|check| check.is_named(name)).for_each(|check| check.is_valid = true);
            }
            Alteration::DropConstraint { name: Some(name), .. } => {
                self.entry(&altered.name).checks.retain(|check| !check.is_named(name));
            }
            Alteration::RenameConstraint { from, to } => {
                let checks = &mut self.entry(&altered.name).checks;
                let renamed = checks.iter_mut().filter(|check| check.is_named(from));
                renamed.for_each(|check| check.name = Some(to.clone()));
            }
            Alteration::RenameColumn { from, to } => {
                let required = self.entry(&altered.name).checks.iter_mut().flat_map(|check| &mut check.required);
                required.filter(|name| name.eq_ignore_ascii_case(from)).for_each(|name| name.clone_from(to));
            }
            // The checks of a column go with it.
            Alteration::DropColumn { name, .. } => {
                let is_free =
                    |check: &KnownCheck| !check.required.iter().any(|column| column.eq_ignore_ascii_case(name));
                self.entry(&altered.name).checks.retain(is_free);
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
