//! The names of what a database has, and its dependencies: enough to tell which part of it a question is about.
//!
//! Reading tables costs time for each of them, and so does recreating them for a proof. A question about one plugin
//! concerns few tables: its own, those that reference or read them, and what all of these need. No column is read to
//! find that out.

mod mysql;
mod postgres;
mod sqlite;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text};
use tracing::debug_span;
use tracing::field::Empty;

use super::STATE_TABLES;
use crate::database::Database;
use crate::database::refused;
use crate::dialect::Dialect;
use crate::error::{Code, Result};
use crate::model::{TableName, Unread};

/// A line of what a catalog says. Every dialect's query returns such lines.
#[derive(Debug, QueryableByName)]
struct Row {
    /// The kind of line:
    ///
    /// * `table`
    /// * `relation`: a view, a sequence, a part of a table
    /// * `free`: a function or a type, which may stand for itself
    /// * `watched`: a relation that the database looks at whatever is changed
    /// * `name`: a name taken by a part of something
    /// * `key`: a foreign key
    /// * `need`: any other dependency
    #[diesel(sql_type = Text)]
    kind: String,
    /// What identifies it. For a name, a key or a need: what it is a part of.
    #[diesel(sql_type = Text)]
    id: String,
    /// Its schema, where that isn't the default one. For a key or a need: what it depends on.
    #[diesel(sql_type = Nullable<Text>)]
    other: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
    /// Text that may contain names of other objects, where the catalog itself doesn't list them.
    #[diesel(sql_type = Nullable<Text>)]
    text: Option<String>,
}

/// The names of all that a database has, and what depends on what.
#[derive(Debug, Default)]
pub struct Outline {
    things: BTreeMap<String, Thing>,
    /// From each dependent object to what it depends on.
    links: Vec<Link>,
    /// Names of parts (indexes, keys), with what they are parts of.
    names: Vec<(String, String)>,
}

#[derive(Debug)]
struct Thing {
    name: TableName,
    is_table: bool,
    is_relation: bool,
    is_watched: bool,
}

#[derive(Debug)]
struct Link {
    from: String,
    to: String,
    is_key: bool,
}

/// A part of a database: some relations with all that they need. Everything else is in it by name only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogSubset {
    /// Ids of relations and of what else is in it, as the dialect's queries have them.
    inside: BTreeSet<String>,
    /// What else there is.
    pub unread: Unread,
}

impl CatalogSubset {
    /// Returns the condition that selects the catalog rows about this part. `of` is the column or expression that
    /// identifies an object there, and `letter` is the first letter of the ids of its kind.
    pub(crate) fn condition(&self, dialect: Dialect, letter: char, of: &str) -> String {
        let ids = self.inside.iter().filter_map(|id| id.strip_prefix(letter));
        match dialect {
            Dialect::Sqlite => sqlite::condition(ids, of),
            Dialect::Postgres => postgres::condition(ids, of),
            Dialect::Mysql => mysql::condition(ids, of),
        }
    }
}

/// Lists what a database has, in one query.
///
/// ```
/// use autogen_engine::database::Database;
/// use autogen_engine::dialect::Dialect;
/// use autogen_engine::introspect::outline;
/// use autogen_engine::model::TableName;
///
/// let mut database = Database::scratch(Dialect::Sqlite).unwrap();
/// database
///     .execute("CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (a REFERENCES a); CREATE TABLE c (id)")
///     .unwrap();
/// let part = outline(&mut database).unwrap().part(|name| name.name == "b", |_| false);
/// assert_eq!(part.unread.tables.into_iter().collect::<Vec<_>>(), [TableName::new("c")]);
/// ```
///
/// # Errors
/// `can't-introspect` when the database refuses the query.
pub fn outline(database: &mut Database) -> Result<Outline> {
    let span = debug_span!("outline", dialect = database.dialect().name(), queries = Empty, things = Empty);
    let _entered = span.enter();
    let (rows, queries) = database.counting(|database| match database {
        Database::Sqlite(connection) => sqlite::rows(connection),
        Database::Postgres(database) => postgres::rows(database),
        Database::Mysql(connection) => mysql::rows(connection),
    });
    span.record("queries", queries);
    let rows = rows.map_err(|cause| {
        let help = "check that you may read the system catalog, and that no time limit is too short";
        refused(Code::CantIntrospect, format!("the names in the database can't be read: {cause}"), help, cause)
    })?;
    let outline = Outline::of(rows);
    span.record("things", outline.things.len());
    Ok(outline)
}

impl Outline {
    fn of(rows: Vec<Row>) -> Self {
        let mut outline = Self::default();
        let mut texts = Vec::new();
        for row in rows {
            let (id, other) = (row.id, row.other);
            match row.kind.as_str() {
                "name" => outline.names.extend(row.name.map(|name| (id.clone(), name))),
                kind @ ("key" | "need") => {
                    let is_key = kind == "key";
                    outline.links.extend(other.map(|to| Link { from: id.clone(), to, is_key }));
                }
                kind => {
                    let name = TableName { schema: other, name: row.name.unwrap_or_default() };
                    let thing = Thing {
                        name,
                        is_table: kind == "table",
                        is_relation: kind != "free",
                        is_watched: kind == "watched",
                    };
                    outline.things.insert(id.clone(), thing);
                }
            }
            texts.extend(row.text.map(|text| (id, text)));
        }
        outline.read(&texts);
        outline
    }

