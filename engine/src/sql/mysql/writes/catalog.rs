//! What a database has, as far as the fence has to know.

use std::collections::{BTreeMap, BTreeSet};

use super::reader::Reader;
use crate::dialect::Dialect;
use crate::sql::effects::drops;
use crate::sql::triggers::may_be_same;

/// The known objects of a database. Names are in lower case.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Tables and views.
    pub relations: BTreeSet<String>,
    /// Views, each with the spellings of its name: writing to one writes to what it shows.
    pub views: BTreeMap<String, BTreeSet<String>>,
    /// Stored functions: calling one may do anything.
    pub functions: BTreeSet<String>,
    /// Triggers.
    pub triggers: BTreeMap<String, Trigger>,
}

/// What is known of the triggers of one name. A statement that may do nothing, as with `IF EXISTS` and another spelling,
/// takes nothing away from it.
#[derive(Debug, Clone, Default)]
pub struct Trigger {
    /// The spellings of the name.
    pub spellings: BTreeSet<String>,
    /// The tables that it may be on, in lower case.
    pub tables: BTreeSet<String>,
    /// What it may do, as its maker has written it.
    pub bodies: BTreeSet<String>,
}

impl Catalog {
    /// Notes a view by its name as it is spelled.
    pub fn add_view(&mut self, name: &str) {
        self.relations.insert(name.to_lowercase());
        self.views.entry(name.to_lowercase()).or_default().insert(name.to_owned());
    }

    /// Notes a trigger by its name as it is spelled.
    pub fn add_trigger(&mut self, name: &str, table: &str, body: &str) {
        let trigger = self.triggers.entry(name.to_lowercase()).or_default();
        trigger.spellings.insert(name.to_owned());
        trigger.tables.insert(table.to_lowercase());
        trigger.bodies.insert(body.to_owned());
    }

    /// Notes that a view is gone. One that is spelled in another way may be another.
    pub(super) fn drop_view(&mut self, name: &str) {
        let lower = name.to_lowercase();
        if let Some(spellings) = self.views.get_mut(&lower) {
            spellings.remove(name);
            if spellings.is_empty() {
                self.views.remove(&lower);
                self.relations.remove(&lower);
            }
        }
    }

    /// Notes that a trigger is gone. One that is spelled in another way may be another.
    pub(super) fn drop_trigger(&mut self, name: &str) {
        let lower = name.to_lowercase();
        if self
            .triggers
            .get(&lower)
            .is_some_and(|trigger| trigger.spellings.len() == 1 && trigger.spellings.contains(name))
        {
            self.triggers.remove(&lower);
        }
    }

    /// Notes what a script drops, and which objects it makes that may do anything.
    pub fn follow(&mut self, sql: &str) {
        for gone in drops(Dialect::Mysql, sql) {
            self.relations.remove(&gone.name.to_lowercase());
        }
        for statement in Dialect::Mysql.statements(sql) {
            let text = &sql[statement.span];
            let tokens = Dialect::Mysql.tokens(text).unwrap_or_default();
            let mut reader = Reader::new(text, &tokens, &[]);
            if reader.take(&["drop"]) {
                let is_trigger = reader.take(&["trigger"]);
                if !(is_trigger || reader.take(&["view"])) {
                    continue;
                }
                while reader.take(&["if", "exists"]) {}
                while let Ok(gone) = reader.spelled() {
                    if is_trigger {
                        self.drop_trigger(&gone)
                    } else {
                        self.drop_view(&gone)
                    }
                    reader.take_mark(",");
                }
            }
            if !reader.take(&["create"]) {
                continue;
            }
            let replaces = reader.take(&["or"]) && reader.take(&["replace"]);
            _ = reader.past(&["view", "function", "trigger", "table"]);
            let kind = reader.last();
            while reader.take(&["if", "not", "exists"]) {}
            let Ok(mut name) = reader.spelled() else { continue };
            if reader.take_mark(".") {
                name = reader.spelled().unwrap_or_default();
            }
            match kind.as_deref() {
                Some("view") => self.add_view(&name),
                Some("function") => _ = self.functions.insert(name.to_lowercase()),
                Some("trigger") if reader.past(&["on"]) => {
                    let table = reader.name().unwrap_or_default();
                    reader.past(&["row"]);
                    if reader.take(&["follows", "precedes"]) {
                        _ = reader.name();
                    }
                    if replaces {
                        self.drop_trigger(&name);
                    }
                    self.add_trigger(&name, &table, reader.remaining());
                }
                Some(_) | None => {}
            }
        }
    }

    /// Returns the tables of the triggers that a server may take for one of this name.
    pub(super) fn tables_of_triggers_like(&self, name: &str) -> impl Iterator<Item = &String> {
        let found = self.triggers.iter().filter(move |(found, _)| may_be_same(found, name));
        found.flat_map(|(_, trigger)| &trigger.tables)
    }
}
