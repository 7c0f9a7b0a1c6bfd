//! A script as rules look at it: its statements, each with what is known when it runs.

use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use super::own::{OwnColumns, Source};
use super::{Script, Way};
use crate::model::TableName;
use crate::sql::ddl::{Action, Alteration, AlteredTable, Parsed, key, parsed};
use crate::sql::effects::Frame;

/// A script as rules look at it.
pub(super) struct Context<'a> {
    pub(super) script: &'a Script<'a>,
    pub(super) steps: Vec<Step>,
    /// Columns that the other script adds, as `table.column`.
    others_columns: BTreeSet<String>,
}

/// A statement with what is known when it runs.
pub(super) struct Step {
    pub(super) parsed: Parsed,
    /// The number of the transaction that it runs in with others, if it does.
    pub(super) transaction: Option<usize>,
    /// Tables that the script has made before; no rows of anybody else's are in them.
    new: Rc<BTreeSet<String>>,
    /// Columns that the script has added or filled before.
    own: Rc<OwnColumns>,
}

impl<'a> Context<'a> {
    pub(super) fn of(script: &'a Script<'a>) -> Self {
        let statements = parsed(script.dialect, script.sql);
        // What the other script makes, its counterpart takes away again.
        let others = script.other.filter(|_| script.way == Way::Down);
        let others = others.map(|sql| parsed(script.dialect, sql)).unwrap_or_default();
        let mut new = BTreeSet::new();
        others.iter().for_each(|statement| made(&statement.action, &mut new));
        let others_columns = others.iter().flat_map(|statement| added_columns(&statement.action)).collect();
        let mut new = Rc::new(new);
        let mut own = Rc::new(OwnColumns::default());
        let mut number = 0;
        let mut transaction = script.run_in_transaction.then_some(number);
        let mut steps = Vec::new();
        for parsed in statements {
            if let Action::Frame(frame) = &parsed.action {
                number += 1;
                match frame {
                    Frame::Begins => transaction = Some(number),
                    Frame::Commits | Frame::RollsBack | Frame::Prepares => transaction = None,
                    Frame::Saves | Frame::Releases | Frame::Returns => {}
                }
            }
            let mut after = BTreeSet::clone(&new);
            made(&parsed.action, &mut after);
            let before = Rc::clone(&new);
            if after != *new {
                new = Rc::new(after);
            }
            let own_before = Rc::clone(&own);
            if parsed.action != Action::Other {
                Rc::make_mut(&mut own).learn(&parsed.action);
            }
            let of_block = parsed.is_in_block.then(|| number.max(1));
            steps.push(Step { parsed, transaction: transaction.or(of_block), new: before, own: own_before });
        }
        Self { script, steps, others_columns }
    }

    /// Returns the bytes of clauses of `ALTER TABLE` of which nothing is known.
    pub(super) fn unread_clauses(&self) -> impl Iterator<Item = Range<usize>> {
        let clauses = self.alterations().filter(|(_, _, _, alteration)| **alteration == Alteration::Unread);
        clauses.map(|(_, _, span, _)| span.clone())
    }

    /// Lists each clause of each `ALTER TABLE`, with its statement and its place.
    pub(super) fn alterations(&self) -> impl Iterator<Item = (&Step, &AlteredTable, &Range<usize>, &Alteration)> {
        let tables = self.steps.iter().filter_map(|step| match &step.parsed.action {
            Action::AlterTable(table) => Some((step, table)),
            _ => None,
        });
        tables.flat_map(|(step, table)| {
            table.alterations.iter().map(move |(span, alteration)| (step, table, span, alteration))
        })
    }

    /// Lists each clause of those tables that may have rows.
    pub(super) fn alterations_of_old(
        &self,
    ) -> impl Iterator<Item = (&Step, &AlteredTable, &Range<usize>, &Alteration)> {
        self.alterations().filter(|(step, table, _, _)| step.is_old(&table.name))
    }

    /// Checks whether the script of the other way has added a column.
    pub(super) fn is_others_column(&self, table: &TableName, column: &str) -> bool {
        self.others_columns.contains(&column_key(table, column))
    }
}

impl Step {
    /// Checks whether a table was there before the script, so that it may have rows and users.
    pub(super) fn is_old(&self, table: &TableName) -> bool {
        !self.new.contains(&key(table))
    }

    /// Returns where a column's values come from, if the script up to and with this statement says so.
    pub(super) fn source(&self, table: &TableName, column: &str) -> Option<Source> {
        let adds = |alteration: &Alteration| matches!(alteration, Alteration::AddColumn { column: new, .. } if new.name.eq_ignore_ascii_case(column));
        match &self.parsed.action {
            Action::AlterTable(altered) if altered.alterations.iter().any(|(_, alteration)| adds(alteration)) => {
                let mut own = OwnColumns::clone(&self.own);
                own.learn(&self.parsed.action);
                own.source(table, column)
            }
            _ => self.own.source(table, column),
        }
    }

    /// Checks whether the script itself adds one of these columns.
    pub(super) fn adds_any(&self, table: &TableName, columns: &[String]) -> bool {
        let is_added = |column: &String| self.source(table, column).is_some_and(Source::is_added);
        columns.iter().any(is_added)
    }

    /// Checks whether one of these columns is NULL in every row, because the script has just added it.
    pub(super) fn has_empty(&self, table: &TableName, columns: &[String]) -> bool {
        columns.iter().any(|column| self.source(table, column) == Some(Source::Empty))
    }
}

/// Takes note of tables that a statement makes and takes away.
fn made(action: &Action, tables: &mut BTreeSet<String>) {
    let mut rename = |old: &TableName, new: &TableName| {
        if tables.remove(&key(old)) {
            tables.insert(key(new));
        } else {
            tables.remove(&key(new));
        }
    };
    match action {
        // `IF NOT EXISTS` may find one that is there; then the script must be able to do without rows all the same.
        Action::CreateTable(table) => {
            tables.insert(key(&table.name));
        }
        Action::RenameTables(pairs) => pairs.iter().for_each(|(old, new)| rename(old, new)),
        Action::AlterTable(table) => {
            for (_, alteration) in &table.alterations {
                if let Alteration::RenameTable(new) = alteration {
                    // The schema stays.
                    let new =
                        TableName { schema: new.schema.clone().or_else(|| table.name.schema.clone()), ..new.clone() };
                    rename(&table.name, &new);
                }
            }
        }
        Action::Drop { kind, names, .. } if kind == "table" => {
            for name in names {
                tables.remove(&key(name));
            }
        }
        Action::Create { kind, name: Some(name), .. } if kind == "view" || kind == "schema" => {
            tables.insert(key(name));
        }
        _ => {}
    }
}

fn added_columns(action: &Action) -> Vec<String> {
    let Action::AlterTable(table) = action else { return Vec::new() };
    let added = table.alterations.iter().filter_map(|(_, alteration)| match alteration {
        Alteration::AddColumn { column, .. } => Some(&column.name),
        Alteration::RenameColumn { to, .. } => Some(to),
        _ => None,
    });
    added.map(|column| column_key(&table.name, column)).collect()
}

fn column_key(table: &TableName, column: &str) -> String {
    format!("{}.{}", key(table), column.to_lowercase())
}
