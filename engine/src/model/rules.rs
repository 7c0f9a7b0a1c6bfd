//! All rules of a table, as one list.

use super::{Check, Exclusion, ForeignKey, Index, PrimaryKey, Rule, Unique};

/// The rules of a table other than its primary key.
///
/// They are ordered by kind, as [`Rule`]'s variants are, and within a kind in the order in which they were added.
/// So tables whose rules of each kind are equal, in the same order, have equal `Rules`, however the kinds were
/// mixed.
///
/// ```
/// use autogen::model::{Check, Expr, Rules, Unique};
///
/// let mut rules = Rules::default();
/// rules.push(Check::new(Expr::new("total >= 0")));
/// rules.push(Unique::new(vec!["id".to_owned()]));
/// assert_eq!(rules.uniques().count(), 1);
/// assert_eq!(rules.iter().map(|rule| rule.kind()).collect::<Vec<_>>(), ["unique", "check"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rules(Vec<Rule>);

impl Rules {
    /// Adds a rule after those of its kind.
    pub fn push(&mut self, rule: impl Into<Rule>) {
        let rule = rule.into();
        let at = self.0.partition_point(|other| order(other) <= order(&rule));
        self.0.insert(at, rule);
    }

    /// Returns all rules.
    pub fn iter(&self) -> std::slice::Iter<'_, Rule> {
        self.0.iter()
    }

    /// Returns the rule at a position in the order of [`Self::iter`].
    pub fn get(&self, position: usize) -> Option<&Rule> {
        self.0.get(position)
    }

    /// Returns the rule at a position in the order of [`Self::iter`], to change it. Its kind must stay the same.
    pub fn get_mut(&mut self, position: usize) -> Option<&mut Rule> {
        self.0.get_mut(position)
    }

    /// Removes the first rule that satisfies a condition.
    pub fn remove_first(&mut self, is_it: impl FnMut(&Rule) -> bool) -> Option<Rule> {
        let position = self.0.iter().position(is_it)?;
        Some(self.0.remove(position))
    }

    /// Returns all rules, to change them. The kind of each must stay the same.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Rule> {
        self.0.iter_mut()
    }

    /// Keeps the rules that satisfy a condition.
    pub fn retain(&mut self, keep: impl FnMut(&Rule) -> bool) {
        self.0.retain(keep);
    }

    /// Keeps those rules of one kind that satisfy a condition, and all of other kinds.
    pub fn retain_of<K: RuleKind>(&mut self, mut keep: impl FnMut(&K) -> bool) {
        self.0.retain(|rule| K::of(rule).is_none_or(&mut keep));
    }

    /// Removes the rules of one kind and returns them.
    pub fn take<K: RuleKind + Clone>(&mut self) -> Vec<K> {
        let taken = self.of::<K>().cloned().collect();
        self.retain_of::<K>(|_| false);
        taken
    }

    /// Returns `true` if this very rule is among them.
    pub fn contains<K: RuleKind + PartialEq>(&self, rule: &K) -> bool {
        self.of::<K>().any(|other| other == rule)
    }

    /// Returns the unique rules.
    pub fn uniques(&self) -> impl Iterator<Item = &Unique> + Clone {
        self.of()
    }

    /// Returns the unique rules, to change them.
    pub fn uniques_mut(&mut self) -> impl Iterator<Item = &mut Unique> {
        self.of_mut()
    }

    /// Returns the indexes other than plain unique ones.
    pub fn indexes(&self) -> impl Iterator<Item = &Index> + Clone {
        self.of()
    }

    /// Returns the indexes other than plain unique ones, to change them.
    pub fn indexes_mut(&mut self) -> impl Iterator<Item = &mut Index> {
        self.of_mut()
    }

    /// Returns the foreign keys of the table.
    pub fn foreign_keys(&self) -> impl Iterator<Item = &ForeignKey> + Clone {
        self.of()
    }

    /// Returns the foreign keys of the table, to change them.
    pub fn foreign_keys_mut(&mut self) -> impl Iterator<Item = &mut ForeignKey> {
        self.of_mut()
    }

    /// Returns the checks, both of columns and of the table.
    pub fn checks(&self) -> impl Iterator<Item = &Check> + Clone {
        self.of()
    }

    /// Returns the checks, both of columns and of the table, to change them.
    pub fn checks_mut(&mut self) -> impl Iterator<Item = &mut Check> {
        self.of_mut()
    }

    /// Returns the exclusions.
    pub fn exclusions(&self) -> impl Iterator<Item = &Exclusion> + Clone {
        self.of()
    }

    /// Returns the indexes that are stated, and those that hold an exclusion.
    pub fn stated_indexes(&self) -> impl Iterator<Item = &Index> + Clone {
        self.0.iter().filter_map(stated_index)
    }

    /// Returns the indexes that are stated, and those that hold an exclusion, to change them.
    pub fn stated_indexes_mut(&mut self) -> impl Iterator<Item = &mut Index> {
        self.0.iter_mut().filter_map(|rule| match rule {
            Rule::Index(index) => Some(index),
            Rule::Exclusion(exclusion) => Some(&mut exclusion.index),
            Rule::PrimaryKey(_) | Rule::Unique(_) | Rule::ForeignKey(_) | Rule::Check(_) => None,
        })
    }

    fn of<K: RuleKind>(&self) -> impl Iterator<Item = &K> + Clone {
        self.0.iter().filter_map(K::of)
    }

    fn of_mut<K: RuleKind>(&mut self) -> impl Iterator<Item = &mut K> {
        self.0.iter_mut().filter_map(K::of_mut)
    }
}

