//! What a database has, as far as the fence has to know.

use std::collections::{BTreeMap, BTreeSet};

use super::reader::{Reader, may_be_same};
use crate::dialect::Dialect;
use crate::sql::effects::drops;

/// The known objects of a database. Names are in lower case.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Tables and views.
    pub relations: BTreeSet<String>,
    /// Views: writing to one writes to what it shows.
    pub views: BTreeSet<String>,
    /// Stored functions: calling one may do anything.
    pub functions: BTreeSet<String>,
    /// Triggers.
    pub triggers: BTreeMap<String, Trigger>,
}

/// A trigger.
#[derive(Debug, Clone, Default)]
pub struct Trigger {
    /// Its table, in lower case.
    pub table: String,
    /// What it does, as its maker has written it.
    pub body: String,
}

impl Catalog {
    /// Notes what a script drops, and which objects it makes that may do anything.
    pub fn follow(&mut self, sql: &str) {
        for gone in drops(Dialect::Mysql, sql) {
            let gone = gone.name.to_lowercase();
            self.relations.remove(&gone);
            self.triggers.retain(|_, trigger| trigger.table != gone);
        }
        for statement in Dialect::Mysql.statements(sql) {
            let text = &sql[statement.span];
            let tokens = Dialect::Mysql.tokens(text).unwrap_or_default();
            let mut reader = Reader::new(text, &tokens, &[]);
            if reader.take(&["drop"]) && reader.take(&["trigger"]) {
                while reader.take(&["if", "exists"]) {}
                reader.identifier().into_iter().for_each(|gone| _ = self.triggers.remove(&gone));
            } else if reader.take(&["drop"]) && reader.take(&["view"]) {
                while reader.take(&["if", "exists"]) {}
                while let Ok(gone) = reader.identifier() {
                    self.views.remove(&gone);
                    reader.take_mark(",");
                }
            }
            if !reader.take(&["create"]) {
                continue;
            }
            _ = reader.past(&["view", "function", "trigger", "table"]);
            let kind = reader.last();
            while reader.take(&["if", "not", "exists"]) {}
            let Ok(mut name) = reader.identifier() else { continue };
            if reader.take_mark(".") {
                name = reader.identifier().unwrap_or_default();
            }
            match kind.as_deref() {
                Some("view") => _ = self.views.insert(name),
                Some("function") => _ = self.functions.insert(name),
                Some("trigger") if reader.past(&["on"]) => {
                    let table = reader.name().unwrap_or_default();
                    reader.past(&["row"]);
                    if reader.take(&["follows", "precedes"]) {
                        _ = reader.name();
                    }
                    self.triggers.insert(name, Trigger { table, body: reader.remaining().to_owned() });
                }
                Some(_) | None => {}
            }
        }
    }

    /// Returns the triggers that a server may take for one of this name.
    pub(super) fn triggers_like(&self, name: &str) -> impl Iterator<Item = &Trigger> {
        self.triggers.iter().filter(move |(found, _)| may_be_same(found, name)).map(|(_, trigger)| trigger)
    }
}
