//! Tables of one name on both sides.

use std::collections::BTreeSet;

use crate::dialect::{Dialect, Feature};
use crate::model::{
    Change, Check, Column, Constraint, Exclusion, Expr, ForeignKey, Index, IndexColumn, IndexKey, Pair, Table,
    TableName, Unique, UniqueForm,
};
use crate::normalize::{columns_in, expressions_of_index};

use super::column;
use super::matching::{Matched, matched};
use super::names::{self, Taken};
use super::retyped;

/// The changes within one table: what goes first, then columns, then what comes.
pub(super) fn changes(live: &Table, declared: &Table, taken: &mut Taken, dialect: Dialect) -> Vec<Change> {
    let name = &live.name;
    let leaving: Vec<&Column> = live.columns.iter().filter(|column| declared.column(&column.name).is_none()).collect();
    let coming: Vec<&Column> = declared.columns.iter().filter(|column| live.column(&column.name).is_none()).collect();
    let scope = Scope { live, declared, leaving: &leaving, coming: &coming, dialect };

    let mut gone = Vec::new();
    let mut new = Vec::new();
    scope.foreign_keys(&mut gone, &mut new, taken);
    scope.checks(&mut gone, &mut new, taken);
    scope.indexes(&mut gone, &mut new, taken);
    scope.uniques(&mut gone, &mut new, taken);
    scope.exclusions(&mut gone, &mut new, taken);

    let mut changes = gone;
    changes.extend(leaving.iter().map(|column| Change::DropColumn(name.clone(), (*column).clone())));
    changes.extend(coming.iter().map(|column| Change::AddColumn(name.clone(), (*column).clone())));
    for column in &live.columns {
        let Some(declared_column) = declared.column(&column.name) else { continue };
        let wanted = column::wanted(column, declared_column, (live, declared), dialect);
        if !column::same(column, &wanted) || wanted.hints.renamed_values.is_some() {
            changes.push(Change::AlterColumn(name.clone(), Box::new(Pair::new(column.clone(), wanted))));
        }
    }
    changes.extend(scope.primary_key(taken));
    changes.extend(scope.options());
    changes.extend(scope.comment());
    changes.extend(new);
    changes
}

/// What the comparisons of one table have in common.
struct Scope<'a> {
    live: &'a Table,
    declared: &'a Table,
    leaving: &'a [&'a Column],
    coming: &'a [&'a Column],
    dialect: Dialect,
}

