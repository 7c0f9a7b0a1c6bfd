//! The stages in which changes block others from a table as little as possible.
//!
//! PostgreSQL changes an existing table while nobody else can write it, and often while nobody can read it. Most of
//! that time goes into reading rows, for which there are other ways. A rule can hold for new rows first and be
//! checked for the old ones later, and an index can be built while others write. Each way takes a transaction of its
//! own, or none, and so a revision.

use std::collections::BTreeSet;

use crate::dialect::Dialect;
use crate::model::{
    Change, Check, Column, Edit, Expr, ForeignKey, Index, IndexKey, Pair, Rename, Rule, Schema, TableName, Unique,
    UniqueForm,
};

/// Changes that one revision makes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Turn {
    /// What it changes.
    pub changes: Vec<Change>,
    /// Whether it builds or drops an index while others write, which takes a statement that stands alone
    /// outside any transaction.
    pub concurrently: bool,
}

impl Turn {
    fn together(changes: Vec<Change>) -> Self {
        Self { changes, concurrently: false }
    }

    fn alone(change: Change) -> Self {
        Self { changes: vec![change], concurrently: true }
    }
}

/// Parts changes into turns, the first of which makes what has no other way. One turn with all of them,
/// where there is nothing to be gained: on other databases, and for tables that are made in this run
/// (`new`), which nobody else uses yet.
///
/// * Foreign keys and checks hold for new rows, then are validated.
/// * A column becomes required by a check that is validated, so that PostgreSQL needs not look again. One
///   whose rows must be filled first becomes so at once: its rows are written anyway.
/// * Indexes are built and dropped concurrently. So are the indexes of unique rules, which then take them over.
///
/// ```
/// use autogen_engine::dialect::Dialect;
/// use autogen_engine::model::{Change, Check, Edit, Expr, Rule, Schema, Table, TableName};
/// use autogen_engine::plan::online;
///
/// let users = TableName::new("users");
/// let mut start = Schema::default();
/// start.insert(Table::new(users.clone()));
/// let check = Check { name: Some("adult".into()), ..Check::new(Expr::new("age > 17")) };
/// let turns = online(&start, &[Change::Rule(users, Edit::Add(Rule::Check(check)))], &Default::default(), Dialect::Postgres);
/// assert!(matches!(turns[0].changes[..], [Change::Rule(_, Edit::Add(Rule::Check(_)))]), "for new rows only");
/// assert!(matches!(turns[1].changes[..], [Change::Rule(_, Edit::Alter(_))]), "for all");
/// ```
pub fn online(start: &Schema, changes: &[Change], new: &BTreeSet<TableName>, dialect: Dialect) -> Vec<Turn> {
    match dialect {
        Dialect::Postgres => {}
        Dialect::Sqlite | Dialect::Mysql => return vec![Turn::together(changes.to_vec())],
    }
    let mut turns = Turns::empty(start, changes, new);
    for change in changes {
        turns.add(change);
    }
    let Turns { first, built, validated, finished, dropped, .. } = turns;
    let groups = [vec![Turn::together(first)], built.into_iter().map(Turn::alone).collect()];
    let later =
        [vec![Turn::together(validated), Turn::together(finished)], dropped.into_iter().map(Turn::alone).collect()];
    groups.into_iter().chain(later).flatten().filter(|turn| !turn.changes.is_empty()).collect()
}

/// Changes by the turn in which they come.
struct Turns<'a> {
    start: &'a Schema,
    changes: &'a [Change],
    new: &'a BTreeSet<TableName>,
    first: Vec<Change>,
    built: Vec<Change>,
    validated: Vec<Change>,
    finished: Vec<Change>,
    dropped: Vec<Change>,
}

impl<'a> Turns<'a> {
    fn empty(start: &'a Schema, changes: &'a [Change], new: &'a BTreeSet<TableName>) -> Self {
        let [first, built, validated, finished, dropped] = std::array::from_fn(|_| Vec::new());
        Self { start, changes, new, first, built, validated, finished, dropped }
    }

    fn add(&mut self, change: &Change) {
        match change {
            Change::Rule(table, Edit::Add(Rule::ForeignKey(key)))
                if self.is_used(table) && key.name.is_some() && key.validated =>
            {
                let loose = ForeignKey { validated: false, ..key.clone() };
                self.first.push(Change::Rule(table.clone(), Edit::Add(Rule::ForeignKey(loose.clone()))));
                self.validate(table, Rule::ForeignKey(loose), Rule::ForeignKey(key.clone()));
            }
            Change::Rule(table, Edit::Add(Rule::Check(check)))
                if self.is_used(table) && check.name.is_some() && check.validated =>
            {
                self.check(table, check);
            }
            Change::Column(table, Edit::Alter(columns)) if self.is_used(table) && self.can_be_proven(table, columns) => {
                self.require(table, columns);
            }
            Change::Rule(table, Edit::Add(Rule::Index(index)))
                // A comment would be a second statement.
                if self.is_used(table)
                    && index.comment.is_none()
                    && self.stands_alone(table, index.name.as_deref()) =>
            {
                self.built.push(change.clone());
            }
            Change::Rule(table, Edit::Add(Rule::Unique(unique)))
                if self.is_used(table) && unique.comment.is_none() && self.can_be_built(table, unique) =>
            {
                let index = Unique { form: UniqueForm::Index, ..unique.clone() };
                self.built.push(Change::Rule(table.clone(), Edit::Add(Rule::Unique(index.clone()))));
                if unique.form == UniqueForm::Constraint {
                    let edit = Edit::alter(Rule::Unique(index), Rule::Unique(unique.clone()));
                    self.finished.push(Change::Rule(table.clone(), edit));
                }
            }
            Change::Rule(table, Edit::Drop(Rule::Index(index)))
                if self.is_used(table) && index.comment.is_none() && self.is_free(table, index) =>
            {
                self.dropped.push(change.clone());
            }
            Change::Rename(_) | Change::Table(_) | Change::Column(..) | Change::Rule(..) | Change::Enum(_) => {
                self.first.push(change.clone());
            }
        }
    }

