//! How strongly a step locks the tables that are there, on databases that lock tables.

use std::collections::BTreeMap;
use std::fmt;

use crate::dialect::Dialect;
use crate::model::{MysqlServer, Rule, Table, TableName};

use super::{
    Algorithm, Algorithms, Commented, MysqlOperation, Operation, Plan, PostgresOperation, Transaction, mysql, postgres,
};

/// A lock on a table, held until the transaction ends; a later one keeps out more than an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lock {
    /// Others read and write; rows that are changed wait.
    RowExclusive,
    /// Others read and write; nobody else alters the table.
    ShareUpdateExclusive,
    /// Others read; writers wait.
    Share,
    /// Others read; writers wait, and whoever else wants this lock.
    ShareRowExclusive,
    /// Everybody else waits, readers too.
    AccessExclusive,
}

impl Lock {
    const ALL: [Self; 5] =
        [Self::RowExclusive, Self::ShareUpdateExclusive, Self::Share, Self::ShareRowExclusive, Self::AccessExclusive];

    /// Describes what others can do while the lock is held.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::RowExclusive => "others can read it, and write other rows",
            Self::ShareUpdateExclusive => "others can read and write it",
            Self::Share | Self::ShareRowExclusive => "others can read it",
            Self::AccessExclusive => "nobody else can read or write it",
        }
    }
}

impl fmt::Display for Lock {
    /// Writes the lock's name in PostgreSQL's manual.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        })
    }
}

/// Returns the strongest lock that a plan takes on each table. The tables are in the order in which they are first
/// locked, under the names that they have then. Tables that the plan creates are left out, because nobody else sees
/// them. The result is empty for a database that locks as a whole.
///
/// ```
/// use autogen_engine::dialect::Dialect;
/// use autogen_engine::model::{Change, Column, DataType, Edit, Schema, Table, TableName};
/// use autogen_engine::plan::{Lock, locks, round_trip};
///
/// let users = TableName::new("users");
/// let mut start = Schema::default();
/// start.insert(Table::new(users.clone()));
/// let change = Change::Column(users.clone(), Edit::Add(Column::new("email", DataType::Text)));
/// let plans = round_trip(&start, &[change], Dialect::Postgres);
/// assert_eq!(locks(&plans.up, Dialect::Postgres), [(users, Lock::AccessExclusive)]);
/// ```
pub fn locks(plan: &Plan, dialect: Dialect) -> Vec<(TableName, Lock)> {
    match dialect {
        // MySQL's locks depend on how it carries out an alteration: see [`algorithms`].
        Dialect::Sqlite | Dialect::Mysql => return Vec::new(),
        Dialect::Postgres => {}
    }
    let strongest = |operation: &Operation| -> Vec<(TableName, Lock)> {
        let lock = |lock| if plan.transaction == Transaction::None { Lock::ShareUpdateExclusive } else { lock };
        taken(operation).into_iter().map(|(table, taken)| (table.clone(), lock(taken))).collect()
    };
    worst(plan, strongest, Lock::max)
}

/// What a script does to a table that is there, as the database tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// The table, under the name that it has at the beginning.
    pub table: TableName,
    /// The strongest lock.
    pub lock: Lock,
    /// Whether all rows are read while nobody else can read or write the table.
    pub is_read: bool,
    /// Whether all rows are written anew.
    pub is_written: bool,
}

impl Measured {
    /// Checks whether the lock is stronger than the one that was [shown](fmt::Display) before. If none was shown,
    /// checks whether the lock blocks others from more than single rows.
    pub fn is_stronger_than(&self, shown: Option<&str>) -> bool {
        let name = shown.and_then(|shown| shown.split(',').next());
        let before = Lock::ALL.into_iter().find(|lock| name == Some(lock.to_string().as_str()));
        self.lock > before.unwrap_or(Lock::RowExclusive)
    }
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = match (self.is_written, self.is_read) {
            (true, _) => ", all rows written",
            (false, true) => ", all rows read",
            (false, false) => "",
        };
        write!(f, "{}{rows}", self.lock)
    }
}

