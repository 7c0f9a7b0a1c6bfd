//! Rules that a table's rows obey: keys, uniques, checks.

use std::fmt;

use super::{Expr, Hints, TableName};

/// A primary key; the order of its columns matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimaryKey {
    /// The constraint's name, where it has one.
    pub name: Option<String>,
    /// Key columns in key order.
    pub columns: Vec<String>,
}

/// How the database holds a unique rule. Both forms mean the same to the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UniqueForm {
    /// A constraint of the table.
    Constraint,
    /// A plain unique index; the only form that SQLite can add without rebuilding the table.
    Index,
}

/// No two rows share these columns' values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unique {
    /// The constraint's or index's name; an unnamed one compares by its columns.
    pub name: Option<String>,
    /// Columns in the order stated.
    pub columns: Vec<String>,
    /// How the database holds it.
    pub form: UniqueForm,
    /// Source place and permissions, for a declared one.
    pub hints: Hints,
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

impl fmt::Display for Action {
    /// SQL's words, lower case.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAction => "no action",
            Self::Restrict => "restrict",
            Self::Cascade => "cascade",
            Self::SetNull => "set null",
            Self::SetDefault => "set default",
        })
    }
}

/// When a foreign key is checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Deferrable {
    /// At the end of each statement.
    #[default]
    No,
    /// May be deferred; checked at once unless asked otherwise.
    InitiallyImmediate,
    /// Checked at commit.
    InitiallyDeferred,
}

/// Rows here point at rows there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKey {
    /// The constraint's name; an unnamed one compares by its shape.
    pub name: Option<String>,
    /// Referencing columns.
    pub columns: Vec<String>,
    /// The referenced table.
    pub references: TableName,
    /// Referenced columns; empty means the referenced table's primary key, until normalised.
    pub referenced_columns: Vec<String>,
    /// On delete; `None` where a definition (`joinable!`) can't say, which is then not judged.
    pub on_delete: Option<Action>,
    /// On update; `None` where a definition can't say.
    pub on_update: Option<Action>,
    /// When it is checked.
    pub deferrable: Deferrable,
    /// Whether it is written inside its column's definition, which is what lets SQLite add and
    /// drop the column without rebuilding the table. Not a difference.
    pub inline: bool,
    /// Source place and permissions, for a declared one.
    pub hints: Hints,
}

/// Every row satisfies this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The constraint's name; an unnamed one compares by its expression.
    pub name: Option<String>,
    /// The condition.
    pub expr: Expr,
    /// Whether it is written inside its column's definition. Not a difference.
    pub inline: bool,
    /// Source place and permissions, for a declared one.
    pub hints: Hints,
}
