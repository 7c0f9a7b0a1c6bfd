//! Tables by name, which schemas share.

use std::collections::{BTreeMap, btree_map};
use std::iter;
use std::ops::Index;
use std::sync::Arc;

use super::{Table, TableName};

/// Tables by name, in the order of their names.
///
/// A copy shares the tables with its original: each until one of the two changes it, all of them until one of the two gains
/// or loses a table. So parts of a schema, and a schema as it is after a change, cost no more than what they differ in.
///
/// ```
/// use autogen::model::{Table, TableName, Tables};
///
/// let name = TableName::new("users");
/// let mut tables = Tables::default();
/// tables.insert(Table::new(name.clone()));
/// let mut copy = tables.clone();
/// assert!(std::ptr::eq(&tables[&name], &copy[&name]));
/// copy.get_mut(&name).unwrap().comment = Some("Who may log in.".to_owned());
/// assert_eq!(tables[&name].comment, None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Tables(Arc<BTreeMap<TableName, Arc<Table>>>);

impl Tables {
    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether there is a table of this name.
    pub fn contains_key(&self, name: &TableName) -> bool {
        self.0.contains_key(name)
    }

    /// Returns the table of this name.
    pub fn get(&self, name: &TableName) -> Option<&Table> {
        self.0.get(name).map(Arc::as_ref)
    }

    /// Returns the table of this name, to change it; its name must stay.
    pub fn get_mut(&mut self, name: &TableName) -> Option<&mut Table> {
        if !self.contains_key(name) {
            return None;
        }
        Arc::make_mut(&mut self.0).get_mut(name).map(Arc::make_mut)
    }

    /// Returns the names.
    pub fn keys(&self) -> btree_map::Keys<'_, TableName, Arc<Table>> {
        self.0.keys()
    }

    /// Returns the tables.
    pub fn values(&self) -> Values<'_> {
        self.0.values().map(Arc::as_ref)
    }

    /// Returns the tables, to change them; their names must stay. Copies those that are shared: what changes only a few
    /// looks for these first.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Table> {
        Arc::make_mut(&mut self.0).values_mut().map(Arc::make_mut)
    }

    /// Returns the tables with their names.
    pub fn iter(&self) -> Iter<'_> {
        self.0.iter().map(|(name, table)| (name, table.as_ref()))
    }

    /// Adds a table under its own name, replacing one of the same name.
    pub fn insert(&mut self, table: Table) {
        Arc::make_mut(&mut self.0).insert(table.name.clone(), Arc::new(table));
    }

    /// Takes out the table of this name.
    pub fn remove(&mut self, name: &TableName) -> Option<Table> {
        if !self.contains_key(name) {
            return None;
        }
        Arc::make_mut(&mut self.0).remove(name).map(Arc::unwrap_or_clone)
    }

    /// Keeps the tables that a condition is true of.
    pub fn retain(&mut self, mut keep: impl FnMut(&TableName, &Table) -> bool) {
        if !self.iter().all(|(name, table)| keep(name, table)) {
            Arc::make_mut(&mut self.0).retain(|name, table| keep(name, table));
        }
    }

    /// Adds all tables of others, which they go on sharing.
    pub fn append(&mut self, others: Self) {
        if self.is_empty() {
            *self = others;
        } else {
            Arc::make_mut(&mut self.0).extend(Arc::unwrap_or_clone(others.0));
        }
    }

    /// Returns the tables of these names that there are, shared with these.
    #[must_use]
    pub fn part<'a>(&self, names: impl IntoIterator<Item = &'a TableName>) -> Self {
        let found = names.into_iter().filter_map(|name| self.0.get_key_value(name));
        Self(Arc::new(found.map(|(name, table)| (name.clone(), table.clone())).collect()))
    }

    /// Returns the tables themselves.
    pub fn into_values(self) -> impl Iterator<Item = Table> {
        Arc::unwrap_or_clone(self.0).into_values().map(Arc::unwrap_or_clone)
    }
}

/// The tables of [`Tables::values`].
pub type Values<'a> = iter::Map<btree_map::Values<'a, TableName, Arc<Table>>, fn(&'a Arc<Table>) -> &'a Table>;

/// The tables of [`Tables::iter`].
pub type Iter<'a> = iter::Map<
    btree_map::Iter<'a, TableName, Arc<Table>>,
    fn((&'a TableName, &'a Arc<Table>)) -> (&'a TableName, &'a Table),
>;

impl Index<&TableName> for Tables {
    type Output = Table;

    fn index(&self, name: &TableName) -> &Table {
        &self.0[name]
    }
}

impl<'a> IntoIterator for &'a Tables {
    type Item = (&'a TableName, &'a Table);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl FromIterator<Table> for Tables {
    fn from_iter<I: IntoIterator<Item = Table>>(tables: I) -> Self {
        Self(Arc::new(tables.into_iter().map(|table| (table.name.clone(), Arc::new(table))).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(names: &[&str]) -> Tables {
        names.iter().map(|name| Table::new(TableName::new(*name))).collect()
    }

    #[test]
    fn a_part_shares_its_tables_and_changes_alone() {
        let all = tables(&["a", "b", "c"]);
        let [a, z] = ["a", "z"].map(TableName::new);
        let mut part = all.part([&a, &z]);
        assert_eq!(part.keys().collect::<Vec<_>>(), [&a]);
        assert!(std::ptr::eq(&all[&a], &part[&a]));
        part.get_mut(&a).expect("is there").unmodelled.push("x".to_owned());
        assert!(all[&a].unmodelled.is_empty());
    }

    #[test]
    fn what_changes_nothing_goes_on_sharing_the_map() {
        let all = tables(&["a", "b"]);
        let mut copy = all.clone();
        copy.retain(|_, _| true);
        assert!(copy.remove(&TableName::new("z")).is_none() && copy.get_mut(&TableName::new("z")).is_none());
        assert!(Arc::ptr_eq(&all.0, &copy.0));
        copy.retain(|name, _| name.name == "a");
        assert_eq!((all.len(), copy.len()), (2, 1));
    }
}
