//! The grammar of `table!`, shared by the macro `autogen::table!` and by the scanner, so that the
//! macro accepts and rejects exactly what the scanner does.
//!
//! This crate reads tokens and nothing else: it knows no database, opens no file, and gives no
//! meaning to types or SQL text. Every part of what it returns keeps its span.
//!
//! # The grammar
//!
//! The body of `table!` is Diesel's, and every table that Diesel accepts is accepted:
//!
//! ```text
//! use diesel::sql_types::*;                 any number, optional
//! attributes
//! schema.name (key, columns) {              schema and key are optional; the key is `id` unless stated
//!     attributes
//!     column -> Type,                       the last comma is optional
//! }
//! ```
//!
//! Names are Rust identifiers; `r#type` means `type`. Diesel's attributes `#[sql_name = "..."]`
//! and `#[max_length = N]` stay. **Attributes name columns by their Rust names**, never by
//! `sql_name`. *Text* below is a string literal that isn't blank; SQL in it is kept as it stands.
//!
//! ## On tables
//!
//! | attribute | meaning |
//! |---|---|
//! | `#[unique(a, b)]` | no two rows agree in `a` and `b`; options `name`, `nulls_not_distinct`, `with(...)`, `invisible`, `deferrable`, `only` |
//! | `#[index(key, ...)]` | an index; options `name`, `unique`, `where`, `using = gin`, `include(c)`, `nulls_not_distinct`, `with(fillfactor = 70)`, `invisible`, `only` |
//! | `#[check("sql")]` | every row satisfies the condition; options `name`, `no_inherit`, `only` |
//! | `#[exclude(using = gist, (room with "=", during with "&&"))]` | no two rows for which all operators say true; options `name`, `where`, `include(c)`, `with(fillfactor = 70)`, `deferrable`, `only` |
//! | `#[foreign_key((a, b) => other(x, y))]` | rows point at rows of `other`; options below |
//! | `#[strict]` | SQLite enforces the types |
//! | `#[without_rowid]` | SQLite stores rows by their primary key |
//! | `#[unlogged]` | PostgreSQL writes rows without a log: faster, and all of them are gone after a crash |
//! | `#[system_versioned]` | MariaDB keeps rows that are changed or deleted; a history that is there stays unless dropped by hand |
//! | `#[engine = "Aria"]` | what stores the rows on MySQL; what is there stays unless stated |
//! | `#[collate = "latin1_bin"]` | the collation, hence the character set, of texts that state none, on MySQL; what is there stays unless stated |
//! | `#[row_format = "compressed"]`, `#[key_block_size = 8]` | how rows are stored on MySQL; what is there stays unless stated |
//! | `#[no_primary_key]` | the database has no primary key here; the one in brackets is Diesel's alone, which wants one |
//! | `#[comment = "..."]` | the comment in the database where the doc comment isn't it; empty for none |
//! | `#[moved_from(core)]` | the chain of the owner `core` has made the table, which is this owner's from now on |
//! | `#[renamed_from(old)]` | the table was called `old`, an identifier or *text*: its name in the database |
//! | `#[allow(hazard, ...)]` | the author accepts these hazards here; option `reason` |
//!
//! ## On columns
//!
//! | attribute | meaning |
//! |---|---|
//! | `#[unique]`, `#[unique(name = "...")]` | as on the table, over this column |
//! | `#[index]`, `#[index(desc, ...)]` | as on the table, over this column; options also `desc`, `collate = "..."`, `opclass = "..."`, `prefix = 10`, `nulls_first` and `nulls_last` |
//! | `#[check("sql")]` | as on the table |
//! | `#[references(other(x))]` | a foreign key out of this column; options below |
//! | `#[default = literal]` | `true`, `5`, `-2.5`, `"text"` or `b"bytes"` |
//! | `#[default(now)]` | the time at which the row is made |
//! | `#[default(sql = "...")]` | any SQL expression |
//! | `#[on_update(now)]` | the time of the row's last change, on MySQL; option `only` |
//! | `#[generated("sql", stored)]` | computed when written, or on reading with `virtual` |
//! | `#[auto_increment]` | the database numbers rows and never reuses a number; option `only`; on SQLite a whole primary key alone |
//! | `#[identity(always)]`, `#[identity(by_default)]`, `#[identity(serial)]` | numbered by an identity of SQL; `always` refuses numbers given by hand; `serial` is PostgreSQL's older form; options `start`, `increment`, `min`, `max` and `cache` with numbers, `cycle`, `only` |
//! | `#[precision(10, 2)]` | digits, and digits after the point (0 if left out), of a `Numeric` |
//! | `#[collate = "nocase"]` | the collation |
//! | `#[invisible]` | only a query that names the column reads it, on MariaDB and MySQL; option `only` |
//! | `#[sql_type = "CITEXT"]` | the type in the database's own words |
//! | `#[sql_type(sqlite = "TEXT", postgres = "citext")]` | the same per database: `sqlite`, `postgres`, `mysql` |
//! | `#[comment = "..."]` | as on the table |
//! | `#[backfill("sql")]` | fills the column of rows that exist already |
//! | `#[renamed_from(old)]`, `#[allow(hazard, ...)]` | as on the table |
//!
//! Doc comments are the comments of tables and columns, unless `#[comment]` states another or they are Diesel's own
//! ("Automatically generated by Diesel.").
//!
//! ## Parts
//!
//! * An index **key** is `a`, `desc(a)`, `expr("lower(name)")`, `collate(a, "nocase")`,
//!   `opclass(a, "text_pattern_ops")`, `prefix(a, 10)`, `nulls_first(a)` or `nulls_last(a)`, nested as needed:
//!   `desc(collate(a, "nocase"))`. A bare `unique`, `nulls_not_distinct` or `invisible` is the option; a column of
//!   that name is written `r#unique`. What is compared by an **exclude** is an index key.
//! * **`invisible`** keeps an index up to date without queries using it, on MariaDB and MySQL.
//! * **`comment`** `= "..."` says what an index or a rule is for, on PostgreSQL.
//! * **`only`** `= postgres` (or `sqlite`, `mysql`) makes a rule of one database, for what others don't know.
//! * A **foreign key** of one column may drop the parentheses: `a => other(x)`. `other` may be
//!   `schema.other` or a path such as `crate::schema::other`; without `(x)` it means the primary key.
//!   Options: `on_delete` and `on_update` = `cascade`, `restrict`, `set_null`, `set_default` or
//!   `no_action`; `deferrable`, `deferrable = initially_deferred`, `deferrable =
//!   initially_immediate` (the same as `deferrable`); `match_full`; `name`; `dangling`
//!   where the table or column isn't there, which only SQLite takes.
//! * **Hazards** are those of [`HAZARDS`]. Any other `#[allow(...)]` is a lint and goes to rustc.
//!
//! ## Without a dependency
//!
//! All of these may stand in a stock `diesel::table!` as `#[cfg_attr(any(), autogen(...))]`, which
//! no compiler ever applies: `#[cfg_attr(any(), autogen(unique(a), default = 0))]`.
//!
//! `joinable!` stays Diesel's. It says that there is a foreign key; `#[cfg_attr(any(), autogen(no_key))]` above one
//! says that it only tells Diesel how to join.
//!
//! # Enumerated types
//!
//! `autogen::sql_enum!` holds one `enum` without fields. On databases with enumerated types it is one, on
//! others a text. Its values come in the order stated, and are called as their variants in snake case.
//!
//! | attribute | on | meaning |
//! |---|---|---|
//! | `#[sql_name = "..."]` | enum, variant | the name in the database; the enum's is its own in snake case unless stated |
//! | `#[sql_schema = "..."]` | enum | the schema of the type |
//! | `#[rename_all = "..."]` | enum | how values are called: `snake_case`, `kebab-case`, `camelCase`, `PascalCase`, `lowercase`, `UPPERCASE`, `SCREAMING_SNAKE_CASE`, `SCREAMING-KEBAB-CASE` or `verbatim` |
//! | `#[renamed_from(old)]` | enum, variant | what the type or the value was called in the database |
//! | `#[allow(hazard, ...)]` | enum | the author accepts these hazards here |
//!
//! Of stock enums `#[derive(DbEnum)]` (diesel-derive-enum) and `#[derive(Enum)]` (Diesel) are read with their own
//! attributes; `renamed_from` and `allow` stand in `#[cfg_attr(any(), autogen(...))]` there.
//!
//! # What is refused
//!
//! Unknown attributes and options (only in `autogen::table!` and under `autogen(...)`), columns
//! that the table doesn't have, the same column twice, the same attribute or option twice where one
//! is meant, blank SQL, a default on a generated column, and numbering on anything but an integer. All errors of a table are reported together, each at its token.

