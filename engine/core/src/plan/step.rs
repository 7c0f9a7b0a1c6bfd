//! Physical steps: what a database is told to do, before it is spelled as SQL.

use crate::model::{
    Bystander, Check, Column, EnumType, Expr, Hidden, MysqlServer, Numbering, Pair, Rule, Sequence, Table, TableName,
    TableOptions,
};

use super::{Hazard, Operation, PostgresOperation};

/// Steps in the order in which they run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Who opens the transaction.
    pub transaction: Transaction,
    /// The steps.
    pub steps: Vec<Step>,
}

/// Who opens the transaction that the steps run in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transaction {
    /// The runner, before the first statement (`run_in_transaction = true`).
    Runner,
    /// The migration itself, because SQLite ignores `PRAGMA foreign_keys` inside a transaction
    /// and would otherwise delete the children of a table that is rebuilt or dropped. Foreign keys
    /// are then checked by the script: of these tables, before and after under their names then,
    /// and it stops if more rows point nowhere than before.
    Script(Pair<Vec<TableName>>),
    /// Nobody: its one statement builds or drops an index while others write, and PostgreSQL does that in
    /// several transactions of its own.
    None,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What is done.
    pub operation: Operation,
    /// What that puts at risk.
    pub hazards: Vec<Hazard>,
}

/// Which number comes first where a database starts to number rows that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstNumber {
    /// The one after those in use.
    AfterRows,
    /// The one that the column's numbering, which ends with this migration, would have given next. A number is given
    /// only once, even if its row is gone.
    AfterLast,
}

/// What a comment can be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Commented {
    /// A table.
    Table(TableName),
    /// A column of a table.
    Column(TableName, String),
    /// An enumerated type.
    Enum(TableName),
    /// An index of a table.
    Index(TableName, String),
    /// A rule of a table.
    Constraint(TableName, String),
}

impl Commented {
    /// Returns the table or type.
    pub fn name(&self) -> &TableName {
        match self {
            Self::Table(name)
            | Self::Column(name, _)
            | Self::Enum(name)
            | Self::Index(name, _)
            | Self::Constraint(name, _) => name,
        }
    }
}

/// A thing that can be done to an enumerated type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnumOperation {
    /// Make it, and say what it is for.
    Create(EnumType),
    /// Drop it.
    Drop(TableName),
    /// Rename it.
    Rename(Pair<TableName>),
    /// Rename it temporarily: another type takes its place, and columns are converted to that one.
    SetAside(Pair<TableName>),
    /// Rename one of its values.
    RenameValue(TableName, Pair<String>),
    /// Add a value.
    AddValue {
        /// The type.
        name: TableName,
        /// The value.
        value: String,
        /// Where it comes in the order.
        place: ValuePlace,
    },
}

impl EnumOperation {
    /// Returns the type, with the name that it has when the step begins.
    pub fn name(&self) -> &TableName {
        match self {
            Self::Create(found) => &found.name,
            Self::Rename(names) | Self::SetAside(names) => &names.from,
            Self::Drop(name) | Self::RenameValue(name, _) | Self::AddValue { name, .. } => name,
        }
    }
}

/// Where a new value comes in the order of its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValuePlace {
    /// At the end.
    Last,
    /// Before this one.
    Before(String),
    /// After this one.
    After(String),
}

/// One thing that a statement does to a table among others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clause {
    /// Add a column, with the checks that stand in its definition, at its place among the others.
    AddColumn(Column, Vec<Check>, Position),
    /// Drop a column.
    DropColumn(String),
    /// Restate a column completely, with the checks in its definition.
    ModifyColumn(Column, Vec<Check>),
    /// Add a rule.
    Add(Rule),
    /// Drop a rule.
    Drop(Rule),
    /// Drop an index by its name.
    DropIndex(String),
    /// Let queries use an index no longer, or again.
    HideIndex(String, Pair<Option<Hidden>>),
    /// Store rows otherwise.
    Options(Pair<TableOptions>),
    /// Say what the table is for, or no longer.
    Comment(Option<String>),
}

