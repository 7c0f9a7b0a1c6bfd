//! Names that are taken beside a part of a schema.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::{Pair, Tables};

/// Names of tables and indexes that are taken beside a part of a schema.
///
/// They are put together when somebody asks for them, which only those who invent names do.
#[derive(Clone, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Reserved {
    /// Names of what wasn't read.
    unread: Arc<BTreeSet<String>>,
    /// Tables from which a part was taken, and that part.
    taken: Vec<Pair<Tables>>,
}

impl Reserved {
    /// Adds names of what wasn't read.
    pub(super) fn extend(&mut self, names: &BTreeSet<String>) {
        if !names.is_subset(&self.unread) {
            Arc::make_mut(&mut self.unread).extend(names.iter().cloned());
        }
    }

    /// Returns what is reserved beside a part of certain tables.
    pub(super) fn beside(&self, all: &Tables, part: &Tables) -> Self {
        let mut taken = self.taken.clone();
        taken.extend((all.len() > part.len()).then(|| Pair::new(all.clone(), part.clone())));
        Self { unread: self.unread.clone(), taken }
    }

    /// Returns the names.
    pub fn names(&self) -> BTreeSet<&str> {
        let mut names: BTreeSet<&str> = self.unread.iter().map(String::as_str).collect();
        for Pair { from: all, to: part } in &self.taken {
            for table in all.values().filter(|table| !part.contains_key(&table.name)) {
                names.extend(table.index_names().chain([table.name.name.as_str()]));
            }
        }
        names
    }
}

/// Shows the names, however they came to be taken.
impl fmt::Debug for Reserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.names().fmt(f)
    }
}

impl PartialEq for Reserved {
    fn eq(&self, other: &Self) -> bool {
        self.names() == other.names()
    }
}

impl Eq for Reserved {}
