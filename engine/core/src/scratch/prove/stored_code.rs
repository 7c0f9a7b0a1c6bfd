//! What code in a database mentions: triggers, the functions that they call, and rules that call functions.

use std::collections::{BTreeMap, BTreeSet};

use crate::dialect::Dialect;
use crate::model::{BystanderKind, Pair, Rule, Schema, Table, TableName};
use crate::sql::effects::trigger_head;
use crate::sql::names_within;

use super::firing::{Event, Firing};

/// The code in a database.
pub(super) struct StoredCode<'a> {
    schema: &'a Schema,
    triggers: Vec<Trigger>,
    functions: Vec<Function>,
    /// Tables whose rules call functions, and every name that is spoken of there.
    rules: BTreeMap<&'a TableName, BTreeSet<String>>,
}

/// A trigger.
#[derive(Debug)]
pub(super) struct Trigger {
    pub(super) name: String,
    /// The table or view that it stands on.
    pub(super) relation: TableName,
    pub(super) events: BTreeSet<Event>,
    /// Every name that it speaks of itself; lower case.
    own_names: BTreeSet<String>,
    /// These, and those that functions speak of which it calls.
    pub(super) names: BTreeSet<String>,
}

struct Function {
    /// With its arguments, as it is shown.
    shown: String,
    /// Lower case, without schema and arguments.
    name: String,
    names: BTreeSet<String>,
}

impl<'a> StoredCode<'a> {
    pub(super) fn of(schema: &'a Schema, dialect: Dialect) -> Self {
        let of_kind = |kind| schema.bystanders.iter().filter(move |object| object.kind == kind);
        let functions: Vec<Function> = of_kind(BystanderKind::Function)
            .map(|function| {
                let bare = function.name.split('(').next().unwrap_or_default();
                Function {
                    shown: function.name.clone(),
                    name: bare.rsplit('.').next().unwrap_or_default().trim_matches('"').to_lowercase(),
                    names: names_within(dialect, &function.sql).into_iter().collect(),
                }
            })
            .collect();
        let triggers = of_kind(BystanderKind::Trigger)
            .filter_map(|trigger| {
                let names = names_within(dialect, &trigger.sql);
                Some(Trigger {
                    name: trigger.name.clone(),
                    relation: trigger.table.clone()?,
                    events: events(&trigger.sql, dialect),
                    own_names: names.iter().cloned().collect(),
                    names: with_called(names, &functions),
                })
            })
            .collect();
        let rules = schema.tables.values().filter(|_| !functions.is_empty()).filter_map(|table| {
            let names: Vec<String> = rules(table).flat_map(|rule| names_within(dialect, rule)).collect();
            let calls = names.iter().any(|name| functions.iter().any(|function| function.name == *name));
            calls.then(|| (&table.name, with_called(names, &functions)))
        });
        Self { schema, triggers, rules: rules.collect(), functions }
    }

    pub(super) fn into_triggers(self) -> Vec<Trigger> {
        self.triggers
    }

    /// Returns the tables and views whose code runs on, or mentions, touched tables, and the events that set it off.
    pub(super) fn concerned(&self, is_touched: impl Fn(&Table) -> bool) -> BTreeMap<TableName, BTreeSet<Event>> {
        let touched = self.schema.tables.values().filter(|table| is_touched(table));
        let mut touched: BTreeSet<String> = touched.map(|table| table.name.name.to_lowercase()).collect();
        let mut found: BTreeMap<TableName, BTreeSet<Event>> = BTreeMap::new();
        let triggers = self.triggers.iter().map(|trigger| (&trigger.relation, &trigger.names, trigger.events.clone()));
        let on_writing = || [Event::Insert, Event::Update].into();
        let rules = self.rules.iter().map(|(table, names)| (*table, names, on_writing()));
        let code: Vec<_> = triggers.chain(rules).collect();
        loop {
            let before = touched.len();
            for (relation, names, events) in &code {
                let own = relation.name.to_lowercase();
                if touched.contains(&own) || !touched.is_disjoint(names) {
                    found.entry((*relation).clone()).or_default().extend(events);
                    touched.insert(own);
                }
            }
            if touched.len() == before {
                return found;
            }
        }
    }

    /// Checks whether triggers of a table or view may write to a table.
    pub(super) fn reaches(&self, relation: &TableName, table: &str) -> bool {
        let table = table.to_lowercase();
        let mut own = self.triggers.iter().filter(|trigger| trigger.relation == *relation);
        relation.name.to_lowercase() == table || own.any(|trigger| trigger.names.contains(&table))
    }

