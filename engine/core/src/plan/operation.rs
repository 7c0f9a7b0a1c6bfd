//! Operations of a plan: those that all databases share, and those of each dialect.

use crate::model::{Bystander, Check, Column, ForeignKey, Pair, Rule, Table, TableName};

use super::{
    Algorithms, Clause, ColumnAction, Commented, EnumOperation, FilledRows, FirstNumber, Guard, Known, Rebuild,
    Referrers, Restored, Users,
};

/// One operation of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Stop if rows are in the way.
    Guard(Guard),
    /// Stop if tables, or columns of them, have more than is known of them.
    ExpectTables(Vec<Known>),
    /// Make a table with everything that belongs into its own statement.
    CreateTable(Table),
    /// Drop a table.
    DropTable(Table),
    /// Rename a table.
    RenameTable(Pair<TableName>),
    /// Rename a column.
    RenameColumn(TableName, Pair<String>),
    /// Give columns of existing rows values, all in one pass over the table.
    Backfill {
        /// The table.
        table: TableName,
        /// The columns, each with an SQL expression over the row as it was.
        values: Vec<(String, String)>,
        /// Which rows get them.
        rows: FilledRows,
    },
    /// Restore what no definition can declare and what was dropped with its table: a trigger, a partition, a
    /// partition's index.
    Restore(Bystander),
    /// An operation of SQLite alone.
    Sqlite(SqliteOperation),
    /// An operation of PostgreSQL alone.
    Postgres(PostgresOperation),
    /// An operation of MariaDB and MySQL alone.
    Mysql(MysqlOperation),
}

impl Operation {
    /// Returns the table or enumerated type that is changed, with the name that it has when the step begins. Returns
    /// `None` for a step that only looks, and for settings.
    pub fn table(&self) -> Option<&TableName> {
        match self {
            Self::Guard(_) | Self::ExpectTables(_) => None,
            Self::Restore(object) => object.table.as_ref(),
            Self::CreateTable(table) | Self::DropTable(table) => Some(&table.name),
            Self::RenameTable(names) => Some(&names.from),
            Self::Backfill { table, .. } | Self::RenameColumn(table, _) => Some(table),
            Self::Sqlite(own) => own.table(),
            Self::Postgres(own) => own.table(),
            Self::Mysql(own) => own.table(),
        }
    }

    /// Returns the table and the old and new name of the column, if the operation renames one.
    pub fn renamed_column(&self) -> Option<(&TableName, &Pair<String>)> {
        match self {
            Self::RenameColumn(table, names) | Self::Mysql(MysqlOperation::RenameColumn(table, names, ..)) => {
                Some((table, names))
            }
            Self::Guard(_)
            | Self::ExpectTables(_)
            | Self::CreateTable(_)
            | Self::DropTable(_)
            | Self::RenameTable(_)
            | Self::Backfill { .. }
            | Self::Restore(_)
            | Self::Sqlite(_)
            | Self::Postgres(_)
            | Self::Mysql(_) => None,
        }
    }

    /// Checks whether the operation only looks at the database, and stops where something isn't as it should be.
    pub fn is_look(&self) -> bool {
        match self {
            Self::Guard(_) | Self::ExpectTables(_) => true,
            Self::CreateTable(_)
            | Self::DropTable(_)
            | Self::RenameTable(_)
            | Self::RenameColumn(..)
            | Self::Backfill { .. }
            | Self::Restore(_) => false,
            Self::Sqlite(own) => own.is_look(),
            Self::Postgres(own) => own.is_look(),
            Self::Mysql(own) => own.is_look(),
        }
    }
}

/// Operations of SQLite alone, which alters little in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqliteOperation {
    /// Stop if more foreign keys come into tables than are known.
    ExpectReferrers(Referrers),
    /// Stop if views or triggers other than the known ones name what is dropped. SQLite lets them stand, and refuses
    /// every rename from then on.
    ExpectUsers(Users),
    /// Create the table again under another name, copy its rows, and put it in the old one's place.
    RebuildTable(Box<Rebuild>),
    /// Add a column, together with rules that can only be added with it.
    AddColumn {
        /// The table.
        table: TableName,
        /// The column.
        column: Box<Column>,
        /// Foreign keys out of this column alone.
        foreign_keys: Vec<ForeignKey>,
        /// Checks over this column alone.
        checks: Vec<Check>,
    },
    /// Drop a column.
    DropColumn(TableName, Column),
    /// Make an index, or a unique rule that is one.
    CreateIndex(TableName, Rule),
    /// Drop an index by its name.
    DropIndex(TableName, Rule),
}

impl SqliteOperation {
    fn table(&self) -> Option<&TableName> {
        match self {
            Self::ExpectReferrers(_) | Self::ExpectUsers(_) => None,
            Self::RebuildTable(rebuild) => Some(&rebuild.tables.from.name),
            Self::AddColumn { table, .. }
            | Self::DropColumn(table, _)
            | Self::CreateIndex(table, _)
            | Self::DropIndex(table, _) => Some(table),
        }
    }