impl Scope<'_> {
    fn name(&self) -> TableName {
        self.live.name.clone()
    }

    fn same_name(&self) -> impl Fn(&str, &str) -> bool {
        let facts = self.dialect.facts();
        |a, b| facts.same_name(a, b)
    }

    /// Whether a live object stands on a column that leaves: it can't stay, spoken for or not.
    fn loses<'a>(&self, columns: impl IntoIterator<Item = &'a String>) -> bool {
        columns.into_iter().any(|column| self.leaving.iter().any(|leaving| leaving.name == *column))
    }

    fn primary_key(&self, taken: &mut Taken) -> Option<Change> {
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
        let mut keys = Pair::new(self.live.primary_key.clone(), self.declared.primary_key.clone());
        taken.release(keys.from.as_ref().and_then(|key| key.name.as_deref()));
        if let Some(key) = &mut keys.to {
            taken.name_constraint(&mut key.name, self.live, &[], "pkey");
        }
        Some(Change::AlterPrimaryKey(self.name(), keys))
    }

    fn options(&self) -> Option<Change> {
        let options = Pair::new(self.live.options.clone(), self.declared.options.clone());
        (self.declared.speaks.options && options.differs()).then(|| Change::AlterOptions(self.name(), options))
    }

    fn comment(&self) -> Option<Change> {
        let comments = Pair::new(self.live.comment.clone(), self.declared.comment.clone());
        let is_judged = self.declared.speaks.comments && self.dialect.facts().comments;
        (is_judged && comments.differs()).then(|| Change::CommentTable(self.name(), comments))
    }

    fn foreign_keys(&self, gone: &mut Vec<Change>, new: &mut Vec<Change>, taken: &mut Taken) {
        let Matched { gone: unmatched, new: missing, both } = matched(
            &self.live.foreign_keys,
            &self.declared.foreign_keys,
            |key| key.name.as_deref(),
            self.same_name(),
            same_foreign_key,
        );
        for key in unmatched {
            if self.declared.speaks.foreign_keys || self.loses(&key.columns) {
                taken.release(key.name.as_deref());
                gone.push(Change::DropForeignKey(self.name(), key.clone()));
            }
        }
        for key in missing {
            let mut key = key.clone();
            key.inline = key.inline && key.columns.len() == 1 || self.is_new(&key.columns);
            taken.name_constraint(&mut key.name, self.live, &key.columns, "fkey");
            new.push(Change::AddForeignKey(self.name(), key));
        }
        for (live, declared) in
            both.into_iter().filter(|(live, declared)| self.comments_on(&live.comment, &declared.comment))
        {
            let said = ForeignKey { comment: declared.comment.clone(), ..live.clone() };
            new.push(self.settles(Constraint::ForeignKey(live.clone()), Constraint::ForeignKey(said)));
        }
    }

    /// Whether what a rule is for is said otherwise.
    fn comments_on(&self, live: &Option<String>, declared: &Option<String>) -> bool {
        self.declared.speaks.comments && self.dialect.facts().comments_on_rules && live != declared
    }

    fn settles(&self, from: Constraint, to: Constraint) -> Change {
        Change::SettleRule(self.name(), Box::new(Pair::new(from, to)))
    }

    fn checks(&self, gone: &mut Vec<Change>, new: &mut Vec<Change>, taken: &mut Taken) {
        let columns = |check: &Check| columns_in(self.dialect, &check.expr);
        let Matched { gone: unmatched, new: missing, both } = matched(
            &self.live.checks,
            &self.declared.checks,
            |check| check.name.as_deref(),
            self.same_name(),
            |a, b| a.expr.same_as(&b.expr) && a.no_inherit == b.no_inherit,
        );
        for check in unmatched {
            if self.declared.speaks.checks || self.loses(&columns(check)) {
                taken.release(check.name.as_deref());
                gone.push(Change::DropCheck(self.name(), check.clone()));
                continue;
            }
            // What no definition judges follows the values that it names.
            let named = columns(check).into_iter().filter_map(|column| self.declared.column(&column));
            let expr = named.fold(check.expr.clone(), |expr, column| column::renamed(&expr, column, self.dialect));
            if expr != check.expr {
                gone.push(Change::DropCheck(self.name(), check.clone()));
                new.push(Change::AddCheck(self.name(), Check { expr, ..check.clone() }));
            }
        }
        for check in missing {
            let mut check = check.clone();
            let columns: Vec<_> = columns(&check).into_iter().collect();
            check.inline = check.inline || self.is_new(&columns);
            let only = if columns.len() == 1 { columns.as_slice() } else { &[] };
            taken.name_constraint(&mut check.name, self.live, only, "check");
            new.push(Change::AddCheck(self.name(), check));
        }
        for (live, declared) in both {
            if !self.outlives(&live.expr, &declared.expr) {
                if self.comments_on(&live.comment, &declared.comment) {
                    let said = Check { comment: declared.comment.clone(), ..live.clone() };
                    new.push(self.settles(Constraint::Check(live.clone()), Constraint::Check(said)));
                }
                continue;
            }
            gone.push(Change::DropCheck(self.name(), live.clone()));
            new.push(Change::AddCheck(
                self.name(),
                Check { expr: declared.expr.clone(), comment: declared.comment.clone(), ..live.clone() },
            ));
        }
    }

    fn indexes(&self, gone: &mut Vec<Change>, new: &mut Vec<Change>, taken: &mut Taken) {
        let Matched { gone: unmatched, new: missing, both } = matched(
            &self.live.indexes,
            &self.declared.indexes,
            |index| index.name.as_deref(),
            self.same_name(),
            |a, b| {
                same_index(a, b, self.dialect) && self.keeps_prefixes(a, b) && !self.comments_on(&a.comment, &b.comment)
            },
        );
        for index in unmatched {
            if self.declared.speaks.indexes || self.loses(&index_columns(index, self.dialect)) {
                gone.push(Change::DropIndex(self.name(), index.clone()));
            }
        }
        for index in missing {
            let mut index = index.clone();
            names::name_index(&mut index, self.live, taken);
            new.push(Change::AddIndex(self.name(), index));
        }
        for (live, declared) in both {
            let pairs: Vec<_> = expressions_of_index(live).zip(expressions_of_index(declared)).collect();
            if pairs.into_iter().any(|(live, declared)| self.outlives(live, declared)) {
                gone.push(Change::DropIndex(self.name(), live.clone()));
                let index =
                    Index { columns: declared.columns.clone(), predicate: declared.predicate.clone(), ..live.clone() };
                new.push(Change::AddIndex(self.name(), index));
            }
        }
    }

    fn uniques(&self, gone: &mut Vec<Change>, new: &mut Vec<Change>, taken: &mut Taken) {
        let Matched { gone: unmatched, new: missing, both } = matched(
            &self.live.uniques,
            &self.declared.uniques,
            |unique| unique.name.as_deref(),
            self.same_name(),
            |a, b| {
                a.columns == b.columns
                    && a.nulls_not_distinct == b.nulls_not_distinct
                    && a.parameters == b.parameters
                    && a.deferrable == b.deferrable
            },
        );
        for unique in unmatched {
            if self.declared.speaks.indexes || self.loses(&unique.columns) {
                taken.release(unique.name.as_deref().filter(|_| unique.form == UniqueForm::Constraint));
                gone.push(Change::DropUnique(self.name(), unique.clone()));
            }
        }
        let facts = self.dialect.facts();
        for unique in missing.into_iter().filter(|unique| !names::is_implied(unique, self.declared, facts)) {
            let mut unique = unique.clone();
            if !facts.alters_constraints {
                unique.form = UniqueForm::Index;
            }
            match unique.form {
                UniqueForm::Index => names::name_unique(&mut unique, self.live, taken),
                UniqueForm::Constraint => {
                    taken.name_constraint(&mut unique.name, self.live, &unique.columns, "key");
                }
            }
            new.push(Change::AddUnique(self.name(), unique));
        }
        for (live, declared) in
            both.into_iter().filter(|(live, declared)| self.comments_on(&live.comment, &declared.comment))
        {
            let said = Unique { comment: declared.comment.clone(), ..live.clone() };
            new.push(self.settles(Constraint::Unique(live.clone()), Constraint::Unique(said)));
        }
    }

    fn exclusions(&self, gone: &mut Vec<Change>, new: &mut Vec<Change>, taken: &mut Taken) {
        let Matched { gone: unmatched, new: missing, both } = matched(
            &self.live.exclusions,
            &self.declared.exclusions,
            |rule| rule.index.name.as_deref(),
            self.same_name(),
            |a, b| {
                same_index(&a.index, &b.index, self.dialect)
                    && a.operators == b.operators
                    && a.deferrable == b.deferrable
            },
        );
        for rule in unmatched {
            if self.declared.speaks.indexes || self.loses(&index_columns(&rule.index, self.dialect)) {
                taken.release(rule.index.name.as_deref());
                gone.push(Change::DropExclusion(self.name(), rule.clone()));
            }
        }
        for rule in missing {
            let mut rule = rule.clone();
            let columns: Vec<String> = rule
                .index
                .columns
                .iter()
                .map(|column| match &column.key {
                    IndexKey::Column(name) => name.clone(),
                    IndexKey::Expr(_) => "expr".to_owned(),
                })
                .collect();
            taken.name_constraint(&mut rule.index.name, self.live, &columns, "excl");
            new.push(Change::AddExclusion(self.name(), rule));
        }
        let comment = |rule: &Exclusion| rule.index.comment.clone();
        for (live, declared) in both {
            let pairs: Vec<_> = expressions_of_index(&live.index).zip(expressions_of_index(&declared.index)).collect();
            if pairs.into_iter().any(|(live, declared)| self.outlives(live, declared)) {
                gone.push(Change::DropExclusion(self.name(), live.clone()));
                let mut rule = live.clone();
                rule.index.columns.clone_from(&declared.index.columns);
                rule.index.predicate.clone_from(&declared.index.predicate);
                rule.index.comment = comment(declared);
                new.push(Change::AddExclusion(self.name(), rule));
                continue;
            }
            if !self.comments_on(&comment(live), &comment(declared)) {
                continue;
            }
            let mut said = live.clone();
            said.index.comment = comment(declared);
            new.push(self.settles(Constraint::Exclusion(live.clone()), Constraint::Exclusion(said)));
        }
    }

    /// Whether an expression is made anew in the definition's words, because its columns get other types.
    fn outlives(&self, live: &Expr, declared: &Expr) -> bool {
        retyped::keeps_old_type(live, declared, (self.live, self.declared), self.dialect)
    }

    /// Whether an index of values' beginnings, for which the definition says no length, can stay one: the type that its
    /// column has or gets has such beginnings.
    fn keeps_prefixes(&self, live: &Index, declared: &Index) -> bool {
        live.columns.iter().zip(&declared.columns).all(|(live, declared)| {
            match (live.prefix, declared.prefix, &live.key) {
                (Some(length), None, IndexKey::Column(name)) => {
                    let column = self.declared.column(name);
                    column.is_none_or(|column| self.dialect.takes_prefix(column, &self.declared.options, length))
                }
                (_, _, _) => true,
            }
        })
    }

    /// Whether these are one column, and a new one: its rules can then be added with it.
    fn is_new(&self, columns: &[String]) -> bool {
        columns.len() == 1 && self.coming.iter().any(|coming| coming.name == columns[0])
    }
}

