//! Rust names for tables and columns.

use std::collections::{BTreeMap, BTreeSet};

use autogen_engine::dialect::Dialect;
use autogen_engine::model::{Column, EnumType, Schema, Table, TableName};
use autogen_engine::sql::NamedType;
use syn::Ident;
use syn::ext::IdentExt as _;
use syn::parse::Parser as _;

use super::enums::{self, EnumName};

/// Names that a column can't have, because Diesel uses them in a table's module.
const DIESELS: [&str; 5] = ["table", "star", "columns", "all_columns", "dsl"];

/// A name in Rust, and in the database if that is another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// The identifier, raw if need be.
    pub(super) rust: String,
    /// The contents of `#[sql_name]`.
    pub(super) sql: Option<String>,
}

impl Name {
    /// Returns the attribute that keeps the database's name, if one is needed.
    pub(super) fn attribute(&self) -> Option<String> {
        // The grammar reads this prefix as Rust's and drops it once.
        let kept = |sql: &String| if sql.starts_with("r#") { format!("r#{sql}") } else { sql.clone() };
        self.sql.as_ref().map(|sql| format!("#[sql_name = {}]", super::text::literal(&kept(sql))))
    }
}

/// The names of a schema's tables and of their columns in Rust.
#[derive(Debug, Clone)]
pub struct Names {
    tables: BTreeMap<TableName, Name>,
    columns: BTreeMap<TableName, BTreeMap<String, Name>>,
    /// Enumerated types that are defined beside the tables.
    pub(super) enums: BTreeMap<TableName, EnumName>,
}

impl Names {
    /// Gives names to all tables of a schema and their columns.
    pub fn of(schema: &Schema) -> Self {
        // Definitions refer to one another by Rust names without a schema: they are unique across schemas.
        let tables = given(schema.tables.keys().map(|name| (name.clone(), name.name.as_str())), "table", &[]);
        let columns = |table: &Table| {
            let own = tables.get(&table.name).map(|name| name.rust.as_str()).unwrap_or_default();
            let taken: Vec<&str> = DIESELS.into_iter().chain([own]).collect();
            given(table.columns.iter().map(|column| (column.name.clone(), column.name.as_str())), "column", &taken)
        };
        let columns = schema.tables.values().map(|table| (table.name.clone(), columns(table))).collect();
        Self { tables, columns, enums: BTreeMap::new() }
    }

    /// Adds names for enumerated types that are defined in the same module as the tables. Columns of such a
    /// type then have the type of the Rust enum. For any other type, only the database's name is stated.
    #[must_use]
    pub fn defining<'a>(&self, types: impl Iterator<Item = &'a EnumType>) -> Self {
        Self { enums: enums::names(types), ..self.clone() }
    }

    /// Keeps the names of an existing definition: the table's, and those of its columns by their names in the
    /// database.
    pub fn keep<'a>(&mut self, table: &TableName, rust: &str, columns: impl Iterator<Item = (&'a str, &'a str)>) {
        let name = |rust: &str, sql: &str| {
            let sql = (rust.trim_start_matches("r#") != sql).then(|| sql.to_owned());
            Name { rust: rust.to_owned(), sql }
        };
        self.tables.insert(table.clone(), name(rust, &table.name));
        let kept: BTreeMap<String, Name> = columns.map(|(sql, rust)| (sql.to_owned(), name(rust, sql))).collect();
        let of_table = self.columns.entry(table.clone()).or_default();
        let mut taken: BTreeSet<String> =
            kept.values().chain(of_table.values()).map(|name| name.rust.clone()).collect();
        for (sql, found) in of_table.iter_mut().filter(|(sql, _)| !kept.contains_key(*sql)) {
            if kept.values().any(|name| name.rust == found.rust) {
                let plain = found.rust.trim_start_matches("r#").to_owned();
                let free = (2..).map(|number| format!("{plain}_{number}")).find(|name| taken.insert(name.clone()));
                *found = Name { rust: free.unwrap_or(plain), sql: Some(sql.clone()) };
            }
        }
        of_table.extend(kept);
    }

    /// Returns a table's name. A table outside the schema has a known name only if Rust and the database
    /// agree on it.
    pub(super) fn table(&self, table: &TableName) -> Option<Name> {
        self.tables.get(table).cloned().or_else(|| spelled(&table.name).map(|rust| Name { rust, sql: None }))
    }

    /// Returns a column's name. A column outside the schema has a known name only if Rust and the database
    /// agree on it.
    pub(super) fn column(&self, table: &TableName, column: &str) -> Option<Name> {
        match self.columns.get(table) {
            Some(columns) => columns.get(column).cloned(),
            None => spelled(column).map(|rust| Name { rust, sql: None }),
        }
    }

    /// Returns the Rust type of a column whose type is a defined enum, and whether the column is an array of
    /// it.
    pub(super) fn enumerated(&self, column: &Column, dialect: Dialect) -> Option<(&str, bool)> {
        let named = NamedType::of_column(column, dialect)?;
        self.enums.get(&named.name).map(|name| (name.mapping.as_str(), named.is_array))
    }

    /// Returns the Rust names of several columns, if all have one and none occurs twice.
    pub(super) fn columns(&self, table: &TableName, columns: &[String]) -> Option<Vec<String>> {
        let different: BTreeSet<&String> = columns.iter().collect();
        let names = columns.iter().map(|column| self.column(table, column).map(|name| name.rust));
        names.collect::<Option<Vec<_>>>().filter(|_| different.len() == columns.len())
    }
}

