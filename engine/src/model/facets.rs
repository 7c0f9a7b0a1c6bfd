//! The properties of an object, one facet each.
//!
//! Code that shows, compares or sums up objects reads facets. They are listed only here, by taking each object
//! apart to its last field. So a new attribute can't be forgotten in a report, in a proof or in a fingerprint.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{
    Action, Check, Column, Deferrable, EnumType, Exclusion, Expr, ForeignKey, Index, IndexColumn, IndexKey, Nulls,
    PrimaryKey, Rule, Speaks, TableOptions, Unique, UniqueForm,
};

/// A kind of property of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each has its words in `name`, and the fields that they stand for say the rest")]
pub enum Aspect {
    Type,
    Null,
    Numbering,
    Default,
    OnUpdate,
    Generated,
    Collation,
    Invisible,
    Attributes,
    Inherited,
    Comment,
    Strict,
    WithoutRowid,
    Unlogged,
    Engine,
    RowFormat,
    KeyBlockSize,
    SystemVersioned,
    Columns,
    Expression,
    Unique,
    Method,
    Include,
    NullsNotDistinct,
    Parameters,
    Predicate,
    Form,
    References,
    OnDelete,
    MatchFull,
    Deferrable,
    NoInherit,
    Unvalidated,
    Dangling,
    Inline,
    Values,
    Users,
}

/// How a facet reads in a line about its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// By its value: `not null`.
    Value,
    /// By its name and its value: `default 0`.
    NamedValue,
    /// Not at all, although objects may differ in it.
    Aside,
    /// Not at all, because it doesn't count as a difference.
    NoDifference,
}

impl Aspect {
    /// Returns the aspect's name.
    pub fn name(self) -> &'static str {
        self.words().0
    }

    /// Returns the words for an object that has no such property.
    pub fn absent(self) -> &'static str {
        if self == Self::Null {
            "null"
        } else if self == Self::Numbering {
            "no auto increment"
        } else if self == Self::Invisible {
            "visible"
        } else {
            "none"
        }
    }

    fn words(self) -> (&'static str, Reading) {
        let (name, reading, _) = self.row();
        (name, reading)
    }

    /// Returns the aspect's name, how it reads in a message, and which descriptions speak for it.
    fn row(self) -> (&'static str, Reading, fn(Speaks) -> bool) {
        use Reading::{Aside, NamedValue, NoDifference, Value};
        let always = |_| true;
        match self {
            Self::Type => ("type", Value, always),
            Self::Null => ("nullability", Value, always),
            Self::Numbering => ("numbering", Value, |speaks| speaks.auto_increment),
            Self::Default => ("default", NamedValue, |speaks| speaks.defaults),
            Self::OnUpdate => ("on update", NamedValue, |speaks| speaks.defaults),
            Self::Generated => ("generated", NamedValue, |speaks| speaks.generated),
            Self::Collation => ("collate", NamedValue, |speaks| speaks.collations),
            Self::Invisible => ("invisible", Value, |speaks| speaks.options),
            Self::Attributes => ("attributes", NoDifference, |_| false),
            Self::Inherited => ("inherited", NoDifference, |_| false),
            Self::Comment => ("comment", Aside, |speaks| speaks.comments),
            Self::Strict => ("strict", Value, |speaks| speaks.options),
            Self::WithoutRowid => ("without rowid", Value, |speaks| speaks.options),
            Self::Unlogged => ("unlogged", Value, |speaks| speaks.options),
            Self::Engine => ("engine", NamedValue, |speaks| speaks.options),
            Self::RowFormat => ("row format", NamedValue, |speaks| speaks.options),
            Self::KeyBlockSize => ("key block size", NamedValue, |speaks| speaks.options),
            Self::SystemVersioned => ("system versioned", Value, |speaks| speaks.options),
            Self::Columns => ("columns", Value, always),
            Self::Expression => ("expression", Value, always),
            // The kind's own word says it in a line.
            Self::Unique => ("unique", Aside, always),
            Self::Method => ("using", NamedValue, always),
            Self::Include => ("include", NamedValue, always),
            Self::NullsNotDistinct => ("nulls not distinct", Value, always),
            Self::Parameters => ("with", NamedValue, always),
            Self::Predicate => ("where", NamedValue, always),
            Self::Form => ("form", Aside, always),
            Self::References => ("->", NamedValue, always),
            Self::OnDelete => ("on delete", NamedValue, always),
            Self::MatchFull => ("match full", Value, always),
            Self::Deferrable => ("deferrable", Value, always),
            Self::NoInherit => ("no inherit", Value, always),
            Self::Unvalidated => ("for new rows only", Value, always),
            Self::Dangling => ("points nowhere", NoDifference, always),
            Self::Inline => ("in its column", NoDifference, always),
            Self::Values => ("values", Value, always),
            Self::Users => ("used by", NoDifference, always),
        }
    }

    /// Returns `true` if a description of a column or a table speaks for this aspect. No definition can state
    /// properties that are kept as they are.
    pub fn is_spoken(self, speaks: Speaks) -> bool {
        self.row().2(speaks)
    }
}

