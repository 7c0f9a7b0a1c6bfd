//! What a `table!` says, as data with spans.

use crate::name::{Spellings, plain};
use proc_macro2::Span;
use syn::{Attribute, Ident, ItemUse, LitInt, LitStr, TypePath};

use crate::column_type::ColumnType;
use crate::key::Key;
use crate::options::Options;
use crate::rules::Rules;

/// A whole `table!`.
#[derive(Debug, Clone)]
pub struct Table {
    /// The `use` lines, which Diesel applies to the types.
    pub uses: Vec<ItemUse>,
    /// Conditions; of a table that is written out again, also docs, lints and `sql_name`, which Diesel and rustc read.
    pub attributes: Vec<Attribute>,
    /// The doc comment.
    pub doc: Option<String>,
    /// The schema, for `schema.name`.
    pub schema: Option<Ident>,
    /// The name in Rust.
    pub name: Ident,
    /// The name in the database, where `#[sql_name]` states another.
    pub sql_name: Option<LitStr>,
    /// The primary key, where it is stated.
    pub primary_key: Option<Vec<Ident>>,
    /// The columns in the order stated.
    pub columns: Vec<Column>,
    /// Rules that stand on the table itself.
    pub rules: Rules,
    /// How its rows are stored.
    pub options: Options,
    /// Where `#[no_primary_key]` stands.
    pub no_primary_key: Option<Span>,
    /// `#[comment]`.
    pub comment: Option<LitStr>,
    /// `#[renamed_from]`.
    pub renamed_from: Option<OldName>,
    /// `#[moved_from]`: the owner that had the table.
    pub moved_from: Option<OldName>,
    /// Hazards that are allowed on the table.
    pub allow: Vec<Allow>,
    /// Attributes of autogen that a stock `table!` carries openly, on itself or on a column, and
    /// that are therefore not read.
    pub unread: Vec<Ident>,
}

/// A column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Conditions; of a table that is written out again, also docs, lints, `sql_name` and `max_length`.
    pub attributes: Vec<Attribute>,
    /// The doc comment.
    pub doc: Option<String>,
    /// The name in Rust.
    pub name: Ident,
    /// The name in the database, where `#[sql_name]` states another.
    pub sql_name: Option<LitStr>,
    /// The type as it is written.
    pub ty: ColumnType,
    /// Its tokens, if the table is to be written out again.
    pub(crate) written: Option<Box<TypePath>>,
    /// `#[max_length]`.
    pub max_length: Option<LitInt>,
    /// Rules that stand on this column; each one's `columns` is this column.
    pub rules: Rules,
    /// `#[default]`.
    pub default: Option<ColumnDefault>,
    /// `#[on_update]`.
    pub on_update: Option<Box<OnUpdate>>,
    /// `#[generated]`.
    pub generated: Option<Generated>,
    /// `#[auto_increment]`.
    pub auto_increment: Option<Box<AutoIncrement>>,
    /// `#[identity]`.
    pub identity: Option<Box<Identity>>,
    /// `#[precision]`: digits, and digits after the point.
    pub precision: Option<(LitInt, Option<LitInt>)>,
    /// `#[collate]`.
    pub collate: Option<LitStr>,
    /// `#[invisible]`.
    pub invisible: Option<Box<Invisible>>,
    /// `#[sql_type]`.
    pub sql_types: Option<Box<SqlTypes>>,
    /// `#[comment]`.
    pub comment: Option<LitStr>,
    /// `#[backfill]`.
    pub backfill: Option<LitStr>,
    /// `#[renamed_from]`.
    pub renamed_from: Option<OldName>,
    /// Hazards that are allowed on the column.
    pub allow: Vec<Allow>,
    /// Collected into [`Table::unread`].
    pub(crate) unread: Vec<Ident>,
}

impl Table {
    /// Returns the name in the database, without the schema.
    ///
    /// ```
    /// use syn::parse::Parser;
    /// let parser = autogen_syntax::table(autogen_syntax::Macro::Autogen);
    /// let table = parser.parse_str("r#type { id -> Integer }").unwrap();
    /// assert_eq!(table.database_name(), "type");
    /// ```
    pub fn database_name(&self) -> String {
        database_name(&self.name, self.sql_name.as_ref())
    }

    /// Drops what nobody needs who doesn't write the table out again: most of its size.
    pub(crate) fn keep_meaning(&mut self) {
        keep_conditions(&mut self.attributes);
        self.rules.shrink();
        self.columns.shrink_to_fit();
        for column in &mut self.columns {
            keep_conditions(&mut column.attributes);
            column.rules.shrink();
            column.written = None;
        }
    }

