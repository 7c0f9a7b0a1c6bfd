//! Writes uniques, indexes, foreign keys and checks: on the column if they concern only one, else on the table.

use std::collections::BTreeMap;

use autogen_engine::dialect::Dialect;
use autogen_engine::model::{
    Action, Check, Deferrable, Exclusion, ForeignKey, Index, IndexColumn, IndexKey, Nulls, Rule, Table, Unique,
    UniqueForm,
};

use super::names::Names;
use super::text::literal;
use crate::sql::parts::column_of_check;

/// Attributes of a table and of its columns.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) of_table: Vec<String>,
    /// By the column's name in the database.
    pub(super) of_columns: BTreeMap<String, Vec<String>>,
}

impl Rules {
    /// Writes the rules that can be stated. Descriptions of the others go to `unsaid`.
    pub(super) fn of(table: &Table, names: &Names, dialect: Dialect, unsaid: &mut Vec<String>) -> Self {
        let mut rules = Self::default();
        let writer = Writer { table, names, dialect };
        for rule in &table.rules {
            match writer.rule(rule) {
                Some(attribute) => rules.add(attribute),
                None => unsaid.push(format!("{}: its {}", table.name, shown(rule))),
            }
        }
        rules
    }

    fn add(&mut self, (column, attribute): Attribute) {
        match column {
            Some(column) => self.of_columns.entry(column).or_default().push(attribute),
            None => self.of_table.push(attribute),
        }
    }
}

/// Describes a rule that no definition can state.
pub(super) fn shown(rule: &Rule) -> String {
    match rule {
        Rule::PrimaryKey(key) => format!("primary key ({})", key.columns.join(", ")),
        Rule::Unique(unique) => format!("unique rule over ({})", unique.columns.join(", ")),
        Rule::Exclusion(_) | Rule::Index(_) => format!("{} {}", rule.kind(), rule.name().unwrap_or_default()),
        Rule::ForeignKey(key) => format!("foreign key ({}) to {}", key.columns.join(", "), key.references),
        Rule::Check(check) => format!("check {}", check.expr.sql),
    }
}

/// An attribute, and its column unless it is the table's.
type Attribute = (Option<String>, String);

struct Writer<'a> {
    table: &'a Table,
    names: &'a Names,
    dialect: Dialect,
}

