//! The rows that a world has put into its database, and whether they are still there. A row is known by its
//! table's number and its key; a value by its column's number, whatever the two are called by now.

use std::collections::BTreeMap;

use autogen_engine::dialect::Dialect;

use super::draw::Draw;
use super::live::Live;
use super::models::{Column, Id, Key, Kind, Models, Table};

/// What a value belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// SQLite's number of the row, where the key isn't that number.
    Rowid,
    Column(Id),
    /// A column that somebody added by hand.
    ByHand(String),
}

/// A table's rows by their keys.
type Found = BTreeMap<String, BTreeMap<Field, String>>;

/// All rows that there should be.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    tables: BTreeMap<Id, Found>,
    /// Rows made so far, so that no two are alike.
    made: u64,
    pub refused: usize,
    pub last_refusal: String,
}

impl Rows {
    pub fn count(&self) -> usize {
        self.tables.values().map(BTreeMap::len).sum()
    }

    /// Inserts rows into a table; what the database refuses isn't there.
    pub fn insert(&mut self, live: &mut Live, models: &Models, table: &Table, draw: &mut Draw) -> Vec<String> {
        let mut done = Vec::new();
        for _ in 0..1 + draw.below(3) {
            self.made += 1;
            let sql = self.statement(live, models, table, draw);
            match live.execute(&sql) {
                Ok(()) => done.push(sql),
                Err(error) => {
                    self.refused += 1;
                    self.last_refusal = format!("{sql}: {error}");
                }
            }
        }
        done
    }

    /// Gives one column of all rows another value, where the database takes it.
    pub fn update(&self, live: &mut Live, models: &Models, table: &Table, draw: &mut Draw) -> Option<String> {
        let column = draw.pick(&table.columns)?;
        let value = self.value(live.dialect, models, column, draw).unwrap_or_else(|| "NULL".to_owned());
        let sql = format!("UPDATE {} SET {} = {value}", live.quoted(&table.name), live.quoted(&column.name));
        live.execute(&sql).ok().map(|()| sql)
    }

    fn statement(&self, live: &Live, models: &Models, table: &Table, draw: &mut Draw) -> String {
        let (mut names, mut values) = (Vec::new(), Vec::new());
        match table.key {
            // A number that a sequence is still to give would be in its way.
            Key::Number { auto: true } if live.dialect == Dialect::Postgres || draw.chance(50) => {}
            Key::Number { .. } => {
                names.push(live.quoted("id"));
                values.push((self.made + 1000).to_string());
            }
            Key::Code => {
                names.push(live.quoted("code"));
                values.push(format!("'k{}'", self.made));
            }
        }
        for column in &table.columns {
            let value = self.value(live.dialect, models, column, draw);
            if let Some(value) = value {
                names.push(live.quoted(&column.name));
                values.push(value);
            }
        }
        let name = live.quoted(&table.name);
        match (names.is_empty(), live.dialect) {
            (true, Dialect::Mysql) => format!("INSERT INTO {name} VALUES ()"),
            (true, Dialect::Sqlite | Dialect::Postgres) => format!("INSERT INTO {name} DEFAULT VALUES"),
            (false, _) => format!("INSERT INTO {name} ({}) VALUES ({})", names.join(", "), values.join(", ")),
        }
    }

    /// A literal, or none where the row says nothing.
    fn value(&self, dialect: Dialect, models: &Models, column: &Column, draw: &mut Draw) -> Option<String> {
        if (column.nullable || column.default.is_some()) && draw.chance(25) {
            return None;
        }
        if let Some(parent) = &column.parent {
            let keys: Vec<&String> = self.tables.get(&parent.table)?.keys().collect();
            return draw.pick(&keys).map(|key| (*key).clone());
        }
        let number = if column.unique { self.made } else { draw.number() % 90 };
        let texts = ["plain", "it''s", "größer", "a?b", "two  blanks", "tail ", "A", "a", ""];
        let text = draw.pick(&texts).expect("there are texts");
        Some(match column.kind {
            Kind::Small | Kind::Int => number.to_string(),
            Kind::Big if draw.chance(10) => (9_000_000_000 + number).to_string(),
            Kind::Big => number.to_string(),
            Kind::Double => format!("{number}.5"),
            Kind::Decimal(..) => format!("{number}.25"),
            Kind::Bool if dialect == Dialect::Postgres => (number % 2 == 0).to_string(),
            Kind::Bool => (number % 2).to_string(),
            Kind::Text | Kind::Varchar(_) if column.unique => format!("'u{number}'"),
            Kind::Text | Kind::Varchar(_) => format!("'{text}'"),
            Kind::Stamp => format!("'2026-01-02 03:{:02}:05'", number % 60),
            Kind::Enum(id) => {
                let found = models.enumeration(id)?;
                format!("'{}'", draw.pick(&found.values)?.name.replace('\'', "''"))
            }
        })
    }

