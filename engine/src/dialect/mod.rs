//! What differs between databases, as one row of data each.
//!
//! A stage asks [`Facts`] before it branches on [`Dialect`]; where data can't say it, the stage
//! has one file per dialect with the same function names, and one dispatch.

use std::fmt;
use std::str::FromStr;

use crate::model::TableName;

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// SQLite 3.35 and later.
    Sqlite,
    /// PostgreSQL 12 and later.
    Postgres,
    /// MariaDB 10.6 and later, MySQL 8.0.16 and later.
    Mysql,
}

impl Dialect {
    /// Every dialect, in the order in which files and reports name them.
    pub const ALL: &'static [Self] = &[Self::Sqlite, Self::Postgres, Self::Mysql];

    /// Returns the name used in folders, files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
        }
    }

    /// Returns this dialect's row of facts.
    pub fn facts(self) -> &'static Facts {
        match self {
            Self::Sqlite => &SQLITE,
            Self::Postgres => &POSTGRES,
            Self::Mysql => &MYSQL,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Dialect {
    type Err = String;

    /// Reads a dialect's name.
    ///
    /// ```
    /// use autogen::dialect::Dialect;
    /// assert_eq!("sqlite".parse(), Ok(Dialect::Sqlite));
    /// assert!("oracle".parse::<Dialect>().is_err());
    /// ```
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().copied().find(|dialect| dialect.name() == text).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|dialect| dialect.name()).collect();
            format!("unknown dialect `{text}`; known: {}", known.join(", "))
        })
    }
}

/// What a database can and can't do.
#[derive(Debug)]
pub struct Facts {
    /// The dialect that this row describes.
    pub dialect: Dialect,
    /// The character that opens and closes a quoted identifier. Inside, it is doubled.
    pub quote: char,
    /// The length in bytes beyond which names are cut or refused.
    pub max_identifier: usize,
    /// Whether a server names an unnamed check after its table, and refuses it where that name is too long.
    pub names_checks_after_table: bool,
    /// Schemas that are the database's own, and the sessions'.
    pub own_schemas: &'static [&'static str],
    /// The beginning of the names of the database's own tables.
    pub own_prefix: Option<&'static str>,
    /// Whether the server's system decides if two names of tables that differ only in case are one.
    pub table_names_are_files: bool,
    /// Whether names that differ only in ASCII case are one name.
    pub names_ignore_case: bool,
    /// Whether DDL can be rolled back.
    pub transactional_ddl: bool,
    /// Whether constraints can be added to and dropped from an existing table.
    pub alters_constraints: bool,
    /// Whether a column's type, nullability or default can be altered in place.
    pub alters_columns: bool,
    /// Whether a foreign key's columns must have exactly the type of the columns that they reference.
    pub keys_share_types: bool,
    /// Whether a foreign key may only reference unique columns. Otherwise any index is enough.
    pub references_unique: bool,
    /// Whether a key of one integer column numbers new rows by itself.
    pub numbers_integer_keys: bool,
    /// Whether enumerated types are objects of their own.
    pub enum_types: bool,
    /// Whether a column of an enum lists its values itself. Without this and without enumerated types, it is a
    /// text.
    pub lists_values: bool,
    /// Whether tables and columns carry comments.
    pub comments: bool,
    /// Whether indexes and rules carry comments too.
    pub comments_on_rules: bool,
    /// What separates a literal from its type in printed expressions that say the type.
    pub prints_casts: Option<&'static str>,
    /// Whether a collation decides which texts are equal, and not only their order.
    pub collations_equate: bool,
    /// The collation that a column without one has, if that is always the same.
    pub plain_collation: Option<&'static str>,
    /// Whether an unnamed constraint stays unnamed. Otherwise the database makes up a name.
    pub unnamed_constraints: bool,
    /// Whether the database itself cuts or refuses a name beyond `max_identifier`.
    pub limits_names: bool,
    /// The features known here that not every database has.
    pub features: &'static [Feature],
    /// The index methods known here, if not all are.
    pub index_methods: &'static [&'static str],
}

/// Something that a definition may ask for and that only some databases know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "`name` says what each is")]
pub enum Feature {
    IndexMethod,
    IndexInclude,
    IndexCondition,
    IndexExpression,
    IndexCollation,
    IndexPrefix,
    IndexParameters,
    OperatorClass,
    NullsOrder,
    NullsNotDistinct,
    DeferrableUnique,
    DeferrableKey,
    DanglingKey,
    MatchFull,
    NoInherit,
    Identity,
    Exclusion,
    OnUpdate,
    InvisibleColumn,
    InvisibleIndex,
}

impl Feature {
    /// Returns the plural name in plain words.
    pub fn name(self) -> &'static str {
        match self {
            Self::IndexMethod => "index methods (`using`)",
            Self::IndexInclude => "indexes with included columns (`include`)",
            Self::IndexCondition => "partial indexes (`where`)",
            Self::IndexExpression => "indexes over expressions (`expr`)",
            Self::IndexCollation => "indexes with a collation of their own (`collate`)",
            Self::IndexPrefix => "prefix indexes (`prefix`)",
            Self::IndexParameters => "indexes with storage parameters (`with`)",
            Self::OperatorClass => "operator classes (`opclass`)",
            Self::NullsOrder => "indexes that say where NULLs are sorted (`nulls_first`, `nulls_last`)",
            Self::NullsNotDistinct => "unique rules that treat NULLs as equal (`nulls_not_distinct`)",
            Self::DeferrableUnique => "unique rules that can be deferred (`deferrable`)",
            Self::DeferrableKey => "foreign keys that can be deferred (`deferrable`)",
            Self::DanglingKey => "foreign keys to missing tables (`dangling`)",
            Self::MatchFull => "foreign keys with MATCH FULL (`match_full`)",
            Self::NoInherit => "checks that aren't inherited (`no_inherit`)",
            Self::Identity => "identity columns (`identity`)",
            Self::Exclusion => "exclusions (`exclude`)",
            Self::OnUpdate => "ON UPDATE columns (`on_update`)",
            Self::InvisibleColumn => "invisible columns (`invisible`)",
            Self::InvisibleIndex => "indexes that queries don't use (`invisible`)",
        }
    }
}