/// Gives each item a name of its own. Items that can keep theirs come first: `user` keeps its name beside `User`.
fn given<'a, K: Ord>(names: impl Iterator<Item = (K, &'a str)>, what: &str, taken: &[&str]) -> BTreeMap<K, Name> {
    let mut taken: BTreeSet<String> = taken.iter().map(|name| (*name).to_owned()).collect();
    let mut found = BTreeMap::new();
    let mut others = Vec::new();
    for (key, sql) in names {
        match spelled(sql) {
            Some(rust) if taken.insert(rust.clone()) => {
                found.insert(key, Name { rust, sql: None });
            }
            Some(_) | None => others.push((key, sql)),
        }
    }
    for (key, sql) in others {
        let wanted = derived(sql, what);
        let numbered = (2..).map(|number| format!("{wanted}_{number}"));
        let free = std::iter::once(wanted.clone()).chain(numbered).find_map(|name| {
            let rust = spelled_by_rust(&name)?;
            taken.insert(rust.clone()).then_some(rust)
        });
        found.insert(key, Name { rust: free.unwrap_or(wanted), sql: Some(sql.to_owned()) });
    }
    found
}

/// Returns a database name as a Rust identifier of the same letters. Returns `None` if there is none, or if
/// its style isn't Rust's. Letters beyond ASCII may look alike to Rust, so their exact form is kept in
/// `#[sql_name]`.
fn spelled(name: &str) -> Option<String> {
    let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    name.chars().all(is_plain).then(|| spelled_by_rust(name)).flatten()
}

/// Returns names that no definition has as Rust identifiers of the same letters. Returns `None` if one has no
/// such identifier.
pub(super) fn spelled_all(names: &[String]) -> Option<Vec<String>> {
    names.iter().map(|name| spelled(name)).collect()
}

/// Returns a name as an identifier, raw if it is a keyword.
fn spelled_by_rust(name: &str) -> Option<String> {
    // A keyword since the edition of 2024, which `syn` doesn't know for one.
    if name != "gen" && syn::parse_str::<Ident>(name).is_ok() {
        return Some(name.to_owned());
    }
    let is_word = Ident::parse_any.parse_str(name).is_ok() && name != "_";
    // These can't be raw either.
    (is_word && !["self", "super", "crate"].contains(&name)).then(|| format!("r#{name}"))
}

/// Makes an identifier from any name: words in lower case, joined by underscores.
fn derived(name: &str, what: &str) -> String {
    let mut words = String::new();
    let mut previous_is_lower = false;
    for letter in name.chars() {
        if !letter.is_alphanumeric() {
            words.push('_');
            previous_is_lower = false;
            continue;
        }
        if letter.is_uppercase() && previous_is_lower {
            words.push('_');
        }
        previous_is_lower = letter.is_lowercase();
        words.extend(letter.to_lowercase().filter(|letter| may_continue(*letter)));
    }
    let joined = words.split('_').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_");
    match joined.chars().next() {
        None => what.to_owned(),
        Some(_) if spelled_by_rust(&joined).is_some() => joined,
        Some(_) => format!("{what}_{joined}"),
    }
}

/// Checks whether a letter may be in an identifier after its beginning.
fn may_continue(letter: char) -> bool {
    letter.is_alphanumeric() && syn::parse_str::<Ident>(&format!("x_{letter}")).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(sql: &[&str]) -> Vec<String> {
        let given = given(sql.iter().map(|name| (*name, *name)), "column", &["table"]);
        sql.iter()
            .map(|name| {
                let name = &given[name];
                format!("{}{}", name.rust, if name.sql.is_some() { "*" } else { "" })
            })
            .collect()
    }

    #[test]
    fn what_rust_can_spell_stays() {
        assert_eq!(names(&["id", "type", "gen", "_1", "a_b"]), ["id", "r#type", "r#gen", "_1", "a_b"]);
    }

    #[test]
    fn other_names_are_made_into_rusts() {
        assert_eq!(
            names(&["createdAt", "the name", "1st", "self", "", "😀", "größe", "x²", "table", "HTTPHeader", "_"]),
            [
                "created_at*",
                "the_name*",
                "column_1st*",
                "column_self*",
                "column*",
                "column_2*",
                "größe*",
                "x*",
                "table_2*",
                "httpheader*",
                "column_3*"
            ]
        );
    }

    #[test]
    fn names_stay_apart_and_plain_ones_win() {
        assert_eq!(names(&["User", "user", "USER", "user_2"]), ["user_3*", "user", "user_4*", "user_2"]);
    }

    #[test]
    fn a_prefix_that_the_grammar_drops_is_doubled() {
        let name = Name { rust: "r_type".into(), sql: Some("r#type".into()) };
        assert_eq!(name.attribute().unwrap(), "#[sql_name = \"r#r#type\"]");
    }
}