/// Returns how each existing table is altered on MariaDB and MySQL. Of several steps, the one that blocks others most
/// counts.
pub fn algorithms(plan: &Plan) -> Vec<(TableName, Algorithms)> {
    let of = |operation: &Operation| {
        let same = Algorithms::same;
        let altered = match operation {
            Operation::Mysql(
                MysqlOperation::AlterTable(table, _, algorithms)
                | MysqlOperation::RenameColumn(table, _, _, algorithms),
            ) => Some((table, *algorithms)),
            Operation::Backfill { table, .. } => Some((table, same(Algorithm::Rows))),
            Operation::DropTable(table) => Some((&table.name, same(Algorithm::Catalog))),
            Operation::RenameTable(names) => Some((&names.from, same(Algorithm::Catalog))),
            Operation::RenameColumn(table, _) => Some((table, same(Algorithm::Catalog))),
            Operation::Guard(_)
            | Operation::ExpectTables(_)
            | Operation::CreateTable(_)
            | Operation::Restore(_)
            | Operation::Sqlite(_)
            | Operation::Postgres(_)
            | Operation::Mysql(_) => None,
        };
        altered.map(|(table, algorithms)| (table.clone(), algorithms)).into_iter().collect()
    };
    worst(plan, of, Algorithms::max)
}

impl Plan {
    /// Weakens what a step asks of a kind of server that refuses it: the next algorithm blocks others more. Returns
    /// whether the step asked for anything.
    pub fn weaken(&mut self, step: usize, server: MysqlServer) -> bool {
        let Some(step) = self.steps.get_mut(step) else { return false };
        let Operation::Mysql(
            MysqlOperation::AlterTable(table, _, algorithms) | MysqlOperation::RenameColumn(table, _, _, algorithms),
        ) = &mut step.operation
        else {
            return false;
        };
        let was = algorithms.on(Some(server));
        let is_weaker = algorithms.weaken(server);
        if was != Algorithm::Copy && algorithms.on(Some(server)) == Algorithm::Copy {
            step.hazards.push(mysql::copied(table));
        }
        is_weaker
    }

    /// Adds a hazard for every table that is rewritten while nobody else can use it, where the plan doesn't know
    /// that. Returns whether there are more hazards now.
    pub fn follow(&mut self, measured: &[Measured]) -> bool {
        let is_written = |found: &&Measured| found.is_written && found.lock == Lock::AccessExclusive;
        let mut has_more = false;
        for found in measured.iter().filter(is_written) {
            let Some(last) = self.steps_of(&found.table).last().filter(|_| !self.passes_over(&found.table)) else {
                continue;
            };
            self.steps[last].hazards.push(postgres::written_anew(&found.table));
            has_more = true;
        }
        has_more
    }

    /// Checks whether the plan has a hazard for a table by which all of its rows are lost, or are read or written
    /// while others wait.
    pub fn passes_over(&self, table: &TableName) -> bool {
        let says = |step: usize| self.steps[step].hazards.iter().any(|hazard| hazard.kind.is_of_whole_table());
        self.steps_of(table).any(says)
    }

    /// Returns the steps that work on a table, which has this name at the beginning.
    fn steps_of(&self, table: &TableName) -> impl Iterator<Item = usize> {
        let mut names = vec![table.clone()];
        let mut found = Vec::new();
        for (at, step) in self.steps.iter().enumerate() {
            found.extend(step.operation.table().filter(|name| names.contains(name)).map(|_| at));
            if let Operation::RenameTable(renamed) = &step.operation
                && names.contains(&renamed.from)
            {
                names.push(renamed.to.clone());
            }
        }
        found.into_iter()
    }
}

/// Returns the worst of what steps do to each table. The tables are in the order in which they come up, under the
/// names that they have then. Tables that the plan creates are left out.
fn worst<T: Copy>(
    plan: &Plan,
    of: impl Fn(&Operation) -> Vec<(TableName, T)>,
    both: impl Fn(T, T) -> T,
) -> Vec<(TableName, T)> {
    // Every table by its current name, with the name under which it is reported; `None` for a new one.
    let mut names: BTreeMap<TableName, Option<TableName>> = BTreeMap::new();
    let mut found: Vec<(TableName, T)> = Vec::new();
    for step in &plan.steps {
        if let Operation::CreateTable(table) = &step.operation {
            names.insert(table.name.clone(), None);
        }
        for (table, lock) in of(&step.operation) {
            let Some(told) = names.entry(table.clone()).or_insert_with(|| Some(table.clone())) else { continue };
            match found.iter_mut().find(|(known, _)| known == told) {
                Some((_, strongest)) => *strongest = both(lock, *strongest),
                None => found.push((told.clone(), lock)),
            }
        }
        if let Operation::RenameTable(renamed) = &step.operation
            && let Some(told) = names.remove(&renamed.from)
        {
            names.insert(renamed.to.clone(), told);
        }
    }
    found
}