const SQLITE: Facts = Facts {
    dialect: Dialect::Sqlite,
    quote: '"',
    // SQLite has no limit of its own; this keeps generated names portable.
    max_identifier: 63,
    names_checks_after_table: false,
    own_schemas: &["temp"],
    own_prefix: Some("sqlite_"),
    table_names_are_files: false,
    names_ignore_case: true,
    transactional_ddl: true,
    alters_constraints: false,
    alters_columns: false,
    keys_share_types: false,
    references_unique: true,
    numbers_integer_keys: true,
    enum_types: false,
    lists_values: false,
    comments: false,
    comments_on_rules: false,
    prints_casts: None,
    collations_equate: true,
    plain_collation: Some("BINARY"),
    unnamed_constraints: true,
    limits_names: false,
    features: &[
        Feature::IndexCondition,
        Feature::IndexExpression,
        Feature::IndexCollation,
        Feature::DeferrableKey,
        Feature::DanglingKey,
    ],
    index_methods: &[],
};

const POSTGRES: Facts = Facts {
    dialect: Dialect::Postgres,
    quote: '"',
    max_identifier: 63,
    names_checks_after_table: false,
    own_schemas: &["pg_catalog", "pg_temp", "information_schema"],
    own_prefix: None,
    table_names_are_files: false,
    names_ignore_case: false,
    transactional_ddl: true,
    alters_constraints: true,
    alters_columns: true,
    enum_types: true,
    lists_values: false,
    comments: true,
    comments_on_rules: true,
    prints_casts: Some("::"),
    collations_equate: false,
    plain_collation: None,
    unnamed_constraints: false,
    limits_names: true,
    features: &[
        Feature::IndexMethod,
        Feature::IndexInclude,
        Feature::IndexCondition,
        Feature::IndexExpression,
        Feature::IndexCollation,
        Feature::IndexParameters,
        Feature::OperatorClass,
        Feature::NullsOrder,
        Feature::NullsNotDistinct,
        Feature::DeferrableUnique,
        Feature::DeferrableKey,
        Feature::MatchFull,
        Feature::NoInherit,
        Feature::Identity,
        Feature::Exclusion,
    ],
    index_methods: &[],
    keys_share_types: false,
    references_unique: true,
    numbers_integer_keys: false,
};

const MYSQL: Facts = Facts {
    dialect: Dialect::Mysql,
    quote: '`',
    max_identifier: 64,
    names_checks_after_table: true,
    // Names of tables too, wherever the file system ignores case. A chain that runs there runs everywhere.
    own_schemas: &["information_schema", "mysql", "performance_schema", "sys"],
    own_prefix: None,
    table_names_are_files: true,
    names_ignore_case: true,
    transactional_ddl: false,
    alters_constraints: true,
    alters_columns: true,
    keys_share_types: true,
    references_unique: false,
    numbers_integer_keys: false,
    // Each column states its own values.
    enum_types: false,
    lists_values: true,
    comments: true,
    comments_on_rules: false,
    prints_casts: None,
    collations_equate: true,
    // Its table's, its database's or its server's.
    plain_collation: None,
    unnamed_constraints: false,
    // MySQL counts characters, and refuses a longer name by itself.
    limits_names: false,
    // MariaDB has no indexes over expressions, and a plan against it says so.
    features: &[
        Feature::IndexExpression,
        Feature::IndexPrefix,
        Feature::OnUpdate,
        Feature::InvisibleColumn,
        Feature::InvisibleIndex,
    ],
    index_methods: &["fulltext", "spatial"],
};

impl Facts {
    /// Quotes an identifier.
    ///
    /// ```
    /// use autogen::dialect::Dialect;
    /// assert_eq!(Dialect::Sqlite.facts().quoted(r#"we"ird"#), r#""we""ird""#);
    /// ```
    pub fn quoted(&self, name: &str) -> String {
        let quote = self.quote;
        let doubled = name.replace(quote, &format!("{quote}{quote}"));
        format!("{quote}{doubled}{quote}")
    }

    /// Quotes a collation's name. For a collation of another schema, both names are quoted.
    pub fn quoted_collation(&self, name: &str) -> String {
        if name.starts_with(self.quote) { name.to_owned() } else { self.quoted(name) }
    }

    /// Quotes a table's name, with its schema if it has one.
    pub fn quoted_table(&self, table: &TableName) -> String {
        match &table.schema {
            Some(schema) => format!("{}.{}", self.quoted(schema), self.quoted(&table.name)),
            None => self.quoted(&table.name),
        }
    }

    /// Returns `true` if two identifiers name the same thing.
    pub fn same_name(&self, a: &str, b: &str) -> bool {
        if self.names_ignore_case { a.eq_ignore_ascii_case(b) } else { a == b }
    }
}
