//! The tables and columns that an owner leaves alone, whatever its source says, because Diesel isn't told about them.

use globset::{GlobBuilder, GlobMatcher};
use regex::Regex;

use super::Stated;
use super::owner::bad_pattern;
use crate::dialect::Dialect;
use crate::error::{Code, Diagnostic, Error, Result};
use crate::model::{Pair, Rule, Schema, Table, TableName};
use crate::sql::rule_columns;

/// Tables and columns that are left alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ignored {
    /// Patterns of `ignore`: of tables, `table` or `schema.table`, and of their columns, with `.column`.
    pub named: Vec<Stated>,
    /// What Diesel's `print-schema` leaves out of the owner's source.
    pub unprinted: Vec<Unprinted>,
    /// The schemas that Diesel's `print-schema` prints, where that is stated. Tables and types of others are left
    /// alone unless a definition speaks of them.
    pub printed: Vec<Option<String>>,
}

/// A regular expression of diesel.toml's `except_tables` or `only_tables`, and the schema that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unprinted {
    /// The schema; none for the one that tables are in without a word.
    pub schema: Option<String>,
    /// The expression, which a part of the table's name may match.
    pub pattern: Stated,
    /// Whether the tables that match are the only ones that are printed. Others are left alone unless a
    /// definition speaks of them.
    pub is_only: bool,
}

impl Ignored {
    /// Creates the rules about ignored tables and columns.
    ///
    /// # Errors
    /// Returns `bad-config` when a pattern isn't one.
    pub(super) fn new(named: Vec<Stated>, unprinted: Vec<Unprinted>) -> Result<Self> {
        let ignored = Self { named, unprinted, printed: Vec::new() };
        Error::unless_clean(ignored.rules().1).map(|_| ignored)
    }

    /// Returns the same rules with the schemas that are printed.
    pub(super) fn printing(self, printed: Vec<Option<String>>) -> Self {
        Self { printed, ..self }
    }

    /// Checks whether a table is left alone whatever a definition says.
    pub fn leaves_alone(&self, table: &TableName) -> bool {
        self.rules().0.table(table)
    }

    /// Removes what is ignored from a comparison. Ignored tables are removed altogether, but their names stay known
    /// as taken. An ignored column, with the rules about it, is wanted as it is.
    pub fn take_out(&self, pair: &mut Pair<Schema>, dialect: Dialect) {
        if self.named.is_empty() && self.unprinted.is_empty() && self.printed.is_empty() {
            return;
        }
        let (rules, _) = self.rules();
        let (tables, enums) = (&pair.to.tables, &pair.to.enums);
        let is_declared = |name: &TableName| tables.contains_key(name) || enums.contains_key(name);
        let is_elsewhere = |name: &TableName| !self.printed.is_empty() && !self.printed.contains(&name.schema);
        pair.from = pair.from.restricted(|name| {
            !rules.table(name) && (is_declared(name) || !(rules.is_unprinted(name) || is_elsewhere(name)))
        });
        pair.to.tables.retain(|table, _| !rules.table(table));
        for table in pair.to.tables.values_mut() {
            if let Some(live) = pair.from.tables.get(&table.name) {
                keep_columns(table, live, dialect, &|column| rules.column(&live.name, column));
            }
        }
    }

    /// Compiles the patterns, and reports those that aren't valid.
    fn rules(&self) -> (Rules, Vec<Diagnostic>) {
        let mut rules = Rules { named: Vec::new(), unprinted: Vec::new(), only: Vec::new() };
        let mut mistakes = Vec::new();
        for stated in &self.named {
            match GlobBuilder::new(&stated.text).case_insensitive(true).build() {
                Ok(glob) => rules.named.push(glob.compile_matcher()),
                Err(error) => mistakes.push(bad_pattern(stated, &error)),
            }
        }
        for Unprinted { schema, pattern, is_only } in &self.unprinted {
            let rules = if *is_only { &mut rules.only } else { &mut rules.unprinted };
            match Regex::new(&pattern.text) {
                Ok(regex) => rules.push((schema.clone(), regex)),
                Err(_) => mistakes.push(
                    Diagnostic::error(Code::BadConfig, format!("`{}` is not a regular expression", pattern.text))
                        .at(pattern.place.clone(), "")
                        .help("Diesel reads it as one; mend it, or state `[core] ignore` in autogen.toml instead"),
                ),
            }
        }
        (rules, mistakes)
    }
}

struct Rules {
    named: Vec<GlobMatcher>,
    unprinted: Vec<(Option<String>, Regex)>,
    only: Vec<(Option<String>, Regex)>,
}

impl Rules {
    /// Checks whether other tables of the table's schema are stated to be the only ones.
    fn is_unprinted(&self, table: &TableName) -> bool {
        let mut stated = self.only.iter().filter(|(schema, _)| *schema == table.schema).peekable();
        stated.peek().is_some() && !stated.any(|(_, regex)| regex.is_match(&table.name))
    }

    fn table(&self, table: &TableName) -> bool {
        let name = table.to_string();
        self.named.iter().any(|glob| glob.is_match(&name))
            || self.unprinted.iter().any(|(schema, regex)| *schema == table.schema && regex.is_match(&table.name))
    }