/// A property that an object has. There are no facets for properties that it doesn't have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facet {
    /// What kind of thing.
    pub aspect: Aspect,
    /// Its value as it was stated or is held.
    pub stated: String,
    /// Its value as it is compared.
    pub canonical: String,
}

impl Facet {
    fn new(aspect: Aspect, value: impl Into<String>) -> Self {
        let stated = value.into();
        Self { aspect, canonical: stated.clone(), stated }
    }

    /// Creates the facet of something that either is there or isn't.
    fn flag(aspect: Aspect, is_there: bool) -> Option<Self> {
        is_there.then(|| Self::new(aspect, aspect.name()))
    }

    fn expression(aspect: Aspect, expr: &Expr, words: impl Fn(&str) -> String) -> Self {
        Self { aspect, stated: words(&expr.sql), canonical: words(&expr.canonical) }
    }

    /// Returns the facet's value, or `None` for something that either is there or isn't.
    pub fn value(&self) -> Option<&str> {
        (self.aspect.words().1 == Reading::NamedValue).then_some(self.stated.as_str())
    }

    /// Returns the facet's words in a line about its object.
    pub fn words(&self) -> Option<String> {
        match self.aspect.words() {
            (_, Reading::Value) => Some(self.stated.clone()),
            (name, Reading::NamedValue) => Some(format!("{name} {}", self.stated)),
            (_, Reading::Aside | Reading::NoDifference) => None,
        }
    }

    /// Describes the change of a facet between two sides: `default 0 -> 1`.
    pub fn change(aspect: Aspect, from: Option<&Self>, to: Option<&Self>) -> String {
        let shown =
            |facet: Option<&Self>| facet.map_or_else(|| aspect.absent().to_owned(), |facet| facet.stated.clone());
        match aspect.words() {
            (_, Reading::Value) => format!("{} -> {}", shown(from), shown(to)),
            (name, Reading::NamedValue) => format!("{name} {} -> {}", shown(from), shown(to)),
            (name, Reading::Aside | Reading::NoDifference) => name.to_owned(),
        }
    }
}

/// Describes an object in one line, from its facets.
pub fn line(facets: &[Facet]) -> String {
    facets.iter().filter_map(Facet::words).collect::<Vec<_>>().join(" ")
}

/// The facets of two objects for one aspect. `None` stands for an object that has none.
pub type Differing<'f> = (Aspect, Option<&'f Facet>, Option<&'f Facet>);

/// Returns the aspects in which two objects differ.
pub fn differing<'f>(from: &'f [Facet], to: &'f [Facet]) -> Vec<Differing<'f>> {
    let find = |facets: &'f [Facet], aspect: Aspect| facets.iter().find(|facet| facet.aspect == aspect);
    let mut aspects: Vec<Aspect> = from.iter().map(|facet| facet.aspect).collect();
    for (at, facet) in to.iter().enumerate() {
        if !aspects.contains(&facet.aspect) {
            // The aspect is inserted after the one that precedes it on its own side.
            let before = to[..at].iter().rev().find_map(|one| aspects.iter().position(|known| *known == one.aspect));
            aspects.insert(before.map_or(0, |before| before + 1), facet.aspect);
        }
    }
    let is_difference = |aspect: &Aspect| aspect.words().1 != Reading::NoDifference;
    let sides = aspects.into_iter().filter(is_difference).map(|aspect| (aspect, find(from, aspect), find(to, aspect)));
    sides.filter(|(_, from, to)| from != to).collect()
}