    fn is_look(&self) -> bool {
        match self {
            Self::ExpectReferrers(_) | Self::ExpectUsers(_) => true,
            Self::RebuildTable(_)
            | Self::AddColumn { .. }
            | Self::DropColumn(..)
            | Self::CreateIndex(..)
            | Self::DropIndex(..) => false,
        }
    }
}

/// Operations of PostgreSQL alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostgresOperation {
    /// Stop if an enumerated type has more values than these.
    ExpectValues(TableName, Vec<String>),
    /// Make a schema, unless somebody has made it.
    CreateSchema(String),
    /// Drop a schema, if a revision has made it and nothing is left in it.
    DropSchema(String),
    /// Stop if rules other than the known ones have the names of those that are dropped and restored.
    ExpectRestored(Restored),
    /// Add a column.
    AddColumn(TableName, Box<Column>),
    /// Drop a column.
    DropColumn(TableName, Column),
    /// Alter columns in place, all of a table at once: expressions see the old row, and rows are rewritten once.
    AlterColumns(TableName, Vec<ColumnAction>),
    /// Check now what was deferred to the end of the transaction, because a table with pending checks can't be
    /// altered.
    CheckDeferred(TableName),
    /// Let the database number a column's new rows.
    StartNumbering(TableName, Box<Column>, FirstNumber),
    /// Let it number them no longer, in whichever form it did.
    StopNumbering(TableName, String),
    /// Store rows with a log, or without one.
    SetLogged {
        /// The table.
        table: TableName,
        /// Whether there is a log from now on.
        logged: bool,
        /// The tables that it points at, which are set first where both get a log, and last where both lose it.
        parents: Vec<TableName>,
    },
    /// Add a rule to a table that is there.
    AddRule(TableName, Rule),
    /// Drop a rule by its name.
    DropRule(TableName, Rule),
    /// Change how the database holds an existing rule: validated for the old rows, or as a constraint instead of an
    /// index.
    AlterRule(TableName, Box<Pair<Rule>>),
    /// Say what something is for, or no longer.
    SetComment {
        /// What it is about.
        of: Commented,
        /// What it is for.
        comment: Option<String>,
    },
    /// Make, alter or drop an enumerated type.
    Enum(EnumOperation),
}

impl PostgresOperation {
    fn table(&self) -> Option<&TableName> {
        match self {
            Self::ExpectValues(..) | Self::ExpectRestored(_) | Self::CreateSchema(_) | Self::DropSchema(_) => None,
            Self::Enum(operation) => Some(operation.name()),
            Self::SetComment { of, .. } => Some(of.name()),
            Self::AddColumn(table, _)
            | Self::DropColumn(table, _)
            | Self::AlterColumns(table, _)
            | Self::CheckDeferred(table)
            | Self::StartNumbering(table, ..)
            | Self::StopNumbering(table, _)
            | Self::SetLogged { table, .. }
            | Self::AddRule(table, _)
            | Self::DropRule(table, _)
            | Self::AlterRule(table, _) => Some(table),
        }
    }

    fn is_look(&self) -> bool {
        match self {
            Self::ExpectValues(..) | Self::ExpectRestored(_) => true,
            Self::CreateSchema(_)
            | Self::DropSchema(_)
            | Self::AddColumn(..)
            | Self::DropColumn(..)
            | Self::AlterColumns(..)
            | Self::CheckDeferred(_)
            | Self::StartNumbering(..)
            | Self::StopNumbering(..)
            | Self::SetLogged { .. }
            | Self::AddRule(..)
            | Self::DropRule(..)
            | Self::AlterRule(..)
            | Self::SetComment { .. }
            | Self::Enum(_) => false,
        }
    }
}

/// Operations of MariaDB and MySQL alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MysqlOperation {
    /// Stop if more foreign keys come into tables than are known.
    ExpectReferrers(Referrers),
    /// Rename a column, and restate in the same statement what MySQL doesn't let use it meanwhile.
    RenameColumn(TableName, Pair<String>, Vec<Clause>, Algorithms),
    /// Alter a table in one statement, all of which is done or nothing, where statements commit by themselves.
    AlterTable(TableName, Vec<Clause>, Algorithms),
    /// Let alterations of system-versioned tables reach their histories, from here on or no longer. MariaDB refuses
    /// them otherwise.
    AlterHistory(bool),
}

impl MysqlOperation {
    fn table(&self) -> Option<&TableName> {
        match self {
            Self::ExpectReferrers(_) | Self::AlterHistory(_) => None,
            Self::RenameColumn(table, ..) | Self::AlterTable(table, ..) => Some(table),
        }
    }

    fn is_look(&self) -> bool {
        match self {
            Self::ExpectReferrers(_) => true,
            Self::RenameColumn(..) | Self::AlterTable(..) | Self::AlterHistory(_) => false,
        }
    }
}

/// Converts a dialect's operation into an [`Operation`].
macro_rules! own {
    ($($own:ident => $dialect:ident),*) => {$(
        impl From<$own> for Operation {
            fn from(own: $own) -> Self {
                Self::$dialect(own)
            }
        }
    )*};
}

own!(SqliteOperation => Sqlite, PostgresOperation => Postgres, MysqlOperation => Mysql);