    /// Returns the column with this name in Rust.
    pub fn column(&self, name: &Ident) -> Option<&Column> {
        let spellings = Spellings::of(name);
        self.columns.iter().find(|column| spellings.has(&column.name))
    }
}

impl Column {
    /// Returns the name in the database.
    pub fn database_name(&self) -> String {
        database_name(&self.name, self.sql_name.as_ref())
    }
}

fn database_name(name: &Ident, sql_name: Option<&LitStr>) -> String {
    match sql_name {
        None => plain(name),
        // Diesel drops this prefix too.
        Some(text) => text.value().strip_prefix("r#").map_or_else(|| text.value(), str::to_owned),
    }
}

fn keep_conditions(attributes: &mut Vec<Attribute>) {
    attributes.retain(|attribute| attribute.path().is_ident("cfg"));
    attributes.shrink_to_fit();
}

/// `#[unique]`.
#[derive(Debug, Clone)]
pub struct Unique {
    /// The constraint's name.
    pub name: Option<LitStr>,
    /// The columns by their Rust names.
    pub columns: Vec<Ident>,
    /// Whether NULLs are equal to one another.
    pub nulls_not_distinct: bool,
    /// Storage parameters of its index, by name.
    pub parameters: Vec<(String, String)>,
    /// Whether queries don't use its index.
    pub invisible: bool,
    /// When it is checked.
    pub deferrable: Deferrable,
    /// The one database that it is for, where it isn't for all.
    pub only: Option<Ident>,
    /// What it is for.
    pub comment: Option<LitStr>,
    /// The attribute.
    pub span: Span,
}

/// `#[index]`.
#[derive(Debug, Clone)]
pub struct Index {
    /// The index's name.
    pub name: Option<LitStr>,
    /// What is indexed, in order.
    pub keys: Vec<Key>,
    /// Whether no two indexed rows may be equal.
    pub unique: bool,
    /// Only rows that satisfy this are indexed.
    pub predicate: Option<LitStr>,
    /// The access method.
    pub method: Option<String>,
    /// Columns that ride along without being keys, by their Rust names.
    pub include: Vec<Ident>,
    /// Whether NULLs are equal to one another in a unique index.
    pub nulls_not_distinct: bool,
    /// Storage parameters, by name.
    pub parameters: Vec<(String, String)>,
    /// Whether queries don't use it.
    pub invisible: bool,
    /// The one database that it is for, where it isn't for all.
    pub only: Option<Ident>,
    /// What it is for.
    pub comment: Option<LitStr>,
    /// The attribute.
    pub span: Span,
}

impl Index {
    /// Returns the columns that the index names, both keys and included ones.
    pub fn columns(&self) -> Vec<Ident> {
        self.keys.iter().filter_map(Key::column).chain(&self.include).cloned().collect()
    }
}

/// `#[check]`.
#[derive(Debug, Clone)]
pub struct Check {
    /// The constraint's name.
    pub name: Option<LitStr>,
    /// The condition.
    pub expr: LitStr,
    /// Whether tables that inherit from this one are free of it.
    pub no_inherit: bool,
    /// The one database that it is for, where it isn't for all.
    pub only: Option<Ident>,
    /// What it is for.
    pub comment: Option<LitStr>,
    /// The attribute.
    pub span: Span,
}

/// `#[exclude]`: no two rows for which every operator, applied to their values, says true.
#[derive(Debug, Clone)]
pub struct Exclusion {
    /// The constraint's name.
    pub name: Option<LitStr>,
    /// The access method.
    pub method: Option<String>,
    /// What is compared, and the operator that compares it.
    pub elements: Vec<(Key, LitStr)>,
    /// Only rows that satisfy this are compared.
    pub predicate: Option<LitStr>,
    /// Columns that ride along without being compared, by their Rust names.
    pub include: Vec<Ident>,
    /// Storage parameters, by name.
    pub parameters: Vec<(String, String)>,
    /// When it is checked.
    pub deferrable: Deferrable,
    /// The one database that it is for, where it isn't for all.
    pub only: Option<Ident>,
    /// What it is for.
    pub comment: Option<LitStr>,
    /// The attribute.
    pub span: Span,
}

impl Exclusion {
    /// Returns the columns that the rule names, both compared and included ones.
    pub fn columns(&self) -> Vec<Ident> {
        self.elements.iter().filter_map(|(key, _)| key.column()).chain(&self.include).cloned().collect()
    }
}

/// `#[on_update(now)]`: the column takes the time whenever its row changes.
#[derive(Debug, Clone)]
pub struct OnUpdate {
    /// The one database that it is for.
    pub only: Option<Ident>,
    /// The attribute's place.
    pub span: Span,
}