    /// Finds names in texts. A word that only looks like a name does no harm: it makes the part larger than
    /// necessary.
    fn read(&mut self, texts: &[(String, String)]) {
        let mut plain: BTreeMap<String, Vec<&String>> = BTreeMap::new();
        let mut odd: Vec<(&String, String)> = Vec::new();
        for (id, thing) in &self.things {
            let name = thing.name.name.to_lowercase();
            if name.chars().all(is_of_word) {
                plain.entry(name).or_default().push(id);
            } else {
                odd.push((id, name));
            }
        }
        let mut links = Vec::new();
        for (from, text) in texts {
            let text = text.to_lowercase();
            let words: BTreeSet<&str> = text.split(|letter| !is_of_word(letter)).collect();
            let named = words.iter().filter_map(|word| plain.get(*word)).flatten().copied();
            let quoted = odd.iter().filter(|(_, name)| text.contains(name)).map(|(id, _)| *id);
            for to in named.chain(quoted).filter(|to| *to != from) {
                links.push(Link { from: from.clone(), to: to.clone(), is_key: false });
            }
        }
        self.links.extend(links);
    }

    /// Returns the part of the database that is affected by changes to `owned` objects: these, whatever depends on
    /// them, and everything that all of these need. Adds the `mentioned` objects with everything that they need.
    ///
    /// A table with a foreign key to an owned table is included, because the key may have to be dropped and restored.
    /// Objects that depend on that table aren't affected by this. Types and functions are included too, unless they
    /// need a relation that isn't: a definition may speak of them.
    pub fn part(&self, owned: impl Fn(&TableName) -> bool, mentioned: impl Fn(&TableName) -> bool) -> CatalogSubset {
        let mut above = self.named(|thing| owned(&thing.name));
        let mut left: Vec<&str> = above.iter().copied().collect();
        let mut pointing = BTreeSet::new();
        let users = grouped(self.links.iter().map(|link| (link.to.as_str(), link)));
        while let Some(id) = left.pop() {
            for link in users.get(id).into_iter().flatten() {
                if link.is_key {
                    pointing.insert(link.from.as_str());
                } else if above.insert(&link.from) {
                    left.push(&link.from);
                }
            }
        }
        let mut inside = above;
        inside.extend(pointing);
        inside.extend(self.named(|thing| thing.is_watched || mentioned(&thing.name)));
        let needs = grouped(self.links.iter().map(|link| (link.from.as_str(), link)));
        spread(&mut inside, |id| needs.get(id).into_iter().flatten().map(|link| link.to.as_str()));
        let mut outside: BTreeSet<&str> = self.named(|thing| thing.is_relation).difference(&inside).copied().collect();
        let is_free = |id: &str| self.things.get(id).is_some_and(|thing| !thing.is_relation) && !inside.contains(id);
        spread(&mut outside, |id| {
            users.get(id).into_iter().flatten().map(|link| link.from.as_str()).filter(|user| is_free(user))
        });

        let is_out = |id: &String| outside.contains(id.as_str());
        let left_out = || self.things.iter().filter(|(id, _)| is_out(id)).map(|(_, thing)| thing);
        let tables = left_out().filter(|thing| thing.is_table).map(|thing| &thing.name);
        let parts = self.names.iter().filter(|(id, _)| is_out(id)).map(|(_, name)| name.clone());
        CatalogSubset {
            inside: self.things.keys().filter(|id| !is_out(id)).cloned().collect(),
            unread: Unread {
                tables: tables.filter(|name| !STATE_TABLES.contains(&name.name.as_str())).cloned().collect(),
                names: left_out().map(|thing| thing.name.name.clone()).chain(parts).collect(),
            },
        }
    }

    /// Returns all names in use, including those of indexes and keys.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let things = self.things.values().map(|thing| thing.name.name.as_str());
        things.chain(self.names.iter().map(|(_, name)| name.as_str()))
    }

    /// Returns the standalone types.
    pub fn types(&self) -> impl Iterator<Item = &TableName> {
        self.things.iter().filter(|(id, _)| id.starts_with('t')).map(|(_, thing)| &thing.name)
    }

    fn named(&self, is_it: impl Fn(&Thing) -> bool) -> BTreeSet<&str> {
        self.things.iter().filter(|(_, thing)| is_it(thing)).map(|(id, _)| id.as_str()).collect()
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

fn grouped<'a>(links: impl Iterator<Item = (&'a str, &'a Link)>) -> BTreeMap<&'a str, Vec<&'a Link>> {
    let mut groups: BTreeMap<&str, Vec<&Link>> = BTreeMap::new();
    for (id, link) in links {
        groups.entry(id).or_default().push(link);
    }
    groups
}

/// Adds what is next to something found, until nothing is new.
fn spread<'a, I: Iterator<Item = &'a str>>(found: &mut BTreeSet<&'a str>, next: impl Fn(&'a str) -> I) {
    let mut left: Vec<&str> = found.iter().copied().collect();
    while let Some(id) = left.pop() {
        for other in next(id) {
            if found.insert(other) {
                left.push(other);
            }
        }
    }
}
