//! Schemas as Rust source: `autogen::table!` definitions as a person would write them.
//!
//! This is the way back of scanning: what is written here reads as the schema that it was written
//! from. What the grammar has no words for is listed beside the text, never left out in silence.
//! Nothing here knows files, modules or plugins; whoever wants a file puts the text into one.

mod column;
mod names;
mod rules;
mod table;
mod text;

use autogen::dialect::Dialect;
use autogen::model::Schema;

use names::Names;

/// Definitions, and what they leave out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// One `autogen::table!` for every table, in the order of their names.
    pub text: String,
    /// What the schema holds and the text can't say, one sentence without a final stop each.
    pub unsaid: Vec<String>,
}

/// Writes every table of a schema. The same schema gives the same bytes.
///
/// A name that Rust can spell in its own style is the name of the item; any other gets a Rust name
/// made from it and keeps its own in `#[sql_name]`. Foreign keys may point at tables outside the
/// schema, if only their names are plain.
///
/// ```
/// use autogen::dialect::Dialect;
/// use autogen::model::{Column, DataType, PrimaryKey, Schema, Table, TableName};
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
    let names = Names::of(schema);
    let mut source = Source::default();
    for table in schema.tables.values() {
        if !source.text.is_empty() {
            source.text.push('\n');
        }
        source.text.push_str(&table::definition(table, &names, dialect, &mut source.unsaid));
    }
    for bystander in &schema.bystanders {
        let name = &bystander.name;
        let kind = bystander.kind.name();
        source.unsaid.push(match &bystander.table {
            Some(table) => format!("{kind} {name} on {table}"),
            None => format!("{kind} {name}"),
        });
    }
    source
}