/// Returns the locks that PostgreSQL takes for one step.
fn taken(operation: &Operation) -> Vec<(&TableName, Lock)> {
    match operation {
        Operation::Guard(_) | Operation::ExpectTables(_) | Operation::Sqlite(_) | Operation::Mysql(_) => Vec::new(),
        Operation::CreateTable(table) => parents(table, Lock::ShareRowExclusive).collect(),
        // A foreign key has triggers on both tables, which are dropped from both.
        Operation::DropTable(table) => {
            let own = [(&table.name, Lock::AccessExclusive)];
            own.into_iter().chain(parents(table, Lock::AccessExclusive)).collect()
        }
        Operation::RenameTable(names) => vec![(&names.from, Lock::AccessExclusive)],
        Operation::RenameColumn(table, _) => vec![(table, Lock::AccessExclusive)],
        Operation::Backfill { table, .. } => vec![(table, Lock::RowExclusive)],
        Operation::Restore(trigger) => trigger.table.iter().map(|table| (table, Lock::ShareRowExclusive)).collect(),
        Operation::Postgres(own) => taken_by_own(own),
    }
}

fn taken_by_own(operation: &PostgresOperation) -> Vec<(&TableName, Lock)> {
    match operation {
        PostgresOperation::ExpectValues(..)
        | PostgresOperation::ExpectRestored(_)
        | PostgresOperation::CreateSchema(_)
        | PostgresOperation::DropSchema(_)
        | PostgresOperation::CheckDeferred(_)
        | PostgresOperation::Enum(_)
        | PostgresOperation::SetComment { of: Commented::Enum(_), .. } => Vec::new(),
        PostgresOperation::SetComment {
            of:
                Commented::Table(table)
                | Commented::Column(table, _)
                | Commented::Index(table, _)
                | Commented::Constraint(table, _),
            ..
        } => {
            vec![(table, Lock::ShareUpdateExclusive)]
        }
        PostgresOperation::AddRule(table, rule) if rule.is_index() => vec![(table, Lock::Share)],
        // Existing rows are only read.
        PostgresOperation::AlterRule(table, rules) if rules.from.is_validated() != rules.to.is_validated() => {
            let own = if rules.to.is_validated() { Lock::ShareUpdateExclusive } else { Lock::AccessExclusive };
            let parent = if let (Rule::ForeignKey(key), Lock::AccessExclusive) = (&rules.to, own) {
                Some((&key.references, Lock::AccessExclusive))
            } else {
                None
            };
            std::iter::once((table, own)).chain(parent).collect()
        }
        PostgresOperation::AddRule(table, Rule::ForeignKey(key)) => {
            vec![(table, Lock::ShareRowExclusive), (&key.references, Lock::ShareRowExclusive)]
        }
        PostgresOperation::DropRule(table, Rule::ForeignKey(key)) => {
            vec![(table, Lock::AccessExclusive), (&key.references, Lock::AccessExclusive)]
        }
        PostgresOperation::AddColumn(table, _)
        | PostgresOperation::DropColumn(table, _)
        | PostgresOperation::AlterColumns(table, _)
        | PostgresOperation::StartNumbering(table, ..)
        | PostgresOperation::StopNumbering(table, _)
        | PostgresOperation::SetLogged { table, .. }
        | PostgresOperation::AddRule(table, _)
        | PostgresOperation::DropRule(table, _)
        | PostgresOperation::AlterRule(table, _) => {
            vec![(table, Lock::AccessExclusive)]
        }
    }
}

fn parents(table: &Table, lock: Lock) -> impl Iterator<Item = (&TableName, Lock)> {
    table.rules.foreign_keys().map(move |key| (&key.references, lock))
}