    /// Returns hints about functions, and triggers that couldn't be tried, that still mention something which doesn't
    /// have that name any more after a script.
    pub(super) fn hints(&self, schemas: &Pair<&Schema>, firing: &Firing) -> Vec<String> {
        let gone = gone(schemas);
        let mut hints = Vec::new();
        for function in &self.functions {
            let callers = self.triggers.iter().filter(|trigger| trigger.names.contains(&function.name));
            let on: BTreeSet<String> = callers.map(|trigger| trigger.relation.name.to_lowercase()).collect();
            let tried = if on.is_empty() { ", and nothing called it" } else { "" };
            for what in spoken_of(&gone, &function.names, &on) {
                hints.push(format!(
                    "function {} still speaks of {what}: it may need a change too{tried}",
                    function.shown
                ));
            }
        }
        for trigger in self.triggers.iter().filter(|trigger| !firing.worked(trigger)) {
            let on = [trigger.relation.name.to_lowercase()].into();
            for what in spoken_of(&gone, &trigger.own_names, &on) {
                hints.push(format!(
                    "trigger {} on {} still speaks of {what}: it may need a change too, and can't be tried, for it fails",
                    trigger.name, trigger.relation
                ));
            }
        }
        hints
    }
}

/// Returns what code with these names mentions among the things that are gone. `on` are tables that the code belongs
/// to.
fn spoken_of(gone: &[(&TableName, Option<&str>)], names: &BTreeSet<String>, on: &BTreeSet<String>) -> Vec<String> {
    let named = gone.iter().filter(|(table, column)| {
        let table = table.name.to_lowercase();
        match column {
            Some(column) => names.contains(&column.to_lowercase()) && (names.contains(&table) || on.contains(&table)),
            None => names.contains(&table),
        }
    });
    named.map(|(table, column)| column.map_or(table.to_string(), |column| format!("{table}.{column}"))).collect()
}

/// Returns the tables and columns that a script drops or renames.
fn gone<'a>(schemas: &Pair<&'a Schema>) -> Vec<(&'a TableName, Option<&'a str>)> {
    let mut gone = Vec::new();
    for (name, before) in &schemas.from.tables {
        match schemas.to.tables.get(name) {
            None => gone.push((name, None)),
            Some(after) => {
                let columns = before.columns.iter().map(|column| column.name.as_str());
                gone.extend(columns.filter(|column| after.column(column).is_none()).map(|column| (name, Some(column))));
            }
        }
    }
    gone
}

/// Returns names and those that the functions among them mention.
fn with_called(names: Vec<String>, functions: &[Function]) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = names.iter().cloned().collect();
    let mut new = names;
    while let Some(name) = new.pop() {
        for function in functions.iter().filter(|function| function.name == name) {
            new.extend(function.names.iter().filter(|name| all.insert((*name).clone())).cloned());
        }
    }
    all
}

/// Returns the expressions that a database computes when rows are written.
fn rules(table: &Table) -> impl Iterator<Item = &str> {
    let generated = table.columns.iter().filter_map(|column| Some(column.generated.as_ref()?.expr.sql.as_str()));
    let rules = table.rules.iter().flat_map(Rule::expressions).map(|expr| expr.sql.as_str());
    generated.chain(rules)
}

/// Returns the events of a trigger, from the words between its name and its table's. Returns all events where the
/// statement can't be read.
fn events(sql: &str, dialect: Dialect) -> BTreeSet<Event> {
    let head = trigger_head(dialect, sql);
    let found: BTreeSet<Event> =
        Event::ALL.into_iter().filter(|event| head.iter().any(|word| word == event.word())).collect();
    if found.is_empty() { Event::ALL.into() } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_stand_between_a_triggers_name_and_its_table() {
        let update: BTreeSet<Event> = [Event::Update].into();
        for (sql, expected) in [
            (
                "CREATE TRIGGER t AFTER INSERT OR DELETE ON public.c FOR EACH ROW EXECUTE FUNCTION f('update')",
                [Event::Insert, Event::Delete].into(),
            ),
            (
                "CREATE TRIGGER IF NOT EXISTS \"insert\" BEFORE UPDATE OF \"on\", n ON c BEGIN DELETE FROM d; END",
                update.clone(),
            ),
            ("CREATE CONSTRAINT TRIGGER t AFTER UPDATE ON c DEFERRABLE FOR EACH ROW EXECUTE FUNCTION f()", update),
            ("not SQL'", Event::ALL.into()),
        ] {
            assert_eq!(events(sql, Dialect::Postgres), expected, "{sql}");
        }
    }
}
