//! The differences between two schemas, independent of the database.

use super::{Column, Edit, EnumType, Hints, Rename, Rule, Table, TableName};

/// One difference. Every variant holds both sides, so [`Change::reverse`] is total and a down
/// migration is the plan of the reversed changes, never a second diff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Something gets another name.
    Rename(Rename),
    /// A table comes or goes with everything in it, or its options or comment differ. Other differences in it are
    /// changes of their own.
    Table(Edit<Table>),
    /// A column. It is altered where type, nullability, default, generation, collation, comment or numbering differ.
    Column(TableName, Edit<Column>),
    /// A rule. A primary key is altered if its columns differ. Any other rule is altered if the database holds it
    /// in another form (validated for existing rows, or as a constraint instead of an index), or if its comment
    /// differs.
    Rule(TableName, Edit<Rule>),
    /// An enumerated type. It is altered where values, their order or the comment differ.
    Enum(Edit<EnumType>),
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
    /// Returns the change that takes this one back.
    ///
    /// ```
    /// use autogen::model::{Change, Edit, Table, TableName};
    /// let table = Table::new(TableName::new("users"));
    /// let create = Change::Table(Edit::Add(table.clone()));
    /// assert_eq!(create.clone().reverse(), Change::Table(Edit::Drop(table)));
    /// assert_eq!(create.clone().reverse().reverse(), create);
    /// ```
    #[must_use]
    pub fn reverse(self) -> Self {
        match self {
            Self::Rename(rename) => Self::Rename(rename.reverse()),
            Self::Table(edit) => Self::Table(edit.reverse()),
            Self::Column(table, edit) => Self::Column(table, edit.reverse()),
            Self::Rule(table, edit) => Self::Rule(table, edit.reverse()),
            Self::Enum(edit) => Self::Enum(edit.reverse()),
        }
    }

    /// Returns the kind of change as a dashed word, for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Rename(Rename::Table(_)) => "rename-table",
            Self::Rename(Rename::Column(..)) => "rename-column",
            Self::Rename(Rename::Enum(_)) => "rename-enum",
            Self::Rename(Rename::EnumValue(..)) => "rename-enum-value",
            Self::Table(Edit::Add(_)) => "create-table",
            Self::Table(Edit::Drop(_)) => "drop-table",
            Self::Table(Edit::Alter(tables)) if tables.from.options == tables.to.options => "comment-table",
            Self::Table(Edit::Alter(_)) => "alter-options",
            Self::Column(_, Edit::Add(_)) => "add-column",
            Self::Column(_, Edit::Drop(_)) => "drop-column",
            Self::Column(_, Edit::Alter(_)) => "alter-column",
            Self::Rule(_, edit) => rule_kind(edit),
            Self::Enum(Edit::Add(_)) => "create-enum",
            Self::Enum(Edit::Drop(_)) => "drop-enum",
            Self::Enum(Edit::Alter(types)) if types.from.names() == types.to.names() => "comment-enum",
            Self::Enum(Edit::Alter(_)) => "alter-enum",
        }
    }

    /// Returns what the definition adds to the change, for one that a definition asks for.
    pub fn hints(&self) -> Option<&Hints> {
        match self {
            Self::Table(Edit::Add(table)) => Some(&table.hints),
            Self::Column(_, edit) => edit.sides().to.map(|column| &column.hints),
            Self::Rule(_, edit) => edit.sides().to.and_then(Rule::hints),
            Self::Enum(Edit::Add(found)) => Some(&found.hints),
            Self::Rename(_)
            | Self::Table(Edit::Drop(_) | Edit::Alter(_))
            | Self::Enum(Edit::Drop(_) | Edit::Alter(_)) => None,
        }
    }

    /// Returns what the change is about.
    pub fn subject(&self) -> Subject {
        let (table, column) = match self {
            Self::Rename(Rename::Table(names) | Rename::Enum(names)) => (&names.from, None),
            Self::Rename(Rename::Column(table, names)) => (table, Some(&names.from)),
            Self::Rename(Rename::EnumValue(name, _)) => (name, None),
            Self::Table(edit) => (&edit.first().name, None),
            Self::Column(table, edit) => (table, Some(&edit.first().name)),
            Self::Rule(table, _) => (table, None),
            Self::Enum(edit) => (&edit.first().name, None),
        };
        Subject { table: table.clone(), column: column.cloned() }
    }
}

fn rule_kind(edit: &Edit<Rule>) -> &'static str {
    match edit {
        Edit::Alter(rules) => match rules.to {
            Rule::PrimaryKey(_) => "alter-primary-key",
            Rule::Unique(_) | Rule::Index(_) | Rule::ForeignKey(_) | Rule::Check(_) | Rule::Exclusion(_) => {
                "settle-rule"
            }
        },
        // A table has one primary key or none, so its coming or going is reported as an alteration.
        Edit::Add(Rule::PrimaryKey(_)) | Edit::Drop(Rule::PrimaryKey(_)) => "alter-primary-key",
        Edit::Add(Rule::Unique(_)) => "add-unique",
        Edit::Drop(Rule::Unique(_)) => "drop-unique",
        Edit::Add(Rule::Index(_)) => "add-index",
        Edit::Drop(Rule::Index(_)) => "drop-index",
        Edit::Add(Rule::ForeignKey(_)) => "add-foreign-key",
        Edit::Drop(Rule::ForeignKey(_)) => "drop-foreign-key",
        Edit::Add(Rule::Check(_)) => "add-check",
        Edit::Drop(Rule::Check(_)) => "drop-check",
        Edit::Add(Rule::Exclusion(_)) => "add-exclusion",
        Edit::Drop(Rule::Exclusion(_)) => "drop-exclusion",
    }
}
