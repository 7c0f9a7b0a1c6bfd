//! What a step puts at risk, by name.

use std::fmt;
use std::str::FromStr;

/// A risk that a step carries and that must be allowed by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hazard {
    /// Its name.
    pub kind: HazardKind,
    /// What exactly, in plain words: ``column `serial` and its values are lost``.
    pub detail: String,
    /// A query that counts the rows at stake, for databases that have some.
    pub count: Option<String>,
}

/// Names of hazards, as `--allow` and `#[allow(...)]` take them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HazardKind {
    /// A table and its rows are lost.
    DropTable,
    /// A column and its values are lost.
    DropColumn,
    /// Rows are deleted.
    DeleteRows,
    /// A value of an enumerated type goes; rows that hold it stop the migration.
    DropEnumValue,
    /// Values may not fit the new type.
    NarrowType,
    /// Rows without a value stop the migration.
    NotNull,
    /// Rows that are alike stop the migration.
    NewUnique,
    /// Rows that don't satisfy the check stop the migration.
    NewCheck,
    /// Rows that point nowhere stop the migration.
    NewForeignKey,
    /// The table is copied: time, disk space and a lock in proportion to its rows.
    Rebuild,
    /// The table's rows are read or written anew while nobody else can read or write them.
    TableRewrite,
    /// The down migration can't bring back what was there.
    Irreversible,
}

impl HazardKind {
    /// Every kind, in the order of documentation.
    pub const ALL: &'static [Self] = &[
        Self::DropTable,
        Self::DropColumn,
        Self::DeleteRows,
        Self::DropEnumValue,
        Self::NarrowType,
        Self::NotNull,
        Self::NewUnique,
        Self::NewCheck,
        Self::NewForeignKey,
        Self::Rebuild,
        Self::TableRewrite,
        Self::Irreversible,
    ];

    /// Checks whether all rows of a table are lost, or are read or written while others wait.
    pub(super) fn is_of_whole_table(self) -> bool {
        match self {
            Self::DropTable | Self::Rebuild | Self::TableRewrite => true,
            Self::DropColumn
            | Self::DeleteRows
            | Self::DropEnumValue
            | Self::NarrowType
            | Self::NotNull
            | Self::NewUnique
            | Self::NewCheck
            | Self::NewForeignKey
            | Self::Irreversible => false,
        }
    }

    /// Checks whether rows that don't satisfy a new rule stop the migration.
    pub fn is_of_new_rule(self) -> bool {
        match self {
            Self::NewUnique | Self::NewCheck | Self::NewForeignKey => true,
            Self::DropTable
            | Self::DropColumn
            | Self::DeleteRows
            | Self::DropEnumValue
            | Self::NarrowType
            | Self::NotNull
            | Self::Rebuild
            | Self::TableRewrite
            | Self::Irreversible => false,
        }
    }

    /// Returns the hazard's name, with dashes.
    pub fn name(self) -> &'static str {
        match self {
            Self::DropTable => "drop-table",
            Self::DropColumn => "drop-column",
            Self::DeleteRows => "delete-rows",
            Self::DropEnumValue => "drop-enum-value",
            Self::NarrowType => "narrow-type",
            Self::NotNull => "not-null",
            Self::NewUnique => "new-unique",
            Self::NewCheck => "new-check",
            Self::NewForeignKey => "new-foreign-key",
            Self::Rebuild => "rebuild",
            Self::TableRewrite => "table-rewrite",
            Self::Irreversible => "irreversible",
        }
    }
}

impl fmt::Display for HazardKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for HazardKind {
    type Err = String;

    /// Reads a hazard's name; `_` may stand for `-`, as in source attributes.
    ///
    /// ```
    /// use autogen_engine::plan::HazardKind;
    /// assert_eq!("drop_column".parse(), Ok(HazardKind::DropColumn));
    /// ```
    fn from_str(text: &str) -> Result<Self, String> {
        let dashed = text.replace('_', "-");
        Self::ALL.iter().copied().find(|kind| kind.name() == dashed).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|kind| kind.name()).collect();
            format!("unknown hazard `{text}`; known: {}", known.join(", "))
        })
    }
}