fn same_foreign_key(live: &ForeignKey, declared: &ForeignKey) -> bool {
    let unsaid_or_same = |live, declared: Option<_>| declared.is_none() || live == declared;
    live.columns == declared.columns
        && live.references == declared.references
        && (live.referenced_columns == declared.referenced_columns || declared.referenced_columns.is_empty())
        && unsaid_or_same(live.on_delete, declared.on_delete)
        && unsaid_or_same(live.on_update, declared.on_update)
        && (live.deferrable == declared.deferrable || declared.is_of_join())
        && (live.match_full == declared.match_full || declared.is_of_join())
}

fn same_index(live: &Index, declared: &Index, dialect: Dialect) -> bool {
    // What a definition can't say isn't judged.
    let facts = dialect.facts();
    let says_methods = facts.features.contains(&Feature::IndexMethod) || !facts.index_methods.is_empty();
    let same_column = |a: &IndexColumn, b: &IndexColumn| {
        a.descending == b.descending
            && a.collation == b.collation
            && a.opclass == b.opclass
            && a.nulls == b.nulls
            && (b.prefix.is_none() || a.prefix == b.prefix)
            && match (&a.key, &b.key) {
                (IndexKey::Column(a), IndexKey::Column(b)) => a == b,
                (IndexKey::Expr(a), IndexKey::Expr(b)) => a.same_as(b),
                (IndexKey::Column(_), IndexKey::Expr(_)) | (IndexKey::Expr(_), IndexKey::Column(_)) => false,
            }
    };
    let same_predicate = match (&live.predicate, &declared.predicate) {
        (Some(a), Some(b)) => a.same_as(b),
        (a, b) => a.is_none() && b.is_none(),
    };
    live.unique == declared.unique
        && same_predicate
        && (!says_methods || live.method == declared.method)
        && live.include == declared.include
        && live.nulls_not_distinct == declared.nulls_not_distinct
        && live.parameters == declared.parameters
        && live.columns.len() == declared.columns.len()
        && live.columns.iter().zip(&declared.columns).all(|(a, b)| same_column(a, b))
}

/// Every column that an index stands on, in keys, expressions and condition.
pub(crate) fn index_columns(index: &Index, dialect: Dialect) -> BTreeSet<String> {
    let of_expr = |expr: &Expr| columns_in(dialect, expr);
    let mut columns: BTreeSet<String> = index.predicate.as_ref().map(of_expr).unwrap_or_default();
    columns.extend(index.include.iter().cloned());
    for column in &index.columns {
        match &column.key {
            IndexKey::Column(name) => {
                columns.insert(name.clone());
            }
            IndexKey::Expr(expr) => columns.extend(of_expr(expr)),
        }
    }
    columns
}
