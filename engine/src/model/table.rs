//! Schemas, tables and columns.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::{
    Bystander, DataType, EnumType, Expr, Facet, Index, Lineage, Place, PrimaryKey, RenamedValues, Reserved, Rule,
    Rules, Sequence, TableName, Tables,
};

/// A set of tables, and the objects beside them. Copies share what neither has changed since.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Schema {
    /// Tables by name.
    pub tables: Tables,
    /// Enumerated types by name, where the database has such types.
    pub enums: BTreeMap<TableName, EnumType>,
    /// Objects that no definition can declare. They are reported, kept and never dropped.
    pub bystanders: Arc<Vec<Bystander>>,
    /// Names of indexes and tables outside this part of a schema: see [`Schema::restricted`].
    pub reserved: Reserved,
    /// Tables that weren't read, if this is a part of a database. Their absence from the tables means nothing.
    pub unread: Arc<BTreeSet<TableName>>,
    /// Enum values that an owner's chain has renamed, the latest last, on databases that can't tell by
    /// themselves. They are listed by the enum's name in Rust, with the old and the new name. `None` if the chain
    /// wasn't read. Then no value counts as still to be renamed.
    pub renamed_values: Option<Vec<RenamedValues>>,
    /// PostgreSQL: the schemas that exist beside the default one. `None` if nobody has looked.
    pub namespaces: Option<Arc<BTreeSet<String>>>,
    /// The server that it was read from, if two kinds of servers speak one dialect with different abilities.
    pub server: Option<MysqlServer>,
}

/// A kind of server that speaks the dialect `mysql`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum MysqlServer {
    /// MariaDB.
    Mariadb,
    /// MySQL itself.
    Mysql,
}

/// What a database has outside the part that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unread {
    /// Its tables.
    pub tables: BTreeSet<TableName>,
    /// All names that are taken there, including those of indexes and keys.
    pub names: BTreeSet<String>,
}

impl Schema {
    /// Notes what exists outside this part, and wasn't read.
    pub fn note_unread(&mut self, Unread { tables, names }: &Unread) {
        if !tables.is_subset(&self.unread) {
            Arc::make_mut(&mut self.unread).extend(tables.iter().cloned());
        }
        self.reserved.extend(names);
    }

    /// Returns the part of the schema with the tables and enumerated types that `holds` selects. The names of
    /// the others, and of their indexes, stay known as taken.
    #[must_use]
    pub fn restricted(&self, holds: impl Fn(&TableName) -> bool) -> Self {
        self.part(self.tables.keys().chain(self.enums.keys()).filter(|name| holds(name)))
    }

