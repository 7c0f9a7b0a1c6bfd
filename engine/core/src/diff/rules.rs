//! Rules of one table: which are dropped, which are added, and whose comment changes.

use crate::dialect::{Dialect, Feature};
use crate::model::{
    Change, Check, Edit, Exclusion, Expr, ForeignKey, Index, IndexColumn, IndexKey, Rule, RuleKind, Rules, Unique,
    UniqueForm,
};
use crate::sql::{columns_in, rule_columns};

use super::column;
use super::matching::{Matched, matched};
use super::names::{self, Taken};
use super::retyped;
use super::table::Scope;

/// What happens to rules: some go before the columns change, the others come after that.
#[derive(Default)]
pub(super) struct RuleChanges {
    pub(super) gone: Vec<Change>,
    pub(super) new: Vec<Change>,
}

impl<'s> Scope<'s> {
    /// Compares all rules but the primary key.
    pub(super) fn rules(&self, taken: &mut Taken<'_>) -> RuleChanges {
        let mut changes = RuleChanges::default();
        self.of_kind::<ForeignKey>(same_foreign_key, &mut changes, taken);
        self.of_kind::<Check>(same_check, &mut changes, taken);
        // A comment can't be changed in place here, so the index is recreated.
        let same = |a: &Index, b: &Index| {
            same_index(a, b, self.dialect) && self.keeps_prefixes(a, b) && !self.comments_on(&a.comment, &b.comment)
        };
        self.of_kind::<Index>(same, &mut changes, taken);
        self.of_kind::<Unique>(same_unique, &mut changes, taken);
        let same = |a: &Exclusion, b: &Exclusion| {
            same_index(&a.index, &b.index, self.dialect) && a.operators == b.operators && a.deferrable == b.deferrable
        };
        self.of_kind::<Exclusion>(same, &mut changes, taken);
        changes
    }

    fn of_kind<K: RuleKind>(&self, same: impl Fn(&K, &K) -> bool, changes: &mut RuleChanges, taken: &mut Taken<'_>) {
        let of_kind = |rules: &'s Rules| rules.iter().filter(|rule| K::of(rule).is_some()).collect::<Vec<_>>();
        let (live, declared) = (of_kind(&self.live.rules), of_kind(&self.declared.rules));
        let same = |a: &Rule, b: &Rule| K::of(a).zip(K::of(b)).is_some_and(|(a, b)| same(a, b));
        let Matched { gone, new, both } = matched(&live, &declared, Rule::name, self.same_name(), same);
        for rule in gone {
            self.dropped(rule.clone(), changes, taken);
        }
        for rule in new {
            self.added(rule.clone(), changes, taken);
        }
        let facts = self.dialect.facts();
        let hides = facts.features.contains(&Feature::InvisibleIndex);
        if facts.prints_casts.is_none() && !facts.comments_on_rules && !hides {
            return;
        }
        for (live, declared) in both {
            self.kept(live.clone(), declared, changes);
        }
    }

    /// Drops a live rule that nothing declares, unless no definition speaks of its kind.
    fn dropped(&self, rule: Rule, changes: &mut RuleChanges, taken: &mut Taken<'_>) {
        let speaks = &self.declared.speaks;
        let is_judged = match &rule {
            Rule::ForeignKey(_) => speaks.foreign_keys,
            Rule::Check(_) => speaks.checks,
            Rule::PrimaryKey(_) | Rule::Unique(_) | Rule::Index(_) | Rule::Exclusion(_) => speaks.indexes,
        };
        if is_judged || self.loses(&rule_columns(&rule, self.dialect)) {
            if !rule.is_index() {
                taken.release(rule.name());
            }
            changes.gone.push(self.change(Edit::Drop(rule)));
        } else if let Rule::Check(check) = rule {
            self.follow_values(check, changes);
        }
    }

    /// Renames values in a check that no definition judges.
    fn follow_values(&self, check: Check, changes: &mut RuleChanges) {
        let columns = columns_in(self.dialect, &check.expr);
        let named = columns.into_iter().filter_map(|column| self.declared.column(&column));
        let expr = named.fold(check.expr.clone(), |expr, column| column::renamed(&expr, column, self.dialect));
        if expr != check.expr {
            changes.new.push(self.change(Edit::Add(Rule::Check(Check { expr, ..check.clone() }))));
            changes.gone.push(self.change(Edit::Drop(Rule::Check(check))));
        }
    }

    fn added(&self, mut rule: Rule, changes: &mut RuleChanges, taken: &mut Taken<'_>) {
        match &mut rule {
            Rule::ForeignKey(key) => {
                key.inline = key.inline && key.columns.len() == 1 || self.is_new(&key.columns);
                taken.name_constraint(&mut key.name, self.live, &key.columns, "fkey");
            }
            Rule::Check(check) => {
                let columns: Vec<_> = columns_in(self.dialect, &check.expr).into_iter().collect();
                check.inline = check.inline || self.is_new(&columns);
                let only = if columns.len() == 1 { columns.as_slice() } else { &[] };
                taken.name_constraint(&mut check.name, self.live, only, "check");
            }
            Rule::Index(index) => names::name_index(index, self.live, taken),
            Rule::Unique(unique) => {
                let facts = self.dialect.facts();
                if names::is_implied(unique, self.declared, facts) {
                    return;
                }
                if !facts.alters_constraints {
                    unique.form = UniqueForm::Index;
                }
                match unique.form {
                    UniqueForm::Index => names::name_unique(unique, self.live, taken),
                    UniqueForm::Constraint => {
                        taken.name_constraint(&mut unique.name, self.live, &unique.columns, "key");
                    }
                }
            }
            Rule::Exclusion(exclusion) => {
                let columns = names::words_of_keys(&exclusion.index);
                taken.name_constraint(&mut exclusion.index.name, self.live, &columns, "excl");
            }
            Rule::PrimaryKey(key) => taken.name_constraint(&mut key.name, self.live, &[], "pkey"),
        }
        changes.new.push(self.change(Edit::Add(rule)));
    }

