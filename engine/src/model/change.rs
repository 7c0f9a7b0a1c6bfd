//! What differs between two schemas, in words any database understands.

use super::{
    Check, Column, Constraint, EnumChange, Exclusion, ForeignKey, Hints, Index, Pair, PrimaryKey, Table, TableName,
    TableOptions, Unique,
};

/// One difference. Every variant holds both sides, so [`Change::reverse`] is total and a down
/// migration is the plan of the reversed changes, never a second diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The table is new, with everything in it.
    CreateTable(Table),
    /// The table is gone, with everything in it.
    DropTable(Table),
    /// The table has another name.
    RenameTable(Pair<TableName>),
    /// What the table is for is said in other words, or not at all.
    CommentTable(TableName, Pair<Option<String>>),
    /// The table's storage options differ.
    AlterOptions(TableName, Pair<TableOptions>),
    /// The column is new.
    AddColumn(TableName, Column),
    /// The column is gone.
    DropColumn(TableName, Column),
    /// The column has another name.
    RenameColumn(TableName, Pair<String>),
    /// Type, nullability, default, generation, collation or numbering differ; the name is one.
    AlterColumn(TableName, Box<Pair<Column>>),
    /// The primary key has other columns or another order.
    AlterPrimaryKey(TableName, Pair<Option<PrimaryKey>>),
    /// The unique rule is new.
    AddUnique(TableName, Unique),
    /// The unique rule is gone.
    DropUnique(TableName, Unique),
    /// The index is new.
    AddIndex(TableName, Index),
    /// The index is gone.
    DropIndex(TableName, Index),
    /// The foreign key is new.
    AddForeignKey(TableName, ForeignKey),
    /// The foreign key is gone.
    DropForeignKey(TableName, ForeignKey),
    /// The check is new.
    AddCheck(TableName, Check),
    /// The check is gone.
    DropCheck(TableName, Check),
    /// An enumerated type differs.
    Enum(EnumChange),
    /// The exclusion is new.
    AddExclusion(TableName, Exclusion),
    /// The exclusion is gone.
    DropExclusion(TableName, Exclusion),
    /// The rule stays, and the database holds it otherwise: for rows of before too, or as a constraint
    /// instead of an index. No difference between schemas asks for it; online migrations end with it.
    SettleRule(TableName, Box<Pair<Constraint>>),
}

/// What a change is about, for ownership and for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The table or enumerated type, under the name it has before the change (after it, for a new one).
    pub table: TableName,
    /// The column, where the change is about one.
    pub column: Option<String>,
}

impl Change {
    /// The change that takes this one back.
    ///
    /// ```
    /// use autogen::model::{Change, Table, TableName};
    /// let table = Table::new(TableName::new("users"));
    /// let create = Change::CreateTable(table.clone());
    /// assert_eq!(create.clone().reverse(), Change::DropTable(table));
    /// assert_eq!(create.clone().reverse().reverse(), create);
    /// ```
    pub fn reverse(self) -> Self {
        match self {
            Self::CreateTable(table) => Self::DropTable(table),
            Self::DropTable(table) => Self::CreateTable(table),
            Self::RenameTable(names) => Self::RenameTable(names.reverse()),
            Self::CommentTable(table, comments) => Self::CommentTable(table, comments.reverse()),
            Self::AlterOptions(table, options) => Self::AlterOptions(table, options.reverse()),
            Self::AddColumn(table, column) => Self::DropColumn(table, column),
            Self::DropColumn(table, column) => Self::AddColumn(table, column),
            Self::RenameColumn(table, names) => Self::RenameColumn(table, names.reverse()),
            Self::AlterColumn(table, columns) => Self::AlterColumn(table, Box::new(columns.reverse())),
            Self::AlterPrimaryKey(table, keys) => Self::AlterPrimaryKey(table, keys.reverse()),
            Self::AddUnique(table, unique) => Self::DropUnique(table, unique),
            Self::DropUnique(table, unique) => Self::AddUnique(table, unique),
            Self::AddIndex(table, index) => Self::DropIndex(table, index),
            Self::DropIndex(table, index) => Self::AddIndex(table, index),
            Self::AddForeignKey(table, key) => Self::DropForeignKey(table, key),
            Self::DropForeignKey(table, key) => Self::AddForeignKey(table, key),
            Self::AddCheck(table, check) => Self::DropCheck(table, check),
            Self::DropCheck(table, check) => Self::AddCheck(table, check),
            Self::Enum(change) => Self::Enum(change.reverse()),
            Self::AddExclusion(table, exclusion) => Self::DropExclusion(table, exclusion),
            Self::DropExclusion(table, exclusion) => Self::AddExclusion(table, exclusion),
            Self::SettleRule(table, rules) => Self::SettleRule(table, Box::new(rules.reverse())),
        }
    }

