//! Rows for tables that have none: values that are easily lost, children for every foreign key, NULL wherever it may
//! be.
//!
//! Everything is deterministic: the same schema always gets the same rows. Where a rule refuses a row, a search
//! changes what the refusal is about and tries again, a bounded number of times. A table for which that finds nothing
//! stays empty, and the reason is reported.

mod order;
mod probe;
mod random;
mod row;
mod table_seeder;
#[cfg(test)]
mod tests;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use crate::database::Database;
use crate::dialect::Dialect;
use crate::error::{Code, Error, Result};
use crate::model::{BystanderKind, Schema, TableName};

use super::ask;
use order::groups;
pub(super) use probe::{Probe, guard_message};
use random::Random;
use row::Draft;
pub(in crate::scratch) use table_seeder::{Row, TableSeeder};

/// How many rows a table gets.
const ROWS: usize = 3;
/// The row with NULL wherever it may be.
const NULL_ROW: usize = 2;
/// How often a search for one row tries.
const TRIES: usize = 300;

/// Fills the tables of a database that has no rows. Tables in `empty` stay empty, for the reason given there. Returns
/// why each table that has no rows afterwards has none.
///
/// # Errors
/// `scratch-failed` when the database refuses a transaction.
pub(super) fn seed(
    database: &mut Database,
    schema: &Schema,
    probes: &[Probe],
    empty: &BTreeMap<TableName, String>,
) -> Result<BTreeMap<TableName, String>> {
    let dialect = database.dialect();
    let schema = &with_required_keys(schema);
    let seeders: BTreeMap<&TableName, TableSeeder<'_>> =
        schema.tables.iter().map(|(name, table)| (name, TableSeeder::new(table, schema, probes, dialect))).collect();
    let keys = seeders.iter().flat_map(|(name, seeder)| seeder.keys.iter().map(move |key| (*name, &key.parent)));
    let guarded = probes.iter().flat_map(|probe| wanted_parents(probe, schema, dialect));
    let order: Vec<Vec<TableName>> = groups(schema.tables.keys(), keys.chain(guarded))
        .into_iter()
        .map(|group| group.into_iter().cloned().collect())
        .collect();
    let seeders = seeders.into_iter().map(|(name, seeder)| (name.clone(), seeder)).collect();
    let triggers = schema.bystanders.iter().filter(|object| object.kind == BystanderKind::Trigger);
    let triggered = triggers.filter_map(|trigger| trigger.table.clone()).collect();
    let mut gardener =
        Gardener { database, probes, seeders, triggered, rows: BTreeMap::new(), reasons: BTreeMap::new() };
    for group in order {
        gardener.plant(&group, empty).map_err(|cause| {
            Error::new(Code::ScratchFailed, format!("a scratch database can't be filled with rows: {cause}"))
                .help("this is a fault of autogen; please report it with the definitions of the table")
                .caused_by(cause)
        })?;
    }
    Ok(gardener.reasons)
}

/// Returns the schema with required primary keys. SQLite may allow NULL in a primary key, but no program means to
/// store such a row.
fn with_required_keys(schema: &Schema) -> Schema {
    let mut schema = schema.clone();
    for table in schema.tables.values_mut() {
        let Some(key) = &table.primary_key else { continue };
        for column in table.columns.iter_mut().filter(|column| key.columns.contains(&column.name)) {
            column.nullable = false;
        }
    }
    schema
}

/// Returns the pairs of tables for which a guard over several tables needs rows. Such a guard looks for rows of the
/// first table that have no row in another one.
fn wanted_parents<'a>(probe: &Probe, schema: &'a Schema, dialect: Dialect) -> Vec<(&'a TableName, &'a TableName)> {
    let found = |name: &String| Some(&table_seeder::parent(schema, &TableName::new(name.clone()), dialect)?.name);
    let tables: Vec<&TableName> = probe.tables().iter().filter_map(found).collect();
    match tables.as_slice() {
        [first, others @ ..] => others.iter().map(|other| (*first, *other)).collect(),
        [] => Vec::new(),
    }
}

struct Gardener<'a> {
    database: &'a mut Database,
    probes: &'a [Probe],
    seeders: BTreeMap<TableName, TableSeeder<'a>>,
    /// Tables whose triggers may write to others.
    triggered: BTreeSet<TableName>,
    /// What was planted so far.
    rows: BTreeMap<TableName, Vec<Row>>,
    reasons: BTreeMap<TableName, String>,
}

/// Why a row isn't taken.
struct Refusal {
    message: String,
    /// The columns that it is about; none, if no value could help.
    blamed: BTreeSet<String>,
}