impl Clause {
    /// Returns `true` if the clause is about the table as a whole.
    pub fn is_of_table(&self) -> bool {
        match self {
            Self::Options(_) | Self::Comment(_) => true,
            Self::AddColumn(..) | Self::DropColumn(_) | Self::ModifyColumn(..) => false,
            Self::Add(_) | Self::Drop(_) | Self::DropIndex(_) | Self::HideIndex(..) => false,
        }
    }

    /// Returns `true` if the clause adds, drops or restates a column.
    pub fn is_of_column(&self) -> bool {
        match self {
            Self::AddColumn(..) | Self::DropColumn(_) | Self::ModifyColumn(..) => true,
            Self::Add(_)
            | Self::Drop(_)
            | Self::DropIndex(_)
            | Self::HideIndex(..)
            | Self::Options(_)
            | Self::Comment(_) => false,
        }
    }
}

/// How MariaDB and MySQL carry out an alteration; a later one keeps out more than an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// In the catalog alone.
    Catalog,
    /// By locks on the rows that are written: no alteration, but values for a column.
    Rows,
    /// Beside the work of others.
    InPlace,
    /// Beside the reading of others, who can't write.
    InPlaceReading,
    /// By a copy of the table; others can read the old one.
    Copy,
}

impl Algorithm {
    /// Returns `true` if a statement can ask for it: a copy is always allowed, and rows are written by no alteration.
    pub fn can_be_demanded(self) -> bool {
        match self {
            Self::Catalog | Self::InPlace | Self::InPlaceReading => true,
            Self::Rows | Self::Copy => false,
        }
    }

    /// Describes what others can do meanwhile. Every algorithm first waits for whoever is working on the table.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Catalog => "a moment, once nobody is at work on it",
            Self::Rows => "others can read it, and write other rows",
            Self::InPlace => "others can read and write it",
            Self::InPlaceReading => "others can read it",
            Self::Copy => "others can read it while every row is copied",
        }
    }

    /// Returns the next algorithm that blocks others more, or `None` after the last one.
    fn weaker(self) -> Option<Self> {
        match self {
            Self::Catalog | Self::Rows => Some(Self::InPlace),
            Self::InPlace => Some(Self::InPlaceReading),
            Self::InPlaceReading => Some(Self::Copy),
            Self::Copy => None,
        }
    }
}

/// How an alteration is carried out, by kind of server: one script runs on both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Algorithms {
    /// On MariaDB.
    pub mariadb: Algorithm,
    /// On MySQL.
    pub mysql: Algorithm,
}

impl Algorithms {
    /// Creates a pair with the same algorithm on both servers.
    pub fn same(algorithm: Algorithm) -> Self {
        Self { mariadb: algorithm, mysql: algorithm }
    }

    /// Returns the algorithm on one kind of server. An unknown server counts as MariaDB.
    pub fn on(self, server: Option<MysqlServer>) -> Algorithm {
        match server {
            Some(MysqlServer::Mysql) => self.mysql,
            Some(MysqlServer::Mariadb) | None => self.mariadb,
        }
    }

    /// Returns the algorithm that both servers can keep to, so that a statement can ask for it.
    pub fn everywhere(self) -> Algorithm {
        self.mariadb.max(self.mysql)
    }

    /// Picks for each server the algorithm that blocks others more.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self { mariadb: self.mariadb.max(other.mariadb), mysql: self.mysql.max(other.mysql) }
    }

    /// Weakens what is asked of one kind of server. Returns whether there is anything weaker to ask for.
    pub(super) fn weaken(&mut self, server: MysqlServer) -> bool {
        let Some(weaker) = self.everywhere().weaker() else { return false };
        match server {
            MysqlServer::Mariadb => self.mariadb = weaker,
            MysqlServer::Mysql => self.mysql = weaker,
        }
        true
    }
}

impl std::fmt::Display for Algorithm {
    /// Writes the algorithm as the servers' manuals do.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Catalog => "INSTANT",
            Self::Rows => "row locks",
            Self::InPlace => "INPLACE, LOCK=NONE",
            Self::InPlaceReading => "INPLACE, LOCK=SHARED",
            Self::Copy => "COPY, LOCK=SHARED",
        })
    }
}

/// Where a new column stands. A table that gets back what it lost gets it where it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// Before all others.
    First,
    /// Behind this one.
    After(String),
    /// Behind all others.
    Last,
}

