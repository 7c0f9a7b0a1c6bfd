//! Rules that a table's rows obey: keys, uniques, checks.

use std::collections::BTreeMap;
use std::fmt;

use super::{Expr, Hidden, Hints, Index, IndexKey, TableName};

/// A primary key; the order of its columns matters.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PrimaryKey {
    /// The constraint's name, where it has one.
    pub name: Option<String>,
    /// Key columns in key order.
    pub columns: Vec<String>,
}

/// How the database holds a unique rule. Both forms mean the same to the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum UniqueForm {
    /// A constraint of the table.
    Constraint,
    /// A plain unique index; the only form that SQLite can add without rebuilding the table.
    Index,
}

/// No two rows share these columns' values.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Unique {
    /// The constraint's or index's name; an unnamed one compares by its columns.
    pub name: Option<String>,
    /// Columns in the order stated.
    pub columns: Vec<String>,
    /// How the database holds it.
    pub form: UniqueForm,
    /// Whether NULLs are equal to one another.
    pub nulls_not_distinct: bool,
    /// Storage parameters of the index that holds it, by name.
    pub parameters: BTreeMap<String, String>,
    /// Whether queries don't use the index that holds it; see [`Index::hidden`].
    pub hidden: Option<Hidden>,
    /// When it is checked.
    pub deferrable: Deferrable,
    /// What it is for, where the database keeps that.
    pub comment: Option<String>,
    /// Source place and permissions, for a declared one.
    pub hints: Hints,
}

impl Unique {
    /// Creates a constraint without a name or options.
    pub fn new(columns: Vec<String>) -> Self {
        Self {
            name: None,
            columns,
            form: UniqueForm::Constraint,
            nulls_not_distinct: false,
            parameters: BTreeMap::new(),
            hidden: None,
            deferrable: Deferrable::No,
            comment: None,
            hints: Hints::default(),
        }
    }
}

/// What happens to referencing rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[allow(missing_docs, reason = "the names are SQL's own")]
pub enum Action {
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

impl fmt::Display for Action {
    /// Writes the action in SQL's words, in lower case.
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

/// When a foreign key, a unique rule or an exclusion is checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Deferrable {
    /// At the end of each statement.
    #[default]
    No,
    /// May be deferred, but is checked at the end of each statement by default.
    InitiallyImmediate,
    /// Checked at commit.
    InitiallyDeferred,
}

/// A foreign key: rows here reference rows of another table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ForeignKey {
    /// The constraint's name; an unnamed one compares by its shape.
    pub name: Option<String>,
    /// Referencing columns.
    pub columns: Vec<String>,
    /// The referenced table.
    pub references: TableName,
    /// Referenced columns; empty means the referenced table's primary key, until normalised.
    pub referenced_columns: Vec<String>,
    /// The action on delete. `None` if the definition (`joinable!`) can't state one, and then it isn't compared.
    pub on_delete: Option<Action>,
    /// The action on update. `None` if the definition can't state one.
    pub on_update: Option<Action>,
    /// When it is checked.
    pub deferrable: Deferrable,
    /// Whether a key of several columns must have all or none of them NULL. Otherwise one NULL is enough for it
    /// to reference nothing.
    pub match_full: bool,
    /// Whether the referenced table doesn't exist, as SQLite allows. Not a difference.
    pub dangling: bool,
    /// Whether existing rows are known to satisfy it. Not a difference: only an online migration leaves it
    /// unvalidated for a while.
    pub validated: bool,
    /// Whether it is written inside its column's definition. Only then can SQLite add and drop the column without
    /// rebuilding the table. Not a difference.
    pub inline: bool,
    /// What it is for, where the database keeps that.
    pub comment: Option<String>,
    /// Source place and permissions, for a declared one.
    pub hints: Hints,
}

impl ForeignKey {
    /// Creates a key without a name, with no actions, that is checked immediately.
    pub fn new(columns: Vec<String>, references: TableName, referenced_columns: Vec<String>) -> Self {
        Self {
            name: None,
            columns,
            references,
            referenced_columns,
            on_delete: Some(Action::NoAction),
            on_update: Some(Action::NoAction),
            deferrable: Deferrable::No,
            match_full: false,
            dangling: false,
            validated: true,
            inline: false,
            comment: None,
            hints: Hints::default(),
        }
    }

    /// Returns `true` if the definition says nothing about the key but a `joinable!`.
    pub fn is_of_join(&self) -> bool {
        self.on_delete.is_none()
    }
}

/// Every row satisfies this.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Check {
    /// The constraint's name; an unnamed one compares by its expression.
    pub name: Option<String>,
    /// The condition.
    pub expr: Expr,
    /// Whether tables that inherit from this one don't have it.
    pub no_inherit: bool,
    /// Whether existing rows are known to satisfy it; see [`ForeignKey::validated`].
    pub validated: bool,
    /// Whether it is written inside its column's definition. Not a difference.
    pub inline: bool,
    /// What it is for, where the database keeps that.
    pub comment: Option<String>,
    /// Source place and permissions, for a declared one.
    pub hints: Hints,
}