    /// The kind of change as a dashed word, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::CreateTable(_) => "create-table",
            Self::DropTable(_) => "drop-table",
            Self::RenameTable(_) => "rename-table",
            Self::CommentTable(..) => "comment-table",
            Self::AlterOptions(..) => "alter-options",
            Self::AddColumn(..) => "add-column",
            Self::DropColumn(..) => "drop-column",
            Self::RenameColumn(..) => "rename-column",
            Self::AlterColumn(..) => "alter-column",
            Self::AlterPrimaryKey(..) => "alter-primary-key",
            Self::AddUnique(..) => "add-unique",
            Self::DropUnique(..) => "drop-unique",
            Self::AddIndex(..) => "add-index",
            Self::DropIndex(..) => "drop-index",
            Self::AddForeignKey(..) => "add-foreign-key",
            Self::DropForeignKey(..) => "drop-foreign-key",
            Self::AddCheck(..) => "add-check",
            Self::DropCheck(..) => "drop-check",
            Self::Enum(change) => change.kind(),
            Self::AddExclusion(..) => "add-exclusion",
            Self::DropExclusion(..) => "drop-exclusion",
            Self::SettleRule(..) => "settle-rule",
        }
    }

    /// What the definition adds to the change, for one that a definition asks for.
    pub fn hints(&self) -> Option<&Hints> {
        match self {
            Self::CreateTable(table) => Some(&table.hints),
            Self::AddColumn(_, column) => Some(&column.hints),
            Self::AlterColumn(_, columns) => Some(&columns.to.hints),
            Self::AddUnique(_, unique) => Some(&unique.hints),
            Self::AddIndex(_, index) => Some(&index.hints),
            Self::AddForeignKey(_, key) => Some(&key.hints),
            Self::AddCheck(_, check) => Some(&check.hints),
            Self::Enum(EnumChange::Create(found)) => Some(&found.hints),
            Self::AddExclusion(_, exclusion) => Some(&exclusion.index.hints),
            Self::SettleRule(_, rules) => rules.to.hints(),
            Self::DropTable(_)
            | Self::RenameTable(_)
            | Self::CommentTable(..)
            | Self::AlterOptions(..)
            | Self::DropColumn(..)
            | Self::RenameColumn(..)
            | Self::AlterPrimaryKey(..)
            | Self::DropUnique(..)
            | Self::DropIndex(..)
            | Self::DropForeignKey(..)
            | Self::DropCheck(..)
            | Self::Enum(_)
            | Self::DropExclusion(..) => None,
        }
    }

    /// What the change is about.
    pub fn subject(&self) -> Subject {
        let (table, column) = match self {
            Self::CreateTable(table) | Self::DropTable(table) => (&table.name, None),
            Self::RenameTable(names) => (&names.from, None),
            Self::AddColumn(table, column) | Self::DropColumn(table, column) => (table, Some(&column.name)),
            Self::RenameColumn(table, names) => (table, Some(&names.from)),
            Self::AlterColumn(table, columns) => (table, Some(&columns.from.name)),
            Self::Enum(change) => (change.name(), None),
            Self::CommentTable(table, _)
            | Self::AlterOptions(table, _)
            | Self::AlterPrimaryKey(table, _)
            | Self::AddUnique(table, _)
            | Self::DropUnique(table, _)
            | Self::AddIndex(table, _)
            | Self::DropIndex(table, _)
            | Self::AddForeignKey(table, _)
            | Self::DropForeignKey(table, _)
            | Self::AddCheck(table, _)
            | Self::DropCheck(table, _)
            | Self::AddExclusion(table, _)
            | Self::DropExclusion(table, _)
            | Self::SettleRule(table, _) => (table, None),
        };
        Subject { table: table.clone(), column: column.cloned() }
    }
}