mod attribute;
mod check;
mod column_type;
mod enumeration;
mod errors;
mod expand;
mod joinable;
mod key;
mod name;
mod options;
mod parse;
mod rules;
mod table;

pub use attribute::{COLUMN_ATTRIBUTES, HAZARDS, TABLE_ATTRIBUTES, joins_without_key};
pub use column_type::ColumnType;
pub use enumeration::{EnumMacro, SqlEnum, SqlEnumType, SqlEnumValue, enum_macro, sql_enum};
pub use expand::{expand, expand_enum};
pub use joinable::Joinable;
pub use key::{Key, KeyOf, Nulls};
pub use name::{plain, same_name};
pub use options::Options;
pub use parse::table;
pub use rules::Rules;
pub use table::{
    Action, Allow, AutoIncrement, Check, Column, ColumnDefault, DefaultValue, Deferrable, Exclusion, ForeignKey,
    Generated, Identity, IdentityForm, Index, Invisible, OldName, OnUpdate, Sequence, SqlTypes, Table, TableRef,
    Unique,
};

/// Whose `table!` it is, which decides how attributes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Macro {
    /// `autogen::table!`: every attribute is known or an error.
    Autogen,
    /// `diesel::table!`: autogen's attributes count under `cfg_attr(any(), autogen(...))` only.
    Diesel,
}