impl Check {
    /// Creates a check of the table without a name.
    pub fn new(expr: Expr) -> Self {
        let (name, comment) = (None, None);
        Self { name, expr, no_inherit: false, validated: true, inline: false, comment, hints: Hints::default() }
    }
}

/// An exclusion: there are no two rows for whose values every operator returns true.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Exclusion {
    /// What is compared, and for which rows, as the index that holds it. The index's name is the constraint's.
    pub index: Index,
    /// The operators in the database's words, one for each key.
    pub operators: Vec<String>,
    /// When it is checked.
    pub deferrable: Deferrable,
}

/// A part of a table that refers to its columns and has a name of its own: keys, rules for rows, indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[allow(missing_docs, reason = "the names are the model's own")]
pub enum Rule {
    PrimaryKey(PrimaryKey),
    Unique(Unique),
    Exclusion(Exclusion),
    Index(Index),
    ForeignKey(ForeignKey),
    Check(Check),
}

impl Rule {
    /// Returns the rule's name, if it has one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::PrimaryKey(key) => key.name.as_deref(),
            Self::Unique(unique) => unique.name.as_deref(),
            Self::Index(index) => index.name.as_deref(),
            Self::ForeignKey(key) => key.name.as_deref(),
            Self::Check(check) => check.name.as_deref(),
            Self::Exclusion(exclusion) => exclusion.index.name.as_deref(),
        }
    }

    /// Returns the rule's name, to change it.
    pub fn name_mut(&mut self) -> &mut Option<String> {
        match self {
            Self::PrimaryKey(key) => &mut key.name,
            Self::Unique(unique) => &mut unique.name,
            Self::Index(index) => &mut index.name,
            Self::ForeignKey(key) => &mut key.name,
            Self::Check(check) => &mut check.name,
            Self::Exclusion(exclusion) => &mut exclusion.index.name,
        }
    }

    /// Returns the names of the table's columns that the rule states outside expressions.
    pub fn columns(&self) -> Vec<&String> {
        match self {
            Self::PrimaryKey(PrimaryKey { columns, .. })
            | Self::Unique(Unique { columns, .. })
            | Self::ForeignKey(ForeignKey { columns, .. }) => columns.iter().collect(),
            Self::Index(index) | Self::Exclusion(Exclusion { index, .. }) => {
                let keys = index.columns.iter().filter_map(|column| column.key.column());
                keys.chain(&index.include).collect()
            }
            Self::Check(_) => Vec::new(),
        }
    }

    /// Returns the names of the table's columns that the rule states outside expressions, to change them.
    pub fn columns_mut(&mut self) -> Vec<&mut String> {
        match self {
            Self::PrimaryKey(PrimaryKey { columns, .. })
            | Self::Unique(Unique { columns, .. })
            | Self::ForeignKey(ForeignKey { columns, .. }) => columns.iter_mut().collect(),
            Self::Index(index) | Self::Exclusion(Exclusion { index, .. }) => {
                let keys = index.columns.iter_mut().filter_map(|column| match &mut column.key {
                    IndexKey::Column(name) => Some(name),
                    IndexKey::Expr(_) => None,
                });
                keys.chain(&mut index.include).collect()
            }
            Self::Check(_) => Vec::new(),
        }
    }

    /// Returns the expressions that the rule states.
    pub fn expressions(&self) -> Vec<&Expr> {
        match self {
            Self::Index(index) | Self::Exclusion(Exclusion { index, .. }) => index.expressions().collect(),
            Self::Check(check) => vec![&check.expr],
            Self::PrimaryKey(_) | Self::Unique(_) | Self::ForeignKey(_) => Vec::new(),
        }
    }

    /// Returns the expressions that the rule states, to change them.
    pub fn expressions_mut(&mut self) -> Vec<&mut Expr> {
        match self {
            Self::Index(index) | Self::Exclusion(Exclusion { index, .. }) => {
                let keys = index.columns.iter_mut().filter_map(|column| match &mut column.key {
                    IndexKey::Expr(expr) => Some(expr),
                    IndexKey::Column(_) => None,
                });
                keys.chain(&mut index.predicate).collect()
            }
            Self::Check(check) => vec![&mut check.expr],
            Self::PrimaryKey(_) | Self::Unique(_) | Self::ForeignKey(_) => Vec::new(),
        }
    }

    /// Returns the same rule under another name.
    #[must_use]
    pub fn named(mut self, name: Option<String>) -> Self {
        *self.name_mut() = name;
        self
    }

    /// Returns the rule's comment, if the database keeps one.
    pub fn comment(&self) -> Option<&String> {
        match self {
            Self::PrimaryKey(_) => None,
            Self::Unique(unique) => unique.comment.as_ref(),
            Self::Index(index) => index.comment.as_ref(),
            Self::ForeignKey(key) => key.comment.as_ref(),
            Self::Check(check) => check.comment.as_ref(),
            Self::Exclusion(exclusion) => exclusion.index.comment.as_ref(),
        }
    }

    /// Returns the same rule with another comment.
    #[must_use]
    pub fn commented(mut self, comment: Option<String>) -> Self {
        match &mut self {
            Self::PrimaryKey(_) => {}
            Self::Unique(unique) => unique.comment = comment,
            Self::Index(index) => index.comment = comment,
            Self::ForeignKey(key) => key.comment = comment,
            Self::Check(check) => check.comment = comment,
            Self::Exclusion(exclusion) => exclusion.index.comment = comment,
        }
        self
    }

    /// Returns whether queries don't use the rule's index, in the server's word.
    pub fn hidden(&self) -> Option<Hidden> {
        match self {
            Self::Unique(unique) => unique.hidden,
            Self::Index(index) => index.hidden,
            Self::PrimaryKey(_) | Self::ForeignKey(_) | Self::Check(_) | Self::Exclusion(_) => None,
        }
    }

    /// Returns the same rule, used by queries or not.
    #[must_use]
    pub fn hiding(mut self, hidden: Option<Hidden>) -> Self {
        match &mut self {
            Self::Unique(unique) => unique.hidden = hidden,
            Self::Index(index) => index.hidden = hidden,
            Self::PrimaryKey(_) | Self::ForeignKey(_) | Self::Check(_) | Self::Exclusion(_) => {}
        }
        self
    }

    /// Returns the hints of the rule's definition.
    pub fn hints(&self) -> Option<&Hints> {
        match self {
            Self::PrimaryKey(_) => None,
            Self::Unique(unique) => Some(&unique.hints),
            Self::Index(index) => Some(&index.hints),
            Self::ForeignKey(key) => Some(&key.hints),
            Self::Check(check) => Some(&check.hints),
            Self::Exclusion(exclusion) => Some(&exclusion.index.hints),
        }
    }

    /// Returns the hints of the rule's definition, to change them.
    pub fn hints_mut(&mut self) -> Option<&mut Hints> {
        match self {
            Self::PrimaryKey(_) => None,
            Self::Unique(unique) => Some(&mut unique.hints),
            Self::Index(index) => Some(&mut index.hints),
            Self::ForeignKey(key) => Some(&mut key.hints),
            Self::Check(check) => Some(&mut check.hints),
            Self::Exclusion(exclusion) => Some(&mut exclusion.index.hints),
        }
    }

    /// Returns `true` if the database holds the rule as an index of the table, not as a constraint.
    pub fn is_index(&self) -> bool {
        match self {
            Self::Index(_) => true,
            Self::Unique(unique) => unique.form == UniqueForm::Index,
            Self::PrimaryKey(_) | Self::ForeignKey(_) | Self::Check(_) | Self::Exclusion(_) => false,
        }
    }

    /// Returns `true` if the database holds an index for the rule, which takes the rule's name.
    pub fn has_index(&self) -> bool {
        match self {
            Self::PrimaryKey(_) | Self::Unique(_) | Self::Index(_) | Self::Exclusion(_) => true,
            Self::ForeignKey(_) | Self::Check(_) => false,
        }
    }

    /// Returns `false` if rows may have broken the rule before it was there.
    pub fn is_validated(&self) -> bool {
        match self {
            Self::ForeignKey(key) => key.validated,
            Self::Check(check) => check.validated,
            Self::PrimaryKey(_) | Self::Unique(_) | Self::Index(_) | Self::Exclusion(_) => true,
        }
    }

    /// Returns the columns that identify a row, if the rule says that of some of the table's columns.
    pub fn unique_columns(&self) -> Option<Vec<&String>> {
        match self {
            Self::PrimaryKey(key) => Some(key.columns.iter().collect()),
            Self::Unique(unique) => Some(unique.columns.iter().collect()),
            Self::Index(index) if index.unique && index.predicate.is_none() => {
                index.columns.iter().map(|column| column.key.column()).collect()
            }
            Self::Index(_) | Self::ForeignKey(_) | Self::Check(_) | Self::Exclusion(_) => None,
        }
    }

    /// Returns the name of the rule's kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::PrimaryKey(_) => "primary key",
            Self::Unique(_) => "unique",
            Self::Index(_) => "index",
            Self::ForeignKey(_) => "foreign key",
            Self::Check(_) => "check",
            Self::Exclusion(_) => "exclusion",
        }
    }
}