    fn column(&self, table: &TableName, column: &str) -> bool {
        let name = format!("{table}.{column}");
        self.named.iter().any(|glob| glob.is_match(&name))
    }
}

/// Copies certain columns, and the rules about them, from the live table to the wanted one.
fn keep_columns(wanted: &mut Table, live: &Table, dialect: Dialect, keeps: &dyn Fn(&str) -> bool) {
    let about = |columns: &[String]| columns.iter().any(|column| keeps(column));
    wanted.columns.retain(|column| !keeps(&column.name));
    wanted.columns.extend(live.columns.iter().filter(|column| keeps(&column.name)).cloned());
    if [&*wanted, live].iter().any(|table| table.primary_key.as_ref().is_some_and(|key| about(&key.columns))) {
        wanted.primary_key.clone_from(&live.primary_key);
    }
    let is_about = |rule: &Rule| rule_columns(rule, dialect).iter().any(|column| keeps(column));
    wanted.rules.retain(|rule| !is_about(rule));
    wanted.rules.extend(live.rules.iter().filter(|rule| is_about(rule)).cloned());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Column, DataType, ForeignKey, Place, Speaks};

    fn stated(text: &str) -> Stated {
        let place =
            Place { file: std::sync::Arc::from(std::path::Path::new("x.toml")), line: 1, column: 1, span: 0..0 };
        Stated { text: text.to_owned(), place }
    }

    fn schema(tables: &[(&str, &[&str])]) -> Schema {
        let mut schema = Schema::default();
        for (name, columns) in tables {
            let mut table = Table::new(match name.split_once('.') {
                Some((schema, name)) => TableName::in_schema(schema, name),
                None => TableName::new(*name),
            });
            table.speaks = Speaks::STOCK;
            table.columns = columns.iter().map(|column| Column::new(*column, DataType::Integer)).collect();
            schema.insert(table);
        }
        schema
    }

    #[test]
    fn tables_and_columns_are_left_out_by_name() {
        let live = schema(&[("a", &["id", "path"]), ("b", &["id"]), ("s.c", &["id"]), ("d_sql", &["id"])]);
        let mut wanted = schema(&[("a", &["id", "more"]), ("e", &["id"])]);
        let a = wanted.tables.get_mut(&TableName::new("a")).expect("is there");
        a.rules.push(ForeignKey {
            name: None,
            columns: vec!["more".to_owned()],
            references: TableName::new("b"),
            referenced_columns: Vec::new(),
            on_delete: None,
            on_update: None,
            deferrable: crate::model::Deferrable::No,
            match_full: false,
            dangling: false,
            validated: true,
            inline: true,
            comment: None,
            hints: crate::model::Hints::default(),
        });
        let unprinted = Unprinted { schema: None, pattern: stated("_sql$"), is_only: false };
        let named = ["A.path", "a.more", "B", "s.*", "e"].map(stated).to_vec();
        let ignored = Ignored::new(named, vec![unprinted]).expect("patterns");
        let mut pair = Pair::new(live.clone(), wanted);
        ignored.take_out(&mut pair, Dialect::Sqlite);
        assert_eq!(
            pair.to,
            pair.from.restricted(|_| true).tables.into_values().fold(Schema::default(), |mut all, t| {
                all.insert(t);
                all
            })
        );
        assert_eq!(pair.from.tables.len(), 1, "a alone is compared");
        assert!(pair.from.reserved.names().contains("d_sql"), "names stay taken");
    }

    #[test]
    fn of_tables_that_are_not_printed_those_that_are_declared_count() {
        let only = Unprinted { schema: None, pattern: stated("^user"), is_only: true };
        let ignored = Ignored::new(Vec::new(), vec![only]).expect("patterns");
        let live = schema(&[("users", &["id"]), ("log", &["id"]), ("posts", &["id"]), ("s.log", &["id"])]);
        let mut pair = Pair::new(live, schema(&[("posts", &["id", "title"]), ("news", &["id"])]));
        ignored.take_out(&mut pair, Dialect::Sqlite);
        let names = |schema: &Schema| schema.tables.keys().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(&pair.from), ["posts", "users", "s.log"]);
        assert_eq!(names(&pair.to), ["news", "posts"]);
    }

    #[test]
    fn of_schemas_that_are_not_printed_what_is_declared_counts() {
        let ignored = Ignored::default().printing(vec![None]);
        let live = schema(&[("users", &["id"]), ("s.log", &["id"]), ("s.posts", &["id"])]);
        let mut pair = Pair::new(live, schema(&[("s.posts", &["id", "title"])]));
        ignored.take_out(&mut pair, Dialect::Sqlite);
        let names: Vec<String> = pair.from.tables.keys().map(ToString::to_string).collect();
        assert_eq!(names, ["users", "s.posts"]);
    }

    #[test]
    fn what_is_no_pattern_is_said_with_its_place() {
        let unprinted = Unprinted { schema: None, pattern: stated("("), is_only: false };
        let error = Ignored::new(vec![stated("[")], vec![unprinted]).expect_err("two mistakes");
        assert_eq!((error.code(), error.diagnostics.len()), (Code::BadConfig, 2));
        assert_eq!(error.diagnostics[1].message, "`(` is not a regular expression");
    }
}