    /// Compares what should be there with what is, and says what is lost.
    pub fn compare(&self, live: &mut Live, models: &Models, by_hand: &ByHand) -> Result<(), String> {
        for table in &models.tables {
            let Some(expected) = self.tables.get(&table.id) else { continue };
            let found = observe(live, models, table, by_hand.get(&table.id))?;
            for (key, row) in expected {
                let Some(now) = found.get(key) else {
                    return Err(format!("{}: the row {key} is gone: {row:?}", table.name));
                };
                for (field, value) in row {
                    let Some(is) = now.get(field) else { continue };
                    if !is_same(value, is, field, models, table) {
                        let name = match field {
                            Field::Column(id) => table.column(*id).map_or("?", |column| &column.name),
                            Field::Rowid => "rowid",
                            Field::ByHand(name) => name,
                        };
                        return Err(format!("{}.{name} of row {key} was {value} and is {is}", table.name));
                    }
                }
            }
            if let Some(key) = found.keys().find(|key| !expected.contains_key(*key)) {
                return Err(format!("{}: nobody made the row {key}", table.name));
            }
        }
        Ok(())
    }

    /// Takes what is there for what should be from now on.
    pub fn absorb(&mut self, live: &mut Live, models: &Models, by_hand: &ByHand) -> Result<(), String> {
        let mut tables = BTreeMap::new();
        for table in &models.tables {
            tables.insert(table.id, observe(live, models, table, by_hand.get(&table.id))?);
        }
        self.tables = tables;
        Ok(())
    }
}

/// Columns that somebody added by hand, by table.
pub type ByHand = BTreeMap<Id, Vec<String>>;

/// A table's rows. The values of enumerated types are named by their numbers.
fn observe(live: &mut Live, models: &Models, table: &Table, by_hand: Option<&Vec<String>>) -> Result<Found, String> {
    let mut fields: Vec<(Field, String)> = Vec::new();
    if live.dialect == Dialect::Sqlite && table.key == Key::Code {
        fields.push((Field::Rowid, "rowid".to_owned()));
    }
    fields.extend(table.columns.iter().map(|column| (Field::Column(column.id), live.quoted(&column.name))));
    let by_hand = by_hand.into_iter().flatten();
    fields.extend(by_hand.map(|name| (Field::ByHand(name.clone()), live.quoted(name))));
    let names: Vec<String> =
        [live.quoted(table.key.name())].into_iter().chain(fields.iter().map(|(_, name)| name.clone())).collect();
    let rows = live.query(&format!("SELECT {} FROM {}", names.join(", "), live.quoted(&table.name)))?;
    let mut found = Found::new();
    for row in rows {
        let mut values = row.split(" | ").map(str::to_owned);
        let key = values.next().unwrap_or_default();
        let values = fields.iter().map(|(field, _)| field.clone()).zip(values);
        let numbered = values.map(|(field, value)| {
            let value = number_of(models, table, &field, &value).unwrap_or(value);
            (field, value)
        });
        found.insert(key, numbered.collect());
    }
    Ok(found)
}

/// What stands for an enumerated value: its number.
fn number_of(models: &Models, table: &Table, field: &Field, literal: &str) -> Option<String> {
    let Field::Column(id) = field else { return None };
    let Kind::Enum(id) = table.column(*id)?.kind else { return None };
    let name = literal.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'");
    let value = models.enumeration(id)?.values.iter().find(|value| value.name == name)?;
    Some(format!("#{}", value.id))
}

/// Whether a value is what it was, though perhaps of another type now.
fn is_same(was: &str, is: &str, field: &Field, models: &Models, table: &Table) -> bool {
    if was == is {
        return true;
    }
    let column = match field {
        Field::Column(id) => table.column(*id),
        Field::Rowid | Field::ByHand(_) => None,
    };
    if was == "NULL" {
        // What becomes required is filled.
        return column.is_some_and(|column| !column.nullable);
    }
    // A value of an enumerated type that has become a text, under the name that it had or has.
    if let Some(number) = was.strip_prefix('#') {
        return name_of(models, number).is_none_or(|name| is.trim_matches('\'') == name);
    }
    // A text that is one of the type's values again, which a downgrade has brought back.
    if let Some(number) = is.strip_prefix('#') {
        return name_of(models, number).is_some_and(|name| was.trim_matches('\'') == name);
    }
    let bare = |value: &str| match value.trim_matches('\'') {
        "true" => "1".to_owned(),
        "false" => "0".to_owned(),
        text => text.to_owned(),
    };
    let (was, is) = (bare(was), bare(is));
    match (was.parse::<f64>(), is.parse::<f64>()) {
        (Ok(was), Ok(is)) => (was - is).abs() < 1e-9,
        _ => was == is,
    }
}

/// The name of an enumerated value, as a literal has it.
fn name_of(models: &Models, number: &str) -> Option<String> {
    let mut values = models.enums.iter().flat_map(|found| &found.values);
    values.find(|value| value.id.to_string() == number).map(|value| value.name.replace('\'', "''"))
}