impl Writer<'_> {
    fn rule(&self, rule: &Rule) -> Option<Attribute> {
        match rule {
            // A table holds its primary key separately, and the definition states it.
            Rule::PrimaryKey(_) => None,
            Rule::Unique(unique) => self.unique(unique),
            Rule::Exclusion(exclusion) => self.exclusion(exclusion),
            Rule::Index(index) => self.index(index),
            Rule::ForeignKey(key) => self.foreign_key(key),
            Rule::Check(check) => Some(self.check(check)),
        }
    }

    fn unique(&self, unique: &Unique) -> Option<Attribute> {
        let columns = self.own(&unique.columns)?;
        let (word, form) = match unique.form {
            UniqueForm::Constraint => ("unique", None),
            UniqueForm::Index => ("index", Some("unique".to_owned())),
        };
        let nulls = unique.nulls_not_distinct.then(|| "nulls_not_distinct".to_owned());
        let invisible = unique.hidden.map(|_| "invisible".to_owned());
        let nulls = nulls.into_iter().chain(with(&unique.parameters)).chain(invisible);
        let options =
            form.into_iter().chain(nulls).chain(deferrable(unique.deferrable)).chain(named(unique.name.as_deref()));
        let options = options.chain(comment(&unique.comment));
        Some(match &unique.columns[..] {
            [only] => (Some(only.clone()), attribute(word, options)),
            [..] => (None, attribute(word, keys(columns).chain(options))),
        })
    }

    fn index(&self, index: &Index) -> Option<Attribute> {
        let mut options: Vec<String> = Vec::new();
        options.extend(index.unique.then(|| "unique".to_owned()));
        options.extend(index.method.as_ref().map(|method| format!("using = {}", literal(method))));
        if !index.include.is_empty() {
            options.push(format!("include({})", self.own(&index.include)?.join(", ")));
        }
        options.extend(index.nulls_not_distinct.then(|| "nulls_not_distinct".to_owned()));
        options.extend(with(&index.parameters));
        options.extend(index.hidden.map(|_| "invisible".to_owned()));
        options.extend(comment(&index.comment));
        options.extend(index.predicate.as_ref().map(|expr| format!("where = {}", literal(&expr.sql))));
        options.extend(named(index.name.as_deref()));
        if let [IndexColumn { key: IndexKey::Column(column), descending, collation, opclass, nulls, prefix }] =
            &index.columns[..]
        {
            self.names.column(&self.table.name, column)?;
            let descending = descending.then(|| "desc".to_owned());
            let collation = collation.as_ref().map(|collation| format!("collate = {}", literal(collation)));
            let opclass = opclass.as_ref().map(|opclass| format!("opclass = {}", literal(opclass)));
            let nulls = nulls.map(|nulls| nulls_word(nulls).to_owned());
            let prefix = prefix.map(|length| format!("prefix = {length}"));
            let all = descending.into_iter().chain(collation).chain(opclass).chain(prefix).chain(nulls).chain(options);
            return Some((Some(column.clone()), attribute("index", all)));
        }
        let mut keys: Vec<String> = Vec::new();
        for column in &index.columns {
            let key = self.index_key(column)?;
            // The grammar refuses a column that is named twice.
            if keys.contains(&key) && matches!(column.key, IndexKey::Column(_)) {
                return None;
            }
            keys.push(key);
        }
        Some((None, attribute("index", keys.into_iter().chain(options))))
    }

    fn index_key(&self, column: &IndexColumn) -> Option<String> {
        let mut key = match &column.key {
            IndexKey::Column(name) => as_key(self.names.column(&self.table.name, name)?.rust),
            IndexKey::Expr(expr) => format!("expr({})", literal(&expr.sql)),
        };
        if let Some(collation) = &column.collation {
            key = format!("collate({key}, {})", literal(collation));
        }
        if let Some(opclass) = &column.opclass {
            key = format!("opclass({key}, {})", literal(opclass));
        }
        if let Some(length) = column.prefix {
            key = format!("prefix({key}, {length})");
        }
        if column.descending {
            key = format!("desc({key})");
        }
        if let Some(nulls) = column.nulls {
            key = format!("{}({key})", nulls_word(nulls));
        }
        Some(key)
    }

    fn exclusion(&self, rule: &Exclusion) -> Option<Attribute> {
        let index = &rule.index;
        let mut elements = Vec::new();
        for (column, operator) in index.columns.iter().zip(&rule.operators) {
            elements.push(format!("{} with {}", self.index_key(column)?, literal(operator)));
        }
        let mut options = vec![format!("using = {}", literal(index.method.as_deref().unwrap_or("btree")))];
        options.push(format!("({})", elements.join(", ")));
        if !index.include.is_empty() {
            options.push(format!("include({})", self.own(&index.include)?.join(", ")));
        }
        options.extend(with(&index.parameters));
        options.extend(index.predicate.as_ref().map(|expr| format!("where = {}", literal(&expr.sql))));
        options.extend(deferrable(rule.deferrable));
        options.extend(comment(&index.comment));
        options.extend(named(index.name.as_deref()));
        Some((None, attribute("exclude", options.into_iter())))
    }

    fn foreign_key(&self, key: &ForeignKey) -> Option<Attribute> {
        let columns = self.own(&key.columns)?;
        let schema = key.references.schema.as_ref().map(|schema| format!("{schema}.")).unwrap_or_default();
        let mut target = format!("{schema}{}", self.names.table(&key.references)?.rust);
        if !key.referenced_columns.is_empty() {
            let referenced = match key.dangling {
                true => super::names::spelled_all(&key.referenced_columns)?,
                false => self.names.columns(&key.references, &key.referenced_columns)?,
            };
            if referenced.len() != columns.len() {
                return None;
            }
            target.push_str(&format!("({})", referenced.join(", ")));
        }
        let mut options = Vec::new();
        for (event, action) in [("on_delete", key.on_delete), ("on_update", key.on_update)] {
            let word = action.and_then(|action| action_word(action, self.dialect));
            options.extend(word.map(|word| format!("{event} = {word}")));
        }
        options.extend(deferrable(key.deferrable));
        options.extend(key.match_full.then(|| "match_full".to_owned()));
        options.extend(comment(&key.comment));
        options.extend(key.dangling.then(|| "dangling".to_owned()));
        options.extend(named(key.name.as_deref()));
        Some(match &key.columns[..] {
            [only] => (Some(only.clone()), attribute("references", std::iter::once(target).chain(options))),
            [..] => {
                let arrow = format!("({}) => {target}", columns.join(", "));
                (None, attribute("foreign_key", std::iter::once(arrow).chain(options)))
            }
        })
    }

    /// Writes a check where it stood before: a condition may be about a column without naming only that
    /// column.
    fn check(&self, check: &Check) -> Attribute {
        let no_inherit = check.no_inherit.then(|| "no_inherit".to_owned());
        let attribute = attribute(
            "check",
            std::iter::once(literal(&check.expr.sql))
                .chain(no_inherit)
                .chain(comment(&check.comment))
                .chain(named(check.name.as_deref())),
        );
        (column_of_check(self.table, check, self.dialect).cloned(), attribute)
    }

    fn own(&self, columns: &[String]) -> Option<Vec<String>> {
        self.names.columns(&self.table.name, columns).filter(|columns| !columns.is_empty())
    }
}

