//! The differences between two schemas, independent of the database.

use super::{Column, Edit, EnumType, ForeignKey, Hints, Pair, Rename, Rule, Table, TableName};

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

    /// Returns the table that the change adds.
    pub fn added_table(&self) -> Option<&Table> {
        if let Self::Table(Edit::Add(table)) = self { Some(table) } else { None }
    }

    /// Returns the table that the change drops.
    pub fn dropped_table(&self) -> Option<&Table> {
        if let Self::Table(Edit::Drop(table)) = self { Some(table) } else { None }
    }

    /// Returns a table's old and new name, if the change renames one.
    pub fn renamed_table(&self) -> Option<&Pair<TableName>> {
        if let Self::Rename(Rename::Table(names)) = self { Some(names) } else { None }
    }

    /// Returns a type's old and new name, if the change renames one.
    pub fn renamed_enum(&self) -> Option<&Pair<TableName>> {
        if let Self::Rename(Rename::Enum(names)) = self { Some(names) } else { None }
    }

    /// Returns both sides of a column that the change alters, with its table.
    pub fn altered_column(&self) -> Option<(&TableName, &Pair<Column>)> {
        if let Self::Column(table, Edit::Alter(columns)) = self { Some((table, columns)) } else { None }
    }

    /// Returns the foreign keys that come: a new one, or those of a new table.
    pub fn added_keys(&self) -> Vec<&ForeignKey> {
        match self {
            Self::Table(Edit::Add(table)) => table.rules.foreign_keys().collect(),
            Self::Rule(_, Edit::Add(Rule::ForeignKey(key))) => vec![key],
            Self::Rename(_) | Self::Table(_) | Self::Column(..) | Self::Rule(..) | Self::Enum(_) => Vec::new(),
        }
    }

    /// Returns the foreign keys that go, each with its table: one that is dropped, or those of a dropped table.
    pub fn dropped_keys(&self) -> Vec<(&TableName, &ForeignKey)> {
        match self {
            Self::Table(Edit::Drop(table)) => table.rules.foreign_keys().map(|key| (&table.name, key)).collect(),
            Self::Rule(table, Edit::Drop(Rule::ForeignKey(key))) => vec![(table, key)],
            Self::Rename(_) | Self::Table(_) | Self::Column(..) | Self::Rule(..) | Self::Enum(_) => Vec::new(),
        }
    }

    /// Checks whether the change takes a name that a foreign key references: its table is renamed or dropped, or a
    /// column of it is renamed.
    pub fn takes_name_of(&self, key: &ForeignKey) -> bool {
        match self {
            Self::Rename(Rename::Table(names)) => names.from == key.references,
            Self::Rename(Rename::Column(table, names)) => {
                *table == key.references && key.referenced_columns.contains(&names.from)
            }
            Self::Table(Edit::Drop(table)) => table.name == key.references,
            Self::Rename(Rename::Enum(_) | Rename::EnumValue(..))
            | Self::Table(Edit::Add(_) | Edit::Alter(_))
            | Self::Column(..)
            | Self::Rule(..)
            | Self::Enum(_) => false,
        }
    }

    /// Checks whether a rename gives a name that a foreign key references.
    pub fn gives_name_of(&self, key: &ForeignKey) -> bool {
        match self {
            Self::Rename(Rename::Table(names)) => names.to == key.references,
            Self::Rename(Rename::Column(table, names)) => {
                *table == key.references && key.referenced_columns.contains(&names.to)
            }
            Self::Rename(Rename::Enum(_) | Rename::EnumValue(..))
            | Self::Table(_)
            | Self::Column(..)
            | Self::Rule(..)
            | Self::Enum(_) => false,
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
