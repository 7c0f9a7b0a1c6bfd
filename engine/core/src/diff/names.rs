//! Names for objects that their definition leaves unnamed and that the database wants named.

use std::collections::BTreeSet;

use crate::dialect::{Dialect, Facts};
use crate::model::{Column, DataType, Index, IndexColumn, IndexKey, Rule, Schema, Table, Unique, UniqueForm};

/// Index names that are in use; in SQLite and PostgreSQL they share one space per schema.
#[derive(Debug)]
pub(super) struct Taken<'a> {
    schema: &'a Schema,
    /// The names that the schema uses and those given since. `None` until one is needed.
    names: Option<BTreeSet<String>>,
    facts: &'static Facts,
}

impl<'a> Taken<'a> {
    /// Prepares for the names that a schema uses. They are collected when the first new name is needed.
    pub(super) fn of(schema: &'a Schema, dialect: Dialect) -> Self {
        Self { schema, names: None, facts: dialect.facts() }
    }

    /// Returns the names in use, which are collected by the first call.
    fn names(&mut self) -> &mut BTreeSet<String> {
        let (schema, facts) = (self.schema, self.facts);
        self.names.get_or_insert_with(|| {
            let mut names: BTreeSet<String> =
                schema.reserved.names().into_iter().map(|name| folded(name, facts)).collect();
            for table in schema.tables.values() {
                names.extend(table.index_names().chain([table.name.name.as_str()]).map(|name| folded(name, facts)));
                if !facts.unnamed_constraints {
                    names.extend(constraint_names(table).map(str::to_owned));
                }
            }
            names
        })
    }

    /// Checks whether the database would invent a name for an unnamed constraint. The down migration has to know that
    /// name, so it is invented here, as PostgreSQL would do it.
    fn names_constraints(&self) -> bool {
        !self.facts.unnamed_constraints
    }

    /// Gives a constraint a name like `table_columns_suffix`, if it has none and the database wants one.
    pub(super) fn name_constraint(
        &mut self,
        name: &mut Option<String>,
        table: &Table,
        columns: &[String],
        suffix: &str,
    ) {
        if name.is_none() && self.names_constraints() {
            let words: Vec<&str> = [table.name.name.as_str()]
                .into_iter()
                .chain(columns.iter().map(String::as_str))
                .chain([suffix])
                .collect();
            *name = Some(self.unlike(&words.join("_")));
        }
    }

    /// Releases the name of a dropped constraint, so that its replacement may take it.
    pub(super) fn release(&mut self, name: Option<&str>) {
        if let Some(name) = name.filter(|_| self.names_constraints()) {
            self.names().remove(name);
        }
    }

    /// Returns the name `prefix_table_columns`, shortened to what the database accepts and different from all names
    /// in use.
    pub(super) fn name(&mut self, prefix: &str, table: &Table, columns: &[String]) -> String {
        self.unlike(&format!("{prefix}_{}_{}", table.name.name, columns.join("_")))
    }

    fn unlike(&mut self, wanted: &str) -> String {
        let mut number = 1;
        loop {
            let suffix = if number == 1 { String::new() } else { format!("_{number}") };
            let name = format!("{}{suffix}", shortened(wanted, self.facts.max_identifier - suffix.len()));
            let folded = folded(&name, self.facts);
            if self.names().insert(folded) {
                return name;
            }
            number += 1;
        }
    }
}

fn folded(name: &str, facts: &Facts) -> String {
    if facts.names_ignore_case { name.to_ascii_lowercase() } else { name.to_owned() }
}

fn constraint_names(table: &Table) -> impl Iterator<Item = &str> {
    let key = table.primary_key.as_ref().and_then(|key| key.name.as_deref());
    let foreign_keys = table.rules.foreign_keys().filter_map(|key| key.name.as_deref());
    let checks = table.rules.checks().filter_map(|check| check.name.as_deref());
    foreign_keys.chain(checks).chain(key)
}

/// Returns a new table with a name for each index, and for each foreign key that may have to be added separately.
/// Leaves out unique rules that the primary key implies.
pub(super) fn complete(mut table: Table, taken: &mut Taken<'_>) -> Table {
    let mut rules = std::mem::take(&mut table.rules);
    rules.retain_of::<Unique>(|unique| !is_implied(unique, &table, taken.facts));
    for rule in &mut rules {
        match rule {
            Rule::Unique(unique) if unique.form == UniqueForm::Index => name_unique(unique, &table, taken),
            Rule::Index(index) => name_index(index, &table, taken),
            Rule::ForeignKey(key) => taken.name_constraint(&mut key.name, &table, &key.columns, "fkey"),
            Rule::Check(check) if is_named_too_long(&table, taken.facts) => {
                taken.name_constraint(&mut check.name, &table, &[], "check");
            }
            Rule::PrimaryKey(_) | Rule::Unique(_) | Rule::Check(_) | Rule::Exclusion(_) => {}
        }
    }
    // A comment needs the name of what it is about.
    for rule in rules.iter_mut().filter(|rule| rule.comment().is_some()) {
        match rule {
            Rule::Unique(unique) => taken.name_constraint(&mut unique.name, &table, &unique.columns, "key"),
            Rule::Check(check) => taken.name_constraint(&mut check.name, &table, &[], "check"),
            Rule::Exclusion(exclusion) => taken.name_constraint(&mut exclusion.index.name, &table, &[], "excl"),
            Rule::PrimaryKey(_) | Rule::Index(_) | Rule::ForeignKey(_) => {}
        }
    }
    Table { rules, ..table }
}