    /// Returns the part of the schema with the tables and enumerated types of these names, as [`Schema::restricted`]
    /// does. The cost is that of the part, however large the rest is.
    #[must_use]
    pub fn part<'a>(&self, names: impl IntoIterator<Item = &'a TableName, IntoIter: Clone>) -> Self {
        let names = names.into_iter();
        let tables = self.tables.part(names.clone());
        let enums = names.filter_map(|name| self.enums.get_key_value(name));
        Self {
            enums: enums.map(|(name, found)| (name.clone(), found.clone())).collect(),
            reserved: self.reserved.beside(&self.tables, &tables),
            tables,
            bystanders: self.bystanders.clone(),
            unread: self.unread.clone(),
            renamed_values: self.renamed_values.clone(),
            namespaces: self.namespaces.clone(),
            server: self.server,
        }
    }

    /// Notes that the schema of a name exists.
    pub fn note_namespace(&mut self, name: &TableName) {
        if let (Some(namespaces), Some(schema)) = (&mut self.namespaces, &name.schema)
            && !namespaces.contains(schema)
        {
            Arc::make_mut(namespaces).insert(schema.clone());
        }
    }

    /// Adds a table under its own name, replacing one of the same name.
    pub fn insert(&mut self, table: Table) {
        self.tables.insert(table);
    }

    /// Adds an object that nothing declares.
    pub fn add_bystander(&mut self, bystander: Bystander) {
        self.bystanders_mut().push(bystander);
    }

    /// Returns the objects that nothing declares, to change them.
    pub fn bystanders_mut(&mut self) -> &mut Vec<Bystander> {
        Arc::make_mut(&mut self.bystanders)
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Table {
    /// Its name in the database.
    pub name: TableName,
    /// Columns in the order stated; the order is not a difference.
    pub columns: Vec<Column>,
    /// The primary key, where there is one.
    pub primary_key: Option<PrimaryKey>,
    /// All its other rules: uniques, indexes, foreign keys, checks, exclusions.
    pub rules: Rules,
    /// Storage options.
    pub options: TableOptions,
    /// How it descends from other tables.
    pub lineage: Lineage,
    /// What the table is for, where the database or a doc comment says so.
    pub comment: Option<String>,
    /// Which parts this description speaks for.
    pub speaks: Speaks,
    /// Features of a live table that this model lacks, in plain words. A rebuild would lose them, so the table
    /// isn't rebuilt.
    pub unmodelled: Vec<String>,
    /// What only a definition can say.
    pub hints: Hints,
}

impl Table {
    /// Creates an empty table. Its description speaks for every aspect.
    pub fn new(name: TableName) -> Self {
        Self {
            name,
            columns: Vec::new(),
            primary_key: None,
            rules: Rules::default(),
            options: TableOptions::default(),
            lineage: Lineage::default(),
            comment: None,
            speaks: Speaks::EVERYTHING,
            unmodelled: Vec::new(),
            hints: Hints::default(),
        }
    }

    /// Returns the column with this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Returns the names of the table's indexes and unique rules that have one.
    pub fn index_names(&self) -> impl Iterator<Item = &str> {
        let uniques = self.rules.uniques().filter_map(|unique| unique.name.as_deref());
        uniques.chain(self.rules.stated_indexes().filter_map(|index| index.name.as_deref()))
    }

    /// Returns `true` if the primary key, a unique rule or an index begins with these columns.
    pub fn is_indexed(&self, columns: &[String]) -> bool {
        self.serves_foreign_key(columns, None, None)
    }

    /// Returns `true` if something other than `except` spares a server an index of its own for a foreign key over these
    /// columns. To MySQL, an index that sorts them the other way is none.
    pub fn serves_foreign_key(&self, columns: &[String], except: Option<&Index>, server: Option<MysqlServer>) -> bool {
        let sorts_otherwise = |index: &&Index| {
            server == Some(MysqlServer::Mysql) && index.columns.iter().take(columns.len()).any(|key| key.descending)
        };
        let mut indexes = self.rules.indexes().filter(|index| Some(*index) != except && !sorts_otherwise(index));
        let keys = self.primary_key.iter().map(|key| &key.columns);
        let mut rules = keys.chain(self.rules.uniques().map(|unique| &unique.columns));
        rules.any(|rule| rule.starts_with(columns)) || indexes.any(|index| index.begins_with(columns))
    }

    /// Returns the rules that are separate indexes, outside the table's statement.
    pub fn separate_indexes(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.is_index())
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Column {
    /// Its name in the database.
    pub name: String,
    /// Its type in Diesel's words.
    pub data_type: DataType,
    /// Its type in the database's words. A live column always has them. A declared column has them only if
    /// `#[sql_type]` states them, and then they are what is compared and written.
    pub sql_type: Option<String>,
    /// Whether it may hold NULL.
    pub nullable: bool,
    /// Its default.
    pub default: Option<Expr>,
    /// How it is computed, for a generated column.
    pub generated: Option<Generated>,
    /// Its collation, where it isn't the database's default.
    pub collation: Option<String>,
    /// Whether the database numbers new rows by itself and never reuses a number.
    pub auto_increment: bool,
    /// The form in which it numbers them. `None` on a declared column leaves that to the database, and then it
    /// isn't compared.
    pub numbering: Option<Numbering>,
    /// How its identity or serial counts.
    pub sequence: Sequence,
    /// MySQL: the value that it gets with every change of its row.
    pub on_update: Option<Expr>,
    /// Whether it only exists because a table has it that this one inherits from.
    pub inherited: bool,
    /// MariaDB and MySQL: whether a query has to name it to read it.
    pub invisible: bool,
    /// Other properties of a live column that no definition can state, such as MariaDB's `WITHOUT SYSTEM
    /// VERSIONING`. They are kept, and aren't a difference.
    pub attributes: Vec<String>,
    /// What the column is for.
    pub comment: Option<String>,
    /// What only a definition can say.
    pub hints: Hints,
}

impl Column {
    /// Creates a nullable column without any options.
    pub fn new(name: impl Into<String>, data_type: DataType) -> Self {
        Self {
            name: name.into(),
            data_type,
            sql_type: None,
            nullable: true,
            default: None,
            generated: None,
            collation: None,
            auto_increment: false,
            numbering: None,
            sequence: Sequence::default(),
            on_update: None,
            inherited: false,
            invisible: false,
            attributes: Vec::new(),
            comment: None,
            hints: Hints::default(),
        }
    }

    /// Returns the column's type as people read it. If Diesel has no type for it, the database's words are
    /// used, because they say more than a name of somebody's own.
    pub fn shown_type(&self) -> String {
        match (&self.data_type, &self.sql_type) {
            (DataType::Other(_), Some(sql_type)) => sql_type.clone(),
            (data_type, _) => data_type.to_string(),
        }
    }
}

/// The form in which a database numbers rows, if it has several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Numbering {
    /// A default that takes the next number of a sequence of the column's own.
    Serial,
    /// An identity; a number may be given by hand.
    ByDefault,
    /// An identity; a number given by hand is refused.
    Always,
}

impl std::fmt::Display for Numbering {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Serial => "serial",
            Self::ByDefault => "identity by default",
            Self::Always => "identity always",
        })
    }
}

