//! One `autogen::table!` as a person would write it.

use std::collections::BTreeSet;

use autogen_engine::dialect::Dialect;
use autogen_engine::introspect::is_schema_name;
use autogen_engine::model::{DataType, Facet, Table};

use super::Form;
use super::names::Names;
use super::{column, rules, text};

/// Returns why no definition can describe a table at all, as half a sentence. Returns `None` if one can.
pub fn undefinable(table: &Table, form: Form) -> Option<&'static str> {
    let has_no_key = match form {
        Form::Autogen => false,
        Form::Stock => table.primary_key.is_none(),
    };
    if table.name.name.trim().is_empty() {
        Some("whose name is blank")
    } else if table.columns.is_empty() {
        Some("which has no column that can be defined")
    } else if table.columns.iter().any(|column| column.name.trim().is_empty()) {
        // Without it in the definition, the column would seem to be dropped.
        Some("which has a column whose name is blank")
    } else if table.name.schema.as_ref().is_some_and(|schema| !is_schema_name(schema)) {
        Some("whose schema has a name that Diesel's `table!` can't state")
    } else {
        has_no_key.then_some("which has no primary key")
    }
}

/// The parts of a definition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Parts {
    /// Types that are not Diesel's.
    pub(super) uses: Vec<String>,
    /// What the table is for.
    pub(super) comment: Option<String>,
    /// `#[sql_name]`.
    pub(super) head: Vec<String>,
    /// Options, rules and hints.
    pub(super) attributes: Vec<String>,
    /// The name, its schema's included.
    pub(super) name: String,
    /// The primary key in its brackets.
    pub(super) key: String,
    pub(super) columns: Vec<ColumnParts>,
}

/// The parts of a column's definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ColumnParts {
    /// Its name in the database.
    pub(super) name: String,
    /// What it is for.
    pub(super) comment: Option<String>,
    /// Its type. The last line states it as far as possible.
    pub(super) data_type: DataType,
    /// Its attributes, then its name and type. Empty if it can't be defined.
    pub(super) lines: Vec<String>,
}

impl Parts {
    /// Writes a table's definition. What it can't say goes to `unsaid`. Returns `None` if the table can't be
    /// defined at all.
    pub(super) fn of(table: &Table, names: &Names, dialect: Dialect, unsaid: &mut Vec<String>) -> Option<Self> {
        let name = &table.name;
        unsaid.extend(table.unmodelled.iter().map(|feature| format!("{name}: {feature}")));
        let rust = names.table(name).filter(|_| undefinable(table, Form::Autogen).is_none())?;

        let rules = rules::Rules::of(table, names, dialect, unsaid);
        let head: Vec<String> = rust.attribute().into_iter().collect();
        let mut attributes: Vec<String> = Vec::new();
        attributes.extend(table.options.facets().iter().map(option));
        attributes.extend(table.primary_key.is_none().then(|| "#[no_primary_key]".to_owned()));
        attributes.extend(rules.of_table);
        attributes.extend(column::hints(&table.hints, &[]));
        let schema = name.schema.as_ref().map(|schema| format!("{schema}.")).unwrap_or_default();
        let key = format!("({})", primary_key(table, names, unsaid));
        let mut columns = Vec::new();
        for found in &table.columns {
            let of_column = rules.of_columns.get(&found.name).map(Vec::as_slice).unwrap_or_default();
            columns.push(column::definition(table, found, of_column, names, dialect, unsaid));
        }
        let types: BTreeSet<&str> =
            table.columns.iter().filter_map(|column| Some(names.enumerated(column, dialect)?.0)).collect();
        let mut uses: Vec<String> = types.iter().map(|word| format!("use super::{word};")).collect();
        if !uses.is_empty() {
            uses.insert(0, "use diesel::sql_types::*;".to_owned());
        }
        let name = format!("{schema}{}", rust.rust);
        Some(Self { uses, comment: table.comment.clone(), head, attributes, name, key, columns })
    }

    /// Converts the definition to the form that its reader understands.
    pub(super) fn in_form(mut self, form: Form) -> Self {
        const STOCK: [&str; 2] = ["#[sql_name", "#[max_length"];
        match form {
            Form::Autogen => {}
            Form::Stock => {
                self.attributes.clear();
                let is_stock =
                    |line: &String| !line.starts_with('#') || STOCK.iter().any(|word| line.starts_with(word));
                self.columns.iter_mut().for_each(|column| column.lines.retain(is_stock));
            }
        }
        self
    }

    /// Writes the whole definition.
    pub(super) fn definition(&self, form: Form) -> String {
        let mut lines = self.uses.clone();
        lines.extend((!lines.is_empty()).then(String::new));
        let comment = |comment: &Option<String>| match form {
            Form::Autogen => text::comment(comment.as_ref()),
            Form::Stock => comment.iter().flat_map(|comment| text::doc(comment)).collect(),
        };
        lines.extend(comment(&self.comment));
        lines.extend(self.head.iter().chain(&self.attributes).cloned());
        lines.push(format!("{} {} {{", self.name, self.key));
        for column in self.columns.iter().filter(|column| !column.lines.is_empty()) {
            lines.extend(comment(&column.comment).iter().chain(&column.lines).map(|line| format!("    {line}")));
        }
        lines.push("}".to_owned());
        let body: String =
            lines.iter().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect();
        let path = match form {
            Form::Autogen => "autogen",
            Form::Stock => "diesel",
        };
        format!("{path}::table! {{\n{body}}}\n")
    }
}

/// Writes the attribute that states how rows are stored. Its name is the facet's as one word.
fn option(facet: &Facet) -> String {
    let name = facet.aspect.name().replace(' ', "_");
    match facet.value() {
        None => format!("#[{name}]"),
        Some(number) if number.bytes().all(|letter| letter.is_ascii_digit()) => format!("#[{name} = {number}]"),
        Some(text) => format!("#[{name} = {}]", text::literal(text)),
    }
}

/// Writes the key's columns. Diesel has no tables without a key, so a table without one gets all its required
/// columns as the key.
fn primary_key(table: &Table, names: &Names, unsaid: &mut Vec<String>) -> String {
    let name = &table.name;
    let key = table.primary_key.as_ref();
    // A name that PostgreSQL would choose by itself isn't stated.
    let is_usual = |constraint: &&String| **constraint == format!("{}_pkey", name.name);
    if let Some(constraint) = key.and_then(|key| key.name.as_ref()).filter(|constraint| !is_usual(constraint)) {
        unsaid.push(format!("{name}: the name {constraint} of its primary key"));
    }
    let columns = key.and_then(|key| names.columns(name, &key.columns)).unwrap_or_else(|| {
        let required: Vec<String> =
            table.columns.iter().filter(|column| !column.nullable).map(|column| column.name.clone()).collect();
        let all = || table.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
        let columns = if required.is_empty() { all() } else { required };
        names.columns(name, &columns).unwrap_or_default()
    });
    columns.join(", ")
}
