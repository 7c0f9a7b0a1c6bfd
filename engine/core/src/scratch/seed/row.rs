//! One row in preparation: values, and for every foreign key the row of the parent that it means.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::TableName;

use super::random::Random;
use super::table_seeder::{Key, Row, TableSeeder};
use super::{NULL_ROW, ROWS};

const NULL: &str = "NULL";

/// Where a foreign key points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// Nowhere.
    Null,
    /// At the parent's row of this number, or one of the others if there aren't so many.
    Row(usize),
}

/// A row before its keys are looked up.
pub(super) struct Draft {
    plain: Row,
    /// By key.
    choices: Vec<Choice>,
}

impl Draft {
    /// Creates the draft of the row with this number, as it would be if nothing forbade it.
    pub(super) fn new(seeder: &TableSeeder<'_>, number: usize) -> Self {
        let choice = |key: &Key<'_>| {
            if number == NULL_ROW && key.nullable.is_some() {
                Choice::Null
            } else if key.parent == seeder.table.name {
                // The first row can reference only itself, and each other row the one before.
                Choice::Row(number.saturating_sub(1))
            } else {
                Choice::Row(number)
            }
        };
        Self { plain: seeder.plain(number), choices: seeder.keys.iter().map(choice).collect() }
    }

    /// Changes something that a refusal is about.
    pub(super) fn change(
        &mut self,
        seeder: &TableSeeder<'_>,
        blamed: &BTreeSet<String>,
        rows: &BTreeMap<TableName, Vec<Row>>,
        random: &mut Random,
    ) {
        let in_key = |column: &str| seeder.keys.iter().any(|key| key.columns.iter().any(|own| own == column));
        let plain: Vec<_> =
            seeder.columns.iter().filter(|column| blamed.contains(&column.name) && !in_key(&column.name)).collect();
        let keys: Vec<usize> = (0..seeder.keys.len())
            .filter(|key| seeder.keys[*key].columns.iter().any(|column| blamed.contains(column)))
            .collect();
        let at_least = random.below(plain.len() + keys.len());
        for (at, column) in plain.iter().enumerate() {
            if at == at_least || random.coin() {
                let pool = seeder.pool(&column.name);
                // The position after the pool's end stands for NULL, where that is allowed.
                let pick = random.below(pool.len() + usize::from(column.nullable));
                let value = pool.get(pick).map_or(NULL, String::as_str);
                self.plain.insert(column.name.clone(), value.to_owned());
            }
        }
        for (at, key) in keys.into_iter().enumerate() {
            if plain.len() + at == at_least || random.coin() {
                let parent = &seeder.keys[key].parent;
                let own = usize::from(*parent == seeder.table.name);
                let count = rows.get(parent).map_or(ROWS, Vec::len) + own;
                let pick = random.below(count + usize::from(seeder.keys[key].nullable.is_some()));
                self.choices[key] = if pick < count { Choice::Row(pick) } else { Choice::Null };
            }
        }
    }

    /// Returns the row with every foreign key pointing at its chosen row, as far as keys with shared columns agree.
    ///
    /// # Errors
    /// Returns which key can't reference anything.
    pub(super) fn resolve(
        &self,
        seeder: &TableSeeder<'_>,
        parent_rows: impl Fn(&TableName) -> Vec<Row>,
        postponed: impl Fn(&TableName) -> bool,
    ) -> Result<Row, String> {
        let mut row = self.plain.clone();
        let mut fixed: BTreeSet<&str> = BTreeSet::new();
        // Keys that reference a row come first. A key that references nothing uses a remaining column.
        let (mut pointing, mut null): (Vec<_>, Vec<_>) = (Vec::new(), Vec::new());
        for (key, choice) in seeder.keys.iter().zip(&self.choices) {
            match choice {
                Choice::Row(_) if postponed(&key.parent) && key.nullable.is_some() => null.push(key),
                Choice::Row(number) => pointing.push((key, *number)),
                Choice::Null => null.push(key),
            }
        }
        for (key, number) in pointing {
            let mut parents = parent_rows(&key.parent);
            if key.parent == seeder.table.name {
                parents.push(row.clone());
            }
            let fitting: Vec<Vec<String>> =
                parents.iter().filter_map(|parent| target(key, parent, &row, &fixed)).collect();
            match fitting.get(number).or_else(|| fitting.get(number.checked_rem(fitting.len())?)) {
                Some(values) => {
                    for (column, value) in key.columns.iter().zip(values) {
                        row.insert(column.clone(), value.clone());
                        fixed.insert(column);
                    }
                }
                None if key.nullable.is_some() => null.push(key),
                None => {
                    return Err(format!(
                        "its required key ({}) finds no row in {}",
                        key.columns.join(", "),
                        key.parent
                    ));
                }
            }
        }
        for key in null {
            let nullable = |column: &&String| {
                !fixed.contains(column.as_str()) && seeder.table.column(column).is_some_and(|column| column.nullable)
            };
            for column in key.columns.iter().filter(nullable) {
                row.insert(column.clone(), NULL.to_owned());
            }
        }
        Ok(row)
    }
}

/// Returns the values that reference a parent's row. Returns `None` if that row has a NULL there, or if the columns
/// are already bound to other values.
fn target(key: &Key<'_>, parent: &Row, row: &Row, fixed: &BTreeSet<&str>) -> Option<Vec<String>> {
    if key.columns.len() != key.parent_columns.len() {
        return None;
    }
    let values: Vec<String> =
        key.parent_columns.iter().map(|column| parent.get(column).cloned()).collect::<Option<_>>()?;
    let free = |(column, value): (&String, &String)| {
        value != NULL && (!fixed.contains(column.as_str()) || row.get(column) == Some(value))
    };
    key.columns.iter().zip(&values).all(free).then_some(values)
}