/// What is altered about a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnAction {
    /// The column.
    pub column: String,
    /// What is altered.
    pub alteration: Alteration,
}

/// One thing that can be altered about a column in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alteration {
    /// Give it the type and collation of this column.
    Type {
        /// The column as it becomes.
        to: Box<Column>,
        /// SQL expression over the old row, where the database can't convert by itself.
        using: Option<String>,
        /// Whether the database numbers the column before and after, so that the numbers change
        /// their type too.
        is_numbered: bool,
    },
    /// Require a value.
    SetNotNull,
    /// Require none.
    DropNotNull,
    /// Give it a default, or another one.
    SetDefault(Expr),
    /// Take its default away.
    DropDefault,
    /// Let numbers be given by hand, or refuse them.
    SetNumbering(Numbering),
    /// Let its identity or serial count otherwise.
    SetSequence {
        /// How it counts before.
        from: Sequence,
        /// The column as it becomes.
        to: Box<Column>,
    },
    /// Keep the values of a generated column as plain ones.
    DropExpression,
}

/// Rows that would be in the way of a later step; the migration stops before anything changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// What is wrong with the rows, for the message: `usbdevices.serial is NULL`.
    pub problem: String,
    /// A query that counts them.
    pub count: String,
}

/// Rules, indexes and defaults of a table that are dropped and restored. How a server prints them depends on its
/// version, so they are made on an empty copy of the table and compared there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The table.
    pub table: TableName,
    /// The copy, which has the table's columns and nothing else.
    pub copy: TableName,
    /// What is compared.
    pub objects: Vec<RestoredObject>,
}

/// Something that is dropped and put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoredObject {
    /// `constraint`, `index` or `default`.
    pub kind: &'static str,
    /// Its name on the table and on the copy; that of its column for a default.
    pub names: Pair<String>,
    /// What makes it on the copy as it is known.
    pub made: PostgresOperation,
}

/// Tables that are dropped, and the foreign keys to them that the plan expects. For other keys, SQLite deletes the
/// rows that have them, or sets the keys to NULL. MariaDB and MySQL refuse, but what ran before is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referrers {
    /// The dropped tables, whose own keys don't count.
    pub tables: Vec<TableName>,
    /// The known keys: their tables and first columns.
    pub keys: Vec<(TableName, String)>,
}

/// The views and triggers that use what is dropped, as far as a plan knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Users {
    /// Tables that are dropped or lose columns, whose views may be unreadable then.
    pub losing: Vec<TableName>,
    /// Those that are dropped, to which triggers of other tables may write.
    pub dropped: Vec<TableName>,
    /// The views and triggers that the plan expects.
    pub known: Vec<String>,
}

/// What a plan knows of a table that it rebuilds, or of columns that it restates. Such a statement drops whatever
/// else there is, so the migration stops before it if the database has something that isn't listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The table, under the name that it has then.
    pub table: TableName,
    /// The columns that are stated anew; empty where the whole table is.
    pub columns: Vec<String>,
    /// What is known, one line each, in the words that the dialect's query uses for what it finds. Something that can
    /// be written in several ways has several lines.
    pub lines: Vec<String>,
    /// Expressions that must still be in the statements that made the table and its indexes, without blanks, quotes
    /// and brackets. Empty where the database keeps no statements.
    pub rules: Vec<String>,
}

/// A table on its way to another shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuild {
    /// The table before and after.
    pub tables: Pair<Table>,
    /// What the new table is called until it takes the old one's place.
    pub interim: TableName,
    /// Triggers of the old table, which go with it and are made again.
    pub triggers: Vec<Bystander>,
    /// The names under which row numbers are read from the old table and written to the new one; `None` where one of
    /// them has no row numbers, or has a column that holds them.
    pub row_numbers: Option<Pair<&'static str>>,
    /// For every column of the new table that is written: its name and where its value comes from.
    pub columns: Vec<(String, Source)>,
}

/// Which rows a backfill writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilledRows {
    /// Every one.
    All,
    /// Those without a value in the first of the columns.
    Missing,
    /// Those that satisfy this.
    Where(String),
}

/// Where a rebuilt table's column gets its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A column of the old table.
    Column(String),
    /// An SQL expression over the old row.
    Expr(String),
}
