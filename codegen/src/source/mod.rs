//! Schemas as Rust source: `autogen::table!` definitions as a person would write them.
//!
//! This is the reverse of scanning: what is written here reads as the schema that it was written from. What the
//! grammar has no words for is listed beside the text and never left out silently. Nothing here knows files,
//! modules or plugins. The caller puts the text into a file.

mod attribute;
mod column;
mod enums;
mod merge;
mod names;
mod remedy;
mod rules;
mod stock;
mod table;
mod text;

use std::ops::Range;

use autogen_engine::dialect::Dialect;
use autogen_engine::model::{EnumType, Pair, Schema, Table, TableName};

use table::Parts;

pub use attribute::{renamed_from, with_attribute};
pub use enums::undefinable as undefinable_type;
pub use names::Names;
pub use remedy::{allow, backfill, default_value};
pub use table::undefinable;

/// Definitions, and what they leave out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// One `autogen::sql_enum!` for every enumerated type, then one `autogen::table!` for every table, each in the
    /// order of their names.
    pub text: String,
    /// What the schema holds and the text can't state, each as a sentence without a final stop.
    pub unsaid: Vec<String>,
    /// The place of each table's definition in the text, in bytes.
    pub places: Vec<(TableName, Range<usize>)>,
}

/// Writes every enumerated type and every table of a schema. The same schema gives the same bytes.
///
/// A name that Rust can spell in its own style is the name of the item; any other gets a Rust name
/// made from it and keeps its own in `#[sql_name]`. Foreign keys may point at tables outside the
/// schema, if only their names are plain.
///
/// ```
/// use autogen_engine::dialect::Dialect;
/// use autogen_engine::model::{Column, DataType, PrimaryKey, Schema, Table, TableName};
/// use autogen_codegen::source;
///
/// let mut table = Table::new(TableName::new("User"));
/// table.columns.push(Column { nullable: false, ..Column::new("id", DataType::Integer) });
/// table.columns.push(Column::new("type", DataType::Varchar(Some(20))));
/// table.primary_key = Some(PrimaryKey { name: None, columns: vec!["id".into()] });
/// let mut schema = Schema::default();
/// schema.insert(table);
///
/// let source = source::tables(&schema, Dialect::Sqlite);
/// assert!(source.unsaid.is_empty());
/// assert_eq!(
///     source.text,
///     r##"autogen::table! {
///     #[sql_name = "User"]
///     user (id) {
///         id -> Integer,
///         #[max_length = 20]
///         r#type -> Nullable<Varchar>,
///     }
/// }
/// "##
/// );
/// ```
pub fn tables(schema: &Schema, dialect: Dialect) -> Source {
    let names = Names::of(schema).defining(schema.enums.values());
    let mut source = definitions(schema.enums.values(), schema.tables.values(), &names, dialect, Form::Autogen);
    source.unsaid.extend(schema.bystanders.iter().map(|bystander| {
        let (kind, name) = (bystander.kind.name(), &bystander.name);
        match &bystander.table {
            Some(table) => format!("{kind} {name} on {table}"),
            None => format!("{kind} {name}"),
        }
    }));
    source
}

/// The macro that definitions are written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `autogen::table!`, which can state everything.
    Autogen,
    /// `diesel::table!`, with a `joinable!` for every foreign key that one can state. What a stock definition has
    /// no words for is listed.
    Stock,
}

/// Writes the definitions of some enumerated types and tables, under names that are already settled.
pub fn definitions<'a>(
    types: impl Iterator<Item = &'a EnumType>,
    tables: impl Iterator<Item = &'a Table> + Clone,
    names: &Names,
    dialect: Dialect,
    form: Form,
) -> Source {
    let mut source = Source::default();
    enums::define(types, &names.enums, form, &mut source);
    for table in tables.clone() {
        if let Some(why) = undefinable(table, form) {
            source.unsaid.push(format!("table {}, {why}", table.name));
            continue;
        }
        let Some(parts) = Parts::of(table, names, dialect, &mut source.unsaid) else { continue };
        if !source.text.is_empty() {
            source.text.push('\n');
        }
        let start = source.text.len();
        source.text.push_str(&parts.in_form(form).definition(form));
        source.places.push((table.name.clone(), start..source.text.len()));
    }
    match form {
        Form::Autogen => {}
        Form::Stock => tables.for_each(|table| stock::rest(table, names, &mut source)),
    }
    source
}

/// A definition that somebody wrote.
#[derive(Debug, Clone)]
pub struct Defined<'a> {
    /// The place of the table's name in the file, in bytes.
    pub name: Range<usize>,
    /// What the definition says.
    pub from: &'a Table,
    /// What it is to say.
    pub to: &'a Table,
}

/// Updates the definitions in a file. Only what differs is written anew. Comments, order and whatever else is
/// in the file are kept. In [`Form::Autogen`], `diesel::table!` becomes `autogen::table!`.
///
/// ```
/// use autogen_engine::dialect::Dialect;
/// use autogen_engine::model::{Column, DataType, PrimaryKey, Schema, Table, TableName};
/// use autogen_codegen::source::{Defined, Form, Names, merge};
///
/// let text = "diesel::table! {\n    users (id) {\n        id -> Integer, // by hand\n    }\n}\n";
/// let mut from = Table::new(TableName::new("users"));
/// from.columns.push(Column { nullable: false, ..Column::new("id", DataType::Integer) });
/// from.primary_key = Some(PrimaryKey { name: None, columns: vec!["id".into()] });
/// let mut to = from.clone();
/// to.columns.push(Column::new("email", DataType::Text));
/// let mut schema = Schema::default();
/// schema.insert(to.clone());
///
/// let name = text.find("users").unwrap();
/// let defined = Defined { name: name..name + 5, from: &from, to: &to };
/// let source = merge(text, &[defined], &Names::of(&schema), Dialect::Sqlite, Form::Autogen);
/// assert_eq!(
///     source.text,
///     "autogen::table! {\n    users (id) {\n        id -> Integer,\n        email -> Nullable<Text>, // by hand\n    }\n}\n"
/// );
/// ```
pub fn merge(text: &str, tables: &[Defined<'_>], names: &Names, dialect: Dialect, form: Form) -> Source {
    let mut unsaid = Vec::new();
    let mut edits = Vec::new();
    for defined in tables {
        // What is already unsaid today isn't worth reporting.
        let from = Parts::of(defined.from, names, dialect, &mut Vec::new());
        let to = Parts::of(defined.to, names, dialect, &mut unsaid);
        let both = from.zip(to).map(|(from, to)| Pair::new(from.in_form(form), to.in_form(form)));
        match both.and_then(|both| merge::edits(text, &defined.name, &both, form, dialect)) {
            Some(of_table) => edits.extend(of_table),
            None => unsaid.push(format!("table {}, whose definition can't be changed here", defined.to.name)),
        }
    }
    Source { text: merge::edited(text, edits), unsaid, places: Vec::new() }
}