/// Checks whether the name that a server gives to an unnamed check of this table is longer than names may be.
fn is_named_too_long(table: &Table, facts: &Facts) -> bool {
    let longest = table.name.name.chars().count() + "_chk_99".len();
    facts.names_checks_after_table && longest > facts.max_identifier
}

/// Checks whether the primary key already says what a unique rule says. A rule with a name of its own isn't implied:
/// its author asks for a separate index. A rule of a live table isn't implied either, because it is there.
pub(super) fn is_implied(unique: &Unique, table: &Table, facts: &Facts) -> bool {
    let Some(key) = table.primary_key.as_ref().filter(|key| key.columns == unique.columns) else { return false };
    let is_row_number = |column: &Column| {
        let is_integer = column.sql_type.as_ref().is_none_or(|word| word.eq_ignore_ascii_case("integer"));
        is_integer && column.data_type == DataType::Integer && !table.options.without_rowid
    };
    // Of two constraints over the same columns, SQLite keeps one, unless the key is the row's number.
    let is_one = !facts.alters_constraints
        && unique.form == UniqueForm::Constraint
        && !(key.columns.len() == 1 && table.column(&key.columns[0]).is_some_and(is_row_number));
    unique.hints.place.is_some() && (unique.name.is_none() || is_one)
}

/// Gives a unique rule that is held by an index a name, if it has none.
pub(super) fn name_unique(unique: &mut Unique, table: &Table, taken: &mut Taken<'_>) {
    if unique.name.is_none() {
        unique.name = Some(taken.name("uq", table, &unique.columns));
    }
}

/// Gives an index a name, if it has none.
pub(super) fn name_index(index: &mut Index, table: &Table, taken: &mut Taken<'_>) {
    if index.name.is_none() {
        index.name = Some(taken.name(if index.unique { "uq" } else { "ix" }, table, &words_of_keys(index)));
    }
}

/// Returns a word for each key of an index, to be a part of its name.
pub(super) fn words_of_keys(index: &Index) -> Vec<String> {
    let word = |column: &IndexColumn| match &column.key {
        IndexKey::Column(name) => name.clone(),
        IndexKey::Expr(_) => "expr".to_owned(),
    };
    index.columns.iter().map(word).collect()
}

/// Returns the name cut to at most `max` bytes. A name that is too long ends with a digest of the whole name. Two
/// long names with the same beginning therefore stay distinct, and the same name is always cut the same way.
fn shortened(name: &str, max: usize) -> String {
    use sha2::Digest as _;
    if name.len() <= max {
        return name.to_owned();
    }
    let digest = sha2::Sha256::digest(name.as_bytes());
    let mark = format!("_{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]);
    let mut end = max - mark.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{mark}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TableName;

    #[test]
    fn long_names_are_cut_alike_and_stay_apart() {
        let long = "x".repeat(80);
        assert_eq!(shortened(&long, 63).len(), 63);
        assert_eq!(shortened(&long, 63), shortened(&long, 63));
        assert_ne!(shortened(&format!("{long}a"), 63), shortened(&format!("{long}b"), 63));
        assert!(shortened(&"é".repeat(40), 63).len() <= 63);
    }

    #[test]
    fn a_name_is_never_given_twice() {
        let schema = Schema::default();
        let mut taken = Taken::of(&schema, Dialect::Sqlite);
        let table = Table::new(TableName::new("t"));
        assert_eq!(taken.name("ix", &table, &["a".into()]), "ix_t_a");
        assert_eq!(taken.name("ix", &table, &["a".into()]), "ix_t_a_2");
    }

    #[test]
    fn constraints_are_named_where_the_database_would_name_them() {
        let table = Table::new(TableName::new("t"));
        let named = |dialect| {
            let mut name = None;
            Taken::of(&Schema::default(), dialect).name_constraint(&mut name, &table, &["a".into()], "fkey");
            name
        };
        assert_eq!(named(Dialect::Postgres).as_deref(), Some("t_a_fkey"));
        assert_eq!(named(Dialect::Sqlite), None);
    }
}