fn attribute(word: &str, parts: impl Iterator<Item = String>) -> String {
    let parts = parts.collect::<Vec<_>>().join(", ");
    if parts.is_empty() { format!("#[{word}]") } else { format!("#[{word}({parts})]") }
}

fn comment(comment: &Option<String>) -> Option<String> {
    comment.as_ref().map(|text| format!("comment = {}", literal(text)))
}

/// Writes storage parameters. A value that isn't a number or a word is written as a string.
fn with(parameters: &BTreeMap<String, String>) -> Option<String> {
    let written = |(name, value): (&String, &String)| {
        let is_plain = value.parse::<f64>().is_ok() || syn::parse_str::<syn::Ident>(value).is_ok();
        let value = if is_plain { value.clone() } else { literal(value) };
        format!("{name} = {value}")
    };
    let parameters: Vec<String> = parameters.iter().map(written).collect();
    (!parameters.is_empty()).then(|| format!("with({})", parameters.join(", ")))
}

fn named(name: Option<&str>) -> Option<String> {
    name.map(|name| format!("name = {}", literal(name)))
}

fn deferrable(deferrable: Deferrable) -> Option<String> {
    match deferrable {
        Deferrable::No => None,
        Deferrable::InitiallyImmediate => Some("deferrable".to_owned()),
        Deferrable::InitiallyDeferred => Some("deferrable = initially_deferred".to_owned()),
    }
}

fn nulls_word(nulls: Nulls) -> &'static str {
    match nulls {
        Nulls::First => "nulls_first",
        Nulls::Last => "nulls_last",
    }
}

fn keys(columns: Vec<String>) -> impl Iterator<Item = String> {
    columns.into_iter().map(as_key)
}

/// Makes a column name raw if the grammar has the same word among keys.
fn as_key(column: String) -> String {
    if ["unique", "nulls_not_distinct", "include", "with", "invisible", "deferrable"].contains(&column.as_str()) {
        format!("r#{column}")
    } else {
        column
    }
}

/// Returns the word for an action, or `None` for the default action. To MySQL, both actions that refuse are
/// the same.
fn action_word(action: Action, dialect: Dialect) -> Option<&'static str> {
    match action {
        Action::NoAction => None,
        Action::Restrict => match dialect {
            Dialect::Sqlite | Dialect::Postgres => Some("restrict"),
            Dialect::Mysql => None,
        },
        Action::Cascade => Some("cascade"),
        Action::SetNull => Some("set_null"),
        Action::SetDefault => Some("set_default"),
    }
}