impl Column {
    /// Returns what there is to it besides its name.
    ///
    /// ```
    /// use autogen::model::{Column, DataType, line};
    /// let mut column = Column::new("email", DataType::Varchar(Some(64)));
    /// column.nullable = false;
    /// assert_eq!(line(&column.facets()), "Varchar(64) not null");
    /// ```
    pub fn facets(&self) -> Vec<Facet> {
        let Self {
            name: _,
            data_type,
            sql_type,
            nullable,
            default,
            generated,
            collation,
            auto_increment,
            numbering,
            sequence,
            on_update,
            inherited,
            invisible,
            attributes,
            comment,
            hints: _,
        } = self;
        let mut facets = vec![Facet::new(Aspect::Type, sql_type.clone().unwrap_or_else(|| data_type.to_string()))];
        facets.extend((!nullable).then(|| Facet::new(Aspect::Null, "not null")));
        let numbers = match (auto_increment, numbering) {
            (false, _) => None,
            (true, None) => Some("auto increment".to_owned()),
            (true, Some(numbering)) => Some(format!("{numbering}{sequence}")),
        };
        facets.extend(numbers.map(|words| Facet::new(Aspect::Numbering, words)));
        facets.extend(default.as_ref().map(|expr| Facet::expression(Aspect::Default, expr, str::to_owned)));
        facets.extend(on_update.as_ref().map(|expr| Facet::expression(Aspect::OnUpdate, expr, str::to_owned)));
        facets.extend(generated.as_ref().map(|generated| {
            let kind = if generated.stored { "stored" } else { "virtual" };
            Facet::expression(Aspect::Generated, &generated.expr, |sql| format!("({sql}) {kind}"))
        }));
        facets.extend(collation.as_ref().map(|collation| Facet::new(Aspect::Collation, collation)));
        facets.extend(Facet::flag(Aspect::Invisible, *invisible));
        facets.extend((!attributes.is_empty()).then(|| Facet::new(Aspect::Attributes, attributes.join(" "))));
        facets.extend(Facet::flag(Aspect::Inherited, *inherited));
        facets.extend(comment.as_ref().map(|comment| Facet::new(Aspect::Comment, comment)));
        facets
    }
}

impl TableOptions {
    /// Returns what is out of the ordinary.
    pub fn facets(&self) -> Vec<Facet> {
        let Self { strict, without_rowid, unlogged, engine, collation, row_format, key_block_size, system_versioned } =
            self;
        let mut facets: Vec<Facet> = Vec::new();
        facets.extend(Facet::flag(Aspect::Strict, *strict));
        facets.extend(Facet::flag(Aspect::WithoutRowid, *without_rowid));
        facets.extend(Facet::flag(Aspect::Unlogged, *unlogged));
        facets.extend(engine.as_ref().map(|engine| Facet::new(Aspect::Engine, engine)));
        facets.extend(collation.as_ref().map(|collation| Facet::new(Aspect::Collation, collation)));
        facets.extend(row_format.as_ref().map(|format| Facet::new(Aspect::RowFormat, format)));
        facets.extend(key_block_size.map(|size| Facet::new(Aspect::KeyBlockSize, size.to_string())));
        facets.extend(Facet::flag(Aspect::SystemVersioned, *system_versioned));
        facets
    }
}

impl Rule {
    /// Returns what there is to it besides its name.
    pub fn facets(&self) -> Vec<Facet> {
        match self {
            Self::PrimaryKey(PrimaryKey { name: _, columns }) => vec![list(Aspect::Columns, columns)],
            Self::Unique(unique) => of_unique(unique),
            Self::Index(index) => of_index(index, None, Deferrable::No),
            Self::Exclusion(Exclusion { index, operators, deferrable }) => {
                of_index(index, Some(operators), *deferrable)
            }
            Self::ForeignKey(key) => of_foreign_key(key),
            Self::Check(check) => of_check(check),
        }
    }
}

fn of_unique(unique: &Unique) -> Vec<Facet> {
    let Unique { name: _, columns, form, nulls_not_distinct, parameters, hidden, deferrable, comment, hints: _ } =
        unique;
    let mut facets = vec![list(Aspect::Columns, columns)];
    facets.extend(Facet::flag(Aspect::NullsNotDistinct, *nulls_not_distinct));
    facets.extend(with(parameters));
    facets.extend(Facet::flag(Aspect::Invisible, hidden.is_some()));
    facets.extend(when(*deferrable));
    facets.push(Facet::new(
        Aspect::Form,
        match form {
            UniqueForm::Index => "an index",
            UniqueForm::Constraint => "a constraint",
        },
    ));
    facets.extend(comment.as_ref().map(|comment| Facet::new(Aspect::Comment, comment)));
    facets
}

fn of_index(index: &Index, operators: Option<&Vec<String>>, deferrable: Deferrable) -> Vec<Facet> {
    let Index {
        name: _,
        columns,
        unique,
        predicate,
        method,
        include,
        nulls_not_distinct,
        parameters,
        hidden,
        comment,
        hints: _,
    } = index;
    let operator = |at: usize| operators.and_then(|operators| operators.get(at)).map(|word| format!(" with {word}"));
    let keys = |text: fn(&Expr) -> &String| {
        let keys = columns.iter().enumerate();
        let keys = keys.map(|(at, column)| format!("{}{}", key(column, text), operator(at).unwrap_or_default()));
        format!("({})", keys.collect::<Vec<_>>().join(", "))
    };
    let mut facets: Vec<Facet> = Vec::new();
    facets.extend(Facet::flag(Aspect::Unique, *unique));
    facets.extend(method.as_ref().map(|method| Facet::new(Aspect::Method, method)));
    facets
        .push(Facet { canonical: keys(|expr| &expr.canonical), ..Facet::new(Aspect::Columns, keys(|expr| &expr.sql)) });
    facets.extend((!include.is_empty()).then(|| list(Aspect::Include, include)));
    facets.extend(Facet::flag(Aspect::NullsNotDistinct, *nulls_not_distinct));
    facets.extend(with(parameters));
    facets.extend(predicate.as_ref().map(|expr| Facet::expression(Aspect::Predicate, expr, str::to_owned)));
    facets.extend(Facet::flag(Aspect::Invisible, hidden.is_some()));
    facets.extend(when(deferrable));
    facets.extend(comment.as_ref().map(|comment| Facet::new(Aspect::Comment, comment)));
    facets
}