    /// Recreates a rule of both sides where its expression can't survive a change of type. Otherwise changes its
    /// comment, or whether queries use it, where that differs.
    fn kept(&self, live: Rule, declared: &Rule, changes: &mut RuleChanges) {
        let live_expressions = live.expressions().into_iter();
        let mut pairs = live_expressions.zip(declared.expressions());
        let outlived = pairs.any(|(live, declared)| self.outlives(live, declared)).then(|| respelled(&live, declared));
        if let Some(new) = outlived {
            changes.gone.push(self.change(Edit::Drop(live)));
            changes.new.push(self.change(Edit::Add(new)));
        } else if self.comments_on(&live.comment().cloned(), &declared.comment().cloned()) {
            let said = live.clone().commented(declared.comment().cloned());
            changes.new.push(self.change(Edit::alter(live, said)));
        } else if self.declared.speaks.indexes && live.hidden().is_some() != declared.hidden().is_some() {
            let hidden = live.clone().hiding(declared.hidden());
            changes.new.push(self.change(Edit::alter(live, hidden)));
        }
    }

    fn change(&self, edit: Edit<Rule>) -> Change {
        Change::Rule(self.name(), edit)
    }

    fn same_name(&self) -> impl Fn(&str, &str) -> bool {
        let facts = self.dialect.facts();
        |a, b| facts.same_name(a, b)
    }

    /// Checks whether the comment on a rule has changed.
    fn comments_on(&self, live: &Option<String>, declared: &Option<String>) -> bool {
        self.declared.speaks.comments && self.dialect.facts().comments_on_rules && live != declared
    }

    /// Checks whether a live object uses a column that is dropped. Such an object can't stay, whether or not a
    /// definition speaks of it.
    fn loses<'a>(&self, columns: impl IntoIterator<Item = &'a String>) -> bool {
        columns.into_iter().any(|column| self.leaving.iter().any(|leaving| leaving.name == *column))
    }

    /// Checks whether an expression has to be recreated in the definition's words because its columns get other
    /// types.
    fn outlives(&self, live: &Expr, declared: &Expr) -> bool {
        retyped::keeps_old_type(live, declared, (self.live, self.declared), self.dialect)
    }

    /// Checks whether an index on prefixes of values can keep its lengths, which the definition doesn't state. It can
    /// if the type that the column has or gets still allows such prefixes.
    fn keeps_prefixes(&self, live: &Index, declared: &Index) -> bool {
        live.columns.iter().zip(&declared.columns).all(|(live, declared)| {
            match (live.prefix, declared.prefix, &live.key) {
                (Some(length), None, IndexKey::Column(name)) => {
                    let column = self.declared.column(name);
                    column.is_none_or(|column| self.dialect.takes_prefix(column, &self.declared.options, length))
                }
                (_, _, IndexKey::Column(_) | IndexKey::Expr(_)) => true,
            }
        })
    }

    /// Checks whether the columns are a single new column. Its rules can then be added together with it.
    fn is_new(&self, columns: &[String]) -> bool {
        columns.len() == 1 && self.coming.iter().any(|coming| coming.name == columns[0])
    }
}

/// Returns a live rule in the words of its definition.
fn respelled(live: &Rule, declared: &Rule) -> Rule {
    let index = |live: &Index, declared: &Index| {
        let (columns, predicate) = (declared.columns.clone(), declared.predicate.clone());
        Index { columns, predicate, comment: declared.comment.clone(), ..live.clone() }
    };
    match (live, declared) {
        (Rule::Check(live), Rule::Check(declared)) => {
            let (expr, comment) = (declared.expr.clone(), declared.comment.clone());
            Rule::Check(Check { expr, comment, ..live.clone() })
        }
        (Rule::Index(live), Rule::Index(declared)) => Rule::Index(index(live, declared)),
        (Rule::Exclusion(live), Rule::Exclusion(declared)) => {
            Rule::Exclusion(Exclusion { index: index(&live.index, &declared.index), ..live.clone() })
        }
        // These have no expressions, and rules of different kinds never match.
        (Rule::Check(_) | Rule::Index(_) | Rule::Exclusion(_), _)
        | (Rule::PrimaryKey(_) | Rule::Unique(_) | Rule::ForeignKey(_), _) => live.clone(),
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

fn same_check(live: &Check, declared: &Check) -> bool {
    live.expr.same_as(&declared.expr) && live.no_inherit == declared.no_inherit
}

fn same_unique(live: &Unique, declared: &Unique) -> bool {
    live.columns == declared.columns
        && live.nulls_not_distinct == declared.nulls_not_distinct
        && live.parameters == declared.parameters
        && live.deferrable == declared.deferrable
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