impl Gardener<'_> {
    /// Fills tables that need one another, or a single table that needs only existing rows.
    fn plant(&mut self, group: &[TableName], empty: &BTreeMap<TableName, String>) -> diesel::QueryResult<()> {
        let is_cycle = group.len() > 1;
        ask::begin(self.database, is_cycle)?;
        for name in group {
            if let Some(why) = empty.get(name) {
                self.reasons.insert(name.clone(), why.clone());
                continue;
            }
            self.offer_parents(name);
            let why = self.fill(name, group);
            if self.rows.get(name).is_none_or(Vec::is_empty) {
                self.reasons.insert(name.clone(), why.unwrap_or_else(|| "no row was found for it".to_owned()));
            }
        }
        for name in group {
            self.close_cycle(name, group);
            let numbered = self.seeders[name].table.columns.iter().any(|column| column.auto_increment);
            if numbered {
                ask::skip_numbers(self.database, name)?;
            }
        }
        let dangling = if is_cycle { self.dangling(group) } else { None };
        let committed = match dangling {
            Some(why) => Err(why),
            None => self.database.execute("COMMIT").map_err(|cause| cause.to_string()),
        };
        if let Err(why) = committed {
            self.database.execute("ROLLBACK")?;
            for name in group {
                self.rows.remove(name);
                self.reasons.entry(name.clone()).or_insert_with(|| one_line(&why));
            }
        }
        Ok(())
    }

    /// Lets a table's columns try the values of other tables that its guards mention.
    fn offer_parents(&mut self, name: &TableName) {
        let Some(mut seeder) = self.seeders.remove(name) else { return };
        for probe in self.probes.iter().filter(|probe| probe.concerns(name)) {
            for (other, rows) in &self.rows {
                if !probe.concerns(other) {
                    continue;
                }
                let values: Vec<String> = rows
                    .iter()
                    .flatten()
                    .filter(|(column, value)| probe.mentions(column) && *value != "NULL")
                    .map(|(_, value)| value.clone())
                    .collect();
                let columns: Vec<&str> = seeder.columns.iter().map(|column| column.name.as_str()).collect();
                for column in columns.into_iter().filter(|column| probe.mentions(column)) {
                    seeder.offer(column, values.clone());
                }
            }
        }
        self.seeders.insert(name.clone(), seeder);
    }

    /// Plants a table's rows. Returns why the last one that failed did.
    fn fill(&mut self, name: &TableName, group: &[TableName]) -> Option<String> {
        let mut why = None;
        for number in 0..ROWS {
            match self.search(name, number, group) {
                Ok(row) => self.rows.entry(name.clone()).or_default().push(row),
                Err(refusal) => {
                    why = Some(one_line(&refusal.message));
                    if refusal.blamed.is_empty() {
                        break;
                    }
                }
            }
        }
        why
    }

    fn search(&mut self, name: &TableName, number: usize, group: &[TableName]) -> Result<Row, Refusal> {
        let dialect = self.database.dialect();
        let mut random = Random::new(&name.name, number);
        let mut draft = Draft::new(&self.seeders[name], number);
        let mut tries = 0;
        loop {
            let row = self.resolved(name, &draft, group)?;
            let Err(refusal) = self.insert(name, &row, dialect) else { return Ok(row) };
            tries += 1;
            if tries == TRIES || refusal.blamed.is_empty() {
                return Err(refusal);
            }
            draft.change(&self.seeders[name], &refusal.blamed, &self.rows, &mut random);
        }
    }

    /// Returns a draft's row, with its foreign keys pointing at existing rows.
    fn resolved(&self, name: &TableName, draft: &Draft, group: &[TableName]) -> Result<Row, Refusal> {
        let parent_rows = |parent: &TableName| -> Vec<Row> {
            match self.rows.get(parent) {
                Some(rows) if !rows.is_empty() => rows.clone(),
                // Within a cycle one table has to be first. Its keys reference the rows that the others are going to
                // get.
                Some(_) | None if parent != name && group.contains(parent) && !self.reasons.contains_key(parent) => {
                    (0..ROWS).map(|number| self.seeders[parent].plain(number)).collect()
                }
                Some(_) | None => Vec::new(),
            }
        };
        let postponed = |parent: &TableName| {
            parent != name && group.contains(parent) && self.rows.get(parent).is_none_or(Vec::is_empty)
        };
        draft
            .resolve(&self.seeders[name], parent_rows, postponed)
            .map_err(|message| Refusal { message, blamed: BTreeSet::new() })
    }

    fn insert(&mut self, name: &TableName, row: &Row, dialect: Dialect) -> Result<(), Refusal> {
        let (columns, values): (Vec<&str>, Vec<&str>) =
            row.iter().map(|(column, value)| (column.as_str(), value.as_str())).unzip();
        let statement = ask::insertion(dialect, name, &columns, &values);
        let has_triggers = self.triggered.contains(name);
        let probes = self.probes.iter().filter(|probe| has_triggers || probe.concerns(name)).collect::<Vec<_>>();
        let refused = |cause: diesel::result::Error| {
            let message = cause.to_string();
            let blamed = self.seeders[name].blamed(&message, dialect).into_iter().map(str::to_owned).collect();
            Refusal { message, blamed }
        };
        let rolled_back =
            |cause: diesel::result::Error| Refusal { message: cause.to_string(), blamed: BTreeSet::new() };
        self.database.execute("SAVEPOINT autogen_row").map_err(rolled_back)?;
        let mut outcome = self.database.execute(&statement).map_err(refused);
        for probe in probes {
            if outcome.is_ok()
                && let Some(message) = probe.refuses(self.database)
            {
                let message = format!("no seeded row meets what up.sql asks for: {message}");
                let columns = self.seeders[name].columns.iter().map(|column| &column.name);
                outcome =
                    Err(Refusal { message, blamed: columns.filter(|name| probe.mentions(name)).cloned().collect() });
            }
        }
        let end = if outcome.is_ok() { "" } else { "ROLLBACK TO SAVEPOINT autogen_row; " };
        self.database.execute(&format!("{end}RELEASE SAVEPOINT autogen_row")).map_err(rolled_back)?;
        outcome
    }

    /// Points keys that were left NULL at rows that came later.
    fn close_cycle(&mut self, name: &TableName, group: &[TableName]) {
        let facts = self.database.dialect().facts();
        let seeder = &self.seeders[name];
        let Some(primary) = &seeder.table.primary_key else { return };
        let mut rows = self.rows.remove(name).unwrap_or_default();
        for (number, row) in rows.iter_mut().enumerate().filter(|(number, _)| *number != NULL_ROW) {
            for key in seeder.keys.iter().filter(|key| key.parent != *name && group.contains(&key.parent)) {
                let is_open = key.columns.iter().any(|column| row.get(column).is_some_and(|value| value == "NULL"));
                let parents = self.rows.get(&key.parent).map(Vec::as_slice).unwrap_or_default();
                let parent = parents.get(number).or_else(|| parents.first());
                let Some(parent) = parent.filter(|_| is_open) else { continue };
                let values: Option<Vec<&String>> = key.parent_columns.iter().map(|column| parent.get(column)).collect();
                let Some(values) = values.filter(|values| values.len() == key.columns.len()) else { continue };
                let set: Vec<_> = key
                    .columns
                    .iter()
                    .zip(&values)
                    .map(|(column, value)| format!("{} = {value}", facts.quoted(column)))
                    .collect();
                let own: Option<Vec<String>> = primary
                    .columns
                    .iter()
                    .map(|column| Some(format!("{} = {}", facts.quoted(column), row.get(column)?)))
                    .collect();
                let Some(own) = own else { continue };
                let table = facts.quoted_table(name);
                let update = format!("UPDATE {table} SET {} WHERE {}", set.join(", "), own.join(" AND "));
                // A rule may forbid it. The row then keeps its NULL, which is just as good.
                let savepoint = |end| format!("{end} autogen_row");
                let tried =
                    self.database.execute(&savepoint("SAVEPOINT")).and_then(|()| self.database.execute(&update));
                let concerned = self.probes.iter().filter(|probe| probe.concerns(name));
                let taken = tried.is_ok() && concerned.into_iter().all(|probe| probe.refuses(self.database).is_none());
                if taken {
                    for (column, value) in key.columns.iter().zip(values) {
                        row.insert(column.clone(), value.clone());
                    }
                } else {
                    let _ = self.database.execute(&savepoint("ROLLBACK TO SAVEPOINT"));
                }
                let _ = self.database.execute(&savepoint("RELEASE SAVEPOINT"));
            }
        }
        self.rows.insert(name.clone(), rows);
    }

    /// Describes a row that still references nothing in a cycle.
    fn dangling(&mut self, group: &[TableName]) -> Option<String> {
        let orphans = ask::orphans(self.database).unwrap_or_default();
        let own = |child: &String| group.iter().any(|name| name.name.eq_ignore_ascii_case(child));
        let (child, parent, _) = orphans.into_iter().find(|(child, ..)| own(child))?;
        Some(format!("it is in a cycle of required keys: no row of {child} was found that has its row of {parent}"))
    }
}

/// Returns a message as one line, for a place that has only one.
pub(super) fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
