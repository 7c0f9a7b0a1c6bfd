//! What the plugins of a host define, as the world knows it: every table, column and value has a number
//! that stays when its name changes. Nothing here knows the engine's own model.

/// The number of a table, a column, an enumerated type or one of its values.
pub type Id = u32;

/// A column's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Small,
    Int,
    Big,
    Double,
    Decimal(u32, u32),
    Bool,
    Text,
    Varchar(u32),
    Stamp,
    Enum(Id),
}

impl Kind {
    pub fn is_number(self) -> bool {
        matches!(self, Self::Small | Self::Int | Self::Big | Self::Double | Self::Decimal(..))
    }

    pub fn is_whole(self) -> bool {
        matches!(self, Self::Small | Self::Int | Self::Big)
    }

    pub fn enumeration(self) -> Option<Id> {
        match self {
            Self::Enum(id) => Some(id),
            _ => None,
        }
    }

    /// Whether every database takes it into an index.
    pub fn is_bounded(self) -> bool {
        self != Self::Text
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub id: Id,
    pub name: String,
    /// The name that a `renamed_from` gives.
    pub old: Option<String>,
    pub kind: Kind,
    pub nullable: bool,
    /// As the attribute states it.
    pub default: Option<String>,
    pub unique: bool,
    pub index: bool,
    /// Whether a check says that the number isn't below zero.
    pub check: bool,
    pub parent: Option<Parent>,
    pub comment: Option<String>,
}

/// The table that a column points at, and what becomes of rows whose row there goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    pub table: Id,
    pub on_delete: Option<&'static str>,
}

/// A table's primary key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A number, counted by the database or not.
    Number { auto: bool },
    /// A text.
    Code,
}

impl Key {
    pub fn name(self) -> &'static str {
        match self {
            Self::Number { .. } => "id",
            Self::Code => "code",
        }
    }

    pub fn kind(self) -> Kind {
        match self {
            Self::Number { .. } => Kind::Int,
            Self::Code => Kind::Varchar(20),
        }
    }
}

/// A rule or an index over two columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    pub columns: [Id; 2],
    pub unique: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub id: Id,
    pub owner: usize,
    pub name: String,
    pub old: Option<String>,
    pub key: Key,
    pub columns: Vec<Column>,
    pub pairs: Vec<Pair>,
    pub comment: Option<String>,
}

impl Table {
    pub fn column(&self, id: Id) -> Option<&Column> {
        self.columns.iter().find(|column| column.id == id)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    pub id: Id,
    pub name: String,
    pub old: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enumeration {
    pub id: Id,
    pub owner: usize,
    pub values: Vec<Value>,
}

/// All that a host defines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Models {
    pub tables: Vec<Table>,
    pub enums: Vec<Enumeration>,
}

impl Models {
    pub fn table(&self, id: Id) -> Option<&Table> {
        self.tables.iter().find(|table| table.id == id)
    }

    pub fn enumeration(&self, id: Id) -> Option<&Enumeration> {
        self.enums.iter().find(|found| found.id == id)
    }

    /// The owner of a table or type.
    pub fn owner(&self, id: Id) -> Option<usize> {
        let table = self.table(id).map(|table| table.owner);
        table.or_else(|| self.enumeration(id).map(|found| found.owner))
    }

    /// What one owner defines, without the hints of renames: what two revisions can differ in.
    pub fn of(&self, owner: usize) -> Self {
        let mut part = self.clone();
        part.tables.retain(|table| table.owner == owner);
        part.enums.retain(|found| found.owner == owner);
        part.forget_old_names();
        for table in &mut part.tables {
            table.columns.sort_by_key(|column| column.id);
            table.pairs.sort_by_key(|pair| (pair.columns, pair.unique));
        }
        part.tables.sort_by_key(|table| table.id);
        // A type that no column has isn't made anywhere but on PostgreSQL.
        part.enums.sort_by_key(|found| found.id);
        part
    }

    /// Takes out every `renamed_from`.
    pub fn forget_old_names(&mut self) {
        for table in &mut self.tables {
            table.old = None;
            table.columns.iter_mut().for_each(|column| column.old = None);
        }
        self.enums.iter_mut().flat_map(|found| &mut found.values).for_each(|value| value.old = None);
    }
}