    fn check(&mut self, table: &TableName, check: &Check) {
        let loose = Check { validated: false, ..check.clone() };
        self.first.push(Change::Rule(table.clone(), Edit::Add(Rule::Check(loose.clone()))));
        self.validate(table, Rule::Check(loose), Rule::Check(check.clone()));
    }

    fn validate(&mut self, table: &TableName, loose: Rule, valid: Rule) {
        self.validated.push(Change::Rule(table.clone(), Edit::alter(loose, valid)));
    }

    /// Makes a column required after a check has proved that it can be.
    fn require(&mut self, table: &TableName, columns: &Pair<Column>) {
        let Pair { from, to } = columns;
        let still = Column { nullable: true, ..to.clone() };
        if *from != (Column { hints: from.hints.clone(), ..still.clone() }) {
            self.first.push(Change::Column(table.clone(), Edit::alter(from.clone(), still.clone())));
        }
        let expr = Expr::new(format!("{} IS NOT NULL", Dialect::Postgres.facts().quoted(&to.name)));
        let hints = to.hints.clone();
        let proof = Check { name: Some(name_of_proof(table, &to.name)), hints, ..Check::new(expr) };
        self.check(table, &proof);
        self.finished.push(Change::Column(table.clone(), Edit::alter(still, to.clone())));
        self.finished.push(Change::Rule(table.clone(), Edit::Drop(Rule::Check(proof))));
    }

    /// Checks whether others may use the table while it is changed. A partitioned table counts as unused, because its
    /// indexes can't be built concurrently and its foreign keys have no `NOT VALID` form.
    fn is_used(&self, table: &TableName) -> bool {
        let mut renamed = self.changes.iter().filter_map(|change| change.renamed_table());
        let before = renamed.find(|names| names.to == *table).map_or(table, |names| &names.from);
        let found = self.start.tables.get(before);
        found.is_some_and(|table| !table.unmodelled.iter().any(|said| said.starts_with("it is partitioned")))
            && !self.new.contains(table)
    }

    /// Checks whether a column becomes required without rows to be filled.
    fn can_be_proven(&self, table: &TableName, columns: &Pair<Column>) -> bool {
        let Pair { from, to } = columns;
        let is_filled = to.hints.backfill.is_some() || to.default.is_some() || to.auto_increment;
        let has_other_key = |change: &Change| match change {
            Change::Rule(other, edit) => other == table && matches!(edit.first(), Rule::PrimaryKey(_)),
            Change::Rename(_) | Change::Table(_) | Change::Column(..) | Change::Enum(_) => false,
        };
        from.nullable && !to.nullable && !is_filled && !self.changes.iter().any(has_other_key)
    }

    /// Checks whether no other change needs the name.
    fn stands_alone(&self, table: &TableName, name: Option<&str>) -> bool {
        let has_it = |change: &Change| {
            let Change::Rule(other, Edit::Drop(gone @ (Rule::Index(_) | Rule::Unique(_)))) = change else {
                return false;
            };
            other.schema == table.schema && gone.name() == name
        };
        name.is_some() && !self.changes.iter().any(has_it)
    }

    /// Checks whether no foreign key that is added earlier needs the rule.
    fn can_be_built(&self, table: &TableName, unique: &Unique) -> bool {
        let needs_it = |key: &ForeignKey| key.references == *table && key.referenced_columns == unique.columns;
        let is_needed = self.changes.iter().flat_map(|change| change.added_keys()).any(needs_it);
        !is_needed && self.stands_alone(table, unique.name.as_deref())
    }

    /// Checks whether an index can be dropped after everything else, because its columns don't change and nothing
    /// takes its name.
    fn is_free(&self, table: &TableName, index: &Index) -> bool {
        let is_touched = |change: &Change| match change {
            Change::Rule(other, Edit::Add(new @ (Rule::Index(_) | Rule::Unique(_)))) => {
                other.schema == table.schema && new.name() == index.name.as_deref()
            }
            Change::Column(other, Edit::Drop(_) | Edit::Alter(_)) | Change::Rename(Rename::Column(other, _)) => {
                other == table
            }
            Change::Rename(Rename::Table(names)) => names.to == *table,
            Change::Table(Edit::Drop(gone)) => gone.name == *table,
            Change::Rename(Rename::Enum(_) | Rename::EnumValue(..))
            | Change::Table(Edit::Add(_) | Edit::Alter(_))
            | Change::Column(_, Edit::Add(_))
            | Change::Rule(..)
            | Change::Enum(_) => false,
        };
        let is_plain = index.columns.iter().all(|column| matches!(column.key, IndexKey::Column(_)));
        index.name.is_some() && (is_plain || self.changes.len() == 1) && !self.changes.iter().any(is_touched)
    }
}

/// Returns the name of the check that proves that a column has no NULL. PostgreSQL cuts names after 63 bytes.
fn name_of_proof(table: &TableName, column: &str) -> String {
    const END: &str = "_is_not_null";
    let mut name = format!("{}_{column}", table.name);
    while name.len() + END.len() > 63 {
        name.pop();
    }
    name + END
}
