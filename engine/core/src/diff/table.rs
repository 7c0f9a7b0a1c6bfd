//! Tables of one name on both sides.

use crate::dialect::Dialect;
use crate::model::{Change, Column, Edit, Rule, Table, TableName};

use super::column;
use super::names::Taken;
use super::rules::RuleChanges;

/// Returns the changes within one table: first what is dropped, then columns, then what is added.
pub(super) fn changes(live: &Table, declared: &Table, taken: &mut Taken<'_>, dialect: Dialect) -> Vec<Change> {
    let name = &live.name;
    let leaving: Vec<&Column> = live.columns.iter().filter(|column| declared.column(&column.name).is_none()).collect();
    let coming: Vec<&Column> = declared.columns.iter().filter(|column| live.column(&column.name).is_none()).collect();
    let scope = Scope { live, declared, leaving: &leaving, coming: &coming, dialect };

    let RuleChanges { gone, new } = scope.rules(taken);
    let mut changes = gone;
    changes.extend(leaving.iter().map(|column| Change::Column(name.clone(), Edit::Drop((*column).clone()))));
    changes.extend(coming.iter().map(|column| Change::Column(name.clone(), Edit::Add((*column).clone()))));
    for column in &live.columns {
        let Some(declared_column) = declared.column(&column.name) else { continue };
        let wanted = column::wanted(column, declared_column, (live, declared), dialect);
        if !column::same(column, &wanted) || wanted.hints.renamed_values.is_some() {
            changes.push(Change::Column(name.clone(), Edit::alter(column.clone(), wanted)));
        }
    }
    changes.extend(scope.primary_key(taken));
    changes.extend(scope.itself());
    changes.extend(new);
    changes
}

/// What the comparisons of one table have in common.
pub(super) struct Scope<'a> {
    pub(super) live: &'a Table,
    pub(super) declared: &'a Table,
    pub(super) leaving: &'a [&'a Column],
    pub(super) coming: &'a [&'a Column],
    pub(super) dialect: Dialect,
}

impl Scope<'_> {
    pub(super) fn name(&self) -> TableName {
        self.live.name.clone()
    }

    fn primary_key(&self, taken: &mut Taken<'_>) -> Option<Change> {
        let columns = |table: &Table| {
            let mut columns = table.primary_key.as_ref()?.columns.clone();
            if !self.declared.speaks.key_order {
                columns.sort();
            }
            Some(columns)
        };
        let (from, to) = (columns(self.live), columns(self.declared));
        // Diesel can't define a table without a key, so a definition of a keyless table names one.
        if from == to || (from.is_none() && !self.declared.speaks.options) {
            return None;
        }
        taken.release(self.live.primary_key.as_ref().and_then(|key| key.name.as_deref()));
        let mut new = self.declared.primary_key.clone();
        if let Some(key) = &mut new {
            taken.name_constraint(&mut key.name, self.live, &[], "pkey");
        }
        let edit = match (self.live.primary_key.clone(), new) {
            (Some(from), Some(to)) => Edit::alter(Rule::PrimaryKey(from), Rule::PrimaryKey(to)),
            (Some(from), None) => Edit::Drop(Rule::PrimaryKey(from)),
            (None, Some(to)) => Edit::Add(Rule::PrimaryKey(to)),
            (None, None) => return None,
        };
        Some(Change::Rule(self.name(), edit))
    }

    /// Returns the change of the table itself, which is its options and its comment.
    fn itself(&self) -> Option<Change> {
        let (live, declared) = (self.live, self.declared);
        let has_options = declared.speaks.options && live.options != declared.options;
        let has_comment = declared.speaks.comments && self.dialect.facts().comments && live.comment != declared.comment;
        if !has_options && !has_comment {
            return None;
        }
        let mut wanted = live.clone();
        if has_options {
            wanted.options.clone_from(&declared.options);
        }
        if has_comment {
            wanted.comment.clone_from(&declared.comment);
        }
        Some(Change::Table(Edit::alter(live.clone(), wanted)))
    }
}