/// How a generated column is computed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Generated {
    /// The expression.
    pub expr: Expr,
    /// Stored with the row, or computed on reading.
    pub stored: bool,
}

/// Storage options of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TableOptions {
    /// SQLite: types are enforced.
    pub strict: bool,
    /// SQLite: the primary key is the storage key.
    pub without_rowid: bool,
    /// PostgreSQL: rows are written without a log, and are gone after a crash.
    pub unlogged: bool,
    /// MySQL: the engine that stores the rows, if it isn't InnoDB.
    pub engine: Option<String>,
    /// MySQL: the default collation of texts, which also determines their character set.
    pub collation: Option<String>,
    /// MySQL: how rows are laid out, in the catalog's word, if that is stated.
    pub row_format: Option<String>,
    /// MySQL: the size of compressed pages in kilobytes.
    pub key_block_size: Option<u32>,
    /// MariaDB: rows that are changed or deleted are kept as the table's history.
    pub system_versioned: bool,
}

/// Writes the options in words, or "none" if all have their defaults.
impl fmt::Display for TableOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.facets().iter().filter_map(Facet::words).collect();
        f.write_str(&if words.is_empty() { "none".to_owned() } else { words.join(", ") })
    }
}

/// What only a definition can state about an object. Empty for live objects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Hints {
    /// Where it is defined.
    pub place: Option<Place>,
    /// Its earlier name, which has no effect once it is applied.
    pub renamed_from: Option<String>,
    /// The owner whose chain has made the table.
    pub moved_from: Option<String>,
    /// Renamed values of its enumerated type.
    pub renamed_values: Option<Box<RenamedValues>>,
    /// An SQL expression over the old row that fills the column if the change alone can't.
    pub backfill: Option<String>,
    /// Hazards that the author has allowed here.
    pub allow: Vec<Allow>,
}

/// A permission given in source: `#[allow(drop_column, reason = "...")]`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Allow {
    /// The hazard's name, dashed.
    pub hazard: String,
    /// Why.
    pub reason: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// The parts of a table that a description speaks for. It always speaks for columns, types, nullability and the
/// primary key. A part that it doesn't speak for isn't compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[allow(missing_docs, reason = "each field is the part of the same name")]
pub struct Speaks {
    pub defaults: bool,
    pub generated: bool,
    pub collations: bool,
    pub auto_increment: bool,
    /// Unique rules and indexes together: one rule may be held as either.
    pub indexes: bool,
    /// All foreign keys. Otherwise only the listed ones must exist.
    pub foreign_keys: bool,
    pub checks: bool,
    pub options: bool,
    pub comments: bool,
    /// Whether an unstated length or precision means "none".
    pub lengths: bool,
    /// The order of the primary key's columns. Diesel's tools print the table's order on SQLite.
    pub key_order: bool,
}

impl Speaks {
    /// A live table, or `autogen::table!`.
    pub const EVERYTHING: Self = Self {
        defaults: true,
        generated: true,
        collations: true,
        auto_increment: true,
        indexes: true,
        foreign_keys: true,
        checks: true,
        options: true,
        comments: true,
        lengths: true,
        key_order: true,
    };

    /// A stock `diesel::table!`.
    pub const STOCK: Self = Self {
        defaults: false,
        generated: false,
        collations: false,
        auto_increment: false,
        indexes: false,
        foreign_keys: false,
        checks: false,
        options: false,
        comments: false,
        lengths: false,
        key_order: false,
    };
}