/// `#[auto_increment]`: the database numbers rows.
#[derive(Debug, Clone)]
pub struct AutoIncrement {
    /// The one database that it is for, where it isn't for all.
    pub only: Option<Ident>,
    /// The attribute.
    pub span: Span,
}

/// `#[invisible]`: only a query that names the column reads it.
#[derive(Debug, Clone)]
pub struct Invisible {
    /// The one database that it is for, where it isn't for all.
    pub only: Option<Ident>,
    /// The attribute.
    pub span: Span,
}

/// `#[identity]`: how the database numbers rows.
#[derive(Debug, Clone)]
pub struct Identity {
    /// What gives the numbers.
    pub form: IdentityForm,
    /// How it counts.
    pub sequence: Sequence,
    /// The one database that it is for, where it isn't for all.
    pub only: Option<Ident>,
    /// The attribute.
    pub span: Span,
}

/// What gives a column its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityForm {
    /// An identity that refuses numbers given by hand.
    Always,
    /// An identity that takes numbers given by hand.
    ByDefault,
    /// A default over a sequence that the column owns.
    Serial,
}

/// How an identity counts, where that is stated.
#[derive(Debug, Clone, Default)]
pub struct Sequence {
    /// The first number.
    pub start: Option<i64>,
    /// From each number to the next.
    pub increment: Option<i64>,
    /// The smallest number.
    pub min: Option<i64>,
    /// The largest number.
    pub max: Option<i64>,
    /// How many numbers a session takes at once.
    pub cache: Option<i64>,
    /// Whether it begins anew at its end.
    pub cycle: bool,
}

/// `#[foreign_key]` or `#[references]`.
#[derive(Debug, Clone)]
pub struct ForeignKey {
    /// The constraint's name.
    pub name: Option<LitStr>,
    /// Referencing columns by their Rust names.
    pub columns: Vec<Ident>,
    /// The referenced table.
    pub table: TableRef,
    /// Referenced columns by their Rust names; empty means the primary key.
    pub referenced: Vec<Ident>,
    /// What happens to referencing rows on delete.
    pub on_delete: Option<Action>,
    /// What happens to referencing rows on update.
    pub on_update: Option<Action>,
    /// When it is checked.
    pub deferrable: Deferrable,
    /// Whether a key of several columns has all or none of them NULL.
    pub match_full: bool,
    /// Whether it points at what isn't there.
    pub dangling: bool,
    /// What it is for.
    pub comment: Option<LitStr>,
    /// The attribute.
    pub span: Span,
}

/// A table named by another one: `other`, `schema.other`, or a path.
#[derive(Debug, Clone)]
pub struct TableRef {
    /// The database schema.
    pub schema: Option<Ident>,
    /// The Rust path; never empty, the last segment is the table's name.
    pub path: Vec<Ident>,
}

impl TableRef {
    /// Returns the table's own name in Rust.
    pub fn name(&self) -> &Ident {
        self.path.last().expect("a path has at least one segment")
    }
}

/// What happens to referencing rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are SQL's own")]
pub enum Action {
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

/// When a foreign key or a unique rule is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Deferrable {
    /// At the end of each statement.
    #[default]
    No,
    /// May be deferred; checked at once unless asked otherwise.
    InitiallyImmediate,
    /// Checked at commit.
    InitiallyDeferred,
}

/// `#[default]`.
#[derive(Debug, Clone)]
pub struct ColumnDefault {
    /// The value.
    pub value: DefaultValue,
    /// The attribute.
    pub span: Span,
}

/// What a column's default is.
#[derive(Debug, Clone, PartialEq)]
pub enum DefaultValue {
    /// `true` or `false`.
    Bool(bool),
    /// A number in decimal notation, with its sign.
    Number(String),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// The time at which the row is made.
    Now,
    /// An SQL expression.
    Sql(String),
}

/// `#[generated]`.
#[derive(Debug, Clone)]
pub struct Generated {
    /// The expression.
    pub expr: LitStr,
    /// Stored with the row, or computed on reading.
    pub stored: bool,
}

/// `#[sql_type]`: the type in the words of each database.
#[derive(Debug, Clone, Default)]
pub struct SqlTypes {
    /// For every database that isn't named.
    pub any: Option<LitStr>,
    /// For SQLite.
    pub sqlite: Option<LitStr>,
    /// For PostgreSQL.
    pub postgres: Option<LitStr>,
    /// For MySQL and MariaDB.
    pub mysql: Option<LitStr>,
}

/// `#[renamed_from]`: a name that the database once knew.
#[derive(Debug, Clone)]
pub struct OldName {
    /// The name.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

/// One hazard of `#[allow]`.
#[derive(Debug, Clone)]
pub struct Allow {
    /// The hazard, in snake case.
    pub hazard: Ident,
    /// Why.
    pub reason: Option<LitStr>,
}