impl<R: Into<Rule>> Extend<R> for Rules {
    fn extend<I: IntoIterator<Item = R>>(&mut self, rules: I) {
        rules.into_iter().for_each(|rule| self.push(rule));
    }
}

impl<R: Into<Rule>> FromIterator<R> for Rules {
    fn from_iter<I: IntoIterator<Item = R>>(rules: I) -> Self {
        let mut all = Self::default();
        all.extend(rules);
        all
    }
}

impl IntoIterator for Rules {
    type Item = Rule;
    type IntoIter = std::vec::IntoIter<Rule>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Rules {
    type Item = &'a Rule;
    type IntoIter = std::slice::Iter<'a, Rule>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a mut Rules {
    type Item = &'a mut Rule;
    type IntoIter = std::slice::IterMut<'a, Rule>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

/// The contents of one kind of rule.
pub trait RuleKind: Into<Rule> + 'static {
    /// Returns what a rule says, if it is of this kind.
    fn of(rule: &Rule) -> Option<&Self>;

    /// Returns what a rule says, if it is of this kind, to change it.
    fn of_mut(rule: &mut Rule) -> Option<&mut Self>;
}

/// Makes a type the content of one variant of [`Rule`].
macro_rules! kinds {
    ($($kind:ident),*) => {$(
        impl From<$kind> for Rule {
            fn from(rule: $kind) -> Self {
                Self::$kind(rule)
            }
        }

        impl RuleKind for $kind {
            fn of(rule: &Rule) -> Option<&Self> {
                if let Rule::$kind(rule) = rule { Some(rule) } else { None }
            }

            fn of_mut(rule: &mut Rule) -> Option<&mut Self> {
                if let Rule::$kind(rule) = rule { Some(rule) } else { None }
            }
        }
    )*};
}

impl RuleKind for Rule {
    fn of(rule: &Rule) -> Option<&Self> {
        Some(rule)
    }

    fn of_mut(rule: &mut Rule) -> Option<&mut Self> {
        Some(rule)
    }
}

kinds!(PrimaryKey, Unique, Exclusion, Index, ForeignKey, Check);

/// Returns the index that a rule is or is held by, where its columns and condition are its own.
fn stated_index(rule: &Rule) -> Option<&Index> {
    match rule {
        Rule::Index(index) => Some(index),
        Rule::Exclusion(exclusion) => Some(&exclusion.index),
        Rule::PrimaryKey(_) | Rule::Unique(_) | Rule::ForeignKey(_) | Rule::Check(_) => None,
    }
}

/// Returns the place of a rule's kind among the kinds.
fn order(rule: &Rule) -> u8 {
    match rule {
        Rule::PrimaryKey(_) => 0,
        Rule::Unique(_) => 1,
        Rule::Exclusion(_) => 2,
        Rule::Index(_) => 3,
        Rule::ForeignKey(_) => 4,
        Rule::Check(_) => 5,
    }
}