fn key(column: &IndexColumn, text: fn(&Expr) -> &String) -> String {
    let IndexColumn { key, descending, collation, prefix, opclass, nulls } = column;
    let mut words = match key {
        IndexKey::Column(name) => name.clone(),
        IndexKey::Expr(expr) => format!("({})", text(expr)),
    };
    if let Some(prefix) = prefix {
        let _ = write!(words, "({prefix})");
    }
    if let Some(collation) = collation {
        let _ = write!(words, " collate {collation}");
    }
    if let Some(opclass) = opclass {
        let _ = write!(words, " {opclass}");
    }
    if *descending {
        words.push_str(" desc");
    }
    match nulls {
        Some(Nulls::First) => words.push_str(" nulls first"),
        Some(Nulls::Last) => words.push_str(" nulls last"),
        None => {}
    }
    words
}

fn of_foreign_key(key: &ForeignKey) -> Vec<Facet> {
    let ForeignKey {
        name: _,
        columns,
        references,
        referenced_columns,
        on_delete,
        on_update,
        deferrable,
        match_full,
        dangling,
        validated,
        inline,
        comment,
        hints: _,
    } = key;
    let there = if referenced_columns.is_empty() {
        references.to_string()
    } else {
        format!("{references} ({})", referenced_columns.join(", "))
    };
    let mut facets = vec![list(Aspect::Columns, columns), Facet::new(Aspect::References, there)];
    for (aspect, action) in [(Aspect::OnDelete, on_delete), (Aspect::OnUpdate, on_update)] {
        let unusual = action.filter(|action| *action != Action::NoAction);
        facets.extend(unusual.map(|action| Facet::new(aspect, action.to_string())));
    }
    facets.extend(Facet::flag(Aspect::MatchFull, *match_full));
    facets.extend(when(*deferrable));
    facets.extend(Facet::flag(Aspect::Unvalidated, !*validated));
    facets.extend(Facet::flag(Aspect::Dangling, *dangling));
    facets.extend(Facet::flag(Aspect::Inline, *inline));
    facets.extend(comment.as_ref().map(|comment| Facet::new(Aspect::Comment, comment)));
    facets
}

fn of_check(check: &Check) -> Vec<Facet> {
    let Check { name: _, expr, no_inherit, validated, inline, comment, hints: _ } = check;
    let mut facets = vec![Facet::expression(Aspect::Expression, expr, |sql| format!("({sql})"))];
    facets.extend(Facet::flag(Aspect::NoInherit, *no_inherit));
    facets.extend(Facet::flag(Aspect::Unvalidated, !*validated));
    facets.extend(Facet::flag(Aspect::Inline, *inline));
    facets.extend(comment.as_ref().map(|comment| Facet::new(Aspect::Comment, comment)));
    facets
}

impl EnumType {
    /// Returns what there is to it besides its name.
    pub fn facets(&self) -> Vec<Facet> {
        let Self { name: _, values: _, comment, speaks: _, users, hints: _ } = self;
        let mut facets = vec![list(Aspect::Values, &self.names())];
        facets.extend(comment.as_ref().map(|comment| Facet::new(Aspect::Comment, comment)));
        let users: Vec<String> = users
            .iter()
            .map(|user| match &user.table {
                Some(table) => format!("{} of {table}", user.what),
                None => user.what.clone(),
            })
            .collect();
        facets.extend((!users.is_empty()).then(|| Facet::new(Aspect::Users, users.join(", "))));
        facets
    }
}

fn list(aspect: Aspect, words: &[String]) -> Facet {
    Facet::new(aspect, format!("({})", words.join(", ")))
}

fn with(parameters: &BTreeMap<String, String>) -> Option<Facet> {
    let words: Vec<String> = parameters.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    (!words.is_empty()).then(|| list(Aspect::Parameters, &words))
}

fn when(deferrable: Deferrable) -> Option<Facet> {
    match deferrable {
        Deferrable::No => None,
        Deferrable::InitiallyImmediate => Some(Facet::new(Aspect::Deferrable, "deferrable")),
        Deferrable::InitiallyDeferred => Some(Facet::new(Aspect::Deferrable, "deferrable initially deferred")),
    }
}
